"""QTI 1.2, read back by its rules: conditions, points added and set. A model answer is full, a mistake less."""

import io
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from seq2gpt.cli import main
from seq2gpt.exam import making
from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.content import as_matching, in_words, items_of, plain_number, shape_texts
from seq2gpt.exam.export.qti12 import QTI12, qti12
from seq2gpt.exam.grading import rights

BANK = load_all()
ITEMS = items_of(BANK, 2)
Response = dict[str, Any]


@pytest.fixture(scope="module")
def nodes() -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(qti12(ITEMS))) as archive:
        assert sorted(archive.namelist()) == ["assessment.xml", "imsmanifest.xml"]
        root = ET.fromstring(archive.read("assessment.xml"))
        assert b'type="imsqti_xmlv1p2" href="assessment.xml"' in archive.read("imsmanifest.xml")
    for node in root.iter():
        node.tag = node.tag.removeprefix(f"{{{QTI12}}}")
    found = {node.get("title", ""): node for node in root.iter("item")}
    assert len({node.get("ident") for node in found.values()}) == len(found) == len(ITEMS)
    return found


def holds(node: ET.Element, response: Response) -> bool:
    """Whether a condition of QTI 1.2 holds: several conditions side by side all have to."""
    given = response.get(node.get("respident", ""), [])
    given = given if isinstance(given, list) else [given]
    match node.tag:
        case "conditionvar" | "and":
            return all(holds(child, response) for child in node)
        case "or":
            return any(holds(child, response) for child in node)
        case "not":
            return not any(holds(child, response) for child in node)
        case "other":
            return True
        case "varequal":
            return node.text in given
        case "vargte":
            return any(float(value) >= float(node.text or "") for value in given)
    assert node.tag == "varlte"
    return any(float(value) <= float(node.text or "") for value in given)


def result(node: ET.Element, response: Response) -> tuple[float, list[str]]:
    """Points in parts of 1, and the feedback on show."""
    points, shown = 0.0, []
    remarks = {
        remark.get("ident"): "".join(text.text or "" for text in remark.iter("mattext"))
        for remark in node.iter("itemfeedback")
    }
    for rule in node.iter("respcondition"):
        assert rule.get("continue") == "Yes"
        if holds(rule[0], response):
            for action in rule.iter("setvar"):
                value = float(action.text or "")
                points = value if action.get("action") == "Set" else points + value
            shown += [remarks[remark.get("linkrefid")] for remark in rule.iter("displayfeedback")]
    return points / 100, shown


def test_a_model_answer_is_full_and_every_mistake_less(nodes: dict[str, ET.Element]) -> None:
    graded = 0
    for item in ITEMS:
        node, question = nodes[item.name], in_words(item.question)
        interaction = (as_matching(question) if question.kind == "ordering" else question).interaction
        match interaction["kind"]:
            case "single" | "multiple":
                keys = [option["id"] for option in interaction["options"] if option.get("correct")]
                assert result(node, {"response1": keys})[0] == 1
                for option in interaction["options"]:
                    points, shown = result(node, {"response1": [*keys[1:], option["id"]]})
                    assert points == float(option["id"] in keys[:1])
                    assert (
                        len(shown) == len({*keys[1:], option["id"]}) + 1
                    )  # each chosen option's rationale, and the explanation
            case "matching":
                texts = sorted(rights(interaction))
                right = {f"response_l{n}": f"r{texts.index(p['right'])}" for n, p in enumerate(interaction["pairs"])}  # fmt: skip
                assert result(node, right)[0] == pytest.approx(1, abs=1e-4)
                for name in right:
                    rest = (len(right) - 1) / len(right)
                    assert result(node, right | {name: ""})[0] == pytest.approx(rest, abs=1e-4)
            case "numeric":
                assert result(node, {"response1": plain_number(interaction["answer"])})[0] == 1
                for error in interaction.get("common_errors", []):
                    points, shown = result(node, {"response1": plain_number(error["value"])})
                    assert points == 0
                    assert len(shown) == 2
            case "shape":
                assert all(result(node, {"response1": text})[0] == 1 for text in shape_texts(interaction["answer"]))  # fmt: skip
                for error in interaction.get("common_errors", []):
                    assert all(result(node, {"response1": t})[0] == 0 for t in shape_texts(error["value"]))
            case _:
                assert result(node, {"response1": "words"})[0] == 0
        assert result(node, {})[0] == 0
        graded += 1
    assert graded == len(ITEMS)


def test_a_number_may_be_off_by_the_tolerance_and_no_more(nodes: dict[str, ET.Element]) -> None:
    item = next(item for item in ITEMS if item.question.interaction.get("tolerance", {}).get("abs", 0) > 0)
    key, margin = item.question.key, item.question.interaction["tolerance"]["abs"]
    given = [key - margin, key + margin, key + 1.01 * margin]
    assert [result(nodes[item.name], {"response1": n})[0] for n in given] == [1, 1, 0]


def test_an_order_is_a_matching_of_steps_and_places(nodes: dict[str, ET.Element]) -> None:
    item = next(item for item in ITEMS if item.question.kind == "ordering")
    kinds = {node.findtext(".//fieldentry") for node in nodes.values()}
    assert kinds == {"multiple_choice_question", "multiple_answers_question", "matching_question", "numerical_question", "short_answer_question", "essay_question"}  # fmt: skip
    lists = nodes[item.name].findall(".//response_lid")
    steps = item.question.interaction["steps"] + item.question.interaction.get("distractor_steps", [])
    assert len(lists) == len(steps)


def test_the_format_is_asked_for_by_name(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(making, "load_all", lambda: BANK[:9])
    assert main(["exam", "export", "all", str(tmp_path / "a.zip"), "--format", "qti12"]) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "assessment.xml" in archive.namelist()
    assert main(["exam", "export", "all", str(tmp_path / "a.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "test.xml" in archive.namelist()
    capsys.readouterr()
    assert main(["exam", "export", "all", str(tmp_path / "a.xml"), "--format", "qti12"]) == 2
    assert "--format qti12 and the name" in capsys.readouterr().err
    assert not (tmp_path / "a.xml").exists()
