"""How long exercises took, from the moments at which they were checked.

The moments are in the student's own folder and stay there, unless the student hands them in.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.student.progress import MARKER, RECORD, entries

FILE = "times.json"
PAUSE = timedelta(minutes=30)  # nobody checks nothing for that long: it was a pause


@dataclass
class Spent:
    """What an exercise took until all its points were earned, or until now."""

    minutes: float = 0.0
    checks: int = 0
    hints: int = 0
    solved: bool = False


def times_of(lab: str, record: Iterable[Mapping[str, Any]]) -> dict[str, Spent]:
    """The time of each exercise of a lab, from the entries of a folder's record.

    The time between two entries counts for the exercise of the later one; more than half an hour is a pause and counts
    for none. What happens to an exercise after it was solved counts no more.
    """
    spent: dict[str, Spent] = {}
    before: datetime | None = None
    for entry in record:
        try:
            moment = datetime.fromisoformat(entry["at"]).astimezone()
            here, name = entry["lab"] == lab, entry.get("exercise")
        except (KeyError, TypeError, ValueError):
            continue
        gap = moment - before if before else timedelta()
        before = moment
        if not here or not isinstance(name, str):
            continue
        exercise = spent.setdefault(name, Spent())
        if exercise.solved:
            continue
        exercise.minutes += gap / timedelta(minutes=1) if timedelta() < gap <= PAUSE else 0.0
        exercise.checks += "points" in entry
        exercise.hints += "hints" in entry
        exercise.solved = "points" in entry and entry["points"] == entry.get("max")
    return spent


def shared_times(workspace: Path, lab: str) -> str:
    """What a student hands in about their time, as JSON: numbers for each exercise, no moments."""
    spent = times_of(lab, entries(workspace / MARKER / RECORD))
    told = {name: asdict(s) | {"minutes": round(s.minutes, 1)} for name, s in spent.items()}
    return json.dumps({"exercises": told}, indent=1) + "\n"
