"""The trainer and its run folder: learning, exact resumption, and what is refused."""

import contextlib
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

from seq2gpt.bpe import tokenizer_record
from seq2gpt.data.shards import END_OF_TEXT
from seq2gpt.errors import UserError
from seq2gpt.modern import ModernGPT
from seq2gpt.run import folder, trainer
from seq2gpt.run import step as stepping
from seq2gpt.run.checkpoint import checkpoints, save_checkpoint, save_shards
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.data import read_run_data
from seq2gpt.run.folder import RunRecord, create_run, read_run, resume_command
from seq2gpt.run.model import build_model, choose_device, load_run
from seq2gpt.run.processes import Processes
from seq2gpt.run.trainer import batch_generator, train
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

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
    real, taken = stepping.Stepper.step, []

    def step(self, *args, **kwargs):
        if len(taken) == n_steps:
            raise error
        taken.append(1)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(stepping.Stepper, "step", step)


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


def kill_when(condition, command: list[str], seconds: float = 0.0) -> None:
    """Start a process and end it with SIGKILL, which nothing can catch, ``seconds`` after ``condition()`` holds."""
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
        time.sleep(seconds)
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
            seconds=rng.uniform(0, 0.05),  # in the midst of a step, of a measurement, of a write
        )
    train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)


def test_ctrl_c_saves_and_says_how_to_continue(config, monkeypatch):
    whole = dataclasses.replace(config, name="whole")
    train(whole, progress=False)
    real, taken = stepping.Stepper.step, []

    def step(self, *args, **kwargs):
        taken.append(1)
        if len(taken) == 5:
            signal.raise_signal(signal.SIGINT)
        return real(self, *args, **kwargs)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(stepping.Stepper, "step", step)
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
    def step(self, *args, **kwargs):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second Ctrl-C was swallowed")

    monkeypatch.setattr(stepping.Stepper, "step", step)
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


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
@pytest.mark.parametrize("sharded", [False, True])
def test_of_earlier_checkpoints_the_last_and_the_one_asked_for_are_kept(tmp_path, sharded):
    alone = (Processes(rank=0, n_ranks=1, device=torch.device("cpu")),) if sharded else ()
    save = save_shards if sharded else save_checkpoint
    for step in (3, 5, 7, 11, 13):
        save(tmp_path, step, {"parameters.w": torch.zeros(2)}, "run", *alone, keep=5)
    assert [step for step, _ in checkpoints(tmp_path)] == [13, 11, 5]
    save(tmp_path, 17, {"parameters.w": torch.zeros(2)}, "run", *alone)
    assert [step for step, _ in checkpoints(tmp_path)] == [17, 13]


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


def test_a_disk_that_is_full_at_a_measurement_is_one_line(config, monkeypatch):
    whole = dataclasses.replace(config, name="whole")
    train(whole, progress=False)

    def append(folder, entry):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "append_log", append)
        with pytest.raises(UserError) as refusal:
            train(config, progress=False)
    assert str(refusal.value) == (
        "a file of the run cannot be written (No space left on device); mend that, and use --resume"
    )
    train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)


def test_a_disk_that_is_full_at_the_start_leaves_nothing(config, monkeypatch):
    def write(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "write_atomically", write)
    with pytest.raises(
        UserError, match=r"cannot be written \(No space left on device\); choose another place"
    ):
        train(config, progress=False)
    assert not list(config.out.iterdir())


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


@pytest.mark.parametrize(
    "words",
    ["[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
     "CUDA out of memory. Tried to allocate 8 GiB."],
)  # fmt: skip
@pytest.mark.parametrize("place", ["seq2gpt.run.step.Stepper.step", "seq2gpt.data.shards.TokenShards.batch"])
def test_a_step_that_does_not_fit_into_memory_is_the_users_to_cut(config, monkeypatch, place, words):
    def fail(*arguments):
        raise RuntimeError(words)

    monkeypatch.setattr(place, fail)
    with pytest.raises(UserError) as refusal:
        train(config)
    assert str(refusal.value) == (
        "a step of batch_size=5 sequences of context_length=7 does not fit into memory; "
        "start a run with a smaller --batch-size, or cut the step into parts with --accumulate"
    )
    words = "something else"
    with pytest.raises(RuntimeError, match="something else"):
        train(dataclasses.replace(config, name="other"))


def test_a_loss_that_explodes_stops_the_run_and_names_the_step(config):
    with pytest.raises(UserError) as refusal:
        train(dataclasses.replace(config, lr=1e30, n_warmup=0), progress=False)
    assert str(refusal.value).startswith("step 2: the gradients have norm nan")
    assert str(refusal.value).endswith("; start a new run with --name")


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
    tokenizer = tokenizer_record(CharTokenizer(["a", "b"]))
    record = RunRecord(config=config, tokenizer=tokenizer, corpus="0")
    assert create_run(record) == config.folder
    assert read_run(config.folder) == record


def measuring(monkeypatch: pytest.MonkeyPatch, val_losses: list[float]) -> None:
    """Let the measurements during training give these losses; the last ones, of the whole text, stay true."""
    real, left = trainer.mean_loss, list(val_losses)

    def mean_loss(loss_of, data, context_length, most, processes):
        if most == trainer.QUICK:
            return left.pop(0)
        return real(loss_of, data, context_length, most, processes)

    monkeypatch.setattr(trainer, "mean_loss", mean_loss)


def test_a_run_that_gets_worse_stops_early_and_keeps_its_best(config, monkeypatch):
    config = dataclasses.replace(config, n_steps=40, eval_every=4, checkpoint_every=3, patience=2)
    whole = dataclasses.replace(config, name="whole", n_steps=40, patience=0)
    states = {}
    real = trainer.save_checkpoint

    def save(folder, step, tensors, fingerprint, keep):
        if folder.name == "run":
            states[step] = {name: tensor.clone() for name, tensor in tensors.items()}
        return real(folder, step, tensors, fingerprint, keep)

    monkeypatch.setattr(trainer, "save_checkpoint", save)
    with monkeypatch.context() as patch:
        measuring(patch, [3.0, 2.0, 2.5, 2.4])
        result = train(config, progress=False)
    assert result.n_steps == 8, "the best measurement"
    assert max(states) == 15, "16 was the second measurement without a new best"
    assert steps(config)[0] == 8
    model, _, _ = load_run(config.folder)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, states[8][f"parameters.{name}"])
    assert json.loads((config.folder / "stopped.json").read_text()) == {"step": 16, "best": 8}
    log = [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [4, 8, 12, 16, 8]
    assert log[-1]["val_loss"] == result.val_loss
    again = train(config, resume=True, progress=False)
    assert (again.n_steps, again.val_loss, again.sample) == (8, result.val_loss, result.sample)
    assert (config.folder / "log.jsonl").read_text().count("\n") == 5
    train(whole, progress=False)
    assert steps(whole)[0] == 40, "without patience nothing stops"


def test_patience_is_kept_over_an_interruption(config, monkeypatch):
    config = dataclasses.replace(config, n_steps=40, eval_every=4, checkpoint_every=3, patience=2)
    with monkeypatch.context() as patch:
        measuring(patch, [3.0, 2.0, 2.5])
        interrupt_after(patch, 14, MemoryError())
        with pytest.raises(MemoryError):
            train(config, progress=False)
    assert 8 in steps(config), "the best is kept beside the last two"
    with monkeypatch.context() as patch:
        measuring(patch, [2.4])
        assert train(config, resume=True, progress=False).n_steps == 8


def test_with_patience_a_run_that_ends_goes_back_to_its_best_too(config, monkeypatch):
    config = dataclasses.replace(config, n_steps=12, eval_every=4, patience=9)
    measuring(monkeypatch, [3.0, 2.0, 2.5])
    assert train(config, progress=False).n_steps == 8
    better = dataclasses.replace(config, name="better")
    measuring(monkeypatch, [3.0, 2.0, 1.5])
    assert train(better, progress=False).n_steps == 12


@pytest.mark.parametrize("last", [1.5, 2.5])
@pytest.mark.parametrize("moment", ["mark_stopped", "remove"])
def test_a_run_that_dies_while_it_settles_on_its_best_settles_when_continued(
    config, monkeypatch, moment, last
):
    """Before the run is marked as over, and after, while the later checkpoints are still there."""
    config = dataclasses.replace(config, n_steps=12, eval_every=4, patience=9)
    whole = dataclasses.replace(config, name="whole")
    with monkeypatch.context() as patch:
        measuring(patch, [3.0, 2.0, last])
        expected = train(whole, progress=False)
    with monkeypatch.context() as patch:
        measuring(patch, [3.0, 2.0, last])
        patch.setattr(trainer, moment, lambda *_: (_ for _ in ()).throw(MemoryError))
        with contextlib.suppress(MemoryError):  # with the best as the last nothing is removed
            train(config, progress=False)
    for _ in range(2):  # continued twice it stays where it is
        result = train(config, resume=True, progress=False)
        assert (result.n_steps, result.val_loss) == (expected.n_steps, expected.val_loss)
        assert steps(config) == steps(whole)
        assert (config.folder / "stopped.json").read_bytes() == (whole.folder / "stopped.json").read_bytes()


def test_a_killed_write_of_shards_does_not_block_the_next_start(config, monkeypatch):
    interrupted = dataclasses.replace(config, name="interrupted")
    with monkeypatch.context() as patch:
        interrupt_after(patch, 5, MemoryError())
        with pytest.raises(MemoryError):
            train(interrupted, progress=False)
    unfinished = interrupted.folder / "step-000006.dcp.tmp"
    unfinished.mkdir()
    (unfinished / "__0_0.distcp").write_bytes(b"half")
    train(interrupted, resume=True, progress=False)
    assert not unfinished.exists()


@pytest.mark.parametrize("changes", [{"accumulate": 5}, {"precision": "bfloat16"}, {"precision": "float16"}])
def test_other_ways_to_take_a_step_are_continued_exactly_too(config, monkeypatch, changes):
    config = dataclasses.replace(config, **changes)
    whole = dataclasses.replace(config, name="whole")
    train(whole, progress=False)
    real, taken = stepping.Stepper.step, []

    def step(self, *args, **kwargs):
        taken.append(1)
        if len(taken) == 8:
            raise MemoryError
        return real(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(stepping.Stepper, "step", step)
        with pytest.raises(MemoryError):
            train(config, progress=False)
    train(config, resume=True, progress=False)
    assert final_bytes(config) == final_bytes(whole)
    scaled = config.precision == "float16"
    assert ("scale" in load_file(config.folder / "step-000011.safetensors")) is scaled


def test_curves_are_written_for_tensorboard(config, monkeypatch):
    config = dataclasses.replace(config, tensorboard="on")
    interrupt = pytest.MonkeyPatch()
    with interrupt.context() as patch:
        interrupt_after(patch, 10, MemoryError())
        with pytest.raises(MemoryError):
            train(config, progress=False)
    train(config, resume=True, progress=False)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(config.folder / "tensorboard"))
    events.Reload()
    curves = {name: [point.step for point in events.Scalars(name)] for name in events.Tags()["scalars"]}
    every = list(range(1, 12))
    assert curves == {
        "loss/step": every, "learning rate": every, "loss/validation": [4, 8], "speed/tokens per second": [4, 8],
        "speed/MFU": [4, 8],
    }  # fmt: skip
    log = [json.loads(line) for line in (config.folder / "log.jsonl").read_text().splitlines()]
    assert events.Scalars("loss/validation")[0].value == pytest.approx(log[0]["val_loss"])
    assert len(events.Tags()["tensors"]) == 1, "samples"


def test_without_tensorboard_a_run_says_what_to_install(config, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UserError, match="curves need tensorboard, which is not installed; pip install"):
        train(dataclasses.replace(config, tensorboard="on"), progress=False)
    assert not config.folder.exists()


def test_a_run_learns_byte_pairs_and_is_sampled_and_continued(config):
    config = dataclasses.replace(config, vocab_size=270, n_steps=11)
    whole = dataclasses.replace(config, name="whole")
    result = train(whole, progress=False)
    model, tokenizer, _ = load_run(whole.folder)
    assert tokenizer.vocab_size == model.config.vocab_size == 270
    assert len(tokenizer.encode("the king")) < len("the king")
    assert result.unit == "token"
    again = train(whole, resume=True, progress=False)
    assert (again.val_loss, again.bits_per_byte) == (result.val_loss, result.bits_per_byte)
    from seq2gpt.data.corpus import split_corpus

    held_out = split_corpus(config.data.read_text(), 7)[1]
    bits = result.val_loss / 0.6931471805599453 * len(tokenizer.encode(held_out)) / len(held_out)
    assert result.bits_per_byte == pytest.approx(bits)


def test_a_run_that_is_continued_keeps_its_tokenizer(config):
    config = dataclasses.replace(config, vocab_size=270)
    tokenizer = BytePairTokenizer({(104, 101): 256}, [END_OF_TEXT])
    data = read_run_data(config, tokenizer)
    assert data.tokenizer.merges == tokenizer.merges != read_run_data(config).tokenizer.merges
    assert data.training.vocab_size == 258


def test_more_byte_pairs_than_the_text_has_are_refused(config):
    with pytest.raises(
        UserError, match=r"vocab_size=9999 needs 9,742 merges, the text has \d+; use --vocab-size"
    ):
        train(dataclasses.replace(config, vocab_size=9999), progress=False)


def test_a_run_learns_from_shards(config, tmp_path):
    from seq2gpt.data.shards import write_shards

    text = config.data.read_text()
    tokenizer = CharTokenizer(sorted(set(text)))
    write_shards([text], tokenizer, tmp_path / "shards", shard_tokens=100)
    shards = dataclasses.replace(config, data=tmp_path / "shards", n_steps=150)
    result = train(shards, progress=False)
    assert result.val_loss < 2.3
    assert load_run(shards.folder)[1].symbols == tokenizer.symbols
    (tmp_path / "shards" / "tokenizer.json").write_text('{"kind": "characters", "symbols": ["x"]}')
    with pytest.raises(
        UserError, match="the shards hold id .*, the tokenizer has 1 tokens, so a file is damaged"
    ):
        train(dataclasses.replace(shards, name="other"), progress=False)
    with pytest.raises(UserError, match="has its own tokenizer; leave --vocab-size out"):
        train(dataclasses.replace(shards, name="third", vocab_size=300), progress=False)


def test_a_context_longer_than_the_held_out_tokens_is_refused(config):
    config = dataclasses.replace(config, vocab_size=280, context_length=80)
    with pytest.raises(
        UserError, match=r"the held-out part has \d+ tokens, context_length=80 needs 81 or more"
    ):
        train(config, progress=False)
