"""Checks of lab 03, language models.

The oracles are loops over Python numbers and exact fractions: one pair, one row, one token at a time. All
sizes are distinct primes.
"""

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.updates import near, number

EXERCISES = ExerciseSet("03-language-models")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
UNREAL = "token"


def some_ids(draw: Draw, *shape: int, vocab_size: int, dtype: torch.dtype = torch.int64) -> Tensor:
    """Random tokens of a vocabulary."""
    return torch.randint(vocab_size, shape, generator=draw.generator).to(dtype)


def logarithms(logits: Tensor, targets: Tensor) -> Tensor:
    """ln softmax(logits)[target], one row of Python numbers after the other."""
    rows, found = logits.detach().double().reshape(-1, logits.shape[-1]).tolist(), []
    for row, target in zip(rows, targets.reshape(-1).tolist(), strict=True):
        peak = max(row)
        total = math.fsum(math.exp(z - peak) for z in row)
        found.append(row[target] - peak - math.log(total))
    return torch.tensor(found, dtype=torch.float64).reshape(targets.shape)


def is_like(value: Tensor, other: Tensor) -> bool:
    """Whether a result is what a mistake would give."""
    return value.shape == other.shape and torch.allclose(value.double(), other.double(), atol=1e-6)


# ── next_token_pairs ─────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("next_token_pairs")


def pairs(answer: Answer, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs and targets, one token shorter than ``ids`` and of its dtype."""
    wanted = (*ids.shape[:-1], ids.shape[-1] - 1)
    found = expect.several(answer(ids), ("inputs", "targets"))
    inputs, targets = (
        expect.tensor(value, f"For ids of shape {tuple(ids.shape)}, {name}", wanted, ids.dtype)
        for name, value in zip(("inputs", "targets"), found, strict=True)
    )
    return inputs, targets


def require_pairs(answer: Answer, ids: Tensor) -> None:
    """Every token stands beside the one that follows it in the same row."""
    inputs, targets = pairs(answer, ids)
    if torch.equal(inputs, ids[..., 1:]) and torch.equal(targets, ids[..., :-1]):
        expect.fail(
            "Inputs and targets are exchanged: the model reads a token and predicts the one after it."
        )
    if torch.equal(inputs, targets):
        expect.fail("Inputs and targets are the same: whoever may read the answer has nothing to predict.")
    if not torch.equal(inputs, ids[..., :-1]):
        expect.fail("The inputs should be all tokens but the last of each row, in order.")
    if not torch.equal(targets, ids[..., 1:]):
        expect.fail("The targets should be all tokens but the first of each row, in order.")


@check("next_token_pairs", points=2)
def token_and_successor(answer: Answer, draw: Draw) -> None:
    """Beside every token of a text stands the token that follows it."""
    (n,) = draw.primes(1, above=3)
    require_pairs(answer, 100 + torch.randperm(n, generator=draw.generator))


@check("next_token_pairs")
def rows_stay_apart(answer: Answer, draw: Draw) -> None:
    """Leading dimensions are kept: no pair reaches from one row into the next."""
    a, b, n = draw.primes(3, above=3)
    for shape in ((a, n), (a, b, n), (1, n), (a, 2)):
        ids = torch.randperm(math.prod(shape), generator=draw.generator).reshape(shape)
        require_pairs(answer, ids)


@check("next_token_pairs")
def ids_stay_ids(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, two tokens are one pair, and the text itself stays as it was."""
    for dtype in (torch.int64, torch.int32, torch.uint8):
        require_pairs(answer, torch.tensor([draw.integer(2, 50), draw.integer(51, 100)], dtype=dtype))
    expect.untouched(answer)


@check("next_token_pairs")
def too_short_a_text_is_refused(answer: Answer, draw: Draw) -> None:
    """Fewer than two tokens raise a ValueError that contains their number."""
    for shape in ((1,), (0,), (5, 1)):
        call = lambda shape=shape: answer(torch.zeros(shape, dtype=torch.int64))  # noqa: E731
        expect.error(call, ValueError, f"next_token_pairs of ids of shape {shape}", str(shape[-1]))


# ── bigram_counts ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("bigram_counts")


def counted(ids: Tensor, vocab_size: int) -> Tensor:
    """The table of pairs, counted one after the other."""
    times = Counter(pairwise(ids.tolist()))
    return torch.tensor([[times[i, j] for j in range(vocab_size)] for i in range(vocab_size)])


def table(answer: Answer, ids: Tensor, vocab_size: int) -> Tensor:
    """The counts of ``ids`` as the student's function gives them."""
    what = f"For {len(ids)} tokens and vocab_size={vocab_size}, the table"
    return expect.tensor(answer(ids, vocab_size), what, (vocab_size, vocab_size))


@check("bigram_counts", points=2)
def every_pair_is_counted(answer: Answer, draw: Draw) -> None:
    """Entry (i, j) is the number of places where j stands right after i."""
    vocab_size, n = draw.primes(2, above=3)
    ids = some_ids(draw, 9 * n, vocab_size=vocab_size)
    found, wanted = table(answer, ids, vocab_size), counted(ids, vocab_size)
    if is_like(found, wanted.T):
        expect.fail("The table is turned over: the row belongs to the token that stands first.")
    if is_like(found, (wanted > 0).long()):
        expect.fail("Each pair is counted once only, however often it occurs.")
    if is_like(found, wanted + wanted.T):
        expect.fail("Each pair is counted in both orders; j after i and i after j are different pairs.")
    expect.close(
        found, wanted, f"For {len(ids)} random tokens of a vocabulary of {vocab_size} some counts are wrong."
    )


@check("bigram_counts")
def a_row_and_a_column_for_every_token(answer: Answer, draw: Draw) -> None:
    """The table has vocab_size rows and columns, also for tokens that do not occur, and holds int64."""
    vocab_size, n = draw.primes(2, above=5)
    ids = some_ids(draw, 5 * n, vocab_size=3)
    found = expect.tensor(table(answer, ids, vocab_size), "The table", (vocab_size, vocab_size), torch.int64)
    expect.close(found, counted(ids, vocab_size), "Where some tokens never occur, some counts are wrong.")


@check("bigram_counts")
def short_texts_have_no_pairs(answer: Answer, draw: Draw) -> None:
    """One token, or none, gives a table of zeros; two give a single 1."""
    (vocab_size,) = draw.primes(1, above=3)
    for n in (0, 1, 2):
        ids = some_ids(draw, n, vocab_size=vocab_size)
        found = table(answer, ids, vocab_size)
        expect.close(found, counted(ids, vocab_size), f"{n} tokens hold {max(n - 1, 0)} pairs.")


@check("bigram_counts")
def foreign_ids_are_refused(answer: Answer, draw: Draw) -> None:
    """An id outside 0 … vocab_size − 1 raises a ValueError that contains the id and vocab_size."""
    vocab_size, n = draw.primes(2, above=5)
    for place in (0, n // 2, n - 1):
        for outside in (vocab_size, vocab_size + 40, -1):
            ids = some_ids(draw, n, vocab_size=vocab_size)
            ids[place] = outside
            call = lambda ids=ids: answer(ids, vocab_size)  # noqa: E731
            what = f"bigram_counts with id {outside} at place {place} and vocab_size={vocab_size}"
            expect.error(call, ValueError, what, str(outside), str(vocab_size))


@check("bigram_counts")
def small_integers_do_not_overflow(answer: Answer, draw: Draw) -> None:
    """Ids of any integer dtype are counted rightly, and stay as they were."""
    (n,) = draw.primes(1, above=3)
    for dtype, vocab_size in ((torch.int32, 7), (torch.uint8, 97), (torch.int8, 97)):
        ids = some_ids(draw, 5 * n, vocab_size=vocab_size, dtype=dtype)
        name = str(dtype).removeprefix("torch.")
        expect.close(
            table(answer, ids, vocab_size), counted(ids, vocab_size), f"Of {name} ids some counts are wrong."
        )
    expect.untouched(answer)


# ── bigram_model ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("bigram_model")


def some_counts(draw: Draw, vocab_size: int, unseen: int | None = None) -> Tensor:
    """A table of counts with zeros in it, and one row without any if asked for."""
    counts = torch.randint(-3, 9, (vocab_size, vocab_size), generator=draw.generator).clamp(min=0)
    counts[range(vocab_size), range(vocab_size)] += 1  # every row has been seen …
    if unseen is not None:
        counts[unseen] = 0  # … but for this one
    return counts


def shares(counts: Tensor, smoothing: float) -> Tensor:
    """Exact fractions of every row."""
    alpha, found = Fraction(smoothing), []
    for row in counts.tolist():
        total = sum(row) + len(row) * alpha
        found.append([float((c + alpha) / total) if sum(row) else 1 / len(row) for c in row])
    return torch.tensor(found, dtype=torch.float64)


def model(answer: Answer, counts: Tensor, *smoothing: float) -> Tensor:
    """The student's probabilities, float32 and of the shape of the counts."""
    what = f"With smoothing={smoothing[0]:g}, the result" if smoothing else "Without a smoothing, the result"
    return expect.tensor(answer(counts, *smoothing), what, tuple(counts.shape), torch.float32)


@check("bigram_model")
def shares_of_a_row(answer: Answer, draw: Draw) -> None:
    """With smoothing=0, every count is divided by the sum of its row, so each row adds up to 1."""
    (vocab_size,) = draw.primes(1, above=3)
    counts = some_counts(draw, vocab_size)
    found = model(answer, counts, 0.0)
    if is_like(found, counts / counts.sum(0)):
        expect.fail("The columns add up to 1; what follows a token stands in its row.")
    if is_like(found, counts / counts.sum()):
        expect.fail(
            "All entries together add up to 1; asked for is a probability *after* each token, row by row."
        )
    if is_like(found, torch.softmax(counts.float(), -1)):
        expect.fail("A softmax of counts is not their shares: it multiplies by e for every further count.")
    expect.close(found, shares(counts, 0.0), "With smoothing=0 the rows are not the shares of the counts.")


@check("bigram_model", points=2)
def every_count_is_raised(answer: Answer, draw: Draw) -> None:
    """The smoothing is added to every count, and the row's sum grows with it; if none is named it is 1."""
    (vocab_size,) = draw.primes(1, above=3)
    counts = some_counts(draw, vocab_size)
    for smoothing in (0.5, 3.0, 1.0):
        found = model(answer, counts, smoothing)
        raised = counts + smoothing
        if is_like(found, raised / counts.sum(-1, keepdim=True)):
            expect.fail(
                f"With smoothing={smoothing:g} the rows add up to more than 1: divide by the sum of what you raised."
            )
        if is_like(found, raised / (counts.sum(-1, keepdim=True) + smoothing)):
            expect.fail(
                f"With smoothing={smoothing:g} the sum of a row grows by α for *each* of its entries."
            )
        message = f"With smoothing={smoothing:g} the probabilities are not (c + α) / Σ (c + α)."
        expect.close(found, shares(counts, smoothing), message)
    expect.close(model(answer, counts), shares(counts, 1.0), "The smoothing should be 1 if none is named.")


@check("bigram_model")
def equal_odds_where_nothing_is_known(answer: Answer, draw: Draw) -> None:
    """After a token that was never followed by any, all tokens are equally probable, also with smoothing=0."""
    (vocab_size,) = draw.primes(1, above=3)
    counts = some_counts(draw, vocab_size, unseen=draw.integer(0, vocab_size - 1))
    for smoothing in (0.0, 2.0):
        found = model(answer, counts, smoothing)
        expect.finite(found, f"With smoothing={smoothing:g}, the row of a token that nothing ever followed")
        message = (
            f"With smoothing={smoothing:g}, a row without counts should be {vocab_size} times 1/{vocab_size}."
        )
        expect.close(found, shares(counts, smoothing), message)


@check("bigram_model")
def senseless_smoothing_is_refused(answer: Answer, draw: Draw) -> None:
    """A smoothing below 0, infinite or nan raises a ValueError that contains it."""
    counts = some_counts(draw, 5)
    for smoothing in (-0.25, -3.0, math.inf, math.nan):
        call = lambda smoothing=smoothing: answer(counts, smoothing)  # noqa: E731
        expect.error(call, ValueError, f"bigram_model with smoothing={smoothing}", str(smoothing))


@check("bigram_model")
def counts_stay_counts(answer: Answer, draw: Draw) -> None:
    """The table of counts stays as it was, and the result does not depend on earlier calls."""
    (vocab_size,) = draw.primes(1, above=3)
    counts = some_counts(draw, vocab_size, unseen=draw.integer(0, vocab_size - 1))
    for _ in range(2):
        expect.close(model(answer, counts, 0.5), shares(counts, 0.5), "A second call gives something else.")
    expect.untouched(answer)


# ── token_log_probabilities ──────────────────────────────────────────────────────────────────────

EXERCISES.exercise("token_log_probabilities")


def of_tokens(answer: Answer, logits: Tensor, targets: Tensor) -> Tensor:
    """The student's logarithms, one for each target."""
    what = f"For logits of shape {tuple(logits.shape)}, the result"
    return expect.tensor(answer(logits, targets), what, tuple(targets.shape), logits.dtype)


@check("token_log_probabilities", points=2)
def logarithm_of_the_targets_share(answer: Answer, draw: Draw) -> None:
    """Each entry is ln softmax(logits)[target]."""
    n, vocab_size = draw.primes(2, above=3)
    logits, targets = draw.normal(n, vocab_size), some_ids(draw, n, vocab_size=vocab_size)
    found, wanted = of_tokens(answer, logits, targets), logarithms(logits, targets)
    if is_like(found, -wanted):
        expect.fail("The sign is turned: the logarithm of a probability is at most 0.")
    if is_like(found, wanted.exp()):
        expect.fail("That is the probability itself; its logarithm is asked for.")
    if is_like(found, wanted / math.log(2)):
        expect.fail("That is the logarithm to base 2; the natural one is asked for.")
    if is_like(found, logits.gather(-1, targets[:, None])[:, 0]):
        expect.fail(
            "That is the target's logit; the logarithm of the sum over all tokens is still to be taken off."
        )
    expect.close(
        found, wanted, "That is not the logarithm of the probability that softmax gives to the target."
    )


@check("token_log_probabilities")
def one_number_for_each_target(answer: Answer, draw: Draw) -> None:
    """Leading dimensions are kept, from a single row to a batch of batches, and so is the dtype."""
    a, b, vocab_size = draw.primes(3)
    for leading in ((), (a,), (a, b), (1, b)):
        for dtype in (torch.float64, torch.float32):
            logits = draw.normal(*leading, vocab_size, dtype=dtype)
            targets = some_ids(draw, *leading, vocab_size=vocab_size)
            message = f"For logits of shape {tuple(logits.shape)} the logarithms are wrong."
            expect.close(of_tokens(answer, logits, targets), logarithms(logits, targets), message)


ROUNDED = 1e-4  # float32 keeps about seven digits of 1000.69
EXTREME = (
    ([1000.0, 1000.0], 0, -math.log(2)),
    ([1000.0, 0.0], 1, -1000.0),
    ([-1000.0, -1000.0], 1, -math.log(2)),
    ([0.0, -200.0], 1, -200.0),
    ([1e38, -1e38], 0, 0.0),
)

FAR_APART = [[1000.0, 1000.0], [-1000.0, -1000.0]]


@check("token_log_probabilities", points=2)
def nothing_overflows(answer: Answer, draw: Draw) -> None:
    """For finite logits the result is finite and right, however large or far apart they are."""
    for row, target, wanted in EXTREME:
        found = of_tokens(answer, torch.tensor([row]), torch.tensor([target]))
        expect.finite(found, f"The logarithm for the logits {row} and target {target}")
        message = f"For the logits {row} and target {target} the logarithm should be {wanted:.4g}."
        expect.close(found, torch.tensor([wanted]), message, ROUNDED)
    found = of_tokens(answer, torch.tensor(FAR_APART), torch.tensor([0, 1]))
    message = (
        f"For the two rows {FAR_APART} both logarithms should be −ln 2, whatever stands in the other row."
    )
    expect.close(found, torch.tensor([-math.log(2)] * 2), message, ROUNDED)


@check("token_log_probabilities")
def impossible_tokens_have_minus_infinity(answer: Answer, draw: Draw) -> None:
    """A logit of −inf is probability 0 with logarithm −inf; logarithms of probabilities come back as they are."""
    probabilities = torch.tensor([[0.25, 0.0, 0.75]] * 3, dtype=torch.float64)
    found = of_tokens(answer, probabilities.log(), torch.arange(3))
    if found.isnan().any():
        expect.fail(
            "With a logit of −inf in the row, yours contains nan; every other token still has its logarithm."
        )
    if found[1] != -math.inf:
        expect.fail(f"A target with logit −inf has the logarithm −inf; yours is {found[1].item():.4g}.")
    message = "Logarithms of probabilities are logits that should come back as they are."
    expect.close(found[::2].exp(), probabilities[0, ::2], message)


@check("token_log_probabilities")
def gradient_is_one_hot_minus_softmax(answer: Answer, draw: Draw) -> None:
    """The gradient of a logarithm is 1 at the target minus softmax everywhere; logits and targets stay as they were."""
    n, vocab_size = draw.primes(2)
    logits = draw.normal(n, vocab_size, grad=True)
    targets = some_ids(draw, n, vocab_size=vocab_size)
    (gradient,) = expect.gradients(of_tokens(answer, logits, targets).sum(), logits=logits)
    wanted = torch.nn.functional.one_hot(targets, vocab_size) - torch.softmax(logits.detach(), -1)
    expect.close(gradient, wanted, "The gradient is not 1 at the target minus softmax.")
    expect.untouched(answer)


# ── sequence_log_probability ─────────────────────────────────────────────────────────────────────

EXERCISES.exercise("sequence_log_probability")


def padded(draw: Draw, *leading: int, n: int) -> Tensor:
    """Masks of sequences of different lengths, padded at the end, with one real token at least."""
    lengths = torch.randint(1, n, leading, generator=draw.generator)
    return torch.arange(n) < lengths[..., None]


def of_sequences(answer: Answer, logits: Tensor, targets: Tensor, *mask: Tensor) -> Tensor:
    """The student's logarithms, one for each sequence."""
    what = f"For logits of shape {tuple(logits.shape)}, the result"
    return expect.tensor(answer(logits, targets, *mask), what, tuple(targets.shape[:-1]), logits.dtype)


@check("sequence_log_probability", points=2)
def logarithms_add_up(answer: Answer, draw: Draw) -> None:
    """The logarithm of a product is the sum of the logarithms: one number for each sequence, for any leading dimensions."""
    a, b, n, vocab_size = draw.primes(4)
    for leading in ((), (a,), (a, b), (1,)):
        logits, targets = (
            draw.normal(*leading, n, vocab_size),
            some_ids(draw, *leading, n, vocab_size=vocab_size),
        )
        found, terms = of_sequences(answer, logits, targets), logarithms(logits, targets)
        if is_like(found, terms.mean(-1)):
            expect.fail("That is the mean of the logarithms; a sequence has their sum.")
        if is_like(found, -terms.sum(-1)):
            expect.fail("The sign is turned: the logarithm of a probability is at most 0.")
        if is_like(found, terms.sum(-1).exp()):
            expect.fail("That is the probability itself; its logarithm is asked for.")
        expect.close(found, terms.sum(-1), "That is not the sum of the tokens' log-probabilities.")
    logits, targets = draw.normal(1009, 97, dtype=torch.float32), some_ids(draw, 1009, vocab_size=97)
    found = of_sequences(answer, logits, targets)
    expect.finite(
        found, "For a text of 1009 tokens, whose probability is too small for any number, the logarithm"
    )
    message = "For a text of 1009 tokens that is not the sum of the tokens' log-probabilities."
    expect.close(found, logarithms(logits, targets).sum(), message)


@check("sequence_log_probability")
def hidden_places_add_nothing(answer: Answer, draw: Draw) -> None:
    """Where the mask is False, a place adds 0, whatever stands there; without real tokens the sum is 0."""
    a, n, vocab_size = draw.primes(3)
    logits, targets = draw.normal(a, n, vocab_size), some_ids(draw, a, n, vocab_size=vocab_size)
    for mask in (padded(draw, a, n=n), draw.mask(a, n), torch.zeros(a, n, dtype=torch.bool)):
        found, terms = of_sequences(answer, logits, targets, mask), logarithms(logits, targets)
        if mask.any() and is_like(found, terms.masked_fill(mask, 0).sum(-1)):
            expect.fail("The mask is turned round: True is a real token, False adds nothing.")
        expect.close(found, terms.masked_fill(~mask, 0).sum(-1), "Hidden places change the sum.")


@check("sequence_log_probability")
def impossible_padding_is_no_matter(answer: Answer, draw: Draw) -> None:
    """A real token with probability 0 makes −inf; a hidden one makes nothing, and sends back no nan."""
    logits = torch.tensor([[0.0, 0.0], [0.0, -math.inf]], dtype=torch.float64, requires_grad=True)
    targets, mask = torch.tensor([0, 1]), torch.tensor([True, False])
    if (found := of_sequences(answer, logits.detach(), targets)).item() != -math.inf:
        expect.fail(
            f"A sequence with an impossible token has the logarithm −inf; yours is {found.item():.4g}."
        )
    everything = torch.tensor([True, True])
    if (found := of_sequences(answer, logits.detach(), targets, everything)).item() != -math.inf:
        expect.fail(
            f"With a mask that hides nothing, an impossible token still makes −inf; yours is {found.item():.4g}."
        )
    found = of_sequences(answer, logits, targets, mask)
    expect.finite(found, "With an impossible token at a hidden place, the result")
    expect.close(found, torch.tensor(-math.log(2)), "An impossible token at a hidden place changes the sum.")
    (gradient,) = expect.gradients(found, logits=logits)
    expect.finite(gradient, "With an impossible token at a hidden place, the gradient")


@check("sequence_log_probability")
def real_tokens_get_the_gradient(answer: Answer, draw: Draw) -> None:
    """Gradients reach the logits of real tokens and no others; nothing given is changed."""
    a, n, vocab_size = draw.primes(3)
    logits = draw.normal(a, n, vocab_size, grad=True)
    targets, mask = some_ids(draw, a, n, vocab_size=vocab_size), padded(draw, a, n=n)
    (gradient,) = expect.gradients(of_sequences(answer, logits, targets, mask).sum(), logits=logits)
    if not torch.equal(gradient.abs().sum(-1) > 0, mask):
        expect.fail("Gradients should reach the logits of all real tokens, and no others.")
    expect.untouched(answer)


# ── cross_entropy ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("cross_entropy")


def loss(answer: Answer, logits: Tensor, targets: Tensor, *mask: Tensor) -> Tensor:
    """The student's loss, a single number."""
    what = f"For logits of shape {tuple(logits.shape)}, the loss"
    return expect.tensor(answer(logits, targets, *mask), what, (), logits.dtype)


@check("cross_entropy", points=2)
def mean_of_minus_the_logarithm(answer: Answer, draw: Draw) -> None:
    """The loss is the mean of −ln p over all targets, whatever the shape, in the dtype of the logits."""
    a, n, vocab_size = draw.primes(3)
    for shape in ((a, n), (n,), ()):
        logits, targets = draw.normal(*shape, vocab_size), some_ids(draw, *shape, vocab_size=vocab_size)
        found, terms = loss(answer, logits, targets), -logarithms(logits, targets)
        if shape and is_like(found, terms.sum()):
            expect.fail("That is the sum; the mean over all tokens is asked for.")
        if is_like(found, -terms.mean()):
            expect.fail("The sign is turned: a loss is small where the probability is large, and at least 0.")
        if is_like(found, terms.mean() / math.log(2)):
            expect.fail(
                "That is in bits, with the logarithm to base 2; asked for are nats, with the natural one."
            )
        if shape and is_like(found, -(-terms).exp().mean().log()):
            expect.fail(
                "The probabilities were averaged before the logarithm; take the mean of the logarithms."
            )
        expect.close(found, terms.mean(), "That is not the mean of −ln softmax(logits)[target].")


@check("cross_entropy", points=2)
def every_real_token_counts_alike(answer: Answer, draw: Draw) -> None:
    """With a mask the mean runs over the real tokens, each of which counts the same in whatever sequence it stands."""
    a, n, vocab_size = draw.primes(3, above=3)
    logits, targets = draw.normal(a, n, vocab_size), some_ids(draw, a, n, vocab_size=vocab_size)
    mask = padded(draw, a, n=n)
    mask[0], mask[1] = torch.arange(n) < 1, torch.arange(n) < n - 1  # two very different lengths
    found, terms = loss(answer, logits, targets, mask), -logarithms(logits, targets)
    real = terms.masked_fill(~mask, 0)
    if is_like(found, terms.mean()):
        expect.fail("The mask was ignored: padding counts like real tokens.")
    if is_like(found, real.sum() / mask.numel()):
        expect.fail("The sum was divided by the number of all places; divide by the number of real tokens.")
    if is_like(found, (real.sum(-1) / mask.sum(-1)).mean()):
        expect.fail(
            "That is a mean of means: a token of a short sequence counts for more than one of a long sequence."
        )
    if is_like(found, terms[~mask].mean()):
        expect.fail("The mask is turned round: True is a real token.")
    expect.close(found, terms[mask].mean(), "With a mask that is not the mean over the real tokens.")


@check("cross_entropy")
def padding_has_no_part(answer: Answer, draw: Draw) -> None:
    """Padding gets no gradient and changes nothing, not even where its target is impossible; nothing given is changed."""
    a, n, vocab_size = draw.primes(3)
    logits, targets = draw.normal(a, n, vocab_size), some_ids(draw, a, n, vocab_size=vocab_size)
    mask = padded(draw, a, n=n)
    wanted = -logarithms(logits, targets)[mask].mean()
    logits[~mask] = logits[~mask].scatter(-1, targets[~mask][:, None], -math.inf)
    logits.requires_grad_()
    found = loss(answer, logits, targets, mask)
    expect.finite(found, "With an impossible target at a place of padding, the loss")
    expect.close(found, wanted, "What stands at places of padding changes the loss.")
    (gradient,) = expect.gradients(found, logits=logits)
    expect.finite(gradient, "With an impossible target at a place of padding, the gradient")
    if not torch.equal(gradient.abs().sum(-1) > 0, mask):
        expect.fail("Gradients should reach the logits of all real tokens, and none of padding.")
    expect.untouched(answer)


@check("cross_entropy", points=2)
def stable_for_extreme_logits(answer: Answer, draw: Draw) -> None:
    """The loss is finite and right for all finite logits, and inf only where a real target has logit −inf."""
    for row, target, logarithm in EXTREME:
        found = loss(answer, torch.tensor([row]), torch.tensor([target]))
        expect.finite(found, f"The loss for the logits {row} and target {target}")
        message = f"For the logits {row} and target {target} the loss should be {-logarithm:.4g}."
        expect.close(found, torch.tensor(-logarithm), message, ROUNDED)
    found = loss(answer, torch.tensor([[0.0, -math.inf], [0.0, 0.0]]), torch.tensor([1, 0]))
    if found.item() != math.inf:
        expect.fail(f"A target with logit −inf should make the loss inf; yours is {found.item():.4g}.")


@check("cross_entropy")
def nothing_real_has_no_mean(answer: Answer, draw: Draw) -> None:
    """Without a real token there is no mean: a ValueError says so."""
    n, vocab_size = draw.primes(2)
    logits, targets = draw.normal(n, vocab_size), some_ids(draw, n, vocab_size=vocab_size)
    mask = torch.zeros(n, dtype=torch.bool)
    expect.error(lambda: answer(logits, targets, mask), ValueError, "cross_entropy of padding alone", UNREAL)
    call = lambda: answer(logits[:0], targets[:0])  # noqa: E731
    expect.error(call, ValueError, "cross_entropy of no token at all", UNREAL)


# ── perplexity ───────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("perplexity")


def perplexity_of(answer: Answer, log_probabilities: Tensor, *mask: Tensor) -> Tensor:
    """The student's perplexity, a single number."""
    what = f"For log-probabilities of shape {tuple(log_probabilities.shape)}, the perplexity"
    return expect.tensor(answer(log_probabilities, *mask), what, (), log_probabilities.dtype)


def some_logarithms(draw: Draw, *shape: int) -> Tensor:
    """Logarithms of probabilities between 0.02 and 0.98."""
    return (0.02 + 0.96 * torch.rand(*shape, generator=draw.generator, dtype=torch.float64)).log()


@check("perplexity", points=2)
def exp_of_the_mean(answer: Answer, draw: Draw) -> None:
    """The perplexity is exp(−mean ln p), over all tokens and whatever the shape."""
    a, n = draw.primes(2, above=3)
    for shape in ((n,), (a, n)):
        given = some_logarithms(draw, *shape)
        found, wanted = (
            perplexity_of(answer, given),
            math.exp(-math.fsum(given.flatten().tolist()) / given.numel()),
        )
        if is_like(found, -given.mean()):
            expect.fail("That is the cross-entropy; the perplexity is exp of it.")
        if is_like(found, given.mean().exp()):
            expect.fail("The sign is turned: a perplexity is at least 1.")
        if is_like(found, 2 ** (-given.mean())):
            expect.fail(
                "The base does not fit: these are natural logarithms, so the power is one of e, not of 2."
            )
        if is_like(found, (-given).exp().mean()):
            expect.fail("That is the mean of the 1/p; take the mean of the logarithms first and exp of it.")
        if is_like(found, (-given.sum()).exp()):
            expect.fail("The logarithms were added up; take their mean, or longer texts look worse.")
        expect.close(found, torch.tensor(wanted), "That is not exp of minus the mean of the logarithms.")


@check("perplexity")
def equal_odds_of_n_symbols(answer: Answer, draw: Draw) -> None:
    """A model that gives every one of n symbols 1/n has perplexity n; one that is sure and right has 1."""
    a, n = draw.primes(2)
    for n_symbols in (n, 97, 1):
        found = perplexity_of(answer, torch.full((a, 3), 1 / n_symbols, dtype=torch.float64).log())
        message = f"With probability 1/{n_symbols} for each token the perplexity should be {n_symbols}."
        expect.close(found, torch.tensor(float(n_symbols)), message)


@check("perplexity")
def padding_does_not_count(answer: Answer, draw: Draw) -> None:
    """With a mask the mean runs over the real tokens alone, whatever stands elsewhere."""
    a, n = draw.primes(2, above=3)
    given, mask = some_logarithms(draw, a, n), padded(draw, a, n=n)
    mask[0], mask[1] = torch.arange(n) < 1, torch.arange(n) < n - 1
    found, wanted = perplexity_of(answer, given, mask), math.exp(-given[mask].mean().item())
    real = given.masked_fill(~mask, 0)
    if is_like(found, (-given.mean()).exp()):
        expect.fail("The mask was ignored: padding counts like real tokens.")
    if is_like(found, (-real.mean()).exp()):
        expect.fail("The mean was taken over all places; divide by the number of real tokens.")
    if is_like(found, (-(real.sum(-1) / mask.sum(-1)).mean()).exp()):
        expect.fail(
            "That is a mean of means: a token of a short sequence counts for more than one of a long sequence."
        )
    expect.close(found, torch.tensor(wanted), "With a mask that is not the perplexity of the real tokens.")
    found = perplexity_of(answer, given.masked_fill(~mask, -math.inf), mask)
    expect.finite(found, "With −inf at places of padding, the perplexity")
    expect.close(found, torch.tensor(wanted), "What stands at places of padding changes the perplexity.")


@check("perplexity")
def one_impossible_token_is_enough(answer: Answer, draw: Draw) -> None:
    """One real token with probability 0 makes the perplexity inf; the input stays as it was."""
    (n,) = draw.primes(1)
    given = some_logarithms(draw, n)
    given[draw.integer(0, n - 1)] = -math.inf
    found = perplexity_of(answer, given)
    if found.item() != math.inf:
        expect.fail(
            f"One token with probability 0 should make the perplexity inf; yours is {found.item():.4g}."
        )
    expect.untouched(answer)


@check("perplexity")
def no_token_has_no_perplexity(answer: Answer, draw: Draw) -> None:
    """Without a real token there is no mean: a ValueError says so."""
    given, mask = some_logarithms(draw, 5), torch.zeros(5, dtype=torch.bool)
    expect.error(lambda: answer(given, mask), ValueError, "perplexity of padding alone", UNREAL)
    expect.error(lambda: answer(given[:0]), ValueError, "perplexity of no token at all", UNREAL)


# ── bits_per_byte ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("bits_per_byte")
LETTERS = ("abcdefgh", "néßø", "€…–", "🙂🐙")
"""Characters of 1, 2 (but for n), 3 and 4 bytes."""


def some_text(draw: Draw, n: int, kinds: int = 4) -> str:
    """``n`` characters, each of a random kind among the first ``kinds``."""
    chosen = [LETTERS[draw.integer(0, kinds - 1)] for _ in range(n)]
    return "".join(letters[draw.integer(0, len(letters) - 1)] for letters in chosen)


@check("bits_per_byte", points=2)
def bits_for_each_byte(answer: Answer, draw: Draw) -> None:
    """The total over all tokens, in bits, is divided by the number of bytes."""
    n_tokens, n = draw.primes(2, above=3)
    text, mean = some_text(draw, 3 * n, kinds=1), 0.5 + draw.integer(1, 20) / 7
    found = number(answer(mean, n_tokens, text), "The result")
    nats = mean * n_tokens / len(text)
    what = f"For a loss of {mean:.3f} nats, {n_tokens} tokens and a text of {len(text)} bytes"
    for wrong, why in (
        (nats, "the result is still in nats; 1 nat is 1 / ln 2 bits"),
        (nats * math.log(2), "nats were multiplied by ln 2 where they are divided by it"),
        (mean / math.log(2), "the result is in bits for each token, not for each byte"),
        (
            mean / math.log(2) / len(text),
            "only one token was counted: the loss is a mean, the total is n_tokens times it",
        ),
        (
            mean * len(text) / n_tokens / math.log(2),
            "tokens and bytes are exchanged: more bytes share the same total",
        ),
        (
            nats / math.log(2) / 8,
            "a byte was taken for 8 in place of 1: the total in bits is divided by the number of bytes",
        ),
    ):
        if math.isclose(found, wrong, rel_tol=1e-9):
            expect.fail(f"{what}, {why}.")
    near(found, nats / math.log(2), f"{what}, the bits per byte are wrong.")


@check("bits_per_byte")
def bytes_are_not_characters(answer: Answer, draw: Draw) -> None:
    """The length is that of the text in UTF-8, where one character may take up to four bytes."""
    n_tokens, n = draw.primes(2, above=5)
    text = some_text(draw, n) + "€🙂"
    found = number(answer(1.5, n_tokens, text), "The result")
    per_character = 1.5 * n_tokens / math.log(2) / len(text)
    if math.isclose(found, per_character, rel_tol=1e-9):
        expect.fail(
            f"“{text}” has {len(text)} characters but {len(text.encode())} bytes; divide by the bytes."
        )
    near(
        found, 1.5 * n_tokens / math.log(2) / len(text.encode()), f"For “{text}” the bits per byte are wrong."
    )


@check("bits_per_byte")
def any_tokenizer_may_be_compared(answer: Answer, draw: Draw) -> None:
    """The same total, spread over other numbers of tokens, gives the same figure."""
    text = some_text(draw, 23)
    few, many = 7, 29
    figures = [
        number(answer(loss, n, text), "The result") for loss, n in ((2.9, few), (2.9 * few / many, many))
    ]
    message = f"{few} tokens of 2.9 nats and {many} tokens of {2.9 * few / many:.2f} nats are the same total, so the same figure."
    near(figures[1], figures[0], message)
    near(figures[0], 2.9 * few / math.log(2) / len(text.encode()), "The bits per byte are wrong.")


@check("bits_per_byte")
def an_empty_text_is_refused(answer: Answer, draw: Draw) -> None:
    """An empty text has no byte to divide by: a ValueError says that it is empty."""
    for n_tokens in (draw.integer(2, 9), 0):
        call = lambda n_tokens=n_tokens: answer(1.0, n_tokens, "")  # noqa: E731
        expect.error(call, ValueError, f'bits_per_byte(1.0, {n_tokens}, "")', "empty")
