"""Scaling: a law fitted on tiny models foretells the loss of a larger one.

Small GPTs of growing width learn the characters of English, each for as many steps as suit its width, so that
parameters N and characters D grow together. The losses of all but the largest are fitted by a power law in the
operations of the training, C = 6 N D: L = (c / C)^α (Kaplan et al. 2020, equation 1.3; N counts the blocks). The law then
says what the largest will reach, before it is trained. Expect a forecast that is right to a few per cent for the next
size: on logarithmic axes the law is a straight line, and ten times beyond the range in which it was fitted it would be
worth little.
"""

from dataclasses import dataclass

import torch

from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.errors import UserError
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import CharText, as_characters, held_out_loss, train_on
from seq2gpt.scaling import fit_power_law, training_flops

CONTEXT = 32
N_HEADS = 2
N_LAYERS = 2
BATCH = 16


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    widths: tuple[int, ...] = (8, 12, 16, 24, 32, 48)
    """Widths of the models, multiples of 4, in rising order; the last is foretold."""
    steps_per_width: int = 12
    """Steps of a model for every unit of its width."""
    seed: int = 0
    """Draws weights and pieces."""

    def __post_init__(self) -> None:
        if len(set(self.widths)) < 3 or list(self.widths) != sorted(set(self.widths)):
            raise UserError(f"widths={self.widths} allow no forecast; give three or more in rising order")
        if any(width < 4 or width % 4 for width in self.widths):
            raise UserError(
                f"widths={self.widths} do not split into 2 heads of even width; use multiples of 4"
            )
        if self.steps_per_width < 1:
            raise UserError(f"steps_per_width={self.steps_per_width} is out of range; use 1 or more")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the models, fit the law without the last of them, and compare."""
    text = as_characters(embedded_corpus(), CONTEXT)
    runs = [train_one(width, text, config, progress) for width in config.widths]
    flops, losses = zip(*runs, strict=True)
    c, alpha = fit_power_law(flops[:-1], losses[:-1])
    foretold = (c / flops[-1]) ** alpha
    lines = ["width  operations  loss   law"]
    for width, operations, loss in zip(config.widths, flops, losses, strict=True):
        lines.append(f"{width:5}{operations:12.1e}{loss:6.2f}{(c / operations) ** alpha:6.2f}")
    figures = {
        "exponent α": alpha,
        "loss of the smallest, nats": losses[0],
        "loss of the largest fitted, nats": losses[-2],
        "foretold for the next, nats": foretold,
        "loss of the next, nats": losses[-1],
        "forecast off by, %": 100 * (foretold / losses[-1] - 1),
    }
    return DemoResult(figures=figures, sample="\n".join(lines))


def train_one(width: int, text: CharText, config: Config, progress: bool) -> tuple[float, float]:
    """The operations that a model of this width takes to train, and the loss that it reaches."""
    torch.manual_seed(config.seed)
    sizes = ModernConfig(
        vocab_size=text.tokenizer.vocab_size, context_length=CONTEXT,
        d_model=width, n_heads=N_HEADS, n_layers=N_LAYERS,
    )  # fmt: skip
    model, n_steps = ModernGPT(sizes), config.steps_per_width * width
    train_on(
        model, text.training, n_steps=n_steps, batch=BATCH,
        context_length=CONTEXT, lr=1e-2, seed=config.seed, progress=progress,
    )  # fmt: skip
    n_parameters = sum(parameter.numel() for parameter in model.blocks.parameters())
    flops = training_flops(n_parameters, n_steps * BATCH * CONTEXT)
    return float(flops), held_out_loss(model, text.held_out, CONTEXT)
