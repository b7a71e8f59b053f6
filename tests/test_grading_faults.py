"""What can go wrong around grading: each is named in one sentence with its fix, or is waited for."""

import errno
import os
import re
import sqlite3
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

import tiny_course as tiny
from autograder.grading import cluster, gradebook, pool, store
from autograder.grading.bundle import Bundle, Submission, code_digest
from autograder.grading.config import COURSE, course_config, make_commands_findable
from autograder.grading.database import labs_in
from autograder.grading.engine import MachineFault, hopeless
from autograder.grading.run import grade_lab
from autograder.grading.seed import grading_seed
from autograder.grading.settings import read_settings
from autograder.lessons import ROOT
from seq2gpt.errors import UserError
from tiny_course import LAB, answered, find, submit

NO_DASK = "dask.distributed, an optional extra, is not installed"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with three submissions, each of which earns all points when it is run."""
    make_commands_findable()
    tiny.write_course(tmp_path)
    for student in ("ada", "bob", "cyd"):
        submit(tmp_path / "work", student, answered(negate=f"def negate(x):\n    return -x  # {student}"))

    def grade(bundle: Bundle, submission: Submission, seed: str) -> tuple[dict[str, Any], str]:
        return full(bundle), submission.notebook.decode()

    monkeypatch.setattr(pool, "grade_submission", grade)
    return tmp_path


def full(bundle: Bundle) -> dict[str, Any]:
    """The result of a right submission."""
    result = hopeless(bundle, "")
    for exercise in result["exercises"]:
        exercise["points"] = result["scores"][exercise["test"]] = exercise["max_points"]
    return result


def graded(course: Path, **more: Any) -> Any:
    return grade_lab(course, course / "work", LAB, make_executor=ThreadPoolExecutor, **more)


def url_of(course: Path) -> str:
    return f"sqlite:///{course / 'work' / 'gradebook.db'}"


# ------------------------------------------------------------------------------------ the gradebook


def test_the_gradebook_of_another_course_is_refused_and_left_alone(course: Path) -> None:
    with Gradebook(url_of(course), "history") as book:
        book.add_assignment("essay")
    before = (course / "work" / "gradebook.db").read_bytes()
    with pytest.raises(
        UserError, match=r"belongs to the course 'history' \(it has its lab 'essay'\).*move it away"
    ):
        graded(course)
    assert (course / "work" / "gradebook.db").read_bytes() == before


def test_a_file_that_is_no_gradebook_is_refused(course: Path) -> None:
    (course / "work" / "gradebook.db").write_text("student,score\n" * 100)
    with pytest.raises(UserError, match="cannot be read .*not a database.*move another file away"):
        graded(course)


def test_an_old_gradebook_is_refused(course: Path) -> None:
    with sqlite3.connect(course / "work" / "gradebook.db") as old:
        old.execute("CREATE TABLE assignment (id TEXT, name TEXT)")
    old.close()
    with pytest.raises(UserError, match="no such column.*nbgrader db upgrade"):
        graded(course)


def test_students_who_are_not_on_the_roster_are_added_and_named(course: Path) -> None:
    with Gradebook(url_of(course), COURSE) as book:
        book.add_student("ada")
    report = graded(course)
    assert report.added == ["bob", "cyd"]
    assert "added to it" in report.text()
    assert "bob, cyd" in report.text()
    assert "added to it" not in graded(course).text()
    with Gradebook(url_of(course), COURSE) as book:
        assert {s.id for s in book.students} == {"ada", "bob", "cyd"}


def test_without_any_roster_everybody_is_named(course: Path) -> None:
    assert graded(course).added == ["ada", "bob", "cyd"]


def test_a_gradebook_in_use_is_waited_for(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = f"{url_of(course)}?timeout=0.05"  # SQLite itself waits five seconds
    (course / "work" / "grading.toml").write_text(f'db_url = "{quick}"\n')
    graded(course, students=["ada"])
    lock = sqlite3.connect(course / "work" / "gradebook.db", check_same_thread=False)
    lock.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(1.0, lock.rollback)
    timer.start()
    report = graded(course)
    timer.join()
    lock.close()
    assert report.scores() == {"ada": 6, "bob": 6, "cyd": 6}
    assert (
        "the gradebook is in use by another program, such as the formgrader; waiting"
        in capsys.readouterr().err
    )


def test_a_gradebook_elsewhere(tmp_path: Path) -> None:
    address = "postgresql://grader:secret@db.example/course"
    work = tmp_path / "work"
    work.mkdir()
    assert course_config(tmp_path, work).CourseDirectory.db_url == f"sqlite:///{work / 'gradebook.db'}"
    (work / "grading.toml").write_text(f'db_url = "{address}"\n')
    assert course_config(tmp_path, work).CourseDirectory.db_url == address


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hunter2", "db_url in grading.toml is no address of a database; write postgresql://"),
        ("nosuch://u:hunter2@h/d", r"nosuch://u:\*\*\*@h/d needs a driver .*pip install"),
    ],
)
def test_an_address_that_cannot_be_used(address: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        labs_in(address, COURSE)
    assert "hunter2" not in str(error.value)


def test_an_address_is_text(tmp_path: Path) -> None:
    (tmp_path / "grading.toml").write_text("db_url = 5\n")
    with pytest.raises(UserError, match="db_url is 5; put it in quotes"):
        read_settings(tmp_path)


# ------------------------------------------------------------------------------------ the disk, the clock


def test_a_full_disk_loses_nothing(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    room = 0
    write = Path.write_text

    def filling(path: Path, *args: Any, **kwargs: Any) -> int:
        if path.suffix != ".toml" and len(written) >= room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        return write(path, *args, **kwargs)

    stops = []
    with monkeypatch.context() as full_disk:
        full_disk.setattr(store.Path, "write_text", filling)
        for room in range(2, 30, 7):  # noqa: B007 (``filling`` reads it)
            written.clear()
            try:
                graded(course)
            except UserError as error:
                stops.append(str(error))
    assert len(stops) >= 2
    assert all(
        re.match(r"the disk of .* is full \(No space left on device\); free some space", s) for s in stops
    )
    report = graded(course)
    assert report.scores() == {"ada": 6, "bob": 6, "cyd": 6}
    assert not list((course / "work").rglob(".*.json.*"))  # nothing half written is left


def test_a_full_database_says_what_to_do() -> None:
    from sqlalchemy.exc import OperationalError

    def step() -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with pytest.raises(UserError, match="disk is full.*free some space.*--resume"):
        gradebook.patiently(step, lambda: None)


def test_a_seed_that_a_full_disk_swallowed_is_drawn_again(tmp_path: Path) -> None:
    path = tmp_path / "seed"
    path.touch()
    seed = grading_seed(path)
    assert len(seed) == 32
    assert grading_seed(path) == seed


def test_files_from_the_future_and_a_clock_that_goes_back(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = course / "work" / "submitted" / "ada" / LAB / f"{LAB}.ipynb"
    os.utime(notebook, (4e9, 4e9))
    now = iter(range(2_000_000_000, 0, -1000))
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: float(next(now)))
        assert graded(course).scores() == {"ada": 6, "bob": 6, "cyd": 6}
    os.utime(notebook, (0, 0))
    assert not any(s.graded_now for s in graded(course).students)


def test_grading_measures_with_clocks_that_only_go_forward() -> None:
    for folder in ("grading", "jail"):
        for path in (ROOT / "autograder" / folder).glob("*.py"):
            found = re.findall(r"\btime\.time\(|\.now\(|\.utcnow\(|st_mtime", path.read_text())
            assert not found, f"{path}: {found}"


# ------------------------------------------------------------------------------------ the lab


def change(course: Path, name: str, source: str | None) -> None:
    """Replace the text of a cell of the lab, or take the cell away."""
    nb = tiny.solution_notebook()
    cell = find(nb, name)
    if source is None:
        nb.cells.remove(cell)
    else:
        cell.source = source
    tiny.write(nb, course / "solutions" / LAB / f"{LAB}.ipynb")


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("double-check", None, "the answer 01-tiny-double has no test before the next answer; add a cell with points"),
        ("negate-check", None, "the answer 01-tiny-negate has no test"),
        ("square-check", "# later\n", "the test 01-tiny-square-check has no code, so that everybody would pass it"),
    ],
)  # fmt: skip
def test_an_answer_without_a_test_is_refused(
    course: Path, name: str, source: str | None, message: str
) -> None:
    change(course, name, source)
    with pytest.raises(UserError, match=f"^01-tiny cannot be released: {message}"):
        graded(course)
    assert not (course / "work" / "feedback").exists()


def test_a_test_that_fails_on_the_solution_is_refused(tmp_path: Path) -> None:
    change(
        tmp_path,
        "square-check",
        "points(square, [(2, 5)])\n\n### BEGIN HIDDEN TESTS\npoints(square, [(2, 5)])\n### END HIDDEN TESTS",
    )
    submit(tmp_path / "work", "ada", answered())
    message = (
        "^the test 01-tiny-square-check gives the course's own answer 0 of 3 points .*nobody was graded; "
        "correct the test or the answer$"
    )
    with pytest.raises(UserError, match=message):
        graded(tmp_path, workers=1)
    assert not (tmp_path / "work" / "feedback").exists()


def test_a_student_is_told_how_the_cell_ended() -> None:
    from autograder.grading.exercises import answer_error
    from autograder.grading.structure import SourceCell

    nb = answered()
    test = SourceCell(f"{LAB}-square-check", "code", "", "", True, False, True, False, 3.0)
    assert answer_error(test, nb) == ""
    find(nb, "double").outputs = [
        nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    ]
    assert answer_error(test, nb) == ""
    find(nb, "square").outputs = [
        nbformat.v4.new_output("error", ename="SyntaxError", evalue="'(' was never closed", traceback=[])
    ]
    assert (
        answer_error(test, nb)
        == "Your answer's cell did not run to its end: it ended with SyntaxError: '(' was never closed."
    )


# ------------------------------------------------------------------------------------ a cluster


class Elsewhere(Executor):
    """What Dask's executor looks like: it takes no ``cancel_futures``."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.open = True

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked.append(function)
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True) -> None:  # type: ignore[override]
        self.open = False


def test_the_class_is_graded_by_a_cluster(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Elsewhere()
    monkeypatch.setattr(cluster, "grade_submission", pool.grade_submission)
    report = grade_lab(course, course / "work", LAB, make_executor=lambda _: cluster.ClusterExecutor(inner))
    assert report.scores() == {"ada": 6, "bob": 6, "cyd": 6}
    assert inner.asked == [cluster.grade_elsewhere] * 4  # the course's own answers, then three students
    assert not inner.open


def test_a_worker_with_another_version_grades_nothing() -> None:
    with pytest.raises(MachineFault, match="another version of the course.*install the same"):
        cluster.grade_elsewhere(Bundle(LAB, (), code=code_digest() + "x"), Submission(b""), "seed")


def test_a_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason=NO_DASK)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(UserError, match="no cluster answers at 'tcp://127.0.0.1:1'"):
        cluster.connect("tcp://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Dask's own are not ours to forbid
def test_a_worker_of_dask_grades_in_a_jail_of_its_own(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason=NO_DASK)
    make_commands_findable()
    tiny.write_course(tmp_path)
    submit(tmp_path / "work", "ada", answered(square="def square(x):\n    return x"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as local:
        executor = cluster.connect(local.scheduler_address)
        assert executor.submit(os.getpid).result(timeout=300) != os.getpid()
        report = grade_lab(tmp_path, tmp_path / "work", LAB, workers=1, make_executor=lambda _: executor)
    assert report.scores() == {"ada": 4}
    assert [s.jail for s in report.students] == ["namespaces"]


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UserError, match=r"--cluster needs distributed.*pip install 'seq2gpt\[cluster\]'"):
        cluster.connect("tcp://127.0.0.1:1")
