"""What a student's folder knows: which words mean what, how far the student is, hints, and the way back."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

import mini_lab as mini
from autograder.kernel import kernel_shell
from autograder.student import commands, hints, progress
from autograder.student.find import find_exercise, find_exercises, near, open_workspace
from autograder.student.labfile import own_code, read_lab
from autograder.student.status import rows_of, status_text, unlocked
from autograder.student.workspace import start
from seq2gpt.errors import UserError

LAB = mini.LAB


@pytest.fixture
def course(tmp_path):
    """The released labs: the small one, and a second one that shares an exercise's name."""
    other = [mini.cell("code", "02-other-double", "raise NotImplementedError", solution=True)]
    path = tmp_path / "released" / "02-other" / "02-other.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": other, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return {LAB: mini.write_lab(tmp_path / "released", mini.lab_cells()), "02-other": path}


@pytest.fixture
def mine(course, tmp_path):
    """A student's folder, just started."""
    start(tmp_path / "mine", course)
    return open_workspace(tmp_path / "mine", course)


def note(workspace, exercise, points, text, day="2026-05-01"):
    """An entry as a check leaves it."""
    line = {
        "lab": LAB, "exercise": exercise, "points": points, "max": 2, "digest": progress.digest(text), "at": f"{day}T12:00:00+00:00",
    }  # fmt: skip
    with (workspace.folder / ".seq2gpt" / "progress.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def states(workspace):
    """The state of each exercise of the lab."""
    known = progress.read_progress(workspace.folder)
    return {r.exercise: r.state for r in rows_of(workspace.read(LAB), workspace.released[LAB], known)}


# ── words ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", [LAB, "01", "mini"])
def test_a_lab_goes_by_name_number_and_subject(mine, what):
    assert find_exercises(mine, what) == [(LAB, "double"), (LAB, "square"), (LAB, "why")]


@pytest.mark.parametrize("what", ["square", "01/square", f"{LAB}/square", "mini/square"])
def test_an_exercise_goes_by_its_name(mine, what):
    assert find_exercise(mine, what) == (LAB, "square")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("double", "several labs have double: write 01-mini/double or 02-other/double"),
        ("squre", "there is no exercise 'squre'; did you mean square?"),
        ("01/zzz", "there is no exercise 'zzz'; there are double, square, why"),
        ("03/double", "there is no lab '03'; there are 01-mini, 02-other"),
        ("", "there is no exercise ''; there are double, square, why, double, 01-mini, 02-other"),
    ],
)
def test_what_means_nothing_is_named_with_what_there_is(mine, what, message):
    with pytest.raises(UserError) as raised:
        find_exercises(mine, what)
    assert str(raised.value) == message


def test_a_lab_is_no_exercise(mine):
    with pytest.raises(UserError, match="01 is a lab; name one of its exercises: double, square, why"):
        find_exercise(mine, "01")


def test_a_folder_is_found_from_inside_and_another_is_refused(mine, course, tmp_path):
    assert open_workspace(mine.folder / LAB, course).folder == mine.folder
    with pytest.raises(UserError, match="is no folder of labs: it has no .seq2gpt; go to the one that"):
        open_workspace(tmp_path, course)
    for path in sorted((mine.folder / ".seq2gpt").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (mine.folder / ".seq2gpt").rmdir()
    assert open_workspace(mine.folder, course).folder == mine.folder, "a folder from before it was marked"


def test_a_lab_that_is_missing_or_damaged_is_said_and_the_others_stay(mine, capsys, monkeypatch):
    monkeypatch.setattr("autograder.student.find.released_labs", lambda: mine.course)
    monkeypatch.setattr("autograder.student.workspace.released_labs", lambda: mine.course)
    path = mine.path(LAB)
    other = path.with_name("mine (2).ipynb")
    path.rename(other)
    commands.status(mine.folder)
    said = capsys.readouterr().out
    assert "only mine (2).ipynb; a lab keeps its name: rename it to 01-mini.ipynb" in said
    assert "02-other" in said
    with pytest.raises(UserError, match=r"only mine \(2\)\.ipynb; a lab keeps its name"):
        commands.submit(mine.folder, "01", "ada")
    other.write_text("<html>")
    other.rename(path)
    commands.status(mine.folder)
    said = capsys.readouterr().out
    assert "is not JSON" in said
    assert "Jupyter keeps the last version in .ipynb_checkpoints beside it" in said
    path.unlink()
    commands.status(mine.folder)
    assert "move it back there, or `seq2gpt course update` brings an empty one" in capsys.readouterr().out


def test_handing_in_by_number_from_inside_and_without_a_name(mine, capsys, monkeypatch):
    monkeypatch.setattr("autograder.student.find.released_labs", lambda: mine.course)
    monkeypatch.setattr("autograder.student.workspace.released_labs", lambda: mine.course)
    monkeypatch.chdir(mine.folder / LAB)
    with pytest.raises(UserError, match="whose is it. add --student YOUR_ID"):
        commands.submit(Path(), "01")
    commands.submit(Path(), "mini", "ada")
    assert (mine.folder / "submitted" / "ada" / LAB / f"{LAB}.ipynb").is_file()
    with pytest.raises(UserError, match="there is no lab '07'; there are 01-mini, 02-other"):
        commands.submit(Path(), "07", "ada")


def test_many_choices_are_not_a_sentence():
    assert near("zzz", [f"exercise_{i}" for i in range(24)]).startswith("; there are exercise_0, ")
    assert near("zzz", [f"exercise_{i}" for i in range(25)]) == "; `seq2gpt course status --full` lists them"


# ── progress ─────────────────────────────────────────────────────────────────────────────────────


def test_the_state_of_an_exercise_follows_its_text_and_its_last_check(mine):
    path = mine.path(LAB)
    assert states(mine) == {"double": "blank", "square": "blank", "why": "blank"}
    mini.answer(path, double="def double(x):\n    return 2 * x", why="Because.")
    assert states(mine) == {"double": "written", "square": "blank", "why": "by hand"}
    note(mine, "double", 1, "def double(x):\n    return 2 * x")
    assert states(mine)["double"] == "partly"
    note(mine, "double", 2, "def double(x):\r\n    return 2 * x  ")
    assert states(mine)["double"] == "solved", "line ends are no change"
    mini.answer(path, double="def double(x):\n    return x + x")
    assert states(mine)["double"] == "changed"
    mini.answer(path, double=mini.BLANK.format("double") + "  \n")
    assert states(mine)["double"] == "blank", "a space is no answer"
    mini.answer(path, double="  \n")
    assert states(mine)["double"] == "blank"


def test_the_report_tells_points_what_is_locked_and_what_comes_next(mine):
    def report(full=False):
        known = progress.read_progress(mine.folder)
        rows = {LAB: rows_of(mine.read(LAB), mine.released[LAB], known)}
        return status_text(rows, mine.released, known.streak(date(2026, 5, 2)), full)

    path = mine.path(LAB)
    assert "░░░ 0 of 4 points\n  · double" in report()
    assert "Solve all of it to unlock: “Your numbers at work”, on your own code" in report()
    assert report().endswith("Next: double in 01-mini, about 5 minutes.")
    mini.answer(path, double="a", square="b")
    assert report().endswith("Next: check double: `seq2gpt course check 01-mini/double`.")
    note(mine, "double", 2, "a")
    note(mine, "square", 1, "b")
    assert "Solved: 1 of 2 exercises, 3 of 4 points." in report()
    assert report().endswith("Next: mend square in 01-mini: `seq2gpt course hint 01-mini/square` helps.")
    note(mine, "square", 2, "b", day="2026-05-02")
    assert report().endswith("Next: why in 01-mini, about 3 minutes.")
    mini.answer(path, why="Because.")
    assert "█ 4 of 4 points\n  Unlocked: “Your numbers at work”" in report(), "one line for a solved lab"
    assert "Solved: 2 of 2 exercises, 4 of 4 points; 2 days in a row." in report()
    assert "`seq2gpt course submit`" in report()
    assert "\n  ✓ double                           2 of 2\n" in report(full=True)


def test_the_question_for_a_person_unlocks_nothing(mine):
    assert unlocked(mine.released[LAB]) == ["Your numbers at work"]


def test_a_damaged_record_costs_its_line_only(mine):
    note(mine, "double", 2, "x")
    with (mine.folder / ".seq2gpt" / "progress.jsonl").open("a") as file:
        file.write(
            '{"lab": "01-mini"}\nhalf a li\n[1]\n{"lab": 1, "exercise": 2, "points": "many", "max": 2, "at": ""}\n'
        )
    assert progress.read_progress(mine.folder).of(LAB, "double").solved


def test_days_in_a_row_end_with_a_day_without_points():
    days = {date(2026, 5, d) for d in (1, 2, 3, 5, 6)}
    streaks = [progress.Progress(days=days).streak(date(2026, 5, d)) for d in (3, 4, 5, 6, 7, 8)]
    assert streaks == [3, 3, 1, 2, 2, 0]


def test_only_new_points_make_a_day(mine):
    note(mine, "double", 2, "x", day="2026-05-01")
    note(mine, "double", 2, "x", day="2026-05-02")
    note(mine, "square", 0, "x", day="2026-05-03")
    assert progress.read_progress(mine.folder).days == {date(2026, 5, 1)}


def test_a_folder_that_cannot_be_written_loses_the_entry_and_nothing_else(mine, monkeypatch):
    monkeypatch.setattr(progress, "MARKER", "README.md")  # a file, where there should be a folder
    progress.note_hint(mine.folder, LAB, "double", 1)


def test_the_last_cell_that_was_run_counts():
    history = [
        "def f(x):\n    1",
        "class f:\n    2",
        "f(3)\ndefine = 3",
        "async def g(): pass",
        "def f2(): 3",
    ]
    assert progress.cell_that_defines("f", history) == history[1]
    assert progress.cell_that_defines("g", history) == history[3]
    assert progress.cell_that_defines("h", history) == ""
    assert kernel_shell() is None


# ── hints, and back ──────────────────────────────────────────────────────────────────────────────


def test_hints_open_one_after_the_other(mine):
    first = hints.next_hint(mine, LAB, "double")
    assert first == "Hint: a direction\n  Think.\n\n1 more: ask again."
    second = hints.next_hint(mine, LAB, "double")
    assert second.endswith("Hint: a step\n  Use `*`.\n\nThat was the last one.")
    assert hints.next_hint(mine, LAB, "double") == second
    assert hints.next_hint(mine, LAB, "square") == first
    with pytest.raises(UserError, match="why has no hints"):
        hints.next_hint(mine, LAB, "why")


def test_reset_keeps_what_was_there(mine):
    path = mine.path(LAB)
    for number, text in enumerate(("return 1", "return 2"), 1):
        mini.answer(path, double=text)
        before = mini.texts(path)
        kept = hints.reset(mine, LAB, "double")
        assert kept == mine.folder / ".seq2gpt" / "kept" / LAB / f"double-{number}.py"
        assert kept.read_text() == text + "\n"
        assert mini.texts(path) == before | {f"{LAB}-double": mini.BLANK.format("double")}
    with pytest.raises(UserError, match="double in 01-mini is as it was released; there is nothing to reset"):
        hints.reset(mine, LAB, "double")
    mini.answer(path, why="Because of this.")
    assert hints.reset(mine, LAB, "why").suffix == ".md"


def test_reset_takes_the_outputs_of_the_old_text_along(mine):
    path = mine.path(LAB)
    mini.answer(path, double="print(1)")
    data = json.loads(path.read_text())
    for cell in data["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = (
                [{"output_type": "stream", "name": "stdout", "text": "1"}],
                7,
            )
    path.write_text(json.dumps(data))
    hints.reset(mine, LAB, "double")
    cells = mine.read(LAB).named
    assert (cells[f"{LAB}-double"]["outputs"], cells[f"{LAB}-double"]["execution_count"]) == ([], None)
    assert cells[f"{LAB}-square"]["outputs"]


def test_what_runs_for_a_check_is_setup_answers_and_own_cells_in_their_order(mine):
    path = mine.path(LAB)
    mini.answer(path, double="first", setup="import changed")
    data = json.loads(path.read_text())
    own = {"cell_type": "code", "metadata": {}, "source": ["mine"], "outputs": [], "execution_count": None}
    copied = [c | {"source": ["later"]} for c in data["cells"] if c["id"] == f"{LAB}-double"]
    path.write_text(json.dumps(data | {"cells": [own, *data["cells"], *copied]}))
    assert list(own_code(mine.read(LAB), mine.released[LAB])) == [
        ("cell 1", "mine"), ("setup", "import math"), ("square", mini.BLANK.format("square")), ("double", "later"),
    ]  # fmt: skip


def test_reset_of_a_cell_that_is_gone(mine):
    path = mine.path(LAB)
    data = json.loads(path.read_text())
    data["cells"] = [c for c in data["cells"] if c["id"] != f"{LAB}-double"]
    path.write_text(json.dumps(data))
    with pytest.raises(UserError, match="has no cell for double; `seq2gpt course update` brings it back"):
        hints.reset(mine, LAB, "double")


def test_a_notebook_is_written_whole_or_not_at_all(mine, monkeypatch):
    path = mine.path(LAB)
    mini.answer(path, double="mine")
    before = path.read_bytes()

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    monkeypatch.setattr("pathlib.Path.replace", fails)
    with pytest.raises(OSError, match="No space left"):
        hints.reset(mine, LAB, "double")
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


def test_of_two_copies_the_later_one_counts(mine):
    path = mine.path(LAB)
    data = json.loads(path.read_text())
    copied = [c | {"source": ["later"]} for c in data["cells"] if c["id"] == f"{LAB}-double"]
    path.write_text(json.dumps(data | {"cells": data["cells"] + copied}))
    assert read_lab(path, LAB).answers["double"] == "later"
