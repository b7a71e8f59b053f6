"""Other projects' programs in a real browser, on every question: a player of QTI, and a parser of GIFT.

In the player each model answer is full, and each mistake that a question provides for is less. It reads QTI
3.0, which has the elements of 2.1 under other names: ``qti3.py`` writes these, as the player's own converter does.
"""

import html
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.content import Item, in_words, items_of, plain_number, shape_texts
from seq2gpt.exam.export.gift import gift
from seq2gpt.exam.export.qti import qti
from seq2gpt.exam.grading import model_answer, rights
from tests.chromium import site_in
from tests.qti3 import upgraded

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
ALL = items_of(load_all(), 1)
ITEMS = [item for item in ALL if item.question.kind != "short"]
pytestmark = pytest.mark.browser


GIFT_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>GIFT</title>
<link rel="icon" href="data:,"><script>const module = {};</script><script src="gift-parser.js"></script></head></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not VENDOR.is_dir():
        pytest.skip("the other projects' programs are not in this copy of the tests")
    folder = tmp_path_factory.mktemp("consumers")
    shutil.copy(VENDOR / "qti-components/index.js", folder)
    shutil.copy(VENDOR / "gift-pegjs/gift-parser.js", folder)
    shutil.copy(HERE / "qti_player.html", folder)
    (folder / "gift.html").write_text(GIFT_PAGE, encoding="utf-8")
    with site_in(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def player(site: Any) -> Iterator[Any]:
    page, faults = site.open("qti_player.html")
    page.wait_for_function("window.ready")
    yield page
    assert faults == []


def items_in(package: bytes) -> dict[str, str]:
    """The items of a package by name, in the words of QTI 3.0."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        names = [name for name in archive.namelist() if name.startswith("items/")]
        trees = {Path(name).stem: upgraded(ET.fromstring(archive.read(name))) for name in names}
    return {name: ET.tostring(tree, encoding="unicode") for name, tree in trees.items()}


def answers(question: Question) -> list[Any]:
    """The model answer, and then every mistake that the question provides for, as what a learner sees."""
    interaction = question.interaction
    match question.kind:
        case "single":
            letters = [model_answer(question)]
            wrong = [[option["id"]] for option in interaction["options"] if option["id"] not in letters]
            return [_texts(interaction, response) for response in (letters, *wrong)]
        case "multiple":
            letters = model_answer(question)
            others = [option["id"] for option in interaction["options"] if option["id"] not in letters]
            wrong = [[*letters[:place], other, *letters[place + 1 :]] for place in range(len(letters)) for other in others]  # fmt: skip
            wrong += [letters[:-1]]
            return [_texts(interaction, response) for response in (letters, *wrong)]
        case "ordering":
            steps = list(map(_plain, interaction["steps"]))
            swapped = [_swapped(steps, place, place + 1) for place in range(len(steps) - 1)]
            return [steps, *swapped, steps[:-1]]
        case "matching":
            pairs = [[_plain(pair["left"]), _plain(pair["right"])] for pair in interaction["pairs"]]
            texts = list(map(_plain, rights(interaction)))
            wrong = [[*pairs[:n], [left, text], *pairs[n + 1 :]] for n, (left, right) in enumerate(pairs) for text in texts if text != right]  # fmt: skip
            return [pairs, *wrong]
        case "shape":
            errors = [error["value"] for error in interaction.get("common_errors", [])]
            return [shape_texts(interaction["answer"])[1], *(shape_texts(value)[0] for value in errors)]
        case _:
            errors = [error["value"] for error in interaction.get("common_errors", [])]
            return [plain_number(value) for value in (interaction["answer"], *errors)]


def _plain(text: Any) -> str:
    """A text as it stands on a page."""
    return " ".join(str(text).replace("`", "").split())


def _texts(interaction: dict[str, Any], letters: list[str]) -> list[str]:
    return [_plain(option["text"]) for option in interaction["options"] if option["id"] in letters]


def _swapped(steps: list[str], i: int, j: int) -> list[str]:
    order = list(steps)
    order[i], order[j] = order[j], order[i]
    return order


def test_in_a_player_each_model_answer_is_full_and_each_mistake_less(player: Any) -> None:
    documents = items_in(qti(ITEMS))
    played = 0
    for item in ITEMS:
        responses = answers(in_words(item.question))
        result = player.evaluate("([xml, responses]) => window.play(xml, responses)", [documents[item.name], responses])  # fmt: skip
        full, *less = result["scores"]
        assert full == pytest.approx(1, abs=1e-6), (item.name, result)
        assert all(score < 0.999 for score in less), (item.name, responses, result)
        assert result["shown"] > 15
        played += len(less)
    assert played > 900


def odd(key: dict[str, Any]) -> Item:
    """A question whose key is what the case says; all else is a plain single choice."""
    return Item("ATT-01-odd", replace(ALL[0].question, id="ATT-01-odd", interaction=key))


@pytest.mark.parametrize(
    ("interaction", "shown"),
    [
        ({"kind": "single", "options": [{"id": "a", "text": "a < `b`", "correct": True}, {"id": "b", "text": "c & d"}]},
         [["a < b"], ["c & d"]]),
        ({"kind": "numeric", "answer": 1_000_000, "tolerance": {"rel": 0}}, ["1000000", "1000001", "999999"]),
        ({"kind": "numeric", "answer": 0.5, "tolerance": {"abs": 0.1}}, ["0.6", "0.61", "0.39", "-0.5"]),
    ],
)  # fmt: skip
def test_the_player_sees_what_a_learner_is_shown(
    player: Any, interaction: dict[str, Any], shown: list[Any]
) -> None:
    item = odd(interaction)
    document = items_in(qti([item]))[item.name]
    scores = player.evaluate("([xml, responses]) => window.play(xml, responses)", [document, shown])["scores"]
    assert scores == [1.0] + [0.0] * (len(shown) - 1)


# --- GIFT ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parsed(site: Any) -> dict[str, dict[str, Any]]:
    """Every question as the parser understands it, by its title."""
    page, faults = site.open("gift.html")
    found = page.evaluate("text => module.exports.parse(text)", gift(ALL).decode())
    assert faults == []
    questions = [question for question in found if question["type"] != "Category"]
    assert [q["title"] for q in questions] == [
        item.name for item in sorted(ALL, key=lambda item: item.name[:3] + item.name)
    ]
    return {question["title"]: question for question in questions}


def test_a_parser_of_gift_understands_every_question(parsed: dict[str, dict[str, Any]]) -> None:
    kinds = {
        "single": "MC", "multiple": "MC", "matching": "Matching", "ordering": "Matching", "numeric": "Numerical",
        "shape": "Short", "short": "Essay",
    }  # fmt: skip
    for item in ALL:
        question, asked = parsed[item.name], in_words(item.question)
        assert question["type"] == kinds[asked.kind], item.name
        assert question["stem"]["format"] == "html"
        assert _shown(question["stem"]["text"]).startswith(_plain(asked.case_text or asked.stem)[:40])
        assert _shown(question["globalFeedback"]["text"]).startswith(_plain(asked.explanation))


def test_a_parser_of_gift_finds_the_keys(parsed: dict[str, dict[str, Any]]) -> None:
    for item in ALL:
        question, interaction = parsed[item.name], in_words(item.question).interaction
        match interaction["kind"]:
            case "single" | "multiple":
                options = interaction["options"]
                assert [_shown(c["text"]["text"]) for c in question["choices"]] == [
                    _plain(o["text"]) for o in options
                ]
                assert [_shown(c["feedback"]["text"]) for c in question["choices"]] == [
                    _plain(o["rationale"]) for o in options
                ]
                rights_ = [c["isCorrect"] or (c["weight"] or 0) > 0 for c in question["choices"]]
                assert rights_ == [o.get("correct", False) for o in options]
            case "matching" if item.question.kind == "matching":
                pairs = [
                    (_shown(p["subquestion"]["text"]), _unescaped(p["subanswer"]))
                    for p in question["matchPairs"]
                ]
                assert [pair for pair in pairs if pair[0]] == [
                    (_plain(p["left"]), p["right"]) for p in interaction["pairs"]
                ]
            case "numeric":
                (key, *_) = question["choices"]
                assert key["weight"] == 100
                assert key["text"]["number"] == pytest.approx(interaction["answer"], abs=1e-9)
            case "shape":
                full = [c["text"]["text"] for c in question["choices"] if c["weight"] == 100]
                assert full == shape_texts(interaction["answer"])


def _unescaped(text: str) -> str:
    """The right side of a matching; there the parser leaves its own stand-ins for escaped characters."""
    return re.sub(r"&&0(\d\d);", lambda code: chr(int(code[1])), text)


def _shown(html_: str) -> str:
    """The words of a text in HTML, one space between them."""
    return " ".join(
        html.unescape(
            re.sub(r"<br>|</p>|<p>", " ", html_).replace("<code>", "").replace("</code>", "")
        ).split()
    )
