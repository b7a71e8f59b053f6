"""A question that a person grades: the engine leaves it alone, and says that it waits."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

import tiny_course as tiny
from autograder.grading.config import COURSE
from autograder.grading.limits import Limits
from autograder.grading.reference import require_tests
from autograder.grading.run import grade_lab
from autograder.notebook import manual_cell
from autograder.sample_class import in_words
from seq2gpt.errors import UserError
from tiny_course import LAB, answered, find, submit

QUESTION = f"{LAB}-why"
LIMITS = Limits(cell_seconds=10, test_seconds=10)
TWICE = "Because it is twice."


def with_question(nb: NotebookNode, text: str) -> NotebookNode:
    """A notebook with the question at its end."""
    cell = manual_cell(QUESTION, "A model answer.", 5)
    cell.source = text
    nb.cells.append(cell)
    return nb


def write_course(root: Path) -> None:
    """The tiny course with a question, and four students."""
    source = tiny.solution_notebook()
    source.cells.append(manual_cell(QUESTION, "A model answer.", 5))
    tiny.write(source, root / "solutions" / LAB / f"{LAB}.ipynb")


def hand_in(work: Path) -> None:
    """Four students: one answers, one does not, one claims points, one has deleted the cell."""
    submit(work, "ada", with_question(answered(), TWICE))
    submit(work, "bob", with_question(answered(double=""), "YOUR ANSWER HERE"))
    cheat = with_question(answered(), TWICE)
    claimed = find(cheat, "why")
    claimed.metadata.nbgrader.update(solution=False, points=100)
    claimed.update(cell_type="code", source="100.0", outputs=[], execution_count=None)
    submit(work, "cyd", cheat)
    submit(work, "dan", answered())


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course, graded once."""
    root = tmp_path_factory.mktemp("manual")
    write_course(root)
    hand_in(root / "work")
    grade_lab(root, root / "work", LAB, limits=LIMITS)
    return root


def book(root: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{root / 'work' / 'gradebook.db'}", COURSE)


def test_the_gradebook_has_it_wait_for_a_person(graded: Path) -> None:
    with book(graded) as found:
        state = {
            student: (grade.auto_score, grade.needs_manual_grade)
            for student in ("ada", "bob", "cyd", "dan")
            for grade in [found.find_grade(QUESTION, LAB, LAB, student)]
        }
    assert state == {"ada": (None, True), "bob": (0, False), "cyd": (None, True), "dan": (0, False)}


def test_report_and_feedback_say_so(graded: Path) -> None:
    report = grade_lab(graded, graded / "work", LAB, limits=LIMITS)
    assert report.max_score == 11
    assert report.scores() == {"ada": 6, "bob": 4, "cyd": 6, "dan": 6}
    rows = {line.split()[0]: line.split()[1:6] for line in report.table().splitlines()}
    assert rows["ada"] == ["6", "2", "3", "1", "0?"]
    assert rows["bob"] == ["4", "0", "3", "1", "0"]
    assert "Needs manual grade, marked ? above" in report.text()
    assert "  2 × why" in report.text()
    with (graded / "work" / f"grades-{LAB}.csv").open() as file:
        waiting = {row["student"]: row["needs manual grade"] for row in csv.DictReader(file)}
    assert waiting == {"ada": "why", "bob": "", "cyd": "why", "dan": ""}
    told = {s: (graded / "work" / "feedback" / s / LAB / f"{LAB}.txt").read_text() for s in ("ada", "bob")}
    assert told["ada"].startswith(f"{LAB}: 6 of 11 points, 5 to be graded by hand\n")
    assert "why: to be graded by hand" in told["ada"]
    assert told["bob"].startswith(f"{LAB}: 4 of 11 points\n")
    assert "why: 0 of 5 points\n  Not answered yet." in told["bob"]


def test_what_the_person_gives_counts_and_stays(graded: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(graded, tmp_path / "course"))
    with book(root) as found:  # as the formgrader does
        grade = found.find_grade(QUESTION, LAB, LAB, "ada")
        grade.manual_score, grade.needs_manual_grade = 4, False
        found.find_comment(QUESTION, LAB, LAB, "ada").manual_comment = "Say <b>why</b>."
        found.db.commit()
    report = grade_lab(root, root / "work", LAB, limits=LIMITS)
    assert report.scores()["ada"] == 10
    feedback = root / "work" / "feedback" / "ada" / LAB
    told = (feedback / f"{LAB}.txt").read_text()
    assert told.startswith(f"{LAB}: 10 of 11 points\n")
    assert "why: 4 of 5 points\n  Your grader writes: Say <b>why</b>.\n" in told
    assert "Say &lt;b&gt;why&lt;/b&gt;." in (feedback / f"{LAB}.html").read_text()
    assert '"points": 4.0' in (feedback / f"{LAB}.json").read_text()
    assert report.needs_manual_grade() == [("why", 1)]
    submit(root / "work", "ada", with_question(answered(), "Another answer."))
    report = grade_lab(root, root / "work", LAB, limits=LIMITS)
    assert report.scores()["ada"] == 10
    assert report.needs_manual_grade() == [("why", 2)]  # the new answer has to be looked at
    assert "You have changed the answer since; it will be looked" in (feedback / f"{LAB}.txt").read_text()


@pytest.mark.slow
def test_stock_nbgrader_leaves_it_to_a_person_too(tmp_path: Path) -> None:
    write_course(tmp_path)
    folder = tmp_path / "autograder"
    folder.mkdir()
    shutil.copy(Path(__file__).parents[1] / "autograder" / "nbgrader_config.py", folder)
    hand_in(folder)
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        words = [sys.executable, "-m", "nbgrader", command, LAB]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
    released = nbformat.read(tmp_path / "exercises" / LAB / f"{LAB}.ipynb", as_version=4)
    assert find(released, "why").source == "YOUR ANSWER HERE"
    assert [in_words(cell) for cell in released.cells].count(True) == 1
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", COURSE) as found:
        waits = {s: found.find_grade(QUESTION, LAB, LAB, s).needs_manual_grade for s in ("ada", "bob", "cyd")}
    assert waits == {"ada": True, "bob": False, "cyd": True}


def test_a_question_is_no_test_of_the_answer_above_it() -> None:
    nb = tiny.solution_notebook()
    nb.cells[-1:] = [manual_cell(QUESTION, "A model answer.", 5)]
    with pytest.raises(UserError, match=f"the answer {LAB}-negate has no test before the next answer"):
        require_tests(nb)
