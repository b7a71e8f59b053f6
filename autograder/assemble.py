"""What is in a lab's notebook: the cells that are made of the sheet, the module and the points of the checks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.derive import derive
from autograder.lessons import Lesson
from autograder.sheet import Code, Exercise, Manual, Sheet, Text
from seq2gpt.errors import UserError

if TYPE_CHECKING:
    from nbformat import NotebookNode

PANEL = "check.panel()  # how far you are; it follows your checks"


def assemble(lesson: Lesson, sheet: Sheet, points: Mapping[str, int]) -> "NotebookNode":
    """The notebook with solutions, not yet executed.

    The setup cell, and the panel that shows how far the lab is solved, follow the text that opens the sheet, so that a
    reader first meets the title.
    """
    from autograder import notebook

    source = lesson.module.read_bytes().decode()  # keeps the line ends
    setup = notebook.locked_cell(f"{lesson.name}-setup", sheet.setup)
    cells: list[NotebookNode] = []
    numbers = {"text": 0, "code": 0, "exercise": 0, "manual": 0}
    for part in sheet.parts:
        kind = type(part).__name__.lower()
        numbers[kind] += 1
        match part:
            case Text():
                cells.append(notebook.text_cell(f"{lesson.name}-text-{numbers[kind]}", part.source))
            case Code():
                grade_id = f"{lesson.name}-code-{part.name or numbers[kind]}"
                make = notebook.locked_cell if part.locked else notebook.playground_cell
                cells.append(make(grade_id, part.source))
            case Exercise():
                cells += exercise_cells(lesson, part, numbers[kind], points[part.name], source, sheet.path)
            case Manual():
                cells += manual_cells(lesson, part)
    opening = 1 if cells and isinstance(sheet.parts[0], Text) else 0
    first = [setup]
    if "open_lab(" in sheet.setup:
        first.append(notebook.playground_cell(f"{lesson.name}-panel", PANEL))
    return notebook.new(sheet.title, [*cells[:opening], *first, *cells[opening:]])


def exercise_cells(
    lesson: Lesson, exercise: Exercise, number: int, points: int, source: str, sheet: Path
) -> "Iterator[NotebookNode]":
    """Task, answer and test of one exercise."""
    from autograder import notebook

    grade_id = f"{lesson.name}-{exercise.name}"
    try:
        answer = derive(source, exercise.target).cell.replace("\r\n", "\n")
    except UserError as error:
        where = f"{sheet}:{exercise.line}: exercise {exercise.name!r}"
        raise UserError(f"{where}, from {lesson.module.name}: {error}") from None
    yield notebook.text_cell(f"{grade_id}-text", task_text(exercise, number, points))
    if exercise.given:
        yield notebook.locked_cell(f"{grade_id}-given", exercise.given)
    yield notebook.answer_cell(grade_id, answer)
    yield notebook.test_cell(f"{grade_id}-check", exercise.name, points)


def manual_cells(lesson: Lesson, question: Manual) -> "Iterator[NotebookNode]":
    """Task and answer of a question that a person grades; the rubric stands with the answer, as its solution."""
    from autograder import notebook

    grade_id = f"{lesson.name}-{question.name}"
    worth = points_text(question.points)
    task = [
        f"## In your own words · {question.title}",
        f"`{question.name}` · {worth} · about {question.minutes} minutes · graded by a person",
        question.text,
    ]
    solution = f"{question.answer}\n\n**Rubric, {worth}**\n\n{question.rubric}"
    yield notebook.text_cell(f"{grade_id}-text", "\n\n".join(task))
    yield notebook.manual_cell(grade_id, solution, question.points)


def points_text(points: int) -> str:
    """``1 point``, ``2 points``."""
    return f"{points} point" if points == 1 else f"{points} points"


def task_text(exercise: Exercise, number: int, points: int) -> str:
    """The exercise as a student reads it: heading, effort, text, and hints that open one after another."""
    difficulty = "●" * exercise.difficulty + "○" * (3 - exercise.difficulty)
    lines = [
        f"## Exercise {number} · {exercise.title}",
        f"`{exercise.name}` · {points_text(points)} · about {exercise.minutes} minutes · difficulty {difficulty}",
        exercise.text,
    ]
    for hint, kind in zip(exercise.hints, ("a direction", "a step", "almost the code"), strict=True):
        lines.append(f"<details><summary>Hint: {kind}</summary>\n\n{hint}")
    return "\n\n".join([*lines, "\n".join(["</details>"] * len(exercise.hints))])


def checked_points(lab: str) -> dict[str, int]:
    """The exercises that have checks, and what each is worth."""
    from autograder.checking import load_exercises, total_points

    return {name: total_points(lab, name) for name in load_exercises(lab).exercises}
