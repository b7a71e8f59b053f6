"""The whole class over all labs, from the gradebook and the results that were kept; nothing is run."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from autograder.grading import intake, suspicion
from autograder.grading.config import COURSE, course_config
from autograder.grading.database import labs_in
from autograder.grading.exercises import exercise_name, own_answers
from autograder.grading.files import NotPlain, read_plain
from autograder.grading.gradebook import GradeWriter
from autograder.grading.report import ClassReport, Mistake, student_line
from autograder.grading.roster import Person, read_gradebook
from autograder.grading.settings import Late
from autograder.grading.store import Store
from autograder.grading.structure import read_structure
from autograder.plan import Plan, plan_of
from autograder.student.labfile import parse_lab
from autograder.student.times import FILE as TIMES
from seq2gpt.errors import UserError

LITTLE = 0.5  # of a lab's points: below this share somebody may need help
LARGEST_TIMES = 100_000
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Failed:
    """How many solved an exercise of those who tried it, and the share of its points that they earned."""

    lab: str
    exercise: str
    tried: int
    solved: int
    share: float


@dataclass(frozen=True)
class Effort:
    """How long an exercise took those who shared it: the median in minutes, and how many they are."""

    lab: str
    exercise: str
    minutes: float
    students: int


@dataclass
class Overview:
    """A class: everybody, each lab that was graded, and what students told about their time."""

    plan: Plan
    people: list[Person]
    labs: list[ClassReport]
    minutes: dict[tuple[str, str], list[float]]
    now: datetime

    def points(self, student: str, lab: ClassReport) -> tuple[float | None, float]:
        """What a student's points in a lab count for, None without a submission, and the most there is."""
        line = next((s for s in lab.students if s.student == student), None)
        plan = self.plan.of(lab.lab)
        if line is None:
            return None, plan.counted({}, lab.max_scores)[1]
        return plan.counted(line.scores, lab.max_scores, line.penalty)

    def total(self, student: str) -> tuple[float, float]:
        """What all labs that were graded count for, and the most there is."""
        counted = [self.points(student, lab) for lab in self.labs]
        return sum(earned or 0.0 for earned, _ in counted), sum(most for _, most in counted)

    def needs_a_look(self) -> list[tuple[str, list[str]]]:
        """Students about whom there is something to know, those with most of it first."""
        found = {person.id: list(self.remarks(person.id)) for person in self.people}
        return sorted(((s, r) for s, r in found.items() if r), key=lambda pair: (-len(pair[1]), pair[0]))

    def remarks(self, student: str) -> Iterator[str]:
        """What there is to know about one student."""
        for lab in self.labs:
            line = next((s for s in lab.students if s.student == student), None)
            if line is None:
                due = self.plan.of(lab.lab).due_for(student)
                if due is None or due < self.now:
                    yield f"{lab.lab}: nothing handed in"
                continue
            earned, most = self.points(student, lab)
            said = [line.problem] if line.problem else list(line.flags)
            if not line.problem and earned is not None and earned < LITTLE * most:
                said = [f"{earned:.3g} of {most:g} points", *said]
            said += [f"{line.penalty:.3g} points off for lateness"] if line.penalty else []
            said += [f"to be graded by hand: {', '.join(line.waiting)}"] if line.waiting else []
            said += [f"the code {attempt}" for attempt in line.attempts]
            for group in lab.alike:
                others = [other for other in group["students"] if other != student]
                if student in group["students"]:
                    said.append(f"{group['exercise']} nearly as {', '.join(others)}")
            yield from (f"{lab.lab}: {remark}" for remark in said)

    def failed(self) -> list[Failed]:
        """Exercises that somebody tried and did not solve, those with the smallest share of solutions first."""
        found = []
        for lab in self.labs:
            tried: dict[str, list[float]] = defaultdict(list)
            for s in lab.students:
                for e in s.exercises:
                    if e["checks"] and e["max_points"]:
                        tried[e["name"]].append((e["points"] or 0.0) / e["max_points"])
            found += [
                Failed(lab.lab, name, len(shares), sum(x == 1 for x in shares), sum(shares) / len(shares))
                for name, shares in tried.items()
            ]
        return sorted((f for f in found if f.solved < f.tried), key=lambda f: (f.solved / f.tried, f.share))

    def misconceptions(self) -> list[Mistake]:
        """Recognised mistakes of all labs, most frequent first."""
        found = [mistake for lab in self.labs for mistake in lab.misconceptions()]
        return sorted(found, key=lambda mistake: -mistake.students)

    def longest(self) -> list[Effort]:
        """How long exercises took, the longest first."""
        found = [Effort(*where, median(times), len(times)) for where, times in self.minutes.items()]
        return sorted(found, key=lambda effort: -effort.minutes)


def read_overview(root: Path, work: Path, now: datetime, labs: Sequence[str] = ()) -> Overview:
    """The class as the gradebook of ``work`` has it, for some labs or for all that were graded and are planned.

    What is missing counts against a student where ``now`` is past the due date.

    Raises ``UserError`` when nothing has been graded yet, or for a lab that has not.
    """
    plan = plan_of(root, work)
    db_url = str(course_config(root, work).CourseDirectory.db_url)
    known = labs_in(db_url, COURSE)
    unknown = [lab for lab in labs if lab not in known]
    if unknown or not known:
        what = (
            f"{', '.join(unknown)} has not been graded" if unknown else f"nothing in {work} has been graded"
        )
        raise UserError(f"{what} yet; do so with `seq2gpt course grade {(unknown or ['LAB'])[0]}`")
    wanted = list(labs) or plan.chosen(sorted(known))
    reports = [read_lab_report(root, work, lab, db_url) for lab in wanted]
    people = read_gradebook(db_url)
    return Overview(plan, people, reports, read_minutes(work, reports), now)


def read_lab_report(root: Path, work: Path, lab: str, db_url: str) -> ClassReport:
    """One lab of everybody whose submission is in the gradebook."""
    store, order = Store(work / ".graded"), read_structure(db_url, lab, lab)
    most = {exercise_name(lab, cell.name): cell.points for cell in order if cell.points is not None}
    with GradeWriter(db_url, COURSE, lab, Late()) as writer:
        scores, penalties, waiting = writer.scores(), writer.penalties(), writer.waiting()
    nothing: dict[str, Any] = {
        "problem": "", "repairs": [], "flags": [], "seconds": 0.0, "exercises": [], "attempts": [], "jail": "",
    }  # fmt: skip
    lines, answers = [], {}
    for student in sorted(scores):
        result = nothing | (store.entered(lab, student) or {}).get("result", {})
        lines.append(
            student_line(
                lab, student, result, scores[student], penalties.get(student, 0.0), waiting.get(student, ())
            )
        )
        graded = work / "autograded" / student / lab / f"{lab}.ipynb"
        if graded.is_file():
            answers[student] = parse_lab(graded, graded.read_bytes(), lab).answers
    source = root / "solutions" / lab / f"{lab}.ipynb"
    own = own_answers(lab, source) if source.is_file() else {}
    return ClassReport(lab, most, lines, suspicion.alike(answers, own))


def read_minutes(work: Path, reports: Sequence[ClassReport]) -> dict[tuple[str, str], list[float]]:
    """What students told about their time, by lab and exercise."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for report in reports:
        for student in intake.students_of(work / "submitted"):
            for exercise, minutes in told_by(work / "submitted" / student / report.lab / TIMES).items():
                if exercise in report.max_scores:
                    found[report.lab, exercise].append(minutes)
    return dict(found)


def told_by(path: Path) -> dict[str, float]:
    """Minutes by exercise in a file of a student's; nothing of it is believed that is no number of minutes in a day."""
    try:
        entries = json.loads(read_plain(path, LARGEST_TIMES))["exercises"]
        told = {str(name): entry["minutes"] for name, entry in entries.items()}
    except (NotPlain, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {
        name: float(minutes)
        for name, minutes in told.items()
        if type(minutes) in (int, float) and math.isfinite(minutes) and 0 < minutes <= DAY_MINUTES
    }
