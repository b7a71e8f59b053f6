"""What a jailed process and all that it starts may use."""

import math
from dataclasses import dataclass, fields

MIB = 2**20
GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Bounds on one jailed process together with everything that it starts.

    ``wall_seconds`` and ``cpu_seconds`` are for the whole tree, ``memory_bytes`` for what its processes hold together,
    counting shared memory once. ``processes`` counts threads too. ``file_bytes`` bounds one file, ``tmpfs_bytes`` and
    ``files`` all files together, which lie in memory on top of ``memory_bytes``, ``output_bytes`` what is written to stdout and stderr.

    ``ValueError`` if a bound is not a positive, finite number, or is below what Python needs to start.

    >>> Policy(wall_seconds=5).wall_seconds
    5
    >>> Policy(processes=0)
    Traceback (most recent call last):
    ValueError: processes=0 is too little for a Python process; use 1 or more
    """

    wall_seconds: float = 60.0
    cpu_seconds: float = 120.0
    memory_bytes: int = 2 * GIB
    processes: int = 32
    open_files: int = 256
    file_bytes: int = 64 * MIB
    tmpfs_bytes: int = 128 * MIB
    files: int = 4096
    output_bytes: int = MIB

    def __post_init__(self) -> None:
        for field in fields(self):
            value, least = getattr(self, field.name), LEAST.get(field.name, 1)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{field.name}={value!r} is no bound; use a finite number")
            if field.type is int and not isinstance(value, int):
                raise ValueError(f"{field.name}={value!r} counts things; use a whole number")
            if field.type is int and value < least:
                raise ValueError(
                    f"{field.name}={value} is too little for a Python process; use {least} or more"
                )
            if value <= 0:
                raise ValueError(f"{field.name}={value} leaves no time; use more than 0")


LEAST = {"memory_bytes": 64 * MIB, "open_files": 16, "files": 16, "file_bytes": 4096, "tmpfs_bytes": MIB}
