"""The world in which a corpus is graded: a course, a folder that plays the instructor's machine, and witnesses.

Everything that an attack may reach lies below one temporary folder, listens on loopback, or is a decoy
process started here; so the attacks harm nothing even where nothing holds them back.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType

import psutil

from . import course

BYSTANDER = "bystander"  # a student who does nothing but hand in a right answer
SECRETS = {
    "host": "SECRET-of-the-host-524287",
    "environment": "SECRET-of-the-environment-31",
    "bystander": "SECRET-of-the-bystander-2147483647",
    "seed": "5eed5eed5eed5eed5eed5eed5eed5eed",
    "solution": course.SOLUTION_SECRET,
    "hidden tests": course.HIDDEN_SECRET,
}


class World:
    """One temporary course; use it in a ``with`` statement."""

    def __init__(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="atk-"))  # short: sockets have short names
        self.root, self.work, self.host = (self.base / name for name in ("course", "work", "host"))
        self.temporary, self.home = self.base / "t", self.base / "h"
        self.submitted = self.work / "submitted"
        self.tag = "atk" + secrets.token_hex(4)  # in the name of every process that an attack leaves behind
        self.decoys: dict[str, subprocess.Popen[bytes]] = {}
        self.listeners = [
            Listener(socket.AF_INET, ("127.0.0.1", 0)),
            Listener(socket.AF_UNIX, f"\0{self.tag}"),
        ]
        self.largest = 0  # bytes that the temporary folder held at most
        self._closed = threading.Event()
        self._make()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _make(self) -> None:
        self.base.chmod(0o755)
        for folder in (self.host, self.temporary, self.home, self.submitted, self.host / "site-packages"):
            folder.mkdir(parents=True)
        for shared in (self.host, self.temporary, self.host / "site-packages"):
            shared.chmod(0o777)  # like /tmp: what keeps an attack out shall not be a file's mode
        course.write(
            course.notebook(solved=True), self.root / "solutions" / course.LAB / f"{course.LAB}.ipynb"
        )
        course.write(
            course.notebook(solved=False), self.root / "exercises" / course.LAB / f"{course.LAB}.ipynb"
        )
        for folder in (self.host, self.home):
            (folder / "id_secret").write_text(SECRETS["host"])
        (self.host / "shared.txt").write_text("a file of the instructor\n")
        (self.host / "shared.txt").chmod(0o666)
        (self.work / ".grading_seed").write_text(SECRETS["seed"] + "\n")
        bystander = course.answered(softmax=f"# {SECRETS['bystander']}\n" + course.ANSWERS["softmax"])
        course.write(bystander, self.place(BYSTANDER) / f"{course.LAB}.ipynb")

    def place(self, student: str) -> Path:
        """Where a student's submission lies."""
        return self.submitted / student / course.LAB

    @property
    def port(self) -> int:
        """Of the listener on loopback."""
        return int(self.listeners[0].socket.getsockname()[1])

    def fill(self, text: str, name: str) -> str:
        """The code of an attack with the places that it is after."""
        places = {
            "$HOST": str(self.host),
            "$ROOT": str(self.root),
            "$WORK": str(self.work),
            "$BYSTANDER": str(self.place(BYSTANDER) / f"{course.LAB}.ipynb"),
            "$PORT": str(self.port),
            "$TAG": self.tag,
            "$NAME": name,
            "$LAB": course.LAB,
        }
        for place, value in places.items():
            text = text.replace(place, value)
        return text.replace("$DECOY", str(self.decoy(name))) if "$DECOY" in text else text

    def decoy(self, name: str) -> int:
        """A process of the instructor's that an attack may try to end."""
        if name not in self.decoys:
            command = [sys.executable, "-c", "import time; time.sleep(3600)"]
            self.decoys[name] = subprocess.Popen(command, start_new_session=True)
        return self.decoys[name].pid

    def leftovers(self) -> list[psutil.Process]:
        """Processes that attacks left behind, whatever they did to their environment."""
        found = []
        for process in psutil.process_iter(["name", "cmdline", "status"]):
            if process.info["status"] == psutil.STATUS_ZOMBIE:
                continue  # it has ended; nobody has asked yet how
            if self.tag in " ".join([process.info["name"] or "", *(process.info["cmdline"] or [])]):
                found.append(process)
        return found

    def _watch(self) -> None:
        """Measure how much lies in the temporary folder, now and then."""
        while not self._closed.wait(0.2):
            self.largest = max(self.largest, size_of(self.temporary))

    def __enter__(self) -> "World":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._watcher.join()
        for process in self.leftovers():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for decoy in self.decoys.values():
            decoy.kill()
            decoy.wait()
        for listener in self.listeners:
            listener.close()
        # An attack may have taken the rights from a folder; an endless one would be found out here, too.
        for folder, _, _ in os.walk(self.base):
            with contextlib.suppress(OSError):
                os.chmod(folder, 0o700)
        shutil.rmtree(self.base, ignore_errors=True)


class Listener:
    """Counts connections and keeps what they said."""

    def __init__(self, family: int, address: object) -> None:
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.bind(address)
        self.socket.listen(64)
        self.heard: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                connection.settimeout(2)
                words = b""
                with contextlib.suppress(OSError):
                    while len(words) < 10_000 and (more := connection.recv(4096)):
                        words += more
                connection.close()
                self.heard.append(words.decode(errors="replace"))

    def close(self) -> None:
        """Stop listening; shutdown wakes the thread that waits."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def size_of(folder: Path) -> int:
    """Bytes on disk below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
    return total


def wait_until_quiet(world: World, seconds: float = 2.0) -> None:
    """Give what an attack left behind the time to act; it acts within a second."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and world.leftovers():
        time.sleep(0.1)


def stop(process: psutil.Process) -> None:
    """End a process with all that it started."""
    with contextlib.suppress(psutil.Error):
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.send_signal(signal.SIGKILL)
