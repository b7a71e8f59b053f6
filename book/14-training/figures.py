"""The figures of lesson 14, each drawn from numbers that it computes or that a stated command measured."""

import html
import json
import re
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.run.demos import expected_figures
from seq2gpt.run.own_training import Run, batch_of
from seq2gpt.run.presets import LOSS, PRESETS
from seq2gpt.training import cosine_schedule, next_token_loss, orthogonalize, trapezoid_schedule

if TYPE_CHECKING:
    from IPython.display import HTML

MEASURED = Path(__file__).with_name("measured.json")
STATED = re.compile(r"takes ([\d.]+ \w+) of one busy CPU core and reaches\s+([\d.]+) nats per character")


def measured() -> dict[str, Any]:
    """What ``python -m seq2gpt.run.own_training`` wrote."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def spread(values: list[float]) -> str:
    """Mean and standard deviation over seeds."""
    return f"{mean(values):.2f} ± {stdev(values):.2f}"


def gradients_of(run: Run) -> dict[str, Tensor]:
    """The gradient of every parameter on the first batch."""
    inputs, targets = batch_of(run, 0)
    run.model.zero_grad()
    next_token_loss(run.model(inputs), targets).backward()
    found = {name: p.grad.clone() for name, p in run.model.named_parameters()}
    run.model.zero_grad()
    return found


def step_sizes(run: Run) -> "HTML":
    """The idea in one picture: how far a typical number of each parameter moves, with SGD and with Adam."""
    gradients = gradients_of(run)
    sizes = sorted((g.square().mean().sqrt().item(), name) for name, g in gradients.items() if g.any())
    figure, axes = new_figure(3.0)
    places = range(len(sizes))
    axes.plot(
        places, [size / sizes[-1][0] for size, _ in sizes], "o", markersize=4, color=ORANGE, label="SGD"
    )
    axes.plot(places, [1] * len(sizes), "s", markersize=3, color=BLUE, label="Adam, first step")
    axes.set_yscale("log")
    axes.set_xlabel("the parameters of the model, by the size of their gradient")
    axes.set_ylabel("size of the step")
    axes.set_xticks([])
    axes.legend(loc="lower right")
    alt = (
        f"For each of {len(sizes)} parameters of a fresh GPT a dot for SGD and a square for Adam. The squares all lie at the same height. "
        f"The dots rise from {sizes[0][0] / sizes[-1][0]:.1g} at {sizes[0][1]} to 1 at {sizes[-1][1]}."
    )
    return show(figure, alt, "steps")


def schedules(n_steps: int = 300, n_warmup: int = 30, lr: float = 1.0) -> "HTML":
    """Cosine and trapezoid, step by step."""
    figure, axes = new_figure(2.5)
    told = []
    for name, schedule, colour in (
        ("cosine", cosine_schedule, BLUE),
        ("trapezoid", trapezoid_schedule, ORANGE),
    ):
        rates = [
            schedule(t, n_steps=n_steps, n_warmup=n_warmup, lr=lr, lr_min=0.0) for t in range(n_steps + 1)
        ]
        axes.plot(rates, color=colour, label=name)
        told.append(f"{name}: " + ", ".join(f"{rates[t]:.2f} at {t}" for t in (0, 30, 100, 165, 240, 300)))
    axes.set_xlabel("step")
    axes.set_ylabel("rate / lr")
    axes.legend(loc="lower left", bbox_to_anchor=(0.15, 0.05))
    alt = f"Learning rate against step, with a warm-up of {n_warmup} of {n_steps} steps. {'; '.join(told)}."
    return show(figure, alt, "schedules")


def singular_values(run: Run, name: str = "blocks.0.feed_forward.w_in.weight") -> "HTML":
    """What Newton–Schulz makes of the singular values of a real gradient."""
    gradient = gradients_of(run)[name]
    before = torch.linalg.svdvals(gradient)
    after = torch.linalg.svdvals(orthogonalize(gradient))
    figure, axes = new_figure(2.7)
    axes.plot((before / before[0]).tolist(), color=ORANGE, label="gradient, largest = 1")
    axes.plot(after.tolist(), color=BLUE, label="after five steps")
    axes.set_yscale("log")
    axes.set_xlabel("singular values, the largest first")
    axes.legend(loc="lower left")
    alt = (
        f"The {len(before)} singular values of a gradient fall from 1 to {(before[-1] / before[0]).item():.1g}; after "
        f"five steps of Newton–Schulz they lie between {after.min():.2f} and {after.max():.2f}."
    )
    return show(figure, alt, "singular")


SHOWN = (
    "as it should be",
    "rate too low",
    "rate too high",
    "no warm-up",
    "too little text",
    "targets not shifted",
)


def curves() -> "HTML":
    """Six runs to read: the loss on every fifth batch, and on held-out text."""
    figure, panels = new_figure(5.6, 3, 2, sharex=True)
    told = []
    for axes, name in zip(panels.flat, SHOWN, strict=True):
        run = measured()["curves"][name]
        steps = [5 * i for i in range(len(run["batch"]))]
        axes.plot(steps, run["batch"], color=GREY, linewidth=1)
        held_out = {int(step): loss for step, loss in run["held out"].items()}
        axes.plot(list(held_out), list(held_out.values()), color=BLUE)
        axes.set_title(name, loc="left")
        low, high = min(run["batch"]), max(run["batch"])
        told.append(
            f"{name}: batches from {run['batch'][0]:.1f} to {run['batch'][-1]:.1f}, highest {high:.1f}, lowest {low:.1f}, held out at the end {list(held_out.values())[-1]:.1f}"
        )
    for axes in panels[-1]:
        axes.set_xlabel("step")
    for axes in panels[:, 0]:
        axes.set_ylabel("loss, nats")
    alt = f"Six loss curves, grey on the batches, blue on held-out text. {'; '.join(told)}."
    return show(figure, alt, "curves")


def muon_and_others() -> "HTML":
    """Held-out loss while three optimizers train the same model."""
    figure, axes = new_figure(2.8)
    told = []
    for name, label, colour in (
        ("SGD", "SGD", ORANGE),
        ("as it should be", "AdamW", BLUE),
        ("Muon", "Muon", GREEN),
    ):
        held_out = {int(s): loss for s, loss in measured()["curves"][name]["held out"].items()}
        axes.plot(list(held_out), list(held_out.values()), color=colour, label=label)
        told.append(f"{label} {list(held_out.values())[-1]:.2f}")
    axes.set_xlabel("step")
    axes.set_ylabel("held-out loss, nats")
    axes.legend(loc="upper right")
    axes.tick_params(colors=INK)
    return show(figure, f"Held-out loss against step; after the last step: {', '.join(told)}.", "optimizers")


def stated(preset: str) -> tuple[str, str]:
    """Time and loss that the package states of a preset."""
    found = STATED.search(PRESETS[preset].__doc__ or "")
    assert found is not None
    return found[1], found[2]


def tiers() -> "HTML":
    """What to expect where: command, time, loss; what was not measured says so."""
    lab, unknown = measured()["lab"], "not measured"
    rows = [
        ("two CPU cores", f"lab 14, {name}", f"{run['seconds']:.0f} seconds", spread(run["loss"]))
        for name, run in lab.items()
    ]
    rows.append(
        ("two CPU cores", "seq2gpt train tiny", stated("tiny")[0], spread(measured()["tiny"]["loss"]))
    )
    for preset in ("gpt2", "chars"):
        mean_loss, sd = expected_figures(preset)[LOSS]
        rows.append(
            ("two CPU cores", f"seq2gpt train {preset}", stated(preset)[0], f"{mean_loss:.2f} ± {sd:.2f}")
        )
    rows += [
        ("laptop, no GPU", "seq2gpt train chars", unknown, unknown),
        ("free Colab, T4", "seq2gpt train t4", unknown, unknown),
        ("H100", "seq2gpt train shakespeare", unknown, unknown),
        ("H100", "seq2gpt train gpt2-124m --data SHARDS", unknown, unknown),
    ]
    return table(("where", "what", "time", "held-out loss, nats a character"), rows)


def table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> "HTML":
    from IPython.display import HTML

    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in titles)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return HTML(
        f'<div style="overflow-x:auto" tabindex="0" role="group" aria-label="{html.escape(", ".join(titles))}">'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def gallery() -> "HTML":
    """What the measured runs write."""
    from IPython.display import HTML

    samples = {
        f"lab 14, {name}, {run['loss'][0]:.2f} nats": run["sample"] for name, run in measured()["lab"].items()
    }
    tiny = measured()["tiny"]
    samples |= {f"seq2gpt train tiny, {tiny['loss'][0]:.2f} nats": tiny["sample"]}
    blocks = [
        f"<p><strong>{html.escape(name)}</strong></p><pre>{html.escape(text.strip())}</pre>"
        for name, text in samples.items()
    ]
    return HTML("".join(blocks))
