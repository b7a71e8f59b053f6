"""What a submission is made of: the cells that the instructor released, with the student's answers in them.

A submitted notebook is a text file that its author may have edited anywhere, so nothing in it is
believed but the text of answer cells and of cells that the student added. Tests, locked cells, points,
order and metadata come from the gradebook. Stock nbgrader believes the metadata, and stops with a
``KeyError`` when a locked cell that carries no points was deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
PRIVATE_BEGINS = "BEGIN HIDDEN TESTS"
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class SourceCell:
    """One cell that nbgrader knows, as it was released (with its hidden tests)."""

    name: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    solution: bool
    grade: bool = False
    task: bool = False
    points: float | None = None

    @property
    def test(self) -> bool:
        """Whether the cell only tests: its value is the score."""
        return self.grade and not self.solution

    def cell(self, text: str) -> NotebookNode:
        """A notebook cell with this cell's metadata."""
        nbgrader: dict[str, Any] = {
            "schema_version": 3,
            "grade_id": self.name,
            "grade": self.grade,
            "solution": self.solution,
            "task": self.task,
            "locked": self.locked,
            "cell_type": self.cell_type,
            "checksum": self.checksum,
        }
        if self.points is not None:
            nbgrader["points"] = self.points
        metadata: dict[str, Any] = {"nbgrader": nbgrader}
        if self.locked:
            metadata |= {"deletable": False, "editable": False}
        return NEW_CELL[self.cell_type](text, metadata=from_dict(metadata))


def read_structure(db_url: str, lab: str, notebook: str) -> list[SourceCell]:
    """The released cells of a lab's notebook, in the order of the source."""
    with Gradebook(db_url) as gradebook:
        entry = gradebook.find_notebook(notebook, lab)
        points = {c.name: float(c.max_score) for c in [*entry.grade_cells, *entry.task_cells]}
        grades = {c.name for c in entry.grade_cells}
        solutions = {c.name for c in entry.solution_cells}
        tasks = {c.name for c in entry.task_cells}
        return [
            SourceCell(
                name=c.name,
                cell_type=c.cell_type,
                source=c.source,
                checksum=c.checksum,
                locked=c.locked,
                solution=c.name in solutions,
                grade=c.name in grades,
                task=c.name in tasks,
                points=points.get(c.name),
            )
            for c in entry.source_cells
        ]


def restore(submitted: NotebookNode, structure: Sequence[SourceCell]) -> tuple[NotebookNode, list[str]]:
    """The notebook to run, and what had to be repaired, in words for the instructor."""
    known = {cell.name: cell for cell in structure}
    last = {grade_id(cell): i for i, cell in enumerate(submitted.cells)}  # of two copies the later one counts
    repairs: list[str] = []
    found: dict[str, NotebookNode] = {}
    followers: dict[str, list[NotebookNode]] = {"": []}  # cells of the student's own, after which known cell
    here = ""
    for i, cell in enumerate(submitted.cells):
        name = grade_id(cell)
        if name not in known:
            followers[here].append(plain(cell))
        elif last[name] != i:
            repairs.append(f"{name} was there twice; the later one counts")
            followers[here].append(plain(cell))
        else:
            here = name
            followers[here] = []
            found[name] = known[name].cell(counted_text(cell, known[name], repairs))
    if list(found) != [cell.name for cell in structure if cell.name in found]:
        repairs.append("cells had been moved; they are back in the order of the lab")
    return notebook_of(arrange(structure, found, followers, repairs)), repairs


def arrange(
    structure: Sequence[SourceCell],
    found: dict[str, NotebookNode],
    followers: dict[str, list[NotebookNode]],
    repairs: list[str],
) -> list[NotebookNode]:
    """All cells in the source's order; the student's own stay behind the cell they followed.

    A deleted setup cell returns as early as its place allows, since what follows needs it; a deleted test
    as late as possible, since helpers that it needs may come after the answer. A deleted answer does not
    return: its placeholder would replace a definition that the student has written elsewhere.
    """
    cells: list[NotebookNode] = []
    waiting = followers[""]
    returned_test = False
    gone: list[str] = []
    back: list[str] = []
    for source in structure:
        if source.name in found:
            cells += [*waiting, found[source.name]]
            waiting, returned_test = followers[source.name], False
            continue
        returns = source.locked or source.grade or source.task
        (back if returns else gone).append(source.name)
        if not returns:
            continue
        returned_test = returned_test or source.test
        (waiting if returned_test else cells).append(source.cell(source.source))
    repairs += [*deleted(gone), *deleted(back, "; it is back", "; they are back")]
    return cells + waiting


def deleted(names: list[str], one: str = "", several: str = "") -> list[str]:
    """What happened to cells, in one sentence at most.

    >>> deleted(["a", "b"], "; it is back", "; they are back")
    ['2 cells were deleted; they are back: a, b']
    """
    if len(names) < 2:
        return [f"{name} was deleted{one}" for name in names]
    return [f"{len(names)} cells were deleted{several}: {', '.join(names)}"]


def grade_id(cell: NotebookNode) -> str:
    """The name by which nbgrader would know the cell; empty for a cell of the student's own."""
    nbgrader = cell.get("metadata", {}).get("nbgrader")
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return name if isinstance(name, str) else ""


def text_of(cell: NotebookNode) -> str:
    """The text of a cell, whatever system it was written on: lines end with a line feed alone."""
    return str(cell.source).removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")


def counted_text(cell: NotebookNode, source: SourceCell, repairs: list[str]) -> str:
    """The text that counts; notes what the student changed of a cell that was not theirs to change."""
    points = cell.metadata.nbgrader.get("points")
    if source.points is not None and points != source.points:
        claimed = f"{points:g} points" if type(points) in (int, float) else "points that are no number"
        repairs.append(f"{source.name} claimed {claimed}; it has {source.points:g}")
    if cell.cell_type != source.cell_type:
        repairs.append(f"{source.name} had become a {cell.cell_type} cell")
    text = text_of(cell)
    if not source.locked:
        return text
    # A test is released without its hidden part, so its text is compared with what was released.
    if lines_of(text) != lines_of(released_text(source.source)):
        repairs.append(f"{source.name} had been edited; the released text counts")
    return source.source


def has_private_part(source: str) -> bool:
    """Whether a test holds lines that students do not get."""
    return PRIVATE_BEGINS in source


def released_text(source: str) -> str:
    """A test cell as students get it."""
    kept, hidden = [], False
    for line in source.split("\n"):
        if PRIVATE_BEGINS in line:
            hidden = True
        elif "END HIDDEN TESTS" in line:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)


def lines_of(text: str) -> list[str]:
    """The lines of a text without the blanks at their ends, which many editors remove."""
    return [line.rstrip() for line in text.strip().split("\n")]


def plain(cell: NotebookNode) -> NotebookNode:
    """A cell of the student's own: its kind and its text, without tags, outputs or metadata."""
    return NEW_CELL[cell.cell_type](text_of(cell))


def notebook_of(cells: list[NotebookNode]) -> NotebookNode:
    """A notebook with these cells and nothing else; the same cells always give the same notebook."""
    for i, cell in enumerate(cells):
        cell.id = f"cell-{i}"
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


class RestoreStructure(NbGraderPreprocessor):
    """nbgrader preprocessor around :func:`restore`; each repair is logged as a warning."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        names = resources["nbgrader"]
        structure = read_structure(names["db_url"], names["assignment"], names["notebook"])
        restored, repairs = restore(nb, structure)
        for repair in repairs:
            self.log.warning("%s: %s", names["student"], repair)
        return restored, resources
