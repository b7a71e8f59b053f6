"""A QTI 2.1 package: one file for each question, a test that names them, and the manifest.

Every question but an answer in words is scored by the program that shows it, as :mod:`seq2gpt.exam.grading`
scores it; an order is right or wrong as a whole.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from seq2gpt.exam.export.content import (
    Item,
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
from seq2gpt.exam.grading import rights

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
TEMPLATE = "http://www.imsglobal.org/question/qti_v2p1/rptemplates"
ITEM_TYPE, TEST_TYPE = "imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1"


def qti(items: Iterable[Item], title: str = "seq2gpt") -> bytes:
    """The questions as a zip file with the same bytes on every machine."""
    chosen = sorted(items, key=lambda item: item.name)
    files = {f"items/{item.name}.xml": _written(_item(item)) for item in chosen}
    files["test.xml"] = _written(_test(chosen, title))
    files["imsmanifest.xml"] = _written(_manifest(chosen))
    return packed(files)


def identifier(name: str) -> str:
    """A name as QTI allows it in an identifier.

    >>> identifier("ATT-05-why.v03")
    'q-ATT-05-why.v03'
    """
    return "q-" + re.sub(r"[^A-Za-z0-9._-]", "-", name)


def _item(item: Item) -> ET.Element:
    question = in_words(item.question)
    interaction, kind = question.interaction, question.interaction["kind"]
    node = ET.Element(
        "assessmentItem", xmlns=QTI, identifier=identifier(item.name), title=item.name, adaptive="false",
        timeDependent="false",
    )  # fmt: skip
    WRITERS[kind](node, interaction)
    outcome = ET.Element("outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    node.insert(1, outcome)
    _value(ET.SubElement(outcome, "defaultValue"), "0")
    body = node.find("itemBody")
    assert body is not None
    for place, part in enumerate(_parsed(stem_of(question))):
        body.insert(place, part)
    rubric = ET.SubElement(body, "rubricBlock", view="scorer tutor")
    for part in _parsed(explanation_of(question) + _model(interaction)):
        rubric.append(part)
    return node


def _choice(node: ET.Element, interaction: dict[str, Any]) -> None:
    options = interaction["options"]
    keys = [option["id"] for option in options if option.get("correct")]
    single = interaction["kind"] == "single"
    declaration = _declare(node, "single" if single else "multiple", "identifier", keys)
    if not single:
        wrong = [option["id"] for option in options if not option.get("correct")]
        shares = dict.fromkeys(keys, 1 / len(keys)) | dict.fromkeys(wrong, -1 / len(keys))
        _map(declaration, shares)
    shuffle = interaction.get("shuffle", True) and not any(option.get("lock") for option in options)
    element = _interaction(
        node, "choiceInteraction", shuffle=str(shuffle).lower(), maxChoices="1" if single else str(len(keys))
    )
    for option in options:
        _labelled(ET.SubElement(element, "simpleChoice", identifier=option["id"]), option["text"])
    _process(node, "match_correct" if single else "map_response")


def _ordering(node: ET.Element, interaction: dict[str, Any]) -> None:
    names = [f"s{place}" for place in range(len(interaction["steps"]))]
    _declare(node, "ordered", "identifier", names)
    element = _interaction(node, "orderInteraction", shuffle="true")
    for name, step in sorted(zip(names, interaction["steps"], strict=True), key=lambda entry: entry[1]):
        _labelled(ET.SubElement(element, "simpleChoice", identifier=name), step)
    _process(node, "match_correct")


def _matching(node: ET.Element, interaction: dict[str, Any]) -> None:
    pairs, texts = interaction["pairs"], sorted(rights(interaction))
    keys = [f"l{place} r{texts.index(pair['right'])}" for place, pair in enumerate(pairs)]
    declaration = _declare(node, "multiple", "directedPair", keys)
    _map(declaration, dict.fromkeys(keys, 1 / len(keys)))
    element = _interaction(node, "matchInteraction", shuffle="true", maxAssociations=str(len(pairs)))
    left, right = (ET.SubElement(element, "simpleMatchSet") for _ in range(2))
    for place, pair in enumerate(pairs):
        attributes = {"identifier": f"l{place}", "matchMax": "1"}
        _labelled(ET.SubElement(left, "simpleAssociableChoice", attributes), pair["left"])
    for place, text in enumerate(texts):
        attributes = {"identifier": f"r{place}", "matchMax": str(len(pairs))}
        _labelled(ET.SubElement(right, "simpleAssociableChoice", attributes), text)
    _process(node, "map_response")


def _numeric(node: ET.Element, interaction: dict[str, Any]) -> None:
    _declare(node, "single", "float", [plain_number(interaction["answer"])])
    _entry(node, interaction.get("unit", ""))
    low, high = bounds_of(interaction["answer"], margin_of(interaction))
    condition = ET.SubElement(ET.SubElement(node, "responseProcessing"), "responseCondition")
    branch = ET.SubElement(condition, "responseIf")
    both = ET.SubElement(branch, "and")  # two bounds, as some players pass over the tolerance of `equal`
    for comparison, bound in (("gte", low), ("lte", high)):
        compared = ET.SubElement(both, comparison)
        ET.SubElement(compared, "variable", identifier="RESPONSE")
        ET.SubElement(compared, "baseValue", baseType="float").text = bound
    score = ET.SubElement(branch, "setOutcomeValue", identifier="SCORE")
    ET.SubElement(score, "baseValue", baseType="float").text = "1"


def _shape(node: ET.Element, interaction: dict[str, Any]) -> None:
    texts = shape_texts(interaction["answer"])
    _map(_declare(node, "single", "string", texts[:1]), dict.fromkeys(texts, 1.0))
    _entry(node, "")
    _process(node, "map_response")


def _essay(node: ET.Element, interaction: dict[str, Any]) -> None:
    _declare(node, "single", "string", [])
    _interaction(node, "extendedTextInteraction", expectedLines="6")


WRITERS = {
    "single": _choice, "multiple": _choice, "ordering": _ordering, "matching": _matching,
    "numeric": _numeric, "shape": _shape, "short": _essay,
}  # fmt: skip


def _model(interaction: dict[str, Any]) -> str:
    """What a scorer reads beside the explanation: the model answer and the criteria of an answer in words."""
    if interaction["kind"] != "short":
        return ""
    criteria = "".join(
        f"<li>{entry['points']}: {rich(entry['criterion'])}</li>" for entry in interaction["rubric"]
    )
    return f"<p>{rich(interaction['model_answer'])}</p><ul>{criteria}</ul>"


def _declare(node: ET.Element, cardinality: str, kind: str, keys: list[str]) -> ET.Element:
    declaration = ET.SubElement(
        node, "responseDeclaration", identifier="RESPONSE", cardinality=cardinality, baseType=kind
    )
    if keys:
        correct = ET.SubElement(declaration, "correctResponse")
        for key in keys:
            _value(correct, key)
    return declaration


def _map(declaration: ET.Element, shares: Mapping[str, float]) -> None:
    mapping = ET.SubElement(declaration, "mapping", lowerBound="0", upperBound="1", defaultValue="0")
    for key, share in shares.items():
        ET.SubElement(mapping, "mapEntry", mapKey=key, mappedValue=plain_number(share))


def _interaction(node: ET.Element, name: str, **attributes: str) -> ET.Element:
    body = ET.SubElement(node, "itemBody")
    return ET.SubElement(body, name, {"responseIdentifier": "RESPONSE", **attributes})


def _entry(node: ET.Element, unit: str) -> None:
    paragraph = ET.SubElement(ET.SubElement(node, "itemBody"), "p")
    entry = ET.SubElement(
        paragraph, "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="20"
    )
    entry.tail = f" {unit}" if unit else None


def _process(node: ET.Element, template: str) -> None:
    ET.SubElement(node, "responseProcessing", template=f"{TEMPLATE}/{template}")


def _labelled(node: ET.Element, text: Any) -> None:
    """Put a text into an element, code as ``<code>``."""
    part = _parsed(rich(text))
    node.text = part.text
    node.extend(part)


def _value(node: ET.Element, text: str) -> None:
    ET.SubElement(node, "value").text = text


def _parsed(text: str) -> ET.Element:
    """HTML of :mod:`seq2gpt.exam.export.content`, which escapes what is not its own, as the parts of an element."""
    return ET.fromstring(f"<div>{text.replace('<br>', '<br/>')}</div>")  # noqa: S314


def _test(items: list[Item], title: str) -> ET.Element:
    test = ET.Element("assessmentTest", xmlns=QTI, identifier="seq2gpt", title=title)
    part = ET.SubElement(
        test, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="simultaneous"
    )
    section = ET.SubElement(part, "assessmentSection", identifier="section", title=title, visible="true")
    for item in items:
        ET.SubElement(
            section, "assessmentItemRef", identifier=identifier(item.name), href=f"items/{item.name}.xml"
        )
    return test


def _manifest(items: list[Item]) -> ET.Element:
    manifest = ET.Element("manifest", xmlns=PACKAGE, identifier="seq2gpt-manifest")
    metadata = ET.SubElement(manifest, "metadata")
    ET.SubElement(metadata, "schema").text = "QTIv2.1 Package"
    ET.SubElement(metadata, "schemaversion").text = "1.0.0"
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    test = _resource(resources, "test", TEST_TYPE, "test.xml")
    for item in items:
        _resource(resources, identifier(item.name), ITEM_TYPE, f"items/{item.name}.xml")
        ET.SubElement(test, "dependency", identifierref=identifier(item.name))
    return manifest


def _resource(resources: ET.Element, name: str, kind: str, path: str) -> ET.Element:
    resource = ET.SubElement(resources, "resource", identifier=name, type=kind, href=path)
    ET.SubElement(resource, "file", href=path)
    return resource


def _written(node: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(node, encoding="utf-8") + b"\n"
