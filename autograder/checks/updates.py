"""Checks of lab 14, first part: batches, AdamW, the schedule and clipping.

The oracles are torch.optim.AdamW and SGD and the formulas written out for single numbers, in float64 where rounding matters. All
sizes are distinct primes.

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
