"""The trainer on a GPU; skipped where there is none."""

import dataclasses
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from seq2gpt.run.checkpoint import checkpoints
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.model import load_run
from seq2gpt.run.sampler import sample_text
from seq2gpt.run.trainer import train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")

WORDS = ("the", "king", "sees", "a", "small", "red", "bird", "and", "sings")


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    text = tmp_path / "text.txt"
    rng = random.Random(0)
    text.write_text("".join(rng.choice(WORDS) + rng.choice(" \n ") for _ in range(4000)), encoding="utf-8")
    return TrainConfig(
        name="run", out=tmp_path / "runs", data=text, d_model=48, n_heads=3, n_layers=2, context_length=32,
        batch_size=12, n_steps=40, n_warmup=4, lr=0.005, eval_every=20, checkpoint_every=20, device="cuda",
        compile="off",
    )  # fmt: skip


def test_a_gpu_takes_the_steps_of_the_cpu(config):
    on_gpu = train(config, progress=False)
    on_cpu = train(dataclasses.replace(config, name="cpu", device="cpu"), progress=False)
    assert on_gpu.val_loss == pytest.approx(on_cpu.val_loss, abs=0.01)


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bfloat16"},
        {"precision": "float16"},
        {"accumulate": 3},
        {"layout": "modern", "optimizer": "muon", "precision": "bfloat16"},
    ],
)
def test_other_ways_to_take_a_step_come_close(config, changes):
    exact = train(dataclasses.replace(config, name="exact", layout=changes.get("layout", "gpt2"),
                                      optimizer=changes.get("optimizer", "adamw")), progress=False)  # fmt: skip
    assert train(dataclasses.replace(config, **changes), progress=False).val_loss == pytest.approx(
        exact.val_loss, abs=0.05
    )


def test_a_run_moves_from_the_gpu_to_the_cpu(config):
    train(config, progress=False)
    checkpoints(config.folder)[0][1].unlink()
    result = train(dataclasses.replace(config, device="cpu"), resume=True, progress=False)
    model, tokenizer, _ = load_run(config.folder)
    assert sample_text(model, tokenizer, "the ", 10)
    assert "exp_avg.norm.weight" in load_file(checkpoints(config.folder)[0][1])
    assert result.val_loss < 2.5
