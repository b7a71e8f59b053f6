"""Names in sentences: an encoder with a tagging head finds persons, places and companies.

The sentences are generated, the names drawn by Faker; most names of the test were never seen, and of a rare word
the model reads only its shape, such as a capital and small letters: it has to tell from the words around. A name may
be cut into several tokens: the last one carries the tag. Stated is F1 over whole names: kind, first and last
word must be right.

With --data, a file in CoNLL's form or the set wikigold, the sentences are real; one in five is kept for the test.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional as F

from seq2gpt.data.generated import Sentence, tagged
from seq2gpt.data.tasks import load_sentences
from seq2gpt.data.words import ShapeTokenizer, split_words
from seq2gpt.errors import UserError
from seq2gpt.families import MaskedLanguageModel
from seq2gpt.finetuning import TaggingHead, align_tags, span_f1
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, pad_rows
from seq2gpt.run.demos.loop import fit

LONGEST = 60  # tokens of a sentence that are read
IGNORE = -100
D_MODEL = 48
SETS: dict[str, dict[str, Any]] = {"wikigold": {"n_steps": 600}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A file of words and tags in CoNLL's form, or the set wikigold; without it, sentences are generated."""
    n_train: int = 1500
    """Generated sentences to learn from."""
    n_test: int = 300
    """Generated sentences for the test."""
    n_steps: int = 300
    """Steps of training."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train on one set of names, test on another."""
    torch.manual_seed(config.seed)
    train, test = load(config)
    tokenizer = ShapeTokenizer((cut(sentence.words)[0] for sentence in train), least=5)
    kinds = sorted({tag for sentence in train for tag in sentence.tags})
    encoder = MaskedLanguageModel(tokenizer.vocab_size, LONGEST, D_MODEL, n_heads=4, n_layers=2, dropout=0.2)
    encoder.head = nn.Identity()  # type: ignore[assignment]  # its hidden states come out
    head = TaggingHead(D_MODEL, len(kinds))
    rows = [encode(sentence, tokenizer, kinds) for sentence in train]
    ids = pad_rows([tokens for tokens, _ in rows], LONGEST)
    targets = torch.full_like(ids, IGNORE)
    for row, (_, tags) in zip(targets, rows, strict=True):
        row[: len(tags)] = torch.tensor(tags)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[torch.Tensor, ""]:
        chosen = torch.randint(len(ids), (32,), generator=generator)
        longest = int((ids[chosen] != PAD_ID).sum(-1).max())
        batch, wanted = ids[chosen, :longest], targets[chosen, :longest]
        return F.cross_entropy(
            head(encoder(batch, batch != PAD_ID)).flatten(0, 1), wanted.flatten(), ignore_index=IGNORE
        )

    fit([*encoder.parameters(), *head.parameters()], loss, config.n_steps, lr=3e-3, progress=progress)
    encoder.eval()
    guesses = [predict(sentence, tokenizer, kinds, encoder, head) for sentence in test]
    figures = {
        "F1 over names, %": 100 * span_f1(guesses, [sentence.tags for sentence in test]),
        "words of the names never seen, %": 100 * unseen_share(test, tokenizer),
    }
    shown = " ".join(
        f"{word}[{tag}]" if tag != "O" else word for word, tag in zip(test[0].words, guesses[0], strict=True)
    )
    return DemoResult(figures=figures, sample=shown)


def load(config: Config) -> tuple[list[Sentence], list[Sentence]]:
    """Sentences to learn from, and for the test. Those that are too long are left out."""
    if config.data is None:
        return tagged(config.n_train, 2 * config.seed), tagged(config.n_test, 2 * config.seed + 1)
    read = [s for s in load_sentences(config.data) if len(cut(s.words)[0]) <= LONGEST]
    random.Random(config.seed).shuffle(read)
    n_test = len(read) // 5
    if n_test == 0:
        raise UserError(f"{config.data} holds {len(read)} sentences that can be read; give --data 5 or more")
    return read[n_test:], read[:n_test]


def encode(sentence: Sentence, tokenizer: ShapeTokenizer, kinds: list[str]) -> tuple[list[int], list[int]]:
    """Tokens, and the tag of each: a word's tag stands at its last token, -100 at the others."""
    pieces, word_of_token = cut(sentence.words)
    numbers = [kinds.index(tag) if tag in kinds else IGNORE for tag in sentence.tags]
    return tokenizer.encode(pieces), align_tags(numbers, word_of_token, IGNORE)


def cut(words: list[str]) -> tuple[list[str], list[int | None]]:
    """The tokens that the words are cut into, and the number of each one's word."""
    pieces = [(piece, number) for number, word in enumerate(words) for piece in split_words(word) or [word]]
    return [piece for piece, _ in pieces], [number for _, number in pieces]


@torch.no_grad()
def predict(
    sentence: Sentence, tokenizer: ShapeTokenizer, kinds: list[str], encoder: nn.Module, head: nn.Module
) -> list[str]:
    """The likeliest tag of every word, read at its last token."""
    pieces, word_of_token = cut(sentence.words)
    best = head(encoder(torch.tensor([tokenizer.encode(pieces)])))[0].argmax(-1).tolist()
    last = {word: place for place, word in enumerate(word_of_token)}
    return [kinds[best[last[number]]] for number in range(len(sentence.words))]


def unseen_share(test: Sequence[Sentence], tokenizer: ShapeTokenizer) -> float:
    """The share of the tokens of names that are not in the vocabulary."""
    pieces = [
        piece
        for words, tags in test
        for word, tag in zip(words, tags, strict=True)
        if tag != "O"
        for piece in cut([word])[0]
    ]
    return sum(piece not in tokenizer.known for piece in pieces) / len(pieces)
