"""What ``seq2gpt course …`` does for those who make the course and grade it. Each command prints a short report; mistakes are ``UserError``\\ s."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autograder import lessons
from seq2gpt.errors import UserError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from autograder.grading.report import ClassReport


def build(check: bool = False) -> None:
    """Build the labs' notebooks where a source changed; with ``check`` only say whether they are current."""
    from autograder.build import build as build_labs

    written = build_labs(check)
    for path in written:
        print(f"wrote {path.relative_to(lessons.ROOT)}")
    if not written:
        print("all notebooks are up to date")


def grade(
    labs: tuple[str, ...],
    students: str = "",
    workers: int | None = None,
    resume: bool = False,
    cluster: str = "",
    unsafe_no_sandbox: bool = False,
) -> None:
    """Grade the submissions to labs, such as ``07-attention``, that lie in ``autograder/submitted``.

    STUDENTS are names with commas between; without them everybody is graded. What has not changed since it was graded is
    not run again. RESUME goes on with a run that was interrupted, with what was asked for then. CLUSTER is the address
    of a Dask scheduler whose workers grade in place of processes of this machine.
    """
    run_grading(labs, students, workers, resume, unsafe_no_sandbox, again=False, cluster=cluster)


def regrade(labs: tuple[str, ...], students: str = "", workers: int | None = None) -> None:
    """Run submissions again, after a check was corrected, and show whose score changed and why."""
    for report in run_grading(labs, students, workers, resume=False, unsafe=False, again=True):
        print("\n".join([f"\nScores of {report.lab} that changed:", *(report.changes() or ["none"])]))


def run_grading(
    labs: tuple[str, ...],
    students: str,
    workers: int | None,
    resume: bool,
    unsafe: bool,
    again: bool,
    cluster: str = "",
) -> "list[ClassReport]":
    """Grade several labs one after another and print their reports."""
    if not (labs or resume):
        raise UserError("no lab is named; name one, such as 07-attention")
    names = [lessons.find_lesson(lab).name for lab in labs]  # before nbgrader is loaded, which takes seconds
    from autograder.grading import journal
    from autograder.grading.run import grade_lab

    more: dict[str, Any] = {"make_executor": partial(on_cluster, cluster)} if cluster else {}
    work = lessons.ROOT / "autograder"
    wanted = tuple(filter(None, map(str.strip, students.split(",")))) or None
    asked = journal.Request(tuple(names), wanted, workers, unsafe)
    request = journal.unfinished(work, unsafe) if resume else asked
    journal.begin(work, request)
    reports = []
    for lab in request.labs:
        try:
            report = grade_lab(
                lessons.ROOT, work, lab, request.students, request.workers, again=again, unsafe=unsafe, **more
            )
        except journal.UnknownRequestError:
            journal.finish(work)
            raise
        reports.append(report)
        print(report.text())
    journal.finish(work)
    print(f"\nScores: {work / 'grades.csv'}\nFeedback: {work / 'feedback'}")
    return reports


def on_cluster(address: str, _workers: int) -> "Executor":
    """The executor for :func:`grade_lab`."""
    from autograder.grading.cluster import connect

    return connect(address)


def site(
    out: Path = Path("build/site"),
    format: Literal["html", "epub", "pdf"] = "html",
    solutions: Literal["folded", "none"] = "folded",
    model: Path = Path("build/model/gpt.bin"),
) -> None:
    """Build the site into the folder OUT, or the book as one file beside it: EPUB, or PDF printed by Chromium.

    SOLUTIONS are folded below each exercise, or, for a class, in no file of the site. MODEL is the GPT that writes in the
    page, as `make course` exports it; where the file is missing the page says how to make one.
    """
    from autograder import book
    from autograder.site import build_site

    given = model if model.is_file() else None
    if format == "html":
        written = build_site(out, given, solutions)
    else:
        written = (book.write_epub if format == "epub" else book.write_pdf)(out, given, solutions)
    print(f"wrote {written}")


def make_all() -> None:
    """Build the labs, grade a sample class, train a small GPT and build the site with it."""
    from autograder.pipeline import make_all as make

    make()
