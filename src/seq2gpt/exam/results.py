"""What answers say about a learner: points, how sure they are, and where there is not enough to say."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from seq2gpt.exam.bank import HERE, Question
from seq2gpt.exam.collection import domain_of
from seq2gpt.exam.history import Entry
from seq2gpt.exam.reading import catalogue

ENOUGH = 8  # graded answers of a domain before its share says anything
BANDS = ((0.8, "secure"), (0.6, "nearly there"), (0.0, "to be trained"))


@dataclass(frozen=True)
class Estimate:
    """The share of points in percent, and its standard error, from ``n`` graded answers."""

    percent: float
    error: float
    n: int

    @classmethod
    def of(cls, points: Iterable[float]) -> "Estimate":
        """The mean of points in 0..1; the error counts one right and one wrong answer more, so that no small
        number of answers looks certain.

        >>> Estimate.of([1.0, 0.0, 1.0, 1.0])
        Estimate(percent=75.0, error=19.2, n=4)
        """
        given = list(points)
        if not given:
            return cls(0.0, 0.0, 0)
        careful = (sum(given) + 1) / (len(given) + 2)
        error = 100 * math.sqrt(careful * (1 - careful) / (len(given) + 2))
        return cls(round(100 * sum(given) / len(given), 1), round(error, 1), len(given))

    def __str__(self) -> str:
        return f"{self.percent:.0f} % ± {self.error:.0f}"

    @property
    def band(self) -> str:
        """In words; where there are too few answers it says so."""
        if self.n < ENOUGH:
            return f"not enough evidence ({self.n} of {ENOUGH} answers)"
        return next(name for limit, name in BANDS if self.percent >= 100 * limit)


def by_domain(answers: Iterable[Entry]) -> dict[str, Estimate]:
    """An estimate for each domain, from answers that are graded."""
    points: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        if answer["points"] is not None:
            points[answer["item"].partition("-")[0]].append(float(answer["points"]))
    return {domain: Estimate.of(points[domain]) for domain in sorted(points)}


def report(answers: list[Entry], questions: dict[str, Question]) -> Iterator[str]:
    """The result of an exam, line by line: the estimate, each domain, and why each wrong answer is wrong.

    ``questions`` holds the questions as they were asked, by id.
    """
    graded = [float(answer["points"]) for answer in answers if answer["points"] is not None]
    yield f"{sum(graded):.1f} of {len(graded)} points: {Estimate.of(graded)} (an estimate, not an official score)"
    for domain, estimate in by_domain(answers).items():
        yield f"  {domain}  {estimate}  {estimate.band}"
    for answer in answers:
        if answer["points"] == 1 or answer["item"] not in questions:
            continue
        question = questions[answer["item"]]
        yield f"\n{question.id}: {question.stem}"
        yield from (
            f"  {line}" for line in [*answer["feedback"], question.explanation, f"Read {question.chapter}"]
        )


def statistics(answers: list[Entry], questions: Iterable[Question], n_due: int) -> Iterator[str]:
    """What all answers together say, line by line."""
    known = {question.id: question for question in questions}
    met = {answer["item"] for answer in answers}
    gone = sorted(met - set(known))
    yield f"{len(answers)} answers to {len(met)} questions of {len(known)}; {n_due} are due for review"
    if gone:
        yield f"{len(gone)} of them are not in the bank any more; their answers are kept: {', '.join(gone[:3])}"
    for domain, estimate in by_domain(answers).items():
        yield f"  {domain}  {estimate}  {estimate.band}"
    asked = {name for item in met & set(known) for name in known[item].objectives}
    missing = sorted({question.objectives[0] for question in known.values()} - asked)
    if missing:
        yield f"Not asked yet: {', '.join(missing)}"
    yield from _beliefs(answers)


def weakest(answers: Iterable[Entry], questions: Iterable[Question]) -> str:
    """The domain with the lowest share, of those that have questions; an unanswered one counts as 0."""
    found = by_domain(answers)
    domains = sorted({domain_of(question) for question in questions})
    return min(domains, key=lambda domain: found[domain].percent if domain in found else 0.0)


def _beliefs(answers: Iterable[Entry]) -> Iterator[str]:
    says: dict[str, Any] = catalogue(HERE / "misconceptions.yml")
    counts = Counter(name for answer in answers for name in answer.get("misconceptions", []) if name in says)
    if counts:
        yield "What your wrong answers take to be true:"
    for name, n in counts.most_common(5):
        yield f"  {n} × {says[name]['says']}"
