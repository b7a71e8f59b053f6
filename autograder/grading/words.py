"""What a student reads comes from a process that has never seen a private input.

The student's code is called with private inputs, can keep them, and can show them when it is called again with open
ones: as what it prints, as the text of an error, as a wrong result that a check quotes. So where the feedback would
quote it after that, the notebook runs once more without the private parts of its tests. The points are those of the
first run, the words those of the second. Most submissions that are right need none.
"""

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils

from autograder.grading.structure import grade_id, has_private_part, released_text

if TYPE_CHECKING:
    from autograder.grading.execute import NotebookRun

Again = Callable[[Sequence[NotebookNode]], "NotebookRun"]


def tell_without_private_inputs(run: "NotebookRun", again: Again) -> None:
    """Replace what could show private inputs; ``again`` runs cells without the private seed."""
    tests = [i for i, cell in enumerate(run.cells) if is_test(cell)]
    first = next((i for i in tests if has_private_part(run.cells[i].source)), len(run.cells))
    quoting = [i for i in tests if i > first and quotes(run, run.cells[i])]
    if not quoting:
        return
    told = again([open_part(cell) for cell in run.cells[: quoting[-1] + 1]])
    for i, (cell, twin) in enumerate(zip(run.cells, told.cells, strict=False)):
        if i <= first or i in run.guilty:
            continue
        if is_test(cell):
            name = grade_id(cell)
            private = [report for report in run.reports.get(name, ()) if report["hidden"]]
            run.reports[name] = [*told.reports.get(name, ()), *private]
            cell.outputs = [*filter(is_open, twin.outputs), *(o for o in cell.outputs if not is_open(o))]
        elif not utils.is_locked(cell):
            cell.outputs = twin.outputs


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell's value is a score."""
    return bool(utils.is_grade(cell) and not utils.is_solution(cell))


def quotes(run: "NotebookRun", test: NotebookNode) -> bool:
    """Whether the feedback on a test would hold words of the student's code."""
    shown = [report for report in run.reports.get(grade_id(test), ()) if not report["hidden"]]
    if not shown:
        return bool(test.get("outputs")) and not has_private_part(test.source)
    return any(
        report["printed"]
        or (
            not report["blank"]
            and (report["problem"] or any(check["message"] or check["line"] for check in report["checks"]))
        )
        for report in shown
    )


def open_part(cell: NotebookNode) -> NotebookNode:
    """A copy of a cell; of a test, what was released of it."""
    twin = copy.deepcopy(cell)
    if is_test(cell):
        twin.source = released_text(cell.source)
    return twin


def is_open(output: Any) -> bool:
    """Whether an output says what a check found with open inputs; the others decide the score, or hold no inputs."""
    return output.output_type in ("stream", "display_data") and not output.get("metadata", {}).get("private")
