"""The figures of lesson 08, each drawn from numbers that it computes or that a stated command measured."""

import json
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from torch import Tensor

from seq2gpt import widgets
from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.run.letter_game import LookBack, from_the_page

if TYPE_CHECKING:
    from IPython.display import HTML

MEASURED = Path(__file__).with_name("measured.json")
WEIGHTS = Path(widgets.__file__).with_name("heads_weights.json")
LETTERS = "abcdefghijkl"
COLOURS = (BLUE, ORANGE, GREEN, GREY)


def shipped_model(n_heads: int) -> LookBack:
    """The model that the widget computes with."""
    return from_the_page(json.loads(WEIGHTS.read_text(encoding="utf-8")), n_heads)


def ids_of(text: str, alphabet: str) -> Tensor:
    return torch.tensor([[alphabet.index(letter) for letter in text]])


@torch.no_grad()
def mixtures(models: dict[int, LookBack], text: str = "hfaclbgked") -> "HTML":
    """The idea in one picture: one mixture for each head. Where the last position of a row looks."""
    figure, panels = new_figure(3.4, len(models), 1)
    told = []
    for axes, (n_heads, model) in zip(panels, models.items(), strict=True):
        weights = model.look(ids_of(text, LETTERS))[1][0, :, -1]
        axes.set_xlim(-0.6, len(text) - 0.4)
        axes.set_ylim(-0.75, 1.75)
        axes.axis("off")
        axes.set_title(f"{n_heads} head{'s' * (n_heads > 1)}", loc="left")
        for i, letter in enumerate(text):
            asking = i == len(text) - 1
            frame = {"boxstyle": "round,pad=0.3", "facecolor": "none", "edgecolor": INK if asking else GREY}
            axes.text(i, 0, letter, ha="center", va="center", bbox=frame)
        for head, row in enumerate(weights.tolist()):
            arcs(axes, row, COLOURS[head])
            best = sorted(range(len(row)), key=row.__getitem__)[-1]
            told.append(
                f"{n_heads} head{'s' * (n_heads > 1)}, head {head}: {row[best]:.2f} on {text[best]}, {len(text) - 1 - best} back"
            )
    alt = f"A row of letters, {' '.join(text)}, twice; from the last letter lines run to where its heads look, as thick as the weight. {'; '.join(told)}."
    return show(figure, alt, "mixtures")


def arcs(axes: Axes, row: list[float], colour: str) -> None:
    """A line from the last position to each one before, as thick as its weight, with the larger weights written."""
    last = len(row) - 1
    for i, weight in enumerate(row[:-1]):
        if weight > 0.05:
            line = {
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.6 + 5 * weight,
                "connectionstyle": "arc3,rad=0.45",
            }
            axes.annotate("", xy=(i, 0.3), xytext=(last, 0.3), arrowprops=line)
            axes.text(i, -0.6, f"{weight:.2f}", ha="center", va="center", color=colour, fontsize=9.5)


def pieces() -> "HTML":
    """Split and merge: 3 positions of width 4, cut for 2 heads and joined again."""
    figure, axes = new_figure(2.5)
    axes.set_xlim(-0.3, 14.8)
    axes.set_ylim(-0.9, 4.6)
    axes.axis("off")
    for left, title in (
        (0, "x: 3 × 4"),
        (4.9, "split: 2 × 3 × 2"),
        (10.6, "merged: 3 × 4"),
    ):
        axes.text(left, 4.1, title, ha="left", va="center")
        for position in range(3):
            for feature in range(4):
                head, offset = divmod(feature, 2)
                apart = left == 4.9
                x = left + (offset + 1.5 * head * apart if apart else feature)
                x += head * 1.0 if apart else 0
                y = 2.6 - position
                cell = {"facecolor": COLOURS[head], "alpha": 0.28, "edgecolor": INK, "linewidth": 0.8}
                axes.add_patch(rectangle(x, y, **cell))
                axes.text(
                    x + 0.45,
                    y + 0.45,
                    str(4 * position + feature + 1),
                    ha="center",
                    va="center",
                    fontsize=9.5,
                )
    axes.text(5.8, 0.15, "head 0", ha="center", va="center", color=BLUE)
    axes.text(8.3, 0.15, "head 1", ha="center", va="center", color=ORANGE)
    axes.text(0, 0.15, "one row a position", ha="left", va="center")
    axes.text(10.6, 0.15, "the same as before", ha="left", va="center")
    alt = (
        "Three tables of the numbers 1 to 12. Left: x, three positions in rows, four features each. Middle: head 0 has the features "
        "0 and 1 of every position, 1 2, 5 6, 9 10; head 1 has the features 2 and 3, 3 4, 7 8, 11 12. Right: merged again, as on the left."
    )
    return show(figure, alt, "pieces")


def rectangle(x: float, y: float, **style: object):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), 0.9, 0.9, **style)


@torch.no_grad()
def maps(text: str = "name that letter") -> "HTML":
    """Where each of four heads looks, from every letter of a text."""
    model = shipped_model(4)
    alphabet = " abcdefghijklmnopqrstuvwxyz"
    weights = model.look(ids_of(text, alphabet))[1][0]
    figure, panels = new_figure(5.6, 2, 2)
    told = []
    for head, axes in enumerate(panels.flat):
        axes.imshow(weights[head], cmap="Blues", vmin=0, vmax=1)
        names = [letter.replace(" ", "␣") for letter in text]
        axes.set_xticks(range(len(text)), names, fontsize=7.5)
        axes.set_yticks(range(len(text)), names, fontsize=7.5)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_title(f"head {head}")
        back = max(range(1, 6), key=lambda d: weights[head].diagonal(-d)[5 - d :].mean().item())
        told.append(
            f"head {head} {back} back with mean weight {weights[head].diagonal(-back)[5 - back :].mean():.2f}"
        )
    alt = f"Four maps of attention weights over the text “{text}”, queries in rows, keys in columns; each shows one dark diagonal: {', '.join(told)}."
    return show(figure, alt, "maps")


def right_by_heads() -> "HTML":
    """Letters right by the number of heads, at the same number of parameters."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    numbers = [int(n) for n in measured]
    means, spreads = [mean(v) for v in measured.values()], [stdev(v) for v in measured.values()]
    figure, axes = new_figure(2.8)
    axes.errorbar(numbers, means, spreads, fmt="o-", markersize=4, capsize=3, color=BLUE)
    axes.axhline(100 / 12, color=GREY, linewidth=1, linestyle=":")
    axes.text(numbers[0], 11, "guessing", color=INK)
    axes.set_xscale("log", base=2)
    axes.set_xticks(numbers, [str(n) for n in numbers])
    axes.set_ylim(0, 104)
    axes.set_xlabel("number of heads, d_model = 32")
    axes.set_ylabel("letters right, %")
    alt = "Letters right against the number of heads, mean and spread over three seeds: " + "; ".join(
        f"{n}: {m:.1f} ± {s:.1f} %" for n, m, s in zip(numbers, means, spreads, strict=True)
    )
    return show(figure, alt + ".", "right")
