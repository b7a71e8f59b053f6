"""Muon: orthogonal steps, against the singular value decomposition and torch's own optimizer."""

import itertools
import math

import pytest
import torch
from torch import nn

from seq2gpt import muon
from seq2gpt.forms import lesson_forms
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.muon import POLAR_EXPRESS, Muon, muon_groups, orthogonalize_stack
from seq2gpt.training import JORDAN, orthogonalize, trapezoid_schedule


@pytest.mark.parametrize("shape", [(5, 5), (3, 11), (11, 3), (64, 17)])
def test_the_directions_stay_and_the_lengths_become_about_one(shape):
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 100
    result = orthogonalize(matrix)
    assert (result.shape, result.dtype) == (matrix.shape, matrix.dtype)
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    lengths = u.T @ result @ vh.T  # diagonal if the directions are those of the matrix
    torch.testing.assert_close(lengths, torch.diag(lengths.diagonal()), atol=1e-9, rtol=0)
    large = s > 0.01 * s.max()
    assert lengths.diagonal()[large].min() > 0.6
    assert lengths.diagonal().max() < 1.25


def test_more_steps_are_taken_and_the_size_does_not_matter():
    matrix = torch.randn(5, 7, dtype=torch.float64)
    torch.testing.assert_close(orthogonalize(1e-3 * matrix), orthogonalize(matrix), rtol=1e-3, atol=1e-3)
    assert not torch.allclose(orthogonalize(matrix, JORDAN[:1]), orthogonalize(matrix), atol=0.01)
    assert not orthogonalize(torch.zeros(3, 2)).any()


@pytest.mark.parametrize("coefficients", [JORDAN, POLAR_EXPRESS])
def test_the_polynomials_on_single_numbers(coefficients):
    lowest, highest = (0.6, 1.25) if coefficients is JORDAN else (0.916, 1.084)
    for start in torch.logspace(math.log10(0.005), 0, 997, dtype=torch.float64).tolist():
        x = start
        for a, b, c in coefficients:
            x = a * x + b * x**3 + c * x**5
        assert lowest < x < highest


def test_within_lesson_forms_each_matrix_of_a_stack_goes_to_the_lessons_function(monkeypatch):
    seen = []
    monkeypatch.setattr(
        muon, "orthogonalize", lambda matrix, coefficients: seen.append(coefficients) or matrix + 7
    )
    matrices = torch.randn(3, 5, 2)
    with lesson_forms():
        torch.testing.assert_close(orthogonalize_stack(matrices, JORDAN), matrices + 7)
    assert seen == [JORDAN] * 3
    orthogonalize_stack(matrices, JORDAN)
    assert len(seen) == 3


@pytest.mark.parametrize("shape", [(5, 5), (3, 11), (11, 3), (17, 1)])
@pytest.mark.parametrize("coefficients", [JORDAN, POLAR_EXPRESS])
def test_a_stack_is_orthogonalised_one_by_one(shape, coefficients):
    matrices = torch.randn(7, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    matrices[2] = 0
    matrices[3] *= 1e3
    result = orthogonalize_stack(matrices, coefficients)
    for matrix, ours in zip(matrices, result, strict=True):
        torch.testing.assert_close(ours, orthogonalize(matrix, coefficients))
    assert not torch.allclose(result, orthogonalize_stack(matrices, coefficients[:2]), atol=0.01)


def test_two_steps_by_hand():
    weight = nn.Parameter(torch.randn(6, 4, dtype=torch.float64))
    start, gradients = weight.detach().clone(), [torch.randn(6, 4, dtype=torch.float64) for _ in range(2)]
    optimizer = Muon([{"params": [weight], "muon": True, "weight_decay": 0.1}], lr=0.02, momentum=0.9)
    expected, m = start, torch.zeros_like(start)
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimizer.step()
        m = 0.9 * m + gradient
        expected = (
            expected
            - 0.02 * 0.1 * expected
            - 0.02 * math.sqrt(6 / 4) * orthogonalize(gradient + 0.9 * m, POLAR_EXPRESS)
        )
    torch.testing.assert_close(weight.detach(), expected)
    assert torch.equal(weight.grad, gradients[1]), "the gradient is not changed"


def test_wide_matrices_get_no_longer_steps():
    weight = nn.Parameter(torch.zeros(4, 6, dtype=torch.float64))
    weight.grad = torch.randn(4, 6, dtype=torch.float64)
    Muon([{"params": [weight], "muon": True}], lr=1.0, momentum=0.0).step()
    torch.testing.assert_close(weight.detach(), -orthogonalize(weight.grad, POLAR_EXPRESS))


def test_the_other_groups_are_stepped_by_adamw():
    ours, theirs = (nn.Parameter(torch.ones(3, 2)) for _ in range(2))
    muon = Muon([{"params": [ours], "lr_share": 0.2, "weight_decay": 0.3}], lr=0.05)
    adamw = torch.optim.AdamW([theirs], lr=0.01, betas=(0.9, 0.99), weight_decay=0.3)
    for seed in range(3):
        gradient = torch.randn(3, 2, generator=torch.Generator().manual_seed(seed))
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        muon.step(), adamw.step()
    torch.testing.assert_close(ours.detach(), theirs.detach())


def test_parameters_of_several_shapes_step_as_each_would_alone():
    shapes = [(5, 3), (3, 5), (5, 3), (4, 4), (5, 3)]
    gradients = [torch.randn(s, generator=torch.Generator().manual_seed(n)) for n, s in enumerate(shapes)]
    together = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    alone = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    optimizers = [Muon([{"params": together, "muon": True}], lr=0.1)]
    optimizers += [Muon([{"params": [parameter], "muon": True}], lr=0.1) for parameter in alone]
    for factor in (1.0, -2.0):
        for a, b, gradient in zip(together, alone, gradients, strict=True):
            a.grad, b.grad = factor * gradient, factor * gradient
        for optimizer in optimizers:
            optimizer.step()
    for a, b in zip(together, alone, strict=True):
        torch.testing.assert_close(a.detach(), b.detach())


def test_a_parameter_without_a_gradient_stays():
    weight = nn.Parameter(torch.ones(2, 2))
    Muon([{"params": [weight], "muon": True, "weight_decay": 1.0}], lr=1.0).step()
    assert torch.equal(weight.detach(), torch.ones(2, 2))


def test_only_matrices_of_the_blocks_are_orthogonalised():
    model = GPT(GPTConfig(vocab_size=13, context_length=7, d_model=10, n_heads=5, n_layers=2))
    model.blocks[0].attention.w_q.weight.requires_grad_(False)
    groups = muon_groups(model, weight_decay=0.5, adamw_share=0.2)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    inner, outer, flat = ({names[id(p)] for p in group["params"]} for group in groups)
    assert inner == {
        f"blocks.{i}.{part}.weight"
        for i in range(2)
        for part in ("attention.w_q", "attention.w_k", "attention.w_v", "attention.w_o", "feed_forward.w_in", "feed_forward.w_out")
        if (i, part) != (0, "attention.w_q")
    }  # fmt: skip
    assert outer == {"token_embedding.weight", "positions.table"}
    assert all(name.endswith("bias") or "norm" in name for name in flat)
    assert [group.get("weight_decay", 0) for group in groups] == [0.5, 0.5, 0]
    assert [group.get("lr_share", 1) for group in groups] == [1, 0.2, 0.2]
    assert sum(map(len, (inner, outer, flat))) == len(names) - 1


def test_the_trapezoid_rises_stays_and_falls():
    rates = [trapezoid_schedule(t, n_steps=20, n_warmup=3, lr=2.0, lr_min=0.5) for t in range(22)]
    assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
    assert rates[3:13] == [2.0] * 10
    assert rates[16] == pytest.approx(0.5 + 1.5 / 2)
    assert rates[20:] == [0.5, 0.5]
    assert all(a > b for a, b in itertools.pairwise(rates[12:21]))
    settings = {"n_steps": 20, "n_warmup": 3, "lr": 2.0, "lr_min": 0.5}
    short = [trapezoid_schedule(t, **settings, decay_share=0.1) for t in range(22)]
    assert short[3:19] == [2.0] * 16, "the last tenth is two steps"
    assert short[19:] == [pytest.approx(1.25), 0.5, 0.5]
    for n_warmup in (-1, 20):
        with pytest.raises(ValueError, match=f"n_warmup={n_warmup} must be at least 0 and below n_steps=20"):
            trapezoid_schedule(0, n_steps=20, n_warmup=n_warmup, lr=1.0, lr_min=0.0)
    for share in (0.0, 1.5, math.nan):
        with pytest.raises(ValueError, match=f"decay_share={share} must lie above 0 and be at most 1"):
            trapezoid_schedule(0, **settings, decay_share=share)
