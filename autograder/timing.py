"""What ends a check early: a bound on its time, so that an endless loop costs its own points only.

Processor time is counted, not the clock's: a busy machine must not cost an honest answer its points.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class TooSlow(BaseException):
    """Raised in the student's code; not an ``Exception``, so that a bare ``except Exception`` lets it by."""


class ProcessEnded(Exception):
    """The process in which the student's code ran is gone."""

    def __init__(self) -> None:
        super().__init__(
            "the Python process had ended: by exit, by a crash, or because the memory or time allowed ran out"
        )


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the body after ``seconds`` of processor time where the platform can: POSIX, main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
