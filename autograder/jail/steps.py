"""Every step of the isolation has a name, and a failure is told by it."""

from collections.abc import Iterator
from contextlib import contextmanager

from autograder.jail.errors import JailError


@contextmanager
def step(name: str) -> Iterator[None]:
    """Turn an error of the operating system into a :class:`JailError` that names the step."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise JailError(name, f"{error.strerror or error}{where}") from error
