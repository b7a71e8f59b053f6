"""The grading engine on a tiny course: every kind of broken submission gets what an honest teacher gives."""

import csv
import json
import os
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

import tiny_course as tiny
from autograder.grading import intake
from autograder.grading.config import check_config, course_config
from autograder.grading.engine import with_usual
from autograder.grading.execute import run_notebook, scored
from autograder.grading.feedback import SafeOutputs, safe_markdown
from autograder.grading.files import files_beside
from autograder.grading.limits import Limits
from autograder.grading.outputs import Collector
from autograder.grading.processes import jail
from autograder.grading.report import ClassReport
from autograder.grading.run import grade_lab
from autograder.grading.seed import SEED_VARIABLE, grading_seed
from autograder.grading.structure import SourceCell, released_text, restore
from autograder.report import RECORD_TYPE
from seq2gpt.errors import UserError
from tiny_course import LAB, answered, find, insert_after, remove, submit

LIMITS = Limits(cell_seconds=2, test_seconds=3, memory_bytes=2**28)
FULL = 6.0


# ------------------------------------------------------------------------------------ a class


def right_in_other_places() -> NotebookNode:
    """All answers in cells of the student's own; nothing that nbgrader knows is left."""
    return new_notebook(cells=[new_code_cell(text) for text in tiny.ANSWERS.values()])


def moved() -> NotebookNode:
    """A test dragged above its answer."""
    nb = answered()
    test = find(nb, "square-check")
    nb.cells.remove(test)
    nb.cells.insert(1, test)
    return nb


def tagged() -> NotebookNode:
    """Metadata that would make nbgrader or nbclient skip a test, or believe in more points."""
    nb = answered(square="def square(x):\n    return -5")
    test = find(nb, "square-check")
    test.metadata.tags = ["skip-execution"]
    test.metadata.nbgrader.points = 300
    find(nb, "double").metadata.nbgrader.locked = True
    return nb


def edited_test() -> NotebookNode:
    """A test that always gives full points."""
    nb = answered(square="def square(x):\n    return -5")
    find(nb, "square-check").source = "3.0"
    return nb


def copied() -> NotebookNode:
    """An answer cell there twice, the first with an older attempt."""
    nb = answered()
    old = nbformat.from_dict(find(nb, "double")) | {"source": "def double(x):\n    return 3 * x", "id": "old"}
    nb.cells.insert(0, nbformat.from_dict(old))
    return nb


HELPER = insert_after(
    answered(double="def double(x):\n    return helped(x)"), "double", "def helped(x):\n    return 2 * x"
)

# What each student hands in, and what they earn for double (2), square (3) and negate (1).
CLASS: dict[str, tuple[NotebookNode, tuple[int, int, int]]] = {
    "perfect": (answered(), (2, 3, 1)),
    "blank": (tiny.released_notebook(), (0, 0, 0)),
    "partial": (answered(double="def double(x):\n    return 2 if x == 1 else 0"), (1, 3, 1)),
    "syntax_error": (answered(square="def square(x:\n    return x"), (2, 0, 1)),
    "endless_cell": (answered(double="while True:\n    pass"), (0, 3, 1)),
    "endless_call": (answered(double="def double(x):\n    while True:\n        pass"), (0, 3, 1)),
    "exit_cell": (answered(double="exit()"), (0, 3, 1)),
    "exit_after": (answered(double=tiny.ANSWERS["double"] + "\nexit()"), (2, 3, 1)),
    "ask_exit": (answered(square="get_ipython().ask_exit()"), (2, 0, 1)),
    "os_exit": (answered(square="import os\nos._exit(0)"), (2, 0, 1)),
    "os_exit_call": (answered(square="import os\ndef square(x):\n    os._exit(0)"), (2, 0, 1)),
    "stubborn": (
        answered(
            square="while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass"
        ),
        (2, 0, 1),
    ),
    "memory": (answered(negate="x = bytearray(10**11)"), (2, 3, 0)),
    "hoard": (
        answered(square="hoard = []\nwhile True:\n    hoard.append(bytearray(2**24))"),
        (2, 0, 1),
    ),
    "hoard_in_call": (
        answered(double="h = []\ndef double(x):\n    while True:\n        h.append(bytearray(2**24))"),
        (0, 3, 1),
    ),
    "warns": (
        answered(
            square="import sys, warnings\ndef square(x):\n    warnings.warn('hm')\n    print('x', file=sys.stderr)\n    return x * x"
        ),
        (2, 3, 1),
    ),
    "deleted_tests": (
        remove(answered(square="def square(x):\n    return -5"), "double-check", "square-check"),
        (2, 0, 1),
    ),
    "deleted_setup": (remove(answered(), "setup"), (2, 3, 1)),
    "deleted_answer": (
        insert_after(remove(answered(), "double"), "setup", tiny.ANSWERS["double"]),
        (2, 3, 1),
    ),
    "deleted_with_helper": (remove(HELPER, "double-check"), (2, 3, 1)),
    "stripped": (right_in_other_places(), (2, 3, 1)),
    "moved": (moved(), (2, 3, 1)),
    "tagged": (tagged(), (2, 0, 1)),
    "edited_test": (edited_test(), (2, 0, 1)),
    "copied": (copied(), (2, 3, 1)),
    "loud": (answered(double=tiny.ANSWERS["double"] + "\nprint('z' * 10**7)"), (2, 3, 1)),
    "old_format": (answered(), (2, 3, 1)),
    "oldest_format": (answered(), (2, 3, 1)),
    "windows": (answered(), (2, 3, 1)),
    "hard_link_beside": (answered(), (2, 3, 1)),
}
HOPELESS = {
    "hard_link": (
        "01-tiny.ipynb does not enter: it is a hard link, a second name of a file that may be somebody else's; "
        "hand in a copy that others may read"
    ),
    "empty": "01-tiny.ipynb is empty; a notebook is a JSON file; open it in JupyterLab, save and submit again",
    "linked": "linked/01-tiny is a link; a submission holds its own files; copy the target there",
    "no_lab": "no folder 01-tiny was handed in, only 02-other; ask no_lab for 01-tiny/01-tiny.ipynb",
    "not_json": (
        "01-tiny.ipynb is not JSON (Expecting value: line 1 column 1 (char 0)); a notebook is a JSON file; "
        "open it in JupyterLab, save and submit again"
    ),
    "renamed": "01-tiny/ holds mine.ipynb, not 01-tiny.ipynb; the notebook keeps its name; rename it",
}


TOO_SLOW = (
    "the cell was stopped after 2 seconds; does a loop in it never end? "
    "With the course's own answer it takes less than 0.1 seconds."
)


def hand_in(work: Path) -> None:
    """Everybody's submission."""
    for student, (nb, _) in CLASS.items():
        submit(work, student, nb)
    submitted = work / "submitted"
    old = submitted / "old_format" / LAB / f"{LAB}.ipynb"
    cells = [
        {"cell_type": "code", "source": c.source, "metadata": c.metadata}
        for c in answered().cells
        if c.cell_type == "code"
    ]
    old.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}))
    oldest = submitted / "oldest_format" / LAB / f"{LAB}.ipynb"
    oldest.write_text(nbformat.writes(nbformat.convert(answered(), 3), version=3))
    windows = submitted / "windows" / LAB / f"{LAB}.ipynb"
    for c in (other := answered()).cells:
        c.source = c.source.replace("\n", "  \n")
    windows.write_text("\ufeff" + nbformat.writes(other).replace("\\n", "\\r\\n"), "utf-8")
    shared = work / "of_the_instructor"
    shared.write_text("secret")
    os.link(shared, submitted / "hard_link_beside" / LAB / "data.txt")
    notebook = submit(work, "hard_link", answered())
    os.link(notebook, work / "second_name.ipynb")
    for student, text in {"empty": "", "not_json": "<html>"}.items():
        submit(work, student, answered()).write_text(text)
    (submitted / "no_lab" / "02-other").mkdir(parents=True)
    (submitted / "linked").mkdir()
    (submitted / "linked" / LAB).symlink_to(submitted / "perfect" / LAB)
    path = submit(work, "renamed", answered())
    path.rename(path.with_name("mine.ipynb"))
    (submitted / "a stray file.txt").write_text("not a student")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a class's submissions; its work folder lies elsewhere."""
    root = tmp_path_factory.mktemp("course")
    tiny.write_course(root)
    hand_in(root / "work")
    return root


@pytest.fixture(scope="module")
def report(course: Path) -> ClassReport:
    """The class, graded once."""
    return grade_lab(course, course / "work", LAB, limits=LIMITS)


@pytest.mark.parametrize("student", CLASS)
def test_everyone_gets_what_an_honest_teacher_gives(report: ClassReport, student: str) -> None:
    line = next(s for s in report.students if s.student == student)
    assert line.scores == dict(zip(tiny.POINTS, CLASS[student][1], strict=True)), line
    assert not line.problem


@pytest.mark.parametrize("student", HOPELESS)
def test_a_hopeless_submission_scores_0_with_one_clear_reason(
    report: ClassReport, course: Path, student: str
) -> None:
    line = next(s for s in report.students if s.student == student)
    assert line.score == 0
    assert line.problem == HOPELESS[student]
    assert "0 points" in (course / "work" / "feedback" / student / LAB / f"{LAB}.html").read_text()


def test_order_and_maximum(report: ClassReport) -> None:
    assert [s.student for s in report.students] == sorted([*CLASS, *HOPELESS])
    assert report.max_scores == tiny.POINTS
    assert report.max_score == FULL


@pytest.mark.parametrize(
    ("student", "remark"),
    [
        ("deleted_setup", "01-tiny-setup was deleted; it is back"),
        ("deleted_tests", "2 cells were deleted; they are back: 01-tiny-double-check, 01-tiny-square-check"),
        ("deleted_answer", "01-tiny-double was deleted"),
        ("moved", "cells had been moved; they are back in the order of the lab"),
        ("tagged", "01-tiny-square-check claimed 300 points; it has 3"),
        ("edited_test", "01-tiny-square-check had been edited; the released text counts"),
        ("copied", "01-tiny-double was there twice; the later one counts"),
        (
            "endless_cell",
            f"01-tiny-double: {TOO_SLOW}",
        ),
        (
            "hard_link_beside",
            "data.txt was left out: it is a hard link, a second name of a file that may be somebody else's",
        ),
    ],
)
def test_the_instructor_is_told(report: ClassReport, student: str, remark: str) -> None:
    line = next(s for s in report.students if s.student == student)
    assert remark in line.flags
    assert f"{student}: {remark}" in report.table()


def test_many_deleted_cells_are_one_line() -> None:
    structure = [
        SourceCell("setup", "code", "", "", locked=True, solution=False),
        SourceCell("one", "code", "", "", locked=False, solution=True),
        SourceCell("one-check", "code", "1.0", "", locked=True, solution=False, grade=True, points=1.0),
        SourceCell("two", "code", "", "", locked=False, solution=True),
    ]
    _, repairs = restore(new_notebook(), structure)
    assert repairs == [
        "2 cells were deleted: one, two",
        "2 cells were deleted; they are back: setup, one-check",
    ]


@pytest.mark.parametrize(
    "student", ["perfect", "blank", "partial", "warns", "old_format", "oldest_format", "windows"]
)
def test_nothing_to_tell(report: ClassReport, student: str) -> None:
    assert next(s for s in report.students if s.student == student).flags == []


def test_a_student_is_told_how_long_a_stopped_cell_took_and_usually_takes(
    report: ClassReport, course: Path
) -> None:
    told = (course / "work" / "feedback" / "endless_cell" / LAB / f"{LAB}.json").read_text()
    messages = {e["name"]: e["message"] for e in json.loads(told)["exercises"]}
    assert messages == {"double": TOO_SLOW, "square": "", "negate": ""}


def test_the_usual_time_is_that_of_the_cell() -> None:
    result = {
        "stopped": ["a", "b-check"],
        "flags": ["a: slow.", "b-check: slow.", "c: died"],
        "exercises": [],
    }
    usual = {"a": 0.04, "b-check": 7.25, "c": 3.0}
    assert with_usual(result, usual)["flags"] == [
        "a: slow. With the course's own answer it takes less than 0.1 seconds.",
        "b-check: slow. With the course's own answer it takes 7.2 seconds.",
        "c: died",
    ]


def test_the_cell_that_ended_the_process_carries_the_error(report: ClassReport, course: Path) -> None:
    for student in ("os_exit", "ask_exit"):
        graded = nbformat.read(course / "work" / "autograded" / student / LAB / f"{LAB}.ipynb", as_version=4)
        assert [o.ename for o in find(graded, "square").outputs] == ["KernelDiedError"]
        assert find(graded, "negate").outputs == []


def test_output_is_cut(report: ClassReport, course: Path) -> None:
    graded = course / "work" / "autograded" / "loud" / LAB / f"{LAB}.ipynb"
    assert graded.stat().st_size < 3 * LIMITS.output_characters
    assert "was left out" in graded.read_text()


def test_gradebook_tables(report: ClassReport, course: Path) -> None:
    with (course / "work" / "grades.csv").open() as file:
        stock = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    with (course / "work" / f"grades-{LAB}.csv").open() as file:
        ours = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    assert stock == ours == report.scores()


def test_feedback_hides_the_private_tests(report: ClassReport, course: Path) -> None:
    for student in CLASS:
        page = (course / "work" / "feedback" / student / LAB / f"{LAB}.html").read_text()
        assert "HIDDEN TESTS" not in page
        assert "(777" not in page
        assert "double" in page


def test_what_has_not_changed_is_not_graded_again(report: ClassReport, course: Path) -> None:
    again = grade_lab(course, course / "work", LAB, limits=LIMITS)
    assert again.scores() == report.scores()
    assert [s.flags for s in again.students] == [s.flags for s in report.students]
    assert {s.student for s in again.students if s.graded_now} == {
        "hard_link",
        "linked",
        "no_lab",
        "renamed",
    }  # nothing to keep


def test_a_change_is_graded(report: ClassReport, course: Path) -> None:
    students = ["partial", "perfect"]
    work = course / "work"
    submit(work, "partial", answered())
    assert [s.graded_now for s in grade_lab(course, work, LAB, students, limits=LIMITS).students] == [
        True,
        False,
    ]
    submit(work, "partial", CLASS["partial"][0])
    again = grade_lab(course, work, LAB, students, limits=LIMITS)
    assert again.scores() == {"partial": 5, "perfect": 6}


def test_grading_leaves_the_submissions_alone(report: ClassReport, course: Path) -> None:
    submitted = course / "work" / "submitted" / "perfect" / LAB
    assert [p.name for p in submitted.iterdir()] == [f"{LAB}.ipynb"]
    assert nbformat.read(submitted / f"{LAB}.ipynb", as_version=4) == answered()
    assert not (course / "exercises").exists()


def test_no_process_survives(report: ClassReport) -> None:
    assert psutil.Process(jail().pid).children() == []


@pytest.mark.parametrize(
    ("lab", "students", "message"),
    [
        (
            "09-none",
            None,
            "there is no lab '09-none'; the labs are 01-tiny; build it with `seq2gpt course build`",
        ),
        (LAB, ["nobody"], "no submission of nobody; there are "),
    ],
)
def test_what_does_not_exist(course: Path, lab: str, students: list[str] | None, message: str) -> None:
    with pytest.raises(UserError) as error:
        grade_lab(course, course / "work", lab, students)
    assert str(error.value).startswith(message)


def test_nothing_handed_in(course: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no submission"):
        grade_lab(course, tmp_path, LAB)


# ------------------------------------------------------------------------------------ the parts


def structure() -> list[SourceCell]:
    """The tiny lab as the gradebook has it."""
    cells = []
    for c in tiny.solution_notebook().cells:
        if c.cell_type == "code":
            m = c.metadata.nbgrader
            cells.append(
                SourceCell(
                    m.grade_id, "code", c.source, "", m.locked, m.solution, m.grade, False, m.get("points")
                )
            )
    return cells


def names(nb: NotebookNode) -> list[str]:
    """The cells of a notebook: their name, or the first word of a cell of the student's own."""
    return [
        c.metadata.get("nbgrader", {}).get("grade_id", c.source.split()[0]).removeprefix(f"{LAB}-")
        for c in nb.cells
    ]


def test_restore_keeps_a_good_submission_as_it_is() -> None:
    nb, repairs = restore(answered(), structure())
    assert repairs == []
    assert [c.source for c in nb.cells if c.metadata.get("nbgrader", {}).get("solution")] == list(
        tiny.ANSWERS.values()
    )
    assert find(nb, "double-check").source == find(tiny.solution_notebook(), "double-check").source
    nbformat.validate(nb)


def test_deleted_cells_return_where_they_help() -> None:
    nb = new_notebook(
        cells=[new_code_cell("first"), *remove(answered(), "setup", "double-check", "square-check").cells]
    )
    insert_after(nb, "double", "helper = 1")
    assert names(restore(nb, structure())[0]) == [
        *("setup", "first", "#", "##", "double", "helper", "##", "double-check"),
        *("square", "##", "square-check", "negate", "negate-check"),
    ]


def test_restore_drops_what_students_put_into_metadata() -> None:
    nb = answered()
    find(nb, "double").metadata.update(tags=["skip-execution"], init_cell=True)
    nb.cells[0].metadata = {"nbgrader": {"grade_id": "unheard-of", "grade": True}}
    nb.metadata["kernelspec"] = {"name": "evil"}
    restored, _ = restore(nb, structure())
    assert "kernelspec" not in restored.metadata
    assert set(find(restored, "double").metadata) == {"nbgrader"}
    assert restored.cells[0].metadata == {}


@pytest.mark.parametrize(
    "metadata", [{"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": 7}}, {}]
)
def test_restore_takes_any_metadata(metadata: dict[str, object]) -> None:
    nb = new_notebook(cells=[new_markdown_cell("text", metadata=nbformat.from_dict(metadata))])
    assert names(restore(nb, structure())[0])[-1] == "negate-check"


def test_released_text_is_what_nbgrader_releases() -> None:
    assert released_text("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc") == "a\nc"


def result(value: str) -> NotebookNode:
    """The value of a cell."""
    return new_output("execute_result", data={"text/plain": value})


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ([], "the test gave no score; it must end with a number of points"),
        ([result("'full'")], "the test gave \"'full'\" as its score; it must be a number"),
        ([result("nan")], "the test gave nan as its score; it must lie between 0 and 3"),
        ([result("inf")], "the test gave inf as its score; it must lie between 0 and 3"),
        ([result("-1.0")], "the test gave -1.0 as its score; it must lie between 0 and 3"),
        ([result("3.5")], "the test gave 3.5 as its score; it must lie between 0 and 3"),
    ],
)
def test_a_value_that_is_no_score_is_an_error(outputs: list[NotebookNode], problem: str) -> None:
    judged = scored(outputs, find(tiny.solution_notebook(), "square-check"))
    assert [o.output_type for o in judged] == ["error"]
    assert judged[0].evalue == problem


def test_the_last_value_counts_and_nothing_else() -> None:
    test = find(tiny.solution_notebook(), "square-check")
    stderr = new_output("stream", name="stderr", text="a warning")
    error = new_output("error", ename="E", evalue="", traceback=[])
    judged = scored([result("3.0"), stderr, result("1.0")], test)
    assert [o.output_type for o in judged] == ["stream", "execute_result"]
    assert judged[0].name == "stdout"
    assert judged[1].data["text/plain"] == "1.0"
    assert [o.output_type for o in scored([result("3.0"), error], test)] == ["error"]


def run_cells(folder: Path, *sources: str, limits: Limits = LIMITS) -> list[NotebookNode]:
    """Run cells and give them back."""
    nb = new_notebook(cells=[new_code_cell(source) for source in sources])
    run_notebook(nb, files_beside(folder)[0], limits, "a private seed")
    return list(nb.cells)


def printed(cell: NotebookNode) -> str:
    """What a cell printed."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def test_the_process_is_bounded_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "of the instructor")
    (tmp_path / "data.txt").write_text("beside the notebook")
    (tmp_path / "link").symlink_to("/etc/passwd")
    files, environment, child, big_file, many_files = run_cells(
        tmp_path,
        "import os\nopen('data.txt', 'a').write('!')\nprint(sorted(os.listdir()), open('data.txt').read())",
        f"print('{SEED_VARIABLE}' in os.environ, 'A_TOKEN' in os.environ)",
        "import subprocess, sys\nsleep = [sys.executable, '-c', 'import time; time.sleep(313.37)']\n"
        "for _ in range(2):\n    subprocess.Popen(sleep, start_new_session=True)",
        "open('big', 'wb').write(bytes(2**27))",
        "files = [open('data.txt') for _ in range(5000)]",
        limits=Limits(),
    )
    assert printed(files) == "['data.txt'] beside the notebook!\n"
    assert (tmp_path / "data.txt").read_text() == "beside the notebook"
    assert printed(environment) == "False False\n"
    assert child.outputs == []
    assert not [p for p in psutil.process_iter(["cmdline"]) if "313.37" in " ".join(p.info["cmdline"] or [])]
    assert [o.ename for o in big_file.outputs] == ["OSError"]
    assert [o.ename for o in many_files.outputs] == ["OSError"]


def test_a_flood_of_output_ends_in_time(tmp_path: Path) -> None:
    started = time.monotonic()
    flood, after = run_cells(
        tmp_path, "while True:\n    print('x' * 1000)", "print('still here')", limits=Limits(cell_seconds=1)
    )
    assert time.monotonic() - started < 15
    assert len(printed(flood)) < 2 * Limits().output_characters
    assert "CellTimeoutError" in [o.get("ename") for o in flood.outputs]
    assert printed(after) == "still here\n"


def test_a_student_cannot_hand_in_a_report_of_a_check(tmp_path: Path) -> None:
    record = {"exercise": "x", "points": 9, "hidden": False, "blank": False, "problem": "", "checks": []}
    forged = f"from IPython.display import display\ndisplay({{{RECORD_TYPE!r}: {record}, 'text/plain': 'ok'}}, raw=True)"
    nb = answered(double=tiny.ANSWERS["double"] + "\n" + forged)
    assert not any(run_notebook(nb, {}, LIMITS, "seed").reports.values())
    sent = {"output_type": "display_data", "data": {RECORD_TYPE: record}}
    for judges in (False, True):
        collector = Collector(100, judges)
        collector.take(sent)
        assert collector.reports == [record] * judges


def test_the_time_for_the_whole_notebook(tmp_path: Path) -> None:
    limits = Limits(cell_seconds=2, total_seconds=1)
    *_, last = run_cells(
        tmp_path, "import time\nfor _ in range(40): time.sleep(0.05)", "print('late')", limits=limits
    )
    assert last.outputs[0].ename == "NotebookTimeoutError"
    assert last.outputs[0].evalue == "the 1 seconds for the whole notebook were used up before this cell"


def test_cleared_output_is_gone_and_input_is_refused(tmp_path: Path) -> None:
    cleared, asked = run_cells(
        tmp_path,
        "from IPython.display import clear_output\nprint('a', flush=True)\nclear_output()\nprint('b')",
        "input()",
    )
    assert printed(cleared) == "b\n"
    assert asked.outputs[0].ename == "InputRefused"


def test_the_seed_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SEED_VARIABLE, raising=False)
    path = tmp_path / "new" / ".grading_seed"
    seed = grading_seed(path)
    assert len(seed) == 32
    assert grading_seed(path) == seed
    assert path.stat().st_mode & 0o077 == 0
    monkeypatch.setenv(SEED_VARIABLE, "mine")
    assert grading_seed(path) == "mine"


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b'{"cells": 3}', b'{"nbformat": 4, "cells": [7]}', b"[" * 100_000, b"\xff"]
)
def test_json_that_is_no_notebook(content: bytes) -> None:
    with pytest.raises(
        intake.SubmissionProblem, match=r"^x\.ipynb is (not JSON|JSON but no notebook) .*submit again$"
    ) as error:
        intake.parse(content, "x.ipynb")
    assert "\n" not in str(error.value)


def test_untidy_notebooks_are_read() -> None:
    cell = {"cell_type": "code", "source": ["a = 1\n", "b = '\ud800'"], "metadata": None}
    nb = intake.parse(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode(), "x"
    )
    assert nb.cells[0].source == "a = 1\nb = '?'"


def test_markdown_becomes_harmless_html() -> None:
    html = safe_markdown(
        "> quoted $a < b$\n\n<script>alert(1)</script><img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))"
    )
    assert "<blockquote>" in html
    assert "a &lt; b" in html
    assert not any(word in html for word in ("<script", "onerror", "javascript:"))


def test_outputs_keep_pictures_and_lose_scripts() -> None:
    data = {
        "text/html": "<b onclick=x>ok</b><script>1</script>",
        "image/png": "AA==",
        "image/svg+xml": "<svg/>",
    }
    cell = new_code_cell("x", outputs=[new_output("display_data", data=data)])
    safe, _ = SafeOutputs().preprocess_cell(cell, {}, 0)
    assert safe.outputs[0].data == {"text/html": "<b>ok</b>1", "image/png": "AA=="}


def test_settings_that_would_run_without_limits_are_refused(tmp_path: Path) -> None:
    check_config(course_config(tmp_path, tmp_path / "work"))
    with pytest.raises(
        RuntimeError, match="sanitize_preprocessors is nothing; it must begin with RestoreStructure"
    ):
        check_config(Config())
