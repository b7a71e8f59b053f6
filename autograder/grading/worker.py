"""The process in which a student's cells run, one after another, and which answers the judge's calls.

Entry of a jailed process: ``main(payload, [controller's socket, judge's socket])``.
"""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

from autograder.defaults import plain_defaults
from autograder.grading import randomness
from autograder.grading.service import Service, check_request
from autograder.grading.shell import Shell
from autograder.grading.wire import Buffers, Channel, Json, PeerGone
from autograder.timing import TooSlow

PRINTED_LIMIT = 20_000


class Worker:
    """The student's notebook at run time."""

    def __init__(self, controller: Channel, judge: Channel) -> None:
        self.controller = controller
        self.judge = judge
        self.shell = Shell(self.emit)
        self.service = Service(self.shell.names, self.ask)
        self.printed: list[str] | None = None
        self.student_runs = False
        self.pid = os.getpid()
        signal.signal(signal.SIGINT, self.interrupted)
        signal.signal(signal.SIGPROF, self.too_slow)

    def serve(self) -> None:
        """Do what controller and judge ask, until the controller is gone."""
        channels = [self.controller, self.judge]
        while True:
            ready, _, _ = select.select(channels, [], [])
            try:
                if self.controller in ready:
                    message, _ = self.controller.receive()
                    self.run_cell(message["run"], message["token"])
                else:
                    self.serve_request(*self.judge.receive())
            except PeerGone:
                return

    def run_cell(self, source: str, token: str) -> None:
        """Run one cell and say how it ended; ``token`` says which."""
        self.student_runs = True
        finished = self.shell.run_source(source)
        self.student_runs = False
        self.end_if_copied()
        held = self.service.held()
        self.controller.send(
            {"done": {"ok": finished, "ended": self.shell.ended, "held": held, "token": token}}
        )

    def serve_request(self, request: Json, buffers: Buffers) -> None:
        """Answer one request of the judge's."""
        self.judge.send(*self.answer(check_request(request), buffers))

    def answer(self, request: dict[str, Json], buffers: Buffers) -> tuple[dict[str, Json], Buffers]:
        """Run what the judge asks for, within its time, and collect what it prints."""
        outer, self.printed = self.printed, []
        started = time.process_time()
        seeds, buffers = buffers[: request["seeds"]], buffers[request["seeds"] :]
        if seeds:
            randomness.restore(seeds)
        signal.setitimer(signal.ITIMER_PROF, request["seconds"])
        self.student_runs = True
        try:
            with plain_defaults():
                reply, out = self.service.answer(request, buffers)
        finally:
            self.student_runs = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.shell.restore_builtins()
        self.end_if_copied()
        self.shell.flush()
        reply["printed"] = "".join(self.printed)[:PRINTED_LIMIT]
        reply["seconds"] = time.process_time() - started
        reply["token"] = request["token"]
        self.printed = outer
        return reply, out

    def is_copy(self) -> bool:
        """Whether this is a process that the student's code forked: it has no say on the connections."""
        return os.getpid() != self.pid

    def end_if_copied(self) -> None:
        """A fork that comes out of the student's code ends, or two would answer."""
        if self.is_copy():
            os._exit(0)

    def ask(self, message: dict[str, Json], buffers: Buffers) -> tuple[Any, Buffers]:
        """Ask the judge something while it waits, and answer what it asks in turn."""
        self.judge.send(message, buffers)
        while True:
            reply, content = self.judge.receive()
            if "op" not in reply:
                return reply, content
            self.serve_request(reply, content)

    # ── output

    def emit(self, output: dict[str, Any]) -> None:
        """Pass on what a cell shows; keep what is printed during a call for its reply."""
        if self.printed is not None:
            if output.get("output_type") == "stream" and sum(map(len, self.printed)) < PRINTED_LIMIT:
                self.printed.append(output["text"])
            return
        self.send_output(output)

    def send_output(self, output: dict[str, Any]) -> None:
        """Send one output, undisturbed by an interrupt."""
        if self.is_copy():
            return  # what two processes send at once is no message
        ran, self.student_runs = self.student_runs, False
        try:
            self.controller.send({"output": output})
        finally:
            self.student_runs = ran

    # ── signals

    def interrupted(self, _signal: int, _frame: FrameType | None) -> None:
        """The controller's interrupt: only the student's code is interrupted, never a message."""
        if self.student_runs:
            raise KeyboardInterrupt

    def too_slow(self, _signal: int, _frame: FrameType | None) -> None:
        """The processor time of a call is used up."""
        if self.student_runs:
            raise TooSlow


def main(payload: bytes, fds: Sequence[int]) -> None:
    """Serve until the controller closes its end."""
    os.environ.update(MPLBACKEND="agg", NBGRADER_EXECUTION="autograde")
    sys.path.insert(0, "")  # a student's own modules lie beside the notebook
    randomness.begin()
    controller, judge = (Channel(socket.socket(fileno=fd)) for fd in fds)
    Worker(controller, judge).serve()
