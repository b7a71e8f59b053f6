"""The bank as plain JSON, for a page that has no Python: every variant filled in, every name resolved."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import Book, in_pool, objectives
from seq2gpt.exam.variants import FILLED

FORMAT = 1


def as_json(questions: Iterable[Question], pool: str = "practice", n_variants: int = 20) -> dict[str, Any]:
    """The questions of a pool as values that ``json.dumps`` writes.

    - ``format``: 1; ``bank``: a hash of all that follows, to tell an older stored state by;
    - ``objectives``: those that the questions name, each with its domain and statement;
    - ``cases``: the texts of case studies by name;
    - ``figures``: the drawings, as SVG, by ``folder/src`` of the question that shows them; a hot spot's targets and
      decoys are ids of parts of its drawing;
    - ``items``: one for each question, with the fields of the schema, less ``template``. An item with
      ``variants`` is to be overlaid with one of these: they hold the fields that differ from variant to variant.

    Answers are handed in as :mod:`seq2gpt.exam.grading` describes, with the same places and letters.
    """
    chosen = in_pool(questions, pool)
    names = sorted({name for question in chosen for name in question.objectives})
    known = objectives()
    content: dict[str, Any] = {
        "objectives": {name: known[name] for name in names},
        "cases": {question.case: question.case_text for question in chosen if question.case},
        "figures": dict(_figures(chosen)),
        "items": [_item(question, n_variants) for question in chosen],
    }
    written = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    return {"format": FORMAT, "bank": hashlib.sha256(written).hexdigest()[:16], **content}


def _figures(questions: Iterable[Question]) -> Iterator[tuple[str, str]]:
    for question in questions:
        if "figure" in question.stimulus and (path := Book.found().figure(question)):
            folder = Path(question.chapter).parent
            yield f"{folder}/{question.stimulus['figure']['src']}", path.read_text(encoding="utf-8")


def _item(question: Question, n_variants: int) -> dict[str, Any]:
    item = {name: value for name, value in asdict(question).items() if value not in ("", {}, [])}
    item.pop("template", None)
    item.pop("case_text", None)
    if not question.template:
        return item
    drawn = [asdict(question.variant(seed)) for seed in range(min(n_variants, question.n_variants))]
    item["variants"] = [
        {name: variant[name] for name in FILLED if variant[name] != getattr(question, name)}
        for variant in drawn
    ]
    return item
