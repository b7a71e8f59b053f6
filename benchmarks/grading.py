"""How fast a lab is graded, next to stock nbgrader, in one run and with equal scores.

    python benchmarks/grading.py [--submissions 4] [--command 8] [--lab 07-attention]

Three comparisons, each with its ratio:

- one worker: both grade the same submissions one after another, in turn, after one for warming up. Stock nbgrader runs in this
  process too, so that its three seconds of imports are not counted against it. Wall time, and processor time of everything that
  was started, which a busy machine disturbs less;
- two workers: ours grades as many submissions with two processes; wall time for each, next to stock's;
- by command: ``nbgrader autograde`` and ``seq2gpt course grade`` for a new course, from the start of Python to the end, ours
  with all that it does besides: it tries the course's own answers first, and writes feedback and reports.

Ratios of wall time mean something on a machine that does nothing else; so the load is printed too.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cpu_clock import CpuClock, cpu_clock
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from traitlets.config import Config

from autograder.grading.bundle import Bundle, Submission, code_digest
from autograder.grading.config import make_commands_findable
from autograder.grading.engine import grade_submission
from autograder.grading.gradebook import GradeWriter
from autograder.grading.pool import Runner, process_pool
from autograder.grading.release import convert
from autograder.grading.settings import Late
from autograder.grading.structure import read_structure
from autograder.lessons import ROOT, Lesson
from autograder.sample_class import SampleLab

COURSE = "benchmark"
SEED = "seed"


class Course:
    """A course with the same right answers from several students, in ``root``."""

    def __init__(self, root: Path, lab: str, submissions: int) -> None:
        self.root, self.lab = root, lab
        self.db_url = f"sqlite:///{root / 'gradebook.db'}"
        shutil.copytree(ROOT / "solutions" / lab, root / "solutions" / lab)
        self.students = [f"student{i}" for i in range(submissions)]
        hand_in(root / "submitted", lab, self.students)

    def release(self) -> None:
        """Enter the lab into the gradebook."""
        convert(GenerateAssignment, self.config())
        structure = tuple(read_structure(self.db_url, self.lab, self.lab))
        self.bundle = Bundle(lab=self.lab, structure=structure, code=code_digest())

    def config(self) -> Config:
        """nbgrader as it is installed."""
        c = Config()
        c.CourseDirectory.root = str(self.root)
        c.CourseDirectory.course_id = COURSE
        c.CourseDirectory.source_directory = "solutions"
        c.CourseDirectory.db_url = self.db_url
        c.CourseDirectory.assignment_id = self.lab
        c.ExecutePreprocessor.timeout = 600
        return c

    def stock(self, student: str) -> None:
        """Grade one submission with stock nbgrader."""
        c = self.config()
        c.CourseDirectory.student_id = student
        convert(Autograde, c)

    def submission(self, student: str) -> Submission:
        """What a student handed in."""
        return Submission((self.root / "submitted" / student / self.lab / f"{self.lab}.ipynb").read_bytes())

    def ours(self, student: str) -> None:
        """Grade one submission with ours."""
        self.enter(student, *grade_submission(self.bundle, self.submission(student), SEED))

    def ours_side_by_side(self, runner: Runner, students: list[str]) -> None:
        """Grade several, as many at once as there are workers."""
        jobs = [(student, self.submission(student)) for student in students]
        for student, graded in runner.run(self.bundle, SEED, jobs):
            assert isinstance(graded, tuple), graded
            self.enter(student, *graded)

    def enter(self, student: str, result: dict, notebook: str) -> None:
        """Write the gradebook and the graded notebook."""
        with GradeWriter(self.db_url, COURSE, self.lab, Late()) as writer:
            writer.enter(student, result, None)
        (self.root / f"{student}.ipynb").write_text(notebook, encoding="utf-8")

    def score(self, student: str) -> float:
        """What the gradebook says."""
        with Gradebook(self.db_url, COURSE) as gradebook:
            return float(gradebook.find_submission(self.lab, student).score)


def hand_in(submitted: Path, lab: str, students: list[str]) -> None:
    """Right answers from everybody."""
    sample = SampleLab(Lesson(lab))
    for student in students:
        path = submitted / student / lab / f"{lab}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(sample.notebook(sample.answers), encoding="utf-8")


def timed(action: Callable[[], object], clock: CpuClock) -> tuple[float, float]:
    """Wall time and processor time of a call."""
    wall, cpu = time.perf_counter(), clock.seconds()
    action()
    return time.perf_counter() - wall, clock.seconds() - cpu


def compare_workers(lab: str, submissions: int, clock: CpuClock) -> None:
    """One worker in turn with stock, then two."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder), lab, submissions + 1)
        course.release()
        theirs, ours = [], []
        for student in course.students:
            theirs.append(timed(lambda s=student: course.stock(s), clock))
            score = course.score(student)
            ours.append(timed(lambda s=student: course.ours(s), clock))
            assert course.score(student) == score, (course.score(student), score)
        for name, i in {"wall time": 0, "processor time": 1}.items():
            a, b = (statistics.median(t[i] for t in times[1:]) for times in (theirs, ours))
            print(f"one worker, {name}: stock {a:.2f} s, ours {b:.2f} s per submission: ratio {a / b:.1f}")
        runner = Runner(process_pool, 2, 1)
        course.ours_side_by_side(runner, course.students[:2])  # each worker makes its jail
        wall, _ = timed(lambda: course.ours_side_by_side(runner, course.students), clock)
        runner.close()
        each, stock = wall / len(course.students), statistics.median(t[0] for t in theirs[1:])
        print(
            f"two workers, wall time: stock {stock:.2f} s, ours {each:.2f} s per submission: ratio {stock / each:.1f}"
        )


def compare_commands(lab: str, submissions: int, clock: CpuClock) -> None:
    """The whole command."""
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = Path(folder, "theirs"), Path(folder, "ours")
        course = Course(theirs, lab, submissions)
        course.release()
        for part in ("autograder", "src", "solutions", "exercises", "book"):
            shutil.copytree(
                ROOT / part, ours / part, ignore=shutil.ignore_patterns("submitted", ".graded", "*.db")
            )
        hand_in(ours / "autograder" / "submitted", lab, course.students)
        settings = course.config().CourseDirectory
        del settings["assignment_id"]  # it is the command's argument
        options = [f"--CourseDirectory.{name}={value}" for name, value in settings.items()]
        commands = {
            theirs: ["-m", "nbgrader", "autograde", lab, *options],
            ours: ["-m", "seq2gpt", "course", "grade", lab],
        }
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ours / "src"), str(ours)])}
        used = []
        for place, command in commands.items():
            run = partial(
                subprocess.run,
                [sys.executable, *command],
                cwd=place,
                env=environment,
                check=True,
                capture_output=True,
            )
            used.append(timed(run, clock))
        with Gradebook(f"sqlite:///{ours / 'autograder' / 'gradebook.db'}", "seq2gpt") as gradebook:
            scores = {s.student_id: float(s.score) for s in gradebook.assignment_submissions(lab)}
        assert scores == {s: course.score(s) for s in course.students}, scores
        for name, (a, b) in zip(("wall time", "processor time"), zip(*used, strict=True), strict=True):
            print(f"{submissions} by command, {name}: stock {a:.1f} s, ours {b:.1f} s: ratio {a / b:.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", default="07-attention")
    parser.add_argument("--submissions", type=int, default=4, help="for one and for two workers")
    parser.add_argument("--command", type=int, default=8, help="submissions by command; 0 leaves it out")
    arguments = parser.parse_args()
    make_commands_findable()
    print(f"load at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    with cpu_clock() as clock:
        compare_workers(arguments.lab, arguments.submissions, clock)
        if arguments.command:
            compare_commands(arguments.lab, arguments.command, clock)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
