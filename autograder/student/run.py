"""Check answers from a terminal: the same checks and the same words as in the notebook."""

import contextlib
import io
import linecache
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.student.answers import NO_PYTHON
from autograder.student.find import Workspace
from autograder.student.labfile import LabFile, name_of, own_code
from autograder.student.progress import note_check

BY_HAND = (
    "{name}: a question in words, which a person grades; write your answer into its cell, and hand in {lab}"
)
MOVED = "note: the setup stands below an answer that needs it; `seq2gpt course update` puts the cells back in their order"
OTHER_CELL = "  note: {target} has its last value from {maker}, not from the cell of {name}, and the last one counts; use another name there"
NO_CELL = "  note: the notebook has no cell for {name}; `seq2gpt course update` brings it back"
TWO_CELLS = "  note: the notebook has {count} cells of {name}, and the last one counts, in grading too; delete the others"
NO_SETUP = (
    "note: the first code cell, with the lab's imports, is gone; `seq2gpt course update` brings it back"
)
NO_KERNEL = (
    "note: the notebook was saved with the kernel {kernel}; in JupyterLab: Kernel ▸ Change Kernel ▸ Python 3"
)
NOT_KEPT = "  note: {folder} cannot be written, so this check is not remembered; `seq2gpt course doctor` says what helps"
WAIT = 0.3  # seconds between two looks at a file


def check(workspace: Workspace, wanted: list[tuple[str, str]]) -> Iterator[str]:
    """The report of each exercise, as it comes; what a person grades is passed over."""
    for lab in dict.fromkeys(lab for lab, _ in wanted):
        notebook, released = workspace.read(lab), workspace.released[lab]
        names = [name for of, name in wanted if of == lab and not released.by_hand(name)]
        namespace, problems, later = define(notebook, released)
        for name in names:
            yield "\n".join(report_on(workspace, notebook, namespace, name, problems.get(name, []), later))
        yield from (
            BY_HAND.format(name=name, lab=lab) for of, name in wanted if of == lab and released.by_hand(name)
        )
        elsewhere = [
            line for name, found in problems.items() if name not in released.answers for line in found
        ]
        if elsewhere:
            yield "\n".join(elsewhere)
        if names:
            yield from about_the_notebook(notebook, released)


def about_the_notebook(notebook: LabFile, released: LabFile) -> Iterator[str]:
    """What is wrong with a notebook as a whole."""
    kernel = notebook.data.get("metadata", {}).get("kernelspec", {})
    if kernel.get("language", "python") != "python":
        yield NO_KERNEL.format(kernel=kernel.get("display_name", kernel["language"]))
    setup = f"{notebook.lab}-setup"
    if setup in released.named and setup not in notebook.named:
        yield NO_SETUP
    elif not in_order(notebook, released):
        yield MOVED


def in_order(notebook: LabFile, released: LabFile) -> bool:
    """Whether the setup stands above every answer."""
    names = [name for name, _ in own_code(notebook, released)]
    answers = [names.index(name) for name in names if name in released.answers]
    return "setup" not in names or not answers or names.index("setup") < min(answers)


def define(
    notebook: LabFile, released: LabFile
) -> tuple[dict[str, Any], dict[str, list[str]], dict[str, str]]:
    """What the cells of a notebook define, what went wrong, by cell, in words, and which cell gave each name its value."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    problems: dict[str, list[str]] = {}
    made_by: dict[str, str] = {}
    before = Path.cwd()
    os.chdir(notebook.path.parent)  # where a notebook's kernel runs
    quiet = (
        io.StringIO()
    )  # what cells print belongs to the notebook; what a checked call prints is in its report
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            for name, text in own_code(notebook, released):
                before_cell = dict(namespace)
                if problem := run_cell(name, text, namespace):
                    problems[name] = [f"  In {name}: {problem}"]
                made_by |= {
                    key: name for key, value in namespace.items() if before_cell.get(key) is not value
                }
    finally:
        os.chdir(before)
    return namespace, problems, made_by


def run_cell(name: str, text: str, namespace: dict[str, Any]) -> str:
    """Run a cell; what is wrong with it in one sentence, empty if nothing is."""
    lines = text.splitlines()
    code = "\n".join("" if line.lstrip().startswith(NO_PYTHON) else line for line in lines) + "\n"
    where = f"<cell of {name}>"
    linecache.cache[where] = (len(code), None, code.splitlines(keepends=True), where)
    try:
        exec(compile(code, where, "exec"), namespace)  # noqa: S102 (the student's own code on their own machine)
    except SyntaxError as error:
        shown = (error.text or "").strip()
        return f"line {error.lineno} is no Python: {shown} ({error.msg})"
    except NotImplementedError:
        return ""
    except SystemExit:
        return "the cell called exit(), and nothing after that ran; delete that line"
    except EOFError:
        return "the cell waits for input; an answer gets what it needs as arguments; delete that line"
    except Exception as error:
        return f"the cell raised {type(error).__name__}: {error}"
    return ""


def report_on(
    workspace: Workspace,
    notebook: LabFile,
    namespace: dict[str, Any],
    name: str,
    problems: list[str],
    made_by: dict[str, str],
) -> list[str]:
    """Run the checks of one exercise and enter what they found; the report, and what there is to know about its cell."""
    from autograder.checking import Lab, find

    lab = Lab(notebook.lab, namespace)
    report = lab.report(name)
    kept = note_check(workspace.folder, report, notebook.answers.get(name, ""))
    target = find(lab.exercises, name).target
    if problems and target not in namespace:  # the cell's own fault says more than that the name is missing
        lines = [report.headline, *problems]
    else:
        lines = [report.text(), *problems]
    maker = made_by.get(target, name)
    if maker != name and report.points != report.max_points:
        lines.append(OTHER_CELL.format(target=target, maker=maker, name=name))
    count = sum(name_of(cell) == f"{notebook.lab}-{name}" for cell in notebook.cells)
    if count == 0 and target not in namespace:
        lines = [report.headline, NO_CELL.format(name=name)]
    elif count > 1:
        lines.append(TWO_CELLS.format(count=count, name=name))
    return lines if kept else [*lines, NOT_KEPT.format(folder=workspace.folder)]


def watch(workspace: Workspace, wanted: list[tuple[str, str]]) -> Iterator[str]:
    """Check, and again whatever changed each time the notebook is saved, until Ctrl-C."""
    seen: dict[tuple[str, str], str] = {}
    saved: dict[str, float] = {}
    while True:
        changed = []
        for lab in dict.fromkeys(lab for lab, _ in wanted):
            stamp = workspace.path(lab).stat().st_mtime
            if saved.get(lab) == stamp:
                continue
            saved[lab] = stamp
            answers = workspace.read(lab).answers
            for name in (name for of, name in wanted if of == lab):
                if seen.get((lab, name)) != answers.get(name, ""):
                    seen[lab, name] = answers.get(name, "")
                    changed.append((lab, name))
        yield from check(workspace, changed)
        time.sleep(WAIT)
