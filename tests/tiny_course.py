"""A course of three one-line exercises without PyTorch, for the tests of the grading engine."""

from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

LAB = "01-tiny"
POINTS = {"double": 2, "square": 3, "negate": 1}
ANSWERS = {
    name: f"def {name}(x):\n    return {body}"
    for name, body in {"double": "2 * x", "square": "x * x", "negate": "-x"}.items()
}
CASES = {"double": [(1, 2), (3, 6)], "square": [(1, 1), (-2, 4), (3, 9)], "negate": [(5, -5)]}
HIDDEN = {"double": [(1, 2), (20, 40)], "square": [(0, 0), (7, 49), (-7, 49)], "negate": [(777, -777)]}
SETUP = """\
import math

def points(function, cases):
    needed = bytearray(2**26)
    return float(sum(function(x) == y for x, y in cases))
"""


def solution_notebook() -> NotebookNode:
    """The instructor's notebook, as nbgrader's source."""
    cells = [new_markdown_cell("# A tiny lab"), cell(SETUP, "setup", locked=True)]
    for name in POINTS:
        body = ANSWERS[name].replace("\n", "\n    ### BEGIN SOLUTION\n") + "\n    ### END SOLUTION"
        tests = (
            f"points({name}, {CASES[name]})\n\n### BEGIN HIDDEN TESTS\npoints({name}, {HIDDEN[name]})\n"
            "### END HIDDEN TESTS"
        )
        cells.append(new_markdown_cell(f"## {name}"))
        cells.append(cell(body, name, solution=True))
        cells.append(cell(tests, f"{name}-check", grade=True, locked=True, points=POINTS[name]))
    return with_ids(
        new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    )


def cell(source: str, name: str, **nbgrader: object) -> NotebookNode:
    """A code cell that nbgrader knows."""
    known = {
        "schema_version": 3,
        "grade": False,
        "solution": False,
        "task": False,
        "locked": False,
    } | nbgrader
    return new_code_cell(source, metadata={"nbgrader": known | {"grade_id": f"{LAB}-{name}"}})


def with_ids(nb: NotebookNode) -> NotebookNode:
    """The same ids every time."""
    for i, c in enumerate(nb.cells):
        c.id = f"id-{i}"
    return nb


def released_notebook() -> NotebookNode:
    """What students get."""
    nb = solution_notebook()
    for c in nb.cells:
        if c.cell_type == "code":
            lines = c.source.split("\n")
            if c.metadata.nbgrader.grade:
                lines = lines[:1]
            if c.metadata.nbgrader.solution:
                lines = [lines[0], "    # YOUR CODE HERE", "    raise NotImplementedError()"]
            c.source = "\n".join(lines)
    return nb


def answered(**answers: str) -> NotebookNode:
    """A submission: right answers, but those given instead."""
    nb = released_notebook()
    for name, text in (ANSWERS | answers).items():
        find(nb, name).source = text
    return nb


def find(nb: NotebookNode, name: str) -> NotebookNode:
    """The cell of a notebook with this name."""
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{LAB}-{name}")


def remove(nb: NotebookNode, *names: str) -> NotebookNode:
    """The notebook without these cells."""
    gone = [find(nb, name) for name in names]
    nb.cells = [c for c in nb.cells if not any(c is g for g in gone)]
    return nb


def insert_after(nb: NotebookNode, name: str, source: str) -> NotebookNode:
    """The notebook with a code cell of the student's own after a known cell."""
    nb.cells.insert(nb.cells.index(find(nb, name)) + 1, new_code_cell(source))
    return nb


def write_course(root: Path) -> None:
    """Write the instructor's notebook."""
    write(solution_notebook(), root / "solutions" / LAB / f"{LAB}.ipynb")


def submit(work: Path, student: str, nb: NotebookNode) -> Path:
    """Hand a notebook in."""
    path = work / "submitted" / student / LAB / f"{LAB}.ipynb"
    write(nb, path)
    return path


def write(nb: NotebookNode, path: Path) -> None:
    """Write a notebook, valid or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(nb), encoding="utf-8")
