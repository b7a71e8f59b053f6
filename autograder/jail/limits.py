"""The bounds that the kernel itself keeps, process by process."""

import resource
from pathlib import Path

from autograder.jail.policy import Policy
from autograder.jail.steps import step

# Processes that count against the same user: process 1, and where no throw-away user is at hand also the watcher.
OTHERS = {"root": 1, "user": 2}


def resource_limits(policy: Policy, mode: str, data_bytes: int) -> dict[str, int]:
    """Limits by their name without ``RLIMIT_``; ``data_bytes`` is the memory that a process starts with.

    Memory is bounded as what can be written: a PyTorch built for GPUs maps many GiB that it never touches.
    """
    return {
        "CORE": 1,  # 0 would still feed a program that collects cores; 1 byte is refused either way
        "CPU": int(policy.cpu_seconds) + 1,
        "DATA": data_bytes
        + policy.memory_bytes * 3 // 2,  # more than the watcher allows: it should be the one to say so
        "FSIZE": policy.file_bytes,
        "MSGQUEUE": 0,
        "NOFILE": policy.open_files,
        "NPROC": policy.processes + OTHERS[mode],
        "RTPRIO": 0,
        "STACK": 2**23,
    }


def set_limits(limits: dict[str, int]) -> None:
    """Lower the limits of this process and of all that it starts."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        with step(f"set RLIMIT_{name}"):
            resource.setrlimit(kind, (value, value))


def data_bytes() -> int:
    """What RLIMIT_DATA counts of this process."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []  # not on macOS, without a jail
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)
