"""Lesson 15 at work: a trained model goes on from twelve beginnings in six ways, by the course's functions or a student's own.

Each way of drawing is described by two figures: the perplexity, under the model itself, of what was written, and how many
of its pieces of eight characters had stood in the same text before. ``python -m seq2gpt.run.writing`` measures what
the lesson and its lab promise and writes it to the lesson's folder.
"""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.sets import load_tinyshakespeare
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run.demos.generation import WAYS, own_perplexity, repeated
from seq2gpt.run.demos.text import as_characters, train_on
from seq2gpt.tokens import CharTokenizer
from seq2gpt.widgets.writer_model import load_writer

PROMPTS = (
    "The function ret", "Return a list of", "If the argument ", "Raise an error i", "This module defi", "Create a new obj",
    "The default valu", "Note that the me", "When the file is", "A string that co", "Set the number o", "Each element of ",
)  # fmt: skip
N_PROMPT = 16
SEEDS = (1, 2, 3)
TIMED = (64, 128, 256)  # context lengths
Generate = Callable[..., Tensor]


@dataclass(frozen=True)
class Writer:
    """A trained model, its characters, and beginnings to go on from."""

    model: GPT
    tokenizer: CharTokenizer
    prompts: Int[Tensor, "texts n"]

    def texts(self, ids: Int[Tensor, "texts n"]) -> list[str]:
        """What was written, without the beginnings, on one line each."""
        return [self.tokenizer.decode(row[N_PROMPT:].tolist()).replace("\n", " ") for row in ids]

    def next_logits(self, prompt: str) -> Float[Tensor, "vocab_size"]:
        """The logits of the character that follows ``prompt``."""
        with torch.no_grad():
            return self.model(torch.tensor([self.tokenizer.encode(prompt)]))[0, -1]


def shipped_writer() -> Writer:
    """The model that comes with the package and has read the texts that come with Python."""
    model, tokenizer = load_writer()
    return Writer(model, tokenizer, torch.tensor([tokenizer.encode(prompt) for prompt in PROMPTS]))


def open_writer() -> Writer:
    """The shipped model; where ``SEQ2GPT_DATA`` is set one that reads Shakespeare first, for half a minute."""
    return train_shakespeare() if os.environ.get("SEQ2GPT_DATA") else shipped_writer()


def train_shakespeare(n_steps: int = 500, seed: int = 0) -> Writer:
    """A model of the same sizes that has read Shakespeare's plays, and beginnings from the part held out."""
    torch.manual_seed(seed)
    text = as_characters(load_tinyshakespeare(), 128)
    model = GPT(
        GPTConfig(vocab_size=text.tokenizer.vocab_size, context_length=128, d_model=64, n_heads=4, n_layers=2)
    )
    train_on(
        model, text.training, n_steps=n_steps, batch=16, context_length=128, lr=5e-3, seed=seed, progress=False
    )  # fmt: skip
    starts = torch.arange(len(PROMPTS)) * (len(text.held_out) // len(PROMPTS))
    return Writer(model.eval(), text.tokenizer, text.held_out[starts[:, None] + torch.arange(N_PROMPT)])


def figures_of(
    writer: Writer, seed: int = 0, generate: Generate = generate
) -> dict[str, tuple[float, float]]:
    """For every way of drawing: the perplexity of what was written, and the share of repeated pieces in per cent."""
    found = {}
    for name, settings in WAYS.items():
        generator = torch.Generator().manual_seed(seed)
        ids = generate(
            writer.model, writer.prompts, writer.model.config.context_length, generator=generator, **settings
        )
        found[name] = (
            own_perplexity(writer.model, ids, N_PROMPT),
            100 * repeated(ids[:, N_PROMPT:].tolist()),
        )
    return found


def cache_ratio(context_length: int, generate: Generate = generate, repeats: int = 3) -> float:
    """How many times as long a text that fills the context takes without a cache: the median of alternating runs.

    The model has four layers of width 128 and weights as they were drawn: what it writes does not matter here.
    """
    model = GPT(GPTConfig(vocab_size=97, context_length=context_length, d_model=128, n_heads=4, n_layers=4))
    ids = torch.zeros(1, 8, dtype=torch.long)
    ratios = []
    for _ in range(repeats):
        seconds = {}
        for use_cache in (True, False):
            started = time.process_time()
            generate(model, ids, context_length, temperature=0.0, use_cache=use_cache)
            seconds[use_cache] = time.process_time() - started
        ratios.append(seconds[False] / seconds[True])
    return sorted(ratios)[repeats // 2]


# ── what the lesson and its lab promise ──────────────────────────────────────────────────────────


def measure(writer: Writer) -> dict[str, dict[str, list[float]]]:
    """Both figures of each way for the lab's seed, 0, and three others; greedy is the same for all."""
    found = [figures_of(writer, seed) for seed in (0, *SEEDS)]
    return {
        name: {
            "perplexity": [round(figures[name][0], 3) for figures in found],
            "repeated": [round(figures[name][1], 2) for figures in found],
        }
        for name in WAYS
    }


def measured(real: bool = False) -> dict[str, dict[str, list[float]]]:
    """What :func:`measure` found for the shipped model or, with ``real``, for the one that has read Shakespeare."""
    stored = json.loads(Path(__file__).with_name("writing_measured.json").read_text(encoding="utf-8"))
    return stored["shakespeare" if real else "shipped"]


def expected(way: str, figure: str, digits: int = 1) -> str:
    """This seed's figure, and mean ± sd of three others, in words."""
    here, *others = measured(bool(os.environ.get("SEQ2GPT_DATA")))[way][figure]
    return f"{here:.{digits}f}; over three other seeds {mean(others):.{digits}f} ± {stdev(others):.{digits}f}"


if __name__ == "__main__":
    target = Path(__file__).with_name("writing_measured.json")
    old = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    found = old | {"python": platform.python_version(), "shipped": measure(shipped_writer())}
    if os.environ.get("SEQ2GPT_DATA"):  # these stay as they are where the text is not at hand
        found["shakespeare"] = measure(train_shakespeare())
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
