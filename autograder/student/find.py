"""What the words of a command mean: a folder, a lab, an exercise."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.plan import FILE as PLAN
from autograder.plan import NO_PLAN, Plan, read_plan
from autograder.student.labfile import LabFile, parse_lab, read_lab
from autograder.student.progress import MARKER, workspace_of
from autograder.student.workspace import released_labs
from seq2gpt.errors import UserError

MOST_NAMED = 24  # choices that fit into a sentence


@dataclass(frozen=True)
class Workspace:
    """A student's folder, and the labs as they were released."""

    folder: Path
    course: Mapping[str, Path]
    plan: Plan = NO_PLAN

    @cached_property
    def released(self) -> dict[str, LabFile]:
        """The labs of the course as everybody gets them, in its order."""
        return {lab: parse_lab(path, path.read_bytes(), lab) for lab, path in self.course.items()}

    @cached_property
    def labs(self) -> dict[str, LabFile]:
        """The student's own notebooks of these labs, those that are there and can be read."""
        return {lab: found for lab, found in self._notebooks.items() if isinstance(found, LabFile)}

    @cached_property
    def troubles(self) -> list[str]:
        """What is wrong with the other notebooks."""
        return [str(found) for found in self._notebooks.values() if isinstance(found, UserError)]

    @cached_property
    def _notebooks(self) -> "dict[str, LabFile | UserError]":
        found: dict[str, LabFile | UserError] = {}
        for lab in self.course:
            try:
                found[lab] = self.read(lab)
            except UserError as error:
                found[lab] = error
        return found

    def path(self, lab: str) -> Path:
        """Where the notebook of a lab lies."""
        return self.folder / lab / f"{lab}.ipynb"

    def read(self, lab: str) -> LabFile:
        """The student's notebook as it is on disk now."""
        return read_lab(self.path(lab), lab)


def open_workspace(folder: Path, course: Mapping[str, Path] | None = None) -> Workspace:
    """The student's folder that ``folder`` is or lies in.

    Raises ``UserError`` where there is none: neither a mark of ``seq2gpt course start`` nor a lab.
    """
    course = dict(course or released_labs())
    found = workspace_of(folder)
    if found is None and any((folder / lab / f"{lab}.ipynb").is_file() for lab in course):
        found = folder.resolve()  # it was started before folders were marked
    if found is None:
        raise UserError(
            f"{folder} is no folder of labs: it has no {MARKER}; go to the one that `seq2gpt course start` made, "
            f"or name it with --folder"
        )
    plan = read_plan(found / MARKER / PLAN)
    return Workspace(found, {lab: course[lab] for lab in plan.chosen(course)}, plan)


def find_lab(workspace: Workspace, what: str) -> str:
    """The lab of a name, a number or a subject; ``UserError`` for anything else."""
    for lab in workspace.course:
        if what in (lab, *lab.split("-", 1)):
            return lab
    raise UserError(f"there is no lab {what!r}{near(what, workspace.course)}")


def find_exercises(workspace: Workspace, what: str) -> list[tuple[str, str]]:
    """The exercises that ``what`` means: all of a lab, or one, as (lab, exercise).

    A lab goes by its name, its number or its subject (``08-heads``, ``08``, ``heads``); an exercise by its name,
    after the lab and a slash where several labs have one of that name. Raises ``UserError`` for anything else.
    """
    first, _, second = what.strip().partition("/")
    labs = [lab for lab in workspace.course if first in (lab, lab.split("-", 1)[0], lab.split("-", 1)[1])]
    if second:
        within, name = labs, second
        if not labs:
            raise UserError(f"there is no lab {first!r}{near(first, workspace.course)}")
    elif labs:
        return [(lab, exercise) for lab in labs for exercise in workspace.released[lab].answers]
    else:
        within, name = list(workspace.course), first
    found = [(lab, name) for lab in within if name in workspace.released[lab].answers]
    if len(found) > 1:
        raise UserError(f"several labs have {name}: write {' or '.join(f'{lab}/{name}' for lab, _ in found)}")
    if not found:
        names = [n for lab in within for n in workspace.released[lab].answers]
        raise UserError(f"there is no exercise {name!r}{near(name, [*names, *(() if second else within)])}")
    return found


def find_exercise(workspace: Workspace, what: str) -> tuple[str, str]:
    """The one exercise that ``what`` means; ``UserError`` if it is a whole lab."""
    found = find_exercises(workspace, what)
    if len(found) > 1:
        names = ", ".join(name for _, name in found)
        raise UserError(f"{what} is a lab; name one of its exercises: {names}")
    return found[0]


def near(word: str, choices: Mapping[str, object] | list[str]) -> str:
    """The choices that come close, or all of them, or where they are listed."""
    close = difflib.get_close_matches(word, list(choices), cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    if len(choices) > MOST_NAMED:
        return "; `seq2gpt course status --full` lists them"
    return f"; there are {', '.join(choices)}"
