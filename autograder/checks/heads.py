"""Checks of lab 08, heads.

The oracle goes head by head, as section 3.2.2 of Vaswani et al. writes it, in float64 and with PyTorch's
own softmax; parameters are counted from PyTorch's own layer. All sizes are distinct primes.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.attention import NAMES

EXERCISES = ExerciseSet("08-heads")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Parameters = dict[str, Tensor]


def leading_shapes(draw: Draw) -> list[tuple[int, ...]]:
    """No batch, a batch, a batch of batches, and a batch of one."""
    a, b = draw.primes(2)
    return [(), (a,), (a, b), (1,)]


# ── split_heads ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("split_heads")


@check("split_heads")
def one_sequence_for_each_head(answer: Answer, draw: Draw) -> None:
    """The result has shape (…, n_heads, n, d_head), for any leading dimensions."""
    n, n_heads, d_head = draw.primes(3)
    for leading in leading_shapes(draw):
        x = draw.normal(*leading, n, n_heads * d_head)
        expect.tensor(
            answer(x, n_heads),
            f"For x of shape {tuple(x.shape)} and n_heads={n_heads}, the result",
            (*leading, n_heads, n, d_head),
        )


@check("split_heads", points=2)
def each_head_gets_its_features(answer: Answer, draw: Draw) -> None:
    """Head i holds the features i·d_head … (i+1)·d_head − 1 of every position, and positions keep their order."""
    n, n_heads, d_head = draw.primes(3)
    x = draw.normal(2, n, n_heads * d_head)
    heads = expect.tensor(answer(x, n_heads), "The result", (2, n_heads, n, d_head))
    for i, wanted in enumerate(x.split(d_head, dim=-1)):
        expect.close(
            heads[:, i],
            wanted,
            f"With d_head = {d_head}, head {i} should hold the features {i * d_head} … {(i + 1) * d_head - 1} "
            "of every position, in order.",
        )


@check("split_heads")
def one_head_or_as_many_as_features(answer: Answer, draw: Draw) -> None:
    """One head keeps the whole width; as many heads as features get a number each."""
    n, d_model = draw.primes(2)
    x = draw.normal(n, d_model)
    for n_heads, wanted in ((1, x[None]), (d_model, x.T[..., None])):
        heads = expect.tensor(answer(x, n_heads), f"With n_heads={n_heads}, the result", tuple(wanted.shape))
        expect.close(
            heads, wanted, f"With d_model={d_model} and n_heads={n_heads} the wrong numbers come out."
        )


@check("split_heads")
def uneven_width_is_refused(answer: Answer, draw: Draw) -> None:
    """A width that does not split evenly raises a ValueError that names both numbers."""
    x = draw.normal(2, 5, 100)
    expect.error(lambda: answer(x, 8), ValueError, "split_heads of width 100 into 8 heads", "100", "8")


@check("split_heads")
def no_number_changes(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, gradients flow back to x, and x itself stays as it was."""
    only_moves(answer, draw.normal(3, 10, grad=True), 5)


def only_moves(answer: Answer, tensor: Tensor, *arguments: int) -> None:
    """Every number of ``tensor`` arrives once, in its dtype, and hands its gradient back."""
    moved = expect.tensor(answer(tensor, *arguments), "The result", dtype=tensor.dtype)
    expect.close(moved.flatten().sort().values, tensor.flatten().sort().values, "Some numbers have changed.")
    (gradient,) = expect.gradients(moved.sum(), input=tensor)
    expect.close(gradient, torch.ones_like(tensor), "Each number should hand its gradient back once.")
    half = tensor.detach().half()
    expect.tensor(answer(half, *arguments), "For a tensor of dtype float16, the result", dtype=torch.float16)
    expect.untouched(answer)


# ── merge_heads ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("merge_heads")


@check("merge_heads")
def width_of_all_heads(answer: Answer, draw: Draw) -> None:
    """The result has shape (…, n, n_heads · d_head), for any leading dimensions."""
    n_heads, n, d_head = draw.primes(3)
    for leading in leading_shapes(draw):
        heads = draw.normal(*leading, n_heads, n, d_head)
        expect.tensor(
            answer(heads),
            f"For heads of shape {tuple(heads.shape)}, the result",
            (*leading, n, n_heads * d_head),
        )


@check("merge_heads", points=2)
def head_after_head_at_each_position(answer: Answer, draw: Draw) -> None:
    """At every position come the numbers of head 0, then those of head 1, and so on."""
    n_heads, n, d_head = draw.primes(3)
    heads = draw.normal(2, n_heads, n, d_head)
    merged = expect.tensor(answer(heads), "The result", (2, n, n_heads * d_head))
    for i in range(n_heads):
        expect.close(
            merged[..., i * d_head : (i + 1) * d_head],
            heads[:, i],
            f"With d_head = {d_head}, the features {i * d_head} … {(i + 1) * d_head - 1} of every position "
            f"should be those of head {i}.",
        )


@check("merge_heads")
def no_number_is_lost(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, gradients flow back to the heads, and the heads themselves stay as they were."""
    only_moves(answer, draw.normal(2, 3, 5, grad=True))


# ── MultiHeadAttention ───────────────────────────────────────────────────────────────────────────


def linear_layer(module: Any, name: str, d_out: int, d_in: int, bias: bool) -> Any:
    """The layer ``name`` of a student's module, if it is as specified."""
    layer = getattr(module, name, None)
    if not isinstance(layer, nn.Linear):
        found = "no such attribute" if layer is None else expect.describe(layer)
        expect.fail(f"Your class should have a layer `{name}`, an nn.Linear; it has {found}.")
    expect.tensor(layer.weight, f"The weight of `{name}`", (d_out, d_in))
    if (layer.bias is not None) is not bias:
        found, wanted = ("no bias", "one") if bias else ("a bias", "none")
        expect.fail(f"With bias={bias}, `{name}` has {found}; it should have {wanted}.")
    return layer


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its parameters: values are compared, whatever the style."""

    def attend(
        n_heads: int, parameters: Parameters, x: Tensor, memory: Tensor | None = None, **more: Any
    ) -> Any:
        module = cls(x.shape[-1], n_heads)
        for name in NAMES:
            layer = linear_layer(module, name, x.shape[-1], x.shape[-1], bias=True)
            layer.weight.data = parameters[f"{name}.weight"].clone()
            layer.bias.data = parameters[f"{name}.bias"].clone()
        sources = (x,) if memory is None else (x, memory)
        call = partial(module.to(x.dtype).eval(), **more)
        return call(*sources) if "cache" in more else expect.repeatable(call, *sources)

    return attend


EXERCISES.exercise("MultiHeadAttention", adapt=as_function)


def random_parameters(draw: Draw, d_model: int) -> Parameters:
    """Weights that keep the scores moderate, and biases as large as the weighted sums, so that a lost one shows."""
    found = {}
    for name in NAMES:
        found[f"{name}.weight"] = draw.normal(d_model, d_model) / math.sqrt(d_model)
        found[f"{name}.bias"] = draw.normal(d_model)
    return found


def unmixed(parameters: Parameters) -> Parameters:
    """The same with W^O = 1: the result is the heads side by side."""
    d_model = len(parameters["w_o.bias"])
    return parameters | {
        "w_o.weight": torch.eye(d_model, dtype=torch.float64),
        "w_o.bias": torch.zeros(d_model, dtype=torch.float64),
    }


def paper(
    n_heads: int, parameters: Parameters, x: Tensor, memory: Tensor, allowed: Tensor | None = None
) -> Tensor:
    """Section 3.2.2 of the paper, one head after the other; ``allowed`` has the shape (…, n_heads, n, m)."""
    found = []
    for head, rows in enumerate(torch.arange(x.shape[-1]).chunk(n_heads)):
        query, key, value = (
            source @ parameters[f"{name}.weight"][rows].T + parameters[f"{name}.bias"][rows]
            for name, source in zip(NAMES, (x, memory, memory), strict=False)
        )
        scores = query @ key.transpose(-2, -1) / math.sqrt(len(rows))
        if allowed is not None:
            scores = scores.masked_fill(~allowed[..., head, :, :], -math.inf)
        found.append(torch.softmax(scores, -1).nan_to_num(0.0) @ value)
    return torch.cat(found, -1) @ parameters["w_o.weight"].T + parameters["w_o.bias"]


@check("MultiHeadAttention")
def four_linear_layers(answer: Answer, draw: Draw) -> None:
    """w_q, w_k, w_v and w_o are nn.Linear(d_model, d_model), with biases if `bias`, and there is nothing else to learn."""
    n_heads, d_head = draw.primes(2)
    d_model = n_heads * d_head
    for bias in (True, False):
        module = answer.original(d_model, n_heads, bias=bias)
        for name in NAMES:
            linear_layer(module, name, d_model, d_model, bias)
        numbers = sum(p.numel() for p in list(module.parameters()))
        wanted = sum(p.numel() for p in nn.MultiheadAttention(d_model, n_heads, bias=bias).parameters())
        if numbers != wanted:
            expect.fail(
                f"With d_model={d_model} and bias={bias} there are {wanted:,} numbers to learn; you have {numbers:,}."
            )


@check("MultiHeadAttention")
def uneven_split_is_refused(answer: Answer, draw: Draw) -> None:
    """A d_model that does not split into n_heads raises a ValueError at once, and it names both numbers."""
    expect.error(lambda: answer.original(100, 8), ValueError, "MultiHeadAttention(100, 8)", "100", "8")


@check("MultiHeadAttention", points=2)
def each_head_attends_on_its_own(answer: Answer, draw: Draw) -> None:
    """Before W^O, the result at every position is what head 0 found, then what head 1 found, and so on."""
    n_heads, d_head, n = draw.primes(3)
    parameters = unmixed(random_parameters(draw, n_heads * d_head))
    for leading in leading_shapes(draw):
        x = draw.normal(*leading, n, n_heads * d_head)
        output = expect.tensor(
            answer(n_heads, parameters, x),
            f"For x of shape {tuple(x.shape)}, the output",
            tuple(x.shape),
            x.dtype,
        )
        if torch.allclose(output, paper(1, parameters, x, x), atol=1e-6):
            expect.fail(
                "That is one head of the full width: split queries, keys and values before attending."
            )
        expect.close(
            output,
            paper(n_heads, parameters, x, x),
            f"With W^O = 1 the output is not that of {n_heads} heads of width {d_head}, side by side.",
        )


@check("MultiHeadAttention")
def joined_heads_are_mixed(answer: Answer, draw: Draw) -> None:
    """The joined heads go through w_o at the end."""
    n_heads, d_head, n = draw.primes(3)
    parameters, x = random_parameters(draw, n_heads * d_head), draw.normal(n, n_heads * d_head)
    output = expect.tensor(answer(n_heads, parameters, x), "The output", tuple(x.shape))
    if torch.allclose(output, paper(n_heads, unmixed(parameters), x, x), atol=1e-6):
        expect.fail("The heads are joined but never mixed: the last matrix is W^O.")
    mixed = answer(n_heads, unmixed(parameters), x) @ parameters["w_o.weight"].T + parameters["w_o.bias"]
    expect.close(output, mixed, "The output is not w_o of the joined heads.")


@check("MultiHeadAttention", points=2)
def memory_answers_and_x_asks(answer: Answer, draw: Draw) -> None:
    """With memory, queries come from x, keys and values from memory, which may be of any length."""
    n_heads, d_head, n, m = draw.primes(4)
    d_model = n_heads * d_head
    parameters = unmixed(random_parameters(draw, d_model))
    for lengths in ((n, n), (n, m)):  # with equal lengths no shape gives the wrong source away
        x, memory = (draw.normal(2, length, d_model) for length in lengths)
        output = expect.tensor(
            answer(n_heads, parameters, x, memory), "With memory, the output", (2, n, d_model)
        )
        for wrong, sources in (("x", (x, x)), ("memory", (memory, memory))):
            if lengths[0] == lengths[1] and torch.allclose(output, paper(n_heads, parameters, *sources)):
                expect.fail(f"Queries, keys and values all come from {wrong}; that is self-attention.")
        expect.close(
            output,
            paper(n_heads, parameters, x, memory),
            "With memory, queries should come from x, and keys and values from memory.",
        )


@check("MultiHeadAttention")
def mask_hides_keys_from_heads(answer: Answer, draw: Draw) -> None:
    """The mask broadcasts to (…, n_heads, n, m); a query that may attend to nothing gets 0 from every head."""
    n_heads, d_head, n = draw.primes(3)
    d_model, batch = n_heads * d_head, 2
    parameters = unmixed(random_parameters(draw, d_model))
    x, memory = draw.normal(batch, n, d_model), draw.normal(batch, n, d_model)
    for shape in ((n, n), (batch, 1, 1, n), (n_heads, n, n), (batch, n_heads, n, n)):
        mask = draw.mask(*shape)
        if len(shape) == 2:
            mask[1] = False
        sighted = mask.expand(batch, n_heads, n, n).any(-1).all(1)
        output = expect.tensor(
            answer(n_heads, parameters, x, memory, mask=mask), "The output", (batch, n, d_model)
        )
        expect.finite(output, "The output for a query that may attend to nothing")
        wanted = paper(n_heads, parameters, x, memory, mask.expand(batch, n_heads, n, n))
        message = f"With a mask of shape {shape} the output is not that of the keys allowed."
        expect.close(output[sighted], wanted[sighted], message)
        message = "A query that may attend to nothing should get 0 from every head."
        expect.close(output[~sighted], wanted[~sighted], message)


@check("MultiHeadAttention")
def causal_hides_the_future(answer: Answer, draw: Draw) -> None:
    """With `causal` no position sees a later one; with a mask too, both must allow a pair."""
    n_heads, d_head, n = draw.primes(3)
    parameters, x = unmixed(random_parameters(draw, n_heads * d_head)), draw.normal(2, n, n_heads * d_head)
    past = torch.ones(n, n).tril().bool()
    for name, mask in (("causal=True", None), ("causal=True and a mask", draw.mask(2, 1, 1, n))):
        more = {} if mask is None else {"mask": mask}
        output = expect.tensor(
            answer(n_heads, parameters, x, causal=True, **more), "The output", tuple(x.shape)
        )
        expect.finite(output, f"With {name}, the output")
        allowed = (past if mask is None else past & mask).expand(2, n_heads, n, n)
        message = f"With {name} the output is not that of the keys allowed."
        expect.close(output, paper(n_heads, parameters, x, x, allowed), message)


class Store:
    """The simplest cache: it joins all that it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[Tensor, Tensor]] = []

    def append(self, key: Any, value: Any) -> tuple[Tensor, Tensor]:
        """Keep keys and values, and return all so far."""
        self.given.append((key, value))
        keys, values = zip(*self.given, strict=True)
        return torch.cat(keys, -2), torch.cat(values, -2)

    def __len__(self) -> int:
        """As a list is, an empty cache is false."""
        return len(self.given)


def require_stored(store: Store, calls: int, parameters: Parameters, x: Tensor, n_heads: int) -> None:
    """The last call has appended the keys and values of ``x``, head by head, and every call has appended once."""
    if len(store.given) != calls:
        expect.fail("Each call with a cache should append its keys and values once, with cache.append.")
    for what, name, stored in zip(("keys", "values"), ("w_k", "w_v"), store.given[-1], strict=True):
        found = x @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"]
        wanted = torch.stack(found.chunk(n_heads, -1), 1)
        expect.tensor(stored, f"The {what} appended to the cache", tuple(wanted.shape))
        expect.close(stored, wanted, f"The {what} appended to the cache are not `{name}` of x, split.")


@check("MultiHeadAttention")
def cache_keeps_earlier_positions(answer: Answer, draw: Draw) -> None:
    """Read piece by piece with a cache, a sequence gives what it gives at once; keys and values are stored by head."""
    n_heads, d_head, n = draw.primes(3, above=3)  # pieces of several positions
    parameters, x = unmixed(random_parameters(draw, n_heads * d_head)), draw.normal(2, n, n_heads * d_head)
    for name, mask in (
        ("", torch.ones(2, 1, 1, n, dtype=torch.bool)),
        (" with a mask", draw.mask(2, 1, 1, n)),
    ):
        store = Store()
        pieces: list[Tensor] = []
        for piece in x.split([n - 3, 2, 1], dim=1):
            m = sum(p.shape[1] for p in pieces) + piece.shape[1]
            more = {"mask": mask[..., :m]} if name else {}
            with torch.no_grad():
                output = answer(n_heads, parameters, piece, causal=True, cache=store, **more)
            pieces.append(expect.tensor(output, "The output", tuple(piece.shape)))
            require_stored(store, len(pieces), parameters, piece, n_heads)
        past = torch.ones(n, n).tril().bool()
        wanted = paper(n_heads, parameters, x, x, (past & mask).expand(2, n_heads, n, n))
        expect.close(
            torch.cat(pieces, 1),
            wanted,
            f"Piece by piece{name}, a sequence gives something else than at once.",
        )


@check("MultiHeadAttention")
def memory_goes_without_causal_and_cache(answer: Answer, draw: Draw) -> None:
    """Memory with `causal`, or with a cache, raises a ValueError."""
    n_heads, d_head, n = draw.primes(3)
    parameters, x = random_parameters(draw, n_heads * d_head), draw.normal(2, n, n_heads * d_head)
    more: dict[str, Any]
    for name, more in (("causal", {"causal": True}), ("cache", {"cache": Store()})):
        call = partial(answer, n_heads, parameters, x, x, **more)
        expect.error(call, ValueError, f"memory with {name}", "memory")


@check("MultiHeadAttention")
def dropout_acts_on_the_result(answer: Answer, draw: Draw) -> None:
    """In training, `dropout` sets a share of the result to 0 and scales up the rest; otherwise it does nothing."""
    n_heads, d_head = draw.primes(2)
    d_model = n_heads * d_head
    x = draw.normal(31, d_model)
    torch.manual_seed(draw.integer(0, 2**31 - 1))  # parameters that nobody sets
    module = answer.original(d_model, n_heads, dropout=0.3).double()
    module.eval()
    kept, again = (expect.tensor(module(x), "The output", tuple(x.shape)) for _ in range(2))
    if not torch.equal(kept, again):
        expect.fail("Outside training, dropout should do nothing.")
    module.train()
    torch.manual_seed(draw.integer(0, 2**31 - 1))  # the same draws in whatever process the module lives
    dropped = expect.tensor(module(x), "In training, the output", tuple(x.shape))
    zeros = dropped == 0
    share = zeros.double().mean().item()
    if share == 0 and not torch.allclose(dropped, kept):
        expect.fail("In training something is dropped, but not from the result: none of its numbers is 0.")
    if not 0.2 < share < 0.4:
        expect.fail(f"With dropout=0.3 about 30% of the result should be 0 in training; it is {share:.0%}.")
    expect.close(dropped[~zeros], kept[~zeros] / 0.7, "What dropout leaves should be 1/0.7 of what it was.")


# ── count_attention_parameters ───────────────────────────────────────────────────────────────────

EXERCISES.exercise("count_attention_parameters")


def compare_count(answer: Answer, d_model: int, n_heads: int, bias: bool, message: str) -> None:
    given = answer(d_model, n_heads) if bias else answer(d_model, n_heads, bias=False)
    found = expect.whole_number(given, "The count")
    layer = nn.MultiheadAttention(d_model, n_heads, bias=bias)
    wanted = sum(parameter.numel() for parameter in layer.parameters())
    if found != wanted:
        expect.fail(
            f"For d_model={d_model}, n_heads={n_heads}, bias={bias} {message}: {wanted:,}, not {found:,}."
        )


@check("count_attention_parameters")
def four_matrices(answer: Answer, draw: Draw) -> None:
    """Without biases, W^Q, W^K and W^V of all heads and W^O are counted."""
    for d_model in (*draw.primes(2), 128):
        compare_count(answer, d_model, 1, False, "the four matrices hold")


@check("count_attention_parameters")
def biases_unless_told_otherwise(answer: Answer, draw: Draw) -> None:
    """Each column of each matrix has a bias, unless `bias` is False."""
    for d_model in (*draw.primes(2), 128):
        compare_count(answer, d_model, 1, True, "matrices and biases hold")


@check("count_attention_parameters")
def number_of_heads_does_not_matter(answer: Answer, draw: Draw) -> None:
    """At the same width, more heads have as many parameters."""
    n_heads, d_head = draw.primes(2)
    for bias in (False, True):
        for h in (n_heads, d_head, n_heads * d_head):
            compare_count(
                answer, n_heads * d_head, h, bias, "the layer has as many parameters as with one head"
            )


@check("count_attention_parameters")
def uneven_heads_are_refused(answer: Answer, draw: Draw) -> None:
    """A width that does not split evenly raises a ValueError that names both numbers."""
    expect.error(lambda: answer(100, 8), ValueError, "count_attention_parameters(100, 8)", "100", "8")


# ── cross_attention ──────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("cross_attention")


def crossed(answer: Answer, *arguments: Tensor) -> tuple[Tensor, Tensor]:
    output, weights = expect.several(answer(*arguments), ("output", "weights"))
    return expect.tensor(output, "The output"), expect.tensor(weights, "The weights")


def two_sequences(draw: Draw, n: int, m: int, grad: bool = False) -> list[Tensor]:
    """x, memory, W^Q, W^K and W^V; no two widths are equal."""
    d_model, d_memory, d_k, d_v = draw.primes(4)
    shapes = ((n, d_model), (m, d_memory), (d_model, d_k), (d_memory, d_k), (d_memory, d_v))
    return [draw.normal(*shape, grad=grad) for shape in shapes]


@check("cross_attention")
def x_asks_and_memory_answers(answer: Answer, draw: Draw) -> None:
    """The output has a row for each position of x, as wide as a value; the weights have a column for each of memory."""
    n, m = 2, 3
    for leading in leading_shapes(draw):
        x, memory, *matrices = two_sequences(draw, n, m)
        x, memory = x.expand(*leading, *x.shape), memory.expand(*leading, *memory.shape)
        output, weights = crossed(answer, x, memory, *matrices)
        expect.tensor(
            output, f"For x {tuple(x.shape)} and memory {tuple(memory.shape)}, the output",
            (*leading, n, matrices[2].shape[-1]),
        )  # fmt: skip
        expect.tensor(weights, "The weights", (*leading, n, m))


@check("cross_attention", points=2)
def weights_from_query_and_key(answer: Answer, draw: Draw) -> None:
    """The weights are softmax over memory of (x W^Q)(memory W^K)ᵀ / √d_k."""
    for square in (False, True):  # where all is equally long and wide, no shape gives a wrong source away
        arguments = [draw.normal(5, 5) for _ in range(5)] if square else two_sequences(draw, 5, 7)
        x, memory, w_q, w_k, _ = arguments
        _, weights = crossed(answer, *arguments)
        scores = (x @ w_q) @ (memory @ w_k).T
        if torch.allclose(weights.double(), torch.softmax(scores, -1), atol=1e-6):
            expect.fail("Your scores are not divided by √d_k.")
        wanted = torch.softmax(scores / math.sqrt(w_q.shape[-1]), -1)
        expect.close(weights, wanted, "Your weights are not softmax((x w_q)(memory w_k)ᵀ / √d_k).")


@check("cross_attention")
def values_come_from_memory(answer: Answer, draw: Draw) -> None:
    """The output of a query is the sum of the values memory W^V, each times its weight."""
    for square in (False, True):
        arguments = [draw.normal(5, 5) for _ in range(5)] if square else two_sequences(draw, 5, 7)
        output, weights = crossed(answer, *arguments)
        values = arguments[1] @ arguments[4]
        expect.close(output, weights @ values, "Your output is not your weights times memory w_v.")


@check("cross_attention")
def mask_hides_memory(answer: Answer, draw: Draw) -> None:
    """A hidden position of memory has weight exactly 0; where all are hidden, weights and output are 0 and gradients finite."""
    n, columns = draw.primes(2)
    for mask in (draw.mask(n, columns), draw.mask(columns), torch.ones(n, n, dtype=torch.bool).triu(1)):
        m = mask.shape[-1]
        arguments = two_sequences(draw, n, m, grad=True)
        if mask.shape == (n, columns):
            mask[1] = False
        output, weights = crossed(answer, *arguments, mask)
        expect.finite(weights, "The weights of a query that may attend to nothing")
        expect.tensor(weights, "The weights", (n, m))
        allowed = mask.expand(n, m)
        nothing = ~allowed.any(-1)
        if not torch.equal((weights != 0)[~nothing], allowed[~nothing]):
            expect.fail(
                f"A mask of shape {tuple(mask.shape)} hides the wrong positions; True means may attend."
            )
        if weights[nothing].any():
            expect.fail(
                "A query that may attend to nothing should get weight 0 everywhere; yours are not all 0."
            )
        expect.close(weights.sum(-1), allowed.any(-1), "What may be seen should share a weight of 1.")
        for gradient in expect.gradients(output.sum(), x=arguments[0], memory=arguments[1]):
            expect.finite(gradient, "The gradient")


@check("cross_attention")
def gradient_reaches_both_sequences(answer: Answer, draw: Draw) -> None:
    """Gradients flow back to x, memory and the three matrices as calculus says, and no input is changed."""
    arguments = two_sequences(draw, 2, 3, grad=True)
    output, _ = crossed(answer, *arguments)
    names = ("x", "memory", "w_q", "w_k", "w_v")
    expect.gradients((output * draw.normal(*output.shape)).sum(), **dict(zip(names, arguments, strict=True)))
    if not torch.autograd.gradcheck(lambda *t: crossed(answer, *t)[0], arguments, raise_exception=False):
        expect.fail("Your output and its gradient do not fit together: something is detached or rounded.")
    expect.untouched(answer)
