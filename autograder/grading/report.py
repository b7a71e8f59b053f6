"""The result of grading a class, for people and for spreadsheets."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.grading.exercises import exercise_name
from autograder.grading.store import write_whole
from autograder.grading.wording import harmless


@dataclass
class StudentReport:
    """One student's points by exercise, and what the instructor should know."""

    student: str
    scores: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    flags: list[str] = field(default_factory=list)
    seconds: float = 0.0
    graded_now: bool = True
    penalty: float = 0.0
    exercises: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    before: float | None = None
    reasons: list[str] = field(default_factory=list)
    jail: str = ""
    waiting: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        """All points earned, less what lateness costs; what waits for a person counts as the gradebook has it."""
        return sum(self.scores.values()) - self.penalty

    def points(self, exercise: str) -> str:
        """The points of an exercise, with a question mark while a person has to grade it."""
        return f"{self.scores.get(exercise, 0):g}{'?' if exercise in self.waiting else ''}"


@dataclass(frozen=True)
class Mistake:
    """A recognised mistake: ``id`` in the course's catalogue, what clears it up and where, and how many made it."""

    lab: str
    exercise: str
    id: str
    says: str
    url: str
    students: int


def student_line(
    lab: str,
    student: str,
    result: dict[str, Any],
    scores: dict[str, float],
    penalty: float = 0.0,
    waiting: Sequence[str] = (),
) -> StudentReport:
    """What a kept result and the gradebook say about a student; ``scores`` and ``waiting`` go by test."""
    return StudentReport(
        student,
        {exercise_name(lab, name): points for name, points in scores.items()},
        result["problem"],
        result["repairs"] + result["flags"],
        result["seconds"],
        penalty=penalty,
        exercises=result["exercises"],
        attempts=result["attempts"],
        jail=result["jail"],
        waiting=[exercise_name(lab, name) for name in waiting],
    )


@dataclass
class ClassReport:
    """One lab, all students, in alphabetical order."""

    lab: str
    max_scores: dict[str, float]
    students: list[StudentReport]
    alike: list[dict[str, Any]] = field(default_factory=list)
    unsafe: bool = False
    added: list[str] = field(default_factory=list)

    @property
    def max_score(self) -> float:
        """Points of a perfect submission."""
        return sum(self.max_scores.values())

    def scores(self) -> dict[str, float]:
        """The points of each student."""
        return {s.student: s.score for s in self.students}

    def table(self) -> str:
        """Scores as aligned columns, then a line for each thing to know."""
        rows = [["student", "score", *self.max_scores, "s"]]
        rows.append(["maximum", f"{self.max_score:g}", *(f"{m:g}" for m in self.max_scores.values()), ""])
        for s in self.students:
            points = [s.points(name) for name in self.max_scores]
            rows.append([s.student, f"{s.score:g}", *points, f"{s.seconds:.0f}" if s.graded_now else "–"])
        lines = aligned(rows)
        for s in self.students:
            lines += [f"{s.student}: {remark}" for remark in ([s.problem] if s.problem else []) + s.flags]
        return "\n".join(lines)

    def failed_exercises(self) -> list[tuple[str, int]]:
        """Exercises with the number of students who tried and did not get all points, most failed first."""
        failed: Counter[str] = Counter()
        for s in self.students:
            failed.update(
                e["name"] for e in s.exercises if e["checks"] and (e["points"] or 0) < e["max_points"]
            )
        return failed.most_common()

    def needs_manual_grade(self) -> list[tuple[str, int]]:
        """Exercises with the number of students whose answers a person has to grade, in the order of the lab."""
        waiting = Counter(name for s in self.students for name in s.waiting)
        return [(name, waiting[name]) for name in self.max_scores if waiting[name]]

    def misconceptions(self) -> list[Mistake]:
        """Recognised mistakes with the number of students who made them, most frequent first."""
        found: Counter[Mistake] = Counter()
        for s in self.students:
            known = [
                (e["name"], c["misconception"])
                for e in s.exercises
                for c in e["checks"]
                if c.get("misconception")
            ]
            found.update(
                {
                    Mistake(self.lab, name, m.get("id") or m["name"], m["says"], m["url"], 0)
                    for name, m in known
                }
            )
        return [replace(mistake, students=n) for mistake, n in found.most_common()]

    def changes(self) -> list[str]:
        """Whose score is another than before, and why."""
        lines = []
        for s in self.students:
            if s.before is not None and s.before != s.score:
                lines += [
                    f"{s.student}: {s.before:g} → {s.score:g}",
                    *(f"    {reason}" for reason in s.reasons),
                ]
        return lines

    def text(self) -> str:
        """The whole report: the table, then what an instructor may want to look at."""
        sections = {
            "Not on the gradebook's list of students until now, and added to it; a name that is nobody's is a "
            "folder with a wrong name": [", ".join(self.added)] if self.added else [],
            "Needs manual grade, marked ? above; `nbgrader formgrader` shows the answers": [
                f"{n} × {name}" for name, n in self.needs_manual_grade()
            ],
            "Exercises most failed": [f"{n} × {name}" for name, n in self.failed_exercises()],
            "Misconceptions": [f"{m.students} × {m.exercise}: {m.says}" for m in self.misconceptions()],
            "Worth a question: the code reaches for what no exercise needs": [
                f"{s.student}: {', '.join(s.attempts)}" for s in self.students if s.attempts
            ],
            "Worth a question: answers that differ in names and layout at most, which can have honest reasons": [
                f"{q['exercise']}: {', '.join(q['students'])}" for q in self.alike
            ],
        }
        parts = [*self.isolation(), self.table()]
        parts += [
            "\n".join([f"{title}:", *(f"  {line}" for line in lines)])
            for title, lines in sections.items()
            if lines
        ]
        return harmless("\n\n".join(parts))

    def isolation(self) -> list[str]:
        """What to know about where submissions ran; nothing if it was the kernel's own jail."""
        ran = [s for s in self.students if s.jail]
        contained = [s.student for s in ran if s.jail == "container"]
        who = "these submissions" if len(contained) == len(ran) else ", ".join(contained)
        unsafe = "UNSAFE: these submissions ran without a jail, because --unsafe-no-sandbox was given."
        container = f"CONTAINER: {who} ran in containers of docker or podman, not in a jail of this kernel."
        return [*([unsafe] if self.unsafe else []), *([container] if contained else [])]

    def write_json(self, path: Path) -> None:
        """Everything, for programs."""
        data = {
            "lab": self.lab,
            "unsafe": self.unsafe,
            "max_scores": self.max_scores,
            "students": {s.student: asdict(s) | {"score": s.score} for s in self.students},
            "needs_manual_grade": self.needs_manual_grade(),
            "failed_exercises": self.failed_exercises(),
            "misconceptions": [asdict(m) for m in self.misconceptions()],
            "alike": self.alike,
            "added": self.added,
        }
        write_whole(path, json.dumps(data, indent=1))

    def write_csv(self, path: Path) -> None:
        """One row for each student, one column for each exercise."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            extra = ["needs manual grade", "problem", "flags", "jail"]
            writer.writerow(["student", "score", "max_score", *self.max_scores, *extra])
            for s in self.students:
                points = [f"{s.scores.get(name, 0):g}" for name in self.max_scores]
                remarks = [as_text("; ".join(remark)) for remark in (s.waiting, [s.problem], s.flags)]
                remarks.append(s.jail)
                writer.writerow(
                    [as_text(s.student), f"{s.score:g}", f"{self.max_score:g}", *points, *remarks]
                )


def differences(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """What an exercise earns now and did not before, or the other way round, with the checks that decide it."""
    if before is None:
        return []
    lines = []
    earlier = {exercise["test"]: exercise for exercise in before["exercises"]}
    for exercise in after["exercises"]:
        old = earlier.get(exercise["test"])
        if old is None or old["points"] == exercise["points"]:
            continue
        passed = {check["name"]: check["passed"] for check in old["checks"]}
        turned = [c for c in exercise["checks"] if passed.get(c["name"]) != c["passed"]]
        words = [f"{'passes' if c['passed'] else 'fails'} now: {c['sentence']}" for c in turned]
        earned = f"{exercise['name']}: {old['points'] or 0:g} → {exercise['points'] or 0:g}"
        lines.append("; ".join([earned, *words]))
    if before["problem"] != after["problem"]:
        lines.append(after["problem"] or "it can be read now")
    return lines


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width: names to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


def as_text(value: str) -> str:
    """Keep a spreadsheet from taking a name such as ``=1+1`` for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value
