"""Runs on two processes; ``test_run_processes.py`` starts this with torchrun and looks at the folders.

torchrun --nproc-per-node 2 tests/distributed_runs.py FOLDER
"""

import contextlib
import dataclasses
import json
import os
import sys
from pathlib import Path

import torch

from seq2gpt.errors import UserError
from seq2gpt.run import step
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.processes import joined
from seq2gpt.run.trainer import train


def config_in(folder: Path, **changes: object) -> TrainConfig:
    """A run of twelve small steps."""
    return dataclasses.replace(
        TrainConfig(
            name="one", out=folder, data=folder / "text.txt", d_model=12, n_heads=3, n_layers=2, context_length=7,
            batch_size=8, n_steps=12, n_warmup=6, lr=1e-3, eval_every=4, checkpoint_every=3, device="cpu",
        ),
        **changes,
    )  # fmt: skip


MODERN = {"layout": "modern", "optimizer": "muon", "schedule": "trapezoid"}
RUNS = {
    "ddp": {},
    "ddp-parts": {"accumulate": 2},
    "ddp-muon": MODERN,
    "fsdp": {"parallel": "fsdp"},
    "fsdp-parts": {"parallel": "fsdp", "accumulate": 2},
    "fsdp-muon": {"parallel": "fsdp", **MODERN},
    "fsdp-half": {"parallel": "fsdp", "precision": "bfloat16"},
}


@contextlib.contextmanager
def failing_after(n_steps: int):
    """Within, the step after ``n_steps`` of them fails in every process."""
    real, taken = step.Stepper.step, []

    def failing(self, *args, **kwargs):
        taken.append(1)
        if len(taken) > n_steps:
            raise MemoryError
        return real(self, *args, **kwargs)

    step.Stepper.step = failing
    try:
        yield
    finally:
        step.Stepper.step = real


def main(folder: Path) -> None:
    for name, changes in RUNS.items():
        train(config_in(folder, name=name, **changes), progress=False)
    for name in ("ddp", "fsdp"):
        config = config_in(folder, name=f"{name}-killed", **RUNS[name])
        with failing_after(7), contextlib.suppress(MemoryError):
            train(config, progress=False)
        train(config, resume=True, progress=False)
    refusals = []
    for changes in ({"name": "ddp"}, {"name": "odd", "batch_size": 9}):
        try:
            train(config_in(folder, **changes), progress=False)
        except UserError as refusal:
            refusals.append(str(refusal))
    (folder / f"refusals-{os.environ['RANK']}.json").write_text(json.dumps(refusals))


if __name__ == "__main__":
    with joined(torch.device("cpu")):  # once: a group that was left cannot be joined anew at once
        main(Path(sys.argv[1]))
