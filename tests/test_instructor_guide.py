"""Every command of the instructor's guide works as it stands, in its order, in a course of one small lab."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

import tiny_course as tiny
from autograder import lessons
from autograder.commands import build, release, roster
from autograder.lessons import ROOT
from autograder.plan import read_plan
from autograder.student import commands as students
from autograder.student import workspace
from seq2gpt.cli import COURSE_COMMANDS, STUDENT_COMMANDS, main
from seq2gpt.run.flags import flags_of

GUIDE = (ROOT / "book" / "instructor" / "guide.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, text) for kind, text in FENCE.findall(GUIDE)]
LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
PROGRAM = Path(sys.executable).with_name("nbgrader")


def commands_of_the_course() -> list[list[str]]:
    """The words of every `seq2gpt course` in the guide, in blocks and in sentences."""
    inline = re.findall(r"`(seq2gpt course [^`]+)`", GUIDE)
    return [shlex.split(line)[2:] for line in [*LINES, *inline] if line.startswith("seq2gpt course ")]


@pytest.mark.parametrize("words", commands_of_the_course(), ids=" ".join)
def test_every_flag_exists(words: list[str]) -> None:
    from autograder import commands as instructors

    assert words[0] in (*COURSE_COMMANDS, *STUDENT_COMMANDS)
    function = getattr(students if words[0] in STUDENT_COMMANDS else instructors, words[0])
    flags = {f"--{name.replace('_', '-')}" for name in flags_of(function).__dataclass_fields__}  # type: ignore[attr-defined]
    assert {word for word in words if word.startswith("--")} <= flags


def test_the_plans_of_the_guide_can_be_read(tmp_path: Path) -> None:
    plan, late, exchange = (text for kind, text in BLOCKS if kind == "toml")
    (tmp_path / "course.toml").write_text(plan)
    read = read_plan(tmp_path / "course.toml", ["07-attention", "08-heads"])
    assert read.of("07-attention").points == 20
    from autograder.checking import load_exercises

    assert set(read.of("07-attention").exercises) <= set(load_exercises("07-attention").exercises)
    from autograder.grading.settings import read_settings

    (tmp_path / "grading.toml").write_text(exchange + late)
    settings = read_settings(tmp_path)
    assert (settings.exchange, settings.late.percent_per_day) == ("/srv/nbgrader/exchange", 10)
    assert build.__doc__
    assert release.__doc__
    assert roster.__doc__


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one lab, the class's list, and nothing else of the guide done yet."""
    root = tmp_path / "course"
    tiny.write_course(root)
    tiny.write(tiny.released_notebook(), root / "exercises" / tiny.LAB / f"{tiny.LAB}.ipynb")
    (root / "autograder").mkdir()
    (root / "autograder" / "nbgrader_config.py").write_bytes(
        (ROOT / "autograder" / "nbgrader_config.py").read_bytes()
    )
    (root / "class.csv").write_text("username;surname;first name\nada;Lovelace;Ada\nbob;Ross;Bob\n")
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    plan, late, _ = (text for kind, text in BLOCKS if kind == "toml")
    plan = plan.replace("07-attention", tiny.LAB).replace("causal_mask", "double").split("[labs.08")[0]
    (root / "autograder" / "course.toml").write_text(plan)
    (root / "autograder" / "grading.toml").write_text(f'exchange = "{exchange}"\n{late}')
    monkeypatch.setattr(lessons, "ROOT", root)
    monkeypatch.setattr(lessons, "find_lesson", lambda lab: SimpleNamespace(name=lab))
    released = {tiny.LAB: root / "exercises" / tiny.LAB / f"{tiny.LAB}.ipynb"}
    monkeypatch.setattr(workspace, "released_labs", lambda: released)
    monkeypatch.chdir(root)
    return root


def nbgrader(folder: Path, home: Path, *words: str) -> str:
    """One of nbgrader's own commands; what it said."""
    environment = os.environ | {"HOME": str(home), "OMP_NUM_THREADS": "1", "USER": "eve"}
    done = subprocess.run(
        [str(PROGRAM), *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def student_submits(course: Path, home: Path) -> None:
    """What a student does on the hub, between the instructor's release and collect."""
    flags = ["--course=seq2gpt", f"--Exchange.root={course.parent / 'exchange'}"]
    nbgrader(home, home, "fetch_assignment", tiny.LAB, *flags)
    fetched = home / tiny.LAB / f"{tiny.LAB}.ipynb"
    fetched.write_text(nbformat.writes(tiny.answered()))
    nbgrader(home, home, "submit", tiny.LAB, *flags)


def student_fetches(course: Path, home: Path) -> None:
    """What the student gets back: the page with their own scores."""
    nbgrader(
        home,
        home,
        "fetch_feedback",
        tiny.LAB,
        "--course=seq2gpt",
        f"--Exchange.root={course.parent / 'exchange'}",
    )
    (page,) = (home / tiny.LAB / "feedback").glob("*/*.html")
    assert "6 of 6 points" in page.read_text()


@pytest.mark.slow
def test_the_guide_from_end_to_end(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder, said = course, {}
    for line in LINES:
        line = line.replace("07-attention", tiny.LAB)
        words = shlex.split(line)
        if words[0] == "cd":
            folder = (folder / words[1]).resolve()
        elif words[0] == "nbgrader":
            if words[1] == "collect":
                student_submits(course, home)
            said[line] = nbgrader(folder, home, *words[1:])
        elif words[1:3] == ["course", "submit"]:
            mine = course / "mywork" / tiny.LAB / f"{tiny.LAB}.ipynb"
            mine.write_text(nbformat.writes(tiny.answered()))
            assert main(words[1:]) == 0, line
        elif words[0] == "seq2gpt" and words[2] not in (
            "build",
            "doctor",
        ):  # what these do is tested elsewhere
            assert main(words[1:]) == 0, (line, capsys.readouterr().err)
            said[line] = capsys.readouterr().out
    assert "ada" in said["seq2gpt course roster"]
    assert "Bob" in said["seq2gpt course roster"]
    rows = (course / "class.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].endswith(f"{tiny.LAB},{tiny.LAB}/double,{tiny.LAB}/square,{tiny.LAB}/negate")
    assert "nothing handed in" in said["seq2gpt course report"]
    assert (course / "class.html").is_file()
    collected = [p.name for p in (course / "autograder" / "submitted").iterdir()]
    assert len(collected) == 2, "one from the common folder, one through the exchange"
    student_fetches(course, home)
