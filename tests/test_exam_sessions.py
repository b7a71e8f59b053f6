"""Rehearsing in the terminal: what is shown and read, a mock exam that goes on, the review, the statistics."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seq2gpt.cli import main
from seq2gpt.exam import commands, sessions, terminal
from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import domain_of, in_pool, load_all
from seq2gpt.exam.export.content import in_words
from seq2gpt.exam.grading import grade, model_answer
from seq2gpt.exam.history import History
from seq2gpt.exam.results import Estimate, by_domain, weakest
from seq2gpt.exam.terminal import LETTERS, Stop, ask, rate

BANK = load_all()
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def reader(*lines: str) -> Callable[[str], str]:
    given = iter(lines)

    def read(prompt: str) -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    return read


def typed(question: Question, response: Any, order: str) -> str:
    """What somebody types who means ``response``, read off the screen."""
    lines: list[str] = []
    with pytest.raises(Stop):
        ask(question, order, reader(), lines.append)
    interaction = question.interaction
    shown = [line[5:] for line in lines if line[:2] == "  " and line[2] in LETTERS and line[3:5] == ". "]
    match question.kind:
        case "single" | "multiple":
            texts = {option["id"]: str(option["text"]) for option in interaction["options"]}
            chosen = [texts[name] for name in ([response] if question.kind == "single" else response)]
        case "ordering":
            chosen = [interaction["steps"][place] for place in response]
        case "matching":
            chosen = [pair["right"] for pair in interaction["pairs"]]
        case _:
            return str(response)
    letters = {
        text: [letter for letter, t in zip(LETTERS, shown, strict=False) if t == text] for text in shown
    }
    repeated = question.kind == "matching"
    return " ".join(letters[text][0] if repeated else letters[text].pop() for text in chosen)


def test_the_model_answer_of_every_question_can_be_typed() -> None:
    for number, question in enumerate(BANK):
        variant = question.variant(3)
        if variant.kind == "short":
            continue
        asked = in_words(variant) if variant.kind == "hotspot" else variant  # as the terminal asks it
        line = typed(asked, model_answer(asked), f"{number}")
        got = ask(variant, f"{number}", reader(line), lambda line: None)
        assert grade(variant, got).is_right, question.id


def one(kind: str) -> Question:
    return next(question for question in BANK if question.kind == kind and not question.template)


@pytest.mark.parametrize(
    ("kind", "line", "complaint"),
    [
        ("single", "z", "there is no 'z'; choose from a, b, c, d"),
        ("single", "a b", "'a b' has 2 letters; give one"), ("multiple", "a a", "'a a' has a letter twice; give each"),
        ("matching", "a", "'a' has 1 letters; give"), ("ordering", "ab", "there is no 'ab'; choose from"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_asked_again(kind: str, line: str, complaint: str) -> None:
    lines: list[str] = []
    assert ask(one(kind), "x", reader(line, ""), lines.append) is None
    assert lines[-1].startswith(complaint)


def test_a_figure_a_case_and_code_are_shown_in_words() -> None:
    lines: list[str] = []
    question = one("single")
    stimulus = {
        "code": {"lang": "python", "text": "x = 1\ny = 2\n"}, "figure": {"src": "a.svg", "alt": "Two stacks"},
        "tensors": {"q": [1, 2]},
    }  # fmt: skip
    shown = Question(**(vars(question) | {"stimulus": stimulus, "case_text": "A shop by night."}))
    ask(shown, "x", reader(""), lines.append)
    assert lines[:6] == ["A shop by night.", question.stem, "    x = 1", "    y = 2", "    Figure: Two stacks", "    q = [1, 2]"]  # fmt: skip


def test_an_answer_in_words_is_rated_by_the_learner() -> None:
    question = one("short")
    lines: list[str] = []
    assert ask(question, "x", reader("my words"), lines.append) == "my words"
    assert rate(question, reader("q", "b a"), lines.append) == [1, 0]
    assert lines[-1].startswith("there is no 'q'")
    with pytest.raises(Stop):
        rate(question, reader(), lines.append)


# --- commands --------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(commands, "load_all", lambda: BANK)
    return tmp_path / "exam.jsonl"


def types(monkeypatch: pytest.MonkeyPatch, respond: Callable[[Question, str], Any]) -> None:
    """The learner answers with what ``respond`` returns; a ``Stop`` ends it."""

    def answer(question: Question, order: str) -> Any:
        response = respond(question, order)
        if response is Stop:
            raise Stop
        return response

    monkeypatch.setattr(sessions, "ask", answer)


def entries(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()[1:]]


def run(*words: str) -> int:
    return main(["exam", *words])


def test_an_exam_that_is_stopped_goes_on(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    given: Iterator[Any] = iter([model_answer, lambda question: None, lambda question: Stop])
    types(monkeypatch, lambda question, order: next(given)(question))
    assert run("take", "--n-items", "5", "--file", str(file)) == 0
    assert "goes on where you stopped" in capsys.readouterr().out
    asked: list[str] = []
    types(monkeypatch, lambda question, order: asked.append(question.id) or model_answer(question))
    assert run("take", "--file", str(file)) == 0
    out = capsys.readouterr().out
    start, *answers, end = entries(file)
    names = [name for name, *_ in start["items"]]
    assert asked == names[2:]
    assert [answer["item"] for answer in answers] == names
    assert (start["kind"], end["kind"], start["minutes"]) == ("start", "end", 90)
    assert "You have an unfinished exam, course" in out
    assert "4.0 of 5 points: 80 % ± 17 (an estimate, not an official score)" in out
    missed = next(question for question in BANK if question.id == names[1])
    assert missed.id in out
    assert f"Read {missed.chapter}" in out
    assert names[0] not in out


def test_a_new_exam_asks_what_was_not_met(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question comes again only where its domain has no other, as in those ahead of their lessons."""
    types(monkeypatch, lambda question, order: None)
    for _ in range(3):
        assert run("take", "--n-items", "30", "--file", str(file)) == 0
    met = [entry["item"] for entry in entries(file) if entry["kind"] == "answer"]
    asked, distinct = (Counter(name[:3] for name in names) for names in (met, set(met)))
    there = Counter(domain_of(q) for q in in_pool(BANK, "exam") if q.kind != "short")
    assert asked.total() == 90
    assert distinct == {domain: min(n, there[domain]) for domain, n in asked.items()}
    assert {domain for domain, n in asked.items() if n > there[domain]} <= {"FIN", "USE"}


def test_fresh_hands_the_unfinished_exam_in_and_the_seed_draws_the_same(file: Path, monkeypatch: Any) -> None:
    types(monkeypatch, lambda question, order: Stop)
    for _ in range(2):
        assert run("take", "--n-items", "5", "--seed", "7", "--fresh", "--file", str(file)) == 0
    kinds = [entry["kind"] for entry in entries(file)]
    assert kinds == ["start", "end", "start"]
    first, _, second = entries(file)
    assert first["items"] == second["items"]
    assert first["session"] != second["session"]


def test_when_the_time_is_up_the_exam_is_handed_in(file: Path, monkeypatch: Any, capsys: Any) -> None:
    now = [START]
    monkeypatch.setattr(commands.History, "now", lambda self: now[0])

    def slow(question: Question, order: str) -> Any:
        now[0] += timedelta(minutes=4)
        return model_answer(question)

    types(monkeypatch, slow)
    assert run("take", "--n-items", "5", "--minutes", "10", "--file", str(file)) == 0
    out = capsys.readouterr().out
    assert [entry["kind"] for entry in entries(file)] == ["start", "answer", "answer", "end"]
    assert "1 of 5 · 10 minutes left" in out
    assert "3 of 5 · 2 minutes left\nNot much time is left." in out
    assert "The time is up; this answer does not count." in out
    assert [entry["seconds"] for entry in entries(file)[1:3]] == [240, 240]


def test_what_the_bank_has_changed_is_left_out(file: Path, monkeypatch: Any, capsys: Any) -> None:
    types(monkeypatch, lambda question, order: Stop)
    run("take", "--n-items", "3", "--file", str(file))
    name = entries(file)[0]["items"][0][0]
    newer = [Question(**(vars(q) | {"version": 2})) if q.id == name else q for q in BANK]
    monkeypatch.setattr(commands, "load_all", lambda: newer)
    types(monkeypatch, lambda question, order: model_answer(question))
    assert run("take", "--file", str(file)) == 0
    assert f"Changed since then and left out: {name}" in capsys.readouterr().out
    assert len([entry for entry in entries(file) if entry["kind"] == "answer"]) == 2


def test_the_review_asks_what_is_due_then_what_is_new(file: Path, monkeypatch: Any, capsys: Any) -> None:
    now = [START]
    monkeypatch.setattr(commands.History, "now", lambda self: now[0])
    asked: list[str] = []

    def respond(question: Question, order: str) -> Any:
        asked.append(question.id)
        return None if len(asked) == 2 else model_answer(question)

    types(monkeypatch, respond)
    assert run("review", "--n-new", "3", "--domain", "SEQ", "--file", str(file)) == 0
    out = capsys.readouterr().out
    assert "0 due, 3 new" in out
    assert "Right.\n" in out
    assert "0% of the points.\n  No answer.\n" in out
    assert all(name.startswith("SEQ") for name in asked)
    first = asked.copy()
    now[0] += timedelta(minutes=3)
    assert run("review", "--n-new", "0", "--domain", "SEQ", "--file", str(file)) == 0
    assert asked[3:] == [first[1]]  # wrong a few minutes ago; the others come later
    now[0] += timedelta(days=9)
    run("review", "--n-new", "0", "--file", str(file))
    assert sorted(asked[4:]) == sorted(first)
    assert run("review", "--domain", "SQE", "--file", str(file)) == 2
    assert "there is no domain 'SQE'; choose from ARC" in capsys.readouterr().err


def test_held_out_questions_are_in_no_review(file: Path, monkeypatch: Any) -> None:
    held_out = [Question(**(vars(q) | {"pool": "exam"})) for q in BANK[:5]]
    monkeypatch.setattr(commands, "load_all", lambda: [*held_out, BANK[5]])
    asked: list[str] = []
    types(monkeypatch, lambda question, order: asked.append(question.id))
    assert run("review", "--file", str(file)) == 0
    assert asked == [BANK[5].id]


def test_statistics(file: Path, monkeypatch: Any, capsys: Any) -> None:
    wrong = next(q for q in BANK if q.kind == "single")
    letter = next(o["id"] for o in wrong.interaction["options"] if "misconception" in o)
    monkeypatch.setattr(commands, "load_all", lambda: [wrong])
    types(monkeypatch, lambda question, order: letter)
    run("review", "--file", str(file))
    History.read(file).add("answer", item="ATT-99-gone", version=1, points=1.0)
    capsys.readouterr()
    assert run("stats", "--file", str(file)) == 0
    out = capsys.readouterr().out
    assert "2 answers to 2 questions of 1; 0 are due for review" in out
    assert "1 of them are not in the bank any more; their answers are kept: ATT-99-gone" in out
    assert "  SEQ  0 % ± 27  not enough evidence (1 of 8 answers)" in out
    assert "What your wrong answers take to be true:\n  1 × " in out


def test_notes_on_the_file_go_to_the_error_stream(file: Path, capsys: Any) -> None:
    file.write_text("no history", encoding="utf-8")
    assert run("stats", "--file", str(file)) == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"seq2gpt: {file} is no history of this form; it is kept as {file}.unreadable-1")
    assert out.startswith("0 answers")


def test_bands_and_errors() -> None:
    assert Estimate.of([]).n == 0
    assert [Estimate.of([share] * 10).band for share in (0.8, 0.79, 0.6, 0.5)] == [
        "secure", "nearly there", "nearly there", "to be trained",
    ]  # fmt: skip
    assert Estimate.of([1.0] * 7).band == "not enough evidence (7 of 8 answers)"
    assert 0 < Estimate.of([1.0] * 100).error < Estimate.of([1.0] * 10).error
    answers = [{"item": "SEQ-02-x", "points": 1.0}, {"item": "ATT-02-x", "points": None}]
    assert by_domain(answers) == {"SEQ": Estimate.of([1.0])}
    assert weakest(answers, [q for q in BANK if q.id[:3] in ("SEQ", "TOK")]) == "TOK"


def test_the_terminal_stops_at_q() -> None:
    with pytest.raises(Stop):
        ask(one("single"), "x", reader("q"), lambda line: None)
    assert set(terminal.HOW) == {"single", "multiple", "ordering", "matching", "numeric", "shape", "short"}
