"""The figures of lesson 05, each drawn from numbers that it computes or that a stated command measured."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes

from seq2gpt.data.translation import ENGLISH
from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.seq2seq import BOS, EOS
from seq2gpt.widgets.number_model import NumberModel

if TYPE_CHECKING:
    from IPython.display import HTML

HERE = Path(__file__).parent
GERMAN = {english: german for german, english in reversed(ENGLISH.items())} | {"and": "und"}
EXAMPLE = "five hundred and forty eight", "fünf hundert acht und vierzig"


def word_by_word(text: str) -> str:
    """A translation by dictionary: each English word replaced by its German one, in place."""
    return " ".join(GERMAN[word] for word in text.split())


def one_reads_one_writes() -> "HTML":
    """The idea in one picture: a row of states that reads, one state that crosses over, a row that writes."""
    figure, axes = new_figure(2.9)
    axes.set_xlim(-0.6, 6.6)
    axes.set_ylim(-1.45, 1.75)
    axes.axis("off")
    read, written = ["thirty", "four"], ["<bos>", "vier", "und", "dreißig"]
    for place, word in enumerate(read):
        _box(axes, place, "state", BLUE)
        _arrow(axes, (place, -0.75), (place, -0.3), GREY)
        axes.text(place, -1.0, word, ha="center", va="center")
    _arrow(axes, (0.37, 0), (0.63, 0), BLUE)
    _arrow(axes, (1.37, 0), (2.63, 0), ORANGE, width=2.4)
    axes.text(2, 0.28, "context", ha="center", va="center", color=ORANGE)
    for place, word in enumerate(written, start=3):
        _box(axes, place, "state", GREEN)
        _arrow(axes, (place, -0.75), (place, -0.3), GREY)
        axes.text(place, -1.0, word, ha="center", va="center", color=INK)
        following = [*written[1:], "<eos>"][place - 3]
        _arrow(axes, (place, 0.3), (place, 0.75), GREY)
        axes.text(place, 1.0, following, ha="center", va="center", weight="bold")
        if place < 6:
            _arrow(axes, (place + 0.37, 0), (place + 0.63, 0), GREEN)
            _arrow(axes, (place + 0.25, 0.88), (place + 0.75, -0.85), GREY, dashed=True)
    axes.text(0.5, 1.5, "encoder reads", ha="center", color=BLUE)
    axes.text(4.5, 1.5, "decoder writes", ha="center", color=GREEN)
    alt = (
        "Two boxes of the encoder read thirty and four, one after the other. From the second an arrow called context "
        "leads to the decoder. Its four boxes read <bos>, vier, und, dreißig and write vier, und, dreißig, <eos>; a "
        "dashed line carries each word written to the input of the next box."
    )
    return show(figure, alt, "reads-writes")


def _box(axes: Axes, place: float, text: str, colour: str) -> None:
    frame = {"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": colour, "linewidth": 1.6}
    axes.text(place, 0, text, ha="center", va="center", bbox=frame)


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    width: float = 1.3,
    dashed: bool = False,
) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=style | ({"linestyle": ":"} if dashed else {}))


def teacher_against_free(small: NumberModel) -> "HTML":
    """How probable the right word is at each place: after the right words, and after the model's own."""
    source, target = EXAMPLE
    right = [*small.target_ids(target), EOS]
    names = [*target.split(), "<eos>"]
    forced, free, own = right_word_probabilities(small, source, right)
    figure, axes = new_figure(2.9)
    places = range(len(right))
    axes.bar([place - 0.2 for place in places], forced, 0.38, color=BLUE, label="reads the right words")
    axes.bar([place + 0.2 for place in places], free, 0.38, color=ORANGE, label="reads its own words")
    labels = [f"{name}\n({word})" if word != name else name for name, word in zip(names, own, strict=True)]
    axes.set_xticks(list(places), labels)
    axes.set_ylim(0, 1.28)
    axes.set_yticks([0, 0.5, 1])
    axes.set_ylabel("P of the right word")
    axes.set_title(source, pad=4)
    axes.legend(loc="upper right", ncols=2, fontsize=9, frameon=False, labelcolor=INK)
    alt = (
        f"Two bars for each word of {target}: how probable the model finds it. Reading the right words: "
        f"{', '.join(f'{name} {p:.2f}' for name, p in zip(names, forced, strict=True))}. Reading its own words: "
        f"{', '.join(f'{name} {p:.2f}' for name, p in zip(names, free, strict=True))}. "
        f"On its own it wrote: {' '.join(own)}."
    )
    return show(figure, alt, "teacher-free")


@torch.no_grad()
def right_word_probabilities(
    small: NumberModel, source: str, right: list[int]
) -> tuple[list[float], list[float], list[str]]:
    """P of each right word with teacher forcing and free running, and the words of the free run."""
    ids = torch.tensor([small.source_ids(source)])
    start = small.model.encode(ids, torch.ones_like(ids, dtype=torch.bool))
    logits, _ = small.model.decode(torch.tensor([[BOS, *right[:-1]]]), start)
    forced = logits[0].softmax(-1)[range(len(right)), right].tolist()
    free, own, state, last = [], [], start, BOS
    for token in right:
        logits, state = small.model.decode(torch.tensor([[last]]), state)
        free.append(logits[0, 0].softmax(-1)[token].item())
        last = int(logits[0, 0].argmax())
        own.append(small.target_words[last])
    return forced, free, own


def bleu_by_length() -> "HTML":
    """BLEU of the first rung against the length of its source, from the file that a stated command writes."""
    measured = json.loads((HERE / "bottleneck.json").read_text(encoding="utf-8"))
    groups, mean, sd = measured["words"], measured["mean"], measured["sd"]
    middles = [(first + last) / 2 for first, last in groups]
    figure, axes = new_figure(2.9)
    axes.errorbar(middles, mean, yerr=sd, fmt="o-", color=BLUE, markersize=4, capsize=3)
    axes.set_xticks(middles, [f"{first}–{last}" for first, last in groups])
    axes.set_ylim(0, 104)
    axes.set_xlabel("words of the source")
    axes.set_ylabel("BLEU")
    axes.set_title("One state of 128 numbers, mean ± sd of three seeds")
    alt = "BLEU falls with the length of the source. " + "; ".join(
        f"{first} to {last} words: {m:.0f} ± {s:.0f}"
        for (first, last), m, s in zip(groups, mean, sd, strict=True)
    )
    return show(figure, alt + ".", "bleu-length")
