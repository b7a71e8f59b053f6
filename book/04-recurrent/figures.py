"""The figures of lesson 04, each drawn from numbers that it computes."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.recurrent import gradient_decay_factor, rnn_unroll
from seq2gpt.run.cells import Cell, gradient_by_distance, train_forecaster, wave
from seq2gpt.run.cells import forecast as continue_wave

if TYPE_CHECKING:
    from IPython.display import HTML


def stated() -> dict[str, list[float]]:
    """What three seeds reached, written by ``python -m seq2gpt.run.stated recurrent``."""
    return json.loads((Path(__file__).parent / "stated.json").read_text(encoding="utf-8"))


def unrolled() -> "HTML":
    """The idea in one picture: one box, used at every position, hands its state to the next."""
    figure, axes = new_figure(2.5)
    axes.set_xlim(-0.75, 3.75)
    axes.set_ylim(-1.45, 1.25)
    axes.axis("off")
    box = {"boxstyle": "round,pad=0.5", "facecolor": "none", "edgecolor": BLUE, "linewidth": 1.6}
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    words = ["blue", "tick", "tack", "tick"]
    for i, word in enumerate(words):
        axes.text(i, 0, "$W_x, W_h, b$", ha="center", va="center", bbox=box, fontsize=8.5, color=INK)
        axes.text(i, -1.25, f"$x_{i + 1}$: {word}", ha="center", va="center", color=INK)
        axes.annotate("", xy=(i, -0.42), xytext=(i, -1.0), arrowprops=arrow)
        start = f"$h_{i}$" if i else "$h_0 = 0$"
        axes.text(i - 0.5, 0.32, start, ha="center", va="center", color=ORANGE)
        axes.annotate("", xy=(i - 0.4, 0), xytext=(i - 0.62, 0), arrowprops=arrow | {"color": ORANGE})
    axes.text(3.52, 0.32, "$h_4$", ha="center", va="center", color=ORANGE)
    axes.annotate("", xy=(3.62, 0), xytext=(3.4, 0), arrowprops=arrow | {"color": ORANGE})
    axes.annotate("", xy=(3, 0.85), xytext=(3, 0.42), arrowprops=arrow)
    axes.text(3, 1.05, "output: which colour?", ha="center", va="center", color=INK)
    alt = (
        "Four equal boxes in a row, all with the weights W_x, W_h and b. From below each reads one item: blue, tick, tack, "
        "tick. An arrow carries the state from each box to the next, h_0 = 0 into the first and h_4 out of the last, where an "
        "output answers which colour it was."
    )
    return show(figure, alt, "unrolled")


def rotation(d: int, generator: torch.Generator) -> Tensor:
    """A matrix that turns vectors and stretches none: all its singular values are 1."""
    return torch.linalg.qr(torch.randn(d, d, generator=generator)).Q


def decay(d: int = 16, longest: int = 50) -> "HTML":
    """What is left of a gradient after so many steps back, for three sizes of W_h."""
    generator = torch.Generator().manual_seed(0)
    w, inputs = rotation(d, generator), torch.randn(longest + 1, d, generator=generator)
    figure, (left, right) = new_figure(2.9, 1, 2, sharey=True)
    told = []
    for axes, title, x in ((left, "states of 0", 0 * inputs), (right, "driven by inputs", inputs)):
        for rho, colour in ((0.9, BLUE), (1.1, ORANGE), (1.5, GREEN)):
            states = rnn_unroll(x, torch.zeros(d), torch.eye(d) / math.sqrt(d), rho * w, torch.zeros(d))
            factors = [gradient_decay_factor(states[: n + 1], rho * w).item() for n in range(longest + 1)]
            axes.plot(range(longest + 1), factors, color=colour, label=f"$\\rho$ = {rho}")
            told.append(f"{title}, largest singular value {rho}: {factors[-1]:.1e}")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.set_xlabel("steps back")
        axes.axhline(1, color=GREY, linewidth=0.8)
    left.set_ylabel("gradient_decay_factor")
    left.set_ylim(1e-8, 1e10)
    left.legend(loc="lower left", labelcolor=INK, frameon=False, handlelength=1.2)
    alt = (
        f"Two panels: the factor by which a gradient is scaled after 0 to {longest} steps back, on a logarithmic axis. At the end: "
        f"{'; '.join(told)}. On the left all lines are straight; on the right all lie lower, since tanh is flatter away from 0."
    )
    return show(figure, alt, "decay")


CELLS = (
    ("plain RNN", "rnn", 0.0, GREY, "-"),
    ("LSTM", "lstm", 0.0, BLUE, "--"),
    ("GRU", "gru", 0.0, ORANGE, "--"),
    ("LSTM, bias 3", "lstm", 3.0, BLUE, "-"),
    ("GRU, bias 3", "gru", 3.0, ORANGE, "-"),
)


def by_distance(distance: int = 60) -> "HTML":
    """How strongly the last state depends on an input further and further back, before training."""
    figure, axes = new_figure(3.3)
    told = []
    for name, kind, keep_bias, colour, line in CELLS:
        torch.manual_seed(0)
        norms = gradient_by_distance(Cell(kind, 8, 24, 4, keep_bias=keep_bias), distance)
        axes.plot(range(distance + 1), norms, line, color=colour, label=name)
        told.append(f"{name} {norms[40]:.0e}")
    axes.set_yscale("log")
    axes.set_xlabel("distance $k$ of the input")
    axes.set_ylabel("norm of the gradient")
    axes.set_yticks([10.0**-n for n in (0, 3, 6, 9, 12)])
    axes.legend(labelcolor=INK, frameon=False, loc="lower left")
    alt = (
        f"Norm of the gradient of the last state with respect to an input k positions back, for k from 0 to {distance}, on a "
        f"logarithmic axis. At k = 40: {', '.join(told)}. Plain RNN, LSTM and GRU fall in nearly straight lines; with 3 added "
        "to the bias of the gate that keeps, LSTM and GRU stay high."
    )
    return show(figure, alt, "by-distance")


def forecast(n_seen: int = 40, n_new: int = 75) -> "HTML":
    """A wave continued by a GRU that reads its own forecasts."""
    cell = train_forecaster("gru")
    values = wave(n_seen + n_new)
    new = continue_wave(cell, values[:, :n_seen], n_new)[0, :, 0]
    error = (new - values[0, n_seen:, 0]).square().mean().sqrt().item()
    figure, axes = new_figure(2.5)
    axes.plot(values[0, :, 0], color=GREY, label="the wave")
    axes.plot(range(n_seen, n_seen + n_new), new, "--", color=BLUE, label="continued by the GRU")
    axes.axvline(n_seen - 0.5, color=ORANGE, linewidth=1, linestyle=":")
    axes.text(n_seen - 1.5, -1.85, "seen", ha="right", color=ORANGE)
    axes.set_ylim(-2.0, 2.6)
    axes.set_xlabel("time")
    axes.legend(labelcolor=INK, frameon=False, loc="upper right", ncols=2)
    alt = (
        f"A wave made of two sines. The first {n_seen} values are given; the dashed line shows the {n_new} values with which the GRU "
        f"continues. Root mean square error {error:.2f}, where the wave swings between {values.min():.1f} and {values.max():.1f}."
    )
    return show(figure, alt, "forecast")
