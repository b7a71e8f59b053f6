"""Anki's own program, as ``anki`` publishes it, reads the deck: imports it, shows each card, keeps the reviews."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.anki import anki
from seq2gpt.exam.export.content import Item, items_of

anki_program = pytest.importorskip("anki.collection", reason="Anki's backend is not installed")

ITEMS = items_of(load_all(), 2)
FIRST, LATER = 1_800_000_000, 1_800_000_500


@contextmanager
def profile(folder: Path) -> Iterator[object]:
    """An empty collection of Anki."""
    collection = anki_program.Collection(str(folder / "collection.anki2"))
    try:
        yield collection
    finally:
        collection.close()


def imported(collection, deck: bytes, folder: Path):
    """What Anki reports of an import with the choices that it offers first: newer notes replace older ones."""
    path = folder / "deck.apkg"
    path.write_bytes(deck)
    options = anki_program.ImportAnkiPackageOptions(merge_notetypes=False, with_scheduling=False)
    request = anki_program.ImportAnkiPackageRequest(package_path=str(path), options=options)
    return collection.import_anki_package(request).log


def plain(html: str) -> str:
    """The words of a card."""
    return re.sub(r"<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)


def test_anki_imports_every_question_and_shows_each_card(tmp_path: Path) -> None:
    with profile(tmp_path) as collection:
        log = imported(collection, anki(ITEMS, FIRST), tmp_path)
        assert (len(log.new), log.found_notes) == (len(ITEMS), len(ITEMS))
        assert not [*log.conflicting, *log.missing_notetype, *log.missing_deck, *log.empty_first_field]
        assert {deck.name for deck in collection.decks.all_names_and_ids()} == {"Default", "seq2gpt"}
        asked = {item.name: item.question for item in ITEMS}
        for card_id in collection.find_cards(""):
            card = collection.get_card(card_id)
            name = card.note()["Id"]
            front, back = card.question(), card.answer()
            assert front.startswith("<style>")
            assert plain(front).strip()
            assert "{{" not in front + back
            assert plain(back).count(name) == 1
            assert len(plain(back)) > len(plain(front)) + 30
            assert set(card.note().tags) == {*asked[name].objectives, asked[name].bloom}
            asked.pop(name)
        assert asked == {}


def test_a_newer_deck_changes_the_words_and_keeps_the_reviews(tmp_path: Path) -> None:
    few = ITEMS[:12]
    first = few[0]
    mended = Item(first.name, replace(first.question, explanation="The explanation was mended afterwards."))
    with profile(tmp_path) as collection:
        imported(collection, anki(few, FIRST), tmp_path)
        (card_id,) = collection.find_cards(f'Id:"{first.name}"')
        collection.decks.select(collection.decks.id("seq2gpt"))
        for _ in few:
            card = collection.sched.getCard()
            collection.sched.answerCard(card, 4)
        before = collection.db.all("select id, cid, ease, ivl from revlog order by id")
        due = collection.db.all("select id, due, ivl, reps, queue from cards order by id")
        assert len(before) == len(few)
        assert collection.get_card(card_id).reps == 1

        log = imported(collection, anki([mended, *few[1:]], LATER), tmp_path)
        assert (len(log.new), len(log.updated)) == (0, len(few))
        assert "mended afterwards" in collection.get_card(card_id).answer()
        assert collection.db.all("select id, cid, ease, ivl from revlog order by id") == before
        assert collection.db.all("select id, due, ivl, reps, queue from cards order by id") == due

        older = imported(collection, anki(few, FIRST), tmp_path)
        assert (len(older.new), len(older.updated), len(older.duplicate)) == (0, 0, len(few))
        assert "mended afterwards" in collection.get_card(card_id).answer()


def test_five_hundred_questions_are_imported_within_20_seconds(tmp_path: Path) -> None:
    """The import alone, in seconds of this process: no others that run on the machine count."""
    questions: list[Question] = [item.question for item in ITEMS]
    many = [
        Item(f"ATT-01-copy-{n}", replace(questions[n % len(questions)], id=f"ATT-01-copy-{n}"))
        for n in range(500)
    ]
    deck = anki(many, FIRST)
    with profile(tmp_path) as collection:
        start = time.process_time()
        assert len(imported(collection, deck, tmp_path).new) == 500
        assert time.process_time() - start < 20
