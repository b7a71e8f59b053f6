"""The figures of lesson 09, each drawn from numbers that it computes."""

from typing import TYPE_CHECKING

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from seq2gpt.attention import scaled_dot_product_attention
from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.heads import split_heads
from seq2gpt.positions import apply_rotary, frequencies
from seq2gpt.run.order_game import LETTERS, OrderModel, rights

if TYPE_CHECKING:
    from IPython.display import HTML

COLOURS = {"none": GREY, "sinusoidal": BLUE, "learned": ORANGE, "rotary": GREEN}


def strip(axes: Axes, numbers: list[float], left: float, bottom: float) -> None:
    """A vector as a row of cells: blue for positive numbers, orange for negative ones, stronger the larger."""
    for i, number in enumerate(numbers):
        colour = BLUE if number > 0 else ORANGE
        cell = {"facecolor": colour, "alpha": min(abs(number), 1.0) * 0.75, "edgecolor": "none"}
        axes.add_patch(Rectangle((left + 0.42 * i, bottom), 0.42, 0.42, **cell))
    axes.add_patch(
        Rectangle((left, bottom), 0.42 * len(numbers), 0.42, facecolor="none", edgecolor=INK, linewidth=0.8)
    )


def two_orders() -> "HTML":
    """The idea in one picture: what each word of a sentence takes from all of them, in two orders."""
    torch.manual_seed(1)
    x = dict(zip(("Ana", "calls", "Ben"), torch.randn(3, 4), strict=True))
    figure, panels = new_figure(2.5, 1, 2)
    told = []
    for axes, words in zip(panels, (("Ana", "calls", "Ben"), ("Ben", "calls", "Ana")), strict=True):
        states = torch.stack([x[word] for word in words])
        found = scaled_dot_product_attention(states, states, states)[0]
        axes.set_xlim(-0.35, 6.5)
        axes.set_ylim(-1.15, 3.1)
        axes.axis("off")
        for i, word in enumerate(words):
            axes.text(0.84 + 2.2 * i, 2.85, word, ha="center", va="center")
            strip(axes, states[i].tolist(), 2.2 * i, 2.0)
            strip(axes, found[i].tolist(), 2.2 * i, -0.9)
            axes.annotate(
                "",
                (0.84 + 2.2 * i, -0.4),
                (0.84 + 2.2 * i, 0.35),
                arrowprops={"arrowstyle": "->", "color": INK},
            )
            axes.annotate(
                "",
                (0.84 + 2.2 * i, 1.15),
                (0.84 + 2.2 * i, 1.9),
                arrowprops={"arrowstyle": "->", "color": INK},
            )
        axes.add_patch(Rectangle((-0.05, 0.38), 6.2, 0.75, facecolor="none", edgecolor=INK, linewidth=0.8))
        axes.text(3.05, 0.75, "attention", ha="center", va="center")
        numbers = ", ".join(f"{number:.2f}" for number in found[1].tolist())
        told.append(f"in {' '.join(words)}, “calls” gets ({numbers})")
    alt = (
        "Three words, each with a vector of four numbers, go through attention, twice: once as Ana calls Ben, once as Ben "
        f"calls Ana. Each word gets the same result in both orders; {'; '.join(told)}."
    )
    return show(figure, alt, "orders")


def hands(n: int = 8, d_model: int = 8) -> "HTML":
    """Every pair of features as the hand of a clock, at the positions 0, 1, 2, …"""
    omegas = frequencies(d_model)
    figure, axes = new_figure(3.0)
    axes.set_aspect("equal")
    axes.set_xlim(-2.0, 2.3 * n - 0.9)
    axes.set_ylim(-2.3 * len(omegas) + 0.9, 2.0)
    axes.axis("off")
    for p in range(n):
        axes.text(2.3 * p, 1.5, str(p), ha="center", va="center")
        for i, omega in enumerate(omegas.tolist()):
            angle = torch.tensor(p * omega)
            x, y = 2.3 * p, -2.3 * i
            axes.add_patch(Circle((x, y), 1, facecolor="none", edgecolor=GREY, linewidth=0.8))
            # The sine is the first feature: a hand that starts at twelve and turns clockwise.
            axes.plot([x, x + angle.sin()], [y, y + angle.cos()], color=(BLUE, ORANGE, GREEN, INK)[i % 4])
    for i in range(len(omegas)):
        axes.text(-1.4, -2.3 * i, f"pair {i}", ha="right", va="center")
    alt = (
        f"A grid of clocks, a column for each position 0 to {n - 1}, a row for each of {len(omegas)} pairs. The hand of pair 0 turns by 1 "
        f"radian a position, that of pair 1 by {omegas[1]:.2g}, of pair 2 by {omegas[2]:.2g}, of pair 3 by {omegas[3]:.2g}: it hardly moves."
    )
    return show(figure, alt, "hands")


def beyond(models: dict[str, OrderModel], trained: int = 16, times: int = 4) -> "HTML":
    """Letters right at every place of rows longer than in training."""
    figure, axes = new_figure(2.9)
    told = []
    for scheme, model in models.items():
        shares = rights(model, LETTERS, times * trained)
        axes.plot(range(1, times * trained), shares, color=COLOURS[scheme], label=scheme)
        told.append(
            f"{scheme}: {shares[: trained - 1].mean():.0f} % up to there, {shares[trained - 1 :].mean():.0f} % beyond"
        )
    axes.axvline(trained - 0.5, color=INK, linewidth=1, linestyle=":")
    axes.text(trained, 107, "never seen in training", va="center")
    axes.set_ylim(0, 112)
    axes.set_xlabel("position")
    axes.set_ylabel("letters right, %")
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.46, 1.0), fontsize=9, columnspacing=1.1)
    alt = f"Letters right at each place of rows of {times * trained}; in training the last place was {trained - 1}. {'; '.join(told)}."
    return show(figure, alt, "beyond")


@torch.no_grad()
def scores_by_distance(model: OrderModel, longest: int) -> Tensor:
    """The mean score of a key 0, 1, … ``longest`` − 1 places back in a model with rotary positions and one head."""
    ids, _ = LETTERS.draw(100, longest, torch.Generator().manual_seed(0))
    x, layer = model.embedding(ids), model.attention
    query, key = (apply_rotary(split_heads(w(x), 1)) for w in (layer.w_q, layer.w_k))
    scores = (query @ key.mT / x.shape[-1] ** 0.5).mean((0, 1))
    return torch.stack([scores.diagonal(-distance).mean() for distance in range(longest)])


def distances(model: OrderModel, trained: int = 16, longest: int = 128) -> "HTML":
    """Which distances score high, inside the trained range and beyond."""
    scores = scores_by_distance(model, longest)
    figure, axes = new_figure(2.6)
    axes.plot(scores, color=GREEN)
    axes.axvline(trained - 0.5, color=INK, linewidth=1, linestyle=":")
    axes.text(trained + 0.5, scores.max() + 2.2, "distances never seen in training", va="center")
    inside = trained + int(
        scores[trained : 4 * trained].argmax()
    )  # of the distances in a row four times as long
    second = trained + int(scores[trained:].argmax())
    for distance in (1, inside, second):
        axes.annotate(
            str(distance),
            (distance, scores[distance].item()),
            (6, -2),
            textcoords="offset points",
            va="center",
        )
        axes.plot(distance, scores[distance], "o", color=ORANGE, markersize=5)
    axes.set_ylim(scores.min() - 1, scores.max() + 3.5)
    axes.set_xlabel("how many places back the key stands")
    axes.set_ylabel("mean score")
    alt = (
        f"The mean score of a key by its distance, 0 to {longest - 1} back, goes up and down. One place back it is {scores[1]:.1f}; of the "
        f"distances beyond {trained - 1}, which training never showed, {second} is highest with {scores[second]:.1f}, and {inside} is highest of those up to {4 * trained - 1} with {scores[inside]:.1f}."
    )
    return show(figure, alt, "distances")
