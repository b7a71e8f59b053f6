"""The keys of lesson 04's questions that are no template: each follows from the package."""

import math

import pytest
import torch

from autograder.lessons import ROOT
from seq2gpt.exam.bank import load
from seq2gpt.recurrent import gradient_decay_factor
from seq2gpt.run.cells import Cell

BY_ID = {question.id: question for question in load(ROOT / "book/04-recurrent/questions.yml")}


def test_what_a_saturated_unit_lets_through() -> None:
    states = torch.tensor([[0.99], [0.99]], dtype=torch.float64)
    factor = gradient_decay_factor(states, torch.tensor([[3.0]], dtype=torch.float64)).item()
    assert factor == pytest.approx(0.0597)
    assert "0.06" in BY_ID["SEQ-03-a-saturated-unit"].key[0]


def test_shares_that_gates_leave() -> None:
    assert round(0.99**50, 2) == 0.61
    gate = 1 / (1 + math.exp(-3))
    assert round(gate, 2) == 0.95
    assert round(1 / gate**40) == 7
    assert "about a seventh arrives" in BY_ID["SEQ-03-guessing-lstm"].interaction["model_answer"]
    assert 9e-13 < 0.5**40 < 1e-12


@pytest.mark.parametrize(("kind", "blocks"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_blocks_of_weights(kind: str, blocks: int) -> None:
    matrices = [weight for weight in Cell(kind, 3, 5, 2).weights if weight.dim() == 2]
    assert sum(weight.numel() for weight in matrices) == blocks * (3 * 5 + 5 * 5)
