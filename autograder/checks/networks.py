"""Checks of lab 10, second part: feed-forward networks and the residual path."""

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw
from autograder.checks.heads import leading_shapes, linear_layer
from autograder.checks.norms import EXERCISES, OTHERS, Answer, check, is_close, tanh_gelu

Parameters = dict[str, Tensor]


def remember(answer: Answer, value: Tensor) -> None:
    """A result of a module that was called as it is, kept as those of functions are: known mistakes differ in it."""
    answer.results.append(value.detach().clone())


def seeded(draw: Draw, function: Any, *arguments: Any, **more: Any) -> Any:
    """A call with torch's generator in a known state: in a process of its own or not, it draws the same numbers."""
    torch.manual_seed(draw.integer(0, 2**31 - 1))
    return function(*arguments, **more)


# ── FeedForward ──────────────────────────────────────────────────────────────────────────────────


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
                set_linear(linear_layer(module, name, d_out, d_in, bias), name, parameters)
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
            linear_layer(module, name, d_out, d_in, default if bias is None else bias)
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
