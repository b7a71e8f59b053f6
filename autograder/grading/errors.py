"""Exceptions of the student's code, raised again where the test runs."""

import builtins

from autograder.grading import proxies
from autograder.grading.wire import Json
from autograder.timing import TooSlow


def remote_error(data: Json) -> BaseException:
    """An exception of the student's code, as the built-in type that it is one of, with its own name and text."""
    name, kinds, text = str(data["name"]), data["kinds"], str(data["text"])
    if name == "TooSlow" or "KeyboardInterrupt" in kinds:
        return TooSlow()
    if "SystemExit" in kinds:
        return SystemExit(text)
    found = [getattr(builtins, k, None) for k in kinds if type(k) is str]
    base = next((k for k in found if isinstance(k, type) and issubclass(k, Exception)), RuntimeError)
    if not proxies.NAME.fullmatch(name):
        name = "Exception"
    kind = type(name, (base,), {"__init__": lambda self, *_: None, "__str__": lambda self: text})
    error: BaseException = base.__new__(kind, text)
    vars(error)["students_line"] = str(data["line"])
    return error
