"""The result of grading a class, for people and for spreadsheets."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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

    @property
    def score(self) -> float:
        """All points earned, less what lateness costs."""
        return sum(self.scores.values()) - self.penalty


@dataclass
class ClassReport:
    """One lab, all students, in alphabetical order."""

    lab: str
    max_scores: dict[str, float]
    students: list[StudentReport]

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
            points = [f"{s.scores.get(name, 0):g}" for name in self.max_scores]
            rows.append([s.student, f"{s.score:g}", *points, f"{s.seconds:.0f}" if s.graded_now else "–"])
        lines = aligned(rows)
        for s in self.students:
            lines += [f"{s.student}: {remark}" for remark in ([s.problem] if s.problem else []) + s.flags]
        return "\n".join(lines)

    def write_csv(self, path: Path) -> None:
        """One row for each student, one column for each exercise."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["student", "score", "max_score", *self.max_scores, "problem", "flags"])
            for s in self.students:
                points = [f"{s.scores.get(name, 0):g}" for name in self.max_scores]
                remarks = [as_text(s.problem), as_text("; ".join(s.flags))]
                writer.writerow(
                    [as_text(s.student), f"{s.score:g}", f"{self.max_score:g}", *points, *remarks]
                )


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
