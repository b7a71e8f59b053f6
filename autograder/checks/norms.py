"""Checks of lab 10, first part: norms and GELU."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.heads import leading_shapes

EXERCISES = ExerciseSet("10-blocks")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Norm = Callable[..., Tensor]  # of x, weight and eps
HALF = (torch.float16, torch.bfloat16)


def is_close(value: Tensor, expected: Tensor) -> bool:
    """Whether a known mistake explains the result."""
    return value.shape == expected.shape and torch.allclose(value.detach().double(), expected, atol=1e-6)


# ── layer_norm and rms_norm ──────────────────────────────────────────────────────────────────────


def plain_layer_norm(x: Tensor, weight: Tensor, eps: float = 1e-5) -> Tensor:
    """PyTorch's, without a bias."""
    return F.layer_norm(x, weight.shape, weight, None, eps)


def plain_rms_norm(x: Tensor, weight: Tensor, eps: float = 1e-5) -> Tensor:
    """PyTorch's."""
    return F.rms_norm(x, weight.shape, weight, eps)


def each_position(answer: Answer, draw: Draw, norm: Norm) -> None:
    """The norm of any leading shape is taken over the last axis, position by position."""
    n, d_model = draw.primes(2)
    # Where the sequence is as long as it is wide, no shape gives a wrong axis away.
    for shape in (
        *((*leading, n, d_model) for leading in leading_shapes(draw)),
        (d_model, d_model),
        (d_model,),
    ):
        x, weight = 3 * draw.normal(*shape) + 2, torch.ones(d_model, dtype=torch.float64)
        result = expect.tensor(answer(x, weight), f"For x of shape {shape}, the result", shape)
        expect.close(
            result,
            norm(x, weight),
            f"For x of shape {shape} some position was not normalised over its own {d_model} features.",
        )


def inside_the_root(
    answer: Answer, draw: Draw, norm: Norm, spread: Callable[[Tensor], Tensor], what: str
) -> None:
    """``spread`` is what ε is added to; ``what`` its name."""
    (d_model,) = draw.primes(1)
    x, ones = draw.normal(3, d_model), torch.ones(d_model, dtype=torch.float64)
    eps = 0.25
    result = expect.tensor(answer(x, ones, eps=eps), "With eps=0.25, the result", tuple(x.shape))
    above = norm(x, ones, 0.0) * spread(x).sqrt()  # what stands above the fraction line
    if is_close(result, above / (spread(x).sqrt() + eps)):
        expect.fail(f"Your ε is added to the root; it belongs inside, to the {what}.")
    if is_close(result, above / spread(x).sqrt()):
        expect.fail("Your result does not depend on `eps`.")
    expect.close(result, norm(x, ones, eps), f"With eps=0.25 the divisor is not √({what} + 0.25).")
    small = 1e-3 * x
    expect.close(
        expect.tensor(answer(small, ones), "The result", tuple(x.shape)),
        norm(small, ones),
        "Unless told, ε is 1e-5; with features of about 0.001 your result is another.",
    )


def large_numbers(answer: Answer, draw: Draw, norm: Norm) -> None:
    """The dtype stays, float64 keeps its digits, and in half precision the square of 300 does no harm."""
    weight = draw.normal(101) + 2
    for dtype, tolerance in ((torch.float32, 1e-4), (torch.float64, 1e-10), *((half, 2e-2) for half in HALF)):
        x = (300 * draw.normal(3, 101)).to(dtype)
        name = str(dtype).removeprefix("torch.")
        result = expect.tensor(answer(x, weight.to(dtype)), f"For {name} the result", (3, 101), dtype)
        expect.finite(result, f"For {name} and features of about 300, the result")
        wanted = norm(x.double(), weight.to(dtype).double())
        says = f"For {name} and features of about 300 the result is wrong."
        if dtype in HALF:
            says += " Their squares are about 90,000, and float16 ends at 65,504."
        elif dtype is torch.float64 and torch.allclose(result, wanted, 1e-4, 1e-4):
            says = "For float64 the result has lost digits: somewhere it was float32."
        expect.close(result, wanted, says, tolerance)


def gradient_of_a_norm(answer: Answer, draw: Draw, norm: Norm) -> None:
    """The gradient takes the statistics into account, and nothing is changed in place."""
    (d_model,) = draw.primes(1)
    expect.tensor(answer(draw.normal(3, d_model), draw.normal(d_model)), "The result", (3, d_model))
    expect.untouched(answer)
    x, weight = draw.normal(3, d_model, grad=True), draw.normal(d_model, grad=True)
    factors = draw.normal(3, d_model)
    result = expect.tensor(answer(x, weight), "The result", (3, d_model))
    expect.close(result, norm(x, weight), "The result is not that of the formula, so its gradient is not.")
    found = expect.gradients((result * factors).sum(), **{"input x": x, "weight": weight})
    wanted = torch.autograd.grad((norm(x, weight) * factors).sum(), [x, weight])
    for name, gradient, right in zip(("x", "weight"), found, wanted, strict=True):
        expect.close(
            gradient,
            right,
            f"The gradient with respect to {name} is wrong: the statistics depend on x, too, so do not detach them.",
        )


EXERCISES.exercise("layer_norm")


@check("layer_norm")
def mean_0_and_variance_1(answer: Answer, draw: Draw) -> None:
    """With weight 1 and ε = 0 the features of a position have mean 0 and variance 1; the variance divides by d_model."""
    n, d_model = draw.primes(2)
    x, ones = 3 * draw.normal(n, d_model) + 2, torch.ones(d_model, dtype=torch.float64)
    result = expect.tensor(answer(x, ones, eps=0.0), "The result", (n, d_model))
    expect.finite(result, "The result")
    expect.close(result.mean(-1), torch.zeros(n), "The mean of a position's features is not 0.")
    variance = result.double().var(-1, correction=0)
    if torch.allclose(variance, torch.full_like(variance, (d_model - 1) / d_model), atol=1e-6):
        expect.fail(
            f"Your variance divides by d_model − 1 = {d_model - 1}; a layer norm divides by d_model = {d_model}."
        )
    expect.close(variance, torch.ones(n), "The variance of a position's features is not 1.")
    expect.close(result, plain_layer_norm(x, ones, 0.0), "Mean and variance are right, the numbers are not.")


@check("layer_norm")
def no_position_sees_another(answer: Answer, draw: Draw) -> None:
    """Every position is normalised over its own features alone, whatever axes come before."""
    each_position(answer, draw, plain_layer_norm)


@check("layer_norm")
def weight_scales_and_bias_shifts(answer: Answer, draw: Draw) -> None:
    """Each normalised feature is multiplied by its weight, then its bias is added; without a bias nothing is."""
    (d_model,) = draw.primes(1)
    x, weight, bias = draw.normal(3, d_model), draw.normal(d_model), draw.normal(d_model)
    normal = plain_layer_norm(x, torch.ones_like(weight))
    result = expect.tensor(answer(x, weight), "Without a bias, the result", (3, d_model))
    expect.close(
        result, normal * weight, "Without a bias, the result is not the normalised x times the weight."
    )
    result = expect.tensor(answer(x, weight, bias), "With a bias, the result", (3, d_model))
    if is_close(result, (normal + bias) * weight):
        expect.fail("The bias is added before the weight is multiplied; it comes last.")
    expect.close(result, normal * weight + bias, "The result is not normalised x · weight + bias.")


@check("layer_norm")
def epsilon_inside_the_root(answer: Answer, draw: Draw) -> None:
    """The divisor is √(σ² + ε), and ε is 1e-5 unless told."""
    inside_the_root(
        answer, draw, plain_layer_norm, lambda x: x.var(-1, correction=0, keepdim=True), "variance"
    )


@check("layer_norm")
def equal_features_become_0(answer: Answer, draw: Draw) -> None:
    """A position whose features are all equal has variance 0; it becomes 0, and nothing is nan."""
    plain = torch.full((2, 7), 5.0, dtype=torch.float64)
    expect.tensor(answer(plain, torch.ones(7, dtype=torch.float64)), "The result", (2, 7))
    expect.untouched(answer)
    x = plain.clone().requires_grad_()
    result = expect.tensor(answer(x, torch.ones(7, dtype=torch.float64)), "The result", (2, 7))
    expect.finite(result, "Where all features are equal, the result")
    expect.close(result, torch.zeros(2, 7), "Where all features are equal, the result should be 0.")
    (gradient,) = expect.gradients(result.sum(), **{"input x": x})
    expect.finite(gradient, "Where all features are equal, the gradient")


@check("layer_norm")
def half_precision(answer: Answer, draw: Draw) -> None:
    """The result has the dtype of x and its digits; in half precision features of about 300 give the right result too."""
    large_numbers(answer, draw, plain_layer_norm)
    weight, x = draw.normal(101) + 2, (3000 + draw.normal(3, 101)).float()
    result = expect.tensor(answer(x, weight.float()), "For float32 the result", (3, 101), torch.float32)
    expect.close(
        result,
        plain_layer_norm(x.double(), weight),
        "Features near 3000 lose their digits: subtract the mean first, then square.",
        1e-2,
    )


@check("layer_norm")
def gradient_through_mean_and_variance(answer: Answer, draw: Draw) -> None:
    """Gradients reach x and the weight, through mean and variance too, and x stays as it was."""
    gradient_of_a_norm(answer, draw, plain_layer_norm)


EXERCISES.exercise("rms_norm")


@check("rms_norm")
def mean_square_1(answer: Answer, draw: Draw) -> None:
    """With weight 1 and ε = 0 the mean of the squares of a position's features is 1, and no mean was subtracted."""
    n, d_model = draw.primes(2)
    x, ones = draw.normal(n, d_model) + 2, torch.ones(d_model, dtype=torch.float64)
    result = expect.tensor(answer(x, ones, eps=0.0), "The result", (n, d_model))
    expect.finite(result, "The result")
    if is_close(result, plain_layer_norm(x, ones, 0.0)):
        expect.fail("That is a layer norm: an RMS norm subtracts no mean.")
    if is_close(result, F.normalize(x, dim=-1)):
        expect.fail("The *sum* of the squares of a position is 1 in your result; their *mean* should be.")
    squares = result.double().square().mean(-1)
    expect.close(squares, torch.ones(n), "The mean of the squares of a position's features is not 1.")
    expect.close(result, plain_rms_norm(x, ones, 0.0), "The mean square is right, the numbers are not.")


@check("rms_norm")
def no_position_sees_another_rms(answer: Answer, draw: Draw) -> None:
    """Every position is normalised over its own features alone, whatever axes come before."""
    each_position(answer, draw, plain_rms_norm)


@check("rms_norm")
def weight_scales(answer: Answer, draw: Draw) -> None:
    """Each normalised feature is multiplied by its weight."""
    (d_model,) = draw.primes(1)
    x, weight = draw.normal(3, d_model), draw.normal(d_model)
    result = expect.tensor(answer(x, weight), "The result", (3, d_model))
    expect.close(result, plain_rms_norm(x, weight), "The result is not x / √(mean(x²) + ε) times the weight.")


@check("rms_norm")
def epsilon_inside_the_root_rms(answer: Answer, draw: Draw) -> None:
    """The divisor is √(mean(x²) + ε), and ε is 1e-5 unless told."""
    inside_the_root(
        answer, draw, plain_rms_norm, lambda x: x.square().mean(-1, keepdim=True), "mean of the squares"
    )


@check("rms_norm")
def half_precision_rms(answer: Answer, draw: Draw) -> None:
    """The result has the dtype of x and its digits; in half precision features of about 300 give the right result too."""
    large_numbers(answer, draw, plain_rms_norm)


@check("rms_norm")
def gradient_through_the_root(answer: Answer, draw: Draw) -> None:
    """Gradients reach x and the weight, through the root too, and x stays as it was."""
    gradient_of_a_norm(answer, draw, plain_rms_norm)


# ── gelu ─────────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("gelu")


def tanh_gelu(x: Tensor) -> Tensor:
    """PyTorch's, in the form with tanh."""
    return F.gelu(x, approximate="tanh")


# What else stands between two linear layers, and how a student got there.
OTHERS: dict[str, Callable[[Tensor], Tensor]] = {
    "a ReLU": F.relu,
    "the exact GELU with erf, up to 0.0005 away from the form asked for": F.gelu,
    "the coarser form x · sigmoid(1.702 x)": lambda x: x * torch.sigmoid(1.702 * x),
    "Swish, x · sigmoid(x)": F.silu,
}


@check("gelu", points=2)
def form_with_tanh(answer: Answer, draw: Draw) -> None:
    """The result is ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), number by number."""
    x = torch.linspace(-4, 4, 101, dtype=torch.float64)
    result = expect.tensor(answer(x), "The result", (101,))
    for name, other in OTHERS.items():
        if (result.detach().double() - other(x)).abs().max() < 1e-7:
            expect.fail(f"That is {name}.")
    worst = int((result.detach().double() - tanh_gelu(x)).abs().nan_to_num(math.inf).argmax())
    expect.close(
        result,
        tanh_gelu(x),
        f"gelu({x[worst]:.2f}) should be {tanh_gelu(x)[worst]:.4f}; yours is {result[worst]:.4f}.",
        1e-6,
    )


@check("gelu")
def far_from_0(answer: Answer, draw: Draw) -> None:
    """Large numbers pass, very negative ones become 0, and nothing is nan or infinite."""
    x = torch.tensor([-1000.0, -100.0, -20.0, 0.0, 20.0, 100.0, 1000.0])
    result = expect.tensor(answer(x), "The result", (7,))
    expect.finite(result, "Far from 0 the result")
    expect.close(result, F.relu(x), "gelu(1000) should be 1000, gelu(0) and gelu(−1000) should be 0.")


@check("gelu")
def any_shape_and_dtype(answer: Answer, draw: Draw) -> None:
    """The result has the shape and dtype of x, its gradient is right, and x stays as it was."""
    a, b, c = draw.primes(3)
    for dtype in (*HALF, torch.float32, torch.float64):
        x = draw.normal(a, b, c, dtype=dtype)
        name = str(dtype).removeprefix("torch.")
        result = expect.tensor(answer(x), f"For {name} the result", (a, b, c), dtype)
        tolerance = 3e-2 if dtype in HALF else 1e-5
        expect.close(result, tanh_gelu(x.double()), f"For {name} the result is wrong.", tolerance)
    expect.untouched(answer)
    x = draw.normal(a, b, grad=True)
    (gradient,) = expect.gradients(expect.tensor(answer(x), "The result", (a, b)).sum(), **{"input x": x})
    (wanted,) = torch.autograd.grad(tanh_gelu(x).sum(), x)
    expect.close(gradient, wanted, "The gradient is not that of the form with tanh.")
