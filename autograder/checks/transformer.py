"""Checks of lab 11, transformer.

The oracle writes the layers down in float64 from their parameters: norm, heads one after the other, feed-forward
network; codes, losses and rates number by number; searches keep plain tuples. All sizes that allow it are distinct
primes. Where a model is searched, it is a script whose logits are drawn once for every prefix.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.attention import NAMES
from autograder.checks.heads import paper
from autograder.checks.seq2seq import Script, beam_by_hand, some_ids
from seq2gpt.transformer import TransformerConfig

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


def shapes_of_model(config: TransformerConfig) -> Shapes:
    """Every parameter of a Transformer; the head has none of its own."""
    d_model = config.d_model
    found: Shapes = {
        "source_embedding.weight": (config.source_vocab_size, d_model),
        "target_embedding.weight": (config.target_vocab_size, d_model),
    }
    for stack, parts in (("encoder", ENCODER), ("decoder", DECODER)):
        layer = shapes_of_layer(parts, d_model, config.d_ff)
        for i in range(config.n_layers):
            found |= {f"{stack}_layers.{i}.{name}": shape for name, shape in layer.items()}
        found |= {f"{stack}_norm.{name}": (d_model,) for name in ("weight", "bias")}
    return found


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


# ── Transformer ──────────────────────────────────────────────────────────────────────────────────


def model_as_function(cls: Any) -> Callable[..., Any]:
    """A student's model as a function of its sizes and parameters."""

    def call(method: str, config: TransformerConfig, values: Values, *inputs: Any) -> Any:
        module = built(cls, (config,), shapes_of_model(config), "Transformer(config)")
        values = values | {"head.weight": values["target_embedding.weight"]}
        module = filled(module, values)
        if method == "embed":
            ids, side = inputs
            return module.embed(ids, getattr(module, f"{side}_embedding"))
        return module(*inputs) if method == "forward" else getattr(module, method)(*inputs)

    return call


EXERCISES.exercise("Transformer", adapt=model_as_function)


def model_sizes(draw: Draw, n_layers: int = 1, dropout: float = 0.0) -> TransformerConfig:
    """Small sizes; as codes are pairs, a head is 2 wide."""
    source, target, d_ff = draw.primes(3, above=7)
    n_heads = 3 if draw.integer(0, 1) else 5
    return TransformerConfig(
        source_vocab_size=source, target_vocab_size=target, d_model=2 * n_heads, n_heads=n_heads, d_ff=d_ff,
        n_layers=n_layers, dropout=dropout,
    )  # fmt: skip


def coded(matrix: Tensor, ids: Tensor) -> Tensor:
    """One row of ids: embeddings times √d_model, and sines and cosines of the places."""
    d_model = matrix.shape[1]
    code = torch.tensor(
        [
            [(math.cos if i % 2 else math.sin)(p / 10000 ** ((i - i % 2) / d_model)) for i in range(d_model)]
            for p in range(len(ids))
        ],
        dtype=torch.float64,
    )
    return matrix[ids] * math.sqrt(d_model) + code


def encoded_by_hand(config: TransformerConfig, values: Values, source: Tensor) -> Tensor:
    """The encoder's output for one source without padding."""
    x = coded(values["source_embedding.weight"], source)
    for i in range(config.n_layers):
        x = encoder_by_hand(within(values, f"encoder_layers.{i}"), config.n_heads, x)
    return normed(within(values, "encoder_norm"), x)


def logits_by_hand(config: TransformerConfig, values: Values, ids: Tensor, memory: Tensor) -> Tensor:
    """Logits after each of the ids of one row, id 0 is padding, for a memory without padding."""
    n = len(ids)
    x, real = coded(values["target_embedding.weight"], ids), (ids != 0).expand(config.n_heads, n, n)
    for i in range(config.n_layers):
        layer = within(values, f"decoder_layers.{i}")
        x = decoder_by_hand(layer, config.n_heads, x, memory, allowed=real)
    return normed(within(values, "decoder_norm"), x) @ values["target_embedding.weight"].T


Started = tuple[TransformerConfig, Values, Tensor, Tensor]


def started(draw: Draw, n_layers: int = 1) -> Started:
    """Sizes, parameters, and two sources with a mask: the second has two positions of padding, which are no 0.

    Both vocabularies hold the ids of the sources, so that a wrong table gives wrong numbers and no IndexError.
    """
    config = model_sizes(draw, n_layers)
    source = some_ids(draw, 2, 7, below=min(config.source_vocab_size, config.target_vocab_size))
    mask = torch.arange(7) < torch.tensor([[7], [5]])
    return config, drawn(draw, shapes_of_model(config)), source, mask


def state_of(value: Any) -> tuple[Any, Any, Any]:
    memory, mask, read = expect.several(value, ("memory", "source_mask", "read"))
    return memory, mask, read


def decoded(
    answer: Answer, config: TransformerConfig, values: Values, ids: Tensor, state: Any
) -> tuple[Any, Any]:
    logits, after = expect.several(answer("decode", config, values, ids, state), ("logits", "state"))
    shape = (*ids.shape, config.target_vocab_size)
    return expect.tensor(logits, f"For ids of shape {tuple(ids.shape)}, the logits", shape), state_of(after)


@check("Transformer")
def the_model_has_its_parts(answer: Answer, draw: Draw) -> None:
    """Embeddings, two stacks and their norms have the sizes asked for; the head shares the target embedding's matrix."""
    config = model_sizes(draw, 2)
    module = built(answer.original, (config,), shapes_of_model(config), "Transformer(config)")
    head = getattr(module, "head", None)
    if not isinstance(head, nn.Linear) or head.bias is not None:
        expect.fail("Your class should have a `head`, an nn.Linear without bias.")
    if head.weight is not module.target_embedding.weight:
        expect.fail(
            "`head` has a matrix of its own; its weight should be the same parameter as that of `target_embedding`."
        )


@check("Transformer")
def embeddings_start_at_length_one(answer: Answer, draw: Draw) -> None:
    """Both embeddings start from normal numbers of standard deviation 1/√d_model."""
    config = TransformerConfig(
        source_vocab_size=499, target_vocab_size=503, d_model=16, n_heads=2, d_ff=3, n_layers=1
    )
    module = answer.original(config)
    parameters_of(module, "Transformer(config)")
    for side in ("source", "target"):
        layer = getattr(module, f"{side}_embedding", None)
        weight = expect.tensor(getattr(layer, "weight", None), f"The weight of `{side}_embedding`")
        if not 0.9 < (spread := weight.detach().double().std().item()) * 4 < 1.1:
            expect.fail(
                f"With d_model = 16 the numbers of `{side}_embedding` should have the standard deviation 1/4; "
                f"yours have about {spread:.1g}{', as nn.Embedding alone draws them' if spread > 0.9 else ''}."
            )


@check("Transformer", points=2)
def scaled_embeddings_and_codes(answer: Answer, draw: Draw) -> None:
    """`embed` gives the embeddings times √d_model, plus the codes of the positions 0, 1, …, in the embeddings' dtype."""
    config, values, source, _ = started(draw)
    for side in ("source", "target"):
        ids = source % (config.source_vocab_size if side == "source" else config.target_vocab_size)
        found = expect.tensor(
            answer("embed", config, values, ids, side), "The result of embed", (2, 7, config.d_model)
        )
        wanted = torch.stack([coded(values[f"{side}_embedding.weight"], row) for row in ids])
        expect.close(found, wanted, f"The {side} ids are not embedded as √d_model · embedding + code.")
    module = answer.original(config).half().eval()
    expect.tensor(
        module.embed(source % config.source_vocab_size, module.source_embedding),
        "With parameters in float16, the result of embed", dtype=torch.float16,
    )  # fmt: skip


@check("Transformer")
def dropout_acts_on_the_sum(answer: Answer, draw: Draw) -> None:
    """In training, `embed` drops numbers of the sum of embedding and code, and so do the layers; outside training nothing is dropped."""
    config = model_sizes(draw, dropout=0.5)
    module = answer.original(config)
    parameters_of(module, "Transformer(config)")
    ids = some_ids(draw, 2, 31, below=config.source_vocab_size)
    module.eval()
    kept, again = (
        expect.tensor(module.embed(ids, module.source_embedding), "The result of embed") for _ in range(2)
    )
    if not torch.equal(kept, again):
        expect.fail("Outside training, dropout should do nothing.")
    module.train()
    dropped = expect.tensor(
        module.embed(ids, module.source_embedding), "In training, embed", tuple(kept.shape)
    )
    if torch.equal(dropped, kept):
        expect.fail("With dropout=0.5, nothing is dropped in training.")
    zeros = dropped == 0
    if not 0.3 < zeros.double().mean().item() < 0.7:
        expect.fail("With dropout=0.5 about half of the numbers that embed returns should be 0 in training.")
    expect.close(
        dropped[~zeros], 2 * kept[~zeros], "What dropout leaves of the sum should be twice what it was."
    )
    for stack in ("encoder_layers", "decoder_layers"):
        if not (layers := list(getattr(module, stack, ()))):
            expect.fail(f"`{stack}` should hold {config.n_layers} layer; yours is empty or missing.")
        inputs = [kept] * (1 if stack == "encoder_layers" else 2)
        if torch.equal(layers[0].train()(*inputs), layers[0].eval()(*inputs)):
            expect.fail(f"In training `{stack}` drop nothing; hand config.dropout on to each of them.")


@check("Transformer", points=2)
def the_source_is_encoded(answer: Answer, draw: Draw) -> None:
    """`encode` gives (memory, source_mask, read): the encoder's stack with its norm, the mask, and no ids read yet."""
    config, values, source, _ = started(draw, 2)
    mask = torch.ones(2, 7, dtype=torch.bool)
    memory, kept, read = state_of(answer("encode", config, values, source, mask))
    wanted = torch.stack([encoded_by_hand(config, values, row) for row in source])
    expect.close(
        expect.tensor(memory, "The memory", tuple(wanted.shape)),
        wanted,
        "The memory is not that of the encoder.",
    )
    expect.close(
        expect.tensor(kept, "The mask in the state", (2, 7), torch.bool), mask, "The mask was changed."
    )
    expect.tensor(read, "The ids read so far", (2, 0), source.dtype)
    expect.untouched(answer)


@check("Transformer")
def padding_of_the_source_has_no_influence(answer: Answer, draw: Draw) -> None:
    """Real positions of a padded source are encoded as without padding; what is all padding is refused."""
    config, values, source, mask = started(draw)
    memory, *_ = state_of(answer("encode", config, values, source, mask))
    wanted = encoded_by_hand(config, values, source[1, :5])
    memory = expect.tensor(memory, "The memory", (2, 7, config.d_model))
    expect.close(
        memory[1, :5],
        wanted,
        "A source of 5 ids with 2 masked ones behind it should be encoded as those 5 alone; it is not.",
    )
    for what, wrong in (
        ("A source of padding alone", torch.zeros_like(mask)),
        ("Padding before a real id", torch.tensor([[True] * 7, [False, *[True] * 6]])),
    ):
        expect.error(partial(answer, "encode", config, values, source, wrong), ValueError, what)


@check("Transformer", points=2)
def logits_of_the_decoder(answer: Answer, draw: Draw) -> None:
    """`decode` gives, after each id, logits from the decoder's stack, its norm and the head."""
    config, values, _, _ = started(draw, 2)
    ids, memory = some_ids(draw, 2, 5, below=config.target_vocab_size), draw.normal(2, 3, config.d_model)
    start = (memory, torch.ones(2, 3, dtype=torch.bool), ids[:, :0])
    logits, _ = decoded(answer, config, values, ids, start)
    wanted = torch.stack([logits_by_hand(config, values, *pair) for pair in zip(ids, memory, strict=True)])
    expect.close(
        logits, wanted, "The logits are not those of the decoder for the memory that the state holds."
    )


@check("Transformer", points=2)
def decoding_goes_on(answer: Answer, draw: Draw) -> None:
    """The state after `decode` holds all ids read: reading in pieces gives what reading at once gives."""
    config, values, _, _ = started(draw)
    ids, memory = some_ids(draw, 2, 11, below=config.target_vocab_size), draw.normal(2, 3, config.d_model)
    mask = torch.ones(2, 3, dtype=torch.bool)
    state: tuple[Any, Any, Any] = (memory, mask, ids[:, :0])
    wanted = torch.stack([logits_by_hand(config, values, *pair) for pair in zip(ids, memory, strict=True)])
    read = 0
    for piece in ids.split([2, 1, 8], dim=1):
        logits, state = decoded(answer, config, values, piece, state)
        read += piece.shape[1]
        expect.close(
            expect.tensor(state[2], "The ids read so far", (2, read)), ids[:, :read],
            "The last part of the state should hold the ids read so far, in order.",
        )  # fmt: skip
        expect.close(
            logits,
            wanted[:, read - piece.shape[1] : read],
            "Read in pieces, the ids do not get the logits that reading them at once should give.",
        )
    for part, before, name in ((state[0], memory, "memory"), (state[1], mask, "source_mask")):
        part = expect.tensor(part, f"The {name} in the state", tuple(before.shape))
        expect.close(part, before, f"The {name} in the state should be what came in.")
    expect.untouched(answer)


@check("Transformer")
def padding_is_never_attended_to(answer: Answer, draw: Draw) -> None:
    """Neither the padding of the memory, by the state's mask, nor id 0 among the target ids is looked at."""
    config, values, _, _ = started(draw)
    ids, memory = some_ids(draw, 2, 5, below=config.target_vocab_size), draw.normal(2, 4, config.d_model)
    ids[0, 2] = ids[1, 3:] = 0
    seen = torch.tensor([[True] * 4, [True, True, False, False]])
    logits, _ = decoded(answer, config, values, ids, (memory, seen, ids[:, :0]))
    expect.close(
        logits[0],
        logits_by_hand(config, values, ids[0], memory[0]),
        "With id 0 among the target ids, the logits are not those of a decoder that never looks at it.",
    )
    wanted = logits_by_hand(config, values, ids[1], memory[1, :2])
    expect.close(
        logits[1], wanted,
        "With padding in the memory, the logits are not those of a decoder that never looks at it.",
    )  # fmt: skip
    _, state = decoded(answer, config, values, ids[:1, :3], (memory[:1], seen[:1], ids[:1, :0]))
    later, _ = decoded(answer, config, values, ids[:1, 3:], state)
    expect.close(
        later[0],
        logits[0, 3:],
        "Read in two calls, with id 0 among the first ids, the later ids get other logits than at once.",
    )


@check("Transformer")
def both_halves_in_one_call(answer: Answer, draw: Draw) -> None:
    """A call of the model encodes the source, where id 0 is padding, and decodes the ids."""
    config, values, source, mask = started(draw)
    ids = some_ids(draw, 2, 3, below=config.target_vocab_size)
    found = answer("forward", config, values, source * mask, ids)
    found = expect.tensor(found, "The logits", (2, 3, config.target_vocab_size))
    for row, length in enumerate((7, 5)):
        memory = encoded_by_hand(config, values, source[row, :length])
        wanted = logits_by_hand(config, values, ids[row], memory)
        expect.close(
            found[row], wanted, f"For a source of {length} ids in a batch of 7 the logits are wrong."
        )


# ── label_smoothed_loss ──────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("label_smoothed_loss")


def smoothed_by_hand(logits: Tensor, targets: Tensor, smoothing: float, pad_id: int = 0) -> float:
    """−Σ q_k ln p_k, token by token and class by class."""
    losses = []
    for row, target in zip(logits.flatten(0, -2).tolist(), targets.flatten().tolist(), strict=True):
        if target == pad_id:
            continue
        top = max(row)
        total = top + math.log(math.fsum(math.exp(z - top) for z in row))
        share = smoothing / len(row)
        losses.append(
            -math.fsum(((1 - smoothing) * (k == target) + share) * (z - total) for k, z in enumerate(row))
        )
    return math.fsum(losses) / len(losses)


def loss_close(found: Any, wanted: float, message: str) -> None:
    found = expect.tensor(found, "The loss", ())
    expect.close(found, torch.tensor(wanted), message)


def some_targets(draw: Draw) -> tuple[Tensor, Tensor]:
    """Logits, and targets without padding."""
    batch, n, vocab = draw.primes(3, above=3)
    targets = torch.randint(1, vocab, (batch, n), generator=draw.generator)
    return 2 * draw.normal(batch, n, vocab), targets


@check("label_smoothed_loss", points=2)
def cross_entropy_against_soft_targets(answer: Answer, draw: Draw) -> None:
    """The right token gets 1 − ε and every token ε / K: −Σ q_k ln p_k, as the mean over the targets."""
    logits, targets = some_targets(draw)
    for smoothing in (0.3, 0.9):
        loss_close(
            answer(logits, targets, smoothing), smoothed_by_hand(logits, targets, smoothing),
            f"With smoothing={smoothing} the loss is not −Σ q_k ln p_k with the q_k of the text.",
        )  # fmt: skip
    expect.untouched(answer)


@check("label_smoothed_loss")
def a_tenth_unless_told(answer: Answer, draw: Draw) -> None:
    """`smoothing` is 0.1 unless given; with 0 the loss is the plain cross-entropy."""
    logits, targets = some_targets(draw)
    asked_for = expect.tensor(answer(logits, targets, 0.1), "The loss", ())
    loss_close(
        answer(logits, targets), asked_for.item(), "Without `smoothing` the loss is another than with 0.1."
    )
    loss_close(
        answer(logits, targets),
        smoothed_by_hand(logits, targets, 0.1),
        "Without `smoothing` it should be 0.1.",
    )
    plain = F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()
    loss_close(
        answer(logits, targets, 0.0), plain, "With smoothing=0 the loss should be the plain cross-entropy."
    )


@check("label_smoothed_loss")
def padding_does_not_count(answer: Answer, draw: Draw) -> None:
    """Targets equal to `pad_id`, 0 unless given, count neither in the sum nor in the number of targets."""
    logits, targets = some_targets(draw)
    targets[0, 1:] = 0
    for pad_id in (0, int(targets[1, 0])):
        more = {} if pad_id == 0 else {"pad_id": pad_id}
        loss_close(
            answer(logits, targets, 0.2, **more), smoothed_by_hand(logits, targets, 0.2, pad_id),
            f"With pad_id={pad_id} the loss is not the mean over the targets that are not {pad_id}.",
        )  # fmt: skip


@check("label_smoothed_loss")
def far_apart_logits(answer: Answer, draw: Draw) -> None:
    """Logits thousands apart give the exact, finite loss."""
    logits, targets = some_targets(draw)
    logits = 1000 * logits
    loss = expect.tensor(answer(logits, targets, 0.2), "The loss", ())
    expect.finite(loss, "The loss of logits that lie thousands apart")
    loss_close(
        loss, smoothed_by_hand(logits, targets, 0.2), "For logits that lie thousands apart the loss is wrong."
    )


@check("label_smoothed_loss")
def a_token_that_is_ruled_out(answer: Answer, draw: Draw) -> None:
    """A token with logit −∞ adds nothing where it is not the target, and no gradient is nan; as a target it costs ∞."""
    logits, targets = some_targets(draw)
    logits[..., 0] = -math.inf
    logits.requires_grad_()
    loss = expect.tensor(answer(logits, targets, 0.2), "The loss", ())
    expect.finite(loss, "The loss, where one token has logit −∞,")
    log_p = logits.detach().log_softmax(-1)
    right = log_p.gather(-1, targets[..., None]).mean()
    even = log_p[..., 1:].sum(-1).mean() / logits.shape[-1]
    wanted = -(0.8 * right + 0.2 * even).item()
    loss_close(loss, wanted, "Where one token has logit −∞, the others should count as before: ε / K each.")
    (gradient,) = expect.gradients(loss, logits=logits)
    expect.finite(gradient, "The gradient, where one token has logit −∞,")
    impossible = logits.detach().clone()
    impossible[0, 0, targets[0, 0]] = -math.inf
    loss = expect.tensor(answer(impossible, targets, 0.2), "The loss", ())
    if loss != math.inf:
        expect.fail(f"Where a target itself has logit −∞ the loss should be infinite; yours is {loss:.3g}.")


@check("label_smoothed_loss")
def the_gradient_is_p_minus_q(answer: Answer, draw: Draw) -> None:
    """The gradient of each logit is (p_k − q_k) / number of real targets."""
    logits, targets = some_targets(draw)
    targets[-1, 1:] = 0
    logits.requires_grad_()
    loss = expect.tensor(answer(logits, targets, 0.3), "The loss", ())
    (gradient,) = expect.gradients(loss, logits=logits)
    q = 0.7 * F.one_hot(targets, logits.shape[-1]) + 0.3 / logits.shape[-1]
    real = (targets != 0)[..., None]
    wanted = torch.where(real, (logits.detach().softmax(-1) - q) / real.sum(), 0)
    expect.close(gradient, wanted, "The gradient of the logits is not (p − q) / number of real targets.")


@check("label_smoothed_loss")
def nonsense_is_refused(answer: Answer, draw: Draw) -> None:
    """A `smoothing` outside 0 ≤ ε < 1, and targets of padding alone, raise a ValueError that names the number."""
    logits, targets = some_targets(draw)
    for smoothing in (-0.25, 1.0, 1.5):
        call = partial(answer, logits, targets, smoothing)
        expect.error(call, ValueError, f"smoothing={smoothing}", str(smoothing))
    for pad_id in (0, 3):
        call = partial(answer, logits, torch.full_like(targets, pad_id), 0.1, pad_id)
        what = f"With pad_id={pad_id}, targets of {pad_id} alone"
        expect.error(call, ValueError, what, "pad_id", str(pad_id))


# ── noam_learning_rate ───────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("noam_learning_rate")


def compare_rates(answer: Answer, message: str, wanted: dict[int, float], *sizes: int) -> None:
    """The rate at each step; all are asked for before the first is judged, so that known mistakes can be told apart."""
    found = {step: answer(step, *sizes) for step in wanted}
    for step, rate in found.items():
        if isinstance(rate, Tensor) and rate.dim() == 0:
            rate = rate.item()
        if isinstance(rate, bool) or not isinstance(rate, float | int):
            expect.fail(f"The learning rate should be a float; you returned {expect.describe(rate)}.")
        if not math.isclose(rate, wanted[step], rel_tol=1e-6):
            call = ", ".join(map(str, (step, *sizes)))
            expect.fail(
                f"{message} noam_learning_rate({call}) should be {wanted[step]:.6g}; yours is {rate:.6g}."
            )


def rate_by_hand(step: int, d_model: int, n_warmup: int) -> float:
    """A line up to the peak 1 / √(d_model · n_warmup), and the inverse root of d_model · step behind it."""
    peak = 1 / math.sqrt(d_model * n_warmup)
    return peak * step / n_warmup if step <= n_warmup else 1 / math.sqrt(d_model * step)


@check("noam_learning_rate")
def a_straight_line_up(answer: Answer, draw: Draw) -> None:
    """Up to n_warmup, every step adds the same: d_model^(−½) · n_warmup^(−3/2)."""
    d_model, n_warmup = draw.primes(2, above=3)
    answer(3 * n_warmup, d_model, n_warmup)
    wanted = {step: rate_by_hand(step, d_model, n_warmup) for step in range(1, n_warmup + 1)}
    compare_rates(answer, "In the warm-up", wanted, d_model, n_warmup)


@check("noam_learning_rate")
def then_the_inverse_root(answer: Answer, draw: Draw) -> None:
    """From n_warmup on the rate is 1 / √(d_model · step)."""
    d_model, n_warmup = draw.primes(2, above=3)
    steps = (n_warmup, n_warmup + 1, 100 * n_warmup)
    wanted = {step: rate_by_hand(step, d_model, n_warmup) for step in steps}
    compare_rates(answer, "After the warm-up", wanted, d_model, n_warmup)


@check("noam_learning_rate")
def four_thousand_steps_unless_told(answer: Answer, draw: Draw) -> None:
    """n_warmup is 4000 unless given."""
    wanted = {step: rate_by_hand(step, 512, 4000) for step in (2, 100, 1000, 4000, 16000)}
    compare_rates(answer, "With the default of 4000 warm-up steps", wanted, 512)


@check("noam_learning_rate")
def steps_count_from_one(answer: Answer, draw: Draw) -> None:
    """A step or an n_warmup below 1 raises a ValueError that names both numbers."""
    for step, n_warmup in ((0, 17), (-3, 17), (23, 0)):
        call = partial(answer, step, 8, n_warmup)
        expect.error(call, ValueError, f"step={step} with n_warmup={n_warmup}", str(step), str(n_warmup))


# ── image_to_patches ─────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("image_to_patches")


def some_images(draw: Draw, channels: int = 3) -> tuple[Tensor, int, int, int]:
    """Two images of ``rows`` × ``columns`` patches, and how large a patch is."""
    size, rows, columns = draw.primes(3)
    return draw.normal(2, channels, size * rows, size * columns), size, rows, columns


@check("image_to_patches")
def a_sequence_of_patches(answer: Answer, draw: Draw) -> None:
    """The result has shape (batch, number of patches, P · P · channels)."""
    for channels in (1, 3):
        images, size, rows, columns = some_images(draw, channels)
        shape = (2, rows * columns, size * size * channels)
        expect.tensor(
            answer(images, size), f"For images {tuple(images.shape)} and patch_size={size}, the result", shape
        )


@check("image_to_patches")
def patches_follow_like_words(answer: Answer, draw: Draw) -> None:
    """Patches follow each other line by line, from left to right; each holds the pixels of its square."""
    images, size, rows, columns = some_images(draw)
    patches = expect.tensor(answer(images, size), "The result", (2, rows * columns, size * size * 3))
    for r in range(rows):
        for c in range(columns):
            square = images[:, :, size * r : size * (r + 1), size * c : size * (c + 1)]
            expect.close(
                patches[:, r * columns + c].sort().values, square.flatten(1).sort().values,
                f"Patch {r * columns + c} should be the square in row {r} and column {c} of squares.",
            )  # fmt: skip


@check("image_to_patches", points=2)
def pixels_follow_like_letters(answer: Answer, draw: Draw) -> None:
    """Within a patch pixels follow line by line, and the channels of one pixel stand side by side."""
    images, size, rows, columns = some_images(draw)
    patches = expect.tensor(answer(images, size), "The result", (2, rows * columns, size * size * 3))
    for r in range(size):
        for c in range(size):
            for channel in range(3):
                place = (r * size + c) * 3 + channel
                expect.close(
                    patches[:, -1, place], images[:, channel, size * (rows - 1) + r, size * (columns - 1) + c],
                    f"With P = {size}, number {place} of a patch should be channel {channel} of its pixel in row {r}, column {c}.",
                )  # fmt: skip


@check("image_to_patches")
def no_pixel_changes(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, gradients flow back to the image, and the image itself stays as it was."""
    images, size, *_ = some_images(draw)
    images.requires_grad_()
    patches = expect.tensor(answer(images, size), "The result", dtype=torch.float64)
    (gradient,) = expect.gradients(patches.sum(), images=images)
    expect.close(
        gradient, torch.ones_like(images), "Each pixel should arrive once and hand its gradient back once."
    )
    expect.tensor(answer(images.detach().half(), size), "For float16 images, the result", dtype=torch.float16)
    expect.untouched(answer)


@check("image_to_patches")
def patches_must_fit(answer: Answer, draw: Draw) -> None:
    """A `patch_size` below 1, or one that does not divide both sides, raises a ValueError that names all three numbers."""
    for height, width, patch_size in ((14, 22, 7), (14, 22, 11), (14, 22, 0), (14, 22, -2), (8, 18, 12)):
        call = partial(answer, draw.normal(1, 1, height, width), patch_size)
        what = f"patch_size={patch_size} for {height} × {width}"
        expect.error(call, ValueError, what, str(height), str(width), str(patch_size))


# ── translate ────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("translate")


class Letters:
    """A tokenizer whose tokens are letters; it writes a space at both ends and remembers what it was asked."""

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self.texts: list[str] = []
        self.written: list[list[int]] = []

    def encode(self, text: str) -> list[int]:
        self.texts.append(text)
        return [4 + self.letters.index(letter) for letter in text if letter in self.letters]

    def decode(self, ids: Any) -> str:
        self.written.append([int(i) for i in ids])
        return f" {''.join(self.letters[i - 4] if i >= 4 else '<?>' for i in ids)} "


LATIN, GREEK = "abcdefg", "αβγ"  # 7 letters of the source, and all that a script writes beside ids 0 to 3
TEXTS = ("cab", "gg", "deface", "b")
ONE_SOURCE = " beam_search makes the batch of one itself: give it one source, a tensor of shape (m,)."


def asked(answer: Answer, model: Script, texts: list[str], *settings: Any, **more: Any) -> list[str]:
    """What the student's function returns: a list with one string for each text."""
    try:
        found = answer(model, texts, Letters(LATIN), Letters(GREEK), *settings, **more)
    except Exception:
        if model.refusal:
            expect.fail(model.refusal + ONE_SOURCE * ("model.encode" in model.refusal))
        raise
    model.require_the_same_mode()
    if not isinstance(found, list | tuple) or len(found) != len(texts):
        expect.fail(
            f"Return one translation for each of the {len(texts)} texts, in a list; you returned {expect.describe(found)}."
        )
    for text in found:
        if not isinstance(text, str):
            expect.fail(f"Each translation should be a string; yours is {expect.describe(text)}.")
    return list(found)


def by_hand(model: Script, text: str, width: int, limit: int, alpha: float = 0.6) -> str:
    """The course's definition of a beam search, written down by hand in lab 05's checks."""
    return Letters(GREEK).decode(beam_by_hand(model, Letters(LATIN).encode(text), width, limit, alpha))


@check("translate", points=2)
def texts_in_and_texts_out(answer: Answer, draw: Draw) -> None:
    """Each text is read by the source's tokenizer, searched for, and written by the target's, in order."""
    model = Script(draw)
    found = asked(answer, model, list(TEXTS), 3, 2)
    for text, translation in zip(TEXTS, found, strict=True):
        wanted = by_hand(model, text, 2, 3)
        if translation != wanted:
            expect.fail(f"The translation of {text!r} should be {wanted!r}; yours is {translation!r}.")


@check("translate")
def as_wide_and_as_long_as_told(answer: Answer, draw: Draw) -> None:
    """`beam_width` and `max_new_tokens` reach the search."""
    model = Script(draw)
    for width, limit in ((1, 6), (3, 2), (5, 4)):
        for text, translation in zip(TEXTS, asked(answer, model, list(TEXTS), max_new_tokens=limit, beam_width=width), strict=True):  # fmt: skip
            wanted = by_hand(model, text, width, limit)
            if translation != wanted:
                expect.fail(
                    f"With beam_width={width} and max_new_tokens={limit}, {text!r} should become {wanted!r}; "
                    f"yours is {translation!r}."
                )


@check("translate")
def length_is_weighed(answer: Answer, draw: Draw) -> None:
    """Finished hypotheses are compared with the length penalty alpha = 0.6."""
    text, width, limit = "cab", 3, 4
    for wrong_alpha in (0.0, 1.0):
        for _ in range(500):
            model = Script(draw)
            wanted = by_hand(model, text, width, limit)
            if wanted != by_hand(model, text, width, limit, wrong_alpha):
                break
        (found,) = asked(answer, model, [text], limit, width)
        if found != wanted:
            expect.fail(
                f"With the length penalty alpha = 0.6, {text!r} should become {wanted!r}; yours is {found!r}."
            )


@check("translate")
def four_beams_and_fifty_tokens_unless_told(answer: Answer, draw: Draw) -> None:
    """`beam_width` is 4 and `max_new_tokens` is 50 unless given."""
    model = Endless()
    for width, settings in ((4, {}), (2, {"beam_width": 2})):
        (found,) = asked(answer, model, ["cab"], **settings)
        if model.widest != width:
            expect.fail(
                f"With {settings or 'no settings'}, the search should keep {width} beginnings; yours kept {model.widest}."
            )
        if (length := len(found.strip())) != 50:
            expect.fail(
                f"Without max_new_tokens, a translation may have 50 tokens; yours ended after {length}."
            )


class Endless(Script):
    """A model that never ends a sentence, and notices how many beginnings it is asked about."""

    def __init__(self) -> None:
        self.masks, self.steps, self.refusal, self.widest = [], 0, "", 0

    def encode(self, source: Tensor, source_mask: Any = None) -> tuple[Tensor, Tensor]:
        self.widest = 0
        return source[:, :1], source[:, :1]

    def decode(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.widest = max(self.widest, len(ids))
        scores = torch.tensor([-99.0, -99, -99, -99, 1.0, 0.9, 0.8], dtype=torch.float64)
        return scores.expand(len(ids), ids.shape[1], 7), state


class Reader(Script):
    """A model that remembers what it read."""

    def encode(self, source: Tensor, source_mask: Any = None) -> tuple[Tensor, Tensor]:
        self.sources = [*getattr(self, "sources", []), source]
        return super().encode(source, source_mask)


@check("translate")
def one_text_at_a_time(answer: Answer, draw: Draw) -> None:
    """Each source is read on its own, once and without padding, as int64 ids."""
    model, reader = Reader(draw), Letters(LATIN)
    try:
        answer(model, list(TEXTS), reader, Letters(GREEK), 2, 2)
    except Exception:
        if model.refusal:
            expect.fail(model.refusal + ONE_SOURCE * ("model.encode" in model.refusal))
        raise
    if reader.texts != list(TEXTS):
        expect.fail("The source's tokenizer should be given each text once, in order.")
    lengths = [tuple(mask.shape) for mask in model.masks]
    if {source.dtype for source in model.sources} - {torch.long}:
        expect.fail("The ids should be int64; give torch.tensor no other dtype.")
    if lengths != [(1, len(text)) for text in TEXTS] or not all(mask.all() for mask in model.masks):
        expect.fail(
            f"Sources of {[len(t) for t in TEXTS]} ids should be read one at a time; the model read {lengths}."
        )


@check("translate")
def nothing_becomes_nothing(answer: Answer, draw: Draw) -> None:
    """A text without tokens is not shown to the model; its translation is what the target's tokenizer makes of no ids."""
    model = Script(draw)
    texts, nothing = ["", "cab", "?", "cab"], Letters(GREEK).decode([])  # the question mark has no token here
    found, cab = asked(answer, model, texts, 3, 2), by_hand(model, "cab", 2, 3)
    wanted = [nothing, cab, nothing, cab]
    if found != wanted:
        expect.fail(
            f"The source's tokenizer finds no tokens in '' and '?'. The translations of {texts} should be {wanted}, "
            f"where {nothing!r} is what the target's makes of no ids; yours are {found}."
        )


class Elsewhere(Script):
    """A model on a device where nothing can be computed: it notices where the ids lie, and refuses."""

    def encode(self, source: Tensor, source_mask: Any = None) -> Any:
        self.found = source.device.type
        self.refuse("here nothing is computed")


@check("translate")
def ids_lie_on_the_device(answer: Answer, draw: Draw) -> None:
    """The ids are put on `device`, where the model is."""
    model = Elsewhere(draw)
    model.found = ""
    try:
        answer(model, ["cab"], Letters(LATIN), Letters(GREEK), 2, 2, torch.device("meta"))
    except Exception:
        if not model.refusal:
            raise
    if model.found != "meta":
        expect.fail("`device` is ignored: the ids should be created on it, or moved to it.")
