"""The processes that train together: one, unless ``torchrun`` has started several.

Every process draws the whole batch of a step and works on its own part of it, so that the step is that
of one process but for rounding.
"""

import contextlib
import datetime
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist

from seq2gpt.errors import UserError

PATIENCE = datetime.timedelta(minutes=30)  # a process that waits longer for another one gives up
# Groups that were left live until the interpreter ends. If DistributedDataParallel were the last to hold one, it would
# free it without giving up the interpreter's lock, for which the group's own thread may be waiting (torch 2.13).
_LEFT: list[dist.ProcessGroup | None] = []


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process, number ``rank`` of ``n_ranks``, and what it computes on."""

    rank: int
    n_ranks: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and talks to the user."""
        return self.rank == 0

    def mean(self, value: float) -> float:
        """The mean of ``value`` over all processes."""
        return self.sum(value)[0] / self.n_ranks

    def sum(self, *values: float) -> list[float]:
        """The sum of each value over all processes."""
        if self.n_ranks == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self._where)
        dist.all_reduce(total)
        return total.tolist()

    def any(self, flag: bool) -> bool:
        """Whether ``flag`` is set in some process: all of them get the same answer."""
        return self.sum(float(flag))[0] > 0

    def in_first(self, action: Callable[[], Any]) -> None:
        """Let the first process do something with files while the others wait.

        A ``UserError`` that it meets is raised in all of them, so that none waits for ever; so is one of the system,
        such as a full disk, in words for the user.
        """
        refusal = None
        if self.is_first:
            try:
                action()
            except UserError as error:
                refusal = error
            except OSError as error:
                where = error.filename or "a file of the run"
                refusal = UserError(
                    f"{where} cannot be written ({error.strerror}); mend that, and use --resume"
                )
        if self.n_ranks > 1:
            told = [str(refusal) if refusal else None]
            dist.broadcast_object_list(told, device=self._where)
            refusal = UserError(told[0]) if told[0] else None
        if refusal:
            raise refusal

    @property
    def _where(self) -> torch.device:
        """Messages travel on the device that the back end serves."""
        return self.device if self.device.type == "cuda" else torch.device("cpu")


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """The processes of this run, joined for as long as the block lasts.

    ``torchrun`` tells each process its number in the environment; NCCL joins those on GPUs, gloo those on
    CPUs. With GPUs, each process of a machine takes one of its own. Processes that are joined already stay so.
    """
    n_ranks = int(os.environ.get("WORLD_SIZE", "1"))
    if n_ranks == 1:
        yield Processes(rank=0, n_ranks=1, device=device)
        return
    if device.type == "mps":
        raise UserError("device=mps serves one process; leave torchrun out, or use --device cpu")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    mine = not dist.is_initialized()
    if mine:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Processes(rank=dist.get_rank(), n_ranks=n_ranks, device=device)
    finally:
        if mine:
            _LEFT.append(dist.group.WORLD)
            dist.destroy_process_group()
