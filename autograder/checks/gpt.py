"""Checks of lab 13, gpt.

The oracle of the model is that of lab 12, written from the formula; that of published weights is written from GPT-2's
own layout, y = x W + b, in float64. Parameters are counted on models that are built. Whatever the student's code
changes in place, such as a model's weights, is made where that code runs.
"""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.families import compare_with_formula, formula, logits_of, sees_what_came_before, tokens
from autograder.grading import proxies
from seq2gpt.generation import KVCache
from seq2gpt.gpt import GPT, GPTConfig, GPTParts

EXERCISES = ExerciseSet("13-gpt")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Sizes = dict[str, Any]
Values = dict[str, Tensor]
PARTS = {"Config": GPTConfig, "Parts": GPTParts, "Model": GPT, "Cache": KVCache, "Generator": torch.Generator}


def beside(subject: Any, expression: str, **names: Any) -> Any:
    """The value of an expression, computed in the process in which ``subject``, the student's object, lives.

    Models are made there, as nothing could change them in place from another process.
    """
    names |= PARTS
    if proxies.is_remote(subject):
        return proxies.ask(subject, "eval", expression, **names)
    return eval(expression, {}, names)  # noqa: S307 (the expressions of this file)


def fill(module: Any, values: Values) -> Any:
    """The module with these parameters, in float64 and outside training."""
    module = module.double().eval()
    module.load_state_dict({name: value.detach().clone() for name, value in values.items()}, strict=False)
    return module


def in_tuples(text: str) -> str:
    """The text of an error with every shape as a tuple; a torch.Size or a list says the same.

    >>> in_tuples("torch.Size([2, 5]) is not [10]")
    '(2, 5) is not (10,)'
    """
    text = re.sub(r"torch\.Size\((\[[^]]*\])\)", r"\1", text)
    shape = re.compile(r"[(\[](\d+(?:, ?\d+)*),?[)\]]")
    return shape.sub(lambda found: str(tuple(map(int, found[1].split(",")))), text)


def listed(values: Any) -> list[tuple[str, Tensor]]:
    """Names and numbers, as the engine compares them."""
    return [(name, value.detach().clone()) for name, value in dict(values).items()]


def model_sizes(draw: Draw, **changes: Any) -> Sizes:
    """Sizes of a model, no two alike."""
    n_heads, d_head = (2, 5) if draw.integer(0, 1) else (3, 7)
    vocab_size, context_length = (11, 13) if draw.integer(0, 1) else (17, 11)
    sizes = {
        "vocab_size": vocab_size, "context_length": context_length, "d_model": n_heads * d_head,
        "n_heads": n_heads, "n_layers": 3, "d_ff": 19,
    }  # fmt: skip
    return sizes | changes


def drawn_values(draw: Draw, sizes: Sizes) -> Values:
    """A number for every parameter of a tied model, large enough that each of them matters."""
    shapes = {name: value.shape for name, value in GPTParts(GPTConfig(**sizes)).state_dict().items()}
    values = {
        name: draw.normal(*shape) / (math.sqrt(shape[-1]) if len(shape) > 1 else 2) + ("norm" in name)
        for name, shape in shapes.items()
    }
    return values | {"head.weight": values["token_embedding.weight"]}


# ── GPTConfig ────────────────────────────────────────────────────────────────────────────────────

SIX = ("vocab_size", "context_length", "d_model", "n_heads", "n_layers", "d_ff")
GOOD: Sizes = {
    "vocab_size": 11,
    "context_length": 13,
    "d_model": 15,
    "n_heads": 3,
    "n_layers": 2,
}


def as_fields(cls: Any) -> Callable[..., dict[str, Any]]:
    """A student's configuration as a function: what its fields hold."""

    def fields(**sizes: Any) -> dict[str, Any]:
        config = cls(**sizes)
        found = {name: getattr(config, name, None) for name in (*SIX, "dropout", "bias")}
        return {name: str(value) if value != value else value for name, value in found.items()}  # a nan

    return fields


EXERCISES.exercise("GPTConfig", adapt=as_fields)


def refused(answer: Answer, sizes: Sizes, name: str, *mentions: str) -> None:
    what = f"GPTConfig with {name}={sizes[name]!r}"
    try:
        expect.error(lambda: answer(**sizes), ValueError, what, *mentions)
    except AttributeError as error:  # dataclasses.FrozenInstanceError is one
        expect.fail(f"{what}: {error}; object.__setattr__ sets a field of a frozen dataclass.")


@check("GPTConfig")
def d_ff_is_filled_in(answer: Answer, draw: Draw) -> None:
    """Without `d_ff` it becomes 4 · d_model; one that is given stays, and so do all other fields."""
    d_head, n_heads, d_ff = draw.primes(3)
    sizes = GOOD | {"n_heads": n_heads, "d_model": n_heads * d_head}
    for given in ({}, {"d_ff": d_ff}, {"dropout": 0.1, "bias": False}):
        wanted = {"d_ff": 4 * n_heads * d_head, "dropout": 0.0, "bias": True} | sizes | given
        try:
            found = answer(**sizes, **given)
        except AttributeError as error:
            expect.fail(f"{error}: object.__setattr__ sets a field of a frozen dataclass.")
        for name, value in wanted.items():
            if found[name] != value or type(found[name]) is not type(value):
                plain = found[name] is None or type(found[name]) in (int, float, bool)
                expect.fail(
                    f"For d_model={n_heads * d_head} and d_ff={given.get('d_ff')}, {name} should be {value}; "
                    f"yours is {found[name] if plain else expect.describe(found[name])}."
                )


@check("GPTConfig")
def sizes_below_one_are_refused(answer: Answer, draw: Draw) -> None:
    """A size below 1 raises a ValueError that names the field and the value."""
    for name in SIX:
        for size in (0, -draw.primes(1)[0]):
            refused(answer, GOOD | {name: size}, name, name, str(size))


@check("GPTConfig")
def sizes_are_whole_numbers(answer: Answer, draw: Draw) -> None:
    """A size that is no int, such as 2.5, 2.0 or "2", raises a ValueError that names the field and the value."""
    for name, size in (("n_layers", 2.5), ("vocab_size", 11.0), ("context_length", "13"), ("d_ff", 2.5)):
        refused(answer, GOOD | {name: size}, name, name, str(size))
    refused(answer, GOOD | {"d_model": 6, "n_heads": 1.5}, "n_heads", "n_heads", "1.5")


@check("GPTConfig")
def heads_split_the_width(answer: Answer, draw: Draw) -> None:
    """A width that does not split evenly into the heads raises a ValueError that names both numbers."""
    refused(answer, GOOD | {"d_model": 100, "n_heads": 8}, "n_heads", "100", "8")
    refused(answer, GOOD | {"d_model": 3, "n_heads": 15}, "n_heads", "3", "15")


@check("GPTConfig")
def dropout_is_a_probability(answer: Answer, draw: Draw) -> None:
    """A dropout below 0, from 1 on, or nan raises a ValueError that names the field and the value."""
    for dropout in (-0.1, 1.0, 20.0, math.nan):
        refused(answer, GOOD | {"dropout": dropout}, "dropout", "dropout", str(dropout))


@check("GPTConfig")
def possible_sizes_are_accepted(answer: Answer, draw: Draw) -> None:
    """The smallest sizes there can be, one head for each feature, and a dropout of 0, an int, or 0.99 are fine."""
    ones = dict.fromkeys(SIX, 1)
    more = ({"n_heads": 15}, {"dropout": 0.99}, {"dropout": 0})
    for sizes in (ones, ones | {"dropout": 0.0}, *(GOOD | change for change in more)):
        try:
            found = answer(**sizes)
        except ValueError as error:
            expect.fail(f"A configuration with {sizes} is possible, and yours refuses it: {error}")
        if found["n_layers"] != sizes["n_layers"]:
            expect.fail(
                f"With n_layers={sizes['n_layers']}, the field holds {expect.describe(found['n_layers'])}."
            )


# ── tie_weights ──────────────────────────────────────────────────────────────────────────────────


def as_tied(function: Any) -> Callable[..., tuple[Any, ...]]:
    """A student's tie_weights as a function of numbers: what both names mean afterwards.

    The result is the text of its ValueError, whether the two are one parameter, the numbers of both, all numbers,
    those of the head when the embedding is loaded with zeros, and whether the embedding still learns.
    """

    def tied(sizes: Sizes, values: Values, shape: tuple[int, int] | None = None) -> tuple[Any, ...]:
        model = fill(beside(function, "Parts(Config(**sizes))", sizes=sizes), values)
        if shape:  # an embedding of this shape, from a model of other sizes
            changes = {"vocab_size": shape[0], "d_model": shape[1], "n_heads": 1}
            other = beside(function, "Parts(Config(**sizes))", sizes=sizes | changes)
            model.token_embedding = other.double().token_embedding
            model.token_embedding.load_state_dict({"weight": torch.ones(*shape)})
        error = ""
        try:
            function(model)
        except ValueError as refusal:
            error = str(refusal) or "nothing"
        if not isinstance(model.head, nn.Linear):
            expect.fail("`head` should stay the linear layer it is; only its weight is shared.")
        embedding, head = model.token_embedding.weight, model.head.weight
        found = (
            error,
            head is embedding,
            embedding.detach().clone(),
            head.detach().clone(),
            listed(model.state_dict()),
        )
        model.load_state_dict({"token_embedding.weight": torch.zeros_like(embedding)}, strict=False)
        return *found, model.head.weight.detach().clone(), bool(embedding.requires_grad)

    return tied


EXERCISES.exercise("tie_weights", adapt=as_tied)


def tied_model(answer: Answer, draw: Draw) -> tuple[Values, tuple[Any, ...]]:
    sizes = model_sizes(draw)
    values = drawn_values(draw, sizes) | {"head.weight": draw.normal(sizes["vocab_size"], sizes["d_model"])}
    found = answer(sizes, values)
    if found[0]:
        expect.fail(f"The two shapes are equal here; your ValueError says: {found[0]}.")
    return values, found


@check("tie_weights", points=2)
def one_parameter_under_two_names(answer: Answer, draw: Draw) -> None:
    """Afterwards `model.head.weight` is `model.token_embedding.weight`: one parameter, not two with equal values."""
    _, (_, one, embedding, head, *_, learns) = tied_model(answer, draw)
    if not one:
        same = torch.equal(embedding, head)
        expect.fail(
            "Head and embedding have equal numbers and are two parameters: the first step of training parts them."
            if same
            else "Head and embedding are still two parameters with different numbers."
        )
    if not learns:
        expect.fail("The shared matrix no longer requires a gradient; it should go on learning.")


@check("tie_weights")
def the_embedding_decides(answer: Answer, draw: Draw) -> None:
    """The shared numbers are those that the embedding had, and no other parameter changes."""
    values, found = tied_model(answer, draw)
    for name, value in found[4]:
        if name not in values:
            expect.fail(f"There is a new parameter, `{name}`; tying makes none.")
        if name == "head.weight":
            expect.close(
                value, values["token_embedding.weight"], "The head should have the embedding's numbers."
            )
        else:
            expect.close(value, values[name], f"`{name}` should stay as it was.")  # fmt: skip


@check("tie_weights")
def other_shapes_are_refused(answer: Answer, draw: Draw) -> None:
    """Matrices of different shape raise a ValueError that names both shapes, and the model stays as it was."""
    sizes = model_sizes(draw)
    values = drawn_values(draw, sizes)
    rows, width = sizes["vocab_size"], sizes["d_model"]
    for shape in ((rows + 2, width), (rows, width + 1), (width, rows)):
        error, one, _, head, *_ = answer(sizes, values, shape)
        shapes = [str(shape), str((rows, width))]
        what = f"An embedding of shape {shapes[0]} and a head of shape {shapes[1]} should raise ValueError"
        if not error:
            expect.fail(f"{what}; yours raised nothing.")
        if missing := [text for text in shapes if text not in in_tuples(error)]:
            expect.fail(f"{what} with a message that contains {missing[0]}; yours says: {error}")
        if one or not torch.equal(head, values["head.weight"]):
            expect.fail("After the ValueError the head is another one; check before you change anything.")


# ── init_weights ─────────────────────────────────────────────────────────────────────────────────

WIDE: Sizes = {
    "vocab_size": 101, "context_length": 67, "d_model": 30, "n_heads": 3, "n_layers": 8, "d_ff": 127,
}  # fmt: skip
READERS = ("w_q.weight", "w_k.weight", "w_v.weight", "w_in.weight")
WRITERS = ("w_o.weight", "w_out.weight")


def as_drawn(function: Any) -> Callable[..., Any]:
    """A student's init_weights as a function: the parameters of a model that held nothing but nines."""

    def drawn(
        sizes: Sizes, seed: int | None = None, tied: bool = False, of_torch: int = 0, double: bool = False
    ) -> Any:
        model = beside(function, "Parts(Config(**sizes))", sizes=sizes)
        if double:
            model = model.double()
        model.load_state_dict({name: torch.full_like(v, 9.0) for name, v in model.state_dict().items()})
        if tied:
            model.head.weight = model.token_embedding.weight
        given = () if seed is None else (beside(function, "Generator().manual_seed(seed)", seed=seed),)
        torch.default_generator.manual_seed(of_torch)
        function(model, *given)
        if double and model.head.weight is model.token_embedding.weight:
            expect.fail("Head and embedding were two parameters and are one now; init_weights ties nothing.")
        if tied and model.head.weight is not model.token_embedding.weight:
            expect.fail("The tie of head and embedding was cut: draw into the parameter that is there.")
        return listed(model.state_dict())

    return drawn


EXERCISES.exercise("init_weights", adapt=as_drawn)


def spread(found: Values, ends: tuple[str, ...], wanted: float, what: str) -> None:
    """The numbers whose names end so are normal with mean 0 and this standard deviation, together and one by one."""
    chosen = {name: value.double() for name, value in found.items() if name.endswith(ends)}
    for name, value in chosen.items():
        if torch.equal(value, torch.full_like(value, 9.0)):
            expect.fail(f"`{name}` still holds what it held before; every parameter is drawn anew.")
    together = torch.cat([value.flatten() for value in chosen.values()])
    std = together.std().item()
    if not abs(std / wanted - 1) < 6 / math.sqrt(2 * together.numel()):
        expect.fail(f"{what} should have standard deviation {wanted:.4g}; yours have {std:.4g}.")
    for name, value in chosen.items():
        if abs(value.std().item() / wanted - 1) > 8 / math.sqrt(2 * value.numel()):
            expect.fail(
                f"`{name}` should have standard deviation {wanted:.4g}; yours has {value.std().item():.4g}."
            )
        if abs(value.mean().item()) > 8 * wanted / math.sqrt(value.numel()):
            expect.fail(f"`{name}` should have mean 0; yours has {value.mean().item():.3g}.")
    far = (together.abs() > 2 * wanted).double().mean().item()
    if not 0.03 < far < 0.06:
        expect.fail(
            f"Of normal numbers 4.6% lie beyond two standard deviations; of {what[0].lower()}{what[1:]} {far:.1%} do."
        )


@check("init_weights")
def matrices_have_a_spread_of_002(answer: Answer, draw: Draw) -> None:
    """The matrices that read the residual path are normal with mean 0 and standard deviation 0.02."""
    spread(dict(answer(WIDE, draw.integer(0, 10**6))), READERS, 0.02, "The matrices w_q, w_k, w_v and w_in")


@check("init_weights")
def embeddings_have_a_spread_of_002(answer: Answer, draw: Draw) -> None:
    """The embedding, the positions and a head of its own are normal with mean 0 and standard deviation 0.02."""
    found = dict(answer(WIDE, draw.integer(0, 10**6)))
    for name in ("token_embedding.weight", "positions.table", "head.weight"):
        spread(found, (name,), 0.02, f"The numbers of `{name}`")


@check("init_weights", points=2)
def what_writes_starts_smaller(answer: Answer, draw: Draw) -> None:
    """`attention.w_o` and `feed_forward.w_out` have standard deviation 0.02 / √(2 · n_layers)."""
    for n_layers in (8, 3):
        found = dict(answer(WIDE | {"n_layers": n_layers}, draw.integer(0, 10**6)))
        what = f"With n_layers={n_layers}, the matrices w_o and w_out"
        spread(found, WRITERS, 0.02 / math.sqrt(2 * n_layers), what)


@check("init_weights")
def biases_zero_and_gains_one(answer: Answer, draw: Draw) -> None:
    """Every bias becomes 0 and every gain of a norm 1, whatever they were before; a model without biases is fine."""
    for bias in (True, False):
        for name, value in answer(model_sizes(draw, bias=bias), 5):
            if name.endswith("bias") and value.any():
                old = ", as before" if value[0] == 9 else ""
                expect.fail(f"`{name}` should be 0 everywhere; yours begins with {value[0].item():.3g}{old}.")
            if "norm" in name and name.endswith("weight") and not (value == 1).all():
                old = ", as before" if value[0] == 9 else ""
                expect.fail(f"`{name}` should be 1 everywhere; yours begins with {value[0].item():.3g}{old}.")


@check("init_weights")
def the_generator_decides(answer: Answer, draw: Draw) -> None:
    """One seed of `generator` gives the same numbers, another one others; without it torch's own generator draws."""
    sizes, found = model_sizes(draw), []
    for seed, of_torch in ((3, 1), (3, 2), (4, 1), (None, 1), (None, 1), (None, 2)):
        drawn = answer(sizes, seed, of_torch=of_torch)
        for name, value in drawn:
            if value.dim() > 1 and torch.equal(value, torch.full_like(value, 9.0)):
                expect.fail(f"`{name}` still holds what it held before; every parameter is drawn anew.")
        found.append([value for _, value in drawn if value.dim() > 1])  # what chance decides
    if not all(map(torch.equal, found[0], found[1])):
        expect.fail("With the same seed of `generator` you drew other numbers: hand it to every draw.")
    if any(map(torch.equal, found[0], found[2])) or any(map(torch.equal, found[4], found[5])):
        expect.fail("With another seed you drew the same numbers.")
    if not all(map(torch.equal, found[3], found[4])):
        expect.fail("Without `generator` the same torch.manual_seed should give the same numbers.")
    alike = "blocks.0.attention.w_q.weight", "blocks.0.attention.w_k.weight"
    both = dict(answer(sizes, 3))
    if torch.equal(*(both[name] for name in alike)):
        expect.fail("w_q and w_k hold the same numbers; each matrix has numbers of its own.")
    first, second = beside(
        answer.original,
        "(lambda own, model, g: (own(model, g), model.positions.table.detach().clone(), own(model, g), "
        "model.positions.table.detach().clone())[1::2])(own, Parts(Config(**sizes)), Generator().manual_seed(3))",
        own=answer.original, sizes=sizes,
    )  # fmt: skip
    if torch.equal(first, second):
        expect.fail("Called twice with one generator you drew the same numbers; it must not be seeded anew.")


@check("init_weights")
def a_tied_model_stays_tied(answer: Answer, draw: Draw) -> None:
    """A tied model stays tied, drawn with standard deviation 0.02, one that is not tied does not become so; dtypes stay."""
    found = dict(answer(WIDE, draw.integer(0, 10**6), tied=True))
    spread(found, ("token_embedding.weight",), 0.02, "The shared numbers of head and embedding")
    found = dict(answer(model_sizes(draw), 3, double=True))
    for name, value in found.items():
        if value.dtype != torch.float64:
            told = f"In a model in float64, `{name}` has become {str(value.dtype).removeprefix('torch.')}"
            expect.fail(f"{told}; draw into the parameter that is there.")


# ── GPT ──────────────────────────────────────────────────────────────────────────────────────────


def new_model(cls: Any, sizes: Sizes, seed: int = 0) -> Any:
    """A model of the student's class, once it has the parameters asked for and no others."""
    config = beside(cls, "Config(**sizes)", sizes=sizes)
    torch.default_generator.manual_seed(seed)  # the same numbers in whatever process the model is made
    model = cls(config)
    if not callable(getattr(model, "state_dict", None)):
        expect.fail(f"GPT(config) should make a model; it makes {expect.describe(model)}.")
    found = {name: tuple(value.shape) for name, value in dict(model.state_dict()).items()}
    wanted = {name: tuple(v.shape) for name, v in GPTParts(GPTConfig(**sizes)).state_dict().items()}
    for name in sorted(wanted.keys() ^ found.keys()):
        expect.fail(
            f"A GPT should have `{name}`; yours has none: call super().__init__(config)."
            if name in wanted
            else f"A GPT has the parts of GPTParts and nothing else to learn; yours has `{name}`."
        )
    for name, shape in wanted.items():
        if found[name] != shape:
            expect.fail(f"`{name}` should have shape {shape}; yours has {found[name]}.")
    return model


def as_logits(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its parameters; with ``cut`` it reads in two pieces, through a cache."""

    def logits(sizes: Sizes, values: Values, ids: Tensor, cut: int = 0, before: int = 0) -> Any:
        model = fill(new_model(cls, sizes), values)
        if before:
            model(ids[:, :before])
        if not cut:
            return model(ids)
        cache = beside(
            cls, "Cache(n_layers=n, context_length=t)", n=sizes["n_layers"], t=sizes["context_length"]
        )
        try:
            first, second = model(ids[:, :cut], cache), model(ids[:, cut:], cache=cache)
        except Exception as error:
            if "KVCache" in str(error):
                expect.fail(
                    "A block could not use what it got as `cache`: a KVCache, all blocks' parts together."
                )
            raise
        return first, second, cache.length

    return logits


EXERCISES.exercise("GPT", adapt=as_logits)


def gpt_case(draw: Draw, **changes: Any) -> tuple[Sizes, Values, Tensor]:
    """Sizes, parameters, and ids of texts shorter than the model could read."""
    sizes = model_sizes(draw, **changes)
    return sizes, drawn_values(draw, sizes), tokens(draw, sizes["vocab_size"], 2, sizes["context_length"] - 2)


@check("GPT")
def a_new_model_is_tied(answer: Answer, draw: Draw) -> None:
    """A new model has the parts of GPTParts, and its head shares the embedding's matrix."""
    sizes = model_sizes(draw)
    model = new_model(answer.original, sizes)
    if model.head.weight is not model.token_embedding.weight:
        expect.fail("In a new model `head.weight` is a parameter of its own; call tie_weights.")
    first, second = (
        made.token_embedding.weight.detach() for made in (model, new_model(answer.original, sizes, seed=1))
    )
    if torch.equal(first, second):
        expect.fail("Two new models begin with the same numbers; each should be drawn anew.")
    if not beside(answer.original, "model.training", model=model):
        expect.fail("A new model is in evaluation mode, so dropout would never act; leave the mode as it is.")


@check("GPT")
def a_new_model_is_drawn(answer: Answer, draw: Draw) -> None:
    """The parameters of a new model are those that init_weights draws."""
    found = dict(new_model(answer.original, WIDE).state_dict())
    for ends, wanted in ((("token_embedding.weight",), 0.02), (READERS, 0.02), (WRITERS, 0.005)):
        spread(found, ends, wanted, f"In a new model the numbers of {' and '.join(ends)}")
    loss = math.log(11)
    torch.manual_seed(0)
    logits = new_model(answer.original, model_sizes(draw, vocab_size=11))(tokens(draw, 11, 2, 7))
    expect.tensor(logits, "The logits of a new model", (2, 7, 11))
    gap = abs(F.cross_entropy(logits.flatten(0, 1), tokens(draw, 11, 14)).item() - loss)
    if not gap < 0.1:
        expect.fail(
            f"A new model finds all symbols about equally probable, with loss ln 11; yours is {gap:.2f} off."
        )


@check("GPT", points=2)
def logits_follow_the_formula(answer: Answer, draw: Draw) -> None:
    """The logits are those of the formula, each position attending to itself and to those before it; so are the gradients."""
    sizes, values, ids = gpt_case(draw)
    n = ids.shape[1]
    compare_with_formula(answer, sizes, values, ids, torch.ones(2, n, n).tril().bool())
    deep, values, ids = gpt_case(draw, n_layers=5)
    n = ids.shape[1]
    expect.close(
        logits_of(answer, deep, values, ids),
        formula(deep, values, ids, torch.ones(2, n, n).tril().bool()),
        "With n_layers=5 your logits are not those of the formula.",
    )
    slopes_follow_the_logits(answer, draw)


def slopes_follow_the_logits(answer: Answer, draw: Draw) -> None:
    """Each kind of parameter has the gradient that a small step of it shows."""
    sizes, values, ids = gpt_case(draw, n_layers=2)
    model = fill(new_model(answer.original, sizes), values)
    if model.head.weight is not model.token_embedding.weight:
        return  # another check says so
    gradients = beside(
        answer.original,
        "(lambda model, ids: (model(ids).square().sum().backward(), {n: p.grad for n, p in model.named_parameters()})[1])"
        "(model, ids)",
        model=model, ids=ids,
    )  # fmt: skip
    for name in ("token_embedding.weight", "positions.table", "blocks.0.attention.w_v.weight", "norm.weight"):
        direction, size = draw.normal(*values[name].shape), 1e-5
        moved = []
        for step in (-size, size):
            there = values[name] + step * direction
            changes = {name: there} | ({"head.weight": there} if name == "token_embedding.weight" else {})
            moved.append(logits_of(answer, sizes, values | changes, ids).square().sum())
        wanted = ((moved[1] - moved[0]) / (2 * size)).detach()
        found = torch.zeros(()) if gradients[name] is None else (gradients[name] * direction).sum()
        if not torch.isclose(found.detach().double(), wanted.double(), rtol=1e-3, atol=1e-3):
            expect.fail(
                f"The gradient of `{name}` is not the slope of the logits: something on the way is detached."
            )


@check("GPT")
def nothing_later_is_seen(answer: Answer, draw: Draw) -> None:
    """Another token at position j changes the logits at j and behind it, and none before it."""
    sizes, values, ids = gpt_case(draw)
    sees_what_came_before(answer, sizes, values, ids)


@check("GPT")
def dropout_acts_on_the_embeddings(answer: Answer, draw: Draw) -> None:
    """In training `dropout` acts on embeddings and positions together; outside training nothing is dropped."""
    sizes, values, ids = gpt_case(draw, dropout=0.5, n_layers=1)
    model = fill(new_model(answer.original, sizes), values)
    kept = expect.tensor(model(ids), "The logits", (*ids.shape, sizes["vocab_size"]))
    if not torch.equal(kept, model(ids)):
        expect.fail("Outside training two calls give different logits.")
    embedding, table = model.token_embedding.weight.detach(), model.positions.table.detach()
    model.dropout.train()
    if torch.equal(kept, model(ids)):
        expect.fail("The part `dropout` is not used: in training it acts on h_0, before the first block.")
    # With positions that undo the embedding of one token, h_0 of a text of that token is 0, and 0 dropped is 0.
    model.positions.load_state_dict({"table": -embedding[:1].expand_as(table)})
    zero = torch.zeros_like(ids)
    if not torch.allclose(model(zero), model(zero), atol=1e-9):
        expect.fail(
            "Where a position's vector is minus the token's embedding, h_0 should be 0, and dropout leave it 0; "
            "yours is another: is dropout applied to the sum, and is each of the two added once, as it is?"
        )


@check("GPT", points=2)
def a_cache_goes_on(answer: Answer, draw: Draw) -> None:
    """Reading a text in two pieces, with a cache, gives the logits of reading it at once, whatever was read before."""
    sizes, values, ids = gpt_case(draw)
    whole = logits_of(answer, sizes, values, ids)
    n = ids.shape[1]
    for cut in (n - 1, 3, 1):
        first, second, length = answer(sizes, values, ids, cut)
        if length != n:
            expect.fail(
                f"After {n} tokens the cache should hold {n} positions; it holds {length}: block i gets cache[i]."
            )
        what = f"the logits of the {{}} piece, {cut} and {n - cut} tokens long,"
        for name, found, wanted in (("first", first, whole[:, :cut]), ("second", second, whole[:, cut:])):
            expect.tensor(found, what.format(name).capitalize(), tuple(wanted.shape))
            expect.close(
                found, wanted, f"With a cache, {what.format(name)} should be those of the whole text."
            )
    first, *_ = answer(sizes, values, ids, 3, before=2)
    expect.close(
        expect.tensor(first, "The logits of the first piece"),
        whole[:, :3],
        "After another text has been read, the logits with a new cache are others: the first position is `cache.length`, "
        "and nothing else is kept from call to call.",
    )


@check("GPT")
def too_long_is_refused(answer: Answer, draw: Draw) -> None:
    """More tokens than context_length, counted with those of the cache, raise the ValueError of `positions`."""
    sizes, values, _ = gpt_case(draw)
    limit = sizes["context_length"]
    ids = tokens(draw, sizes["vocab_size"], 1, limit + 1)
    for cut in (0, limit - 2):
        what = f"{limit + 1} tokens for context_length={limit}" + (
            f", {cut} of them in the cache" if cut else ""
        )
        expect.error(partial(answer, sizes, values, ids, cut), ValueError, what, "context_length")


# ── count_parameters ─────────────────────────────────────────────────────────────────────────────


def as_count(function: Any) -> Callable[..., Any]:
    """A student's count as a function of sizes."""
    return lambda sizes: function(beside(function, "Config(**sizes)", sizes=sizes))


EXERCISES.exercise("count_parameters", adapt=as_count)


def compare_with_built(answer: Answer, sizes: Sizes) -> None:
    """The count is that of a model that is built."""
    wanted = sum(parameter.numel() for parameter in GPT(GPTConfig(**sizes)).parameters())
    found = expect.whole_number(answer(sizes), "The count")
    if found != wanted:
        expect.fail(
            f"For {', '.join(f'{name}={size}' for name, size in sizes.items())} the model holds {wanted:,} numbers; "
            f"your count is {found:,}, {abs(found - wanted):,} too {'many' if found > wanted else 'few'}."
        )


@check("count_parameters", points=2)
def the_published_sizes(answer: Answer, draw: Draw) -> None:
    """GPT-2 small has 124,439,808 parameters, and medium, large and XL have 354,823,168, 774,030,080 and 1,557,611,200."""
    for n_layers, d_model, n_heads, total in (
        (12, 768, 12, 124_439_808), (24, 1024, 16, 354_823_168), (36, 1280, 20, 774_030_080), (48, 1600, 25, 1_557_611_200),
    ):  # fmt: skip
        sizes = {"vocab_size": 50257, "context_length": 1024, "d_model": d_model, "n_heads": n_heads}
        found = expect.whole_number(answer(sizes | {"n_layers": n_layers}), "The count")
        if found != total:
            expect.fail(
                f"With {n_layers} layers of width {d_model}, GPT-2 has {total:,} parameters; your count is {found:,}, "
                f"{abs(found - total):,} too {'many' if found > total else 'few'}."
            )


@check("count_parameters", points=2)
def any_inner_width(answer: Answer, draw: Draw) -> None:
    """Of any sizes, also with a d_ff that is not 4 · d_model, the count is what a model holds."""
    compare_with_built(answer, model_sizes(draw))
    compare_with_built(answer, model_sizes(draw, n_layers=1, d_ff=23))


@check("count_parameters")
def without_biases(answer: Answer, draw: Draw) -> None:
    """With bias=False neither linear layers nor norms have one."""
    compare_with_built(answer, model_sizes(draw, bias=False))


# ── load_gpt2_state_dict ─────────────────────────────────────────────────────────────────────────


def as_loaded(function: Any) -> Callable[..., Any]:
    """A student's loader as a function: the parameters of a fresh model afterwards."""

    def loaded(sizes: Sizes, state: Values) -> Any:
        model = beside(function, "Model(Config(**sizes))", sizes=sizes).double()
        function(model, state)
        return listed(model.state_dict())

    return loaded


EXERCISES.exercise("load_gpt2_state_dict", adapt=as_loaded)


def published(draw: Draw, sizes: Sizes) -> Values:
    """Random weights in the layout of the published GPT-2; no gain and no bias is neutral."""
    d, d_ff = sizes["d_model"], sizes["d_ff"]
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (sizes["vocab_size"], d), "wpe.weight": (sizes["context_length"], d),
        "ln_f.weight": (d,), "ln_f.bias": (d,),
    }  # fmt: skip
    linear = {
        "attn.c_attn": (d, 3 * d),
        "attn.c_proj": (d, d),
        "mlp.c_fc": (d, d_ff),
        "mlp.c_proj": (d_ff, d),
    }
    for i in range(sizes["n_layers"]):
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"h.{i}.{norm}.weight": (d,), f"h.{i}.{norm}.bias": (d,)}
        for name, shape in linear.items():
            shapes |= {f"h.{i}.{name}.weight": shape, f"h.{i}.{name}.bias": shape[1:]}
    return {name: 0.5 * draw.normal(*shape) for name, shape in shapes.items()}


def gpt2_logits(state: Values, sizes: Sizes, ids: Tensor) -> Tensor:
    """The logits of GPT-2 for texts, from its own weights: y = x W + b, head by head."""
    d, n = sizes["d_model"], ids.shape[1]

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ state[f"{name}.weight"] + state[f"{name}.bias"]

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (d,), state[f"{name}.weight"], state[f"{name}.bias"])

    x = state["wte.weight"][ids] + state["wpe.weight"][:n]
    later = torch.ones(n, n).triu(1).bool()
    for i in range(sizes["n_layers"]):
        q, k, v = linear(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(d, dim=-1)
        mixed = []
        for head in range(sizes["n_heads"]):
            part = slice(head * d // sizes["n_heads"], (head + 1) * d // sizes["n_heads"])
            scores = q[..., part] @ k[..., part].mT / math.sqrt(d / sizes["n_heads"])
            mixed.append(scores.masked_fill(later, -math.inf).softmax(-1) @ v[..., part])
        x = x + linear(torch.cat(mixed, -1), f"h.{i}.attn.c_proj")
        inner = F.gelu(linear(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate="tanh")
        x = x + linear(inner, f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f") @ state["wte.weight"].T


def compare_parameters(found: Values, wanted: Values) -> None:
    """Each parameter holds the numbers it should; a matrix that was not turned round is named."""
    for name, value in wanted.items():
        square = value.dim() == 2 and value.shape[0] == value.shape[1]
        if square and name == "token_embedding.weight" and torch.equal(found[name], value.T):
            expect.fail(
                "`wte` was turned round; it is an embedding and no Conv1D, and has a row for each symbol."
            )
        if square and torch.equal(found[name], value.T):
            expect.fail(
                f"`{name}` holds its matrix untransposed: it is square, so no shape tells, but it is a Conv1D's too."
            )
        expect.close(found[name], value, f"`{name}` does not hold the numbers published for it.")


@check("load_gpt2_state_dict")
def embeddings_norms_and_biases(answer: Answer, draw: Draw) -> None:
    """Embeddings, positions, gains and biases arrive as they are."""
    sizes = model_sizes(draw, n_layers=2)
    sizes["vocab_size"] = sizes["d_model"]  # so that no shape tells whether the embedding has been turned
    state = published(draw, sizes)
    found = dict(answer(sizes, state))
    wanted = {
        "token_embedding.weight": state["wte.weight"], "positions.table": state["wpe.weight"],
        "norm.weight": state["ln_f.weight"], "norm.bias": state["ln_f.bias"],
    }  # fmt: skip
    for i in range(2):
        for ours, theirs in (("norm_1", "ln_1"), ("norm_2", "ln_2")):
            wanted |= {f"blocks.{i}.{ours}.{kind}": state[f"h.{i}.{theirs}.{kind}"] for kind in ("weight", "bias")}  # fmt: skip
        for ours, theirs in (("attention.w_o", "attn.c_proj"), ("feed_forward.w_in", "mlp.c_fc")):
            wanted[f"blocks.{i}.{ours}.bias"] = state[f"h.{i}.{theirs}.bias"]
    compare_parameters(found, wanted)
    expect.untouched(answer)


@check("load_gpt2_state_dict", points=2)
def conv1d_matrices_are_transposed(answer: Answer, draw: Draw) -> None:
    """The matrices of c_proj and c_fc, (in, out) as published, become (out, in)."""
    sizes = model_sizes(draw, n_layers=2)
    state = published(draw, sizes)
    pairs = (
        ("attention.w_o", "attn.c_proj"),
        ("feed_forward.w_in", "mlp.c_fc"),
        ("feed_forward.w_out", "mlp.c_proj"),
    )
    wanted = {
        f"blocks.{i}.{ours}.weight": state[f"h.{i}.{theirs}.weight"].T
        for i in range(2)
        for ours, theirs in pairs
    }
    compare_parameters(dict(answer(sizes, state)), wanted)


@check("load_gpt2_state_dict", points=2)
def queries_keys_and_values_are_told_apart(answer: Answer, draw: Draw) -> None:
    """The columns of c_attn, matrix and bias, go to w_q, w_k and w_v, in this order."""
    sizes = model_sizes(draw, n_layers=2)
    state, d = published(draw, sizes), sizes["d_model"]
    wanted = {}
    for i in range(2):
        for place, name in enumerate(("w_q", "w_k", "w_v")):
            columns = slice(place * d, (place + 1) * d)
            matrix, bias = (state[f"h.{i}.attn.c_attn.{kind}"] for kind in ("weight", "bias"))
            wanted[f"blocks.{i}.attention.{name}.weight"] = matrix[:, columns].T
            wanted[f"blocks.{i}.attention.{name}.bias"] = bias[columns]
    compare_parameters(dict(answer(sizes, state)), wanted)


@check("load_gpt2_state_dict", points=2)
def logits_are_those_of_gpt2(answer: Answer, draw: Draw) -> None:
    """With the weights loaded, the course's GPT gives the logits of GPT-2."""
    sizes = model_sizes(draw, n_layers=2)
    state = published(draw, sizes)
    model = GPT(GPTConfig(**sizes))
    values = {name: expect.tensor(v, f"`{name}`") for name, v in answer(sizes, state)}
    ids = tokens(draw, sizes["vocab_size"], 2, 7)
    expect.close(
        fill(model, values)(ids),
        gpt2_logits(state, sizes, ids),
        "With the weights that you loaded the logits are not those of GPT-2.",
    )


@check("load_gpt2_state_dict")
def other_names_and_extras(answer: Answer, draw: Draw) -> None:
    """Names with the prefix `transformer.` do as well, stored masks are passed over, and so is an equal lm_head."""
    sizes = model_sizes(draw, n_layers=1)
    state = published(draw, sizes)
    extras = {
        "transformer.h.0.attn.bias": torch.ones(1, 1, 13, 13),
        "lm_head.weight": state["wte.weight"].clone(),
    }
    found = dict(answer(sizes, {f"transformer.{name}": value for name, value in state.items()} | extras))
    compare_parameters(found, {"norm.bias": state["ln_f.bias"], "positions.table": state["wpe.weight"]})
    bare = model_sizes(draw, n_layers=1, bias=False)
    state = {name: value for name, value in published(draw, bare).items() if not name.endswith("bias")}
    compare_parameters(dict(answer(bare, state)), {"norm.weight": state["ln_f.weight"]})


@check("load_gpt2_state_dict")
def the_model_keeps_its_own_copy(answer: Answer, draw: Draw) -> None:
    """The numbers are copied into the parameters that are there: the tie stays, and `state` can change later."""
    sizes = model_sizes(draw, n_layers=1)
    state = published(draw, sizes)
    model = beside(answer.original, "Model(Config(**sizes))", sizes=sizes).double()
    before = dict(list(model.named_parameters()))
    loaded, later = beside(
        answer.original,
        "(lambda load, model, own: (load(model, own), {n: v.clone() for n, v in model.state_dict().items()}, "
        "[v.zero_() for v in own.values()], {n: v.clone() for n, v in model.state_dict().items()})[1::2])"
        "(load, model, {n: v.clone() for n, v in state.items()})",
        load=answer.original, model=model, state=state,
    )  # fmt: skip
    name = "h.0.attn.c_proj.weight"
    if not torch.allclose(loaded["blocks.0.attention.w_o.weight"].sum(), state[name].sum()):
        expect.fail("The numbers of `attn.c_proj` did not arrive in the model.")
    for name, value in loaded.items():
        if not torch.equal(later[name], value):
            expect.fail(
                f"Changing `state` afterwards changes `{name}` of the model: copy the numbers, do not share them."
            )
    after = dict(list(model.named_parameters()))
    for name, parameter in after.items():
        if not parameter.requires_grad:
            expect.fail(f"After loading, `{name}` can no longer be trained.")
    if model.head.weight is not model.token_embedding.weight:
        expect.fail("Head and embedding are no longer one parameter: copy into the parameter that is there.")
    for name, parameter in after.items():
        if parameter is not before[name]:
            expect.fail(f"`{name}` is another parameter than before; an optimizer would not know it.")


@check("load_gpt2_state_dict")
def weights_that_do_not_fit_are_refused(answer: Answer, draw: Draw) -> None:
    """A tensor that is missing, unknown or of another shape raises a ValueError that names it; nothing is loaded."""
    sizes = model_sizes(draw, n_layers=2)
    state = published(draw, sizes)
    wrong = {
        "h.1.ln_2.bias": {name: v for name, v in state.items() if name != "h.1.ln_2.bias"},
        "h.2.ln_1.bias": state | {"h.2.ln_1.bias": torch.zeros(sizes["d_model"])},
        "h.1.mlp.c_fc.weight": state | {"h.1.mlp.c_fc.weight": state["h.1.mlp.c_fc.weight"].T.contiguous()},
    }
    for (name, given), what in zip(wrong.items(), ("missing", "unknown", "transposed"), strict=True):
        model = beside(answer.original, "Model(Config(**sizes))", sizes=sizes).double()
        before = {key: value.clone() for key, value in dict(model.state_dict()).items()}
        expect.error(
            partial(answer.original, model, given),
            ValueError, f"A state in which {name} is {what}", name,
        )  # fmt: skip
        for key, value in dict(model.state_dict()).items():
            if not torch.equal(value, before[key]):
                expect.fail(f"After the ValueError `{key}` is changed; check everything before you copy.")


# ── next_token_loss ──────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("next_token_loss")


def loss_of(answer: Answer, logits: Tensor, targets: Tensor) -> Tensor:
    found = expect.tensor(answer(logits, targets), "The loss", (), logits.dtype)
    expect.finite(found, "The loss")
    return found


def by_hand(logits: Tensor, targets: Tensor) -> list[float]:
    """The loss of every position, one after the other."""
    found = []
    for row, target in zip(
        logits.reshape(-1, logits.shape[-1]).tolist(), targets.flatten().tolist(), strict=True
    ):
        top = max(row)
        found.append(top + math.log(sum(math.exp(score - top) for score in row)) - row[target])
    return found


@check("next_token_loss", points=2)
def mean_over_all_positions(answer: Answer, draw: Draw) -> None:
    """The loss is the mean of −log p(true next token) over all positions, in nats, for any leading dimensions."""
    for leading in ((3,), (2, 7), (2, 3, 5), (2, 11)):
        logits, targets = 2 * draw.normal(*leading, 11), tokens(draw, 11, *leading)
        losses = by_hand(logits, targets)
        wanted = torch.tensor(sum(losses) / len(losses), dtype=torch.float64)
        what = f"For logits of shape {tuple(logits.shape)} the loss is not the mean of the positions' own losses."
        expect.close(loss_of(answer, logits, targets), wanted, what)
    expect.untouched(answer)


@check("next_token_loss")
def equal_odds_cost_ln_v(answer: Answer, draw: Draw) -> None:
    """Where all symbols are equally probable, the loss is ln(vocab_size)."""
    for vocab_size in draw.primes(3):
        logits = torch.full((2, 3, vocab_size), 5.0, dtype=torch.float64)
        wanted = torch.tensor(math.log(vocab_size), dtype=torch.float64)
        found = loss_of(answer, logits, tokens(draw, vocab_size, 2, 3))
        expect.close(found, wanted, f"With {vocab_size} equal logits the loss should be ln {vocab_size}.")


@check("next_token_loss")
def large_logits_stay_finite(answer: Answer, draw: Draw) -> None:
    """Logits of a thousand, as float32, give finite and right losses."""
    logits = 1000 * torch.eye(5)[None]
    for target, wanted in ((torch.arange(5)[None], 0.0), ((torch.arange(5)[None] + 1) % 5, 1000.0)):
        found = loss_of(answer, logits, target)
        expect.close(
            found, torch.tensor(wanted), f"For logits of 1000 the loss should be {wanted:.0f}.", 1e-4
        )


@check("next_token_loss")
def the_gradient_is_right(answer: Answer, draw: Draw) -> None:
    """The gradient with respect to the logits is (softmax − 1 at the target) / number of positions."""
    logits, targets = draw.normal(2, 3, 7, grad=True), tokens(draw, 7, 2, 3)
    (found,) = expect.gradients(loss_of(answer, logits, targets), logits=logits)
    wanted = (logits.detach().softmax(-1) - F.one_hot(targets, 7)) / 6
    expect.close(found, wanted, "The gradient of your loss is not that of the mean cross-entropy.")


@check("next_token_loss")
def a_target_for_every_position(answer: Answer, draw: Draw) -> None:
    """Targets of another shape raise a ValueError that names both shapes; of the right one they may be a slice of a larger tensor."""
    runs, logits = tokens(draw, 11, 2, 6), draw.normal(5, 2, 11)
    losses = by_hand(logits.transpose(0, 1), runs[:, 1:])
    try:
        found = beside(
            answer.original,
            "own(logits.transpose(0, 1), runs[:, 1:])",
            own=answer.original,
            logits=logits,
            runs=runs,
        )
    except RuntimeError as error:
        if isinstance(error, NotImplementedError):
            raise
        expect.fail(
            f"Logits and targets that are slices of larger tensors, as get_batch gives them, raise an error: {error}"
        )
    expect.close(
        expect.tensor(found, "The loss"),
        torch.tensor(sum(losses) / 10, dtype=torch.float64),
        "For slices of larger tensors the loss is not the mean of the positions' own losses.",
    )
    logits = draw.normal(2, 5, 11)

    def call(*shape: int) -> None:
        try:
            answer(logits, tokens(draw, 11, *shape))
        except ValueError as error:  # (2, 5), the positions of the logits, will do
            raise ValueError(in_tuples(str(error)).replace("(2, 5)", "(2, 5, 11)")) from error

    for shape in ((5, 2), (2, 4), (10,), (1, 5)):
        what = f"Logits of shape (2, 5, 11) with targets of shape {shape}"
        expect.error(
            partial(call, *shape),
            ValueError, what, str(shape), "(2, 5, 11)",
        )  # fmt: skip
