"""Moodle XML, rule by rule as Moodle 5.1 asks it, for every question of the bank.

The rules were read from the source, in the versions named here; ``<base>`` is https://github.com/moodle/moodle/blob:

- how a file is read: ``qformat_xml`` in <base>/25bf66cf019cbea1d1452e2412f73820fe19395b/public/question/format/xml/format.php;
- when an import stops: ``qformat_default::importprocess`` in
  <base>/2854c6fcf417e0ff64f24b8533b783b16e7288f2/public/question/format.php. An ``error`` of a question ends it with a message.
  So does a ``notice``, which leaves out, too, what stands behind it. A ``noticeyesno`` is passed over in silence: a choice
  without a key comes in;
- which shares there are: ``question_bank`` in <base>/0546d6b134c0f6e891483f1faf395e9ecd1381d1/public/question/engine/bank.php;
- what each kind refuses: ``save_question_options`` of its ``questiontype.php`` in public/question/type/KIND: multichoice and
  shortanswer at b1b5f263591a832d90cee9cd3101363072ac6824, numerical at 7d99b14a73c7d3b2c0cb6ad9ab8b3b8f853ef536, ordering at
  445344aa71a60387f1c90cb1985c18c108ea6c3a; match has not changed since
  https://github.com/micaherne/moodle/blob/ea68c0b09a521c552ef65b2aacd35a9a88c39911.

What is not asked by an import is marked as ours.
"""

import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.content import items_of
from seq2gpt.exam.export.moodle import moodle

FILE = moodle(items_of(load_all(), 1))
TREE = ET.fromstring(FILE)
NODES = [node for node in TREE if node.get("type") != "category"]
by_kind = {
    kind: [node for node in NODES if node.get("type") == kind]
    for kind in Counter(n.get("type") for n in NODES)
}
LONGEST_NAME, LONGEST_IDNUMBER = 255, 100  # characters; columns of `question` and `question_bank_entries`
LONGEST_TAG = 50  # TAG_MAX_LENGTH in lib/moodlelib.php
# question_bank::ensure_fraction_options_initialised; the same with a minus, and -1, are in the full list
FRACTIONS = (1, 0.9, 0.8333333, 0.8, 0.75, 0.7, 0.6666667, 0.6, 0.5, 0.4, 0.3333333, 0.3, 0.25, 0.2, 0.1666667, 0.1428571, 0.125, 0.1111111, 0.1, 0.05, 0)  # fmt: skip
GRADE_TOLERANCE = (
    0.00001  # match_grade_options, which refuses what is farther away unless told to take the nearest
)
FORMATS = {"moodle_auto_format", "html", "plain_text", "wiki_like", "markdown"}  # qformat_xml::trans_format
NUMBERINGS = {
    "abc",
    "ABCD",
    "123",
    "iii",
    "IIII",
    "none",
}  # qtype_multichoice::get_numbering_styles; ordering too
NUMBER = re.compile(r"-?\d+(\.\d+)?")  # ours: digits and a point, without exponent or thousands


def words(node: ET.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()  # qformat_xml::getpath trims texts


def shares(node: ET.Element) -> list[float]:
    """The fractions of the answers, divided by 100 as ``import_answer`` does and put right as ``match_grade_options``."""
    read = [float(answer.get("fraction", "nan")) / 100 for answer in node.iterfind("answer")]
    known = [*FRACTIONS, *(-share for share in FRACTIONS)]
    return [next((k for k in known if abs(share - k) < GRADE_TOLERANCE), share) for share in read]


def test_the_file_is_a_quiz_in_utf_8_whose_questions_lie_behind_a_category() -> None:
    """``readquestions`` parses as UTF-8; ``create_category_path`` puts "top" in front of a path that has fewer than two
    names behind it, and ``split_category_path`` splits at single slashes."""
    assert FILE.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert not FILE.startswith(b"\xef\xbb\xbf")
    assert TREE.tag == "quiz"
    assert TREE[0].get("type") == "category"
    paths = [words(node, "category/text") for node in TREE if node.get("type") == "category"]
    for path in paths:
        assert re.fullmatch(r"\$course\$/top/seq2gpt/[A-Z]{3}", path)
    assert len(set(paths)) == len(paths)  # ours: each domain comes once


def test_headers() -> None:
    """``import_headers``: a name and texts. ``importprocess`` removes an idnumber that its category has already;
    ``clean_question_name`` takes out tags and shortens."""
    numbers = [words(node, "idnumber") for node in NODES]
    assert len(set(numbers)) == len(numbers)
    for node in NODES:
        assert 0 < len(words(node, "name/text")) <= LONGEST_NAME
        assert not re.search(r"[<>&]", words(node, "name/text"))
        assert 0 < len(words(node, "idnumber")) <= LONGEST_IDNUMBER
        assert words(node, "questiontext/text")
        assert words(node, "generalfeedback/text")  # ours
        assert float(words(node, "defaultgrade")) > 0  # ours: one of 0 would not count
        assert words(node, "penalty") == "0.3333333"  # what import_headers makes of a third
        names = [words(tag, "text") for tag in node.iterfind("tags/tag")]
        assert all(0 < len(name) <= LONGEST_TAG for name in names)
        assert len({name.casefold() for name in names}) == len(names)


def test_texts_are_plain_strings_of_a_known_format() -> None:
    """``getpath`` counts an error where a ``text`` holds elements, and takes the first where there are several;
    ``trans_format`` reads an unknown format as HTML."""
    for node in TREE.iter():
        assert node.get("format", "html") in FORMATS
        if node.tag == "text":
            assert len(node) == 0
        assert len(node.findall("text")) <= 1


def test_no_picture_is_missing() -> None:
    """``import_files_as_draft`` reads ``file`` elements in base64; a hot spot is asked in words, so none is needed."""
    for node in NODES:
        assert next(node.iter("file"), None) is None
        assert not any(re.search(r"<img|@@PLUGINFILE@@", text.text or "") for text in node.iter("text"))


@pytest.mark.parametrize("kind", ["multichoice", "numerical", "shortanswer"])
def test_each_share_is_one_that_moodle_knows(kind: str) -> None:
    """``importprocess``: with "stop on error", as it stands at first, one other share ends the import of all."""
    for node in by_kind[kind]:
        for share in shares(node):
            assert abs(share) in FRACTIONS, words(node, "idnumber")


def test_multiple_choice() -> None:
    """Two answers that are not blank; of one right answer the largest share is 1, of several the positive ones are 1
    to two decimals, else the question comes in all the same, and nobody can get it right."""
    for node in by_kind["multichoice"]:
        texts = [words(answer, "text") for answer in node.iterfind("answer")]
        assert len([text for text in texts if text]) == len(texts) >= 2
        assert len(set(texts)) == len(texts)  # ours
        assert words(node, "single") in ("true", "false")  # trans_single: all but "false" and nothing is yes
        assert words(node, "shuffleanswers") in ("true", "false")
        assert words(node, "answernumbering") in NUMBERINGS
        right = [share for share in shares(node) if share > 0]
        if words(node, "single") == "true":
            assert right == [1]
        else:
            assert len(right) >= 2
            assert round(sum(right), 2) == 1
            assert sum(shares(node)) <= 0.01  # ours: who ticks everything has nothing
        assert all(words(answer, "feedback/text") for answer in node.iterfind("answer"))  # ours


@pytest.mark.parametrize("kind", ["multichoice", "matching", "ordering"])
def test_feedback_for_the_whole(kind: str) -> None:
    """``import_combined_feedback`` asks whether ``shownumcorrect`` is there; ``qtype_ordering::import_from_xml`` reads
    what it says, and an empty one is no."""
    for node in by_kind[kind]:
        for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            assert words(node, f"{tag}/text")
        assert words(node, "shownumcorrect") == "1"


def test_numbers() -> None:
    """A value or a tolerance that is no number is a notice, which ends the import. There is no check of the key.
    ``get_matching_answer`` takes the first that fits, both bounds included (``qtype_numerical_answer``)."""
    for node in by_kind["numerical"]:
        texts = [(words(a, "text"), words(a, "tolerance")) for a in node.iterfind("answer")]
        assert all(NUMBER.fullmatch(text) for pair in texts for text in pair), texts
        answers = [(float(value), float(tolerance)) for value, tolerance in texts]
        assert shares(node) == [1, *(0 for _ in answers[1:])]
        assert node.find("answer/fraction") is None  # import_numerical would take it for the share
        for value, tolerance in answers:
            assert tolerance >= 0
            assert value == answers[0][0] or abs(value - answers[0][0]) > answers[0][1], words(
                node, "idnumber"
            )
        assert words(node, "unitgradingtype") == "0"
        assert words(node, "showunits") == "3"  # qtype_numerical::UNITNONE
        assert node.find("units") is None


def test_short_answers() -> None:
    """A largest share other than 1 is an error. A star stands for any text (``compare_string_with_wildcard``), so none
    is in an answer; the first answer that fits counts."""
    for node in by_kind["shortanswer"]:
        texts = [words(answer, "text") for answer in node.iterfind("answer")]
        assert words(node, "usecase") == "0"
        assert all(texts)
        assert not any("*" in text for text in texts)
        assert len({text.casefold() for text in texts}) == len(texts)
        assert shares(node)[0] == max(shares(node)) == 1


def test_matching() -> None:
    """A question whose answer is blank is a notice, which ends the import; an answer without a question is one more to
    choose from. Two questions and three answers are what ``edit_match_form.php`` asks, an import does not."""
    for node in by_kind["matching"]:
        subs = [(words(sub, "text"), words(sub, "answer/text")) for sub in node.iterfind("subquestion")]
        assert all(right for _, right in subs)
        lefts = [left for left, _ in subs if left]
        assert len(set(lefts)) == len(lefts) >= 2
        assert len({right for _, right in subs}) >= 3
        assert all(len(right) <= 255 for _, right in subs)  # ours: they stand in a menu
        assert words(node, "shuffleanswers") == "true"


def test_orders() -> None:
    """``set_options_for_import`` reads a name that it does not know as another setting, in silence. The order is that of
    the file: ``import_from_xml`` reads no fraction. Fewer than two steps are a notice, which ends the import; equal steps
    share the key by which they are dragged (``initialise_question_instance``)."""
    for node in by_kind["ordering"]:
        assert words(node, "layouttype") in ("VERTICAL", "HORIZONTAL")
        assert words(node, "selecttype") == "ALL"  # RANDOM would leave steps out
        assert words(node, "showgrading") in ("SHOW", "HIDE")
        assert words(node, "gradingtype") == "ABSOLUTE_POSITION"
        assert words(node, "numberingstyle") in NUMBERINGS
        steps = [words(answer, "text") for answer in node.iterfind("answer")]
        assert all(steps)
        assert len(set(steps)) == len(steps) >= 2
        places = [answer.get("fraction") for answer in node.iterfind("answer")]
        assert places == [
            str(place) for place in range(1, len(steps) + 1)
        ]  # ours: as its own export writes them


def test_answers_in_words() -> None:
    """``import_essay`` takes what is there; ours are settings that its form offers."""
    for node in by_kind["essay"]:
        assert words(node, "responseformat") == "editor"
        assert words(node, "responserequired") == "1"
        assert int(words(node, "responsefieldlines")) % 5 == 0
        assert words(node, "graderinfo/text")


def test_each_kind_was_looked_at() -> None:
    """All but ``ordering`` are read by ``import_question`` itself; that one has its own reader, part of Moodle or a plugin."""
    assert set(by_kind) == {"multichoice", "numerical", "shortanswer", "matching", "ordering", "essay"}
    assert len(NODES) == len(load_all())
