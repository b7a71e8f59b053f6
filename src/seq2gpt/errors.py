"""The one error that a user of the command line is meant to read."""


class UserError(ValueError):
    """Something the user gave cannot be used; the message names the value, the rule and the fix.

    The commands print the message alone, on one line, and exit with code 2. In a notebook or a program
    it is an ordinary ``ValueError``.

    >>> raise UserError("n_steps=0 leaves nothing to train; use 1 or more")
    Traceback (most recent call last):
    seq2gpt.errors.UserError: n_steps=0 leaves nothing to train; use 1 or more
    """


def lacks_extra(error: ModuleNotFoundError, extra: str) -> UserError:
    """What to say when a command misses a module that one of the package's extras installs.

    >>> print(lacks_extra(ModuleNotFoundError(name="nbgrader"), "course"))
    the course needs nbgrader, which is not installed; pip install 'seq2gpt[course]'
    """
    return UserError(
        f"the {extra} needs {error.name}, which is not installed; pip install 'seq2gpt[{extra}]'"
    )
