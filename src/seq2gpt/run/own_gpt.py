"""Lesson 13 at work: a GPT made of its parts, yours or the course's, given another's weights, and trained on a text.

``python -m seq2gpt.run.own_gpt`` measures what the chapter and the lab state: losses of the course's own parts from
three seeds, on Shakespeare as well where ``SEQ2GPT_DATA`` is set, and the logits that transformers computes, which
must be installed for that. It takes half a minute and writes ``gpt_measured.json``.
"""

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt import gpt as reference
from seq2gpt.data.corpus import python_texts
from seq2gpt.data.sets import load_tinyshakespeare
from seq2gpt.gpt2_layout import config_of, tensors_of
from seq2gpt.run.demos.loop import fit
from seq2gpt.run.demos.text import CharText, as_characters, held_out_loss
from seq2gpt.training import get_batch
from seq2gpt.widgets.walkthrough_model import CONFIG, encode, load_walkthrough_model

CONTEXT_LENGTH, N_STEPS, BATCH, LR = 32, 400, 16, 3e-3
TEXT = "dabe=eba"
FILE = Path(__file__).with_name("gpt_measured.json")
TINY = {name: getattr(CONFIG, name) for name in ("vocab_size", "context_length", "d_model", "n_heads", "n_layers", "d_ff")}  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """What lesson 13 builds: the reference's parts, or a student's own."""

    config: Callable[..., Any] = reference.GPTConfig
    gpt: Callable[..., Any] = reference.GPT
    load: Callable[[Any, Mapping[str, Tensor]], None] = reference.load_gpt2_state_dict
    loss: Callable[..., Float[Tensor, ""]] = reference.next_token_loss


def published_weights() -> dict[str, Tensor]:
    """The weights of the widget's trained model under the names, and in the shapes, of the published GPT-2."""
    return tensors_of(load_walkthrough_model())


@torch.no_grad()
def own_logits(parts: Parts | None = None) -> Float[Tensor, "n vocab_size"]:
    """The logits of :data:`TEXT`, by a model that has loaded :func:`published_weights`."""
    parts = parts or Parts()
    model = parts.gpt(parts.config(**TINY))
    parts.load(model, published_weights())
    return model.eval()(torch.tensor([encode(TEXT)]))[0]


@torch.no_grad()
def logits_of_transformers() -> Float[Tensor, "n vocab_size"] | None:
    """The same by transformers' GPT-2 with the same weights; ``None`` where the package is not installed."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ModuleNotFoundError:
        return None
    model = GPT2LMHeadModel(GPT2Config(**config_of(load_walkthrough_model()))).eval()
    model.load_state_dict(published_weights(), strict=False)  # the head is tied and has no tensor of its own
    return model(torch.tensor([encode(TEXT)])).logits[0]


def measured() -> dict[str, Any]:
    """What :func:`measure` found, as it is stored."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def farthest_from_transformers(logits: Float[Tensor, "n vocab_size"]) -> tuple[float, str]:
    """The largest difference to the logits of transformers, and whether those were computed here or are the stored ones."""
    theirs = logits_of_transformers()
    where = "computed here" if theirs is not None else "stored; transformers is not installed here"
    if theirs is None:
        theirs = torch.tensor(measured()["logits of transformers"])
    return (logits - theirs).abs().max().item(), where


def open_text() -> CharText:
    """Characters of the texts that come with Python; where ``SEQ2GPT_DATA`` names a folder, of Shakespeare."""
    real = os.environ.get("SEQ2GPT_DATA")
    return as_characters(load_tinyshakespeare() if real else python_texts(), CONTEXT_LENGTH)


def train_gpt(parts: Parts | None = None, seed: int = 0) -> tuple[Any, dict[str, float]]:
    """A small GPT trained on characters, and its loss on held-out text before and after, in nats per character."""
    parts, text = parts or Parts(), open_text()
    torch.manual_seed(seed)
    model = parts.gpt(
        parts.config(
            vocab_size=text.tokenizer.vocab_size, context_length=CONTEXT_LENGTH, d_model=64, n_heads=4, n_layers=2
        )
    )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> Float[Tensor, ""]:
        inputs, targets = get_batch(text.training, BATCH, CONTEXT_LENGTH, generator)
        return parts.loss(model(inputs), targets)

    measure = partial(held_out_loss, model, text.held_out, CONTEXT_LENGTH)
    figures = {"equal odds": math.log(text.tokenizer.vocab_size), "before": measure()}
    fit(model.parameters(), loss, N_STEPS, LR, progress=False)
    return model.eval(), figures | {"after": measure()}


def expected() -> tuple[float, float, float]:
    """Loss after training by the course's own parts: this lab's seed, and mean and standard deviation over three."""
    found = [
        row["after"] for row in measured()["tinyshakespeare" if os.environ.get("SEQ2GPT_DATA") else "course"]
    ]
    return found[0], mean(found), stdev(found)


def measure(seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, Any]:
    """What chapter and lab state."""
    logits = logits_of_transformers()
    if logits is None:
        raise SystemExit("the stored logits are transformers' own: pip install transformers")
    found: dict[str, Any] = {"logits of transformers": logits.tolist()}
    real = os.environ.pop("SEQ2GPT_DATA", "")
    for name, folder in (("course", ""), ("tinyshakespeare", real)):
        if folder or name == "course":
            os.environ.update({"SEQ2GPT_DATA": folder} if folder else {})
            found[name] = [train_gpt(seed=seed)[1] for seed in seeds]
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
