"""Extractive question answering: an encoder points at the answer in a text.

The text says who has what, in three statements; the question asks what one of the people has. Two scores
for every token, of being the first and the last of the answer, give the best span. Texts of the test were
never seen. Stated are the share of answers that are exactly right, and what guessing one of the three
statements would give.

With --data, a file in SQuAD's form or the set xquad_en, questions and texts are real; the model reads the one sentence
that holds the answer. Stated is also how many words the answers share with the right ones (F1), beside what giving back
the whole sentence would reach. One question in five is kept for the test; the others, fewer than a thousand, are too few:
hardly any answer is exactly right.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.data.generated import Fact, facts
from seq2gpt.data.tasks import Question, load_questions
from seq2gpt.data.words import ShapeTokenizer, split_words
from seq2gpt.errors import UserError
from seq2gpt.families import MaskedLanguageModel
from seq2gpt.finetuning import TaggingHead, extractive_answer
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, pad_rows
from seq2gpt.run.demos.loop import fit

D_MODEL = 48
LENGTH = 32  # tokens of a generated question and its text, with room
LONGEST = 80  # tokens of a real one
ASKED = "<|asked|>"
SETS: dict[str, dict[str, Any]] = {"xquad_en": {"n_steps": 300}}


class Asked(NamedTuple):
    """The tokens of a question, those of the text, and the answer: tokens ``first`` to ``last`` of the text."""

    question: list[str]
    text: list[str]
    first: int
    last: int

    @property
    def answer(self) -> list[str]:
        return self.text[self.first : self.last + 1]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A file in SQuAD's form, or the set xquad_en; without it, facts are generated."""
    n_train: int = 20_000
    """Generated texts to learn from."""
    n_test: int = 300
    """Generated texts for the test."""
    n_steps: int = 3000
    """Steps of training."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the encoder to point, and count right answers."""
    torch.manual_seed(config.seed)
    train, test = load(config)
    tokenizer = ShapeTokenizer(
        ([*a.question, *a.text] for a in train),
        least=1 if config.data is None else 3,
        markers=() if config.data is None else (ASKED,),
    )
    length = max(LENGTH, *(len(asked.question) + len(asked.text) for asked in [*train, *test]))
    encoder = MaskedLanguageModel(tokenizer.vocab_size, length, D_MODEL, n_heads=4, n_layers=2)
    encoder.head = nn.Identity()  # type: ignore[assignment]  # its hidden states come out
    head = TaggingHead(D_MODEL, n_tags=2)

    def encode(part: Sequence[Asked]) -> Int[Tensor, "texts n"]:
        texts = (marked(a) if config.data is not None else a.text for a in part)
        words = ([*a.question, *text] for a, text in zip(part, texts, strict=True))
        return pad_rows([tokenizer.encode(each) for each in words], length)

    ids = encode(train)
    borders = torch.tensor([[len(a.question) + place for place in (a.first, a.last)] for a in train])
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(ids), (64,), generator=generator)
        scores = point(encoder, head, ids[rows])
        return F.cross_entropy(scores.transpose(1, 2).flatten(0, 1), borders[rows].flatten())

    fit([*encoder.parameters(), *head.parameters()], loss, config.n_steps, lr=3e-3, progress=progress)
    with torch.no_grad():
        scores = point(encoder, head, encode(test))
    longest = max(len(asked.answer) for asked in train)
    answers = [best_answer(asked, score, longest) for asked, score in zip(test, scores, strict=True)]
    shown = " ".join([*test[0].text, *test[0].question, "-", *answers[0]])
    return DemoResult(figures=figures_of(test, answers, generated=config.data is None), sample=shown)


def figures_of(test: Sequence[Asked], answers: Sequence[list[str]], generated: bool) -> dict[str, float]:
    """How good the answers are, beside what can be had without reading."""
    pairs = list(zip(answers, [asked.answer for asked in test], strict=True))
    figures = {"answers exactly right, %": 100 * sum(given == right for given, right in pairs) / len(pairs)}
    if generated:
        return figures | {"guessing a statement, %": 100 / 3}
    whole = [(asked.text, asked.answer) for asked in test]
    return figures | {
        "words shared with the answers, F1 %": mean_f1(pairs),
        "the same of the whole sentence, F1 %": mean_f1(whole),
    }


def load(config: Config) -> tuple[list[Asked], list[Asked]]:
    """Questions to learn from, and for the test."""
    if config.data is None:
        drawn = facts(config.n_train, 2 * config.seed), facts(config.n_test, 2 * config.seed + 1)
        train, test = ([from_fact(fact) for fact in part] for part in drawn)
        return train, test
    read = [asked for asked in map(from_question, load_questions(config.data)) if asked is not None]
    random.Random(config.seed).shuffle(read)
    n_test = len(read) // 5
    if n_test == 0:
        raise UserError(f"{config.data} holds {len(read)} questions that can be read; give --data 5 or more")
    return read[n_test:], read[:n_test]


def from_fact(fact: Fact) -> Asked:
    """A generated question."""
    return Asked(split_words(fact.question), split_words(fact.statements), fact.first, fact.last)


def from_question(question: Question) -> Asked | None:
    """A real question; ``None`` when it is too long, or when its answer begins or ends inside a word."""
    before = split_words(question.sentence[: question.start])
    answer, text = split_words(question.answer), split_words(question.sentence)
    first, last = len(before), len(before) + len(answer) - 1
    asked = Asked(split_words(question.question), text, first, last)
    fits = len(asked.question) + len(text) <= LONGEST
    return asked if fits and asked.answer == answer else None


def marked(asked: Asked) -> list[str]:
    """The text with one marker for every word of four letters or more that the question holds as well.

    A thousand questions are too few to learn which words are the same; this feature says it (Chen et al. 2017,
    section 3.2).
    """
    in_question = {word.lower() for word in asked.question if len(word) > 3}
    return [ASKED if word.lower() in in_question else word for word in asked.text]


def point(encoder: nn.Module, head: nn.Module, ids: Int[Tensor, "texts n"]) -> Float[Tensor, "texts n 2"]:
    """The two scores of every token; padding is out of the question."""
    is_real = ids != PAD_ID
    return head(encoder(ids, is_real)).masked_fill(~is_real[..., None], -torch.inf)


def best_answer(asked: Asked, scores: Float[Tensor, "n 2"], longest: int) -> list[str]:
    """The words of the best span; it may lie in the question, if the model is that wrong."""
    words = [*asked.question, *asked.text]
    first, last = extractive_answer(scores[: len(words), 0], scores[: len(words), 1], longest)
    return words[first : last + 1]


def mean_f1(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> float:
    """How well answers agree with the right ones, word by word in any order (Rajpurkar et al. 2016, section 6.1).

    In per cent, on average over pairs of a given and a right answer.

    >>> mean_f1([(["the", "old", "bridge"], ["bridge"])])
    50.0
    """
    shared = [
        2 * (Counter(given) & Counter(right)).total() / (len(given) + len(right)) for given, right in pairs
    ]
    return 100 * sum(shared) / len(shared)
