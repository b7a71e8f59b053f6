"""The measurements of lesson 11: the ladder's three rungs, and the Transformer with one part missing.

``python -m seq2gpt.run.rungs FILE`` trains everything from three seeds, in about ten minutes of computing on one core,
and writes what it reaches: the table and the figures of the lesson.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.positions import sinusoidal_encoding
from seq2gpt.run.demos.loop import fit
from seq2gpt.run.lookback import by_length
from seq2gpt.run.translation import (
    LADDER,
    Task,
    TranslationConfig,
    build_transformer,
    count_parameters,
    evaluate,
    load_task,
    train_model,
    trimmed,
)
from seq2gpt.seq2seq import teacher_forced_loss
from seq2gpt.transformer import Transformer, label_smoothed_loss

SEEDS = (0, 1, 2)


class Sighted(nn.Module):
    """Multi-head attention that takes no notice of ``causal``: every position sees the future too."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.attention = attention

    def forward(
        self, x: Float[Tensor, "... n d_model"], mask: Tensor | None = None, causal: bool = False
    ) -> Float[Tensor, "... n d_model"]:
        return self.attention(x, mask=mask)


class Deaf(nn.Module):
    """Cross-attention that hears nothing: the decoder never learns what the encoder read."""

    def forward(
        self, x: Float[Tensor, "... n d_model"], memory: Tensor, mask: Tensor | None = None
    ) -> Float[Tensor, "... n d_model"]:
        return torch.zeros_like(x)


class Unordered(Transformer):
    """A Transformer without position codes."""

    def embed(self, ids: Int[Tensor, "batch n"], embedding: nn.Embedding) -> Float[Tensor, "batch n d_model"]:
        return embedding(ids) * self.config.d_model**0.5


class Unscaled(Transformer):
    """A Transformer that adds the position codes to embeddings of length about 1, as they are drawn."""

    def embed(self, ids: Int[Tensor, "batch n"], embedding: nn.Embedding) -> Float[Tensor, "batch n d_model"]:
        return embedding(ids) + sinusoidal_encoding(ids.shape[1], self.config.d_model)


def whole(task: Task) -> Transformer:
    """The Transformer of the ladder, nothing missing."""
    return build_transformer(task)


def without_causal_mask(task: Task) -> Transformer:
    """Every decoder layer sees the whole target."""
    model = build_transformer(task)
    for layer in model.decoder_layers:
        layer.attention = Sighted(layer.attention)
    return model


def without_cross_attention(task: Task) -> Transformer:
    """Two stacks with nothing between them."""
    model = build_transformer(task)
    for layer in model.decoder_layers:
        layer.cross_attention = Deaf()
    return model


def without_positions(task: Task) -> Transformer:
    """No position codes in either stack."""
    return Unordered(build_transformer(task).config)


def without_scale(task: Task) -> Transformer:
    """Embeddings are not multiplied by √d_model."""
    return Unscaled(build_transformer(task).config)


VARIANTS: dict[str, Callable[[Task], Transformer]] = {
    "whole": whole,
    "no causal mask": without_causal_mask,
    "no cross-attention": without_cross_attention,
    "no position codes": without_positions,
    "no embedding scale": without_scale,
}


def smoothed(task: Task, config: TranslationConfig, smoothing: float = 0.1) -> Transformer:
    """The Transformer of the ladder, trained on the same batches with label smoothing."""
    torch.manual_seed(config.seed)
    model = build_transformer(task)
    source, target = task.tensors(task.training)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(source), (config.batch_size,), generator=generator)
        ids = trimmed(target[rows])
        return label_smoothed_loss(model(trimmed(source[rows]), ids[:, :-1]), ids[:, 1:], smoothing)

    fit(model.parameters(), loss, config.n_steps, LADDER["Transformer"].lr, progress=False)
    return model.eval()


def figures(model: Any, task: Task) -> dict[str, float]:
    """What :func:`seq2gpt.run.translation.evaluate` measures, and the loss on pairs of the training."""
    source, target = task.tensors(task.training[: len(task.test)])
    with torch.no_grad():
        seen = teacher_forced_loss(model, trimmed(source), trimmed(target)).item()
    return evaluate(model, task) | {"loss on training pairs": seen}


def rungs(seed: int) -> dict[str, Any]:
    """Every model of the ladder from one seed: its figures, BLEU by length of the source, size and seconds."""
    config = TranslationConfig(seed=seed)
    task = load_task(config)
    reached = {}
    for name in LADDER:
        started = time.process_time()
        model: Any = train_model(name, task, config, progress=False)
        seconds = round(time.process_time() - started, 1)
        size = {"parameters": count_parameters(model), "CPU seconds": seconds}
        reached[name] = {**figures(model, task), **size, "lengths": by_length(model, task)}
    return reached


def parts_missing(seed: int) -> dict[str, Any]:
    """The Transformer with one part missing, and trained with label smoothing, from one seed."""
    config = TranslationConfig(seed=seed)
    task = load_task(config)
    reached = {
        name: figures(train_model("Transformer", task, config, False, build), task)
        for name, build in VARIANTS.items()
    }
    return reached | {"label smoothing": figures(smoothed(task, config), task)}


def main(path: Path) -> None:
    """Measure all of it and write the file; each part is printed as soon as it is there."""
    measured: dict[str, Any] = {"note": "written by `python -m seq2gpt.run.rungs FILE`, three seeds"}
    for name, measure in (("ladder", rungs), ("parts", parts_missing)):
        measured[name] = []
        for seed in SEEDS:
            measured[name].append(measure(seed))
            print(f"{name}, seed {seed}: {json.dumps(measured[name][-1])}", flush=True)
    path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
