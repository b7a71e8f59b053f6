"""Rehearsals that are stored as they go: a timed mock exam that can be resumed, and the daily review."""

from datetime import datetime, timedelta
from typing import Any

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import domain_of, in_pool
from seq2gpt.exam.forms import Form
from seq2gpt.exam.grading import Grade, grade
from seq2gpt.exam.history import Entry, History
from seq2gpt.exam.schedule import due
from seq2gpt.exam.terminal import Stop, ask, rate, say

WARN = timedelta(minutes=5)


def begin(history: History, form: Form, minutes: int) -> Entry:
    """Store that an exam has begun: which questions in which variants, and how long it lasts."""
    items = [[q.id, q.version, seed] for q, seed in zip(form.questions, form.seeds, strict=True)]
    return history.add(
        "start", session=len(history.entries), profile=form.profile.name, items=items, minutes=minutes,
    )  # fmt: skip


def unfinished(history: History) -> Entry | None:
    """The exam that was begun last and not handed in."""
    starts = [entry for entry in history.entries if entry["kind"] == "start"]
    ended = {entry["session"] for entry in history.entries if entry["kind"] == "end"}
    return starts[-1] if starts and starts[-1]["session"] not in ended else None


def questions_of(start: Entry, bank: list[Question]) -> tuple[list[Question], list[str]]:
    """The questions of a stored exam as they were asked, and the ids of those that the bank has changed since."""
    known = {(question.id, question.version): question for question in bank}
    found, changed = [], []
    for name, version, seed in start["items"]:
        question = known.get((name, version))
        if question is None:
            changed.append(name)
        else:
            found.append(question.variant(seed))
    return found, changed


def answers_of(history: History, start: Entry) -> list[Entry]:
    """The answers that were given in an exam."""
    return [answer for answer in history.answers() if answer.get("session") == start["session"]]


def sit(history: History, start: Entry, questions: list[Question]) -> bool:
    """Ask what is not answered yet, and store every answer; whether the exam is over.

    An answer that comes after the time is up is not counted.
    """
    end = datetime.fromisoformat(start["at"]) + timedelta(minutes=start["minutes"])
    done = {answer["item"] for answer in answers_of(history, start)}
    for number, question in enumerate(questions, 1):
        if question.id in done:
            continue
        asked = history.now()
        if asked >= end:
            break
        left = end - asked
        print(f"\n{number} of {len(questions)} · {left.seconds // 60 + left.days * 1440} minutes left")
        if left <= WARN < end - datetime.fromisoformat(start["at"]):
            print("Not much time is left.")
        try:
            response = ask(question, str(start["session"]))
        except Stop:
            print("\nStored. `seq2gpt exam take` goes on where you stopped; the time runs on.")
            return False
        if history.now() >= end:
            print("The time is up; this answer does not count.")
            break
        _store(history, question, response, grade(question, response), asked, start["session"])
    history.add("end", session=start["session"])
    return True


def review(history: History, bank: list[Question], n_new: int, domain: str) -> int:
    """Ask what is due, and some new questions, with the answer after each; how many were answered."""
    pool = [q for q in in_pool(bank, "practice") if not domain or domain_of(q) == domain]
    late, new = due(pool, history.answers(), history.now(), n_new)
    print(f"{len(late)} due, {len(new)} new")
    counts: dict[str, int] = {}
    for answer in history.answers():
        counts[answer["item"]] = counts.get(answer["item"], 0) + 1
    n_done = 0
    for question in [*late, *new]:
        variant = question.variant(counts.get(question.id, 0))  # another variant each time
        print()
        asked = history.now()
        try:
            response = ask(variant, f"{asked}")
            found = grade(variant, response)
            say(variant, found)
            if found.points is None:
                found = grade(variant, rate(variant))
        except Stop:
            break
        _store(history, variant, response, found, asked)
        n_done += 1
    return n_done


def _store(
    history: History,
    question: Question,
    response: Any,
    found: Grade,
    asked: datetime,
    session: int | None = None,
) -> None:
    history.add(
        "answer", item=question.id, version=question.version, response=response, points=found.points,
        feedback=found.feedback, misconceptions=found.misconceptions,
        seconds=round((history.now() - asked).total_seconds()), session=session,
    )  # fmt: skip
