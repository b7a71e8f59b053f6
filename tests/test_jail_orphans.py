"""Nothing that runs for a grader outlives it, in any kind of jail, whoever kills the grader or what stands between."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.jail.available import no_namespaces_because
from test_jail_container import stand_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the survivors are looked for in /proc")
INMATES = 2
START_SECONDS, END_SECONDS = 60.0, 15.0
NAMESPACES = pytest.param(
    "Zygote(preload=(), modules=('jail_inmates',))",
    marks=pytest.mark.skipif(
        bool(no_namespaces_because()), reason=f"no jail here: {no_namespaces_because()}"
    ),
    id="namespaces",
)
CONTAINER = pytest.param("ContainerJail()", id="container")
UNSAFE = pytest.param("UnsafeJail()", id="unsafe")
GRADER = """
import os, sys, time
from autograder.jail import Policy, Zygote
from autograder.jail.container import ContainerJail
from autograder.jail.unsafe import UnsafeJail
jail = {jail}
child = jail.spawn("jail_inmates:spin_with_a_child", b"{name}", policy=Policy(wall_seconds=120))
{more}
time.sleep(100)
"""
# A copy of the grader that keeps all its connections open: no end of a stream tells that the grader is gone.
COPY = "if os.fork() == 0: time.sleep(20); os._exit(0)"
Grader = Callable[[str, str], "subprocess.Popen[bytes]"]


def alive(name: str) -> list[int]:
    """The processes with this name, zombies not counted."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            named = folder.name.isdigit() and (folder / "comm").read_text().strip() == name
            if named and "\nState:\tZ" not in (folder / "status").read_text():
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended meanwhile
    return found


def wait_for(name: str, count: int, seconds: float) -> list[int]:
    """Wait until as many processes have this name."""
    end = time.monotonic() + seconds
    while len(found := alive(name)) != count and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.fixture
def name() -> Iterator[str]:
    """Of the processes of one test; those that are left are ended."""
    name = f"in{secrets.token_hex(5)}"
    yield name
    for pid in alive(name):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[Grader]:
    """Start a grader with two inmates, in a session of its own."""
    stand_in(tmp_path, "docker", monkeypatch)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    graders: list[subprocess.Popen[bytes]] = []

    def started(jail: str, more: str = "") -> "subprocess.Popen[bytes]":
        code = GRADER.format(jail=jail, name=name, more=more)
        graders.append(
            subprocess.Popen([sys.executable, "-c", code], env=environment, start_new_session=True)
        )
        assert len(wait_for(name, INMATES, START_SECONDS)) == INMATES
        return graders[-1]

    yield started
    for grader in graders:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(grader.pid, signal.SIGKILL)
        grader.wait()


@pytest.mark.parametrize("jail", [NAMESPACES, CONTAINER, UNSAFE])
def test_a_grader_that_is_killed_takes_all_with_it(start: Grader, name: str, jail: str) -> None:
    start(jail, "").kill()
    assert wait_for(name, 0, END_SECONDS) == []


@pytest.mark.parametrize("jail", [NAMESPACES, UNSAFE])
def test_so_it_is_while_a_copy_of_it_lives(start: Grader, name: str, jail: str) -> None:
    start(jail, COPY).kill()
    assert wait_for(name, 0, END_SECONDS) == []


@pytest.mark.parametrize("jail", [CONTAINER, UNSAFE])
def test_killing_what_carries_the_sockets_ends_the_entry(start: Grader, name: str, jail: str) -> None:
    start(jail, "")
    parents = {int(stat_of(pid)[1]) for pid in alive(name)} - set(alive(name))
    assert len(parents) == 1
    os.kill(parents.pop(), signal.SIGKILL)
    assert wait_for(name, 0, END_SECONDS) == []


def stat_of(pid: int) -> list[str]:
    """State, parent and more of a process."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
