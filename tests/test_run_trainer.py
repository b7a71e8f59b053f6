"""The trainer and its run folder: learning, exact resumption, and what is refused."""

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from seq2gpt.errors import UserError
from seq2gpt.modern import ModernGPT
from seq2gpt.run import checkpoint, trainer
from seq2gpt.run.checkpoint import checkpoints, create_run, resume_command, save_checkpoint
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.model import build_model, choose_device, load_run
from seq2gpt.run.trainer import batch_generator, mean_loss, train

WORDS = ("the", "king", "sees", "a", "small", "red", "bird", "and", "sings")


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    text = tmp_path / "text.txt"
    rng = random.Random(0)
    text.write_text("".join(rng.choice(WORDS) + rng.choice(" \n ") for _ in range(400)), encoding="utf-8")
    return TrainConfig(
        name="run", out=tmp_path / "runs", data=text, d_model=12, n_heads=3, n_layers=1, context_length=7,
        batch_size=5, n_steps=11, n_warmup=2, lr=0.01, eval_every=4, checkpoint_every=3, device="cpu",
    )  # fmt: skip


def final_bytes(config: TrainConfig) -> bytes:
    return (config.folder / f"step-{config.n_steps:06d}.safetensors").read_bytes()


def steps(config: TrainConfig) -> list[int]:
    return [step for step, _ in checkpoints(config.folder)]


def interrupt_after(monkeypatch: pytest.MonkeyPatch, n_steps: int, error: BaseException) -> None:
    """Let ``n_steps`` steps pass, then fail in the middle of the next."""
    real, taken = trainer.train_step, []

    def train_step(*args, **kwargs):
        if len(taken) == n_steps:
            raise error
        taken.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(trainer, "train_step", train_step)


def test_a_run_learns_and_says_what_it_reached(config):
    config = dataclasses.replace(config, n_steps=150, eval_every=100)
    result = train(config, progress=False)
    assert result.run == config.folder
    counts = torch.tensor([float(n) for n in Counter(config.data.read_text()).values()])
    frequencies = float(torch.distributions.Categorical(counts).entropy())  # all that single characters tell
    assert result.val_loss < frequencies - 0.3
    assert result.train_loss < frequencies - 0.3
    assert len(result.sample) == 400
    assert set(result.sample) <= set(config.data.read_text())
    assert result.seconds > 0


def test_the_run_folder_holds_what_is_needed_later(config):
    result = train(config, progress=False)
    assert sorted(path.name for path in config.folder.iterdir()) == [
        "config.json", "log.jsonl", "step-000009.safetensors", "step-000011.safetensors", "tokenizer.json",
    ]  # fmt: skip
    log = [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [4, 8, 11]
    assert log[-1] == {"step": 11, "train_loss": result.train_loss, "val_loss": result.val_loss}
    model, tokenizer, stored = load_run(config.folder)
    assert stored == config
    assert tokenizer.symbols == sorted(set(config.data.read_text()))
    assert not model.training
    tensors = load_file(config.folder / "step-000011.safetensors")
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, tensors[f"parameters.{name}"])
    assert not torch.equal(model.norm.bias, build_model(config, 16).norm.bias)


def test_equal_seeds_give_equal_runs_and_other_seeds_other_ones(config):
    train(config, progress=False)
    again = dataclasses.replace(config, name="again")
    train(again, progress=False)
    other = dataclasses.replace(config, name="other", seed=1)
    train(other, progress=False)
    assert final_bytes(config) == final_bytes(again)
    assert final_bytes(config) != final_bytes(other)


def test_a_batch_depends_on_the_seed_and_the_step_alone():
    draws = {
        (seed, step): torch.rand(3, generator=batch_generator(seed, step))
        for seed in range(5)
        for step in range(40)
    }
    assert len({tuple(draw.tolist()) for draw in draws.values()}) == len(draws)
    torch.manual_seed(99)
    assert torch.equal(torch.rand(3, generator=batch_generator(3, 7)), draws[3, 7])


@pytest.mark.parametrize("n_steps", [0, 2, 3, 8, 9, 10])
def test_a_run_that_died_between_any_two_steps_is_continued_exactly(config, monkeypatch, n_steps):
    whole = dataclasses.replace(config, name="whole")
    expected = train(whole, progress=False)
    with monkeypatch.context() as patch:
        interrupt_after(patch, n_steps, MemoryError())
        with pytest.raises(MemoryError):
            train(config, progress=False)
    assert steps(config) == [step for step in (9, 6, 3) if step <= n_steps][:2]
    result = train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)
    assert (result.val_loss, result.sample) == (expected.val_loss, expected.sample)
    logged = [json.loads(line)["step"] for line in (config.folder / "log.jsonl").read_text().splitlines()]
    assert logged == [4, 8, 11]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_modern_layout_is_continued_exactly_with_either_optimizer(config, monkeypatch, optimizer):
    config = dataclasses.replace(config, layout="modern", optimizer=optimizer, schedule="trapezoid")
    whole = dataclasses.replace(config, name="whole")
    expected = train(whole, progress=False)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 7, MemoryError())
        with pytest.raises(MemoryError):
            train(config, progress=False)
    result = train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)
    assert result.val_loss == expected.val_loss
    model, _, _ = load_run(config.folder)
    assert isinstance(model, ModernGPT)
    other = dataclasses.replace(config, name="other", optimizer="muon" if optimizer == "adamw" else "adamw")
    assert train(other, progress=False).val_loss != expected.val_loss, "the optimizer is used"
    cosine = dataclasses.replace(config, name="cosine", schedule="cosine")
    assert train(cosine, progress=False).val_loss != expected.val_loss, "the schedule is used"


def test_a_finished_run_is_resumed_without_a_step(config):
    first = train(config, progress=False)
    second = train(config, resume=True, progress=False)
    assert (second.val_loss, second.train_loss, second.sample) == (
        first.val_loss,
        first.train_loss,
        first.sample,
    )
    assert len((config.folder / "log.jsonl").read_text().splitlines()) == 3


def command_line(config: TrainConfig, *more: str) -> list[str]:
    sizes = [
        f"--{field.name.replace('_', '-')}={getattr(config, field.name)}"
        for field in dataclasses.fields(config)
    ]
    return [sys.executable, "-m", "seq2gpt", "train", "tiny", *sizes, *more]


def kill_when(condition, command: list[str]) -> None:
    """Start a process and end it with SIGKILL, which nothing can catch, as soon as ``condition()`` holds."""
    process = subprocess.Popen(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not condition() and time.monotonic() < deadline:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.001)
        assert condition()
    finally:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


def test_a_killed_process_is_continued_exactly(config):
    config = dataclasses.replace(config, n_steps=300, checkpoint_every=1, eval_every=10_000)
    whole = dataclasses.replace(config, name="whole", checkpoint_every=10_000)
    train(whole, progress=False)
    kill_when((config.folder / "step-000005.safetensors").exists, command_line(config))
    assert 5 <= steps(config)[0] < 300
    train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)
    assert not list(config.folder.glob("*.tmp")), "a killed write is cleared away"


@pytest.mark.slow
def test_a_process_killed_again_and_again_is_continued_exactly(config):
    config = dataclasses.replace(config, n_steps=3000, checkpoint_every=1, eval_every=10_000)
    whole = dataclasses.replace(config, name="whole", checkpoint_every=10_000)
    train(whole, progress=False)
    rng = random.Random(0)
    for round_number in range(6):
        goal = (steps(config)[0] if round_number else 0) + rng.randrange(1, 60)
        kill_when(
            lambda goal=goal: config.folder.exists() and steps(config)[:1] > [goal],
            command_line(config, *(["--resume"] if round_number else [])),
        )
    train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)


def test_ctrl_c_saves_and_says_how_to_continue(config, monkeypatch):
    whole = dataclasses.replace(config, name="whole")
    train(whole, progress=False)
    real, taken = trainer.train_step, []

    def train_step(*args, **kwargs):
        taken.append(1)
        if len(taken) == 5:
            signal.raise_signal(signal.SIGINT)
        return real(*args, **kwargs)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "train_step", train_step)
        with pytest.raises(KeyboardInterrupt) as stop:
            train(config, progress=False)
    assert (
        str(stop.value)
        == f"stopped after step 5 of 11 and saved; continue with `{resume_command(config.folder)}`"
    )
    assert steps(config) == [5, 3]
    assert signal.getsignal(signal.SIGINT) == before
    train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)


def test_a_second_ctrl_c_stops_at_once(config, monkeypatch):
    def train_step(*args, **kwargs):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second Ctrl-C was swallowed")

    monkeypatch.setattr(trainer, "train_step", train_step)
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a job in the background ignores Ctrl-C
    try:
        with pytest.raises(KeyboardInterrupt, match=r"\A\Z"):
            train(config, progress=False)
    finally:
        signal.signal(signal.SIGINT, before)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def make_foreign(path: Path) -> None:
    tensors = load_file(path)
    save_checkpoint(path.parent, int(path.stem.removeprefix("step-")), tensors, fingerprint="another")


@pytest.mark.parametrize(
    ("damage", "reason"), [(truncate, "Error"), (empty, "Error"), (make_foreign, "it belongs to another run")]
)
def test_a_bad_checkpoint_is_passed_over_for_the_last_good_one(config, monkeypatch, capsys, damage, reason):
    whole = dataclasses.replace(config, name="whole")
    train(whole, progress=False)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 10, MemoryError())
        with pytest.raises(MemoryError):
            train(config, progress=False)
    damaged = config.folder / "step-000009.safetensors"
    damage(damaged)
    capsys.readouterr()
    train(config, resume=True, progress=False)
    warning = capsys.readouterr().err
    assert warning.startswith(f"seq2gpt: warning: {damaged} is passed over: ")
    assert reason in warning
    assert warning.count("\n") == 1
    assert final_bytes(config) == final_bytes(whole)


def test_with_no_good_checkpoint_left_nothing_is_trained_over(config, capsys):
    train(config, progress=False)
    for path in config.folder.glob("*.safetensors"):
        truncate(path)
    with pytest.raises(UserError) as refusal:
        train(config, resume=True, progress=False)
    message = f"{config.folder} has no checkpoint of this run left; start a new run with --name"
    assert str(refusal.value) == message
    assert capsys.readouterr().err.count("is passed over") == 2


def test_a_full_disk_costs_no_earlier_checkpoint(config, monkeypatch):
    real = os.replace

    def replace(source, target):
        if "step-000006" in str(target):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(UserError) as refusal:
        train(config, progress=False)
    assert str(refusal.value) == (
        f"{config.folder}/step-000006.safetensors cannot be written (No space left on device); the earlier "
        "checkpoints are whole: make room and continue with --resume"
    )
    assert steps(config) == [3]
    assert not list(config.folder.glob("*.tmp"))


def test_an_existing_run_is_never_overwritten(config):
    train(config, progress=False)
    before = {path.name: path.read_bytes() for path in config.folder.iterdir()}
    (config.out / "run-2").mkdir()
    with pytest.raises(UserError) as refusal:
        train(config, progress=False)
    assert str(refusal.value) == (
        f"{config.folder} holds a run already; continue it with `seq2gpt train --resume --name run "
        f"--out {config.out}`, or start another with --name run-3"
    )
    assert {path.name: path.read_bytes() for path in config.folder.iterdir()} == before


def test_a_folder_with_something_else_is_left_alone(config):
    config.folder.mkdir(parents=True)
    (config.folder / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        train(config, progress=False)
    assert str(refusal.value) == f"{config.folder} exists and is no run; choose another --name or --out"
    assert [path.name for path in config.out.glob("**/*")] == ["run", "thesis.txt"]


def test_a_run_that_began_meanwhile_is_not_overwritten(config, monkeypatch):
    """Two processes may start the same run; the folder goes to one of them."""

    def check_late(config: TrainConfig) -> None:
        config.folder.mkdir(parents=True, exist_ok=True)
        (config.folder / "config.json").write_text("the other one's", encoding="utf-8")

    monkeypatch.setattr(trainer, "check_name_is_free", check_late)
    with pytest.raises(UserError, match=r"run holds a run already; continue it with"):
        train(config, progress=False)
    assert (config.folder / "config.json").read_text(encoding="utf-8") == "the other one's"
    assert [path.name for path in config.out.iterdir()] == ["run"]


def test_an_unwritable_place_is_refused_before_training(config, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        train(dataclasses.replace(config, out=tmp_path / "file"), progress=False)
    assert str(refusal.value) == (
        f"{tmp_path}/file/run cannot be written (Not a directory); choose another place with --out"
    )


def test_a_start_that_was_killed_does_not_block_the_next(config):
    (config.out / ".run.tmp").mkdir(parents=True)
    (config.out / ".run.tmp" / "config.json").write_text("{", encoding="utf-8")
    train(config, progress=False)
    assert [path.name for path in config.out.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"d_model": 15}, "d_model=15 does not fit the run in {folder}, which has d_model=12"),
        ({"n_layers": 2}, "n_layers=2 does not fit the run in {folder}, which has n_layers=1"),
        ({"seed": 4}, "seed=4 does not fit the run in {folder}, which has seed=0"),
        ({"n_steps": 20}, "n_steps=20 does not fit the run in {folder}, which has n_steps=11"),
    ],
)
def test_another_model_cannot_continue_a_run(config, changes, difference):
    train(config, progress=False)
    before = final_bytes(config)
    with pytest.raises(UserError) as refusal:
        train(dataclasses.replace(config, **changes), resume=True, progress=False)
    fix = "; leave the flag out, or start a new run with --name"
    assert str(refusal.value) == difference.format(folder=config.folder) + fix
    assert final_bytes(config) == before


def test_another_text_cannot_continue_a_run(config):
    train(config, progress=False)
    config.data.write_text(config.data.read_text() + "x", encoding="utf-8")
    with pytest.raises(UserError, match="the text is not the one that the run in .* started with"):
        train(config, resume=True, progress=False)


def test_a_run_may_move_and_be_measured_more_often(config, monkeypatch):
    whole = dataclasses.replace(config, name="whole")
    train(whole, progress=False)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 7, MemoryError())
        with pytest.raises(MemoryError):
            train(config, progress=False)
    moved = dataclasses.replace(config, out=config.out / "b", name="c", eval_every=1, checkpoint_every=1)
    moved.out.mkdir()
    shutil.move(config.folder, moved.folder)
    train(moved, resume=True, progress=False)
    assert final_bytes(moved) == final_bytes(whole)


def test_there_must_be_a_run_to_resume(config):
    with pytest.raises(UserError) as refusal:
        train(config, resume=True, progress=False)
    expected = f"{config.folder} holds no run; train one with `seq2gpt train`, or check the path"
    assert str(refusal.value) == expected


def test_a_run_without_a_checkpoint_cannot_be_loaded(config, monkeypatch):
    interrupt_after(monkeypatch, 1, MemoryError())
    with pytest.raises(MemoryError):
        train(config, progress=False)
    with pytest.raises(UserError) as refusal:
        load_run(config.folder)
    assert str(refusal.value) == (
        f"{config.folder} has no checkpoint yet; continue its run with `{resume_command(config.folder)}`"
    )


def test_a_damaged_configuration_is_named(config):
    train(config, progress=False)
    (config.folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"run: config.json or tokenizer.json is damaged \(.*\); restore it"):
        load_run(config.folder)


def test_a_loss_that_explodes_stops_the_run_and_names_the_step(config):
    with pytest.raises(UserError) as refusal:
        train(dataclasses.replace(config, lr=1e30, n_warmup=0), progress=False)
    assert str(refusal.value).startswith("step 2: the gradients have norm nan")
    assert str(refusal.value).endswith("; start a new run with --name")


def test_the_mean_loss_is_the_mean_over_every_character(config):
    model = build_model(config, 18)
    data = torch.randint(18, (7 * 150 + 3,), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        one_by_one = [
            F.cross_entropy(model(data[None, start : start + 7])[0].double(), data[start + 1 : start + 8])
            for start in range(0, 7 * 150, 7)
        ]
    assert mean_loss(model, data, 7, most=1000) == pytest.approx(
        float(torch.stack(one_by_one).mean()), abs=1e-6
    )
    ends = float(torch.stack([one_by_one[0], one_by_one[-1]]).mean())
    assert mean_loss(model, data, 7, most=2) == pytest.approx(ends, abs=1e-6)


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(UserError) as refusal:
        choose_device("cuda")
    assert str(refusal.value) == "device=cuda is not available here; use --device auto"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")


def test_progress_is_shown_in_lines_and_only_when_wanted(config, capsys):
    train(config, progress=False)
    assert capsys.readouterr() == ("", "")
    train(dataclasses.replace(config, name="shown"), progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("A GPT of 2,184 parameters learns from")
    assert lines[0].endswith(f"characters on cpu, from step 0 to 11: {config.out}/shown")
    assert [line[:7] for line in lines[1:]] == ["step  4", "step  8"]
    assert "validation" in lines[1]
    assert "tokens/s" in lines[1]


def test_how_to_resume_can_be_typed_as_it_stands():
    assert resume_command(Path("runs/chars")) == "seq2gpt train --resume --name chars"
    assert resume_command(Path("my runs/a b")) == "seq2gpt train --resume --name 'a b' --out 'my runs'"


def test_creating_a_run_returns_its_folder(config):
    record = checkpoint.RunRecord(config=config, symbols=("a", "b"), corpus="0")
    assert create_run(record) == config.folder
    assert checkpoint.read_run(config.folder) == record
