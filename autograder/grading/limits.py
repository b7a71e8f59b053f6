"""What a submission may use."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on one submission; seconds are wall time unless they say otherwise.

    ``memory_bytes`` is for all processes of the submission together, beyond what Python and PyTorch take.
    """

    cell_seconds: float = 30.0
    test_seconds: float = 90.0  # of a locked cell: a test makes many calls, and bounds each of them
    total_seconds: float = 600.0
    cpu_seconds: int = 1200
    memory_bytes: int = 2048 * MIB
    file_bytes: int = 100 * MIB
    disk_bytes: int = 256 * MIB
    open_files: int = 512
    processes: int = 32
    output_characters: int = 100_000
