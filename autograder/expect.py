"""What a check may expect of a result, with words for every way in which it can be missed.

Students return anything: ``None``, ``...``, lists, arrays, the wrong shape. Each helper turns that
into one sentence and never into a traceback.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from autograder.recorder import copy_of, same


class CheckFailed(Exception):
    """A check did not hold; the message is what the student reads."""


def fail(message: str) -> NoReturn:
    """End the check with ``message``."""
    raise CheckFailed(message)


def describe(value: Any) -> str:
    """Name a value the way a student thinks of it."""
    if value is None:
        return "None (is a `return` missing?)"
    if value is Ellipsis:
        return "`...`"
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, nn.Module):
        return f"a module of class {type(value).__name__}"
    if callable(value):
        return f"the function or class {getattr(value, '__name__', type(value).__name__)}, not its result"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of length {len(value)}"
    return f"a {type(value).__name__}"


def attribute(owner: Any, name: str, what: str, kind: type) -> Any:
    """What ``owner`` keeps under ``name``, if it is of the ``kind`` asked for; ``what`` says that in words."""
    value = getattr(owner, name, None)
    if not isinstance(value, kind):
        found = "it is missing" if value is None else f"yours is {describe(value)}"
        fail(f"{what}; {found}.")
    return value


def tensor(
    value: Any, what: str, shape: tuple[int, ...] | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """``value`` as a tensor of the shape and dtype asked for."""
    if not isinstance(value, Tensor):
        fail(f"{what} should be a tensor; you returned {describe(value)}.")
    if shape is not None and tuple(value.shape) != shape:
        fail(f"{what} should have shape {shape}; yours has {tuple(value.shape)}.")
    if dtype is not None and value.dtype != dtype:
        wanted, got = (str(d).removeprefix("torch.") for d in (dtype, value.dtype))
        fail(f"{what} should have dtype {wanted}; yours has {got}.")
    return value


def several(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """``value`` as a tuple with one entry for each name."""
    wanted = f"({', '.join(names)})"
    if not isinstance(value, tuple | list):
        fail(f"Return the tuple {wanted}; you returned {describe(value)}.")
    if len(value) != len(names):
        fail(f"Return {len(names)} results, {wanted}; you returned {len(value)}.")
    return tuple(value)


def finite(value: Tensor, what: str) -> None:
    """No nan and no infinity."""
    if not torch.isfinite(value).all():
        found = "nan" if torch.isnan(value).any() else "infinite"
        fail(f"{what} should be finite; yours contains {found} entries.")


def close(value: Tensor, expected: Tensor, message: str, tolerance: float = 1e-5) -> None:
    """Equal up to rounding; otherwise ``message`` and the size of the gap."""
    value, expected = value.detach().double(), expected.detach().double()
    if value.shape != expected.shape:
        fail(f"{message} (expected shape {tuple(expected.shape)}, got {tuple(value.shape)})")
    if not torch.allclose(value, expected, rtol=tolerance, atol=tolerance):
        gap = (value - expected).abs().max().item()
        fail(f"{message} (largest difference {gap:.3g})")


def gradients(total: Tensor, **inputs: Tensor) -> tuple[Tensor, ...]:
    """Gradients of ``total`` with respect to each input, all of which must be reached."""
    if not total.requires_grad:
        fail(f"The result is cut off from the {' and '.join(inputs)}: no gradient flows back.")
    found = torch.autograd.grad(total, list(inputs.values()), allow_unused=True, retain_graph=True)
    for name, gradient in zip(inputs, found, strict=True):
        if gradient is None:
            fail(f"No gradient reaches the {name}.")
    return found


def whole_number(value: Any, what: str) -> int:
    """``value`` as an int; booleans and floats are refused."""
    if isinstance(value, bool) or not isinstance(value, int):
        fail(f"{what} should be an int; you returned {describe(value)}.")
    return value


def error(call: Callable[[], Any], kind: type[Exception], what: str, *mentions: str) -> None:
    """``call`` raises ``kind`` with a message that names each of ``mentions``."""
    try:
        found = call()
    except kind as raised:
        missing = [m for m in mentions if m not in str(raised)]
        if missing:
            fail(
                f"{what} should raise {kind.__name__} with a message that contains {' and '.join(missing)}; "
                f"yours says: {raised}"
            )
    except (CheckFailed, NotImplementedError):
        raise
    except Exception as raised:
        fail(f"{what} should raise {kind.__name__}; yours raised {type(raised).__name__}.")
    else:
        if isinstance(found, Exception):
            fail(f"{what} should raise {kind.__name__}; yours returned the error: write `raise` before it.")
        fail(f"{what} should raise {kind.__name__}; yours raised nothing.")


def repeatable(call: Callable[..., Any], *inputs: Any) -> Any:
    """The result of ``call``, which is also what an earlier call gave for equal inputs."""
    earlier = copy_of(call(*copy_of(inputs)))
    result = call(*inputs)
    if not same(copy_of(result), earlier):
        fail(
            "Called a second time with the same input, your module gives another result: "
            "does it keep something from call to call, or drop something at random?"
        )
    return result


def untouched(answer: Any) -> None:
    """Fail if a call of ``answer``, a recorder around the student's function, has changed an input in place."""
    if answer.changed_inputs:
        fail("Your code changes its input in place; whoever passed it in still needs it. Make a new tensor.")
