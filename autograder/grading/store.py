"""Results on disk under the hash of what they depend on, written whole or not at all."""

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError


@dataclass(frozen=True)
class Store:
    """``folder/results`` holds every result by its key; ``folder/LAB`` what was entered last for each student."""

    folder: Path

    def result(self, key: str) -> tuple[dict[str, Any], str] | None:
        """A result and the executed notebook; None if there is none, or only a damaged one."""
        try:
            kept = json.loads((self.folder / "results" / f"{key}.json").read_text(encoding="utf-8"))
            return kept["result"], kept["notebook"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, key: str, result: dict[str, Any], notebook: str) -> None:
        """Keep a result."""
        write_whole(
            self.folder / "results" / f"{key}.json", json.dumps({"result": result, "notebook": notebook})
        )

    def drop(self, key: str) -> None:
        """Forget a result."""
        (self.folder / "results" / f"{key}.json").unlink(missing_ok=True)

    def entered(self, lab: str, student: str) -> dict[str, Any] | None:
        """The record of what was entered last: ``key`` and ``result``."""
        try:
            record: dict[str, Any] = json.loads(
                (self.folder / lab / f"{student}.json").read_text(encoding="utf-8")
            )
            return record if isinstance(record["result"], dict) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note_entered(self, lab: str, student: str, key: str, result: dict[str, Any]) -> None:
        """Record that a result is in the gradebook, with its pages."""
        write_whole(self.folder / lab / f"{student}.json", json.dumps({"key": key, "result": result}))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", errors="replace")
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def discard(folder: Path) -> None:
    """Remove a result that no longer holds; nbgrader leaves its files read-only."""
    if folder.exists():
        shutil.rmtree(folder)


@contextlib.contextmanager
def room_on_disk(work: Path) -> Iterator[None]:
    """A full disk in one sentence; everything before it is kept."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"the disk of {work} is full ({error.strerror}); free some space; `seq2gpt course grade --resume` goes on"
        ) from error
