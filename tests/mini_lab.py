"""A small lab as it is released, and the same in a student's folder, for the tests of what students do."""

import json
from pathlib import Path
from typing import Any

LAB = "01-mini"
BLANK = 'def {0}(x):\n    """{0} of x."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
HINTS = (
    "<details><summary>Hint: a direction</summary>\n\nThink.\n\n<details><summary>Hint: a step</summary>\n\n"
    "Use `*`.\n\n</details>\n</details>"
)


def cell(kind: str, name: str, text: str, **marks: Any) -> dict[str, Any]:
    """One cell; with marks it is one that nbgrader knows."""
    nbgrader = {"grade_id": name, "locked": False, "solution": False, "grade": False} | marks
    made = {
        "cell_type": kind,
        "id": name,
        "metadata": {"nbgrader": nbgrader} if marks else {},
        "source": [text],
    }
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def lab_cells(exercises: tuple[str, ...] = ("double", "square")) -> list[dict[str, Any]]:
    """Title, setup, task, answer and test of each exercise, what runs in the end, and a question for a person."""
    cells = [
        cell("markdown", f"{LAB}-text-1", "# A lab"),
        cell("code", f"{LAB}-setup", "import math", locked=True),
    ]
    for number, name in enumerate(exercises, 1):
        task = f"## Exercise {number} · {name}\n\n`{name}` · 2 points · about {5 * number} minutes\n\n{HINTS}"
        cells += [
            cell("markdown", f"{LAB}-{name}-text", task),
            cell("code", f"{LAB}-{name}", BLANK.format(name), solution=True),
            cell("code", f"{LAB}-{name}-check", f'check("{name}")', locked=True, grade=True, points=2),
        ]
    return [
        *cells,
        cell("markdown", f"{LAB}-text-2", "## Your numbers at work\n\nRun it."),
        cell("code", f"{LAB}-code-1", "print(double(square(3)))"),
        cell("markdown", f"{LAB}-why-text", "## In your own words · Why\n\nabout 3 minutes"),
        cell("markdown", f"{LAB}-why", "YOUR ANSWER HERE", solution=True, grade=True, points=4),
    ]


def write_lab(folder: Path, cells: list[dict[str, Any]]) -> Path:
    """The notebook of the lab in ``folder``."""
    path = folder / LAB / f"{LAB}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"cells": cells, "metadata": {"title": "A lab"}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def texts(path: Path) -> dict[str, str]:
    """The text of every cell by its id, cells of the student's own by their number."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {c.get("id", f"cell {i}"): "".join(c["source"]) for i, c in enumerate(cells)}


def answer(path: Path, **answers: str) -> None:
    """Write answers into their cells."""
    data = json.loads(path.read_text(encoding="utf-8"))
    for made in data["cells"]:
        name = made.get("id", "").removeprefix(f"{LAB}-")
        if name in answers:
            made["source"] = [answers[name]]
    path.write_text(json.dumps(data), encoding="utf-8")
