"""Writing files that a crash or a power cut never leaves half written."""

import contextlib
import os
import shutil
from pathlib import Path

from seq2gpt.errors import UserError


def write_atomically(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` so that a reader finds the old file or the new one, never a part.

    The bytes go to a temporary file beside it, reach the disk, and only then take the name. The process
    may be killed at any moment; what a killed one leaves behind ends in ``.tmp`` and is never read.

    Raises ``OSError`` when the folder cannot be written or the disk is full; ``path`` keeps its content.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name must reach the disk too
    finally:
        os.close(folder)


def write_for_user(path: Path, content: bytes) -> None:
    """:func:`write_atomically` to a place that the user chose. Raises ``UserError`` when it cannot be written."""
    try:
        write_atomically(path, content)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); choose another place") from None


def remove(path: Path) -> None:
    """Delete a file, or a folder with all that it holds, as far as that is possible; nobody is told what was left."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
