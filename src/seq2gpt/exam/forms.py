"""Exams drawn from the bank: which questions, in which variants, in which order.

A form is a list of questions without placeholders, drawn for a profile: each domain gets its share, within a
domain the objectives take turns, and questions that were not seen before come first.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import HERE, Question
from seq2gpt.exam.collection import domain_of, in_pool
from seq2gpt.exam.reading import catalogue


@dataclass(frozen=True, kw_only=True)
class Profile:
    """An exam to rehearse: ``domains`` holds percents, ``objectives`` those that count, all if empty."""

    name: str
    title: str
    n_items: int
    minutes: int
    domains: dict[str, int]
    objectives: list[str] = field(default_factory=list)
    verify_by: str = ""


@dataclass(frozen=True)
class Form:
    """Questions in the order in which they are asked; ``notes`` tell where the bank had too few."""

    profile: Profile
    questions: list[Question]
    seeds: list[int]
    notes: list[str]


def profiles() -> dict[str, Profile]:
    """Every profile by name."""
    return {name: Profile(name=name, **entry) for name, entry in catalogue(HERE / "profiles.yml").items()}


def find_profile(name: str) -> Profile:
    """The profile of that name, in small letters or not. Raises ``UserError`` if there is none."""
    known = profiles()
    if name.lower() not in known:
        raise UserError(f"there is no profile {name!r}; choose from {', '.join(known)}")
    return known[name.lower()]


def draw(
    questions: Iterable[Question],
    profile: Profile,
    seed: str,
    *,
    pool: str = "exam",
    seen: Collection[str] = (),
    private: bool = False,
    n_items: int = 0,
) -> Form:
    """Draw a form; the same ``seed`` gives the same form from the same bank.

    ``seen`` holds ids that are taken only where nothing else is left. ``private`` redraws templates with the
    seed, so that their numbers are none of the published ones. ``n_items`` replaces the profile's number.
    Questions that a person has to read (kind ``short``) are left out.
    """
    if n_items < 0:
        raise UserError(
            f"--n-items {n_items} is less than 0; give how many questions to ask, or 0 for the profile's number"
        )
    generator = random.Random(f"{profile.name} {seed}")
    candidates: dict[str, list[Question]] = defaultdict(list)
    for question in in_pool(questions, pool):
        counts = not profile.objectives or set(question.objectives) & set(profile.objectives)
        if question.kind != "short" and counts:
            candidates[domain_of(question)].append(question)
    wanted = n_items or profile.n_items
    there = {domain: len(candidates[domain]) for domain in profile.domains}
    shares = apportion(wanted, {domain: profile.domains[domain] for domain, n in there.items() if n}, there)
    chosen = [
        question
        for domain, share in shares.items()
        for question in _in_turn(candidates[domain], share, generator, seen)
    ]
    generator.shuffle(chosen)
    seeds = [generator.randrange(question.n_variants) for question in chosen]
    drawn = [
        question.redrawn(seed) if private else question.variant(number)
        for question, number in zip(chosen, seeds, strict=True)
    ]
    notes = [
        f"no questions of {domain} yet; its share went to the others" for domain, n in there.items() if not n
    ]
    if len(chosen) < wanted:
        notes.append(f"{len(chosen)} questions of {wanted}: the bank has no more for this profile")
    return Form(profile, drawn, seeds, notes)


def apportion(n: int, weights: dict[str, int], there: dict[str, int]) -> dict[str, int]:
    """Share out ``n`` by weight, never more than is there; the largest remainders get what is left.

    >>> apportion(10, {"A": 50, "B": 30, "C": 20}, {"A": 9, "B": 9, "C": 9})
    {'A': 5, 'B': 3, 'C': 2}
    >>> apportion(10, {"A": 50, "B": 50}, {"A": 2, "B": 9})
    {'A': 2, 'B': 8}
    """
    shares = dict.fromkeys(weights, 0)
    while (left := n - sum(shares.values())) > 0:
        open_to = {name: weights[name] for name in weights if shares[name] < there[name]}
        if not open_to:
            break
        total = sum(open_to.values())
        exact = {name: left * weight / total for name, weight in open_to.items()}
        whole = {name: min(int(share), there[name] - shares[name]) for name, share in exact.items()}
        if not any(whole.values()):
            for name in sorted(exact, key=lambda name: (-exact[name], name))[:left]:
                whole[name] = 1
        for name, share in whole.items():
            shares[name] += share
    return shares


def as_record(form: Form, seed: str) -> dict[str, Any]:
    """A form as values that ``json.dumps`` writes: who asks what, with keys."""
    return {
        "format": 1,
        "profile": form.profile.name,
        "title": form.profile.title,
        "minutes": form.profile.minutes,
        "seed": seed,
        "items": [asdict(question) for question in form.questions],
    }


def _in_turn(
    questions: list[Question], n: int, generator: random.Random, seen: Collection[str]
) -> list[Question]:
    """``n`` questions whose objectives take turns, unseen ones first."""
    order = sorted(questions, key=lambda question: question.id)
    generator.shuffle(order)
    order.sort(key=lambda question: (question.id in seen, question.pool != "exam"))
    by_objective: dict[str, list[Question]] = defaultdict(list)
    for question in order:
        by_objective[question.objectives[0]].append(question)
    turns = [
        ((question.id in seen), turn, question)
        for group in by_objective.values()
        for turn, question in enumerate(group)
    ]
    turns.sort(key=lambda entry: entry[:2])
    return [question for *_, question in turns[:n]]
