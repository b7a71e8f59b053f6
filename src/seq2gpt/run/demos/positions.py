"""Positions: four ways to tell a model the order, trained on short texts and tested on longer ones.

Four small language models differ in nothing but their positions: sinusoidal codes, a learned vector for every
position, rotary queries and keys, and none at all. They learn from pieces of 32 characters and are tested on pieces
of 128: how well do they predict at the places they know, and how well beyond?

At the places they know, rotary positions serve best and none worst; even without any the causal mask tells a little,
as a place sees those before it and no other. Beyond, every scheme loses, and the order is another: vectors of places
that never occurred were never learned, and codes and angles of such places are new to the model too. What helps within
the trained length need not help beyond it; least is lost where there was least to lose.

--data takes a text file or the set tinyshakespeare.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.attention import fused_attention
from seq2gpt.blocks import LayerNorm, TransformerBlock
from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.data.sets import read_data
from seq2gpt.errors import UserError
from seq2gpt.heads import MultiHeadAttention, merge_heads, split_heads
from seq2gpt.positions import apply_rotary
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import CharText, as_characters, loss_by_position, train_on
from seq2gpt.run.order_game import Parts

SCHEMES = ("sinusoidal", "learned", "rotary", "none")
N_HEADS, N_LAYERS = 4, 2
SETS: dict[str, dict[str, Any]] = {"tinyshakespeare": {}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """What to learn from: a UTF-8 text file, or tinyshakespeare."""
    n_train: int = 32
    """Characters of a piece in training."""
    n_test: int = 128
    """Characters of a piece in the test."""
    d_model: int = 64
    """Width of the hidden states, a multiple of 8."""
    n_steps: int = 500
    """Steps of each model."""
    batch: int = 32
    """Pieces in a step."""
    seed: int = 0
    """Draws weights and pieces."""

    def __post_init__(self) -> None:
        if self.n_test <= self.n_train:
            raise UserError(
                f"n_test={self.n_test} goes not beyond n_train={self.n_train}; use a larger --n-test"
            )
        if self.d_model < 8 or self.d_model % 8 != 0:
            raise UserError(
                f"d_model={self.d_model} does not split into 4 heads of even width; use a multiple of 8"
            )


class RotaryAttention(MultiHeadAttention):
    """Causal self-attention whose queries and keys turn with their positions."""

    def __init__(self, d_model: int, n_heads: int, rotate: Callable[..., Tensor] = apply_rotary) -> None:
        super().__init__(d_model, n_heads)
        self.rotate = rotate

    def forward(self, x: Float[Tensor, "batch n d_model"], **_: object) -> Float[Tensor, "batch n d_model"]:  # type: ignore[override]
        """What each position takes from those up to it."""
        query, key, value = (split_heads(w(x), self.n_heads) for w in (self.w_q, self.w_k, self.w_v))
        heads = fused_attention(self.rotate(query), self.rotate(key), value, causal=True)
        return self.w_o(merge_heads(heads))


class Reader(nn.Module):
    """A causal language model with one of the four schemes of positions."""

    def __init__(
        self, scheme: str, vocab_size: int, n_longest: int, d_model: int, parts: Parts | None = None
    ) -> None:
        super().__init__()
        self.scheme, self.parts = scheme, parts or Parts()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.learned = self.parts.learned_positions(n_longest, d_model)
        self.blocks = nn.ModuleList(TransformerBlock(d_model, N_HEADS, 4 * d_model) for _ in range(N_LAYERS))
        if scheme == "rotary":
            for block in self.blocks:
                block.attention = RotaryAttention(d_model, N_HEADS, self.parts.apply_rotary)
        self.norm = LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "batch n vocab_size"]:
        """The logits of the character that follows each position."""
        x = self.embedding(ids)
        if self.scheme == "sinusoidal":
            x = x + self.parts.sinusoidal_encoding(*x.shape[1:])
        elif self.scheme == "learned":
            x = self.learned(x)
        for block in self.blocks:
            x = block(x, causal=True)
        return self.head(self.norm(x))


def losses(
    scheme: str, text: CharText, config: Config, parts: Parts | None = None, progress: bool = True
) -> tuple[float, float]:
    """Mean loss of a trained model, in nats, at the later half of the places it knows and at those beyond."""
    torch.manual_seed(config.seed)
    model = Reader(scheme, text.tokenizer.vocab_size, config.n_test, config.d_model, parts)
    train_on(
        model, text.training, n_steps=config.n_steps, batch=config.batch,
        context_length=config.n_train, lr=5e-3, seed=config.seed, progress=progress,
    )  # fmt: skip
    by_place = loss_by_position(model, text.held_out, config.n_test)
    known, beyond = by_place[config.n_train // 2 : config.n_train], by_place[config.n_train :]
    return known.mean().item(), beyond.mean().item()


def text_to_read(config: Config) -> CharText:
    """The embedded corpus, or what ``config.data`` names, as characters."""
    text = embedded_corpus() if config.data is None else read_data(config.data, SETS)
    return as_characters(text, config.n_test)


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the four models on short pieces, and test them on long ones."""
    text = text_to_read(config)
    figures = {}
    for scheme in SCHEMES:
        known, beyond = losses(scheme, text, config, progress=progress)
        figures[f"{scheme}, places known, nats"] = known
        figures[f"{scheme}, places beyond, nats"] = beyond
    return DemoResult(figures=figures)
