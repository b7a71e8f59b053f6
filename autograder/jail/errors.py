"""What goes wrong with a jail: never the fault of the code that runs in it."""


class JailError(RuntimeError):
    """A step of the isolation failed, so the child was not run; ``step`` names it.

    >>> raise JailError("mount /proc", "Operation not permitted")
    Traceback (most recent call last):
    autograder.jail.errors.JailError: mount /proc: Operation not permitted
    """

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.parts = (step, reason)
