"""A newer version of the course comes into a student's folder, and not a byte of theirs is lost."""

import json

import pytest

import mini_lab as mini
from autograder.student.find import open_workspace
from autograder.student.update import update
from autograder.student.workspace import start
from seq2gpt.errors import UserError

LAB = mini.LAB


@pytest.fixture
def mine(tmp_path):
    """A student's folder from the first version of the course."""
    course = {LAB: mini.write_lab(tmp_path / "released", mini.lab_cells())}
    start(tmp_path / "mine", course)
    return tmp_path / "mine"


@pytest.fixture
def path(mine):
    return mine / LAB / f"{LAB}.ipynb"


def brought(mine, cells):
    """Release other cells and update; the lines of the report and the texts of the notebook."""
    course = {LAB: mini.write_lab(mine.parent / "newer", cells)}
    changes = update(open_workspace(mine, course))
    return [change.text for change in changes], mini.texts(mine / LAB / f"{LAB}.ipynb")


def changed(**texts):
    """The lab with other texts in some cells."""
    return [
        c | {"source": [texts.get(c["id"].removeprefix(f"{LAB}-").replace("-", "_"), "".join(c["source"]))]}
        for c in mini.lab_cells()
    ]


def edit(path, change):
    """Change the student's cells."""
    data = json.loads(path.read_text())
    data["cells"] = change(data["cells"])
    path.write_text(json.dumps(data))


def backups(mine):
    return sorted((mine / ".seq2gpt").glob(f"before-update/*/{LAB}.ipynb"))


def test_nothing_new_changes_nothing(mine, path):
    mini.answer(path, double="mine")
    before = path.read_bytes()
    report, _ = brought(mine, mini.lab_cells())
    assert report == [f"{LAB}: up to date"]
    assert path.read_bytes() == before
    assert not backups(mine)


def test_tests_tasks_and_setup_are_renewed_and_answers_stay(mine, path):
    mini.answer(path, double="def double(x):\n    return 2 * x  # ☃", setup="import os")
    before = path.read_bytes()
    new = changed(setup="import math, json", double_text="Other words.", double_check="check('double', 2)")
    report, now = brought(mine, new)
    assert report == [f"{LAB}: 3 cells renewed"]
    assert now[f"{LAB}-setup"] == "import math, json"
    assert now[f"{LAB}-double-text"] == "Other words."
    assert now[f"{LAB}-double"] == "def double(x):\n    return 2 * x  # ☃"
    assert [b.read_bytes() for b in backups(mine)] == [before]


def test_a_changed_task_of_an_answer_is_shown_beside_it(mine, path):
    mini.answer(path, double="mine")
    new = changed(
        double="def double(x, y):\n    raise NotImplementedError()", square="def square(x, z):\n    ..."
    )
    report, now = brought(mine, new)
    assert report == [f"{LAB}: 1 cell renewed\n  the task of double has changed; your answer is kept"]
    assert now[f"{LAB}-double"] == "mine"
    assert "def double(x, y):" in now[f"{LAB}-double-new"]
    assert now[f"{LAB}-square"] == "def square(x, z):\n    ...", "unanswered: the new one"
    names = list(now)
    assert names.index(f"{LAB}-double-new") == names.index(f"{LAB}-double") - 1
    again, same = brought(mine, new)
    assert (again, same) == ([f"{LAB}: up to date"], now), "a conflict is told once"


def test_cells_of_the_students_own_stay_where_they_were(mine, path):
    own = [
        {"cell_type": "code", "metadata": {}, "source": [f"own {i}"], "outputs": [], "execution_count": 3}
        for i in range(4)
    ]
    edit(path, lambda cells: [own[0], *cells[:4], own[1], own[2], *cells[4:], own[3]])
    _, now = brought(mine, changed(setup="import new"))
    texts = list(now.values())
    assert texts[0] == "own 0"
    assert texts[texts.index("own 1") : texts.index("own 2") + 1] == ["own 1", "own 2"]
    assert texts[texts.index("own 1") - 1] == mini.BLANK.format("double")
    assert texts[-1] == "own 3"


def test_where_both_changed_both_are_there(mine, path):
    mini.answer(path, **{"code-1": "print(double(4))"})
    report, now = brought(mine, changed(code_1="print(square(5))"))
    assert report == [f"{LAB}: up to date\n  both you and the course changed code-1; both are there"]
    assert now[f"{LAB}-code-1"] == "print(double(4))"
    assert "print(square(5))" in now[f"{LAB}-code-1-new"]


def test_what_only_the_student_changed_stays(mine, path):
    mini.answer(path, **{"code-1": "print(double(4))", "text-2": "## My notes"})
    report, now = brought(mine, changed(setup="import new"))
    assert report == [f"{LAB}: 1 cell renewed"]
    assert (now[f"{LAB}-code-1"], now[f"{LAB}-text-2"]) == ("print(double(4))", "## My notes")


def test_a_new_exercise_comes_in_its_place_and_one_that_went_leaves_its_answer(mine, path):
    mini.answer(path, square="my square")
    own = {"cell_type": "markdown", "metadata": {}, "source": ["a note on it"]}
    at = [c["id"] for c in mini.lab_cells()].index(f"{LAB}-square") + 1
    edit(path, lambda cells: [*cells[:at], own, *cells[at:]])
    report, now = brought(mine, mini.lab_cells(("double", "cube")))
    assert f"{LAB}-cube" in now
    assert f"{LAB}-square-check" not in now
    assert list(now.values())[-2:] == ["my square", "a note on it"]
    assert "the course no longer has square; your text is at the end" in report[0]


def test_deleted_cells_come_back_but_not_those_that_only_showed_something(mine, path):
    gone = [f"{LAB}-{n}" for n in ("double-check", "double", "code-1", "text-2")]
    edit(path, lambda cells: [c for c in cells if c["id"] not in gone])
    _, now = brought(mine, mini.lab_cells())
    assert f"{LAB}-double-check" in now
    assert now[f"{LAB}-double"] == mini.BLANK.format("double")
    assert f"{LAB}-code-1" not in now


def test_a_notebook_with_another_name_is_named_and_no_empty_one_is_put_beside_it(mine, path):
    mini.answer(path, double="mine")
    other = path.rename(path.with_name("my tiny lab.ipynb"))
    before = other.read_bytes()
    with pytest.raises(
        UserError, match=f"only my tiny lab.ipynb; a lab keeps its name: rename it to {LAB}.ipynb"
    ):
        brought(mine, mini.lab_cells())
    assert (path.exists(), other.read_bytes()) == (False, before)
    other.write_text('{"cells": [], "metadata": {}}')  # another notebook of the student's is no lab
    assert brought(mine, mini.lab_cells())[0] == [f"{LAB}: new"]


def test_a_folder_with_the_notebooks_name_is_named(mine, path):
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match=f"{LAB}.ipynb is no file; move it away"):
        brought(mine, mini.lab_cells())


def test_moved_cells_return_and_of_two_copies_both_stay(mine, path):
    mini.answer(path, double="first")
    edit(
        path,
        lambda cells: [
            *reversed(cells),
            next(c for c in cells if c["id"] == f"{LAB}-double") | {"source": ["second"]},
        ],
    )
    report, now = brought(mine, mini.lab_cells())
    assert report == [f"{LAB}: cells put back in their order"]
    assert [n for n in now if n.startswith(LAB)] == [c["id"] for c in mini.lab_cells()]
    assert now[f"{LAB}-double"] == "second"
    assert "first" in now.values()


def test_outputs_stay_with_a_text_that_stayed(mine, path):
    def run(cells):
        for cell in cells:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = (
                    [{"output_type": "stream", "name": "stdout", "text": "1"}],
                    7,
                )
        return cells

    edit(path, run)
    brought(mine, changed(setup="import new"))
    cells = {c["id"]: c for c in json.loads(path.read_text())["cells"]}
    assert cells[f"{LAB}-double"]["outputs"]
    assert cells[f"{LAB}-setup"]["outputs"] == []


def test_a_new_lab_is_added(mine):
    new = {LAB: mini.write_lab(mine.parent / "newer", mini.lab_cells())}
    other = mine.parent / "newer" / "02-other" / "02-other.ipynb"
    other.parent.mkdir()
    other.write_text(new[LAB].read_text())
    report = [c.text for c in update(open_workspace(mine, new | {"02-other": other}))]
    assert report == [f"{LAB}: up to date", "02-other: new"]
    assert (mine / "02-other" / "02-other.ipynb").read_bytes() == other.read_bytes()


def test_a_damaged_notebook_stops_the_update_before_anything_is_written(mine, path):
    path.write_text("{")
    before = {p: p.read_bytes() for p in mine.rglob("*") if p.is_file()}
    with pytest.raises(
        UserError,
        match="is not JSON .* so it is no notebook; Jupyter keeps the last version in .ipynb_checkpoints",
    ):
        brought(mine, changed(setup="import new"))
    assert {p: p.read_bytes() for p in mine.rglob("*") if p.is_file()} == before


def test_a_folder_from_before_it_was_marked_keeps_its_answers(mine, path):
    mini.answer(path, double="mine")
    for kept in sorted((mine / ".seq2gpt").rglob("*"), reverse=True):
        kept.unlink() if kept.is_file() else kept.rmdir()
    (mine / ".seq2gpt").rmdir()
    _, now = brought(
        mine, changed(double="def double(x, y):\n    ...", square="def square(q):\n    ...", setup="new")
    )
    assert now[f"{LAB}-double"] == "mine"
    assert now[f"{LAB}-square"] == "def square(q):\n    ..."
    assert now[f"{LAB}-setup"] == "new"


def test_windows_line_ends_are_no_change(mine, path):
    edit(path, lambda cells: [c | {"source": ["".join(c["source"]).replace("\n", "\r\n")]} for c in cells])
    report, now = brought(mine, changed(setup="import new"))
    assert report == [f"{LAB}: 1 cell renewed"]
    assert "\r" not in now[f"{LAB}-double"]
