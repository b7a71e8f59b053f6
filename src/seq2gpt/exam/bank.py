"""Questions from a YAML file: checked, and drawn as variants.

A bank is a list of items in the form of ``question.schema.json``. What the schema cannot see is checked
here too: one key to each single choice, and objectives, misconceptions and references that exist.

An item with a ``template`` stands for many questions. Its parameters are drawn, ``compute`` turns them
into the right answer and the usual wrong ones, and ``{name}`` in any text becomes the value of that name.
A text that is nothing but one placeholder becomes the value itself, so a numeric key stays a number.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.exam.reading import above, catalogue, read
from seq2gpt.exam.variants import VARIANTS, draw_variants, key_of, redraw

HERE = Path(__file__).parent
SHORTEST_CASE = 80  # characters; what is shorter belongs into the stem


@dataclass(frozen=True, kw_only=True)
class Question:
    """One item, or one variant of a template; the fields are those of ``question.schema.json``.

    ``case_text`` is what ``cases.yml`` tells under the name ``case``: several questions may share a case.
    """

    id: str
    version: int
    objectives: list[str]
    bloom: str
    difficulty: int | float
    pool: str
    stem: str
    interaction: dict[str, Any]
    explanation: str
    sources: list[dict[str, str]]
    chapter: str
    status: str = "draft"
    seconds: int = 60
    exam_tags: list[str] = field(default_factory=list)
    case: str = ""
    case_text: str = ""
    stimulus: dict[str, Any] = field(default_factory=dict)
    template: dict[str, Any] = field(default_factory=dict)
    hint: str = ""
    verify_by: str = ""

    @property
    def kind(self) -> str:
        """How it is answered: single, multiple, ordering, matching, numeric, shape, hotspot or short."""
        return self.interaction["kind"]

    @property
    def key(self) -> Any:
        """The right answer: a number, a shape, or a list of texts in the order of the item."""
        return key_of(self.interaction)

    def variant(self, seed: int) -> "Question":
        """The question with its placeholders filled.

        A template has as many variants as it says (``variants``, else 20), no two with the same key; seeds
        beyond count round again. The same seed gives the same variant on every machine. An item without a
        template is its own only variant.
        """
        if not self.template:
            return self
        variants = _variants(json.dumps(asdict(self)))
        return variants[seed % len(variants)]

    @property
    def n_variants(self) -> int:
        """How many published variants there are; 1 without a template."""
        return self.template.get("variants", VARIANTS) if self.template else 1

    def redrawn(self, secret: str) -> "Question":
        """A variant for a closed exam: the same for the same ``secret``, and none of the published ones
        where the template has others. An item without a template comes back as it is."""
        return Question(**redraw(asdict(self), secret)) if self.template else self


def load(path: Path | str) -> list[Question]:
    """The questions of a bank, in the order of the file.

    References are looked up in ``references.yml`` and cases in ``cases.yml``, in the bank's folder or the
    nearest above it. Every template is tried. Raises ``UserError`` with file, line, item and field for the first thing that is
    wrong.
    """
    path = Path(path)
    cases = _cases(path)
    known = {
        "case": set(cases),
        "objective": set(catalogue(HERE / "objectives.yml")),
        "misconception": set(catalogue(HERE / "misconceptions.yml")),
        "reference": set(_references(path)),
    }
    questions: dict[str, Question] = {}
    for line, item in _items(path):
        name = item.get("id", "an item without id") if isinstance(item, dict) else "an item"
        where = f"{path}:{line}: {name}"
        for fault in _faults(item, known):
            raise UserError(f"{where}: {fault}")
        if name in questions:
            raise UserError(f"{where}: id: another item above has this id; give each its own")
        questions[name] = Question(**item, case_text=cases.get(item.get("case", ""), "").strip())
        try:
            questions[name].variant(0)
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error
    return list(questions.values())


def _items(path: Path) -> Iterator[tuple[int, Any]]:
    lines, items = read(path)
    if not isinstance(items, list) or not items:
        raise UserError(f"{path}: a bank is a list of questions; start each with `- id: ...`")
    return zip(lines, items, strict=True)


def _references(bank: Path) -> dict[str, Any]:
    path = above(bank, "references.yml")
    if path is None:
        raise UserError(f"{bank}: found no references.yml here or above; `sources` look their `ref` up there")
    return catalogue(path)


def _cases(bank: Path) -> dict[str, str]:
    """The texts of the cases by name."""
    path = above(bank, "cases.yml")
    cases = catalogue(path) if path else {}
    for name, text in cases.items():
        if not isinstance(text, str) or len(text) < SHORTEST_CASE:
            raise UserError(f"{path}: {name}: a case is a text of {SHORTEST_CASE} characters or more")
    return cases


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((HERE / "question.schema.json").read_text(encoding="utf-8")))


@contextmanager
def _no_parser_of_addresses() -> Iterator[None]:
    """jsonschema loads a parser of web addresses where one is installed, for seconds; the schema asks for none."""
    name = "rfc3987_syntax"
    if "jsonschema" in sys.modules or name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # an import of it now raises ImportError
    try:
        yield
    finally:
        del sys.modules[name]


def _worst_fault(item: Any) -> Any:
    with _no_parser_of_addresses():
        from jsonschema.exceptions import best_match

    return best_match(_validator().iter_errors(item))


def _faults(item: Any, known: dict[str, set[str]]) -> Iterator[str]:
    """What is wrong with one item, in sentences that start with the field."""
    error = _worst_fault(item)
    if error is not None:
        yield f"{_field(error.absolute_path)}: {error.message}"
        return
    yield from _wrong_number_of_keys(item["interaction"])
    for place, kind, name in _names_used(item):
        if name not in known[kind]:
            yield f"{place}: there is no {kind} {name!r}; use one that is listed, or add it to the list"


def _field(path: Any) -> str:
    return ".".join(str(step) for step in path) or "item"


def _wrong_number_of_keys(interaction: dict[str, Any], at: str = "interaction") -> Iterator[str]:
    if interaction["kind"] == "hotspot":
        yield from _wrong_number_of_keys(interaction["text_alternative"], "interaction.text_alternative")
    if "options" not in interaction:
        return
    options = interaction["options"]
    ids = [option["id"] for option in options]
    if len(set(ids)) < len(ids):
        yield f"{at}.options: the ids are {', '.join(ids)}; give each option its own letter"
    n_correct = sum(option.get("correct", False) for option in options)
    wanted = interaction["select"] if interaction["kind"] == "multiple" else 1
    if n_correct != wanted:
        yield f"{at}.options: {n_correct} are marked correct; {interaction['kind']} choice needs {wanted} here"


def _names_used(item: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(field, kind of list, name) of everything that an item looks up in a list."""
    if "case" in item:
        yield "case", "case", item["case"]
    for objective in item["objectives"]:
        yield "objectives", "objective", objective
    for source in item["sources"]:
        if "ref" in source:
            yield "sources", "reference", source["ref"]
    for place, name in _misconceptions(item["interaction"], "interaction"):
        yield place, "misconception", name


def _misconceptions(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for i, entry in enumerate(value):
            yield from _misconceptions(entry, f"{at}.{i}")
    elif isinstance(value, dict):
        for name, entry in value.items():
            if name == "misconception":
                yield f"{at}.{name}", entry
            else:
                yield from _misconceptions(entry, f"{at}.{name}")


@cache
def _variants(item: str) -> list[Question]:
    """The variants of a template, drawn once; the item comes as JSON so that it can be remembered."""
    return [Question(**variant) for variant in draw_variants(json.loads(item))]
