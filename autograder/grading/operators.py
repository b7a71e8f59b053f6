"""Python's operators by the names of their methods, as both processes know them."""

import operator
from collections.abc import Callable
from typing import Any

ARITHMETIC = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("and", "or", "xor", "lshift", "rshift"),
)
ORDER = ("lt", "le", "gt", "ge")
EQUALITY = ("eq", "ne")
OF_ONE = ("neg", "pos", "abs", "invert", "round")
CONVERSIONS: dict[str, type] = {"int": int, "float": float, "complex": complex, "index": int}


def swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The same operator for the object on the right."""
    return lambda right, left: function(left, right)


def function_of(name: str) -> Callable[..., Any]:
    """The function ``operator.NAME``; those that are words of Python end with a line there."""
    found: Callable[..., Any] = getattr(operator, name, None) or getattr(operator, f"{name}_")
    return found


OPERATORS: dict[str, Callable[..., Any]] = {
    **{name: function_of(name) for name in (*ARITHMETIC, *ORDER, *EQUALITY, "neg", "pos", "abs", "invert")},
    **{f"r{name}": swapped(function_of(name)) for name in ARITHMETIC},
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "round": round,
    "contains": operator.contains,
}
