"""All the questions of the course: where their files lie, and the pools that keep some for exams.

A question's pool is ``practice`` (shown in chapters and drills), ``exam`` (held out: met first in a mock exam
or in an instructor's exam) or ``both``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import HERE, Question, load
from seq2gpt.exam.reading import catalogue

PACKAGE = HERE.parent
POOLS = ("practice", "exam", "all")


@dataclass(frozen=True)
class Book:
    """The folder that holds the course's ``book``: that of the checkout, or that inside an installed package."""

    root: Path

    @classmethod
    def found(cls) -> "Book":
        """The book that belongs to this package."""
        for root in (PACKAGE / "course_files", PACKAGE.parents[1]):
            if (root / "book" / "references.yml").is_file():
                return cls(root)
        raise UserError(
            "this installation has no questions; install seq2gpt again, or name files of questions"
        )

    @property
    def banks(self) -> list[Path]:
        """The files of questions, in the order of the lessons; behind each ``questions.yml``, where there is one,
        ``questions-exam.yml`` with the lesson's held-out questions."""
        lessons = sorted(path.parent for path in (self.root / "book").glob("*/questions.yml"))
        files = (lesson / name for lesson in lessons for name in ("questions.yml", "questions-exam.yml"))
        return [path for path in files if path.is_file()]

    def page(self, chapter: str) -> Path | None:
        """The file of a chapter such as ``book/07-attention/lesson.md``, or nothing."""
        lesson = Path(chapter).parent.name
        pages = (self.root / chapter, self.root / "lessons" / f"{lesson}.md")
        return next((page for page in pages if page.is_file()), None)

    def figure(self, question: Question) -> Path | None:
        """The file of a question's figure, beside the chapter that the question names, or nothing."""
        name = question.stimulus.get("figure", {}).get("src", "")
        path = self.root / Path(question.chapter.partition("#")[0]).parent / name
        return path if name and path.is_file() else None


def load_all(paths: Iterable[Path | str] = ()) -> list[Question]:
    """The questions of these files, or of the whole course; no two may have the same id."""
    questions: dict[str, tuple[Path | str, Question]] = {}
    for path in list(paths) or Book.found().banks:
        for question in load(path):
            if question.id in questions:
                first = questions[question.id][0]
                raise UserError(f"{path}: {question.id}: id: {first} has an item of this id; choose another")
            questions[question.id] = path, question
    return [question for _, question in questions.values()]


def in_pool(questions: Iterable[Question], pool: str) -> list[Question]:
    """The questions of a pool: ``practice``, ``exam``, or ``all``.

    A question of the pool ``both`` is in either; one that is retired is in none.
    """
    if pool not in POOLS:
        raise UserError(f"there is no pool {pool!r}; choose from {', '.join(POOLS)}")
    wanted = POOLS if pool == "all" else (pool,)
    return [q for q in questions if q.status != "retired" and (q.pool == "both" or q.pool in wanted)]


def objectives() -> dict[str, dict[str, str]]:
    """Every objective by its id: ``domain``, ``bloom`` and ``statement``."""
    return catalogue(HERE / "objectives.yml")


def domain_of(question: Question) -> str:
    """The domain of a question's first objective, such as ``ATT``."""
    return question.objectives[0].partition("-")[0]
