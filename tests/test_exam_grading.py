"""Grading: the model answer of every question in the bank is worth 1, and each kind has its partial credit."""

import json
from pathlib import Path
from typing import Any

import pytest

from seq2gpt.errors import UserError
from seq2gpt.exam.as_json import as_json
from seq2gpt.exam.bank import Question, load
from seq2gpt.exam.collection import load_all
from seq2gpt.exam.grading import grade, model_answer, rights

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load_all()
OPTIONS = [
    {"id": letter, "text": letter, "rationale": f"reason {letter}", "correct": letter in "ab"}
    | ({} if letter in "ab" else {"misconception": f"M-{letter}"})
    for letter in "abcde"
]
MULTIPLE = {"kind": "multiple", "select": 2, "options": OPTIONS}
ORDERING = {
    "kind": "ordering",
    "steps": ["p", "q", "r", "s"],
    "distractor_steps": ["x"],
    "pair_rationales": ["why"],
}
MATCHING = {
    "kind": "matching", "extra_right": ["Z"],
    "pairs": [{"left": a, "right": b, "rationale": f"{a}{b}"} for a, b in (("1", "X"), ("2", "Y"), ("3", "X"))],
}  # fmt: skip
NUMERIC = {
    "kind": "numeric", "answer": 12.5, "tolerance": {"abs": 0.25},
    "common_errors": [{"value": 25, "feedback": "doubled", "misconception": "M-doubled"}],
}  # fmt: skip
SHAPE = {
    "kind": "shape", "answer": [2, 3, 5],
    "common_errors": [{"value": [2, 5, 3], "feedback": "turned", "misconception": "M-turned"}],
}  # fmt: skip
HOTSPOT = {
    "kind": "hotspot", "decoys": ["d1", "d2"],
    "targets": [{"label": name, "svg_id": name, "rationale": "there"} for name in ("t1", "t2")],
    "text_alternative": {"kind": "single", "options": OPTIONS[1:4]},
}  # fmt: skip
SHORT = {
    "kind": "short", "model_answer": "It is hidden.", "accept": ["The  Mask"],
    "rubric": [{"points": 1, "criterion": "one"}, {"points": 3, "criterion": "two"}],
}  # fmt: skip


def ask(interaction: dict[str, Any]) -> Question:
    return Question(
        id="ATT-05-first", version=1, objectives=["ATT-05"], bloom="apply", difficulty=0, pool="both",
        stem="What is it that is asked?", interaction=interaction, explanation="", sources=[], chapter="book/x",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("interaction", "response", "points"),
    [
        (MULTIPLE, ["a", "b"], 1), (MULTIPLE, ["a"], 0.5), (MULTIPLE, ["a", "b", "c"], 0.5),
        (MULTIPLE, ["a", "c"], 0), (MULTIPLE, ["c", "d"], 0), (MULTIPLE, list("abcde"), 0), (MULTIPLE, [], 0),
        (ORDERING, [0, 1, 2, 3], 1), (ORDERING, [1, 0, 2, 3], 4 / 6), (ORDERING, [3, 2, 1, 0], 0),
        (ORDERING, [0, 1, 2], 3 / 6), (ORDERING, [0, 4, 1, 2, 3], 5 / 6), (ORDERING, [], 0),
        (MATCHING, [0, 1, 0], 1), (MATCHING, [0, 2, None], 1 / 3), (MATCHING, [1, 0, 2], 0),
        (NUMERIC, 12.5, 1), (NUMERIC, 12.75, 1), (NUMERIC, 12.26, 1), (NUMERIC, 12.76, 0), (NUMERIC, "25/2", 1),
        (NUMERIC, 25, 0), (SHAPE, [2, 3, 5], 1), (SHAPE, "(2, 3, 5)", 1), (SHAPE, "2 × 3 × 5", 1),
        (SHAPE, "torch.Size([2, 3, 5])", 1), (SHAPE, [2, 5, 3], 0), (SHAPE, [2, 3], 0),
        (HOTSPOT, ["t1", "t2"], 1), (HOTSPOT, ["t2"], 0.5), (HOTSPOT, ["t1", "d1"], 0), (HOTSPOT, "b", 1),
        (HOTSPOT, "c", 0), (SHORT, "the mask", 1), (SHORT, "something", None), (SHORT, [0, 1], 1), (SHORT, [1], 0.75),
        (MULTIPLE, None, 0), (SHORT, None, 0),
    ],
)  # fmt: skip
def test_points(interaction: dict[str, Any], response: Any, points: float | None) -> None:
    got = grade(ask(interaction), response)
    assert got.points == (points if points is None else pytest.approx(points))
    assert got.is_right is (points == 1)


@pytest.mark.parametrize(
    ("interaction", "response", "feedback", "beliefs"),
    [
        (MULTIPLE, ["a", "c"], ["a: reason a", "c: reason c", "Missed: b: reason b"], ["M-c"]),
        (ORDERING, [0, 4, 1, 2, 3], ["why", "Not a step: x"], []),
        (MATCHING, [0, None, 1], ["2: 2Y", "3: 3X"], []), (NUMERIC, 25.1, ["doubled"], ["M-doubled"]),
        (NUMERIC, 99, [], []), (SHAPE, "2,5,3", ["turned"], ["M-turned"]), (HOTSPOT, "c", ["reason c"], ["M-c"]),
        (HOTSPOT, ["d1"], ["t1: there", "t2: there"], []), (SHORT, [1], ["Missing: one"], []),
        (SHORT, "else", ["A model answer: It is hidden."], []),
    ],
)  # fmt: skip
def test_feedback_and_misconceptions(
    interaction: dict[str, Any], response: Any, feedback: list[str], beliefs: list[str]
) -> None:
    got = grade(ask(interaction), response)
    assert (got.feedback, got.misconceptions) == (feedback, beliefs)


@pytest.mark.parametrize(
    ("interaction", "response", "message"),
    [
        (MULTIPLE, "a", "'a' is no list; give the chosen options in a list"),
        (MULTIPLE, ["z"], "there is no option 'z'; choose from a, b, c, d, e"),
        (MULTIPLE, ["a", "a"], r"\['a', 'a'\] names a option twice; name each once"),
        (ORDERING, [0, 5], "there is no step 5; choose from 0, 1, 2, 3, 4"),
        (ORDERING, [True], "there is no step True"), (MATCHING, [0, 1], r"\[0, 1\] is no matching of 3 entries"),
        (MATCHING, [0, 1, 7], "there is no place 7; choose from 0, 1, 2"), (NUMERIC, "many", "'many' is no number"),
        (NUMERIC, [3], r"\[3\] is no number"), (NUMERIC, True, "True is no number"), (NUMERIC, "1/0", "'1/0' is no"),
        (SHAPE, "two by three", "'two by three' is no shape"), (SHAPE, [2.0], r"\[2.0\] is no shape"),
        (HOTSPOT, ["else"], "there is no part 'else'"), (HOTSPOT, "z", "there is no option 'z'"),
        (SHORT, [2], "there is no criterion 2"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(interaction: dict[str, Any], response: Any, message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}"):
        grade(ask(interaction), response)


def test_steps_that_read_alike_may_change_places() -> None:
    twice = {"kind": "ordering", "steps": ["look", "add", "think", "add"]}
    assert grade(ask(twice), [0, 3, 2, 1]).is_right
    assert not grade(ask(twice), [3, 0, 2, 1]).is_right


def test_two_entries_may_be_matched_with_the_same_text() -> None:
    assert rights(MATCHING) == ["X", "Y", "Z"]


def test_the_model_answer_of_every_question_is_worth_everything_and_each_wrong_one_less() -> None:
    for question in QUESTIONS:
        for seed in (0, 7):
            variant = question.variant(seed)
            assert grade(variant, model_answer(variant)).is_right, question.id
            for error in variant.interaction.get("common_errors", []):
                got = grade(variant, error["value"])
                assert (got.points, got.feedback[0]) == (0, error["feedback"]), question.id
            if variant.kind == "single":
                right = [o["id"] for o in variant.interaction["options"] if grade(variant, o["id"]).is_right]
                assert right == [model_answer(variant)]


def test_a_template_is_not_graded() -> None:
    (template, *_) = (question for question in QUESTIONS if question.template)
    with pytest.raises(UserError, match="is a template; grade one of its variants"):
        grade(template, 1)


def test_the_bank_as_json_holds_all_that_a_page_needs() -> None:
    content = as_json(QUESTIONS, "practice", n_variants=3)
    again = json.loads(json.dumps(content))
    assert again == content
    by_id = {item["id"]: item for item in again["items"]}
    assert set(by_id) == {q.id for q in QUESTIONS if q.pool in ("practice", "both")}
    for question in (q for q in QUESTIONS if q.pool != "exam"):
        item = by_id[question.id]
        assert "template" not in item
        assert set(question.objectives) <= set(again["objectives"])
        assert ("variants" in item) is bool(question.template)
        if question.template:
            assert len(item["variants"]) == 3
            assert item | item["variants"][2] == item | {
                name: getattr(question.variant(2), name) for name in item["variants"][2]
            }
            assert "{" not in json.dumps((item | item["variants"][1])["stem"])
    assert as_json(QUESTIONS, "practice", n_variants=3)["bank"] == content["bank"]
    assert as_json(QUESTIONS[1:], "practice", n_variants=3)["bank"] != content["bank"]


def test_the_pool_and_the_cases_of_the_json() -> None:
    held_out, told = load(ROOT / "book/08-heads/questions.yml")[:2]
    object.__setattr__(held_out, "pool", "exam")
    object.__setattr__(told, "pool", "both")
    object.__setattr__(told, "case", "case-chat")
    object.__setattr__(told, "case_text", "A shop answers by night.")
    content = as_json([held_out, told], "practice")
    assert [item["id"] for item in content["items"]] == [told.id]
    assert content["cases"] == {"case-chat": "A shop answers by night."}
    assert len(as_json([held_out, told], "exam")["items"]) == 2


def test_the_json_brings_the_drawings_that_hot_spots_point_at() -> None:
    spots = [
        question
        for question in load(ROOT / "book/11-transformer/questions-exam.yml")
        if question.kind == "hotspot"
    ]
    content = as_json(spots, "exam")
    assert set(content["figures"]) == {"book/11-transformer/figures/two-stacks.svg"}
    (drawing,) = content["figures"].values()
    for item in content["items"]:
        names = [target["svg_id"] for target in item["interaction"]["targets"]]
        for name in [*names, *item["interaction"]["decoys"]]:
            assert drawing.count(f'id="{name}"') == 1
        assert grade(Question(**item), names).points == 1
        assert all(grade(Question(**item), [decoy]).points == 0 for decoy in item["interaction"]["decoys"])
    assert as_json([], "exam")["figures"] == {}
