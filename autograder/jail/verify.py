"""A second look at the finished jail, from inside, before anything runs in it.

The steps that made it have reported no error; this asks the kernel whether they took effect.
"""

import os
import resource
from collections.abc import Iterable
from pathlib import Path

from autograder.jail import root
from autograder.jail.errors import JailError
from autograder.jail.namespaces import current, left_by

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
OUTCASTS = {"/proc", "/box", "/tmp", "/dev/shm", *(f"/dev/{name}" for name in root.DEVICES)}  # noqa: S108 (not read-only)
FIRST_CHILD = 2
LOOPBACK = "lo"
FILTERED = "2"


def jailed(mode: str, host: dict[str, str], limits: dict[str, int], fds: set[int]) -> None:
    """Raise ``JailError`` unless this process is as shut in as it should be."""
    status = process_status()
    expect(not any("0" in status[name].split() for name in ("Uid", "Gid")), "user", "the process is root")
    for name in CAPABILITIES:
        expect(int(status[name], 16) == 0, "capabilities", f"{name} is {status[name]}")
    expect(status["NoNewPrivs"] == "1", "no_new_privs", "it is not set")
    expect(status["Seccomp"] == FILTERED, "filter of system calls", "it is not in force")
    here = current()
    for name in left_by(mode):
        expect(here[name] != host[name], "namespaces", f"{name} is still the machine's")
    expect(
        os.getpid() == FIRST_CHILD, "namespaces", f"the process has number {os.getpid()}, not {FIRST_CHILD}"
    )
    expect(os.getpgrp() == os.getsid(0) == FIRST_CHILD, "session", "the process shares one with the watcher")
    files_are_sealed()
    interfaces = network_interfaces()
    expect(interfaces <= {LOOPBACK}, "network", f"there are {', '.join(sorted(interfaces))}")
    for name, value in limits.items():
        got = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
        expect(max(got) <= value, "limits", f"RLIMIT_{name} is {got}, not {value}")
    left_open = open_files() - {0, 1, 2} - fds
    what = [os.readlink(f"/proc/self/fd/{fd}") for fd in sorted(left_open)]
    expect(not left_open, "open files", f"{', '.join(what)} still open")


def readable(paths: Iterable[str]) -> None:
    """Raise ``JailError`` if this user cannot read what is shown: a fault of the installation, and not of what runs."""
    for path in map(Path, paths):
        files = [path, path / "__init__.py"] if path.is_dir() else [path]
        closed = [str(file) for file in files if file.exists() and not os.access(file, os.R_OK)]
        expect(
            not closed,
            "files shown",
            f"{', '.join(closed)} cannot be read in the jail; run `chmod -R go+rX {path}`",
        )


def expect(holds: bool, step: str, reason: str) -> None:
    """Raise ``JailError`` if something does not hold."""
    if not holds:
        raise JailError(f"check the {step}", reason)


def process_status() -> dict[str, str]:
    """The fields of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def files_are_sealed() -> None:
    """Raise ``JailError`` if a file system can be written to that is not the jail's own."""
    names = set(os.listdir("/"))
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        _, _, _, _, point, options, *_ = line.split()
        flags = set(options.split(","))
        expect("ro" in flags or point in OUTCASTS, "file system", f"{point} can be written to")
        expect(
            "nosuid" in flags or point.startswith("/dev/"), "file system", f"{point} honours set-uid programs"
        )
    expect("proc" in names and "sys" not in names, "file system", "the root is still the machine's")


def network_interfaces() -> set[str]:
    """The names of this process's network interfaces."""
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return {line.partition(":")[0].strip() for line in lines}


def open_files() -> set[int]:
    """The numbers of this process's open files."""
    listed = {int(name) for name in os.listdir("/proc/self/fd")}
    return {fd for fd in listed if os.path.lexists(f"/proc/self/fd/{fd}")}  # not the one that listed them
