"""The trainer's step, against the explained one."""

import math

import pytest
import torch
from torch import nn

from seq2gpt.faststep import (
    NextTokenLoss,
    fast_clip_gradients,
    fast_train_step,
    keep_freed_memory,
    last_hidden,
)
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.training import clip_gradients, train_step

SIZES = {"vocab_size": 17, "context_length": 11, "d_model": 12, "n_heads": 3, "n_layers": 2}
INPUTS, TARGETS = torch.randint(17, (2, 3, 7), generator=torch.Generator().manual_seed(0))


def build(layout: str) -> GPT | ModernGPT:
    torch.manual_seed(1)
    model = (
        GPT(GPTConfig(**SIZES))
        if layout == "gpt2"
        else ModernGPT(ModernConfig(**SIZES, tied=layout == "tied"))
    )
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model.double()


@pytest.mark.parametrize("layout", ["gpt2", "tied", "untied"])
def test_the_loss_and_its_gradients_are_those_of_the_logits(layout):
    model = build(layout)
    torch.testing.assert_close(model.head(last_hidden(model, INPUTS)), model(INPUTS))
    loss, expected = NextTokenLoss(model)(INPUTS, TARGETS), next_token_loss(model(INPUTS), TARGETS)
    torch.testing.assert_close(loss, expected)
    parameters = list(model.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(loss, parameters), torch.autograd.grad(expected, parameters), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_dropout_acts_in_training():
    model = GPT(GPTConfig(**SIZES, dropout=0.5))
    assert not torch.equal(last_hidden(model, INPUTS), last_hidden(model, INPUTS))


@pytest.mark.parametrize("max_norm", [0.01, 1e6])
@pytest.mark.parametrize("layout", ["gpt2", "tied"])
def test_a_step_is_that_of_train_step(layout, max_norm):
    ours, theirs = build(layout), build(layout)
    optimizers = [torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99)) for model in (ours, theirs)]
    for lr in (0.1, 0.02):
        loss = fast_train_step(NextTokenLoss(ours), optimizers[0], [(INPUTS, TARGETS)], lr, max_norm)
        expected = train_step(theirs, optimizers[1], INPUTS, TARGETS, lr, max_norm)
        assert loss == pytest.approx(expected)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_a_step_that_would_break_the_model_is_refused():
    model = build("gpt2")
    with torch.no_grad():
        model.norm.weight.fill_(math.inf)
    before = [parameter.clone() for parameter in model.parameters()]
    optimizer = torch.optim.AdamW(model.parameters())
    with pytest.raises(
        FloatingPointError, match=r"norm nan at loss nan; no parameter was changed: lower lr=0\.1 or"
    ):
        fast_train_step(NextTokenLoss(model), optimizer, [(INPUTS, TARGETS)], 0.1, 1.0)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_a_scaler_leaves_a_step_out_that_would_break_the_model():
    model, scaler = build("gpt2"), torch.amp.GradScaler("cpu", init_scale=16.0)
    with torch.no_grad():
        model.norm.weight.fill_(math.inf)
    before = [parameter.clone() for parameter in model.parameters()]
    optimizer = torch.optim.AdamW(model.parameters())
    fast_train_step(NextTokenLoss(model), optimizer, [(INPUTS, TARGETS)], 0.1, 1.0, scaler)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert scaler.get_scale() == 8.0


def test_the_function_given_clips():
    model, asked = build("gpt2"), []

    def clip(parameters, max_norm):
        asked.append((sum(parameter.grad is not None for parameter in parameters), max_norm))
        return 1.0

    optimizer = torch.optim.AdamW(model.parameters())
    fast_train_step(NextTokenLoss(model), optimizer, [(INPUTS, TARGETS)], 0.1, 5.0, clip=clip)
    assert asked == [(len(list(model.parameters())), 5.0)]


@pytest.mark.parametrize("max_norm", [0.5, 7.0, 1e9])
@pytest.mark.parametrize("last", [3.0, math.nan, math.inf])
def test_clipping_is_that_of_clip_gradients(max_norm, last):
    lists = [[nn.Parameter(torch.zeros(n)) for n in (2, 3, 5)] for _ in range(2)]
    for parameters in lists:
        parameters[0].grad, parameters[2].grad = torch.tensor([1.0, -2.0]), torch.full((5,), last)
    norm, expected = fast_clip_gradients(lists[0], max_norm), clip_gradients(lists[1], max_norm)
    assert norm == pytest.approx(expected, nan_ok=True)
    for a, b in zip(*lists, strict=True):
        assert (a.grad is None) == (b.grad is None)
        if a.grad is not None:
            torch.testing.assert_close(a.grad, b.grad, equal_nan=True)
    assert fast_clip_gradients([nn.Parameter(torch.zeros(1))], 1.0) == 0.0


def test_memory_is_kept_without_a_trace():
    assert keep_freed_memory() is None
