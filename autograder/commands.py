"""What ``seq2gpt course …`` does for those who make the course and grade it. Each command prints a short report; mistakes are ``UserError``\\ s."""

from collections.abc import Callable
from datetime import UTC, datetime
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
    names = [lessons.find_lesson(lab).name for lab in labs]  # before nbgrader is loaded, which takes a second
    if not cluster:
        from autograder.grading import server

        server.begin()  # it imports the engine beside us
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


def roster(tables: tuple[Path, ...]) -> None:
    """List the class, or enter TABLES, such as ``class.csv``, into the gradebook.

    A table has a heading line with at least a column of ids, the names of the students' folders; names and e-mail addresses
    are taken where they are given. Students who are there already are corrected; nobody is ever removed.
    """
    from autograder.grading import roster as class_list

    people = [person for table in tables for person in class_list.read_roster(table)]  # all of them, or none
    work = lessons.ROOT / "autograder"
    url = gradebook_of(work)
    if not tables:
        found = class_list.read_gradebook(url)
        rows = [[p.id, p.last_name, p.first_name, p.email] for p in found]
        print("\n".join("  ".join(cell.ljust(20) for cell in row).rstrip() for row in rows))
        print(f"{len(found)} students. To enter some: `seq2gpt course roster class.csv`")
        return
    entered = class_list.enter_roster(url, people)
    same = len(people) - len(entered.added) - len(entered.changed)
    print(f"{len(entered.added)} students added, {len(entered.changed)} corrected, {same} as they were.")
    if left := sorted(entered.before - {person.id for person in people}):
        print(f"In the gradebook, and not in the table; they stay: {', '.join(left)}")


def report(labs: tuple[str, ...], to: Path | None = None) -> None:
    """Show the class over all labs, or over LABS: scores, who needs a look, what was hard, which mistakes are common.

    Nothing is run; it shows what ``grade`` found. TO is a file to write it to as well: its name ends in .html, .txt, or in
    .csv for a table with everybody's points.
    """
    from autograder.grading.overview import read_overview
    from autograder.grading.overview_pages import text_of, write_overview

    overview = read_overview(lessons.ROOT, lessons.ROOT / "autograder", datetime.now(UTC), labs)
    if to:
        write_overview(overview, to)
        print(f"wrote {to}")
    else:
        print(text_of(overview), end="")


def release(folder: Path) -> None:
    """Write what students get to FOLDER: the labs that ``autograder/course.toml`` chooses, with its dates and points.

    They start from it with ``seq2gpt course start mywork --labs FOLDER``. Released again, a folder is renewed.
    """
    from autograder.handout import hand_out

    plan, labs = hand_out(lessons.ROOT, lessons.ROOT / "autograder", folder)
    for lab in labs:
        due = plan.of(lab).due
        print(f"{lab}  due {due.isoformat(' ', 'minutes')}" if due else lab)
    print(f"{folder} holds {len(labs)} labs. Students: `seq2gpt course start mywork --labs {folder}`")


def gradebook_of(work: Path) -> str:
    """The address of the gradebook."""
    from autograder.grading.config import course_config

    return str(course_config(lessons.ROOT, work).CourseDirectory.db_url)


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

    makers: dict[str, Callable[..., Path]] = {
        "html": build_site,
        "epub": book.write_epub,
        "pdf": book.write_pdf,
    }
    print(f"wrote {makers[format](out, model if model.is_file() else None, solutions)}")


def make_all() -> None:
    """Build the labs, grade a sample class, train a small GPT and build the site with it."""
    from autograder.pipeline import make_all as make

    make()
