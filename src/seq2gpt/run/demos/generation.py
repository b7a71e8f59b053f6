"""Generation: what temperature and filters do to a text, and what the cache saves.

A small GPT learns the characters of English, and goes on from the same twenty places of held-out text in several
ways. Each way is described by two figures: the perplexity of what was written under the model itself, and how many
of the pieces of eight characters had stood in the same text before. Real text is measured in the same way.

Greedy decoding writes what the model finds most probable, and goes round in circles. Drawing from all characters does
not, and is about as improbable as real text is to the model. A low temperature and the filters lie between: they cut
the improbable end, which lowers the perplexity and lets repetition rise a little.

With a cache each position is read once, without one it is read again for every later character. The characters
are the same; the time is not.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from seq2gpt.data.corpus import python_texts
from seq2gpt.errors import UserError
from seq2gpt.generation import generate, token_budget
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.text import as_characters, held_out_loss, train_on

N_PROMPT = 24  # characters of held-out text to go on from
PIECE = 8
WAYS: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0.0},
    "temperature 0.7": {"temperature": 0.7},
    "top-k 10": {"top_k": 10},
    "top-p 0.9": {"top_p": 0.9},
    "min-p 0.1": {"min_p": 0.1},
    "all characters": {},
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    context_length: int = 96
    """Characters of a text, prompt included."""
    d_model: int = 64
    """Width of the model, a multiple of 4."""
    n_steps: int = 300
    """Steps of training."""
    n_texts: int = 20
    """Texts to write in each way."""
    seed: int = 0
    """Draws weights, pieces and characters."""

    def __post_init__(self) -> None:
        if self.context_length <= N_PROMPT + PIECE:
            raise UserError(
                f"context_length={self.context_length} leaves no room behind the prompt; "
                f"use {N_PROMPT + PIECE + 1} or more"
            )


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train once, write in several ways, measure."""
    torch.manual_seed(config.seed)
    text = as_characters(python_texts(), config.context_length)
    sizes = GPTConfig(
        vocab_size=text.tokenizer.vocab_size, context_length=config.context_length,
        d_model=config.d_model, n_heads=4, n_layers=2,
    )  # fmt: skip
    model = GPT(sizes)
    train_on(
        model, text.training, n_steps=config.n_steps, batch=16,
        context_length=config.context_length, lr=4e-3, seed=config.seed, progress=progress,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(config.seed)
    starts = torch.randint(
        len(text.held_out) - config.context_length, (config.n_texts, 1), generator=generator
    )
    real = text.held_out[starts + torch.arange(config.context_length)]
    figures = {"loss on held-out text, nats": held_out_loss(model, text.held_out, config.context_length)}
    texts = {"real text": real}
    for name, settings in WAYS.items():
        texts[name] = generate(
            model, real[:, :N_PROMPT], config.context_length, generator=generator, **settings
        )
    lines = []
    for name, ids in texts.items():
        figures[f"{name}, perplexity"] = own_perplexity(model, ids)
        figures[f"{name}, repeated, %"] = 100 * repeated(ids.tolist())
        shown = text.tokenizer.decode(ids[0].tolist()).replace("\n", " ")
        lines.append(f"{name:16}{shown[:N_PROMPT]}|{shown[N_PROMPT:]}")
    return DemoResult(figures=figures, sample="\n".join(lines), notes=cache_notes(model, real[:1, :N_PROMPT]))


@torch.no_grad()
def own_perplexity(model: GPT, ids: Int[Tensor, "texts n"], n_prompt: int = N_PROMPT) -> float:
    """The perplexity under the model of what stands behind the prompts."""
    logits = model(ids[:, :-1])[:, n_prompt - 1 :]
    return math.exp(next_token_loss(logits, ids[:, n_prompt:]).item())


def repeated(texts: Sequence[Sequence[int]]) -> float:
    """The share of all pieces of eight symbols that stood earlier in the same text.

    >>> repeated([[1] * 9]), repeated([list(range(9))])
    (0.5, 0.0)
    """
    n_pieces = n_new = 0
    for text in texts:
        pieces = [tuple(text[i : i + PIECE]) for i in range(len(text) - PIECE + 1)]
        n_pieces += len(pieces)
        n_new += len(set(pieces))
    return 1 - n_new / n_pieces


def cache_notes(model: GPT, prompt: Int[Tensor, "1 n"]) -> list[str]:
    """The positions that are read with and without a cache, and the time that this took here."""
    context_length = model.config.context_length
    n_new = token_budget(context_length, prompt.shape[1], context_length)
    seconds = {}
    for use_cache in (True, False, True, False):  # the first two warm up
        started = time.process_time()
        generate(model, prompt, n_new, temperature=0.0, use_cache=use_cache)
        seconds[use_cache] = time.process_time() - started
    again = sum(prompt.shape[1] + i for i in range(n_new))
    return [
        f"With a cache {prompt.shape[1] + n_new - 1:,} positions are read for one text, without {again:,}: "
        f"here {seconds[False] / seconds[True]:.1f} times the time."
    ]
