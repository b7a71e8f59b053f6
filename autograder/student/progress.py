"""What has been solved in a student's folder: a line for every check and every hint, kept in ``.seq2gpt``.

Lines are only ever appended, so two notebooks that are open at once cannot undo each other's entries.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.kernel import kernel_shell

MARKER = ".seq2gpt"
RECORD = "progress.jsonl"


@dataclass
class Standing:
    """How an exercise stands: its last check, the text that was checked, the hints opened from the terminal."""

    points: float = 0
    max_points: float = 0
    digest: str = ""
    hints: int = 0
    checks: int = 0

    @property
    def solved(self) -> bool:
        """All points at the last check."""
        return self.checks > 0 and self.points == self.max_points


@dataclass
class Progress:
    """Every exercise that was checked or hinted at, by lab and name, and the days on which points were earned."""

    exercises: dict[tuple[str, str], Standing] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)

    def of(self, lab: str, exercise: str) -> Standing:
        """The standing of an exercise, that of an untouched one if there is nothing about it."""
        return self.exercises.setdefault((lab, exercise), Standing())

    def streak(self, today: date) -> int:
        """Days in a row with points, up to today, or up to yesterday if today has none yet.

        >>> Progress(days={date(2026, 5, 1), date(2026, 5, 2)}).streak(date(2026, 5, 3))
        2
        """
        day = today if today in self.days else today - timedelta(days=1)
        length = 0
        while day in self.days:
            day, length = day - timedelta(days=1), length + 1
        return length


def workspace_of(folder: Path) -> Path | None:
    """The student's folder that ``folder`` is or lies in; ``None`` if there is none."""
    folder = folder.resolve()
    return next((f for f in (folder, *folder.parents[:3]) if (f / MARKER).is_dir()), None)


def digest(text: str) -> str:
    """What tells one answer from another; spaces and line ends make no difference."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def note(workspace: Path, **entry: Any) -> bool:
    """Append one entry with the time; a folder that cannot be written loses the entry and nothing else.

    Returns whether the entry is kept.
    """
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    with contextlib.suppress(OSError):
        folder = workspace / MARKER
        folder.mkdir(exist_ok=True)
        with (folder / RECORD).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry | {"at": at}) + "\n")
        return True
    return False


def note_check(workspace: Path, report: Any, source: str) -> bool:
    """Enter what ``check`` found about an answer whose text is ``source``; whether it is kept."""
    return note(
        workspace,
        lab=report.lab,
        exercise=report.exercise,
        points=report.points,
        max=report.max_points,
        digest=digest(source),
    )


def remember(report: Any, name: str) -> None:
    """Enter the report of an answer called ``name`` that was checked in a notebook of a student's folder."""
    shell, workspace = kernel_shell(), workspace_of(Path.cwd())
    if shell and workspace:
        note_check(workspace, report, cell_that_defines(name, shell.history_manager.input_hist_raw))


def remember_opening(lab: str) -> None:
    """Enter that a lab's notebook was opened, from which the time of its first exercise counts; nothing elsewhere."""
    workspace = workspace_of(Path.cwd())
    if kernel_shell() and workspace:
        note(workspace, lab=lab, opened=True)


def note_hint(workspace: Path, lab: str, exercise: str, hints: int) -> bool:
    """Enter that so many hints have been opened; whether it is kept."""
    return note(workspace, lab=lab, exercise=exercise, hints=hints)


def read_progress(workspace: Path) -> Progress:
    """Everything entered so far; a damaged line is passed over."""
    progress = Progress()
    for entry in entries(workspace / MARKER / RECORD):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            standing = progress.of(str(entry["lab"]), str(entry["exercise"]))
            if "hints" in entry:
                standing.hints = int(entry["hints"])
                continue
            points = float(entry["points"])
            if points > standing.points:
                progress.days.add(datetime.fromisoformat(entry["at"]).date())
            standing.points, standing.max_points = points, float(entry["max"])
            standing.digest, standing.checks = str(entry["digest"]), standing.checks + 1
    return progress


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of the record that can be read."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry


def cell_that_defines(name: str, history: Sequence[str]) -> str:
    """The text of the last cell that was run and defines ``name``; empty if none does."""
    starts = tuple(f"{word} {name}{mark}" for word in ("def", "class", "async def") for mark in "([:")
    for text in reversed(history):
        if any(line.startswith(starts) for line in text.splitlines()):
            return text
    return ""
