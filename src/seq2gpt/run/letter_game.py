"""Letters from some places back: a game that one attention head cannot play.

At every position of a row of random letters a model names earlier letters, for example those one and three places
back. It has one layer of multi-head attention and as many parameters whatever the number of heads. A head makes
one mixture at each position: what it finds in two places comes out mixed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.attention import causal_mask, scaled_dot_product_attention
from seq2gpt.heads import MultiHeadAttention, merge_heads, split_heads
from seq2gpt.run.demos.loop import fit


@dataclass(frozen=True, kw_only=True)
class Game:
    """Which letters are asked for, how many kinds of letters there are, and how long a row is.

    >>> Game(distances=(1, 3)).first
    3
    """

    distances: tuple[int, ...] = (1, 2, 3, 5)
    n_letters: int = 12
    length: int = 12

    @property
    def first(self) -> int:
        """The first position at which all the letters exist."""
        return max(self.distances)


@dataclass(frozen=True)
class Parts:
    """The parts of lesson 08 that the model is made of: the course's, or a student's own."""

    attention: Callable[..., Any] = MultiHeadAttention
    split_heads: Callable[..., Tensor] = split_heads
    merge_heads: Callable[..., Tensor] = merge_heads


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a model is trained; the default takes about a second on one CPU core."""

    d_model: int = 32
    n_steps: int = 300
    batch: int = 64
    seed: int = 0
    progress: bool = False
    parts: Parts = field(default_factory=Parts)


class LookBack(nn.Module):
    """Letters and positions, one attention layer, and the logits of the letter at each distance."""

    def __init__(self, d_model: int, n_heads: int, game: Game, parts: Parts) -> None:
        super().__init__()
        self.game, self.parts = game, parts
        self.n_heads = n_heads
        self.embedding = nn.Embedding(game.n_letters, d_model)
        self.attention = parts.attention(d_model, n_heads)
        self.heads = nn.Linear(d_model, len(game.distances) * game.n_letters)
        self.codes = nn.Parameter(torch.randn(game.length, d_model))

    def hidden(self, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "batch n d_model"]:
        """What goes into the attention layer."""
        return self.embedding(ids) + self.codes[: ids.shape[1]]

    def forward(
        self, ids: Int[Tensor, "batch n"], off: tuple[int, ...] = ()
    ) -> Float[Tensor, "batch n distances letters"]:
        """The logits of the letter at each distance; the heads in ``off`` find nothing."""
        if not off:
            mixed = self.attention(self.hidden(ids), causal=True)
        else:
            found = self.look(ids)[0].clone()
            found[:, list(off)] = 0
            mixed = self.attention.w_o(self.parts.merge_heads(found))
        return self.heads(mixed).unflatten(-1, (len(self.game.distances), self.game.n_letters))

    def look(
        self, ids: Int[Tensor, "batch n"]
    ) -> tuple[Float[Tensor, "batch n_heads n d_head"], Float[Tensor, "batch n_heads n n"]]:
        """What each head finds, and its weights."""
        x, layer, split = self.hidden(ids), self.attention, self.parts.split_heads
        query, key, value = (split(w(x), self.n_heads) for w in (layer.w_q, layer.w_k, layer.w_v))
        return scaled_dot_product_attention(query, key, value, causal_mask(ids.shape[1]))


def train_look_back(n_heads: int, game: Game, training: Training | None = None) -> LookBack:
    """A model with ``n_heads`` heads, trained on rows of random letters."""
    training = training or Training()
    torch.manual_seed(training.seed)
    model = LookBack(training.d_model, n_heads, game, training.parts)
    generator = torch.Generator().manual_seed(training.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        ids = torch.randint(game.n_letters, (training.batch, game.length), generator=generator)
        return F.cross_entropy(model(ids)[:, game.first :].flatten(0, 2), targets(ids, game).flatten())

    fit(model.parameters(), loss, training.n_steps, lr=0.01, progress=training.progress)
    return model


def targets(ids: Int[Tensor, "batch n"], game: Game) -> Int[Tensor, "batch n_asked distances"]:
    """The letters asked for, at the positions that have them all.

    >>> targets(torch.arange(5)[None], Game(distances=(1, 3))).tolist()
    [[[2, 0], [3, 1]]]
    """
    return torch.stack([ids[:, game.first - d : ids.shape[1] - d] for d in game.distances], dim=-1)


def unseen_rows(game: Game, seed: int, n_rows: int = 500) -> Int[Tensor, "rows n"]:
    """Rows of letters that no training with this seed draws."""
    generator = torch.Generator().manual_seed(seed + 1000)
    return torch.randint(game.n_letters, (n_rows, game.length), generator=generator)


@torch.no_grad()
def rights(model: LookBack, test: Int[Tensor, "rows n"], off: tuple[int, ...] = ()) -> list[float]:
    """The share of right letters at each distance, in per cent."""
    right = model(test, off)[:, model.game.first :].argmax(-1) == targets(test, model.game)
    return (100 * right.double().mean((0, 1))).tolist()


@torch.no_grad()
def weight_by_distance(model: LookBack, test: Int[Tensor, "rows n"]) -> Float[Tensor, "n_heads distances"]:
    """The mean weight that each head puts on the position 0, 1, … ``game.first`` places back."""
    weights, first = model.look(test)[1].mean(0), model.game.first  # n_heads n n
    return torch.stack(
        [weights.diagonal(-d, 1, 2)[:, first - d :].mean(-1) for d in range(first + 1)], dim=-1
    )


# ── what the lesson shows of longer trainings ────────────────────────────────────────────────────

SENTENCES = Game(n_letters=27, length=20)
ALPHABET = " abcdefghijklmnopqrstuvwxyz"
SCALE = 100  # the page gets parameters as whole hundredths
NUMBERS_OF_HEADS = (1, 2, 4, 8, 16, 32)


def measure(seeds: tuple[int, ...] = (1, 2, 3), n_steps: int = 500) -> dict[str, list[float]]:
    """Letters right, in per cent, of models of width 32: a value for each seed, by the number of heads."""
    game = Game()
    figures: dict[str, list[float]] = {}
    for n_heads in NUMBERS_OF_HEADS:
        figures[str(n_heads)] = []
        for seed in seeds:
            model = train_look_back(n_heads, game, Training(n_steps=n_steps, seed=seed))
            found = rights(model, unseen_rows(game, seed))
            figures[str(n_heads)].append(round(sum(found) / len(found), 2))
    return figures


def for_the_page(models: dict[int, LookBack]) -> dict[str, Any]:
    """Models of one game in the form that the widget reads."""
    game = next(iter(models.values())).game
    found = {
        str(n_heads): {
            name: (SCALE * value).round().int().tolist() for name, value in model.state_dict().items()
        }
        for n_heads, model in models.items()
    }
    return {
        "alphabet": ALPHABET,
        "distances": list(game.distances),
        "length": game.length,
        "scale": SCALE,
        "models": found,
    }


def from_the_page(shipped: dict[str, Any], n_heads: int) -> LookBack:
    """The model that the widget computes with."""
    game = Game(
        distances=tuple(shipped["distances"]), n_letters=len(shipped["alphabet"]), length=shipped["length"]
    )
    state = {
        name: torch.tensor(rows) / shipped["scale"] for name, rows in shipped["models"][str(n_heads)].items()
    }
    model = LookBack(state["codes"].shape[1], n_heads, game, Parts())
    model.load_state_dict(state)
    return model


if __name__ == "__main__":
    root = Path(__file__).parents[3]
    trained = {n: train_look_back(n, SENTENCES, Training(n_steps=800)) for n in (1, 2, 4)}
    shipped = for_the_page(trained)
    (root / "src/seq2gpt/widgets/heads_weights.json").write_text(
        json.dumps(shipped, separators=(",", ":")) + "\n"
    )
    for n_heads in trained:
        print(n_heads, rights(from_the_page(shipped, n_heads), unseen_rows(SENTENCES, 0)), flush=True)
    (root / "book/08-heads/measured.json").write_text(json.dumps(measure(), indent=1) + "\n")
