"""What a learner answered is never lost: crashes, full disks, odd clocks, older files; and when to ask again."""

import errno
import fcntl
import json
import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler

from seq2gpt.errors import UserError
from seq2gpt.exam import history as module
from seq2gpt.exam.bank import Question
from seq2gpt.exam.history import History, default_file
from seq2gpt.exam.schedule import cards, due

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "exam.jsonl"


def filled(path: Path, n: int = 3) -> History:
    times = iter(START + timedelta(minutes=i) for i in range(n))
    history = History.read(path, lambda: next(times))
    for i in range(n):
        history.add("answer", item=f"ATT-0{i}-x", points=1.0, response="ü")
    return history


def test_what_is_added_is_read_again(path: Path) -> None:
    assert History.read(path).entries == []
    assert not path.exists()
    history = filled(path)
    again = History.read(path)
    assert again.entries == history.entries
    assert again.notes == []
    assert again.entries[1] == {
        "kind": "answer", "at": "2026-03-01T09:01:00+00:00", "item": "ATT-01-x", "points": 1.0, "response": "ü",
    }  # fmt: skip
    assert path.read_text(encoding="utf-8").splitlines()[0] == '{"seq2gpt_exam": 1}'


def test_the_users_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_file() == tmp_path / "seq2gpt/exam.jsonl"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_file() == tmp_path / ".local/share/seq2gpt/exam.jsonl"


@pytest.mark.parametrize("cut", range(1, 40, 7))
def test_a_line_that_was_cut_off_costs_that_line_alone(path: Path, cut: int) -> None:
    filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    history = History.read(path)
    assert len(history.entries) == 2 + (cut == 1)
    (note,) = history.notes
    assert note.startswith(
        f"{path}: line 4 was cut off or changed; {len(history.entries)} entries could be read"
    )
    assert path.with_name("exam.jsonl.damaged-1").read_bytes() == whole[:-cut]
    history.add("answer", item="new", points=0.0)
    again = History.read(path)
    assert (again.entries, again.notes) == (history.entries, [])


@pytest.mark.parametrize("line", ["{", "[1]", '{"kind": "answer"}', '{"kind": "answer", "at": "yesterday"}'])
def test_a_changed_line_is_kept_aside_with_the_file(path: Path, line: str) -> None:
    filled(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = line
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    history = History.read(path)
    assert [entry["item"] for entry in history.entries] == ["ATT-00-x", "ATT-02-x"]
    assert "line 3 was cut off or changed; 2 entries could be read" in history.notes[0]
    assert line in path.with_name("exam.jsonl.damaged-1").read_text(encoding="utf-8")


@pytest.mark.parametrize(("head", "name"), [('{"seq2gpt_exam": 0}', "older"), ("no history", "unreadable")])  # fmt: skip
def test_another_file_is_kept_aside_and_a_new_one_begins(path: Path, head: str, name: str) -> None:
    path.parent.mkdir()
    path.write_text(head, encoding="utf-8")
    (path.parent / f"exam.jsonl.{name}-1").write_text("earlier", encoding="utf-8")
    history = History.read(path)
    aside = path.parent / f"exam.jsonl.{name}-2"
    assert history.notes == [
        f"{path} is no history of this form; it is kept as {aside}, and a new one begins"
    ]
    assert aside.read_text(encoding="utf-8") == head
    history.add("answer", item="x", points=1.0)
    assert len(History.read(path).entries) == 1


def test_a_newer_file_is_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"seq2gpt_exam": 2}\n{"x": 1}\n', encoding="utf-8")
    with pytest.raises(
        UserError, match=r"exam.jsonl is of a newer seq2gpt \(form 2, this one reads 1\); update"
    ):
        History.read(path)
    assert [p.name for p in path.parent.iterdir()] == ["exam.jsonl"]


def test_a_clock_that_goes_backwards_is_named_and_time_stands_still(path: Path) -> None:
    filled(path)
    history = History.read(path, lambda: START - timedelta(days=400))
    for _ in range(2):
        assert history.add("answer", item="x", points=1.0)["at"] == "2026-03-01T09:02:00+00:00"
    (note,) = history.notes
    assert "the clock says 2025-01-25 09:00, which is before your last answer at 2026-03-01 09:02 UTC" in note
    assert len(History.read(path).entries) == 5


def test_a_full_disk_is_named_and_costs_no_earlier_answer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = filled(path)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(
        UserError, match="exam.jsonl: No space left on device; this answer is not stored, those before"
    ):
        History.read(path).add("answer", item="x", points=1.0)
    assert path.read_bytes() == before
    assert len(history.entries) == 3


def test_a_forbidden_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError, match="exam.jsonl: .*; this answer is not stored"):
        History(tmp_path / "file" / "exam.jsonl").add("answer", item="x", points=1.0)


def _write(path: Path, name: str) -> None:
    history = History.read(path)
    for i in range(50):
        history.add("answer", item=f"{name}-{i}", points=1.0)


def test_two_programs_that_write_at_once_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    history = History.read(path)
    assert sorted(entry["item"] for entry in history.entries) == sorted(
        f"{n}-{i}" for n in "ab" for i in range(50)
    )
    assert history.notes == []
    heads = [line for line in path.read_text(encoding="utf-8").splitlines() if "seq2gpt_exam" in line]
    assert len(heads) == 1


def test_a_writer_waits_until_another_has_finished(path: Path) -> None:
    path.parent.mkdir()
    with open(path, "ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        writer = multiprocessing.get_context("fork").Process(target=_write, args=(path, "a"))
        writer.start()
        writer.join(0.5)
        assert writer.is_alive()
        assert path.read_bytes() == b""
        fcntl.flock(held, fcntl.LOCK_UN)  # closing is not enough: the child has the descriptor too
    writer.join()
    assert len(History.read(path).entries) == 50


# --- when to ask again -----------------------------------------------------------------------------------


def answer(item: str, days: float, points: float | None, version: int = 1) -> dict[str, Any]:
    at = (START + timedelta(days=days)).isoformat()
    return {"kind": "answer", "item": item, "version": version, "points": points, "at": at}


def question(name: str, version: int = 1) -> Question:
    return Question(
        id=name, version=version, objectives=["ATT-01"], bloom="apply", difficulty=0, pool="both", stem="?",
        interaction={"kind": "short"}, explanation="", sources=[], chapter="",
    )  # fmt: skip


def test_cards_are_those_of_the_published_scheduler() -> None:
    given = [(0, 1.0), (3, 0.5), (9, 0.0), (9.01, 1.0), (15, 0.9), (40, 1.0)]
    ratings = [Rating.Good, Rating.Hard, Rating.Again, Rating.Good, Rating.Hard, Rating.Good]
    card, scheduler = Card(card_id=0), Scheduler(enable_fuzzing=False)
    for (days, _), mark in zip(given, ratings, strict=True):
        card, _ = scheduler.review_card(card, mark, START + timedelta(days=days))
    got = cards([answer("a", days, points) for days, points in given] + [answer("a", 50, None)])
    assert list(got) == [("a", 1)]
    found = got["a", 1]
    assert (found.stability, found.difficulty, found.due) == (card.stability, card.difficulty, card.due)


def test_what_is_overdue_comes_first_and_a_new_version_is_new() -> None:
    answers = [
        answer("a", 0, 1.0),
        answer("b", 0, 0.0),
        answer("c", 0, 1.0),
        answer("c", 0.1, 1.0),
        answer("d", 0, 1.0),
    ]
    bank = [question("n"), question("a"), question("c"), question("b"), question("d", 2), question("m")]
    late, new = due(bank, answers, START + timedelta(hours=12), 2)
    assert [q.id for q in late] == ["b", "a"]
    assert [q.id for q in new] == ["n", "d"]


def test_the_file_is_for_one_user(path: Path) -> None:
    filled(path)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[1])["kind"] == "answer"
    assert os.listdir(path.parent) == ["exam.jsonl"]
