"""Presets: configurations with a name, and what to expect of them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from seq2gpt.run.config import TrainConfig

LOSS = "loss on held-out text, nats"  # what is measured of a preset; the figures stand with those of the demonstrations


def chars() -> TrainConfig:
    """A GPT of 0.8 million parameters that reads characters (the default).

    ``seq2gpt train chars`` takes 3.1 minutes of one busy CPU core and reaches 1.32 nats per character
    on held-out text of the embedded corpus (Python 3.11). It has the modern layout and is trained by Muon.
    """
    return TrainConfig(
        name="chars",
        layout="modern",
        optimizer="muon",
        schedule="trapezoid",
        context_length=128,
        batch_size=12,
        n_steps=900,
        n_warmup=45,
        lr=0.02,
    )


def gpt2() -> TrainConfig:
    """The same size in the layout of GPT-2, trained by AdamW along a cosine, to compare.

    ``seq2gpt train gpt2`` takes 4 minutes of one busy CPU core and reaches 1.67 nats per character on
    held-out text of the embedded corpus (Python 3.11).
    """
    return TrainConfig(name="gpt2", context_length=128, batch_size=12, n_steps=1300, lr=5e-3)


def tiny() -> TrainConfig:
    """Seconds rather than minutes, to see a whole run.

    ``seq2gpt train tiny`` takes 12 seconds of one busy CPU core and reaches 2.47 nats per character on
    held-out text of the embedded corpus (Python 3.11).
    """
    return TrainConfig(
        name="tiny",
        d_model=64,
        n_layers=2,
        context_length=32,
        n_steps=400,
        n_warmup=40,
        lr=5e-3,
        eval_every=100,
        checkpoint_every=100,
    )


def shakespeare() -> TrainConfig:
    """A GPT of 10.6 million parameters learns Shakespeare's plays, character by character, on a GPU.

    ``seq2gpt train shakespeare`` needs a GPU with bfloat16 units and the set tinyshakespeare. Minutes and loss have
    not been measured: ``benchmarks/gpu.py race`` compares its time to 1.4697 nats per character with that of the
    plain recipe.
    """
    return TrainConfig(
        name="shakespeare",
        data=Path("tinyshakespeare"),
        layout="modern",
        optimizer="muon",
        schedule="trapezoid",
        d_model=384,
        n_heads=6,
        n_layers=6,
        context_length=256,
        batch_size=64,
        n_steps=600,
        n_warmup=30,
        lr=0.02,
        eval_every=50,
        device="cuda",
        precision="bfloat16",
    )


def t4() -> TrainConfig:
    """The same model on an older GPU, such as the T4 that Colab lends, in float16.

    ``seq2gpt train t4`` needs a GPU and the set tinyshakespeare. Minutes and loss have not been measured.
    """
    return dataclasses.replace(shakespeare(), name="t4", precision="float16", accumulate=2)


def gpt2_124m() -> TrainConfig:
    """GPT-2 of 124 million parameters on token shards of your own, half a million tokens a step.

    ``seq2gpt train gpt2-124m --data SHARDS`` needs a GPU with 80 GB and shards of ``seq2gpt tokenize TEXTS SHARDS
    --tokenizer gpt2``; ``torchrun --nproc-per-node 8 -m seq2gpt train gpt2-124m --data SHARDS`` shares the work
    among eight. Hours and loss have not been measured.
    """
    return TrainConfig(
        name="gpt2-124m",
        data=Path("shards"),
        d_model=768,
        n_heads=12,
        n_layers=12,
        context_length=1024,
        batch_size=512,
        accumulate=16,
        n_steps=19_000,
        n_warmup=700,
        lr=6e-4,
        lr_min=6e-5,
        checkpoint_every=1000,
        device="cuda",
        precision="bfloat16",
        tensorboard="on",
    )


PRESETS: dict[str, Callable[[], TrainConfig]] = {
    "chars": chars, "gpt2": gpt2, "tiny": tiny, "shakespeare": shakespeare, "t4": t4, "gpt2-124m": gpt2_124m,
}  # fmt: skip
