"""Checks of lab 14, training, last part: the state of a run; :mod:`.updates` and :mod:`.steps` have the rest."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.checking import Draw
from autograder.checks.steps import small_model
from autograder.checks.updates import EXERCISES, Answer, check, near, there

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
