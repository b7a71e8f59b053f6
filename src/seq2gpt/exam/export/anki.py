"""A deck for Anki. A note's GUID is the item's name, so that a newer deck updates notes and keeps their history."""

import os
import tempfile
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

import genanki

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import Question
from seq2gpt.exam.export.content import Item, explanation_of, in_words, packed, rich, stem_of
from seq2gpt.exam.grading import rights

DECK, MODEL = 1_728_045_301, 1_728_045_302  # ids that stay, by which Anki knows deck and kind of note again
STYLE = """.card { font-family: sans-serif; font-size: 18px; text-align: left; max-width: 40em; margin: auto; }
pre { overflow-x: auto; } .id { color: gray; font-size: 12px; }"""
BACK = '{{FrontSide}}<hr id="answer">{{Answer}}{{Explanation}}<p class="id">{{Id}}</p>'


def anki(items: Iterable[Item], timestamp: int | None = None) -> bytes:
    """The questions as an ``.apkg``.

    ``timestamp``, in seconds, has to be later than that of a deck that this one is to update; ``None`` is
    ``$SOURCE_DATE_EPOCH``, or now if that is unset. Raises ``UserError`` if that is no whole number.
    """
    fields = [{"name": name} for name in ("Id", "Question", "Answer", "Explanation")]
    card = {"name": "Question", "qfmt": "{{Question}}", "afmt": BACK}
    model = genanki.Model(MODEL, "seq2gpt question", fields=fields, templates=[card], css=STYLE)
    deck = genanki.Deck(DECK, "seq2gpt")
    for item in sorted(items, key=lambda item: item.name):
        question = in_words(item.question)
        front, back = _sides(question)
        values = [item.name, front, back, explanation_of(question)]
        tags = [*question.objectives, question.bloom]
        deck.add_note(genanki.Note(model=model, fields=values, guid=item.name, tags=tags))
    return _written(deck, _time_of(timestamp))


def _time_of(timestamp: int | None) -> int:
    if timestamp is not None:
        return timestamp
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if text and not text.isdecimal():
        raise UserError(
            f"SOURCE_DATE_EPOCH={text!r} is no number of seconds; unset it or give a whole number"
        )
    return int(text) if text else int(time.time())


def _written(deck: genanki.Deck, timestamp: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deck.apkg"
        genanki.Package(deck).write_to_file(str(path), timestamp=float(timestamp))
        with zipfile.ZipFile(path) as archive:  # its entries carry the time of the day
            return packed({name: archive.read(name) for name in archive.namelist()})


def _sides(question: Question) -> tuple[str, str]:
    """What is asked, and the answer, as HTML."""
    interaction, stem = question.interaction, stem_of(question)
    match interaction["kind"]:
        case "single" | "multiple":
            options = interaction["options"]
            front = _list(rich(option["text"]) for option in options)
            marks = ("✓" if option.get("correct") else "✗" for option in options)
            back = _list(
                f"{mark} {rich(option['rationale'])}" for mark, option in zip(marks, options, strict=True)
            )
            return stem + front, back
        case "ordering":
            steps = interaction["steps"]
            return stem + _list(map(rich, sorted(steps)), "ul"), _list(map(rich, steps))
        case "matching":
            pairs = interaction["pairs"]
            front = _list(rich(pair["left"]) for pair in pairs)
            front += _list(map(rich, sorted(rights(interaction))), "ul")
            return stem + front, _list(f"{rich(p['right'])}. {rich(p['rationale'])}" for p in pairs)
        case "short":
            return stem, f"<p>{rich(interaction['model_answer'])}</p>"
        case "shape":
            return stem, f"<p>{tuple(interaction['answer'])}</p>"
        case _:
            answer = interaction["answer"]
            return (
                stem,
                f"<p>{answer if isinstance(answer, int) else f'{answer:.6g}'} {interaction.get('unit', '')}</p>",
            )


def _list(entries: Iterable[str], kind: str = "ol") -> str:
    style = ' type="a"' if kind == "ol" else ""
    return f"<{kind}{style}>{''.join(f'<li>{entry}</li>' for entry in entries)}</{kind}>"
