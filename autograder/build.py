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
from typing import Any

from autograder.assemble import assemble, checked_points
from autograder.lessons import ROOT, Lesson, all_lessons
from autograder.sheet import Code, read_sheet
from seq2gpt.errors import UserError

STAMP = "seq2gpt"  # the key of the build's entry in a notebook's metadata
# Modules that decide what is in a notebook.
TOOLS = ("assemble", "build", "derive", "fields", "notebook", "sheet", "grading/config")
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
