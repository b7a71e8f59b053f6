"""Heads: four places to look at, and what one, two and four heads make of it.

At every position of a row of random letters a model has to name four earlier letters: those 1, 2, 3 and 5 places
back. It has one attention layer, and its number of parameters is the same whatever the number of heads. A head
has one set of weights for each position: it can look at several places, but what it finds there comes out mixed.
Expect one head to get half of the letters right and two to get nine in ten, since two mixtures tell more than one;
with four heads each finds its own place, and all letters are right.

Printed is where each of the four heads looks, as the mean weight on each distance. Then the head that looks most at
one distance is switched off, for each distance in turn: the letter there is guessed, and the other three stay right.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.attention import causal_mask, scaled_dot_product_attention
from seq2gpt.errors import UserError
from seq2gpt.heads import MultiHeadAttention, merge_heads, split_heads
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.loop import fit

LETTERS = 12
DISTANCES = (1, 2, 3, 5)
LENGTH = 12
FIRST = max(DISTANCES)  # the first position at which all four letters exist


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    d_model: int = 64
    """Width of the hidden states, a multiple of 8."""
    n_steps: int = 500
    """Steps of each model."""
    batch: int = 64
    """Rows of letters in a step."""
    seed: int = 0
    """Draws letters and weights."""

    def __post_init__(self) -> None:
        if self.d_model < 8 or self.d_model % 8 != 0:
            raise UserError(f"d_model={self.d_model} does not split into 4 heads; use a multiple of 8")


class LookBack(nn.Module):
    """Letters and positions, one attention layer, and one output head for each distance."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, d_model)
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.heads = nn.Linear(d_model, len(DISTANCES) * LETTERS)
        self.codes = nn.Parameter(torch.randn(LENGTH, d_model))

    def hidden(self, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "batch n d_model"]:
        """What goes into the attention layer."""
        return self.embedding(ids) + self.codes

    def forward(
        self, ids: Int[Tensor, "batch n"], off: int | None = None
    ) -> Float[Tensor, "batch n distances letters"]:
        """The logits of the letter at each distance; head number ``off`` finds nothing."""
        found, _ = self.look(ids)
        if off is not None:
            found = found.clone()
            found[:, off] = 0
        return self.heads(self.attention.w_o(merge_heads(found))).unflatten(-1, (len(DISTANCES), LETTERS))

    def look(
        self, ids: Int[Tensor, "batch n"]
    ) -> tuple[Float[Tensor, "batch n_heads n d_head"], Float[Tensor, "batch n_heads n n"]]:
        """What each head finds, and its weights."""
        x, layer = self.hidden(ids), self.attention
        query, key, value = (split_heads(w(x), layer.n_heads) for w in (layer.w_q, layer.w_k, layer.w_v))
        return scaled_dot_product_attention(query, key, value, causal_mask(ids.shape[1]))


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train a model for each number of heads; then look into the last one."""
    test = torch.randint(LETTERS, (500, LENGTH), generator=torch.Generator().manual_seed(config.seed + 1000))
    figures = {}
    for n_heads in (1, 2, 4):
        model = train_model(n_heads, config, progress)
        figures[f"{n_heads} head{'s' * (n_heads > 1)}, letters right, %"] = sum(rights(model, test)) / 4
    seen = weight_by_distance(model, test)
    kept, lost = [], []
    for place, distance in enumerate(DISTANCES):
        after = rights(model, test, off=int(seen[:, distance].argmax()))
        lost.append(after.pop(place))
        kept += after
    figures["its head off, that letter right, %"] = sum(lost) / len(lost)
    figures["its head off, other letters right, %"] = sum(kept) / len(kept)
    return DemoResult(figures=figures, sample=picture(seen))


def train_model(n_heads: int, config: Config, progress: bool) -> LookBack:
    """A model with ``n_heads`` heads, trained on random letters."""
    torch.manual_seed(config.seed)
    model = LookBack(config.d_model, n_heads)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        ids = torch.randint(LETTERS, (config.batch, LENGTH), generator=generator)
        return F.cross_entropy(model(ids)[:, FIRST:].flatten(0, 2), targets(ids).flatten())

    fit(model.parameters(), loss, config.n_steps, lr=0.01, progress=progress)
    return model


def targets(ids: Int[Tensor, "batch n"]) -> Int[Tensor, "batch n_asked distances"]:
    """The letters at the four distances, for the positions that have them all.

    >>> targets(torch.arange(7)[None]).tolist()
    [[[4, 3, 2, 0], [5, 4, 3, 1]]]
    """
    return torch.stack([ids[:, FIRST - d : ids.shape[1] - d] for d in DISTANCES], dim=-1)


@torch.no_grad()
def rights(model: LookBack, test: Int[Tensor, "rows n"], off: int | None = None) -> list[float]:
    """The share of right letters at each distance, in per cent."""
    right = model(test, off)[:, FIRST:].argmax(-1) == targets(test)
    return (100 * right.double().mean((0, 1))).tolist()


@torch.no_grad()
def weight_by_distance(model: LookBack, test: Int[Tensor, "rows n"]) -> Float[Tensor, "n_heads distances"]:
    """The mean weight that each head puts on the position 0, 1, … 5 places back."""
    weights = model.look(test)[1].mean(0)  # n_heads n n
    return torch.stack(
        [weights.diagonal(-d, 1, 2)[:, FIRST - d :].mean(-1) for d in range(FIRST + 1)], dim=-1
    )


def picture(seen: Float[Tensor, "n_heads distances"]) -> str:
    """A row for each head, a column for each distance, weights in per cent."""
    lines = ["weight, %  " + "".join(f"{d:>4} back" for d in range(seen.shape[1]))]
    for head, row in enumerate(seen.tolist()):
        lines.append(f"head {head}     " + "".join(f"{100 * weight:9.0f}" for weight in row))
    return "\n".join(lines)
