"""Lesson 11 at work: a Transformer made of its parts, yours or the course's, trained by the recipe of its authors.

``python -m seq2gpt.run.own_transformer FILE`` measures what the lab promises: the course's own parts, three seeds. With
``SEQ2GPT_DATA`` set the real sentences are measured as well.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt import transformer as reference
from seq2gpt.run.demos.loop import fit
from seq2gpt.run.lookback import open_numbers, open_sentences
from seq2gpt.run.translation import LONGEST, Task, trimmed
from seq2gpt.seq2seq import bleu
from seq2gpt.transformer import TransformerConfig

BETAS, EPS = (0.9, 0.98), 1e-9  # Adam as in section 5.3 of Vaswani et al. 2017


@dataclass(frozen=True)
class Parts:
    """What lesson 11 builds: the reference's parts, or a student's own."""

    encoder_layer: Callable[..., Any] = reference.EncoderLayer
    transformer: Callable[[TransformerConfig], Any] = reference.Transformer
    loss: Callable[..., Float[Tensor, ""]] = reference.label_smoothed_loss
    learning_rate: Callable[..., float] = reference.noam_learning_rate
    image_to_patches: Callable[..., Tensor] = reference.image_to_patches
    translate: Callable[..., list[str]] = reference.translate


def open_lab_task(seed: int = 0) -> Task:
    """Numbers of up to six digits; where ``SEQ2GPT_DATA`` names a folder, Tatoeba's sentences of up to five words."""
    return (open_sentences if os.environ.get("SEQ2GPT_DATA") else open_numbers)(seed).task


def train_translator(
    task: Task, parts: Parts | None = None, n_steps: int = 300, n_warmup: int = 150, seed: int = 0
) -> Any:
    """A Transformer of two layers, trained with label smoothing and the learning rate of 2017; in evaluation mode."""
    parts, d_model = parts or Parts(), 64
    torch.manual_seed(seed)
    sizes = TransformerConfig(
        source_vocab_size=len(task.source_vocabulary), target_vocab_size=len(task.target_vocabulary),
        d_model=d_model, n_heads=4, d_ff=256, n_layers=2, dropout=0.0,
    )  # fmt: skip
    model = parts.transformer(sizes)
    optimizer = torch.optim.Adam(model.parameters(), betas=BETAS, eps=EPS)
    source, target = task.tensors(task.training)
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, n_steps + 1):
        rows = torch.randint(len(source), (64,), generator=generator)
        ids = trimmed(target[rows])
        for group in optimizer.param_groups:
            group["lr"] = parts.learning_rate(step, d_model, n_warmup)
        optimizer.zero_grad()
        loss = parts.loss(model(trimmed(source[rows]), ids[:, :-1]), ids[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def bleu_of(model: Any, task: Task, parts: Parts | None = None, n: int = 100) -> tuple[float, list[str]]:
    """BLEU of the first ``n`` test pairs, translated by a search of four beams, and the translations."""
    sources, references = zip(*task.test[:n], strict=True)
    written = (parts or Parts()).translate(
        model, sources, task.source_vocabulary, task.target_vocabulary, LONGEST, 4
    )
    return bleu(written, references), written


# ── a Transformer that looks at pictures ─────────────────────────────────────────────────────────

DIGITS = (
    "###|#.#|#.#|#.#|###", ".#.|##.|.#.|.#.|###", "###|..#|###|#..|###", "###|..#|.##|..#|###", "#.#|#.#|###|..#|..#",
    "###|#..|###|..#|###", "###|#..|###|#.#|###", "###|..#|..#|.#.|.#.", "###|#.#|###|#.#|###", "###|#.#|###|..#|###",
)  # fmt: skip
"""The ten digits, five rows of three points."""
SIDE, PATCH = 12, 3
"""Pixels of a picture's side and of a patch's."""


def pictures(n: int, generator: torch.Generator) -> tuple[Float[Tensor, "n 1 side side"], Int[Tensor, "n"]]:
    """Digits near the middle of noisy pictures of 12 × 12 points, at 16 places, and which digits they are."""
    shapes = torch.tensor([[[c == "#" for c in row] for row in digit.split("|")] for digit in DIGITS]).float()
    digits = torch.randint(len(DIGITS), (n,), generator=generator)
    images = 0.15 * torch.randn(n, 1, SIDE, SIDE, generator=generator)
    tops, lefts = (torch.randint(2, 6, (n,), generator=generator).tolist() for _ in range(2))
    for image, digit, top, left in zip(images, digits.tolist(), tops, lefts, strict=True):
        image[0, top : top + 5, left : left + 3] += shapes[digit]
    return images, digits


class PictureReader(nn.Module):
    """Encoder layers over patches: a linear layer makes each patch a hidden state, places are added, the mean is read."""

    def __init__(self, parts: Parts, d_model: int = 48, n_layers: int = 2) -> None:
        super().__init__()
        self.parts = parts
        self.embed = nn.Linear(PATCH * PATCH, d_model)
        self.places = nn.Parameter(0.02 * torch.randn((SIDE // PATCH) ** 2, d_model))
        self.layers = nn.ModuleList(parts.encoder_layer(d_model, 4, 4 * d_model) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, len(DIGITS))

    def forward(self, images: Float[Tensor, "n 1 side side"]) -> Float[Tensor, "n digits"]:
        """Logits of the ten digits."""
        x = self.embed(self.parts.image_to_patches(images, PATCH)) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x).mean(-2))


def train_reader(parts: Parts | None = None, n_steps: int = 500, seed: int = 0) -> tuple[nn.Module, float]:
    """A reader of pictures, and the share of 1,000 new pictures whose digit it names rightly, in per cent."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = PictureReader(parts or Parts())

    def loss(step: int) -> Float[Tensor, ""]:
        images, digits = pictures(64, generator)
        return F.cross_entropy(model(images), digits)

    fit(model.parameters(), loss, n_steps, lr=4e-3, progress=False)
    images, digits = pictures(1000, torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        right = model.eval()(images).argmax(-1) == digits
    return model, 100 * right.double().mean().item()


def measure(seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, list[float]]:
    """What the lab's last cells reach with the course's own parts, one value for each seed."""
    found: dict[str, list[float]] = {"pictures": [train_reader(seed=seed)[1] for seed in seeds]}
    opened = {"numbers": open_numbers} | (
        {"sentences": open_sentences} if os.environ.get("SEQ2GPT_DATA") else {}
    )
    for name, opener in opened.items():
        found[name] = []
        for seed in seeds:
            task = opener(seed).task
            found[name].append(bleu_of(train_translator(task, seed=seed), task)[0])
            print(name, found[name], flush=True)
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()) + "\n", encoding="utf-8")
