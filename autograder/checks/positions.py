"""Checks of lab 09, positions.

The oracles go number by number through Python's own sines and cosines, as Vaswani et al. (section 3.5) and
Su et al. (section 3.2.2) write them. All sizes are distinct primes, or twice one where a width must be even.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.checking import Draw, ExerciseSet

EXERCISES = ExerciseSet("09-positions")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote

FAR = 50_021  # a position at which an angle in float32 has lost its digits


def omegas(width: int, base: float = 10000.0) -> list[float]:
    """The angular frequency of each pair."""
    return [base ** (-2 * i / width) for i in range(width // 2)]


def code(position: int, d_model: int) -> list[float]:
    """One row of the sinusoidal encoding."""
    return [turn(position * omega) for omega in omegas(d_model) for turn in (math.sin, math.cos)]


def codes(positions: range, d_model: int) -> Tensor:
    """A row for each position."""
    return torch.tensor([code(position, d_model) for position in positions], dtype=torch.float64)


def refused(call: Callable[[int], Any], what: str) -> None:
    """Widths that have no pairs raise a ValueError that names them."""
    for width in (11, 1):
        expect.error(lambda width=width: call(width), ValueError, f"{what} of width {width}", str(width))  # type: ignore[misc]


def digits_kept(found: Tensor, wanted: Tensor, what: str, tolerance: float = 1e-5) -> None:
    """Right to the last digits; what is wrong by more than lost digits is told in other words."""
    expect.finite(found, what)
    if (found.detach().double() - wanted.detach()).abs().max() > 0.01:
        expect.fail(f"{what} are not those of the formula.")
    expect.close(found, wanted, f"{what} have lost digits: compute in float64.", tolerance)


# ── frequencies ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("frequencies")


@check("frequencies")
def one_for_each_pair(answer: Answer, draw: Draw) -> None:
    """There is one frequency for each pair of features, in float64."""
    for half in (*draw.primes(2), 1):
        result = expect.tensor(answer(2 * half), f"For width={2 * half}, the result", (half,))
        expect.tensor(result, "The result", dtype=torch.float64)


@check("frequencies", points=2)
def exponent_of_the_paper(answer: Answer, draw: Draw) -> None:
    """ω_i is 10000^(−2i / width): the first is 1, and each later pair turns more slowly."""
    for half in draw.primes(2):
        found = expect.tensor(answer(2 * half), f"For width={2 * half}, the result", (half,))
        if not torch.allclose(found[:1].double(), torch.ones(1).double()):
            expect.fail(
                f"For width={2 * half} the first frequency should be 1, as 10000^0 is; yours is {found[0].item():.4g}."
            )
        wanted = torch.tensor(omegas(2 * half), dtype=torch.float64)
        if half > 1 and found[1] > found[0]:
            expect.fail(
                "Your frequencies rise from pair to pair; they should fall: the exponent is negative."
            )
        expect.close(found, wanted, f"For width={2 * half} the frequencies are not 10000^(−2i / width).")


@check("frequencies")
def late_digits_are_kept(answer: Answer, draw: Draw) -> None:
    """The frequencies are right to twelve digits, so that an angle at a late position is right, too."""
    half = draw.primes(1)[0]
    found = expect.tensor(answer(2 * half), f"For width={2 * half}, the result", (half,))
    wanted = torch.tensor(omegas(2 * half), dtype=torch.float64)
    digits_kept(
        found.double() / wanted, torch.ones(half), "The frequencies, as multiples of the right ones,", 1e-12
    )


@check("frequencies")
def base_is_used(answer: Answer, draw: Draw) -> None:
    """Another base gives other frequencies."""
    half = draw.primes(1)[0]
    for base in (8.0, 500_000.0):
        found = expect.tensor(answer(2 * half, base), "The result", (half,))
        wanted = torch.tensor(omegas(2 * half, base), dtype=torch.float64)
        expect.close(found, wanted, f"With base={base:g} the frequencies are not base^(−2i / width).")


@check("frequencies")
def odd_width_has_no_pairs(answer: Answer, draw: Draw) -> None:
    """A width that does not split into pairs raises a ValueError that names it."""
    refused(answer, "frequencies")
    for width in (0, -2):
        expect.error(partial(answer, width), ValueError, f"frequencies of width {width}", str(width))


# ── sinusoidal_encoding ──────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("sinusoidal_encoding")


def encoded(answer: Answer, n: int, d_model: int) -> Tensor:
    return expect.tensor(answer(n, d_model), f"For n={n} and d_model={d_model}, the result", (n, d_model))


@check("sinusoidal_encoding")
def a_row_for_each_position(answer: Answer, draw: Draw) -> None:
    """The result has shape (n, d_model) and torch's default dtype, float32."""
    n, half = draw.primes(2)
    for rows in (n, 1):
        expect.tensor(encoded(answer, rows, 2 * half), "The result", dtype=torch.float32)


@check("sinusoidal_encoding")
def positions_count_from_0(answer: Answer, draw: Draw) -> None:
    """The first row belongs to position 0: every sine is 0 and every cosine 1."""
    n, half = draw.primes(2)
    first = encoded(answer, n, 2 * half)[0]
    wanted = torch.tensor([0.0, 1.0]).repeat(half)
    if torch.allclose(first.double(), codes(range(1, 2), 2 * half)[0], atol=1e-5):
        expect.fail("Your first row is that of position 1; positions count from 0.")
    expect.close(first, wanted, "The first row should be 0, 1, 0, 1, …: sin 0 = 0 and cos 0 = 1.")


@check("sinusoidal_encoding", points=2)
def sines_and_cosines_take_turns(answer: Answer, draw: Draw) -> None:
    """Columns 2i and 2i + 1 hold the sine and the cosine of one angle, p / 10000^(2i / d_model)."""
    n, half = draw.primes(2)
    found, wanted = encoded(answer, n, 2 * half), codes(range(n), 2 * half)
    if torch.allclose(found.double(), torch.cat([wanted[:, ::2], wanted[:, 1::2]], -1), atol=1e-5):
        expect.fail("All sines stand before all cosines; they should take turns.")
    expect.close(
        found, wanted, "Some numbers are not sin(p / 10000^(2i / d_model)) and cos of the same angle in turn."
    )


@check("sinusoidal_encoding")
def late_positions_keep_their_digits(answer: Answer, draw: Draw) -> None:
    """The code of a late position is right to six digits, which takes angles in float64."""
    n, d_model = FAR + draw.integer(0, 9), 6
    found = encoded(answer, n, d_model)[-3:]
    wanted = codes(range(n - 3, n), d_model)
    digits_kept(found, wanted, f"The codes of the positions {n - 3:,} … {n - 1:,}")


@check("sinusoidal_encoding")
def odd_d_model_is_refused(answer: Answer, draw: Draw) -> None:
    """A d_model that does not split into pairs raises a ValueError that names it."""
    refused(lambda width: answer(3, width), "sinusoidal_encoding")


# ── relative_shift_matrix ────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("relative_shift_matrix")


def shift(answer: Answer, offset: int, d_model: int) -> Tensor:
    return expect.tensor(
        answer(offset, d_model), f"For offset={offset} and d_model={d_model}, the result", (d_model, d_model)
    )


def moves(answer: Answer, offset: int, starts: range, d_model: int) -> None:
    """Each code times M is the code ``offset`` positions later."""
    matrix = shift(answer, offset, d_model).double()
    here, there = (codes(range(p, p + len(starts)), d_model) for p in (starts[0], starts[0] + offset))
    if not torch.allclose(here @ matrix, there, atol=1e-5) and torch.allclose(
        there @ matrix, here, atol=1e-5
    ):
        expect.fail(f"With offset={offset} your matrix moves a code the other way, by {-offset} positions.")
    expect.close(
        here @ matrix,
        there,
        f"With offset={offset}, PE(p) @ M is not PE(p + offset) for the positions p = {starts[0]} … {starts[-1]}.",
    )


@check("relative_shift_matrix")
def square_and_of_the_default_dtype(answer: Answer, draw: Draw) -> None:
    """M has shape (d_model, d_model) and torch's default dtype, float32."""
    for half in (*draw.primes(2), 1):
        expect.tensor(shift(answer, 3, 2 * half), "The result", dtype=torch.float32)


@check("relative_shift_matrix", points=2)
def one_matrix_for_all_positions(answer: Answer, draw: Draw) -> None:
    """PE(p) @ M = PE(p + offset), for every position p, with the code as a row."""
    half, offset = draw.primes(2)
    for starts in (range(29), range(101, 130)):
        moves(answer, offset, starts, 2 * half)


@check("relative_shift_matrix")
def backwards_and_not_at_all(answer: Answer, draw: Draw) -> None:
    """A negative offset moves backwards, and the offset 0 gives the identity."""
    half, offset = draw.primes(2)
    still = shift(answer, 0, 2 * half)
    expect.close(still, torch.eye(2 * half), "With offset=0, M should be the identity: nothing moves.")
    for by in (offset, -offset):
        moves(answer, by, range(offset, offset + 29), 2 * half)


@check("relative_shift_matrix")
def pairs_turn_on_their_own(answer: Answer, draw: Draw) -> None:
    """M holds one 2 × 2 rotation for each pair of features, and zeros everywhere else."""
    half, offset = draw.primes(2)
    found = shift(answer, offset, 2 * half).double()
    inside = torch.kron(torch.eye(half), torch.ones(2, 2)).bool()
    if (found[~inside].abs() > 1e-6).any():
        expect.fail("Numbers outside the 2 × 2 blocks on the diagonal should be 0: pairs do not mix.")
    expect.close(
        found @ found.T, torch.eye(2 * half), "M should change no length: M times its transpose is not 1."
    )


@check("relative_shift_matrix")
def a_large_offset_keeps_its_digits(answer: Answer, draw: Draw) -> None:
    """An offset of some ten thousand moves a code as exactly as a small one."""
    for times in (1, 2, 3):  # at a single offset float32 may be right by chance
        offset = times * FAR + draw.integer(0, 9)
        moved = codes(range(5), 6) @ shift(answer, offset, 6).double()
        wanted = codes(range(offset, offset + 5), 6)
        digits_kept(moved, wanted, f"Codes moved by offset={offset}")


@check("relative_shift_matrix")
def odd_width_is_refused(answer: Answer, draw: Draw) -> None:
    """A d_model that does not split into pairs raises a ValueError that names it."""
    refused(lambda width: answer(3, width), "relative_shift_matrix")


# ── LearnedPositions ─────────────────────────────────────────────────────────────────────────────


def built(cls: Any, context_length: int, d_model: int) -> Any:
    """An object of the student's class, once it has the parameter asked for."""
    module = cls(context_length, d_model)
    table = getattr(module, "table", None)
    if not isinstance(table, Tensor):
        found = "no such attribute" if table is None else expect.describe(table)
        expect.fail(f"Your class should have a parameter `table`, an nn.Parameter; it has {found}.")
    expect.tensor(
        table, f"`table` of LearnedPositions({context_length}, {d_model})", (context_length, d_model)
    )
    if not table.requires_grad:
        expect.fail("`table` requires no gradient, so it would never learn; it should be an nn.Parameter.")
    return module


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its table: values are compared, whatever the style."""

    def add(table: Tensor, x: Tensor, *start: int) -> Any:
        module = built(cls, *table.shape)
        module.table.data = table.detach().clone()
        return module(x, *start)

    return add


EXERCISES.exercise("LearnedPositions", adapt=as_function)


@check("LearnedPositions")
def a_table_to_learn(answer: Answer, draw: Draw) -> None:
    """`table` is a parameter of shape (context_length, d_model), and there is nothing else to learn."""
    context_length, d_model = draw.primes(2)
    module = built(answer.original, context_length, d_model)
    numbers = sum(p.numel() for p in list(module.parameters()))
    if numbers != context_length * d_model:
        expect.fail(
            f"With context_length={context_length} and d_model={d_model} there are {context_length * d_model} "
            f"numbers to learn; you have {numbers}."
        )


@check("LearnedPositions")
def starts_small_and_random(answer: Answer, draw: Draw) -> None:
    """A fresh table holds small random numbers, with mean 0 and standard deviation 0.02."""
    table = built(answer.original, 211, 101).table.detach().double()
    expect.finite(table, "A fresh table")
    mean, deviation = table.mean().item(), table.std().item()
    if not 0.018 < deviation < 0.022:
        expect.fail(
            f"The numbers of a fresh table should have standard deviation 0.02; yours have {deviation:.2g}."
        )
    if abs(mean) > 0.002:
        expect.fail(f"The numbers of a fresh table should have mean 0; yours have mean {mean:.2g}.")


@check("LearnedPositions", points=2)
def each_position_gets_its_row(answer: Answer, draw: Draw) -> None:
    """Row p of the table is added at position p, for any leading dimensions."""
    n, d_model, batch = draw.primes(3)
    table = draw.normal(n + 4, d_model)
    for leading in ((), (batch,), (batch, 2)):
        x = draw.normal(*leading, n, d_model)
        found = expect.tensor(
            answer(table, x), f"For x of shape {tuple(x.shape)}, the result", tuple(x.shape)
        )
        if torch.allclose(found, table[:n].expand(x.shape), atol=1e-6):
            expect.fail("That is the table alone: it should be added to x.")
        expect.close(found, x + table[:n], "Position p of x should get row p of the table added.")


@check("LearnedPositions")
def start_counts_on(answer: Answer, draw: Draw) -> None:
    """With `start`, the first position of x is position `start` of the table."""
    n, d_model, start = draw.primes(3)
    table, x = draw.normal(n + start, d_model), draw.normal(2, n, d_model)
    for first in (start, 1):
        found = expect.tensor(answer(table, x, first), "The result", tuple(x.shape))
        expect.close(
            found, x + table[first : first + n], f"With start={first}, the rows {first} … {first + n - 1} should be added."
        )  # fmt: skip


@check("LearnedPositions")
def no_row_beyond_the_context(answer: Answer, draw: Draw) -> None:
    """A sequence may fill the context; one that does not fit, before or behind it, raises a ValueError with the three numbers."""
    table = draw.normal(23, 3)
    try:
        full = answer(table, draw.normal(23, 3))
    except ValueError:
        expect.fail("A sequence of 23 positions fills a context_length of 23; yours refuses it.")
    full = expect.tensor(full, "For a sequence of 23 positions, the result")
    expect.tensor(full, "The result", (23, 3))
    expect.tensor(answer(table, draw.normal(7, 3), 16), "For 7 positions from start=16, the result", (7, 3))
    for n, start in ((19, 17), (24, 0), (1, 29), (5, -2)):
        last = start + n - 1
        expect.error(
            lambda n=n, start=start: answer(table, draw.normal(n, 3), start),  # type: ignore[misc]
            ValueError, f"{n} positions from start={start} with context_length=23", str(start), str(last), "23",
        )  # fmt: skip


@check("LearnedPositions")
def x_and_table_learn(answer: Answer, draw: Draw) -> None:
    """Gradients flow back to x and to the rows in use, and x itself stays as it was."""
    n, d_model = draw.primes(2)
    answer(draw.normal(n + 4, d_model), draw.normal(n, d_model))
    expect.untouched(answer)
    x = draw.normal(2, n, d_model, grad=True)
    module = built(answer.original, n + 4, d_model)
    total = expect.tensor(module(x, 3), "The result", tuple(x.shape)).sum()
    reached = expect.gradients(total, x=x, table=module.table)
    rows = torch.zeros(n + 4, d_model)
    rows[3 : 3 + n] = 2  # two sequences
    expect.close(reached[0], torch.ones_like(x), "The gradient that reaches x should be 1 everywhere.")
    expect.close(reached[1], rows, "Only the rows in use should get a gradient, one for each sequence.")


# ── rotate_half ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("rotate_half")


@check("rotate_half", points=2)
def halves_change_places(answer: Answer, draw: Draw) -> None:
    """Features i and i + width/2 form a pair (a, b), which becomes (−b, a), for any leading dimensions."""
    n, half, batch = draw.primes(3)
    for leading in ((), (n,), (batch, n)):
        x = draw.normal(*leading, 2 * half)
        found = expect.tensor(answer(x), f"For x of shape {tuple(x.shape)}, the result", tuple(x.shape))
        a, b = x[..., :half], x[..., half:]
        neighbours = torch.stack([-x[..., 1::2], x[..., ::2]], -1).reshape(x.shape)
        if torch.allclose(found, torch.cat([b, -a], -1)):
            expect.fail("Your pairs turn the other way: (a, b) should become (−b, a), not (b, −a).")
        if torch.allclose(found, neighbours):
            expect.fail("You paired neighbours; feature i forms a pair with feature i + width/2.")
        expect.close(found, torch.cat([-b, a], -1), "A pair (a, b) should become (−b, a).")


@check("rotate_half")
def two_quarters_are_a_half_turn(answer: Answer, draw: Draw) -> None:
    """Turned twice, every vector points back: the result is −x."""
    x = draw.normal(3, 10)
    once = expect.tensor(answer(x), "The result", tuple(x.shape))
    twice = expect.tensor(answer(once), "Turned twice, the result", tuple(x.shape))
    expect.close(twice, -x, "Turned twice, x should become −x.")


@check("rotate_half")
def odd_width_is_refused_by_name(answer: Answer, draw: Draw) -> None:
    """A width that does not split into pairs raises a ValueError that names it."""
    refused(lambda width: answer(draw.normal(3, width)), "rotate_half")


@check("rotate_half")
def nothing_is_lost(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, gradients flow back to x, and x itself stays as it was."""
    x, factors = draw.normal(3, 10, grad=True), draw.normal(3, 10)
    found = expect.tensor(answer(x), "The result", tuple(x.shape), torch.float64)
    (gradient,) = expect.gradients((found * factors).sum(), x=x)
    wanted = torch.cat([factors[:, 5:], -factors[:, :5]], -1)
    expect.close(gradient, wanted, "The gradient that reaches x is not that of a quarter turn.")
    half = draw.normal(3, 10, dtype=torch.float16)
    expect.tensor(answer(half), "For x of dtype float16, the result", dtype=torch.float16)
    expect.untouched(answer)


# ── apply_rotary ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("apply_rotary")


def turned(x: Tensor, start: int = 0, base: float = 10000.0) -> Tensor:
    """Every pair (i, i + half) of every row as a complex number, times e^(i p ω)."""
    n, half = x.shape[-2], x.shape[-1] // 2
    pairs = torch.complex(x[..., :half].double(), x[..., half:].double())
    angles = [[(start + p) * omega for omega in omegas(2 * half, base)] for p in range(n)]
    result = pairs * torch.tensor([[complex(math.cos(a), math.sin(a)) for a in row] for row in angles])
    return torch.cat([result.real, result.imag], -1)


@check("apply_rotary", points=2)
def each_pair_turns_with_its_position(answer: Answer, draw: Draw) -> None:
    """At position p, pair i turns by the angle p ω_i; position 0 is not turned."""
    n, half = draw.primes(2)
    x = draw.normal(n, 2 * half)
    found = expect.tensor(answer(x), "The result", tuple(x.shape), x.dtype)
    if torch.allclose(found[:1], turned(x, start=1)[:1]):
        expect.fail("Your first row is turned as position 1; positions count from 0.")
    expect.close(found[:1], x[:1], "Position 0 should not be turned at all.")
    other = turned(torch.cat([x[:, :half], -x[:, half:]], -1))
    if torch.allclose(found, torch.cat([other[:, :half], -other[:, half:]], -1)):
        expect.fail("Your pairs turn the other way: (a, b) becomes (a cos − b sin, a sin + b cos).")
    expect.close(
        found,
        turned(x),
        "Pair i of position p is not turned by the angle p ω_i: (a cos − b sin, a sin + b cos).",
    )


@check("apply_rotary")
def axes_in_front_are_a_batch(answer: Answer, draw: Draw) -> None:
    """Positions stand on the axis before the last; any axes in front of it are carried along."""
    n, half, batch, n_heads = draw.primes(4)
    for leading in ((batch,), (batch, n_heads)):
        x = draw.normal(*leading, n, 2 * half)
        found = expect.tensor(answer(x), f"For x of shape {tuple(x.shape)}, the result", tuple(x.shape))
        expect.close(
            found, turned(x), f"With x of shape {tuple(x.shape)} the axis −2 should be that of positions."
        )


@check("apply_rotary")
def start_and_base_are_used(answer: Answer, draw: Draw) -> None:
    """With `start`, the first row is position `start`; another `base` gives other angles."""
    n, half, start = draw.primes(3)
    x = draw.normal(n, 2 * half)
    found = expect.tensor(answer(x, start), f"With start={start}, the result", tuple(x.shape))
    expect.close(
        found, turned(x, start), f"With start={start}, the first row should turn as position {start}."
    )
    found = expect.tensor(answer(x, base=8.0), "With base=8, the result", tuple(x.shape))
    expect.close(found, turned(x, base=8.0), "With base=8 the angles should be p · 8^(−2i / d_head).")


@check("apply_rotary")
def scores_depend_on_the_distance(answer: Answer, draw: Draw) -> None:
    """The score of a rotated query and key stays the same when both move on by as many positions."""
    half, distance, further = draw.primes(3)
    query, key = draw.normal(1, 2 * half), draw.normal(1, 2 * half)
    scores = [
        (
            expect.tensor(answer(query, p + distance), "The rotated query", tuple(query.shape))
            * expect.tensor(answer(key, p), "The rotated key", tuple(key.shape))
        ).sum()
        for p in (0, further)
    ]
    wanted = (turned(query, distance) * key).sum()
    expect.close(
        scores[0], wanted, f"The score of a key {distance} positions back is not that of the rotation."
    )
    expect.close(
        scores[1], scores[0], f"Moved on by {further} positions, the same query and key get another score."
    )


@check("apply_rotary")
def half_precision_at_late_positions(answer: Answer, draw: Draw) -> None:
    """Dtype in, dtype out; and in half precision, too, late positions turn by the right angle."""
    start = 30_011 + draw.integer(0, 9)
    for dtype, tolerance in ((torch.float32, 1e-4), (torch.float16, 2e-2), (torch.bfloat16, 5e-2)):
        x = draw.normal(5, 14, dtype=dtype)
        name = str(dtype).removeprefix("torch.")
        found = expect.tensor(answer(x, start), f"For x of dtype {name}, the result", tuple(x.shape), dtype)
        what = f"At positions from {start:,}, the results for x of dtype {name}"
        if dtype is torch.float32:
            digits_kept(found, turned(x, start), what, tolerance)
        expect.close(
            found,
            turned(x, start),
            f"{what} are those of other angles: compute angles in float64.",
            tolerance,
        )


@check("apply_rotary")
def width_must_split_into_pairs(answer: Answer, draw: Draw) -> None:
    """A width that does not split into pairs raises a ValueError that names it."""
    refused(lambda width: answer(draw.normal(3, width)), "apply_rotary")


@check("apply_rotary")
def gradients_turn_back(answer: Answer, draw: Draw) -> None:
    """Gradients flow back to x, turned the other way, and x itself stays as it was."""
    x, factors = draw.normal(7, 10, grad=True), draw.normal(7, 10)
    found = expect.tensor(answer(x), "The result", tuple(x.shape))
    (gradient,) = expect.gradients((found * factors).sum(), x=x)
    (wanted,) = torch.autograd.grad((turned(x) * factors).sum(), x)
    expect.close(gradient, wanted, "The gradient that reaches x is not that of the rotation.")
    expect.untouched(answer)
