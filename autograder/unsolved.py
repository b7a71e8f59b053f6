"""What a notebook shows where a cell uses an exercise that is not written yet: one sentence, no traceback."""

import traceback
from typing import Any

from autograder.kernel import kernel_shell

STUDENTS_FILES = ("ipykernel_", "<ipython-input", "<cell of ")  # names of the code of a notebook's cells


def explain_unsolved() -> None:
    """From now on, a cell of this notebook that meets an unsolved exercise says which one; elsewhere nothing changes."""
    if shell := kernel_shell():
        shell.set_custom_exc((NotImplementedError,), show)


def show(shell: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> None:
    """IPython's handler for an error: the cell fails as before, only its text is another."""
    if name := unsolved(trace):
        text = (
            f"{name} is not written yet: replace `raise NotImplementedError` in its cell by your answer, "
            "run that cell, and then this one again."
        )
        error._render_traceback_ = lambda: [text]
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def unsolved(trace: Any) -> str:
    """The function or class of the student's cells that raised; empty if it was none of these."""
    last, _ = list(traceback.walk_tb(trace))[-1]
    code = last.f_code
    named = is_students(code.co_filename) and code.co_name != "<module>"
    return code.co_qualname.split(".")[0] if named else ""


def is_students(filename: str) -> bool:
    """Whether code from there stands in a cell of a notebook."""
    return any(mark in filename for mark in STUDENTS_FILES)
