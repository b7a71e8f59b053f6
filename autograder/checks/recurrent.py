"""Checks of lab 04, recurrent.

The oracle is PyTorch's own cell or layer in float64, the Jacobian that autograd finds, or a number that follows
from a construction: with every weight 0 a gate is its bias alone, so it can be held open or shut and what the
other parts do stands there bare.
"""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw, ExerciseSet

EXERCISES = ExerciseSet("04-recurrent")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
OPEN, SHUT = 40.0, -40.0  # gates so far on one side that the logistic function is 1 or 0


def weights(draw: Draw, d_input: int, d_hidden: int, parts: int = 1) -> tuple[Tensor, Tensor]:
    """W_x and W_h, small enough that nothing saturates."""
    w_x = draw.normal(d_input, parts * d_hidden) / math.sqrt(d_input)
    return w_x, draw.normal(d_hidden, parts * d_hidden) / math.sqrt(d_hidden)


def no_weights(d_input: int, d_hidden: int, parts: int) -> tuple[Tensor, Tensor]:
    """W_x and W_h of zeros: the biases decide alone."""
    zeros = torch.zeros(1, parts * d_hidden, dtype=torch.float64)
    return zeros.expand(d_input, -1).clone(), zeros.expand(d_hidden, -1).clone()


def gates(d_hidden: int, *values: float | Tensor) -> Tensor:
    """A bias that sets each part of width d_hidden to a value."""
    parts = [v if isinstance(v, Tensor) else torch.full((d_hidden,), v) for v in values]
    return torch.cat([part.double() for part in parts])


# ── rnn_step ─────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("rnn_step")


@check("rnn_step")
def input_memory_and_bias_count(answer: Answer, draw: Draw) -> None:
    """The new state is tanh(x W_x + h W_h + b): input, old state and bias all count, and tanh comes last."""
    zero = torch.zeros(3, dtype=torch.float64)
    for d_input, d_hidden in (draw.primes(2), (3, 3)):  # a transposed matrix fits where it is square
        zero = torch.zeros(d_hidden, dtype=torch.float64)
        x, h, b = draw.normal(d_input), draw.normal(d_hidden), draw.normal(d_hidden)
        w_x, w_h = weights(draw, d_input, d_hidden)
        for what, from_x, from_h, bias in (
            ("With h and b of zeros the state should be tanh(x W_x).", x, zero, zero),
            ("With x and b of zeros the state should be tanh(h W_h).", torch.zeros_like(x), h, zero),
            ("With x and h of zeros the state should be tanh(b).", torch.zeros_like(x), zero, b),
            ("The three parts are right alone and wrong together: add them up, then take tanh.", x, h, b),
        ):
            state = expect.tensor(answer(from_x, from_h, w_x, w_h, bias), "The new state", (d_hidden,))
            expect.close(state, torch.tanh(w_x.T @ from_x + w_h.T @ from_h + bias), what)


@check("rnn_step")
def a_batch_of_states(answer: Answer, draw: Draw) -> None:
    """Leading dimensions, such as the batch, are kept: each sequence is read as if it were alone."""
    d_input, d_hidden = draw.primes(2, above=3)
    w_x, w_h = weights(draw, d_input, d_hidden)
    bias = draw.normal(d_hidden)
    for leading in ((2,), (2, 3)):
        x, h = draw.normal(*leading, d_input), draw.normal(*leading, d_hidden)
        what = f"For x of shape {tuple(x.shape)}"
        state = expect.tensor(answer(x, h, w_x, w_h, bias), f"{what}, the new state", tuple(h.shape))
        for place in itertools.product(*map(range, leading)):
            single = expect.tensor(
                answer(x[place], h[place], w_x, w_h, bias), "For a single x, the new state", (d_hidden,)
            )
            expect.close(
                state[place],
                single,
                f"{what} your state of sequence {place} is not the one that you find for it alone.",
            )


@check("rnn_step")
def gradients_reach_everything(answer: Answer, draw: Draw) -> None:
    """Gradients flow to x, h, both matrices and the bias; the state has the dtype of x, and no input is changed."""
    d_input, d_hidden = draw.primes(2)
    parts = [(d_input,), (d_hidden,), (d_input, d_hidden), (d_hidden, d_hidden), (d_hidden,)]
    inputs = [draw.normal(*shape, grad=True) for shape in parts]
    state = expect.tensor(
        answer(*inputs), "For x of dtype float64, the new state", (d_hidden,), torch.float64
    )
    expect.gradients(state.sum(), **dict(zip(("x", "h", "w_x", "w_h", "b"), inputs, strict=True)))
    with torch.no_grad():
        answer(*inputs)
    expect.untouched(answer)


# ── rnn_unroll ───────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("rnn_unroll")


def fused_rnn(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    """The states that PyTorch's own layer finds."""
    rnn = nn.RNN(w_x.shape[0], w_x.shape[1], batch_first=True, dtype=torch.float64)
    for name, value in (("weight_ih", w_x.T), ("weight_hh", w_h.T), ("bias_ih", b), ("bias_hh", 0 * b)):
        getattr(rnn, f"{name}_l0").data = value.detach().clone()
    leading = x.shape[:-2]
    states, _ = rnn(x.flatten(0, -3) if leading else x[None], h.reshape(1, -1, h.shape[-1]))
    return states.view(*leading, *states.shape[-2:])


def unrolled(answer: Answer, draw: Draw, *leading: int, n: int) -> tuple[Tensor, list[Tensor]]:
    """A student's states for random input, of the right shape, and the input."""
    d_input, d_hidden = draw.primes(2, above=7)  # no width is a number of steps
    w_x, w_h = weights(draw, d_input, d_hidden)
    inputs = [
        draw.normal(*leading, n, d_input),
        draw.normal(*leading, d_hidden),
        w_x,
        w_h,
        draw.normal(d_hidden),
    ]
    inputs = [tensor.requires_grad_() for tensor in inputs]
    what = f"For x of shape {tuple(inputs[0].shape)}, the result"
    return expect.tensor(answer(*inputs), what, (*leading, n, d_hidden)), inputs


@check("rnn_unroll")
def one_state_for_each_input(answer: Answer, draw: Draw) -> None:
    """Row by row, the states are those after each input, read from first to last with the same weights."""
    states, inputs = unrolled(answer, draw, n=7)
    wanted = fused_rnn(*inputs)
    expect.close(states[0], wanted[0], "The first row should be the state after the first input.")
    expect.close(
        states[1], wanted[1], "The second state should come from the second input and the first state."
    )
    expect.close(states, wanted, "The first two states are right, a later one is not.")


@check("rnn_unroll")
def starts_from_the_state_given(answer: Answer, draw: Draw) -> None:
    """The first step starts from `h`, also when the sequence has one input; `h` itself is not in the result."""
    for n in (1, 2):
        states, inputs = unrolled(answer, draw, n=n)
        if torch.allclose(states[0].double(), inputs[1]):
            expect.fail(
                "The first row is h, the state before the first input; begin with the state after it."
            )
        expect.close(states, fused_rnn(*inputs), f"With {n} input(s) the states should start from h.")


@check("rnn_unroll")
def sequences_stay_apart(answer: Answer, draw: Draw) -> None:
    """Leading dimensions are kept: the sequences of a batch are read side by side, each from its own state."""
    for leading in ((2,), (2, 3)):
        states, inputs = unrolled(answer, draw, *leading, n=5)
        wanted = fused_rnn(*inputs)
        expect.close(
            states, wanted, f"With leading dimensions {leading} the states are not those of each sequence."
        )


@check("rnn_unroll")
def gradients_flow_back_through_all_steps(answer: Answer, draw: Draw) -> None:
    """Gradients flow from the last state back to the first input and `h`; states have the dtype of x; no input is changed."""
    states, inputs = unrolled(answer, draw, n=5)
    expect.tensor(states, "For x of dtype float64, the result", dtype=torch.float64)
    names = dict(zip(("x", "h", "w_x", "w_h", "b"), inputs, strict=True))
    found = expect.gradients(states[-1].sum(), **names)
    wanted = torch.autograd.grad(fused_rnn_by_hand(*inputs).sum(), inputs)
    for name, gradient, right in zip(names, found, wanted, strict=True):
        expect.close(
            gradient, right, f"The gradient that flows back from the last state to {name} is not right."
        )
    answer(*(value.detach() for value in inputs))
    expect.untouched(answer)


def fused_rnn_by_hand(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    """The last state, so that gradients reach every input."""
    for x_t in x:
        h = torch.tanh(w_x.T @ x_t + w_h.T @ h + b)
    return h


# ── gradient_decay_factor ────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("gradient_decay_factor")


def factor(answer: Answer, states: Tensor, w_h: Tensor) -> Tensor:
    result = answer(states, w_h)
    if isinstance(result, float | int) and not isinstance(result, bool):
        expect.fail(
            "Return a tensor with one number, without .item(): gradients may have to flow through it."
        )
    return expect.tensor(result, "The factor", ())


def silent(n: int, d: int) -> Tensor:
    """States of zeros, where the derivative of tanh is 1."""
    return torch.zeros(n, d, dtype=torch.float64)


@check("gradient_decay_factor")
def one_factor_for_each_step(answer: Answer, draw: Draw) -> None:
    """At states of 0 each of the n − 1 steps scales by W_h: with W_h = 0.5 the factor is 0.5 to the power n − 1."""
    w = draw.integer(3, 8) / 10
    for n in (2, 3, 7):
        found = factor(answer, silent(n, 1), torch.full((1, 1), w, dtype=torch.float64))
        wanted = torch.tensor(w ** (n - 1))
        expect.close(
            found,
            wanted,
            f"From state {n} back to state 1 it takes {n - 1} step(s); {w} ** {n - 1} is {wanted:.4g}.",
        )


@check("gradient_decay_factor")
def largest_singular_value(answer: Answer, draw: Draw) -> None:
    """The factor is the largest singular value of the whole product, the most that a vector can be stretched."""
    d = draw.primes(1)[0]
    w_h = draw.normal(d, d)
    for n in (2, 5):
        product = torch.linalg.matrix_power(w_h, n - 1)
        found = factor(answer, silent(n, d), w_h)
        if n == 2 and torch.allclose(found, w_h.norm()):
            expect.fail(
                "That is the Frobenius norm, the root of the sum of all squares; asked for is the spectral norm."
            )
        wanted = torch.linalg.svdvals(product)[0]
        expect.close(
            found,
            wanted,
            f"For {n} states of 0 it should be the largest singular value of W_h ** {n - 1}.",
            1e-4,
        )


@check("gradient_decay_factor")
def saturated_units_let_less_through(answer: Answer, draw: Draw) -> None:
    """Each step carries the slope 1 − h² of its own state; the product is the Jacobian that autograd finds."""
    d, n = draw.primes(1)[0], 4
    w_h, states = draw.normal(d, d) / math.sqrt(d), [draw.normal(d).tanh()]
    shifts = [draw.normal(d) for _ in range(n - 1)]

    def later(first: Tensor) -> Tensor:
        for shift in shifts:
            first = torch.tanh(first @ w_h + shift)
        return first

    for shift in shifts:
        states.append(torch.tanh(states[-1] @ w_h + shift))
    jacobian = torch.autograd.functional.jacobian(later, states[0])
    found = factor(answer, torch.stack(states), w_h)
    wanted = torch.linalg.svdvals(jacobian)[0]
    expect.close(found, wanted, "The factor is not the spectral norm of ∂h_n / ∂h_1.", 1e-4)
    expect.untouched(answer)


@check("gradient_decay_factor")
def which_states_count(answer: Answer, draw: Draw) -> None:
    """The slopes of h_2 … h_n count and that of h_1 does not; with one state there is no step, and the factor is 1."""
    w = torch.full((1, 1), draw.integer(3, 8) / 10, dtype=torch.float64)
    for n, saturated, wanted in ((1, None, 1.0), (3, 0, float(w**2)), (3, 2, 0.0), (3, 1, 0.0)):
        states = silent(n, 1)
        if saturated is not None:
            states[saturated] = 1.0
        what = "With a single state" if saturated is None else f"With h_{saturated + 1} = 1 and all others 0"
        expect.close(
            factor(answer, states, w), torch.tensor(wanted), f"{what} the factor should be {wanted:.3g}."
        )


# ── lstm_step ────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("lstm_step")


def lstm(answer: Answer, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """A student's hidden state and cell, both of the shape of the old ones."""
    h, c = expect.several(answer(*inputs), ("h", "c"))
    expect.untouched(answer)  # first: a cell changed in place would be reported as a wrong one
    shape, dtype = tuple(inputs[1].shape), inputs[1].dtype
    return expect.tensor(h, "The hidden state", shape, dtype), expect.tensor(c, "The cell", shape, dtype)


def held(answer: Answer, draw: Draw, *values: float | str) -> tuple[Tensor, ...]:
    """Results, old state, old cell and a random bias, with gates held by their bias; "free" is the random bias."""
    d_input, d_hidden = draw.primes(2)
    x, h, c, free = draw.normal(d_input), draw.normal(d_hidden), draw.normal(d_hidden), draw.normal(d_hidden)
    bias = gates(d_hidden, *(free if isinstance(v, str) else v for v in values))
    return (*lstm(answer, x, h, c, *no_weights(d_input, d_hidden, 4), bias), h, c, free)


@check("lstm_step")
def forget_gate_keeps_or_clears_the_cell(answer: Answer, draw: Draw) -> None:
    """With the forget gate open and the input gate shut the cell stays as it is; half open, it keeps that share."""
    _, kept, _, c, _ = held(answer, draw, SHUT, OPEN, 1.0, OPEN)
    expect.close(
        kept,
        c,
        "With the forget gate (second part) at 1 and the input gate (first) at 0 the cell should stay.",
    )
    _, share, _, c, free = held(answer, draw, SHUT, "free", 1.0, OPEN)
    _, both, _, whole, writes = held(answer, draw, "free", OPEN, 1.0, OPEN)
    expect.close(
        share, free.sigmoid() * c, "With the input gate shut the cell should be σ(f) times the old one."
    )
    wanted = whole + writes.sigmoid() * math.tanh(1.0)
    expect.close(both, wanted, "With forget gate 1 all of the cell should stay, whatever the input gate is.")


@check("lstm_step")
def input_gate_writes_the_candidate(answer: Answer, draw: Draw) -> None:
    """What is written is σ(i) times tanh(g), added to what was kept of the cell."""
    _, written, _, _, free = held(answer, draw, OPEN, SHUT, "free", OPEN)
    expect.close(
        written,
        free.tanh(),
        "With input gate 1 and forget gate 0 the cell should be tanh(g), of the third part.",
    )
    _, written, _, _, free = held(answer, draw, "free", SHUT, 1.0, OPEN)
    expect.close(
        written, free.sigmoid() * math.tanh(1.0), "With forget gate 0 the cell should be σ(i) tanh(g)."
    )
    _, added, _, c, free = held(answer, draw, OPEN, OPEN, "free", OPEN)
    expect.close(added, c + free.tanh(), "With both gates at 1 the candidate should be added to the cell.")


@check("lstm_step")
def output_gate_shows_the_new_cell(answer: Answer, draw: Draw) -> None:
    """The hidden state is σ(o) times tanh of the new cell, not of the old one."""
    hidden, _, _, _, free = held(answer, draw, OPEN, SHUT, "free", OPEN)
    expect.close(
        hidden,
        free.tanh().tanh(),
        "With the output gate at 1 the hidden state should be tanh of the new cell.",
    )
    hidden, _, _, c, free = held(answer, draw, SHUT, OPEN, 1.0, "free")
    expect.close(
        hidden, free.sigmoid() * c.tanh(), "The hidden state should be σ(o) tanh(c), with o the fourth part."
    )


@check("lstm_step", points=2)
def agrees_with_the_formula(answer: Answer, draw: Draw) -> None:
    """With random weights, for single vectors and for batches, (h, c) and their gradients are those of the formula."""
    b, m, d_input, d_hidden = draw.primes(4)
    w_x, w_h = weights(draw, d_input, d_hidden, 4)
    cell = nn.LSTMCell(d_input, d_hidden, dtype=torch.float64)
    bias = draw.normal(4 * d_hidden)
    load(cell, w_x, w_h, bias, 0 * bias)
    for leading in ((), (b,), (b, m)):
        x, h, c = (
            draw.normal(*leading, d_input),
            draw.normal(*leading, d_hidden),
            draw.normal(*leading, d_hidden),
        )
        found = lstm(answer, x, h, c, w_x, w_h, bias)
        wanted = cell(x.reshape(-1, d_input), (h.reshape(-1, d_hidden), c.reshape(-1, d_hidden)))
        for name, result, right in zip(("hidden state", "cell"), found, wanted, strict=True):
            expect.close(
                result, right.view(h.shape), f"For x of shape {tuple(x.shape)} the {name} is not right."
            )
    inputs = {"x": draw.normal(2, d_input), "h": draw.normal(2, d_hidden), "c": draw.normal(2, d_hidden)}
    inputs |= {"w_x": w_x, "w_h": w_h, "b": bias}
    x, h, c, *_ = (value.requires_grad_() for value in inputs.values())
    found = lstm(answer, *inputs.values())
    for name, result, right in zip(("hidden state", "cell"), found, cell(x, (h, c)), strict=True):
        require_gradients(result, right, cell, f"The {name}", inputs)


def require_gradients(
    result: Tensor, right: Tensor, cell: nn.RNNCellBase, what: str, inputs: dict[str, Tensor]
) -> None:
    """What reaches the inputs, the matrices and the biases, in this order, is what PyTorch's cell lets through."""
    if not result.requires_grad:
        expect.fail(f"{what} is cut off from all that it was made of: no gradient flows back.")
    factors = torch.linspace(-1, 2, right.numel(), dtype=right.dtype).view(right.shape)
    read = [value for name, value in inputs.items() if name in ("x", "h", "c")]
    wanted = torch.autograd.grad((right * factors).sum(), [*read, *cell.parameters()], retain_graph=True)
    found = expect.gradients((result * factors).sum(), **inputs)
    for name, gradient, should in zip(inputs, found, wanted, strict=False):
        transposed = name in ("w_x", "w_h")
        message = (
            f"{what} has the right value, but the gradient that reaches {name} is not that of the formula."
        )
        expect.close(gradient, should.T if transposed else should, message)


def load(cell: nn.RNNCellBase, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor) -> None:
    """Put weights that act from the right into PyTorch's cell, which stores them transposed."""
    for name, value in (("weight_ih", w_x.T), ("weight_hh", w_h.T), ("bias_ih", b_x), ("bias_hh", b_h)):
        getattr(cell, name).data = value.detach().clone()


# ── gru_step ─────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("gru_step")


def gru(answer: Answer, *inputs: Tensor) -> Tensor:
    return expect.tensor(answer(*inputs), "The new state", tuple(inputs[1].shape), inputs[1].dtype)


@check("gru_step")
def update_gate_keeps_or_replaces(answer: Answer, draw: Draw) -> None:
    """z = 1 keeps the old state, z = 0 takes the candidate, and in between they share."""
    d_input, d_hidden = draw.primes(2)
    x, h, free, n = draw.normal(d_input), draw.normal(d_hidden), draw.normal(d_hidden), draw.normal(d_hidden)
    zero = torch.zeros(3 * d_hidden, dtype=torch.float64)
    for z, what in (
        (torch.full_like(free, OPEN), "With the update gate (second part) at 1 the state should stay."),
        (
            torch.full_like(free, SHUT),
            "With the update gate at 0 the state should be the candidate, tanh of the third part.",
        ),
        (free, "In between the state should be z times the old one and 1 − z times the candidate."),
    ):
        state = gru(answer, x, h, *no_weights(d_input, d_hidden, 3), gates(d_hidden, OPEN, z, n), zero)
        expect.close(state, z.sigmoid() * h + (1 - z.sigmoid()) * n.tanh(), what)


@check("gru_step")
def reset_gate_hides_the_memory(answer: Answer, draw: Draw) -> None:
    """The reset gate multiplies what comes from the old state, its bias included, before it enters the candidate."""
    d_input, d_hidden = draw.primes(2)
    x, h, free, n = draw.normal(d_input), draw.normal(d_hidden), draw.normal(d_hidden), draw.normal(d_hidden)
    w_x, w_h = no_weights(d_input, d_hidden, 3)
    w_h[:, 2 * d_hidden :] = draw.normal(d_hidden, d_hidden) / math.sqrt(d_hidden)
    from_h = w_h[:, 2 * d_hidden :].T @ h
    shut, opened, none = torch.full_like(free, SHUT), torch.full_like(free, OPEN), torch.zeros_like(free)
    for r, bias, what in (
        (shut, none, "With the reset gate (first part) at 0 nothing of h enters the candidate."),
        (opened, none, "With the reset gate at 1 and b_h = 0 the candidate should be tanh(n_x + h W_h)."),
        (free, none, "The reset gate should multiply h W_h, after the matrix: tanh(n_x + r ⊙ n_h)."),
        (shut, free, "With the reset gate at 0 the third part of b_h does not enter the candidate either."),
        (free, free, "The candidate should be tanh(n_x + r ⊙ n_h), with n_h = h W_h + b_h."),
    ):
        b_x, b_h = gates(d_hidden, r, SHUT, n), gates(d_hidden, 0.0, 0.0, bias)
        state = gru(answer, x, h, w_x, w_h, b_x, b_h)
        expect.close(state, (n + r.sigmoid() * (from_h + bias)).tanh(), what)


@check("gru_step", points=2)
def agrees_with_the_gru_formula(answer: Answer, draw: Draw) -> None:
    """With random weights and both biases, for single vectors and for batches, state and gradients are those of the formula."""
    b, m, d_input, d_hidden = draw.primes(4)
    w_x, w_h = weights(draw, d_input, d_hidden, 3)
    cell = nn.GRUCell(d_input, d_hidden, dtype=torch.float64)
    b_x, b_h = draw.normal(3 * d_hidden), draw.normal(3 * d_hidden)
    load(cell, w_x, w_h, b_x, b_h)
    for leading in ((), (b,), (b, m)):
        x, h = draw.normal(*leading, d_input), draw.normal(*leading, d_hidden)
        state = gru(answer, x, h, w_x, w_h, b_x, b_h)
        wanted = cell(x.reshape(-1, d_input), h.reshape(-1, d_hidden)).view(h.shape)
        expect.close(state, wanted, f"For x of shape {tuple(x.shape)} the state is not that of the formula.")
    expect.untouched(answer)
    inputs = {"x": draw.normal(2, d_input), "h": draw.normal(2, d_hidden)}
    inputs |= {"w_x": w_x, "w_h": w_h, "b_x": b_x, "b_h": b_h}
    x, h, *_ = (value.requires_grad_() for value in inputs.values())
    require_gradients(gru(answer, *inputs.values()), cell(x, h), cell, "The state", inputs)


# ── BidirectionalRNN ─────────────────────────────────────────────────────────────────────────────

PARAMETERS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
READERS = ("forwards", "backwards")


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its weights: values are compared, whatever the style."""

    def read(readers: list[list[Tensor]], x: Tensor, mask: Tensor) -> Any:
        module = cls(x.shape[-1], readers[0][1].shape[-1]).double()
        for name, values in zip(READERS, readers, strict=True):
            layer = getattr(module, name, None)
            if layer is None:
                expect.fail(f"`{name}` is missing: use two GRUs, `self.forwards` and `self.backwards`.")
            if not isinstance(layer, nn.GRU):
                expect.fail(f"`{name}` should be an nn.GRU(d_input, d_hidden, batch_first=True).")
            for parameter, value in zip(PARAMETERS, values, strict=True):
                what = f"`{parameter}` of `{name}`"
                found = expect.attribute(layer, parameter, f"{what} should be a tensor", Tensor)
                expect.tensor(found, what, tuple(value.shape))
                found.data = value.detach().clone()
        return expect.repeatable(module, x, mask)

    return read


EXERCISES.exercise("BidirectionalRNN", adapt=as_function)


def two_readers(draw: Draw, d_input: int, d_hidden: int) -> list[list[Tensor]]:
    """Random weights of both GRUs."""
    shapes = [(3 * d_hidden, d_input), (3 * d_hidden, d_hidden), (3 * d_hidden,), (3 * d_hidden,)]
    return [[draw.normal(*shape) / math.sqrt(d_hidden) for shape in shapes] for _ in READERS]


def alone(weights: list[Tensor], x: Tensor, backwards: bool) -> Tensor:
    """The states of one GRU on one sequence without padding, at the positions where they belong."""
    layer = nn.GRU(x.shape[-1], weights[1].shape[-1], batch_first=True, dtype=torch.float64)
    for parameter, value in zip(PARAMETERS, weights, strict=True):
        getattr(layer, parameter).data = value.clone()
    states, _ = layer(x.flip(0)[None] if backwards else x[None])
    return states[0].flip(0) if backwards else states[0]


def both_ways(
    answer: Answer, draw: Draw, lengths: list[int], padding: float = 0.0, behind: int = 0
) -> tuple[Tensor, list[list[Tensor]], Tensor, int]:
    """A student's states of a padded batch, the weights, the batch and the width of one reader."""
    d_input, d_hidden = draw.primes(2)
    readers, n = two_readers(draw, d_input, d_hidden), max(lengths) + behind
    x = draw.normal(len(lengths), n, d_input)
    mask = torch.arange(n) < torch.tensor(lengths)[:, None]
    x = x.where(mask[..., None], torch.full_like(x, padding)).requires_grad_()
    states = expect.tensor(answer(readers, x, mask), "The result", (len(lengths), n, 2 * d_hidden))
    expect.untouched(answer)
    return states, readers, x, d_hidden


@check("BidirectionalRNN")
def the_first_half_reads_from_left_to_right(answer: Answer, draw: Draw) -> None:
    """The first d_hidden features are the states of `forwards`, which reads each sequence from its first position."""
    states, readers, x, width = both_ways(answer, draw, [5, 5, 5])
    for found, sequence in zip(states[..., :width], x, strict=True):
        expect.close(
            found, alone(readers[0], sequence, False), "The first half should be the states of `forwards`."
        )
    require_reading_gradient(states[:, -1, :width], alone(readers[0], x[0], False)[-1], x, "forwards")


@check("BidirectionalRNN", points=2)
def the_second_half_reads_from_right_to_left(answer: Answer, draw: Draw) -> None:
    """The last d_hidden features are those of `backwards`, which reads from the right; each state stands at its position."""
    states, readers, x, width = both_ways(answer, draw, [5, 5, 5])
    for found, sequence in zip(states[..., width:], x, strict=True):
        right = alone(readers[1], sequence, True)
        if torch.allclose(found, right.flip(0)):
            expect.fail(
                "The states of `backwards` stand in the order in which it read; turn them round again."
            )
        expect.close(
            found, right, "The second half should be the states of `backwards`, read from right to left."
        )
    require_reading_gradient(states[:, 0, width:], alone(readers[1], x[0], True)[0], x, "backwards")


def require_reading_gradient(states: Tensor, right: Tensor, x: Tensor, reader: str) -> None:
    """What flows from the last state that a reader has found into the first sequence is right."""
    (found,) = expect.gradients(states.sum(), x=x)
    (wanted,) = torch.autograd.grad(right.sum(), x)
    message = (
        f"The gradient that flows through `{reader}` back to x is not that of the GRU: is something detached?"
    )
    expect.close(found[0], wanted[0], message)


@check("BidirectionalRNN", points=2)
def padding_has_no_influence(answer: Answer, draw: Draw) -> None:
    """`backwards` starts at the last real position: what stands in the padding changes no state of a real position."""
    lengths = [2, 7, 4]
    for padding in (0.0, 9.0):
        states, readers, x, width = both_ways(answer, draw, lengths, padding)
        for found, sequence, n in zip(states, x, lengths, strict=True):
            for half, reader, backwards in ((found[:n, :width], 0, False), (found[:n, width:], 1, True)):
                wanted = alone(readers[reader], sequence[:n], backwards)
                what = f"A sequence of {n} real positions in a batch of length 7 should be read as if it were alone"
                expect.close(half, wanted, f"{what}; the states of `{READERS[reader]}` differ.")


@check("BidirectionalRNN")
def padded_positions_hold_zeros(answer: Answer, draw: Draw) -> None:
    """The states of padded positions are 0, and those of real ones are not."""
    lengths = [3, 5, 1]
    states, *_ = both_ways(answer, draw, lengths, padding=3.0, behind=2)
    for found, n in zip(states, lengths, strict=True):
        if (found[n:] != 0).any():
            expect.fail(f"The states behind the {n} real positions of a sequence should be 0.")
        if not (found[:n] != 0).all():
            expect.fail(f"Some states of the {n} real positions of a sequence are 0.")


@check("BidirectionalRNN")
def odd_padding_is_refused(answer: Answer, draw: Draw) -> None:
    """A sequence of padding alone, and padding before a real position, raise a ValueError."""
    d_input, d_hidden = draw.primes(2)
    readers, x = two_readers(draw, d_input, d_hidden), draw.normal(2, 3, d_input)
    answer(readers, x, torch.tensor([[1, 1, 0], [1, 1, 1]]).bool())  # a sensible mask raises nothing
    for row, what in (
        ([0, 0, 0], "A sequence that holds only padding"),
        ([0, 1, 1], "Padding at the beginning"),
    ):
        mask = torch.tensor([[1, 1, 0], row]).bool()
        expect.error(partial(answer, readers, x, mask), ValueError, what)
