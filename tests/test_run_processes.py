"""Two processes under torchrun: the same losses as one process, and runs that move between both."""

import dataclasses
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from distributed_runs import RUNS, config_in
from seq2gpt.errors import UserError
from seq2gpt.run.checkpoint import checkpoints, latest_checkpoint
from seq2gpt.run.folder import read_run
from seq2gpt.run.model import load_run
from seq2gpt.run.processes import joined
from seq2gpt.run.trainer import train

WORDS = ("the", "king", "sees", "a", "small", "red", "bird", "and", "sings")
SCRIPT = Path(__file__).with_name("distributed_runs.py")


def torchrun(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """All the runs of distributed_runs.py, by two processes, and the same by one."""
    folder = tmp_path_factory.mktemp("runs")
    rng = random.Random(0)
    text = "".join(rng.choice(WORDS) + rng.choice(" \n ") for _ in range(400))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    done = torchrun(SCRIPT, folder)
    assert done.returncode == 0, done.stderr
    for name, changes in RUNS.items():
        if name in ("ddp", "ddp-muon", "fsdp-half"):
            alone = {key: value for key, value in changes.items() if key != "parallel"}
            train(config_in(folder, name=f"one-{name}", **alone), progress=False)
    return folder


ALONE = {
    "ddp": "one-ddp", "ddp-parts": "one-ddp", "ddp-muon": "one-ddp-muon", "fsdp": "one-ddp",
    "fsdp-parts": "one-ddp", "fsdp-muon": "one-ddp-muon",
}  # fmt: skip


def losses(folder: Path) -> list[float]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in entries] == [4, 8, 12], "the first process logs, and it alone"
    return [loss for entry in entries for loss in (entry["train_loss"], entry["val_loss"])]


def final_state(folder: Path) -> dict[str, torch.Tensor]:
    step, tensors = latest_checkpoint(folder, read_run(folder).fingerprint)
    assert step == 12
    return tensors


@pytest.mark.parametrize(("name", "alone"), ALONE.items())
def test_two_processes_reach_the_loss_of_one(folder, name, alone):
    assert losses(folder / name) == pytest.approx(losses(folder / alone), abs=1e-5)
    ours, theirs = final_state(folder / name), final_state(folder / alone)
    assert ours.keys() == theirs.keys()
    for tensor in ours:
        assert torch.allclose(ours[tensor], theirs[tensor], atol=1e-4), tensor


def test_the_two_processes_learn(folder):
    first, *_, last = losses(folder / "ddp")[1::2]
    assert last < first


def test_sharded_numbers_of_16_bits_come_close(folder):
    half, exact = losses(folder / "fsdp-half"), losses(folder / "one-ddp-muon")
    assert losses(folder / "one-fsdp-half") == pytest.approx(half, abs=0.02)
    assert half != exact


def test_each_process_writes_its_part_and_equal_copies_are_written_once(folder):
    for name in ("fsdp", "fsdp-muon"):
        path = checkpoints(folder / name)[0][1]
        parts = sorted(part.name for part in path.glob("*.distcp"))
        assert parts == ["__0_0.distcp", "__1_0.distcp"]
        sizes = [part.stat().st_size for part in path.glob("*.distcp")]
        assert max(sizes) < 0.7 * sum(sizes)
    assert [path.name for _, path in checkpoints(folder / "ddp")] == [
        "step-000012.safetensors",
        "step-000009.safetensors",
    ]


@pytest.mark.parametrize("name", ["ddp", "fsdp"])
def test_a_killed_run_is_continued_by_two_processes_exactly(folder, name):
    whole, continued = final_state(folder / name), final_state(folder / f"{name}-killed")
    assert all(torch.equal(whole[tensor], continued[tensor]) for tensor in whole)
    assert losses(folder / f"{name}-killed")[1::2] == losses(folder / name)[1::2]


def test_a_sharded_run_is_read_and_continued_by_one_process(folder):
    model, tokenizer, _ = load_run(folder / "fsdp")
    stored = final_state(folder / "fsdp")
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, stored[f"parameters.{name}"])
    assert tokenizer.vocab_size == 16
    latest = checkpoints(folder / "fsdp")[0][1]
    latest.rename(folder / "away")
    try:
        config = dataclasses.replace(read_run(folder / "fsdp").config, parallel="ddp")
        result = train(config, resume=True, progress=False)
    finally:
        (folder / "fsdp" / "step-000012.safetensors").unlink(missing_ok=True)
        (folder / "away").rename(latest)
    assert result.val_loss == pytest.approx(losses(folder / "one-ddp")[-1], abs=1e-5)


def test_damaged_shards_are_passed_over(folder, capsys):
    record = read_run(folder / "fsdp-parts")
    path = checkpoints(folder / "fsdp-parts")[0][1]
    part = path / "__0_0.distcp"
    part.write_bytes(part.read_bytes()[:100])
    step, _ = latest_checkpoint(folder / "fsdp-parts", record.fingerprint)
    assert step == 9
    assert f"seq2gpt: warning: {path} is passed over:" in capsys.readouterr().err
    (path / ".metadata").unlink()
    assert latest_checkpoint(folder / "fsdp-parts", record.fingerprint)[0] == 9
    (path / "run.json").write_text('"another"')
    assert latest_checkpoint(folder / "fsdp-parts", record.fingerprint)[0] == 9
    assert "it belongs to another run" in capsys.readouterr().err


def test_what_one_process_refuses_stops_all(folder):
    for rank in (0, 1):
        taken, odd = json.loads((folder / f"refusals-{rank}.json").read_text())
        assert "ddp holds a run already" in taken
        assert odd == "batch_size=9 does not split among 2 processes with accumulate=1; use a multiple of 2"


def test_the_command_talks_once(folder):
    done = torchrun(
        "-m", "seq2gpt", "train", "tiny", f"--data={folder / 'text.txt'}", f"--out={folder}", "--name=spoken",
        "--device=cpu", "--n-steps=3", "--n-warmup=1", "--d-model=8", "--n-heads=2", "--context-length=7",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("on 2 × cpu, from step 0 to 3") == 1
    assert done.stdout.count("Validation loss") == 1
    again = torchrun("-m", "seq2gpt", "train", "tiny", f"--out={folder}", "--name=spoken", "--device=cpu")
    assert again.returncode != 0
    assert again.stderr.count("spoken holds a run already; continue it with") == 1


def test_one_process_alone_serves_the_gpu_of_a_mac(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    message = "device=mps serves one process; leave torchrun out, or use --device cpu"
    with pytest.raises(UserError, match=f"^{message}$"), joined(torch.device("mps")):
        pass


def test_sharding_and_float16_do_not_go_together(folder):
    with pytest.raises(
        UserError, match="precision=float16 does not go with parallel=fsdp; use --precision bf"
    ):
        config_in(folder, precision="float16", parallel="fsdp")
