"""Which form of a function runs: a fast one, as everywhere, or the one that its lesson explains.

Functions with both forms ask :func:`by_lesson`. The tests hold the two forms together.
"""

from collections.abc import Iterator
from contextlib import contextmanager

_by_lesson = False


@contextmanager
def lesson_forms(on: bool = True) -> Iterator[None]:
    """While it lasts, models run what the lessons explain: attention with its weights, norms and GELU by their formulas.

    That is slower, and what a student's own package is meant to run. With ``on=False`` nothing changes. It holds for every thread
    of the process.

    >>> with lesson_forms():
    ...     by_lesson()
    True
    """
    global _by_lesson  # noqa: PLW0603 (torch.compile reads a plain global)
    before = _by_lesson
    _by_lesson = on or before
    try:
        yield
    finally:
        _by_lesson = before


def by_lesson() -> bool:
    """Whether the form that the lesson explains is to run.

    >>> by_lesson()
    False
    """
    return _by_lesson
