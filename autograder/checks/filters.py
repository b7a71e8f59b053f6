"""Checks of lab 15, first part: temperature, top-k, top-p and min-p, on distributions that are ranked in plain Python."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.heads import leading_shapes

EXERCISES = ExerciseSet("15-generation")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Row = list[float]
INF = math.inf


def probabilities(row: Row) -> Row:
    """Softmax in plain Python."""
    peak = max(row)
    weights = [math.exp(z - peak) for z in row]
    return [weight / math.fsum(weights) for weight in weights]


def ranking(row: Row) -> list[int]:
    """Ids by falling logit; of equals the lower id first."""
    return sorted(range(len(row)), key=lambda token: (-row[token], token))


def logits_of(draw: Draw, *shape: int) -> Tensor:
    """Logits whose neighbours in rank lie well apart, above and below 0."""
    order = torch.rand(*shape, generator=draw.generator).argsort(-1)
    return order * 0.7 - 1.9 + 0.3 * torch.rand(*shape, generator=draw.generator, dtype=torch.float64)


def spread(draw: Draw, logits: Tensor) -> Tensor:
    """Some rows three times as sharp, and each with a level of its own."""
    sharp = 1 + 2 * torch.randint(2, (*logits.shape[:-1], 1), generator=draw.generator)
    return sharp * logits + 4 * draw.normal(*logits.shape[:-1], 1)


def level_of(logits: Tensor) -> str:
    """What to say of logits whose exponentials overflow."""
    return " and logits near 1000" if logits.max() > 900 else ""


def result_of(answer: Answer, logits: Tensor, *setting: float) -> Tensor:
    """New logits of the shape and dtype of the old ones."""
    found = expect.tensor(
        answer(logits, *setting),
        f"For logits of shape {tuple(logits.shape)}, the result",
        tuple(logits.shape),
        logits.dtype,
    )
    if found.isnan().any():
        expect.fail("The result contains nan.")
    return found


def require_kept(found: Tensor, logits: Tensor, keeps: Callable[[Row], Iterable[int]], told: str) -> None:
    """In every row the tokens that ``keeps`` names have their logit, and all others −inf."""
    width = logits.shape[-1]
    for new, row in zip(found.reshape(-1, width).tolist(), logits.reshape(-1, width).tolist(), strict=True):
        wanted = set(keeps(row))
        kept = {token for token, z in enumerate(new) if z > -INF}
        if kept != wanted:
            shown = ", ".join(f"{p:.3f}" for p in probabilities(row))
            expect.fail(
                f"{told}, probabilities {shown}: the tokens that should stay are {sorted(wanted)}; in yours {sorted(kept)} do."
            )
        if any(new[token] != row[token] for token in kept):
            expect.fail(f"{told}, the logits of the tokens that stay should be unchanged.")


def leaves_logits_alone(answer: Answer, draw: Draw, setting: float) -> None:
    """The logits given stay as they are, and the dtype is kept."""
    for dtype in (torch.float64, torch.float32):
        result_of(answer, logits_of(draw, 3, 7).to(dtype), setting)
    expect.untouched(answer)


def refuses(answer: Answer, name: str, values: Iterable[float], *mentions: str) -> None:
    """Each value raises a ValueError that names it."""
    for value in values:
        call = partial(answer, torch.zeros(2, 5), value)
        expect.error(call, ValueError, f"{name}={value}", str(value), *mentions)


# ── apply_temperature ────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("apply_temperature")


def sharpened(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities to the power 1 / T, normalised again."""
    powers = logits.softmax(-1) ** (1 / temperature)
    return powers / powers.sum(-1, keepdim=True)


@check("apply_temperature", points=2)
def logits_are_divided(answer: Answer, draw: Draw) -> None:
    """The softmax of the result is softmax(z / T), for T below and above 1 and any leading dimensions."""
    for temperature in (0.5, 3.0, 1.0, 0.04, 1000.0):
        for leading in leading_shapes(draw):
            logits = logits_of(draw, *leading, 7)
            found = result_of(answer, logits, temperature).softmax(-1)
            expect.close(
                found, sharpened(logits, temperature), f"With T={temperature} the probabilities are wrong."
            )
    for temperature in (1e-6, 1e-9):
        logits = logits_of(draw, 5, 7)
        found = result_of(answer, temperature * logits, temperature).softmax(-1)
        expect.close(
            found,
            logits.softmax(-1),
            f"With T={temperature:g} and logits that are as small, the probabilities are wrong.",
        )


@check("apply_temperature")
def excluded_tokens_stay_excluded(answer: Answer, draw: Draw) -> None:
    """A logit of −inf stays −inf, whatever the temperature; that may be a whole number."""
    logits = logits_of(draw, 5)
    logits[2] = -INF
    for temperature in (0.25, 4):
        found = result_of(answer, logits, temperature)
        if found[2] != -INF:
            expect.fail(f"With T={temperature} a logit of −inf has become {found[2].item():g}.")


@check("apply_temperature")
def temperature_leaves_logits_alone(answer: Answer, draw: Draw) -> None:
    """The logits given stay as they are, and the dtype is kept."""
    leaves_logits_alone(answer, draw, 0.5)


@check("apply_temperature")
def impossible_temperature_is_refused(answer: Answer, draw: Draw) -> None:
    """A temperature that is 0, negative, infinite or nan raises a ValueError that names it."""
    refuses(answer, "temperature", (0.0, -0.5, INF, math.nan))


# ── top_k_filter ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("top_k_filter")


def first(k: int) -> Callable[[Row], list[int]]:
    """What top-k keeps."""
    return lambda row: ranking(row)[:k]


@check("top_k_filter", points=2)
def k_largest_stay(answer: Answer, draw: Draw) -> None:
    """In every distribution the k largest logits stay as they are, and all others become −inf."""
    for k in (1, 3, 7):
        for leading in leading_shapes(draw):
            logits = logits_of(draw, *leading, 7)
            require_kept(result_of(answer, logits, k), logits, first(k), f"With k={k}")


@check("top_k_filter")
def equal_logits_go_by_id(answer: Answer, draw: Draw) -> None:
    """Exactly k tokens stay: of equal logits the lower id goes first."""
    logits = torch.tensor([[1.0, 3, 3, 0, 3], [2, 2, 2, 2, 2], [0, 1, 5, 1, 1]])
    for k in (1, 2, 3):
        require_kept(result_of(answer, logits, k), logits, first(k), f"With equal logits and k={k}")
    near = 1 + 1e-6 * logits_of(draw, 5, 7)
    for k in (1, 4):
        require_kept(result_of(answer, near, k), near, first(k), f"With nearly equal logits and k={k}")


@check("top_k_filter")
def what_was_cut_stays_cut(answer: Answer, draw: Draw) -> None:
    """Logits that are −inf already stay so, and k = vocab_size changes nothing."""
    logits = torch.tensor([1.5, -INF, 0.5, -INF, -2.0])
    for k in (2, 4, 5):
        found = result_of(answer, logits, k)
        require_kept(found, logits, first(min(k, 3)), f"With three tokens left and k={k}")
    far = logits - 1000
    require_kept(result_of(answer, far, 2), far, first(2), "With logits below −900 and k=2")


@check("top_k_filter")
def top_k_leaves_logits_alone(answer: Answer, draw: Draw) -> None:
    """The logits given stay as they are, and the dtype is kept."""
    leaves_logits_alone(answer, draw, 3)


@check("top_k_filter")
def impossible_k_is_refused(answer: Answer, draw: Draw) -> None:
    """A k below 1 or above vocab_size raises a ValueError that names both numbers."""
    refuses(answer, "k", (0, -1, 6), "5")


# ── top_p_filter ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("top_p_filter")


def nucleus(p: float) -> Callable[[Row], list[int]]:
    """What top-p keeps, where p lies well between two sums."""

    def kept(row: Row) -> list[int]:
        order, shares = ranking(row), probabilities(row)
        size = next(n for n in range(1, len(row) + 1) if math.fsum(shares[t] for t in order[:n]) >= p)
        return order[:size]

    return kept


def between_sums(row: Row, size: int) -> float:
    """A p for which exactly ``size`` tokens are needed."""
    order, shares = ranking(row), probabilities(row)
    below, above = (math.fsum(shares[t] for t in order[:n]) for n in (size - 1, size))
    return (below + above) / 2


@check("top_p_filter", points=3)
def smallest_set_that_reaches_p(answer: Answer, draw: Draw) -> None:
    """The most probable tokens stay, as many as are needed to add up to p, and no more."""
    shifted = [(n, logits_of(draw, 7) + shift) for n, shift in ((1, 2), (2, -2), (3, 2), (5, -2), (3, 1000))]
    cases = [(logits, between_sums(logits.tolist(), n)) for n, logits in shifted]
    for n, logits in shifted[1:4]:  # a little less and a little more than what n tokens add up to
        total = math.fsum(probabilities(logits.tolist())[token] for token in ranking(logits.tolist())[:n])
        cases += [(logits, total - 1e-4), (logits, total + 1e-4)]
    found = [result_of(answer, logits, p) for logits, p in cases]
    for new, (logits, p) in zip(found, cases, strict=True):
        require_kept(new, logits, nucleus(p), f"With p={p:.5g}{level_of(logits)}")


@check("top_p_filter", points=2)
def every_row_has_its_own_nucleus(answer: Answer, draw: Draw) -> None:
    """Each distribution has a nucleus of its own size, for any leading dimensions."""
    for leading in leading_shapes(draw):
        logits = spread(draw, logits_of(draw, *leading, 7))
        sums = logits.softmax(-1).sort(-1, descending=True).values.cumsum(-1)
        p = next(p for p in (0.6, 0.62, 0.64, 0.66, 0.68, 0.7) if (sums - p).abs().min() > 1e-4)
        require_kept(result_of(answer, logits, p), logits, nucleus(p), f"With p={p}")


@check("top_p_filter")
def most_probable_always_stays(answer: Answer, draw: Draw) -> None:
    """However small p is, the most probable token stays."""
    for p in (0.01, 1e-6):
        logits = logits_of(draw, 3, 7)
        require_kept(result_of(answer, logits, p), logits, first(1), f"With p={p}")


@check("top_p_filter")
def reaching_p_is_enough(answer: Answer, draw: Draw) -> None:
    """A set that adds up to exactly p is enough; of equal logits the lower id goes first; p = 1 keeps all."""
    equal = torch.full((4,), draw.integer(-3, 3), dtype=torch.float64)
    cases = ((0.6, 3), (0.5, 2), (0.25, 1), (0.75, 3), (1.0, 4))
    for p, wanted in cases:
        require_kept(result_of(answer, equal, p), equal, first(wanted), f"With four equal logits and p={p}")
    rare = torch.tensor([-8.0, 0.0, -14.0, -20.0], dtype=torch.float64)
    require_kept(result_of(answer, rare, 1.0), rare, first(4), "With p=1, which keeps rare tokens too")


@check("top_p_filter")
def top_p_leaves_logits_alone(answer: Answer, draw: Draw) -> None:
    """The logits given stay as they are, and the dtype is kept; a logit of −inf stays −inf."""
    leaves_logits_alone(answer, draw, 0.7)
    logits = torch.tensor([1.5, -INF, 0.5, -INF, -2.0], dtype=torch.float64)
    require_kept(result_of(answer, logits, 0.98), logits, nucleus(0.98), "With p=0.98")


@check("top_p_filter")
def impossible_top_p_is_refused(answer: Answer, draw: Draw) -> None:
    """A p that is not above 0 and at most 1 raises a ValueError that names it."""
    refuses(answer, "p", (0.0, -0.5, 1.5, math.nan))


# ── min_p_filter ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("min_p_filter")


def near_the_best(p: float) -> Callable[[Row], list[int]]:
    """What min-p keeps."""

    def kept(row: Row) -> list[int]:
        shares = probabilities(row)
        return [t for t, share in enumerate(shares) if share >= p * max(shares)]

    return kept


@check("min_p_filter", points=2)
def share_of_the_best_decides(answer: Answer, draw: Draw) -> None:
    """A token stays if its probability is at least p times the largest one in its distribution."""
    cases = [
        (spread(draw, logits_of(draw, *leading, 7)), math.exp(-0.7 * rank - 0.35))
        for rank in (1, 2, 4)
        for leading in leading_shapes(draw)
    ]
    high = torch.tensor([1000.0, 1001.0, 999.0], dtype=torch.float64)
    cases += [(high, math.exp(-1) + gap) for gap in (-1e-3, 1e-3)]
    found = [result_of(answer, logits, p) for logits, p in cases]
    for new, (logits, p) in zip(found, cases, strict=True):
        require_kept(new, logits, near_the_best(p), f"With p={p:.4g}{level_of(logits)}")


@check("min_p_filter")
def zero_and_one(answer: Answer, draw: Draw) -> None:
    """p = 0 keeps every token; p = 1 keeps the most probable one, or all that share that rank."""
    rows = ([2.0, -3, 2, 0, -60], 2), ([1, 0.5, 0, -1, -2], 1)
    cases = [
        (torch.tensor(row, dtype=torch.float64), p, n if p else 5) for row, n in rows for p in (1.0, 0.0)
    ]
    cases.append((cases[-1][0], 0.5, 2))
    found = [result_of(answer, logits, p) for logits, p, _ in cases]
    for new, (logits, p, kept) in zip(found, cases, strict=True):
        require_kept(new, logits, first(kept), f"With p={p:g}")


@check("min_p_filter")
def min_p_leaves_logits_alone(answer: Answer, draw: Draw) -> None:
    """The logits given stay as they are, and the dtype is kept; a logit of −inf stays −inf."""
    leaves_logits_alone(answer, draw, 0.3)
    logits = torch.tensor([1.5, -INF, 0.5, -INF, -2.0])
    require_kept(result_of(answer, logits, 0.2), logits, near_the_best(0.2), "With p=0.2")


@check("min_p_filter")
def impossible_min_p_is_refused(answer: Answer, draw: Draw) -> None:
    """A p below 0 or above 1 raises a ValueError that names it."""
    refuses(answer, "p", (-0.5, 1.5, math.nan))
