"""What a student is told about one exercise: points, what passed, what failed in one sentence, and where to read again.

Made from the reports of the checks that the judge ran, or, for a test that is plain code, from its error. What could
show private inputs is left out here, before anything is stored.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader import utils

from autograder.derive import without_markers
from autograder.grading.outputs import OURS, error_words
from autograder.grading.structure import SourceCell, grade_id, has_private_part

PRINTED_LIMIT = 2000
BLANK = "Not answered yet."
Exercise = dict[str, Any]


def of_cell(lab: str, test: SourceCell, notebook: NotebookNode, reports: dict[str, Any]) -> Exercise:
    """The exercise that a cell with points belongs to; ``points`` is None for what a person has to grade."""
    cell = next(c for c in notebook.cells if grade_id(c) == test.name)
    points, _ = utils.determine_grade(cell)
    exercise = blank(lab, test) | {"points": None if points is None else float(points)}
    if not test.test:
        return exercise | {"message": "" if points is None else BLANK}
    plain, shown = from_outputs(cell), reports.get(test.name) or []
    if not shown:
        return exercise | plain
    told = exercise | from_reports(shown)
    message = plain.get("message") or told["message"]
    if not points and told["checks"]:  # a cell that did not run says more than that its name is missing
        message = answer_error(test, notebook) or message
    return told | {"message": message}


def answer_error(test: SourceCell, notebook: NotebookNode) -> str:
    """How the answer cell above a test ended, if by an error; empty otherwise."""
    above = [grade_id(cell) for cell in notebook.cells].index(test.name)
    for cell in reversed(notebook.cells[:above]):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
            if not errors:
                return ""
            name, text = errors[-1].ename, errors[-1].evalue
            ended = text if name in OURS else f"it ended with {name}: {text}"
            return f"Your answer's cell did not run to its end: {ended}."[:PRINTED_LIMIT].replace("?.", "?")
    return ""


def unread(lab: str, test: SourceCell) -> Exercise:
    """The exercise of a submission that cannot be read."""
    return blank(lab, test) | {"message": "Your notebook could not be read."}


def blank(lab: str, test: SourceCell) -> Exercise:
    """Names and points, nothing known yet."""
    return {
        "test": test.name,
        "name": exercise_name(lab, test.name),
        "points": 0.0,
        "max_points": test.points or 0.0,
        "message": "",
        "checks": [],
        "printed": "",
    }


def exercise_name(lab: str, test: str) -> str:
    """``07-attention-softmax-check`` → ``softmax``."""
    return test.removeprefix(f"{lab}-").removesuffix("-check")


@dataclass(frozen=True)
class HandGrade:
    """What a person gave for a cell, if they gave points, and wrote; ``again`` if the answer has changed since."""

    points: float | None = None
    comment: str = ""
    again: bool = False


def with_hand_grades(result: dict[str, Any], by_hand: dict[str, HandGrade]) -> dict[str, Any]:
    """A result in which a person's points replace those of the tests, and their comment stands with them."""

    def graded(exercise: Exercise) -> Exercise:
        given = by_hand.get(exercise["test"], HandGrade())
        points = exercise["points"] if given.points is None else given.points
        words = [
            exercise["message"],
            f"Your grader writes: {given.comment}" if given.comment else "",
            "You have changed the answer since; it will be looked at again." if given.again else "",
        ]
        return exercise | {"points": points, "message": " ".join(filter(None, words))}

    return result | {"exercises": [graded(exercise) for exercise in result["exercises"]]}


def answers_in(lab: str, notebook: str) -> dict[str, str]:
    """The texts of a notebook's answer cells by exercise."""
    if not notebook:
        return {}
    cells = [
        (cell, cell.metadata.get("nbgrader", {})) for cell in nbformat.reads(notebook, as_version=4).cells
    ]
    return {exercise_name(lab, known["grade_id"]): c.source for c, known in cells if known.get("solution")}


def own_answers(lab: str, source: Path) -> dict[str, str]:
    """The course's own answers by exercise; ``source`` is its notebook."""
    found = answers_in(lab, source.read_text(encoding="utf-8"))
    return {name: without_markers(text) for name, text in found.items()}


def from_reports(reports: list[dict[str, Any]]) -> Exercise:
    """What the checks say: the last report decides the points, an open one before it has the words."""
    decides, open_one = reports[-1], next((r for r in reports if not r.get("hidden")), None)
    words = {check["name"]: check for check in (open_one or {}).get("checks", [])}
    checks = []
    for check in decides["checks"]:
        open_check = words.get(check["name"], {})
        both = check | {key: open_check[key] for key in ("message", "line") if open_check.get(key)}
        both["misconception"] = check.get("misconception") or open_check.get("misconception")
        if not check["passed"] and open_check.get("passed"):
            both["message"] = "It passes with the inputs that you see, and fails with other inputs."
        if both["message"] == decides.get("problem"):
            both["message"] = ""  # said once, above the checks
        checks.append(both)
    message = decides.get("problem") or ""
    if decides.get("blank"):
        message, checks = BLANK, []
    printed = str((open_one or {}).get("printed", ""))[:PRINTED_LIMIT]
    return {"message": message, "checks": checks, "printed": printed}


def from_outputs(cell: NotebookNode) -> Exercise:
    """What a plain test says: its error, unless part of the test is hidden; then only the kind of error."""
    hidden = has_private_part(cell.source)
    errors = [o for o in cell.outputs if o.output_type == "error"]
    printed = "".join(o.text for o in cell.outputs if o.output_type == "stream")
    if not errors:
        return {"printed": "" if hidden else printed[:PRINTED_LIMIT]}
    name, text = errors[-1].ename, errors[-1].evalue
    shown = text if name in OURS else error_words(name) if hidden else f"{name}: {text}"
    return {"message": shown[:PRINTED_LIMIT], "printed": "" if hidden else printed[:PRINTED_LIMIT]}
