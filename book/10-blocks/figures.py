"""The figures of lesson 10, each drawn from numbers that it computes or that a stated command measured."""

import json
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from torch.nn import functional as F

from seq2gpt.blocks import gelu
from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, PAPER, new_figure, show
from seq2gpt.run.demos.blocks import Kind, Stack, gradient_norms
from seq2gpt.run.depth import CONFIG, open_text

if TYPE_CHECKING:
    from IPython.display import HTML

MEASURED = json.loads(Path(__file__).with_name("measured.json").read_text(encoding="utf-8"))
COLOURS = {"pre-LN": BLUE, "post-LN": ORANGE, "no residual": GREEN, "neither": GREY}
NAMES = {
    "pre-LN": "pre-LN",
    "post-LN": "post-LN",
    "no residual": "norms, no residual path",
    "neither": "neither norm nor path",
}


def spread(values: list[float]) -> str:
    """Mean ± standard deviation over seeds."""
    return f"{mean(values):.3f} ± {stdev(values):.3f}"


def gradients(seed: int = 0) -> dict[Kind, list[float]]:
    """The norm of the gradient in each of twelve fresh layers, as a multiple of that in the last."""
    text, found = open_text(), {}
    for kind in COLOURS:
        torch.manual_seed(seed)
        norms = gradient_norms(Stack(kind, text.tokenizer.vocab_size, CONFIG), text.training, CONFIG)
        found[kind] = [norm / norms[-1] for norm in norms]
    return found


def gradient_by_depth(found: dict[Kind, list[float]]) -> "HTML":
    """How much of the gradient of the last layer arrives at each layer, before training."""
    figure, axes = new_figure(3.2)
    told = []
    for kind, shares in found.items():
        layers = range(1, len(shares) + 1)
        axes.plot(layers, shares, "o-", markersize=4, color=COLOURS[kind], label=NAMES[kind])
        told.append(f"{NAMES[kind]}: {shares[0]:.2g} at layer 1")
    axes.set_yscale("log")
    axes.set_xticks(range(1, 13))
    axes.set_xlabel("layer, 1 next to the input")
    axes.set_ylabel("gradient, last layer = 1")
    axes.legend(fontsize=9.5)
    alt = (
        "The norm of the gradient in each of twelve layers before training, on a logarithmic scale, as a multiple of that in the last layer. "
        + "; ".join(told)
        + "."
    )
    return show(figure, alt, "gradients")


def losses_by_depth() -> dict[str, dict[int, list[float]]]:
    """Measured losses by number of layers; those of twelve are those of the same learning rate."""
    found = {}
    for kind, by_depth in MEASURED["by depth"].items():
        found[kind] = {int(n): losses for n, losses in by_depth.items()}
        found[kind][CONFIG.n_layers] = MEASURED["by rate"][kind][str(CONFIG.lr)]
    return found


def loss_by_depth() -> "HTML":
    """What deeper stacks learn, with residual paths and without."""
    figure, axes = new_figure(3.0)
    told = []
    for kind, by_depth in losses_by_depth().items():
        curve(axes, by_depth, kind)
        told += [f"{NAMES[kind]}, {n} layers: {spread(losses)}" for n, losses in by_depth.items()]
    floor(axes)
    axes.set_xticks([1, 2, 4, 8, 12])
    axes.set_xlabel("layers")
    return show(figure, f"Loss by depth, mean and spread of three seeds. {'; '.join(told)}.", "depth")


def loss_by_rate() -> "HTML":
    """Twelve layers at three learning rates."""
    figure, axes = new_figure(3.0)
    told = []
    for kind, by_rate in MEASURED["by rate"].items():
        curve(axes, {float(rate): losses for rate, losses in by_rate.items()}, kind)
        told += [f"{NAMES[kind]} at {rate}: {spread(losses)}" for rate, losses in by_rate.items()]
    floor(axes)
    axes.set_xscale("log")
    axes.set_xticks([1e-3, 3e-3, 1e-2], ["0.001", "0.003", "0.01"])
    axes.minorticks_off()
    axes.set_xlabel("highest learning rate")
    return show(
        figure,
        f"Loss of twelve layers by learning rate, mean and spread of three seeds. {'; '.join(told)}.",
        "rates",
    )


def curve(axes: Axes, by_x: dict[float, list[float]], kind: str) -> None:
    """Means and spreads of one kind of stack."""
    means, spreads = [mean(v) for v in by_x.values()], [stdev(v) for v in by_x.values()]
    axes.errorbar(
        list(by_x), means, spreads, fmt="o-", markersize=4, capsize=3, color=COLOURS[kind], label=NAMES[kind]
    )


def floor(axes: Axes) -> None:
    """The loss of who knows letter frequencies alone, and what both figures share."""
    axes.axhline(MEASURED["letters alone"], color=INK, linewidth=1, linestyle=":")
    place = axes.get_yaxis_transform()  # x in shares of the width, whatever its scale
    label = {"ha": "center", "va": "top", "fontsize": 9.5, "transform": place}
    axes.text(0.55, MEASURED["letters alone"] - 0.02, "letter frequencies alone", **label)
    axes.set_ylabel("loss, nats a character")
    axes.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, columnspacing=1.2)


def activations() -> "HTML":
    """ReLU, GELU and Swish."""
    x = torch.linspace(-3.5, 2.5, 241)
    figure, axes = new_figure(2.8)
    for name, function, colour in (("ReLU", F.relu, GREY), ("GELU", gelu, BLUE), ("Swish", F.silu, ORANGE)):
        axes.plot(x, function(x), color=colour, label=name)
    axes.set_xlabel("x")
    axes.legend()
    low, swish = gelu(x).min().item(), F.silu(x).min().item()
    alt = (
        "Three activations. ReLU is 0 to the left of 0 and x to the right, with a corner. "
        f"GELU and Swish are smooth, dip below 0 on the left (to {low:.2f} and {swish:.2f}) and approach x on the right."
    )
    return show(figure, alt, "activations")


def two_blocks() -> "HTML":
    """The idea in one picture: the path, and where the norms stand."""
    figure, panels = new_figure(3.6, 1, 2)
    for axes, title, post in ((panels[0], "post-LN (2017)", True), (panels[1], "pre-LN (GPT-2)", False)):
        axes.set_xlim(-1.0, 3.4)
        axes.set_ylim(-0.6, 7.6)
        axes.axis("off")
        axes.set_title(title)
        axes.plot([0, 0], [-0.4, 7.4], color=BLUE, linewidth=3, zorder=0)
        for bottom, name in ((0.3, "attention"), (3.8, "feed-forward")):
            steps = [(1.55, name)] if post else [(0.95, "norm"), (2.05, name)]
            axes.plot(
                [0, 2.0, 2.0, 0],
                [bottom, bottom, bottom + 2.4, bottom + 2.4],
                color=INK,
                linewidth=1,
                zorder=0,
            )
            for y, text in steps:
                box(axes, 2.0, bottom + y - 0.35, text, GREEN if text == "norm" else GREY)
            axes.text(
                0,
                bottom + 2.4,
                "+",
                ha="center",
                va="center",
                bbox={"boxstyle": "circle,pad=0.15", "facecolor": PAPER, "edgecolor": BLUE},
                color=INK,
            )
            if post:
                box(axes, 0, bottom + 3.05, "norm", GREEN)
    alt = (
        "Two blocks, each with a line from bottom to top, the residual path, from which two branches lead through attention and through the "
        "feed-forward network and come back to a plus. Left, post-LN: a norm stands in the path behind each plus. "
        "Right, pre-LN: the norms stand at the beginning of the branches, and nothing but the pluses stands in the path."
    )
    return show(figure, alt, "two-blocks")


def box(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """A labelled box."""
    axes.text(
        x, y, text, ha="center", va="center", fontsize=9, color=INK,
        bbox={"boxstyle": "round,pad=0.25", "facecolor": PAPER, "edgecolor": colour, "linewidth": 1.6},
    )  # fmt: skip
