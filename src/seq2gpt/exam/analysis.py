"""Statistics of questions from what a class answered: difficulty, discrimination, reliability, distractors.

The file is a CSV table: a line for each learner, a column for each question. A column is named like the question,
``ATT-05-why`` or ``ATT-05-why.v03``, or as Moodle names it, ``Q. 3 /1.00``. A cell holds points, or for a choice
the letters of the options chosen, ``b`` or ``a c``; an empty cell, or ``-``, is no answer. Other columns are left
alone.
"""

import csv
import math
import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import Question
from seq2gpt.exam.grading import grade

NAMED = re.compile(r"([A-Z]{3}-\d\d-[a-z0-9-]+)(\.v\d+)?")
MOODLE = re.compile(r"(Q\. ?\d+) ?/(\d+(?:[.,]\d+)?)")
LETTERS = re.compile(r"[a-h](?:[ ,;]+[a-h])*")
FEWEST = 10  # learners; with fewer, correlations are chance
HARD, EASY, WEAK = (
    0.3,
    0.9,
    0.2,
)  # difficulty below and above, discrimination below which an item is looked at


@dataclass(frozen=True)
class Column:
    """A question's answers: points of 1 by learner, and for choices the letters chosen, empty where none."""

    name: str
    points: list[float]
    chosen: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ItemStatistics:
    """How a question did.

    ``difficulty`` is the mean of its points; ``discrimination`` the correlation of its points with the sum of all
    other questions' (point-biserial where points are 0 or 1), ``nan`` where all answered alike; ``options`` for
    each letter: how many chose it, and their mean share of the other questions' points.
    """

    name: str
    n: int
    difficulty: float
    discrimination: float
    options: dict[str, tuple[int, float]]

    @property
    def remark(self) -> str:
        """What to look at, or nothing."""
        if self.discrimination < 0:
            return "who knows more answers it wrong: check the key"
        if self.difficulty < HARD:
            return "hard"
        if self.difficulty > EASY:
            return "easy"
        return "says little about who knows more" if self.discrimination < WEAK else ""


def read_responses(path: Path, questions: Iterable[Question]) -> list[Column]:
    """The columns of questions in a file. Raises ``UserError`` with line and column for a cell that is no answer."""
    known = {question.id: question for question in questions}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head, *rows = [row for row in csv.reader(file) if row] or [[]]
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a table ({error}); export it as CSV in UTF-8") from error
    if len(rows) < FEWEST:
        raise UserError(f"{path} has {len(rows)} learners; {FEWEST} or more are needed, as less says nothing")
    columns = [
        _column(path, place, name, rows, known)
        for place, name in enumerate(head)
        if NAMED.fullmatch(name.strip()) or MOODLE.fullmatch(name.strip())
    ]
    if len(columns) < 2:
        raise UserError(
            f"{path} has {len(columns)} columns of questions; name them like ATT-05-why or Q. 1 /1.00"
        )
    return columns


def analyse(columns: list[Column]) -> list[ItemStatistics]:
    """The statistics of every question, in the order of the columns."""
    totals = [sum(points) for points in zip(*(column.points for column in columns), strict=True)]
    return [_statistics(column, totals, len(columns)) for column in columns]


def kr20(columns: list[Column]) -> float:
    """Reliability by Kuder and Richardson's formula 20: n / (n − 1) · (1 − Σ variances of items / variance of sums).

    With partial credit it is Cronbach's alpha. ``nan`` where all learners have the same sum.

    Source: Kuder and Richardson 1937, "The theory of the estimation of test reliability".
    """
    totals = [sum(points) for points in zip(*(column.points for column in columns), strict=True)]
    spread = statistics.pvariance(totals)
    if not spread:
        return math.nan
    n = len(columns)
    return n / (n - 1) * (1 - sum(statistics.pvariance(column.points) for column in columns) / spread)


def table(columns: list[Column]) -> Iterator[str]:
    """The result, line by line."""
    n = len(columns[0].points)
    yield f"{len(columns)} questions, {n} learners, reliability (KR-20) {kr20(columns):.2f}"
    width = max(len(column.name) for column in columns)
    yield f"{'question':{width}}  difficulty  discrimination"
    for item in analyse(columns):
        yield f"{item.name:{width}}  {item.difficulty:10.2f}  {item.discrimination:14.2f}  {item.remark}".rstrip()
        for letter, (count, rest) in item.options.items():
            yield f"{'':{width}}    {letter or '–'}: {count} of {item.n}, who have {rest:.0%} of the rest"


def _column(path: Path, place: int, name: str, rows: list[list[str]], known: dict[str, Question]) -> Column:
    points, chosen = [], []
    for line, row in enumerate(rows, 2):
        cell = row[place].strip() if place < len(row) else ""
        try:
            got, letters = _cell(cell, name.strip(), known)
        except UserError as error:
            raise UserError(f"{path}:{line}: column {name}: {error}") from error
        points.append(got)
        chosen.append(letters)
    return Column(name.strip(), points, chosen if any(chosen) else [])


def _cell(cell: str, name: str, known: dict[str, Question]) -> tuple[float, str]:
    """Points of 1, and the letters chosen."""
    if cell in ("", "-"):
        return 0.0, ""
    if LETTERS.fullmatch(cell):
        return _graded(cell, name, known)
    most = MOODLE.fullmatch(name)
    try:
        points = float(cell.replace(",", ".")) / (float(most[2].replace(",", ".")) if most else 1.0)
    except ValueError:
        raise UserError(
            f"{cell!r} is neither points nor letters; give 0 to 1, or the options chosen"
        ) from None
    if not 0 <= points <= 1:
        raise UserError(f"{cell!r} lies outside 0 to the question's points")
    return points, ""


def _graded(cell: str, name: str, known: dict[str, Question]) -> tuple[float, str]:
    found = NAMED.fullmatch(name)
    question = known.get(found[1]) if found else None
    if question is None or question.kind not in ("single", "multiple"):
        raise UserError(f"{cell!r} are letters, but the bank has no choice of this name; give points")
    letters = sorted(set(re.findall("[a-h]", cell)))
    response = letters[0] if question.kind == "single" and len(letters) == 1 else letters
    points = grade(question.variant(int((found[2] or ".v0")[2:]) if found else 0), response).points
    return points or 0.0, " ".join(letters)


def _statistics(column: Column, totals: list[float], n_items: int) -> ItemStatistics:
    rest = [total - points for total, points in zip(totals, column.points, strict=True)]
    alike = len(set(column.points)) == 1 or len(set(rest)) == 1
    discrimination = math.nan if alike else statistics.correlation(column.points, rest)
    options: dict[str, tuple[int, float]] = {}
    for letters in sorted(set(column.chosen)):
        theirs = [rest[i] for i, chosen in enumerate(column.chosen) if chosen == letters]
        options[letters] = (len(theirs), statistics.fmean(theirs) / (n_items - 1))
    difficulty = statistics.fmean(column.points)
    return ItemStatistics(column.name, len(column.points), difficulty, discrimination, options)
