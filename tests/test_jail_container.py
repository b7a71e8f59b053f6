"""The container's command line and protocol, against a stand-in that plays docker's role; and no jail, asked for by name."""

import itertools
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.jail import JailError, JailUnavailable, Policy, available, choose
from autograder.jail.choose import open_jail
from autograder.jail.container import ContainerJail, command_line, find_engine
from autograder.jail.unsafe import UnsafeJail

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent
POLICY = Policy(wall_seconds=20, memory_bytes=307 * 2**20, processes=13, open_files=41, output_bytes=10_007)

# Keeps a note of each call; runs what comes after the image with this Python, in an empty folder.
STAND_IN = f"""
#!{sys.executable}
import json, os, signal, subprocess, sys, tempfile
from pathlib import Path
notes = Path(__file__).parent
with (notes / "calls").open("a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
if sys.argv[1:3] == ["image", "inspect"] and "no-such-image" in sys.argv:
    sys.exit("Error response from daemon: No such image: no-such-image:latest")
if sys.argv[1] == "run":
    if "broken-image" in sys.argv:
        sys.exit("exec: python: executable file not found in $PATH")
    arguments = sys.argv[sys.argv.index("--entrypoint") + 3 :]
    name = sys.argv[sys.argv.index("--name") + 1]
    environment = {{"PYTHONPATH": {os.pathsep.join((str(ROOT), str(ROOT / "src"), str(HERE)))!r}}}
    arguments.remove("-I")
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=tempfile.mkdtemp(dir=notes), env=environment, start_new_session=True
    )
    (notes / name).write_text(str(process.pid))
    sys.exit(abs(process.wait()))
if sys.argv[1] == "rm":
    try:
        os.killpg(int((notes / sys.argv[-1]).read_text()), signal.SIGKILL)
    except (OSError, ValueError):
        pass
if sys.argv[1] == "inspect":
    print((notes / "oom").exists() and "true" or "false")
""".strip()


def stand_in(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the stand-in the only program on PATH."""
    program = folder / name
    program.write_text(STAND_IN + "\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    stand_in(tmp_path, "docker", monkeypatch)
    yield tmp_path
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    started = [call[call.index("--name") + 1] for call in calls if call[0] == "run"]
    assert [call[-1] for call in calls if call[0] == "rm"] == started, "a container was left behind"


def options(command: list[str]) -> dict[str, list[str]]:
    """The values of each option."""
    found: dict[str, list[str]] = {}
    for name, value in itertools.pairwise(command):
        if name.startswith("--"):
            found.setdefault(name, []).append(value)
    return found


def test_command_line_carries_the_policy() -> None:
    policy = Policy(
        cpu_seconds=7,
        memory_bytes=311 * 2**20,
        processes=17,
        open_files=43,
        file_bytes=5003,
        tmpfs_bytes=2**21 + 7,
        files=109,
    )
    command = command_line("docker", "image", "name", policy)
    assert command[:3] == ["docker", "run", "--interactive"]
    got = options(command)
    assert got["--network"] == ["none"]
    assert got["--cap-drop"] == ["ALL"]
    assert got["--security-opt"] == ["no-new-privileges"]
    assert got["--user"] == ["64000:64000"]
    assert got["--memory"] == got["--memory-swap"] == [str(311 * 2**20)]
    assert got["--pids-limit"] == ["19"]
    assert got["--pull"] == ["never"]
    assert got["--ulimit"] == ["nofile=43:43", "core=0:0", "fsize=5003:5003", "cpu=8:8"]
    assert "--read-only" in command
    assert [mount.split(":")[0] for mount in got["--tmpfs"]] == ["/box", "/tmp"]
    assert all(
        {"noexec", "nosuid", "nodev", f"size={2**21 + 7}", "nr_inodes=109"} <= set(m.split(":")[1].split(","))
        for m in got["--tmpfs"]
    )
    assert not {"--volume", "-v", "--mount", "--privileged", "--publish", "--device"} & set(command)
    assert command[command.index("image") :] == ["image", "-I", "-B", "-m", "autograder.jail.inside"]


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_engine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    stand_in(tmp_path, name, monkeypatch)
    assert find_engine() == str(tmp_path / name)


def test_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JailUnavailable, match="no docker or podman on PATH; install"):
        ContainerJail()


def test_payload_files_and_exit_code(docker: Path) -> None:
    with ContainerJail() as jail:
        with jail.spawn("jail_inmates:hello", b"Gr\xc3\xbc\xc3\x9fe", files={"a/b.txt": b"\0\xff"}) as child:
            outcome = child.wait(timeout=60)
        told = json.loads(outcome.output)
        assert (told["payload"], told["files"]) == ("Grüße", ["a"])
        assert (outcome.ended, outcome.code, outcome.jail) == ("exit", 0, "container")
        with jail.spawn("jail_inmates:leave", b"7") as child:
            assert child.wait(timeout=60).code == 7
        with jail.spawn("jail_inmates:crash") as child:
            outcome = child.wait(timeout=60)
            assert (outcome.ended, outcome.code) == ("signal", 11)


def test_sockets_are_carried(docker: Path) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    with ContainerJail().spawn("jail_inmates:swap", fds=[theirs.fileno() for _, theirs in pairs]) as child:
        for _, theirs in pairs:
            theirs.close()
        big = os.urandom(3_000_017)
        pairs[0][0].sendall(big)
        pairs[0][0].shutdown(socket.SHUT_WR)
        received = bytearray()
        while part := pairs[1][0].recv(2**16):
            received += part
        assert bytes(received) == big[::-1]
        assert child.wait(timeout=60).ended == "exit"
    for ours, _ in pairs:
        ours.close()


@pytest.mark.parametrize(
    "inherited", [signal.default_int_handler, signal.SIG_IGN], ids=["default", "ignored"]
)
def test_interrupt(docker: Path, inherited: Any) -> None:
    """Also where grading was started in the background of a script, whose children ignore interrupts."""
    before = signal.signal(signal.SIGINT, inherited)
    try:
        interrupt()
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, ContainerJail().spawn("jail_inmates:interrupted", fds=[theirs.fileno()]) as child:
        ours.recv(1)
        child.interrupt()
        assert child.wait(timeout=60).output.endswith(b'"interrupted"\n')


def test_time_output_and_kill(docker: Path) -> None:
    jail = ContainerJail()
    with jail.spawn("jail_inmates:spin", policy=Policy(wall_seconds=0.5)) as child:
        assert child.poll() is None
        with pytest.raises(TimeoutError, match="still runs after 0.01"):
            child.wait(timeout=0.01)
        assert child.wait(timeout=60).ended == "time"
    with jail.spawn("jail_inmates:flood", policy=POLICY) as child:
        outcome = child.wait(timeout=60)
        assert (outcome.ended, len(outcome.output)) == ("output", 10_007)
    with jail.spawn("jail_inmates:spin") as child:
        assert child.kill().ended == "killed"


def test_out_of_memory(docker: Path) -> None:
    (docker / "oom").touch()
    with ContainerJail().spawn("jail_inmates:kill_me") as child:
        assert child.wait(timeout=60).ended == "memory"


def test_container_that_does_not_start(docker: Path) -> None:
    with pytest.raises(JailError, match=r"start \(container\): exec: python: executable file not found"):
        ContainerJail("broken-image").spawn("jail_inmates:hello")


def test_image_that_is_not_there(docker: Path) -> None:
    with pytest.raises(
        JailUnavailable,
        match="has no image 'no-such-image'.*No such image: .*run `.*docker build -t no-such-image .`",
    ):
        ContainerJail("no-such-image")


def test_limits_inside(docker: Path) -> None:
    with ContainerJail().spawn("jail_inmates:open_many", policy=POLICY) as child:
        assert json.loads(child.wait(timeout=60).output)["error"] == "EMFILE"


# ------------------------------------------------------------------------- which one


def test_refuses_where_no_jail_is_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(choose, "no_namespaces_because", lambda: "reason; fix")
    with pytest.raises(
        JailUnavailable,
        match="cannot be jailed here: reason; fix; otherwise install docker or podman.*--unsafe-no-sandbox",
    ):
        open_jail()


def test_container_where_namespaces_are_not_possible(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "no_namespaces_because", lambda: "no")
    jail = open_jail(image="own")
    assert isinstance(jail, ContainerJail)
    assert jail.image == "own"
    with jail.spawn("jail_inmates:hello", policy=POLICY) as child:
        child.wait(timeout=60)


def test_unsafe_is_loud_and_recorded(capfd: pytest.CaptureFixture[str]) -> None:
    jail = open_jail(unsafe=True)
    assert isinstance(jail, UnsafeJail)
    assert "UNSAFE: student code runs without a jail" in capfd.readouterr().err
    with jail.spawn("jail_inmates:hello", b"x", files={"f": b""}) as child:
        outcome = child.wait(timeout=60)
    assert (outcome.ended, outcome.jail) == ("exit", "unsafe")
    assert json.loads(outcome.output)["files"] == ["f"]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        policy = Policy(wall_seconds=0.5)
        with jail.spawn("jail_inmates:tell_and_spin", fds=[theirs.fileno()], policy=policy) as child:
            pid = int(ours.recv(20))
            assert child.wait(timeout=60).ended == "time"
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_switches_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text(value + "\n")
    monkeypatch.setattr(available, "SETTINGS", tmp_path)
    assert said in available.switched_off()
    path.write_text("7\n")
    assert available.switched_off() == ""


def test_other_systems_are_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available.platform, "release", lambda: "5.4.0-generic")
    assert "5.14 or newer is needed" in available.wrong_system()
    monkeypatch.setattr(available.platform, "machine", lambda: "riscv64")
    assert "this is riscv64" in available.wrong_system()
    monkeypatch.setattr(available.sys, "platform", "darwin")
    assert "part of Linux" in available.wrong_system()


def test_refused_namespaces_are_found_by_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available, "PROBE", "import sys; sys.exit(1)")
    assert "new namespaces are refused (Operation not permitted)" in available.probe()
