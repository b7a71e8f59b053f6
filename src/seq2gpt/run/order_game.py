"""Who calls, and which letter comes before: two games about order, and four ways to tell a model the order.

A model has one layer of attention without a causal mask, so that nothing but positions can tell it what stands
where. The four schemes are no positions at all, sinusoidal codes, learned vectors and rotary queries and keys.
``python -m seq2gpt.run.order_game FILE`` trains all of them from three seeds and writes what they reach.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.attention import fused_attention
from seq2gpt.heads import MultiHeadAttention, merge_heads, split_heads
from seq2gpt.positions import LearnedPositions, apply_rotary, sinusoidal_encoding
from seq2gpt.run.demos.loop import fit

SCHEMES = ("none", "sinusoidal", "learned", "rotary")
NOT_ASKED = -100  # cross_entropy passes over such a target

NAMES = ("Ana", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ida", "Jon")
CALLS = len(NAMES)
"""The id of the word "calls"; the names have the ids before it."""
WORDS = (*NAMES, "calls")


@dataclass(frozen=True)
class Parts:
    """The parts of lesson 09 that a model is made of: the course's, or a student's own."""

    sinusoidal_encoding: Callable[[int, int], Tensor] = sinusoidal_encoding
    learned_positions: Callable[[int, int], Any] = LearnedPositions
    apply_rotary: Callable[..., Tensor] = apply_rotary


@dataclass(frozen=True, kw_only=True)
class Game:
    """What a row is made of, and what is asked at which of its places.

    ``draw`` takes a number of rows, their length and a generator, and gives ids and targets.
    """

    n_symbols: int
    draw: Callable[[int, int, torch.Generator], tuple[Tensor, Tensor]]


def letters_before(
    n_rows: int, length: int, generator: torch.Generator
) -> tuple[Int[Tensor, "n_rows length"], Int[Tensor, "n_rows length"]]:
    """Rows of random letters; asked at each place but the first is the letter one place before.

    >>> ids, targets = letters_before(2, 5, torch.Generator().manual_seed(0))
    >>> torch.equal(targets[:, 1:], ids[:, :-1]), targets[:, 0].tolist()
    (True, [-100, -100])
    """
    ids = torch.randint(LETTERS.n_symbols, (n_rows, length), generator=generator)
    return ids, F.pad(ids[:, :-1], (1, 0), value=NOT_ASKED)


def who_calls(
    n_rows: int, length: int, generator: torch.Generator
) -> tuple[Int[Tensor, "n_rows 3"], Int[Tensor, "n_rows 3"]]:
    """Sentences such as “Ana calls Ben”; asked at the verb is the first name. They are all 3 words long."""
    pairs = torch.stack([torch.randperm(CALLS, generator=generator)[:2] for _ in range(n_rows)])
    verb, nothing = torch.full((n_rows, 1), CALLS), torch.full((n_rows, 1), NOT_ASKED)
    ids = torch.cat([pairs[:, :1], verb, pairs[:, 1:]], dim=1)
    return ids, torch.cat([nothing, pairs[:, :1], nothing], dim=1)


LETTERS = Game(n_symbols=12, draw=letters_before)
SENTENCES = Game(n_symbols=len(WORDS), draw=who_calls)


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a model is trained; the default takes about a second on one CPU core."""

    length: int = 16
    longest: int = 256
    """Places that learned positions have a row for."""
    d_model: int = 32
    n_heads: int = 1
    n_steps: int = 400
    batch: int = 64
    seed: int = 0
    parts: Parts = field(default_factory=Parts)


class PlacedAttention(MultiHeadAttention):
    """Self-attention without a mask, whose queries and keys may be turned with their positions."""

    def __init__(self, d_model: int, n_heads: int, rotate: Callable[..., Tensor] | None = None) -> None:
        super().__init__(d_model, n_heads)
        self.rotate = rotate

    def forward(  # type: ignore[override]
        self, x: Float[Tensor, "batch n d_model"], start: int = 0
    ) -> Float[Tensor, "batch n d_model"]:
        """What each position, the first of which is ``start``, takes from all of them."""
        query, key, value = (split_heads(w(x), self.n_heads) for w in (self.w_q, self.w_k, self.w_v))
        if self.rotate:
            query, key = self.rotate(query, start), self.rotate(key, start)
        return self.w_o(merge_heads(fused_attention(query, key, value)))


class OrderModel(nn.Module):
    """Symbols with one of the four schemes, one attention layer, and the logits of the symbol asked for."""

    def __init__(self, scheme: str, game: Game, training: Training) -> None:
        super().__init__()
        self.scheme, self.parts = scheme, training.parts
        self.embedding = nn.Embedding(game.n_symbols, training.d_model)
        rotate = training.parts.apply_rotary if scheme == "rotary" else None
        self.attention = PlacedAttention(training.d_model, training.n_heads, rotate)
        self.head = nn.Linear(training.d_model, game.n_symbols)
        if scheme == "learned":
            self.learned = training.parts.learned_positions(training.longest, training.d_model)

    def forward(self, ids: Int[Tensor, "batch n"], start: int = 0) -> Float[Tensor, "batch n symbols"]:
        """The logits at every place of rows whose first place is position ``start``."""
        x = self.embedding(ids)
        if self.scheme == "sinusoidal":
            x = x + self.parts.sinusoidal_encoding(start + x.shape[1], x.shape[2])[start:]
        elif self.scheme == "learned":
            x = self.learned(x, start)
        return self.head(self.attention(x, start))


def train(scheme: str, game: Game = LETTERS, training: Training | None = None) -> OrderModel:
    """A model with the positions ``scheme``, trained on random rows of a game."""
    training = training or Training()
    torch.manual_seed(training.seed)
    model = OrderModel(scheme, game, training)
    generator = torch.Generator().manual_seed(training.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        ids, targets = game.draw(training.batch, training.length, generator)
        return F.cross_entropy(model(ids).flatten(0, 1), targets.flatten(), ignore_index=NOT_ASKED)

    fit(model.parameters(), loss, training.n_steps, lr=0.01, progress=False)
    return model


@torch.no_grad()
def rights(
    model: OrderModel, game: Game, length: int, start: int = 0, seed: int = 0, n_rows: int = 200
) -> Float[Tensor, "places"]:
    """The share of right answers, in per cent, at each place that is asked, over rows that no training draws."""
    ids, targets = game.draw(n_rows, length, torch.Generator().manual_seed(seed + 1000))
    asked = targets[0] != NOT_ASKED
    right = model(ids, start).argmax(-1) == targets
    return 100 * right[:, asked].double().mean(0)


def known_and_beyond(model: OrderModel, training: Training, times: int) -> tuple[float, float]:
    """Letters right at the places of training, and at those beyond in rows ``times`` as long, in per cent."""
    known = rights(model, LETTERS, training.length, seed=training.seed).mean().item()
    beyond = rights(model, LETTERS, times * training.length, seed=training.seed)[training.length - 1 :]
    return known, beyond.mean().item()


TIMES = (2, 4, 16)
"""How many times as long as in training the rows of the test are."""
LATER = 100
"""At which position the rows of the test begin that are as long as in training."""


def measure(seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, dict[str, list[float]]]:
    """Letters right, in per cent, by scheme and by place: a value for each seed."""
    figures: dict[str, dict[str, list[float]]] = {}
    for scheme in SCHEMES:
        found: dict[str, list[float]] = {}
        for seed in seeds:
            training = Training(seed=seed)
            model = train(scheme, training=training)
            values = {f"beyond, {n} times": known_and_beyond(model, training, n)[1] for n in TIMES}
            values["known"] = known_and_beyond(model, training, 2)[0]
            values["later"] = rights(model, LETTERS, training.length, LATER, seed).mean().item()
            for name, value in values.items():
                found.setdefault(name, []).append(round(value, 2))
        figures[scheme] = found
    return figures


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
