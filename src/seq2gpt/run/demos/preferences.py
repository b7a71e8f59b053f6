"""Direct preference optimisation: a model that wrote praise and blame alike learns which is preferred.

A GPT reads generated film reviews. Then it sees pairs of reviews that differ in their opinion alone, the
friendly one chosen, and is trained by DPO against a frozen copy of itself. Counted are the pairs, with
words never seen in training pairs, in which the friendly review gets the higher implicit reward; the
share of friendly reviews among 200 that the model writes; and how far it moved from the copy.

With --data, a JSON list of instruction, input and output or the set instructions, the chosen text is a request with its
answer and the rejected one the same request with the answer to another. Counted are pairs that were never seen:
by the probability of the answers before, and by the implicit reward after.
"""

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.generated import BAD, GOOD, review, reviews
from seq2gpt.data.tasks import Request
from seq2gpt.data.words import WordTokenizer, split_words
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT
from seq2gpt.preferences import dpo_loss, implicit_rewards, kl_to_reference, preference_accuracy
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, encode_rows, pretrain, word_gpt
from seq2gpt.run.demos.instructions import REAL_LENGTH, as_conversation, split_requests
from seq2gpt.run.demos.loop import fit

LENGTH = 20
STARTS = ("A", "The", "I")
SETS: dict[str, dict[str, Any]] = {"instructions": {"n_pretrain": 300}}
Pairs = tuple[Int[Tensor, "pairs n"], Int[Tensor, "pairs n"]]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A JSON list of instruction, input and output, or the set instructions; without it, reviews are generated."""
    n_texts: int = 5000
    """Reviews for pre-training."""
    n_pairs: int = 200
    """Pairs of a chosen and a rejected review."""
    n_pretrain: int = 600
    """Steps of pre-training."""
    n_dpo: int = 60
    """Steps of preference training."""
    beta: float = 0.1
    """How dear it is to leave the model that training starts from."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Pre-train, copy, prefer, count."""
    if config.data is not None:
        return prefer_answers(config, progress)
    torch.manual_seed(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    texts = reviews(config.n_texts, 0, 0, config.seed).unlabelled
    tokenizer = WordTokenizer.from_texts(texts)
    policy = word_gpt(tokenizer, LENGTH)
    pretrain(policy, encode_rows(texts, tokenizer, LENGTH), config.n_pretrain, progress, generator)
    reference = copy.deepcopy(policy).requires_grad_(False)
    half = len(GOOD) // 2
    train = draw_pairs(GOOD[:half], BAD[:half], config.n_pairs, tokenizer, config.seed)
    test = draw_pairs(GOOD[half:], BAD[half:], 200, tokenizer, config.seed + 1)
    friendly_before = friendly_share(policy, tokenizer, generator)
    prefer(policy, reference, train, config, progress, generator)
    figures = {
        "unseen pairs ranked right, %": 100 * ranked_right(policy, reference, test, config.beta),
        "friendly reviews written before, %": friendly_before,
        "friendly reviews written after, %": friendly_share(policy, tokenizer, generator),
        "moved from the start, nats per token": moved(policy, reference, test[0]),
    }
    return DemoResult(figures=figures, sample="\n".join(write(policy, tokenizer, 3, generator)))


def prefer(
    policy: GPT, reference: GPT, pairs: Pairs, config: Config, progress: bool, generator: torch.Generator
) -> None:
    """Train by DPO against the reference, 32 pairs a step."""

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(pairs[0]), (32,), generator=generator)
        chosen, rejected = (part[rows] for part in pairs)
        return dpo_loss(
            log_probability(policy, chosen), log_probability(policy, rejected),
            log_probability(reference, chosen), log_probability(reference, rejected), config.beta,
        )  # fmt: skip

    fit(policy.parameters(), loss, config.n_dpo, lr=3e-4, progress=progress)


def draw_pairs(good: list[str], bad: list[str], n: int, tokenizer: WordTokenizer, seed: int) -> Pairs:
    """Pairs of reviews of the same form and about the same parts of the film: the friendly one first."""
    chosen, rejected = (
        [review(words, random.Random(f"pair {seed} {number}")) for number in range(n)]
        for words in (good, bad)
    )
    return encode_rows(chosen, tokenizer, LENGTH), encode_rows(rejected, tokenizer, LENGTH)


def log_probability(model: GPT, ids: Int[Tensor, "texts n"]) -> Float[Tensor, "texts"]:
    """The log-probability of each text after its first word, in nats."""
    scores = model(ids[:, :-1]).log_softmax(-1)
    targets = ids[:, 1:]
    chosen = scores.gather(-1, targets[..., None])[..., 0]
    return chosen.masked_fill(targets == PAD_ID, 0).sum(-1)


@torch.no_grad()
def ranked_right(policy: GPT, reference: GPT, pairs: Pairs, beta: float) -> float:
    """The share of pairs whose chosen text has the higher implicit reward."""
    chosen, rejected = (
        implicit_rewards(log_probability(policy, part), log_probability(reference, part), beta)
        for part in pairs
    )
    return preference_accuracy(chosen, rejected)


@torch.no_grad()
def moved(policy: GPT, reference: GPT, ids: Int[Tensor, "texts n"]) -> float:
    """The divergence from the reference at the positions that predict a word."""
    read = ids[:, :-1]
    return kl_to_reference(policy(read), reference(read), ids[:, 1:] != PAD_ID).item()


def write(model: GPT, tokenizer: WordTokenizer, n: int, generator: torch.Generator) -> list[str]:
    """``n`` sampled reviews, from the three ways in which reviews begin."""
    starts = torch.tensor([[tokenizer.id_of(STARTS[number % 3])] for number in range(n)])
    written = generate(model, starts, max_new_tokens=LENGTH, generator=generator)
    return [tokenizer.decode(row.tolist()).partition(" .")[0] + "." for row in written]


def friendly_share(model: GPT, tokenizer: WordTokenizer, generator: torch.Generator) -> float:
    """The share, in per cent, of 200 written reviews with more praise than blame."""
    n_friendly = 0
    for text in write(model, tokenizer, 200, generator):
        words = split_words(text)
        n_friendly += sum(word in GOOD for word in words) > sum(word in BAD for word in words)
    return 100 * n_friendly / 200


def prefer_answers(config: Config, progress: bool) -> DemoResult:
    """The same with real requests: the right answer over the answer to another request."""
    assert config.data is not None
    torch.manual_seed(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    requests, held_out = split_requests(config.data, config.seed)
    texts = list(map(as_conversation, requests))
    tokenizer = WordTokenizer.from_texts(texts, least=3)
    policy = word_gpt(tokenizer, REAL_LENGTH)
    pretrain(policy, encode_rows(texts, tokenizer, REAL_LENGTH), config.n_pretrain, progress, generator)
    reference = copy.deepcopy(policy).requires_grad_(False)
    train, test = (swapped(part, tokenizer) for part in (requests, held_out))
    with torch.no_grad():
        probable = preference_accuracy(*(log_probability(reference, part) for part in test))
    prefer(policy, reference, train, config, progress, generator)
    figures = {
        "unseen pairs by probability before, % right": 100 * probable,
        "unseen pairs ranked right, %": 100 * ranked_right(policy, reference, test, config.beta),
        "moved from the start, nats per token": moved(policy, reference, test[0]),
    }
    return DemoResult(figures=figures, sample=f"{held_out[0].request}\n{held_out[0].answer}")


def swapped(requests: Sequence[Request], tokenizer: WordTokenizer) -> Pairs:
    """Requests with their own answers, and with the answer to the next request."""
    others = [*requests[1:], requests[0]]
    wrong = [Request(asked.request, other.answer) for asked, other in zip(requests, others, strict=True)]
    chosen, rejected = (
        encode_rows(list(map(as_conversation, part)), tokenizer, REAL_LENGTH) for part in (requests, wrong)
    )
    return chosen, rejected
