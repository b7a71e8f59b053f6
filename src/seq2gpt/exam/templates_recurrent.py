"""Templates of lesson 04, recurrent; see :mod:`seq2gpt.exam.templates`."""

import math
from typing import Any

import torch

from seq2gpt.recurrent import gradient_decay_factor, lstm_step, rnn_step

Placeholders = dict[str, Any]
Number = int | float
BLOCKS = {"plain RNN": 1, "GRU": 3, "LSTM": 4}


def one_step(x: Number, a: Number, b: Number, c: Number) -> Placeholders:
    """First component of the new state for the old state (0.5, −1), W_x = (a, 1) and rows (b, 0.9), (c, 0.2) of W_h."""
    h = torch.tensor([0.5, -1.0], dtype=torch.float64)
    w_x, w_h = torch.tensor([[a, 1.0]]).double(), torch.tensor([[b, 0.9], [c, 0.2]]).double()
    zero = torch.zeros(2, dtype=torch.float64)
    answer = rnn_step(torch.tensor([x]).double(), h, w_x, w_h, zero)[0].item()
    total = x * a + 0.5 * b - c
    return {
        "answer": answer,
        "total": round(total, 3),
        "rounded": round(answer, 3),
        "from_input": round(x * a, 3),
        "from_memory": round(0.5 * b - c, 3),
        "no_tanh": total,
        "no_memory": math.tanh(x * a),
        "columns_for_rows": math.tanh(x * a + 0.5 * b - 0.9),
    }


def factor(w: Number, n: int) -> Placeholders:
    """Factor of a gradient from state n back to state 1 of one unit whose states are 0."""
    states = torch.zeros(n, 1, dtype=torch.float64)
    answer = gradient_decay_factor(states, torch.tensor([[w]]).double()).item()
    return {
        "answer": answer,
        "rounded": round(answer, 5),
        "steps": n - 1,
        "one_too_many": w**n,
        "added": w * (n - 1),
        "one_step": w,
    }


def open_gate(bias: int, steps: int) -> Placeholders:
    """What is left of a gradient along the cell after so many steps, with the forget gate at σ(bias)."""
    gate = 1 / (1 + math.exp(-bias))
    answer = gate**steps
    return {
        "answer": answer,
        "gate": round(gate, 4),
        "rounded": float(f"{answer:.3g}"),
        "one_step": gate,
        "bias_forgotten": 0.5**steps,
        "added": gate * steps,
    }


def one_cell(c: Number, keep: Number, write: Number, new: Number) -> Placeholders:
    """The new cell of an LSTM from the old one, two gates and tanh(g)."""
    sums = [math.log(write / (1 - write)), math.log(keep / (1 - keep)), math.atanh(new), 0.0]
    zero, w = torch.zeros(1, dtype=torch.float64), torch.zeros(1, 4, dtype=torch.float64)
    _, cell = lstm_step(zero, zero, torch.tensor([c]).double(), w, w, torch.tensor(sums, dtype=torch.float64))
    answer = cell.item()
    return {
        "answer": answer,
        "rounded": round(answer, 3),
        "kept": round(keep * c, 3),
        "added": round(write * new, 3),
        "overwritten": write * new,
        "gates_exchanged": write * c + keep * new,
        "no_gates": c + new,
        "one_gate": keep * c + (1 - keep) * new,
    }


def numbers_to_learn(kind: str, d_input: int, d_hidden: int) -> Placeholders:
    """Parameters of a recurrent layer with one bias for each block."""
    block = d_input * d_hidden + d_hidden**2 + d_hidden
    answer = BLOCKS[kind] * block
    return {
        "answer": answer,
        "blocks": BLOCKS[kind],
        "block": block,
        "no_bias": answer - BLOCKS[kind] * d_hidden,
        "no_memory": BLOCKS[kind] * (d_input * d_hidden + d_hidden),
        "wrong_blocks": (2 if kind == "plain RNN" else 2 if kind == "GRU" else 3) * block,
    }
