"""GPT: counted to the last parameter, equal to another GPT-2, and trained beside the layout of today.

The smallest published GPT-2 has 124,439,808 parameters: the formula says so, and so do the tensors of a model that is
built without memory for its numbers. The random weights of a small GPT-2 of transformers are loaded, and the logits of
the two are compared; for this the package transformers must be installed.

Then a small GPT learns the characters of English. At the start it finds all of them about equally probable, so that
its loss is the logarithm of their number. The modern layout (rotary positions, RMSNorm, SwiGLU, normalised queries and
keys) has about as many parameters and gets as many steps: expect it to be ahead.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig, count_parameters, load_gpt2_state_dict
from seq2gpt.gpt2_layout import config_of
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import as_characters, held_out_loss, train_on

GPT2_SMALL = GPTConfig(vocab_size=50257, context_length=1024, d_model=768, n_heads=12, n_layers=12)
N_COMPARED = 20  # sequences whose logits are compared
TOLERANCE = 1e-5


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    d_model: int = 64
    """Width of the small models, a multiple of 8."""
    n_layers: int = 2
    """Blocks of the small models."""
    context_length: int = 32
    """Characters that a model sees."""
    n_steps: int = 250
    """Steps of each model."""
    batch: int = 16
    """Pieces of text in a step."""
    seed: int = 0
    """Draws weights and pieces."""

    def __post_init__(self) -> None:
        if self.d_model < 8 or self.d_model % 8 != 0:
            raise UserError(
                f"d_model={self.d_model} does not split into 4 heads of even width; use a multiple of 8"
            )


def run(config: Config, progress: bool = True) -> DemoResult:
    """Count, compare, train."""
    with torch.device("meta"):  # shapes without numbers
        built = sum(parameter.numel() for parameter in GPT(GPT2_SMALL).parameters())
    figures = {
        "parameters of GPT-2, by formula": float(count_parameters(GPT2_SMALL)),
        "parameters of GPT-2, as built": float(built),
    }
    notes = []
    if (differing := differing_logits(config.seed)) is None:
        notes.append("Logits were not compared: transformers is not installed; pip install transformers.")
    else:
        figures["logits unlike those of transformers, %"] = differing
    text = as_characters(embedded_corpus(), config.context_length)
    sizes: dict[str, Any] = {
        "vocab_size": text.tokenizer.vocab_size, "context_length": config.context_length,
        "d_model": config.d_model, "n_heads": 4, "n_layers": config.n_layers,
    }  # fmt: skip
    figures["loss of equal odds, nats"] = math.log(text.tokenizer.vocab_size)
    torch.manual_seed(config.seed)
    models: dict[str, nn.Module] = {
        "GPT-2 layout": GPT(GPTConfig(**sizes)),
        "modern layout": ModernGPT(ModernConfig(**sizes)),
    }
    for name, model in models.items():
        figures[f"{name}, loss before, nats"] = held_out_loss(model, text.held_out, config.context_length)
        train_on(
            model, text.training, n_steps=config.n_steps, batch=config.batch,
            context_length=config.context_length, lr=4e-3, seed=config.seed, progress=progress,
        )  # fmt: skip
        figures[f"{name}, loss after, nats"] = held_out_loss(model, text.held_out, config.context_length)
    return DemoResult(figures=figures, notes=notes)


@torch.no_grad()
def differing_logits(seed: int) -> float | None:
    """How many of 100 logits are not those of transformers' GPT-2 to 1e-5; ``None`` if it is not installed."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ModuleNotFoundError:
        return None
    torch.manual_seed(seed)
    ours = GPT(GPTConfig(vocab_size=101, context_length=13, d_model=24, n_heads=3, n_layers=3)).eval()
    theirs = GPT2LMHeadModel(GPT2Config(**config_of(ours))).eval()
    for parameter in theirs.parameters():
        parameter.normal_(std=0.2)  # far from the start, where biases are 0 and gains 1
    load_gpt2_state_dict(ours, theirs.state_dict())
    ids = torch.randint(101, (N_COMPARED, 13))
    return 100 * ((ours(ids) - theirs(ids).logits).abs() > TOLERANCE).double().mean().item()
