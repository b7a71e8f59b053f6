"""Which jail is possible on this machine, and what to do where none is."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from autograder.jail.namespaces import NAMESPACES, largest_range, left_by
from autograder.jail.seccomp import ARCHITECTURES
from seq2gpt.errors import UserError

OLDEST_KERNEL = (5, 14)  # counts processes per namespace of users
NEEDED_IDS = 2**16
# Without one of these, root cannot make a jail: its number in the kernel's list.
NEEDED_CAPABILITIES = {
    "CHOWN": 0,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SETPCAP": 8,
    "SYS_PTRACE": 19,
    "SYS_ADMIN": 21,
}
SWITCHES = {
    "user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
    "kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
}
WAYS_OUT = (
    "install docker or podman (on Windows in WSL); or, for code that you trust, "
    "pass --unsafe-no-sandbox, which runs it with your rights"
)
PROBE = "import ctypes, sys; c = ctypes.CDLL(None, use_errno=True); sys.exit(ctypes.get_errno() if c.unshare(int(sys.argv[1])) else 0)"
PROBE_SECONDS = 30.0
SETTINGS = Path("/proc/sys")


class JailUnavailable(UserError):
    """No jail is possible on this machine; the message says why and how to get one."""


def require_namespaces() -> str:
    """How this machine can make jails: ``root``, or ``user`` for an ordinary user.

    ``JailUnavailable``, which says why and what to do, if it cannot.
    """
    reason = no_namespaces_because()
    if reason:
        raise JailUnavailable(f"student code cannot be jailed here: {reason}; otherwise {WAYS_OUT}")
    return mode_here()


def mode_here() -> str:
    """``root`` or ``user``: who starts the jails."""
    return "root" if os.getuid() == 0 else "user"


def no_namespaces_because() -> str:
    """Why jails of this kernel are not possible here, with the fix; empty if they are."""
    checks: tuple[Callable[[], str], ...] = (
        wrong_system,
        privilege_missing if mode_here() == "root" else switched_off,
        probe,
    )
    return next((reason for reason in (check() for check in checks) if reason), "")


def wrong_system() -> str:
    """What this system lacks."""
    if sys.platform != "linux":
        return f"namespaces are a part of Linux, and this is {platform.system() or sys.platform}; use a container"
    if platform.machine() not in ARCHITECTURES:
        known = " or ".join(ARCHITECTURES)
        return f"the filter of system calls is written for {known}, and this is {platform.machine()}; use a container"
    if kernel_version(platform.release()) < OLDEST_KERNEL:
        oldest = ".".join(map(str, OLDEST_KERNEL))
        return f"the kernel is {platform.release()}, and {oldest} or newer is needed; update it"
    missing = [name for name in NAMESPACES if name != "cgroup" and not Path("/proc/self/ns", name).exists()]
    return f"the kernel has no namespaces of kind {', '.join(missing)}; use one that has" if missing else ""


def kernel_version(release: str) -> tuple[int, ...]:
    """The first two numbers of a release.

    >>> kernel_version("6.1.0-13-amd64")
    (6, 1)
    """
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in release.split(".")[:2])


def privilege_missing() -> str:
    """What root lacks here, inside a container perhaps."""
    status = Path("/proc/self/status").read_text()
    held = int(status.partition("CapEff:")[2].split()[0], 16)
    missing = [name for name, number in NEEDED_CAPABILITIES.items() if not held >> number & 1]
    if missing:
        return (
            f"this root may not do all that root can (it lacks {', '.join(missing)}), as in a container; "
            "grade as an ordinary user, or start the container with --privileged"
        )
    _, count = largest_range(Path("/proc/self/uid_map").read_text())
    if count < NEEDED_IDS:
        return f"this root has {count} user ids to give away, and {NEEDED_IDS} are needed; grade as an ordinary user"
    return ""


def switched_off() -> str:
    """The switch that keeps ordinary users from making namespaces."""
    for name, (bad, command) in SWITCHES.items():
        path = SETTINGS / name
        if path.exists() and path.read_text().strip() == bad:
            return f"{name.replace('/', '.')} is {bad}; run `sudo {command}`"
    return ""


def probe() -> str:
    """What happens when a process tries."""
    flags = 0
    for name in left_by(mode_here()):
        flags |= NAMESPACES[name]
    command = [sys.executable, "-I", "-S", "-c", PROBE, str(flags)]
    code = subprocess.run(command, timeout=PROBE_SECONDS, check=False).returncode
    if code:
        return (
            f"new namespaces are refused ({os.strerror(code)}), as in most containers; grade outside, "
            "or start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
        )
    return ""
