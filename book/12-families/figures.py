"""The figures of lesson 12, each drawn from numbers that it computes or that a stated command measured."""

from statistics import mean, stdev
from typing import TYPE_CHECKING

import torch

from seq2gpt.attention import causal_mask
from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.run import cloze
from seq2gpt.run.cloze import FIRST_GAP, PLACE_NAMES, limits, measured
from seq2gpt.widgets.cloze_models import READERS, load_reader

if TYPE_CHECKING:
    from IPython.display import HTML

WORDS = ["an", "old", "dog", "barks", "in", "the", "garden"]
PREFIX = 4
NAMES = {
    "causal": "causal, left side", "causal, search": "causal, both sides by search", "masked": "masked", "spans": "spans",
}  # fmt: skip
COLOURS = {"causal": ORANGE, "causal, search": GREY, "masked": BLUE, "spans": GREEN}


def who_sees_whom() -> "HTML":
    """The idea in one picture: three masks, a row for each position that looks."""
    n = len(WORDS)
    prefix = causal_mask(n)
    prefix[:, :PREFIX] = True
    tables = {
        "encoder (BERT)": torch.ones(n, n, dtype=torch.bool),
        "decoder (GPT)": causal_mask(n),
        "prefix + decoder": prefix,
    }
    figure, panels = new_figure(2.5, 1, 3)
    for axes, (title, allowed) in zip(panels, tables.items(), strict=True):
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlim(-0.5, n - 0.5)
        axes.set_ylim(n - 0.5, -0.5)
        axes.set_aspect("equal")
        for i in range(n):
            for j in range(n):
                filled = bool(allowed[i, j])
                axes.scatter(
                    j, i, s=62, marker="s", color=BLUE if filled else "none", edgecolors=BLUE if filled else GREY,
                    linewidths=0.7,
                )  # fmt: skip
        axes.set_xticks(range(n), WORDS, rotation=90, fontsize=8.5)
        axes.set_yticks(range(n), WORDS if axes is panels[0] else [""] * n, fontsize=8.5)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    counts = ", ".join(f"{title} {int(allowed.sum())}" for title, allowed in tables.items())
    alt = (
        f"Three tables of {n} by {n} words; a filled square says that the row's position sees the column's. In the first all are "
        f"filled; in the second those on and below the diagonal; in the third also all of the first {PREFIX} columns. Filled: {counts}."
    )
    return show(figure, alt, "masks")


def right_by_steps() -> "HTML":
    """Gaps filled right against the number of training steps, and the two limits."""
    figure, axes = new_figure(3.4)
    told = []
    for reader, name in NAMES.items():
        found = measured()[reader]
        steps, values = [int(n) for n in found], list(found.values())
        means, spreads = [mean(v) for v in values], [stdev(v) for v in values]
        axes.errorbar(
            steps, means, spreads, fmt="o-", markersize=4, capsize=3, color=COLOURS[reader], label=name
        )
        told.append(f"{name}: " + ", ".join(f"{m:.1f} after {n}" for n, m in zip(steps, means, strict=True)))
    for both, name in ((False, "best from left"), (True, "best from both")):
        best = limits(both)[FIRST_GAP:].mean().item()
        axes.axhline(best, color=INK, linewidth=1, linestyle=":")
        axes.text(1.15 * steps[-1], best + 1, name, color=INK, fontsize=9)
        told.append(f"the best there can be, reading {'both sides' if both else 'the left side'}: {best:.1f}")
    axes.set_xscale("log", base=2)
    axes.set_xticks(steps, [str(n) for n in steps])
    axes.set_xlim(0.85 * steps[0], 2.9 * steps[-1])
    axes.set_ylim(0, 84)
    axes.set_xlabel("training steps")
    axes.set_ylabel("gaps filled right, %")
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    return show(
        figure, "Gaps filled right, in per cent, against training steps. " + "; ".join(told) + ".", "by-steps"
    )


def right_by_place() -> "HTML":
    """Where in the sentence each of the widget's two models is right, beside the best there can be."""
    figure, axes = new_figure(3.2)
    places = range(FIRST_GAP, len(PLACE_NAMES))
    told = []
    for shift, kind in ((-0.2, "masked"), (0.2, "causal")):
        found = cloze.right_by_place(load_reader(kind))
        axes.bar([place + shift for place in places], found, 0.38, color=COLOURS[kind], label=NAMES[kind])
        best = limits(kind == "masked")[FIRST_GAP:].tolist()
        label = "the best there can be" if kind == READERS[-1] else None
        axes.scatter(
            [place + shift for place in places], best, marker="_", s=110, color=INK, label=label, zorder=3
        )
        told.append(
            f"{NAMES[kind]}: "
            + ", ".join(f"{PLACE_NAMES[place]} {f:.0f}" for place, f in zip(places, found, strict=True))
        )
    axes.set_xticks(list(places), [PLACE_NAMES[place] for place in places], rotation=40, ha="right")
    axes.set_ylim(0, 118)
    axes.set_ylabel("filled right, %")
    axes.legend(loc="upper left", ncols=3, frameon=False, fontsize=9)
    return show(figure, "Gaps filled right by place, in per cent. " + "; ".join(told) + ".", "by-place")
