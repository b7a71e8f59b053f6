"""When to ask a question again: FSRS, computed from the answers so far.

Source: the free spaced repetition scheduler, version 6, as the package ``fsrs`` implements it, with its
published weights, 90 % retention and no random changes of intervals.
"""

from collections.abc import Iterable
from datetime import datetime

from fsrs import Card, Rating, Scheduler

from seq2gpt.exam.bank import Question
from seq2gpt.exam.history import Entry

PARTLY = 0.5  # points from which an answer counts as remembered with difficulty
SCHEDULER = Scheduler(enable_fuzzing=False)


def rating(points: float) -> Rating:
    """How well an answer was remembered: again, hard for half the points or more, good for all.

    >>> rating(0.0).name, rating(0.5).name, rating(1.0).name
    ('Again', 'Hard', 'Good')
    """
    if points >= 1:
        return Rating.Good
    return Rating.Hard if points >= PARTLY else Rating.Again


def cards(answers: Iterable[Entry]) -> dict[tuple[str, int], Card]:
    """The state of every question that was answered, by id and version: stability, difficulty, when it is due.

    Answers that wait for a person's reading are left out.
    """
    found: dict[tuple[str, int], Card] = {}
    for number, answer in enumerate(answers):
        if answer["points"] is None:
            continue
        name = (answer["item"], answer["version"])
        at = datetime.fromisoformat(answer["at"])
        card = found.get(name) or Card(card_id=number, due=at)
        found[name], _ = SCHEDULER.review_card(card, rating(float(answer["points"])), at)
    return found


def due(
    questions: Iterable[Question], answers: Iterable[Entry], now: datetime, n_new: int
) -> tuple[list[Question], list[Question]]:
    """The questions to review now, the longest overdue first, and so many that were never answered.

    A question whose version has changed since it was answered counts as new.
    """
    known = cards(answers)
    asked = [q for q in questions if (q.id, q.version) in known]
    new = [q for q in questions if (q.id, q.version) not in known]
    late = [q for q in asked if known[q.id, q.version].due <= now]
    return sorted(late, key=lambda q: known[q.id, q.version].due), new[:n_new]
