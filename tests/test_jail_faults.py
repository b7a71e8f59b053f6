"""Each part of the isolation, left out on purpose: the check before the start finds it, and without that check an attack does.

The parts are replaced in a module that the zygote imports before it forks, as a fault in them would be.
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import JailError, Outcome, Policy, Zygote
from autograder.jail.available import mode_here, no_namespaces_because

pytestmark = pytest.mark.skipif(
    bool(no_namespaces_because()), reason=f"no jail here: {no_namespaces_because()}"
)

POLICY = Policy(wall_seconds=10, cpu_seconds=5, memory_bytes=192 * 2**20, processes=13, open_files=41)
ROOT_ONLY = pytest.mark.skipif(mode_here() != "root", reason="an ordinary user has no other user to become")

HEAD = """
import os, signal
from autograder.jail import init, inmate, limits, linux, monitor, namespaces, root, seccomp, usage, verify
def nothing(*args, **options): pass
"""
UNVERIFIED = "verify.jailed = nothing\n"
NO_FILTER = "seccomp.install = nothing\n"


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Callable[[str], Zygote]]:
    """Makes zygotes with a fault, given as Python."""
    os.chmod(tmp_path, 0o755)
    made: list[Zygote] = []
    sys.path.insert(0, str(tmp_path))

    def make(fault: str) -> Zygote:
        (tmp_path / "jail_fault.py").write_text(HEAD + fault)
        made.append(Zygote(preload=("jail_fault",), modules=("jail_fault", "jail_inmates")))
        return made[-1]

    yield make
    sys.path.remove(str(tmp_path))
    sys.modules.pop("jail_fault", None)
    for zygote in made:
        zygote.close()


def namespaces_without(kind: str) -> str:
    return f"without = dict(namespaces.NAMESPACES); del without[{kind!r}]\nnamespaces.left_by = lambda mode: [k for k in without if k != 'user' or mode == 'user']\n"


FAULTS = {
    "filter of system calls": NO_FILTER,
    "no_new_privs": "real = linux.prctl\nlinux.prctl = lambda option, *a: None if option in (38, 22) else real(option, *a)\n" + NO_FILTER,
    "capabilities": "init.become = lambda identity, mode: (linux.prctl(38, 1), mode == 'root' and (os.setresgid(*[identity.gid]*3), os.setresuid(*[identity.uid]*3)))\n",
    "limits": "init.set_limits = nothing\n",
    "file system": "linux.seal_mount = nothing\n",
    "open files": "linux.close_all_but = nothing\n",
    "session": "os.setsid = nothing\n",
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
def test_a_part_that_has_no_effect_is_found(faulty: Callable[[str], Zygote], what: str) -> None:
    with pytest.raises(JailError, match=f"check the {what}"):
        faulty(FAULTS[what]).spawn("jail_inmates:hello")


@ROOT_ONLY
def test_a_process_that_stays_root_is_found(faulty: Callable[[str], Zygote]) -> None:
    fault = "init.become = lambda identity, mode: (linux.drop_capabilities(), linux.clear_capabilities(), linux.prctl(38, 1))\n"
    with pytest.raises(JailError, match="check the user: the process is root"):
        faulty(fault).spawn("jail_inmates:hello")


@pytest.mark.parametrize("kind", ["net", "ipc", "uts"])
def test_a_namespace_that_is_not_left_is_found(faulty: Callable[[str], Zygote], kind: str) -> None:
    fault = namespaces_without(kind) + "namespaces.socket.sethostname = nothing\n"
    fault = fault.replace("namespaces.left_by", "leave_by").replace("leave_by = ", "namespaces.left_by = ")
    with pytest.raises(JailError, match=f"check the namespaces: {kind} is still the machine's"):
        faulty(fault).spawn("jail_inmates:hello")


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("unshare", "def fail(*a): raise OSError(28, 'No space left on device')\nlinux.unshare = fail\n"),
        ("mount /proc", "def fail(s, t, kind, *a, real=linux.mount):\n    if kind == 'proc': raise PermissionError(1, 'Operation not permitted')\n    return real(s, t, kind, *a)\nlinux.mount = fail\n"),
        ("pivot_root", "def fail(*a): raise PermissionError(1, 'Operation not permitted')\nlinux.pivot_root = fail\n"),
        ("seal the root", "def fail(*a): raise OSError(38, 'Function not implemented')\nlinux.seal_mount = fail\n"),
        ("filter system calls", "def fail(*a): raise OSError(22, 'Invalid argument')\nseccomp.install = fail\n"),
        ("set RLIMIT_NPROC", "real = limits.resource.setrlimit\ndef fail(kind, v):\n    if kind == limits.resource.RLIMIT_NPROC: raise OSError(1, 'no')\n    real(kind, v)\nlimits.resource.setrlimit = fail\n"),
        ("start", "def fail(*a): raise RuntimeError('unforeseen')\nroot.build = fail\n"),
        ("start", "def fail(*a): os._exit(3)\nroot.enter = fail\n"),
    ],
)  # fmt: skip
def test_a_step_that_fails_is_named_and_nothing_runs(
    faulty: Callable[[str], Zygote], tmp_path: Path, part: str, fault: str
) -> None:
    zygote = faulty(fault)
    with pytest.raises(JailError) as caught:
        zygote.spawn("jail_inmates:hello")
    assert caught.value.step.startswith(part)


# ------------------------------------------------------------------------- the attacks have teeth


def run(zygote: Zygote, attack: str, payload: bytes = b"") -> Outcome:
    with zygote.spawn(f"jail_inmates:{attack}", payload, policy=POLICY) as child:
        return child.wait(timeout=60)


def possible(zygote: Zygote, **given: Any) -> set[str]:
    """What the attack that reaches out finds possible."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outside = {
            "secrets": [],
            "folders": [],
            "pids": [],
            "port": listener.getsockname()[1],
            "abstract": "none",
            "named": "none",
        }
        outcome = run(zygote, "reach_out", json.dumps({**outside, **given}).encode())
    assert outcome.ended == "exit", outcome
    return set(json.loads(outcome.output)["possible"])


def test_without_the_filter_calls_succeed(faulty: Callable[[str], Zygote]) -> None:
    found = possible(faulty(UNVERIFIED + NO_FILTER))
    assert {"memfd_create", "shared anonymous memory", "shmget", "ptrace a child", "socket family 2"} <= found
    assert "loopback" not in found  # the namespace holds by itself


def test_without_filter_and_namespace_the_network_is_there(faulty: Callable[[str], Zygote]) -> None:
    found = possible(faulty(UNVERIFIED + NO_FILTER + namespaces_without("net")))
    assert "loopback" in found


def test_without_a_network_namespace_abstract_sockets_are_there(faulty: Callable[[str], Zygote]) -> None:
    name = f"seq2gpt-fault-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        assert "abstract socket" in possible(faulty(UNVERIFIED + namespaces_without("net")), abstract=name)


def test_without_hiding_the_course_is_there(faulty: Callable[[str], Zygote], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    fault = f"build = root.build\ndef shown(view, *a):\n    import dataclasses\n    build(dataclasses.replace(view, shown=(*view.shown, {str(tmp_path)!r})), *a)\nroot.build = shown\n"
    name = f"read {secret}"
    assert name in possible(faulty(UNVERIFIED + fault), secrets=[str(secret)])


@ROOT_ONLY
def test_as_root_much_is_possible(faulty: Callable[[str], Zygote]) -> None:
    fault = UNVERIFIED + "init.become = nothing\n"
    assert {"setuid 0", "setresuid"} <= possible(faulty(fault))


def test_without_sealing_files_can_be_written(faulty: Callable[[str], Zygote]) -> None:
    """Nothing of this machine is laid open for that: what can be written is one more folder in memory."""
    fault = "real = root.mount_private\ndef more(*a):\n    linux.mount('open', root.BASE / 'etc', 'tmpfs', 0, 'mode=777')\n    real(*a)\nroot.mount_private = more\n"
    with pytest.raises(JailError, match="check the file system: /etc can be written to"):
        faulty(fault).spawn("jail_inmates:hello")
    assert "/etc/new" in json.loads(run(faulty(UNVERIFIED + fault), "write_everywhere").output)


def test_without_the_watcher_memory_is_taken(faulty: Callable[[str], Zygote]) -> None:
    fault = "usage.Usage.sample = nothing\n"
    assert run(faulty(fault), "memory_bomb", b"0").ended != "memory"


def test_without_counting_sockets_memory_is_taken(faulty: Callable[[str], Zygote]) -> None:
    zygote = faulty("usage.Usage._socket_bytes = lambda self: 0\n")
    policy = Policy(wall_seconds=3, memory_bytes=192 * 2**20, processes=13, open_files=400)
    with zygote.spawn("jail_inmates:socket_hoard", policy=policy) as child:
        assert child.wait(timeout=60).ended == "time"


def test_without_exact_measuring_shared_memory_counts_often(faulty: Callable[[str], Zygote]) -> None:
    fault = "usage.EXACT = ('Rss',)\n"
    assert run(faulty(fault), "shared_hoard").ended == "memory"


def test_without_limits_files_are_opened(faulty: Callable[[str], Zygote]) -> None:
    fault = UNVERIFIED + "init.set_limits = nothing\n"
    told = json.loads(run(faulty(fault), "open_many").output or b"{}")
    assert told.get("opened", 10**5) > POLICY.open_files


def test_without_a_session_the_watcher_can_be_stopped(faulty: Callable[[str], Zygote]) -> None:
    """Only an ordinary user's jail shares the user with its watcher."""
    if mode_here() == "root":
        pytest.skip("root's watcher is another user")
    zygote = faulty(UNVERIFIED + "inmate.os.setsid = nothing\n")
    child = zygote.spawn("jail_inmates:kill_group", policy=POLICY)
    with pytest.raises(JailError, match="the process that watches the jail was killed, and the jail with it"):
        child.wait(timeout=60)


def test_dirty_zygote_is_refused(faulty: Callable[[str], Zygote]) -> None:
    with pytest.raises(
        JailError, match="stay single-threaded: importing jail_fault started 1 threads; preload less"
    ):
        faulty(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        )
    with pytest.raises(JailError, match="preload jail_fault: ZeroDivisionError"):
        faulty("1 / 0\n")
    with pytest.raises(JailError, match=r"start: Python ended with code 5|start: "):
        faulty("os._exit(5)\n")


def test_zygote_that_was_killed_says_so(faulty: Callable[[str], Zygote]) -> None:
    zygote = faulty("")
    os.kill(zygote.pid, 9)
    zygote.process.wait()
    with pytest.raises(JailError, match="the zygote has ended"):
        zygote.spawn("jail_inmates:hello")
