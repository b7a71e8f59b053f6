"""What all processes of a jail use together, read from the jail's own /proc."""

import os
from dataclasses import dataclass, field
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
GROWTH = 1.05  # memory is measured exactly, which takes milliseconds, when the quick estimate grew by this
INIT = "1"
SOCKET_BYTES = int(Path("/proc/sys/net/core/wmem_default").read_text())
# The quick estimate counts a page once for every process that maps it, and is never too low.
QUICK = ("RssAnon", "RssShmem", "VmSwap", "VmPTE")
EXACT = ("Pss_Anon", "Pss_Shmem", "SwapPss")
# What waits in a socket is in no process's account: more sockets than any exercise needs count as full ones.
FREE_SOCKETS = 64


@dataclass
class Usage:
    """Sums over a jail's processes; ``sample`` brings them up to date. ``proc`` is its /proc, as an open folder."""

    proc: int
    memory_limit: int
    memory_bytes: int = 0
    peak_bytes: int = 0
    cpu_seconds: float = 0.0
    processes: int = 0
    _estimate_measured: float = 0.0
    _cpu_of: dict[tuple[str, str], float] = field(default_factory=dict)

    def sample(self) -> None:
        """Look at every process once."""
        pids = [name for name in os.listdir(self.proc) if name.isdigit()]
        inmates = [pid for pid in pids if pid != INIT]
        self._sample_times(pids)
        sockets = self._socket_bytes()
        estimate = sockets + sum(fields_sum(self._read(pid, "status"), QUICK) for pid in inmates)
        if estimate > self._estimate_measured * GROWTH or estimate > self.memory_limit:
            self.memory_bytes = sockets + sum(self._exact(pid) for pid in inmates)
            self.peak_bytes = max(self.peak_bytes, self.memory_bytes)
            self._estimate_measured = estimate
        else:
            self.memory_bytes = min(self.memory_bytes, estimate)

    def _sample_times(self, pids: list[str]) -> None:
        """Two accounts of the CPU time, each too low in some cases: of living trees, and of all ever seen."""
        living, self.processes = 0.0, 0
        for pid in pids:
            stat = self._read(pid, "stat").rpartition(")")[2].split()
            if not stat:
                continue
            own, children = (sum(map(int, stat[i : i + 2])) / TICKS_PER_SECOND for i in (11, 13))
            living += own + children
            self._cpu_of[pid, stat[19]] = own
            self.processes += int(stat[17]) if pid != INIT else 0
        self.cpu_seconds = max(self.cpu_seconds, living, sum(self._cpu_of.values()))

    def _exact(self, pid: str) -> int:
        """Memory with shared pages divided among those that share them; the estimate where that is not shown."""
        status = self._read(pid, "status")
        pages = self._read(pid, "smaps_rollup")
        return (
            fields_sum(pages, EXACT) + fields_sum(status, ("VmPTE",)) if pages else fields_sum(status, QUICK)
        )

    def _socket_bytes(self) -> int:
        """What the jail's unix sockets can hold; its network namespace lists them, one a line."""
        count = self._read(INIT, "net/unix").count("\n") - 1
        return max(0, count - FREE_SOCKETS) * SOCKET_BYTES

    def _read(self, pid: str, name: str) -> str:
        """A file of a process; empty if the process is gone or hides it."""
        try:
            file = os.open(f"{pid}/{name}", os.O_RDONLY, dir_fd=self.proc)
        except OSError:
            return ""
        try:
            return b"".join(iter(lambda: os.read(file, 2**16), b"")).decode(errors="replace")
        except OSError:
            return ""
        finally:
            os.close(file)


def fields_sum(text: str, names: tuple[str, ...]) -> int:
    """The sum in bytes of fields such as ``RssAnon:   120 kB``.

    >>> fields_sum("Name:\\tx\\nRssAnon:\\t  3 kB\\nRssShmem:\\t 2 kB\\n", ("RssAnon", "RssShmem"))
    5120
    """
    total = 0
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in names:
            total += int(value.split()[0]) * 1024
    return total
