"""The figures of lesson 06, each drawn from what a model computed."""

import json
import statistics
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2gpt import widgets
from seq2gpt.data.translation import Pair
from seq2gpt.figures import BLUE, GREY, INK, ORANGE, new_figure, show
from seq2gpt.run.lookback import where_it_looks
from seq2gpt.run.translation import Task
from seq2gpt.seq2seq import Seq2Seq

if TYPE_CHECKING:
    from IPython.display import HTML

HERE = Path(__file__).parent
WIDGETS = Path(widgets.__file__).parent
NAMES = {"none": "no attention", "additive": "additive", "general": "general", "dot": "dot"}


@cache
def measured() -> dict[str, Any]:
    """What four models reached from three seeds, written by ``python -m seq2gpt.run.lookback``."""
    return json.loads((HERE / "measured.json").read_text(encoding="utf-8"))


@cache
def stated() -> dict[str, list[float]]:
    """What the lab's decoder reached from three seeds, written by ``python -m seq2gpt.run.stated alignment``."""
    return json.loads((HERE / "stated.json").read_text(encoding="utf-8"))


def spread(values: list[float]) -> str:
    """Mean ± standard deviation."""
    return f"{statistics.mean(values):5.1f} ± {statistics.stdev(values):.1f}"


def crossing(model: Seq2Seq, task: Task, pair: Pair) -> "HTML":
    """The idea in one picture: source words above, target words below, a line for every weight."""
    (weights,) = where_it_looks(model, task, [pair])
    source, target = pair.source.split(), pair.target.split()
    figure, axes = new_figure(3.0)
    axes.axis("off")
    axes.set_xlim(-0.5, len(source) - 0.5)
    axes.set_ylim(-0.25, 1.25)
    places = [(i + 0.5) * len(source) / len(target) - 0.5 for i in range(len(target))]
    for i, row in enumerate(weights):
        for j, weight in enumerate(row):
            if weight >= 0.03:
                axes.plot(
                    [places[i], j],
                    [0.12, 0.88],
                    color=BLUE,
                    linewidth=0.5 + 6 * weight,
                    alpha=0.25 + 0.7 * weight,
                )
    for j, word in enumerate(source):
        axes.text(j, 1.0, word, ha="center", va="center", color=INK, fontsize=9)
    for i, word in enumerate(target):
        axes.text(places[i], 0.0, word, ha="center", va="center", color=ORANGE, fontsize=9)
    strongest = (
        f"{word} to {source[row.index(max(row))]}" for word, row in zip(target, weights, strict=True)
    )
    alt = f"English words above, German words below, joined by lines as thick as their weights. Strongest: {', '.join(strongest)}."
    return show(figure, alt, "crossing")


def bleu_by_length() -> "HTML":
    """The bottleneck and its removal: BLEU against the length of the source."""
    lengths, runs = measured()["lengths"], measured()["runs"]
    figure, axes = new_figure(3.0)
    told = []
    for name, colour in zip(NAMES, (ORANGE, BLUE, GREY, INK), strict=True):
        columns = [[run[name]["lengths"][group]["BLEU"] for run in runs] for group in range(len(lengths))]
        means = [statistics.mean(column) for column in columns]
        axes.errorbar(
            range(len(lengths)), means, [statistics.stdev(column) for column in columns], marker="o", markersize=3,
            capsize=3, color=colour, label=NAMES[name], linestyle="-" if name in ("none", "additive") else ":",
        )  # fmt: skip
        told.append(f"{NAMES[name]} {', '.join(f'{mean:.0f}' for mean in means)}")
    axes.set_xticks(range(len(lengths)), [f"{first}–{last}" for first, last in lengths])
    axes.set_xlabel("words of the English number")
    axes.set_ylabel("BLEU")
    axes.set_ylim(0, 104)
    axes.legend(labelcolor=INK, loc="lower left")
    alt = f"BLEU for sources of {', '.join(f'{a} to {b}' for a, b in lengths)} words, mean of three seeds: {'; '.join(told)}."
    return show(figure, alt, "bleu-by-length")


def three_maps(sentence: int = 3) -> "HTML":
    """The same pair through three trained models; a frame marks the true word."""
    shown = json.loads((WIDGETS / "alignments.json").read_text(encoding="utf-8"))
    pair = shown["sentences"][sentence]
    figure, panels = new_figure(8.4, 3, 1)
    told = []
    for axes, (name, maps) in zip(panels, shown["maps"].items(), strict=True):
        weights = maps[-1][sentence]
        axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for i, row in enumerate(weights):
            for j, weight in enumerate(row):
                if weight >= 0.05:
                    colour = "white" if weight > 0.55 else "#223344"
                    axes.text(j, i, f"{weight:.1f}", ha="center", va="center", fontsize=7, color=colour)
            if pair["truth"][i] is not None:
                axes.plot(pair["truth"][i], i, "s", markersize=13, fillstyle="none", color=ORANGE)
        axes.set_xticks(
            range(len(pair["source"])), pair["source"], rotation=40, ha="right", rotation_mode="anchor"
        )
        axes.set_yticks(range(len(pair["target"])), pair["target"])
        axes.set_title(name)
        axes.tick_params(length=0)
        hits = [
            row.index(max(row)) == true
            for row, true in zip(weights, pair["truth"], strict=True)
            if true is not None
        ]
        told.append(f"{name}: {sum(hits)} of {len(hits)}")
    alt = (
        f"Three tables of weights, German words in rows, English ones in columns, a frame around the true word. "
        f"German words whose strongest weight lies in the frame: {'; '.join(told)}."
    )
    return show(figure, alt, "three-maps")
