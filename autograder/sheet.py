"""Read a lab sheet, ``book/NN-slug/lab.md``.

A sheet is Markdown between YAML front matter and directives. The front matter has the lab's ``title``
and its ``setup``, the Python of the locked first cell, which must define ``check``; it may have
``minutes`` (for the whole lab, at least the sum over its exercises).

Text becomes Markdown cells; a line ``+++`` starts a new one. Three directives, fenced by three or more
backticks at the left margin, become other cells::

    ```{code-cell}                      a locked cell of code, run as it is
    ```{playground-cell}                a cell of code that the student may change; it is not graded
    ```{exercise} causal_mask           an exercise; the fence holds YAML

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

Whatever does not fit is refused with the file, the line, the value, the rule and the fix.
"""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from seq2gpt.errors import UserError

FENCE = re.compile(r"(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
DIRECTIVE = re.compile(r"\{(?P<name>[^}]*)\}\s*(?P<argument>.*)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
DIRECTIVES = ("code-cell", "playground-cell", "exercise")
FRONT_KEYS = {"title": str, "minutes": int, "setup": str}
EXERCISE_KEYS = {
    "title": str, "minutes": int, "difficulty": int, "text": str, "hints": list, "target": str, "given": str,
}  # fmt: skip
REQUIRED = ("title", "minutes", "difficulty", "text", "hints")
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
class Sheet:
    """A whole lab sheet."""

    path: Path
    title: str
    minutes: int
    setup: str
    parts: list[Text | Code | Exercise] = field(default_factory=list)

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
    return Parser(path, text.split("\n"), known).sheet()


class Parser:
    """The lines of one sheet, and how to complain about them."""

    def __init__(self, path: Path, lines: list[str], known: Collection[str] | None) -> None:
        self.path = path
        self.lines = lines
        self.known = known

    def error(self, line: int, message: str) -> UserError:
        """A ``UserError`` about a line, counted from 1."""
        return UserError(f"{self.path}:{line}: {message}")

    def sheet(self) -> Sheet:
        """Everything in the file."""
        front, end = self.front_matter()
        parts: list[Text | Code | Exercise] = []
        for block in self.blocks(end):
            parts.append(self.part(block) if isinstance(block, Fence) else block)
        exercises = [part for part in parts if isinstance(part, Exercise)]
        self.compare_with_checks(exercises)
        total = sum(exercise.minutes for exercise in exercises)
        minutes = front.get("minutes", total)
        if minutes < total:
            raise self.error(1, f"minutes={minutes} is less than the exercises take together; write {total} or more")
        return Sheet(self.path, front["title"], minutes, front["setup"], parts)

    def compare_with_checks(self, exercises: list[Exercise]) -> None:
        """Every exercise once, and exactly those that have checks."""
        lines: dict[str, int] = {}
        for exercise in exercises:
            if exercise.name in lines:
                first = lines[exercise.name]
                raise self.error(exercise.line, f"exercise {exercise.name!r} is already on line {first}; remove one")
            lines[exercise.name] = exercise.line
            if self.known is not None and exercise.name not in self.known:
                close = difflib.get_close_matches(exercise.name, self.known) or list(self.known)
                raise self.error(
                    exercise.line,
                    f"exercise {exercise.name!r} has no checks; did you mean {' or '.join(close) or 'another lab'}?",
                )
        missing = [name for name in self.known or () if name not in lines]
        if missing:
            raise self.error(1, f"no exercise {', '.join(missing)}, for which there are checks; add it or drop them")

    def front_matter(self) -> tuple[dict[str, Any], int]:
        """The fields between the two lines ``---`` at the top, and the number of lines they take."""
        fence = [number for number, line in enumerate(self.lines) if line.rstrip() == "---"][:2]
        if len(fence) < 2 or fence[0] != 0:
            raise self.error(1, "no front matter; start the file with a line ---, then `title: …`, then a line ---")
        front, _ = self.mapping(self.lines[1 : fence[1]], 2, FRONT_KEYS, ("title", "setup"), "the front matter")
        return front, fence[1] + 1

    def blocks(self, start: int) -> Iterator[Text | Fence]:
        """Text and directives in order; an ordinary fenced block is text."""
        text: list[str] = []
        text_line = start + 1
        number = start
        while number < len(self.lines):
            line = self.lines[number]
            opened = FENCE.fullmatch(line.rstrip())
            directive = DIRECTIVE.fullmatch(opened["info"].strip()) if opened else None
            end = self.end_of_fence(number, opened["ticks"]) if opened else number
            if directive or line.rstrip() == "+++":
                yield from self.text_cell(text, text_line)
                text, text_line = [], end + 2
            if directive:
                body = self.lines[number + 1 : end]
                yield Fence(directive["name"], directive["argument"].strip(), body, number + 1)
            elif line.rstrip() != "+++":
                text += self.lines[number : end + 1]
            number = end + 1
        yield from self.text_cell(text, text_line)

    def text_cell(self, lines: list[str], line: int) -> Iterator[Text]:
        """The lines as a Markdown cell, unless there is nothing in them."""
        source = "\n".join(lines).strip()
        if source:
            yield Text(source, line)

    def end_of_fence(self, start: int, ticks: str) -> int:
        """Index of the line that closes the fence opened at index ``start``."""
        for number in range(start + 1, len(self.lines)):
            line = self.lines[number].rstrip()
            if line.startswith(ticks) and not line.strip(ticks[0]):
                return number
        raise self.error(start + 1, f"this fence is never closed; add a line {ticks} below its last line")

    def part(self, fence: Fence) -> Code | Exercise:
        """The cell or exercise that a directive stands for."""
        if fence.name not in DIRECTIVES:
            close = difflib.get_close_matches(fence.name, DIRECTIVES, n=1) or DIRECTIVES
            wanted = " or ".join(f"{{{name}}}" for name in close)
            raise self.error(fence.line, f"unknown directive {{{fence.name}}}; a lab sheet knows {wanted}")
        if (fence.argument and not NAME.fullmatch(fence.argument)) or (fence.name == "exercise" and not fence.argument):
            raise self.error(fence.line, f"{fence.argument!r} is no name; use letters, digits and _ after {{{fence.name}}}")
        if fence.name == "exercise":
            return self.exercise(fence)
        source = "\n".join(fence.body).strip("\n")
        if not source.strip():
            raise self.error(fence.line, f"this {{{fence.name}}} is empty; write its code or remove it")
        return Code(source, fence.line, locked=fence.name == "code-cell", name=fence.argument)

    def exercise(self, fence: Fence) -> Exercise:
        """The exercise whose YAML is in the fence."""
        what = f"exercise {fence.argument!r}"
        values, lines = self.mapping(fence.body, fence.line + 1, EXERCISE_KEYS, REQUIRED, what, fence.line)
        if values["difficulty"] > 3:
            raise self.error(lines["difficulty"], f"{what} has difficulty {values['difficulty']}; use 1, 2 or 3")
        hints = values["hints"]
        if len(hints) != N_HINTS or not all(isinstance(hint, str) and hint.strip() for hint in hints):
            raise self.error(
                lines["hints"],
                f"{what} needs {N_HINTS} hints, each a text: a direction, a step, near-code; it has {len(hints)}"
                + (", one of which YAML does not read as text; quote it" if len(hints) == N_HINTS else ""),
            )
        values["hints"] = tuple(hint.strip() for hint in hints)
        return Exercise(name=fence.argument, line=fence.line, **{"target": fence.argument, **values})

    def mapping(
        self,
        body: list[str],
        first: int,
        keys: dict[str, type],
        required: Collection[str],
        what: str,
        line: int = 1,
    ) -> tuple[dict[str, Any], dict[str, int]]:
        """The YAML in ``body``, whose first line is number ``first``, and the line of every key."""
        loader = yaml.SafeLoader("\n".join(body))
        try:
            node = loader.get_single_node()
            values = loader.construct_document(node) if node else {}
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark.line if error.problem_mark else 0
            raise self.error(
                first + at, f"{what} is not valid YAML: {error.problem}; quote the text or write it as a block after |"
            ) from None
        except yaml.YAMLError as error:
            raise self.error(first, f"{what} is not valid YAML: {error}; remove what cannot be printed") from None
        if not isinstance(values, dict):
            raise self.error(first, f"{what} must be lines of the form `key: value`; the keys are {', '.join(keys)}")
        lines: dict[str, int] = {}
        for key_node, _ in node.value if node else ():
            key, at = str(key_node.value), first + key_node.start_mark.line
            if key in lines:
                raise self.error(at, f"{what} has {key!r} twice; remove one")
            lines[key] = at
            self.check_value(what, key, values.get(key), keys, at)
        for key in required:
            if key not in lines:
                raise self.error(line, f"{what} has no {key!r}; add a line `{key}: …`")
        return {key: v.strip("\n") if isinstance(v, str) else v for key, v in values.items()}, lines

    def check_value(self, what: str, key: str, value: Any, keys: dict[str, type], line: int) -> None:
        """The key exists and its value is of the right kind."""
        if key not in keys:
            close = difflib.get_close_matches(key, keys, n=1) or list(keys)
            raise self.error(line, f"{what} has an unknown key {key!r}; did you mean {' or '.join(close)}?")
        kind = keys[key]
        wanted = {str: "a text", int: "a whole number of at least 1", list: "a list, one `- ` line per item"}[kind]
        right = isinstance(value, kind) and value is not True and bool(value.strip() if isinstance(value, str) else value)
        if not right or (isinstance(value, int) and value < 1):
            raise self.error(line, f"{what}: {key}={value!r} must be {wanted}")
