"""The engines that the corpus is tried on, seen from outside: hand over a world, get scores back.

``ours`` is the engine behind ``seq2gpt course grade``, ``stock`` is nbgrader with its default configuration.
A new engine is a function more in :mod:`grade`.
"""

import contextlib
import csv
import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from .world import SECRETS, World, stop

NAMES = ("ours", "stock")
HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]


@dataclass
class Grades:
    """What a run gave: points by student and exercise, and of whom the instructor was told something."""

    points: dict[str, dict[str, float]] = field(default_factory=dict)
    remarks: dict[str, str] | None = None  # None: this engine has no report
    late: bool = False


class Grader:
    """A grader's process; it is started again when an attack has killed it."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        programs = Path(sys.executable).parent
        environment = os.environ | {
            "PYTHONPATH": f"{CHECKOUT / 'src'}{os.pathsep}{CHECKOUT}",
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",  # nbgrader runs alembic by name
            "OMP_NUM_THREADS": "1",
            "INSTRUCTOR_TOKEN": SECRETS["environment"],
        }
        environment.pop("SEQ2GPT_GRADING_SEED", None)
        return subprocess.Popen(
            [sys.executable, str(HERE / "grade.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def grade(self, world: World, lab: str, students: Sequence[str] | None, seconds: float) -> Grades:
        """Grade these students' submissions, by default all; after ``seconds`` the run is given up."""
        if self.process.poll() is not None:
            self.process = self._start()
        job = {
            "engine": self.engine,
            "root": str(world.root),
            "work": str(world.work),
            "lab": lab,
            "students": students,
            "log": str(world.base / "log"),
            "environment": {"TMPDIR": str(world.temporary), "HOME": str(world.home)},
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        late = not select.select([self.process.stdout], [], [], seconds)[0]
        if late:
            for child in psutil.Process(self.process.pid).children():
                stop(child)
        self.process.stdout.readline()  # empty when the grader itself was killed
        return Grades(points_of(world, lab), remarks_of(world, lab), late)

    def close(self) -> None:
        """End the process, which ends by itself when its input does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            stop(psutil.Process(self.process.pid))
            self.process.wait()
        self.process.stdout.close()


def points_of(world: World, lab: str) -> dict[str, dict[str, float]]:
    """What the gradebook says."""
    from nbgrader.api import Gradebook, MissingEntry

    points: dict[str, dict[str, float]] = {}
    if not (world.work / "gradebook.db").exists():
        return points
    with (
        Gradebook(f"sqlite:///{world.work / 'gradebook.db'}") as gradebook,
        contextlib.suppress(MissingEntry),
    ):
        for submission in gradebook.assignment_submissions(lab):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            points[submission.student_id] = {
                grade.name.removeprefix(f"{lab}-").removesuffix("-check"): float(grade.score)
                for grade in grades
            }
    return points


def remarks_of(world: World, lab: str) -> dict[str, str] | None:
    """What the instructor is told of each student, if the engine writes a report."""
    report = world.work / f"grades-{lab}.csv"
    if not report.exists():
        return None
    with report.open(encoding="utf-8") as file:
        return {
            row["student"]: "; ".join(filter(None, (row["problem"], row["flags"])))
            for row in csv.DictReader(file)
        }
