"""Moodle XML, rule by rule as Moodle's importer and its kinds of questions ask it, for every question of the bank."""

from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.content import items_of
from seq2gpt.exam.export.moodle import moodle

TREE = ET.fromstring(moodle(items_of(load_all(), 1)))
NODES = [node for node in TREE if node.get("type") != "category"]
by_kind = {
    kind: [node for node in NODES if node.get("type") == kind]
    for kind in Counter(n.get("type") for n in NODES)
}
LONGEST_NAME, LONGEST_IDNUMBER = 255, 100  # characters; columns of Moodle's table `question`
# question_bank::fraction_options_full(), to the seven decimals in which Moodle keeps them
FRACTIONS = (1, 0.9, 0.8333333, 0.8, 0.75, 0.7, 0.6666667, 0.6, 0.5, 0.4, 0.3333333, 0.3, 0.25, 0.2, 0.1666667, 0.1428571, 0.125, 0.1111111, 0.1, 0.05, 0)  # fmt: skip
GRADE_TOLERANCE = 0.00001


def words(node: ET.Element, path: str) -> str:
    return node.findtext(path) or ""


def shares(node: ET.Element) -> list[float]:
    """The fractions of the answers, as Moodle reads them: divided by 100."""
    return [float(answer.get("fraction", "nan")) / 100 for answer in node.iterfind("answer")]


def test_the_file_is_a_quiz_whose_questions_lie_behind_a_category() -> None:
    assert TREE.tag == "quiz"
    assert TREE[0].get("type") == "category"
    for node in TREE:
        if node.get("type") == "category":
            assert words(node, "category/text").startswith("$course$/top/")


def test_headers() -> None:
    """A name and a text; marks above 0, a penalty from 0 to 1; an idnumber of its own, else it becomes null."""
    numbers = [words(node, "idnumber") for node in NODES]
    assert len(set(numbers)) == len(numbers)
    for node in NODES:
        assert 0 < len(words(node, "name/text")) <= LONGEST_NAME
        assert 0 < len(words(node, "idnumber")) <= LONGEST_IDNUMBER
        assert words(node, "questiontext/text").strip()
        assert words(node, "generalfeedback/text").strip()
        assert [node.find(tag).get("format") for tag in ("questiontext", "generalfeedback")] == ["html"] * 2  # type: ignore[union-attr]
        assert float(words(node, "defaultgrade")) > 0
        assert 0 <= float(words(node, "penalty")) <= 1
        assert words(node, "hidden") == "0"
        assert all(text.text for text in node.iterfind("tags/tag/text"))


@pytest.mark.parametrize("kind", ["multichoice", "numerical", "shortanswer"])
def test_each_share_is_one_that_moodle_knows(kind: str) -> None:
    for node in by_kind[kind]:
        for share in shares(node):
            assert any(abs(abs(share) - known) < GRADE_TOLERANCE for known in FRACTIONS), words(
                node, "idnumber"
            )


def test_multiple_choice() -> None:
    """Two answers or more, no text twice; of one right answer the largest share is 1, of several the sum is."""
    for node in by_kind["multichoice"]:
        texts = [words(answer, "text").strip() for answer in node.iterfind("answer")]
        assert len(texts) >= 2
        assert all(texts)
        assert len(set(texts)) == len(texts)
        assert words(node, "single") in ("true", "false")
        assert words(node, "shuffleanswers") in ("true", "false")
        assert words(node, "answernumbering") in ("abc", "ABCD", "123", "iii", "IIII", "none")
        right = [share for share in shares(node) if share > 0]
        if words(node, "single") == "true":
            assert right == [1]
        else:
            assert len(right) >= 2
            assert sum(right) == pytest.approx(1, abs=0.01)
            assert sum(shares(node)) <= 0.01  # who ticks everything has nothing
        assert all(words(answer, "feedback/text") for answer in node.iterfind("answer"))


@pytest.mark.parametrize("kind", ["multichoice", "matching", "ordering"])
def test_feedback_for_the_whole(kind: str) -> None:
    for node in by_kind[kind]:
        for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            assert words(node, f"{tag}/text")
        assert node.find("shownumcorrect") is not None


def test_numbers() -> None:
    """A number with a tolerance of 0 or more for each answer; the first that fits counts, so the right one leads."""
    for node in by_kind["numerical"]:
        answers = [
            (float(words(a, "text")), float(words(a, "tolerance")), share)
            for a, share in zip(node.iterfind("answer"), shares(node), strict=True)
        ]
        assert answers[0][2] == 1
        for value, tolerance, share in answers[1:]:
            assert tolerance >= 0
            assert share == 0
            assert abs(value - answers[0][0]) > answers[0][1], words(node, "idnumber")
        assert answers[0][1] >= 0
        assert words(node, "unitgradingtype") == "0"
        assert words(node, "showunits") == "3"  # no unit is asked for


def test_short_answers() -> None:
    """A star stands for any text in Moodle, so none is in an answer."""
    for node in by_kind["shortanswer"]:
        texts = [words(answer, "text").strip() for answer in node.iterfind("answer")]
        assert words(node, "usecase") == "0"
        assert all(texts)
        assert not any("*" in text for text in texts)
        assert len({text.casefold() for text in texts}) == len(texts)
        assert shares(node)[0] == 1


def test_matching() -> None:
    """Two questions and three answers at least; what is left over has an answer alone."""
    for node in by_kind["matching"]:
        subs = [(words(sub, "text"), words(sub, "answer/text")) for sub in node.iterfind("subquestion")]
        assert sum(bool(left) for left, _ in subs) >= 2
        assert len({right for _, right in subs}) >= 3
        assert all(right.strip() for _, right in subs)
        assert words(node, "shuffleanswers") == "true"


def test_orders() -> None:
    """Settings by the names that Moodle's kind `ordering` knows; the fractions count the places."""
    for node in by_kind["ordering"]:
        assert words(node, "layouttype") in ("VERTICAL", "HORIZONTAL")
        assert words(node, "selecttype") in ("ALL", "RANDOM", "CONTIGUOUS")
        assert words(node, "showgrading") in ("SHOW", "HIDE")
        assert words(node, "gradingtype") == "ABSOLUTE_POSITION"
        places = [float(answer.get("fraction", "nan")) for answer in node.iterfind("answer")]
        assert len(places) >= 2
        assert places[0] == 1
        assert all(b - a == 1 for a, b in pairwise(places))


def test_answers_in_words() -> None:
    for node in by_kind["essay"]:
        assert words(node, "responseformat") == "editor"
        assert words(node, "responserequired") == "1"
        assert int(words(node, "responsefieldlines")) % 5 == 0
        assert words(node, "graderinfo/text")


def test_each_kind_was_looked_at() -> None:
    assert set(by_kind) == {"multichoice", "numerical", "shortanswer", "matching", "ordering", "essay"}
    assert len(NODES) == len(load_all())
