"""Checks of lab 07, attention.

The oracle is PyTorch's own softmax in float64, or numbers that follow from a construction: with all
queries 0 the weights must be uniform whatever the scale, with the identity as values the output *is*
the weights. So every check isolates one mistake.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.checking import Draw, ExerciseSet

EXERCISES = ExerciseSet("07-attention")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote


# ── project_qkv ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("project_qkv")


def projected(answer: Answer, *args: Tensor) -> tuple[Tensor, ...]:
    names = ("query", "key", "value")
    return tuple(
        expect.tensor(t, n) for t, n in zip(expect.several(answer(*args), names), names, strict=True)
    )


@check("project_qkv")
def each_view_uses_its_own_matrix(answer: Answer, draw: Draw) -> None:
    """The results are x w_q, x w_k and x w_v, in this order."""
    n, d_model, *widths_of_two = draw.primes(4)
    d_k, d_v = sorted(widths_of_two)  # three equal parts would hold a value that is narrower by 2 at most
    for widths in (
        (d_k, d_k, d_v),
        (d_model, d_model, d_model),
    ):  # a transposed matrix fits where it is square
        x = draw.normal(n, d_model)
        matrices = [draw.normal(d_model, width) for width in widths]
        results = projected(answer, x, *matrices)
        for name, result, matrix in zip(("query", "key", "value"), results, matrices, strict=True):
            expect.close(result, x @ matrix, f"Your {name} is not x times its matrix.")
            expect.tensor(result, f"For x of dtype float64, the {name}", dtype=x.dtype)


@check("project_qkv")
def batches_pass_through(answer: Answer, draw: Draw) -> None:
    """Leading dimensions, such as the batch, are kept: each sequence is projected as if it were alone."""
    b, h, n, d_model, d_k = draw.primes(5)
    matrices = [draw.normal(d_model, d_k) for _ in range(3)]
    x = draw.normal(b, h, n, d_model)
    alone = projected(answer, x[1, 1], *matrices)
    for batch in (x[1], x):
        for name, result, single in zip(
            ("query", "key", "value"), projected(answer, batch, *matrices), alone, strict=True
        ):
            expect.tensor(
                result, f"For x of shape {tuple(batch.shape)}, the {name}", (*batch.shape[:-1], d_k)
            )
            inner = result[1, 1] if batch.dim() == 4 else result[1]
            expect.close(
                inner, single, f"For x of shape {tuple(batch.shape)} your {name} mixes up positions."
            )


@check("project_qkv")
def all_three_come_from_x(answer: Answer, draw: Draw) -> None:
    """Query, key and value are independent views of x: gradients reach x and each matrix through its own view."""
    n, d = draw.primes(2)
    x, *matrices = draw.normal(n, d, grad=True), *(draw.normal(d, d, grad=True) for _ in range(3))
    for i, (name, result) in enumerate(
        zip(("query", "key", "value"), projected(answer, x, *matrices), strict=True)
    ):
        if not result.requires_grad:
            expect.fail(f"The {name} is cut off from x: no gradient flows back. Use the tensors as they are.")
        gradients = torch.autograd.grad(result.sum(), [x, *matrices], allow_unused=True, retain_graph=True)
        reached = [g is not None and bool(g.abs().sum() > 0) for g in gradients]
        if reached != [True] + [i == j for j in range(3)]:
            expect.fail(
                f"The {name} should depend on x and on its own matrix, and on neither of the other two."
            )


# ── softmax ──────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("softmax")


@check("softmax")
def last_axis_by_default(answer: Answer, draw: Draw) -> None:
    """The weights are exp(z) divided by its sum along the last axis."""
    rows, columns = draw.primes(2)
    scores = draw.normal(rows, columns)
    weights = expect.tensor(answer(scores), "The result", (rows, columns))
    if (weights < 0).any():
        expect.fail("Some of your weights are negative.")
    expect.close(weights.sum(-1), torch.ones(rows), "The weights along the last axis should sum to 1.")
    expect.close(weights, torch.softmax(scores, -1), "The weights sum to 1 but are not those of the formula.")


@check("softmax")
def any_axis_on_request(answer: Answer, draw: Draw) -> None:
    """`dim` chooses the axis along which the weights sum to 1."""
    shape = draw.primes(3)
    scores = draw.normal(*shape)
    for dim in (0, 1, 2, -2):
        weights = expect.tensor(answer(scores, dim=dim), f"softmax(scores, dim={dim})", tuple(shape))
        expect.close(
            weights, torch.softmax(scores, dim), f"With dim={dim} the weights are not those of the formula."
        )


@check("softmax")
def large_scores_do_not_overflow(answer: Answer, draw: Draw) -> None:
    """Scores of ±1000, and rows far apart from each other, give finite weights."""
    for size in (1000.0, -1000.0, 30000.0):
        scores = draw.normal(5) + size
        weights = expect.tensor(answer(scores), "The result", (5,))
        expect.finite(weights, f"The weights of scores near {size:g}")
        expect.close(
            weights,
            torch.softmax(scores, -1),
            f"The weights of scores near {size:g} are not those of the formula.",
        )
    scores = draw.normal(5) + torch.tensor([0.0, 2000.0, -2000.0, 2000.0, 0.0])
    weights = expect.tensor(answer(scores), "The result", (5,))
    expect.finite(weights, "The weights of scores between −2000 and 2000")
    expect.close(
        weights,
        torch.softmax(scores, -1),
        "The weights of scores between −2000 and 2000 are not those of the formula.",
    )
    scores = draw.normal(3, 3) + torch.tensor([[3000.0], [0.0], [-3000.0]])
    weights = expect.tensor(answer(scores, dim=1), "The result", (3, 3))
    expect.finite(weights, "The weights of rows far apart")
    expect.close(
        weights.sum(1),
        torch.ones(3),
        "Beside a row of much larger scores, the weights of a row should still sum to 1.",
    )


@check("softmax")
def minus_infinity_means_never(answer: Answer, draw: Draw) -> None:
    """A score of −inf gets weight exactly 0; scores that are all −inf get only zeros, and no nan gradient."""
    for hidden in ([2], [0, 1, 2, 3], [0, 1, 2, 3, 4]):
        scores, factors = draw.normal(5), draw.normal(5)
        scores[hidden] = -math.inf
        scores.requires_grad_(True)
        weights = expect.tensor(answer(scores), "The result", (5,))
        expect.finite(weights, f"The weights of scores of which {len(hidden)} of 5 are −inf")
        if (weights[hidden] != 0).any():
            expect.fail("A score of −inf should get weight exactly 0.")
        if len(hidden) < 5:
            expect.close(
                weights, torch.softmax(scores, -1), "The weights beside a −inf should still sum to 1."
            )
        (gradient,) = expect.gradients((weights * factors).sum(), scores=scores)
        expect.finite(gradient, "The gradient with respect to the scores")


@check("softmax")
def keeps_dtype_and_gradient(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, half precision works, the input stays as it was, and the gradient is the true one."""
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        scores = draw.normal(7, dtype=dtype)
        weights = expect.tensor(answer(scores), "The result", (7,), dtype)
        expect.close(
            weights, torch.softmax(scores.double(), -1), f"In {dtype} the weights are off.", tolerance=2e-2
        )
    scores, factors = draw.normal(7, grad=True), draw.normal(7)
    (wanted,) = torch.autograd.grad((torch.softmax(scores, -1) * factors).sum(), scores)
    (gradient,) = expect.gradients(
        (expect.tensor(answer(scores), "The result", (7,)) * factors).sum(), scores=scores
    )
    expect.close(gradient, wanted, "The gradient of your weights is not that of softmax.")
    expect.untouched(answer)


# ── causal_mask ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("causal_mask")


@check("causal_mask")
def boolean_of_the_right_shape(answer: Answer, draw: Draw) -> None:
    """The mask is a boolean matrix of shape (n, n_past + n), on the device asked for."""
    for n in (1, *draw.primes(2)):
        expect.tensor(answer(n), f"causal_mask({n})", (n, n), torch.bool)
    n, past = draw.primes(2)
    expect.tensor(answer(n, n_past=past), f"causal_mask({n}, n_past={past})", (n, past + n), torch.bool)
    device = torch.device("cpu")
    answer(3, device=device)
    if device not in answer.devices:
        expect.fail("`device` is ignored: on a GPU the mask would lie in the wrong memory.")


@check("causal_mask")
def nobody_sees_the_future(answer: Answer, draw: Draw) -> None:
    """No query may attend to a later position."""
    n = draw.primes(1)[0]
    mask = expect.tensor(answer(n), f"causal_mask({n})", (n, n))
    for i in range(n):
        for j in range(i + 1, n):
            if mask[i, j]:
                expect.fail(f"In causal_mask({n}), query {i} may attend to key {j}, which comes later.")


@check("causal_mask")
def everybody_sees_the_past_and_itself(answer: Answer, draw: Draw) -> None:
    """Every query may attend to all earlier positions and to its own."""
    n = draw.primes(1)[0]
    mask = expect.tensor(answer(n), f"causal_mask({n})", (n, n))
    for i in range(n):
        for j in range(i + 1):
            if not mask[i, j]:
                expect.fail(
                    f"In causal_mask({n}), query {i} may not attend to key {j}; True means may attend."
                )


@check("causal_mask")
def works_while_generating(answer: Answer, draw: Draw) -> None:
    """With stored keys, the queries are the last n positions: query i stands at position n_past + i."""
    past, n = draw.primes(2)
    masks = {queries: answer(queries, n_past=past) for queries in (1, n)}
    for queries, given in masks.items():
        name = f"causal_mask({queries}, n_past={past})"
        mask = expect.tensor(given, name, (queries, past + queries))
        for i in range(queries):
            for j in range(past + queries):
                if bool(mask[i, j]) != (j <= past + i):
                    wanted = "may" if j <= past + i else "may not"
                    expect.fail(
                        f"In {name}, query {i} stands at position {past + i}: it {wanted} attend to key {j}."
                    )


# ── combine_masks ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("combine_masks")


@check("combine_masks")
def allowed_by_all(answer: Answer, draw: Draw) -> None:
    """A place is allowed when every mask allows it."""
    n, m = draw.primes(2)
    masks = [draw.mask(n, m) for _ in range(3)]
    masks.append(torch.zeros(n, m, dtype=torch.bool))  # one that forbids everything is a mask too
    for count in (1, 2, 3, 4):
        combined = expect.tensor(
            answer(*masks[:count]), f"The combination of {count} masks", (n, m), torch.bool
        )
        wanted = torch.stack(masks[:count]).all(0)
        if not torch.equal(combined, wanted):
            i, j = (combined != wanted).nonzero()[0].tolist()
            votes = ", ".join(str(bool(mask[i, j])) for mask in masks[:count])
            expect.fail(
                f"At one place the {count} masks say {votes}; the combination should be {bool(wanted[i, j])}."
            )
    everything = torch.ones(n, m, dtype=torch.bool)
    combined = answer(everything, everything)
    if not expect.tensor(
        combined, "The combination of masks that allow everything", (n, m), torch.bool
    ).all():
        expect.fail("Where every mask allows everything, so should the combination.")


@check("combine_masks")
def shapes_broadcast(answer: Answer, draw: Draw) -> None:
    """A padding mask (batch, 1, m) and a causal mask (n, m) combine to (batch, n, m)."""
    batch, n, m = draw.primes(3)
    for shapes in (
        ((batch, 1, m), (n, m)),
        ((n, m), (batch, 1, m)),
        ((m,), (n, 1)),
        ((n, 1), (batch, 1, 1), (1, m)),
    ):
        masks = [draw.mask(*s) if s[-1] > 1 else torch.ones(s, dtype=torch.bool) for s in shapes]
        wanted = masks[0]
        for mask in masks[1:]:
            wanted = torch.logical_and(wanted, mask)
        combined = expect.tensor(answer(*masks), f"Masks of shapes {shapes} combined", tuple(wanted.shape))
        if not torch.equal(combined, wanted):
            expect.fail(f"Masks of shapes {shapes} combine to the right shape with wrong entries.")


@check("combine_masks")
def none_forbids_nothing(answer: Answer, draw: Draw) -> None:
    """None forbids nothing: it is skipped, and without any mask the result is None."""
    for nothing in ((), (None,), (None, None)):
        if answer(*nothing) is not None:
            expect.fail(f"combine_masks{nothing if nothing else '()'} should be None: nothing is forbidden.")
    mask = draw.mask(3, 5)
    for given in ((mask, None), (None, mask), (None, mask, None)):
        combined = expect.tensor(answer(*given), "A mask combined with None", (3, 5))
        if not torch.equal(combined, mask):
            expect.fail("A mask combined with None should be that mask.")


@check("combine_masks")
def masks_given_stay_as_they_were(answer: Answer, draw: Draw) -> None:
    """The masks that were passed in are not changed."""
    expect.tensor(
        answer(draw.mask(3, 5), draw.mask(3, 5), draw.mask(3, 5)), "The combination", (3, 5), torch.bool
    )
    if answer.changed_inputs:
        expect.fail(
            "A mask that was passed in has changed. `&=` writes into it; `a = a & b` makes a new one."
        )


# ── scaled_dot_product_attention ─────────────────────────────────────────────────────────────────

EXERCISES.exercise("scaled_dot_product_attention")


def attended(
    answer: Answer, query: Tensor, key: Tensor, value: Tensor, *mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    output, weights = expect.several(answer(query, key, value, *mask), ("output", "weights"))
    return expect.tensor(output, "The output"), expect.tensor(weights, "The weights")


@check("scaled_dot_product_attention")
def output_then_weights(answer: Answer, draw: Draw) -> None:
    """The result is (output, weights), of shapes (…, n, d_v) and (…, n, m), for any leading dimensions."""
    batch, heads, n, m, d_k, d_v = draw.primes(6)
    for leading in ((), (batch,), (batch, heads)):
        query, key, value = (
            draw.normal(*leading, n, d_k),
            draw.normal(*leading, m, d_k),
            draw.normal(*leading, m, d_v),
        )
        output, weights = attended(answer, query, key, value)
        expect.tensor(
            output,
            f"With query {tuple(query.shape)} and value {tuple(value.shape)}, the output",
            (*leading, n, d_v),
        )
        expect.tensor(
            weights,
            f"With query {tuple(query.shape)} and key {tuple(key.shape)}, the weights",
            (*leading, n, m),
        )
        first = (0,) * len(leading)
        _, alone = attended(answer, query[first], key[first], value[first])
        expect.close(
            weights[first],
            alone,
            f"With {len(leading)} leading dimensions, a sequence gets other weights than it gets alone.",
        )


@check("scaled_dot_product_attention")
def weights_sum_to_one_over_keys(answer: Answer, draw: Draw) -> None:
    """For each query, the weights over the keys sum to 1."""
    n, m, d = draw.primes(3)
    _, weights = attended(answer, draw.normal(n, d), draw.normal(m, d), draw.normal(m, d))
    if (weights < 0).any():
        expect.fail("Some weights are negative.")
    if not torch.allclose(weights.sum(-1).double(), torch.ones(n, dtype=torch.float64), atol=1e-5):
        over_queries = weights.shape[-2] == n and torch.allclose(
            weights.sum(-2).double(), torch.ones(m).double(), atol=1e-5
        )
        expect.fail(
            "Your weights sum to 1 over the queries, not over the keys: softmax runs along the wrong axis."
            if over_queries
            else f"The weights of query 0 sum to {weights.sum(-1).flatten()[0].item():.3g}, not to 1."
        )


@check("scaled_dot_product_attention", points=2)
def scores_divided_by_root_d_k(answer: Answer, draw: Draw) -> None:
    """The scores are q·k divided by √d_k, the root of the width of one query."""
    for n, m, d_k, d_v in ((2, 3, 5, 7), (3, 2, 7, 11), (2, 3, 16, 5), (5, 3, 1, 2), (3, 3, 5, 7)):
        query, key, value = draw.normal(n, d_k), draw.normal(m, d_k), draw.normal(m, d_v)
        _, weights = attended(answer, query, key, value)
        expect.tensor(weights, "The weights", (n, m))
        # ln(w_0 / w_1) is the difference of two scores, whatever softmax subtracted and divided by.
        found = (weights[:, 0] / weights[:, 1]).double().log()
        wanted = (query @ (key[0] - key[1])) / math.sqrt(d_k)
        if not torch.allclose(found, wanted, rtol=1e-4, atol=1e-4):
            factor = float((found * wanted).sum() / (wanted * wanted).sum())
            proportional = torch.allclose(found, factor * wanted, rtol=1e-3, atol=1e-3)
            expect.fail(
                f"With d_k = {d_k} your scores are {factor:.3g} times what they should be; √d_k is {math.sqrt(d_k):.3g}."
                if proportional and math.isfinite(factor)
                else "The weights do not follow from q·k / √d_k by softmax."
            )


@check("scaled_dot_product_attention")
def values_are_mixed(answer: Answer, draw: Draw) -> None:
    """The output of a query is the sum of the values, each times its weight."""
    n, d = draw.primes(2)
    for m in (n + d, n):  # where the weights are square, they could be multiplied the wrong way round
        query, key, value = draw.normal(n, d), draw.normal(m, d), draw.normal(m, d)
        output, weights = attended(answer, query, key, value)
        expect.tensor(output, "The output", (n, d))
        expect.close(
            output,
            expect.tensor(weights, "The weights", (n, m)) @ value,
            "Your output is not your weights times the values.",
        )


@check("scaled_dot_product_attention", points=2)
def mask_says_who_may_be_seen(answer: Answer, draw: Draw) -> None:
    """Where the mask is False the weight is exactly 0, and the weights that remain are softmax's own: they sum to 1."""
    n, m, d = draw.primes(3)
    square = torch.ones(n, n, dtype=torch.bool).tril()  # here no shape gives a mask away that was turned
    for scale, mask in ((1.0, draw.mask(n, m)), (0.0, draw.mask(n, m)), (1.0, square)):
        m = mask.shape[1]
        query, key, value = scale * draw.normal(n, d), draw.normal(m, d), draw.normal(m, d)
        output, weights = attended(answer, query, key, value, mask)
        expect.tensor(weights, "The weights", (n, m))
        if (weights[~mask] != 0).any():
            seen = weights[~mask].abs().max().item()
            inverted = bool((weights[mask] == 0).all())
            expect.fail(
                "You attend exactly where the mask is False; True means may attend."
                if inverted
                else f"A forbidden key has weight {seen:.3g}; it should be exactly 0."
            )
        expect.close(
            weights.sum(-1), torch.ones(n), "After masking, the weights of each query should still sum to 1."
        )
        if scale == 0:
            expect.close(
                weights,
                mask / mask.sum(-1, keepdim=True),
                "Equal scores should share the weight equally among allowed keys.",
            )
        expect.close(
            output, weights @ value, "With a mask, your output is not your weights times the values."
        )


@check("scaled_dot_product_attention")
def mask_broadcasts(answer: Answer, draw: Draw) -> None:
    """A mask of shape (n, m), (batch, 1, 1, m) or (batch, heads, n, m) applies to the right batch, head, query and key."""
    batch, heads, n, m, d_k = draw.primes(5)
    by_head = ((heads, n, m), (1, heads, 1, m), (batch, heads, n, m))
    with_heads = ((n, m), (m,), (batch, 1, 1, m), (batch, 1, n, m), *by_head)
    without = ((n, m), (batch, 1, m), (batch, n, m))
    for leading, shapes in (((batch, heads), with_heads), ((batch,), without)):
        query, key, value = (draw.normal(*leading, length, d_k) for length in (n, m, m))
        for shape in shapes:
            mask = draw.mask(*shape)
            _, weights = attended(answer, query, key, value, mask)
            expect.tensor(weights, f"With a mask of shape {shape}, the weights", (*leading, n, m))
            seen, allowed = weights != 0, mask.expand(*leading, n, m)
            # a mask read the wrong way round is another check's business
            if not (torch.equal(seen, allowed) or torch.equal(seen, ~allowed)):
                expect.fail(f"A mask of shape {shape} hides the wrong keys.")


@check("scaled_dot_product_attention")
def nothing_to_see_gives_zeros(answer: Answer, draw: Draw) -> None:
    """A query that may attend to nothing gets weights and output 0, and no nan reaches the gradient."""
    n, m, d = draw.primes(3)
    inputs = [draw.normal(length, d, grad=True) for length in (n, m, m)]
    mask = draw.mask(n, m)
    mask[1] = False
    output, weights = attended(answer, *inputs, mask)
    expect.untouched(answer)
    expect.finite(weights, "The weights of a query that may attend to nothing")
    if (weights[1] != 0).any():
        expect.fail(
            f"A query that may attend to nothing should get weights 0; its first weight is {weights[1, 0].item():.3g}."
        )
    if (output[1] != 0).any():
        expect.fail("A query that may attend to nothing should get output 0.")
    names = dict(zip(("query", "key", "value"), inputs, strict=True))
    for name, gradient in zip(names, expect.gradients(output.sum(), **names), strict=True):
        expect.finite(gradient, f"The gradient of the {name}")


@check("scaled_dot_product_attention")
def half_precision_works(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, and masking works in float16 and bfloat16 too, with large scores as well."""
    n, m, d = 3, 5, 7
    mask = draw.mask(n, m)
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        inputs = [draw.normal(length, d).to(dtype) for length in (n, m, m)]
        output, weights = attended(answer, *inputs, mask)
        expect.tensor(weights, "The weights", (n, m), dtype)
        expect.tensor(output, "The output", (n, d), dtype)
        _, exact = attended(answer, *(t.double() for t in inputs), mask)
        expect.close(weights, exact, f"In {dtype} your weights differ from those in float64.", tolerance=5e-2)
        _, weights = attended(answer, *(30 * t for t in inputs), mask)
        expect.finite(weights, f"In {dtype}, with large scores, the weights")


@check("scaled_dot_product_attention")
def gradient_reaches_all_three(answer: Answer, draw: Draw) -> None:
    """Gradients flow back to query, key and value as calculus says, and none of the inputs is changed."""
    n, m, d = 2, 3, 5
    inputs = [draw.normal(length, d, grad=True) for length in (n, m, m)]
    output, _ = attended(answer, *inputs, draw.mask(n, m))
    expect.tensor(output, "The output", (n, d))
    names = dict(zip(("query", "key", "value"), inputs, strict=True))
    expect.gradients((output * draw.normal(n, d)).sum(), **names)
    if not torch.autograd.gradcheck(
        lambda *t: attended(answer, *t)[0], inputs, raise_exception=False, fast_mode=True
    ):
        expect.fail(
            "Your output and its gradient do not fit together: something on the way is detached or rounded."
        )
    expect.untouched(answer)


# ── attention_flops ──────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("attention_flops")


def counted(answer: Answer, n: int, d_model: int) -> tuple[int, int]:
    projections, pairs = expect.several(answer(n, d_model), ("projections", "pairs"))
    return expect.whole_number(projections, "projections"), expect.whole_number(pairs, "pairs")


@check("attention_flops")
def four_projections(answer: Answer, draw: Draw) -> None:
    """Four d_model × d_model matrices are applied to n positions, two operations for each entry."""
    for n, d in (draw.primes(2), draw.primes(2), (1024, 768), (1_000_003, 100_003)):
        projections, _ = counted(answer, n, d)
        # One row of X times one matrix: d dot products of d multiplications and d additions.
        wanted = sum(2 * d * d * n for _matrix in ("W^Q", "W^K", "W^V", "W^O"))
        if projections != wanted:
            expect.fail(
                f"For n={n}, d_model={d} the projections take {wanted:,} operations; you count {projections:,}."
            )


@check("attention_flops")
def both_pair_products(answer: Answer, draw: Draw) -> None:
    """Q Kᵀ and weights × V each take two operations for each query, key and component."""
    for n, d in (draw.primes(2), draw.primes(2), (1024, 768), (1_000_003, 100_003)):
        _, pairs = counted(answer, n, d)
        wanted = sum(2 * n * n * d for _product in ("Q K^T", "weights V"))
        if pairs != wanted:
            expect.fail(f"For n={n}, d_model={d} the pairs take {wanted:,} operations; you count {pairs:,}.")


@check("attention_flops")
def doubling_the_length(answer: Answer, draw: Draw) -> None:
    """Twice the length costs twice the projections and four times the pairs."""
    n, d = draw.primes(2)
    (short_projections, short_pairs), (long_projections, long_pairs) = (
        counted(answer, n, d),
        counted(answer, 2 * n, d),
    )
    if long_projections != 2 * short_projections:
        expect.fail(
            f"From n={n} to n={2 * n} your projections grow {long_projections / max(short_projections, 1):.3g}-fold."
        )
    if long_pairs != 4 * short_pairs or not short_pairs:
        expect.fail(f"From n={n} to n={2 * n} your pairs grow {long_pairs / max(short_pairs, 1):.3g}-fold.")


# ── repair_attention ─────────────────────────────────────────────────────────────────────────────

NAMES = ("w_q", "w_k", "w_v", "w_o")


def linear_layer(module: Any, name: str) -> Any:
    what = f"Your class should have a layer `{name}`, an nn.Linear"
    return expect.attribute(module, name, what, torch.nn.Linear)


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its weights: values are compared, whatever the style."""

    def attend(n_heads: int, weights: dict[str, Tensor], x: Tensor, mask: Tensor | None = None) -> Any:
        module = cls(x.shape[-1], n_heads)
        for name in NAMES:
            layer = linear_layer(module, name)
            weight = expect.tensor(layer.weight, f"The weight of `{name}`", tuple(weights[name].shape))
            weight.data = weights[name].detach().clone()
        inputs = (x,) if mask is None else (x, mask)
        return expect.repeatable(module.to(x.dtype), *inputs)

    return attend


EXERCISES.exercise("repair_attention", target="SelfAttention", adapt=as_function)


def eye_weights(d_model: int, **weights: Tensor) -> dict[str, Tensor]:
    """Identity matrices, but for those given."""
    return {name: weights.get(name, torch.eye(d_model, dtype=torch.float64)) for name in NAMES}


def paper_heads(n_heads: int, d_k: float, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """Heads as the paper writes them, one after the other, with the scores divided by √d_k."""
    heads = []
    for part in torch.arange(x.shape[-1]).chunk(n_heads):
        query, key, value = (x @ weights[name][part].T for name in ("w_q", "w_k", "w_v"))
        heads.append(torch.softmax(query @ key.T / math.sqrt(d_k), -1) @ value)
    return torch.cat(heads, -1)


@check("repair_attention")
def every_head_has_its_own_projection(answer: Answer, draw: Draw) -> None:
    """Each of w_q, w_k, w_v, w_o is one d_model × d_model layer without bias, so every head sees the whole of x."""
    n_heads, d_head = draw.primes(2)
    d_model = n_heads * d_head
    module = answer.original(d_model, n_heads)
    for name in NAMES:
        layer = linear_layer(module, name)
        shape = tuple(layer.weight.shape)
        if shape == (d_head, d_head):
            expect.fail(
                f"`{name}` is {shape}: one small matrix shared by all heads. It should be {(d_model, d_model)}."
            )
        expect.tensor(layer.weight, f"The weight of `{name}`", (d_model, d_model))
        if layer.bias is not None:
            expect.fail(f"`{name}` has a bias; this class is specified without.")
    n = 3
    weights = eye_weights(d_model, w_v=draw.normal(d_model, d_model))
    x = draw.normal(n, d_model, grad=True)
    output = expect.tensor(answer(n_heads, weights, x), "The output", (n, d_model))
    (gradient,) = expect.gradients(output[:, 0].sum(), x=x)
    if (gradient == 0).all(0).any():
        expect.fail(
            "The first head's output ignores some components of x: project first, split into heads after."
        )


@check("repair_attention")
def uneven_split_is_refused(answer: Answer, draw: Draw) -> None:
    """A d_model that does not split evenly into n_heads raises a ValueError that names both numbers."""
    expect.error(lambda: answer.original(10, 3), ValueError, "SelfAttention(10, 3)", "10", "3")
    answer.original(9, 3)


@check("repair_attention")
def divisor_is_that_of_one_head(answer: Answer, draw: Draw) -> None:
    """The scores of each head are divided by √d_k, with d_k = d_model / n_heads."""
    n_heads, d_head = 3, draw.primes(1, above=3)[0]
    d_model, n = n_heads * d_head, 5
    weights = eye_weights(
        d_model, w_q=draw.normal(d_model, d_model), w_k=draw.normal(d_model, d_model) / d_head
    )
    x = draw.normal(n, d_model)
    output = expect.tensor(answer(n_heads, weights, x), "The output", (n, d_model))
    if torch.allclose(output, paper_heads(n_heads, d_model, weights, x), atol=1e-6):
        expect.fail(f"You divide by √{d_model}, the width of x; one query is only {d_head} wide.")
    expect.close(
        output,
        paper_heads(n_heads, d_head, weights, x),
        "The output is not that of attention with scores q·k / √d_k.",
    )


@check("repair_attention")
def heads_stay_in_order(answer: Answer, draw: Draw) -> None:
    """With equal scores every position gets the mean of the values, component by component in its place."""
    n_heads, d_head = draw.primes(2)
    batch, n, d_model = 2, 3, n_heads * d_head
    weights = equal_scores(d_model, w_v=draw.normal(d_model, d_model))
    for x in (draw.normal(n, d_model), draw.normal(batch, n, d_model)):
        output = expect.tensor(
            answer(n_heads, weights, x), f"For x of shape {tuple(x.shape)}, the output", tuple(x.shape)
        )
        wanted = (x @ weights["w_v"].T).mean(-2, keepdim=True).expand_as(x)
        expect.close(
            output,
            wanted,
            "The components are not the means of the values in their order: split, attend and join in order.",
        )


@check("repair_attention")
def keys_compete_for_each_query(answer: Answer, draw: Draw) -> None:
    """For each query the weights over the keys sum to 1: if all values are equal, the output is that value."""
    n_heads, d_head = draw.primes(2)
    d_model, n = n_heads * d_head, 5
    weights = eye_weights(d_model, w_q=draw.normal(d_model, d_model), w_k=draw.normal(d_model, d_model))
    # One component of x is the same at all positions, and only that one reaches the values.
    x = draw.normal(n, d_model)
    x[:, 0] = 1.0
    weights["w_v"] = torch.zeros(d_model, d_model, dtype=torch.float64)
    weights["w_v"][:, 0] = draw.normal(d_model)
    output = expect.tensor(answer(n_heads, weights, x), "The output", (n, d_model))
    expect.close(
        output,
        weights["w_v"][:, 0].expand(n, d_model),
        "The output is not that one value: the weights over the keys should sum to 1 for each query.",
    )


@check("repair_attention")
def masked_keys_do_not_count(answer: Answer, draw: Draw) -> None:
    """The mask hides keys from queries; no key at all gives 0; and all of this works in float16 too."""
    n_heads, d_head = draw.primes(2)
    batch, n, d_model = 2, 5, n_heads * d_head
    weights = equal_scores(d_model, w_v=draw.normal(d_model, d_model) / math.sqrt(d_model))
    x = draw.normal(batch, n, d_model)
    for shape in ((n, n), (batch, 1, n, n), (n_heads, n, n), (batch, n_heads, n, n)):
        mask = draw.mask(*shape)
        output = expect.tensor(
            answer(n_heads, weights, x, mask),
            f"With a mask of shape {shape}, the output",
            (batch, n, d_model),
        )
        wanted = mean_of_allowed(x @ weights["w_v"].T, n_heads, mask)
        expect.close(
            output, wanted, f"With a mask of shape {shape} the output is not that of the keys allowed."
        )
    mask = draw.mask(n, n)
    mask[2] = False
    for dtype in (torch.float64, torch.float16):
        output = expect.tensor(
            answer(n_heads, weights, x.to(dtype), mask), "The output", (batch, n, d_model), dtype
        )
        expect.finite(output, "The output for a query that may attend to nothing")
        if (output[:, 2] != 0).any():
            expect.fail(
                "A query that may attend to nothing should get 0; a large negative number spreads its weight evenly."
            )


@check("repair_attention")
def joined_heads_are_mixed(answer: Answer, draw: Draw) -> None:
    """The joined heads are multiplied by w_o at the end."""
    n_heads, d_head = draw.primes(2)
    d_model, n = n_heads * d_head, 3
    weights = equal_scores(d_model, w_o=draw.normal(d_model, d_model))
    x = draw.normal(n, d_model)
    output = expect.tensor(answer(n_heads, weights, x), "The output", (n, d_model))
    mean = x.mean(0).expand(n, d_model)
    if torch.allclose(output, mean):
        expect.fail("The heads are joined but not mixed: the last step is w_o.")
    expect.close(output, mean @ weights["w_o"].T, "The output is not the joined heads times w_o.")


def equal_scores(d_model: int, **weights: Tensor) -> dict[str, Tensor]:
    """Weights with which all queries are 0: every allowed key then has the same weight, whatever the divisor."""
    return eye_weights(d_model, w_q=torch.zeros(d_model, d_model, dtype=torch.float64), **weights)


def mean_of_allowed(value: Tensor, n_heads: int, mask: Tensor) -> Tensor:
    """For each sequence and head, the mean of the values that each query may see."""
    batch, n, _ = value.shape
    mean, mask = torch.zeros_like(value), mask.expand(batch, n_heads, n, n)
    for b, head, i in itertools.product(range(batch), range(n_heads), range(n)):
        of_head, of_values = (t[b].chunk(n_heads, -1)[head] for t in (mean, value))
        of_head[i] = of_values[mask[b, head, i]].mean(0)
    return mean
