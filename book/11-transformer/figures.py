"""The figures and the table of lesson 11, drawn from numbers that they compute or that a stated command measured."""

import html
import json
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.run.translators import BINS
from seq2gpt.transformer import noam_learning_rate

if TYPE_CHECKING:
    from IPython.display import HTML, Markdown

MEASURED = Path(__file__).with_name("measured.json")
NAMES = ("RNN", "RNN with attention", "Transformer")
COLOURS = (GREY, ORANGE, BLUE)
ROWS = (
    "BLEU", "BLEU, shortest third", "BLEU, longest third", "perplexity, teacher-forced", "perplexity, free-running",
)  # fmt: skip


def measured() -> dict[str, Any]:
    """What ``python -m seq2gpt.run.rungs`` wrote."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def spread(values: list[float], digits: int) -> str:
    """Mean and standard deviation."""
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


# ── the picture of the two stacks ────────────────────────────────────────────────────────────────


def box(axes: Axes, x: float, y: float, text: str, colour: str, width: float = 3.6) -> None:
    patch = FancyBboxPatch(
        (x - width / 2, y - 0.27), width, 0.54, boxstyle="round,pad=0.03", facecolor=colour, alpha=0.25, edgecolor=INK
    )  # fmt: skip
    axes.add_patch(patch)
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5)


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = INK, bend: str = ""
) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=style | ({"connectionstyle": bend} if bend else {}))


def stacks() -> "HTML":
    """Encoder and decoder side by side, joined by cross-attention."""
    figure, axes = new_figure(5.0)
    axes.set_xlim(-0.2, 10.2)
    axes.set_ylim(-0.5, 8.6)
    axes.axis("off")
    left, right = 2.1, 7.8
    for x, parts in (
        (left, (("self-attention", GREEN), ("feed-forward", GREY))),
        (right, (("masked self-attention", GREEN), ("cross-attention", ORANGE), ("feed-forward", GREY))),
    ):
        for place, (name, colour) in enumerate(parts):
            box(axes, x, 2.6 + place, name, colour)
            if place > 0:
                arrow(axes, (x, 1.93 + place), (x, 2.28 + place))
        top = 2.6 + len(parts) - 1
        axes.add_patch(
            FancyBboxPatch((x - 2.05, 2.15), 4.1, top - 1.75, boxstyle="round,pad=0.05", fill=False, edgecolor=GREY, linestyle="--")
        )  # fmt: skip
        arrow(axes, (x, top + 0.33), (x, 5.65))
        box(axes, x, 0.7, "embedding · √d + code", BLUE)
        arrow(axes, (x, 1.0), (x, 2.28))
        arrow(axes, (x, 0.05), (x, 0.4))
        box(axes, x, 5.95, "norm", GREY)
    axes.text(left, -0.2, "twenty one", ha="center", va="center")
    axes.text(right, -0.2, "<bos> ein und", ha="center", va="center")
    axes.text(left - 2.15, 4.2, "N layers", ha="left", va="bottom", fontsize=9)
    axes.text(right + 2.15, 5.1, "N layers", ha="right", va="bottom", fontsize=9)
    axes.text(left, 6.75, "memory", ha="center", va="center", color=ORANGE)
    arrow(axes, (left, 6.27), (left, 6.5))
    arrow(axes, (left + 0.75, 6.75), (right - 1.85, 3.65), ORANGE, "arc3,rad=-0.15")
    arrow(axes, (right, 6.27), (right, 6.62))
    box(axes, right, 6.95, "head: logits", BLUE)
    arrow(axes, (right, 7.27), (right, 7.7))
    axes.text(right, 8.0, "zwanzig", ha="center", va="center")
    axes.text(left, 8.4, "encoder", ha="center", va="center", fontweight="bold")
    axes.text(right, 8.45, "decoder", ha="center", va="center", fontweight="bold")
    alt = (
        "Two columns side by side. Left, the encoder: the words twenty one, embedding plus code, N layers of self-attention and "
        "feed-forward network, a norm; its result is the memory. Right, the decoder: the words <bos> ein und, embedding plus code, N layers of "
        "masked self-attention, cross-attention and feed-forward network, a norm, the head that gives logits, and the next word, zwanzig. "
        "An arrow leads from the memory to the cross-attention in the decoder's layers."
    )
    return show(figure, alt, "stacks")


# ── the learning rate ────────────────────────────────────────────────────────────────────────────


def rates() -> "HTML":
    """The learning rate of the paper, for its base model and with other widths and warm-ups."""
    figure, axes = new_figure(2.7)
    steps = range(1, 20_001, 50)
    told = []
    for (d_model, n_warmup), colour in zip(
        ((512, 4000), (512, 8000), (1024, 4000)), (BLUE, ORANGE, GREEN), strict=True
    ):
        values = [1e4 * noam_learning_rate(step, d_model, n_warmup) for step in steps]
        axes.plot(steps, values, color=colour, label=f"d_model = {d_model}, warm-up {n_warmup}")
        peak = 1e4 * noam_learning_rate(n_warmup, d_model, n_warmup)
        told.append(f"width {d_model} and warm-up {n_warmup}: peak {peak:.1f} at step {n_warmup}")
    axes.set_xlabel("step")
    axes.set_ylabel("learning rate · 10⁴")
    axes.set_ylim(0)
    axes.legend(fontsize=9)
    alt = f"Three learning rates that rise in a straight line and fall with the inverse root of the step; {'; '.join(told)} (times 10⁻⁴)."
    return show(figure, alt, "rates")


# ── the ladder ───────────────────────────────────────────────────────────────────────────────────


def values_of(name: str, row: str) -> list[float]:
    """One figure of one model, a value for each seed."""
    return [run[name][row] for run in measured()["ladder"]]


def table(caption: str, header: list[str], rows: list[list[str]]) -> "HTML":
    """A table of the page; the first entry of a row names it."""
    from IPython.display import HTML

    head = "".join(f'<th scope="col" style="text-align:right">{html.escape(name)}</th>' for name in header)
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:normal">{html.escape(name)}</th>'
        + "".join(f'<td style="text-align:right">{html.escape(value)}</td>' for value in values)
        + "</tr>"
        for name, *values in rows
    )
    return HTML(
        f'<div style="overflow-x:auto" tabindex="0" role="group" aria-label="{html.escape(caption)}">'
        f'<table class="table"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def ladder_table() -> "HTML":
    """What the three models reach, mean ± standard deviation over the seeds."""
    rows = [
        [row, *(spread(values_of(name, row), 1 if "BLEU" in row else 3) for name in NAMES)] for row in ROWS
    ]
    rows.append(["parameters", *(f"{values_of(name, 'parameters')[0]:,.0f}" for name in NAMES)])
    rows.append(["seconds of one CPU thread", *(spread(values_of(name, "CPU seconds"), 0) for name in NAMES)])
    return table("Mean ± standard deviation of three seeds", list(NAMES), rows)


def ladder() -> "HTML":
    """BLEU of the three models by the length of the source."""
    figure, axes = new_figure(3.0)
    places, told = range(len(BINS)), []
    for shift, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True)):
        runs = [[group["BLEU"] for group in run[name]["lengths"]] for run in measured()["ladder"]]
        columns = list(zip(*runs, strict=True))
        means, spreads = [mean(c) for c in columns], [stdev(c) for c in columns]
        x = [place + 0.08 * (shift - 1) for place in places]
        axes.errorbar(x, means, spreads, fmt="o-", markersize=4, capsize=3, color=colour, label=name)
        told.append(
            f"{name}: " + ", ".join(f"{m:.1f} ± {s:.1f}" for m, s in zip(means, spreads, strict=True))
        )
    axes.set_xticks(places, [f"{first}–{last}" for first, last in BINS])
    axes.set_ylim(0, 107)
    axes.set_xlabel("words of the source")
    axes.set_ylabel("BLEU")
    axes.legend(loc="lower left", fontsize=9.5)
    alt = (
        "BLEU by the number of words of the source, from the shortest group to the longest, mean and spread over three seeds. "
        + "; ".join(told)
    )
    return show(figure, alt + ".", "ladder")


def what_the_ladder_says() -> "Markdown":
    """The ladder's figures in three sentences, each number from the file."""
    from IPython.display import Markdown

    longest = {name: [run[name]["lengths"][-1]["BLEU"] for run in measured()["ladder"]] for name in NAMES}
    rnn, attention, transformer = NAMES
    free, forced = "perplexity, free-running", "perplexity, teacher-forced"
    return Markdown(
        f"Read it row by row. The RNN's BLEU falls from {spread(values_of(rnn, ROWS[1]), 1)} in the third with the shortest sources to "
        f"{spread(values_of(rnn, ROWS[2]), 1)} in the third with the longest, and to {spread(longest[rnn], 1)} for the longest numbers of all. "
        f"With attention it is {spread(longest[attention], 1)} there, and with the Transformer {spread(longest[transformer], 1)}. "
        f"Free running costs the RNN much: its perplexity rises from {mean(values_of(rnn, forced)):.2f} to {mean(values_of(rnn, free)):.2f} when it reads its own "
        f"words, that of the Transformer from {mean(values_of(transformer, forced)):.3f} to {mean(values_of(transformer, free)):.3f}."
    )


def parts_table() -> "HTML":
    """The Transformer of the ladder with one part missing or changed, mean ± standard deviation over the seeds."""
    runs = measured()["parts"]
    columns = ("BLEU", "perplexity, teacher-forced", "perplexity, free-running")
    rows = []
    for name in runs[0]:
        values = [[run[name][column] for run in runs] for column in columns]
        rows.append([name, spread(values[0], 1), *(spread(v, 3 if mean(v) < 10 else 0) for v in values[1:])])
    return table("Mean ± standard deviation of three seeds", list(columns), rows)
