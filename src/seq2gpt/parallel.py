"""Parallel training: several processes that together take one step.

In data parallelism every process has the whole model and a part of the batch, and the gradients are averaged
before the step. In sharding no process keeps the whole: each holds a part of parameters and optimizer
state, and parts are gathered when they are needed.
"""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from jaxtyping import Float, Shaped
from torch import Tensor, nn


def check_rank(rank: int, n_ranks: int) -> None:
    """Raise ``ValueError`` unless there is a process, and ``rank`` is the number of one.

    >>> check_rank(2, n_ranks=2)
    Traceback (most recent call last):
    ValueError: rank=2 must lie between 0 and 1
    """
    if n_ranks < 1:
        raise ValueError(f"n_ranks={n_ranks} must be at least 1")
    if not 0 <= rank < n_ranks:
        raise ValueError(f"rank={rank} must lie between 0 and {n_ranks - 1}")


def shard_batch(
    batch: Shaped[Tensor, "batch *rest"], rank: int, n_ranks: int
) -> Shaped[Tensor, "part *rest"]:
    """The part of a batch that process ``rank`` of ``n_ranks`` works on.

    The parts are of equal size, follow one another in the order of the ranks, and are the batch together;
    so the mean of the parts' means is the mean over the batch.

    Raises ``ValueError`` when the batch does not split evenly, and for a rank outside 0 … n_ranks − 1.

    >>> shard_batch(torch.arange(6), rank=1, n_ranks=3).tolist()
    [2, 3]
    """
    check_rank(rank, n_ranks)
    if len(batch) % n_ranks != 0:
        raise ValueError(
            f"a batch of {len(batch)} does not split into n_ranks={n_ranks}; use a multiple of {n_ranks}"
        )
    size = len(batch) // n_ranks
    return batch[rank * size : (rank + 1) * size]


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace every gradient by its mean over all processes, in place.

    All processes call this with the same parameters in the same order; afterwards their gradients are equal,
    and equal to those of one process that saw the whole batch. A parameter that has a gradient nowhere is
    left out; one that has a gradient in some processes only counts as 0 in the others. Needs an initialised
    process group.
    """
    for parameter in parameters:
        has_gradient = torch.tensor(float(parameter.grad is not None))
        dist.all_reduce(has_gradient, op=dist.ReduceOp.MAX)
        if has_gradient > 0:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()


def shard_parameters(flat: Float[Tensor, "length"], rank: int, n_ranks: int) -> Float[Tensor, "part"]:
    """The piece of a model's parameters, laid end to end, that process ``rank`` keeps.

    All pieces have the same length, ⌈length / n_ranks⌉; the last ones are filled up with 0, so that they can be
    gathered in one operation. The pieces joined, without the filling, are ``flat``. The result is a copy.

    Raises ``ValueError`` for a rank outside 0 … n_ranks − 1.

    >>> [shard_parameters(torch.tensor([1.0, 2.0, 3.0]), rank, n_ranks=2).tolist() for rank in (0, 1)]
    [[1.0, 2.0], [3.0, 0.0]]
    """
    check_rank(rank, n_ranks)
    size = -(-len(flat) // n_ranks)
    padded = torch.cat([flat, flat.new_zeros(n_ranks * size - len(flat))])
    return padded[rank * size : (rank + 1) * size].clone()


def communication_time(
    n_bytes: float, n_ranks: int, bytes_per_second: float, seconds_per_message: float = 0.0
) -> float:
    """Seconds of a ring all-reduce of ``n_bytes`` among ``n_ranks`` processes (Patarasu & Yuan 2009).

    In 2 (n − 1) rounds every process sends one n-th of the data to its neighbour, so that it sends
    2 (n − 1) / n times the data in all; every round also costs ``seconds_per_message``. One process needs no
    time.

    Raises ``ValueError`` for fewer than one process and a speed that is not positive.

    >>> communication_time(n_bytes=400.0, n_ranks=4, bytes_per_second=100.0)
    6.0
    """
    if n_ranks < 1 or bytes_per_second <= 0:
        raise ValueError(
            f"n_ranks={n_ranks} must be at least 1 and bytes_per_second={bytes_per_second} positive"
        )
    n_rounds = 2 * (n_ranks - 1)
    return n_rounds * (n_bytes / n_ranks / bytes_per_second + seconds_per_message)
