"""The jailed processes of a grader: copied from one that has everything imported, made when the first is needed."""

import atexit
import functools
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.grading.limits import Limits
from autograder.grading.wire import Channel
from autograder.jail import Policy
from autograder.jail.choose import Jail, open_jail

PRELOAD = (
    *("numpy", "torch", "torch.nn.functional", "torch.autograd.gradcheck", "jaxtyping", "IPython.display"),
    "torch.fx.experimental.symbolic_shapes",  # imported by the first autograd.grad with grad_outputs, in a second
    *("autograder.grading.worker", "autograder.grading.judge", "autograder.grading.warm"),
)
# What cells and tests may import of the course. The folder of the workshop is not shown as a whole: it may hold the
# class's submissions and the gradebook.
MODULES = (
    "seq2gpt",
    "autograder.checks",
    "autograder.mutants",
    *(f"autograder.{name}" for name in ("checking", "expect", "recorder", "report", "timing")),
    *(
        f"autograder.grading.{name}"
        for name in (
            *(
                "arrays",
                "bridge",
                "errors",
                "judge",
                "lineage",
                "link",
                "names",
                "operators",
                "proxies",
                "randomness",
                "reply",
                "request",
            ),
            *("service", "shared", "shell", "wire", "worker"),
        )
    ),
)
JUDGE_MEMORY = 2**31
SETUP_SECONDS = 60.0  # of the whole time, for starting and replaying


@functools.cache
def jail(unsafe: bool = False) -> Jail:
    """The jail of this process, made at first use; ``unsafe`` is no jail at all."""
    made = open_jail(PRELOAD, MODULES, unsafe=unsafe)
    atexit.register(made.close)
    return made


class Process:
    """A jailed process and the controller's connection to it."""

    def __init__(
        self,
        jail: Jail,
        entry: str,
        payload: bytes,
        link: socket.socket,
        policy: Policy,
        files: Mapping[str, bytes],
    ) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.child = jail.spawn(entry, payload, [theirs.fileno(), link.fileno()], policy, files)
        self.channel = Channel(ours)

    def close(self) -> None:
        """End the process with all that it started."""
        self.child.kill()
        self.channel.close()


@dataclass
class Pair:
    """A student's process and the judge that calls it; neither outlives the other."""

    student: Process
    judge: Process

    def close(self) -> None:
        """End both."""
        self.student.close()
        self.judge.close()


def start_pair(jail: Jail, limits: Limits, variables: dict[str, str], files: Mapping[str, bytes]) -> Pair:
    """Two new processes, connected: ``files`` lie beside the student's code, ``variables`` are the judge's environment."""
    seconds = limits.total_seconds + SETUP_SECONDS
    for_student = Policy(
        wall_seconds=seconds,
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        open_files=limits.open_files,
        file_bytes=limits.file_bytes,
        tmpfs_bytes=limits.disk_bytes,
    )
    for_judge = Policy(wall_seconds=seconds, cpu_seconds=limits.cpu_seconds, memory_bytes=JUDGE_MEMORY)
    judges_end, students_end = socket.socketpair()
    with judges_end, students_end:
        payload = json.dumps(variables).encode()
        judge = Process(jail, "autograder.grading.judge:main", payload, judges_end, for_judge, {})
        try:
            student = Process(jail, "autograder.grading.worker:main", b"", students_end, for_student, files)
        except BaseException:
            judge.close()
            raise
    return Pair(student, judge)
