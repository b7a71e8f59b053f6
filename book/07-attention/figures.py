"""The figures of lesson 07, each drawn from numbers that it computes."""

import math
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from torch import Tensor

from seq2gpt.attention import (
    attention_flops,
    causal_mask,
    combine_masks,
    project_qkv,
    scaled_dot_product_attention,
    softmax,
)
from seq2gpt.figures import BLUE, GREY, INK, ORANGE, new_figure, show
from seq2gpt.run.recall import Recall, table

if TYPE_CHECKING:
    from IPython.display import HTML

CARDS = [("Ana", "tea"), ("Ben", "milk"), ("Cleo", "rice"), ("Ben", "?")]
DOWN = ("Ben", "rum")


def card_names(cards: list[tuple[str, str]]) -> list[str]:
    return [f"{who} {what}" for who, what in cards]


def lookup(recall: Recall) -> "HTML":
    """The idea in one picture: one query meets every key, and takes from each value its share."""
    _, weights = scaled_dot_product_attention(*project_qkv(table(CARDS), *recall.weights))
    share = weights[-1].tolist()
    figure, axes = new_figure(2.7)
    axes.set_xlim(-0.2, 3.2)
    axes.set_ylim(-0.55, 2.3)
    axes.axis("off")
    for i, (name, weight) in enumerate(zip(card_names(CARDS), share, strict=True)):
        asking = i == len(CARDS) - 1
        frame = {
            "boxstyle": "round,pad=0.45",
            "facecolor": "none",
            "edgecolor": ORANGE if asking else GREY,
            "linewidth": 1.4,
        }
        axes.text(i, 0, name, ha="center", va="center", bbox=frame)
        axes.annotate(
            "",
            xy=(i, 0.28),
            xytext=(1.5, 1.62),
            arrowprops={
                "arrowstyle": "-",
                "color": BLUE,
                "linewidth": 0.6 + 9 * weight,
                "alpha": 0.35 + 0.65 * weight,
                "shrinkA": 0,
            },
        )
        axes.text(i, -0.42, f"{weight:.2f}", ha="center", va="center", color=BLUE)
    frame = {"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": ORANGE, "linewidth": 1.4}
    axes.text(1.5, 1.9, "query of “Ben ?”", ha="center", va="center", bbox=frame)
    best = max(range(len(share)), key=share.__getitem__)
    alt = (
        f"The query of the card Ben ? is joined to every card by a line as thick as its weight: "
        f"{', '.join(f'{n} {w:.2f}' for n, w in zip(card_names(CARDS), share, strict=True))}. "
        f"The thickest line goes to {card_names(CARDS)[best]}."
    )
    return show(figure, alt, "lookup")


def spread_of_scores() -> "HTML":
    """Why the divisor is √d_k: how scores spread with their width, and what softmax makes of it."""
    generator = torch.Generator().manual_seed(0)
    widths = [2**i for i in range(10)]
    spreads, peaks = {"q·k": [], "q·k / √d_k": []}, {"q·k": [], "q·k / √d_k": []}
    for d_k in widths:
        queries, keys = (torch.randn(2000, m, d_k, generator=generator) for m in (1, 8))
        scores = (queries @ keys.transpose(-2, -1))[:, 0]
        for name, scaled in (("q·k", scores), ("q·k / √d_k", scores / math.sqrt(d_k))):
            spreads[name].append(scaled.std().item())
            peaks[name].append(softmax(scaled).amax(-1).mean().item())
    figure, (left, right) = new_figure(2.9, 1, 2)
    for axes, series, title in (
        (left, spreads, "spread of the scores"),
        (right, peaks, "largest of 8 weights"),
    ):
        for (name, values), colour in zip(series.items(), (ORANGE, BLUE), strict=True):
            axes.plot(widths, values, "o-", markersize=3, color=colour, label=name)
        axes.set_xscale("log", base=2)
        axes.set_xlabel("width $d_k$")
        axes.set_title(title)
    left.set_yscale("log", base=2)
    right.set_ylim(0, 1.03)
    left.legend(loc="upper left", labelcolor=INK)
    alt = (
        f"Two panels over the width d_k from 1 to 512. Left: the standard deviation of q·k grows to {spreads['q·k'][-1]:.1f}, "
        f"after division by the root of d_k it stays at {spreads['q·k / √d_k'][-1]:.2f}. Right: the largest of eight softmax "
        f"weights grows to {peaks['q·k'][-1]:.2f} without the division and stays near {peaks['q·k / √d_k'][-1]:.2f} with it."
    )
    return show(figure, alt, "spread")


def heat_map(axes: Axes, weights: Tensor, names: list[str], title: str) -> None:
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(weights.tolist()):
        for j, weight in enumerate(row):
            text = f"{weight:.2f}" if weight > 0 else "–"
            axes.text(
                j,
                i,
                text,
                ha="center",
                va="center",
                fontsize=8.5,
                color="white" if weight > 0.55 else "#223344",
            )
    axes.set_xticks(range(len(names)), names, rotation=55, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_title(title)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)


def masks_at_work(recall: Recall) -> "HTML":
    """The same five cards without a mask, with the causal mask, and with the face-down card hidden too."""
    cards = [*CARDS[:3], DOWN, CARDS[3]]
    names = card_names(cards)
    names[3] += " ↓"
    face_up = torch.tensor([True, True, True, False, True])
    causal = causal_mask(len(cards))
    figure, panels = new_figure(8.6, 3, 1)
    rows = []
    for axes, mask, title in zip(
        panels,
        (None, causal, combine_masks(causal, face_up)),
        ("no mask", "causal mask", "causal and padding mask"),
        strict=True,
    ):
        _, weights = scaled_dot_product_attention(*project_qkv(table(cards), *recall.weights), mask)
        heat_map(axes, weights, names, title)
        rows.append(
            f"{title}: " + ", ".join(f"{n} {w:.2f}" for n, w in zip(names, weights[-1].tolist(), strict=True))
        )
    alt = f"Three tables of attention weights, queries in rows, keys in columns. Weights of the question: {'; '.join(rows)}."
    return show(figure, alt, "masks")


def cost_by_length(d_model: int = 768) -> "HTML":
    """Which part of the work grows how: projections with the length, pairs with its square."""
    lengths = [2**i for i in range(7, 16)]
    projections, pairs = zip(*(attention_flops(n, d_model) for n in lengths), strict=True)
    figure, axes = new_figure(2.9)
    axes.plot(lengths, [f / 1e9 for f in projections], "o-", markersize=3, label="four projections")
    axes.plot(lengths, [f / 1e9 for f in pairs], "o-", markersize=3, label="pairs of positions")
    axes.axvline(2 * d_model, color=GREY, linewidth=1, linestyle=":")
    axes.text(2 * d_model * 1.1, 0.3, f"n = 2·{d_model}", color=INK)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("length n")
    axes.set_ylabel("GFLOP, one layer")
    axes.legend(labelcolor=INK)
    alt = (
        f"Operations of one layer of width {d_model} against the length, both axes logarithmic. The projections grow in "
        f"proportion, from {projections[0] / 1e9:.1f} to {projections[-1] / 1e9:.0f} GFLOP; the pairs grow with the square, from "
        f"{pairs[0] / 1e9:.2f} to {pairs[-1] / 1e9:.0f} GFLOP. The lines cross at length {2 * d_model}."
    )
    return show(figure, alt, "cost")
