"""The questions of lesson 15: that what they state is true."""

import re
from pathlib import Path

import pytest
import torch

from seq2gpt.exam.bank import load
from seq2gpt.generation import KVCache, generate, min_p_filter
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.sampling import repetition_penalty

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/15-generation/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_objectives_kinds_and_misconceptions_are_covered() -> None:
    assert len(QUESTIONS) >= 18
    objectives = {f"DEC-0{i}" for i in range(1, 8)} | {"GPT-11"}
    assert {q.objectives[0] for q in QUESTIONS} == objectives
    assert {q.kind for q in QUESTIONS} == {"single", "multiple", "ordering", "matching", "numeric", "short"}
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert {"E11", "E30", "E35", "E58", "E63", "E65", "E66", "E67"} <= corrected


@pytest.mark.parametrize("seed", range(3))
def test_positions_saved_are_those_that_a_model_is_spared(seed: int) -> None:
    variant = BY_ID["GPT-11-positions-read"].variant(seed)
    n_prompt, n_new = map(int, re.findall(r"\d+", variant.stem)[:2])
    read = []

    class Counting(GPT):
        def forward(self, ids, cache=None):
            read[-1] += ids.shape[1]
            return super().forward(ids, cache)

    model = Counting(GPTConfig(vocab_size=11, context_length=32, d_model=6, n_heads=2, n_layers=1))
    for use_cache in (False, True):
        read.append(0)
        generate(model, torch.zeros(1, n_prompt, dtype=torch.long), n_new, use_cache=use_cache)
    assert variant.key == read[0] - read[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_cache_is_as_large_as_is_said(seed: int) -> None:
    variant = BY_ID["GPT-11-cache-bytes"].variant(seed)
    stem = variant.stem.replace(",", "")
    numbers = re.search(r"has (\d+) layers and d_model = (\d+);.* of (\d+) texts of (\d+) positions", stem)
    n_layers, d_model, texts, positions = map(int, numbers.groups())
    cache = KVCache(1, positions)
    one = torch.zeros(texts, 2, 1, d_model // 2, dtype=torch.bfloat16)
    keys, values = cache[0].append(one, one)
    size = sum(t.untyped_storage().nbytes() for t in (keys, values))
    assert variant.key == pytest.approx(n_layers * size / 2**20)


@pytest.mark.parametrize("seed", range(5))
def test_a_nucleus_is_counted_by_hand(seed: int) -> None:
    variant = BY_ID["DEC-04-nucleus-share"].variant(seed)
    *shares, p = map(int, re.findall(r"\d+", variant.stem))
    assert sum(shares) == 100
    assert shares == sorted(shares, reverse=True)
    assert all(sum(shares[:n]) != p for n in range(7))
    size = next(n for n in range(1, 7) if sum(shares[:n]) >= p)
    assert variant.key == pytest.approx(shares[0] / sum(shares[:size]))


def test_min_p_and_the_penalty_as_on_paper() -> None:
    kept = min_p_filter(torch.tensor([0.4, 0.3, 0.15, 0.1, 0.05]).log(), 0.3).isfinite()
    assert kept.tolist() == [True, True, True, False, False]
    punished = repetition_penalty(torch.tensor([-2.0]), torch.tensor([0]), 1.2).item()
    assert punished == pytest.approx(-2.4)
