"""Build a lab's two notebooks from its sheet, the package and the checks.

``solutions/NN-slug/NN-slug.ipynb`` is nbgrader's source notebook, executed; ``exercises/…`` is what
nbgrader releases of it. Both are committed, and both are generated: nobody edits them. The build writes
into their metadata from what it made them and a fingerprint of their cells, so that it can tell a stale
notebook from one that somebody has worked in, and never writes over the latter.
"""

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.derive import derive
from autograder.lessons import ROOT, Lesson, all_lessons
from autograder.sheet import Code, Exercise, Sheet, Text, read_sheet
from seq2gpt.errors import UserError

if TYPE_CHECKING:
    from nbformat import NotebookNode

STAMP = "seq2gpt"  # the key of the build's entry in a notebook's metadata
# Modules that decide what is in a notebook.
TOOLS = ("build", "derive", "fields", "notebook", "sheet", "grading/config")
PACKAGES = {"seq2gpt": "src/seq2gpt", "autograder": "autograder"}
Points = Callable[[str], Mapping[str, int]]


def build(check: bool = False, root: Path = ROOT, points: Points | None = None) -> list[Path]:
    """Bring the notebooks of all lessons up to date; returns the files written.

    With ``check`` nothing is written or run. Raises ``UserError`` that names each stale notebook and why,
    or, without ``check``, each notebook that was changed by hand: nothing is built then.
    """
    lessons = all_lessons(root)
    if check:
        found = [line for lesson in lessons for line in edited(lesson) + stale(lesson)]
        if found:
            raise UserError("\n".join([*found, "bring them up to date with `seq2gpt course build`"]))
        return []
    written = []
    for lesson in lessons:
        refuse_edited(lesson)
    for lesson in lessons:
        if stale_solution(lesson):
            written.append(write_solution(lesson, points))
        if stale_exercise(lesson):
            written.append(write_exercise(lesson))
    return written


def write_solution(lesson: Lesson, points: Points | None = None) -> Path:
    """Build, execute and write the notebook with solutions."""
    from autograder import notebook

    refuse_edited(lesson)
    worth = (points or checked_points)(lesson.name)
    sheet = read_sheet(lesson.sheet, worth)
    nb = assemble(lesson, sheet, worth)
    notebook.execute(nb, lesson)
    released = notebook.release(nb, lesson)
    nb.metadata[STAMP] = {
        "generated_by": "seq2gpt course build",
        "inputs": input_digests(lesson),
        "solution": fingerprint(nb),
        "outputs": outputs_fingerprint(nb),
        "exercise": fingerprint(released),
    }
    notebook.write(nb, lesson.solution)
    return lesson.solution


def write_exercise(lesson: Lesson) -> Path:
    """Release the notebook with solutions, as ``nbgrader generate_assignment`` does, and write it."""
    from autograder import notebook

    refuse_edited(lesson)
    notebook.write(notebook.release(notebook.read(lesson.solution), lesson), lesson.exercise)
    return lesson.exercise


# ── what is in a notebook ────────────────────────────────────────────────────────────────────────


def assemble(lesson: Lesson, sheet: Sheet, points: Mapping[str, int]) -> "NotebookNode":
    """The notebook with solutions, not yet executed.

    The setup cell follows the text that opens the sheet, so that a reader first meets the title.
    """
    from autograder import notebook

    source = lesson.module.read_bytes().decode()  # keeps the line ends
    setup = notebook.locked_cell(f"{lesson.name}-setup", sheet.setup)
    cells: list[NotebookNode] = []
    numbers = {"text": 0, "code": 0, "exercise": 0}
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
    opening = 1 if cells and isinstance(sheet.parts[0], Text) else 0
    return notebook.new(sheet.title, [*cells[:opening], setup, *cells[opening:]])


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


def task_text(exercise: Exercise, number: int, points: int) -> str:
    """The exercise as a student reads it: heading, effort, text, and hints that open one after another."""
    difficulty = "●" * exercise.difficulty + "○" * (3 - exercise.difficulty)
    unit = "point" if points == 1 else "points"
    lines = [
        f"## Exercise {number} · {exercise.title}",
        f"`{exercise.name}` · {points} {unit} · about {exercise.minutes} minutes · difficulty {difficulty}",
        exercise.text,
    ]
    for hint, kind in zip(exercise.hints, ("a direction", "a step", "almost the code"), strict=True):
        lines.append(f"<details><summary>Hint: {kind}</summary>\n\n{hint}")
    return "\n\n".join([*lines, "\n".join(["</details>"] * len(exercise.hints))])


def checked_points(lab: str) -> dict[str, int]:
    """The exercises that have checks, and what each is worth."""
    from autograder.checking import load_exercises, total_points

    return {name: total_points(lab, name) for name in load_exercises(lab).exercises}


# ── stale, or changed by hand ────────────────────────────────────────────────────────────────────


def stale(lesson: Lesson) -> list[str]:
    """Why the lesson's notebooks are not up to date, one line per notebook; nothing if they are."""
    reasons = [(lesson.solution, stale_solution(lesson)), (lesson.exercise, stale_exercise(lesson))]
    return [f"{path.relative_to(lesson.root)} {why}" for path, why in reasons if why]


def stale_solution(lesson: Lesson) -> str:
    """Why the notebook with solutions must be built again; empty if it need not."""
    if not lesson.solution.exists():
        return "is missing"
    nb = load(lesson.solution)
    stamp = nb["metadata"].get(STAMP, {})
    then, now = stamp.get("inputs", {}), input_digests(lesson)
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        return f"is stale: {', '.join(changed)} changed"
    if stamp.get("outputs") != outputs_fingerprint(nb):
        return "is stale: it was run again after it was built"
    return ""


def stale_exercise(lesson: Lesson) -> str:
    """Why the released notebook must be made again; empty if it need not."""
    if not lesson.exercise.exists():
        return "is missing"
    if stale_solution(lesson):
        return "is stale: its solution is"
    stamps = [load(path)["metadata"].get(STAMP) for path in (lesson.solution, lesson.exercise)]
    return "" if stamps[0] == stamps[1] else "is stale: its solution was built anew"


def edited(lesson: Lesson) -> list[str]:
    """Notebooks in the place of the lesson's that the build did not write, or that were changed since."""
    found = []
    for kind, path in (("solution", lesson.solution), ("exercise", lesson.exercise)):
        if not path.exists():
            continue
        name = path.relative_to(lesson.root)
        nb = load(path)
        stamp = nb["metadata"].get(STAMP)
        if stamp is None:
            found.append(f"{name} was not written by the build; move it to another folder")
        elif stamp.get(kind) != fingerprint(nb):
            found.append(
                f"{name} was changed by hand; move it to a folder of yours, where nothing overwrites it "
                "(`seq2gpt course start mywork` makes one), or delete it"
            )
    return found


def refuse_edited(lesson: Lesson) -> None:
    """Raise ``UserError`` rather than write over somebody's work."""
    if found := edited(lesson):
        raise UserError("\n".join(found))


def load(path: Path) -> dict[str, Any]:
    """A notebook as plain JSON; that loads faster than Jupyter's own reader."""
    try:
        nb = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is no notebook ({error}); move it away or delete it") from None
    if not (
        isinstance(nb, dict) and isinstance(nb.get("cells"), list) and isinstance(nb.get("metadata"), dict)
    ):
        raise UserError(f"{path} is JSON but no notebook; move it away or delete it")
    return nb


def fingerprint(nb: Mapping[str, Any]) -> str:
    """A digest of what somebody may have written: the cells, without outputs and Jupyter's own notes."""
    cells = [
        [c["cell_type"], "".join(c["source"]), c.get("attachments"), c["metadata"].get("nbgrader")]
        for c in nb["cells"]
    ]
    return digest(json.dumps(cells, sort_keys=True).encode())


def outputs_fingerprint(nb: Mapping[str, Any]) -> str:
    """A digest of the outputs; text in a notebook's file is cut into lines, which makes no difference."""

    def joined(value: Any) -> Any:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return "".join(value)
        if isinstance(value, Mapping):
            return {key: joined(item) for key, item in value.items()}
        return [joined(item) for item in value] if isinstance(value, list) else value

    outputs = [joined(cell.get("outputs")) for cell in nb["cells"]]
    return digest(json.dumps(outputs, sort_keys=True).encode())


def digest(content: bytes) -> str:
    """Enough of SHA-256 to notice a change."""
    return hashlib.sha256(content).hexdigest()[:16]


def input_digests(lesson: Lesson) -> dict[str, str]:
    """The digest of every input, by its path in the course."""
    return {path.relative_to(lesson.root).as_posix(): digest(path.read_bytes()) for path in inputs(lesson)}


def inputs(lesson: Lesson) -> list[Path]:
    """Every file that the lesson's notebooks are made from, or that their cells import."""
    tools = [lesson.root / "autograder" / f"{name}.py" for name in TOOLS]
    start = [lesson.module, lesson.checks]
    if lesson.sheet.exists():
        sheet = read_sheet(lesson.sheet)
        code = [sheet.setup, *(part.source for part in sheet.parts if isinstance(part, Code))]
        for text in code:
            start += imported(text, lesson.root)
    found = {lesson.sheet: None} | dict.fromkeys(path for path in tools if path.exists())
    waiting = [path for path in start if path.exists()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            waiting += imported(path.read_text(encoding="utf-8"), lesson.root)
    return sorted(found)


def imported(code: str, root: Path) -> Iterator[Path]:
    """Files of the course that a piece of code imports."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return  # a cell with a magic command; executing it tells more
    for node in ast.walk(tree):
        names: Iterable[str] = ()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            package, *rest = name.split(".")
            if package in PACKAGES:
                base = root.joinpath(PACKAGES[package], *rest)
                yield from (p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file())
