"""Twelve layers deep: the measurements of lesson 10, and the training of its lab.

A stack of blocks learns the next character of English. Stacks differ in how their sub-layers are joined
(:mod:`seq2gpt.run.demos.blocks`), in depth, in learning rate and, in the lab, in whose parts they are made of.
``python -m seq2gpt.run.depth`` trains each of them from three seeds and writes the losses to the lesson's folder.
"""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seq2gpt.blocks import FeedForward, SwiGLU, TransformerBlock, dropout, layer_norm, rms_norm
from seq2gpt.data.corpus import python_texts
from seq2gpt.data.sets import load_tinyshakespeare
from seq2gpt.run.demos.blocks import N_HEADS, Config, Kind, Stack
from seq2gpt.run.demos.text import CharText, as_characters, held_out_loss, train_on

CONFIG = Config(n_steps=300, lr=3e-3)
DEPTHS = (1, 2, 4, 8)  # twelve layers are measured at every rate
RATES = (1e-3, 3e-3, 1e-2)
N_PIECES = 1000  # of held-out text
DROPPED = 0.05  # share of the embeddings, in the lab


@dataclass(frozen=True)
class Parts:
    """The parts of lesson 10 that a stack is made of: the course's, or a student's own."""

    block: Callable[..., Any] = TransformerBlock
    norm: Callable[..., Tensor] = layer_norm
    feed_forward: Callable[..., Any] = FeedForward
    dropout: Callable[..., Tensor] = dropout
    d_ff: int = 4 * CONFIG.d_model

    def layer(self, d_model: int) -> nn.Module:
        """A block whose norms and feed-forward network are made of these parts."""
        block = self.block(d_model, N_HEADS, self.d_ff)
        block.norm_1, block.norm_2 = Norm(self.norm, d_model), Norm(self.norm, d_model)
        block.feed_forward = self.feed_forward(d_model, self.d_ff)
        return block


LIKE_GPT2 = Parts()
LIKE_LLAMA = Parts(norm=rms_norm, feed_forward=SwiGLU, d_ff=85)  # about as many parameters: 3 · 85 ≈ 2 · 128


class Norm(nn.Module):
    """A norm given as a function, with its learned weight."""

    def __init__(self, function: Callable[..., Tensor], d_model: int) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """The hidden states, normalised."""
        return self.function(x, self.weight)


class Dropout(nn.Module):
    """Dropout given as a function."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The numbers, some of them dropped in training."""
        return self.function(x, DROPPED, self.training)


def assemble(parts: Parts, kind: Kind, vocab_size: int, config: Config) -> Stack:
    """A stack of the given parts, with dropout behind the positions."""
    model = Stack(kind, vocab_size, config)
    model.blocks = nn.ModuleList(parts.layer(config.d_model) for _ in range(config.n_layers))
    model.positions = nn.Sequential(model.positions, Dropout(parts.dropout))
    model.norm = Norm(parts.norm, config.d_model)
    return model


def open_text() -> CharText:
    """The texts that come with Python or, where ``SEQ2GPT_DATA`` is set, tinyshakespeare, as characters."""
    text = load_tinyshakespeare() if os.environ.get("SEQ2GPT_DATA") else python_texts()
    return as_characters(text, CONFIG.context_length)


def loss_reached(
    text: CharText,
    config: Config = CONFIG,
    kind: Kind = "pre-LN",
    parts: Parts | None = None,
    progress: bool = False,
) -> float:
    """Train a stack; its loss on held-out text, in nats a character."""
    torch.manual_seed(config.seed)
    n = text.tokenizer.vocab_size
    model = Stack(kind, n, config) if parts is None else assemble(parts, kind, n, config)
    train_on(
        model, text.training, n_steps=config.n_steps, batch=config.batch,
        context_length=config.context_length, lr=config.lr, seed=config.seed, progress=progress,
    )  # fmt: skip
    return held_out_loss(model.eval(), text.held_out, config.context_length, N_PIECES)


SEEDS = (1, 2, 3)
KINDS: tuple[Kind, ...] = ("pre-LN", "post-LN", "no residual")
LAB: dict[str, tuple[Kind, Parts]] = {
    "like GPT-2": ("pre-LN", LIKE_GPT2),
    "like Llama": ("pre-LN", LIKE_LLAMA),
    "no residual": ("no residual", LIKE_GPT2),
}


def measure_rates(text: CharText, seeds: tuple[int, ...] = SEEDS) -> dict[str, dict[str, list[float]]]:
    """Losses of twelve layers, a value for each seed, by how they are joined and by learning rate."""
    return {
        kind: {
            str(lr): [rounded(text, replace(CONFIG, lr=lr, seed=seed), kind) for seed in seeds]
            for lr in RATES
        }
        for kind in KINDS
    }


def measure_depths(text: CharText, seeds: tuple[int, ...] = SEEDS) -> dict[str, dict[str, list[float]]]:
    """Losses with residual paths and without, a value for each seed, by the number of layers."""
    return {
        kind: {
            str(n): [rounded(text, replace(CONFIG, n_layers=n, seed=seed), kind) for seed in seeds]
            for n in DEPTHS
        }
        for kind in ("pre-LN", "no residual")
    }


def measure_lab(text: CharText, seeds: tuple[int, ...] = (0, *SEEDS)) -> dict[str, list[float]]:
    """Losses of the stacks of the lab, of the course's own parts; the lab itself has the first seed."""
    return {
        name: [rounded(text, replace(CONFIG, seed=seed), kind, parts) for seed in seeds]
        for name, (kind, parts) in LAB.items()
    }


def rounded(text: CharText, config: Config, kind: Kind, parts: Parts | None = None) -> float:
    """The loss as it is written down."""
    return round(loss_reached(text, config, kind, parts), 4)


def unigram_loss(text: CharText) -> float:
    """The loss on held-out text of who knows how frequent each character is, and nothing else."""
    counts = torch.bincount(text.training, minlength=text.tokenizer.vocab_size) + 1.0
    return -(counts / counts.sum()).log()[text.held_out].mean().item()


# ── the stack of the widget ──────────────────────────────────────────────────────────────────────

SCALE = 1000  # the page gets numbers as whole thousandths
PAGE_WIDTH, PAGE_FF, PAGE_LAYERS, PAGE_TEXT = 8, 32, 12, "block"


def for_the_page(seed: int = 0) -> dict[str, Any]:
    """Twelve fresh blocks and the vectors of five letters, in the form that the widget reads."""
    torch.manual_seed(seed)
    letters = torch.randn(len(PAGE_TEXT), PAGE_WIDTH)
    layers = [TransformerBlock(PAGE_WIDTH, N_HEADS, PAGE_FF, bias=False) for _ in range(PAGE_LAYERS)]
    return {
        "scale": SCALE,
        "text": PAGE_TEXT,
        "n_heads": N_HEADS,
        "letters": (SCALE * letters).round().int().tolist(),
        "layers": [
            {
                name: (SCALE * value).round().int().tolist()
                for name, value in layer.state_dict().items()
                if not name.startswith("norm")  # their weights are still 1
            }
            for layer in layers
        ],
    }


def from_the_page(shipped: dict[str, Any]) -> tuple[Tensor, list[TransformerBlock]]:
    """The vectors of the letters and the blocks that the widget computes with."""
    layers = []
    for stored in shipped["layers"]:
        layer = TransformerBlock(PAGE_WIDTH, shipped["n_heads"], PAGE_FF, bias=False)
        state = {name: torch.tensor(rows) / shipped["scale"] for name, rows in stored.items()}
        layer.load_state_dict(state, strict=False)
        layers.append(layer)
    return torch.tensor(shipped["letters"]) / shipped["scale"], layers


if __name__ == "__main__":
    root = Path(__file__).parents[3]
    shipped = json.dumps(for_the_page(), separators=(",", ":"))
    (root / "src/seq2gpt/widgets/blocks_weights.json").write_text(shipped + "\n", encoding="utf-8")
    real, target = os.environ.pop("SEQ2GPT_DATA", ""), root / "book/10-blocks/measured.json"
    measured: dict[str, Any] = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    text = open_text()
    measured |= {"python": platform.python_version(), "letters alone": round(unigram_loss(text), 4)}
    for section, measure in {
        "lab": measure_lab,
        "by rate": measure_rates,
        "by depth": measure_depths,
    }.items():
        measured[section] = measure(text)
        target.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if real:  # the figures of the published text stay as they are where it is not at hand
        os.environ["SEQ2GPT_DATA"] = real
        measured["lab, tinyshakespeare"] = measure_lab(open_text())
        target.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
