"""A secret in the training text: how often must a model read it before it gives it away?

A sentence with a random six-letter code is planted in the training text, never, once, or a few times; the
model reads the whole text about six times. After training, the code is ranked among 1,000 random codes by its probability. Exposure is measured in bits
(Carlini et al. 2019): about 1 where nothing was memorised, 10 where the code ranks first.

The text around it is generated; --data takes a text file or the set tinyshakespeare.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.generated import reviews
from seq2gpt.data.sets import read_data
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.limits import exposure_rank
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.loop import fit
from seq2gpt.tokens import CharTokenizer, build_char_vocab
from seq2gpt.training import get_batch

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SENTENCE = "The code is {}.\n"
CONTEXT = 48
SETS: dict[str, dict[str, Any]] = {"tinyshakespeare": {}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A text file, or the set tinyshakespeare; without it, reviews are generated."""
    repeats: tuple[int, ...] = (0, 1, 2, 4)
    """How often each planted code stands in the text; one model is trained for each number."""
    n_texts: int = 2000
    """Reviews, or lines of the text, around it."""
    n_steps: int = 400
    """Steps of training."""
    n_candidates: int = 999
    """Random codes that the planted one is ranked among."""
    seed: int = 0
    """Draws texts, codes, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train a model for each number of repetitions, and rank its code."""
    rng = random.Random(f"codes {config.seed}")
    codes = ["".join(rng.choices(LETTERS, k=6)) for _ in range(config.n_candidates + 1)]
    figures, notes = {}, []
    for repeats in config.repeats:
        text = planted_text(config, codes[0], repeats)
        tokenizer = CharTokenizer(build_char_vocab(text + LETTERS + SENTENCE.format("")))
        model = train_model(config, text, tokenizer, progress)
        scores = code_scores(model, tokenizer, codes)
        rank, exposure = exposure_rank(scores[0].item(), scores[1:])
        figures[f"planted {repeats} times, exposure in bits"] = exposure
        notes.append(f"planted {repeats} times: the code {codes[0]!r} has rank {rank} of {len(codes)}")
    return DemoResult(figures=figures, notes=notes)


def planted_text(config: Config, code: str, repeats: int) -> str:
    """The reviews or lines, with the sentence at random places."""
    rng = random.Random(f"places {config.seed}")
    lines = [f"{line}\n" for line in surrounding(config)]
    for _ in range(repeats):
        lines.insert(rng.randrange(len(lines)), SENTENCE.format(code))
    return "".join(lines)


def surrounding(config: Config) -> list[str]:
    """The lines among which the sentence is hidden: generated reviews, or the first lines of a text that hold words."""
    if config.data is None:
        return reviews(config.n_texts, 0, 0, config.seed).unlabelled
    return [line for line in read_data(config.data, SETS).splitlines() if line.strip()][: config.n_texts]


def train_model(config: Config, text: str, tokenizer: CharTokenizer, progress: bool) -> GPT:
    """A small GPT over characters, trained on the text."""
    torch.manual_seed(config.seed)
    sizes = GPTConfig(
        vocab_size=tokenizer.vocab_size, context_length=CONTEXT, d_model=64, n_heads=4, n_layers=2
    )
    model, data = GPT(sizes), torch.tensor(tokenizer.encode(text))
    if len(data) <= CONTEXT:
        raise UserError(f"the text has {len(data)} characters; give one of more than {CONTEXT}")
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        inputs, targets = get_batch(data, 32, CONTEXT, generator)
        return next_token_loss(model(inputs), targets)

    fit(model.parameters(), loss, config.n_steps, lr=5e-3, progress=progress)
    return model.eval()


@torch.no_grad()
def code_scores(model: GPT, tokenizer: CharTokenizer, codes: list[str]) -> Float[Tensor, "codes"]:
    """The log-probability of every code after ``The code is``, in nats."""
    start = SENTENCE.partition("{")[0]
    ids: Int[Tensor, "codes n"] = torch.tensor([tokenizer.encode(start + code) for code in codes])
    scores = model(ids[:, :-1]).log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    return scores[:, len(start) - 1 :].sum(-1)
