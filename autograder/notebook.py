"""Make, execute, release and write notebooks: the part of the build that needs Jupyter's libraries."""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.lessons import Lesson
from seq2gpt.errors import UserError

SECONDS = 120  # that a cell may run
SCHEMA_VERSION = 3  # of nbgrader's metadata
LONGEST_ID = 64  # nbformat 4.5
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# The same on every machine; a kernel would write the version of its Python here.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}


# ── cells ────────────────────────────────────────────────────────────────────────────────────────


def new(title: str, cells: list[NotebookNode]) -> NotebookNode:
    """A notebook whose cells all have different ids."""
    seen: set[str] = set()
    for cell in cells:
        if cell.id in seen:
            raise UserError(f"two cells would have the id {cell.id}; give one another name in the lab sheet")
        seen.add(cell.id)
    return new_notebook(cells=cells, metadata={"title": title} | METADATA)


def text_cell(name: str, source: str) -> NotebookNode:
    """Markdown."""
    return new_markdown_cell(source, id=cell_id(name))


def playground_cell(name: str, source: str) -> NotebookNode:
    """Code that belongs to the student; nbgrader does not know it."""
    return new_code_cell(source, id=cell_id(name))


def locked_cell(grade_id: str, source: str) -> NotebookNode:
    """Code that a student cannot change; autograding puts it back if somebody did."""
    return _graded_cell(grade_id, source, locked=True)


def answer_cell(grade_id: str, source: str) -> NotebookNode:
    """A definition with its solution between markers."""
    return _graded_cell(grade_id, source, solution=True)


def test_cell(grade_id: str, exercise: str, points: int) -> NotebookNode:
    """The checks of an exercise: with public inputs for the student, with private ones when graded.

    ``check`` returns the points earned, which nbgrader reads from the value of the cell.
    """
    hidden = f'### BEGIN HIDDEN TESTS\ncheck("{exercise}", hidden=True)\n### END HIDDEN TESTS'
    source = f'check("{exercise}")\n\n{hidden}'
    return _graded_cell(grade_id, source, locked=True, grade=True, points=points)


def manual_cell(grade_id: str, solution: str, points: int) -> NotebookNode:
    """Markdown in which a student answers and which a person grades; ``solution`` is not released."""
    source = f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
    return _graded_cell(grade_id, source, make=new_markdown_cell, grade=True, solution=True, points=points)


def _graded_cell(
    grade_id: str, source: str, make: Callable[..., NotebookNode] = new_code_cell, **roles: Any
) -> NotebookNode:
    metadata = {
        "grade": False, "solution": False, "locked": False, "task": False,
        "grade_id": grade_id, "schema_version": SCHEMA_VERSION,
    }  # fmt: skip
    return make(source, id=cell_id(grade_id), metadata={"nbgrader": metadata | roles})


def cell_id(name: str) -> str:
    """The id of a cell, which nbformat keeps short."""
    if len(name) > LONGEST_ID:
        raise UserError(
            f"the cell id {name} has {len(name)} characters, more than {LONGEST_ID}; use a shorter name"
        )
    return name


# ── executing ────────────────────────────────────────────────────────────────────────────────────


def execute(nb: NotebookNode, lesson: Lesson) -> None:
    """Run all cells in a fresh kernel and keep outputs that are the same every time.

    Raises ``UserError`` when a cell fails, or when the course's own solution does not earn every point.
    """
    # Half a second of imports that a release does not need.
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="seq2gpt-") as folder:
        # Sockets in a private folder: nobody else can reach them, and there is no port to collide on.
        config = Config(KernelManager={"transport": "ipc", "ip": f"{folder}/kernel"})
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(nb, config=config, timeout=SECONDS, record_timing=False, resources=resources)
        try:
            client.execute(env=kernel_environment(lesson.root, folder))
        except CellExecutionError as error:
            problem = f"{failing_cell(nb)} raises {error.ename}: {error.evalue}; mend it"
        except CellTimeoutError:
            problem = f"a cell runs longer than {SECONDS} s; make it shorter"
        except DeadKernelError:
            problem = "the kernel died while the notebook ran; run its cells one by one in JupyterLab"
        else:
            problem = ""
    if problem:
        raise UserError(f"{lesson.name}: {problem}")
    nb.metadata = NotebookNode({"title": nb.metadata["title"]} | METADATA)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = stable_outputs(cell.outputs)
            require_full_points(cell, lesson)


def kernel_environment(root: Path, folder: str) -> dict[str, str]:
    """The notebook runs on the sources in ``root``, with public inputs and one thread, whoever builds it."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)]),
        "SEQ2GPT_GRADING_SEED": "",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": folder,
    }


def failing_cell(nb: NotebookNode) -> str:
    """The cell that holds an error."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return f"the cell {cell.id}"
    return "a cell"


def stable_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without what differs from run to run: addresses, widget views, how a stream was cut up."""
    kept: list[NotebookNode] = []
    for output in outputs:
        output.get("data", {}).pop(WIDGET_VIEW, None)
        for key, value in output.get("data", {}).items():
            output.data[key] = ADDRESS.sub("", value) if isinstance(value, str) else value
        if output.output_type == "stream":
            output.text = ADDRESS.sub("", output.text)
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        kept.append(output)
    return kept


def require_full_points(cell: NotebookNode, lesson: Lesson) -> None:
    """A right answer must earn every point, and write nothing to stderr, for which nbgrader gives 0."""
    marks = cell.metadata.get("nbgrader", {})
    if not marks.get("grade"):
        return
    values = [o.data["text/plain"] for o in cell.outputs if o.output_type == "execute_result"]
    if values != [str(float(marks["points"]))]:
        earned = values[0] if values else "nothing"
        raise UserError(
            f"{lesson.name}: the course's own answer earns {earned} of {marks['points']} points in "
            f"{marks['grade_id']}; correct {lesson.module.name} or its checks"
        )
    if any(o.output_type == "stream" and o.name == "stderr" for o in cell.outputs):
        raise UserError(
            f"{lesson.name}: {marks['grade_id']} writes to stderr, for which nbgrader gives 0 points"
        )


# ── releasing ────────────────────────────────────────────────────────────────────────────────────


def release(nb: NotebookNode, lesson: Lesson) -> NotebookNode:
    """What ``nbgrader generate_assignment`` makes of a notebook with solutions.

    It is nbgrader's own converter with the course's configuration, run in a folder that is thrown away and
    without a gradebook, as with ``--no-db``.
    """
    from nbgrader.converters import GenerateAssignment  # takes three seconds

    from autograder.grading.config import course_config
    from autograder.grading.reference import RequireFullPoints
    from autograder.grading.release import NbGraderError, convert

    with tempfile.TemporaryDirectory(prefix="seq2gpt-") as folder:
        root = Path(folder)
        config = course_config(root, root)
        config.CourseDirectory.assignment_id = lesson.name
        config.GenerateAssignment.no_database = True
        config.GenerateAssignment.preprocessors.remove(
            RequireFullPoints
        )  # the build has just run the answers
        config.SaveCells.enabled = False
        write(nb, root / "solutions" / lesson.name / f"{lesson.name}.ipynb")
        try:
            convert(GenerateAssignment, config)
        except NbGraderError as error:
            raise UserError(f"{lesson.name}: nbgrader does not release it: {error}") from None
        return read(root / "exercises" / lesson.name / f"{lesson.name}.ipynb")


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def read(path: Path) -> NotebookNode:
    """A notebook from a file."""
    return nbformat.read(path, as_version=4)


def write(nb: NotebookNode, path: Path) -> None:
    """Write a valid notebook, whole or not at all, in the layout that nbgrader's own files have."""
    nbformat.validate(nb)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(nbformat.writes(nb) + "\n", encoding="utf-8")
    unfinished.replace(path)
