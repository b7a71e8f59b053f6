"""What an instructor is told about a class over all labs: failed exercises, common mistakes, times, and who needs a look."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.grading.overview import Effort, Failed, Overview, read_overview, told_by
from autograder.grading.overview_pages import page_of, text_of, write_overview
from autograder.grading.report import ClassReport, StudentReport
from autograder.grading.roster import Person
from autograder.plan import LabPlan, Plan
from autograder.student.times import times_of
from seq2gpt.errors import UserError

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def exercise(
    name: str, points: float, says: str = "", most: float = 4.0, tried: bool = True
) -> dict[str, object]:
    """One exercise of a kept result."""
    known = {"name": "m", "id": "E07", "says": says, "url": f"https://x.org/{name}#a"} if says else None
    check = {"name": "c", "passed": points == most, "misconception": known}
    return {"name": name, "points": points, "max_points": most, "checks": [check, check] if tried else []}


def line(
    student: str, double: float, square: float, *exercises: dict[str, object], **more: object
) -> StudentReport:
    return StudentReport(student, {"double": double, "square": square}, exercises=list(exercises), **more)


@pytest.fixture
def overview() -> Overview:
    """Four students and two labs: one that three handed in, one that is not due yet."""
    same = "Two and two: <five>."
    one = ClassReport(
        "01-one",
        {"double": 4.0, "square": 4.0},
        [
            line("ada", 4, 4, exercise("double", 4), exercise("square", 4)),
            line("bob", 1, 0, exercise("double", 1, same), exercise("square", 0, tried=False), flags=["setup was deleted"]),
            line("cyd", 4, 2, exercise("double", 4), exercise("square", 2, "Squares are not cubes."), penalty=3.0, waiting=["why"]),
            line("dan", 0, 0, exercise("double", 0, same), problem="01-one.ipynb is empty"),
        ],
        alike=[{"exercise": "square", "students": ["ada", "cyd"]}],
    )  # fmt: skip
    two = ClassReport("02-two", {"last": 2.0}, [StudentReport("ada", {"last": 2.0})])
    plan = Plan("A <course>", {"01-one": LabPlan(), "02-two": LabPlan(due=datetime(2026, 12, 1, tzinfo=UTC))})
    people = [
        Person("ada", "Ada", "Lovelace"),
        Person("bob"),
        Person("cyd"),
        Person("dan", "=1+1"),
        Person("eve"),
    ]
    minutes = {("01-one", "double"): [5.0, 9.0, 40.0], ("01-one", "square"): [20.0, 30.0]}
    return Overview(plan, people, [one, two], minutes, NOW)


def test_what_was_hard(overview: Overview) -> None:
    assert overview.failed() == [
        Failed("01-one", "double", tried=4, solved=2, share=0.5625),
        Failed("01-one", "square", tried=2, solved=1, share=0.75),
    ]
    assert overview.longest() == [Effort("01-one", "square", 25.0, 2), Effort("01-one", "double", 9.0, 3)]


def test_mistakes_have_an_id_and_a_paragraph_and_count_students(overview: Overview) -> None:
    first, second = overview.misconceptions()
    assert (first.students, first.id, first.lab, first.exercise) == (2, "E07", "01-one", "double")
    assert (first.says, first.url) == ("Two and two: <five>.", "https://x.org/double#a")
    assert (second.students, second.exercise) == (1, "square")


def test_who_needs_a_look_and_why(overview: Overview) -> None:
    assert overview.needs_a_look() == [
        ("cyd", ["01-one: 3 of 8 points", "01-one: 3 points off for lateness", "01-one: to be graded by hand: why", "01-one: square nearly as ada"]),
        ("bob", ["01-one: 1 of 8 points", "01-one: setup was deleted"]),
        ("ada", ["01-one: square nearly as cyd"]),
        ("dan", ["01-one: 01-one.ipynb is empty"]),
        ("eve", ["01-one: nothing handed in"]),
    ]  # fmt: skip
    overview.now = datetime(2026, 12, 2, tzinfo=UTC)
    assert dict(overview.needs_a_look())["eve"] == ["01-one: nothing handed in", "02-two: nothing handed in"]


def test_the_page_is_escaped_and_the_text_has_links(overview: Overview, tmp_path: Path) -> None:
    text, page = text_of(overview), page_of(overview)
    assert "2 × E07, 01-one/double: Two and two: <five>.\n      https://x.org/double#a" in text
    assert "Two and two: &lt;five&gt;. <a href='https://x.org/double#a'>read</a>" in page
    assert "<title>A &lt;course&gt;: 5 students, 4 have handed in, 2 labs graded</title>" in page
    assert "01-one/square: 25 minutes (median of 2)" in text
    write_overview(overview, tmp_path / "class.csv")
    assert "\ndan,,'=1+1,,0,10,0,0,0,," in (tmp_path / "class.csv").read_text(encoding="utf-8")
    write_overview(overview, tmp_path / "class.TXT")
    assert (tmp_path / "class.TXT").read_text() == text
    with pytest.raises(UserError, match=r"there is no format '.pdf'; end the name in .txt, .html, .csv"):
        write_overview(overview, tmp_path / "class.pdf")


def test_a_long_section_is_cut_on_the_screen_and_whole_on_the_page(overview: Overview) -> None:
    overview.people += [Person(f"z{number}") for number in range(20)]
    text, page = text_of(overview), page_of(overview)
    assert "  and 10 more\n" in text
    assert "z19: 01-one: nothing handed in" not in text
    assert "z19: 01-one: nothing handed in" in page


def test_nothing_graded_yet(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with pytest.raises(
        UserError, match=r"nothing in .* has been graded yet; do so with `seq2gpt course grade LAB`"
    ):
        read_overview(tmp_path, tmp_path / "work", NOW)
    with pytest.raises(
        UserError, match=r"09-x has not been graded yet; do so with `seq2gpt course grade 09-x`"
    ):
        read_overview(tmp_path, tmp_path / "work", NOW, ["09-x"])


# ── time ─────────────────────────────────────────────────────────────────────────────────────────


def at(minutes: float, **entry: object) -> dict[str, object]:
    """An entry of a folder's record."""
    moment = datetime.fromtimestamp(1_780_000_000 + 60 * minutes, tz=UTC)
    return {"lab": "01-one", **entry, "at": moment.isoformat()}


def test_time_is_what_lies_between_checks_without_pauses_and_after_solving() -> None:
    spent = times_of(
        "01-one",
        [
            at(0, opened=True),
            at(4, exercise="double", points=0, max=2),
            {"exercise": "double"},
            {"lab": "01-one", "exercise": "double", "at": "yesterday"},
            at(10, exercise="double", hints=1),
            at(50, exercise="double", points=1, max=2),  # a pause of forty minutes
            at(52, exercise="double", points=2, max=2),
            at(60, exercise="double", points=0, max=2),  # played with, after it was solved
            at(65, lab="02-two", exercise="double", points=0, max=2),
            at(66.5, exercise="square", points=0, max=2),
            at(60, exercise="square", points=1, max=2),  # the clock was put back
        ],
    )
    double, square = spent["double"], spent["square"]
    assert (double.minutes, double.checks, double.hints, double.solved) == (pytest.approx(12), 3, 1, True)
    assert (square.minutes, square.checks, square.hints, square.solved) == (pytest.approx(1.5), 2, 0, False)
    assert list(spent) == ["double", "square"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"exercises": 3}', '{"exercises": {"a": {}}}', '{"exercises": {"a": 3}}', "[" * 100_000]
    + [
        json.dumps({"exercises": {"a": {"minutes": bad}}})
        for bad in (-1, 0, 1e9, True, "9", None, float("nan"))
    ],
)
def test_nothing_is_believed_that_is_no_time(tmp_path: Path, content: str) -> None:
    path = tmp_path / "times.json"
    path.write_text(content)
    assert told_by(path) == {}


def test_a_link_and_a_missing_file_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text('{"exercises": {"a": {"minutes": 3}}}')
    assert told_by(tmp_path / "real.json") == {"a": 3.0}
    os.symlink(tmp_path / "real.json", tmp_path / "times.json")
    assert told_by(tmp_path / "times.json") == {}
    assert told_by(tmp_path / "none.json") == {}
