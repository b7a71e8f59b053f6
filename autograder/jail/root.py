"""The file system of a jail: built from nothing in memory, with read-only views of what Python needs."""

import os
from pathlib import Path

from autograder.jail import linux
from autograder.jail.namespaces import Identity
from autograder.jail.policy import Policy
from autograder.jail.steps import step
from autograder.jail.view import View

BASE = Path("/sys")  # covered while the jail is built: nothing that it shows lies here
HOME = "box"
WRITABLE = (HOME, "tmp", "dev/shm")
DEVICES = ("null", "random", "urandom")  # no /dev/zero: mapped shared, its memory is in no process's account
LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
SKELETON = "size=4m,nr_inodes=16384,mode=755"
NOTHING = "size=4k,nr_inodes=4096,mode=755"
PLAIN = linux.MS_NOSUID | linux.MS_NODEV


def build(view: View, policy: Policy, identity: Identity) -> None:
    """Lay out the jail's files at ``BASE``, in a mount namespace of one's own."""
    with step("make mounts private"):
        linux.mount(None, Path("/"), None, linux.MS_REC | linux.MS_PRIVATE)
    with step("mount the root"):
        linux.mount("jail", BASE, "tmpfs", PLAIN, SKELETON)
    with step("show Python"):
        for path in view.shown:
            show(Path(path))
    with step("hide the course"):
        for path in view.hidden:
            hide(Path(path))
    with step("show the modules"):
        for path in view.modules:
            show(Path(path))
    with step("lay out the folders"):
        lay_out(identity)
    with step("seal the root"):
        linux.seal_mount(BASE)
    with step("mount devices"):
        for name in DEVICES:
            linux.mount(f"/dev/{name}", BASE / "dev" / name, None, linux.MS_BIND)
    with step("mount private files"):
        mount_private(policy, identity)


def show(path: Path) -> None:
    """Attach a file or folder of this machine at its own place in the jail, or copy a link."""
    target = inside(path)
    if os.path.lexists(target):
        return  # it lies in a folder that is shown already
    target.parent.mkdir(parents=True, exist_ok=True)
    attach(path, target)


def attach(path: Path, target: Path) -> None:
    """Show ``path`` at ``target``, where nothing is yet."""
    if path.is_symlink():
        target.symlink_to(path.readlink())
        return
    if path.is_dir():
        target.mkdir()
    else:
        target.touch()
    linux.mount(str(path), target, None, linux.MS_BIND | linux.MS_REC)


def hide(path: Path) -> None:
    """Put an empty folder over one that the jail would see."""
    target = inside(path)
    if target.is_dir():
        linux.mount("hidden", target, "tmpfs", PLAIN, NOTHING)


def inside(path: Path) -> Path:
    """Where a path of this machine lies while the jail is built."""
    return BASE / path.relative_to("/")


def lay_out(identity: Identity) -> None:
    """Folders for what is attached later, and the few settings that programs look for."""
    for name in ("proc", "etc", *WRITABLE):
        (BASE / name).mkdir(parents=True, exist_ok=True)
    for name in DEVICES:
        (BASE / "dev" / name).touch()
    for name, target in LINKS.items():
        (BASE / "dev" / name).symlink_to(target)
    entry = f"student:x:{identity.uid}:{identity.gid}::/{HOME}:/bin/false\n"
    (BASE / "etc" / "passwd").write_text(entry)
    (BASE / "etc" / "group").write_text(f"student:x:{identity.gid}:\n")


def mount_private(policy: Policy, identity: Identity) -> None:
    """One file system in memory for everything that the jailed processes write, so that one bound holds for all."""
    owner = f"uid={identity.uid},gid={identity.gid}"
    size = f"size={policy.tmpfs_bytes},nr_inodes={policy.files},mode=700,{owner}"
    home = BASE / HOME
    linux.mount("private", home, "tmpfs", PLAIN | linux.MS_NOEXEC, size)
    for name in WRITABLE:
        part = home / name
        part.mkdir(parents=True)
        os.chown(part, identity.uid, identity.gid)
    for name in (*WRITABLE[1:], HOME):  # the home last: it covers where the others come from
        if name != HOME:
            carry_over(BASE / name, home / name)
        linux.mount(str(home / name), BASE / name, None, linux.MS_BIND | linux.MS_REC)


def carry_over(shown: Path, private: Path) -> None:
    """Keep what is shown in a folder that the private one is about to cover: a course may lie in /tmp."""
    for path in shown.iterdir():
        attach(path, private / path.name)


def enter() -> None:
    """Make what was built the only file system there is; called as process 1 of the jail."""
    with step("mount /proc"):
        linux.mount("proc", BASE / "proc", "proc", PLAIN | linux.MS_NOEXEC, "subset=pid")
    with step("pivot_root"):
        linux.pivot_root(BASE)
