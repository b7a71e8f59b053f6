"""Read a lab sheet, ``book/NN-slug/lab.md``.

A sheet is Markdown between YAML front matter and directives. The front matter has the lab's ``title``
and its ``setup``, the Python of the locked first cell, which must define ``check``; it may have
``minutes`` (for the whole lab, at least the sum over its exercises and questions).

Text becomes Markdown cells; a line ``+++`` starts a new one. Four directives, fenced by three or more
backticks at the left margin, become other cells::

    ```{code-cell}                      a locked cell of code, run as it is
    ```{playground-cell}                a cell of code that the student may change; it is not graded
    ```{exercise} causal_mask           an exercise; the fence holds YAML
    ```{manual} why_scale               a question to answer in words, which a person grades; YAML too

A code cell may have a name (``{code-cell} plot``), from which its id is made; else it is numbered. The
YAML of an exercise:

==============  ============================================================================
``title``       the heading
``minutes``     how long it takes, roughly
``difficulty``  1, 2 or 3
``text``        Markdown: the motivation; the task itself is the docstring of the target
``hints``       three strings in Markdown: a direction, a step, near-code
``target``      the definition of the module to write, by default the exercise's own name
``given``       code shown in a locked cell above the answer, such as a broken class to mend
==============  ============================================================================

A question has ``title``, ``minutes`` and ``text`` likewise, and of its own:

==============  ============================================================================
``points``      what a full answer earns
``rubric``      Markdown for whoever grades: what earns how many points
``answer``      Markdown: a full answer; neither this nor the rubric is in the released notebook
==============  ============================================================================

Whatever does not fit is refused with the file, the line, the value, the rule and the fix.
"""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.derive import RESERVED
from autograder.fields import Place, complaint, read_fields
from seq2gpt.errors import UserError

FENCE = re.compile(r"(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
DIRECTIVE = re.compile(r"\{(?P<name>[^}]*)\}\s*(?P<argument>.*)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
DIRECTIVES = ("code-cell", "playground-cell", "exercise", "manual")
NAMED = ("exercise", "manual")
FRONT_KEYS = {"title": str, "minutes": int, "setup": str}
EXERCISE_KEYS = {
    "title": str, "minutes": int, "difficulty": int, "text": str, "hints": list, "target": str, "given": str,
}  # fmt: skip
REQUIRED = ("title", "minutes", "difficulty", "text", "hints")
MANUAL_KEYS = {"title": str, "minutes": int, "points": int, "text": str, "rubric": str, "answer": str}
N_HINTS = 3


@dataclass(frozen=True)
class Text:
    """A Markdown cell."""

    source: str
    line: int


@dataclass(frozen=True)
class Code:
    """A cell of code; ``locked`` if the student shall not change it. ``name`` may be empty."""

    source: str
    line: int
    locked: bool
    name: str = ""


@dataclass(frozen=True)
class Exercise:
    """One exercise, as the sheet presents it."""

    name: str
    line: int
    title: str
    minutes: int
    difficulty: int
    text: str
    hints: tuple[str, ...]
    target: str
    given: str = ""


@dataclass(frozen=True)
class Manual:
    """A question that is answered in words and graded by a person."""

    name: str
    line: int
    title: str
    minutes: int
    points: int
    text: str
    rubric: str
    answer: str


@dataclass(frozen=True)
class Sheet:
    """A whole lab sheet."""

    path: Path
    title: str
    minutes: int
    setup: str
    parts: list[Text | Code | Exercise | Manual] = field(default_factory=list)

    @property
    def exercises(self) -> list[Exercise]:
        """The exercises in order."""
        return [part for part in self.parts if isinstance(part, Exercise)]


@dataclass(frozen=True)
class Fence:
    """A fenced block with a directive: its name, argument, content and first line."""

    name: str
    argument: str
    body: list[str]
    line: int


def read_sheet(path: Path, known: Collection[str] | None = None) -> Sheet:
    """The lab sheet at ``path``.

    With ``known``, the names of the exercises that have checks, any other exercise is refused, and so is
    a sheet that leaves one out.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; every lab has a sheet with that name") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    lines = text.split("\n")
    front, end = _front_matter(path, lines)
    parts = [_part(path, block) if isinstance(block, Fence) else block for block in _blocks(path, lines, end)]
    exercises = [part for part in parts if isinstance(part, Exercise)]
    tasks = [part for part in parts if isinstance(part, Exercise | Manual)]
    _require_distinct(path, tasks)
    if known is not None:
        _compare_with_checks(path, exercises, known)
    total = sum(task.minutes for task in tasks)
    minutes = front.get("minutes", total)
    if minutes < total:
        raise complaint(
            path,
            1,
            f"minutes={minutes} is less than exercises and questions take together; write {total} or more",
        )
    return Sheet(path, front["title"], minutes, front["setup"], parts)


# ── the blocks of the file ───────────────────────────────────────────────────────────────────────


def _front_matter(path: Path, lines: list[str]) -> tuple[dict[str, Any], int]:
    """The fields between the two lines ``---`` at the top, and the number of lines they take."""
    fence = [number for number, line in enumerate(lines) if line.rstrip() == "---"][:2]
    if len(fence) < 2 or fence[0] != 0:
        raise complaint(path, 1, "no front matter; start with a line ---, then `title: …`, then a line ---")
    place = Place(path, 1, "the front matter")
    front, _ = read_fields(place, lines[1 : fence[1]], FRONT_KEYS, ("title", "setup"))
    return front, fence[1] + 1


def _blocks(path: Path, lines: list[str], start: int) -> Iterator[Text | Fence]:
    """Text and directives in order; an ordinary fenced block is text."""
    text: list[str] = []
    text_line = start + 1
    number = start
    while number < len(lines):
        line = lines[number].rstrip()
        opened = FENCE.fullmatch(line)
        directive = DIRECTIVE.fullmatch(opened["info"].strip()) if opened else None
        end = _end_of_fence(path, lines, number, opened["ticks"], bool(directive)) if opened else number
        if directive or line == "+++":
            yield from _text_cell(text, text_line)
            text, text_line = [], end + 2
        if directive:
            body = lines[number + 1 : end]
            yield Fence(directive["name"], directive["argument"].strip(), body, number + 1)
        elif line != "+++":
            text += lines[number : end + 1]
        number = end + 1
    yield from _text_cell(text, text_line)


def _text_cell(lines: list[str], line: int) -> Iterator[Text]:
    """The lines as a Markdown cell, unless there is nothing in them."""
    source = "\n".join(lines).strip()
    if source:
        yield Text(source, line)


def _end_of_fence(path: Path, lines: list[str], start: int, ticks: str, directive: bool) -> int:
    """Index of the line that closes the fence opened at index ``start``."""
    for number in range(start + 1, len(lines)):
        line = lines[number].rstrip()
        if line.startswith(ticks) and not line.strip(ticks[0]):
            return number
        if directive and line.startswith(ticks + "{"):
            break  # the next directive: this one was left open
    raise complaint(path, start + 1, f"this fence is never closed; add a line {ticks} below its last line")


# ── what a directive stands for ──────────────────────────────────────────────────────────────────


def _part(path: Path, fence: Fence) -> Code | Exercise | Manual:
    if fence.name not in DIRECTIVES:
        close = difflib.get_close_matches(fence.name, DIRECTIVES, n=1) or DIRECTIVES
        wanted = " or ".join(f"{{{name}}}" for name in close)
        raise complaint(path, fence.line, f"unknown directive {{{fence.name}}}; did you mean {wanted}?")
    if not NAME.fullmatch(fence.argument) and (fence.argument or fence.name in NAMED):
        rule = f"write {{{fence.name}}} NAME, with letters, digits and _"
        raise complaint(path, fence.line, f"{fence.argument!r} is no name; {rule}")
    if fence.name == "exercise":
        return _exercise(path, fence)
    if fence.name == "manual":
        return _manual(path, fence)
    source = "\n".join(fence.body).strip("\n")
    if not source.strip():
        raise complaint(path, fence.line, f"this {{{fence.name}}} is empty; write its code or remove it")
    return Code(source, fence.line, locked=fence.name == "code-cell", name=fence.argument)


def _exercise(path: Path, fence: Fence) -> Exercise:
    place = Place(path, fence.line, f"exercise {fence.argument!r}")
    values, lines = read_fields(place, fence.body, EXERCISE_KEYS, REQUIRED)
    if values["difficulty"] > 3:
        found = f"{place.what}: difficulty={values['difficulty']}"
        raise complaint(path, lines["difficulty"], f"{found} must be 1, 2 or 3")
    hints = values["hints"]
    if len(hints) != N_HINTS:
        rule = f"write {N_HINTS}: a direction, a step, near-code"
        raise complaint(path, lines["hints"], f"{place.what} has {len(hints)} hints; {rule}")
    for number, hint in enumerate(hints, 1):
        if not isinstance(hint, str) or not hint.strip():
            raise complaint(
                path, lines["hints"], f"{place.what}: hint {number} is {hint!r}, no text; quote it"
            )
    values["hints"] = tuple(hint.strip() for hint in hints)
    return Exercise(name=fence.argument, line=fence.line, **{"target": fence.argument, **values})


def _manual(path: Path, fence: Fence) -> Manual:
    place = Place(path, fence.line, f"question {fence.argument!r}")
    values, lines = read_fields(place, fence.body, MANUAL_KEYS, MANUAL_KEYS)
    for key in ("text", "rubric", "answer"):
        if marker := RESERVED.search(values[key]):
            rule = "at which nbgrader cuts; the build writes the markers, so reword it"
            raise complaint(path, lines[key], f"{place.what}: {key} holds {marker[0]!r}, {rule}")
    return Manual(name=fence.argument, line=fence.line, **values)


def _require_distinct(path: Path, tasks: list[Exercise | Manual]) -> None:
    first: dict[str, int] = {}
    for task in tasks:
        if task.name in first:
            kind = "exercise" if isinstance(task, Exercise) else "question"
            found = f"{kind} {task.name!r} is already on line {first[task.name]}"
            raise complaint(path, task.line, f"{found}; remove one or rename it")
        first[task.name] = task.line


def _compare_with_checks(path: Path, exercises: list[Exercise], known: Collection[str]) -> None:
    """The sheet has exactly the exercises that have checks."""
    for exercise in exercises:
        if exercise.name not in known:
            close = difflib.get_close_matches(exercise.name, known) or list(known) or ["another lab"]
            found = f"exercise {exercise.name!r} has no checks"
            raise complaint(path, exercise.line, f"{found}; did you mean {' or '.join(close)}?")
    missing = [name for name in known if name not in {exercise.name for exercise in exercises}]
    if missing:
        raise complaint(path, 1, f"there are checks for {', '.join(missing)}, but no such exercise; add it")
