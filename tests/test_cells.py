"""The small jobs of lesson 04: cells are PyTorch's, and the figures of chapter and lab come out."""

import math
import os
from statistics import mean, stdev

import pytest
import torch
from torch import nn

from seq2gpt.data.names import NAMES, first_names
from seq2gpt.recurrent import lstm_step
from seq2gpt.run.cells import (
    Cell,
    Parts,
    forecast,
    gradient_by_distance,
    telegrams,
    train_forecaster,
    train_memory,
    train_names,
    wave,
)

FUSED = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@pytest.mark.parametrize("kind", FUSED)
def test_a_cell_is_pytorchs_layer(kind: str) -> None:
    cell, layer = Cell(kind, 3, 5, 2), FUSED[kind](3, 5, batch_first=True)
    w_x, w_h, b, *b_h = cell.weights
    layer.weight_ih_l0.data, layer.weight_hh_l0.data, layer.bias_ih_l0.data = w_x.T, w_h.T, b
    layer.bias_hh_l0.data = b_h[0] if b_h else torch.zeros_like(b)
    x = torch.randn(2, 7, 3)
    outputs, state = cell(x)
    wanted, last = layer(x)
    torch.testing.assert_close(outputs, cell.read(wanted))
    torch.testing.assert_close(state[0], (last[0] if kind == "lstm" else last)[0])
    head, middle = cell(x[:, :4])
    tail, _ = cell(x[:, 4:], middle)
    torch.testing.assert_close(torch.cat([head, tail], dim=1), outputs)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_keep_bias_is_added_to_the_gate_that_keeps(kind: str) -> None:
    biases = []
    for keep_bias in (0.0, 3.0):
        torch.manual_seed(0)
        biases.append(Cell(kind, 3, 5, 2, keep_bias=keep_bias).weights[2].detach())
    added = (biases[1] - biases[0]).view(-1, 5)
    assert added[1] == pytest.approx(torch.full((5,), 3.0))
    assert added[0].abs().max() == added[2].abs().max() == 0


def test_a_telegram_is_a_colour_and_then_ticks() -> None:
    x, colours = telegrams(200, 7, torch.Generator().manual_seed(0))
    symbols = x.argmax(-1)
    assert x.shape == (200, 8, 8)
    assert torch.equal(symbols[:, 0], colours)
    assert set(colours.tolist()) == {0, 1, 2, 3}
    assert set(symbols[:, 1:].flatten().tolist()) == {4, 5, 6, 7}


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    cell = Cell("gru", 8, 5, 4).double()
    x, _ = telegrams(1, 3, torch.Generator().manual_seed(0))
    x = x.double()
    for back in range(4):
        slopes = []
        for i in range(8):
            change = torch.zeros_like(x)
            change[0, 3 - back, i] = 1e-6
            slopes.append((cell(x + change)[1][0].sum() - cell(x - change)[1][0].sum()).item() / 2e-6)
        norm = gradient_by_distance(cell.float(), 3, batch=1)[back]
        cell = cell.double()
        assert norm == pytest.approx(math.hypot(*slopes), rel=1e-4)


def test_a_broken_part_shows_in_the_run() -> None:
    def forgetful(x, h, c, *weights):
        return lstm_step(x, h, 0 * c, *weights)

    assert train_memory("lstm", 4, n_steps=100).accuracy > 0.95
    assert train_memory("lstm", 12, Parts(lstm_step=forgetful), n_steps=60).accuracy < 0.6


def test_the_wave_is_continued() -> None:
    assert wave(26)[0, 25, 0].item() == pytest.approx(0.5 * math.sin(2 * math.pi * 2.5), abs=1e-5)
    cell = train_forecaster("gru")
    values = wave(115)
    new = forecast(cell, values[:, :40], 75)
    assert new.shape == (1, 75, 1)
    assert (new - values[:, 40:]).square().mean().sqrt() < 0.1


def test_names_are_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    assert first_names() == NAMES
    assert len(NAMES) - len(NAMES) // 10 == 303  # as the lab says
    names = train_names(NAMES, n_steps=100)
    assert names.loss < math.log(30)
    assert len(names.written) == 12


@pytest.mark.slow
def test_the_figures_of_the_telegrams() -> None:
    def accuracies(kind: str, distance: int, keep_bias: int) -> list[float]:
        return [
            train_memory(kind, distance, keep_bias=float(keep_bias), seed=seed).accuracy for seed in range(3)
        ]

    assert min(accuracies("rnn", 10, 0)) > 0.99
    assert [round(100 * a) for a in accuracies("rnn", 100, 0)] == pytest.approx([26, 26, 80], abs=3)
    assert [round(100 * a) for a in accuracies("rnn", 40, 0)] == pytest.approx([24, 93, 27], abs=3)
    assert max(accuracies("lstm", 40, 0)) < 0.3
    assert min(accuracies("lstm", 40, 3) + accuracies("gru", 40, 3)) > 0.99


@pytest.mark.slow
def test_the_figures_of_the_names() -> None:
    if "SEQ2GPT_DATA" in os.environ:
        names, gru, bigram = first_names(), (2.24, 0.02), (2.45, 0.01)
        assert len(names) - len(names) // 10 == 28_830
    else:
        names, gru, bigram = NAMES, (2.40, 0.09), (2.61, 0.05)
    runs = [train_names(names, seed=seed) for seed in range(3)]
    assert (mean(r.loss for r in runs), stdev(r.loss for r in runs)) == pytest.approx(gru, abs=0.02)
    found = mean(r.bigram_loss for r in runs), stdev(r.bigram_loss for r in runs)
    assert found == pytest.approx(bigram, abs=0.01)
