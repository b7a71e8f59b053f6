"""The run folder, and checkpoints that survive being killed at any moment.

====================================  =====================================================
``config.json``                       the resolved configuration, the corpus, the versions
``tokenizer.json``                    the symbols the model reads and writes
``log.jsonl``                         one line per measurement of the loss
``step-000500.safetensors``           parameters and AdamW's moments after 500 steps
====================================  =====================================================

No state of a random generator is stored: every batch is computed from the seed and its step.
"""

import hashlib
import itertools
import json
import platform
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from seq2gpt import __version__
from seq2gpt.data.files import write_atomically
from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig, config_from_json, config_to_json

# These may differ when a run is continued: none of them changes what is learned.
FREE_FIELDS = {"name", "out", "data", "device", "eval_every", "checkpoint_every"}
MOMENTS = ("exp_avg", "exp_avg_sq")  # torch's names for m and v of AdamW; Muon has the first alone


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What must stay the same from a run's first step to its last."""

    config: TrainConfig
    symbols: tuple[str, ...]
    corpus: str
    """sha256 of the text."""

    @property
    def fingerprint(self) -> str:
        """Equal for two runs that take the same steps on the same text; every checkpoint carries it."""
        decisive = {k: v for k, v in config_to_json(self.config).items() if k not in FREE_FIELDS}
        content = json.dumps([decisive, list(self.symbols), self.corpus], sort_keys=True)
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
        shutil.rmtree(unfinished, ignore_errors=True)  # of a start that was killed
        unfinished.mkdir(parents=True)
        write_atomically(unfinished / "config.json", _json_bytes(described))
        write_atomically(unfinished / "tokenizer.json", _json_bytes({"symbols": record.symbols}))
    except OSError as error:
        why = error.strerror
        raise UserError(f"{folder} cannot be written ({why}); choose another place with --out") from None
    try:
        return unfinished.rename(folder)  # refused by the system unless the target is empty or missing
    except OSError:
        shutil.rmtree(unfinished)
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
        symbols = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["symbols"]
        config = config_from_json(described["config"])
        return RunRecord(config=config, symbols=tuple(symbols), corpus=described["corpus"])
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


def state_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Parameters and moments by name; a tied parameter is stored once."""
    tensors = {}
    for name, parameter in model.named_parameters():
        tensors[f"parameters.{name}"] = parameter.detach()
        for moment in MOMENTS:
            if moment in optimizer.state[parameter]:
                tensors[f"{moment}.{name}"] = optimizer.state[parameter][moment]
    return tensors


def load_parameters(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put the stored parameters into ``model``."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"parameters.{name}"])


def load_moments(
    model: nn.Module, optimizer: torch.optim.Optimizer, step: int, tensors: dict[str, Tensor]
) -> None:
    """Put the optimizer back into the state it had after ``step`` steps."""
    for name, parameter in model.named_parameters():
        moments = {
            moment: tensors[f"{moment}.{name}"].to(parameter.device)
            for moment in MOMENTS
            if f"{moment}.{name}" in tensors
        }
        steps = torch.tensor(float(step), device=parameter.device)
        optimizer.state[parameter] = {"step": steps, **moments}


def save_checkpoint(folder: Path, step: int, tensors: dict[str, Tensor], fingerprint: str) -> None:
    """Store a checkpoint; of the earlier ones only the last is kept."""
    path = folder / f"step-{step:06d}.safetensors"
    try:
        # One entry only: safetensors writes several in random order, and equal runs give equal files.
        write_atomically(path, save(tensors, {"run": fingerprint}))
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror}); the earlier checkpoints are whole: "
            f"make room and continue with --resume"
        ) from None
    earlier = [old for number, old in checkpoints(folder) if number < step]
    for old in earlier[1:]:
        old.unlink(missing_ok=True)


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Step and path of every checkpoint, the latest first."""
    found = ((re.fullmatch(r"step-(\d{6,})\.safetensors", path.name), path) for path in folder.iterdir())
    return sorted(((int(match[1]), path) for match, path in found if match), reverse=True)


def latest_checkpoint(folder: Path, fingerprint: str) -> tuple[int, dict[str, Tensor]] | None:
    """Step and tensors of the last good checkpoint, or ``None`` when none was written yet.

    A damaged file, or one of another run, is passed over with a line on standard error. Raises
    ``UserError`` when no file is left.
    """
    found = checkpoints(folder)
    for step, path in found:
        try:
            return step, _read_checkpoint(path, fingerprint)
        except (SafetensorError, OSError, ValueError) as error:
            print(f"seq2gpt: warning: {path} is passed over: {error}", file=sys.stderr)
    if found:
        raise UserError(f"{folder} has no checkpoint of this run left; start a new run with --name")
    return None


def _read_checkpoint(path: Path, fingerprint: str) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        if (file.metadata() or {}).get("run") != fingerprint:
            raise ValueError("it belongs to another run")
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def append_log(folder: Path, entry: dict[str, Any]) -> None:
    """Add one line to ``log.jsonl``."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def clear_after(folder: Path, step: int) -> None:
    """Forget what was logged after ``step``, as the steps are taken again, and writes that were killed."""
    for unfinished in folder.glob("*.tmp"):
        unfinished.unlink(missing_ok=True)
    path = folder / "log.jsonl"
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= step]
        write_atomically(path, "".join(f"{line}\n" for line in kept).encode())
