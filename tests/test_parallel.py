"""Several processes and one take the same step."""

import re

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.parallel import average_gradients, communication_time, shard_batch, shard_parameters


def test_the_parts_are_the_batch():
    batch = torch.arange(30).view(6, 5)
    parts = [shard_batch(batch, rank, n_ranks=3) for rank in range(3)]
    assert torch.equal(torch.cat(parts), batch)
    assert {len(part) for part in parts} == {2}
    with pytest.raises(ValueError, match="a batch of 6 does not split into n_ranks=4; use a multiple of 4"):
        shard_batch(batch, 0, 4)
    for n_ranks in (0, -2):
        with pytest.raises(ValueError, match=f"n_ranks={n_ranks} must be at least 1"):
            shard_batch(batch, 0, n_ranks)
        with pytest.raises(ValueError, match=f"n_ranks={n_ranks} must be at least 1"):
            shard_parameters(torch.ones(3), 0, n_ranks)
    for rank in (-1, 3):
        with pytest.raises(ValueError, match=f"rank={rank} must lie between 0 and 2"):
            shard_batch(batch, rank, 3)


@pytest.mark.parametrize(("length", "n_ranks"), [(7, 3), (6, 3), (2, 5), (0, 2)])
def test_the_pieces_are_equally_long_and_joined_are_the_whole(length, n_ranks):
    flat = torch.arange(1.0, length + 1)
    pieces = [shard_parameters(flat, rank, n_ranks) for rank in range(n_ranks)]
    assert len({len(piece) for piece in pieces}) == 1
    joined = torch.cat(pieces)
    assert torch.equal(joined[:length], flat)
    assert not joined[length:].any()
    pieces[0].zero_()
    assert torch.equal(flat, torch.arange(1.0, length + 1)), "the pieces are copies"
    for rank in (-1, n_ranks):
        with pytest.raises(ValueError, match=f"rank={rank} must lie between 0 and {n_ranks - 1}"):
            shard_parameters(flat, rank, n_ranks)


def test_a_ring_sends_nearly_twice_the_data():
    sent, n = 0.0, 5
    for _round in range(2 * (n - 1)):  # reduce-scatter, then all-gather: one n-th of the data each time
        sent += 1000 / n
    assert communication_time(1000.0, n, bytes_per_second=10.0) == pytest.approx(sent / 10)
    assert communication_time(1000.0, n, 10.0, seconds_per_message=2.0) == pytest.approx(sent / 10 + 16)
    assert communication_time(1000.0, 1, 10.0, 2.0) == 0
    for n_ranks, speed in ((0, 1.0), (2, 0.0)):
        with pytest.raises(ValueError, match=re.escape(f"n_ranks={n_ranks} must be at least 1")):
            communication_time(1.0, n_ranks, speed)


def build() -> tuple[GPT, torch.Tensor]:
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=11, context_length=7, d_model=6, n_heads=3, n_layers=2)).double()
    return model, torch.randint(11, (6, 8))


def take_steps(model: GPT, ids: torch.Tensor, n_steps: int = 3) -> torch.Tensor:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(n_steps):
        optimizer.zero_grad()
        next_token_loss(model(ids[:, :-1]), ids[:, 1:]).backward()
        if dist.is_initialized():
            average_gradients(model.parameters())
        optimizer.step()
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    model, ids = build()
    torch.save(take_steps(model, shard_batch(ids, rank, 2)), f"{folder}/{rank}.pt")
    lonely = nn.Parameter(torch.zeros(2))
    unused = nn.Parameter(torch.zeros(2))
    if rank == 0:
        lonely.grad = torch.tensor([4.0, 6.0])
    average_gradients([lonely, unused])
    torch.save([lonely.grad, unused.grad], f"{folder}/lonely-{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_take_the_steps_of_one(tmp_path):
    expected = take_steps(*build())
    mp.spawn(worker, args=(str(tmp_path),), nprocs=2)
    for rank in range(2):
        torch.testing.assert_close(torch.load(tmp_path / f"{rank}.pt"), expected)
        lonely, unused = torch.load(tmp_path / f"lonely-{rank}.pt")
        assert lonely.tolist() == [2.0, 3.0]
        assert unused is None
