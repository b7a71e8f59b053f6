"""A QTI 1.2 package, the form that older systems read and Canvas still imports.

It has no ordering: an order becomes a matching of steps and places. A multiple choice is right or wrong as a
whole, each pair of a matching counts alone, and an answer in words waits for a person. Points are percents.
"""

from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree as ET

from seq2gpt.exam.export.content import (
    Item,
    as_matching,
    bounds_of,
    explanation_of,
    in_words,
    margin_of,
    packed,
    plain_number,
    rich,
    shape_texts,
    stem_of,
)
from seq2gpt.exam.export.qti import identifier
from seq2gpt.exam.grading import rights

QTI12 = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
TYPES = {
    "single": "multiple_choice_question", "multiple": "multiple_answers_question", "matching": "matching_question",
    "numeric": "numerical_question", "shape": "short_answer_question", "short": "essay_question",
}  # fmt: skip
RESPONSE, GENERAL = "response1", "general_fb"


def qti12(items: Iterable[Item], title: str = "seq2gpt") -> bytes:
    """The questions as a zip file with the same bytes on every machine: one assessment, and the manifest."""
    root = ET.Element("questestinterop", xmlns=QTI12)
    section = ET.SubElement(
        ET.SubElement(root, "assessment", ident="seq2gpt", title=title), "section", ident="root_section"
    )
    for item in sorted(items, key=lambda item: item.name):
        _item(section, item)
    return packed({"assessment.xml": _written(root), "imsmanifest.xml": _written(_manifest())})


def _item(section: ET.Element, item: Item) -> None:
    question = in_words(item.question)
    if question.kind == "ordering":
        question = as_matching(question)
    interaction, kind = question.interaction, question.interaction["kind"]
    node = ET.SubElement(section, "item", ident=identifier(item.name), title=item.name)
    fields = ET.SubElement(ET.SubElement(node, "itemmetadata"), "qtimetadata")
    for label, entry in (("question_type", TYPES[kind]), ("points_possible", "1")):
        field = ET.SubElement(fields, "qtimetadatafield")
        ET.SubElement(field, "fieldlabel").text = label
        ET.SubElement(field, "fieldentry").text = entry
    presentation = ET.SubElement(node, "presentation")
    _html(presentation, stem_of(question))
    processing = ET.SubElement(node, "resprocessing")
    outcomes = ET.SubElement(processing, "outcomes")
    ET.SubElement(outcomes, "decvar", varname="SCORE", vartype="Decimal", minvalue="0", maxvalue="100")
    remarks = WRITERS[kind](presentation, processing, interaction)
    general = _condition(processing)
    ET.SubElement(general[0], "other")
    _remark(general, GENERAL)
    for name, text in (*remarks.items(), (GENERAL, explanation_of(question))):
        feedback = ET.SubElement(node, "itemfeedback", ident=name)
        _html(ET.SubElement(feedback, "flow_mat"), text)


def _choice(presentation: ET.Element, processing: ET.Element, interaction: dict[str, Any]) -> dict[str, str]:
    options = interaction["options"]
    keys = [option["id"] for option in options if option.get("correct")]
    single = interaction["kind"] == "single"
    shuffle = interaction.get("shuffle", True) and not any(option.get("lock") for option in options)
    choices = {option["id"]: rich(option["text"]) for option in options}
    _list(presentation, RESPONSE, choices, "Single" if single else "Multiple", shuffle)
    for option in options:
        condition = _condition(processing)
        ET.SubElement(condition[0], "varequal", respident=RESPONSE).text = option["id"]
        _remark(condition, f"{option['id']}_fb")
    right = _condition(processing)
    every = ET.SubElement(right[0], "and")
    for option in options:
        place = every if option["id"] in keys else ET.SubElement(every, "not")
        ET.SubElement(place, "varequal", respident=RESPONSE).text = option["id"]
    _score(right, "Set", "100")
    return {f"{option['id']}_fb": rich(option["rationale"]) for option in options}


def _matching(
    presentation: ET.Element, processing: ET.Element, interaction: dict[str, Any]
) -> dict[str, str]:
    pairs, texts = interaction["pairs"], sorted(rights(interaction))
    choices = {f"r{place}": rich(text) for place, text in enumerate(texts)}
    for place, pair in enumerate(pairs):
        name = f"response_l{place}"
        _list(presentation, name, choices, "Single", shuffle=True, about=rich(pair["left"]))
        condition = _condition(processing)
        ET.SubElement(condition[0], "varequal", respident=name).text = f"r{texts.index(pair['right'])}"
        _score(condition, "Add", plain_number(round(100 / len(pairs), 4)))
    return {}


def _numeric(presentation: ET.Element, processing: ET.Element, interaction: dict[str, Any]) -> dict[str, str]:
    _entry(presentation, interaction.get("unit", ""), "Decimal")
    margin = margin_of(interaction)
    return _answers(processing, interaction, lambda condition, value: _between(condition, value, margin))


def _shape(presentation: ET.Element, processing: ET.Element, interaction: dict[str, Any]) -> dict[str, str]:
    _entry(presentation, "", "String")
    return _answers(processing, interaction, lambda condition, value: _any_of(condition, shape_texts(value)))


def _answers(
    processing: ET.Element, interaction: dict[str, Any], meets: Callable[[ET.Element, Any], None]
) -> dict[str, str]:
    """Rules for the answer and for the usual mistakes, each with its remark."""
    right = _condition(processing)
    meets(right[0], interaction["answer"])
    _score(right, "Set", "100")
    remarks = {}
    for place, error in enumerate(interaction.get("common_errors", [])):
        wrong = _condition(processing)
        meets(wrong[0], error["value"])
        _remark(wrong, f"error{place}_fb")
        remarks[f"error{place}_fb"] = rich(error["feedback"])
    return remarks


def _essay(presentation: ET.Element, processing: ET.Element, interaction: dict[str, Any]) -> dict[str, str]:
    _entry(presentation, "", "String")
    return {"model_fb": f"<p>{rich(interaction['model_answer'])}</p>"}


WRITERS = {
    "single": _choice, "multiple": _choice, "matching": _matching, "numeric": _numeric, "shape": _shape,
    "short": _essay,
}  # fmt: skip


def _list(
    presentation: ET.Element, name: str, choices: dict[str, str], cardinality: str, shuffle: bool, about: str = ""
) -> None:  # fmt: skip
    response = ET.SubElement(presentation, "response_lid", ident=name, rcardinality=cardinality)
    if about:
        _html(response, about)
    render = ET.SubElement(response, "render_choice", shuffle="Yes" if shuffle else "No")
    for ident, text in choices.items():
        _html(ET.SubElement(render, "response_label", ident=ident), text)


def _entry(presentation: ET.Element, unit: str, kind: str) -> None:
    response = ET.SubElement(presentation, "response_str", ident=RESPONSE, rcardinality="Single")
    if unit:
        _html(response, rich(unit))
    render = ET.SubElement(response, "render_fib", fibtype=kind)
    ET.SubElement(render, "response_label", ident="answer1")


def _condition(processing: ET.Element) -> ET.Element:
    """A rule, whose first child is the condition; later rules are read too."""
    rule = ET.SubElement(processing, "respcondition", {"continue": "Yes"})
    ET.SubElement(rule, "conditionvar")
    return rule


def _score(rule: ET.Element, action: str, points: str) -> None:
    ET.SubElement(rule, "setvar", varname="SCORE", action=action).text = points


def _remark(rule: ET.Element, name: str) -> None:
    ET.SubElement(rule, "displayfeedback", feedbacktype="Response", linkrefid=name)


def _between(condition: ET.Element, value: int | float, margin: float) -> None:
    both = ET.SubElement(condition, "and")
    for comparison, bound in zip(("vargte", "varlte"), bounds_of(value, margin), strict=True):
        ET.SubElement(both, comparison, respident=RESPONSE).text = bound


def _any_of(condition: ET.Element, texts: list[str]) -> None:
    some = ET.SubElement(condition, "or")
    for text in texts:
        ET.SubElement(some, "varequal", respident=RESPONSE, case="No").text = text


def _html(node: ET.Element, text: str) -> None:
    material = ET.SubElement(ET.SubElement(node, "material"), "mattext", texttype="text/html")
    material.text = text


def _manifest() -> ET.Element:
    manifest = ET.Element("manifest", xmlns=PACKAGE, identifier="seq2gpt-manifest")
    metadata = ET.SubElement(manifest, "metadata")
    ET.SubElement(metadata, "schema").text = "IMS Content"
    ET.SubElement(metadata, "schemaversion").text = "1.1.3"
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    resource = ET.SubElement(
        resources, "resource", identifier="assessment", type="imsqti_xmlv1p2", href="assessment.xml"
    )
    ET.SubElement(resource, "file", href="assessment.xml")
    return manifest


def _written(node: ET.Element) -> bytes:
    ET.indent(node)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(node, encoding="utf-8") + b"\n"
