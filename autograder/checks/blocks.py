"""Checks of lab 10, blocks.

The oracles are PyTorch's own norms and activations in float64, the heads of lab 08's checks, and numbers that
follow from a construction: with W_out = 0 a sub-layer is silent, so what the residual path does stands there bare.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.heads import Store, leading_shapes, paper, random_parameters

EXERCISES = ExerciseSet("10-blocks")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Parameters = dict[str, Tensor]
Norm = Callable[..., Tensor]  # of x, weight and eps
HALF = (torch.float16, torch.bfloat16)


def remember(answer: Answer, value: Tensor) -> None:
    """A result of a module that was called as it is, kept as those of functions are: known mistakes differ in it."""
    answer.results.append(value.detach().clone())


def seeded(draw: Draw, function: Any, *arguments: Any, **more: Any) -> Any:
    """A call with torch's generator in a known state: in a process of its own or not, it draws the same numbers."""
    torch.manual_seed(draw.integer(0, 2**31 - 1))
    return function(*arguments, **more)


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


# ── FeedForward ──────────────────────────────────────────────────────────────────────────────────


def layer_of(module: Any, name: str, d_out: int, d_in: int, bias: bool) -> Any:
    """The linear layer ``name`` of a student's module, if it is as specified."""
    layer = getattr(module, name, None)
    if not isinstance(layer, nn.Linear):
        found = "no such attribute" if layer is None else expect.describe(layer)
        expect.fail(f"Your class should have a layer `{name}`, an nn.Linear; it has {found}.")
    expect.tensor(layer.weight, f"The weight of `{name}`", (d_out, d_in))
    if (layer.bias is not None) is not bias:
        found, wanted = ("no bias", "one") if bias else ("a bias", "none")
        expect.fail(f"With bias={bias}, `{name}` has {found}; it should have {wanted}.")
    return layer


def part_of(module: Any, place: str) -> Any:
    """A part such as ``attention.w_q`` of a student's block."""
    for name in place.split("."):
        module = getattr(module, name, None)
        if module is None:
            expect.fail(f"Your module should have `{place}`; there is no `{name}`.")
    return module


def set_linear(layer: Any, name: str, parameters: Parameters) -> None:
    """Give a layer the weight and, if there is one, the bias of that name."""
    layer.weight.data = parameters[f"{name}.weight"].clone()
    if f"{name}.bias" in parameters:
        layer.bias.data = parameters[f"{name}.bias"].clone()


def network(draw: Draw, names: tuple[str, ...], d_model: int, d_ff: int, bias: bool = True) -> Parameters:
    """Random weights for the layers of a feed-forward network; the last of ``names`` leads back."""
    found = {}
    for name in names:
        d_out, d_in = (d_model, d_ff) if name == names[-1] else (d_ff, d_model)
        found[f"{name}.weight"] = draw.normal(d_out, d_in) / math.sqrt(d_in) * 2
        if bias:
            found[f"{name}.bias"] = draw.normal(d_out)
    return found


def require_module(module: Any) -> Any:
    """What a student's class makes, if it is a module."""
    if not isinstance(module, nn.Module):
        expect.fail(f"Your class should make an nn.Module; it made {expect.describe(module)}.")
    return module


def network_as_function(names: tuple[str, ...]) -> Callable[[Any], Callable[..., Any]]:
    """How a class of feed-forward networks becomes a function of its parameters and x."""

    def adapt(cls: Any) -> Callable[..., Any]:
        def feed(parameters: Parameters, x: Tensor) -> Any:
            d_ff, d_model = parameters[f"{names[0]}.weight"].shape
            bias = f"{names[0]}.bias" in parameters
            module = require_module(cls(d_model, d_ff, bias=bias))
            for name in names:
                d_out, d_in = parameters[f"{name}.weight"].shape
                set_linear(layer_of(module, name, d_out, d_in, bias), name, parameters)
            return module.double().eval()(x)

        return feed

    return adapt


def count(module: Any) -> int:
    """How many numbers a module learns."""
    return sum(parameter.numel() for parameter in list(module.parameters()))


def compare_parts(answer: Answer, draw: Draw, names: tuple[str, ...], default: bool) -> None:
    """The linear layers of a feed-forward network, with biases if `bias`, and nothing else to learn."""
    d_model, d_ff = draw.primes(2)
    for bias in (True, False, None):
        module = require_module(answer.original(d_model, d_ff, **({} if bias is None else {"bias": bias})))
        wanted = 0
        for name in names:
            d_out, d_in = (d_model, d_ff) if name == names[-1] else (d_ff, d_model)
            layer_of(module, name, d_out, d_in, default if bias is None else bias)
            wanted += d_out * (d_in + (default if bias is None else bias))
        if count(module) != wanted:
            expect.fail(
                f"With d_model={d_model}, d_ff={d_ff} there are {wanted} numbers to learn; you have {count(module)}."
            )


def linear(x: Tensor, parameters: Parameters, name: str) -> Tensor:
    """x W + b in the layout of ``nn.Linear``."""
    return F.linear(x, parameters[f"{name}.weight"], parameters.get(f"{name}.bias"))


def compare_networks(answer: Answer, draw: Draw, names: tuple[str, ...], right: Any, mistakes: Any) -> None:
    """The result is that of ``right``, with biases and without; ``mistakes`` name what else it may be."""
    d_model, d_ff, n = draw.primes(3)
    for bias in (True, False):
        parameters, x = network(draw, names, d_model, d_ff, bias), draw.normal(n, d_model)
        result = expect.tensor(answer(parameters, x), "The result", (n, d_model), x.dtype)
        for says, wrong in mistakes.items():
            if is_close(result, wrong(x, parameters)):
                expect.fail(says)
        expect.close(
            result, right(x, parameters), f"With bias={bias} the result is not what the formula gives."
        )


def positions_alone(answer: Answer, draw: Draw, names: tuple[str, ...]) -> None:
    """A batch of sequences gives what each position gives alone."""
    d_model, d_ff, n = draw.primes(3)
    parameters = network(draw, names, d_model, d_ff)
    for leading in leading_shapes(draw):
        x = draw.normal(*leading, n, d_model)
        result = expect.tensor(
            answer(parameters, x), f"For x of shape {tuple(x.shape)}, the result", tuple(x.shape)
        )
        last = (0,) * len(leading) + (n - 1,)
        alone = expect.tensor(answer(parameters, x[last]), "For a single position, the result", (d_model,))
        expect.close(result[last], alone, "A position gives another result when others stand beside it.")


def gradients_reach(answer: Answer, draw: Draw, names: tuple[str, ...]) -> None:
    """Gradients reach x and every layer."""
    d_model, d_ff, n = draw.primes(3)
    module = require_module(answer.original(d_model, d_ff))
    for name in names:
        part_of(module, name)
    module, x = module.double(), draw.normal(n, d_model, grad=True)
    total = (expect.tensor(module(x), "The result", (n, d_model)) * draw.normal(n, d_model)).sum()
    learned = {"input x": x} | {f"weight of {name}": getattr(module, name).weight for name in names}
    for name, gradient in zip(learned, expect.gradients(total, **learned), strict=True):
        expect.finite(gradient, f"The gradient of the {name}")
        if not gradient.any():
            expect.fail(f"The gradient of the {name} is 0 everywhere.")


TWO = ("w_in", "w_out")
EXERCISES.exercise("FeedForward", adapt=network_as_function(TWO))


@check("FeedForward")
def two_linear_layers(answer: Answer, draw: Draw) -> None:
    """w_in is nn.Linear(d_model, d_ff), w_out is nn.Linear(d_ff, d_model), with biases unless `bias` is False."""
    compare_parts(answer, draw, TWO, default=True)


def feed(x: Tensor, parameters: Parameters, activation: Any = tanh_gelu) -> Tensor:
    """Equation 2 of Vaswani et al. with the activation given."""
    return linear(activation(linear(x, parameters, "w_in")), parameters, "w_out")


FEED_MISTAKES = {
    f"Between the two layers stands {name}; it should be gelu.": functools.partial(feed, activation=other)
    for name, other in OTHERS.items()
} | {
    "Nothing stands between the two layers, so they are one linear layer in two parts.": functools.partial(
        feed, activation=lambda inner: inner
    ),
    "The result went through gelu once more; it ends with w_out.": lambda x, p: tanh_gelu(feed(x, p)),
    "The residual path is not part of the network; it comes with the block.": lambda x, p: x + feed(x, p),
}


@check("FeedForward", points=2)
def out_of_gelu_of_in(answer: Answer, draw: Draw) -> None:
    """The result is gelu(x W_1 + b_1) W_2 + b_2."""
    compare_networks(answer, draw, TWO, feed, FEED_MISTAKES)


@check("FeedForward")
def each_position_alone(answer: Answer, draw: Draw) -> None:
    """The same network works at every position, whatever stands beside it, for any leading shape."""
    positions_alone(answer, draw, TWO)


@check("FeedForward")
def both_layers_learn(answer: Answer, draw: Draw) -> None:
    """Gradients reach x and both layers."""
    gradients_reach(answer, draw, TWO)


def compare_dropout(answer: Answer, draw: Draw, module: Any, x: Tensor) -> None:
    """With dropout=0.5 about half of the result is 0 in training, the rest twice what it was."""
    module = require_module(module).double()
    module.eval()
    kept, again = (expect.tensor(seeded(draw, module, x), "The output", tuple(x.shape)) for _ in range(2))
    remember(answer, kept)
    if not is_close(kept, again.detach().double()):  # the same sum may be rounded in two ways
        expect.fail("Outside training, dropout should do nothing; yours acts after .eval(), too.")
    module.train()
    dropped = expect.tensor(seeded(draw, module, x), "In training, the output", tuple(x.shape))
    zeros = dropped == 0
    share = zeros.double().mean().item()
    if share == 0 and not torch.allclose(dropped, kept):
        expect.fail("In training something is dropped, but not from the result: none of its numbers is 0.")
    if not 0.3 < share < 0.7:
        expect.fail(f"With dropout=0.5 about half of the result should be 0 in training; it is {share:.0%}.")
    expect.close(dropped[~zeros], 2 * kept[~zeros], "What dropout leaves should be twice what it was.")


@check("FeedForward")
def dropout_on_the_result(answer: Answer, draw: Draw) -> None:
    """In training, `dropout` sets a share of the result to 0 and scales up the rest; otherwise it does nothing."""
    d_model, d_ff = draw.primes(2)
    compare_dropout(
        answer, draw, seeded(draw, answer.original, d_model, d_ff, dropout=0.5), draw.normal(41, d_model)
    )


# ── SwiGLU ───────────────────────────────────────────────────────────────────────────────────────

THREE = ("w_gate", "w_in", "w_out")
EXERCISES.exercise("SwiGLU", adapt=network_as_function(THREE))


def gated(x: Tensor, parameters: Parameters, activation: Any = F.silu) -> Tensor:
    """Equation 6 of Shazeer with the activation given."""
    gates = activation(linear(x, parameters, "w_gate"))
    return linear(gates * linear(x, parameters, "w_in"), parameters, "w_out")


def swapped(parameters: Parameters) -> Parameters:
    """With W and V exchanged."""
    names = {"w_gate": "w_in", "w_in": "w_gate", "w_out": "w_out"}
    return {
        f"{names[name]}.{kind}": value
        for (name, kind), value in ((key.split("."), v) for key, v in parameters.items())
    }


SWIGLU_MISTAKES = {
    "Swish stands on w_in; it belongs to w_gate.": lambda x, p: gated(x, swapped(p)),
    "Your gates are sigmoid(x W), the plain GLU; Swish(z) is z · sigmoid(z).": functools.partial(
        gated, activation=torch.sigmoid
    ),
    "Your gates are gelu(x W); Swish(z) is z · sigmoid(z).": functools.partial(gated, activation=tanh_gelu),
    "Your gates are the exact GELU of x W; Swish(z) is z · sigmoid(z).": functools.partial(
        gated, activation=F.gelu
    ),
    "Your gates are relu(x W); Swish(z) is z · sigmoid(z).": functools.partial(gated, activation=F.relu),
    "Your gates are x W as it is; Swish is missing.": functools.partial(gated, activation=lambda z: z),
    "The two projections are added; they are multiplied, number by number.": lambda x, p: linear(
        F.silu(linear(x, p, "w_gate")) + linear(x, p, "w_in"), p, "w_out"
    ),
    "Swish stands on both projections; it belongs to w_gate alone.": lambda x, p: linear(
        F.silu(linear(x, p, "w_gate")) * F.silu(linear(x, p, "w_in")), p, "w_out"
    ),
    "Swish is taken of the product; it belongs to w_gate alone.": lambda x, p: linear(
        F.silu(linear(x, p, "w_gate") * linear(x, p, "w_in")), p, "w_out"
    ),
    "w_in is not used: that is a network with Swish and without gates.": lambda x, p: linear(
        F.silu(linear(x, p, "w_gate")), p, "w_out"
    ),
}


@check("SwiGLU")
def three_linear_layers(answer: Answer, draw: Draw) -> None:
    """w_gate and w_in are nn.Linear(d_model, d_ff), w_out is nn.Linear(d_ff, d_model), without biases unless told."""
    compare_parts(answer, draw, THREE, default=False)


@check("SwiGLU", points=2)
def swish_opens_the_gates(answer: Answer, draw: Draw) -> None:
    """The result is (Swish(x W) ⊙ x V) W_2, where Swish(z) = z · sigmoid(z)."""
    compare_networks(answer, draw, THREE, gated, SWIGLU_MISTAKES)


@check("SwiGLU")
def each_position_alone_gated(answer: Answer, draw: Draw) -> None:
    """The same network works at every position, whatever stands beside it, for any leading shape."""
    positions_alone(answer, draw, THREE)


@check("SwiGLU")
def three_layers_learn(answer: Answer, draw: Draw) -> None:
    """Gradients reach x and all three layers."""
    gradients_reach(answer, draw, THREE)


# ── residual ─────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("residual")


class Watched:
    """A function of the test that remembers what it was given."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function
        self.given: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        """The function's result."""
        self.given.append(x.detach().clone())
        return self.function(x)


def squashed(x: Tensor) -> Tensor:
    """Stands for a norm."""
    return x.tanh() + 3


def found(x: Tensor) -> Tensor:
    """Stands for a sub-layer."""
    return x.square() - 5


@check("residual", points=2)
def input_plus_what_was_found(answer: Answer, draw: Draw) -> None:
    """The result is x + sublayer(norm(x))."""
    for leading in leading_shapes(draw):
        x = draw.normal(*leading, 3, 5)
        result = expect.tensor(
            answer(x, sublayer=found, norm=squashed),
            f"For x of shape {tuple(x.shape)}, the result",
            tuple(x.shape),
        )
        for says, wrong in {
            "That is post-LN, norm(x + sublayer(x)): here only what the sub-layer sees is normalised.": squashed(
                x + found(x)
            ),
            "The normalised x was added; x itself travels on.": squashed(x) + found(squashed(x)),
            "The sub-layer saw x without a norm.": x + found(x),
            "x was not added: that is the sub-layer's result alone.": found(squashed(x)),
            "The norm was applied to what the sub-layer found; it belongs before it.": x + squashed(found(x)),
            "What was found was subtracted.": x - found(squashed(x)),
        }.items():
            if is_close(result, wrong):
                expect.fail(says)
        expect.close(result, x + found(squashed(x)), "The result is not x + sublayer(norm(x)).")


@check("residual")
def norm_once_then_sublayer_once(answer: Answer, draw: Draw) -> None:
    """The norm sees x, the sub-layer sees the norm's result, each exactly once."""
    x = draw.normal(3, 5)
    norm, sublayer = Watched(squashed), Watched(found)
    expect.tensor(answer(x, sublayer=sublayer, norm=norm), "The result", (3, 5))
    for name, watched, wanted in (("norm", norm, x), ("sub-layer", sublayer, squashed(x))):
        if len(watched.given) != 1:
            expect.fail(f"The {name} should be called once; yours calls it {len(watched.given)} times.")
        expect.close(watched.given[0], wanted, f"The {name} was given something else than it should see.")


@check("residual")
def path_through_fifty_layers(answer: Answer, draw: Draw) -> None:
    """Where sub-layers are silent, x comes out of fifty layers exactly as it went in, and so does its gradient."""
    expect.tensor(answer(draw.normal(7), sublayer=found, norm=squashed), "The result", (7,))
    expect.untouched(answer)
    x = draw.normal(7, grad=True)
    result = x
    for _ in range(50):
        result = expect.tensor(
            answer(result, sublayer=torch.zeros_like, norm=lambda h: 100 * h), "The result", (7,)
        )
    if not torch.equal(result, x):
        expect.fail("With silent sub-layers x does not come out of fifty layers exactly as it went in.")
    (gradient,) = expect.gradients(result.sum(), **{"input x": x})
    expect.close(gradient, torch.ones(7), "With silent sub-layers the gradient after fifty layers is not 1.")


@check("residual")
def input_is_still_needed(answer: Answer, draw: Draw) -> None:
    """x itself, which others may still need, stays as it was."""
    x = draw.normal(5, 7)
    result = expect.tensor(answer(x, sublayer=found, norm=squashed), "The result", (5, 7))
    expect.untouched(answer)
    expect.close(result, x + found(squashed(x)), "The result is not x + sublayer(norm(x)).")


# ── TransformerBlock ─────────────────────────────────────────────────────────────────────────────

ATTENTION = ("w_q", "w_k", "w_v", "w_o")
PLACES = (
    *(f"attention.{w}" for w in ATTENTION),
    "feed_forward.w_in",
    "feed_forward.w_out",
    "norm_1",
    "norm_2",
)


def block_as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its parameters and x."""

    def transform(n_heads: int, parameters: Parameters, x: Tensor, *more: Any, **named: Any) -> Any:
        d_ff, d_model = parameters["feed_forward.w_in.weight"].shape
        module = require_module(cls(d_model, n_heads, d_ff))
        for place in PLACES:
            part = part_of(module, place)
            expect.tensor(
                getattr(part, "weight", None),
                f"The weight of `{place}`",
                tuple(parameters[f"{place}.weight"].shape),
            )
            bias = getattr(part, "bias", None)
            if bias is None:
                expect.fail(f"With bias=True, `{place}` has no bias; it should have one.")
            expect.tensor(bias, f"The bias of `{place}`", tuple(parameters[f"{place}.bias"].shape))
            set_linear(part, place, parameters)
        if not torch.equal(module.norm_1.weight, parameters["norm_1.weight"]):
            expect.fail(
                "`norm_1` and `norm_2` are one and the same; each has a weight and a bias of its own."
            )
        return module.double().eval()(x, *more, **named)

    return transform


EXERCISES.exercise("TransformerBlock", adapt=block_as_function)


def block(draw: Draw, n_heads: int, d_head: int, d_ff: int) -> Parameters:
    """Random parameters of a block; weights and biases of the norms are far from 1 and 0."""
    d_model = n_heads * d_head
    parameters = {f"attention.{name}": value for name, value in random_parameters(draw, d_model).items()}
    parameters |= {f"feed_forward.{name}": value for name, value in network(draw, TWO, d_model, d_ff).items()}
    for name in ("norm_1", "norm_2"):
        parameters |= {f"{name}.weight": draw.normal(d_model) + 2, f"{name}.bias": draw.normal(d_model)}
    return parameters


def silent(parameters: Parameters, place: str) -> Parameters:
    """The same, but this layer gives 0."""
    return parameters | {
        f"{place}.{kind}": torch.zeros_like(parameters[f"{place}.{kind}"]) for kind in ("weight", "bias")
    }


class Right:
    """A block's steps by the oracles."""

    def __init__(self, n_heads: int, parameters: Parameters, allowed: Tensor | None = None) -> None:
        self.n_heads, self.allowed, self.parameters = n_heads, allowed, parameters

    def part(self, name: str) -> Parameters:
        """The parameters of a part, without its name."""
        start = f"{name}."
        return {
            key.removeprefix(start): value for key, value in self.parameters.items() if key.startswith(start)
        }

    def norm(self, x: Tensor, name: str) -> Tensor:
        """LN_1 or LN_2."""
        p = self.part(name)
        return F.layer_norm(x, x.shape[-1:], p["weight"], p["bias"])

    def attend(self, x: Tensor) -> Tensor:
        """Attention(x)."""
        return paper(self.n_heads, self.part("attention"), x, x, self.allowed)

    def feed(self, x: Tensor) -> Tensor:
        """FFN(x)."""
        return feed(x, self.part("feed_forward"))

    def block(self, x: Tensor) -> Tensor:
        """All of it."""
        h = x + self.attend(self.norm(x, "norm_1"))
        return h + self.feed(self.norm(h, "norm_2"))


@check("TransformerBlock")
def parts_of_a_block(answer: Answer, draw: Draw) -> None:
    """norm_1, attention, norm_2 and feed_forward have the parameters that they should, with biases if `bias`."""
    n_heads, d_head, d_ff = draw.primes(3)
    d_model = n_heads * d_head
    for bias in (True, False):
        module = require_module(answer.original(d_model, n_heads, d_ff, bias=bias))
        for place in PLACES:
            part = part_of(module, place)
            weight = expect.tensor(getattr(part, "weight", None), f"The weight of `{place}`")
            expect.tensor(weight, f"The weight of `{place}`", shape_of(place, d_model, d_ff))
            if (getattr(part, "bias", None) is not None) is not bias:
                expect.fail(
                    f"With bias={bias}, `{place}` {'has no bias' if bias else 'has a bias, and should have none'}."
                )
        wanted = (
            4 * d_model * (d_model + bias)
            + d_ff * (d_model + bias)
            + d_model * (d_ff + bias)
            + 2 * d_model * (1 + bias)
        )
        if count(module) != wanted:
            expect.fail(
                f"With d_model={d_model}, d_ff={d_ff}, bias={bias} there are {wanted:,} numbers to learn; you have {count(module):,}."
            )


def shape_of(place: str, d_model: int, d_ff: int) -> tuple[int, ...]:
    """The shape of a weight."""
    shapes = {"feed_forward.w_in": (d_ff, d_model), "feed_forward.w_out": (d_model, d_ff)}
    return shapes.get(place, (d_model,) if place.startswith("norm") else (d_model, d_model))


@check("TransformerBlock")
def silent_sublayers_pass_x_on(answer: Answer, draw: Draw) -> None:
    """Where both sub-layers give 0, x comes out exactly as it went in."""
    n_heads, d_head, n, d_ff = draw.primes(4)
    parameters = silent(silent(block(draw, n_heads, d_head, d_ff), "attention.w_o"), "feed_forward.w_out")
    x = 3 * draw.normal(2, n, n_heads * d_head)
    right = Right(n_heads, parameters)
    result = expect.tensor(answer(n_heads, parameters, x), "The output", tuple(x.shape))
    if not result.any():
        expect.fail("With silent sub-layers nothing comes out: x is not added to what they find.")
    normed = (right.norm(x, "norm_1"), right.norm(x, "norm_2"), right.norm(right.norm(x, "norm_1"), "norm_2"))
    if any(is_close(result, wrong) for wrong in normed):
        expect.fail(
            "With silent sub-layers a *normalised* x comes out: a norm stands in the residual path. In a pre-LN block it stands before the sub-layer."
        )
    expect.close(result, x, "With silent sub-layers x does not come out as it went in.", 1e-7)


@check("TransformerBlock")
def attention_on_its_path(answer: Answer, draw: Draw) -> None:
    """Where the feed-forward network gives 0, the block is x + Attention(LN_1(x)), and x itself stays as it was."""
    n_heads, d_head, n, d_ff = draw.primes(4)
    parameters = silent(block(draw, n_heads, d_head, d_ff), "feed_forward.w_out")
    x = 3 * draw.normal(2, n, n_heads * d_head)
    right = Right(n_heads, parameters)
    result = expect.tensor(answer(n_heads, parameters, x), "The output", tuple(x.shape))
    expect.untouched(answer)
    seen = right.norm(x, "norm_1")
    for says, wrong in {
        "The attention saw x without a norm.": x + right.attend(x),
        "The attention's input was normalised by norm_2.": x + right.attend(right.norm(x, "norm_2")),
        "The normalised x was added to what the attention found; x itself travels on.": seen
        + right.attend(seen),
        "x was not added to what the attention found.": right.attend(seen),
    }.items():
        if is_close(result, wrong):
            expect.fail(says)
    expect.close(
        result,
        x + right.attend(seen),
        "With a silent feed-forward network the output is not x + attention(norm_1(x)).",
    )


@check("TransformerBlock")
def feed_forward_on_its_path(answer: Answer, draw: Draw) -> None:
    """Where the attention gives 0, the block is x + FFN(LN_2(x))."""
    n_heads, d_head, n, d_ff = draw.primes(4)
    parameters = silent(block(draw, n_heads, d_head, d_ff), "attention.w_o")
    x = 3 * draw.normal(2, n, n_heads * d_head)
    right = Right(n_heads, parameters)
    result = expect.tensor(answer(n_heads, parameters, x), "The output", tuple(x.shape))
    seen = right.norm(x, "norm_2")
    for says, wrong in {
        "The feed-forward network saw x without a norm.": x + right.feed(x),
        "The feed-forward network's input was normalised by norm_1; it has a norm of its own.": x
        + right.feed(right.norm(x, "norm_1")),
        "The normalised x was added to what the feed-forward network found; x itself travels on.": seen
        + right.feed(seen),
        "x was not added to what the feed-forward network found.": right.feed(seen),
    }.items():
        if is_close(result, wrong):
            expect.fail(says)
    expect.close(
        result, x + right.feed(seen), "With a silent attention the output is not x + feed_forward(norm_2(x))."
    )


@check("TransformerBlock", points=2)
def one_after_the_other(answer: Answer, draw: Draw) -> None:
    """h = x + Attention(LN_1(x)), then y = h + FFN(LN_2(h)): the network works on what the attention has left."""
    n_heads, d_head, n, d_ff = draw.primes(4)
    parameters = block(draw, n_heads, d_head, d_ff)
    right = Right(n_heads, parameters)
    for leading in leading_shapes(draw):
        x = draw.normal(*leading, n, n_heads * d_head)
        result = expect.tensor(
            answer(n_heads, parameters, x), f"For x of shape {tuple(x.shape)}, the output", tuple(x.shape)
        )
        attended, fed = right.attend(right.norm(x, "norm_1")), right.feed(right.norm(x, "norm_2"))
        h = x + fed
        for says, wrong in {
            "Both sub-layers work on x, side by side; the feed-forward network should work on h, after the attention.": x
            + attended
            + fed,
            "The feed-forward network comes first; the attention does.": h
            + right.attend(right.norm(h, "norm_1")),
            "The feed-forward network works on h, but its result was added to x: what the attention found is lost.": x
            + right.feed(right.norm(x + attended, "norm_2")),
        }.items():
            if is_close(result, wrong):
                expect.fail(says)
        expect.close(
            result, right.block(x), "The output is not h + FFN(LN_2(h)) with h = x + Attention(LN_1(x))."
        )


def right_so_far(answer: Answer, n_heads: int, parameters: Parameters, x: Tensor) -> Tensor:
    """The output without mask and cache; where the block is wrong without them, nothing is said about them."""
    result = expect.tensor(answer(n_heads, parameters, x), "The output", tuple(x.shape))
    wanted = Right(n_heads, parameters).block(x)
    expect.close(
        result, wanted, "Without mask, causal and cache the output is not that of the block; first mend that."
    )
    return wanted


@check("TransformerBlock")
def mask_and_causal_are_handed_on(answer: Answer, draw: Draw) -> None:
    """`mask` and `causal` hide positions from the attention; without them every position is seen."""
    n_heads, d_head, n, d_ff = draw.primes(4)
    parameters, x = block(draw, n_heads, d_head, d_ff), draw.normal(2, n, n_heads * d_head)
    past, mask = torch.ones(n, n, dtype=torch.bool).tril(), draw.mask(2, 1, 1, n)
    everything = right_so_far(answer, n_heads, parameters, x)
    cases: tuple[tuple[str, dict[str, Any], Tensor], ...] = (
        ("causal=True", {"causal": True}, past),
        ("a mask", {"mask": mask}, mask),
        ("causal=True and a mask", {"causal": True, "mask": mask}, past & mask),
    )
    # All three before the first verdict: what is forgotten alone differs from what is forgotten with the rest.
    results = [
        expect.tensor(answer(n_heads, parameters, x, **more), "The output", tuple(x.shape))
        for _, more, _ in cases
    ]
    for (name, _, allowed), result in zip(cases, results, strict=True):
        if is_close(result, everything):
            expect.fail(f"With {name} nothing is hidden: hand it on to the attention.")
        wanted = Right(n_heads, parameters, allowed.expand(2, n_heads, n, n)).block(x)
        expect.close(result, wanted, f"With {name} the wrong positions are hidden.")


@check("TransformerBlock")
def cache_is_handed_on(answer: Answer, draw: Draw) -> None:
    """Read piece by piece with a cache, a sequence gives what it gives at once."""
    n_heads, d_head, n, d_ff = draw.primes(4, above=3)
    parameters, x = block(draw, n_heads, d_head, d_ff), draw.normal(2, n, n_heads * d_head)
    right_so_far(answer, n_heads, parameters, x)
    mask = draw.mask(2, 1, 1, n)
    answer(n_heads, parameters, x, mask, causal=True)  # judged elsewhere; here it tells mistakes apart
    store, pieces = Store(), []
    for piece in x.split([n - 3, 2, 1], dim=1):
        with torch.no_grad():
            pieces.append(
                expect.tensor(
                    answer(n_heads, parameters, piece, causal=True, cache=store),
                    "The output",
                    tuple(piece.shape),
                )
            )
        if len(store.given) != len(pieces):
            expect.fail("Nothing was appended to the cache: hand it on to the attention.")
    past = torch.ones(n, n).tril().bool().expand(2, n_heads, n, n)
    expect.close(
        torch.cat(pieces, 1),
        Right(n_heads, parameters, past).block(x),
        "Piece by piece, a sequence gives something else than at once.",
    )
    store = Store()
    for stop, piece in zip((n - 1, n), x.split([n - 1, 1], dim=1), strict=True):
        with torch.no_grad():
            last = answer(n_heads, parameters, piece, mask[..., :stop], causal=True, cache=store)
    expect.close(
        expect.tensor(last, "The output", (2, 1, n_heads * d_head)),
        Right(n_heads, parameters, past & mask).block(x)[:, -1:],
        "With a cache the mask is lost: the attention takes both.",
    )


@check("TransformerBlock")
def dropout_in_both_sublayers(answer: Answer, draw: Draw) -> None:
    """In training, `dropout` acts on what each sub-layer adds, and never on the path; otherwise it does nothing."""
    d_model, n_heads = 14, 7
    x = draw.normal(31, d_model)
    for quiet, loud in (("feed_forward.w_out", "attention"), ("attention.w_o", "feed-forward network")):
        module = require_module(seeded(draw, answer.original, d_model, n_heads, 5, dropout=0.5)).double()
        part = part_of(module, quiet)
        for kind in ("weight", "bias"):
            getattr(part, kind).data = torch.zeros(
                d_model if kind == "bias" else getattr(part, kind).shape
            ).double()
        module.eval()
        kept, again = (
            expect.tensor(seeded(draw, module, x.clone()), "The output", tuple(x.shape)) - x for _ in range(2)
        )
        remember(answer, kept)
        if not is_close(kept, again.detach().double()):
            expect.fail("Outside training, dropout should do nothing; yours acts after .eval(), too.")
        module.train()
        added = expect.tensor(seeded(draw, module, x.clone()), "In training, the output", tuple(x.shape)) - x
        zeros = added == 0
        share = zeros.double().mean().item()
        if share == 0 and not torch.allclose(added, kept):
            expect.fail(
                f"In training something is dropped, but not from what the {loud} adds to x: none of it is 0."
            )
        if not 0.3 < share < 0.7:
            expect.fail(
                f"With dropout=0.5 about half of what the {loud} adds to x should be 0 in training; it is {share:.0%}."
            )
        expect.close(
            added[~zeros], 2 * kept[~zeros], f"What dropout leaves of the {loud} should be twice what it was."
        )


@check("TransformerBlock")
def heads_must_divide_the_width(answer: Answer, draw: Draw) -> None:
    """A d_model that does not split into n_heads raises a ValueError that names both numbers."""
    expect.error(lambda: answer.original(100, 8, 7), ValueError, "TransformerBlock(100, 8, 7)", "100", "8")


# ── dropout ──────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("dropout")


@check("dropout")
def nothing_outside_training(answer: Answer, draw: Draw) -> None:
    """Outside training every number stays exactly as it is, whatever p; in training with p = 0 as well."""
    x = draw.normal(41, 43)
    for p, training in ((0.9, False), (0.5, False), (0.0, True)):
        result = expect.tensor(
            seeded(draw, answer, x, p, training), f"With training={training}, the result", (41, 43)
        )
        if training is False and (result == 0).any():
            expect.fail("With training=False numbers are dropped; then nothing may be.")
        expect.close(result, x, f"With p={p} and training={training} nothing should change.", 1e-12)


@check("dropout")
def share_p_is_dropped(answer: Answer, draw: Draw) -> None:
    """In training each number becomes 0 with probability p."""
    x = draw.normal(100, 100)
    for p in (0.1, 0.5, 0.8):
        result = expect.tensor(seeded(draw, answer, x, p, training=True), "The result", (100, 100))
        share = (result == 0).double().mean().item()
        if p != 0.5 and abs(share - (1 - p)) < 0.03:
            expect.fail(
                f"With p={p}, {share:.0%} of the numbers became 0: p is the probability to be *dropped*."
            )
        if abs(share - p) > 0.03:  # six standard deviations at p = 0.5
            expect.fail(f"With p={p}, {share:.1%} of 10,000 numbers became 0; it should be about {p:.0%}.")


@check("dropout")
def kept_numbers_are_scaled(answer: Answer, draw: Draw) -> None:
    """Those kept are divided by 1 − p, so that the expected value of each result is its input."""
    for p in (0.1, 0.5, 0.8):
        x = draw.normal(50, 60)
        result = expect.tensor(seeded(draw, answer, x, p, training=True), "The result", (50, 60))
        kept = result != 0
        if not kept.any():
            expect.fail(f"With p={p} nothing is kept.")
        if is_close(result[kept], x[kept]):
            expect.fail(f"Those kept are not scaled: with p={p} the sum of many shrinks to {1 - p:.0%}.")
        if is_close(result[kept], x[kept] * (1 - p)):
            expect.fail("Those kept are multiplied by 1 − p; they are divided by it.")
        if p != 0.5 and is_close(result[kept], x[kept] / p):
            expect.fail("Those kept are divided by p; divide by the share that is kept, 1 − p.")
        expect.close(result[kept], x[kept] / (1 - p), f"With p={p} those kept should be x / (1 − p).")


@check("dropout")
def each_on_its_own(answer: Answer, draw: Draw) -> None:
    """Every number is kept or dropped on its own: no whole rows or columns, and anew at every call."""
    ones = torch.ones(50, 60, dtype=torch.float64)
    kept, again = (
        expect.tensor(seeded(draw, answer, ones, 0.5, training=True), "The result", (50, 60)) != 0
        for _ in range(2)
    )
    for axis, name in ((0, "column"), (1, "row")):
        share = kept.double().mean(axis)
        if share.min() == 0 or share.max() == 1 or share.std() < 0.02:
            expect.fail(f"The numbers of a {name} are not kept or dropped each on its own.")
    if torch.equal(kept, again):
        expect.fail("Two calls dropped the same numbers: draw anew at every call, and fix no seed.")
    drawn = (seeded(draw, answer.original, ones.clone(), 0.5, training=True) for _ in range(8))
    if len({int((result == 0).sum()) for result in drawn}) == 1:
        expect.fail("Every call drops exactly the same number: let chance decide about each number alone.")


@check("dropout")
def drawn_by_torch(answer: Answer, draw: Draw) -> None:
    """The random numbers are torch's: after the same torch.manual_seed the same numbers are dropped."""
    ones = torch.ones(1000, dtype=torch.float64)
    seed, results = draw.integer(1, 10**6), []
    for _ in range(2):
        torch.manual_seed(seed)
        results.append(expect.tensor(answer.original(ones, 0.5, training=True), "The result", (1000,)))
    if not torch.equal(*results):
        expect.fail(
            "After the same torch.manual_seed other numbers were dropped: draw with torch's random functions."
        )
    if not (results[0] == 0).any():
        expect.fail("With p=0.5 nothing was dropped.")


@check("dropout")
def dropped_is_0_and_learns_nothing(answer: Answer, draw: Draw) -> None:
    """A dropped number is 0 even where x is infinite and gets no gradient; the dtype is kept, x stays as it was."""
    result = expect.tensor(
        seeded(draw, answer, torch.full((101,), math.inf), 0.5, training=True), "The result", (101,)
    )
    if result.isnan().any():
        expect.fail(
            "Where x is infinite, dropping gave nan: 0 · inf is no number, so choose 0 instead of multiplying."
        )
    if not (result == 0).any():
        expect.fail("Where x is infinite, nothing was dropped.")
    expect.untouched(answer)
    x = draw.normal(101, grad=True)
    result = expect.tensor(seeded(draw, answer, x, 0.5, training=True), "The result", (101,))
    (gradient,) = expect.gradients(result.sum(), **{"input x": x})
    expect.close(
        gradient,
        2.0 * (result != 0),
        "With p=0.5 the gradient should be 2 where a number is kept and 0 elsewhere.",
    )
    for dtype in HALF:
        expect.tensor(
            seeded(draw, answer, torch.ones(101, dtype=dtype), 0.5, training=True),
            f"For {str(dtype).removeprefix('torch.')} the result",
            (101,),
            dtype,
        )


@check("dropout")
def probability_below_1(answer: Answer, draw: Draw) -> None:
    """A p below 0, or of 1 and more, raises a ValueError that names it, in training or not."""
    for p in (-0.1, 1.0, 1.5):
        for training in (True, False):
            expect.error(
                functools.partial(answer, torch.ones(3), p, training),
                ValueError,
                f"dropout with p={p} and training={training}",
                str(p),
            )
