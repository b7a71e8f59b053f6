"""Moodle XML. An order is the kind ``ordering``, part of Moodle today and a plugin before, a shape a short answer, an answer in words an essay."""

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET

from seq2gpt.exam.collection import domain_of
from seq2gpt.exam.export.content import (
    Item,
    explanation_of,
    in_words,
    margin_of,
    plain_number,
    rich,
    shape_texts,
    stem_of,
)

TYPES = {
    "single": "multichoice", "multiple": "multichoice", "ordering": "ordering", "matching": "matching",
    "numeric": "numerical", "shape": "shortanswer", "short": "essay",
}  # fmt: skip
HTML = {"format": "html"}


def moodle(items: Iterable[Item]) -> bytes:
    """The questions as Moodle XML, in one category for each domain; ``idnumber`` is the item's name."""
    quiz = ET.Element("quiz")
    category = ""
    for item in sorted(items, key=lambda item: (domain_of(item.question), item.name)):
        if category != domain_of(item.question):
            category = domain_of(item.question)
            head = ET.SubElement(quiz, "question", type="category")
            _text(ET.SubElement(head, "category"), f"$course$/top/seq2gpt/{category}")
        _question(quiz, item)
    ET.indent(quiz)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, encoding="utf-8") + b"\n"


def _question(quiz: ET.Element, item: Item) -> None:
    question = in_words(item.question)
    interaction, kind = question.interaction, question.interaction["kind"]
    node = ET.SubElement(quiz, "question", type=TYPES[kind])
    _text(ET.SubElement(node, "name"), item.name)
    _text(ET.SubElement(node, "questiontext", HTML), stem_of(question))
    _text(ET.SubElement(node, "generalfeedback", HTML), explanation_of(question))
    _fields(node, defaultgrade="1", penalty="0.3333333", hidden="0", idnumber=item.name)
    WRITERS[kind](node, interaction)
    tags = ET.SubElement(node, "tags")
    for name in [*question.objectives, question.bloom]:
        _text(ET.SubElement(tags, "tag"), name)


def _choice(node: ET.Element, interaction: dict[str, Any]) -> None:
    options = interaction["options"]
    n_keys = sum(option.get("correct", False) for option in options)
    single = interaction["kind"] == "single"
    fewer = min(n_keys, len(options) - n_keys) or n_keys  # so that ticking everything gives nothing
    shuffle = interaction.get("shuffle", True) and not any(option.get("lock") for option in options)
    _fields(node, single=str(single).lower(), shuffleanswers=str(shuffle).lower(), answernumbering="abc")
    _combined(node)
    for option in options:
        share = 100 / n_keys if option.get("correct") else 0 if single else -100 / fewer
        _answer(node, share, rich(option["text"]), rich(option["rationale"]))


def _ordering(node: ET.Element, interaction: dict[str, Any]) -> None:
    _fields(
        node, layouttype="VERTICAL", selecttype="ALL", selectcount="0", gradingtype="ABSOLUTE_POSITION",
        showgrading="SHOW", numberingstyle="none",
    )  # fmt: skip
    _combined(node)
    for place, step in enumerate(interaction["steps"], 1):
        _answer(node, place, rich(step), "")


def _matching(node: ET.Element, interaction: dict[str, Any]) -> None:
    _fields(node, shuffleanswers="true")
    _combined(node)
    pairs = [(rich(pair["left"]), pair["right"]) for pair in interaction["pairs"]]
    for left, right in [*pairs, *(("", text) for text in interaction.get("extra_right", []))]:
        sub = ET.SubElement(node, "subquestion", HTML)
        ET.SubElement(sub, "text").text = left
        _text(ET.SubElement(sub, "answer"), right.replace("`", ""))  # shown in a menu, as plain text


def _numerical(node: ET.Element, interaction: dict[str, Any]) -> None:
    margin = plain_number(margin_of(interaction))
    answers = [(100, interaction["answer"], "")]
    answers += [
        (0, error["value"], rich(error["feedback"])) for error in interaction.get("common_errors", [])
    ]
    for share, value, feedback in answers:
        answer = _answer(node, share, plain_number(value), feedback)
        ET.SubElement(answer, "tolerance").text = margin
    _fields(node, unitgradingtype="0", unitpenalty="0.1000000", showunits="3", unitsleft="0")


def _shape(node: ET.Element, interaction: dict[str, Any]) -> None:
    _fields(node, usecase="0")
    answers = [(100, interaction["answer"], "")]
    answers += [
        (0, error["value"], rich(error["feedback"])) for error in interaction.get("common_errors", [])
    ]
    for share, sizes, feedback in answers:
        for text in shape_texts(sizes):
            _answer(node, share, text, feedback)


def _essay(node: ET.Element, interaction: dict[str, Any]) -> None:
    _fields(node, responseformat="editor", responserequired="1", responsefieldlines="10", attachments="0")
    criteria = "".join(
        f"<li>{entry['points']}: {rich(entry['criterion'])}</li>" for entry in interaction["rubric"]
    )
    _text(
        ET.SubElement(node, "graderinfo", HTML),
        f"<p>{rich(interaction['model_answer'])}</p><ul>{criteria}</ul>",
    )
    _text(ET.SubElement(node, "responsetemplate", HTML), "")


WRITERS = {
    "single": _choice, "multiple": _choice, "ordering": _ordering, "matching": _matching,
    "numeric": _numerical, "shape": _shape, "short": _essay,
}  # fmt: skip


def _combined(node: ET.Element) -> None:
    """Feedback for the whole, with the number of right parts: an order asks what ``shownumcorrect`` says, and takes an
    empty one for no; other kinds ask whether it is there."""
    for name, text in (("correct", "Right."), ("partiallycorrect", "Partly right."), ("incorrect", "Wrong.")):
        _text(ET.SubElement(node, f"{name}feedback", HTML), text)
    _fields(node, shownumcorrect="1")


def _answer(node: ET.Element, share: int | float, text: str, feedback: str) -> ET.Element:
    """An answer; Moodle knows shares such as 33.33333 by their five decimals and refuses others."""
    written = f"{share:.5f}".rstrip("0").rstrip(".")
    answer = ET.SubElement(node, "answer", {"fraction": written, **HTML})
    ET.SubElement(answer, "text").text = text
    _text(ET.SubElement(answer, "feedback", HTML), feedback)
    return answer


def _fields(node: ET.Element, **values: str) -> None:
    for name, value in values.items():
        ET.SubElement(node, name).text = value


def _text(node: ET.Element, text: str) -> None:
    ET.SubElement(node, "text").text = text
