"""Training by the lessons' own functions: the same run as by the fast forms, and their functions it is that run."""

import dataclasses

import pytest
import torch
from torch import Tensor

import seq2gpt.attention
import seq2gpt.blocks
import seq2gpt.generation
import seq2gpt.gpt
import seq2gpt.training
from seq2gpt.cli import main
from seq2gpt.decoding import FastDecoder, LessonDecoder, decoder_of
from seq2gpt.errors import UserError
from seq2gpt.faststep import NextTokenLoss
from seq2gpt.forms import lesson_forms
from seq2gpt.run import explained
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.explained import ExplainedLoss, ExplainedStepper
from seq2gpt.run.model import build_model
from seq2gpt.run.processes import Processes
from seq2gpt.run.step import Stepper
from seq2gpt.run.trainer import build_optimizer, train

ONE = Processes(rank=0, n_ranks=1, device=torch.device("cpu"))
CONFIG = TrainConfig(
    name="run", d_model=12, n_heads=3, n_layers=2, context_length=7, batch_size=6, n_steps=11, n_warmup=2,
    device="cpu", forms="lessons",
)  # fmt: skip
VOCAB_SIZE = 17


def batch(seed: int) -> tuple[Tensor, Tensor]:
    ids = torch.randint(VOCAB_SIZE, (6, 8), generator=torch.Generator().manual_seed(seed))
    return ids[:, :-1], ids[:, 1:]


def steppers(**changes):
    """A stepper of each form on equal models."""
    config = dataclasses.replace(CONFIG, **changes)
    made = []
    for loss, kind in ((ExplainedLoss, ExplainedStepper), (NextTokenLoss, Stepper)):
        model = build_model(config, VOCAB_SIZE)
        forms = "lessons" if kind is ExplainedStepper else "fast"
        optimizer = build_optimizer(model, dataclasses.replace(config, forms=forms))
        made.append(kind(loss(model), optimizer, config, ONE))
    return made


@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize(("layout", "optimizer"), [("gpt2", "adamw"), ("modern", "muon")])
def test_its_steps_are_those_of_the_fast_forms(accumulate, layout, optimizer):
    ours, fast = steppers(accumulate=accumulate, layout=layout, optimizer=optimizer, max_norm=0.5)
    for seed in range(3):
        with lesson_forms():
            loss = ours.step(*batch(seed), lr=0.003)
        assert loss == pytest.approx(fast.step(*batch(seed), lr=0.003), abs=1e-5)
    for mine, theirs in zip(ours.loss_of.parameters(), fast.loss_of.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_it_says_when_gradients_are_not_finite_and_changes_nothing(accumulate):
    ours, _ = steppers(accumulate=accumulate)
    with torch.no_grad():
        ours.loss_of.model.norm.weight.fill_(float("inf"))
    before = [p.clone() for p in ours.loss_of.parameters()]
    with pytest.raises(FloatingPointError, match="no parameter was changed"):
        ours.step(*batch(0), lr=0.001)
    assert all(torch.equal(p, q) for p, q in zip(ours.loss_of.parameters(), before, strict=True))


@pytest.mark.parametrize("changes", [{"precision": "bfloat16"}, {"compile": "on"}])
def test_what_it_cannot_do(changes):
    with pytest.raises(UserError, match="--forms fast"):
        steppers(**changes)


def test_on_many_processes_it_refuses():
    model = build_model(CONFIG, VOCAB_SIZE)
    two = Processes(rank=0, n_ranks=2, device=torch.device("cpu"))
    with pytest.raises(UserError, match="on one process"):
        ExplainedStepper(ExplainedLoss(model), build_optimizer(model, CONFIG), CONFIG, two)


@pytest.fixture
def calls(monkeypatch):
    """Names of lesson functions, each time that one runs."""
    seen = []

    def spy(module, name):
        real = getattr(module, name)

        def called(*args, **kwargs):
            seen.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, called)

    spy(explained, "train_step")
    spy(seq2gpt.training, "clip_gradients")
    spy(seq2gpt.training, "next_token_loss")
    spy(explained, "next_token_loss")
    spy(seq2gpt.gpt.GPT, "forward")
    spy(seq2gpt.attention, "scaled_dot_product_attention")
    spy(seq2gpt.attention, "causal_mask")
    for name in ("layer_norm", "gelu"):
        spy(seq2gpt.blocks, name)
    spy(explained, "adamw_step")
    return seen


@pytest.mark.parametrize("forms", ["lessons", "fast"])
def test_a_run_is_made_by_the_lessons_functions(tmp_path, calls, forms):
    text = tmp_path / "text.txt"
    text.write_text("the red bird sings, the grey bird sleeps. " * 100, encoding="utf-8")
    result = train(
        dataclasses.replace(CONFIG, out=tmp_path, data=text, n_steps=4, forms=forms), progress=False
    )
    assert result.sample
    for name in ("train_step", "clip_gradients", "next_token_loss", "layer_norm", "gelu", "adamw_step"):
        assert (calls.count(name) > 0) == (forms == "lessons"), name
    assert (calls.count("forward") > 300) == (forms == "lessons")  # written by it too, letter by letter
    attended = calls.count("scaled_dot_product_attention")
    assert attended == calls.count("causal_mask") == (2 * calls.count("forward") if forms == "lessons" else 0)


def test_the_two_forms_reach_the_same(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("the red bird sings, the grey bird sleeps. " * 100, encoding="utf-8")
    losses = [
        train(
            dataclasses.replace(CONFIG, name=forms, out=tmp_path, data=text, n_steps=30, forms=forms),
            progress=False,
        ).val_loss
        for forms in ("lessons", "fast")
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)


def test_the_decoder_of_the_lessons_reads_the_model_as_it_is():
    model = build_model(CONFIG, VOCAB_SIZE)
    assert isinstance(decoder_of(model), FastDecoder)
    plain = decoder_of(model, "lessons")
    assert isinstance(plain, LessonDecoder)
    ids = torch.tensor([3, 1, 4])
    assert torch.allclose(plain.read(ids), decoder_of(model).read(ids), atol=1e-5)


def test_int8_does_not_go_with_the_lessons_forms(capsys):
    assert main(["sample", "runs/none", "--int8", "--forms", "lessons"]) == 2
    assert "leave out --int8" in capsys.readouterr().err
