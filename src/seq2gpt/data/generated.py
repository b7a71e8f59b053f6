"""Texts made by rules: small tasks whose right answers are known exactly.

Everything is drawn from a seed. Words of the test sets are held back where the task is to generalise.
"""

import random
from dataclasses import dataclass
from typing import Any, NamedTuple

from seq2gpt.data.words import split_words
from seq2gpt.errors import UserError

GOOD = [
    "bright",
    "brilliant",
    "charming",
    "clever",
    "delightful",
    "elegant",
    "exciting",
    "fresh",
    "funny",
    "graceful",
    "gripping",
    "honest",
    "lively",
    "lovely",
    "moving",
    "original",
    "playful",
    "rich",
    "sharp",
    "splendid",
    "superb",
    "tender",
    "thrilling",
    "touching",
    "vivid",
    "warm",
    "witty",
    "wonderful",
]
BAD = [
    "awful",
    "bland",
    "boring",
    "careless",
    "clumsy",
    "cold",
    "confused",
    "crude",
    "dreadful",
    "dull",
    "empty",
    "flat",
    "forced",
    "heavy",
    "lazy",
    "limp",
    "messy",
    "muddled",
    "noisy",
    "pale",
    "pointless",
    "shallow",
    "silly",
    "slow",
    "stale",
    "tedious",
    "tired",
    "weak",
]
PARTS = ["plot", "cast", "script", "music", "ending", "story", "camera", "dialogue", "humour", "pace"]
PEOPLE = [
    "Ana",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gita",
    "Hugo",
    "Ida",
    "Jan",
    "Kai",
    "Lea",
    "Mia",
    "Noor",
    "Omar",
    "Pia",
    "Rui",
    "Sara",
    "Tom",
    "Uma",
]
THINGS = [
    "apples",
    "beans",
    "bread",
    "butter",
    "cheese",
    "coffee",
    "figs",
    "honey",
    "jam",
    "juice",
    "lemons",
    "milk",
    "nuts",
    "olives",
    "pears",
    "rice",
    "salt",
    "soup",
    "sugar",
    "tea",
]


class Review(NamedTuple):
    """A sentence about a film, and whether it is liked."""

    text: str
    good: bool


def review(words: list[str], rng: random.Random) -> str:
    """One sentence that uses three of the words, all of one opinion."""
    first, second, third = rng.sample(words, 3)
    part, other = rng.sample(PARTS, 2)
    forms = (
        f"The {part} is {first}, the {other} {second} and {third}.",
        f"A {first} and {second} film with a {third} {part}.",
        f"I found the {part} {first}, even {second}; the {other} was {third}.",
    )
    return rng.choice(forms)


@dataclass(frozen=True)
class Reviews:
    """Many reviews without a label, a few with one, and a test on words that no label has ever touched."""

    unlabelled: list[str]
    labelled: list[Review]
    test: list[Review]


def reviews(n_unlabelled: int, n_labelled: int, n_test: int, seed: int = 0) -> Reviews:
    """Draw reviews. The labelled ones use one half of the words of opinion, the test uses the other half."""
    rng = random.Random(f"reviews {seed}")
    halves = {}
    for good, words in ((True, GOOD), (False, BAD)):
        shuffled = rng.sample(words, len(words))
        halves[good] = shuffled[: len(words) // 2], shuffled[len(words) // 2 :]

    def draw(half: int) -> Review:
        good = rng.random() < 0.5
        return Review(review(halves[good][half], rng), good)

    unlabelled = [review(GOOD if rng.random() < 0.5 else BAD, rng) for _ in range(n_unlabelled)]
    return Reviews(unlabelled, [draw(0) for _ in range(n_labelled)], [draw(1) for _ in range(n_test)])


class Sentence(NamedTuple):
    """Words with one BIO tag each."""

    words: list[str]
    tags: list[str]


def tagged(n: int, seed: int = 0) -> list[Sentence]:
    """Sentences with persons (PER), places (LOC) and companies (ORG), whose names Faker draws.

    Needs the package Faker. The names of two seeds overlap little: a tagger has to read the context.
    """
    faker = _faker()
    faker.seed_instance(seed)
    rng = random.Random(f"tagged {seed}")
    names = {"PER": faker.name, "LOC": faker.city, "ORG": faker.company}
    forms = (
        "PER works for ORG in LOC .", "ORG opens an office in LOC .", "Yesterday PER left LOC .",
        "The mayor of LOC met PER .", "PER founded ORG with PER .", "In LOC , shares of ORG fell .",
    )  # fmt: skip
    sentences = []
    for _ in range(n):
        words: list[str] = []
        tags: list[str] = []
        for slot in rng.choice(forms).split():
            name = names[slot]().replace(",", "").split() if slot in names else [slot]
            words += name
            tags += [f"B-{slot}", *[f"I-{slot}"] * (len(name) - 1)] if slot in names else ["O"]
        sentences.append(Sentence(words, tags))
    return sentences


def _faker() -> Any:
    try:
        from faker import Faker
    except ModuleNotFoundError:
        raise UserError(
            "generated names need Faker, which is not installed; pip install 'seq2gpt[train]'"
        ) from None
    return Faker("en_GB")


class Fact(NamedTuple):
    """A few statements, a question about one of them, and the answer: words ``first`` to ``last`` of the statements."""

    statements: str
    question: str
    answer: str
    first: int
    last: int


def facts(n: int, seed: int = 0, n_statements: int = 3) -> list[Fact]:
    """Who has what, one thing or two, and a question about one of the people.

    >>> facts(1)[0].question.startswith("What does ")
    True
    """
    rng = random.Random(f"facts {seed}")
    return [_fact(rng, n_statements) for _ in range(n)]


def _fact(rng: random.Random, n_statements: int) -> Fact:
    people, asked = rng.sample(PEOPLE, n_statements), rng.randrange(n_statements)
    belongings = [" and ".join(rng.sample(THINGS, rng.choice((1, 2)))) for _ in people]
    statements = [f"{who} has {what}." for who, what in zip(people, belongings, strict=True)]
    first = sum(len(split_words(statement)) for statement in statements[:asked]) + 2
    answer = belongings[asked]
    last = first + len(answer.split()) - 1
    return Fact(" ".join(statements), f"What does {people[asked]} have?", answer, first, last)


class Report(NamedTuple):
    """Remarks on some parts of a film, and their summary."""

    text: str
    summary: str


def reports(n: int, seed: int = 0, n_remarks: int = 4) -> list[Report]:
    """Remarks in any order, each with one word of opinion; the summary sorts the parts by opinion.

    >>> reports(1)[0].summary.startswith("good:")
    True
    """
    rng = random.Random(f"reports {seed}")
    drawn = []
    for _ in range(n):
        parts = rng.sample(PARTS, n_remarks)
        opinions = [rng.random() < 0.5 for _ in parts]
        remarks = [
            f"The {p} is {rng.choice(GOOD if good else BAD)}."
            for p, good in zip(parts, opinions, strict=True)
        ]
        sides = {
            side: sorted(p for p, good in zip(parts, opinions, strict=True) if good is side)
            for side in (True, False)
        }
        summary = f"good: {' '.join(sides[True]) or 'nothing'}, bad: {' '.join(sides[False]) or 'nothing'}"
        drawn.append(Report(" ".join(remarks), summary))
    return drawn
