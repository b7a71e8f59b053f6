"""Hostile code in the jail: each attack is contained, and told by the right outcome."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import jail_inmates
from autograder.jail import Child, JailError, Outcome, Policy, Zygote
from autograder.jail.available import no_namespaces_because
from autograder.jail.policy import MIB

pytestmark = pytest.mark.skipif(
    bool(no_namespaces_because()), reason=f"no jail here: {no_namespaces_because()}"
)

ROOT = Path(__file__).resolve().parents[1]
POLICY = Policy(
    wall_seconds=20,
    cpu_seconds=15,
    memory_bytes=192 * MIB,
    processes=13,
    open_files=41,
    tmpfs_bytes=7 * MIB,
    files=101,
)


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """A zygote without torch, which starts fast; its module lies in a folder that names it."""
    folder = tmp_path_factory.mktemp("inmates")
    os.chmod(folder, 0o755)
    shutil.copy(jail_inmates.__file__, folder)
    sys.path.insert(0, str(folder))
    kept = sys.modules.pop("jail_inmates")
    try:
        with Zygote(preload=(), modules=("jail_inmates",)) as zygote:
            yield zygote
            assert_nothing_left(zygote)
    finally:
        sys.path.remove(str(folder))
        sys.modules["jail_inmates"] = kept


def assert_nothing_left(zygote: Zygote) -> None:
    """No process that was copied from the zygote lives, wherever its parents are."""
    name = Path(f"/proc/{zygote.pid}/cmdline").read_bytes()
    end = time.monotonic() + 5
    while True:
        left = [pid for pid in pids() if pid != zygote.pid and command_line(pid) == name]
        if not left or time.monotonic() > end:
            break
        time.sleep(0.05)
    assert not left, f"{left} are still there"


def pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def run(zygote: Zygote, attack: str, payload: bytes = b"", **bounds: Any) -> Outcome:
    """Run an attack to its end, which leaves nothing behind."""
    policy = Policy(**{**POLICY.__dict__, **bounds})
    with zygote.spawn(f"jail_inmates:{attack}", payload, policy=policy) as child:
        outcome = child.wait(timeout=60)
    assert_nothing_left(zygote)
    return outcome


def told(outcome: Outcome) -> Any:
    """What the inmate said, when all went as it wanted."""
    assert (outcome.ended, outcome.code) == ("exit", 0), outcome
    return json.loads(outcome.output)


# ------------------------------------------------------------------------- what works


def test_payload_files_and_process(zygote: Zygote) -> None:
    files = {"data.txt": b"", "deep/er/x": b"1"}
    with zygote.spawn("jail_inmates:hello", b"Gr\xc3\xbc\xc3\x9fe", files=files) as child:
        assert told(child.wait()) == {"payload": "Grüße", "fds": [], "pid": 2, "files": ["data.txt", "deep"]}


def test_given_files_stay_open_and_work(zygote: Zygote) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, zygote.spawn("jail_inmates:echo", fds=[theirs.fileno()]) as child:
        theirs.close()
        ours.sendall(b"straw")
        assert ours.recv(10) == b"warts"
        assert child.wait().ended == "exit"


@pytest.mark.parametrize("code", [0, 3, 255])
def test_exit_code(zygote: Zygote, code: int) -> None:
    outcome = run(zygote, "leave", str(code).encode())
    assert (outcome.ended, outcome.code, outcome.jail) == ("exit", code, "namespaces")


def test_exception_is_told(zygote: Zygote) -> None:
    outcome = run(zygote, "fail")
    assert (outcome.ended, outcome.code) == ("exit", 1)
    assert outcome.output.endswith(b"ZeroDivisionError: as planned\n")


def test_unknown_entry_is_told(zygote: Zygote) -> None:
    assert b"has no attribute 'nobody'" in run(zygote, "nobody").output


def test_large_payload(zygote: Zygote) -> None:
    text = "x" * 5_000_001
    with zygote.spawn("jail_inmates:hello", text.encode(), policy=Policy(output_bytes=2**23)) as child:
        assert told(child.wait())["payload"] == text


def test_a_course_in_a_closed_folder_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under root's home: the way to the modules may be closed, the modules may not."""
    course = tmp_path / "home" / "course"
    course.mkdir(parents=True)
    module = course / "jail_closed.py"
    module.write_text("def entry(payload, fds): print('open')")
    course.chmod(0o755)
    module.chmod(0o644)
    course.parent.chmod(0o700)
    monkeypatch.syspath_prepend(course)
    with Zygote(preload=(), modules=("jail_closed",)) as zygote:
        with zygote.spawn("jail_closed:entry") as child:
            assert child.wait().output == b"open\n"
        module.chmod(0o600 if os.getuid() == 0 else 0o000)
        with pytest.raises(
            JailError, match=f"{module} cannot be read in the jail; run `chmod -R go\\+rX {module}`"
        ):
            zygote.spawn("jail_closed:entry")


def test_what_is_asked_for_is_checked(zygote: Zygote) -> None:
    for entry in ("jail_inmates", "a b:c", ":x", "x:"):
        with pytest.raises(ValueError, match="names no function"):
            zygote.spawn(entry)
    for name in ("/etc/x", "../x", "a/../../x", "", "."):
        with pytest.raises(ValueError, match="relative path"):
            zygote.spawn("jail_inmates:hello", files={name: b""})
    with pytest.raises(ValueError, match="65 open files"):
        zygote.spawn("jail_inmates:hello", fds=[0] * 65)


def test_another_python_can_be_started(zygote: Zygote) -> None:
    assert told(run(zygote, "start_python")) == ["42\n", ""]


def test_wait_with_timeout_and_poll(zygote: Zygote) -> None:
    with zygote.spawn("jail_inmates:sleep") as child:
        assert child.poll() is None
        with pytest.raises(TimeoutError, match=f"{child.pid} still runs after 0.1"):
            child.wait(timeout=0.1)
        killed = child.kill()
        assert (killed.ended, killed.code) == ("killed", 9)
        assert child.wait() is killed
        assert child.kill() is killed
    assert_nothing_left(zygote)


def test_interrupt(zygote: Zygote) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, zygote.spawn("jail_inmates:interrupted", fds=[theirs.fileno()]) as child:
        ours.recv(1)
        child.interrupt()
        assert child.wait(timeout=30).output.endswith(b'"interrupted"\n')


def test_children_do_not_disturb_each_other(zygote: Zygote) -> None:
    with zygote.spawn("jail_inmates:sleep") as first, zygote.spawn("jail_inmates:hello") as second:
        assert told(second.wait())["pid"] == 2
        assert first.poll() is None


# ------------------------------------------------------------------------- reaching out


@pytest.fixture(scope="module")
def reached(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the attack found possible, with real secrets and listeners outside."""
    folder = tmp_path_factory.mktemp("outside")
    secret = folder / "secret"
    secret.write_text("the answers")
    abstract = f"seq2gpt-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        unix("\0" + abstract),
        unix(str(folder / "named")),
    ):
        given = {
            "secrets": [
                *(str(p) for p in (secret, ROOT / "pyproject.toml", ROOT / "README.md")),
                *(
                    "/etc/shadow",
                    "/etc/hostname",
                    "/dev/mem",
                    "/dev/kmsg",
                    "/dev/zero",
                    "/dev/vda",
                    "/dev/sda",
                    "/proc/kcore",
                ),
                *(
                    "/proc/1/environ",
                    "/proc/sys/kernel/core_pattern",
                    "/sys/kernel/vmcoreinfo",
                    "/proc/sysrq-trigger",
                ),
                *(str(p) for p in (ROOT / "src/seq2gpt").glob("a*.py")),
                *(str(p) for p in (ROOT / "autograder/checks").glob("*.py")),
            ],
            "folders": [
                *(
                    str(ROOT / name)
                    for name in ("", "solutions", "autograder/checks", "autograder/mutants", "book")
                ),
                *(
                    "/home",
                    "/sys",
                    "/var",
                    "/run",
                    "/mnt",
                    "/srv",
                    "/opt",
                    "/boot",
                    str(Path.home()),
                    str(folder),
                ),
            ],
            "pids": [os.getpid(), zygote.pid, os.getppid()],
            "port": listener.getsockname()[1],
            "abstract": abstract,
            "named": str(folder / "named"),
        }
        # Some of the folders above are there, as a way to what is shown; what else they hold is not.
        on_the_way = [f for f in given["folders"] if any(p.startswith(f + "/") for p in shown_paths())]
        given["folders"] = [f for f in given["folders"] if f not in on_the_way]
        yield {**told(run(zygote, "reach_out", json.dumps(given).encode())), "given": given}


def shown_paths() -> list[str]:
    from autograder.jail.view import View

    view = View.of(("jail_inmates",))
    return [*view.shown, *view.modules]


def unix(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    return listener


def test_nothing_outside_can_be_reached(reached: dict[str, Any]) -> None:
    assert len(reached["tried"]) > 90
    assert reached["possible"] == []


def test_the_attack_reaches_when_it_is_not_jailed(reached: dict[str, Any]) -> None:
    """The same attempts on this machine: the targets are really there."""
    attempts = jail_inmates.forbidden(reached["given"])
    for name in (
        "loopback",
        "abstract socket",
        f"read {reached['given']['secrets'][0]}",
        "memfd_create",
        "shared anonymous memory",
    ):
        attempts[name]()


def test_nothing_can_be_written(zygote: Zygote) -> None:
    written = told(run(zygote, "write_everywhere", files=4000))
    assert set(written) <= {"/dev/stdin", "/dev/null", "/dev/random", "/dev/urandom"}


def test_what_the_jail_shows(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    seen = told(run(zygote, "look_around"))
    assert len(set(seen["uids"])) == 1
    assert 0 not in seen["uids"]
    assert os.getuid() not in seen["uids"]
    assert "SECRET" not in seen["environment"]
    assert "SECRET" not in seen["first environment"]
    assert set(seen["environment"]) <= set(jail_environment())
    assert len(seen["open"]) == 4  # and the one that lists them
    assert seen["processes"] == [1, 2]
    assert seen["zone"] == "UTC"
    assert abs(seen["clock"] - time.time()) < 60
    assert seen["core"] == [1, 1]
    assert (seen["stdin"], seen["host"], seen["user"]) == ("", "jail", "/box")


def jail_environment() -> dict[str, str]:
    from autograder.jail.zygote import environment

    return environment()


def test_inherited_files_are_closed(zygote: Zygote, tmp_path: Path) -> None:
    secret = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        assert len(told(run(zygote, "look_around"))["open"]) == 4
    finally:
        os.close(secret)


def test_one_child_cannot_read_what_another_was_given(zygote: Zygote) -> None:
    word = b"Qx7RkpTzWm2LvN9s"
    for _ in range(3):
        run(zygote, "hello", word * 1000)
    backwards = bytes(reversed(word[:8])) + bytes(reversed(word[8:]))
    assert told(run(zygote, "find_in_memory", backwards)) == 0


def test_the_search_finds_what_is_there() -> None:
    """The search above is no blind one."""
    word = bytearray(b"Qx7RkpTzWm2LvN9s")
    backwards = bytes(reversed(word[:8])) + bytes(reversed(word[8:]))
    found: list[int] = []
    original, jail_inmates.say = jail_inmates.say, found.append
    try:
        jail_inmates.find_in_memory(backwards, [])
    finally:
        jail_inmates.say = original
    assert found[0] >= 1


# ------------------------------------------------------------------------- taking too much


def test_fork_bomb(zygote: Zygote) -> None:
    outcome = run(zygote, "fork_bomb", wall_seconds=1.5)
    assert outcome.ended == "time"
    assert json.loads(outcome.output) == {"forks": POLICY.processes - 1, "error": "EAGAIN"}


def test_spinning_fork_bomb(zygote: Zygote) -> None:
    outcome = run(zygote, "spinning_fork_bomb", wall_seconds=4, cpu_seconds=1)
    assert outcome.ended in ("cpu", "time")
    assert outcome.seconds < 10


def test_thread_bomb(zygote: Zygote) -> None:
    assert told(run(zygote, "thread_bomb")) == POLICY.processes - 1


@pytest.mark.parametrize("generations", [0, 1, 3])
def test_memory_bomb(zygote: Zygote, generations: int) -> None:
    outcome = run(zygote, "memory_bomb", str(generations).encode())
    assert outcome.ended == "memory"
    assert POLICY.memory_bytes < outcome.peak_bytes < POLICY.memory_bytes + 256 * MIB


def test_memory_of_many_is_added_up(zygote: Zygote) -> None:
    assert run(zygote, "many_hoards", wall_seconds=20).ended == "memory"


def test_memory_in_sockets(zygote: Zygote) -> None:
    assert run(zygote, "socket_hoard", open_files=400).ended == "memory"


def test_shared_memory_counts_once(zygote: Zygote) -> None:
    assert told(run(zygote, "shared_hoard")) == 120 * MIB


def test_loop_that_ignores_signals(zygote: Zygote) -> None:
    outcome = run(zygote, "spin", wall_seconds=1)
    assert (outcome.ended, outcome.code) == ("time", 9)
    assert 1 <= outcome.seconds < 5


def test_cpu_time(zygote: Zygote) -> None:
    outcome = run(zygote, "spin", cpu_seconds=1)
    assert outcome.ended == "cpu"
    assert 1 <= outcome.cpu_seconds < 3


def test_cpu_time_of_children_that_nobody_waits_for(zygote: Zygote) -> None:
    assert run(zygote, "spin_in_grandchildren", cpu_seconds=1, wall_seconds=60).ended == "cpu"


def test_sleep_costs_wall_time_only(zygote: Zygote) -> None:
    outcome = run(zygote, "sleep", wall_seconds=0.5)
    assert outcome.ended == "time"
    assert outcome.cpu_seconds < 0.5


def test_disk(zygote: Zygote) -> None:
    report = told(run(zygote, "fill_disk"))
    assert report["errors"] == ["ENOSPC"]
    assert POLICY.tmpfs_bytes - MIB < report["written"] <= POLICY.tmpfs_bytes


def test_number_of_files(zygote: Zygote) -> None:
    report = told(run(zygote, "many_files"))
    assert report["error"] == "ENOSPC"
    assert report["made"] < POLICY.files


def test_open_files(zygote: Zygote) -> None:
    report = told(run(zygote, "open_many"))
    assert report["error"] == "EMFILE"
    assert report["opened"] < POLICY.open_files


def test_size_of_a_file(zygote: Zygote) -> None:
    assert told(run(zygote, "big_file")) == "EFBIG"


@pytest.mark.parametrize("who", [b"", b"grandchild"])
def test_output(zygote: Zygote, who: bytes) -> None:
    outcome = run(zygote, "flood", who, output_bytes=100_003)
    assert outcome.ended == "output"
    assert outcome.output == b"x" * 100_003


# ------------------------------------------------------------------------- staying, striking back


def test_daemon_dies_with_the_jail(zygote: Zygote) -> None:
    assert told(run(zygote, "daemonise")) == "left"


def test_kill_everything(zygote: Zygote) -> None:
    assert told(run(zygote, "kill_all")) == -9


def test_stop_everything(zygote: Zygote) -> None:
    outcome = run(zygote, "stop_all", wall_seconds=1)
    assert (outcome.ended, outcome.code) == ("time", 9)


def test_strangle_process_1(zygote: Zygote) -> None:
    assert run(zygote, "strangle_init", wall_seconds=2).ended in ("time", "signal")


def test_orphans_are_buried(zygote: Zygote) -> None:
    assert told(run(zygote, "orphans")) == "done"


def test_crash(zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run(zygote, "crash")
    assert (outcome.ended, outcome.code) == ("signal", 11)
    assert list(tmp_path.iterdir()) == []


GRADER = """
import time
from autograder.jail import Zygote
zygote = Zygote(preload=(), modules=("jail_inmates",))
child = zygote.spawn("jail_inmates:spin")
print(zygote.pid, child.pid, flush=True)
time.sleep(60)
"""


def test_killing_the_grader_ends_everything() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert grader.stdout is not None
    with grader.stdout as said:
        ids = [int(word) for word in said.readline().split()]
    grader.kill()
    grader.wait()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in ids) and time.monotonic() < end:
        time.sleep(0.02)
    assert len(ids) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in ids)


def test_closing_the_zygote_ends_its_children(tmp_path: Path) -> None:
    zygote = Zygote(preload=(), modules=("jail_inmates",))
    child: Child = zygote.spawn("jail_inmates:spin")
    zygote.close()
    end = time.monotonic() + 10
    while Path(f"/proc/{child.pid}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{child.pid}").exists()
    child.connection.close()
