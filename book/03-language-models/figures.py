"""The figures of lesson 03, each drawn from numbers that it computes or that a stated command measured."""

from statistics import mean, stdev
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt.figures import BLUE, GREY, INK, ORANGE, new_figure, show
from seq2gpt.language_models import bigram_counts, bigram_model
from seq2gpt.run.names import Names, measured, one_text
from seq2gpt.run.stated import LONGEST_GRAM
from seq2gpt.tokens import CharTokenizer, build_char_vocab

if TYPE_CHECKING:
    from IPython.display import HTML

TOY = ["ana", "nan", "anna"]


def toy_model(smoothing: float = 0.0) -> tuple[CharTokenizer, Float[Tensor, "3 3"]]:
    """Three names of two letters, and the bigram model counted in them."""
    text = one_text(TOY)
    tokenizer = CharTokenizer(build_char_vocab(text))
    counts = bigram_counts(torch.tensor(tokenizer.encode(text)), tokenizer.vocab_size)
    return tokenizer, bigram_model(counts, smoothing)


def chain(name: str = "ana") -> "HTML":
    """The idea in one picture: at every place the letter before says what may follow, and one of these comes true."""
    tokenizer, model = toy_model()
    text = one_text([name])
    figure, panels = new_figure(2.3, 1, len(text) - 1, sharey=True)
    told, product = [], 1.0
    for axes, before, after in zip(panels, text, text[1:], strict=False):
        row = model[tokenizer.encode(before)[0]].tolist()
        product *= row[tokenizer.encode(after)[0]]
        colours = [ORANGE if symbol == after else BLUE for symbol in tokenizer.symbols]
        bars = axes.bar(tokenizer.symbols, row, color=colours)
        axes.bar_label(bars, [f"{p:.2f}" for p in row], fontsize=9, padding=1)
        axes.set_title(f"after  {before}", fontsize=11)
        axes.set_ylim(0, 0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=0)
        told.append(f"after {before} comes {after} with {row[tokenizer.encode(after)[0]]:.2f}")
    panels[0].set_ylabel("what follows?")
    figure.supxlabel(f"p({text[1:]}) = product of the orange bars = {product:.3f}", fontsize=10.5, color=INK)
    alt = (
        f"Four small bar charts, one for each step of {text}. Each shows what may follow the symbol before: a full stop, a, or n. The "
        f"bar of the symbol that does follow is orange: {'; '.join(told)}. The product of these is {product:.3f}."
    )
    return show(figure, alt, "chain")


def table(names: Names, counts: Tensor) -> "HTML":
    """What follows what in the names: a square for each pair, the larger the more probable."""
    model = bigram_model(counts, 0.0)
    symbols = names.tokenizer.symbols
    figure, axes = new_figure(4.9)
    rows, columns = torch.nonzero(model > 0, as_tuple=True)
    axes.scatter(columns, rows, s=160 * model[rows, columns], marker="s", color=BLUE, linewidths=0)
    axes.set_xlim(-0.7, len(symbols) - 0.3)
    axes.set_ylim(len(symbols) - 0.3, -0.7)
    axes.set_aspect("equal")
    axes.set_xticks(range(len(symbols)), symbols, fontsize=9)
    axes.set_yticks(range(len(symbols)), symbols, fontsize=9)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("… comes this one")
    axes.set_ylabel("after this symbol …")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    best = model.max(-1)
    top = best.values.topk(3)
    likely = ", ".join(
        f"after {symbols[row]} comes {symbols[int(best.indices[row])]} with {p:.2f}"
        for row, p in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    )
    alt = (
        f"A table of {len(symbols)} by {len(symbols)} symbols; the area of a square is the probability that the column's symbol follows "
        f"the row's. {int((counts == 0).sum())} places are empty. The largest squares: {likely}."
    )
    return show(figure, alt, "table")


def by_context() -> "HTML":
    """Perplexity on training names and on held-out names, by how many symbols the model looks at."""
    found, lengths = measured(), range(1, LONGEST_GRAM + 1)
    figure, panels = new_figure(2.9, 1, 2, sharey=True)
    told = []
    for axes, names, title in zip(
        panels, ("few", "many"), ("learned from 303 names", "learned from 28,830"), strict=True
    ):
        for text, colour, line in (("training", GREY, "--"), ("held out", ORANGE, "-")):
            values = [found[f"{names} names, {n}-grams, {text}"] for n in lengths]
            axes.errorbar(lengths, [mean(v) for v in values], [stdev(v) for v in values], color=colour, linestyle=line, marker="o", markersize=4, label=text)  # fmt: skip
            told.append(f"{title}, {text}: {', '.join(f'{mean(v):.1f}' for v in values)}")
        axes.set_title(title)
        axes.set_xlabel("$n$")
        axes.set_xticks(list(lengths))
        axes.set_ylim(0, 21)
    panels[0].set_ylabel("perplexity")
    panels[1].legend(labelcolor=INK, frameon=False)
    alt = (
        f"Two panels, perplexity for n from 1 to {LONGEST_GRAM}. {'. '.join(told)}. On the training names the perplexity falls with n; on "
        "held-out names it falls and then rises again, later where there are more names."
    )
    return show(figure, alt, "by-context")
