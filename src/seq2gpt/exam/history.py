"""What a learner has answered: one file to which lines are added and from which none is taken.

Each line is a JSON object. The first says ``{"seq2gpt_exam": 1}``; the others are entries with ``kind`` and
``at``, the time in UTC. When to ask a question again is computed from the answers, never stored, so there is
nothing beside them that could be lost or disagree.
"""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError

FORMAT = 1
HEAD = "seq2gpt_exam"
Entry = dict[str, Any]


def _utc() -> datetime:
    return datetime.now(UTC)


def default_file() -> Path:
    """The user's file: ``seq2gpt/exam.jsonl`` below ``$XDG_DATA_HOME``, which is ``~/.local/share`` if unset."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "seq2gpt" / "exam.jsonl"


@dataclass
class History:
    """The entries of a file, and the way to add one; ``notes`` tell what was unusual about the file or the clock."""

    path: Path
    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    clock: Callable[[], datetime] = _utc

    @classmethod
    def read(cls, path: Path, clock: Callable[[], datetime] = _utc) -> "History":
        """The history in a file; an empty one if there is none.

        Lines that cannot be read, and a file of an older form, are kept beside it under another name, which a
        note tells. Raises ``UserError`` for a file of a newer form, and leaves it as it is.
        """
        history = cls(path, clock=clock)
        content = path.read_bytes() if path.exists() else b""
        if content:  # an empty file is one that another program has just begun
            history._take(content)
        return history

    def now(self) -> datetime:
        """The time for a new entry. If the clock has gone backwards it is the time of the last entry."""
        now = self.clock()
        last = self.last
        if last is None or now >= last:
            return now
        note = (
            f"the clock says {now:%Y-%m-%d %H:%M}, which is before your last answer at {last:%Y-%m-%d %H:%M} UTC; "
            "answers are stored with that time until the clock has caught up"
        )
        if not any(text.startswith("the clock says") for text in self.notes):
            self.notes.append(note)
        return last

    @property
    def last(self) -> datetime | None:
        """The time of the last entry."""
        return max((datetime.fromisoformat(entry["at"]) for entry in self.entries), default=None)

    def add(self, kind: str, **values: Any) -> Entry:
        """Add an entry; when this returns it is on the disk, and it is there whole or not at all."""
        entry = {"kind": kind, "at": self.now().isoformat(), **values}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._append(file, entry)
        except OSError as error:
            raise UserError(
                f"{self.path}: {error.strerror}; this answer is not stored, those before it are. Make room or "
                "name another file with --file"
            ) from error
        self.entries.append(entry)
        return entry

    def answers(self) -> list[Entry]:
        """The entries that are answers, oldest first."""
        return [entry for entry in self.entries if entry["kind"] == "answer"]

    def _append(self, file: Any, entry: Entry) -> None:
        size = file.seek(0, os.SEEK_END)
        lines = [entry] if size else [{HEAD: FORMAT}, entry]
        try:
            file.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode())
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), size)  # a part of a line would spoil the next one
            raise

    def _take(self, content: bytes) -> None:
        head, *lines = content.split(b"\n")
        form = _parsed(head).get(HEAD)
        if isinstance(form, int) and form > FORMAT:
            raise UserError(
                f"{self.path} is of a newer seq2gpt (form {form}, this one reads {FORMAT}); update seq2gpt"
            )
        if form != FORMAT:
            aside = self._keep_aside(content, "older" if isinstance(form, int) else "unreadable")
            self.path.unlink()
            self.notes.append(
                f"{self.path} is no history of this form; it is kept as {aside}, and a new one begins"
            )
            return
        whole, broken = content.endswith(b"\n"), []
        for number, line in enumerate(lines, 2):
            entry = _parsed(line)
            if {"kind", "at"} <= set(entry) and _is_time(entry["at"]):
                self.entries.append(entry)
            elif line:
                broken.append(number)
        if broken or not whole:
            aside = self._keep_aside(content, "damaged")
            self._rewrite()
            self.notes.append(
                f"{self.path}: line {broken[0] if broken else len(lines) + 1} was cut off or changed; "
                f"{len(self.entries)} entries could be read, and the file as it was is kept as {aside}"
            )

    def _keep_aside(self, content: bytes, why: str) -> Path:
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.{why}-{number}")).exists():
            number += 1
        aside.write_bytes(content)
        return aside

    def _rewrite(self) -> None:
        """Replace the file by the entries that could be read, in one step."""
        new = self.path.with_name(f"{self.path.name}.new")
        lines = [{HEAD: FORMAT}, *self.entries]
        new.write_text(
            "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8"
        )
        os.replace(new, self.path)


def _parsed(line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _is_time(text: Any) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except (TypeError, ValueError):
        return False
