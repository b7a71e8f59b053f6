"""What a submission may use."""

from dataclasses import dataclass

GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on one submission; seconds are wall time unless they say otherwise.

    Memory is bounded as RLIMIT_DATA, what a process can write, rather than as address space: a PyTorch
    built for GPUs maps many GiB of libraries that it never touches.
    """

    cell_seconds: float = 30.0
    test_seconds: float = 90.0  # of a locked cell: a test makes many calls, and bounds each of them
    total_seconds: float = 600.0
    cpu_seconds: int = 1200
    memory_bytes: int = 2 * GIB
    file_bytes: int = GIB // 10
    open_files: int = 512
    processes: int = 4096  # counted over all that the user runs, so it only stops a fork bomb
    output_characters: int = 100_000

    def for_process(self) -> dict[str, int]:
        """The limits that the operating system enforces, by their name without ``RLIMIT_``."""
        return {
            "CORE": 0,
            "CPU": self.cpu_seconds,
            "DATA": self.memory_bytes,
            "FSIZE": self.file_bytes,
            "NOFILE": self.open_files,
            "NPROC": self.processes,
        }
