"""The system calls that Python's standard library does not offer, by their names in the manual."""

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x0002_0000, 0x0200_0000, 0x0400_0000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MS_RDONLY, MS_REMOUNT = 1, 32
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

# These numbers are the same on x86_64 and aarch64.
SYS_MOUNT_SETATTR = 442
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

CAPABILITY_VERSION_3 = 0x2008_0522


def check(result: int) -> None:
    """Raise ``OSError`` for the result of a call that failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def unshare(flags: int) -> None:
    """Leave namespaces, see unshare(2)."""
    check(libc.unshare(ctypes.c_int(flags)))


def mount(source: str | None, target: Path, kind: str | None, flags: int, data: str = "") -> None:
    """Attach a file system or a folder at ``target``, see mount(2)."""
    check(
        libc.mount(
            source.encode() if source else None,
            os.fsencode(target),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() or None,
        )
    )


def seal_mount(target: Path) -> None:
    """Make what is attached at ``target``, and below, read-only, without set-uid programs and devices."""
    attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
    wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)
    arguments = (ctypes.c_int(AT_FDCWD), os.fsencode(target), ctypes.c_uint(AT_RECURSIVE))
    check(libc.syscall(ctypes.c_long(SYS_MOUNT_SETATTR), *arguments, wanted, ctypes.c_size_t(len(wanted))))


def pivot_root(new_root: Path) -> None:
    """Make ``new_root`` the root of every process of this mount namespace and forget the old one."""
    os.chdir(new_root)
    check(libc.syscall(ctypes.c_long(SYS_PIVOT_ROOT[os.uname().machine]), b".", b"."))
    check(libc.umount2(b".", MNT_DETACH))
    os.chdir("/")


def unmount(target: Path) -> None:
    """Detach what is attached at ``target``."""
    check(libc.umount2(os.fsencode(target), MNT_DETACH))


def prctl(option: int, *arguments: int) -> None:
    """Change a property of this process, see prctl(2)."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    check(libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(value) for value in padded)))


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent, ``parent``, ends; it ends at once if that has happened already.

    To be called after any change of user, which undoes it.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def drop_capabilities() -> None:
    """Bar every capability from this process and all that it runs, for ever."""
    capability = 0
    while libc.prctl(ctypes.c_int(PR_CAPBSET_READ), ctypes.c_ulong(capability), 0, 0, 0) >= 0:
        prctl(PR_CAPBSET_DROP, capability)
        capability += 1
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)


def clear_capabilities() -> None:
    """Empty the permitted, effective and inheritable sets."""
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)))


def close_all_but(keep: Iterable[int]) -> None:
    """Close every open file but the standard three and ``keep``."""
    start = 3
    for fd in sorted(keep):
        os.closerange(start, fd)
        start = max(start, fd + 1)
    os.closerange(start, 2**31 - 1)
