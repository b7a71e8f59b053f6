"""Grade one submission: a pure function of the lab, the bytes handed in and the private seed.

It reads and writes no file and knows no other student, so it runs in any process of any machine, and its result
may be kept under the hash of its arguments.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader import utils

from autograder.grading import exercises, intake, suspicion
from autograder.grading.bundle import Bundle, Submission
from autograder.grading.execute import NotebookRun, code_cells, run_notebook
from autograder.grading.outputs import OURS
from autograder.grading.processes import jail
from autograder.grading.structure import restore
from autograder.grading.wording import harmless_throughout, remark
from autograder.jail import JailError
from autograder.lessons import Lesson


class MachineFault(Exception):
    """Grading failed for a reason that lies in this machine; nothing is known about the submission."""


def grade_submission(bundle: Bundle, submission: Submission, seed: str) -> tuple[dict[str, Any], str]:
    """The result, which JSON can hold, and the executed notebook as text.

    The result has ``problem`` (why the submission cannot be read; empty if it can), ``scores`` by test,
    ``exercises`` (what the student is told), ``repairs`` and ``flags`` (what the instructor is told), ``stopped`` (cells that
    took too long), ``jail`` (the kind that it ran in; empty if nothing ran) and ``seconds``.
    Raises :class:`MachineFault`.
    """
    started = time.monotonic()
    try:
        submitted = intake.parse(submission.notebook, f"{bundle.lab}.ipynb")
    except intake.SubmissionProblem as problem:
        return hopeless(bundle, str(problem)), ""
    notebook, repairs = restore(submitted, bundle.structure)
    run = execute(bundle, notebook, submission, seed)
    found = [
        exercises.of_cell(bundle.lab, cell, notebook, run.reports) for cell in bundle.structure if cell.grade
    ]
    result = {
        "problem": "",
        "scores": {exercise["test"]: exercise["points"] for exercise in found},
        "exercises": harmless_throughout(found),
        "unanswered": unanswered(notebook),
        "repairs": [remark(text) for text in (*submission.left_out, *repairs)],
        "flags": [remark(text) for text in flags_of(notebook)],
        "attempts": attempts_in(bundle.lab, notebook),
        "stopped": run.stopped,
        "jail": run.session.jail.kind,
        "seconds": round(time.monotonic() - started, 3),
    }
    return result, nbformat.writes(notebook)


def execute(bundle: Bundle, notebook: NotebookNode, submission: Submission, seed: str) -> NotebookRun:
    """Run a restored notebook; what fails is the machine's fault."""
    files = {**submission.files, **bundle.files}
    try:
        return run_notebook(notebook, files, bundle.limits, seed, bundle.unsafe)
    except (JailError, OSError) as error:
        raise MachineFault(f"{type(error).__name__}: {error}") from error


def jail_is_made(unsafe: bool) -> str:
    """The kind of this process's jail, made now if it was not."""
    return jail(unsafe).kind


def usual_seconds(bundle: Bundle, reference: Submission, seed: str) -> dict[str, float]:
    """How long each cell of the course's own notebook takes, by its name. Raises :class:`MachineFault`."""
    notebook, _ = restore(intake.parse(reference.notebook, bundle.lab), bundle.structure)
    return execute(bundle, notebook, reference, seed).seconds


def with_usual(result: dict[str, Any], usual: Mapping[str, float]) -> dict[str, Any]:
    """The result with the usual time of each cell that was stopped, for student and instructor.

    An answer that was stopped is told in place of the error of its test, which merely follows from it.
    """
    stopped = result["stopped"]
    flags = [flag + usual_words(flag.partition(":")[0], stopped, usual) for flag in result["flags"]]
    said = {name: text for name, _, text in (flag.partition(": ") for flag in flags) if name in stopped}
    told = [
        e | {"message": said.get(e["test"].removesuffix("-check")) or said.get(e["test"]) or e["message"]}
        for e in result["exercises"]
    ]
    return result | {"exercises": told, "flags": flags}


def usual_words(name: str, stopped: Sequence[str], usual: Mapping[str, float]) -> str:
    """How long a cell that was stopped takes with the course's own answer; empty for others."""
    if name not in stopped or name not in usual:
        return ""
    time_taken = "less than 0.1" if usual[name] < 0.1 else f"{usual[name]:.2g}"
    return f" With the course's own answer it takes {time_taken} seconds."


def hopeless(bundle: Bundle, problem: str) -> dict[str, Any]:
    """The result of a submission that cannot be read."""
    tests = [cell for cell in bundle.structure if cell.grade]
    return {
        "problem": remark(problem),
        "scores": {cell.name: 0.0 for cell in tests},
        "exercises": [exercises.unread(bundle.lab, cell) for cell in tests],
        "unanswered": [],
        "repairs": [],
        "flags": [],
        "attempts": [],
        "stopped": [],
        "jail": "",
        "seconds": 0.0,
    }


def attempts_in(lab: str, notebook: NotebookNode) -> list[str]:
    """What the student's own cells reach for that no exercise needs."""
    own = [cell.source for cell in code_cells(notebook) if not utils.is_locked(cell)]
    return list(
        dict.fromkeys(found for source in own for found in suspicion.attempts(source, Lesson(lab).slug))
    )


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
            if output.output_type == "error" and output.ename in OURS:
                flags.append(f"{name}: {output.evalue}")
    return flags
