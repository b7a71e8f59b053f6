"""A made-up class for a lab: from perfect to hostile, each with the score that an honest teacher gives.

It shows a newcomer what grading looks like, and it is a test: :func:`write_class` returns what each student
must get, worked out from the points of the exercises and never copied from a run of the grader.
"""

import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder import mutants
from autograder.checking import load_exercises, score_of, total_points
from autograder.derive import derive, without_markers
from autograder.draw import seed_of
from autograder.grading.seed import SEED_FILE, grading_seed
from autograder.lessons import Lesson
from seq2gpt.errors import UserError

# Cells that harm more than their own exercise unless the grader takes care; each defines nothing useful.
HARMFUL = {
    "syntax-error": "def {name}(x:\n    return x",
    "endless-loop": "while True:\n    pass",
    "exit": "exit()",
    "os-exit": "import os\n\nos._exit(0)",
    "memory-bomb": "hoard = []\nwhile True:\n    hoard.append(torch.empty(2**26))",
}
# Put below a right answer: it works as before, but talks to stderr whenever it is called.
NOISY = '''


def noisy(function):
    """Warn at every call."""
    import functools, os, warnings

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        warnings.warn("this function is experimental")
        os.write(2, b"called\\n")
        return function(*args, **kwargs)

    return wrapper


{name} = noisy({name})
'''


@dataclass(frozen=True)
class Student:
    """What one student hands in, and the points it deserves. ``content`` None: nothing for this lab."""

    name: str
    content: str | None
    score: float


class SampleLab:
    """The released lab and its right answers, cut from the package."""

    def __init__(self, lesson: Lesson) -> None:
        if not lesson.exercise.is_file():
            raise UserError(f"{lesson.exercise} does not exist; build the labs with `seq2gpt course build`")
        self.lab = lesson.name
        self.released: NotebookNode = nbformat.read(lesson.exercise, as_version=4)
        source = lesson.module.read_text(encoding="utf-8")
        exercises = load_exercises(self.lab).exercises
        self.targets = {name: exercise.target for name, exercise in exercises.items()}
        self.answers = {name: without_markers(derive(source, t).cell) for name, t in self.targets.items()}
        self.points = {name: total_points(self.lab, name) for name in exercises}
        self.questions = [
            grade_id(cell).removeprefix(f"{self.lab}-") for cell in self.released.cells if in_words(cell)
        ]

    def notebook(self, answers: Mapping[str, str], without: Collection[str] = ()) -> str:
        """A submission: these answers, the other cells as released, some cells deleted."""
        nb = copy.deepcopy(self.released)
        texts = {f"{self.lab}-{name}": text for name, text in answers.items()}
        gone = {f"{self.lab}-{name}" for name in without}
        nb.cells = [cell for cell in nb.cells if grade_id(cell) not in gone]
        for cell in nb.cells:
            cell.source = texts.get(grade_id(cell), cell.source)
        return str(nbformat.writes(nb))

    def worth(self, *lost: str) -> float:
        """Points of a submission with right answers to all exercises but ``lost``."""
        return float(sum(points for name, points in self.points.items() if name not in lost))

    def with_one(self, name: str, text: str, exercise: str, score: float | None = None) -> Student:
        """Right answers but for one exercise, which earns ``score``, by default nothing."""
        total = self.worth(exercise) + (score or 0)
        return Student(name, self.notebook(self.answers | {exercise: text}), total)


def students(sample: SampleLab, seed: int) -> Iterator[Student]:
    """Everyone in the class; ``seed`` is that of the inputs on which they are graded."""
    names = list(sample.points)
    half = {name: sample.answers[name] for name in names[::2]}
    said = dict.fromkeys(sample.questions, "An answer in words, which a person has to grade.")
    yield Student("perfect", sample.notebook(sample.answers | said), sample.worth())
    yield Student("half", sample.notebook(half), sample.worth(*names[1::2]))
    yield Student("blank", sample.notebook({}), 0.0)
    second = names[1]  # what happens in its cell happens before most of the others
    for name, text in HARMFUL.items():
        yield sample.with_one(name, text.replace("{name}", sample.targets[second]), second)
    yield from mistaken(sample, seed)
    tests = [f"{name}-check" for name in names]
    unsolved = {name: text for name, text in sample.answers.items() if name != second}
    yield Student("deleted-tests", sample.notebook(unsolved, without=tests), sample.worth(second))
    yield Student("deleted-setup", sample.notebook(sample.answers, without=["setup"]), sample.worth())
    warning = sample.answers[second] + NOISY.replace("{name}", sample.targets[second])
    yield sample.with_one("warnings", warning, second, sample.points[second])
    yield Student("not-json", "<!DOCTYPE html><title>Sign in</title>", 0.0)
    yield Student("other-lab", None, 0.0)


def mistaken(sample: SampleLab, seed: int) -> Iterator[Student]:
    """One student for each known mistake in the exercise that has most of them; they have done nothing else yet.

    On some inputs a mistake in one thing shows in another thing, too, and costs a point more than on others.
    """
    known = mutants.load(sample.lab)
    exercise = max(sample.points, key=lambda name: len(known.get(name, ())))
    for mutant in known.get(exercise, ()):
        earned = score_of(sample.lab, exercise, mutant.source, seed)
        name = f"mistake-{mutant.name.replace('_', '-')}"
        yield Student(name, sample.notebook({exercise: mutant.source}), earned)


def write_class(root: Path, work: Path, lab: str) -> dict[str, float]:
    """Write the class's submissions to ``work/submitted``; returns the score that each student deserves."""
    submitted = work / "submitted"
    deserved = {}
    seed = seed_of(grading_seed(work / SEED_FILE))
    for student in students(SampleLab(Lesson(lab, root)), seed):
        folder = submitted / student.name / (lab if student.content is not None else "another-lab")
        folder.mkdir(parents=True, exist_ok=True)
        if student.content is not None:
            (folder / f"{lab}.ipynb").write_text(student.content, encoding="utf-8")
        deserved[student.name] = student.score
    return deserved


def in_words(cell: NotebookNode) -> bool:
    """Whether a person grades what stands in a cell."""
    known = cell.metadata.get("nbgrader", {})
    return bool(known.get("grade") and known.get("solution"))


def grade_id(cell: NotebookNode) -> str:
    """The name by which nbgrader knows a cell; empty for other cells."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
