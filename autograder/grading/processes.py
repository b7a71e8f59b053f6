"""The jailed processes of a grader: copied from one zygote, which this process makes when it needs the first."""

import atexit
import functools
import json
import socket
from collections.abc import Mapping

from autograder.grading.limits import Limits
from autograder.grading.wire import Channel
from autograder.jail import Child, Policy, Zygote

PRELOAD = (
    *("numpy", "torch", "torch.nn.functional", "torch.autograd.gradcheck", "jaxtyping", "IPython.display"),
    "torch.fx.experimental.symbolic_shapes",  # imported by the first autograd.grad with grad_outputs, in a second
    *("autograder.grading.worker", "autograder.grading.judge", "autograder.checking"),
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
        for name in ("arrays", "judge", "link", "proxies", "randomness", "service", "shared", "shell", "wire", "worker")
    ),
)
JUDGE_MEMORY = 2**31
SETUP_SECONDS = 60.0  # of the whole time, for starting and replaying


@functools.cache
def zygote() -> Zygote:
    """The one zygote of this process."""
    made = Zygote(PRELOAD, MODULES)
    atexit.register(made.close)
    return made


class Process:
    """A jailed process and the controller's connection to it."""

    def __init__(self, entry: str, payload: bytes, sockets: list[socket.socket], policy: Policy, files: Mapping[str, bytes]):
        ours, theirs = socket.socketpair()
        with theirs:
            fds = [theirs.fileno(), *(s.fileno() for s in sockets)]
            self.child: Child = zygote().spawn(entry, payload, fds, policy, files)
        self.channel = Channel(ours)

    def close(self) -> None:
        """End the process with all that it started."""
        self.child.kill()
        self.channel.close()


def student_process(limits: Limits, judges_end: socket.socket, files: Mapping[str, bytes]) -> Process:
    """A process for a student's cells, in a folder with these files."""
    policy = Policy(
        wall_seconds=limits.total_seconds + SETUP_SECONDS,
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        open_files=limits.open_files,
        file_bytes=limits.file_bytes,
        tmpfs_bytes=limits.disk_bytes,
    )
    return Process("autograder.grading.worker:main", b"", [judges_end], policy, files)


def judge_process(limits: Limits, variables: dict[str, str]) -> Process:
    """A process for the tests; ``variables`` are for its environment."""
    policy = Policy(
        wall_seconds=limits.total_seconds + SETUP_SECONDS,
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=JUDGE_MEMORY,
    )
    return Process("autograder.grading.judge:main", json.dumps(variables).encode(), [], policy, {})
