"""Three small jobs for a recurrent cell: remember a colour, continue a wave, write names.

A cell is a step function of :mod:`seq2gpt.recurrent`, or a student's own, with its weights around it. The jobs
take seconds on one CPU core, so the loop over positions is written in Python, step by step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.data.translation import Vocabulary
from seq2gpt.recurrent import gru_step, lstm_step, rnn_step
from seq2gpt.run.demos.char_rnn import bigram_loss, framed, split_words, word_loss, write
from seq2gpt.run.demos.loop import fit

Kind = Literal["rnn", "lstm", "gru"]
PARTS = {"rnn": 1, "lstm": 4, "gru": 3}
N_COLOURS, N_TICKS = 4, 4


@dataclass(frozen=True)
class Parts:
    """The functions of lesson 04 that cells are made of: the reference's, or a student's own."""

    rnn_step: Callable[..., Tensor] = rnn_step
    lstm_step: Callable[..., tuple[Tensor, Tensor]] = lstm_step
    gru_step: Callable[..., Tensor] = gru_step


class Cell(nn.Module):
    """A step function with its weights, and a linear layer that reads the state.

    Weights start uniform within ±1/√d_hidden, as in PyTorch; ``keep_bias`` is added to the bias of
    the gate that keeps: an LSTM's forget gate, a GRU's update gate.

    >>> outputs, state = Cell("lstm", d_input=3, d_hidden=5, n_outputs=2)(torch.zeros(7, 11, 3))
    >>> outputs.shape, [part.shape for part in state]
    (torch.Size([7, 11, 2]), [torch.Size([7, 5]), torch.Size([7, 5])])
    """

    def __init__(
        self,
        kind: Kind,
        d_input: int,
        d_hidden: int,
        n_outputs: int,
        parts: Parts | None = None,
        keep_bias: float = 0.0,
    ) -> None:
        super().__init__()
        self.kind, self.d_hidden, self.parts = kind, d_hidden, parts or Parts()
        width, bound = PARTS[kind] * d_hidden, 1 / math.sqrt(d_hidden)
        shapes = [
            (d_input, width),
            (d_hidden, width),
            (width,),
            (width,),
        ]  # W_x, W_h, b, and a GRU's second b
        used = shapes if kind == "gru" else shapes[:3]
        self.weights = nn.ParameterList([torch.empty(shape).uniform_(-bound, bound) for shape in used])
        if kind != "rnn":  # in both the second part of the first bias
            self.weights[2].data[d_hidden : 2 * d_hidden] += keep_bias
        self.read = nn.Linear(d_hidden, n_outputs)

    def start(self, x: Float[Tensor, "batch n d_input"]) -> tuple[Tensor, ...]:
        """The state before the first input: zeros, and for an LSTM a cell of zeros beside it."""
        zeros = x.new_zeros(len(x), self.d_hidden)
        return (zeros, zeros) if self.kind == "lstm" else (zeros,)

    def step(self, x: Float[Tensor, "batch d_input"], state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The state after one more input; its first entry is the hidden state."""
        if self.kind == "lstm":
            return tuple(self.parts.lstm_step(x, *state, *self.weights))
        step = self.parts.rnn_step if self.kind == "rnn" else self.parts.gru_step
        return (step(x, *state, *self.weights),)

    def forward(
        self, x: Float[Tensor, "batch n d_input"], state: tuple[Tensor, ...] | None = None
    ) -> tuple[Float[Tensor, "batch n n_outputs"], tuple[Tensor, ...]]:
        """The outputs after every input, and the state after the last."""
        state = state or self.start(x)
        hidden = []
        for x_t in x.unbind(1):
            state = self.step(x_t, state)
            hidden.append(state[0])
        return self.read(torch.stack(hidden, dim=1)), state


# ── remember a colour ────────────────────────────────────────────────────────────────────────────


def telegrams(
    batch: int, distance: int, generator: torch.Generator
) -> tuple[Float[Tensor, "batch n d_input"], Int[Tensor, "batch"]]:
    """One of four colours, then ``distance`` ticks that mean nothing; and which colour it was.

    Colours and ticks are one-hot vectors of width 8.
    """
    colours = torch.randint(N_COLOURS, (batch,), generator=generator)
    ticks = N_COLOURS + torch.randint(N_TICKS, (batch, distance), generator=generator)
    rows = torch.cat([colours[:, None], ticks], dim=1)
    return F.one_hot(rows, N_COLOURS + N_TICKS).float(), colours


@dataclass(frozen=True)
class Memory:
    """A trained cell, its loss at every step, and the share of colours that it names rightly at the end."""

    cell: Cell
    losses: list[float]
    accuracy: float


def train_memory(
    kind: Kind,
    distance: int,
    parts: Parts | None = None,
    n_steps: int = 200,
    d_hidden: int = 24,
    keep_bias: float = 0.0,
    seed: int = 0,
) -> Memory:
    """Train a cell to name the colour after ``distance`` ticks; the loss counts at the end only."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    cell = Cell(kind, N_COLOURS + N_TICKS, d_hidden, N_COLOURS, parts, keep_bias)

    def loss(step: int) -> Float[Tensor, ""]:
        x, colours = telegrams(32, distance, generator)
        return F.cross_entropy(cell(x)[0][:, -1], colours)

    losses = fit(cell.parameters(), loss, n_steps, lr=0.01, progress=False)
    x, colours = telegrams(1000, distance, torch.Generator().manual_seed(seed + 1))
    with torch.no_grad():
        right = cell(x)[0][:, -1].argmax(-1) == colours
    return Memory(cell, losses, right.double().mean().item())


def gradient_by_distance(cell: Cell, distance: int, batch: int = 32, seed: int = 0) -> list[float]:
    """How strongly the last hidden state depends on the input that lies k positions back, for k = 0 … distance.

    The figure is the norm of the gradient of the sum of the last hidden state, averaged over random telegrams.
    """
    x, _ = telegrams(batch, distance, torch.Generator().manual_seed(seed))
    x.requires_grad_()
    _, state = cell(x)
    (gradient,) = torch.autograd.grad(state[0].sum(), x)
    return gradient.norm(dim=-1).mean(0).flip(0).tolist()


# ── write names ──────────────────────────────────────────────────────────────────────────────────


class Writer(nn.Module):
    """A cell that reads characters and gives logits of the next one.

    >>> logits, _ = Writer(Cell("gru", d_input=11, d_hidden=5, n_outputs=11))(torch.tensor([[7, 1]]))
    >>> logits.shape
    torch.Size([1, 2, 11])
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(
        self, ids: Int[Tensor, "batch n"], state: tuple[Tensor, ...] | None = None
    ) -> tuple[Float[Tensor, "batch n vocab_size"], tuple[Tensor, ...]]:
        """Logits after every character, and the state after the last one."""
        return self.cell(F.one_hot(ids, self.cell.read.out_features).float(), state)


@dataclass(frozen=True)
class Names:
    """Cross-entropy of a character of held-out names in nats, that of a bigram model, and names written."""

    loss: float
    bigram_loss: float
    written: list[str]


def train_names(
    names: list[str],
    kind: Kind = "gru",
    parts: Parts | None = None,
    n_steps: int = 300,
    d_hidden: int = 48,
    seed: int = 0,
) -> Names:
    """Train a cell on nine tenths of the names, measure on the rest, and let it write twelve."""
    training, test = split_words(names, seed)
    vocabulary = Vocabulary.from_texts(names, separator="")
    rows, held_out = framed(training, vocabulary), framed(test, vocabulary)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Writer(Cell(kind, len(vocabulary), d_hidden, len(vocabulary), parts))

    def loss(step: int) -> Float[Tensor, ""]:
        return word_loss(model, rows[torch.randint(len(rows), (64,), generator=generator)])

    fit(model.parameters(), loss, n_steps, lr=0.01, progress=False, weight_decay=0.1)
    with torch.no_grad():
        measured = word_loss(model, held_out).item()
    bigram = bigram_loss(rows, held_out, len(vocabulary))
    return Names(measured, bigram, write(model, vocabulary, 12, generator))


# ── continue a wave ──────────────────────────────────────────────────────────────────────────────


def wave(n: int, start: Float[Tensor, "batch"] | None = None) -> Float[Tensor, "batch n 1"]:
    """Two sines, of periods 25 and 10, at n times from ``start``, by default 0."""
    start = torch.zeros(1) if start is None else start
    t = start[:, None] + torch.arange(n)
    return ((2 * math.pi / 25 * t).sin() + 0.5 * (2 * math.pi / 10 * t).sin())[..., None]


def train_forecaster(
    kind: Kind, parts: Parts | None = None, n_steps: int = 300, d_hidden: int = 24, seed: int = 0
) -> Cell:
    """Train a cell to say the next value of the wave, from random starts and after ten values to settle.

    It reads the values with a little noise, so that later it can put up with errors of its own.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    cell = Cell(kind, 1, d_hidden, 1, parts)

    def loss(step: int) -> Float[Tensor, ""]:
        values = wave(41, 50 * torch.rand(32, generator=generator))
        noisy = values[:, :-1] + 0.1 * torch.randn(32, 40, 1, generator=generator)
        return F.mse_loss(cell(noisy)[0][:, 10:], values[:, 11:])

    fit(cell.parameters(), loss, n_steps, lr=0.01, progress=False)
    return cell


@torch.no_grad()
def forecast(cell: Cell, seen: Float[Tensor, "batch n 1"], n: int) -> Float[Tensor, "batch m 1"]:
    """``n`` further values: after what it has ``seen``, the cell reads its own forecasts."""
    outputs, state = cell(seen)
    values = [outputs[:, -1:]]
    for _ in range(n - 1):
        output, state = cell(values[-1], state)
        values.append(output)
    return torch.cat(values, dim=1)
