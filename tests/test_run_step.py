"""The step of a run: the lesson's step, in parts, in other precisions, compiled."""

import copy
import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from seq2gpt.errors import UserError
from seq2gpt.faststep import NextTokenLoss
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.model import build_model, check_device
from seq2gpt.run.processes import Processes
from seq2gpt.run.step import Stepper
from seq2gpt.run.trainer import build_optimizer
from seq2gpt.training import train_step

ONE = Processes(rank=0, n_ranks=1, device=torch.device("cpu"))
CONFIG = TrainConfig(
    name="run", d_model=12, n_heads=3, n_layers=2, context_length=7, batch_size=6, n_steps=11, n_warmup=2,
    device="cpu",
)  # fmt: skip
VOCAB_SIZE = 17
ROOT = Path(__file__).parents[1]


def batch(seed: int = 1) -> tuple[Tensor, Tensor]:
    ids = torch.randint(VOCAB_SIZE, (6, 8), generator=torch.Generator().manual_seed(seed))
    return ids[:, :-1], ids[:, 1:]


def stepper(**changes: object) -> Stepper:
    config = dataclasses.replace(CONFIG, **changes)
    model = build_model(config, VOCAB_SIZE)
    return Stepper(NextTokenLoss(model), build_optimizer(model, config), config, ONE)


def parameters(one: Stepper) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in one.loss_of.parameters()])


def test_a_plain_step_is_the_lessons_step():
    ours, theirs = stepper(), stepper()
    for seed in range(3):
        loss = train_step(theirs.loss_of.model, theirs.optimizer, *batch(seed), lr=0.001, max_norm=1.0)
        assert ours.step(*batch(seed), lr=0.001) == pytest.approx(loss, abs=1e-5)
    assert torch.allclose(parameters(ours), parameters(theirs), atol=1e-5)


@pytest.mark.parametrize("n_parts", [2, 3, 6])
def test_a_step_in_parts_is_the_same_step(n_parts):
    whole, parts = stepper(), stepper(accumulate=n_parts)
    sizes = []
    parts.loss_of.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    for seed in range(3):
        loss = whole.step(*batch(seed), lr=0.001)
        assert parts.step(*batch(seed), lr=0.001) == pytest.approx(loss, abs=1e-5)
    assert sizes == [6 // n_parts] * n_parts * 3
    assert torch.allclose(parameters(whole), parameters(parts), atol=1e-5)


def test_the_learning_rate_of_a_step_in_parts_is_used():
    still = stepper(accumulate=2)
    before = parameters(still).clone()
    still.step(*batch(), lr=0.0)
    assert torch.equal(parameters(still), before)
    still.step(*batch(), lr=0.01)
    assert not torch.equal(parameters(still), before)


def test_gradients_of_a_step_in_parts_are_clipped():
    loose, tight = stepper(accumulate=2, max_norm=1e9), stepper(accumulate=2, max_norm=1e-3)
    for one in (loose, tight):
        one.step(*batch(), lr=0.01)
    gradients = [
        torch.cat([p.grad.flatten() for p in one.loss_of.model.parameters()]) for one in (loose, tight)
    ]
    assert float(gradients[1].norm()) == pytest.approx(1e-3, rel=1e-4)
    assert float(gradients[0].norm()) > 1e-2


@pytest.mark.parametrize("accumulate", [1, 3])
def test_bfloat16_is_used_and_comes_close(accumulate):
    exact, rounded = stepper(), stepper(precision="bfloat16", accumulate=accumulate)
    seen = []
    rounded.loss_of.model.blocks[0].feed_forward.w_in.register_forward_hook(
        lambda *args: seen.append(args[2].dtype)
    )
    losses = [(exact.step(*batch(seed), lr=0.01), rounded.step(*batch(seed), lr=0.01)) for seed in range(5)]
    assert set(seen) == {torch.bfloat16}
    assert {p.dtype for p in rounded.loss_of.model.parameters()} == {torch.float32}, (
        "the parameters keep their precision"
    )
    for plain, half in losses:
        assert half == pytest.approx(plain, abs=0.03)
        assert half != plain


def test_float16_scales_the_loss_and_leaves_out_a_step_that_overflows():
    exact, scaled = stepper(), stepper(precision="float16")
    scaled.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    for seed in range(3):
        loss = exact.step(*batch(seed), lr=0.01)
        assert scaled.step(*batch(seed), lr=0.01) == pytest.approx(loss, abs=0.03)
    assert scaled.scaler.get_scale() == 2048.0, "three good steps let the scale grow"
    scaled.scaler = torch.amp.GradScaler("cpu", init_scale=float(2**127))
    before = parameters(scaled).clone()
    scaled.step(*batch(7), lr=0.01)
    assert torch.equal(parameters(scaled), before), "the step is left out"
    assert scaled.scaler.get_scale() == 2.0**126
    assert scaled.n_skipped == 1


def test_the_scale_of_float16_is_part_of_a_checkpoint():
    first, second = stepper(precision="float16"), stepper(precision="float16")
    first.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    first.step(*batch(), lr=0.01)
    second.load_scale(first.scale_tensors())
    assert second.scaler.state_dict() == {**second.scaler.state_dict(), "scale": 1024.0, "_growth_tracker": 1}
    plain = stepper()
    assert plain.scale_tensors() == {}
    plain.load_scale({})


def test_a_loss_that_explodes_is_an_error_also_in_parts():
    broken = stepper(accumulate=2)
    with torch.no_grad():
        broken.loss_of.model.norm.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="the gradients have norm nan at loss nan; no parameter was"):
        broken.step(*batch(), lr=0.01)


COMPILED = """
from tests.test_run_step import batch, parameters, stepper
import torch
plain, compiled = stepper(), stepper(compile="on")
for seed in range(2):
    losses = [one.step(*batch(seed), lr=0.001) for one in (plain, compiled)]
    assert abs(losses[0] - losses[1]) < 1e-5, losses
assert torch.allclose(parameters(plain), parameters(compiled), atol=1e-5)
assert list(compiled.loss_of.state_dict()) == list(plain.loss_of.state_dict())
"""


@pytest.mark.skipif(not shutil.which("g++"), reason="compiling needs a C++ compiler")
@pytest.mark.slow
def test_a_compiled_step_is_the_same_step():
    # in a process of its own: executed shape annotations cannot be compiled
    subprocess.run([sys.executable, "-c", COMPILED], cwd=ROOT, check=True)


def test_compiling_is_asked_of_torch_where_it_is_wanted(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda loss: asked.append(loss) or copy.copy(loss))
    for choice in ("off", "auto"):  # auto: on a GPU alone
        stepper(compile=choice)
    assert asked == []
    wanted = stepper(compile="on")
    assert asked == [wanted.loss_of]


def test_without_a_compiler_compiling_is_refused(monkeypatch):
    config = dataclasses.replace(CONFIG, compile="on")
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/g++" if name == "g++" else None)
    check_device(config, ONE)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"compile=on needs a C\+\+ compiler, .*; use --compile off"):
        check_device(config, ONE)
    check_device(CONFIG, ONE)


def test_a_gpu_without_bfloat16_is_told_apart(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    config, gpu = dataclasses.replace(CONFIG, precision="bfloat16"), torch.device("cuda")
    with pytest.raises(UserError, match="bfloat16 is emulated on Tesla T4; use --precision float16"):
        check_device(config, Processes(rank=0, n_ranks=1, device=gpu))
    check_device(config, ONE)


def test_a_batch_must_split_among_the_processes():
    config = dataclasses.replace(CONFIG, accumulate=3)
    check_device(config, Processes(rank=1, n_ranks=2, device=torch.device("cpu")))
    with pytest.raises(UserError) as refusal:
        check_device(config, Processes(rank=1, n_ranks=4, device=torch.device("cpu")))
    assert str(refusal.value) == (
        "batch_size=6 does not split among 4 processes with accumulate=3; use a multiple of 12"
    )
