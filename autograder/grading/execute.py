"""Run a restored notebook so that one bad cell costs the points of one exercise and no others.

nbgrader's own executor lets a cell that ends the kernel take all later cells with it, gives full marks to a
test that printed nothing, and none to one that printed a warning.
"""

import math
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Instance, List, Unicode

from autograder.grading.limits import Limits
from autograder.grading.seed import SEED_VARIABLE, grading_seed
from autograder.grading.session import CellRun, Kernel

MAX_FILES_BYTES = 50 * 2**20


class NotebookRun:
    """One notebook, one folder, and as many kernels as the notebook wears out."""

    def __init__(
        self, cells: Sequence[NotebookNode], folder: Path, limits: Limits, variables: dict[str, str]
    ) -> None:
        self.cells = up_to_the_last_graded([c for c in cells if c.cell_type == "code"])
        self.folder = folder
        self.limits = limits
        self.variables = variables
        self.guilty: set[int] = set()
        self.kernel: Kernel | None = None
        self.deadline = time.monotonic() + limits.total_seconds

    def run(self) -> None:
        """Fill in the outputs of every code cell."""
        try:
            for position, cell in enumerate(self.cells):
                cell.outputs = []
                if cell.source.strip():
                    cell.outputs = self.outputs_of(position, cell)
        finally:
            self.close()

    def outputs_of(self, position: int, cell: NotebookNode) -> list[Any]:
        """Run one cell and judge what it gave."""
        if time.monotonic() > self.deadline:
            used = f"the {self.limits.total_seconds:g} seconds for the whole notebook were used up before this cell"
            return [error_output("NotebookTimeoutError", used)]
        kernel = self.kernel or self.new_kernel(position)
        result = kernel.run(cell.source, self.seconds_for(cell))
        outputs = result.outputs + self.verdict(result)
        self.note(position, result)
        return scored(outputs, cell) if is_test(cell) else outputs

    def seconds_for(self, cell: NotebookNode) -> float:
        """The time that a cell gets."""
        ours = utils.is_locked(cell)  # written by the instructor, as tests are
        seconds = self.limits.test_seconds if ours else self.limits.cell_seconds
        return min(seconds, max(1.0, self.deadline - time.monotonic()))

    def verdict(self, result: CellRun) -> list[Any]:
        """An error for a cell that did not come to its end."""
        if result.ended == "timeout":
            text = f"the cell was stopped after {result.allowed:.0f} seconds; does a loop in it never end?"
            return [error_output("CellTimeoutError", text)]
        if result.ended == "died":
            text = "the cell ended the Python process: by exit, by a crash, or because the memory or time allowed ran out"
            return [error_output("KernelDiedError", text)]
        return []

    def new_kernel(self, position: int) -> Kernel:
        """A kernel in the state before ``position``: earlier cells run again, but tests and guilty cells."""
        while True:
            self.kernel = kernel = Kernel(self.folder, self.limits, self.variables)
            for i, cell in enumerate(self.cells[:position]):
                if i in self.guilty or is_test(cell) or not cell.source.strip():
                    continue
                result = kernel.run(cell.source, self.seconds_for(cell))
                self.note(i, result)
                if not result.usable:
                    break
            else:
                return kernel

    def note(self, position: int, result: CellRun) -> None:
        """Remember a cell that must not run again, and end a process that is of no more use."""
        if result.ended != "finished" or not result.usable:
            self.guilty.add(position)
        if not result.usable:
            self.close()

    def close(self) -> None:
        """End the kernel, if one runs."""
        if self.kernel:
            self.kernel.close()
            self.kernel = None


def up_to_the_last_graded(cells: Sequence[NotebookNode]) -> Sequence[NotebookNode]:
    """Without the cells after the last one with points: a lab ends with experiments that change no score."""
    graded = [i for i, cell in enumerate(cells) if utils.is_grade(cell)]
    return cells[: graded[-1] + 1] if graded else cells


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell's value is a score."""
    return bool(utils.is_grade(cell) and not utils.is_solution(cell))


def scored(outputs: list[Any], cell: NotebookNode) -> list[Any]:
    """A test cell's outputs with exactly one thing in them that decides the score: a value or an error."""
    errors = [o for o in outputs if o.output_type == "error"]
    values = [o for o in outputs if o.output_type == "execute_result"]
    others = [o for o in outputs if o.output_type not in ("error", "execute_result")]
    for output in others:
        if output.output_type == "stream":
            output.name = "stdout"  # nbgrader gives 0 for a word on stderr, such as a warning
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


def error_output(name: str, text: str) -> NotebookNode:
    """An error as a kernel would report it."""
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def run_notebook(nb: NotebookNode, folder: Path, limits: Limits, seed: str) -> None:
    """Execute ``nb`` in place, in a private copy of ``folder``, with the private seed in the environment."""
    with tempfile.TemporaryDirectory(prefix="seq2gpt-grading-") as private:
        copy_files(folder, Path(private))
        NotebookRun(nb.cells, Path(private), limits, {SEED_VARIABLE: seed}).run()


def copy_files(source: Path, target: Path) -> None:
    """Copy what lies beside the notebook, as far as there is room; never follow a link out of the folder."""
    room = MAX_FILES_BYTES
    for folder, _, names in os.walk(source):  # does not enter linked folders
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_symlink() or not path.is_file() or path.suffix == ".ipynb":
                continue
            room -= path.stat().st_size
            if room < 0:
                return
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


class BoundedExecute(NbGraderPreprocessor):
    """nbgrader preprocessor around :func:`run_notebook`."""

    limits = Instance(Limits, args=(), help="what a submission may use").tag(config=True)
    seed_file = Unicode("", help="where the private seed of the graded inputs is kept").tag(config=True)
    executed: Any = List(help="outputs of each code cell, when the notebook has run already").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        if self.executed:
            for cell, outputs in zip(code_cells(nb), self.executed, strict=True):
                cell.outputs = outputs
        else:
            folder = Path(resources["metadata"]["path"] or ".")
            run_notebook(nb, folder, self.limits, grading_seed(Path(self.seed_file)))
        return nb, resources


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells that run."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]
