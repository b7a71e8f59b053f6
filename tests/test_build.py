"""Building notebooks: what is in them, when they are stale, and that nobody's work is lost."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from nbformat.v4 import new_output

import mini_course
from autograder.assemble import task_text
from autograder.build import build, edited, imported, inputs, stale
from autograder.grading.config import STUB
from autograder.lessons import ROOT, Lesson
from autograder.notebook import stable_outputs
from autograder.sheet import Exercise
from seq2gpt.errors import UserError

LAB = mini_course.LAB


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini course, built once."""
    root = mini_course.make(tmp_path_factory.mktemp("built"))
    build(root=root, points=mini_course.points)
    return root


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    """A copy of the built course for a test to change."""
    return Path(shutil.copytree(built, tmp_path / "course"))


def cells_of(path: Path) -> dict[str, dict]:
    """The cells of a notebook by their id."""
    cells = {cell["id"]: cell for cell in json.loads(path.read_text())["cells"]}
    for cell in cells.values():
        cell["source"] = "".join(cell["source"])
    return cells


def edit(path: Path, old: str, new: str) -> None:
    """Replace text that must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_cells_of_the_solution(built: Path) -> None:
    cells = cells_of(Lesson(LAB, built).solution)
    assert list(cells) == [
        "01-mini-text-1", "01-mini-setup", "01-mini-panel",
        "01-mini-double-text", "01-mini-double", "01-mini-double-check",
        "01-mini-circle-text", "01-mini-circle-given", "01-mini-circle", "01-mini-circle-check",
        "01-mini-meaning-text", "01-mini-meaning",
        "01-mini-text-2", "01-mini-code-1",
    ]  # fmt: skip
    answer = cells["01-mini-double"]
    assert answer["source"].endswith(
        "    ### BEGIN SOLUTION\n    result = 2 * x\n    return result\n    ### END SOLUTION"
    )
    roles = {name: cell["metadata"].get("nbgrader") for name, cell in cells.items()}
    assert roles["01-mini-double"] == {
        "grade": False, "solution": True, "locked": False, "task": False,
        "grade_id": "01-mini-double", "schema_version": 3,
    }  # fmt: skip
    assert roles["01-mini-double-check"] == {
        "grade": True, "solution": False, "locked": True, "task": False, "points": 2,
        "grade_id": "01-mini-double-check", "schema_version": 3,
    }  # fmt: skip
    for name in ("01-mini-setup", "01-mini-circle-given"):
        assert (roles[name]["locked"], roles[name]["grade"], roles[name]["solution"]) == (True, False, False)
    assert roles["01-mini-code-1"] is None
    assert cells["01-mini-double-check"]["source"] == (
        'check("double")\n\n### BEGIN HIDDEN TESTS\ncheck("double", hidden=True)\n### END HIDDEN TESTS'
    )


def test_outputs_are_kept_without_what_changes_from_run_to_run(built: Path) -> None:
    nb = json.loads(Lesson(LAB, built).solution.read_text())
    assert nb["metadata"]["kernelspec"]["name"] == "python3"
    assert "version" not in nb["metadata"]["language_info"]
    text = json.dumps([cell.get("outputs") for cell in nb["cells"]])
    assert "checked double with hidden inputs" in text
    assert "0x" not in text
    assert '"42\\n"' in text


def test_release_has_no_solution_and_no_hidden_test(built: Path) -> None:
    cells = cells_of(Lesson(LAB, built).exercise)
    assert cells["01-mini-double"]["source"] == mini_course.MODULE.split("\n\n\n")[1].replace(
        "    result = 2 * x\n    return result", textwrap.indent(STUB, "    ")
    )
    assert cells["01-mini-circle"]["source"].count("NotImplementedError") == 1
    assert cells["01-mini-double-check"]["source"].strip() == 'check("double")'
    assert all(not cell.get("outputs") for cell in cells.values())
    assert cells["01-mini-setup"]["metadata"]["editable"] is False


def test_a_question_is_released_without_rubric_and_answer(built: Path) -> None:
    solved, released = (cells_of(path) for path in (Lesson(LAB, built).solution, Lesson(LAB, built).exercise))
    task = (
        "## In your own words · What it means\n\n`meaning` · 4 points · about 3 minutes · graded by a person"
    )
    for cells in (solved, released):
        assert cells["01-mini-meaning-text"]["source"] == f"{task}\n\nWhat does it **mean**?"
        assert cells["01-mini-meaning"]["cell_type"] == "markdown"
        roles = cells["01-mini-meaning"]["metadata"]["nbgrader"]
        wanted = {"grade": True, "solution": True, "locked": False, "task": False, "points": 4}
        assert wanted.items() <= roles.items()
    assert solved["01-mini-meaning"]["source"] == (
        "### BEGIN SOLUTION\nIt means twice.\n\nAnd this is why.\n\n**Rubric, 4 points**\n\n"
        "Two points for twice, two for why.\n### END SOLUTION"
    )
    assert released["01-mini-meaning"]["source"] == "YOUR ANSWER HERE"
    assert "editable" not in released["01-mini-meaning"]["metadata"]
    assert not re.search("means twice|Rubric|for why", Lesson(LAB, built).exercise.read_text())


# The engine of this course is a stand-in, with which no grader could try the course's own answers.
UNTRIED = """
from autograder.grading.reference import RequireFullPoints

get_config().GenerateAssignment.preprocessors.remove(RequireFullPoints)
"""


@pytest.mark.slow
def test_release_is_that_of_stock_nbgrader(built: Path, tmp_path: Path) -> None:
    """``nbgrader generate_assignment``, run by hand in the instructor's folder, gives the same bytes."""
    shutil.copytree(built / "solutions", tmp_path / "solutions")
    (tmp_path / "autograder").mkdir()
    config = (ROOT / "autograder" / "nbgrader_config.py").read_text(encoding="utf-8")
    (tmp_path / "autograder" / "nbgrader_config.py").write_text(config + UNTRIED, encoding="utf-8")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", LAB]
    done = subprocess.run(command, cwd=tmp_path / "autograder", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    released = Lesson(LAB, tmp_path).exercise
    assert released.read_bytes() == Lesson(LAB, built).exercise.read_bytes()


def test_a_second_build_gives_the_same_bytes(course: Path) -> None:
    lesson = Lesson(LAB, course)
    before = lesson.solution.read_bytes(), lesson.exercise.read_bytes()
    assert build(root=course, points=mini_course.points) == []
    shutil.rmtree(course / "solutions")
    shutil.rmtree(course / "exercises")
    assert build(root=course, points=mini_course.points) == [lesson.solution, lesson.exercise]
    assert (lesson.solution.read_bytes(), lesson.exercise.read_bytes()) == before


@pytest.mark.parametrize(
    "name",
    ["book/01-mini/lab.md", "src/seq2gpt/mini.py", "autograder/checks/mini.py", "autograder/__init__.py"],
)
def test_check_names_what_is_stale_and_why(course: Path, name: str) -> None:
    assert build(check=True, root=course) == []
    edit(course / name, "\n", "\n\n")
    with pytest.raises(UserError) as caught:
        build(check=True, root=course)
    message = str(caught.value)
    assert f"solutions/01-mini/01-mini.ipynb is stale: {name} changed" in message
    assert "exercises/01-mini/01-mini.ipynb is stale: its solution is" in message
    assert message.endswith("bring them up to date with `seq2gpt course build`")


def test_check_notices_missing_notebooks_and_other_outputs(course: Path) -> None:
    lesson = Lesson(LAB, course)
    edit(lesson.solution, '"42\\n"', '"43\\n"')
    assert stale(lesson) == [
        "solutions/01-mini/01-mini.ipynb is stale: it was run again after it was built",
        "exercises/01-mini/01-mini.ipynb is stale: its solution is",
    ]
    assert edited(lesson) == []
    lesson.exercise.unlink()
    assert "exercises/01-mini/01-mini.ipynb is missing" in stale(lesson)


def test_check_is_quick_and_loads_neither_nbgrader_nor_torch() -> None:
    code = (
        "import sys; from autograder import build, pipeline; from autograder.lessons import all_lessons; "
        "[build.stale(lesson) for lesson in all_lessons()]; "
        "print([m for m in ('torch', 'nbgrader', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("kind", ["solution", "exercise"])
def test_a_notebook_that_was_changed_by_hand_is_never_overwritten(course: Path, kind: str) -> None:
    lesson = Lesson(LAB, course)
    path: Path = getattr(lesson, kind)
    edit(path, "Why it matters.", "Why it matters to me.")
    work = path.read_bytes()
    edit(course / "src/seq2gpt/mini.py", "2 * x", "x + x")
    with pytest.raises(UserError) as caught:
        build(root=course, points=mini_course.points)
    assert f"{kind}s/01-mini/01-mini.ipynb was changed by hand; move it to a folder of yours" in str(
        caught.value
    )
    assert "seq2gpt course start" in str(caught.value)
    assert path.read_bytes() == work
    with pytest.raises(UserError, match="was changed by hand"):
        build(check=True, root=course)


def test_running_a_released_notebook_in_place_is_no_change(course: Path) -> None:
    """JupyterLab writes outputs, counters and the version of Python into a notebook that is only run."""
    lesson = Lesson(LAB, course)
    nb = json.loads(lesson.exercise.read_text())
    nb["metadata"]["language_info"]["version"] = "3.12.1"
    nb["cells"][1] |= {
        "execution_count": 1,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "hi"}],
    }
    lesson.exercise.write_text(json.dumps(nb))
    assert build(check=True, root=course) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not JSON", "is no notebook"),
        ('{"a": 1}', "is JSON but no notebook"),
        ('{"cells": [], "metadata": {}}', "was not written by the build; move it to another folder"),
    ],
)
def test_somebody_elses_file_is_not_overwritten(course: Path, content: str, message: str) -> None:
    path = Lesson(LAB, course).exercise
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        build(root=course, points=mini_course.points)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("src/seq2gpt/mini.py", "2 * x", "3 * x", r"the course's own answer earns 0\.0 of 2 points in 01-mini-double-check"),
        ("src/seq2gpt/mini.py", "2 * x", "y", "the cell 01-mini-double-check raises NameError: name 'y' is not defined"),
        ("book/01-mini/lab.md", "print(double(21))", "1 / 0", "the cell 01-mini-code-1 raises ZeroDivisionError"),
        ("autograder/__init__.py", 'print("checked"', 'print(file=sys.stderr); print("checked"', "writes to stderr"),
    ],
)  # fmt: skip
def test_a_course_that_is_wrong_is_not_written(
    course: Path, name: str, old: str, new: str, message: str
) -> None:
    lesson = Lesson(LAB, course)
    before = lesson.solution.read_bytes(), lesson.exercise.read_bytes()
    edit(course / name, old, new)
    with pytest.raises(UserError, match=message):
        build(root=course, points=mini_course.points)
    assert (lesson.solution.read_bytes(), lesson.exercise.read_bytes()) == before


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("book/01-mini/lab.md", "target: Circle", "target: Cirle", r"lab\.md:20: exercise 'circle', from mini\.py: the module defines no 'Cirle'"),
        ("book/01-mini/lab.md", "{exercise} double", "{exercise} doubel", r"lab\.md:12: exercise 'doubel' has no checks"),
        ("src/seq2gpt/mini.py", "    result = 2 * x\n    return result", "    return 2 * x", "a solution of 1 line"),
        ("book/01-mini/lab.md", "Play:", "```{code-cell} double\nx = 1\n```\n```{code-cell} double\ny = 1\n```", "two cells would have the id 01-mini-code-double"),
    ],
)  # fmt: skip
def test_a_sheet_that_does_not_fit_is_refused(
    course: Path, name: str, old: str, new: str, message: str
) -> None:
    edit(course / name, old, new)
    with pytest.raises(UserError, match=message):
        build(root=course, points=mini_course.points)


def test_outside_a_checkout_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no lab sheet book/NN-slug/lab\.md; run this in a checkout"):
        build(root=tmp_path)


def test_inputs_follow_imports(course: Path) -> None:
    (course / "src/seq2gpt/other.py").write_text("import seq2gpt.third\n")
    (course / "src/seq2gpt/third.py").write_text("x = 1\n")
    edit(course / "src/seq2gpt/mini.py", "import math", "import math\n\nfrom seq2gpt import other")
    names = {path.relative_to(course).as_posix() for path in inputs(Lesson(LAB, course))}
    assert {"src/seq2gpt/other.py", "src/seq2gpt/third.py", "book/01-mini/lab.md"} <= names
    assert list(imported("%matplotlib inline\n", course)) == []


def test_text_of_an_exercise() -> None:
    exercise = Exercise("name", 1, "Title", 5, 2, "Text.", ("A", "B", "C"), "name")
    assert task_text(exercise, 3, 1) == (
        "## Exercise 3 · Title\n\n`name` · 1 point · about 5 minutes · difficulty ●●○\n\nText.\n\n"
        "<details><summary>Hint: a direction</summary>\n\nA\n\n"
        "<details><summary>Hint: a step</summary>\n\nB\n\n"
        "<details><summary>Hint: almost the code</summary>\n\nC\n\n"
        "</details>\n</details>\n</details>"
    )


def test_streams_are_joined_and_widgets_dropped() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "f3"}, "text/plain": "<W at 0x7f>"}
    outputs = [new_output("stream", name="stdout", text=text) for text in ("a", "b <X at 0x12ab>")]
    kept = stable_outputs([*outputs, new_output("display_data", data=view)])
    assert [kept[0].text, kept[1].data] == ["ab <X>", {"text/plain": "<W>"}]
