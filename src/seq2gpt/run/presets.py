"""Presets: configurations with a name, and what to expect of them."""

from collections.abc import Callable

from seq2gpt.run.config import TrainConfig


def chars() -> TrainConfig:
    """A GPT of 0.8 million parameters that reads characters (the default).

    ``seq2gpt train chars`` takes about two minutes on two CPU cores and reaches 1.42 nats per character
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

    ``seq2gpt train gpt2`` takes about two minutes on two CPU cores and reaches 1.7 nats per character on
    held-out text of the embedded corpus (Python 3.11; 1.65 and 1.73 in two runs).
    """
    return TrainConfig(name="gpt2", context_length=128, batch_size=12, n_steps=1300, lr=5e-3)


def tiny() -> TrainConfig:
    """Seconds rather than minutes, to see a whole run.

    ``seq2gpt train tiny`` takes 5 seconds on two CPU cores and reaches 2.48 nats per character on
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


PRESETS: dict[str, Callable[[], TrainConfig]] = {"chars": chars, "gpt2": gpt2, "tiny": tiny}
