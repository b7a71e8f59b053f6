"""Leave this machine's namespaces, and its users behind."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from autograder.jail import linux
from autograder.jail.steps import step

# ``user`` comes last: a jail that is made by root stays in the namespace of users, as a user that nobody is.
NAMESPACES = {
    "mnt": linux.CLONE_NEWNS,
    "pid": linux.CLONE_NEWPID,
    "net": linux.CLONE_NEWNET,
    "ipc": linux.CLONE_NEWIPC,
    "uts": linux.CLONE_NEWUTS,
    "cgroup": linux.CLONE_NEWCGROUP,
    "user": linux.CLONE_NEWUSER,
}
INSIDE_ID = 1000  # what an ordinary user's own id looks like from inside
HOST_NAME = "jail"
SPECIAL_IDS = 3  # the last ones stand for "nobody" and "no such id"


@dataclass(frozen=True)
class Identity:
    """The user and group that a jailed process is, as numbers in its own namespace."""

    uid: int
    gid: int


def present() -> list[str]:
    """The kinds of namespaces that this kernel has, of those that a jail leaves."""
    return [name for name in NAMESPACES if Path("/proc/self/ns", name).exists()]


def left_by(mode: str) -> list[str]:
    """The namespaces that a jail leaves in this mode: ``root``, or ``user`` for an ordinary user."""
    return [name for name in present() if name != "user" or mode == "user"]


def current() -> dict[str, str]:
    """What identifies the namespaces of this process."""
    return {name: os.readlink(f"/proc/self/ns/{name}") for name in present()}


def leave(mode: str) -> Identity:
    """Move this process into new namespaces; its next child is process 1 of a new one. Returns who to become."""
    uid, gid = os.getuid(), os.getgid()
    flags = 0
    for name in left_by(mode):
        flags |= NAMESPACES[name]
    with step(f"unshare {' '.join(left_by(mode))}"):
        linux.unshare(flags)
    if mode == "user":
        with step("map the user into its namespace"):
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{INSIDE_ID} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{INSIDE_ID} {gid} 1")
        identity = Identity(INSIDE_ID, INSIDE_ID)
    else:
        unused = unused_id(Path("/proc/self/uid_map").read_text(), os.getpid())
        identity = Identity(unused, unused)
    with step("set the host's name"):
        socket.sethostname(HOST_NAME)
    return identity


def unused_id(uid_map: str, pid: int) -> int:
    """An id for a throw-away user, high in the largest range of ``uid_map``, the text of /proc/self/uid_map.

    ``pid`` makes it a different one for each jail that runs, so that no jail counts against another's limits.

    >>> unused_id("0 0 4294967295", pid=2)
    4294967290
    >>> unused_id("0 100000 65536", pid=2)
    65531
    """
    first, count = largest_range(uid_map)
    return first + count - SPECIAL_IDS - pid % (count // 2)


def largest_range(uid_map: str) -> tuple[int, int]:
    """The first id and the number of ids of the largest range that a process can use."""
    ranges = [[int(word) for word in line.split()] for line in uid_map.splitlines()]
    first, _, count = max(ranges, key=lambda r: r[2])
    return first, count


def become(identity: Identity, mode: str) -> None:
    """Stop being root, and give up every privilege for good; nothing that is run later can gain one."""
    with step("drop the capabilities"):
        linux.drop_capabilities()
    if mode == "root":
        with step("become a throw-away user"):
            os.setgroups([])
            os.setresgid(identity.gid, identity.gid, identity.gid)
            os.setresuid(identity.uid, identity.uid, identity.uid)
    with step("clear the capabilities"):
        linux.clear_capabilities()
    with step("no_new_privs"):
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
