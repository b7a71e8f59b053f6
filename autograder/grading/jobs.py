"""One submission on its way through grading, and whether it has to make the way again."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_notebook

from autograder.grading.bundle import bundle_digest, file_digest
from autograder.grading.execute import code_cells
from autograder.grading.limits import Limits
from autograder.grading.structure import SourceCell

NOTABLE = ("TimeoutError", "DiedError", "ScoreError")


@dataclass
class Job:
    """A submission: what was handed in, what was found, what it earned. ``problem`` says why it is hopeless."""

    student: str
    problem: str = ""
    notebook: NotebookNode = field(default_factory=new_notebook)
    folder: Path = Path()
    repairs: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    digest: str = ""
    seconds: float = 0.0
    current: bool = False

    def note_flags(self) -> None:
        """Collect what happened while the submission ran that an instructor should know."""
        for number, cell in enumerate(code_cells(self.notebook), start=1):
            name = cell.metadata.get("nbgrader", {}).get("grade_id", f"code cell {number}")
            for output in cell.outputs:
                if output.output_type == "error" and output.ename.endswith(NOTABLE):
                    self.flags.append(f"{name}: {output.evalue}")


def digest_of(job: Job, structure: Sequence[SourceCell], seed: str, limits: Limits) -> str:
    """Names everything that the result depends on: the submission, the tests, the course's code, the seed."""
    parts = [
        bundle_digest(),
        seed,
        json.dumps(dataclasses.asdict(limits)),
        json.dumps([dataclasses.asdict(cell) for cell in structure]),
        json.dumps([[cell.cell_type, cell.source] for cell in job.notebook.cells]),
        file_digest(job.folder, "*"),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def write_record(path: Path, job: Job) -> None:
    """Keep what was graded, and what was noted then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"digest": job.digest, "flags": job.flags, "seconds": job.seconds}))


def recall(path: Path, job: Job) -> bool:
    """Whether the record is of this very job; if so, what was noted then is noted again."""
    try:
        last = json.loads(path.read_text())
        if last["digest"] != job.digest:
            return False
        job.flags, job.seconds = last["flags"], last["seconds"]
    except (OSError, ValueError, KeyError):
        return False
    return True
