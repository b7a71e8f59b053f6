"""Checks of lab 10, blocks, last part: the block and dropout; :mod:`.norms` and :mod:`.networks` have the rest."""

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw
from autograder.checks.heads import Store, leading_shapes, paper, random_parameters
from autograder.checks.networks import (
    TWO,
    Parameters,
    count,
    feed,
    network,
    part_of,
    remember,
    require_module,
    seeded,
    set_linear,
)
from autograder.checks.norms import EXERCISES, HALF, Answer, check, is_close

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
