"""The model card of a run: what a reader should know of a model before believing it (Mitchell et al. 2019)."""

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Any

from seq2gpt.data.downloads import DATA_SETS
from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.folder import read_log, read_run
from seq2gpt.run.model import load_run
from seq2gpt.run.presets import PRESETS
from seq2gpt.run.sampler import sample_text

EMBEDDED = (
    "the manual and the docstrings of CPython, and this course's own chapters and docstrings",
    "Python Software Foundation License 2; CC BY 4.0 and Apache 2.0",
)
SAMPLE_CHARACTERS = 400


def model_card(run: Path) -> dict[str, Any]:
    """What there is to say of the finished run in the folder ``run``, as values that JSON can hold.

    ``data`` and ``licence`` of what it learned from, the ``command`` that trains it again, ``n_parameters``, ``seed``,
    ``train_loss`` and ``val_loss`` in nats per token at the end, the ``versions`` that it was made with, the SHA-256 of
    the ``corpus``, and a ``sample``.

    Raises ``UserError`` when the folder holds no run, or one that has not been finished.
    """
    record, log = read_run(run), read_log(run)
    if not log:
        raise UserError(f"{run} has measured no loss yet; finish its run with `seq2gpt train --resume`")
    model, tokenizer, config = load_run(run)
    data, licence = _source(config)
    start = "\n" if "\n" in getattr(tokenizer, "symbols", []) else "The "
    return {
        "data": data,
        "licence": licence,
        "command": training_command(config),
        "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seed": config.seed,
        "train_loss": log[-1]["train_loss"],
        "val_loss": log[-1]["val_loss"],
        "versions": json.loads((run / "config.json").read_text(encoding="utf-8"))["versions"],
        "corpus": record.corpus,
        "sample": sample_text(model, tokenizer, start, SAMPLE_CHARACTERS, seed=config.seed),
    }


def _source(config: TrainConfig) -> tuple[str, str]:
    if config.data is None:
        return EMBEDDED
    if known := DATA_SETS.get(str(config.data)):
        return f"{config.data}: {known.origin}", known.licence
    return str(config.data), "that of the text, which its owner knows"


def training_command(config: TrainConfig) -> str:
    """The shortest ``seq2gpt train`` that has this configuration.

    >>> training_command(dataclasses.replace(PRESETS["tiny"](), lr=0.01, data=Path("tinyshakespeare")))
    'seq2gpt train tiny --data tinyshakespeare --lr 0.01'
    """
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    commands = []
    for name, preset in PRESETS.items():
        changed = {key: value for key, value in values.items() if value != getattr(preset(), key)}
        changed.pop("out", None)  # where a run lies does not change it
        flags = [f"--{key.replace('_', '-')} {shlex.quote(str(value))}" for key, value in changed.items()]
        commands.append((len(flags), " ".join(["seq2gpt train", name, *flags])))
    return min(commands)[1]
