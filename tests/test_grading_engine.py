"""The engine around the judge: one pure function, results kept by hash, runs that are killed, tried again and compared."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

import tiny_course as tiny
from autograder import commands, lessons
from autograder.grading import gradebook, journal, pages, pool, run
from autograder.grading.bundle import Bundle, Submission, key_of
from autograder.grading.config import COURSE
from autograder.grading.engine import MachineFault, grade_submission, hopeless
from autograder.grading.limits import Limits
from autograder.grading.report import ClassReport, StudentReport, differences
from autograder.grading.run import grade_lab
from autograder.grading.settings import Late, Settings, read_settings
from autograder.grading.store import Store
from autograder.grading.structure import SourceCell
from seq2gpt.errors import UserError
from tiny_course import LAB, answered, find, submit

LIMITS = Limits(cell_seconds=10, test_seconds=10)


def bundle(**changes: Any) -> Bundle:
    """The tiny lab as the gradebook has it."""
    cells = [c for c in tiny.solution_notebook().cells if c.cell_type == "code"]
    known = [(c.source, c.metadata.nbgrader) for c in cells]
    structure = tuple(
        SourceCell(m.grade_id, "code", text, "", m.locked, m.solution, m.grade, False, m.get("points"))
        for text, m in known
    )
    return Bundle(**{"lab": LAB, "structure": structure, "limits": LIMITS} | changes)


def handed_in(nb: Any) -> Submission:
    return Submission(nbformat.writes(nb).encode())


# ------------------------------------------------------------------------------------ one submission


def test_a_submission_is_graded_by_a_pure_function() -> None:
    wrong = answered(double="import socket\nprint('mine')\ndef double(x):\n    return 3 * x")
    result, notebook = grade_submission(bundle(), handed_in(wrong), "a seed")
    assert result["scores"] == {f"{LAB}-double-check": 0, f"{LAB}-square-check": 3, f"{LAB}-negate-check": 1}
    assert [e["name"] for e in result["exercises"]] == ["double", "square", "negate"]
    assert result["attempts"] == ["imports socket"]
    assert result["problem"] == ""
    executed = nbformat.reads(notebook, as_version=4)
    assert find(executed, "double").outputs[0].text == "mine\n"
    json.dumps(result)
    again, _ = grade_submission(bundle(), handed_in(wrong), "a seed")
    assert again | {"seconds": 0} == result | {"seconds": 0}


def test_what_cannot_be_read_is_a_result_too() -> None:
    result, notebook = grade_submission(bundle(), Submission(b"<html>"), "a seed")
    assert result["problem"].startswith(f"{LAB}.ipynb is not JSON")
    assert sum(result["scores"].values()) == 0
    assert notebook == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limits", Limits(cell_seconds=3)), ("code", "other"), ("files", {"data.txt": b"1"}), ("lab", "02"), ("unsafe", True),
        ("structure", ()),
    ],
)  # fmt: skip
def test_a_result_is_kept_under_all_that_it_depends_on(name: str, value: Any) -> None:
    submission = Submission(b"x", {"a": b"1"})
    key = key_of(bundle(), submission, "seed")
    assert key == key_of(bundle(), Submission(b"x", {"a": b"1"}), "seed")
    assert key != key_of(bundle(**{name: value}), submission, "seed")
    for other in (
        Submission(b"y", {"a": b"1"}),
        Submission(b"x", {"a": b"2"}),
        Submission(b"x", {"b": b"1"}),
    ):
        assert key != key_of(bundle(), other, "seed")
    assert key != key_of(bundle(), submission, "another")


def test_no_jail_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.jail import JailError

    def broken(*_: Any) -> None:
        raise JailError("mount /proc", "refused")

    monkeypatch.setattr("autograder.grading.session.start_pair", broken)
    with pytest.raises(MachineFault, match="mount /proc: refused"):
        grade_submission(bundle(), handed_in(answered()), "seed")


# ------------------------------------------------------------------------------------ many


class Script(Executor):
    """An executor that does what it is told: each submission's bytes name what happens, try by try."""

    made = 0

    def __init__(self, _workers: int) -> None:
        Script.made += 1
        self.broken = False

    def submit(self, _function: Any, _bundle: Any, submission: Any, _seed: Any) -> Any:  # type: ignore[override]
        if self.broken:
            raise BrokenProcessPool("broken")
        future: Future[Any] = Future()
        step = submission.files["steps"].pop(0)
        if step == "broken":
            self.broken = True
            future.set_exception(BrokenProcessPool("broken"))
        elif isinstance(step, Exception):
            future.set_exception(step)
        else:
            future.set_result(({"done": step}, ""))
        return future


def outcomes(tries: int, *steps: list[Any]) -> dict[int, Any]:
    """What becomes of submissions whose tries go like this."""
    Script.made = 0
    runner = pool.Runner(Script, 1, tries)
    jobs = ((i, Submission(b"", {"steps": list(s)})) for i, s in enumerate(steps))  # type: ignore[dict-item]
    found = {
        job: str(r) if isinstance(r, MachineFault) else r[0]["done"]
        for job, r in runner.run(bundle(), "", jobs)
    }
    runner.close()
    return found


def test_a_fault_of_the_machine_is_tried_again_and_stops_nobody() -> None:
    fault = MachineFault("no memory")
    assert outcomes(2, [fault, "a"], ["b"], [fault, fault, "never"], ["broken", "c"], [ValueError("odd"), "d"]) == {
        0: "a", 1: "b", 2: "no memory", 3: "c", 4: "d",
    }  # fmt: skip
    assert Script.made == 2
    assert outcomes(1, [fault, "a"]) == {0: "no memory"}


def test_no_jail_here_is_said_once_and_not_tried_again() -> None:
    with pytest.raises(UserError, match="no jail"):
        outcomes(2, [UserError("no jail"), "a"])


def test_only_a_few_submissions_are_in_memory_at_once() -> None:
    read = []

    def jobs() -> Any:
        for i in range(50):
            read.append(i)
            yield i, Submission(b"", {"steps": ["ok"]})  # type: ignore[dict-item]

    runner = pool.Runner(Script, 2, 1)
    for done, _ in enumerate(runner.run(bundle(), "", jobs())):
        assert len(read) <= done + 1 + pool.AHEAD * 2
    runner.close()


# ------------------------------------------------------------------------------------ a class


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with three submissions."""
    tiny.write_course(tmp_path)
    work = tmp_path / "work"
    submit(work, "ada", answered())
    submit(work, "bob", answered(double="def double(x):\n    return 3 * x"))
    submit(work, "cyd", tiny.released_notebook())
    return tmp_path


def threads(workers: int) -> Executor:
    """Results as fast as possible: the judge is tested elsewhere."""
    return ThreadPoolExecutor(workers)


def fake_grading(monkeypatch: pytest.MonkeyPatch, points: dict[str, float]) -> list[str]:
    """Let an answer's text decide its points; returns what is run."""
    ran: list[str] = []

    def grade(bundle: Bundle, submission: Submission, seed: str) -> tuple[dict[str, Any], str]:
        text = submission.notebook.decode()
        if "BEGIN SOLUTION" in text:
            return reference_result(bundle), text
        ran.append("3 * x" if "3 * x" in text else "right" if "2 * x" in text else "blank")
        result = hopeless(bundle, "")
        for exercise in result["exercises"]:
            exercise["points"] = min(points.get(ran[-1], 0.0), exercise["max_points"])
            passed = exercise["points"] > 0
            says = {"name": "m", "says": "three is not two", "url": "u"}
            check = {
                "name": "c",
                "sentence": "It is right.",
                "points": 1,
                "passed": passed,
                "message": "",
                "line": "",
            }
            exercise["checks"] = [check | {"misconception": None if passed else says}]
            result["scores"][exercise["test"]] = exercise["points"]
        return result, text

    monkeypatch.setattr(pool, "grade_submission", grade)
    return ran


def reference_result(bundle: Bundle) -> dict[str, Any]:
    """What the course's own answers earn."""
    result = hopeless(bundle, "")
    for exercise in result["exercises"]:
        exercise["points"] = exercise["max_points"]
    return result


def test_a_run_is_a_run_and_its_repetition_is_none(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = fake_grading(monkeypatch, {"right": 9.0})
    report = grade_lab(course, course / "work", LAB, make_executor=threads)
    assert report.scores() == {"ada": 6, "bob": 0, "cyd": 0}
    assert len(ran) == 3
    again = grade_lab(course, course / "work", LAB, make_executor=threads)
    assert (again.scores(), len(ran)) == (report.scores(), 3)
    assert not any(s.graded_now for s in again.students)
    grade_lab(course, course / "work", LAB, ["bob"], again=True, make_executor=threads)
    assert ran[3:] == ["3 * x"]


def test_a_lost_gradebook_is_written_again_without_running_anything(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = fake_grading(monkeypatch, {"right": 9.0})
    grade_lab(course, course / "work", LAB, make_executor=threads)
    (course / "work" / "gradebook.db").unlink()
    report = grade_lab(course, course / "work", LAB, make_executor=threads)
    assert report.scores() == {"ada": 6, "bob": 0, "cyd": 0}
    assert len(ran) == 3


def test_regrading_shows_whose_score_changed_and_why(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_grading(monkeypatch, {"right": 9.0})
    grade_lab(course, course / "work", LAB, make_executor=threads)
    fake_grading(monkeypatch, {"right": 9.0, "3 * x": 1.0})
    report = grade_lab(course, course / "work", LAB, again=True, make_executor=threads)
    assert report.changes() == [
        "bob: 0 → 3",
        *(f"    {name}: 0 → 1; passes now: It is right." for name in ("double", "square", "negate")),
    ]


def test_a_correction_by_hand_stays_and_is_marked(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_grading(monkeypatch, {"right": 9.0})
    url = f"sqlite:///{course / 'work' / 'gradebook.db'}"
    grade_lab(course, course / "work", LAB, make_executor=threads)
    with Gradebook(url, COURSE) as book:
        grade = book.find_grade(f"{LAB}-double-check", LAB, LAB, "bob")
        grade.manual_score = 1.5
        book.db.commit()
    report = grade_lab(course, course / "work", LAB, again=True, make_executor=threads)
    assert report.scores()["bob"] == 1.5
    with Gradebook(url, COURSE) as book:
        assert book.find_grade(f"{LAB}-double-check", LAB, LAB, "bob").needs_manual_grade
        assert not book.find_grade(f"{LAB}-double-check", LAB, LAB, "ada").needs_manual_grade


def test_lateness_costs_what_the_settings_say(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_grading(monkeypatch, {"right": 9.0})
    work = course / "work"
    (work / "grading.toml").write_text("[late]\npercent_per_day = 25\ngrace_minutes = 10\n")
    grade_lab(course, work, LAB, make_executor=threads)
    due = datetime(2026, 5, 4, 12, 0)
    with Gradebook(f"sqlite:///{work / 'gradebook.db'}", COURSE) as book:
        book.find_assignment(LAB).duedate = due
        book.db.commit()
    stamp = due.replace(tzinfo=UTC) + timedelta(days=1, minutes=11)
    (work / "submitted" / "ada" / LAB / "timestamp.txt").write_text(f"{stamp:%Y-%m-%d %H:%M:%S.%f} UTC")
    report = grade_lab(course, work, LAB, ["ada"], again=True, make_executor=threads)
    assert report.scores() == {"ada": 3.0}  # two days have begun: half of 6
    assert "3 points are taken off" in (work / "feedback" / "ada" / LAB / f"{LAB}.txt").read_text()


def test_a_locked_gradebook_is_waited_for_and_then_named(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_grading(monkeypatch, {})
    work = course / "work"
    grade_lab(course, work, LAB, ["ada"], make_executor=threads)
    monkeypatch.setattr(gradebook, "LOCKED_SECONDS", 0.0)
    lock = sqlite3.connect(work / "gradebook.db")
    lock.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="the gradebook cannot be used .*close what uses it"):
        gradebook.patiently(lambda: raise_locked(work), lambda: None)
    lock.rollback()
    lock.close()


def raise_locked(work: Path) -> None:
    """What SQLAlchemy makes of a lock."""
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{work / 'gradebook.db'}", connect_args={"timeout": 0.01})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE x (y INT)"))


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
import test_grading_engine
from concurrent.futures import ThreadPoolExecutor
from autograder.grading import pool
from autograder.grading.engine import hopeless
from autograder.grading.run import grade_lab

def grade(bundle, submission, seed):
    if b"BEGIN SOLUTION" in submission.notebook:
        return test_grading_engine.reference_result(bundle), ""
    with open({log!r}, "a") as log:
        log.write("ran\\n")
    time.sleep(0.05)
    result = hopeless(bundle, "")
    result["scores"] = {{name: 1.0 for name in result["scores"]}}
    return result, submission.notebook.decode()

pool.grade_submission = grade
print("ready", flush=True)
report = grade_lab(Path({root!r}), Path({root!r}) / "work", {lab!r}, workers=1, make_executor=ThreadPoolExecutor)
print(len(report.students), sum(s.score for s in report.students), flush=True)
"""


def test_killed_at_any_moment_nothing_is_lost_or_graded_twice(tmp_path: Path) -> None:
    tiny.write_course(tmp_path)
    for i in range(12):
        submit(tmp_path / "work", f"s{i:02}", answered(negate=f"def negate(x):\n    return -x  # {i}"))
    log = tmp_path / "log"
    log.touch()
    script = KILLED.format(tests=str(Path(__file__).parent), log=str(log), root=str(tmp_path), lab=LAB)
    kills = 0
    for enough in (2, 5, 9):
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            deadline = time.monotonic() + 120
            while log.read_text().count("ran") < enough and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=180
    )
    assert done.stdout.splitlines()[-1] == "12 36.0"
    assert log.read_text().count("ran") <= 12 + kills * pool.AHEAD  # those under way when it was killed
    with (tmp_path / "work" / "grades.csv").open() as file:
        assert [float(row["score"]) for row in csv.DictReader(file)] == [3.0] * 12


LEFT_ALONE = """
import time
import psutil
from autograder.grading.engine import jail_is_made
from autograder.grading.pool import process_pool

executor = process_pool(2)
for made in [executor.submit(jail_is_made, False) for _ in range(2)]:
    made.result()
print(*(p.pid for p in psutil.Process().children(recursive=True)), flush=True)
time.sleep(600)
"""


def test_workers_and_jails_end_with_a_grader_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", LEFT_ALONE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        left = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
        assert len(left) >= 5, "a server, two workers, two processes that jails are copied from"
        os.kill(process.pid, signal.SIGKILL)
    assert psutil.wait_procs(left, timeout=60)[1] == []


def test_an_interrupted_run_is_noted_and_taken_up(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^no interrupted run is noted in .*; name the labs to grade$"):
        journal.unfinished(tmp_path)
    request = journal.Request(("a", "b"), ("ada",), 3)
    journal.begin(tmp_path, request)
    assert journal.unfinished(tmp_path) == request
    journal.finish(tmp_path)
    with pytest.raises(UserError):
        journal.unfinished(tmp_path)


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        (
            True,
            False,
            "^the interrupted run had no jail; give --unsafe-no-sandbox with --resume, or name the",
        ),
        (False, True, "^the interrupted run has a jail; leave --unsafe-no-sandbox away, or name the labs"),
    ],
)
def test_an_interrupted_run_goes_on_as_isolated_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool, now: bool, message: str
) -> None:
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    work = tmp_path / "autograder"
    request = journal.Request(("a",), None, None, before)
    journal.begin(work, request)
    with pytest.raises(UserError, match=message):
        commands.grade((), resume=True, unsafe_no_sandbox=now)
    assert journal.unfinished(work, before) == request, "still there to go on with"


def test_the_command_resumes_what_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder import commands

    asked: list[Any] = []

    def fake(_root: Path, _work: Path, lab: str, students: Any, workers: Any, **more: Any) -> ClassReport:
        asked.append((lab, students, workers, more))
        if len(asked) == 1:
            raise KeyboardInterrupt
        return ClassReport(lab, {}, [])

    monkeypatch.setattr(commands.lessons, "ROOT", tmp_path)
    monkeypatch.setattr(commands.lessons, "find_lesson", lambda lab: type("L", (), {"name": lab}))
    monkeypatch.setattr(run, "grade_lab", fake)
    with pytest.raises(KeyboardInterrupt):
        commands.grade(("one", "two"), students="ada,bob", workers=3)
    commands.grade((), resume=True)
    assert [a[:3] for a in asked] == [(lab, ("ada", "bob"), 3) for lab in ("one", "one", "two")]
    commands.grade(("one",), unsafe_no_sandbox=True)
    assert asked[-1][3] == {"again": False, "unsafe": True}
    journal.begin(tmp_path / "autograder", journal.Request(("one",), unsafe=True))
    commands.grade((), resume=True, unsafe_no_sandbox=True)
    assert asked[-1][3] == {"again": False, "unsafe": True}
    commands.regrade(("one",))
    assert asked[-1][3] == {"again": True, "unsafe": False}


@pytest.mark.parametrize(
    ("workers", "message"), [(0, "--workers 0 grades nothing; use 1 or more"), (-1, "--workers -1")]
)
def test_workers(course: Path, workers: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        grade_lab(course, course / "work", LAB, workers=workers)


# ------------------------------------------------------------------------------------ the parts


def test_damaged_results_are_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.keep("k", {"a": 1}, "nb")
    assert store.result("k") == ({"a": 1}, "nb")
    (tmp_path / "results" / "k.json").write_text('{"result": ')
    assert store.result("k") is None
    assert store.entered(LAB, "ada") is None
    store.note_entered(LAB, "ada", "k", {"a": 1})
    assert store.entered(LAB, "ada") == {"key": "k", "result": {"a": 1}}


def test_settings(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()
    path = tmp_path / "grading.toml"
    path.write_text("tries = 3\n[limits]\ncell_seconds = 7.5\n[late]\npercent_per_day = 10\n")
    assert read_settings(tmp_path) == Settings(
        tries=3, limits=Limits(cell_seconds=7.5), late=Late(percent_per_day=10)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tries = ", "is not TOML"), ("trys = 3", "has the unknown setting 'trys'; it may have tries, db_url, exchange, limits, late"),
        ("tries = 1.5", "tries is 1.5; use a whole number of at least 0"),
        ("[late]\npercent_per_day = -1", "percent_per_day is -1; use a number of at least 0"),
        ("[limits]\ncell_seconds = true", "cell_seconds is True; use a number of at least 0"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "grading.toml").write_text(text)
    with pytest.raises(UserError) as error:
        read_settings(tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("late", "penalty"), [(-5, 0), (0, 0), (600, 0), (601, 2), (86_401 + 600, 4), (10**8, 20)]
)
def test_late(late: float, penalty: float) -> None:
    assert Late(percent_per_day=10, grace_minutes=10).penalty(20.0, late) == penalty


def result_with(text: str) -> dict[str, Any]:
    """A result in which everything that a student can influence is ``text``."""
    check = {
        "name": "c",
        "sentence": "S.",
        "points": 1,
        "passed": False,
        "message": text,
        "line": text,
        "misconception": None,
    }
    exercise = {
        "test": "t", "name": "e", "points": 0.0, "max_points": 1.0, "message": text, "checks": [check], "printed": text,
    }  # fmt: skip
    return {"problem": text, "exercises": [exercise]}


def test_a_page_is_escaped_and_small() -> None:
    script = "<script>alert(1)</script><img src=x onerror='a'>"
    page = pages.page(LAB, "<b>ada", result_with(script), {"e": script})
    assert "<script>" not in page
    assert "<img" not in page
    assert "<b>ada" not in page
    assert "&lt;script&gt;" in page
    large = pages.page(LAB, "ada", result_with("&" * 400_000), {"e": "<" * 10**6})
    assert len(large.encode()) <= pages.LARGEST_PAGE


def test_the_same_feedback_as_text_and_as_json(tmp_path: Path) -> None:
    pages.write_pages(tmp_path, LAB, "ada", result_with("why") | {"problem": ""}, {})
    assert "✗ S. (1 point)\n      why" in (tmp_path / f"{LAB}.txt").read_text()
    told = json.loads((tmp_path / f"{LAB}.json").read_text())
    assert told["exercises"][0]["checks"][0]["message"] == "why"
    assert (tmp_path / f"{LAB}.html").read_text().startswith("<!DOCTYPE html>")


def test_the_instructors_report() -> None:
    known = {"name": "m", "says": "three is not two", "url": "u"}
    check = {
        "name": "c",
        "sentence": "S.",
        "points": 1,
        "passed": False,
        "message": "",
        "line": "",
        "misconception": known,
    }
    exercise = {"test": "t", "name": "double", "points": 0.0, "max_points": 2.0, "checks": [check]}
    students = [
        StudentReport("ada", {"double": 0.0}, exercises=[exercise], attempts=["imports socket"]),
        StudentReport("bob", {"double": 0.0}, exercises=[exercise]),
        StudentReport("cyd", {"double": 2.0}, exercises=[exercise | {"points": 2.0, "checks": []}]),
    ]
    report = ClassReport(
        LAB, {"double": 2.0}, students, [{"exercise": "double", "students": ["ada", "bob"]}], unsafe=True
    )
    text = report.text()
    assert text.startswith("UNSAFE: these submissions ran without a jail")
    assert "Exercises most failed:\n  2 × double" in text
    assert "Misconceptions:\n  2 × double: three is not two" in text
    assert "ada: imports socket" in text
    assert "double: ada, bob" in text


def test_the_report_names_those_who_ran_in_containers() -> None:
    students = [
        StudentReport("ada", jail="container"),
        StudentReport("bob", jail="namespaces"),
        StudentReport("cyd"),
    ]
    assert ClassReport(LAB, {}, students).isolation() == [
        "CONTAINER: ada ran in containers of docker or podman, not in a jail of this kernel."
    ]
    assert ClassReport(LAB, {}, students[1:]).isolation() == []


def test_code_in_a_sentence_is_marked_up_after_it_is_escaped() -> None:
    result = result_with("`<b>` is no tag")
    result["exercises"][0]["checks"][0]["sentence"] = "`x < 1` holds, a lone ` stays, <i> too"
    result["exercises"][0]["message"] = "`f` is missing"
    shown = pages.page(LAB, "ada", result | {"problem": ""}, {"e": "`<code>`"})
    assert "<code>x &lt; 1</code> holds, a lone ` stays, &lt;i&gt; too (1 point)" in shown
    assert "<div class='why'><code>&lt;b&gt;</code> is no tag</div>" in shown
    assert "<p><code>f</code> is missing</p>" in shown
    assert "<pre>`&lt;code&gt;`</pre>" in shown


def test_differences_name_the_check() -> None:
    before = result_with("") | {"problem": "not JSON"}
    after = json.loads(json.dumps(before))
    after["exercises"][0]["points"] = 1.0
    after["exercises"][0]["checks"][0]["passed"] = True
    after["problem"] = ""
    assert differences(before, after) == ["e: 0 → 1; passes now: S.", "it can be read now"]
    assert differences(None, after) == []


@pytest.mark.parametrize(
    ("students", "workers", "message"),
    [
        ("", 0, "--workers 0 grades nothing"),
        ("nobody", 1, "no submission|holds no submission|there is no lab"),
    ],
)
def test_a_request_that_cannot_be_met_is_nothing_to_go_on_with(
    tmp_path, monkeypatch, students, workers, message
):
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "find_lesson", lambda lab: SimpleNamespace(name=lab))
    (tmp_path / "autograder").mkdir()
    with pytest.raises(UserError, match=message):
        commands.run_grading(("01-mini",), students, workers, resume=False, unsafe=False, again=False)
    with pytest.raises(UserError, match="no interrupted run is noted"):
        journal.unfinished(tmp_path / "autograder")
