"""The question banks of all lessons: enough questions, well made, with keys that hold in every variant.

What is true of one lesson's keys alone stands in ``test_questions_<slug>.py``.
"""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from autograder.lessons import all_lessons
from seq2gpt.exam.bank import Question, load
from seq2gpt.exam.collection import Book, domain_of
from seq2gpt.exam.lint import lint
from seq2gpt.exam.lint.keys import is_key, options_of
from seq2gpt.exam.lint.programs import is_run, programs_run
from seq2gpt.exam.lint.wording import texts

ROOT = Path(__file__).resolve().parents[1]
EXAM = ROOT / "src/seq2gpt/exam"
FILES = {lesson.name: sorted(lesson.folder.glob("questions*.yml")) for lesson in all_lessons()}
BANKS = {lab: [question for path in paths for question in load(path)] for lab, paths in FILES.items()}
AHEAD = load(ROOT / "book/exam/questions.yml")  # of lessons that are not written yet
QUESTIONS = [question for bank in [*BANKS.values(), AHEAD] for question in bank]
TEMPLATES = [question for question in QUESTIONS if question.template]
PROGRAMS = [question for question in QUESTIONS if is_run(question)]
BOOK = Book(ROOT)
BEFORE_ANY_DAY = "0000-01-01"  # a fact to be looked up again is an author's task, not a broken test
each_bank = pytest.mark.parametrize("lab", BANKS)


def name_of(question: Question) -> str:
    return question.id


def singles(lab: str) -> list[Question]:
    return [question for question in BANKS[lab] if question.kind == "single"]


def shown(question: Question) -> list[str]:
    return texts(
        [question.stem, question.stimulus, question.interaction, question.explanation, question.hint]
    )


# --- what there is -----------------------------------------------------------------------------------


@each_bank
def test_every_bank_has_questions_of_several_kinds(lab: str) -> None:
    assert len(BANKS[lab]) >= 12
    assert len({question.kind for question in BANKS[lab]}) >= 4
    assert sum(bool(question.template) for question in BANKS[lab]) >= 3
    assert sum(question in PROGRAMS for question in BANKS[lab]) >= 2


def test_every_question_is_named_for_its_first_objective_and_the_names_differ() -> None:
    objectives = yaml.safe_load((EXAM / "objectives.yml").read_text(encoding="utf-8"))
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)
    for question in QUESTIONS:
        assert question.id[:6] == question.objectives[0]
        assert set(question.objectives) <= set(objectives)


@each_bank
def test_every_question_is_asked_once_in_the_chapter_or_behind_it(lab: str) -> None:
    pages = [(ROOT / "book" / lab / page).read_text(encoding="utf-8") for page in ("lesson.md", "more.md")]
    asked = [
        name
        for text in pages
        for line in re.findall(r"^:ids: (.*)$", text, re.MULTILINE)
        for name in line.split()
    ]
    assert sorted(asked) == sorted(question.id for question in BANKS[lab] if question.pool != "exam")


def test_lists_name_what_the_questions_use() -> None:
    listed = yaml.safe_load((EXAM / "misconceptions.yml").read_text(encoding="utf-8"))
    banks = [path.read_text(encoding="utf-8") for path in BOOK.banks]
    assert {name for bank in banks for name in re.findall(r"misconception: (M-[a-z0-9-]+)", bank)} == set(
        listed
    )
    assert list(listed) == sorted(listed)
    for entry in listed.values():
        assert set(entry) <= {"says", "catalogue"}
        assert entry["says"].endswith(".")
        assert re.fullmatch(r"E\d\d", entry.get("catalogue", "E01"))


def test_references_are_complete_and_cited() -> None:
    references = yaml.safe_load((ROOT / "book/references.yml").read_text(encoding="utf-8"))
    for entry in references.values():
        assert (
            {"authors", "year", "title", "venue", "url"}
            <= set(entry)
            <= {"authors", "year", "title", "venue", "url", "arxiv"}
        )
        assert isinstance(entry["year"], int)
        assert entry["url"].startswith("https://")
        assert re.fullmatch(r"\d{4}\.\d{4,5}", entry.get("arxiv", "1706.03762"))
        assert entry["venue"] != "arXiv preprint" or entry["url"].endswith(entry["arxiv"])


def test_objectives_are_sentences_of_their_domain() -> None:
    objectives = yaml.safe_load((EXAM / "objectives.yml").read_text(encoding="utf-8"))
    for name, objective in objectives.items():
        assert re.fullmatch(r"[A-Z]{3}-\d\d", name)
        assert objective["domain"] == name[:3]
        assert objective["statement"].endswith(".")


# --- how they are made -------------------------------------------------------------------------------


@each_bank
def test_keys_are_spread_over_the_letters(lab: str) -> None:
    letters = Counter(
        option["id"]
        for question in singles(lab)
        for option in question.interaction["options"]
        if is_key(option)
    )
    assert set(letters) == set("abcd")
    assert max(letters.values()) <= len(singles(lab)) / 4 + 2


def test_the_whole_course_keeps_the_rules() -> None:
    assert list(map(str, lint(QUESTIONS, BOOK, today=BEFORE_ANY_DAY))) == []


@each_bank
def test_chapters_are_of_the_lesson_and_letters_in_order(lab: str) -> None:
    for question in BANKS[lab]:
        assert question.chapter.partition("#")[0] == f"book/{lab}/lesson.md"
        assert question.seconds >= 45
        letters = [option["id"] for option in options_of(question)]
        assert letters == list("abcdefgh"[: len(letters)])


def test_questions_ahead_of_their_lesson_are_answered_by_the_reference() -> None:
    assert all(re.match(r"book/api/\w+\.md#seq2gpt\.", question.chapter) for question in AHEAD)
    templates = Counter(domain_of(question) for question in AHEAD if question.template)
    assert min(templates["FIN"], templates["USE"]) >= 3


# --- that the keys are true --------------------------------------------------------------------------


@pytest.mark.parametrize("question", PROGRAMS, ids=name_of)
def test_programs_print_what_is_expected(question: Question) -> None:
    assert list(programs_run(question)) == []


@pytest.mark.parametrize("question", TEMPLATES, ids=name_of)
def test_variants_are_answerable_and_mistakes_show(question: Question) -> None:
    variants = [question.variant(seed) for seed in range(20)]
    assert question.template["variants"] == 20
    keys = {str(v.key) if isinstance(v.key, list) else f"{v.key:.6g}" for v in variants}
    assert len(keys) == 20
    for variant in variants:
        assert not any(re.search(r"[{}]|nan|inf\b", text) for text in shown(variant))
        wrong = [error["value"] for error in variant.interaction["common_errors"]]
        assert len(wrong) >= 2
        if variant.kind == "shape":
            assert variant.key not in wrong
            continue
        assert isinstance(variant.key, int | float)
        tolerance = variant.interaction["tolerance"]
        margin = tolerance.get("abs", tolerance.get("rel", 0) * abs(variant.key))
        assert all(abs(value - variant.key) > margin for value in wrong)


@pytest.mark.parametrize("question", TEMPLATES, ids=name_of)
def test_the_explanation_of_a_number_ends_at_the_key(question: Question) -> None:
    """A learner reads the key in the explanation, to the digits that the tolerance asks for."""
    if question.kind != "numeric":
        return
    for seed in range(20):
        variant = question.variant(seed)
        numbers = [
            float(n.replace(",", "").replace("−", "-"))
            for n in re.findall(r"(?<![\w.])−?[\d,]*\d(?:\.\d+)?", variant.explanation)
        ]
        numbers += [a / b for a, b in pairwise(numbers) if b]  # as in "3 / 11"
        numbers += [abs(number) for number in numbers]  # where the stem asks to leave out the minus sign
        tolerance = variant.interaction["tolerance"]
        margin = tolerance.get("abs", tolerance.get("rel", 0) * abs(variant.key))
        assert any(abs(number - variant.key) <= margin for number in numbers), variant.explanation
