"""Run a restored notebook so that one bad cell costs the points of one exercise and no others.

nbgrader's own executor lets a cell that ends the kernel take all later cells with it, gives full marks to a
test that printed nothing, and none to one that printed a warning.
"""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Instance, Unicode

from autograder.grading.files import files_beside
from autograder.grading.limits import Limits
from autograder.grading.outputs import error_output
from autograder.grading.processes import jail
from autograder.grading.seed import SEED_VARIABLE, grading_seed
from autograder.grading.session import CellRun, Session
from autograder.grading.structure import grade_id
from autograder.grading.words import is_test, tell_without_private_inputs

STOPPED = "CellTimeoutError"


class NotebookRun:
    """One notebook, and as many processes as it wears out.

    The student's cells run in the student's process, tests in the judge's, and what else the instructor wrote in both.
    """

    def __init__(
        self,
        cells: Sequence[NotebookNode],
        files: Mapping[str, bytes],
        limits: Limits,
        seed: str,
        unsafe: bool = False,
        guilty: Collection[int] = (),
    ) -> None:
        self.cells = up_to_the_last_graded([c for c in cells if c.cell_type == "code"])
        self.limits = limits
        self.session = Session(jail(unsafe), limits, {SEED_VARIABLE: seed}, files)
        self.guilty = set(guilty)  # positions of cells that must not run again
        self.reports: dict[str, list[dict[str, Any]]] = {}
        self.seconds: dict[str, float] = {}  # by the names of the cells that nbgrader knows
        self.stopped: list[str] = []
        self.deadline = time.monotonic() + limits.total_seconds

    def run(self) -> None:
        """Fill in the outputs of every code cell."""
        try:
            for position, cell in enumerate(self.cells):
                cell.outputs = []
                if cell.source.strip() and position not in self.guilty:
                    started = time.monotonic()
                    cell.outputs = self.outputs_of(position, cell)
                    self.note_time(cell, time.monotonic() - started)
        finally:
            self.session.close()

    def note_time(self, cell: NotebookNode, seconds: float) -> None:
        """Remember how long a cell took, and whether it was stopped."""
        name = grade_id(cell)
        if name:
            self.seconds[name] = round(seconds, 3)
            if any(o.output_type == "error" and o.ename == STOPPED for o in cell.outputs):
                self.stopped.append(name)

    def outputs_of(self, position: int, cell: NotebookNode) -> list[Any]:
        """Run one cell and judge what it gave."""
        if time.monotonic() > self.deadline:
            used = f"the {self.limits.total_seconds:g} seconds for the whole notebook were used up before this cell"
            return [error_output("NotebookTimeoutError", used)]
        self.prepare(position)
        if is_test(cell):
            result = self.session.run_judge(cell.source, self.seconds_for(cell))
            self.reports[cell.metadata.nbgrader.grade_id] = result.reports
            return scored(result.outputs, cell, self.verdict(result))
        result = self.run_untested(position)
        return result.outputs + self.verdict(result)

    def seconds_for(self, cell: NotebookNode) -> float:
        """The time that a cell gets."""
        ours = utils.is_locked(cell)  # written by the instructor, as tests are
        seconds = self.limits.test_seconds if ours else self.limits.cell_seconds
        return min(seconds, max(1.0, self.deadline - time.monotonic()))

    def verdict(self, result: CellRun) -> list[Any]:
        """An error for a cell that did not come to its end."""
        if result.ended == "timeout":
            text = f"the cell was stopped after {result.allowed:.0f} seconds; does a loop in it never end?"
            return [error_output(STOPPED, text)]
        if result.ended == "died":
            text = "the cell ended the Python process: by exit, by a crash, or because the memory or time allowed ran out"
            return [error_output("KernelDiedError", text)]
        return []

    def prepare(self, position: int) -> None:
        """Bring both processes into the state before ``position``: earlier cells run again, but tests and guilty cells."""
        while self.session.pair is None:
            self.session.start()
            for i, cell in enumerate(self.cells[:position]):
                if i not in self.guilty and not is_test(cell) and cell.source.strip():
                    self.run_untested(i)
                if self.session.pair is None:
                    break

    def run_untested(self, position: int) -> CellRun:
        """Run a cell that is no test: in the student's process, and if the instructor wrote it in the judge's too."""
        cell = self.cells[position]
        result = self.run_student(position)
        if utils.is_locked(cell) and self.session.pair:
            self.session.run_judge(cell.source, self.seconds_for(cell))
            if self.session.pair is None:
                self.guilty.add(position)
        return result

    def run_student(self, position: int) -> CellRun:
        """Run a cell in the student's process, and remember if it must not run again."""
        cell = self.cells[position]
        result = self.session.run_student(cell.source, self.seconds_for(cell))
        if result.ended != "finished" or not result.usable:
            self.guilty.add(position)
        return result


def up_to_the_last_graded(cells: Sequence[NotebookNode]) -> Sequence[NotebookNode]:
    """Without the cells after the last one with points: a lab ends with experiments that change no score."""
    graded = [i for i, cell in enumerate(cells) if utils.is_grade(cell)]
    return cells[: graded[-1] + 1] if graded else cells


def scored(outputs: list[Any], cell: NotebookNode, ending: Sequence[Any] = ()) -> list[Any]:
    """A test cell's outputs with exactly one thing in them that decides the score: a value or an error.

    ``ending`` says how the cell ended if not by itself; it counts only where the cell gave no value.
    """
    errors = [o for o in outputs if o.output_type == "error"]
    values = [o for o in outputs if o.output_type == "execute_result"]
    others = [o for o in outputs if o.output_type not in ("error", "execute_result")]
    for output in others:
        if output.output_type == "stream":
            output.name = "stdout"  # nbgrader gives 0 for a word on stderr, such as a warning
    if ending and (errors or not values):
        return [*others, *ending]
    if errors:
        return [*others, *errors]
    problem = value_problem(values, float(cell.metadata.nbgrader.points))
    if problem:
        return [*others, error_output("NoScoreError", problem)]
    return [*others, values[-1]]


def value_problem(values: list[Any], points: float) -> str:
    """Why the value of a test cell is no score; empty if it is one."""
    if not values:
        return "the test gave no score; it must end with a number of points"
    text = str(values[-1].data.get("text/plain", ""))
    try:
        value = float(text)
    except ValueError:
        return f"the test gave {text[:80]!r} as its score; it must be a number"
    if not (math.isfinite(value) and 0 <= value <= points):
        return f"the test gave {text[:80]} as its score; it must lie between 0 and {points:g}"
    return ""


def run_notebook(
    nb: NotebookNode, files: Mapping[str, bytes], limits: Limits, seed: str, unsafe: bool = False
) -> NotebookRun:
    """Execute ``nb`` in place, with ``files`` beside it; the run has the reports of the checks, and how long cells took.

    ``unsafe`` runs it without a jail.
    """
    run = NotebookRun(nb.cells, files, limits, seed, unsafe)
    run.run()

    def again(cells: Sequence[NotebookNode]) -> NotebookRun:
        told = NotebookRun(cells, files, limits, "", unsafe, run.guilty)
        told.run()
        return told

    tell_without_private_inputs(run, again)
    return run


class JudgedExecute(NbGraderPreprocessor):
    """nbgrader preprocessor around :func:`run_notebook`."""

    limits = Instance(Limits, args=(), help="what a submission may use").tag(config=True)
    seed_file = Unicode("", help="where the private seed of the graded inputs is kept").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        folder = Path(resources["metadata"]["path"] or ".")
        files, left_out = files_beside(folder)
        for problem in left_out:
            self.log.warning("%s: %s", folder, problem)
        run_notebook(nb, files, self.limits, grading_seed(Path(self.seed_file)))
        return nb, resources


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells that run."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]
