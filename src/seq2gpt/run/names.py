"""Names as one text, and n-gram models that write new ones.

A full stop stands before, between and behind the names: where a name begins and ends is to be learned too. A
symbol's id is its place in alphabetical order, with the full stop first.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.names import first_names
from seq2gpt.run.demos.char_rnn import split_words
from seq2gpt.tokens import CharTokenizer, build_char_vocab

BREAK = "."


@dataclass(frozen=True)
class Names:
    """Names to learn from and names that are held out, each as one text and as ids."""

    training_text: str
    held_out_text: str
    tokenizer: CharTokenizer

    @property
    def training(self) -> Int[Tensor, "n"]:
        """The ids of the text to learn from."""
        return torch.tensor(self.tokenizer.encode(self.training_text))

    @property
    def held_out(self) -> Int[Tensor, "n"]:
        """The ids of the text to be measured on."""
        return torch.tensor(self.tokenizer.encode(self.held_out_text))

    @property
    def vocab_size(self) -> int:
        """How many symbols there are, the full stop among them."""
        return self.tokenizer.vocab_size

    def is_known(self, name: str) -> bool:
        """Whether a name is one of those to learn from."""
        return f"{BREAK}{name}{BREAK}" in self.training_text


def one_text(names: Sequence[str]) -> str:
    """Names between full stops.

    >>> one_text(["ana", "nan"])
    '.ana.nan.'
    """
    return BREAK + "".join(name + BREAK for name in names)


def open_names(seed: int = 0, names: Sequence[str] | None = None) -> Names:
    """Nine tenths of the names to learn from, one tenth held out; ``seed`` decides which.

    Without ``names``, those of :func:`seq2gpt.data.names.first_names`: the published set if ``SEQ2GPT_DATA`` is set.
    """
    names = first_names() if names is None else names
    training, held_out = split_words(names, seed)
    return Names(
        one_text(training), one_text(held_out), CharTokenizer(build_char_vocab(BREAK + "".join(names)))
    )


def draw_names(
    model: Float[Tensor, "vocab_size vocab_size"], names: Names, n: int, seed: int = 0, longest: int = 20
) -> list[str]:
    """``n`` new names: letter after letter is drawn from the row of the letter before, until a full stop is drawn."""
    generator = torch.Generator().manual_seed(seed)
    written = []
    for _ in range(n):
        ids = [0]
        while len(ids) == 1 or (ids[-1] != 0 and len(ids) <= longest):
            ids.append(int(torch.multinomial(model[ids[-1]], 1, generator=generator)))
        written.append(names.tokenizer.decode(ids).strip(BREAK))
    return written


def measured() -> dict[str, list[float]]:
    """What three seeds reached with the course's own functions, by figure.

    Written by ``python -m seq2gpt.run.stated language_models src/seq2gpt/run/names_measured.json``, with
    ``SEQ2GPT_DATA`` set; "few" are the names that come with the course, "many" the published ones.
    """
    return json.loads(Path(__file__).with_name("names_measured.json").read_text(encoding="utf-8"))


def ngram_perplexities(
    training: str, held_out: str, vocab_size: int, n: int, smoothing: float
) -> tuple[float, float]:
    """Perplexity of a model that knows the n − 1 symbols before, on its own training text and on the held-out one.

    What lies before a name are full stops, so every model predicts the same symbols.
    """
    counts = Counter(_grams(training, n))
    contexts: Counter[str] = Counter()
    for gram, count in counts.items():
        contexts[gram[:-1]] += count

    def perplexity(text: str) -> float:
        grams = _grams(text, n)
        raised = torch.tensor([counts[gram] + smoothing for gram in grams], dtype=torch.float64)
        totals = torch.tensor([contexts[gram[:-1]] + smoothing * vocab_size for gram in grams])
        return (totals.log() - raised.log()).mean().exp().item()

    return perplexity(training), perplexity(held_out)


def _grams(text: str, n: int) -> list[str]:
    """Every symbol of a text but the first, together with the n − 1 symbols before it in its name.

    >>> _grams(".ana.", 3)
    ['..a', '.an', 'ana', 'na.']
    """
    found = []
    for name in text.strip(BREAK).split(BREAK):
        padded = BREAK * (n - 1) + name + BREAK
        found += [padded[i : i + n] for i in range(len(padded) - n + 1)]
    return found
