"""Byte-pair encoding: which pieces of text are frequent enough to deserve a token.

Merges are learned on a text, by default the English that comes with Python, and the tokens are counted on
text that was held out. The first merges save most. German, of which the merges have seen next to nothing,
pays nearly twice as many tokens for each word of the same sentence. With one number of fixed length for
every token, the text shrinks to less than half of its bytes.

--data takes a text file or one of the sets tinyshakespeare and fairy_tales.
"""

import math
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2gpt.bpe import train_bpe_fast
from seq2gpt.data.corpus import python_texts
from seq2gpt.data.sets import read_data
from seq2gpt.errors import UserError
from seq2gpt.run.demos import DemoResult
from seq2gpt.tokens import N_BYTES, BytePairTokenizer

ENGLISH = "Every child in the village knew that the old bridge would not carry another winter."
GERMAN = "Jedes Kind im Dorf wusste, dass die alte Brücke keinen weiteren Winter tragen würde."

SETS: dict[str, dict[str, Any]] = {"tinyshakespeare": {}, "fairy_tales": {}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A text file, or the set tinyshakespeare or fairy_tales; without it, Python's texts."""
    n_merges: int = 2000
    """Tokens beyond the 256 bytes."""
    n_characters: int = 1_000_000
    """Length of the text for training; a tenth of it is held out besides."""
    seed: int = 0
    """Draws the paragraphs for training and those held out."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train once, then count tokens under the first merges and under all of them."""
    if config.n_merges < 1:
        raise UserError(f"n_merges={config.n_merges} leaves nothing to learn; use 1 or more")
    text = python_texts() if config.data is None else read_data(config.data, SETS)
    training, held_out = draw_texts(text, config.n_characters, config.seed)
    merges = train_bpe_fast(training, config.n_merges)
    figures = {}
    for n_merges in (config.n_merges // 16, config.n_merges // 4, config.n_merges):
        tokenizer = BytePairTokenizer(dict(list(merges.items())[:n_merges]))
        n_tokens = len(tokenizer.encode(held_out))
        figures[f"characters per token, {n_merges} merges"] = len(held_out) / n_tokens
    bits = n_tokens * math.log2(N_BYTES + len(merges))
    figures["size of the tokens, % of the bytes"] = 100 * bits / (8 * len(held_out.encode()))
    for language, sentence in (("English", ENGLISH), ("German", GERMAN)):
        figures[f"tokens per word, {language}"] = len(tokenizer.encode(sentence)) / len(sentence.split())
    return DemoResult(figures=figures, sample=sample(tokenizer))


def draw_texts(text: str, n_characters: int, seed: int) -> tuple[str, str]:
    """Paragraphs in random order: some for training, and a tenth as many characters held out."""
    paragraphs = re.split(r"\n\n+", text)
    random.Random(seed).shuffle(paragraphs)
    shuffled = "\n\n".join(paragraphs)
    n_held_out = min(n_characters, len(shuffled)) // 11
    if n_held_out == 0:
        raise UserError("the text is too short to hold anything out; use a longer one or more --n-characters")
    return shuffled[n_held_out : n_held_out + n_characters], shuffled[:n_held_out]


def sample(tokenizer: BytePairTokenizer) -> str:
    """The first tokens and the longest words among them, and two sentences cut into theirs."""
    learned = [token.decode(errors="replace") for token in tokenizer.tokens[N_BYTES:]]
    words = sorted((token for token in learned if token.strip().isalpha()), key=len)
    lines = ["first tokens:  " + "".join(f" [{token}]" for token in learned[:10])]
    lines.append("longest words: " + "".join(f" [{token}]" for token in words[-5:]))
    for sentence in (ENGLISH, GERMAN):
        lines.append("|".join(tokenizer.decode([token_id]) for token_id in tokenizer.encode(sentence)))
    return "\n".join(lines)
