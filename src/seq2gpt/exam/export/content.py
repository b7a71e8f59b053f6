"""What all exports share: names, HTML, answers in another form, packages with the same bytes everywhere."""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import Question

NOT_A_STEP = "not a step"
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can name


@dataclass(frozen=True)
class Item:
    """A question without placeholders, under a name that no other of the export has."""

    name: str
    question: Question


def items_of(questions: Iterable[Question], n_variants: int = 5) -> list[Item]:
    """Every question under its id; of a template so many variants, as ``ID.v00``, ``ID.v01``, …

    Raises ``UserError`` where a name comes twice (Moodle would drop it) or a question has no key (Moodle would
    import it without one).
    """
    items = [item for question in questions for item in _variants(question, n_variants)]
    names: set[str] = set()
    for item in items:
        if item.name in names:
            raise UserError(f"{item.name} comes twice; an export needs a name for each question")
        names.add(item.name)
        if item.question.key in ([], None, ""):
            raise UserError(f"{item.name} has no key; an export would grade every answer as wrong")
    return items


def _variants(question: Question, n_variants: int) -> Iterator[Item]:
    if not question.template:
        yield Item(question.id, question)
        return
    for seed in range(min(n_variants, question.n_variants)):
        yield Item(f"{question.id}.v{seed:02}", question.variant(seed))


def in_words(question: Question) -> Question:
    """The question in a kind that every program has: a hot spot as its choice, an order that has a step too many
    as a matching of steps and places."""
    interaction = question.interaction
    if question.kind == "hotspot":
        return replace(question, interaction=interaction["text_alternative"])
    if question.kind == "ordering" and interaction.get("distractor_steps"):
        return as_matching(question)
    return question


def as_matching(question: Question) -> Question:
    """An ordering as a matching: each step with its place; a step that does not belong with no place."""
    interaction = question.interaction
    pairs = [(step, f"{place}.") for place, step in enumerate(interaction["steps"], 1)]
    pairs += [(step, NOT_A_STEP) for step in interaction.get("distractor_steps", [])]
    reason = " ".join(interaction.get("pair_rationales", []))
    matching = {
        "kind": "matching",
        "pairs": [{"left": left, "right": right, "rationale": reason} for left, right in sorted(pairs)],
    }
    return replace(question, interaction=matching)


def rich(text: Any) -> str:
    """A text of the bank as HTML: what stands between backquotes as code.

    >>> rich("`a < b` & c")
    '<code>a &lt; b</code> &amp; c'
    """
    escaped = html.escape(str(text), quote=False)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped).replace("\n", "<br>")


def stem_of(question: Question) -> str:
    """Case, stem and stimulus as HTML."""
    parts = [f"<p>{rich(text)}</p>" for text in (question.case_text, question.stem) if text]
    if code := question.stimulus.get("code"):
        lines = html.escape(code["text"].rstrip(), quote=False).splitlines()
        parts.append(f"<pre>{'<br>'.join(lines)}</pre>")
    if figure := question.stimulus.get("figure"):
        parts.append(f"<p><em>Figure: {rich(figure['alt'])}</em></p>")
    for name, values in question.stimulus.get("tensors", {}).items():
        parts.append(f"<pre>{html.escape(f'{name} = {values}', quote=False)}</pre>")
    return "".join(parts)


def explanation_of(question: Question) -> str:
    """Explanation and the paragraph to read, as HTML."""
    return f"<p>{rich(question.explanation)}</p><p>{rich(question.chapter)}</p>"


def margin_of(interaction: dict[str, Any]) -> float:
    """The tolerance of a number, as an absolute one."""
    tolerance = interaction["tolerance"]
    return float(tolerance["abs"] if "abs" in tolerance else abs(interaction["answer"]) * tolerance["rel"])


def bounds_of(value: int | float, margin: float) -> tuple[str, str]:
    """The least and the greatest number that count as ``value``, as texts; the bounds count too, rounding apart.

    >>> bounds_of(3, 0.5)
    ('2.499999997', '3.500000003')
    """
    margin += 1e-9 * max(1, abs(value))
    return plain_number(value - margin), plain_number(value + margin)


def plain_number(value: int | float) -> str:
    """A number that every program reads: no exponent, no spaces.

    >>> plain_number(1_000_000), plain_number(1e-07), plain_number(0.1 + 0.2)
    ('1000000', '0.0000001', '0.3')
    """
    if isinstance(value, int):
        return str(value)
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return text if text not in ("0", "-0") or not value else f"{value:.20f}".rstrip("0")


def shape_texts(sizes: list[int]) -> list[str]:
    """The ways in which people write a shape.

    >>> shape_texts([2, 3])
    ['(2, 3)', '(2,3)', '[2, 3]', '[2,3]', '2, 3', '2,3', '2 3']
    """
    numbers = [str(size) for size in sizes]
    wide, tight = ", ".join(numbers), ",".join(numbers)
    texts = [f"({wide})", f"({tight})", f"[{wide}]", f"[{tight}]", wide, tight, " ".join(numbers)]
    return list(dict.fromkeys(texts))


def packed(files: dict[str, bytes]) -> bytes:
    """A zip file whose bytes depend on nothing but its contents: not on the day, the machine or zlib."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return target.getvalue()
