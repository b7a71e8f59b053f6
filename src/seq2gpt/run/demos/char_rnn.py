"""A recurrent network writes words, character by character.

It reads the words of the texts that come with every Python, and learns which character follows. Expect
made-up words that could be English: most are not in the list that it read. Names are more fun: --data names
learns from 32,033 first names.

The figure is the cross-entropy of a character, in nats, on words that were held out, beside that of a bigram
model, which knows only the character before: the state of the network remembers more.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.data.corpus import python_texts
from seq2gpt.data.sets import read_data
from seq2gpt.data.translation import Vocabulary
from seq2gpt.errors import UserError
from seq2gpt.language_models import bigram_counts, bigram_model, cross_entropy, next_token_pairs
from seq2gpt.recurrent import RecurrentLanguageModel
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.loop import fit
from seq2gpt.seq2seq import BOS, EOS, PAD, pad_batch, padding_mask

SETS: dict[str, dict[str, Any]] = {"names": {}}
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A text file, its words to be imitated, or the set names; without it, the words of Python's texts."""
    cell: Literal["rnn", "gru", "lstm"] = "gru"
    """Kind of recurrent network."""
    d_model: int = 128
    """Width of embedding and state."""
    n_steps: int = 800
    """Updates of the parameters."""
    batch_size: int = 64
    """Words per step."""
    lr: float = 4e-3
    """Highest learning rate."""
    n_written: int = 20
    """Words to write at the end."""
    seed: int = 0
    """Decides the split, the weights, the batches and the words written."""

    def __post_init__(self) -> None:
        for name in ("d_model", "n_steps", "batch_size", "n_written"):
            if getattr(self, name) < 1:
                raise UserError(f"{name}={getattr(self, name)} is out of range; use 1 or more")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train on nine tenths of the words, measure on the rest, and write."""
    text = python_texts() if config.data is None else read_data(config.data, SETS)
    least = 2 if config.data is None else 1  # what stands once in a corpus is often a name or a slip
    training, test = split_words(distinct_words(text, least), config.seed)
    vocabulary = Vocabulary.from_texts(training, separator="")
    torch.manual_seed(config.seed)
    rnn = CELLS[config.cell](config.d_model, config.d_model, batch_first=True)
    model = RecurrentLanguageModel(len(vocabulary), rnn)
    rows = framed(training, vocabulary)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        return word_loss(model, rows[torch.randint(len(rows), (config.batch_size,), generator=generator)])

    fit(model.parameters(), loss, config.n_steps, config.lr, progress)
    written = write(model, vocabulary, config.n_written, generator)
    held_out = framed(test, vocabulary)
    with torch.no_grad():
        figures = {
            "loss": word_loss(model, held_out).item(),
            "loss of a bigram model": bigram_loss(rows, held_out, len(vocabulary)),
        }
    new = sum(word not in set(training) for word in written)
    figures["new words, %"] = 100 * new / len(written)
    return DemoResult(figures=figures, sample=" ".join(written))


def distinct_words(text: str, least: int = 1) -> list[str]:
    """The words of a text that occur ``least`` times or more, each once, in lower case and alphabetical order.

    >>> distinct_words("To be, or not to be.", least=2)
    ['be', 'to']
    """
    counts = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    return sorted(word for word, count in counts.items() if count >= least)


def split_words(words: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """Nine tenths to learn from and one tenth to be tested on. Raises ``UserError`` for too few words."""
    if len(words) < 20:
        raise UserError(f"the text has {len(words)} different words; give --data one with 20 or more")
    shuffled = random.Random(seed).sample(words, len(words))
    n_test = len(words) // 10
    return shuffled[n_test:], shuffled[:n_test]


def framed(words: Sequence[str], vocabulary: Vocabulary) -> Int[Tensor, "words n"]:
    """Every word between <bos> and <eos>, padded: where it begins and ends is to be learned too."""
    return pad_batch([[BOS, *vocabulary.encode(word), EOS] for word in words])


def word_loss(model: nn.Module, rows: Int[Tensor, "words n"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of a character, <eos> among them, in nats."""
    inputs, targets = next_token_pairs(rows)
    logits, _ = model(inputs)
    return cross_entropy(logits, targets, padding_mask(targets))


def bigram_loss(rows: Int[Tensor, "words n"], test: Int[Tensor, "test n_test"], vocab_size: int) -> float:
    """:func:`word_loss` on ``test`` of a bigram model counted in ``rows``."""
    model = bigram_model(bigram_counts(rows[rows != PAD], vocab_size))
    inputs, targets = next_token_pairs(test)
    return cross_entropy(model[inputs].log(), targets, padding_mask(targets)).item()


@torch.no_grad()
def write(
    model: nn.Module,
    vocabulary: Vocabulary,
    n: int,
    generator: torch.Generator,
    longest: int = 20,
) -> list[str]:
    """``n`` words, drawn character by character from the model's probabilities until it draws <eos>."""
    ids, state = torch.full((n, 1), BOS), None
    words = [ids]
    for _ in range(longest):
        logits, state = model(ids, state)
        ids = torch.multinomial(logits[:, -1].softmax(-1), 1, generator=generator)
        words.append(ids)
    ended = [[*row, EOS] for row in torch.cat(words, dim=1).tolist()]
    return [vocabulary.decode(row[: row.index(EOS)]) for row in ended]
