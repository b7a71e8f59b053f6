"""A lab is fit to be graded when every answer has a test and the course's own answers earn all points."""

import copy
import io
import tokenize
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Instance, Unicode

from autograder.grading.bundle import Bundle, Submission, key_of
from autograder.grading.engine import MachineFault
from autograder.grading.execute import code_cells, run_notebook
from autograder.grading.exercises import of_cell
from autograder.grading.files import files_beside
from autograder.grading.limits import Limits
from autograder.grading.pool import Runner
from autograder.grading.seed import grading_seed
from autograder.grading.store import Store
from autograder.grading.structure import SourceCell
from autograder.grading.words import is_test
from autograder.jail import JailUnavailable
from seq2gpt.errors import UserError

SAYS_NOTHING = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER)


class RequireTests(NbGraderPreprocessor):
    """The first step of nbgrader's ``generate_assignment``: refuse a lab with an answer that nothing tests."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        require_tests(nb)
        return nb, resources


class RequireFullPoints(NbGraderPreprocessor):
    """The second step: refuse a lab whose own answers do not earn all points. Where there is no jail it says that it did not try."""

    limits = Instance(Limits, args=(), help="what a submission may use").tag(config=True)
    seed_file = Unicode("", help="where the private seed of the graded inputs is kept").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        tried = copy.deepcopy(nb)
        files, _ = files_beside(Path(resources["metadata"]["path"] or "."))
        try:
            run = run_notebook(tried, files, self.limits, grading_seed(Path(self.seed_file)))
        except JailUnavailable as error:
            self.log.warning("the course's own answers were not tried: %s", error)
            return nb, resources
        lab = resources["nbgrader"]["assignment"]
        found = [
            of_cell(lab, described(cell), tried, run.reports) for cell in filter(is_test, code_cells(tried))
        ]
        if shortfall := shortfall_of({"exercises": found}):
            raise UserError(f"{shortfall}; nothing was released; correct the test or the answer")
        return nb, resources


def described(cell: NotebookNode) -> SourceCell:
    """A cell of the instructor's notebook, as the gradebook would describe it."""
    known = cell.metadata.nbgrader
    return SourceCell(
        name=known.grade_id,
        cell_type=cell.cell_type,
        source=cell.source,
        checksum="",
        locked=True,
        solution=False,
        grade=True,
        points=float(known.points),
    )


def require_tests(notebook: NotebookNode) -> None:
    """``UserError``, which names the cell, for an answer without a test below it and for a test without code."""
    answer = ""
    for cell in notebook.cells:
        known = cell.metadata.get("nbgrader", {})
        if known.get("solution"):
            if answer:
                break
            answer = "" if known.get("grade") else known["grade_id"]  # a person grades an answer with points
        elif known.get("grade"):
            if cell.cell_type == "code" and not has_code(cell.source):
                raise UserError(
                    f"the test {known['grade_id']} has no code, so that everybody would pass it; write it"
                )
            answer = ""
    if answer:
        raise UserError(
            f"the answer {answer} has no test before the next answer; add a cell with points below it"
        )


def has_code(source: str) -> bool:
    """Whether a cell has more than comments.

    >>> has_code("# later"), has_code("1.0  # a score")
    (False, True)
    """
    try:
        return any(t.type not in SAYS_NOTHING for t in tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return True  # it will fail, and say so


def require_full_points(runner: Runner, store: Store, bundle: Bundle, seed: str, source: Path) -> None:
    """``UserError``, which names the test, unless the course's own answers in ``source`` earn all points."""
    submission = Submission(source.read_bytes())
    key = key_of(bundle, submission, seed)
    if store.result(key) is not None:
        return
    shortfall = ""
    for _ in range(max(1, runner.tries)):  # a busy machine may make a test late
        ((_, graded),) = runner.run(bundle, seed, [("", submission)])
        if isinstance(graded, MachineFault):
            raise UserError(f"the solution of {bundle.lab} could not be run here ({graded}); grade again")
        shortfall = shortfall_of(graded[0])
        if not shortfall:
            store.keep(key, graded[0], "")  # nobody needs the solution in one more place
            return
    raise UserError(f"{shortfall}; nobody was graded; correct the test or the answer")


def shortfall_of(result: dict[str, Any]) -> str:
    """The first test that does not give all points, and why; empty if all do."""
    for exercise in result["exercises"]:
        if exercise["points"] is not None and exercise["points"] < exercise["max_points"]:
            failed = [
                c["message"] or c["sentence"] for c in exercise["checks"] if not c["passed"] and c["points"]
            ]
            why = exercise["message"] or "; ".join(failed) or "it returned too few points"
            return (
                f"the test {exercise['test']} gives the course's own answer {exercise['points']:g} of "
                f"{exercise['max_points']:g} points ({why})"
            )
    return ""
