"""Backward passes written by hand, against autograd through the explained forms."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt import blocks, fused
from seq2gpt.forms import lesson_forms


def random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).mul(2).requires_grad_()


TARGETS = torch.tensor([0, 12, 3, 3, 7, 1, 11])
CASES = {  # ours, the explained form, the sizes of their inputs
    "rms_norm": (lambda x, w: fused.rms_norm(x, w, 0.3), lambda x, w: blocks.rms_norm(x, w, 0.3), [(2, 3, 5), (5,)]),
    "squared_relu": (fused.squared_relu, lambda x: F.relu(x) ** 2, [(3, 7, 5)]),
    "gelu": (blocks.fused_gelu, blocks.gelu, [(3, 7, 5)]),
    "linear_cross_entropy": (
        lambda h, w: 3 * fused.linear_cross_entropy(h, w, TARGETS, at_once=40),
        lambda h, w: 3 * F.cross_entropy(h @ w.T, TARGETS),
        [(7, 5), (13, 5)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_the_explained_form(name):
    ours, explained, shapes = CASES[name]
    inputs = [random(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    result, expected = ours(*inputs), explained(*inputs)
    assert "Backward" in type(result.grad_fn).__name__
    torch.testing.assert_close(result, expected)
    direction = random(*result.shape, seed=9).detach()
    for gradient, theirs in zip(
        torch.autograd.grad(result, inputs, direction, retain_graph=True),
        torch.autograd.grad(expected, inputs, direction),
        strict=True,
    ):
        torch.testing.assert_close(gradient, theirs)
    with torch.no_grad():
        torch.testing.assert_close(ours(*inputs), expected.detach())


@pytest.mark.parametrize("name", CASES)
def test_the_hand_written_pass_is_the_one_that_runs(name, monkeypatch):
    ours, _, shapes = CASES[name]
    inputs = [random(*shape) for shape in shapes]
    by_hand = type(
        ours(*inputs).grad_fn
        if name != "linear_cross_entropy"
        else ours(*inputs).grad_fn.next_functions[0][0]
    )
    assert by_hand.__name__.startswith("_")
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    plain = ours(*inputs).grad_fn
    assert not type(plain).__name__.startswith("_")


def test_gelu_and_its_slope_where_numbers_are_special():
    x = torch.tensor([-1e4, -50.0, -0.0, 0.0, 50.0, 1e4], requires_grad=True)
    y = blocks.fused_gelu(x)
    y.sum().backward()
    assert y.tolist() == [0, 0, 0, 0, 50, 1e4]
    assert x.grad.tolist() == [0, 0, 0.5, 0.5, 1, 1]
    broken = torch.tensor([math.nan], requires_grad=True)
    blocks.fused_gelu(broken).sum().backward()
    assert broken.grad.isnan().all()


@pytest.mark.parametrize("at_once", [1, 13, 26, 10**6])
def test_the_loss_does_not_depend_on_the_pieces(at_once):
    hidden, weight = random(7, 5), random(13, 5, seed=1)
    loss = fused.linear_cross_entropy(hidden, weight, TARGETS, at_once)
    torch.testing.assert_close(loss, F.cross_entropy(hidden @ weight.T, TARGETS))


def test_no_more_logits_than_allowed_are_in_memory():
    sizes, mm = [], torch.mm
    hidden, weight = random(7, 5), random(13, 5, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "mm", lambda a, b, out: (sizes.append(out.numel()), mm(a, b, out=out))[1])
        fused.linear_cross_entropy(hidden, weight, TARGETS, at_once=40)
    assert max(sizes) <= 40
    assert sizes.count(39) == 2, "three of the seven positions at a time, as many as fit"


def test_logits_far_apart_give_a_finite_loss():
    hidden, weight = torch.tensor([[1.0]], requires_grad=True), nn.Parameter(torch.tensor([[0.0], [500.0]]))
    loss = fused.linear_cross_entropy(hidden, weight, torch.tensor([0]))
    loss.backward()
    assert loss.item() == 500
    assert weight.grad.tolist() == [[-1.0], [1.0]]


def test_in_other_precisions_pytorch_itself_computes():
    exact, half = torch.zeros(3), torch.zeros(3, dtype=torch.bfloat16)
    assert blocks.by_hand(exact)
    assert blocks.by_hand(exact.double())
    assert not blocks.by_hand(half)
    assert not blocks.by_hand(exact, exact.double())
    assert not blocks.by_hand(exact.to("meta"))
    with torch.autocast("cpu", torch.bfloat16):
        assert not blocks.by_hand(exact)
    with torch.no_grad():
        assert not blocks.by_hand(exact)


@pytest.mark.parametrize("at_once", [2, 52, 10**6])
@pytest.mark.parametrize("hidden_dtype", [torch.float32, torch.bfloat16])
def test_in_bfloat16_the_loss_and_its_gradients_are_near_those_in_double_precision(at_once, hidden_dtype):
    hidden = random(7, 5).detach().to(hidden_dtype).requires_grad_()
    weight = random(13, 5, seed=1).detach().float().requires_grad_()
    exact = [x.detach().double().requires_grad_() for x in (hidden, weight)]
    with torch.autocast("cpu", torch.bfloat16):
        loss = fused.linear_cross_entropy(hidden, weight, TARGETS, at_once)
    assert "LinearCrossEntropy" in str(loss.grad_fn)
    expected = F.cross_entropy(exact[0] @ exact[1].T, TARGETS)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss.double(), expected, rtol=0.01, atol=0)
    gradients = torch.autograd.grad(3 * loss, (hidden, weight))
    assert [gradient.dtype for gradient in gradients] == [hidden_dtype, torch.float32]
    for gradient, theirs in zip(gradients, torch.autograd.grad(3 * expected, exact), strict=True):
        assert (gradient.double() - theirs).norm() < 0.02 * theirs.norm()


def test_within_lesson_forms_the_norm_is_the_lessons(monkeypatch):
    monkeypatch.setattr(blocks, "rms_norm", lambda x, weight, eps: x * weight + eps)
    x, weight = torch.randn(2, 3), torch.randn(3)
    with lesson_forms():
        torch.testing.assert_close(fused.rms_norm(x, weight, 0.3), x * weight + 0.3)
    assert not torch.allclose(fused.rms_norm(x, weight, 0.3), x * weight + 0.3)
