"""Exceptions of one process, raised again in the other: of the student's code in the test, of the test's functions in that code."""

import builtins

from autograder.grading import proxies
from autograder.grading.wire import Json
from autograder.timing import TooSlow

TEXT_LIMIT = 10_000


def remote_error(data: Json) -> BaseException:
    """An exception of the student's code, as the built-in type that it is one of, with its own name and text."""
    name, kinds, text = str(data["name"]), data["kinds"], str(data["text"])
    if name == "TooSlow" or "KeyboardInterrupt" in kinds:
        return TooSlow()
    if "SystemExit" in kinds:
        return SystemExit(text)
    error = same_error(data)
    vars(error)["students_line"] = str(data["line"])
    return error


def same_error(data: Json) -> Exception:
    """An exception of the other process, as the built-in type that it is one of, with its own name and text."""
    name, kinds, text = str(data["name"]), data["kinds"], str(data["text"])
    # A group cannot be made of a text alone; the next of its types is Exception.
    found = [getattr(builtins, k, None) for k in kinds if type(k) is str and "ExceptionGroup" not in k]
    base = next((k for k in found if isinstance(k, type) and issubclass(k, Exception)), RuntimeError)
    if not proxies.NAME.fullmatch(name):
        name = "Exception"
    kind = type(name, (base,), {"__init__": lambda self, *_: None, "__str__": lambda self: text})
    return base.__new__(kind, text)


def described(error: BaseException) -> dict[str, Json]:
    """An exception by name, text and the built-in types that it is one of."""
    try:
        text = str(error)[:TEXT_LIMIT]
    except BaseException:
        text = "(its message cannot be read)"
    kinds = [c.__name__ for c in type.__dict__["__mro__"].__get__(type(error)) if c.__module__ == "builtins"]
    return {"name": type(error).__name__, "kinds": kinds, "text": text}
