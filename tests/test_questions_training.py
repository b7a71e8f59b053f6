"""The questions of lesson 14: that what they state is true."""

import math
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch

from seq2gpt.exam.bank import load
from seq2gpt.exam.templates_training import numbers_of_a_checkpoint
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.training import accumulate_gradients, adamw_step, clip_gradients, get_batch

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/14-training/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_objectives_kinds_and_templates_are_covered() -> None:
    objectives = {"GPT-09", "ARC-09", "GPT-14", "GPT-15", "GPT-16", "GPT-17"}
    assert {q.objectives[0] for q in QUESTIONS} == objectives
    kinds = {"single", "multiple", "ordering", "matching", "numeric", "short"}
    assert {q.kind for q in QUESTIONS} == kinds
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert {"E10", "E11", "E59"} <= corrected


def test_ten_tokens_hold_six_runs_of_four_with_targets() -> None:
    starts = get_batch(torch.arange(10), 500, 4, torch.Generator().manual_seed(0))[0][:, 0]
    assert BY_ID["GPT-09-number-of-runs"].key == [str(len(starts.unique()))] == ["6"]


def test_the_first_step_moves_by_the_rate() -> None:
    theta, m, v = torch.zeros(2), torch.zeros(2), torch.zeros(2)
    adamw_step(theta, torch.tensor([8.0, -0.001]), m, v, 1, lr=0.01, weight_decay=0.0)
    torch.testing.assert_close(theta, torch.tensor([-0.01, 0.01]), rtol=1e-4, atol=0)
    assert math.sqrt(1 / (1 - 0.999)) == pytest.approx(31.6, abs=0.05)


def test_four_means_are_four_times_as_long() -> None:
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=1))
    inputs, targets = torch.randint(11, (2, 8, 5))
    norms = []
    for added in (False, True):
        model.zero_grad()
        pieces = list(zip(inputs.split(2), targets.split(2), strict=True))
        if added:
            for x, y in pieces:
                next_token_loss(model(x), y).backward()
        else:
            accumulate_gradients(model, pieces)
        norms.append(clip_gradients(model.parameters(), math.inf))
    assert norms[1] == pytest.approx(4 * norms[0], rel=1e-5)


def test_the_three_seeds() -> None:
    assert (round(mean((1.62, 1.66, 1.64)), 2), round(stdev((1.62, 1.66, 1.64)), 2)) == (1.64, 0.02)
    assert math.log(50_257) == pytest.approx(10.82, abs=0.005)


def test_a_checkpoint_holds_what_torch_keeps() -> None:
    question = BY_ID["GPT-17-size-of-a-checkpoint"]
    rows, columns = 5, 7
    layer = torch.nn.Linear(columns, rows)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(columns)).sum().backward()
    optimizer.step()
    kept = sum(value.numel() for state in optimizer.state.values() for value in state.values() if value.ndim)
    assert numbers_of_a_checkpoint(rows, columns)["answer"] == rows * columns + rows + kept == 120
    assert question.template["compute"].endswith(":numbers_of_a_checkpoint")
