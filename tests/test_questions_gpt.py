"""The questions of lesson 13: that what they state is true."""

import re
from pathlib import Path

import pytest
import torch

from seq2gpt.exam.bank import load
from seq2gpt.gpt import GPT, GPTConfig

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/13-gpt/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def numbers_in(stem: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", stem)]


def test_objectives_kinds_and_misconceptions_are_covered() -> None:
    assert len(QUESTIONS) >= 18
    assert {q.objectives[0] for q in QUESTIONS} == {"GPT-06", "GPT-07", "GPT-08", "GPT-11", "GPT-12"}
    assert {q.kind for q in QUESTIONS} == {"single", "multiple", "ordering", "matching", "numeric", "short"}
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert {"E30", "E33", "E36", "E58", "E60", "E64"} <= corrected


@pytest.mark.parametrize("seed", range(4))
def test_a_block_has_as_many_parameters_as_its_tensors_hold(seed: int) -> None:
    variant = BY_ID["GPT-07-block-count"].variant(seed)
    (d_model, *_) = [n for n in numbers_in(variant.stem) if n != 2]
    model = GPT(GPTConfig(vocab_size=3, context_length=2, d_model=d_model, n_heads=1, n_layers=1))
    assert variant.key == sum(parameter.numel() for parameter in model.blocks[0].parameters())


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_model_has_as_many_parameters_as_it_holds(seed: int) -> None:
    variant = BY_ID["GPT-07-whole-count"].variant(seed)
    vocab_size, context_length, n_layers, d_model = numbers_in(variant.stem)[:4]
    model = GPT(
        GPTConfig(
            vocab_size=vocab_size,
            context_length=context_length,
            d_model=d_model,
            n_heads=1,
            n_layers=n_layers,
        )
    )
    assert variant.key == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("seed", range(4))
def test_a_logit_is_what_a_tied_head_gives(seed: int) -> None:
    variant = BY_ID["GPT-12-logits-by-hand"].variant(seed)
    a, b, c, d = numbers_in(variant.stem)
    model = GPT(GPTConfig(vocab_size=2, context_length=2, d_model=2, n_heads=1, n_layers=1))
    with torch.no_grad():
        model.token_embedding.weight[1] = torch.tensor([c, d])
        assert variant.key == model.head(torch.tensor([a, b]).float())[1]
