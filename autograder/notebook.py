"""Make, execute, release and write notebooks: the part of the build that needs Jupyter's libraries."""

import contextlib
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.lessons import Lesson
from seq2gpt.errors import UserError

SECONDS_PER_CELL = 120
SCHEMA_VERSION = 3  # of nbgrader's metadata
LONGEST_ID = 64  # nbformat 4.5
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# The same on every machine; a kernel would write the version of its Python here.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"},
}  # fmt: skip


# ── cells ────────────────────────────────────────────────────────────────────────────────────────


def new(title: str, cells: list[NotebookNode]) -> NotebookNode:
    """A notebook whose cells all have different ids."""
    nb = new_notebook(cells=cells, metadata={"title": title} | METADATA)
    seen: set[str] = set()
    for cell in cells:
        if cell.id in seen:
            raise UserError(f"two cells would have the id {cell.id}; give one another name in the lab sheet")
        seen.add(cell.id)
    return nb


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
    source = (
        f'check("{exercise}")\n\n### BEGIN HIDDEN TESTS\ncheck("{exercise}", hidden=True)\n### END HIDDEN TESTS'
    )
    return _graded_cell(grade_id, source, locked=True, grade=True, points=points)


def _graded_cell(grade_id: str, source: str, **roles: Any) -> NotebookNode:
    metadata = {
        "grade": False, "solution": False, "locked": False, "task": False,
        "grade_id": grade_id, "schema_version": SCHEMA_VERSION,
    }  # fmt: skip
    return new_code_cell(source, id=cell_id(grade_id), metadata={"nbgrader": metadata | roles})


def cell_id(name: str) -> str:
    """The id of a cell, which nbformat keeps short."""
    if len(name) > LONGEST_ID:
        raise UserError(f"the cell id {name} has {len(name)} characters; choose a name that leaves at most {LONGEST_ID}")
    return name


# ── executing ────────────────────────────────────────────────────────────────────────────────────


def execute(nb: NotebookNode, lesson: Lesson) -> None:
    """Run all cells in a fresh kernel and keep outputs that are the same every time.

    Raises ``UserError`` when a cell fails, or when the course's own solution does not earn every point.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory(prefix="seq2gpt-build-") as folder:
        client = NotebookClient(
            nb, timeout=SECONDS_PER_CELL, kernel_name="python3", record_timing=False,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        try:
            client.execute(env=kernel_environment(lesson.root, folder))
        except CellExecutionError as error:
            raise UserError(f"{lesson.name}: {failing_cell(nb)} raises {error.ename}: {error.evalue}") from None
        except CellTimeoutError:
            raise UserError(f"{lesson.name}: a cell runs longer than {SECONDS_PER_CELL} s; make it shorter") from None
        except DeadKernelError:
            raise UserError(f"{lesson.name}: the kernel died while the notebook ran") from None
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
        raise UserError(f"{lesson.name}: {marks['grade_id']} writes to stderr, for which nbgrader gives 0 points")


# ── releasing ────────────────────────────────────────────────────────────────────────────────────


def release(nb: NotebookNode, lesson: Lesson) -> NotebookNode:
    """What ``nbgrader generate_assignment`` makes of a notebook with solutions.

    It is nbgrader's own converter, with the course's configuration, in a folder that is thrown away:
    the instructor's gradebook is not touched.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from autograder.grading.config import configure

    with tempfile.TemporaryDirectory(prefix="seq2gpt-release-") as folder, environment_on_path():
        root = Path(folder)
        config = Config()
        configure(config, root, root / "work")
        config.CourseDirectory.assignment_id = lesson.name
        write(nb, root / "solutions" / lesson.name / f"{lesson.name}.ipynb")
        words = Words()
        course = CourseDirectory(config=config, log=words.logger)
        try:
            GenerateAssignment(coursedir=course, config=config, log=words.logger).start()
        except NbGraderException:
            raise UserError(f"{lesson.name}: nbgrader does not release it: {words.last}") from None
        return read(root / "exercises" / lesson.name / f"{lesson.name}.ipynb")


class Words(logging.Handler):
    """Keeps what nbgrader logs, for it raises exceptions that only point to its log."""

    def __init__(self) -> None:
        super().__init__()
        self.last = "it gives no reason"
        self.logger = logging.Logger("release", logging.ERROR)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last line of the first message."""
        if self.last == "it gives no reason":
            self.last = record.getMessage().strip().splitlines()[-1]


@contextlib.contextmanager
def environment_on_path() -> Iterator[None]:
    """nbgrader starts ``alembic`` by name: the folder of this Python must be on PATH."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


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
