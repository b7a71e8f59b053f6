"""An instructor's own course: which labs, by when, and what they count for."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import mini_lab as mini
from autograder.handout import hand_out
from autograder.plan import LabPlan, Plan, read_plan
from autograder.student import commands
from autograder.student.find import open_workspace
from autograder.student.workspace import start
from seq2gpt.errors import UserError

TEXT = """\
title = "Models, Zürich"
[labs.01-mini]
due = 2026-11-20T18:00:00+01:00
points = 10
[labs.01-mini.exercises]
double = 6
[labs.01-mini.extensions]
ada = 2026-11-27T18:00:00+01:00
[labs.02-other]
"""
CET = timezone(timedelta(hours=1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A plan of two labs."""
    path = tmp_path / "course.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_what_is_decided_and_what_is_not(path: Path, tmp_path: Path) -> None:
    plan = read_plan(path, {"01-mini": ["double", "square"], "02-other": []})
    assert plan.title == "Models, Zürich"
    assert plan.chosen(["01-mini", "02-other", "03-more"]) == ["01-mini", "02-other"]
    mini_plan = plan.of("01-mini")
    assert mini_plan.due == datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert mini_plan.due_for("ada") == datetime(2026, 11, 27, 18, tzinfo=CET)
    assert mini_plan.due_for("bob") == mini_plan.due
    assert plan.of("02-other") == LabPlan()
    nothing = read_plan(tmp_path / "none.toml")
    assert nothing == Plan()
    assert nothing.chosen(["a", "b"]) == ["a", "b"]


def test_points_of_ones_own() -> None:
    most = {"double": 2.0, "square": 3.0, "none": 0.0}
    half = {"double": 1.0, "square": 3.0, "none": 0.0}
    assert LabPlan().counted(half, most) == (4.0, 5.0)
    assert LabPlan(points=10).counted(half, most) == (8.0, 10.0)
    assert LabPlan(exercises={"double": 6.0}).counted(half, most) == (6.0, 9.0)
    assert LabPlan(points=18, exercises={"double": 6.0}).counted(half, most, penalty=1.0) == (9.0, 18.0)
    assert LabPlan(exercises={"double": 0.0, "square": 0.0}, points=5).counted(half, most) == (0.0, 0.0)
    assert LabPlan(points=10).counted({}, most) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("due", "is not TOML"),
        ("labels = 1", "has the unknown setting 'labels'; it may have title, labs"),
        ("title = 3", "title is 3; put it in quotes"),
        ("labs = 3", "labs is 3; it is a table"),
        ("[labs]\n01-mini = 1", "is 1; write a table: the line [labs.01-mini]"),
        ("[labs.09-none]", "has the unknown lab '09-none'; it may have 01-mini, 02-other"),
        ("[labs.01-mini]\ndate = 1", "has the unknown setting 'date'; it may have due, points"),
        ("[labs.01-mini]\ndue = 2026-11-20", "due is 2026-11-20; write date, time and zone without quotes"),
        ("[labs.01-mini]\ndue = 2026-11-20T18:00:00", "write date, time and zone"),
        ("[labs.01-mini]\ndue = '2026-11-20T18:00:00Z'", "write date, time and zone without quotes"),
        ("[labs.01-mini]\npoints = -1", "points is -1; use a number of at least 0"),
        ("[labs.01-mini]\npoints = true", "points is True; use a number"),
        ("[labs.01-mini]\npoints = inf", "points is inf; use a number"),
        ("[labs.01-mini.exercises]\ndouble = 'x'", "double is 'x'; use a number"),
        ("[labs.01-mini.exercises]\ntriple = 1", "has the unknown exercise 'triple'; it may have double"),
        ("[labs.01-mini.extensions]\nada = 2026-11-20T18:00:00Z", "has extensions and no date to extend"),
    ],
)
def test_a_plan_that_cannot_be_used_is_named(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(UserError) as raised:
        read_plan(path, {"01-mini": ["double"], "02-other": []})
    assert message in str(raised.value)
    assert "course.toml" in str(raised.value)


# ── handing out ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A checkout with three labs, of which two are planned."""
    for lab in ("02-other", "03-more"):
        released = tmp_path / "exercises" / lab / f"{lab}.ipynb"
        released.parent.mkdir(parents=True)
        released.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    mini.write_lab(tmp_path / "exercises", mini.lab_cells())
    for lab in ("01-mini", "02-other", "03-more"):
        (tmp_path / "solutions" / lab).mkdir(parents=True)
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "course.toml").write_text(TEXT, encoding="utf-8")
    return tmp_path


def given(course: Path) -> tuple[list[str], str]:
    """What lies in the handout: labs, and the plan."""
    folder = course / "out"
    hand_out(course, course / "autograder", folder)
    return sorted(p.name for p in folder.iterdir() if p.is_dir()), (folder / "course.toml").read_text()


def test_a_handout_has_the_chosen_labs_and_no_extension(course: Path) -> None:
    labs, plan = given(course)
    assert labs == ["01-mini", "02-other"]
    assert "ada" not in plan
    public = read_plan(course / "out" / "course.toml")
    assert public.of("01-mini") == LabPlan(datetime(2026, 11, 20, 18, tzinfo=CET), 10.0, {"double": 6.0})
    (course / "autograder" / "course.toml").write_text("[labs.03-more]\n")
    assert given(course)[0] == ["03-more"], "a folder that was handed out is renewed"


def test_a_handout_overwrites_nothing_else(course: Path) -> None:
    (course / "out").mkdir()
    (course / "out" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="out holds something else, and nothing in it will be overwritten"):
        given(course)
    (course / "out" / "letter.txt").unlink()
    (course / "exercises").rename(course / "elsewhere")
    with pytest.raises(UserError, match="holds no lab; build the labs"):
        given(course)


def test_a_student_works_with_what_was_handed_out(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    given(course)
    labs = {lab: course / "exercises" / lab / f"{lab}.ipynb" for lab in ("01-mini", "02-other", "03-more")}
    monkeypatch.setattr("autograder.student.find.released_labs", lambda: labs)
    mine = tmp_path / "mine"
    commands.start(mine, course / "out")
    assert "mine now holds 2 labs, 01-mini to 02-other" in capsys.readouterr().out
    assert list(open_workspace(mine).course) == ["01-mini", "02-other"]
    commands.status(mine)
    due = datetime(2026, 11, 20, 18, tzinfo=CET).astimezone()
    assert f"0 of 4 points, due {due:%a %d %b, %H:%M}\n" in capsys.readouterr().out
    (course / "autograder" / "course.toml").write_text("[labs.01-mini]\n[labs.03-more]\n")
    given(course)
    commands.update(mine, course / "out")
    said = capsys.readouterr().out
    assert "03-more: new" in said
    assert list(open_workspace(mine).course) == ["01-mini", "03-more"]
    assert (mine / "02-other").is_dir(), "what is no longer asked for is not taken away"
    with pytest.raises(UserError, match="holds no lab; name the folder that `seq2gpt course release` wrote"):
        start(tmp_path / "second", handout=tmp_path / "nowhere")
