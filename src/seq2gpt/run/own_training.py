"""Lesson 14 at work: a GPT that the parts of the lesson train, yours or the course's.

``python -m seq2gpt.run.own_training FILE`` measures what chapter and lab promise: the lab's run and the runs whose
curves the chapter reads, from three seeds each; about four minutes of one CPU core. With ``SEQ2GPT_DATA`` set the lab's
run on Shakespeare is measured as well.
"""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Int
from torch import Tensor, nn

from seq2gpt import training as reference
from seq2gpt.data.sets import load_tinyshakespeare
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.muon import muon_groups
from seq2gpt.run.demos.text import CharText, as_characters
from seq2gpt.run.depth import python_texts
from seq2gpt.run.live import LiveCurve
from seq2gpt.run.presets import tiny
from seq2gpt.run.sampler import sample_text
from seq2gpt.run.trainer import train

BETAS, MOMENTUM, ADAMW_SHARE = (0.9, 0.99), 0.9, 0.2


@dataclass(frozen=True)
class Parts:
    """What lesson 14 builds: the reference's functions, or a student's own."""

    get_batch: Callable[..., Any] = reference.get_batch
    adamw_step: Callable[..., None] = reference.adamw_step
    cosine_schedule: Callable[..., float] = reference.cosine_schedule
    orthogonalize: Callable[..., Tensor] = reference.orthogonalize
    train_step: Callable[..., float] = reference.train_step
    state_tensors: Callable[..., dict[str, Tensor]] = reference.state_tensors
    load_state: Callable[..., None] = reference.load_state


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Sizes and settings of a run; the default is the lab's."""

    d_model: int = 96
    n_layers: int = 3
    context_length: int = 64
    batch_size: int = 16
    n_steps: int = 200
    n_warmup: int = 10
    lr: float = 2e-3
    max_norm: float = 1.0
    weight_decay: float = 0.1
    optimizer: Literal["adamw", "muon", "sgd"] = "adamw"
    n_characters: int | None = None
    """Learn from so many characters only."""
    shift: int = 1
    """How many characters after its input a target stands: 1, or there is nothing to learn."""
    seed: int = 0
    parts: Parts = field(default_factory=Parts)


SMALL = Recipe(d_model=64, n_layers=2, context_length=32)
"""The chapter's run: seconds on one core."""
MUON: dict[str, Any] = {"optimizer": "muon", "lr": 0.02}
CURVES: dict[str, dict[str, Any]] = {
    "as it should be": {},
    "rate too low": {"lr": 5e-5},
    "rate too high": {"lr": 0.3},
    "no warm-up": {"lr": 0.02, "n_warmup": 0, "max_norm": 1e9},
    "warm-up": {"lr": 0.02, "n_warmup": 40},
    "too little text": {"n_characters": 2000},
    "targets not shifted": {"shift": 0},
    "SGD": {"optimizer": "sgd", "lr": 0.3},
    "Muon": MUON,
}
"""What differs from :data:`SMALL` in the runs that the chapter reads."""
SEEDS = (0, 1, 2)
EVERY = 25  # steps between two measurements on held-out text


def open_text(context_length: int) -> CharText:
    """The texts that come with Python or, where ``SEQ2GPT_DATA`` is set, tinyshakespeare, as characters."""
    text = load_tinyshakespeare() if os.environ.get("SEQ2GPT_DATA") else python_texts()
    return as_characters(text, context_length)


class OwnOptimizer(torch.optim.Optimizer):
    """AdamW by ``parts.adamw_step``; groups with ``muon=True`` by momentum that ``parts.orthogonalize`` evens out."""

    def __init__(self, groups: list[dict[str, Any]], parts: Parts) -> None:
        self.parts = parts
        super().__init__(groups, {"lr": 0.0, "lr_share": 1.0, "muon": False, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Take one step with the gradients at hand."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    (self._muon if group["muon"] else self._adamw)(parameter, group)

    def _muon(self, parameter: Tensor, group: dict[str, Any]) -> None:
        assert parameter.grad is not None
        state = self.state[parameter]
        state.setdefault("exp_avg", torch.zeros_like(parameter))
        m = state["exp_avg"].mul_(MOMENTUM).add_(parameter.grad)
        direction = self.parts.orthogonalize(parameter.grad + MOMENTUM * m)
        rows, columns = parameter.shape
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.sub_(group["lr"] * max(1.0, rows / columns) ** 0.5 * direction)

    def _adamw(self, parameter: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        self.parts.adamw_step(
            parameter, parameter.grad, state["exp_avg"], state["exp_avg_sq"], int(state["step"]),
            group["lr"] * group["lr_share"], BETAS, 1e-8, group["weight_decay"],
        )  # fmt: skip


def build_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer that ``recipe`` names, of its own parts."""
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), lr=recipe.lr)
    if recipe.optimizer == "muon":
        return OwnOptimizer(muon_groups(model, recipe.weight_decay, ADAMW_SHARE), recipe.parts)
    return OwnOptimizer(reference.decay_groups(model, recipe.weight_decay), recipe.parts)


@dataclass(frozen=True)
class Run:
    """A model in training or trained: its losses on every batch, and on held-out text at some steps, in nats."""

    model: Any
    optimizer: torch.optim.Optimizer
    text: CharText
    recipe: Recipe
    losses: list[float] = field(default_factory=list)
    held_out: dict[int, float] = field(default_factory=dict)

    @property
    def n_steps_done(self) -> int:
        return len(self.losses)

    @torch.no_grad()
    def val_loss(self, n_pieces: int = 1000) -> float:
        """The loss on pieces of held-out text that do not overlap, in nats a character; targets as in training."""
        ids, length = self.text.held_out, self.recipe.context_length
        n = min(n_pieces, (len(ids) - 1) // length)
        inputs, targets = (ids[start : start + n * length].view(n, -1) for start in (0, self.recipe.shift))
        return reference.next_token_loss(self.model.eval()(inputs), targets).item()

    def write(self, n: int = 200, prompt: str = "\n") -> str:
        """What the model writes."""
        return sample_text(self.model.eval(), self.text.tokenizer, prompt, n, seed=self.recipe.seed)


def begin(
    recipe: Recipe = Recipe(), text: CharText | None = None, build: Callable[[GPTConfig], Any] = GPT
) -> Run:
    """A run before its first step; ``build`` makes the model, such as your own GPT of lesson 13."""
    text = text or open_text(recipe.context_length)
    torch.manual_seed(recipe.seed)
    model = build(
        GPTConfig(
            vocab_size=text.tokenizer.vocab_size,
            context_length=recipe.context_length,
            d_model=recipe.d_model,
            n_heads=4,
            n_layers=recipe.n_layers,
        )
    )
    return Run(model, build_optimizer(model, recipe), text, recipe)


def batch_of(run: Run, step: int) -> tuple[Int[Tensor, "batch n"], Int[Tensor, "batch n"]]:
    """The batch of a step: it depends on the seed and on the step alone, so a run that is continued sees the same."""
    recipe = run.recipe
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    ids = run.text.training[: recipe.n_characters]
    inputs, targets = recipe.parts.get_batch(ids, recipe.batch_size, recipe.context_length, generator)
    return inputs, targets if recipe.shift else inputs


def advance(run: Run, until: int, curve: LiveCurve | None = None, every: int | None = None) -> Run:
    """Train on until step ``until``; ``curve`` shows the losses, ``every`` so many steps the held-out text is read."""
    recipe, parts = run.recipe, run.recipe.parts
    for step in range(run.n_steps_done, until):
        lr = parts.cosine_schedule(
            step, n_steps=recipe.n_steps, n_warmup=recipe.n_warmup, lr=recipe.lr, lr_min=0.0
        )
        run.losses.append(
            parts.train_step(run.model, run.optimizer, *batch_of(run, step), lr, recipe.max_norm)
        )
        if curve:
            curve.add(run.losses[-1])
        if every and (step + 1) % every == 0:
            run.held_out[step + 1] = run.val_loss(n_pieces=100)
            run.model.train()
    return run


def continued(run: Run, build: Callable[[GPTConfig], Any] = GPT) -> Run:
    """The same run in a fresh model and a fresh optimizer, from what ``state_tensors`` stored of it."""
    parts = run.recipe.parts
    stored = {name: tensor.clone() for name, tensor in parts.state_tensors(run.model, run.optimizer).items()}
    fresh = begin(replace(run.recipe, seed=run.recipe.seed + 1), run.text, build)
    parts.load_state(fresh.model, fresh.optimizer, run.n_steps_done, stored)
    return Run(fresh.model, fresh.optimizer, run.text, run.recipe, list(run.losses), dict(run.held_out))


def train_gpt(
    recipe: Recipe = Recipe(),
    text: CharText | None = None,
    build: Callable[[GPTConfig], Any] = GPT,
    live: bool = False,
) -> Run:
    """A whole run; with ``live`` its loss curve grows in the notebook."""
    run = begin(recipe, text, build)
    return advance(run, recipe.n_steps, LiveCurve(recipe.n_steps) if live else None)


# ── what chapter and lab promise ─────────────────────────────────────────────────────────────────


def measure_lab(text: CharText) -> dict[str, Any]:
    """The lab's two runs, three seeds each: held-out loss, seconds of one core, a sample of the first."""
    found: dict[str, Any] = {}
    kinds: dict[str, dict[str, Any]] = {"AdamW": {}, "Muon": MUON}
    for name, changes in kinds.items():
        started, losses, sample = time.process_time(), [], ""
        for seed in SEEDS:
            run = train_gpt(replace(Recipe(), seed=seed, **changes), text)
            losses.append(round(run.val_loss(), 4))
            sample = sample or run.write()
            print("lab", name, losses, flush=True)
        seconds = (time.process_time() - started) / len(SEEDS)
        found[name] = {"loss": losses, "seconds": round(seconds, 1), "sample": sample}
    return found


def measure_curves(text: CharText) -> dict[str, Any]:
    """The chapter's runs: the losses of the first seed, thinned out, and the held-out losses of all."""
    found: dict[str, Any] = {}
    for name, changes in CURVES.items():
        runs = []
        for seed in SEEDS:
            run = begin(replace(SMALL, seed=seed, **changes), text)
            runs.append(advance(run, SMALL.n_steps, every=EVERY if seed == SEEDS[0] else None))
        found[name] = {
            "batch": [round(loss, 3) for loss in runs[0].losses[::5]],
            "held out": {str(step): round(loss, 3) for step, loss in runs[0].held_out.items()},
            "loss": [round(run.val_loss(), 4) for run in runs],
        }
        print(name, found[name]["loss"], flush=True)
    return found


def measure_tiny() -> dict[str, Any]:
    """What ``seq2gpt train tiny --seed N`` reaches, and a sample of the first seed."""
    with tempfile.TemporaryDirectory() as out:
        runs = [
            train(replace(tiny(), out=Path(out), name=f"tiny-{s}", seed=s), progress=False) for s in SEEDS
        ]
    return {"loss": [round(run.val_loss, 4) for run in runs], "sample": runs[0].sample[:200]}


def main(file: Path) -> None:
    """Measure, and write after each part; without the data, what is known of Shakespeare stays."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    real = os.environ.pop("SEQ2GPT_DATA", "")
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "curves": lambda: measure_curves(open_text(SMALL.context_length)),
        "lab": lambda: measure_lab(open_text(Recipe().context_length)),
        "tiny": measure_tiny,
    }
    if real:
        parts["lab, tinyshakespeare"] = parts["lab"]
    for name, measure in parts.items():
        if "tinyshakespeare" in name:
            os.environ["SEQ2GPT_DATA"] = real
        known |= {"python": platform.python_version(), name: measure()}
        file.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
