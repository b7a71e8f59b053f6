"""The process that makes a jail, watches it from outside, and reports how it ended."""

import contextlib
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn, TextIO

from autograder.jail import linux, root
from autograder.jail.errors import JailError
from autograder.jail.init import Request, run_init
from autograder.jail.messages import receive_with_fds, send
from autograder.jail.namespaces import leave
from autograder.jail.policy import Policy
from autograder.jail.steps import step
from autograder.jail.usage import Usage
from autograder.jail.view import View

TICK = 0.05
CHUNK = 2**16
SETUP_SECONDS = 30.0
Report = dict[str, Any]


def supervise(
    connection: socket.socket, view: View, mode: str, host: dict[str, str], zygote: int
) -> NoReturn:
    """Read what is asked for from ``connection``, do it in a jail, and send the outcome."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    header, body, fds = receive_with_fds(connection)
    policy = Policy(**header["policy"])
    try:
        identity = leave(mode)
        with step("die with the zygote"):
            linux.die_with(zygote)
        root.build(view, policy, identity)
        request = Request(header, body, fds, policy, identity, mode, host, (*view.shown, *view.modules))
        jail = start(request)
    except Exception as error:
        failed = error if isinstance(error, JailError) else JailError("start", repr(error))
        send(connection, {"error": failed.parts})
        os._exit(0)
    for fd in fds:
        os.close(fd)
    send(connection, {"pid": jail.pid})
    try:
        reason = Watch(jail, policy, connection).run()
        send(connection, jail.outcome(reason, policy), bytes(jail.output))
    except Exception as error:
        send(connection, {"error": ("watch", repr(error))})
    os._exit(0)  # and with this process the jail, if it still runs


@dataclass
class Jail:
    """A running jail: its process 1, and pipes to and from it."""

    pid: int
    pidfd: int
    orders: int
    status: TextIO
    stream: int
    proc: int
    started: float
    output: bytearray = field(default_factory=bytearray)
    usage: Usage = field(init=False)

    def outcome(self, reason: str, policy: Policy) -> Report:
        """What to tell the parent, once process 1 is dead and with it all others."""
        seconds = time.monotonic() - self.started
        _, _, used = os.wait4(self.pid, 0)
        cpu = max(self.usage.cpu_seconds, used.ru_utime + used.ru_stime)
        words = self.status.read()
        code = os.waitstatus_to_exitcode(json.loads(words)["status"]) if words else -signal.SIGKILL
        if not reason and code < 0 and cpu >= policy.cpu_seconds:
            reason = "cpu"  # the kernel was faster than the next sample
        ended = reason or ("exit" if code >= 0 else "signal")
        return {
            "ended": ended,
            "code": int(signal.SIGKILL) if reason else abs(code),
            "seconds": seconds,
            "cpu_seconds": cpu,
            "peak_bytes": self.usage.peak_bytes,
        }


def start(request: Request) -> Jail:
    """Fork process 1 of the jail and wait until the jail is complete; ``JailError`` if a step fails."""
    orders_read, orders = os.pipe()
    status, status_write = os.pipe()
    stream, stream_write = os.pipe()
    with step("fork process 1"):
        pid = os.fork()
    if pid == 0:
        run_init(request, orders_read, status_write, stream_write)
    for fd in (orders_read, status_write, stream_write):
        os.close(fd)
    lines = os.fdopen(status)
    answer = first_answer(lines)
    if "sealed" not in answer:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise JailError(*answer.get("error", ("start", f"the jail ended early: {answer}")))
    os.set_blocking(stream, False)
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)  # the jail's: its root is now this process's too
    jail = Jail(pid, os.pidfd_open(pid), orders, lines, stream, proc, time.monotonic())
    jail.usage = Usage(proc, request.policy.memory_bytes)
    return jail


def first_answer(status: TextIO) -> Report:
    """Whether the jail is complete."""
    if not select.select([status], [], [], SETUP_SECONDS)[0]:
        return {"error": ["start", f"the jail was not complete after {SETUP_SECONDS:g} seconds"]}
    line = status.readline()
    return json.loads(line) if line else {"error": ["start", "process 1 of the jail died"]}


@dataclass
class Watch:
    """Looks at a jail until it ends, or until it has to."""

    jail: Jail
    policy: Policy
    connection: socket.socket
    next_sample: float = 0.0
    stream_open: bool = True

    def run(self) -> str:
        """Wait for the end. Returns what the jail was killed for, or "" if it ended by itself."""
        reason = ""
        while not reason:
            waiting: list[Any] = [self.jail.pidfd, self.connection]
            if self.stream_open:
                waiting.append(self.jail.stream)
            ready, _, _ = select.select(waiting, [], [], TICK)
            if self.jail.stream in ready and self.read_output():
                reason = "output"
            elif self.jail.pidfd in ready:
                break
            elif self.connection in ready:
                reason = self.obey()
            reason = reason or self.excess()
        if reason:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.jail.pidfd, signal.SIGKILL)
        select.select([self.jail.pidfd], [], [])
        if self.read_output() and not reason:
            reason = "output"
        return reason

    def read_output(self) -> bool:
        """Keep what was written, as far as it is allowed. Returns whether it was more."""
        output, most = self.jail.output, self.policy.output_bytes
        while self.stream_open and len(output) <= most:
            try:
                part = os.read(self.jail.stream, CHUNK)
            except BlockingIOError:
                return False
            output += part
            self.stream_open = bool(part)
        excess = len(output) > most
        del output[most:]
        return excess

    def obey(self) -> str:
        """Do what the parent says; when it is gone or hangs up, the jail ends."""
        try:
            order = self.connection.recv(1)
        except OSError:
            order = b""
        if not order:
            return "killed"
        with contextlib.suppress(OSError):
            os.write(self.jail.orders, order)
        return ""

    def excess(self) -> str:
        """What there is too much of."""
        usage, policy, now = self.jail.usage, self.policy, time.monotonic()
        if now < self.next_sample:
            return ""
        self.next_sample = now + TICK
        usage.sample()
        if usage.memory_bytes > policy.memory_bytes:
            return "memory"
        if now - self.jail.started > policy.wall_seconds:
            return "time"
        if usage.cpu_seconds > policy.cpu_seconds:
            return "cpu"
        return "processes" if usage.processes > policy.processes else ""
