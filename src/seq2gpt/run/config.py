"""The configuration of a training run. Importing it loads no torch, so that ``--help`` answers at once."""

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from seq2gpt.errors import UserError
from seq2gpt.tokens import N_BYTES

Device = Literal["auto", "cpu", "cuda", "mps"]
Layout = Literal["gpt2", "modern"]
Optimizer = Literal["adamw", "muon"]
Schedule = Literal["cosine", "trapezoid"]
Precision = Literal["float32", "bfloat16", "float16"]
Compile = Literal["auto", "on", "off"]
Parallel = Literal["ddp", "fsdp"]
Switch = Literal["on", "off"]
Forms = Literal["fast", "lessons"]
REAL = ("lr_min", "weight_decay")  # the numbers of a run that may have a fraction and be 0


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides what a run learns. Each field is a flag of ``seq2gpt train``.

    Raises ``UserError`` for a value that no run can have.

    >>> TrainConfig(name="mine", d_model=100, n_heads=8)
    Traceback (most recent call last):
    seq2gpt.errors.UserError: d_model=100 does not split into n_heads=8; use a multiple of 8
    """

    name: str
    """Name of the run; it is stored in the folder OUT/NAME."""
    out: Path = Path("runs")
    """Folder that holds the runs."""
    data: Path | None = None
    """What to learn from: a UTF-8 text file, a folder of `seq2gpt tokenize`, or names, tinyshakespeare or
    fairy_tales; without one, the corpus that comes with Python."""
    vocab_size: int | None = None
    """Byte-pair tokens to learn from the text, 257 or more; without it, every character is a token."""
    layout: Layout = "gpt2"
    """gpt2, or modern: rotary positions, RMSNorm, squared ReLU, normalised queries and keys."""
    d_model: int = 128
    """Width of the hidden state."""
    n_heads: int = 4
    """Attention heads per block; d_model is divided among them."""
    n_layers: int = 4
    """Blocks in the stack."""
    context_length: int = 64
    """Tokens the model sees at once; 2 or more."""
    batch_size: int = 16
    """Sequences per step, those of all processes together."""
    accumulate: int = 1
    """Parts into which a step's batch is cut where it does not fit into memory; the step stays the same."""
    n_steps: int = 2000
    """Updates of the parameters."""
    optimizer: Optimizer = "adamw"
    """adamw; or muon for the matrices of the blocks and adamw, at a fifth of LR, for the rest."""
    schedule: Schedule = "cosine"
    """cosine; or trapezoid: LR is kept, and falls in a straight line over the last two fifths."""
    n_warmup: int = 100
    """Steps over which the learning rate rises from 0 to LR."""
    lr: float = 4e-3
    """Highest learning rate."""
    lr_min: float = 0.0
    """Learning rate at the last step."""
    weight_decay: float = 0.1
    """Decay of the weight matrices; biases and norms are left alone."""
    max_norm: float = 1.0
    """Gradients with a larger norm are scaled down to this norm."""
    seed: int = 0
    """Decides the first weights and every batch: equal seeds give equal runs."""
    eval_every: int = 250
    """Steps between two measurements of the validation loss."""
    checkpoint_every: int = 250
    """Steps between two checkpoints."""
    patience: int = 0
    """Stop after so many measurements in a row without a new best, and keep the best; 0 never stops early."""
    device: Device = "auto"
    """Where to train; auto takes cuda if there is one, else cpu."""
    precision: Precision = "float32"
    """Numbers in the matrix products: bfloat16 is fast on GPUs since 2020, float16 on older ones."""
    compile: Compile = "auto"
    """Translate the model into fused kernels before the first step; auto does so on a GPU."""
    parallel: Parallel = "ddp"
    """Under torchrun: ddp keeps the whole model in every process, fsdp a part of it in each."""
    forms: Forms = "fast"
    """fast saves passes over memory; lessons takes the steps, and writes, by the lessons' own functions."""
    tensorboard: Switch = "off"
    """Write curves for TensorBoard into OUT/NAME/tensorboard."""

    def __post_init__(self) -> None:
        if self.name in ("", "..") or Path(self.name).name != self.name:
            raise UserError(f"name={self.name!r} is not a plain folder name; use letters, digits and dashes")
        self._require("context_length", 2)
        for name in ("d_model", "n_heads", "n_layers", "batch_size", "n_steps", "accumulate"):
            self._require(name, 1)
        for name in ("eval_every", "checkpoint_every"):
            self._require(name, 1)
        for name in ("n_warmup", "lr_min", "weight_decay", "seed", "patience"):
            self._require(name, 0)
        for name in ("lr", "max_norm"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise UserError(f"{name}={value} must be a positive number; try {_default(name)}")
        if self.d_model % self.n_heads != 0:
            raise UserError(
                f"d_model={self.d_model} does not split into n_heads={self.n_heads}; "
                f"use a multiple of {self.n_heads}"
            )
        if self.vocab_size is not None:
            self._require("vocab_size", N_BYTES + 1)
        if self.batch_size % self.accumulate != 0:
            raise UserError(
                f"batch_size={self.batch_size} does not split into accumulate={self.accumulate} equal parts; "
                f"use a multiple of {self.accumulate}"
            )
        if self.precision == "float16" and self.parallel == "fsdp":
            raise UserError("precision=float16 does not go with parallel=fsdp; use --precision bfloat16")
        if self.n_warmup >= self.n_steps:
            raise UserError(
                f"n_warmup={self.n_warmup} fills the whole run, n_steps={self.n_steps}; "
                f"use --n-warmup {self.n_steps // 10}"
            )
        if self.lr_min > self.lr:
            raise UserError(f"lr_min={self.lr_min} is above lr={self.lr}; use a smaller --lr-min")

    def _require(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if not least <= value < math.inf:
            raise UserError(f"{name}={value} is out of range; use {least} or more")
        if name not in REAL and (not isinstance(value, int) or isinstance(value, bool)):
            raise UserError(f"{name}={value!r} is no whole number; use {least} or more")

    @property
    def folder(self) -> Path:
        """Where the run is stored."""
        return self.out / self.name


def _default(name: str) -> Any:
    return next(field.default for field in fields(TrainConfig) if field.name == name)


def config_to_json(config: TrainConfig) -> dict[str, Any]:
    """The fields as JSON values; :func:`config_from_json` is the inverse."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(config).items()}


def config_from_json(values: dict[str, Any]) -> TrainConfig:
    """The configuration that :func:`config_to_json` wrote down.

    >>> config = TrainConfig(name="mine", data=Path("poems.txt"))
    >>> config_from_json(config_to_json(config)) == config
    True
    """
    paths = {name: Path(values[name]) for name in ("out", "data") if values[name] is not None}
    return TrainConfig(**{**values, **paths})
