"""The hints of an exercise, one layer at a time, and the way back to the cell as it was released."""

import re
import textwrap
from pathlib import Path

from autograder.student.find import Workspace
from autograder.student.labfile import LabFile, is_blank, text_of
from autograder.student.progress import MARKER, note_hint, read_progress
from seq2gpt.errors import UserError

OPENS = re.compile(r"<details>\s*<summary>\s*(.*?)\s*</summary>")
KEPT = "kept"
WIDTH = 100


def hints_of(task: str) -> list[tuple[str, str]]:
    """Title and text of every hint in the text of a task.

    >>> hints_of("Do it.<details><summary>Hint: a step</summary>Go.</details>")
    [('Hint: a step', 'Go.')]
    """
    parts = OPENS.split(task.replace("</details>", ""))[1:]
    return [(title, text.strip()) for title, text in zip(parts[::2], parts[1::2], strict=True)]


def next_hint(workspace: Workspace, lab: str, exercise: str) -> str:
    """One more hint than last time, with those before it."""
    hints = hints_of(workspace.released[lab].task(exercise))
    if not hints:
        raise UserError(f"{exercise} has no hints; read its text in {lab} again")
    shown = min(read_progress(workspace.folder).of(lab, exercise).hints + 1, len(hints))
    if not note_hint(workspace.folder, lab, exercise, shown):
        shown = len(hints)  # a folder that cannot be written does not know how many were opened
    lines = []
    for title, text in hints[:shown]:
        lines += [title, textwrap.indent(wrapped(text), "  "), ""]
    rest = len(hints) - shown
    lines.append(f"{rest} more: ask again." if rest else "That was the last one.")
    return "\n".join(lines)


def wrapped(text: str) -> str:
    """Prose in lines of a readable length; blocks of code as they are."""
    if "```" in text:
        return text
    return "\n\n".join(textwrap.fill(part, WIDTH) for part in text.split("\n\n"))


def reset(workspace: Workspace, lab: str, exercise: str) -> Path:
    """Put an answer back to what was released; returns the file that keeps what was there.

    Raises ``UserError`` when there is nothing to reset, or when the cell is gone.
    """
    notebook, released = workspace.read(lab), workspace.released[lab]
    cell = notebook.answer_cell(exercise)
    if cell is None:
        raise UserError(f"{notebook.path} has no cell for {exercise}; `seq2gpt course update` brings it back")
    text = text_of(cell)
    if is_blank(text, released.answers[exercise]):
        raise UserError(f"{exercise} in {lab} is as it was released; there is nothing to reset")
    kept = keep(workspace.folder, lab, exercise, text, notebook)
    cell["source"] = released.answers[exercise].splitlines(keepends=True)
    if "outputs" in cell:
        cell["outputs"], cell["execution_count"] = [], None
    notebook.write()
    return kept


def keep(folder: Path, lab: str, exercise: str, text: str, notebook: LabFile) -> Path:
    """Write a text to a file of its own under the folder's ``.seq2gpt/kept``."""
    suffix = "md" if notebook.by_hand(exercise) else "py"
    place = folder / MARKER / KEPT / lab
    place.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := place / f"{exercise}-{number}.{suffix}").exists():
        number += 1
    path.write_text(text + "\n", encoding="utf-8")
    return path
