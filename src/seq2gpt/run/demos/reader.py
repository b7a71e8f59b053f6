"""Extractive question answering: an encoder points at the answer in a text.

The text says who has what, in three statements; the question asks what one of the people has. Two scores
for every token, of being the first and the last of the answer, give the best span. Texts of the test were
never seen. Stated are the share of answers that are exactly right, and what guessing one of the three
statements would give.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.data.generated import Fact, facts
from seq2gpt.data.words import WordTokenizer, split_words
from seq2gpt.families import MaskedLanguageModel
from seq2gpt.finetuning import TaggingHead, extractive_answer
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, encode_rows
from seq2gpt.run.demos.loop import fit

LENGTH = 32
D_MODEL = 48
LONGEST_ANSWER = 3


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    n_train: int = 20_000
    """Texts to learn from."""
    n_test: int = 300
    """Texts for the test."""
    n_steps: int = 3000
    """Steps of training."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the encoder to point, and count right answers."""
    torch.manual_seed(config.seed)
    train, test = facts(config.n_train, 2 * config.seed), facts(config.n_test, 2 * config.seed + 1)
    tokenizer = WordTokenizer.from_texts(map(as_text, train))
    encoder = MaskedLanguageModel(tokenizer.vocab_size, LENGTH, D_MODEL, n_heads=4, n_layers=2)
    encoder.head = nn.Identity()  # type: ignore[assignment]  # its hidden states come out
    head = TaggingHead(D_MODEL, n_tags=2)
    ids, borders = encode_rows(list(map(as_text, train)), tokenizer, LENGTH), answer_borders(train)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(ids), (64,), generator=generator)
        scores = point(encoder, head, ids[rows])
        return F.cross_entropy(scores.transpose(1, 2).flatten(0, 1), borders[rows].flatten())

    fit([*encoder.parameters(), *head.parameters()], loss, config.n_steps, lr=3e-3, progress=progress)
    right, shown = 0, ""
    with torch.no_grad():
        scores = point(encoder, head, encode_rows(list(map(as_text, test)), tokenizer, LENGTH))
    for fact, (start, end) in zip(test, scores.transpose(1, 2), strict=True):
        first, last = extractive_answer(start, end, LONGEST_ANSWER)
        answer = " ".join(split_words(as_text(fact))[first : last + 1])
        right += answer == fact.answer
        shown = shown or f"{fact.statements} {fact.question} - {answer}"
    figures = {"answers exactly right, %": 100 * right / len(test), "guessing a statement, %": 100 / 3}
    return DemoResult(figures=figures, sample=shown)


def as_text(fact: Fact) -> str:
    """The question, then the statements."""
    return f"{fact.question} {fact.statements}"


def answer_borders(train: list[Fact]) -> Int[Tensor, "texts 2"]:
    """Where each answer begins and ends, counted in tokens of the whole text."""
    return torch.tensor(
        [[len(split_words(f.question)) + place for place in (f.first, f.last)] for f in train]
    )


def point(encoder: nn.Module, head: nn.Module, ids: Int[Tensor, "texts n"]) -> Float[Tensor, "texts n 2"]:
    """The two scores of every token; padding is out of the question."""
    is_real = ids != PAD_ID
    return head(encoder(ids, is_real)).masked_fill(~is_real[..., None], -torch.inf)
