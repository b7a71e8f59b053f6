"""A child reached through its standard streams: in a container, or without a jail."""

import base64
import contextlib
import dataclasses
import os
import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from autograder.jail.child import Ended, Outcome
from autograder.jail.closing import Closing
from autograder.jail.errors import JailError
from autograder.jail.mux import Relay
from autograder.jail.policy import Policy
from autograder.jail.zygote import check_request

START_SECONDS = 120.0
TICK = 0.05
KILLED = 9


def request_for(
    entry: str, payload: bytes, fds: Sequence[int], policy: Policy, files: Mapping[str, bytes]
) -> dict[str, Any]:
    """What :mod:`autograder.jail.inside` is to run, as JSON can hold it; ``ValueError`` if it cannot be."""
    check_request(entry, fds, files)
    return {
        "entry": entry,
        "payload": base64.b64encode(payload).decode(),
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
        "fds": len(fds),
        "policy": dataclasses.asdict(policy),
    }


def own_sockets(fds: Sequence[int]) -> list[socket.socket]:
    """Copies of open sockets, which the caller may close."""
    return [socket.socket(fileno=os.dup(fd)) for fd in fds]


def start_piped(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Start a program with pipes for its three standard streams."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **options)


class StreamChild:
    """A process that :mod:`autograder.jail.inside` runs for us, with the interface of :class:`autograder.jail.Child`.

    ``end`` ends everything that it started; ``out_of_memory`` says whether that was its end. Processor time and memory
    are not measured: they are 0 in its outcome.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        sockets: list[socket.socket],
        policy: Policy,
        jail: str,
        end: Callable[[], None],
        out_of_memory: Callable[[], bool],
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.process, self.policy, self.jail = process, policy, jail
        self.end, self.out_of_memory = end, out_of_memory
        self.pid = process.pid
        self.relay = Relay(process.stdout.fileno(), process.stdin.fileno(), sockets)
        self.stderr = process.stderr.fileno()
        os.set_blocking(self.stderr, False)
        self.stderr_open = True
        self.output = bytearray()
        self.started = time.monotonic()
        self.asked_to_end = self.interrupted = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._outcome: Outcome | None = None

    def start(self, request: dict[str, Any]) -> None:
        """Say what to run and wait until it does; ``JailError`` if that does not come about."""
        self.relay.readable.clear()  # nothing may overtake the answer
        self.relay.tell(request)
        while time.monotonic() - self.started < START_SECONDS and self.relay.open:
            if any(m.get("sealed") for m in self._carry()):
                self.started = time.monotonic()
                self.relay.readable.update(self.relay.sockets)
                self.thread.start()
                return
        self._carry()
        self._finish()
        words = self.output.decode(errors="replace").strip().splitlines()[-1:]
        raise JailError(
            f"start ({self.jail})", "".join(words) or f"not ready after {START_SECONDS:g} seconds"
        )

    def _carry(self) -> list[dict[str, Any]]:
        messages, ready = self.relay.step(TICK, [self.stderr] if self.stderr_open else [])
        if ready:
            with contextlib.suppress(BlockingIOError):
                part = os.read(self.stderr, 2**16)
                self.output += part
                self.stderr_open = bool(part)
        return messages

    def _run(self) -> None:
        reason, code = "", -KILLED
        while self.relay.open and not reason:
            for message in self._carry():
                code = message.get("code", code)
            if self.interrupted:
                self.relay.tell({"interrupt": True})
                self.interrupted = False
            reason = self._excess()
        seconds = time.monotonic() - self.started
        if not reason and code == -KILLED and self.out_of_memory():
            reason = "memory"
        self._finish()
        ended: Ended = reason or ("exit" if code >= 0 else "signal")  # type: ignore[assignment]
        self._outcome = Outcome(
            ended=ended,
            code=KILLED if reason else abs(code),
            seconds=seconds,
            cpu_seconds=0.0,
            peak_bytes=0,
            output=bytes(self.output[: self.policy.output_bytes]),
            jail=self.jail,
        )

    def _excess(self) -> str:
        if len(self.output) > self.policy.output_bytes:
            return "output"
        if time.monotonic() - self.started > self.policy.wall_seconds:
            return "time"
        return "killed" if self.asked_to_end else ""

    def _finish(self) -> None:
        """End everything, and close everything."""
        self.end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        for s in self.relay.sockets.values():
            s.close()

    def wait(self, timeout: float | None = None) -> Outcome:
        """As :meth:`autograder.jail.Child.wait`."""
        self.thread.join(timeout)
        if self._outcome is None:
            raise TimeoutError(f"the process {self.pid} still runs after {timeout} seconds")
        return self._outcome

    def poll(self) -> Outcome | None:
        """How it ended, or None while it runs."""
        return self._outcome

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the process."""
        self.interrupted = True

    def kill(self) -> Outcome:
        """End it and all that it started, and say how it ended."""
        self.asked_to_end = True
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


@dataclasses.dataclass(frozen=True)
class Started:
    """A program that waits for a request, how to end it with all that it starts, and whether memory was its end."""

    process: "subprocess.Popen[bytes]"
    end: Callable[[], None]
    out_of_memory: Callable[[], bool] = lambda: False


class StreamJail(Closing, ABC):
    """Runs entries as :class:`autograder.jail.Zygote` does, each in a program of its own that :meth:`start` starts."""

    kind: str

    @abstractmethod
    def start(self, policy: Policy) -> Started:
        """Start :mod:`autograder.jail.inside`, bounded by ``policy``."""

    def spawn(
        self,
        entry: str,
        payload: bytes = b"",
        fds: Sequence[int] = (),
        policy: Policy = Policy(),  # noqa: B008 (frozen)
        files: Mapping[str, bytes] = {},
    ) -> StreamChild:
        """As :meth:`autograder.jail.Zygote.spawn`; ``fds`` must be stream sockets, whose bytes are carried over."""
        request = request_for(entry, payload, fds, policy, files)
        started = self.start(policy)
        child = StreamChild(
            started.process, own_sockets(fds), policy, self.kind, started.end, started.out_of_memory
        )
        child.start(request)
        return child
