"""Bigrams: a generator of names that only ever looks at the last letter.

Words are sequences of letters with a line break before and after. A bigram model is counted on nine tenths
of the words and judged on the rest by its perplexity: among how many equally probable letters is it as
uncertain? Equal odds for all letters give the worst, their frequencies a better, the letter before a yet
better perplexity. The same table, learned by gradient descent on the cross-entropy, ends where counting
does: learning next tokens *is* counting, as long as a count fits into a table. It ends where counts without
smoothing end, though, and of few names that is the worse place.

By default the words are the 336 first names that come with the package. --data takes a file with one word a line,
or the set names: 32,033 first names.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.names import NAMES
from seq2gpt.data.sets import read_data
from seq2gpt.language_models import (
    bigram_counts,
    bigram_model,
    cross_entropy,
    next_token_pairs,
    perplexity,
    token_log_probabilities,
)
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.char_rnn import split_words
from seq2gpt.run.demos.loop import fit
from seq2gpt.tokens import CharTokenizer, build_char_vocab

BREAK = "\n"
SETS: dict[str, dict[str, Any]] = {"names": {}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A file with one word a line, or the set names; without it, the names that come with the package."""
    smoothing: float = 1.0
    """Added to every count."""
    n_steps: int = 400
    """Steps of gradient descent for the learned table."""
    n_samples: int = 12
    """Words to make up."""
    seed: int = 0
    """Draws which words are held out, and the generated words."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Count, learn, compare, and generate."""
    words = list(NAMES) if config.data is None else read_data(config.data, SETS).split()
    tokenizer = CharTokenizer(build_char_vocab("".join(words) + BREAK))
    training, held_out = (
        torch.tensor(tokenizer.encode(BREAK + BREAK.join(part) + BREAK))
        for part in split_words(words, config.seed)
    )
    counts = bigram_counts(training, tokenizer.vocab_size)
    counted = bigram_model(counts, config.smoothing)
    frequencies = counts.sum(0).expand_as(counts)  # the same for every letter before
    models = {
        "equal odds": torch.ones_like(counted).log(),
        "frequencies": bigram_model(frequencies, config.smoothing).log(),
        "bigrams, counted": counted.log(),
        "bigrams, learned": learn_table(training, tokenizer.vocab_size, config.n_steps, progress),
    }
    inputs, targets = next_token_pairs(held_out)
    figures = {
        f"perplexity, {name}": perplexity(token_log_probabilities(logits[inputs], targets)).item()
        for name, logits in models.items()
    }
    generator = torch.Generator().manual_seed(config.seed)
    new = [generate_word(counted, tokenizer, generator) for _ in range(config.n_samples)]
    return DemoResult(figures=figures, sample="made up: " + ", ".join(new))


def learn_table(
    ids: Int[Tensor, "n"], vocab_size: int, n_steps: int, progress: bool
) -> Float[Tensor, "vocab_size vocab_size"]:
    """The logits of a bigram model, by gradient descent on the cross-entropy of all pairs at once."""
    table = torch.nn.Parameter(torch.zeros(vocab_size, vocab_size))
    inputs, targets = next_token_pairs(ids)
    fit([table], lambda step: cross_entropy(table[inputs], targets), n_steps, lr=0.3, progress=progress)
    return table.detach()


def generate_word(
    model: Float[Tensor, "vocab_size vocab_size"], tokenizer: CharTokenizer, generator: torch.Generator
) -> str:
    """Letters drawn one after the other, each given the one before, until a line break or 20 letters."""
    start = tokenizer.encode(BREAK)[0]
    ids = [start]
    while len(ids) == 1 or (ids[-1] != start and len(ids) <= 20):
        ids.append(int(torch.multinomial(model[ids[-1]], 1, generator=generator)))
    return tokenizer.decode(ids).strip(BREAK)
