"""A lab's notebook in a folder of the student's, read and written without Jupyter."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError

Cell = dict[str, Any]
AGAIN = (
    "Jupyter keeps the last version in .ipynb_checkpoints beside it, `submit` each that you handed in; copy one of them here, "
    "or move the file away, and `seq2gpt course update` brings an empty one"
)


@dataclass(frozen=True)
class LabFile:
    """The notebook of ``lab``; ``data`` is the file's content as JSON."""

    lab: str
    path: Path
    data: dict[str, Any]

    @property
    def cells(self) -> list[Cell]:
        """All cells in their order."""
        cells: list[Cell] = self.data["cells"]
        return cells

    @property
    def named(self) -> dict[str, Cell]:
        """The cells by name; of two copies the later one counts, as in grading."""
        return {name: cell for cell in self.cells if (name := name_of(cell))}

    @property
    def answers(self) -> dict[str, str]:
        """The text of each answer, by exercise, in the order of the notebook."""
        return {
            name.removeprefix(f"{self.lab}-"): text_of(cell)
            for name, cell in self.named.items()
            if marks_of(cell).get("solution")
        }

    @property
    def points(self) -> dict[str, float]:
        """What each exercise is worth; a question that a person grades carries its points itself."""
        found = {}
        for name in self.answers:
            tests = (f"{self.lab}-{name}-check", f"{self.lab}-{name}")
            marks = [marks_of(self.named[test]) for test in tests if test in self.named]
            found[name] = next((float(m["points"]) for m in marks if "points" in m), 0.0)
        return found

    def answer_cell(self, exercise: str) -> Cell | None:
        """The cell in which an exercise is answered, if it is there."""
        return self.named.get(f"{self.lab}-{exercise}")

    def by_hand(self, exercise: str) -> bool:
        """Whether a person grades it."""
        cell = self.answer_cell(exercise)
        return cell is not None and cell["cell_type"] == "markdown"

    def task(self, exercise: str) -> str:
        """The text above an answer; empty if it is gone."""
        cell = self.named.get(f"{self.lab}-{exercise}-text")
        return text_of(cell) if cell else ""

    def write(self) -> None:
        """Store the notebook, whole or not at all."""
        text = json.dumps(self.data, indent=1, ensure_ascii=False) + "\n"
        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(self.path)
        finally:
            unfinished.unlink(missing_ok=True)


def read_lab(path: Path, lab: str) -> LabFile:
    """The notebook at ``path``; ``UserError`` if it is missing or damaged."""
    if not path.is_file():
        raise UserError(missing(path))
    return parse_lab(path, path.read_bytes(), lab)


def missing(path: Path) -> str:
    """What to do about a notebook that is not where it belongs."""
    if path.exists():
        return f"{path} is no file; move it away, and `seq2gpt course update` brings the lab"
    if others := renamed(path):
        return (
            f"{path} does not exist, only {', '.join(others)}; a lab keeps its name: rename it to {path.name}"
        )
    return f"{path} does not exist; move it back there, or `seq2gpt course update` brings an empty one"


def renamed(path: Path) -> list[str]:
    """The notebooks beside a place that have answers to the lab which belongs there."""
    marks = f'"{path.stem}-'.encode()
    return sorted(p.name for p in path.parent.glob("*.ipynb") if p.is_file() and marks in p.read_bytes())


def parse_lab(path: Path, content: bytes, lab: str) -> LabFile:
    """The notebook in the bytes of a file."""
    try:
        data = json.loads(content)
    except ValueError as error:
        raise UserError(f"{path} is not JSON ({error}), so it is no notebook; {AGAIN}") from None
    notebook = LabFile(lab, path, data)
    try:
        for cell in notebook.cells:
            _ = name_of(cell), text_of(cell), cell["cell_type"]
    except (AttributeError, KeyError, TypeError):
        raise UserError(f"{path} is JSON, but no notebook; {AGAIN}") from None
    return notebook


def marks_of(cell: Cell) -> dict[str, Any]:
    """What nbgrader knows about a cell; empty for a cell of the student's own."""
    marks = cell["metadata"].get("nbgrader")
    return marks if isinstance(marks, dict) else {}


def name_of(cell: Cell) -> str:
    """The name by which a cell of a lab is known: nbgrader's, else the notebook's own."""
    return str(marks_of(cell).get("grade_id") or cell.get("id") or "")


def text_of(cell: Cell) -> str:
    """The text of a cell, whatever system it was written on: lines end with a line feed alone."""
    return "".join(cell["source"]).replace("\r\n", "\n").replace("\r", "\n")


def is_blank(text: str, released: str) -> bool:
    """Whether an answer is still as it was released."""
    return text.split() == released.split()


def own_code(notebook: LabFile, released: LabFile) -> Iterator[tuple[str, str]]:
    """Name and text of the code cells that define things: the setup, the answers, what the student added.

    What the lab runs between the exercises, such as a training, is left out, and so are the checks.
    """
    known, later = released.named, notebook.named
    for number, cell in enumerate(notebook.cells, 1):
        name = name_of(cell)
        if cell["cell_type"] != "code" or (name and later[name] is not cell):
            continue
        marks = marks_of(known[name]) if name in known else {}
        if name not in known:
            yield f"cell {number}", text_of(cell)
        elif marks.get("solution"):
            yield name.removeprefix(f"{notebook.lab}-"), text_of(cell)
        elif marks.get("locked") and not marks.get("grade"):
            yield name.removeprefix(f"{notebook.lab}-"), text_of(known[name])
