"""Run Python as a user that nobody is, when the tests run as root."""

import os
import sys
from pathlib import Path

from autograder.jail import linux

NOBODY_SPECIAL = 64123


def run_as_ordinary_user(arguments: list[str]) -> None:
    """Replace this process by a Python of user 64123, even if Python lies in a folder that only root may enter.

    Called in a process of its own. The way to Python is opened in a mount namespace that ends with the process.
    """
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, Path("/"), None, linux.MS_REC | linux.MS_PRIVATE)
    for prefix in dict.fromkeys((Path(sys.base_prefix), Path(sys.prefix), Path.cwd())):
        open_way(prefix)
    os.setgroups([])
    os.setresgid(NOBODY_SPECIAL, NOBODY_SPECIAL, NOBODY_SPECIAL)
    os.setresuid(NOBODY_SPECIAL, NOBODY_SPECIAL, NOBODY_SPECIAL)
    os.execv(sys.executable, [sys.executable, *arguments])


def open_way(folder: Path) -> None:
    """Put a folder that everybody may enter in the place of the first one above ``folder`` that is closed."""
    closed = [above for above in reversed(folder.parents) if not above.stat().st_mode & 1]
    if not closed:
        return
    hold = Path("/mnt")
    linux.mount(str(folder), hold, None, linux.MS_BIND)
    linux.mount("open", closed[0], "tmpfs", 0, "mode=755")
    folder.mkdir(parents=True)
    linux.mount(str(hold), folder, None, linux.MS_BIND)
    linux.unmount(hold)


if __name__ == "__main__":
    run_as_ordinary_user(sys.argv[1:])
