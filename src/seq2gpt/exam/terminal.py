"""Asks questions in a terminal: shows them, reads an answer, says what was wrong."""

import random
from collections.abc import Callable
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import Question
from seq2gpt.exam.grading import Grade, read_number, read_shape, rights

LETTERS = "abcdefghijklmnop"
HOW = {
    "single": "One letter", "multiple": "Letters, such as a c", "ordering": "Letters in order, such as b a c",
    "matching": "A letter for each number, such as b a c; - for none", "numeric": "A number",
    "shape": "A shape, such as (2, 3)", "short": "One to three sentences",
}  # fmt: skip


class Stop(Exception):
    """The learner wants to go on another time."""


def ask(
    question: Question, order: str, read: Callable[[str], str] = input, write: Callable[[str], Any] = print
) -> Any:
    """Show a question and read a response to it, until it can be read; ``None`` for an empty line.

    ``order`` decides in which order options are shown. Raises ``Stop`` on ``q`` or at the end of the input.
    """
    interaction = question.interaction.get("text_alternative", question.interaction)
    kind = interaction["kind"]
    entries = _entries(interaction, f"{order} {question.id}")
    for line in _shown(question, interaction, [text for _, text in entries]):
        write(line)
    unit = f" ({interaction['unit']})" if "unit" in interaction else ""
    while True:
        try:
            text = read(f"{HOW[kind]}{unit}; empty to leave it out, q to stop: ").strip()
        except EOFError:
            raise Stop from None
        if text == "q":
            raise Stop
        if not text:
            return None
        try:
            return _response(kind, text, entries, interaction)
        except UserError as error:
            write(str(error))


def say(question: Question, grade: Grade, write: Callable[[str], Any] = print) -> None:
    """Tell what an answer is worth, why, and where to read on."""
    if grade.points is None:
        write("Compare with the model answer:")
    else:
        write("Right." if grade.is_right else f"{grade.points:.0%} of the points.")
    for line in [*grade.feedback, question.explanation, f"Read {question.chapter}"]:
        write(f"  {line}")


def rate(
    question: Question, read: Callable[[str], str] = input, write: Callable[[str], Any] = print
) -> list[int]:
    """The places of the criteria that the learner finds met in an answer in words."""
    rubric = question.interaction["rubric"]
    for place, entry in enumerate(rubric):
        write(f"  {LETTERS[place]}. {entry['criterion']}")
    while True:
        try:
            chosen = read("Which of these does your answer say? Letters, empty for none: ").split()
            return [_place(letter, len(rubric)) for letter in dict.fromkeys(chosen)]
        except EOFError:
            raise Stop from None
        except UserError as error:
            write(str(error))


def _entries(interaction: dict[str, Any], order: str) -> list[tuple[Any, str]]:
    """What gets a letter, in the order shown: the value in a response, and the text."""
    match interaction["kind"]:
        case "single" | "multiple":
            entries = [(option["id"], str(option["text"])) for option in interaction["options"]]
            if not interaction.get("shuffle", True) or any(o.get("lock") for o in interaction["options"]):
                return entries
        case "ordering":
            entries = list(enumerate(interaction["steps"] + interaction.get("distractor_steps", [])))
        case "matching":
            entries = list(enumerate(rights(interaction)))
        case _:
            return []
    random.Random(order).shuffle(entries)
    return entries


def _shown(question: Question, interaction: dict[str, Any], texts: list[str]) -> list[str]:
    lines = [question.case_text] if question.case_text else []
    lines.append(question.stem)
    if code := question.stimulus.get("code"):
        lines += [f"    {line}" for line in code["text"].rstrip().splitlines()]
    if figure := question.stimulus.get("figure"):
        lines.append(f"    Figure: {figure['alt']}")
    lines += [f"    {name} = {values}" for name, values in question.stimulus.get("tensors", {}).items()]
    lines += [f"  {n}. {pair['left']}" for n, pair in enumerate(interaction.get("pairs", []), 1)]
    return lines + [f"  {letter}. {text}" for letter, text in zip(LETTERS, texts, strict=False)]


def _response(kind: str, text: str, entries: list[tuple[Any, str]], interaction: dict[str, Any]) -> Any:
    if kind == "numeric":
        return read_number(text)
    if kind == "shape":
        return read_shape(text)
    if kind == "short":
        return text
    letters = text.replace(",", " ").split()
    if kind == "matching":
        n = len(interaction["pairs"])
        if len(letters) != n:
            raise UserError(
                f"{text!r} has {len(letters)} letters; give {n}, one for each number, or - for none"
            )
        return [None if letter == "-" else entries[_place(letter, len(entries))][0] for letter in letters]
    chosen = [entries[_place(letter, len(entries))][0] for letter in letters]
    if kind == "single":
        if len(chosen) > 1:
            raise UserError(f"{text!r} has {len(chosen)} letters; give one")
        return chosen[0]
    if len(set(chosen)) < len(chosen):
        raise UserError(f"{text!r} has a letter twice; give each once")
    return chosen


def _place(letter: str, n: int) -> int:
    place = LETTERS.find(letter.lower().rstrip(".")) if len(letter.rstrip(".")) == 1 else -1
    if not 0 <= place < n:
        raise UserError(f"there is no {letter!r}; choose from {', '.join(LETTERS[:n])}")
    return place
