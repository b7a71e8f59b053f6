"""Checks of lab 06, alignment.

The oracles are sums written out position by position from the papers, PyTorch's own softmax in float64, and
numbers that follow from a construction: equal scores share the attention equally, equal states are their own
mixture. The decoder is compared with a walk through the same parameters, one word at a time.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw, ExerciseSet

EXERCISES = ExerciseSet("06-alignment")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote


# ── what all scores have in common ───────────────────────────────────────────────────────────────


def scored(answer: Answer, query: Tensor, key: Tensor, *learned: Tensor) -> Tensor:
    """The student's scores, one for each pair."""
    wanted = (*query.shape[:-1], key.shape[-2])
    what = f"For query {tuple(query.shape)} and key {tuple(key.shape)}, the scores"
    return expect.tensor(answer(query, key, *learned), what, wanted)


def batches_are_kept(answer: Answer, query: Tensor, key: Tensor, *learned: Tensor) -> None:
    """``query`` and ``key`` have two leading dimensions; each sequence is scored as if it were alone."""
    alone = scored(answer, query[1, 2], key[1, 2], *learned)
    for n_leading, mine in ((1, (query[1], key[1])), (2, (query, key))):
        scores = scored(answer, *mine, *learned)
        one = scores[2] if n_leading == 1 else scores[1, 2]
        expect.close(
            one,
            alone,
            f"With {n_leading} leading dimensions a sequence gets other scores than it gets alone.",
        )


def calculus_holds(answer: Answer, inputs: dict[str, Tensor], wanted: Callable[..., Tensor]) -> None:
    """Gradients are those of the formula, the dtype is kept, and no input is changed."""
    formula = wanted(*inputs.values())
    result = expect.tensor(answer(*inputs.values()), "The result", tuple(formula.shape))
    factors = torch.linspace(-1, 2, result.numel(), dtype=result.dtype).reshape(result.shape)
    right = torch.autograd.grad((formula * factors).sum(), list(inputs.values()))
    found = expect.gradients((result * factors).sum(), **inputs)
    for name, gradient, should in zip(inputs, found, right, strict=True):
        expect.close(gradient, should, f"The gradient that reaches the {name} is not that of the formula.")
    for dtype in (torch.float32, torch.bfloat16):
        small = [value.detach().to(dtype) for value in inputs.values()]
        expect.tensor(answer(*small), f"For inputs of dtype {str(dtype).removeprefix('torch.')}, the result",
                      tuple(result.shape), dtype)  # fmt: skip
    expect.untouched(answer)


# ── additive_score ───────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("additive_score")


def by_small_network(query: Tensor, key: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor) -> Tensor:
    """Bahdanau et al. 2015, appendix A.1.2, pair by pair."""
    rows = [torch.stack([torch.tanh(q @ w_query + k @ w_key) @ v for k in key]) for q in query]
    return torch.stack(rows)


def additive_inputs(draw: Draw, grad: bool = False) -> dict[str, Tensor]:
    n, m, d_query, d_key, d_align = draw.primes(5)
    shapes = {"query": (n, d_query), "key": (m, d_key), "w_query": (d_query, d_align), "w_key": (d_key, d_align),
              "v": (d_align,)}  # fmt: skip
    return {name: draw.normal(*shape, grad=grad) for name, shape in shapes.items()}


@check("additive_score")
def each_pair_by_the_small_network(answer: Answer, draw: Draw) -> None:
    """The score of query i and key j is v · tanh(q_i W_query + k_j W_key)."""
    inputs = list(additive_inputs(draw).values())
    expect.close(
        scored(answer, *inputs), by_small_network(*inputs), "The scores are not those of the formula."
    )


@check("additive_score")
def tanh_bounds_the_scores(answer: Answer, draw: Draw) -> None:
    """tanh acts on the sum of the two projections, before v: no score is larger than the sum of v's sizes."""
    inputs = additive_inputs(draw)
    for scale in (100.0, 1.0):
        large = inputs | {"query": scale * inputs["query"], "key": scale * inputs["key"]}
        scores = scored(answer, *large.values())
        bound = inputs["v"].abs().sum()
        if (scores.abs() > bound + 1e-6).any():
            expect.fail(
                f"A score is {scores.abs().max():.3g}, but |v_1| + |v_2| + … is only {bound:.3g}: tanh lies between −1 and 1."
            )
        expect.close(
            scores,
            by_small_network(*large.values()),
            f"With states {scale:g} times as large, the scores are not v · tanh(…).",
        )


@check("additive_score")
def sizes_that_agree_by_accident(answer: Answer, draw: Draw) -> None:
    """With as many queries as keys, and equal widths, query i still meets key j in row i and column j."""
    n, d = draw.primes(2)
    query, key, w_query, w_key = draw.normal(n, d), draw.normal(n, d), draw.normal(d, d), draw.normal(d, d)
    v = draw.normal(d)
    scores, wanted = (
        scored(answer, query, key, w_query, w_key, v),
        by_small_network(query, key, w_query, w_key, v),
    )
    if torch.allclose(scores.double(), wanted.T):
        expect.fail("Rows and columns are swapped: rows belong to queries, columns to keys.")
    expect.close(scores, wanted, "Where sizes agree by accident, the scores are not those of the formula.")


@check("additive_score")
def additive_in_batches(answer: Answer, draw: Draw) -> None:
    """Leading dimensions, such as the batch, are kept: each sequence is scored as if it were alone."""
    n, m, d_query, d_key, d_align = draw.primes(5)
    learned = draw.normal(d_query, d_align), draw.normal(d_key, d_align), draw.normal(d_align)
    batches_are_kept(answer, draw.normal(2, 3, n, d_query), draw.normal(2, 3, m, d_key), *learned)


@check("additive_score")
def additive_gradients(answer: Answer, draw: Draw) -> None:
    """Gradients reach queries, keys and all that is learned; dtypes are kept and no input is changed."""
    calculus_holds(answer, additive_inputs(draw, grad=True), by_small_network)


# ── dot_score ────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("dot_score")


def by_products(query: Tensor, key: Tensor) -> Tensor:
    """Component times component, summed, pair by pair."""
    return torch.stack([torch.stack([(q * k).sum() for k in key]) for q in query])


@check("dot_score")
def each_pair_by_its_product(answer: Answer, draw: Draw) -> None:
    """The score of query i and key j is q_i · k_j, in row i and column j."""
    n, m, d = draw.primes(3)
    query, key = draw.normal(n, d), draw.normal(m, d)
    expect.close(scored(answer, query, key), by_products(query, key), "The scores are not q_i · k_j.")
    query, key = draw.normal(d, d), draw.normal(d, d)
    scores, wanted = scored(answer, query, key), by_products(query, key)
    if torch.allclose(scores.double(), wanted.T):
        expect.fail("With as many queries as keys, your rows belong to keys; rows belong to queries.")
    expect.close(scores, wanted, "Where all sizes agree, the wrong axes are multiplied.")


@check("dot_score")
def nothing_is_scaled(answer: Answer, draw: Draw) -> None:
    """Twice the query gives twice the score, and vectors of ones of width d give d: nothing is divided."""
    n, m, d = draw.primes(3)
    found = scored(answer, torch.ones(n, d).double(), torch.ones(m, d).double())
    if not torch.allclose(found.double(), torch.full((n, m), float(d)).double()):
        expect.fail(f"Vectors of {d} ones should score {d}; yours score {found.flatten()[0].item():.3g}.")
    query, key = draw.normal(n, d), draw.normal(m, d)
    twice = 2 * scored(answer, query, key)
    expect.close(scored(answer, 2 * query, key), twice, "Twice the query should give twice the score.")


@check("dot_score")
def products_in_batches(answer: Answer, draw: Draw) -> None:
    """Leading dimensions, such as the batch, are kept: each sequence is scored as if it were alone."""
    n, m, d = draw.primes(3)
    batches_are_kept(answer, draw.normal(2, 3, n, d), draw.normal(2, 3, m, d))


@check("dot_score")
def product_gradients(answer: Answer, draw: Draw) -> None:
    """Gradients reach queries and keys; dtypes are kept and no input is changed."""
    n, m, d = draw.primes(3)
    inputs = {"query": draw.normal(n, d, grad=True), "key": draw.normal(m, d, grad=True)}
    calculus_holds(answer, inputs, by_products)


# ── general_score ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("general_score")


def by_bilinear_form(query: Tensor, key: Tensor, w: Tensor) -> Tensor:
    """Σ_a Σ_b q_a W_ab k_b, pair by pair."""
    return torch.stack([torch.stack([(q[:, None] * w * k).sum() for k in key]) for q in query])


@check("general_score")
def each_pair_by_the_bilinear_form(answer: Answer, draw: Draw) -> None:
    """The score of query i and key j is q_i W k_jᵀ, for queries and keys of different width."""
    n, m, d_query, d_key = draw.primes(4)
    inputs = draw.normal(n, d_query), draw.normal(m, d_key), draw.normal(d_query, d_key)
    expect.close(scored(answer, *inputs), by_bilinear_form(*inputs), "The scores are not q_i W k_jᵀ.")


@check("general_score")
def rows_of_w_belong_to_the_query(answer: Answer, draw: Draw) -> None:
    """Where W is square, its rows still meet the query and its columns the key."""
    n, m, d = draw.primes(3)
    query, key, w = draw.normal(n, d), draw.normal(m, d), draw.normal(d, d)
    scores, wanted = scored(answer, query, key, w), by_bilinear_form(query, key, w)
    if torch.allclose(scores.double(), by_bilinear_form(query, key, w.T)):
        expect.fail("You use W transposed: its rows belong to the query, its columns to the key.")
    expect.close(scores, wanted, "With a square W the scores are not q_i W k_jᵀ.")


@check("general_score")
def identity_gives_the_product(answer: Answer, draw: Draw) -> None:
    """With the identity for W the score is the plain dot product, and with W = 0 it is 0."""
    n, m, d = draw.primes(3)
    query, key, eye = draw.normal(n, d), draw.normal(m, d), torch.eye(d, dtype=torch.float64)
    found = scored(answer, query, key, eye)
    expect.close(found, by_products(query, key), "With the identity for W the score should be q_i · k_j.")
    expect.close(
        scored(answer, query, key, 0 * eye), torch.zeros(n, m), "With W = 0 every score should be 0."
    )


@check("general_score")
def forms_in_batches(answer: Answer, draw: Draw) -> None:
    """Leading dimensions, such as the batch, are kept: each sequence is scored as if it were alone."""
    n, m, d_query, d_key = draw.primes(4)
    w = draw.normal(d_query, d_key)
    batches_are_kept(answer, draw.normal(2, 3, n, d_query), draw.normal(2, 3, m, d_key), w)


@check("general_score")
def form_gradients(answer: Answer, draw: Draw) -> None:
    """Gradients reach queries, keys and W; dtypes are kept and no input is changed."""
    n, m, d_query, d_key = draw.primes(4)
    shapes = {"query": (n, d_query), "key": (m, d_key), "w": (d_query, d_key)}
    inputs = {name: draw.normal(*shape, grad=True) for name, shape in shapes.items()}
    calculus_holds(answer, inputs, by_bilinear_form)


# ── alignment_weights ────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("alignment_weights")


def weighed(answer: Answer, scores: Tensor, mask: Tensor) -> Tensor:
    what = f"For scores {tuple(scores.shape)} and a mask {tuple(mask.shape)}, the weights"
    return expect.tensor(answer(scores, mask), what, tuple(scores.shape))


def among_the_real(scores: Tensor, mask: Tensor) -> Tensor:
    """Row by row, softmax over the real positions of that row's sequence, 0 elsewhere."""
    weights = torch.zeros_like(scores, dtype=torch.float64)
    for place in range(scores[..., 0].numel()):
        row, real = scores.reshape(-1, scores.shape[-1])[place], mask.reshape(-1, mask.shape[-1])
        here = real[place * len(real) // scores[..., 0].numel()]
        weights.view(-1, scores.shape[-1])[place, here] = torch.softmax(row[here].double(), -1)
    return weights


@check("alignment_weights", points=2)
def source_positions_compete(answer: Answer, draw: Draw) -> None:
    """For every output position the weights over the source are exp(e_ij), divided by their sum over the source."""
    n, m = draw.primes(2)
    for rows, columns in ((n, m), (m, n), (n, n)):
        scores = draw.normal(rows, columns)
        weights = weighed(answer, scores, torch.ones(columns, dtype=torch.bool))
        if (weights < 0).any():
            expect.fail("Some weights are negative.")
        sums = weights.double().sum(-1)
        if not torch.allclose(sums, torch.ones(rows).double(), atol=1e-5):
            over_outputs = torch.allclose(weights.double().sum(-2), torch.ones(columns).double(), atol=1e-5)
            expect.fail(
                "Your weights sum to 1 over the output positions; the source positions should compete."
                if over_outputs
                else f"The weights of the first output position sum to {sums[0].item():.6g}, not to 1."
            )
        expect.close(
            weights, torch.softmax(scores, -1), "The weights sum to 1 but are not those of the formula."
        )


@check("alignment_weights", points=2)
def padding_gets_nothing(answer: Answer, draw: Draw) -> None:
    """Padding gets weight exactly 0, however large its score, and what is real still sums to 1."""
    n, m = draw.primes(2)
    mask = draw.mask(m)
    for size in (0.0, 50.0, -50.0, 2000.0, 20000.0):
        scores = draw.normal(n, m)
        scores[:, ~mask] += size
        weights = weighed(answer, scores, mask)
        if (weights[:, ~mask] != 0).any():
            inverted = bool((weights[:, mask] == 0).all())
            expect.fail(
                "You keep the padding and hide the words: the mask is True where the source is real."
                if inverted
                else f"Padding has weight {weights[:, ~mask].abs().max().item():.3g}; it should be exactly 0."
            )
        sums = weights.double().sum(-1)
        expect.close(sums, torch.ones(n), "With padding, the weights of the real positions should sum to 1.")
        expect.close(
            weights, among_the_real(scores, mask), "The padding changes the weights of real positions."
        )


@check("alignment_weights")
def each_sentence_has_its_padding(answer: Answer, draw: Draw) -> None:
    """In a batch, the mask (batch, m) hides the padding of each sentence from all of its output positions."""
    batch, n, m = draw.primes(3)
    for leading, n_outputs in (((batch,), n), ((batch,), batch), ((2, batch), n)):
        scores, mask = draw.normal(*leading, n_outputs, m), draw.mask(*leading, m)
        weights = weighed(answer, scores, mask)
        message = f"With scores {tuple(scores.shape)} and a mask {tuple(mask.shape)}, the weights are not those over real words."
        expect.close(weights, among_the_real(scores, mask), message)


@check("alignment_weights")
def large_scores_do_not_overflow(answer: Answer, draw: Draw) -> None:
    """Scores of ±1000 and more give finite weights, in half precision too, and the dtype is kept."""
    mask = torch.tensor([True, True, True, False])
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        name = str(dtype).removeprefix("torch.")
        for size in (1000.0, -1000.0, 30000.0, -60000.0):
            scores = (draw.normal(3, 4) + size).to(dtype)
            weights = expect.tensor(answer(scores, mask), f"For {name} scores, the weights", (3, 4), dtype)
            expect.finite(weights, f"The weights of {name} scores near {size:g}")
            wanted = among_the_real(scores, mask)
            message = f"The weights of {name} scores near {size:g} are not those of the formula."
            rounding = {torch.float64: 1e-5, torch.float32: 1e-2}.get(dtype, 2e-2)
            expect.close(weights, wanted, message, tolerance=rounding)
    far_apart = draw.normal(3, 4) + torch.tensor([[0.0], [3000.0], [-3000.0]])
    message = "Beside a row of much larger scores, the weights of a row are not those of the formula."
    expect.close(weighed(answer, far_apart, mask), among_the_real(far_apart, mask), message)


@check("alignment_weights")
def nothing_real_gives_zeros(answer: Answer, draw: Draw) -> None:
    """Where a sentence is padding alone its weights are all 0, and no gradient is nan."""
    n, m = draw.primes(2)
    scores = draw.normal(2, n, m, grad=True)
    mask = torch.stack([torch.zeros(m, dtype=torch.bool), draw.mask(m)])
    weights = weighed(answer, scores, mask)
    expect.untouched(answer)
    expect.finite(weights, "The weights of a sentence that is padding alone")
    if (weights[0] != 0).any():
        found = weights[0].flatten()[0].item()
        expect.fail(
            f"A sentence that is padding alone should get weights 0; its first weight is {found:.3g}."
        )
    (gradient,) = expect.gradients((weights * draw.normal(2, n, m)).sum(), scores=scores)
    expect.finite(gradient, "The gradient with respect to the scores")


@check("alignment_weights")
def weights_can_be_learned(answer: Answer, draw: Draw) -> None:
    """The gradient that reaches the scores is that of the formula, and no input is changed."""
    n, m = draw.primes(2)
    scores, mask, factors = draw.normal(n, m, grad=True), draw.mask(m), draw.normal(n, m)
    filled = scores.masked_fill(~mask, -math.inf)
    (wanted,) = torch.autograd.grad((torch.softmax(filled, -1) * factors).sum(), scores)
    weights = weighed(answer, scores, mask)
    expect.untouched(answer)
    (gradient,) = expect.gradients((weights * factors).sum(), scores=scores)
    expect.close(gradient, wanted, "The gradient that reaches the scores is not that of the formula.")


# ── context_vector ───────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("context_vector")


def mixed(answer: Answer, weights: Tensor, states: Tensor) -> Tensor:
    wanted = (*weights.shape[:-1], states.shape[-1])
    what = f"For weights {tuple(weights.shape)} and states {tuple(states.shape)}, the contexts"
    return expect.tensor(answer(weights, states), what, wanted)


def by_shares(weights: Tensor, states: Tensor) -> Tensor:
    """Each state times its weight, summed, output by output."""
    return torch.stack(
        [sum(share * state for share, state in zip(row, states, strict=True)) for row in weights]
    )


@check("context_vector", points=2)
def states_mixed_by_their_weights(answer: Answer, draw: Draw) -> None:
    """The context of output i is the sum of the states, each times its weight α_ij."""
    n, m, d = draw.primes(3)
    for rows, columns in ((n, m), (m, m)):
        weights, states = draw.normal(rows, columns).softmax(-1), draw.normal(columns, d)
        found = mixed(answer, weights, states)
        if torch.allclose(found.double(), states[weights.argmax(-1)]):
            expect.fail(
                "You hand over the state with the largest weight alone; every state enters with its weight."
            )
        expect.close(
            found, by_shares(weights, states), "The contexts are not the states, mixed by the weights."
        )


@check("context_vector")
def weights_are_taken_as_they_are(answer: Answer, draw: Draw) -> None:
    """A weight of 1 hands over that state unchanged, weights of 0 give 0, and nothing is normalised again."""
    m, d = draw.primes(2)
    states = draw.normal(m, d)
    found = mixed(answer, torch.eye(m, dtype=torch.float64), states)
    expect.close(found, states, "With weight 1 on one state, the context should be that state.")
    nothing = mixed(answer, torch.zeros(3, m, dtype=torch.float64), states)
    expect.close(nothing, torch.zeros(3, d), "With all weights 0 the context should be 0.")
    half = torch.full((2, m), 0.25, dtype=torch.float64)
    expect.close(
        mixed(answer, half, states), by_shares(half, states), "The weights are normalised once more."
    )


@check("context_vector")
def contexts_in_batches(answer: Answer, draw: Draw) -> None:
    """Leading dimensions, such as the batch, are kept: each sentence mixes its own states."""
    n, m, d = draw.primes(3)
    weights, states = draw.normal(2, 3, n, m).softmax(-1), draw.normal(2, 3, m, d)
    for mine, there in (((weights[1], states[1]), 2), ((weights, states), (1, 2))):
        found = mixed(answer, *mine)[there]
        message = (
            f"With weights {tuple(mine[0].shape)} the contexts of a sentence are not those of the formula."
        )
        expect.close(found, by_shares(weights[1, 2], states[1, 2]), message)
    one = mixed(answer, weights[1:, 2:, :1], states[1:, 2:])
    expect.close(
        one[0, 0], by_shares(weights[1, 2, :1], states[1, 2]), "One output alone gets another context."
    )


@check("context_vector")
def context_gradients(answer: Answer, draw: Draw) -> None:
    """Gradients reach weights and states; dtypes are kept and no input is changed."""
    n, m, d = draw.primes(3)
    inputs = {"weights": draw.normal(n, m, grad=True), "states": draw.normal(m, d, grad=True)}
    calculus_holds(answer, inputs, by_shares)


# ── AttentionDecoder ─────────────────────────────────────────────────────────────────────────────


def shapes_of(vocab_size: int, d_model: int) -> dict[str, tuple[int, ...]]:
    """Every parameter that the class should have."""
    gates = 3 * d_model
    return {
        "embedding.weight": (vocab_size, d_model),
        "rnn.weight_ih_l0": (gates, d_model), "rnn.weight_hh_l0": (gates, d_model),
        "rnn.bias_ih_l0": (gates,), "rnn.bias_hh_l0": (gates,),
        "w_query": (d_model, d_model), "w_key": (d_model, d_model), "v": (d_model,),
        "combine.weight": (d_model, 2 * d_model), "combine.bias": (d_model,),
        "head.weight": (vocab_size, d_model), "head.bias": (vocab_size,),
    }  # fmt: skip


LAYERS = {"embedding": nn.Embedding, "rnn": nn.GRU, "combine": nn.Linear, "head": nn.Linear}


def built(cls: Any, vocab_size: int, d_model: int) -> Any:
    """An object of the student's class, once it has the layers and parameters asked for."""
    module = cls(vocab_size, d_model)
    for name, kind in LAYERS.items():
        what = f"Your class should have a layer `{name}`, an nn.{kind.__name__}"
        expect.attribute(module, name, what, kind)
    for path, shape in shapes_of(vocab_size, d_model).items():
        owner, _, name = path.rpartition(".")
        what = f"`{path}` of AttentionDecoder({vocab_size}, {d_model})"
        found = expect.attribute(
            getattr(module, owner) if owner else module, name, f"{what} should be a tensor", Tensor
        )
        expect.tensor(found, what, shape)
    return module


LEARNED = ("w_query", "w_key", "v")


def magnitudes(module: Any) -> Tensor:
    """For each of the three parameters of the score its size and spread times √d_model, as powers of 2.

    Rounded, so that the same mistake gives the same numbers in whatever order a class draws its own.
    """
    for name in LEARNED:
        what = f"`{name}` should be an nn.Parameter, or no optimizer finds it"
        expect.attribute(module, name, what, nn.Parameter)
    values = [getattr(module, name).detach().double() for name in LEARNED]
    found = torch.stack([torch.stack([v.square().mean().sqrt(), v.std(correction=0)]) for v in values])
    return (found * math.sqrt(len(module.v))).log2().round()


def place(owner: Any, name: str, value: Tensor) -> None:
    """Give a parameter its numbers; a plain tensor, which is no parameter yet, is replaced."""
    if isinstance(found := getattr(owner, name), nn.Parameter):
        found.data = value
    else:
        setattr(owner, name, value)


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its parameters: values are compared, whatever the style."""

    def call(method: str, values: dict[str, Tensor], *inputs: Tensor) -> Any:
        module = built(cls, *values["embedding.weight"].shape)
        if method == "magnitudes":
            return magnitudes(module)
        ids, *state = inputs
        for path, value in values.items():
            owner, _, name = path.rpartition(".")
            place(getattr(module, owner) if owner else module, name, value.detach().clone())
        return expect.repeatable(getattr(module.double(), method), ids, tuple(state))

    return call


EXERCISES.exercise("AttentionDecoder", adapt=as_function)


def drawn(draw: Draw, vocab_size: int, d_model: int) -> dict[str, Tensor]:
    """A number for every parameter, large enough that each of them matters."""
    return {name: 0.7 * draw.normal(*shape) for name, shape in shapes_of(vocab_size, d_model).items()}


def by_steps(
    values: dict[str, Tensor], ids: Tensor, hidden: Tensor, states: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """One sentence without padding, one word at a time: logits, alignment and the last state."""
    d_model = values["embedding.weight"].shape[1]
    rnn = nn.GRUCell(d_model, d_model).double()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(rnn, name).data = values[f"rnn.{name}_l0"]
    logits, alignment = [], []
    for token in ids:
        hidden = rnn(values["embedding.weight"][token], hidden)
        pairs = torch.tanh(hidden @ values["w_query"] + states @ values["w_key"])
        alignment.append(torch.softmax(pairs @ values["v"], -1))
        seen = torch.cat([hidden, alignment[-1] @ states])
        combined = torch.tanh(values["combine.weight"] @ seen + values["combine.bias"])
        logits.append(values["head.weight"] @ combined + values["head.bias"])
    return torch.stack(logits), torch.stack(alignment), hidden


def decoded(
    answer: Answer, values: dict[str, Tensor], ids: Tensor, state: tuple[Tensor, ...]
) -> tuple[Any, Any]:
    logits, after = expect.several(answer("forward", values, ids, *state), ("logits", "state"))
    expect.tensor(logits, "The logits", (*ids.shape, len(values["embedding.weight"])))
    return logits, expect.several(after, ("hidden", "states", "source_mask"))


def aligned(answer: Answer, values: dict[str, Tensor], ids: Tensor, state: tuple[Tensor, ...]) -> Tensor:
    return expect.tensor(
        answer("align", values, ids, *state), "The alignment", (*ids.shape, state[1].shape[1])
    )


Started = tuple[dict[str, Tensor], Tensor, tuple[Tensor, Tensor, Tensor]]


def started(draw: Draw) -> Started:
    """Parameters, ids, and a state of two sentences, the second with padding behind it."""
    n, m, vocab_size, d_model = draw.primes(4, above=3)
    ids = torch.tensor([[draw.integer(0, vocab_size - 1) for _ in range(n)] for _ in range(2)])
    mask = torch.arange(m) < torch.tensor([[m], [m - 2]])
    return drawn(draw, vocab_size, d_model), ids, (draw.normal(2, d_model), draw.normal(2, m, d_model), mask)


@check("AttentionDecoder")
def the_score_starts_small_and_random(answer: Answer, draw: Draw) -> None:
    """`w_query`, `w_key` and `v` are parameters and start from small random numbers, about 1/√d_model in size."""
    d_model = 64
    found = expect.tensor(answer("magnitudes", drawn(draw, 11, d_model)), "The sizes", (len(LEARNED), 2))
    for name, (size, spread) in zip(LEARNED, found.tolist(), strict=True):
        if not (math.isfinite(size) or size == -math.inf):
            expect.fail(f"`{name}` should start from finite numbers; was it filled at all?")
        if size < -6:
            expect.fail(f"`{name}` starts from zeros, or nearly; it should start from small random numbers.")
        if spread < -6:
            expect.fail(f"All entries of `{name}` start equal; they should be small random numbers.")
        if size > 1:
            expect.fail(
                f"With d_model = {d_model}, the entries of `{name}` have size {2**size / math.sqrt(d_model):.3g}; "
                f"about 1/√d_model = {1 / math.sqrt(d_model):.3g} was asked for."
            )


@check("AttentionDecoder")
def logits_step_by_step(answer: Answer, draw: Draw) -> None:
    """The state after each word asks, and head(tanh(combine([s_i ; c_i]))) are the logits for the next."""
    values, ids, (hidden, states, mask) = started(draw)
    logits, _ = decoded(answer, values, ids, (hidden, states, mask))
    wanted, _, _ = by_steps(values, ids[0], hidden[0], states[0])
    expect.close(logits[0], wanted, "The logits are not those of the formula, computed word by word.")


@check("AttentionDecoder")
def alignment_step_by_step(answer: Answer, draw: Draw) -> None:
    """Row i of the alignment holds the additive weights with which the state after `ids[i]` looks at the source."""
    values, ids, (hidden, states, mask) = started(draw)
    found = aligned(answer, values, ids, (hidden, states, mask))
    _, wanted, _ = by_steps(values, ids[0], hidden[0], states[0])
    if not torch.allclose(found[0].double().sum(-1), torch.ones(len(wanted)).double(), atol=1e-5):
        expect.fail("Each row of the alignment should sum to 1: it holds weights, not scores.")
    expect.close(found[0], wanted, "The alignment is not that of the formula, computed word by word.")


@check("AttentionDecoder")
def padding_of_the_source_is_not_seen(answer: Answer, draw: Draw) -> None:
    """A sentence with padding behind it is aligned and continued as it would be alone."""
    values, ids, (hidden, states, mask) = started(draw)
    real = int(mask[1].sum())
    wanted, weights, _ = by_steps(values, ids[1], hidden[1], states[1, :real])
    found = aligned(answer, values, ids, (hidden, states, mask))[1]
    if (found[:, real:] != 0).any():
        expect.fail("Padding of the source gets weight; it should get exactly 0.")
    expect.close(
        found[:, :real],
        weights,
        "With padding behind the source, its real words are not aligned as they would be alone.",
    )
    logits, _ = decoded(answer, values, ids, (hidden, states, mask))
    expect.close(
        logits[1],
        wanted,
        "With padding behind the source, the logits are not those of the formula without it.",
    )


@check("AttentionDecoder")
def reading_goes_on(answer: Answer, draw: Draw) -> None:
    """The state returned is (hidden, states, source_mask): reading in two pieces gives what reading at once gives."""
    values, ids, start = started(draw)
    logits, (hidden, states, mask) = decoded(answer, values, ids, start)
    _, _, last = by_steps(values, ids[0], start[0][0], start[1][0])
    hidden = expect.tensor(hidden, "The first part of the state", tuple(start[0].shape))
    expect.close(
        hidden[0], last, "The first part of the state should be the GRU's state after the last word."
    )
    for name, part, before in (("second", states, start[1]), ("third", mask, start[2])):
        expect.close(expect.tensor(part, f"The {name} part of the state", tuple(before.shape)), before,
                     f"The {name} part of the state should be what came in.")  # fmt: skip
    for rows in (2, 1):
        alone = tuple(part[:rows] for part in start)
        _, middle = decoded(answer, values, ids[:rows, :2], alone)
        expect.tensor(middle[0], f"For a batch of {rows}, the first part of the state", tuple(alone[0].shape))
        rest, _ = decoded(answer, values, ids[:rows, 2:], middle)
        expect.close(rest, logits[:rows, 2:], "Read in two pieces, the same ids get other logits.")


@check("AttentionDecoder")
def the_encoder_learns_too(answer: Answer, draw: Draw) -> None:
    """Gradients flow through queries, contexts and the state returned to the encoder's states and the first state."""
    values, ids, (hidden, states, _) = started(draw)
    hidden, states = hidden[:1].requires_grad_(), states[:1].requires_grad_()
    logits, after = decoded(answer, values, ids[:1], (hidden, states, torch.ones(states.shape[:2]).bool()))
    expect.untouched(answer)
    factors = draw.normal(*logits.shape)
    wanted, _, _ = by_steps(values, ids[0], hidden[0], states[0])
    right = torch.autograd.grad((wanted * factors[0]).sum(), [hidden, states])
    found = expect.gradients((logits * factors).sum(), hidden=hidden, states=states)
    for name, gradient, should in zip(("first state", "encoder's states"), found, right, strict=True):
        expect.close(gradient, should, f"The gradient that reaches the {name} is not that of the formula.")
    for name, part in zip(("first", "second"), after[:2], strict=True):
        if not expect.tensor(part, f"The {name} part of the state").requires_grad:
            expect.fail(
                f"The {name} part of the state returned is detached: what is read from it cannot train what came before."
            )
