"""A jailed process as its parent sees it."""

import contextlib
import select
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from autograder.jail.errors import JailError
from autograder.jail.messages import Closed, receive

INTERRUPT = b"i"
GRACE_SECONDS = 30.0  # for the watcher to notice, to kill, and to report
Ended = Literal["exit", "signal", "memory", "time", "cpu", "processes", "output", "killed"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a jailed process ended, with all that it had started.

    ``ended`` is ``exit`` (``code`` is the exit code) or ``signal`` (``code`` is its number) when it ended by itself;
    ``memory``, ``time``, ``cpu``, ``processes`` or ``output`` when it took more than its policy allows, and ``killed`` when
    :meth:`Child.kill` did it (``code`` is then 9). ``seconds`` is wall time; ``peak_bytes`` is the most memory that samples,
    some 20 a second, found in the whole tree; ``output`` is what it wrote to stdout and stderr. ``jail`` is the kind of jail.
    """

    ended: Ended
    code: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: bytes = b""
    jail: str = "namespaces"


class Child:
    """A process that runs in the jail; use it as a context manager, and nothing stays behind.

    ``pid`` is the process, as this machine numbers it, whose death ends all processes of the jail.
    """

    def __init__(self, connection: socket.socket, pid: int, wall_seconds: float) -> None:
        self.connection = connection
        self.pid = pid
        self.latest_end = time.monotonic() + wall_seconds + GRACE_SECONDS
        self._outcome: Outcome | None = None
        self._lost: JailError | None = None

    def wait(self, timeout: float | None = None) -> Outcome:
        """How it ended; waits until it has. ``TimeoutError`` after ``timeout`` seconds, while it goes on running."""
        if self._lost:
            raise self._lost
        if self._outcome is None:
            patience = max(0.0, self.latest_end - time.monotonic())
            if not select.select([self.connection], [], [], patience if timeout is None else timeout)[0]:
                if time.monotonic() >= self.latest_end:
                    raise JailError(
                        "watch", f"the process that watches {self.pid} does not answer; end both by hand"
                    )
                raise TimeoutError(f"the jailed process {self.pid} still runs after {timeout} seconds")
            self._outcome = self._read_outcome()
        return self._outcome

    def poll(self) -> Outcome | None:
        """How it ended, or None while it runs."""
        with contextlib.suppress(TimeoutError):
            return self.wait(timeout=0)
        return None

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the process (SIGINT), if it still runs."""
        with contextlib.suppress(OSError):
            self.connection.send(INTERRUPT)

    def kill(self) -> Outcome:
        """End the process and everything that it started, and say how it ended."""
        if self._outcome is None:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_WR)
            self.latest_end = min(self.latest_end, time.monotonic() + GRACE_SECONDS)
        return self.wait()

    def _read_outcome(self) -> Outcome:
        try:
            header, output = receive(self.connection)
        except Closed:
            header = {
                "error": ("watch", "the process that watches the jail was killed, and the jail with it")
            }
        finally:
            self.connection.close()
        if "error" in header:
            self._lost = JailError(*header["error"])
            raise self._lost
        return Outcome(**header, output=output)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._lost:
            self.kill()
