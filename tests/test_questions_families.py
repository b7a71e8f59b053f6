"""The questions of lesson 12: that what they state is true."""

import re
from pathlib import Path

import pytest
import torch

from seq2gpt.attention import causal_mask
from seq2gpt.exam.bank import load
from seq2gpt.families import corrupt_spans, draw_spans, mask_tokens

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/12-families/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_objectives_kinds_and_misconceptions_are_covered() -> None:
    assert len(QUESTIONS) >= 18
    assert {q.objectives[0] for q in QUESTIONS} == {"SEQ-01", "GPT-02", "GPT-03", "GPT-04", "GPT-05"}
    assert {q.kind for q in QUESTIONS} == {"single", "multiple", "ordering", "matching", "numeric", "short"}
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert {"E15", "E16", "E44", "E55", "E60", "E76", "E81"} <= corrected


@pytest.mark.parametrize("seed", range(5))
def test_pairs_of_a_prefix_are_counted_one_by_one(seed: int) -> None:
    variant = BY_ID["GPT-03-visible-pairs"].variant(seed)
    n, p = map(int, re.search(r"reads (\d+) tokens.*first (\d+);", variant.stem).groups())
    assert variant.key == sum(j < p or j <= i for i in range(n) for j in range(n))
    assert causal_mask(n).sum() == n * (n + 1) // 2


@pytest.mark.parametrize("seed", range(3))
def test_masks_are_as_many_as_a_draw_gives(seed: int) -> None:
    variant = BY_ID["GPT-04-expected-fates"].variant(seed)
    texts, n = map(int, re.search(r"batch of (\d+) texts of (\d+) tokens", variant.stem).groups())
    inputs, _ = mask_tokens(torch.zeros(200 * texts, n, dtype=torch.long), 9, 8)
    assert (inputs == 9).sum().item() / 200 == pytest.approx(variant.key, rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_as_many_as_a_draw_gives(seed: int) -> None:
    variant = BY_ID["GPT-02-answers-per-step"].variant(seed)
    n, percent = map(int, re.search(r"texts of (\d+) tokens.*has (\d+) %", variant.stem).groups())
    _, chosen = mask_tokens(torch.zeros(2000, n, dtype=torch.long), 9, 8, share=percent / 100)
    assert 2000 * (n - 1) / chosen.sum().item() == pytest.approx(variant.key, rel=0.05)


def test_every_token_stands_in_one_of_the_two_texts_of_t5() -> None:
    ids = torch.arange(60)
    spans = draw_spans(60, 0.2, 3.0)
    read, written = corrupt_spans(ids, spans, 100)
    assert len(read) + len(written) == 60 + 2 * len(spans) + 1
