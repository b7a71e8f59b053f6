"""The loss on text that is not trained on, and when it is time to stop."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from seq2gpt.data.shards import TokenShards
from seq2gpt.run.processes import Processes

WINDOWS = 64  # read at once


@torch.no_grad()
def mean_loss(
    loss_of: nn.Module, data: TokenShards, context_length: int, most: int, processes: Processes
) -> float:
    """``loss_of(inputs, targets)`` in nats per token, over at most ``most`` windows spread evenly over ``data``.

    The windows do not overlap, and every token in one is predicted once. Each process reads its share of them; all
    call ``loss_of`` equally often, which a sharded model needs.
    """
    n_windows = (len(data) - 1) // context_length
    chosen = torch.linspace(0, n_windows - 1, min(most, n_windows)).long() * context_length
    total = 0.0
    for starts in chosen.split(WINDOWS * processes.n_ranks):
        own = starts[processes.rank :: processes.n_ranks]
        windows = data.windows(own if len(own) else starts[:1], context_length + 1).to(processes.device)
        total += loss_of(windows[:, :-1], windows[:, 1:]).item() * len(own)
    return processes.sum(total)[0] / len(chosen)


def best_step(log: Sequence[dict[str, Any]]) -> int | None:
    """The step with the lowest validation loss so far, the earliest of equals.

    >>> best_step([{"step": 4, "val_loss": 2.0}, {"step": 8, "val_loss": 1.5}, {"step": 12, "val_loss": 1.5}])
    8
    """
    return min(log, key=lambda entry: entry["val_loss"])["step"] if log else None


def lost_patience(log: Sequence[dict[str, Any]], patience: int) -> bool:
    """Whether the last ``patience`` measurements all came after the best one; never with ``patience`` 0.

    >>> lost_patience([{"step": 4, "val_loss": 1.0}, {"step": 8, "val_loss": 1.1}], patience=1)
    True
    """
    best = best_step(log)
    return 0 < patience <= sum(entry["step"] > best for entry in log) if best is not None else False
