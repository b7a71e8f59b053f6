"""The figures of lesson 13, each drawn from numbers that it computes."""

from typing import TYPE_CHECKING

import torch

from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.gpt import GPT, GPTConfig, count_parameters
from seq2gpt.heads import count_attention_parameters

if TYPE_CHECKING:
    from IPython.display import HTML

PUBLISHED = {"small": (12, 768, 12), "medium": (24, 1024, 16), "large": (36, 1280, 20), "XL": (48, 1600, 25)}
"""Layers, width and heads of the four sizes of GPT-2."""


def gpt2(size: str) -> GPTConfig:
    """The configuration of a published size."""
    n_layers, d_model, n_heads = PUBLISHED[size]
    return GPTConfig(
        vocab_size=50257, context_length=1024, d_model=d_model, n_heads=n_heads, n_layers=n_layers
    )


def one_stack() -> "HTML":
    """The idea in one picture: the parts from ids to logits, with the shapes between them."""
    parts = [
        ("ids", "n", GREY), ("token embedding E", "n × d", BLUE), ("+ positions P", "n × d", BLUE),
        ("block 1: masked attention, feed-forward", "n × d", ORANGE), ("block 2", "n × d", ORANGE), ("…", "", ORANGE),
        ("block L", "n × d", ORANGE), ("last norm", "n × d", GREY), ("head: E once more", "n × V", BLUE),
    ]  # fmt: skip
    figure, axes = new_figure(4.3)
    for height, (name, shape, colour) in enumerate(parts):
        axes.barh(height, 4.4, 0.62, color=colour, alpha=0.25, edgecolor=colour)
        axes.text(2.2, height, name, ha="center", va="center", color=INK, fontsize=10)
        if height < len(parts) - 1:
            axes.annotate(
                "", (2.2, height + 0.67), (2.2, height + 0.33), arrowprops={"arrowstyle": "->", "color": INK}
            )
        axes.text(4.55, height, shape, ha="left", va="center", color=INK, fontsize=9.5)
    axes.annotate(
        "", (-0.25, 8), (-0.25, 1),
        arrowprops={"arrowstyle": "<->", "color": BLUE, "connectionstyle": "bar,fraction=-0.06"},
    )  # fmt: skip
    axes.text(-0.85, 4.5, "one matrix", rotation=90, ha="center", va="center", color=INK, fontsize=9.5)
    axes.set_xlim(-1.1, 5.6)
    axes.set_ylim(-0.5, len(parts) - 0.4)
    axes.set_axis_off()
    alt = (
        "A single stack, read from below: "
        + ", ".join(name for name, _, _ in parts)
        + (
            ". The states are n by d between the parts, the logits n by V. The token embedding and the head are joined: they are one matrix. "
            "There is no second stack and no cross-attention."
        )
    )
    return show(figure, alt, "one-stack")


@torch.no_grad()
def sizes_along_the_path(scaled: bool, n_layers: int = 24, seed: int = 0) -> list[float]:
    """The spread of what the blocks of a fresh model have added to the residual path, after every sub-layer."""
    torch.manual_seed(seed)
    model = GPT(GPTConfig(vocab_size=101, context_length=64, d_model=128, n_heads=4, n_layers=n_layers))
    if not scaled:
        for name, parameter in model.named_parameters():
            if name.endswith(("w_o.weight", "w_out.weight")):
                parameter *= (2 * n_layers) ** 0.5
    start = x = model.positions(model.token_embedding(torch.randint(101, (4, 64))))
    found = []
    for block in model.blocks:
        x = x + block.attention(block.norm_1(x), causal=True)
        found.append((x - start).std().item())
        x = x + block.feed_forward(block.norm_2(x))
        found.append((x - start).std().item())
    return found


def residual_growth() -> "HTML":
    """How much has been added to the residual path, with all matrices drawn alike and with GPT-2's rule."""
    figure, axes = new_figure(3.1)
    told = []
    for scaled, name, colour in (
        (False, "all matrices 0.02", ORANGE),
        (True, "what writes: 0.02 / √(2L)", BLUE),
    ):
        found = sizes_along_the_path(scaled)
        axes.plot(range(1, len(found) + 1), found, color=colour, label=name)
        told.append(f"{name}: {found[0]:.4f} after the first sub-layer, {found[-1]:.4f} after the last")
    axes.axhline(0.02 * 2**0.5, color=GREY, linewidth=1, linestyle=":")
    axes.text(3, 0.02 * 2**0.5 * 1.1, "spread of the start, h₀", color=INK, fontsize=9)
    axes.set_yscale("log")
    axes.set_xlabel("sub-layers of a fresh model of 24 blocks")
    axes.set_ylabel("spread of what was added")
    axes.legend(loc="lower right", fontsize=9)
    return show(
        figure,
        "Spread of what has been added to the residual path, on a logarithmic scale. "
        + "; ".join(told)
        + ".",
        "growth",
    )


def shares(size: str) -> dict[str, float]:
    """Where the parameters of a published size are, in per cent."""
    config = gpt2(size)
    d, layers = config.d_model, config.n_layers
    counts = {
        "token embedding": config.vocab_size * d,
        "positions": config.context_length * d,
        "attention": layers * count_attention_parameters(d, config.n_heads),
        "feed-forward": layers * (8 * d * d + 5 * d),
        "norms": layers * 4 * d + 2 * d,
    }
    assert sum(counts.values()) == count_parameters(config)
    return {name: 100 * count / count_parameters(config) for name, count in counts.items()}


def where_the_numbers_are() -> "HTML":
    """The shares of the parts in the four published sizes."""
    figure, axes = new_figure(2.7)
    colours = {"token embedding": BLUE, "positions": GREY, "attention": GREEN, "feed-forward": ORANGE, "norms": INK}  # fmt: skip
    told = []
    for row, size in enumerate(PUBLISHED):
        left, found = 0.0, shares(size)
        for name, share in found.items():
            axes.barh(
                row, share, 0.66, left=left, color=colours[name], label=name if row == 0 else None, alpha=0.85
            )
            if share > 6:
                axes.text(
                    left + share / 2,
                    row,
                    f"{share:.0f}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="#101418",
                )
            left += share
        told.append(f"{size}: " + ", ".join(f"{name} {share:.1f}" for name, share in found.items()))
    names = [f"{size}, {count_parameters(gpt2(size)) / 1e6:,.0f} M" for size in PUBLISHED]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(3.5, -0.5)
    axes.set_xlabel("share of all parameters, %")
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.3), ncols=3, fontsize=8.5)
    return show(figure, "Shares of the parameters in per cent. " + "; ".join(told) + ".", "shares")
