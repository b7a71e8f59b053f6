"""Look at what was handed in, before anything trusts it."""

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_notebook

from autograder.grading.bundle import Submission
from autograder.grading.files import NotPlain, files_beside, read_plain
from autograder.grading.structure import NEW_CELL

LARGEST_NOTEBOOK = 50 * 2**20
CURRENT_FORMAT = 4


class SubmissionProblem(Exception):
    """Why a submission cannot be graded, in one line for the instructor: value, rule, fix."""


def students_of(submitted: Path) -> list[str]:
    """Everyone with a folder (or something in its place) among the submissions, in alphabetical order."""
    if not submitted.is_dir():
        return []
    return sorted(
        p.name for p in submitted.iterdir() if not p.name.startswith(".") and (p.is_dir() or p.is_symlink())
    )


def read_submission(submitted: Path, student: str, lab: str) -> Submission:
    """What a student handed in; raises :class:`SubmissionProblem`."""
    path = submitted / student / lab / f"{lab}.ipynb"
    for part in (path.parent.parent, path.parent, path):
        if part.is_symlink():
            shown = part.relative_to(submitted)
            raise SubmissionProblem(
                f"{shown} is a link; a submission holds its own files; copy the target there"
            )
    if not path.parent.is_dir():
        there = listing(path.parent.parent)
        raise SubmissionProblem(
            f"no folder {lab} was handed in, only {there}; ask {student} for {lab}/{lab}.ipynb"
        )
    if not path.is_file():
        there = listing(path.parent)
        raise SubmissionProblem(
            f"{lab}/ holds {there}, not {lab}.ipynb; the notebook keeps its name; rename it"
        )
    size = path.stat().st_size
    if size > LARGEST_NOTEBOOK:
        raise SubmissionProblem(
            f"{path.name} has {size:,} bytes; at most {LARGEST_NOTEBOOK:,}; clear its outputs"
        )
    try:
        notebook = read_plain(path, LARGEST_NOTEBOOK)
    except NotPlain as problem:
        raise SubmissionProblem(
            f"{path.name} does not enter: {problem}; hand in a copy that others may read"
        ) from None
    files, left_out = files_beside(path.parent)
    return Submission(notebook, files, tuple(left_out))


def listing(folder: Path) -> str:
    """What lies in a folder, briefly."""
    names = sorted(p.name for p in folder.iterdir())
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "") if names else "nothing"


def parse(content: bytes, name: str) -> NotebookNode:
    """A notebook in the current format from the bytes of a file."""
    again = "open it in JupyterLab, save and submit again"
    if not content.strip():
        raise SubmissionProblem(f"{name} is empty; a notebook is a JSON file; {again}")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SubmissionProblem(
            f"{name} is not JSON ({error}); a notebook is a JSON file; {again}"
        ) from error
    try:
        return new_notebook(cells=[tidy(cell) for cell in cells_of(data)])
    except Exception as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise SubmissionProblem(f"{name} is JSON but no notebook ({why}); {again}") from error


def cells_of(data: Any) -> list[Any]:
    """The cells in today's format; notebooks from before 2014 are converted."""
    if data["nbformat"] >= CURRENT_FORMAT:
        return list(data["cells"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(nbformat.reads(json.dumps(data), as_version=CURRENT_FORMAT).cells)


def tidy(cell: Any) -> NotebookNode:
    """What counts of a cell: its kind, its text, and the name by which nbgrader knows it."""
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else source
    if not isinstance(text, str):
        raise TypeError(f"the text of a cell is a {type(text).__name__}")
    if cell["cell_type"] not in NEW_CELL:
        raise ValueError(f"a cell has the unknown kind {cell['cell_type']!r}")
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    kept = {"nbgrader": nbgrader} if isinstance(nbgrader, dict) else {}
    text = text.encode(errors="replace").decode()  # half a character cannot be written to a file
    return NEW_CELL[cell["cell_type"]](text, metadata=nbformat.from_dict(kept))
