"""Rules on many items together: what a naive guesser scores, what is asked twice, how deep a domain goes."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import domain_of
from seq2gpt.exam.lint.keys import is_key, options_of
from seq2gpt.exam.lint.wording import texts

GUESSERS = 0.30  # the largest share of single choices that somebody may get who knows nothing
SPARE = 2  # items that chance may add where there are few: 3 of 5 keys at one letter say little
SAME = 0.6  # share of pairs of words in common at which two items ask the same
REMEMBER, DEEP = (
    0.25,
    0.45,
)  # at most this share of a domain's items to remember, at least that to apply or more
FEWEST = 8  # items of a domain before shares say anything

Findings = Iterator[tuple[str, str]]


def naive_guessers(questions: Iterable[Question]) -> Findings:
    """Choosing the longest option, the shortest, or the same letter each time is right in 30 % at most.

    Where there are few single choices two more than a quarter are allowed. An option counts as longest only if
    no other is as long.
    """
    singles = [q for q in questions if q.kind == "single"]
    limit = max(GUESSERS * len(singles), len(singles) / 4 + SPARE)
    scores = {
        "the longest option": sum(_extreme(q, max) for q in singles),
        "the shortest option": sum(_extreme(q, min) for q in singles),
    }
    letters = Counter(option["id"] for q in singles for option in options_of(q) if is_key(option))
    scores |= {f"letter {letter}": n for letter, n in sorted(letters.items())}
    for name, n in scores.items():
        if n > limit:
            yield (
                "bank",
                f"who always chooses {name} has {n} of {len(singles)} single choices right; change some",
            )


def near_duplicates(questions: Iterable[Question]) -> Findings:
    """No two items share so many pairs of words that one gives the other away."""
    seen = [(q.id, _pairs(q)) for q in questions]
    for (first, a), (second, b) in itertools.combinations(seen, 2):
        smaller, larger = sorted((len(a), len(b)))
        if smaller < SAME * larger:  # then their common share cannot reach SAME
            continue
        common = len(a & b)
        if common >= SAME * (len(a) + len(b) - common):
            yield (
                second,
                f"{common / len(a | b):.0%} of its pairs of words are those of {first}; change or drop one",
            )


def levels_of_bloom(questions: Iterable[Question]) -> Findings:
    """In each domain at most a quarter of the items ask to remember, and 45 % ask to apply or for more."""
    domains: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        domains[domain_of(question)][question.bloom] += 1
    for domain, levels in sorted(domains.items()):
        n = levels.total()
        if n < FEWEST:
            continue
        deep = n - levels["remember"] - levels["understand"]
        if levels["remember"] > REMEMBER * n:
            yield domain, f"{levels['remember']} of {n} items ask to remember; {REMEMBER:.0%} at most"
        if deep < DEEP * n:
            yield domain, f"{deep} of {n} items ask to apply, analyze or evaluate; {DEEP:.0%} at least"


def _extreme(question: Question, choose: Any) -> bool:
    """Whether the key alone is the longest, or the shortest, of its options."""
    options = options_of(question)
    wanted = choose(len(str(option["text"])) for option in options)
    return [is_key(option) for option in options if len(str(option["text"])) == wanted] == [True]


def _pairs(question: Question) -> set[tuple[str, str]]:
    """Pairs of neighbouring words of what a learner sees before answering."""
    interaction = question.interaction
    answers = [str(option["text"]) for option in options_of(question)]
    answers += texts([interaction.get(name, []) for name in ("steps", "distractor_steps", "extra_right")])
    answers += [text for pair in interaction.get("pairs", []) for text in (pair["left"], pair["right"])]
    shown = " ".join([question.stem, *texts(question.stimulus), *answers]).casefold()
    return set(itertools.pairwise(re.findall(r"\w+", shown)))
