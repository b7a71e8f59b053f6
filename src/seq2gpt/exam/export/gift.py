"""GIFT, the text form of Moodle and others. It has no ordering: an order becomes a matching of steps and places."""

import re
from collections.abc import Iterable
from typing import Any

from seq2gpt.exam.collection import domain_of
from seq2gpt.exam.export.content import (
    Item,
    as_matching,
    explanation_of,
    in_words,
    margin_of,
    plain_number,
    rich,
    shape_texts,
    stem_of,
)


def gift(items: Iterable[Item]) -> bytes:
    """The questions as GIFT in UTF-8, in one category for each domain."""
    blocks, category = [], ""
    for item in sorted(items, key=lambda item: (domain_of(item.question), item.name)):
        if category != domain_of(item.question):
            category = domain_of(item.question)
            blocks.append(f"$CATEGORY: $course$/top/seq2gpt/{category}")
        blocks.append(_question(item))
    return ("\n\n".join(blocks) + "\n").encode()


def escaped(text: str) -> str:
    """A text in which no character means anything to GIFT; on one line, as an empty line would end the question.

    >>> escaped("a = {b}: 1 ~ #2")
    'a \\\\= \\\\{b\\\\}\\\\: 1 \\\\~ \\\\#2'
    """
    return re.sub(r"([\\~=#{}:])", r"\\\1", text.replace("->", "→").replace("-&gt;", "→")).replace(
        "\n", "<br>"
    )


def _question(item: Item) -> str:
    question = in_words(item.question)
    if question.kind == "ordering":
        question = as_matching(question)
    answers = WRITERS[question.interaction["kind"]](question.interaction)
    general = f"####{escaped(explanation_of(question))}"
    lines = [f"// [id:{item.name}]", f"::{escaped(item.name)}::[html]{escaped(stem_of(question))}{{"]
    return "\n".join([*lines, *(f"  {line}" for line in answers), f"  {general}", "}"])


def _single(interaction: dict[str, Any]) -> list[str]:
    return [
        f"{'=' if option.get('correct') else '~'}{escaped(rich(option['text']))}#{escaped(rich(option['rationale']))}"
        for option in interaction["options"]
    ]


def _multiple(interaction: dict[str, Any]) -> list[str]:
    options = interaction["options"]
    share = 100 / sum(option.get("correct", False) for option in options)
    written = f"{share:.5f}".rstrip("0").rstrip(".")
    return [
        f"~%{'' if option.get('correct') else '-'}{written}%{escaped(rich(option['text']))}"
        f"#{escaped(rich(option['rationale']))}"
        for option in options
    ]


def _matching(interaction: dict[str, Any]) -> list[str]:
    pairs = [f"={escaped(rich(pair['left']))} -> {escaped(pair['right'])}" for pair in interaction["pairs"]]
    return pairs + [f"= -> {escaped(text)}" for text in interaction.get("extra_right", [])]


def _numeric(interaction: dict[str, Any]) -> list[str]:
    margin = plain_number(margin_of(interaction))
    lines = ["#", f"=%100%{plain_number(interaction['answer'])}:{margin}#"]
    for error in interaction.get("common_errors", []):
        lines.append(f"=%0%{plain_number(error['value'])}:{margin}#{escaped(rich(error['feedback']))}")
    return lines


def _shape(interaction: dict[str, Any]) -> list[str]:
    lines = [f"=%100%{escaped(text)}#" for text in shape_texts(interaction["answer"])]
    for error in interaction.get("common_errors", []):
        lines += [
            f"=%0%{escaped(text)}#{escaped(rich(error['feedback']))}" for text in shape_texts(error["value"])
        ]
    return lines


def _essay(interaction: dict[str, Any]) -> list[str]:
    return []


WRITERS = {
    "single": _single, "multiple": _multiple, "matching": _matching, "numeric": _numeric, "shape": _shape,
    "short": _essay,
}  # fmt: skip
