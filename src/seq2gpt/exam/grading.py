"""Grades an answer to a question: points with partial credit, and what each mistake was.

A response is plain JSON, so that a page, a file and a program can hand it in:

=============  =========================================================================================
kind           response
=============  =========================================================================================
single         the letter of an option: ``"b"``
multiple       letters: ``["a", "c"]``
ordering       places in ``steps`` followed by ``distractor_steps``, in the chosen order: ``[0, 2, 1]``
matching       for each pair, a place in ``rights(interaction)`` or ``None``: ``[0, 3, None]``
numeric        a number, or a text such as ``"1,024"`` or ``"3/4"``
shape          sizes ``[2, 3]``, or a text such as ``"(2, 3)"``
hotspot        the ids of the parts chosen: ``["dec-cross-attn"]``; or a letter of its alternative in words
short          a text; or the places of the criteria that a reader finds met: ``[0, 2]``
=============  =========================================================================================

``None`` is no answer. Partial credit, in parts of 1, never below 0:

- multiple and hotspot: (right ones chosen − wrong ones chosen) / number of right ones;
- ordering: (pairs of steps in the right order − pairs in the wrong one − wrong steps chosen) / all pairs;
- matching: pairs that are right / all pairs;
- short: points of the criteria met / all points; a text that ``accept`` does not list waits for a person.
"""

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import Question

Interaction = dict[str, Any]


@dataclass(frozen=True)
class Grade:
    """What an answer is worth.

    ``points`` lie in 0..1, or are ``None`` where a person has to read the answer; ``feedback`` says what was
    right or wrong with what was chosen; ``misconceptions`` are the beliefs that lead to such an answer.
    """

    points: float | None
    feedback: list[str] = field(default_factory=list)
    misconceptions: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether nothing is missing."""
        return self.points == 1


def grade(question: Question, response: Any) -> Grade:
    """Grade a response to a question without placeholders, such as ``question.variant(0)``.

    Raises ``UserError`` for a response that is no answer to this kind of question, such as a letter that no
    option has.
    """
    if response is None:
        return Grade(0.0, ["No answer."])
    if question.template:
        raise UserError(
            f"{question.id} is a template; grade one of its variants, such as question.variant(0)"
        )
    interaction = question.interaction
    kind = interaction["kind"]
    if kind == "hotspot" and isinstance(response, str):
        interaction, kind = interaction["text_alternative"], "single"
    return GRADERS[kind](interaction, response)


def rights(interaction: Interaction) -> list[str]:
    """What the entries of a matching question may be matched with; each text once."""
    texts = [pair["right"] for pair in interaction["pairs"]] + interaction.get("extra_right", [])
    return list(dict.fromkeys(texts))


def model_answer(question: Question) -> Any:
    """The response that gets full points."""
    interaction = question.interaction
    match interaction["kind"]:
        case "single":
            return next(option["id"] for option in interaction["options"] if option.get("correct"))
        case "multiple":
            return [option["id"] for option in interaction["options"] if option.get("correct")]
        case "ordering":
            return list(range(len(interaction["steps"])))
        case "matching":
            return [rights(interaction).index(pair["right"]) for pair in interaction["pairs"]]
        case "short":
            return list(range(len(interaction["rubric"])))
        case _:
            return question.key


def read_number(text: str) -> float:
    """The number that a person wrote.

    Raises ``UserError`` if it is none.

    >>> read_number("1,024"), read_number("−3/4"), read_number("2.5e-3")
    (1024.0, -0.75, 0.0025)
    """
    plain = re.sub(r"[\s,_]", "", text).replace("−", "-")
    top, slash, bottom = plain.partition("/")
    try:
        return float(top) / float(bottom) if slash else float(top)
    except (ValueError, ZeroDivisionError):
        raise UserError(f"{text!r} is no number; write one such as 0.25, 1/4 or 1,024") from None


def read_shape(text: str) -> list[int]:
    """The sizes that a person wrote.

    Raises ``UserError`` if they are none.

    >>> read_shape("(2, 3)"), read_shape("2x3"), read_shape("2 3")
    ([2, 3], [2, 3], [2, 3])
    """
    plain = re.sub(r"^(torch\.Size)?[\s(\[]+|[\s)\],]+$", "", text)
    sizes = [size for size in re.split(r"[\s,x×]+", plain) if size]
    if not sizes or not all(size.isdecimal() for size in sizes):
        raise UserError(f"{text!r} is no shape; write one such as (2, 3)")
    return [int(size) for size in sizes]


def _single(interaction: Interaction, response: Any) -> Grade:
    options = {option["id"]: option for option in interaction["options"]}
    _known([response], options, "option")
    chosen = options[response]
    return Grade(float(chosen.get("correct", False)), [chosen["rationale"]], _beliefs([chosen]))


def _multiple(interaction: Interaction, response: Any) -> Grade:
    options = {option["id"]: option for option in interaction["options"]}
    _known(response, options, "option")
    chosen = [option for name, option in options.items() if name in response]
    n_keys = sum(option.get("correct", False) for option in options.values())
    n_right = sum(option.get("correct", False) for option in chosen)
    points = max(0.0, (2 * n_right - len(chosen)) / n_keys)
    missed = [o for name, o in options.items() if o.get("correct") and name not in response]
    says = [f"{option['text']}: {option['rationale']}" for option in chosen]
    says += [f"Missed: {option['text']}: {option['rationale']}" for option in missed]
    return Grade(points, says, _beliefs(chosen))


def _ordering(interaction: Interaction, response: Any) -> Grade:
    steps, extra = interaction["steps"], interaction.get("distractor_steps", [])
    _known(response, range(len(steps) + len(extra)), "step")
    response = _in_turn(response, steps + extra)
    given = [place for place in response if place < len(steps)]
    n_wrong = len(response) - len(given)
    pairs = list(itertools.combinations(given, 2))
    in_order = sum(a < b for a, b in pairs)
    n_pairs = len(steps) * (len(steps) - 1) // 2
    points = max(0.0, (2 * in_order - len(pairs) - n_wrong) / n_pairs)
    says = list(interaction.get("pair_rationales", []))
    says += [f"Not a step: {extra[place - len(steps)]}" for place in response if place >= len(steps)]
    return Grade(points, says)


def _in_turn(response: list[int], texts: list[str]) -> list[int]:
    """The same order of texts, where steps that read alike are taken from first to last."""
    alike = {text: iter(sorted(p for p in response if texts[p] == text)) for text in texts}
    return [next(alike[texts[place]]) for place in response]


def _matching(interaction: Interaction, response: Any) -> Grade:
    pairs, texts = interaction["pairs"], rights(interaction)
    if not isinstance(response, list) or len(response) != len(pairs):
        raise UserError(f"{response!r} is no matching of {len(pairs)} entries; give a place or None for each")
    _known([place for place in response if place is not None], range(len(texts)), "place", repeated=True)
    right = [
        place is not None and texts[place] == pair["right"]
        for place, pair in zip(response, pairs, strict=True)
    ]
    says = [
        f"{pair['left']}: {pair['rationale']}"
        for pair, is_right in zip(pairs, right, strict=True)
        if not is_right
    ]
    return Grade(sum(right) / len(pairs), says)


def _numeric(interaction: Interaction, response: Any) -> Grade:
    value = read_number(response) if isinstance(response, str) else response
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{response!r} is no number; give one such as 0.25 or the text '1/4'")
    if within(value, interaction["answer"], interaction["tolerance"]):
        return Grade(1.0)
    errors = interaction.get("common_errors", [])
    return _known_error([e for e in errors if within(value, e["value"], interaction["tolerance"])])


def within(value: int | float, wanted: int | float, tolerance: dict[str, int | float]) -> bool:
    """Whether a number is as near to another as the tolerance asks; both ends count, rounding apart.

    >>> within(0.3, 0.1 + 0.2, {"abs": 0}), within(98, 100, {"rel": 0.02}), within(97, 100, {"rel": 0.02})
    (True, True, False)
    """
    margin = tolerance["abs"] if "abs" in tolerance else tolerance["rel"] * abs(wanted)
    return abs(value - wanted) <= margin + 1e-9 * max(1.0, abs(wanted))


def _shape(interaction: Interaction, response: Any) -> Grade:
    sizes = read_shape(response) if isinstance(response, str) else response
    if not isinstance(sizes, list) or not all(isinstance(size, int) for size in sizes):
        raise UserError(f"{response!r} is no shape; give one such as [2, 3]")
    if sizes == interaction["answer"]:
        return Grade(1.0)
    return _known_error([e for e in interaction.get("common_errors", []) if e["value"] == sizes])


def _hotspot(interaction: Interaction, response: Any) -> Grade:
    targets = {target["svg_id"]: target for target in interaction["targets"]}
    _known(response, [*targets, *interaction.get("decoys", [])], "part")
    n_right = sum(name in targets for name in response)
    points = max(0.0, (2 * n_right - len(response)) / len(targets))
    return Grade(points, [f"{target['label']}: {target['rationale']}" for target in targets.values()])


def _short(interaction: Interaction, response: Any) -> Grade:
    rubric = interaction["rubric"]
    if isinstance(response, str):
        plain = " ".join(response.casefold().split())
        accepted = [" ".join(text.casefold().split()) for text in interaction.get("accept", [])]
        return Grade(1.0 if plain in accepted else None, [f"A model answer: {interaction['model_answer']}"])
    _known(response, range(len(rubric)), "criterion")
    total = sum(entry["points"] for entry in rubric)
    missing = [entry["criterion"] for place, entry in enumerate(rubric) if place not in response]
    met = sum(rubric[place]["points"] for place in response)
    return Grade(met / total, [f"Missing: {criterion}" for criterion in missing])


GRADERS = {
    "single": _single, "multiple": _multiple, "ordering": _ordering, "matching": _matching,
    "numeric": _numeric, "shape": _shape, "hotspot": _hotspot, "short": _short,
}  # fmt: skip


def _known(response: Any, known: Any, kind: str, repeated: bool = False) -> None:
    """Refuse what is no list of entries of ``known``, each at most once."""
    if not isinstance(response, list):
        raise UserError(f"{response!r} is no list; give the chosen {kind}s in a list")
    for entry in response:
        if isinstance(entry, bool) or entry not in known:
            raise UserError(f"there is no {kind} {entry!r}; choose from {', '.join(map(str, known))}")
    if not repeated and len(set(response)) < len(response):
        raise UserError(f"{response} names a {kind} twice; name each once")


def _known_error(errors: list[dict[str, Any]]) -> Grade:
    return Grade(0.0, [error["feedback"] for error in errors], _beliefs(errors))


def _beliefs(chosen: list[dict[str, Any]]) -> list[str]:
    return [entry["misconception"] for entry in chosen if "misconception" in entry]
