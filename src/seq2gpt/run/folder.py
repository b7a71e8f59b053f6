"""The run folder: what a run is, what it logged, and what may be continued.

====================================  =====================================================
``config.json``                       the resolved configuration, the corpus, the versions
``tokenizer.json``                    the tokenizer
``log.jsonl``                         one line per measurement of the loss
``step-000500.safetensors``           a checkpoint, see :mod:`seq2gpt.run.checkpoint`
``stopped.json``                      the best step of a run that was stopped early
``tensorboard/``                      curves, if they were asked for
====================================  =====================================================

No state of a random generator is stored: every batch is computed from the seed and its step.
"""

import hashlib
import itertools
import json
import platform
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seq2gpt import __version__
from seq2gpt.bpe import tokenizer_of
from seq2gpt.data.files import remove, write_atomically
from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig, config_from_json, config_to_json

LOG = "log.jsonl"
STOPPED = "stopped.json"
# These may differ when a run is continued: none of them changes what is learned, but for rounding.
FREE_FIELDS = {
    "name", "out", "data", "device", "eval_every", "checkpoint_every", "accumulate", "compile", "parallel",
    "tensorboard",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What must stay the same from a run's first step to its last."""

    config: TrainConfig
    tokenizer: dict[str, Any]
    """As :func:`seq2gpt.bpe.tokenizer_record` describes it."""
    corpus: str
    """SHA-256 of the data."""

    @property
    def fingerprint(self) -> str:
        """Equal for two runs that take the same steps on the same text; every checkpoint carries it."""
        decisive = {k: v for k, v in config_to_json(self.config).items() if k not in FREE_FIELDS}
        content = json.dumps([decisive, self.tokenizer, self.corpus], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def check_name_is_free(config: TrainConfig) -> None:
    """Raise ``UserError`` when the run folder holds anything already: nothing is ever overwritten."""
    folder = config.folder
    if (folder / "config.json").exists():
        names = (f"{config.name}-{number}" for number in itertools.count(2))
        free = next(name for name in names if not (config.out / name).exists())
        raise UserError(
            f"{folder} holds a run already; continue it with `{resume_command(config.folder)}`, "
            f"or start another with --name {free}"
        )
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UserError(f"{folder} exists and is no run; choose another --name or --out")


def create_run(record: RunRecord) -> Path:
    """Make the run folder with ``config.json`` and ``tokenizer.json``; it appears whole or not at all.

    Raises ``UserError`` when the folder cannot be written or holds anything already.
    """
    folder = record.config.folder
    unfinished = folder.with_name(f".{folder.name}.tmp")
    described = {
        "config": config_to_json(record.config),
        "corpus": record.corpus,
        "versions": {"seq2gpt": __version__, "python": platform.python_version(), "torch": torch.__version__},
    }
    try:
        remove(unfinished)  # of a start that was killed
        unfinished.mkdir(parents=True)
        write_atomically(unfinished / "config.json", _json_bytes(described))
        write_atomically(unfinished / "tokenizer.json", _json_bytes(record.tokenizer))
    except OSError as error:
        remove(unfinished)
        why = error.strerror
        raise UserError(f"{folder} cannot be written ({why}); choose another place with --out") from None
    try:
        return unfinished.rename(folder)  # refused by the system unless the target is empty or missing
    except OSError:
        remove(unfinished)
        check_name_is_free(record.config)
        raise


def _json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def resume_command(folder: Path) -> str:
    """What to type to continue the run in ``folder``."""
    out = "" if folder.parent == Path("runs") else f" --out {shlex.quote(str(folder.parent))}"
    return f"seq2gpt train --resume --name {shlex.quote(folder.name)}{out}"


def read_run(folder: Path) -> RunRecord:
    """What ``config.json`` and ``tokenizer.json`` say. Raises ``UserError`` when there is no run."""
    try:
        described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        tokenizer_of(tokenizer)  # refuses a record that describes none
        config = config_from_json(described["config"])
        return RunRecord(config=config, tokenizer=tokenizer, corpus=described["corpus"])
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{folder} holds no run; train one with `seq2gpt train`, or check the path") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder}: config.json or tokenizer.json is damaged ({error}); restore it, or train another run"
        ) from None


def check_same_run(stored: RunRecord, asked: RunRecord) -> None:
    """Raise ``UserError`` naming the first thing in which a resumed run differs from its start."""
    before, now = config_to_json(stored.config), config_to_json(asked.config)
    for name in before:
        if name not in FREE_FIELDS and before[name] != now[name]:
            raise UserError(
                f"{name}={now[name]} does not fit the run in {asked.config.folder}, which has "
                f"{name}={before[name]}; leave the flag out, or start a new run with --name"
            )
    if stored.corpus != asked.corpus:
        raise UserError(
            f"the text is not the one that the run in {asked.config.folder} started with (another file, "
            f"or another version of Python or of the course); start a new run with --name"
        )


def append_log(folder: Path, entry: dict[str, Any]) -> None:
    """Add one line to ``log.jsonl``."""
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The measurements so far; a line that was cut off when the process was killed is left out."""
    path = folder / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def clear_after(folder: Path, step: int) -> None:
    """Forget what was logged after ``step``, as the steps are taken again, and writes that were killed."""
    for unfinished in folder.glob("*.tmp"):
        remove(unfinished)
    path = folder / LOG
    if path.exists():
        kept = [entry for entry in read_log(folder) if entry["step"] <= step]
        write_atomically(path, "".join(f"{json.dumps(entry)}\n" for entry in kept).encode())


def mark_stopped(folder: Path, step: int, best: int) -> None:
    """Note that the run is over after ``step`` and was taken back to ``best``: no step is taken any more."""
    write_atomically(folder / STOPPED, _json_bytes({"step": step, "best": best}))


def was_stopped(folder: Path) -> bool:
    """Whether :func:`mark_stopped` was called."""
    return (folder / STOPPED).exists()
