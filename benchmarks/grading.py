"""How fast a lab is graded, next to stock nbgrader, in one run and with equal scores.

    python benchmarks/grading.py [--submissions 4]

Both grade the same submissions of lab 07 one after another, alternating, after one for warming up. Stock nbgrader runs in
this process too, so that its three seconds of imports are not counted against it. Prints seconds per submission (wall
time) and their ratio.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from traitlets.config import Config

from autograder.grading.bundle import Bundle, Submission, code_digest
from autograder.grading.config import make_commands_findable
from autograder.grading.engine import grade_submission
from autograder.grading.gradebook import GradeWriter
from autograder.grading.release import convert
from autograder.grading.settings import Late
from autograder.grading.structure import read_structure
from autograder.lessons import ROOT, Lesson
from autograder.sample_class import SampleLab

LAB = "07-attention"
COURSE = "benchmark"


def stock_config(root: Path) -> Config:
    """nbgrader as it is installed."""
    c = Config()
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.course_id = COURSE
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    c.CourseDirectory.assignment_id = LAB
    c.ExecutePreprocessor.timeout = 120
    return c


def prepare(root: Path, submissions: int) -> list[str]:
    """A course with the same right answers from several students."""
    shutil.copytree(ROOT / "solutions" / LAB, root / "solutions" / LAB)
    convert(GenerateAssignment, stock_config(root))
    sample = SampleLab(Lesson(LAB))
    students = [f"student{i}" for i in range(submissions)]
    for student in students:
        path = root / "submitted" / student / LAB / f"{LAB}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(sample.notebook(sample.answers), encoding="utf-8")
    return students


def stock(root: Path, student: str) -> float:
    """Seconds that stock nbgrader takes for one submission."""
    c = stock_config(root)
    c.CourseDirectory.student_id = student
    started = time.perf_counter()
    convert(Autograde, c)
    return time.perf_counter() - started


def ours(root: Path, student: str, bundle: Bundle) -> float:
    """Seconds that ours takes for one submission, the gradebook included."""
    started = time.perf_counter()
    content = (root / "submitted" / student / LAB / f"{LAB}.ipynb").read_bytes()
    result, notebook = grade_submission(bundle, Submission(content), "seed")
    with GradeWriter(str(stock_config(root).CourseDirectory.db_url), COURSE, LAB, Late()) as writer:
        writer.enter(student, result, None)
    (root / f"{student}.ipynb").write_text(notebook, encoding="utf-8")
    return time.perf_counter() - started


def scores(root: Path) -> dict[str, float]:
    """What the gradebook says."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", COURSE) as gradebook:
        return {s.student_id: float(s.score) for s in gradebook.assignment_submissions(LAB)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=4)
    arguments = parser.parse_args()
    make_commands_findable()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        students = prepare(root, arguments.submissions + 1)
        structure = tuple(read_structure(f"sqlite:///{root / 'gradebook.db'}", LAB, LAB))
        bundle = Bundle(lab=LAB, structure=structure, code=code_digest())
        times: dict[str, list[float]] = {"stock nbgrader": [], "ours": []}
        for student in students:
            times["stock nbgrader"].append(stock(root, student))
            theirs = scores(root)[student]
            times["ours"].append(ours(root, student, bundle))
            assert scores(root)[student] == theirs, (scores(root), theirs)
    median = {name: statistics.median(found[1:]) for name, found in times.items()}
    for name, found in times.items():
        print(f"{name}: {median[name]:.2f} s per submission ({min(found[1:]):.2f} to {max(found[1:]):.2f})")
    print(f"ratio {median['stock nbgrader'] / median['ours']:.1f}")


if __name__ == "__main__":
    main()
