"""Checks of lab 11, first part: the layers of encoder and decoder."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.attention import NAMES
from autograder.checks.heads import paper

EXERCISES = ExerciseSet("11-transformer")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Values = dict[str, Tensor]
Shapes = dict[str, tuple[int, ...]]
ENCODER = ("norm_1", "attention", "norm_2", "feed_forward")
DECODER = ("norm_1", "attention", "norm_2", "cross_attention", "norm_3", "feed_forward")


# ── parameters ───────────────────────────────────────────────────────────────────────────────────


def shapes_of_part(part: str, d_model: int, d_ff: int) -> Shapes:
    """The parameters of one part of a layer: a norm, an attention or a feed-forward network."""
    if "norm" in part:
        return {"weight": (d_model,), "bias": (d_model,)}
    if "attention" in part:
        square = {f"{name}.weight": (d_model, d_model) for name in NAMES}
        return square | {f"{name}.bias": (d_model,) for name in NAMES}
    inner, outer = {"w_in.weight": (d_ff, d_model), "w_in.bias": (d_ff,)}, (d_model, d_ff)
    return {**inner, "w_out.weight": outer, "w_out.bias": (d_model,)}


def shapes_of_layer(parts: tuple[str, ...], d_model: int, d_ff: int) -> Shapes:
    """Every parameter of a layer with these parts."""
    return {
        f"{part}.{name}": shape
        for part in parts
        for name, shape in shapes_of_part(part, d_model, d_ff).items()
    }


def drawn(draw: Draw, shapes: Shapes) -> Values:
    """A number for every parameter: scores stay moderate, and no bias and no norm can be left out unnoticed."""
    return {
        name: draw.normal(*shape) / (math.sqrt(shape[-1]) if len(shape) == 2 else 1)
        for name, shape in shapes.items()
    }


def within(values: Values, prefix: str) -> Values:
    """The parameters of one part, under their names within it."""
    return {name.removeprefix(f"{prefix}."): v for name, v in values.items() if name.startswith(f"{prefix}.")}


def parameters_of(module: Any, what: str) -> Shapes:
    """Names and shapes of what a student's module learns."""
    if not callable(getattr(module, "named_parameters", None)):
        expect.fail(f"{what} should make an nn.Module; it makes {expect.describe(module)}.")
    return {name: tuple(value.shape) for name, value in list(module.named_parameters())}


def built(cls: Any, arguments: tuple[Any, ...], wanted: Shapes, what: str) -> Any:
    """A module of the student's class, once it has the parameters asked for and no others but a head's own matrix."""
    module = cls(*arguments)
    found = parameters_of(module, what)
    if {"head.weight", "target_embedding.weight"} <= found.keys():
        wanted = wanted | {"head.weight": wanted["target_embedding.weight"]}
    elif "head.weight" in found and "target_embedding.weight" in wanted:  # tied the other way round
        found["target_embedding.weight"] = found.pop("head.weight")
    for name, shape in wanted.items():
        if name not in found:
            expect.fail(f"{what} should have a parameter `{name}`; yours has none of this name.")
        if found[name] != shape:
            expect.fail(f"In {what}, `{name}` should have shape {shape}; yours has {found[name]}.")
    if more := found.keys() - wanted.keys():
        expect.fail(f"{what} has parameters that nobody asked for: `{min(more)}`.")
    return module


def filled(module: Any, values: Values) -> Any:
    """The module with these parameters, in float64 and outside training."""
    module.load_state_dict({name: value.clone() for name, value in values.items()}, strict=False)
    return module.double().eval()


# ── the layers by hand ───────────────────────────────────────────────────────────────────────────


def normed(values: Values, x: Tensor) -> Tensor:
    """Every state with mean 0 and variance 1, then weight and bias."""
    centred = x - x.mean(-1, keepdim=True)
    return (
        values["weight"] * centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() + values["bias"]
    )


def fed(values: Values, x: Tensor) -> Tensor:
    """The feed-forward network with GELU in GPT-2's form."""
    inner = x @ values["w_in.weight"].T + values["w_in.bias"]
    inner = 0.5 * inner * (1 + torch.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3)))
    return inner @ values["w_out.weight"].T + values["w_out.bias"]


def encoder_by_hand(values: Values, n_heads: int, x: Tensor, allowed: Tensor | None = None) -> Tensor:
    """One encoder layer; ``allowed`` has the shape (…, n_heads, m, m)."""
    hidden = normed(within(values, "norm_1"), x)
    x = x + paper(n_heads, within(values, "attention"), hidden, hidden, allowed)
    return x + fed(within(values, "feed_forward"), normed(within(values, "norm_2"), x))


def decoder_by_hand(
    values: Values,
    n_heads: int,
    x: Tensor,
    memory: Tensor,
    allowed: Tensor | None = None,
    seen: Tensor | None = None,
) -> Tensor:
    """One decoder layer; ``allowed`` (…, n_heads, n, n) comes on top of the causal mask, ``seen`` is of memory."""
    n = x.shape[-2]
    past = torch.ones(n, n).tril().bool().expand(*x.shape[:-2], n_heads, n, n)
    hidden = normed(within(values, "norm_1"), x)
    x = x + paper(
        n_heads, within(values, "attention"), hidden, hidden, past if allowed is None else past & allowed
    )
    asking = normed(within(values, "norm_2"), x)
    x = x + paper(n_heads, within(values, "cross_attention"), asking, memory, seen)
    return x + fed(within(values, "feed_forward"), normed(within(values, "norm_3"), x))


def layer_as_function(parts: tuple[str, ...], name: str) -> Callable[[Any], Callable[..., Any]]:
    """What turns a student's layer into a function of its parameters: values are compared, whatever the style."""

    def adapt(cls: Any) -> Callable[..., Any]:
        def run(values: Values, n_heads: int, x: Tensor, *more: Any, **masks: Any) -> Any:
            d_model, d_ff = x.shape[-1], len(values["feed_forward.w_in.bias"])
            sizes = (d_model, n_heads, d_ff)
            module = built(cls, sizes, shapes_of_layer(parts, d_model, d_ff), f"{name}{sizes}")
            return filled(module, values)(x, *more, **masks)

        return run

    return adapt


def layer_sizes(draw: Draw) -> tuple[int, int, int, int]:
    """Heads, width, inner width and length."""
    n_heads, d_head, d_ff, n = draw.primes(4)
    return n_heads, n_heads * d_head, d_ff, n


def compare_layer(found: Any, wanted: Tensor, message: str) -> None:
    expect.close(expect.tensor(found, "The output", tuple(wanted.shape), torch.float64), wanted, message)


def parts_are_there(answer: Answer, draw: Draw, parts: tuple[str, ...], name: str) -> None:
    n_heads, d_model, d_ff, _ = layer_sizes(draw)
    built(answer.original, (d_model, n_heads, d_ff), shapes_of_layer(parts, d_model, d_ff), f"{name}{d_model, n_heads, d_ff}")  # fmt: skip


def dropout_acts(answer: Answer, draw: Draw, parts: tuple[str, ...], name: str, *more: int) -> None:
    """The last bias of each sub-layer is a power of ten and all else is 0: the digits tell what was dropped."""
    n_heads, d_model, d_ff, _ = layer_sizes(draw)
    shapes = shapes_of_layer(parts, d_model, d_ff)
    values = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
    sublayers = [part for part in parts if "norm" not in part]
    for place, part in enumerate(sublayers):
        values[f"{part}.{'w_out' if part == 'feed_forward' else 'w_o'}.bias"] += 10.0**place
    module = answer.original(d_model, n_heads, d_ff, dropout=0.5)
    what = f"{name}{d_model, n_heads, d_ff}"
    found = parameters_of(module, what)
    if missing := [parameter for parameter in shapes if parameter not in found]:
        expect.fail(f"{what} should have a parameter `{missing[0]}`; yours has none of this name.")
    filled(module, values)
    x = draw.normal(2, 31, d_model)
    inputs = [draw.normal(2, m, d_model) for m in more]
    still, again = (expect.tensor(module(x.clone(), *inputs), "The output", tuple(x.shape)) for _ in range(2))
    expect.close(again, still, "Outside training, dropout should do nothing.")
    answer.results.append(
        still.detach() - x
    )  # so that a mistake is known by more than the words of its message
    every = sum(10.0**place for place in range(len(sublayers)))
    expect.close(still, x + every, "Outside training the output is not x plus what each sub-layer gives.")
    module.train()
    added = expect.tensor(module(x.clone(), *inputs), "In training, the output", tuple(x.shape)) - x
    if not torch.allclose(added, added.round(), atol=1e-6):
        expect.fail(
            "In training dropout acts on more than what the sub-layers add: x itself should stay whole."
        )
    digits = {part: (added.round() / 10**place).floor() % 10 for place, part in enumerate(sublayers)}
    if whole := [f"`{part}`" for part, digit in digits.items() if (digit == 1).all()]:
        add = "adds" if len(whole) == 1 else "add"
        expect.fail(f"With dropout=0.5, nothing of what {' and '.join(whole)} {add} is dropped in training.")
    for part, digit in digits.items():
        if not ((digit == 0) | (digit == 2)).all() or not 0.3 < (digit == 0).double().mean() < 0.7:
            expect.fail(
                f"With dropout=0.5, about half of what `{part}` adds should be 0 in training, and the rest doubled."
            )


# ── EncoderLayer ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("EncoderLayer", adapt=layer_as_function(ENCODER, "EncoderLayer"))


@check("EncoderLayer")
def the_encoder_layer_has_its_parts(answer: Answer, draw: Draw) -> None:
    """norm_1, attention, norm_2 and feed_forward have the sizes asked for, and there is nothing else to learn."""
    parts_are_there(answer, draw, ENCODER, "EncoderLayer")


@check("EncoderLayer", points=2)
def attention_then_feed_forward(answer: Answer, draw: Draw) -> None:
    """h = x + Attention(LN_1(x)) and y = h + FFN(LN_2(h)); every position sees every other."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values = drawn(draw, shapes_of_layer(ENCODER, d_model, d_ff))
    for leading in ((), (2,)):
        x = draw.normal(*leading, n, d_model)
        wanted = encoder_by_hand(values, n_heads, x)
        found = answer(values, n_heads, x)
        compare_layer(
            found, wanted, f"For x of shape {tuple(x.shape)} the output is not that of the two formulas."
        )


@check("EncoderLayer")
def the_mask_hides_positions(answer: Answer, draw: Draw) -> None:
    """A hidden position has no influence; the mask broadcasts to (…, n_heads, m, m)."""
    n_heads, d_model, d_ff, m = layer_sizes(draw)
    values, x = drawn(draw, shapes_of_layer(ENCODER, d_model, d_ff)), draw.normal(2, m, d_model)
    for shape in ((2, 1, 1, m), (2, n_heads, m, m)):
        mask = draw.mask(*shape)
        wanted = encoder_by_hand(values, n_heads, x, mask.expand(2, n_heads, m, m))
        try:
            found = answer(values, n_heads, x, mask)
        except Exception as error:
            if "bool" in str(error).lower() and not isinstance(error, expect.CheckFailed):
                expect.fail(f"With a mask of shape {shape}, booleans were read as numbers of another kind.")
            raise
        compare_layer(
            found, wanted, f"With a mask of shape {shape} the output is not that of the positions allowed."
        )


@check("EncoderLayer")
def dropout_acts_on_what_is_added(answer: Answer, draw: Draw) -> None:
    """In training, `dropout` acts on what each sub-layer adds to its path, and on nothing else."""
    dropout_acts(answer, draw, ENCODER, "EncoderLayer")


@check("EncoderLayer")
def the_path_stays_open(answer: Answer, draw: Draw) -> None:
    """Gradients reach x as calculus says, and x itself is not changed."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values, x = drawn(draw, shapes_of_layer(ENCODER, d_model, d_ff)), draw.normal(n, d_model, grad=True)
    factors = draw.normal(n, d_model)
    output = expect.tensor(answer(values, n_heads, x), "The output", (n, d_model))
    (found,) = expect.gradients((output * factors).sum(), x=x)
    (wanted,) = torch.autograd.grad((encoder_by_hand(values, n_heads, x) * factors).sum(), x)
    expect.close(found, wanted, "The gradient that reaches x is not that of the formula.")
    expect.untouched(answer)


# ── DecoderLayer ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("DecoderLayer", adapt=layer_as_function(DECODER, "DecoderLayer"))


@check("DecoderLayer")
def the_decoder_layer_has_its_parts(answer: Answer, draw: Draw) -> None:
    """norm_1 … norm_3, attention, cross_attention and feed_forward have the sizes asked for, and nothing else learns."""
    parts_are_there(answer, draw, DECODER, "DecoderLayer")


@check("DecoderLayer", points=2)
def three_sublayers_in_order(answer: Answer, draw: Draw) -> None:
    """Masked self-attention, then cross-attention to the memory as it is, then the feed-forward network."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values = drawn(draw, shapes_of_layer(DECODER, d_model, d_ff))
    for leading in ((), (2,)):
        x, memory = draw.normal(*leading, n, d_model), draw.normal(*leading, n + 4, d_model)
        wanted = decoder_by_hand(values, n_heads, x, memory)
        found = answer(values, n_heads, x, memory)
        compare_layer(
            found, wanted, f"For x of shape {tuple(x.shape)} the output is not that of the three sub-layers."
        )


@check("DecoderLayer")
def no_position_sees_a_later_one(answer: Answer, draw: Draw) -> None:
    """A later position of x has no influence on an earlier output, whatever the mask says."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values, x = drawn(draw, shapes_of_layer(DECODER, d_model, d_ff)), draw.normal(2, n + 1, d_model)
    memory, everything = draw.normal(2, n, d_model), torch.ones(2, 1, 1, n + 1, dtype=torch.bool)
    for name, masks in (("", {}), (" and a mask that allows everything", {"mask": everything})):
        whole = expect.tensor(answer(values, n_heads, x, memory, **masks), "The output", tuple(x.shape))
        changed = torch.cat([x[:, :-1], draw.normal(2, 1, d_model)], dim=1)
        other = expect.tensor(answer(values, n_heads, changed, memory, **masks), "The output", tuple(x.shape))
        expect.close(
            other[:, :-1], whole[:, :-1], f"With another last position{name}, earlier outputs change."
        )


@check("DecoderLayer")
def mask_restricts_further(answer: Answer, draw: Draw) -> None:
    """With a mask, position i sees position j if j ≤ i *and* the mask allows it."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values, x = drawn(draw, shapes_of_layer(DECODER, d_model, d_ff)), draw.normal(2, n, d_model)
    memory, mask = draw.normal(2, n, d_model), draw.mask(2, 1, 1, n)
    mask[..., 0] = True
    wanted = decoder_by_hand(values, n_heads, x, memory, allowed=mask)
    compare_layer(
        answer(values, n_heads, x, memory, mask),
        wanted,
        "With a mask of x, the output is not that of the positions allowed.",
    )


@check("DecoderLayer")
def memory_mask_hides_memory(answer: Answer, draw: Draw) -> None:
    """`memory_mask` says which positions of the memory may be seen; it is no mask of x."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values, x = drawn(draw, shapes_of_layer(DECODER, d_model, d_ff)), draw.normal(2, n, d_model)
    for m in (n, n + 2):
        memory, seen = draw.normal(2, m, d_model), draw.mask(2, 1, 1, m)
        wanted = decoder_by_hand(values, n_heads, x, memory, seen=seen.expand(2, n_heads, n, m))
        found = answer(values, n_heads, x, memory, memory_mask=seen)
        compare_layer(found, wanted, "With a memory_mask, the output is not that of the positions allowed.")


@check("DecoderLayer")
def dropout_acts_on_three_additions(answer: Answer, draw: Draw) -> None:
    """In training, `dropout` acts on what each of the three sub-layers adds to its path."""
    dropout_acts(answer, draw, DECODER, "DecoderLayer", 7)


@check("DecoderLayer")
def the_encoder_learns_through_memory(answer: Answer, draw: Draw) -> None:
    """Gradients reach x and the memory as calculus says, and neither is changed."""
    n_heads, d_model, d_ff, n = layer_sizes(draw)
    values, x = drawn(draw, shapes_of_layer(DECODER, d_model, d_ff)), draw.normal(n, d_model, grad=True)
    memory, factors = draw.normal(n + 1, d_model, grad=True), draw.normal(n, d_model)
    output = expect.tensor(answer(values, n_heads, x, memory), "The output", (n, d_model))
    found = expect.gradients((output * factors).sum(), x=x, memory=memory)
    wanted = torch.autograd.grad((decoder_by_hand(values, n_heads, x, memory) * factors).sum(), [x, memory])
    for name, gradient, right in zip(("x", "the memory"), found, wanted, strict=True):
        expect.close(gradient, right, f"The gradient that reaches {name} is not that of the formula.")
    expect.untouched(answer)
