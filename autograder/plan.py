"""What an instructor decides about their own course, in ``course.toml``: which labs, by when, and what they count for.

title = "Language models, autumn"

[labs.07-attention]
due = 2026-11-20T18:00:00+01:00
points = 20                  # what the lab counts for; without it, the sum of its exercises

[labs.07-attention.exercises]
softmax = 5                  # what an exercise counts for; without it, its own points

[labs.07-attention.extensions]
ada = 2026-11-27T18:00:00+01:00

Without the file every lab belongs to the course, nothing is ever late, and points count as they are.
"""

import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError

FILE = "course.toml"
EXAMPLE = "2026-11-20T18:00:00+01:00"


@dataclass(frozen=True)
class LabPlan:
    """One lab of the course; what is not said is as the lab has it."""

    due: datetime | None = None
    points: float | None = None
    exercises: Mapping[str, float] = field(default_factory=dict)
    extensions: Mapping[str, datetime] = field(default_factory=dict)

    def due_for(self, student: str) -> datetime | None:
        """When a student has to hand in."""
        return self.extensions.get(student, self.due)

    def counted(
        self, scores: Mapping[str, float], most: Mapping[str, float], penalty: float = 0.0
    ) -> tuple[float, float]:
        """What points count for, and what all points would; ``scores`` and ``most`` go by exercise. Lateness costs its share.

        >>> LabPlan(points=20).counted({"a": 2, "b": 0}, {"a": 2, "b": 2}, penalty=1)
        (5.0, 20.0)
        """
        worth = {name: self.exercises.get(name, points) for name, points in most.items()}
        earned = sum(worth[name] * scores.get(name, 0.0) / points for name, points in most.items() if points)
        raw, whole = sum(scores.get(name, 0.0) for name in most), sum(worth.values())
        kept = earned * (1 - penalty / raw) if raw else 0.0
        most_counted = whole if self.points is None or not whole else self.points
        return (kept * most_counted / whole if whole else 0.0), most_counted


@dataclass(frozen=True)
class Plan:
    """The whole course; no labs mean all that there are."""

    title: str = ""
    labs: Mapping[str, LabPlan] = field(default_factory=dict)

    def of(self, lab: str) -> LabPlan:
        """What is planned for a lab."""
        return self.labs.get(lab, LabPlan())

    def chosen(self, labs: Collection[str]) -> list[str]:
        """Those of ``labs`` that belong to the course, in their order."""
        return [lab for lab in labs if not self.labs or lab in self.labs]

    @property
    def public(self) -> str:
        """The file as students get it: extensions are nobody else's business."""
        lines = [f"title = {json.dumps(self.title, ensure_ascii=False)}"]
        for lab, plan in self.labs.items():
            lines += ["", f"[labs.{lab}]"]
            lines += [f"due = {plan.due.isoformat()}"] if plan.due else []
            lines += [f"points = {plan.points:g}"] if plan.points is not None else []
            if plan.exercises:
                lines += ["", f"[labs.{lab}.exercises]"]
                lines += [f"{json.dumps(name)} = {points:g}" for name, points in plan.exercises.items()]
        return "\n".join(lines) + "\n"


NO_PLAN = Plan()


def read_plan(path: Path, labs: Mapping[str, Collection[str]] | Collection[str] = ()) -> Plan:
    """The plan in a file; one without decisions if there is none.

    ``labs`` are the labs that exist, with their exercises if known. Raises ``UserError`` for a file that cannot be used.
    """
    if not path.exists():
        return Plan()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML ({error}); correct that line") from None
    only(found, ("title", "labs"), f"{path}")
    title = found.get("title", "")
    if not isinstance(title, str):
        raise UserError(f"{path}: title is {title!r}; put it in quotes")
    planned = {
        lab: lab_plan(values, f"{path} [labs.{lab}]") for lab, values in table(found, "labs", path).items()
    }
    for lab, plan in planned.items():
        if labs:
            only({lab: 0}, labs, f"{path} [labs]", "lab")
        if isinstance(labs, Mapping):
            only(plan.exercises, labs[lab], f"{path} [labs.{lab}.exercises]", "exercise")
    return Plan(title, planned)


def labs_of(root: Path) -> list[str]:
    """The labs of a checkout that are built, in the order of the course."""
    return sorted(p.name for p in (root / "solutions").glob("*") if p.is_dir())


def plan_of(root: Path, work: Path) -> Plan:
    """What the instructor decided about the course in ``root`` that is graded in ``work``."""
    return read_plan(work / FILE, labs_of(root))


def lab_plan(values: Any, where: str) -> LabPlan:
    """One table of the file."""
    if not isinstance(values, dict):
        raise UserError(
            f"{where} is {values!r}; write a table: the line {where.split()[-1]}, and settings below it"
        )
    only(values, ("due", "points", "exercises", "extensions"), where)
    due = date_of(values["due"], f"{where}: due") if "due" in values else None
    points = number_of(values["points"], f"{where}: points") if "points" in values else None
    exercises = {k: number_of(v, f"{where}: {k}") for k, v in table(values, "exercises", where).items()}
    extensions = {k: date_of(v, f"{where}: {k}") for k, v in table(values, "extensions", where).items()}
    if extensions and due is None:
        raise UserError(f"{where} has extensions and no date to extend; add the line due = {EXAMPLE}")
    return LabPlan(due, points, exercises, extensions)


def only(values: Collection[str], known: Collection[str], where: str, what: str = "setting") -> None:
    """``UserError`` for a name that means nothing."""
    for name in values:
        if name not in known:
            raise UserError(f"{where} has the unknown {what} {name!r}; it may have {', '.join(known)}")


def table(values: Mapping[str, Any], name: str, where: object) -> dict[str, Any]:
    """A table in a table; empty if it is not there."""
    found = values.get(name, {})
    if not isinstance(found, dict):
        raise UserError(f"{where}: {name} is {found!r}; it is a table, with settings of its own below it")
    return found


def date_of(value: Any, where: str) -> datetime:
    """A moment: a date, a time, and how far that clock is from UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise UserError(f"{where} is {value!s}; write date, time and zone without quotes, such as {EXAMPLE}")
    return value


def number_of(value: Any, where: str) -> float:
    """Points."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise UserError(f"{where} is {value!r}; use a number of at least 0")
    return float(value)
