"""Checks of lab 14, training.

The oracles are torch.optim.AdamW and SGD, the formulas written out for single numbers, autograd on one big batch, and the
singular value decomposition, in float64 where rounding matters. All sizes are distinct primes.

A model or an optimizer cannot cross from the process of the tests to that of the student: :func:`there` makes it beside
the student's code. Its parameters are shared by both.
"""

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.grading.proxies import is_remote
from seq2gpt.training import JORDAN

EXERCISES = ExerciseSet("14-training")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote


def there(answer: Answer, expression: str, **names: Any) -> Any:
    """The value of ``expression`` in the process in which ``answer`` runs; names of libraries mean the same there."""
    if is_remote(answer.original):
        return sys.modules["__main__"].__dict__["student_eval"](expression, **names)
    return eval(expression, {}, names)  # noqa: S307 (our own text)


def number(value: Any, what: str) -> float:
    """``value`` as a float that is no tensor."""
    if isinstance(value, bool) or not isinstance(value, float):
        hint = " `.item()` makes a float of a tensor with one number." if isinstance(value, Tensor) else ""
        expect.fail(f"{what} should be a float; you returned {expect.describe(value)}.{hint}")
    return value


def near(value: float, wanted: float, message: str, tolerance: float = 1e-6) -> None:
    """Equal up to rounding; otherwise ``message`` and both numbers."""
    if not math.isclose(value, wanted, rel_tol=tolerance, abs_tol=1e-9):
        expect.fail(f"{message} (expected {wanted:.6g}, got {value:.6g})")


# ── get_batch ────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("get_batch")


def drawn(answer: Answer, data: Tensor, batch_size: int, context_length: int, *more: Any) -> tuple[Any, Any]:
    """Inputs and targets, of the right shape and dtype."""
    found = expect.several(answer(data, batch_size, context_length, *more), ("inputs", "targets"))
    what = f"With {len(data)} tokens, batch_size={batch_size} and context_length={context_length}, "
    inputs, targets = (
        expect.tensor(value, f"{what}{name}", (batch_size, context_length), data.dtype)
        for name, value in zip(("inputs", "targets"), found, strict=True)
    )
    return inputs, targets


@check("get_batch", points=2)
def runs_with_their_successors(answer: Answer, draw: Draw) -> None:
    """Each row of inputs is a run of consecutive tokens, and the same row of targets starts one token later."""
    batch_size, context_length, extra = draw.primes(3)
    n = 5 * context_length + extra
    for dtype in (torch.int64, torch.int32):
        data = torch.arange(n, dtype=dtype) + 100  # every token tells its place
        inputs, targets = drawn(answer, data, batch_size, context_length)
        places = torch.arange(context_length)
        if not torch.equal(inputs, inputs[:, :1] + places):
            expect.fail("A row of inputs should be consecutive tokens of data.")
        if torch.equal(targets, inputs):
            expect.fail("The targets are the inputs themselves; they should start one token later.")
        if not torch.equal(targets, inputs + 1):
            expect.fail("Row b of targets should be the run that starts one token after row b of inputs.")
    expect.untouched(answer)


@check("get_batch")
def rows_start_anywhere(answer: Answer, draw: Draw) -> None:
    """Every run that has a successor can be drawn, the first and the last included, about equally often."""
    context_length = draw.primes(1)[0]
    n_starts, n_draws = 5, 2003
    inputs, _ = drawn(answer, torch.arange(context_length + n_starts), n_draws, context_length)
    counts = torch.bincount(inputs[:, 0], minlength=n_starts)
    if (counts == 0).sum() == n_starts - 1:
        expect.fail("All rows of a batch are the same run; each row should draw a start of its own.")
    if missing := [start for start in range(n_starts) if counts[start] == 0]:
        expect.fail(
            f"With {context_length + n_starts} tokens and context_length={context_length}, runs with a successor "
            f"start at 0 to {n_starts - 1}; no run of yours starts at {' or '.join(map(str, missing))}."
        )
    if (counts - n_draws / n_starts).abs().max() > 6 * math.sqrt(n_draws / n_starts):
        expect.fail(
            f"The {n_starts} runs should be about equally frequent; yours come {counts.tolist()} times."
        )
    steps = (inputs[1:, 0] - inputs[:-1, 0]) % n_starts
    if torch.bincount(steps, minlength=n_starts).max() > n_draws / 2:
        expect.fail("Most rows follow from the row before them; each row should draw a start of its own.")
    inputs, _ = drawn(answer, torch.arange(context_length + 997), 997, context_length)
    if inputs[:, 0].unique().numel() == 997:
        expect.fail(
            "997 rows drawn from 997 runs are all different; each row draws on its own, so runs may repeat."
        )


@check("get_batch")
def shortest_text(answer: Answer, draw: Draw) -> None:
    """A text of context_length + 1 tokens has exactly one run, and a batch may be one row; a shorter text raises a ValueError."""
    context_length = draw.primes(1)[0]
    drawn(answer, torch.arange(context_length + 1), 1, context_length)
    inputs, targets = drawn(answer, torch.arange(context_length + 1), 3, context_length)
    expect.close(
        inputs[2], torch.arange(context_length), "The only run of the shortest text is not its start."
    )
    expect.close(
        targets[2], torch.arange(1, context_length + 1), "The targets of the shortest text are wrong."
    )
    short = 47
    expect.error(
        lambda: answer(torch.arange(short), 2, short),
        ValueError,
        f"A text of {short} tokens with context_length={short}",
        str(short),
    )
    expect.error(
        lambda: answer(torch.arange(29), 2, 83),
        ValueError,
        "A text of 29 tokens with context_length=83",
        "29",
        "83",
    )


@check("get_batch")
def generator_decides(answer: Answer, draw: Draw) -> None:
    """One seed of the generator gives one batch, whatever else draws random numbers; another seed another batch."""
    data = torch.arange(1009)
    found = []
    for seed, noise in ((17, 1), (17, 2), (18, 1)):
        generator = there(answer, "make()", make=torch.Generator)
        generator.manual_seed(seed)
        torch.manual_seed(noise)
        found.append(drawn(answer, data, 7, 3, generator)[0])
    if not torch.equal(found[0], found[1]):
        expect.fail("With a generator of the same seed another batch comes out: `generator` is not used.")
    if torch.equal(found[0], found[2]):
        expect.fail("With a generator of another seed the same batch comes out: it must not be seeded anew.")
    first, second = there(
        answer,
        "(lambda own, data, g: (own(data, 7, 3, g)[0], own(data, 7, 3, g)[0]))(own, data, make().manual_seed(17))",
        own=answer.original, data=data, make=torch.Generator,
    )  # fmt: skip
    if torch.equal(first, second):
        expect.fail("Called twice with one generator you gave the same batch; it must not be seeded anew.")
    if torch.equal(drawn(answer, data, 7, 3)[0], drawn(answer, data, 7, 3)[0]):
        expect.fail("Without a generator two calls gave the same batch; torch's own generator should draw.")
    answer.results.clear()  # what chance decides tells nothing about a mistake


# ── adamw_step ───────────────────────────────────────────────────────────────────────────────────


def changed_in_place(function: Callable[..., Any]) -> Callable[..., list[Tensor]]:
    """A student's function as one that returns what became of its tensors: parameter, gradient, m, v."""

    def step(parameter: Tensor, gradient: Tensor, m: Tensor, v: Tensor, *more: Any, **named: Any) -> Any:
        tensors = [parameter.clone(), gradient.clone(), m.clone(), v.clone()]
        result = function(*tensors, *more, **named)
        changed: dict[int, Tensor] = getattr(function, "__last_call__", ({}, set()))[
            0
        ]  # of a process elsewhere
        tensors = [changed.get(place, tensor) for place, tensor in enumerate(tensors)]
        if torch.equal(tensors[0], parameter) and (parameter != 0).all() and gradient.any():
            found = "" if result is None else f"; it returned {expect.describe(result)}"
            expect.fail(f"`parameter` is as it was: update it in place, as in `parameter.sub_(…)`{found}.")
        return tensors

    return step


EXERCISES.exercise("adamw_step", adapt=changed_in_place)
DEFAULTS: dict[str, Any] = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}


def torch_steps(start: Tensor, gradients: Sequence[Tensor], lr: float, **more: Any) -> list[Tensor]:
    """Parameter and moments after these gradients, by torch.optim.AdamW."""
    parameter = nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([parameter], lr=lr, **(DEFAULTS | more))
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
    state = optimizer.state[parameter]
    return [parameter.detach(), state["exp_avg"], state["exp_avg_sq"]]


def own_steps(
    answer: Answer, start: Tensor, gradients: Sequence[Tensor], lr: float, **more: Any
) -> list[Tensor]:
    """The same by the student's function."""
    parameter, m, v = start, torch.zeros_like(start), torch.zeros_like(start)
    for step, gradient in enumerate(gradients, 1):
        parameter, after, m, v = answer(parameter, gradient, m, v, step, lr, **more)
        for name, value in (("parameter", parameter), ("gradient", after), ("m", m), ("v", v)):
            expect.tensor(value, f"After the step, `{name}`", tuple(start.shape), start.dtype)
        if not torch.equal(after, gradient):
            expect.fail("The gradient was changed; only `parameter`, `m` and `v` are updated in place.")
    return [parameter, m, v]


@check("adamw_step")
def first_step_has_length_lr(answer: Answer, draw: Draw) -> None:
    """At the first step, without decay, every number moves by lr against its gradient, however large that is."""
    start, lr = draw.normal(5, 7), 0.25
    gradient = draw.normal(5, 7).sign() * torch.logspace(-3, 3, 35, dtype=torch.float64).view(5, 7)
    parameter = own_steps(answer, start, [gradient], lr, weight_decay=0.0)[0]
    if torch.allclose(parameter, start + lr * gradient.sign(), rtol=1e-3):
        expect.fail("The step goes up the gradient; it has to go down, so subtract it.")
    expect.close(
        parameter, start - lr * gradient.sign(), "The first step of a number has not the length lr.", 2e-5
    )


@check("adamw_step")
def two_running_averages(answer: Answer, draw: Draw) -> None:
    """m and v become the running averages of the gradient and of its square, with β₁ and β₂."""
    start, gradients = draw.normal(3), [draw.normal(3) for _ in range(5)]
    for betas in ((0.9, 0.999), (0.7, 0.4)):
        _, m, v = own_steps(answer, start, gradients, 0.01, betas=betas, weight_decay=0.0)
        _, wanted_m, wanted_v = torch_steps(start, gradients, 0.01, betas=betas, weight_decay=0.0)
        expect.close(
            m, wanted_m, f"With betas={betas}, m after five steps is not the average of the gradients."
        )
        expect.close(
            v, wanted_v, f"With betas={betas}, v after five steps is not the average of the squares."
        )


@check("adamw_step")
def decay_is_decoupled(answer: Answer, draw: Draw) -> None:
    """The decay shrinks the parameter by lr · weight_decay of itself; m and v never see it."""
    start, lr, decay = draw.normal(7) + 3, 0.5, 0.25
    parameter, m, v = own_steps(answer, start, [torch.zeros(7, dtype=torch.float64)], lr, weight_decay=decay)
    if m.any() or v.any():
        expect.fail("With a gradient of 0 the decay has entered m or v; it acts on the parameter alone.")
    expect.close(
        parameter,
        start * (1 - lr * decay),
        f"With a gradient of 0, lr={lr} and weight_decay={decay}, the parameter should become {1 - lr * decay:g} times itself.",
    )


@check("adamw_step", points=2)
def as_torch_does(answer: Answer, draw: Draw) -> None:
    """Seven steps give what torch.optim.AdamW gives, with its defaults and with other settings."""
    start, gradients = draw.normal(3, 5), [draw.normal(3, 5) for _ in range(7)]
    late = [1e-3 * gradient for gradient in gradients[:-1]] + gradients[-1:]
    far = {"betas": (0.5, 0.99)}  # with these a step may be longer than lr
    cases: tuple[tuple[dict[str, Any], list[Tensor]], ...] = (
        ({}, gradients),
        ({"betas": (0.7, 0.8), "eps": 0.1, "weight_decay": 0.3}, gradients),
        (far, late),
    )
    for more, given in cases:
        found = own_steps(answer, start, given, 0.1, **more)
        said = ", ".join(f"{k}={v}" for k, v in more.items()) or "the defaults"
        message = f"After seven steps with lr=0.1 and {said}, the parameter is not that of torch.optim.AdamW."
        expect.close(found[0], torch_steps(start, given, 0.1, **more)[0], message, 1e-7)


@check("adamw_step")
def dtype_and_eps(answer: Answer, draw: Draw) -> None:
    """In float32 the three stay float32, and are changed where they lie; ε keeps the step from being 0 / 0."""
    start = draw.normal(5, dtype=torch.float32)
    gradient = torch.tensor([0.0, 0.0, 1.0, -2.0, 3.0])
    parameter = own_steps(answer, start, [gradient, gradient], 0.1)[0]
    expect.finite(parameter, "The parameter after a gradient of 0")
    expect.close(
        parameter,
        torch_steps(start, [gradient, gradient], 0.1)[0],
        "In float32 and with gradients of 0, the parameter after two steps is not that of torch.optim.AdamW.",
    )
    whole = [torch.full((2, 3), value) for value in (1.0, 2.0, 0.0, 0.0)]
    after = there(
        answer,
        "(lambda own, whole: (own(*[t[0] for t in whole], 1, 0.25), whole)[1])(own, whole)",
        own=answer.original, whole=whole,
    )  # fmt: skip
    for name, place, old in (("parameter", 0, 1.0), ("m", 2, 0.0), ("v", 3, 0.0)):
        if (after[place][0] == old).any():
            expect.fail(
                f"Given a row of a larger tensor, `{name}` was not changed there: change its numbers in place, as in "
                f"`{name}.mul_(…)`, and give it no new `.data`."
            )


# ── cosine_schedule ──────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("cosine_schedule")
SETTINGS = {"n_steps": 110, "n_warmup": 10, "lr": 0.6, "lr_min": 0.1}


def rate(answer: Answer, step: int, **more: Any) -> float:
    """The rate at ``step``, with :data:`SETTINGS` where nothing else is said."""
    settings = SETTINGS | more
    said = ", ".join(f"{k}={v:g}" for k, v in settings.items())
    return number(answer(step, **settings), f"The learning rate at step {step} with {said}")


@check("cosine_schedule")
def linear_warm_up(answer: Answer, draw: Draw) -> None:
    """The rate rises along a straight line: lr / (n_warmup + 1) at step 0, and lr itself at step n_warmup."""
    n_warmup, n_decay = draw.primes(2)
    for step, more in [(step, n) for n in (n_decay, 1) for step in range(n_warmup + 1)]:
        found = rate(answer, step, n_warmup=n_warmup, n_steps=n_warmup + more)
        if step == 0 and found == 0:
            expect.fail("At step 0 the rate is 0, so that the first step learns nothing.")
        near(
            found,
            0.6 * (step + 1) / (n_warmup + 1),
            f"In a warm-up of {n_warmup} steps, step {step} has the wrong rate.",
        )
    first = rate(answer, 0, n_warmup=20)
    near(
        first, 0.6 / 21, "In a warm-up of 20 steps, the first rate lies below lr_min=0.1, and that is right."
    )


@check("cosine_schedule", points=2)
def half_a_cosine_down(answer: Answer, draw: Draw) -> None:
    """From n_warmup on the rate falls from lr to lr_min along half a cosine: half-way it is the mean of both."""
    half, quarter = rate(answer, 60), rate(answer, 35)  # both first: together they tell mistakes apart
    near(
        half,
        0.35,
        "Half-way between n_warmup=10 and n_steps=110, the rate is not the mean of lr=0.6 and lr_min=0.1.",
    )
    near(
        quarter,
        0.1 + 0.25 * (1 + math.sqrt(0.5)),
        "A quarter of the way down, where the cosine is that of 45°, the rate is wrong.",
    )
    lr, lr_min = 0.1 + draw.integer(1, 50) / 100, 0.02
    for step in (23, 71, 109):
        wanted = lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * (step - 10) / 100))
        near(
            rate(answer, step, lr=lr, lr_min=lr_min),
            wanted,
            f"With lr={lr:g} and lr_min={lr_min}, the rate at step {step} is wrong.",
        )


@check("cosine_schedule")
def stays_at_the_bottom(answer: Answer, draw: Draw) -> None:
    """At n_steps the rate is lr_min, and it stays there, however long training goes on."""
    rate(answer, 60)  # which tells a rate that falls to 0 from one that is set to 0
    for step in (110, 111, 160, 210, 100_003):
        near(
            rate(answer, step),
            0.1,
            f"At step {step}, at or after n_steps=110, the rate should be lr_min=0.1.",
        )


@check("cosine_schedule")
def without_warm_up(answer: Answer, draw: Draw) -> None:
    """With n_warmup=0 the first step has the full rate."""
    near(rate(answer, 0, n_warmup=0), 0.6, "With n_warmup=0 the first step should have the rate lr=0.6.")
    near(
        rate(answer, 55, n_warmup=0),
        0.35,
        "With n_warmup=0, step 55 of 110 should have the mean of lr=0.6 and lr_min=0.1.",
    )


@check("cosine_schedule")
def impossible_warm_ups(answer: Answer, draw: Draw) -> None:
    """A warm-up that is negative, or leaves no step for the decay, raises a ValueError that names both numbers."""
    for n_warmup, n_steps in ((-1, 53), (53, 53), (97, 53)):
        expect.error(
            partial(answer, 0, **(SETTINGS | {"n_warmup": n_warmup, "n_steps": n_steps})),
            ValueError,
            f"cosine_schedule with n_warmup={n_warmup} and n_steps={n_steps}",
            str(n_warmup),
            str(n_steps),
        )


# ── clip_gradients ───────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("clip_gradients")


def parameters_with(answer: Answer, gradients: Sequence[Tensor | None]) -> list[Any]:
    """Parameters with these gradients; ``None`` for a parameter that has none."""
    shapes = [torch.ones(2) if g is None else torch.ones_like(g) for g in gradients]
    found = list(there(answer, "make(shapes)", make=nn.ParameterList, shapes=shapes))
    for parameter, gradient in zip(found, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()
    return found


def norm_of(answer: Answer, parameters: Any, max_norm: float) -> float:
    return number(answer(parameters, max_norm), "The norm before clipping")


@check("clip_gradients")
def norm_before_clipping(answer: Answer, draw: Draw) -> None:
    """The float returned is the norm of all gradients as one long vector, before they are clipped."""
    for gradients, wanted in (
        ([[3.0, 4.0], [12.0]], 13.0),
        ([[[1.0, 2.0], [2.0, 4.0]], [10.0, 10.0], [6.0]], math.sqrt(261)),
    ):
        parameters = parameters_with(answer, [torch.tensor(g, dtype=torch.float64) for g in gradients])
        for max_norm in (1000.0, 5.0):
            near(
                norm_of(answer, parameters, max_norm),
                wanted,
                f"For gradients {gradients} and max_norm={max_norm:g}, the norm of all as one vector is not right.",
            )


@check("clip_gradients")
def short_gradients_stay(answer: Answer, draw: Draw) -> None:
    """Where the norm is at most max_norm, no gradient is touched."""
    gradients = [torch.tensor([3.0, 4.0], dtype=torch.float64), torch.tensor([12.0], dtype=torch.float64)]
    for max_norm in (1000.0, 13.5, 13.0):
        parameters = parameters_with(answer, gradients)
        near(norm_of(answer, parameters, max_norm), 13.0, "The norm returned is wrong.")
        for parameter, gradient in zip(parameters, gradients, strict=True):
            found = expect.tensor(parameter.grad, "A gradient", tuple(gradient.shape))
            if not torch.equal(found, gradient):
                expect.fail(
                    f"With max_norm={max_norm:g} a gradient whose norm is 13 was changed from {gradient.tolist()} to {found.tolist()}."
                )


@check("clip_gradients", points=2)
def long_gradients_keep_their_direction(answer: Answer, draw: Draw) -> None:
    """Where the norm exceeds max_norm, every gradient is multiplied by the same number, and the norm is max_norm."""
    shapes = [(3, 5), (7,), (2, 3, 2)]
    gradients = [draw.normal(*shape) * scale for shape, scale in zip(shapes, (5, 1, 0.2), strict=True)]
    whole = math.sqrt(sum((g**2).sum().item() for g in gradients))
    for max_norm in (1.0, 0.3 * whole):
        parameters = parameters_with(answer, gradients)
        places = [there(answer, "p.grad.data_ptr()", p=parameter) for parameter in parameters]
        norm_of(answer, parameters, max_norm)
        if places != [there(answer, "p.grad.data_ptr()", p=parameter) for parameter in parameters]:
            expect.fail(
                "A parameter has another tensor as its gradient now; change the one that is there, in place."
            )
        after = [
            expect.tensor(p.grad, "A gradient after clipping", tuple(g.shape))
            for p, g in zip(parameters, gradients, strict=True)
        ]
        length = math.sqrt(sum((g**2).sum().item() for g in after))
        near(
            length,
            max_norm,
            f"The gradients had the norm {whole:.4g}; with max_norm={max_norm:.4g} the wrong norm is left.",
            1e-5,
        )
        for found, gradient in zip(after, gradients, strict=True):
            expect.close(
                found,
                gradient * (max_norm / whole),
                "All gradients should be scaled by one number: their direction has changed.",
            )


@check("clip_gradients")
def parameters_without_gradient(answer: Answer, draw: Draw) -> None:
    """Parameters without a gradient are passed over, an iterator is enough, and without any gradient the norm is 0.0."""
    frozen, trained = parameters_with(answer, [None, torch.tensor([0.0, 8.0])])
    near(
        norm_of(answer, [frozen, trained], 2.5),
        8.0,
        "With one parameter without a gradient, the norm is wrong.",
    )
    if frozen.grad is not None:
        expect.fail("A parameter that had no gradient has one now.")
    expect.close(
        trained.grad,
        torch.tensor([0.0, 2.5]),
        "Beside a parameter without a gradient, the other gradient is not clipped to max_norm=2.5.",
    )
    for none in ([frozen], []):
        near(norm_of(answer, none, 2.0), 0.0, "Where no parameter has a gradient, the norm should be 0.0.")
    later = there(
        answer,
        "iter(parameters)",
        parameters=parameters_with(answer, [torch.tensor([3.0]), torch.tensor([4.0])]),
    )
    near(norm_of(answer, later, 100.0), 5.0, "Given an iterator over the parameters, the norm is wrong.")
    kept = parameters_with(answer, [torch.tensor([3.0]), torch.tensor([4.0])])
    norm_of(answer, there(answer, "iter(parameters)", parameters=kept), 2.5)
    for parameter, wanted in zip(kept, (1.5, 2.0), strict=True):
        near(parameter.grad.item(), wanted, "Given an iterator over the parameters, nothing was clipped.")
    kept = parameters_with(answer, [torch.tensor([3.0]), torch.tensor([4.0])])
    there(answer, "p.requires_grad_(False)", p=kept[0])
    near(
        norm_of(answer, kept, 100.0),
        5.0,
        "A gradient counts wherever there is one, also that of a frozen parameter.",
    )


@check("clip_gradients")
def broken_gradients_do_not_spread(answer: Answer, draw: Draw) -> None:
    """Where the norm is infinite or nan, it is returned as it is and no gradient is touched."""
    for bad in (math.inf, math.nan):
        broken, healthy = parameters_with(answer, [torch.tensor([bad]), torch.tensor([5.0])])
        norm = norm_of(answer, [broken, healthy], 1.0)
        if math.isfinite(norm):
            expect.fail(f"A gradient is {bad}, but the norm returned is {norm:g}.")
        if healthy.grad.item() != 5.0:
            expect.fail(
                f"One gradient is {bad}; the healthy one was changed from 5.0 to {healthy.grad.item()}."
            )


# ── accumulate_gradients ─────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("accumulate_gradients")
VOCABULARY = 11
Batch = tuple[Tensor, Tensor]


def small_model(answer: Answer, draw: Draw) -> tuple[Any, nn.Module]:
    """A model of next tokens beside the student's code, and the test's own copy of it."""
    own = nn.Sequential(nn.Embedding(VOCABULARY, 5), nn.Linear(5, VOCABULARY)).double()
    model = there(answer,
        "whole(table(v, d), head(d, v)).double()",
        whole=nn.Sequential, table=nn.Embedding, head=nn.Linear, v=VOCABULARY, d=5,
    )  # fmt: skip
    for parameter, copy in zip(list(model.parameters()), own.parameters(), strict=True):
        copy.data = draw.normal(*copy.shape)
        parameter.data = copy.data.clone()
    return model, own


def batch(draw: Draw, batch_size: int, n: int) -> Batch:
    """Random inputs and targets."""
    ids = torch.randint(VOCABULARY, (2, batch_size, n), generator=draw.generator)
    return ids[0], ids[1]


def loss_on(model: nn.Module, *batches: Batch) -> Tensor:
    """The mean cross-entropy over all targets of all batches."""
    logits = torch.cat([model(inputs).flatten(0, 1) for inputs, _ in batches])
    return nn.functional.cross_entropy(logits, torch.cat([targets.flatten() for _, targets in batches]))


def compare_gradients(model: Any, own: nn.Module, message: str, factor: float = 1.0) -> None:
    """The gradients of the student's side are ``factor`` times those of the test's."""
    for parameter, wanted in zip(list(model.parameters()), own.parameters(), strict=True):
        assert wanted.grad is not None
        if parameter.grad is None:
            expect.fail("After the call a parameter has no gradient: is `backward` missing?")
        expect.close(parameter.grad, factor * wanted.grad, message)


def compare_batches(answer: Answer, draw: Draw, shapes: Sequence[tuple[int, int]], message: str) -> None:
    """The loss returned and the gradients are those of one big batch."""
    model, own = small_model(answer, draw)
    batches = [batch(draw, *shape) for shape in shapes]
    total = loss_on(own, *batches)
    total.backward()
    found = number(answer(model, batches), "The loss")
    compare_gradients(model, own, message)
    near(found, total.item(), "The loss returned is not the mean over all targets of all batches.")


@check("accumulate_gradients", points=2)
def small_ones_make_a_big_one(answer: Answer, draw: Draw) -> None:
    """Gradients and loss of three equal batches are those of one batch of three times the size; the model's mode stays."""
    compare_batches(
        answer, draw, [(3, 5)] * 3, "Three equal batches do not give the gradients of one big batch."
    )
    model, _ = small_model(answer, draw)
    batches = [batch(draw, 2, 3)]
    for mode in ("train", "eval"):
        there(answer, f"model.{mode}()", model=model)
        answer(model, batches)
        if there(answer, "model.training", model=model) is not (mode == "train"):
            expect.fail(
                f"Given a model after `model.{mode}()`, yours leaves it in the other mode; do not change it."
            )


@check("accumulate_gradients")
def batches_may_differ_in_size(answer: Answer, draw: Draw) -> None:
    """Each batch counts by its number of targets, whether it has fewer rows or shorter ones."""
    for shapes in ([(2, 7), (5, 7)], [(3, 2), (3, 7), (1, 5)]):
        compare_batches(
            answer,
            draw,
            shapes,
            f"Batches of the shapes {shapes} do not give the gradients of one big batch.",
        )


@check("accumulate_gradients")
def gradients_are_added(answer: Answer, draw: Draw) -> None:
    """The gradients are added to those that are there; called twice, it doubles them."""
    model, own = small_model(answer, draw)
    batches = [batch(draw, 3, 5), batch(draw, 2, 5)]
    loss_on(own, *batches).backward()
    for times in (1, 2):
        number(answer(model, batches), "The loss")
        message = (
            "After the first call the gradients are not those of the batches.",
            "After the second call the gradients should be twice those of one call.",
        )[times - 1]
        compare_gradients(model, own, message, times)


@check("accumulate_gradients")
def one_graph_at_a_time(answer: Answer, draw: Draw) -> None:
    """The gradients of a batch are there before the model reads the next batch, and its graph is gone."""
    model, own = small_model(answer, draw)
    batches = [batch(draw, 2, 3) for _ in range(3)]
    loss_on(own, *batches).backward()
    seen: list[bool] = []
    # A hook lives as long as the graph on which it hangs.
    graphs = there(answer, "type('Graphs', (), {'hooks': []})()")
    watched = (
        "(lambda graphs, ref: lambda _model, _inputs, logits: [graphs.hooks.append(ref(hook)) "
        "for hook in [lambda gradient: None] if logits.register_hook(hook)] and None)(graphs, __import__('weakref').ref)"
    )
    there(answer, f"model.register_forward_hook({watched})", model=model, graphs=graphs)
    kept: list[int] = []

    def watch(_model: Any, _inputs: Any) -> None:
        kept.append(there(answer, "sum([hook() is not None for hook in graphs.hooks])", graphs=graphs))
        seen.append(
            there(
                answer, "all([p.grad is not None for p in parameters])", parameters=list(model.parameters())
            )
        )

    model.register_forward_pre_hook(watch)
    number(answer(model, batches), "The loss")
    if len(seen) != 3:
        expect.fail(
            f"For three batches the model should be called three times; yours calls it {len(seen)} times."
        )
    if not all(seen[1:]):
        compare_gradients(model, own, "The gradients are not those of all three batches.")
        expect.fail(
            "The second batch is read before the first one's gradients are computed, so both graphs are kept."
        )
    if kept[2] > 1:
        expect.fail(
            f"Before the third batch is read, the graphs of {kept[2]} batches are still kept: add `loss.item()` to the total, "
            "a number, and keep no tensor."
        )


@check("accumulate_gradients")
def any_loss(answer: Answer, draw: Draw) -> None:
    """The loss is that of loss_fn; without any batch a ValueError is raised."""
    model, own = small_model(answer, draw)
    loss_fn = there(answer, "lambda logits, targets: (logits.sum(-1) - targets).square().mean()")
    batches = [batch(draw, 3, 5), batch(draw, 7, 5)]
    logits = torch.cat([own(inputs) for inputs, _ in batches]).sum(-1)
    wanted = (logits - torch.cat([targets for _, targets in batches])).square().mean()
    near(
        number(answer(model, batches, loss_fn), "The loss"),
        wanted.item(),
        "The loss of another `loss_fn` is not returned.",
    )
    expect.error(lambda: answer(model, []), ValueError, "accumulate_gradients without a batch")
    model, own = small_model(answer, draw)
    loss_fn = there(
        answer, "lambda logits, targets: (logits.sum(-1)[:, : targets.shape[1]] - targets).square().mean()"
    )
    batches = [batch(draw, 3, 5), (batch(draw, 2, 7)[0], batch(draw, 2, 3)[1])]
    errors = [(own(inputs).sum(-1)[:, : targets.shape[1]] - targets).square() for inputs, targets in batches]
    near(
        number(answer(model, batches, loss_fn), "The loss"),
        torch.cat([error.flatten() for error in errors]).mean().item(),
        "Batches of 15 and 6 targets count by these numbers, however long their inputs are.",
    )


# ── orthogonalize ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("orthogonalize")


def by_svd(matrix: Tensor, coefficients: Sequence[tuple[float, float, float]]) -> Tensor:
    """The iteration on single numbers: it changes the singular values, and leaves the directions alone."""
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    s = s / (s.square().sum().sqrt() + 1e-7)
    for a, b, c in coefficients:
        s = a * s + b * s**3 + c * s**5
    return u @ torch.diag(s) @ vh


def orthogonalized(answer: Answer, matrix: Tensor, *more: Any) -> Tensor:
    rows, columns = matrix.shape
    what = f"For a matrix of {rows} rows and {columns} columns, the result"
    result = expect.tensor(answer(matrix, *more), what, (rows, columns), matrix.dtype)
    expect.finite(result, what)
    return result


@check("orthogonalize", points=2)
def singular_values_near_1(answer: Answer, draw: Draw) -> None:
    """The directions are those of the matrix, and the singular values lie between 0.6 and 1.25."""
    rows, columns = sorted(draw.primes(2))
    for shape in ((rows, columns), (columns, rows), (rows, rows), (1, columns), (rows, 1)):
        u, _ = torch.linalg.qr(draw.normal(*shape))
        v, _ = torch.linalg.qr(draw.normal(shape[1], shape[1]))
        least = min(shape)
        matrix = (
            u[:, :least] @ torch.diag(torch.linspace(0.1, 5, least, dtype=torch.float64)) @ v[:, :least].T
        )
        result = orthogonalized(answer, matrix)
        values = torch.linalg.svdvals(result)
        if values.min() < 0.6 or values.max() > 1.25:
            expect.fail(
                f"For a matrix of shape {shape} the singular values should lie between 0.6 and 1.25; yours lie between {values.min():.3g} and {values.max():.3g}."
            )
        expect.close(
            result,
            by_svd(matrix, JORDAN),
            "The result has other directions, or is not that of Jordan's five steps.",
        )


@check("orthogonalize")
def one_step_for_each_triple(answer: Answer, draw: Draw) -> None:
    """One step is taken for each (a, b, c) of coefficients, in their order."""
    matrix = draw.normal(5, 7)
    for coefficients in ([(1.5, -0.5, 0.0)], [(2.0, -1.5, 0.5), (3.0, -3.0, 1.0), (1.5, -0.4, 0.2)], []):
        result = orthogonalized(answer, matrix, coefficients)
        expect.close(
            result,
            by_svd(matrix, coefficients),
            f"With coefficients={coefficients} the result is not X after {len(coefficients)} steps.",
        )


@check("orthogonalize")
def size_does_not_matter(answer: Answer, draw: Draw) -> None:
    """A matrix a thousand times larger or smaller gives the same result, as it starts from M / ‖M‖."""
    matrix = draw.normal(3, 11)
    for factor in (1000.0, 0.001):
        result = orthogonalized(answer, factor * matrix)
        expect.close(
            result,
            by_svd(factor * matrix, JORDAN),
            f"For a matrix {factor:g} times as large another result comes out.",
        )


@check("orthogonalize")
def zeros_stay_zeros(answer: Answer, draw: Draw) -> None:
    """A matrix of zeros stays one, a float32 matrix stays float32, and the matrix passed in is not changed."""
    if orthogonalized(answer, torch.zeros(2, 3)).any():
        expect.fail("A matrix of zeros should stay one.")
    tiny = 1e-7 * draw.normal(2, 3)
    told = "For a matrix whose norm is about 1e-7 the result is not that of M / (‖M‖ + 1e-7)."
    expect.close(orthogonalized(answer, tiny), by_svd(tiny, JORDAN), told)
    matrix = draw.normal(7, 5, dtype=torch.float32)
    result = orthogonalized(answer, matrix)
    expect.close(result, by_svd(matrix.double(), JORDAN), "In float32 the result is not right.", 1e-4)
    expect.untouched(answer)


# ── train_step ───────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("train_step")


def sgd(answer: Answer, model: Any, momentum: float = 0.0) -> Any:
    """Plain gradient descent over a model that lives beside the student's code; its own rate must never count."""
    settings = {"lr": 97.0, "momentum": momentum}
    return there(
        answer, "make(model.parameters(), **settings)", make=torch.optim.SGD, model=model, settings=settings
    )


def stepped(answer: Answer, model: Any, optimizer: Any, data: Batch, lr: float, max_norm: float) -> float:
    return number(answer(model, optimizer, *data, lr, max_norm), "The loss")


def compare_step(model: Any, own: nn.Module, data: Batch, lr: float, max_norm: float, message: str) -> float:
    """The student's parameters are the test's after one step of gradient descent; returns the loss before it."""
    own.zero_grad()
    loss = loss_on(own, data)
    loss.backward()
    norm = math.sqrt(sum((p.grad**2).sum().item() for p in own.parameters() if p.grad is not None))
    for parameter, wanted in zip(list(model.parameters()), own.parameters(), strict=True):
        assert wanted.grad is not None
        wanted.data -= lr * min(1.0, max_norm / norm) * wanted.grad
        expect.close(parameter, wanted, message)
    return loss.item()


@check("train_step", points=2)
def one_step_down(answer: Answer, draw: Draw) -> None:
    """The parameters move against the gradient of this batch, and the loss from before the step is returned."""
    model, own = small_model(answer, draw)
    data = batch(draw, 7, 5)
    start = [p.detach().clone() for p in own.parameters()]
    found = stepped(answer, model, sgd(answer, model), data, 0.5, 1e9)
    if all(torch.equal(p.detach(), old) for p, old in zip(list(model.parameters()), start, strict=True)):
        gone = all(p.grad is None or not p.grad.any() for p in list(model.parameters()))
        expect.fail(f"No parameter has moved, and the gradients are {'gone' if gone else 'there'}.")
    before = compare_step(
        model,
        own,
        data,
        0.5,
        1e9,
        "After one step of SGD with lr=0.5 the parameters are not θ − 0.5 · gradient.",
    )
    if math.isclose(found, loss_on(own, data).item(), rel_tol=1e-9):
        expect.fail("The loss returned is that of the parameters after the step.")
    near(found, before, "The loss returned is not the mean loss of the batch before the step.")
    if not there(answer, "model.training", model=model):
        expect.fail("The model was in training mode before the step and is in evaluation mode after it.")


@check("train_step")
def rate_of_every_group(answer: Answer, draw: Draw) -> None:
    """Each step has the learning rate lr, in every group of the optimizer, whatever it was before."""
    model, own = small_model(answer, draw)
    optimizer = sgd(answer, model)
    there(
        answer,
        "optimizer.param_groups.append(dict(optimizer.param_groups[0], lr=89.0, params=optimizer.param_groups[0]['params'][1:]))",
        optimizer=optimizer,
    )
    there(
        answer,
        "optimizer.param_groups[0].update(params=optimizer.param_groups[0]['params'][:1])",
        optimizer=optimizer,
    )
    for lr in (0.5, 0.125):
        data = batch(draw, 3, 5)
        stepped(answer, model, optimizer, data, lr, 1e9)
        compare_step(
            model,
            own,
            data,
            lr,
            1e9,
            f"With two groups of parameters, a step with lr={lr} does not have this rate in both.",
        )
    data = batch(draw, 3, 5)
    stepped(answer, model, optimizer, data, 1.0, 0.01)
    compare_step(
        model, own, data, 1.0, 0.01, "With two groups, the gradients of the whole model have one norm."
    )


@check("train_step")
def clipped_to_max_norm(answer: Answer, draw: Draw) -> None:
    """Gradients longer than max_norm are clipped to it before the optimizer steps."""
    model, own = small_model(answer, draw)
    optimizer = sgd(answer, model)
    for max_norm in (0.01, 0.001):
        data = batch(draw, 3, 5)
        stepped(answer, model, optimizer, data, 1.0, max_norm)
        compare_step(
            model,
            own,
            data,
            1.0,
            max_norm,
            f"With max_norm={max_norm} and lr=1, the parameters did not move by {max_norm} in all.",
        )


@check("train_step")
def only_this_batch_counts(answer: Answer, draw: Draw) -> None:
    """Gradients that earlier steps left behind do not count."""
    model, own = small_model(answer, draw)
    optimizer = sgd(answer, model)
    for parameter in list(model.parameters()):
        parameter.grad = torch.full_like(parameter.detach(), 7.0)
    for _ in range(2):
        data = batch(draw, 3, 5)
        stepped(answer, model, optimizer, data, 0.25, 1e9)
        compare_step(
            model,
            own,
            data,
            0.25,
            1e9,
            "Gradients that were there before the call have moved the parameters.",
        )


@check("train_step")
def broken_gradients_change_nothing(answer: Answer, draw: Draw) -> None:
    """A gradient that is not finite raises FloatingPointError; parameters and optimizer state stay as they were."""
    for bad in ("inf", "nan"):
        model, own = small_model(answer, draw)
        optimizer = sgd(answer, model, momentum=0.5)
        data = batch(draw, 5, 7)
        stepped(answer, model, optimizer, data, 0.01, 1.0)
        compare_step(model, own, data, 0.01, 1.0, "The first step, of SGD with lr=0.01, is wrong.")
        parameters = list(model.parameters())
        there(
            answer,
            "p.register_hook(lambda gradient: gradient * float('BAD'))".replace("BAD", bad),
            p=parameters[2],
        )
        before = [p.detach().clone() for p in parameters]
        if not all(there(answer, "'momentum_buffer' in o.state[p]", o=optimizer, p=p) for p in parameters):
            expect.fail("After a step the optimizer's state is empty: it is `optimizer.step()` that steps.")
        momenta = [there(answer, "o.state[p]['momentum_buffer'].sum()", o=optimizer, p=p) for p in parameters]
        problem = None
        try:
            expect.error(
                partial(answer, model, optimizer, *data, 0.03125, 1.0),
                FloatingPointError,
                "train_step with a gradient that is not finite",
                "0.03125",
                f"norm {bad}",
            )
        except expect.CheckFailed as failed:
            problem = failed  # a step that was taken all the same is worse
        for parameter, old, momentum in zip(parameters, before, momenta, strict=True):
            now = there(answer, "o.state[p]['momentum_buffer'].sum()", o=optimizer, p=parameter)
            if not torch.equal(parameter.detach(), old) or not torch.equal(now, momentum):
                expect.fail("With a gradient that is not finite the optimizer took its step all the same.")
        if problem:
            raise problem


# ── state_tensors ────────────────────────────────────────────────────────────────────────────────


def as_pairs(function: Callable[..., Any]) -> Callable[..., Any]:
    """A student's function as one that returns a dict as its pairs, which can be compared one by one."""

    def store(model: Any, optimizer: Any) -> Any:
        found = function(model, optimizer)
        return (
            ("a dict", sorted(found.items(), key=lambda pair: str(pair[0])))
            if isinstance(found, dict)
            else found
        )

    return store


EXERCISES.exercise("state_tensors", adapt=as_pairs)
MOMENTS = ("exp_avg", "exp_avg_sq")
OPTIMIZERS: dict[str, Any] = {
    "AdamW": (torch.optim.AdamW, {"lr": 0.25}),
    "SGD": (
        torch.optim.SGD,
        {"lr": 0.25, "momentum": 0.5},
    ),  # its state is not empty, but has no moment of these names
}


def optimizer_of(answer: Answer, model: Any, name: str = "AdamW") -> Any:
    """An optimizer for a model, beside it."""
    make, settings = OPTIMIZERS[name]
    return there(answer, "make(model.parameters(), **settings)", make=make, model=model, settings=settings)


def with_gradients(answer: Answer, draw: Draw, model: Any, optimizer: Any, n_steps: int) -> None:
    """Steps of the optimizer with random gradients."""
    for _ in range(n_steps):
        for parameter in list(model.parameters()):
            parameter.grad = draw.normal(*parameter.shape)
        there(answer, "optimizer.step()", optimizer=optimizer)


def stored(answer: Answer, model: Any, optimizer: Any) -> dict[str, Tensor]:
    """What the student's function returns, if it is a dict of tensors."""
    found = answer(model, optimizer)
    if not isinstance(found, tuple) or len(found) != 2 or found[0] != "a dict":
        expect.fail(f"Return a dict of tensors by name; you returned {expect.describe(found)}.")
    return {name: expect.tensor(value, f"The entry {name!r}") for name, value in found[1]}


def compare_names(found: dict[str, Tensor], wanted: Sequence[str], when: str) -> None:
    """Exactly the names asked for are there."""
    for name in wanted:
        if name not in found:
            expect.fail(
                f"{when}, the entry {name!r} is missing; yours are {', '.join(sorted(found)) or 'none'}."
            )
    for name in found:
        if name not in wanted:
            expect.fail(f"{when}, there is an entry {name!r} too many.")


def names_of(model: Any, *kinds: str) -> list[str]:
    return [f"{kind}.{name}" for kind in kinds for name, _ in list(model.named_parameters())]


@check("state_tensors")
def every_parameter_by_name(answer: Answer, draw: Draw) -> None:
    """Before the first step there are the parameters alone, each under "parameters." and its name."""
    model, own = small_model(answer, draw)
    found = stored(answer, model, optimizer_of(answer, model))
    compare_names(found, names_of(model, "parameters"), "Before the first step")
    for name, parameter in own.named_parameters():
        expect.close(
            found[f"parameters.{name}"], parameter, f"The entry 'parameters.{name}' is not that parameter."
        )
        expect.tensor(found[f"parameters.{name}"], f"The entry 'parameters.{name}'", dtype=torch.float64)
    there(answer, "model[0].weight.requires_grad_(False)", model=model)
    found = stored(answer, model, optimizer_of(answer, model))
    compare_names(found, names_of(model, "parameters"), "Where one parameter is frozen")
    some = there(answer, "make(list(model.parameters())[1:])", make=torch.optim.AdamW, model=model)
    there(answer, "model.register_buffer('mask', ones)", model=model, ones=torch.ones(3))
    found = stored(answer, model, some)
    when = "Where the optimizer has not all parameters, and the model a buffer"
    compare_names(found, names_of(model, "parameters"), when)


@check("state_tensors")
def both_moments(answer: Answer, draw: Draw) -> None:
    """After steps of AdamW both moments of every parameter are there too; an optimizer without moments adds none."""
    model, _ = small_model(answer, draw)
    optimizer = optimizer_of(answer, model)
    with_gradients(answer, draw, model, optimizer, 3)
    found = stored(answer, model, optimizer)
    compare_names(found, names_of(model, "parameters", *MOMENTS), "After three steps of AdamW")
    for name, parameter in list(model.named_parameters()):
        for moment in MOMENTS:
            if not there(answer, "moment in o.state[p]", o=optimizer, p=parameter, moment=moment):
                expect.fail(
                    "Your code takes the moments out of the optimizer's state; it needs them for its next step."
                )
            wanted = there(answer, "o.state[p][moment]", o=optimizer, p=parameter, moment=moment)
            expect.close(
                found[f"{moment}.{name}"],
                wanted,
                f"The entry '{moment}.{name}' is not what the optimizer holds.",
            )
        told = f"After three steps the entry 'parameters.{name}' is not that parameter."
        expect.close(found[f"parameters.{name}"], parameter, told)
    turned = there(
        answer,
        "(lambda make, all: make([{'params': all[2:]}, {'params': all[:2]}]))(make, list(model.parameters()))",
        make=torch.optim.AdamW, model=model,
    )  # nobody promises that an optimizer has the parameters in the model's order, nor in one group  # fmt: skip
    with_gradients(answer, draw, model, turned, 1)
    found = stored(answer, model, turned)
    compare_names(found, names_of(model, "parameters", *MOMENTS), "With two groups of parameters")
    for name, parameter in list(model.named_parameters()):
        wanted = there(answer, "o.state[p]['exp_avg']", o=turned, p=parameter)
        expect.tensor(found[f"exp_avg.{name}"], f"The entry 'exp_avg.{name}'", tuple(parameter.shape))
        expect.close(found[f"exp_avg.{name}"], wanted, f"'exp_avg.{name}' belongs to another parameter.")
    idle = optimizer_of(answer, model)
    for parameter in list(model.parameters()):
        parameter.grad = torch.zeros_like(parameter.detach())
    there(answer, "optimizer.step()", optimizer=idle)
    names = names_of(model, "parameters", *MOMENTS)
    compare_names(stored(answer, model, idle), names, "Where all moments are 0")
    plain = optimizer_of(answer, model, "SGD")
    with_gradients(answer, draw, model, plain, 1)
    compare_names(
        stored(answer, model, plain),
        names_of(model, "parameters"),
        "After a step of SGD, which has no moments",
    )
    for parameter in list(model.parameters()):  # as Muon has it
        there(answer, "o.state[p].pop('exp_avg_sq')", o=optimizer, p=parameter)
    compare_names(
        stored(answer, model, optimizer),
        names_of(model, "parameters", "exp_avg"),
        "Where the optimizer holds exp_avg alone",
    )


@check("state_tensors")
def tied_ones_once_and_without_gradient(answer: Answer, draw: Draw) -> None:
    """A tied parameter is stored once, and no tensor requires a gradient."""
    model, _ = small_model(answer, draw)
    there(answer, "setattr(model[1], 'weight', model[0].weight)", model=model)
    optimizer = optimizer_of(answer, model)
    with_gradients(answer, draw, model, optimizer, 1)
    found = stored(answer, model, optimizer)
    compare_names(
        found, names_of(model, "parameters", *MOMENTS), "Where the head's matrix is that of the embedding"
    )
    for name, value in found.items():
        if value.requires_grad:
            expect.fail(
                f"The entry {name!r} requires a gradient; store the numbers alone, as `detach()` gives them."
            )


# ── load_state ───────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("load_state")


def saved(
    answer: Answer, draw: Draw, n_steps: int, optimizer: str = "AdamW"
) -> tuple[Any, Any, dict[str, Tensor]]:
    """A model after so many steps, its optimizer, and copies of their tensors by name."""
    model, _ = small_model(answer, draw)
    made = optimizer_of(answer, model, optimizer)
    with_gradients(answer, draw, model, made, n_steps)
    tensors = {}
    for name, parameter in list(model.named_parameters()):
        tensors[f"parameters.{name}"] = parameter.detach().clone()
        if optimizer == "AdamW":
            for moment in MOMENTS:
                tensors[f"{moment}.{name}"] = there(
                    answer, "o.state[p][moment].clone()", o=made, p=parameter, moment=moment
                )
    return model, made, tensors


def restored(
    answer: Answer, draw: Draw, step: int, tensors: dict[str, Tensor], optimizer: str = "AdamW"
) -> tuple[Any, Any]:
    """A fresh model and optimizer into which the student's function has put ``tensors``."""
    model, _ = small_model(answer, draw)
    made = optimizer_of(answer, model, optimizer)
    with_gradients(answer, draw, model, made, 1)  # what is there before must not count
    for parameter in list(model.parameters()):
        there(answer, "o.state[p].update(max_exp_avg_sq=p.detach().clone())", o=made, p=parameter)
    names = list(tensors)
    answer(model, made, step, tensors)
    if list(tensors) != names:
        expect.fail("Your code takes entries out of `tensors`; they belong to the caller, so only read them.")
    for name, parameter in list(model.named_parameters()):
        expect.close(
            parameter,
            tensors[f"parameters.{name}"],
            f"After load_state the parameter {name} is not the stored one.",
        )
    return model, made


@check("load_state", points=2)
def training_goes_on_as_before(answer: Answer, draw: Draw) -> None:
    """Three steps after loading end where the run that was saved ends: parameters, moments and step count are right."""
    model, optimizer, tensors = saved(answer, draw, 5)
    again, other = restored(answer, draw, 5, tensors)
    gradients = [draw.normal(*p.shape) for _ in range(3) for p in list(model.parameters())]
    for run, steps in ((model, optimizer), (again, other)):
        rest = iter(gradients)
        for _ in range(3):
            for parameter in list(run.parameters()):
                parameter.grad = next(rest).clone()
            try:
                there(answer, "optimizer.step()", optimizer=steps)
            except Exception as error:
                expect.fail(
                    'After loading the optimizer cannot step: its state of a parameter needs both moments and "step", a tensor. '
                    f"PyTorch says {type(error).__name__}: {error}"
                )
    for (name, parameter), wanted in zip(
        list(again.named_parameters()), list(model.parameters()), strict=True
    ):
        expect.close(
            parameter,
            wanted,
            f"Three steps after loading, {name} is not what it is in the run that went on.",
            1e-9,
        )


@check("load_state")
def state_of_the_optimizer(answer: Answer, draw: Draw) -> None:
    """The optimizer's state holds "step", one float32, and the two moments, and nothing else."""
    _, _, tensors = saved(answer, draw, 2)
    model, optimizer = restored(answer, draw, 7, tensors)
    for name, parameter in list(model.named_parameters()):
        state = there(answer, "dict(o.state[p])", o=optimizer, p=parameter)
        for moment in MOMENTS:
            if moment in state:
                expect.close(
                    state[moment],
                    tensors[f"{moment}.{name}"],
                    f"The moment {moment} of {name} is not the stored one.",
                )
        compare_names(state, ("step", *MOMENTS), f"In the optimizer's state of {name}")
        step = expect.tensor(state["step"], f"state['step'] of {name}", (), torch.float32)
        near(step.item(), 7.0, f"After load_state with step=7, state['step'] of {name} is wrong.")
        for moment in MOMENTS:
            expect.close(
                state[moment],
                tensors[f"{moment}.{name}"],
                f"The moment {moment} of {name} is not the stored one.",
            )
    model, _ = small_model(answer, draw)
    groups = there(
        answer,
        "(lambda make, all: make([{'params': all[2:]}, {'params': all[:2]}]))(make, list(model.parameters()))",
        make=torch.optim.AdamW, model=model,
    )  # fmt: skip
    answer(model, groups, 7, tensors)
    for name, parameter in list(model.named_parameters()):
        state = there(answer, "dict(o.state[p])", o=groups, p=parameter)
        compare_names(state, ("step", *MOMENTS), f"With two groups, in the optimizer's state of {name}")
    model, _ = small_model(answer, draw)
    there(answer, "model[0].weight.requires_grad_(False)", model=model)
    answer(model, optimizer_of(answer, model), 7, tensors)
    frozen = expect.tensor(there(answer, "model[0].weight.detach()", model=model), "0.weight")
    expect.close(
        frozen,
        tensors["parameters.0.weight"],
        "A parameter that is frozen is not the stored one; load every one.",
    )


@check("load_state")
def the_same_parameters(answer: Answer, draw: Draw) -> None:
    """The parameters stay the objects that the optimizer and the model hold, and still learn."""
    model, _ = small_model(answer, draw)
    optimizer = optimizer_of(answer, model)
    _, _, tensors = saved(answer, draw, 1)
    before = list(model.parameters())
    answer(model, optimizer, 1, tensors)
    now = list(model.parameters())
    if not all(
        there(answer, "a is b and a.requires_grad", a=a, b=b) for a, b in zip(before, now, strict=True)
    ):
        expect.fail(
            "A parameter was replaced by another object, or no longer learns; copy numbers into it instead."
        )
    expect.close(
        now[0],
        tensors["parameters.0.weight"],
        "After load_state the parameter 0.weight is not the stored one.",
    )
    state = there(answer, "dict(o.state[p])", o=optimizer, p=now[0])
    compare_names(
        state, ("step", *MOMENTS), "With an optimizer that has made no step, in the state of 0.weight"
    )


@check("load_state")
def stored_tensors_stay(answer: Answer, draw: Draw) -> None:
    """The stored tensors are copied: neither loading nor the steps that follow change them."""
    _, _, values = saved(answer, draw, 2)
    # a class of its own, so that the dict stays beside the student's code
    tensors = there(
        answer,
        "type('Stored', (dict,), {})((name, value.clone()) for name, value in values.items())",
        values=values,
    )
    model, _ = small_model(answer, draw)
    optimizer = optimizer_of(answer, model)
    answer(model, optimizer, 2, tensors)
    expect.close(
        next(iter(model.parameters())),
        values["parameters.0.weight"],
        "After load_state the parameter 0.weight is not the stored one.",
    )
    for parameter in list(
        model.parameters()
    ):  # as a step does; a gradient set from here would give it new memory
        state = "(p, *o.state[p].values())"
        there(answer, f"[t.detach().add_(1.0) for t in {state}]", p=parameter, o=optimizer)
    for name, value in there(answer, "dict(tensors)", tensors=tensors).items():
        expect.close(
            value, values[name], f"A step after load_state has changed the stored {name}; copy what you load."
        )


@check("load_state")
def without_moments(answer: Answer, draw: Draw) -> None:
    """Where no moments are stored, the parameters are loaded all the same; a missing parameter raises KeyError."""
    _, _, tensors = saved(answer, draw, 2, "SGD")
    again, other = restored(answer, draw, 2, tensors, "SGD")
    if there(answer, "'step' in o.state[p]", o=other, p=next(iter(again.parameters()))):
        expect.fail("No moment is stored, and the optimizer's state was changed all the same.")
    _, _, tensors = saved(answer, draw, 2)
    first_alone = {name: value for name, value in tensors.items() if not name.startswith("exp_avg_sq.")}
    model, _ = small_model(answer, draw)
    optimizer = optimizer_of(answer, model)
    answer(model, optimizer, 2, first_alone)
    state = there(answer, "dict(o.state[p])", o=optimizer, p=next(iter(model.parameters())))
    compare_names(
        state, ("step", "exp_avg"), "Where exp_avg is stored alone, in the optimizer's state of 0.weight"
    )
    model, _ = small_model(answer, draw)
    optimizer = optimizer_of(answer, model)
    expect.error(
        lambda: answer(model, optimizer, 2, {}), KeyError, "load_state without the tensors of a parameter"
    )
