"""Bring a student's folder to a newer version of the course, without losing a byte of theirs."""

import copy
import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime

from autograder.student.find import Workspace
from autograder.student.labfile import Cell, LabFile, marks_of, name_of, parse_lab, renamed, text_of
from autograder.student.progress import MARKER
from autograder.student.workspace import RELEASED, remember_released

BEFORE = "before-update"
NEW_TASK = (
    "**The task below has changed since you answered it.** Your answer is as you left it. "
    "This is how the cell is released now:\n\n```python\n{}\n```"
)
NEW_CELL = "**The course has changed the cell above, and so have you.** Yours is kept. The new one:\n\n```python\n{}\n```"


@dataclass
class Change:
    """What an update did to one lab."""

    lab: str
    new: bool = False
    renewed: int = 0
    rearranged: bool = False
    conflicts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """One line, and one for each conflict."""
        if self.new:
            return f"{self.lab}: new"
        counted = f"{self.renewed} cell{'s' * (self.renewed != 1)} renewed"
        same = "cells put back in their order" if self.rearranged else "up to date"
        lines = [f"{self.lab}: {counted if self.renewed else same}"]
        return "\n".join([*lines, *(f"  {line}" for line in self.conflicts)])


def update(workspace: Workspace) -> list[Change]:
    """Merge the labs of the installed course into the student's; returns what changed, lab by lab.

    Answers, and cells that the student added, stay byte for byte; tests, tasks and setup are renewed; a lab that is
    new is added. The notebook as it was is kept in ``.seq2gpt/before-update``. A damaged notebook raises
    ``UserError`` before anything is written.
    """
    places = {lab: workspace.path(lab) for lab in workspace.course}
    old = {lab: workspace.read(lab) for lab, path in places.items() if path.exists() or renamed(path)}
    stamp = f"{datetime.now():%Y-%m-%d-%H%M%S}"
    changes = []
    for lab, released in workspace.released.items():
        if lab not in old:
            shutil.copytree(workspace.course[lab].parent, workspace.path(lab).parent, dirs_exist_ok=True)
            changes.append(Change(lab, new=True))
        else:
            merged, change = merge(old[lab], base_of(workspace, lab), released)
            if [*map(core, merged.cells)] != [*map(core, old[lab].cells)]:
                kept = workspace.folder / MARKER / BEFORE / stamp / f"{lab}.ipynb"
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(workspace.path(lab), kept)
                merged.write()
                change.rearranged = not (change.renewed or change.conflicts)
            changes.append(change)
        remember_released(workspace.folder, lab, workspace.course[lab])
    return changes


def base_of(workspace: Workspace, lab: str) -> LabFile | None:
    """The lab as it was released to this folder; ``None`` if nothing is known about it."""
    path = workspace.folder / MARKER / RELEASED / f"{lab}.ipynb"
    return parse_lab(path, path.read_bytes(), lab) if path.is_file() else None


def merge(mine: LabFile, base: LabFile | None, new: LabFile) -> tuple[LabFile, Change]:
    """The new notebook with the student's cells in it."""
    change = Change(mine.lab)
    named = mine.named
    olds = base.named if base else {}
    cells: list[Cell] = own_cells_after(mine, "", {*new.named, *olds})
    for cell in new.cells:
        name = name_of(cell)
        cells += merged_cell(named.get(name), olds.get(name), cell, change)
        cells += own_cells_after(mine, name, {*new.named, *olds})
    cells += orphans(mine, olds, new, change)
    data = {
        **mine.data,
        "metadata": {**mine.data.get("metadata", {}), **new.data["metadata"]},
        "cells": cells,
    }
    return LabFile(mine.lab, mine.path, data), change


def merged_cell(mine: Cell | None, old: Cell | None, new: Cell, change: Change) -> list[Cell]:
    """One cell of the course: renewed, or as the student has it, or both where both changed."""
    if mine is None:  # it is new, or the student deleted it; what the course does not need stays deleted
        if old is not None and not marks_of(new):
            return []
        change.renewed += 1
        return [copy.deepcopy(new)]
    text, released = text_of(mine), text_of(new)
    before = text_of(old) if old else None
    if marks_of(new).get("locked") or text == before:
        change.renewed += text != released
        return [renewed(mine, new)]
    if text == released or before == released:
        return [renewed(mine, new, text)]
    if marks_of(new).get("solution"):
        if before is None and "NotImplementedError" in text and "YOUR CODE HERE" in text:
            change.renewed += 1
            return [renewed(mine, new)]
        if before is None:  # what was released then is not known; the answer is kept, and that is all
            return [renewed(mine, new, text)]
        change.conflicts.append(f"the task of {short(change.lab, new)} has changed; your answer is kept")
        return [remark(new, NEW_TASK), renewed(mine, new, text)]
    change.conflicts.append(f"both you and the course changed {short(change.lab, new)}; both are there")
    return [renewed(mine, new, text), remark(new, NEW_CELL)]


def renewed(mine: Cell, new: Cell, text: str | None = None) -> Cell:
    """The new cell, with the student's text if one is given, and with the outputs they have while the text is theirs."""
    cell = copy.deepcopy(new)
    if text is not None:
        cell["source"] = mine["source"]
    if text_of(cell) == text_of(mine):
        cell |= {key: mine[key] for key in ("outputs", "execution_count", "attachments") if key in mine}
    return cell


def remark(new: Cell, words: str) -> Cell:
    """A markdown cell that shows the new text of a cell."""
    return {
        "cell_type": "markdown",
        "id": f"{name_of(new)}-new"[:64],
        "metadata": {},
        "source": words.format(text_of(new)).splitlines(keepends=True),
    }


def own_cells_after(mine: LabFile, name: str, known: set[str]) -> list[Cell]:
    """The cells that the student added behind the cell called ``name``, or at the top."""
    found: list[Cell] = []
    here = ""
    last = mine.named
    for cell in mine.cells:
        own = name_of(cell)
        if own in known and last[own] is cell:
            here = own
        elif here == name:
            found.append(freed(cell) if own in known else cell)
    return found


def freed(cell: Cell) -> Cell:
    """A copy of a course's cell that the student made: it becomes a cell of their own, so that it stays."""
    kept = copy.deepcopy(cell)
    kept["metadata"] = {k: v for k, v in kept["metadata"].items() if k != "nbgrader"}
    kept.pop("id", None)
    return kept


def orphans(mine: LabFile, olds: dict[str, Cell], new: LabFile, change: Change) -> list[Cell]:
    """Cells that the course no longer has: dropped, but for answers and what the student changed, which stay at the end."""
    kept: list[Cell] = []
    for name, cell in mine.named.items():
        if name not in olds or name in new.named:
            continue
        if text_of(cell) != text_of(olds[name]):
            kept.append(freed(cell))
            change.conflicts.append(
                f"the course no longer has {short(mine.lab, cell)}; your text is at the end"
            )
        kept += own_cells_after(mine, name, {*new.named, *olds})
    return kept


def short(lab: str, cell: Cell) -> str:
    """The name of a cell without its lab."""
    return name_of(cell).removeprefix(f"{lab}-")


def core(cell: Cell) -> str:
    """What makes a cell of a notebook, without what running it leaves."""
    left_out = ("outputs", "execution_count", "id")
    return json.dumps(
        {k: v for k, v in cell.items() if k not in left_out} | {"source": text_of(cell)}, sort_keys=True
    )
