"""Results go into nbgrader's gradebook, one submission after another, from one process."""

import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError, SAWarning
from tqdm.auto import tqdm

from autograder.grading.exercises import HandGrade
from autograder.grading.settings import Late
from autograder.plan import LabPlan
from seq2gpt.errors import UserError

LOCKED_SECONDS = 30.0
T = TypeVar("T")


class GradeWriter:
    """The gradebook of a course, open for one lab."""

    def __init__(self, db_url: str, course: str, lab: str, late: Late, plan: LabPlan | None = None) -> None:
        self.gradebook: Gradebook = patiently(lambda: Gradebook(db_url, course), lambda: None)
        self.lab = lab
        self.late = late
        self.plan = plan or LabPlan()
        self.patient(self._plan_due)

    def _plan_due(self) -> None:
        """A date of ``course.toml`` goes into the gradebook; without one, what was entered there stays."""
        if self.plan.due:
            self.gradebook.update_or_create_assignment(self.lab, duedate=naive_utc(self.plan.due))

    def due(self, student: str) -> datetime | None:
        """When a student has to hand in, in UTC; None without a date."""
        return self.patient(lambda: self._due(student))

    def _due(self, student: str) -> datetime | None:
        if self.plan.due:
            return naive_utc(self.plan.due_for(student) or self.plan.due)
        with contextlib.suppress(MissingEntry):
            found: datetime | None = self.gradebook.find_submission(self.lab, student).duedate
            return found
        assigned: datetime | None = self.gradebook.find_assignment(self.lab).duedate
        return assigned

    def enter(self, student: str, result: dict[str, Any], timestamp: datetime | None) -> float:
        """Enter the scores of one submission, all of them or none; returns what lateness costs.

        What a person has corrected stays, and is marked for another look. ``UserError`` if the gradebook stays
        locked by another program.
        """
        with quiet():
            return self.patient(lambda: self._enter(student, result, timestamp))

    def _enter(self, student: str, result: dict[str, Any], timestamp: datetime | None) -> float:
        total = 0.0
        self.gradebook.update_or_create_student(student)
        stamp = {"timestamp": timestamp.isoformat(" ")} if timestamp else {}
        submission = self.gradebook.update_or_create_submission(self.lab, student, **stamp)
        if self.plan.due:
            submission.extension = (self.plan.due_for(student) or self.plan.due) - self.plan.due or None
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                score = result["scores"].get(grade.name)
                grade.auto_score = score
                grade.needs_manual_grade = score is None or grade.manual_score is not None
            for comment in notebook.comments:
                comment.auto_comment = (
                    "No response." if comment.name in result.get("unanswered", ()) else None
                )
            self.gradebook.db.flush()
            penalty = self.late.penalty(float(notebook.score), float(submission.total_seconds_late))
            notebook.late_submission_penalty = penalty or None
            total += penalty
        self.gradebook.db.commit()
        return total

    def students(self) -> set[str]:
        """Everybody on the roster."""
        return {str(student.id) for student in self.patient(lambda: self.gradebook.students)}

    def patient(self, step: Callable[[], T]) -> T:
        """Use the gradebook when other programs let us."""
        return patiently(step, self.gradebook.db.rollback)

    def scores(self) -> dict[str, dict[str, float]]:
        """Everybody's points by test, corrections by hand included."""
        return self.patient(self._scores)

    def _scores(self) -> dict[str, dict[str, float]]:
        found = {}
        self.gradebook.db.expire_all()
        with contextlib.suppress(MissingEntry):
            for submission in self.gradebook.assignment_submissions(self.lab):
                grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
                found[str(submission.student_id)] = {str(g.name): float(g.score) for g in grades}
        return found

    def waiting(self) -> dict[str, list[str]]:
        """The cells of each student that a person has to grade, or to look at again after a correction."""
        return self.patient(self._waiting)

    def _waiting(self) -> dict[str, list[str]]:
        return {
            str(submission.student_id): [
                str(grade.name)
                for notebook in submission.notebooks
                for grade in notebook.grades
                if grade.needs_manual_grade
            ]
            for submission in self.gradebook.assignment_submissions(self.lab)
        }

    def by_hand(self) -> dict[str, dict[str, HandGrade]]:
        """What a person gave and wrote in the formgrader, of each student by cell."""
        return self.patient(self._by_hand)

    def _by_hand(self) -> dict[str, dict[str, HandGrade]]:
        found: dict[str, dict[str, HandGrade]] = {}
        for submission in self.gradebook.assignment_submissions(self.lab):
            cells: dict[str, HandGrade] = {}
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    if grade.manual_score is not None:
                        again = bool(grade.needs_manual_grade)
                        cells[str(grade.name)] = HandGrade(float(grade.score), again=again)
                for comment in notebook.comments:
                    if comment.manual_comment:
                        known = cells.get(str(comment.name), HandGrade())
                        cells[str(comment.name)] = replace(known, comment=str(comment.manual_comment))
            if cells:
                found[str(submission.student_id)] = cells
        return found

    def penalties(self) -> dict[str, float]:
        """What lateness costs each student who was late."""
        return self.patient(self._penalties)

    def _penalties(self) -> dict[str, float]:
        found = {}
        for submission in self.gradebook.assignment_submissions(self.lab):
            penalty = sum(float(n.late_submission_penalty or 0) for n in submission.notebooks)
            if penalty:
                found[str(submission.student_id)] = penalty
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gradebook.close()


def naive_utc(moment: datetime) -> datetime:
    """A moment as nbgrader keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def patiently(step: Callable[[], T], undo: Callable[[], None]) -> T:
    """Do something that another program's lock may prevent for a while."""
    deadline = time.monotonic() + LOCKED_SECONDS
    told = False
    while True:
        try:
            return step()
        except OperationalError as error:
            undo()
            why = str(error.orig or error).strip().splitlines()[0]
            if "locked" not in why.lower() or time.monotonic() > deadline:
                raise UserError(f"the gradebook cannot be used ({why}); {remedy(why)}") from error
            if not told:
                tqdm.write(
                    f"the gradebook is in use by another program, such as the formgrader; waiting for it "
                    f"({LOCKED_SECONDS:g} seconds at most)",
                    file=sys.stderr,
                )
                told = True
            time.sleep(0.2)


def remedy(why: str) -> str:
    """What to do about what the database says."""
    if "locked" in why.lower():
        return "close what uses it; `seq2gpt course grade --resume` goes on"
    if "full" in why.lower():
        return "free some space; `seq2gpt course grade --resume` goes on"
    if "no such column" in why.lower():
        return "bring an old gradebook up to date with `nbgrader db upgrade`"
    return "mend that; `seq2gpt course grade --resume` goes on"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """nbgrader adds rows in an order that SQLAlchemy 2 remarks on; the rows are right."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)
        yield


def timestamp_of(folder: Path) -> datetime | None:
    """When a submission was handed in, from nbgrader's file beside it; None if it does not say."""
    try:
        text = (folder / "timestamp.txt").read_text(encoding="utf-8").strip()
        found: datetime | None = parse_utc(text) if text else None
    except (OSError, ValueError, OverflowError):
        return None
    return found
