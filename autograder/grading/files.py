"""Read files that were handed in: regular ones that have this name only, within bounds on number and size.

A link would bring in a file that is not the student's; a second name of a file is a link, too.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

LARGEST_SUM = 50 * 2**20
ABOUT = (
    "timestamp.txt",
    "submission_secret.txt",
    "times.json",
)  # what is said about a submission is no part of it
MOST_NAMES = 1000  # of files and of the folders that they lie in
OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class NotPlain(Exception):
    """Why a file does not enter."""


def read_plain(path: Path, room: int = LARGEST_SUM) -> bytes:
    """The content of a file; :class:`NotPlain` unless it is a regular one with one name and at most ``room`` bytes."""
    if path.is_symlink():
        raise NotPlain("it is a link, and a submission holds its own files")
    try:
        file = os.open(path, OPEN)
    except OSError as error:
        raise NotPlain(f"it cannot be opened ({error.strerror})") from None
    with os.fdopen(file, "rb") as opened:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise NotPlain("it is no regular file")
        if about.st_nlink > 1:
            raise NotPlain("it is a hard link, a second name of a file that may be somebody else's")
        if about.st_size > room:
            raise NotPlain(f"it has {about.st_size:,} bytes, and there is room for {room:,}")
        return opened.read(room)


def files_beside(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """What lies beside a notebook, by relative path, and what was left out, with the reason for each."""
    room, names = LARGEST_SUM, MOST_NAMES
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    for path in paths_below(folder):
        name = path.relative_to(folder).as_posix()
        names -= name.count("/") + 1
        if names < 0:
            left_out.append(
                f"{folder.name} holds more than {MOST_NAMES} files and folders; the rest was left out"
            )
            break
        try:
            if not name.isprintable():
                raise NotPlain("its name holds characters that cannot be printed")
            files[name] = read_plain(path, room)
            room -= len(files[name])
        except NotPlain as problem:
            shown = name.encode(errors="replace").decode()
            left_out.append(f"{shown} was left out: {problem}")
    return files, left_out


def paths_below(folder: Path) -> Iterator[Path]:
    """All that lies below a folder but folders and notebooks, in the same order every time; enters no linked folder."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in sorted([*names, *linked]):
            if not name.endswith(".ipynb") and not (place == str(folder) and name in ABOUT):
                yield Path(place, name)
