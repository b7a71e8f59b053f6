"""The loss on held-out text, and when to stop."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from seq2gpt.data.shards import TokenShards
from seq2gpt.faststep import NextTokenLoss
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run import evaluation
from seq2gpt.run.evaluation import best_step, lost_patience, mean_loss
from seq2gpt.run.processes import Processes

ONE = Processes(rank=0, n_ranks=1, device=torch.device("cpu"))


class Recorder(Processes):
    """A process whose sums are those of this process alone."""

    def sum(self, *values: float) -> list[float]:
        return list(values)


@pytest.fixture
def model() -> GPT:
    return GPT(GPTConfig(vocab_size=18, context_length=7, d_model=12, n_heads=3, n_layers=1)).eval()


@pytest.fixture
def data() -> torch.Tensor:
    return torch.randint(18, (7 * 150 + 3,), generator=torch.Generator().manual_seed(1))


def shards_of(data: torch.Tensor) -> TokenShards:
    return TokenShards([data.numpy().astype(np.uint16)], vocab_size=18)


def one_by_one(model: GPT, data: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        return [
            F.cross_entropy(model(data[None, start : start + 7])[0].double(), data[start + 1 : start + 8])
            for start in range(0, 7 * 150, 7)
        ]


def test_the_mean_loss_is_the_mean_over_every_token(model, data):
    losses = one_by_one(model, data)
    whole = float(torch.stack(losses).mean())
    assert mean_loss(NextTokenLoss(model), shards_of(data), 7, 1000, ONE) == pytest.approx(whole, abs=1e-6)
    ends = float(torch.stack([losses[0], losses[-1]]).mean())
    assert mean_loss(NextTokenLoss(model), shards_of(data), 7, 2, ONE) == pytest.approx(ends, abs=1e-6)


@pytest.mark.parametrize(("n_ranks", "most"), [(2, 1000), (3, 1000), (4, 65), (2, 1), (3, 2)])
def test_the_shares_of_the_processes_are_the_whole_and_all_call_equally_often(
    model, data, n_ranks, most, monkeypatch
):
    monkeypatch.setattr(evaluation, "WINDOWS", 16)
    shards, shares, calls = shards_of(data), [], []
    for rank in range(n_ranks):
        counted = []
        loss_of = NextTokenLoss(model)
        loss_of.register_forward_pre_hook(lambda *_, counted=counted: counted.append(1))
        process = Recorder(rank=rank, n_ranks=n_ranks, device=torch.device("cpu"))
        shares.append(mean_loss(loss_of, shards, 7, most, process))
        calls.append(len(counted))
    assert sum(shares) == pytest.approx(mean_loss(NextTokenLoss(model), shards, 7, most, ONE), abs=1e-6)
    assert len(set(calls)) == 1, "a sharded model waits for all processes in every call"


def test_the_best_is_the_earliest_of_the_lowest():
    assert best_step([]) is None
    log = [{"step": 4, "val_loss": 2.0}, {"step": 8, "val_loss": 1.5}, {"step": 12, "val_loss": 1.5}]
    assert best_step(log) == 8


@pytest.mark.parametrize(
    ("losses", "patience", "lost"),
    [
        ([], 1, False),
        ([3.0], 1, False),
        ([3.0, 2.0], 1, False),
        ([3.0, 3.0], 1, True),
        ([3.0, 3.1], 2, False),
        ([3.0, 3.1, 2.9], 2, False),
        ([3.0, 3.1, 3.0], 2, True),
        ([3.0, 3.1, 3.2, 3.3], 0, False),
    ],
)
def test_patience_counts_measurements_since_the_best(losses, patience, lost):
    log = [{"step": 5 * i, "val_loss": loss} for i, loss in enumerate(losses)]
    assert lost_patience(log, patience) is lost
