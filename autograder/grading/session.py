"""The two processes in which a submission is graded, seen from the controller: run a cell within a time, and leave nothing behind."""

import secrets
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.grading.limits import Limits
from autograder.grading.outputs import Collector
from autograder.grading.processes import Pair, Process, start_pair
from autograder.grading.wire import WireError, refuse
from autograder.jail.choose import Jail

GRACE_SECONDS = 3.0  # between an interrupt and the end of the process
FULL = 0.75  # of the memory allowed
FRAME_SECONDS = 5.0  # for the rest of a message that has begun


@dataclass
class CellRun:
    """What running one cell gave.

    ``ended`` is ``finished``, ``timeout`` (after ``allowed`` seconds) or ``died``; ``usable`` says whether the student's
    process can run the next cell: it lives, and it has memory left. ``reports`` are those of the checks in the cell.
    """

    outputs: list[Any] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    ended: str = "finished"
    allowed: float = 0.0
    usable: bool = True


class Session:
    """A student's process and its judge, started together when they are needed, and again after either has ended."""

    def __init__(
        self, jail: Jail, limits: Limits, variables: dict[str, str], files: Mapping[str, bytes]
    ) -> None:
        self.jail = jail
        self.limits = limits
        self.variables = variables
        self.files = files
        self.pair: Pair | None = None

    def start(self) -> None:
        """Start both."""
        self.pair = start_pair(self.jail, self.limits, self.variables, self.files)

    def run_student(self, source: str, seconds: float) -> CellRun:
        """Run a cell in the student's process; after ``seconds`` interrupt it, and if that does not help end it."""
        assert self.pair
        run, collector = CellRun(allowed=seconds), Collector(self.limits.output_characters)
        done = self._run(self.pair.student, {"run": source}, collector, seconds, run)
        run.outputs = collector.finish()
        if done is None:
            run.usable = False
        else:
            run.usable = self.has_room(done)
            if done.get("ended"):
                run.ended, run.usable = "died", False
        if not run.usable:
            self.close()
        return run

    def run_judge(self, source: str, seconds: float) -> CellRun:
        """Run a cell in the judge's process. Afterwards both may be gone."""
        assert self.pair
        run, collector = CellRun(allowed=seconds), Collector(self.limits.output_characters, judges=True)
        done = self._run(self.pair.judge, {"run": source, "seconds": seconds}, collector, seconds, run)
        run.outputs, run.reports = collector.finish(), collector.reports
        if done is None:
            self.close()
            return run
        if done["late"]:
            run.ended = "timeout"
        if done["gone"]:
            run.ended = "timeout" if done["late"] else "died"
        if done["gone"] or not self.has_room(done):
            self.close()
        run.usable = self.pair is not None
        return run

    def has_room(self, done: dict[str, Any]) -> bool:
        """Whether what the student's code holds on to leaves enough memory for the cells that follow."""
        held = done.get("held")
        return not isinstance(held, int) or held < FULL * self.limits.memory_bytes

    def _run(
        self, process: Process, message: dict[str, Any], collector: Collector, seconds: float, run: CellRun
    ) -> dict[str, Any] | None:
        """Send a cell and collect what comes back; None if the process had to be given up."""
        deadline = time.monotonic() + seconds
        token = secrets.token_hex(8)
        try:
            process.channel.send(message | {"token": token}, deadline=deadline)
            done = self._collect(process, collector, deadline, token)
            if done is None:
                run.ended = "timeout"
                process.child.interrupt()
                done = self._collect(process, collector, time.monotonic() + GRACE_SECONDS, token)
        except WireError:
            run.ended, done = "died", None
        return done

    def _collect(
        self, process: Process, collector: Collector, deadline: float, token: str
    ) -> dict[str, Any] | None:
        """Take the output until the cell has ended; None at the deadline.

        ``token`` tells the end of this cell from what a student's code may have written to the connection.
        """
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([process.channel], [], [], left)[0]:
                return None
            message, _ = process.channel.receive(min(deadline, time.monotonic() + FRAME_SECONDS))
            if not isinstance(message, dict):
                continue
            if "interrupt" in message and self.pair and process is self.pair.judge:
                self.pair.student.child.interrupt()
            elif isinstance(message.get("done"), dict):
                done: dict[str, Any] = message["done"]
                if done.get("token") != token:
                    refuse("the end of another cell")
                return done
            else:
                collector.take(message.get("output"))
        return None

    def close(self) -> None:
        """End both, with all that they started."""
        if self.pair:
            self.pair.close()
            self.pair = None
