"""Checkpoints that survive being killed at any moment.

One process, or processes that each have the whole model, write a file ``step-000500.safetensors``. Processes that
have a part each (FSDP) write a folder ``step-000500.dcp``, in the format of ``torch.distributed.checkpoint``: each
writes what it has. Both hold the same tensors under the same names, and a run can be continued from either on any
number of processes: parameters, the optimizer's moments, the scale of float16.
"""

import contextlib
import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.tensor import DTensor, distribute_tensor

from seq2gpt.data.files import remove, write_atomically
from seq2gpt.errors import UserError
from seq2gpt.run.processes import Processes
from seq2gpt.training import MOMENTS

FINGERPRINT = "run.json"  # beside the parts of a folder


def load_parameters(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put the stored parameters into ``model``; of a sharded model each process takes its part."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(_part_for(parameter, tensors[f"parameters.{name}"]))


def parts_for(model: nn.Module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The stored parameters and moments as they lie in this process: of a sharded model it has a part."""
    return {
        key: _part_for(parameter, tensors[key])
        for name, parameter in model.named_parameters()
        for kind in ("parameters", *MOMENTS)
        if (key := f"{kind}.{name}") in tensors
    }


def _part_for(parameter: Tensor, whole: Tensor) -> Tensor:
    whole = whole.to(parameter.device)
    if isinstance(parameter, DTensor):
        return distribute_tensor(whole, parameter.device_mesh, parameter.placements)
    return whole


def save_checkpoint(
    folder: Path, step: int, tensors: dict[str, Tensor], fingerprint: str, keep: int | None = None
) -> None:
    """Store a checkpoint; of the earlier ones the last is kept, and that of step ``keep``."""
    path = folder / f"step-{step:06d}.safetensors"
    with _told(path):
        # One entry only: safetensors writes several in random order, and equal runs give equal files.
        write_atomically(path, save(tensors, {"run": fingerprint}))
    _forget_old(folder, step, keep)


def save_shards(
    folder: Path,
    step: int,
    tensors: dict[str, Tensor],
    fingerprint: str,
    processes: Processes,
    keep: int | None = None,
) -> None:
    """The same by all processes together, of tensors of which each has a part."""
    path = folder / f"step-{step:06d}.dcp"
    unfinished = path.with_name(f"{path.name}.tmp")
    processes.in_first(lambda: remove(unfinished))  # of a write that was killed
    with _told(path):
        try:
            dcp.save(tensors, checkpoint_id=unfinished)
        except CheckpointException as error:
            raise next(iter(error.failures.values()))[0] from None

    def finish() -> None:
        with _told(path):
            (unfinished / FINGERPRINT).write_text(json.dumps(fingerprint), encoding="utf-8")
            unfinished.rename(path)
        _forget_old(folder, step, keep)

    processes.in_first(finish)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of a write into one line for the user."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror}); the earlier checkpoints are whole: "
            f"make room and continue with --resume"
        ) from None


def _forget_old(folder: Path, step: int, keep: int | None) -> None:
    earlier = [(number, path) for number, path in checkpoints(folder) if number < step]
    for number, path in earlier[1:]:
        if number != keep:
            remove(path)


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Step and path of every checkpoint, the latest first."""
    pattern = re.compile(r"step-(\d{6,})\.(?:safetensors|dcp)")
    found = ((pattern.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted(((int(match[1]), path) for match, path in found if match), reverse=True)


def latest_checkpoint(folder: Path, fingerprint: str) -> tuple[int, dict[str, Tensor]] | None:
    """Step and tensors of the last good checkpoint, or ``None`` when none was written yet.

    A damaged one, or one of another run, is passed over with a line on standard error. Raises ``UserError`` when
    none is left.
    """
    found = checkpoints(folder)
    for step, path in found:
        try:
            return step, (_read_shards if path.is_dir() else _read_file)(path, fingerprint)
        except (SafetensorError, CheckpointException, OSError, ValueError, EOFError) as error:
            print(f"seq2gpt: warning: {path} is passed over: {_first_line(error)}", file=sys.stderr)
    if found:
        raise UserError(f"{folder} has no checkpoint of this run left; start a new run with --name")
    return None


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _read_file(path: Path, fingerprint: str) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        _check_run((file.metadata() or {}).get("run"), fingerprint)
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def _read_shards(path: Path, fingerprint: str) -> dict[str, Tensor]:
    _check_run(json.loads((path / FINGERPRINT).read_text(encoding="utf-8")), fingerprint)
    reader = dcp.FileSystemReader(path)
    tensors = {
        name: torch.empty(entry.size, dtype=entry.properties.dtype)
        for name, entry in reader.read_metadata().state_dict_metadata.items()
        if isinstance(entry, TensorStorageMetadata)
    }
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.distributed is disabled")  # every process reads all, alone
        dcp.load(tensors, storage_reader=reader, no_dist=True)
    return tensors


def _check_run(found: str | None, fingerprint: str) -> None:
    if found != fingerprint:
        raise ValueError("it belongs to another run")
