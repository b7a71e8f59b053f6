"""Exports: read back by graders written from the formats' rules; a model answer is full, every distractor less."""

import io
import json
import re
import sqlite3
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.exam import making
from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.anki import anki
from seq2gpt.exam.export.content import Item, in_words, items_of, packed, plain_number, shape_texts
from seq2gpt.exam.export.gift import escaped, gift
from seq2gpt.exam.export.moodle import moodle
from seq2gpt.exam.export.qti import QTI, identifier, qti

BANK = load_all()
ITEMS = items_of(BANK, 2)
OPTIONS = [
    {
        "id": letter,
        "text": f"{letter} = <b> & `x->y` ~#{{1:2}}",
        "correct": letter == "b",
        "rationale": "as it is: {so}",
    }
    for letter in "abc"
]
HOTSPOT = {
    "kind": "hotspot", "decoys": ["d1"], "targets": [{"label": "t", "svg_id": "t1", "rationale": "there"}],
    "text_alternative": {"kind": "single", "options": OPTIONS},
}  # fmt: skip


def odd(interaction: dict[str, Any], name: str = "ATT-05-odd") -> Item:
    """A question full of characters that mean something to a format."""
    return Item(
        name,
        Question(
            id=name, version=1, objectives=["ATT-05"], bloom="apply", difficulty=0, pool="both",
            stem="Is a = {b} ~ `c < d` # 1: yes?\nA new line", interaction=interaction, explanation="Since a & b: {so}.",
            sources=[], chapter="book/x#y", stimulus={"code": {"lang": "python", "text": "x = {1: 2}\n\nprint(x)\n"}},
        ),
    )  # fmt: skip


def asked(item: Item) -> Question:
    """The question as every format asks it: a hot spot in words."""
    return in_words(item.question) if item.question.kind == "hotspot" else item.question


MINE = [odd(HOTSPOT, "ATT-05-spot"), odd({"kind": "single", "options": OPTIONS})]


# --- Moodle ----------------------------------------------------------------------------------------------


def moodle_questions(content: bytes) -> list[ET.Element]:
    return [node for node in ET.fromstring(content) if node.get("type") != "category"]


def words(node: ET.Element, path: str) -> str:
    return node.findtext(path) or ""


# Moodle refuses other shares: question_bank::fraction_options_full().
SHARES = {100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10, 5, 0}  # fmt: skip


def test_moodle_knows_every_question_by_a_name_of_its_own() -> None:
    nodes = moodle_questions(moodle(ITEMS + MINE))
    assert len(nodes) == len(ITEMS) + 2 > 250
    assert Counter(words(node, "idnumber") for node in nodes).most_common(1)[0][1] == 1
    assert {words(node, "name/text") for node in nodes} == {item.name for item in ITEMS + MINE}
    kinds = Counter(node.get("type") for node in nodes)
    assert set(kinds) == {"multichoice", "ordering", "matching", "numerical", "shortanswer", "essay"}


def test_moodle_gets_a_key_for_every_question_and_shares_that_it_knows() -> None:
    for node in moodle_questions(moodle(ITEMS + MINE)):
        shares = [float(answer.get("fraction", "nan")) for answer in node.iterfind("answer")]
        match node.get("type"):
            case "multichoice":
                assert {abs(share) for share in shares} <= SHARES
                assert sum(share for share in shares if share > 0) == pytest.approx(100, abs=1e-4)
                assert (words(node, "single") == "true") is (max(shares) == 100)
            case "numerical" | "shortanswer":
                assert shares[0] == 100
                assert set(shares) <= {0, 100}
            case "ordering":
                assert shares == list(range(1, len(shares) + 1))
            case "matching":
                subs = [
                    (words(sub, "text"), words(sub, "answer/text")) for sub in node.iterfind("subquestion")
                ]
                assert sum(bool(left) for left, _ in subs) >= 2
                assert all(right for _, right in subs)
                lefts = [left for left, _ in subs if left]
                assert len(set(lefts)) == len(lefts)
            case kind:
                assert kind == "essay"
                assert words(node, "graderinfo/text")
        if node.get("type") in ("multichoice", "ordering", "matching"):
            assert node.find("shownumcorrect") is not None
            assert words(node, "correctfeedback/text")


def moodle_points(node: ET.Element, response: Any) -> float:
    """What Moodle gives: a text, a number, texts in order, or texts by left side."""
    answers = [
        (float(a.get("fraction", "")) / 100, words(a, "text"), words(a, "tolerance"))
        for a in node.iterfind("answer")
    ]
    match node.get("type"):
        case "multichoice":
            return max(0.0, sum(share for share, text, _ in answers if text in response))
        case "numerical":
            return next((share for share, text, margin in answers if abs(float(text) - response) <= float(margin) + 1e-12), 0.0)  # fmt: skip
        case "shortanswer":
            return next((share for share, text, _ in answers if text.lower() == response.lower()), 0.0)
        case "ordering":
            return float([text for _, text, _ in answers] == response)
    subs = {words(sub, "text"): words(sub, "answer/text") for sub in node.iterfind("subquestion")}
    return sum(subs[left] == right for left, right in response.items()) / len([left for left in subs if left])


def test_in_moodle_a_model_answer_is_full_and_a_wrong_one_less() -> None:
    by_name = {words(node, "name/text"): node for node in moodle_questions(moodle(ITEMS))}
    graded = 0
    for item in ITEMS:
        node, interaction = by_name[item.name], asked(item).interaction
        wrong = [error["value"] for error in interaction.get("common_errors", [])]
        match node.get("type"):
            case "multichoice":
                shown = [words(answer, "text") for answer in node.iterfind("answer")]
                keys = [t for t, o in zip(shown, interaction["options"], strict=True) if o.get("correct")]
                rest = [t for t in shown if t not in keys]
                assert moodle_points(node, keys) == pytest.approx(1, abs=1e-4)
                assert all(moodle_points(node, [*keys[1:], text]) < 0.7 for text in rest)
                assert asked(item).kind == "single" or moodle_points(node, shown) < 1
            case "numerical":
                assert moodle_points(node, item.question.key) == 1
                assert all(moodle_points(node, value) == 0 for value in wrong)
            case "shortanswer":
                assert all(moodle_points(node, text) == 1 for text in shape_texts(item.question.key))
                assert all(moodle_points(node, text) == 0 for value in wrong for text in shape_texts(value))
            case "matching" if item.question.kind == "ordering":
                steps = interaction["steps"] + interaction["distractor_steps"]
                assert len(node.findall("subquestion")) == len(steps)
            case _:
                continue
        graded += 1
    assert graded > 200


def test_a_question_without_key_or_name_of_its_own_is_not_exported() -> None:
    options = [option | {"correct": False} for option in OPTIONS]
    keyless = odd({"kind": "single", "options": options}).question
    with pytest.raises(
        UserError, match="^ATT-05-odd has no key; an export would grade every answer as wrong$"
    ):
        items_of([keyless])
    with pytest.raises(UserError, match="comes twice; an export needs a name for each question$"):
        items_of([BANK[0], BANK[0]])


def test_texts_arrive_in_moodle_as_they_are() -> None:
    node = next(n for n in moodle_questions(moodle(MINE)) if words(n, "name/text") == "ATT-05-odd")
    assert words(node, "questiontext/text") == (
        "<p>Is a = {b} ~ <code>c &lt; d</code> # 1: yes?<br>A new line</p><pre>x = {1: 2}<br><br>print(x)</pre>"
    )
    assert words(node, "answer/text") == "a = &lt;b&gt; &amp; <code>x-&gt;y</code> ~#{1:2}"
    assert words(node, "answer/feedback/text") == "as it is: {so}"


# --- GIFT ------------------------------------------------------------------------------------------------

SPECIAL = r"[~=#{}:]"


def gift_answers(block: str) -> list[tuple[str, str, str]]:
    """(sign and share, answer, feedback) of a GIFT question, unescaped; read by the format's own rules."""
    body = re.search(r"(?<!\\)\{(.*)(?<!\\)\}", block, re.DOTALL)
    assert body
    inside = re.split(r"(?<!\\)####", body[1])[0].strip().removeprefix("#")
    parts = re.split(r"(?<!\\)([=~](?:%-?[\d.]+%)?)", inside)[1:]
    found = []
    for sign, text in zip(parts[::2], parts[1::2], strict=True):
        answer, _, feedback = re.sub(r"(?<!\\)#", "\0", text.strip()).partition("\0")
        found.append((sign, *(re.sub(r"\\(.)", r"\1", part.strip()) for part in (answer, feedback))))
    return found


def test_gift_is_read_back() -> None:
    text = gift(ITEMS + MINE).decode()
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith("$CATEGORY")]
    assert len(blocks) == len(ITEMS) + 2
    by_name = {re.match(r"// \[id:(.*)\]", block)[1]: block for block in blocks}  # type: ignore[index]
    assert len(by_name) == len(blocks)
    for item in ITEMS:
        answers = gift_answers(by_name[item.name])
        kind, interaction = asked(item).kind, asked(item).interaction
        if kind in ("single", "multiple"):
            assert [feedback for *_, feedback in answers] != []
            assert len(answers) == len(interaction["options"])
            if kind == "single":
                assert [s for s, *_ in answers] == [
                    "=" if o.get("correct") else "~" for o in interaction["options"]
                ]
            else:
                shares = [float(sign.strip("~%")) for sign, *_ in answers]
                assert sum(share for share in shares if share > 0) == pytest.approx(100, abs=1e-4)
                assert [share > 0 for share in shares] == [
                    o.get("correct", False) for o in interaction["options"]
                ]
        elif kind == "numeric":
            (_, key, _), *errors = answers
            value, margin = map(float, key.split(":"))
            assert value == pytest.approx(item.question.key, abs=1e-9)
            assert margin >= 0
            assert all(sign == "=%0%" for sign, *_ in errors)
            assert len(errors) == len(interaction.get("common_errors", []))
        elif kind == "shape":
            assert [text for sign, text, _ in answers if sign == "=%100%"] == shape_texts(item.question.key)
        elif kind in ("matching", "ordering"):
            assert all(sign == "=" and " -> " in f" {answer}" for sign, answer, _ in answers)
            assert len(answers) >= len(interaction.get("pairs", interaction.get("steps")))
        else:
            assert answers == []


def test_characters_that_mean_something_to_gift_are_escaped() -> None:
    assert escaped("a\\b ~ = # { } : -> c\nd") == "a\\\\b \\~ \\= \\# \\{ \\} \\: → c<br>d"
    block = gift(MINE).decode().split("\n\n")[1]
    answers = gift_answers(block)
    assert [sign for sign, *_ in answers] == ["~", "=", "~"]
    assert answers[0][1:] == ("a = &lt;b&gt; &amp; <code>x→y</code> ~#{1:2}", "as it is: {so}")
    assert "\n\n" not in block


# --- QTI 2.1 ---------------------------------------------------------------------------------------------


def opened(content: bytes) -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}


def q(name: str) -> str:
    return f"{{{QTI}}}{name}"


def qti_points(node: ET.Element, response: list[str]) -> float:
    """What a program that follows QTI 2.1 gives for these values."""
    declaration = node.find(q("responseDeclaration"))
    assert declaration is not None
    correct = [value.text for value in declaration.iterfind(f"{q('correctResponse')}/{q('value')}")]
    processing = node.find(q("responseProcessing"))
    assert processing is not None
    if (processing.get("template") or "").endswith("match_correct"):
        ordered = declaration.get("cardinality") == "ordered"
        return float(response == correct if ordered else sorted(response) == sorted(map(str, correct)))
    if (both := processing.find(f".//{q('and')}")) is not None:
        low, high = (float(both.findtext(f"{q(name)}/{q('baseValue')}") or "nan") for name in ("gte", "lte"))
        return float(low <= float(response[0]) <= high)
    assert (processing.get("template") or "").endswith("map_response")
    mapping = declaration.find(q("mapping"))
    assert mapping is not None
    shares = {entry.get("mapKey"): float(entry.get("mappedValue", "")) for entry in mapping}
    return min(1.0, max(0.0, sum(shares.get(value, 0) for value in response)))


def test_in_qti_a_model_answer_is_full_and_a_wrong_one_less() -> None:
    files = opened(qti(ITEMS + MINE))
    for item in ITEMS:
        node, interaction = files[f"items/{item.name}.xml"], asked(item).interaction
        key = [
            v.text or ""
            for v in node.iterfind(f"{q('responseDeclaration')}/{q('correctResponse')}/{q('value')}")
        ]
        if item.question.kind == "short":
            assert node.find(f".//{q('extendedTextInteraction')}") is not None
            assert key == []
            continue
        assert qti_points(node, key) == pytest.approx(1), item.name
        assert node.find(q("itemBody")) is not None
        match asked(item).kind:
            case "single" | "multiple":
                names = [o["id"] for o in interaction["options"] if o.get("correct")]
                assert key == names
                for option in interaction["options"]:
                    if option["id"] not in names:
                        assert qti_points(node, [*names[1:], option["id"]]) < 0.7
                shown = node.findall(f".//{q('simpleChoice')}")
                assert [choice.get("identifier") for choice in shown] == [
                    o["id"] for o in interaction["options"]
                ]
            case "numeric":
                assert float(key[0]) == pytest.approx(item.question.key, abs=1e-9)
                assert all(
                    qti_points(node, [plain_number(e["value"])]) == 0
                    for e in interaction.get("common_errors", [])
                )
            case "shape":
                assert all(qti_points(node, [text]) == 1 for text in shape_texts(item.question.key))
                assert all(
                    qti_points(node, [t]) == 0
                    for e in interaction["common_errors"]
                    for t in shape_texts(e["value"])
                )
            case "matching" | "ordering":
                choices = {
                    n.get("identifier"): "".join(n.itertext()) for n in node.iter() if n.get("identifier")
                }
                if item.question.kind == "matching":
                    got = [choices[pair.split()[1]] for pair in key]
                    assert got == [pair["right"].replace("`", "") for pair in interaction["pairs"]]
                elif "distractor_steps" not in interaction:
                    assert [choices[name] for name in key] == [
                        s.replace("`", "") for s in interaction["steps"]
                    ]
                assert qti_points(node, key[::-1][1:]) < 1


def test_the_qti_package_names_every_file_once() -> None:
    content = qti(ITEMS + MINE)
    files = opened(content)
    manifest = files["imsmanifest.xml"]
    named = [node.get("href") for node in manifest.iter() if node.tag.endswith("}resource")]
    assert sorted(map(str, named)) == sorted(set(files) - {"imsmanifest.xml"})
    references = [node.get("href") for node in files["test.xml"].iter(q("assessmentItemRef"))]
    assert len(references) == len(ITEMS) + 2
    ids = [node.get("identifier") for name, node in files.items() if name.startswith("items/")]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", str(name)) for name in ids)
    assert identifier("1 ü") == "q-1--"
    for name in files:
        children = [child.tag.split("}")[1] for child in files[name]]
        if name.startswith("items/"):
            order = ["responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing"]
            assert children == order[: len(children)]


# --- Anki ------------------------------------------------------------------------------------------------


def notes(content: bytes, folder: Path) -> list[tuple[str, int, str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        path = folder / "collection.anki2"
        path.write_bytes(archive.read("collection.anki2"))
    with sqlite3.connect(path) as base:
        found = list(base.execute("select guid, mod, flds, tags from notes order by guid"))
    base.close()
    return found


class Balanced(HTMLParser):
    """Fails on a tag that is closed by another."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_deck_has_a_note_for_every_question(tmp_path: Path) -> None:
    found = notes(anki(ITEMS + MINE, 1_800_000_000), tmp_path)
    assert [guid for guid, *_ in found] == sorted(item.name for item in ITEMS + MINE)
    for guid, modified, fields, tags in found:
        name, question, answer, explanation = fields.split("\x1f")
        assert (name, modified) == (guid, 1_800_000_000)
        assert question
        assert answer
        assert explanation
        assert tags.split()[-1] in ("remember", "understand", "apply", "analyze", "evaluate")
        for field in (question, answer, explanation):
            parser = Balanced()
            parser.feed(field)
            assert parser.open == []


def test_an_update_has_the_same_guids_and_a_later_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (notes(anki(MINE, time), tmp_path) for time in (1_800_000_000, 1_800_000_500))
    assert [note[0] for note in first] == [note[0] for note in second]
    assert all(a[1] < b[1] for a, b in zip(first, second, strict=True))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert {note[1] for note in notes(anki(MINE), tmp_path)} == {1_700_000_000}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(UserError, match="^SOURCE_DATE_EPOCH='soon' is no number of seconds; unset it"):
        anki(MINE)


# --- all together ----------------------------------------------------------------------------------------


def test_exports_have_the_same_bytes_whatever_the_day_and_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ITEMS[:40]
    for write in (moodle, gift, qti, lambda items: anki(items, 1_800_000_000)):
        first = write(few)
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
        assert write(few[::-1]) == first
        monkeypatch.undo()


def test_a_zip_depends_on_its_contents_alone() -> None:
    assert packed({"b": b"2", "a": b"1"}) == packed({"a": b"1", "b": b"2"})
    with zipfile.ZipFile(io.BytesIO(packed({"a": b"1"}))) as archive:
        (entry,) = archive.infolist()
    assert (entry.date_time, entry.create_system, entry.compress_type) == ((1980, 1, 1, 0, 0, 0), 3, 0)


def test_numbers_are_written_without_exponents() -> None:
    numbers = (12, -3, 0.25, 1e-7, 124_439_808, 1 / 3, 0.0)
    assert list(map(plain_number, numbers)) == [
        "12",
        "-3",
        "0.25",
        "0.0000001",
        "124439808",
        "0.333333333333",
        "0",
    ]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "load_all", lambda: BANK)


@pytest.mark.usefixtures("few")
def test_the_commands_build_and_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "midterm"
    words_ = [
        "exam",
        "build",
        str(out),
        "--profile",
        "university",
        "--n-items",
        "9",
        "--seed",
        "my secret",
        "--private",
    ]
    assert main(words_) == 0
    record = json.loads((out / "form.json").read_text(encoding="utf-8"))
    assert len(record["items"]) == 9
    assert "my secret" not in "".join(path.read_text(encoding="latin-1") for path in out.iterdir())
    assert main(words_) == 2
    assert f"{out} holds something already; name a new folder" in capsys.readouterr().err
    for name in ("a.xml", "a.gift", "a.zip", "a.apkg", "a.json"):
        assert main(["exam", "export", str(out / "form.json"), str(tmp_path / name)]) == 0
    assert len(moodle_questions((tmp_path / "a.xml").read_bytes())) == 9
    assert len(json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["items"]) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.apkg",
        "a.gift",
        "a.json",
        "a.xml",
        "a.zip",
        "midterm",
    ]


@pytest.mark.parametrize(
    ("what", "to", "message"),
    [
        ("practice", "deck.apk", "deck.apk: the name has to end in .xml, .gift, .zip, .apkg, .json; that decides the form"),
        ("practise", "deck.apkg", "practise is no pool and no file; choose from practice, exam, all, or name a form.json"),
        ("bad.json", "deck.apkg", "bad.json is no form of `seq2gpt exam build` ('items'); build it again"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("few")
def test_what_cannot_be_exported_is_told(
    what: str, to: str, message: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text("{}", encoding="utf-8")
    assert main(["exam", "export", what, to]) == 2
    assert capsys.readouterr().err == f"seq2gpt: {message}\n"
    assert not Path(to).exists()


def test_held_out_questions_are_in_no_export_of_practice(tmp_path: Path, monkeypatch: Any) -> None:
    held_out = Question(**(vars(BANK[0]) | {"pool": "exam"}))
    shared = Question(**(vars(BANK[1]) | {"pool": "both"}))
    monkeypatch.setattr(making, "load_all", lambda: [held_out, shared])
    for pool, n in (("practice", 1), ("exam", 2), ("all", 2)):
        assert main(["exam", "export", pool, str(tmp_path / "a.xml"), "--variants", "1"]) == 0
        assert len(moodle_questions((tmp_path / "a.xml").read_bytes())) == n


@pytest.mark.usefixtures("few")
def test_printed_forms_agree_with_their_key(tmp_path: Path) -> None:
    assert main(["exam", "build", str(tmp_path / "m"), "--n-items", "30"]) == 0
    pages = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "m").glob("*.html")}
    assert set(pages) == {"form-A.html", "form-B.html", "key.html"}
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr><td>.*?</tr>", pages["key.html"])]
    assert len(rows) == 30
    assert [row[2] for row in rows] != [row[4] for row in rows]
    items = {
        item["id"]: item
        for item in json.loads((tmp_path / "m/form.json").read_text(encoding="utf-8"))["items"]
    }
    for column, letter in ((1, "A"), (3, "B")):
        asked = re.findall(r'<li class="question">(.*?)(?=<li class="question">|</ol>\n</body>)', pages[f"form-{letter}.html"], re.DOTALL)  # fmt: skip
        assert len(asked) == 30
        for row, text in zip(rows, asked, strict=True):
            key, item = row[column], items[row[column + 1]]
            if item["interaction"]["kind"] in ("single", "multiple"):
                shown = re.findall(r"<li>(.*?)</li>", text)
                chosen = {re.sub("<.*?>", "", shown["abcdefgh".index(k)]) for k in key.split()}
                right = {
                    str(o["text"]).replace("`", "")
                    for o in item["interaction"]["options"]
                    if o.get("correct")
                }
                assert {
                    t.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for t in chosen
                } == right
