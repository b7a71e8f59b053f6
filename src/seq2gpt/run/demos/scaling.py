"""Scaling: a law fitted on tiny models foretells the loss of a larger one.

Small GPTs of growing width learn the characters of English for the same number of steps. The losses of all but
the largest are fitted by the power law L = (c / N)^α, where N counts the parameters of the blocks (Kaplan et al. 2020).
The law then says what the largest will reach, before it is trained. Expect the forecast to be off by a few per
cent: the law is a straight line on logarithmic axes, and the larger a model, the more a fixed number of steps holds it
back. Ten times beyond the fitted range it would be worth little.
"""

from dataclasses import dataclass

import torch

from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import CharText, as_characters, held_out_loss, train_on
from seq2gpt.scaling import fit_power_law

CONTEXT = 32
N_LAYERS = 2


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    widths: tuple[int, ...] = (8, 12, 16, 24, 32)
    """Widths of the models, multiples of 4, in rising order; the last is foretold."""
    n_steps: int = 400
    """Steps of each model."""
    batch: int = 16
    """Pieces of text in a step."""
    seed: int = 0
    """Draws weights and pieces."""

    def __post_init__(self) -> None:
        if len(set(self.widths)) < 3 or list(self.widths) != sorted(set(self.widths)):
            raise UserError(f"widths={self.widths} allow no forecast; give three or more in rising order")
        if any(width < 4 or width % 4 for width in self.widths):
            raise UserError(f"widths={self.widths} do not split into 4 heads; use multiples of 4")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the models, fit the law without the last of them, and compare."""
    text = as_characters(embedded_corpus(), CONTEXT)
    sizes, losses = zip(*(train_one(width, text, config, progress) for width in config.widths), strict=True)
    c, alpha = fit_power_law(sizes[:-1], losses[:-1])
    foretold = (c / sizes[-1]) ** alpha
    lines = ["width  parameters  loss   law"]
    for width, size, loss in zip(config.widths, sizes, losses, strict=True):
        lines.append(f"{width:5}{size:12,.0f}{loss:6.2f}{(c / size) ** alpha:6.2f}")
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
    """The parameters in the blocks of a model of this width, and the loss that it reaches."""
    torch.manual_seed(config.seed)
    sizes = GPTConfig(
        vocab_size=text.tokenizer.vocab_size,
        context_length=CONTEXT,
        d_model=width,
        n_heads=4,
        n_layers=N_LAYERS,
    )
    model = GPT(sizes)
    train_on(
        model, text.training, n_steps=config.n_steps, batch=config.batch,
        context_length=CONTEXT, lr=8e-3, seed=config.seed, progress=progress,
    )  # fmt: skip
    n_parameters = sum(parameter.numel() for parameter in model.blocks.parameters())
    return float(n_parameters), held_out_loss(model, text.held_out, CONTEXT)
