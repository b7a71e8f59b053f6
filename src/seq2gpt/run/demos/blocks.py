"""Blocks: twelve layers, and what lets the gradient through them.

The same twelve layers are put together in four ways: pre-LN (normalise what a sub-layer sees, add what it finds to
an untouched path, as GPT-2 does), post-LN (normalise the sum, as the model of 2017 did), without a residual path
(each sub-layer hands on its result alone), and with neither residual path nor norm. Before training, the gradient of
the loss is measured in each layer; stated is its norm in the first layer as a multiple of that in the last. Then
the first three learn the next character of English.

With neither path nor norm next to nothing of the gradient arrives at the first layer. Norms alone bring it there, and
still the stack learns little more than how frequent the letters are: this is the degradation that residual
paths were made for (He et al. 2016). Post-LN has a path, but a norm in its way: at a learning rate and a warm-up that suit
pre-LN it does no better at this depth.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.blocks import LayerNorm, TransformerBlock
from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.errors import UserError
from seq2gpt.gpt import next_token_loss
from seq2gpt.positions import LearnedPositions
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import as_characters, held_out_loss, train_on
from seq2gpt.training import get_batch

Kind = Literal["pre-LN", "post-LN", "no residual", "neither"]
N_HEADS = 2


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    n_layers: int = 12
    """Layers of each stack."""
    d_model: int = 32
    """Width of the hidden states."""
    context_length: int = 32
    """Characters of a piece."""
    n_steps: int = 150
    """Steps of each stack."""
    batch: int = 16
    """Pieces in a step."""
    lr: float = 1e-2
    """Highest learning rate."""
    seed: int = 0
    """Draws weights and pieces."""

    def __post_init__(self) -> None:
        for name in ("n_layers", "context_length", "n_steps", "batch"):
            if getattr(self, name) < 1:
                raise UserError(f"{name}={getattr(self, name)} is out of range; use 1 or more")


class Stack(nn.Module):
    """A causal language model whose layers are joined in one of four ways."""

    def __init__(self, kind: Kind, vocab_size: int, config: Config) -> None:
        super().__init__()
        self.kind = kind
        d_model = config.d_model
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.positions: nn.Module = LearnedPositions(config.context_length, d_model)
        self.blocks = nn.ModuleList(
            TransformerBlock(d_model, N_HEADS, 4 * d_model) for _ in range(config.n_layers)
        )
        self.norm: nn.Module = LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "batch n vocab_size"]:
        """The logits of the character that follows each position."""
        x = self.positions(self.embedding(ids))
        for block in self.blocks:
            x = pass_through(block, x, self.kind)
        return self.head(self.norm(x))


def pass_through(
    block: Any, x: Float[Tensor, "batch n d_model"], kind: Kind
) -> Float[Tensor, "batch n d_model"]:
    """The hidden states after one layer, the parts of a :class:`TransformerBlock` joined as ``kind`` says."""
    if kind == "pre-LN":
        return block(x, causal=True)
    if kind == "post-LN":
        x = block.norm_1(x + block.attention(x, causal=True))
        return block.norm_2(x + block.feed_forward(x))
    if kind == "no residual":
        return block.feed_forward(block.norm_2(block.attention(block.norm_1(x), causal=True)))
    return block.feed_forward(block.attention(x, causal=True))


def run(config: Config, progress: bool = True) -> DemoResult:
    """Measure gradients, then train."""
    text = as_characters(embedded_corpus(), config.context_length)
    figures, lines = {}, [f"gradient norm by layer, 1 to {config.n_layers}"]
    for kind in get_args(Kind):
        torch.manual_seed(config.seed)
        model = Stack(kind, text.tokenizer.vocab_size, config)
        norms = gradient_norms(model, text.training, config)
        lines.append(f"{kind:12}" + " ".join(f"{norm:8.1e}" for norm in norms))
        figures[f"{kind}, gradient of the first layer / last"] = norms[0] / norms[-1]
        if kind == "neither":
            continue  # nothing arrives that it could learn from
        train_on(
            model, text.training, n_steps=config.n_steps, batch=config.batch,
            context_length=config.context_length, lr=config.lr, seed=config.seed, progress=progress,
        )  # fmt: skip
        figures[f"{kind}, loss in nats"] = held_out_loss(model, text.held_out, config.context_length)
    return DemoResult(figures=figures, sample="\n".join(lines))


def gradient_norms(model: Stack, ids: Int[Tensor, "n_text"], config: Config) -> list[float]:
    """The length of the gradient of each layer's parameters, on one batch."""
    generator = torch.Generator().manual_seed(config.seed)
    inputs, targets = get_batch(ids, 64, config.context_length, generator)
    next_token_loss(model(inputs), targets).backward()
    norms = []
    for block in model.blocks:
        squares = [p.grad.square().sum() for p in block.parameters() if p.grad is not None]
        norms.append(torch.stack(squares).sum().sqrt().item())
    model.zero_grad()
    return norms
