"""Parallel training: two processes take the steps of one.

A small GPT learns the characters of English, once in this process and once in two processes on this machine that talk
by gloo. Each of the two has the whole model and half of every batch; before each step they average their
gradients. Expect the same loss, and parameters that are equal but for rounding. Without the averaging each process would
train a model of its own on half the data: their parameters drift apart.

What the averaging costs is known beforehand: every process sends its gradients once a step. Two processes on one
machine are no faster than one; they pay where each has a processor of its own.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.parallel import average_gradients, communication_time, shard_batch
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import as_characters, held_out_loss
from seq2gpt.training import get_batch

CONTEXT = 32
N_RANKS = 2
TOLERANCE = 1e-4
N_CHARACTERS = 200_000  # of the corpus, handed to every process
Flat = Float[Tensor, "parameters"]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    d_model: int = 32
    """Width of the model, a multiple of 4."""
    n_steps: int = 100
    """Steps of training."""
    batch: int = 16
    """Pieces of text in a step, shared by the processes; an even number."""
    seed: int = 0
    """Draws weights and pieces."""

    def __post_init__(self) -> None:
        if self.batch < N_RANKS or self.batch % N_RANKS != 0:
            raise UserError(f"batch={self.batch} does not split between two processes; use an even number")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train in one process, in two, and in two that do not talk; compare."""
    text = as_characters(embedded_corpus(), CONTEXT)
    training, vocab_size = text.training[:N_CHARACTERS], text.tokenizer.vocab_size
    alone = take_steps(config, vocab_size, training)
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(worker, args=(folder, config, vocab_size, training), nprocs=N_RANKS)
        together, apart = (
            [torch.load(Path(folder) / f"{rank}.pt")[number] for rank in range(N_RANKS)] for number in (0, 1)
        )
    held_out = text.held_out
    figures = {
        "loss of one process, nats": loss_of(alone, config, vocab_size, held_out),
        "loss of two, nats": loss_of(together[0], config, vocab_size, held_out),
        "loss of two, gradients not averaged, nats": loss_of(apart[0], config, vocab_size, held_out),
        "parameters of one and two that differ, %": differing(alone, together[0]),
        "parameters of the two that differ, %": differing(*together),
        "the same, gradients not averaged, %": differing(*apart),
    }
    n_bytes = 4.0 * len(alone)
    milliseconds = 1000 * communication_time(n_bytes, N_RANKS, bytes_per_second=1e9)
    note = (
        f"In float32 the gradients have {n_bytes:,.0f} bytes; over a link of 1 GB/s their average takes "
        f"{milliseconds:.2f} ms a step."
    )
    return DemoResult(figures=figures, notes=[note])


def build(config: Config, vocab_size: int) -> GPT:
    """The model at the start, the same in every process; in float64, so that rounding stays small."""
    torch.manual_seed(config.seed)
    sizes = GPTConfig(
        vocab_size=vocab_size, context_length=CONTEXT, d_model=config.d_model, n_heads=4, n_layers=2
    )
    return GPT(sizes).double()


def take_steps(config: Config, vocab_size: int, ids: Int[Tensor, "n_text"], rank: int | None = None) -> Flat:
    """Train, and return all parameters end to end; process ``rank`` works on its half of every batch.

    In a process group gradients are averaged before every step.
    """
    model = build(config, vocab_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    generator = torch.Generator().manual_seed(config.seed)
    for _ in range(config.n_steps):
        batch = get_batch(ids, config.batch, CONTEXT, generator)
        inputs, targets = batch if rank is None else (shard_batch(part, rank, N_RANKS) for part in batch)
        optimizer.zero_grad()
        next_token_loss(model(inputs), targets).backward()
        if dist.is_initialized():
            average_gradients(model.parameters())
        optimizer.step()
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def worker(rank: int, folder: str, config: Config, vocab_size: int, ids: Int[Tensor, "n_text"]) -> None:
    """What one of the processes does: train together with the other, then the same on its own."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=N_RANKS)
    together = take_steps(config, vocab_size, ids, rank)
    dist.destroy_process_group()
    torch.save([together, take_steps(config, vocab_size, ids, rank)], f"{folder}/{rank}.pt")


def loss_of(flat: Flat, config: Config, vocab_size: int, held_out: Int[Tensor, "n_text"]) -> float:
    """The loss on held-out text of the model with these parameters."""
    model = build(config, vocab_size)
    torch.nn.utils.vector_to_parameters(flat, model.parameters())
    return held_out_loss(model, held_out, CONTEXT)


def differing(first: Flat, second: Flat) -> float:
    """How many of 100 parameters differ by more than rounding explains."""
    return 100 * ((first - second).abs() > TOLERANCE).double().mean().item()
