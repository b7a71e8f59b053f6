"""Remember how a check called the student's code, so that a known mistake can be recognised."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

SHOWN = 4  # entries of a list that an error names
LONG = 40  # characters of a value that an error shows


def copy_of(value: Any) -> Any:
    """A snapshot that later changes cannot reach."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, tuple | list):
        return type(value)(copy_of(v) for v in value)
    if isinstance(value, dict):
        return {k: copy_of(v) for k, v in value.items()}
    return value


def tensors_of(value: Any) -> list[Tensor]:
    """The tensors in a value and in what it contains, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for v in value for t in tensors_of(v)] if isinstance(value, tuple | list) else []


def same(a: Any, b: Any) -> bool:
    """Equal up to rounding, nan equal to nan, containers entry by entry."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        tolerance = 1e-2 if a.dtype in (torch.float16, torch.bfloat16) else 1e-5
        return bool(torch.allclose(a.double(), b.double(), rtol=tolerance, atol=tolerance, equal_nan=True))
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-5) or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and not isinstance(a, Tensor) and bool(a == b)


class DeviceSpy(TorchFunctionMode):
    """Notices which devices PyTorch's functions are called with; no GPU is needed to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: set[torch.device] = set()

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        self.devices |= {v for v in [*args, *kwargs.values()] if isinstance(v, torch.device)}
        return function(*args, **kwargs)


def call_with_spy(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, set[torch.device]]:
    """The result of a call, and the devices asked for in it; only a call that is given one is watched."""
    if not any(isinstance(v, torch.device) for v in [*args, *kwargs.values()]):
        return function(*args, **kwargs), set()
    with DeviceSpy() as spy:
        return function(*args, **kwargs), spy.devices


def lineage_of(subject: Any) -> Sequence[str]:
    """The full names of a class and of those that it inherits from; of another object, of its class."""
    known = getattr(subject, "__lineage__", None)  # of an object in the student's process
    kind = subject if isinstance(subject, type) else type(subject)
    return known or [f"{c.__module__}.{c.__qualname__}" for c in kind.__mro__]


def words(value: Any) -> str:
    """An argument as a student reads it: a tensor by its shape and dtype, what is short in full.

    >>> words((torch.zeros(2, 3), None))
    '(tensor of shape (2, 3) and dtype float32, None)'
    """
    if isinstance(value, Tensor):
        return f"tensor of shape {tuple(value.shape)} and dtype {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, tuple | list) and len(value) <= SHOWN:
        inside = ", ".join(map(words, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if value is None or (isinstance(value, bool | int | float | str) and len(repr(value)) <= LONG):
        return repr(value)
    return f"a {type(value).__name__}"


class Recorder:
    """Calls the student's object, keeps copies of its results, and undoes changes to the inputs.

    ``devices`` are those that the last call asked for, if it was given one; ``unanswered`` says in words
    what the object was called with while it has not returned, so that an error can name it. Dictionaries are left
    out: they hold the parameters that a check fills into a student's module.
    """

    def __init__(self, original: Any, adapt: Callable[[Any], Callable[..., Any]] | None = None) -> None:
        self.original = original
        self.function = adapt(original) if adapt else original
        self.results: list[Any] = []
        self.changed_inputs = False
        self.devices: set[torch.device] = set()
        self.unanswered = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args_before, kwargs_before = copy_of(args), copy_of(kwargs)
        named = [f"{k}={words(v)}" for k, v in kwargs.items()]
        self.unanswered = ", ".join([*(words(v) for v in args if not hasattr(v, "keys")), *named])
        result, self.devices = call_with_spy(self.function, args, kwargs)
        self.unanswered = ""
        self.results.append(copy_of(result))
        changed, devices = getattr(self.original, "__last_call__", ((), set()))  # of a process elsewhere
        self.changed_inputs |= bool(changed)
        self.devices |= devices
        given, before = [*args, *kwargs.values()], [*args_before, *kwargs_before.values()]
        for value, old in zip(tensors_of(given), tensors_of(before), strict=False):
            if value.shape == old.shape and not torch.equal(value, old):
                self.changed_inputs = True
                result = copy_of(result) if result is value else result
                with torch.no_grad():
                    value.copy_(old)
        return result
