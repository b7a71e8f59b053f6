"""Checks of lab 14, second part: accumulated gradients, orthogonal updates and the step that puts all together.

The oracles are autograd on one big batch and the singular value decomposition.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw
from autograder.checks.updates import EXERCISES, Answer, check, near, number, there
from seq2gpt.training import JORDAN

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
