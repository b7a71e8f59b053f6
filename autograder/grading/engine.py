"""Grade one submission: a pure function of the lab, the bytes handed in and the private seed.

It reads and writes no file and knows no other student, so it runs in any process of any machine, and its result
may be kept under the hash of its arguments.
"""

import time
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader import utils

from autograder.grading import exercises, intake, suspicion
from autograder.grading.bundle import Bundle, Submission
from autograder.grading.execute import code_cells, run_notebook
from autograder.grading.structure import restore
from autograder.jail import JailError

NOTABLE = ("TimeoutError", "DiedError", "ScoreError")


class MachineFault(Exception):
    """Grading failed for a reason that lies in this machine; nothing is known about the submission."""


def grade_submission(bundle: Bundle, submission: Submission, seed: str) -> tuple[dict[str, Any], str]:
    """The result, which JSON can hold, and the executed notebook as text.

    The result has ``problem`` (why the submission cannot be read; empty if it can), ``scores`` by test,
    ``exercises`` (what the student is told), ``repairs`` and ``flags`` (what the instructor is told) and ``seconds``.
    Raises :class:`MachineFault`.
    """
    started = time.monotonic()
    try:
        submitted = intake.parse(submission.notebook, f"{bundle.lab}.ipynb")
    except intake.SubmissionProblem as problem:
        return hopeless(bundle, str(problem)), ""
    notebook, repairs = restore(submitted, bundle.structure)
    try:
        reports = run_notebook(
            notebook, {**submission.files, **bundle.files}, bundle.limits, seed, bundle.unsafe
        )
    except (JailError, OSError) as error:
        raise MachineFault(f"{type(error).__name__}: {error}") from error
    found = [
        exercises.of_cell(bundle.lab, cell, notebook, reports) for cell in bundle.structure if cell.grade
    ]
    result = {
        "problem": "",
        "scores": {exercise["test"]: exercise["points"] for exercise in found},
        "exercises": found,
        "unanswered": unanswered(notebook),
        "repairs": [*submission.left_out, *repairs],
        "flags": flags_of(notebook),
        "attempts": attempts_in(notebook),
        "seconds": round(time.monotonic() - started, 3),
    }
    return result, nbformat.writes(notebook)


def hopeless(bundle: Bundle, problem: str) -> dict[str, Any]:
    """The result of a submission that cannot be read."""
    tests = [cell for cell in bundle.structure if cell.grade]
    return {
        "problem": problem,
        "scores": {cell.name: 0.0 for cell in tests},
        "exercises": [exercises.unread(bundle.lab, cell) for cell in tests],
        "unanswered": [],
        "repairs": [],
        "flags": [],
        "attempts": [],
        "seconds": 0.0,
    }


def attempts_in(notebook: NotebookNode) -> list[str]:
    """What the student's own cells reach for that no exercise needs."""
    own = [cell.source for cell in code_cells(notebook) if not utils.is_locked(cell)]
    return list(dict.fromkeys(found for source in own for found in suspicion.attempts(source)))


def unanswered(notebook: NotebookNode) -> list[str]:
    """The answer cells that are as they were released."""
    found = []
    for cell in notebook.cells:
        known = cell.metadata.get("nbgrader", {})
        if known.get("solution") and known.get("checksum") == utils.compute_checksum(cell):
            found.append(str(known["grade_id"]))
    return found


def flags_of(notebook: NotebookNode) -> list[str]:
    """What happened while the submission ran that an instructor should know."""
    flags = []
    for number, cell in enumerate(code_cells(notebook), start=1):
        name = cell.metadata.get("nbgrader", {}).get("grade_id", f"code cell {number}")
        for output in cell.outputs:
            if output.output_type == "error" and output.ename.endswith(NOTABLE):
                flags.append(f"{name}: {output.evalue}")
    return flags
