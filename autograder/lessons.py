"""Where the parts of a lesson lie, and in which order the lessons come."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from seq2gpt.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)")
# The lessons' modules in the order of the course: a module imports only modules before it.
ORDER = (
    "tokens", "embeddings", "language_models", "recurrent", "seq2seq", "alignment", "attention", "heads",
    "positions", "blocks", "transformer", "families", "gpt", "training", "generation", "scaling", "parallel",
    "finetuning", "lora", "instructions", "preferences", "assistants", "limits",
)  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """One lesson, named like its folder: ``07-attention``."""

    name: str
    root: Path = ROOT

    @property
    def slug(self) -> str:
        """The name of the lesson's modules.

        >>> Lesson("03-language-models").slug
        'language_models'
        """
        return self.name.partition("-")[2].replace("-", "_")

    @property
    def folder(self) -> Path:
        """Chapter, lab sheet, questions and figures."""
        return self.root / "book" / self.name

    @property
    def sheet(self) -> Path:
        """The lab sheet."""
        return self.folder / "lab.md"

    @property
    def module(self) -> Path:
        """The component that the lesson builds."""
        return self.root / "src" / "seq2gpt" / f"{self.slug}.py"

    @property
    def checks(self) -> Path:
        """What a right answer satisfies."""
        return self.root / "autograder" / "checks" / f"{self.slug}.py"

    @property
    def solution(self) -> Path:
        """The built notebook with solutions: nbgrader's source."""
        return self.root / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def exercise(self) -> Path:
        """The released notebook that a student opens."""
        return self.root / "exercises" / self.name / f"{self.name}.ipynb"

    @property
    def parts(self) -> dict[str, Path]:
        """Every file that a finished lesson has, by purpose."""
        return {
            "chapter": self.folder / "lesson.md",
            "lab sheet": self.sheet,
            "questions": self.folder / "questions.yml",
            "module": self.module,
            "checks": self.checks,
            "mutants": self.root / "autograder" / "mutants" / f"{self.slug}.py",
            "tests": self.root / "tests" / f"test_{self.slug}.py",
            "solution": self.solution,
            "exercise": self.exercise,
        }


def all_lessons(root: Path = ROOT) -> list[Lesson]:
    """Every lesson with a lab sheet, in the order of the course.

    Raises ``UserError`` outside a checkout: an installed package holds the released notebooks alone.
    """
    folders = sorted(p.parent.name for p in (root / "book").glob("*/lab.md"))
    lessons = [Lesson(name, root) for name in folders if FOLDER.fullmatch(name)]
    if not lessons:
        raise UserError(
            f"{root} holds no lab sheet book/NN-slug/lab.md; run this in a checkout of the course"
        )
    return lessons


def find_lesson(name: str, root: Path = ROOT) -> Lesson:
    """The lesson called ``name``; the error names those that exist."""
    lessons = {lesson.name: lesson for lesson in all_lessons(root)}
    if name not in lessons:
        close = difflib.get_close_matches(name, lessons) or list(lessons)
        raise UserError(f"there is no lab {name!r}; did you mean {' or '.join(close)}?")
    return lessons[name]
