"""What the exam area of the site knows: the bank, the profiles of exams, and what wrong answers take to be true."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from seq2gpt.exam.as_json import as_json
from seq2gpt.exam.bank import HERE, Question
from seq2gpt.exam.forms import profiles
from seq2gpt.exam.reading import catalogue

N_VARIANTS = 5  # of each template; a page that holds more is slow to load on a phone
UNREAD = ("bloom", "exam_tags", "sources", "status")  # fields that no module of the page reads
DOMAINS = {
    "SEQ": "Sequence to sequence",
    "TOK": "Tokens and positions",
    "ATT": "Attention",
    "ARC": "Transformer architecture",
    "GPT": "GPT and its training",
    "DEC": "From logits to text",
    "FIN": "Fine-tuning",
    "USE": "Using models",
}


def page_data(questions: Iterable[Question], n_variants: int = N_VARIANTS) -> dict[str, Any]:
    """The values of :func:`~seq2gpt.exam.as_json.as_json` for all pools, with what a page needs beside them.

    Left out are fields that the page does not read, and texts with placeholders where each variant has its own.

    - ``profiles``: the exams by name, with the fields of :class:`~seq2gpt.exam.forms.Profile`;
    - ``domains``: the names of the domains in words;
    - ``misconceptions``: what those say that the items name.
    """
    content = as_json(questions, "all", n_variants)
    says = catalogue(HERE / "misconceptions.yml")
    named = set(_named(content["items"], "misconception"))
    return {
        **content,
        "items": [_lean(item) for item in content["items"]],
        "profiles": {name: asdict(profile) for name, profile in profiles().items()},
        "domains": DOMAINS,
        "misconceptions": {name: says[name]["says"] for name in sorted(named)},
    }


def _lean(item: dict[str, Any]) -> dict[str, Any]:
    """The item without what the page never shows; of an overlaid interaction the kind stays, for who draws an exam."""
    overlaid = set.intersection(*(set(variant) for variant in item.get("variants", [{}])))
    lean = {name: value for name, value in item.items() if name not in overlaid and name not in UNREAD}
    return lean | (
        {"interaction": {"kind": item["interaction"]["kind"]}} if "interaction" in overlaid else {}
    )


def _named(value: Any, field: str) -> list[str]:
    """Every value of a field at any depth."""
    if isinstance(value, list):
        return [name for entry in value for name in _named(entry, field)]
    if not isinstance(value, dict):
        return []
    own = [value[field]] if isinstance(value.get(field), str) else []
    return own + [name for entry in value.values() for name in _named(entry, field)]
