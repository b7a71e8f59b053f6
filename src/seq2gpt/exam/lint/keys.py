"""Rules on keys: one right answer in every variant, a reason for every answer, wrong answers that show."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

from seq2gpt.exam.bank import Question
from seq2gpt.exam.variants import errors_show

COUNTS = {2: "TWO", 3: "THREE", 4: "FOUR", 5: "FIVE"}
SELECT = re.compile(r"\b(?:Select|Choose|Pick) (\w+)", re.IGNORECASE)
STRANGER = re.compile(r"\b(?:One|Two) (?:step|part|entr)\w*\b.* belongs?\b")
SHORTEST_REASON = 40  # characters; less does not say why


def choice_of(question: Question) -> dict[str, Any]:
    """The interaction whose options are chosen: of a hot spot its alternative in words; else nothing."""
    interaction = question.interaction.get("text_alternative", question.interaction)
    return interaction if "options" in interaction else {}


def options_of(question: Question) -> list[dict[str, Any]]:
    """The options of a question, none if it has none."""
    return choice_of(question).get("options", [])


def is_key(option: dict[str, Any]) -> bool:
    """Whether an option is right."""
    return option.get("correct", False)


def variants_of(question: Question) -> Iterator[tuple[str, Question]]:
    """Every published variant, with words for where it is."""
    if not question.template:
        yield "", question
        return
    for seed in range(question.n_variants):
        yield f"variant {seed}: ", question.variant(seed)


def number_of_keys(question: Question) -> Iterator[str]:
    """As many options are right as the stem asks to select; one where it names no number."""
    if not options_of(question):
        return
    n_keys = sum(map(is_key, options_of(question)))
    asked = SELECT.search(question.stem)
    if n_keys != 1 and (asked is None or asked[1] != COUNTS.get(n_keys)):
        yield f"{n_keys} options are right; write `Select {COUNTS.get(n_keys, n_keys)}` into the stem"
    if n_keys == 1 and asked and asked[1].upper() in COUNTS.values():
        yield f"the stem says {asked[0]!r} and one option is right; make them agree"


def reasons(question: Question) -> Iterator[str]:
    """Every option says why it is right or wrong, in words of its own; every wrong one names a misconception."""
    seen: dict[str, str] = {}
    for option in options_of(question):
        reason, letter = option["rationale"].strip(), option["id"]
        if len(reason) < SHORTEST_REASON:
            yield f"option {letter}: its rationale has {len(reason)} characters; say why, in {SHORTEST_REASON} or more"
        if reason in seen:
            yield f"option {letter}: its rationale is that of option {seen[reason]}; say what is wrong with this one"
        seen.setdefault(reason, letter)
        if is_key(option) is ("misconception" in option):
            yield f"option {letter}: wrong options name a misconception, right ones none"
    for pair in question.interaction.get("pairs", []):
        if len(pair["rationale"].strip()) < SHORTEST_REASON // 2:
            yield f"pair {pair['left']!r}: its rationale says too little; say why it belongs there"


def one_right_option(question: Question) -> Iterator[str]:
    """In no variant do two options say the same, as words or as numbers."""
    if not options_of(question):
        return
    for where, variant in variants_of(question):
        for a, b in itertools.combinations(options_of(variant), 2):
            if _same(str(a["text"]), str(b["text"])):
                yield f"{where}options {a['id']} and {b['id']} both say {a['text']!r}; change the template or one of them"
                return


def steps_differ(question: Question) -> Iterator[str]:
    """No two steps of an order read alike, nor two left sides of a matching: programs tell them apart by text."""
    steps = question.interaction.get("steps", []) + question.interaction.get("distractor_steps", [])
    lefts = [pair["left"] for pair in question.interaction.get("pairs", [])]
    for name, texts in (("steps", steps), ("left sides", lefts)):
        for text in sorted({text for text in texts if texts.count(text) > 1}):
            yield f"two {name} say {text!r}; word them differently"


def strangers_are_announced(question: Question) -> Iterator[str]:
    """An order with a step too many says so: on paper and in a terminal nothing else tells that one is left out."""
    if question.interaction.get("distractor_steps") and not STRANGER.search(question.stem):
        yield "one of the steps belongs nowhere, and the stem does not say so; add `One step in the list belongs to …`"


def wrong_answers_show(question: Question) -> Iterator[str]:
    """Every usual wrong number or shape differs from the key, beyond what the tolerance accepts."""
    if question.kind not in ("numeric", "shape"):
        return
    for where, variant in variants_of(question):
        if not errors_show(variant.interaction):
            wrong = [error["value"] for error in variant.interaction["common_errors"]]
            yield f"{where}the key {variant.key} and the wrong answers {wrong} are not told apart by the tolerance"
            return


def _same(a: str, b: str) -> bool:
    numbers = [_number(text) for text in (a, b)]
    if None not in numbers:
        return numbers[0] == numbers[1]
    return a == b or " ".join(a.casefold().split()).rstrip(".") == " ".join(b.casefold().split()).rstrip(".")


def _number(text: str) -> float | None:
    """What a text says that is nothing but a number: 1,000 or −0.5 or 3/4; else nothing."""
    plain = text.strip().strip("`").replace(",", "").replace("−", "-")
    parts = plain.split("/")
    if len(parts) > 2 or not all(re.fullmatch(r"-?\d+(\.\d+)?", part.strip()) for part in parts):
        return None
    top, bottom = float(parts[0]), float(parts[-1]) if len(parts) == 2 else 1.0
    return top / bottom if bottom else None
