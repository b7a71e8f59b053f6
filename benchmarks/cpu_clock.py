"""Processor time of this process and of everything that it starts, waited for or not, from the kernel's own account."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
TRIES = 100


class CpuClock:
    """``seconds()`` of processor time since it was made; nan where there is no account (not Linux, or not root)."""

    def __init__(self, account: Path | None) -> None:
        self.account = account

    def seconds(self) -> float:
        """What has been used so far."""
        if self.account is None:
            return float("nan")
        if self.account.name == "cpuacct.usage":
            return int(self.account.read_text()) / 1e9
        return int(self.account.read_text().split("usage_usec", 1)[1].split()[0]) / 1e6


@contextlib.contextmanager
def cpu_clock() -> Iterator[CpuClock]:
    """A control group of one's own while the body runs."""
    parent = own_group()
    group = parent / f"seq2gpt-benchmark-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        yield CpuClock(None)
        return
    try:
        yield CpuClock(next(p for name in ("cpuacct.usage", "cpu.stat") if (p := group / name).exists()))
    finally:
        leave(group)


def leave(group: Path) -> None:
    """Move every process back to where it came from, and remove the group; one that is just ending holds it for a moment."""
    for _ in range(TRIES):
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                (group.parent / "cgroup.procs").write_text(pid)
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)
    print(f"{group} is still in use; remove it with rmdir", file=sys.stderr)


def own_group() -> Path:
    """The group of this process that keeps the account, in either version of the kernel's interface."""
    groups = {}
    path = Path("/proc/self/cgroup")
    for line in path.read_text().splitlines() if path.exists() else []:
        _, controllers, where = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), where.lstrip("/")))
    if "cpuacct" in groups:
        return ROOT / "cpuacct" / groups["cpuacct"]
    unified = ROOT / "unified" if (ROOT / "unified").is_dir() else ROOT
    return unified / groups.get("", "")
