"""The reader of question banks: what it refuses and how it says so, and how it draws variants."""

import copy
import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from seq2gpt.attention import scaled_dot_product_attention
from seq2gpt.errors import UserError
from seq2gpt.exam import templates
from seq2gpt.exam.bank import Question, load
from seq2gpt.exam.variants import errors_show

Item = dict[str, Any]

SINGLE: Item = {
    "id": "ATT-05-first",
    "version": 1,
    "objectives": ["ATT-05"],
    "bloom": "apply",
    "difficulty": 0.5,
    "pool": "both",
    "stem": "By what are scores divided before softmax?",
    "interaction": {
        "kind": "single",
        "options": [
            {"id": "a", "text": "√d_k", "correct": True, "rationale": "That brings the variance to 1."},
            {
                "id": "b",
                "text": "d_k",
                "rationale": "The root is missing here.",
                "misconception": "M-divide-by-d-k",
            },
            {
                "id": "c",
                "text": "nothing",
                "rationale": "Then softmax saturates.",
                "misconception": "M-no-scale",
            },
        ],
    },
    "explanation": "The variance of a dot product of width d_k is d_k.",
    "sources": [{"ref": "known2017", "loc": "§1"}, {"corrects": "E01"}],
    "chapter": "book/07-attention/lesson.md#why-scale",
}
NUMERIC: Item = SINGLE | {
    "id": "ATT-07-second",
    "stem": "A causal mask of {n} rows, {n_past} stored keys: how many True?",
    "template": {
        "params": {"n": {"range": [2, 9]}, "n_past": {"choice": [3, 4, 5, 6]}},
        "compute": "seq2gpt.exam.templates:visible_pairs",
    },
    "interaction": {
        "kind": "numeric",
        "answer": "{answer}",
        "tolerance": {"abs": 0},
        "common_errors": [
            {
                "value": "{past_forgotten}",
                "feedback": "It forgets {n_past} keys.",
                "misconception": "M-past-forgotten",
            },
        ],
    },
    "explanation": "{n} rows of {m} columns, without the future: {answer}.",
}


@pytest.fixture
def bank(tmp_path: Path) -> Callable[..., Path]:
    """Writes items as a bank below a folder with references.yml."""
    (tmp_path / "references.yml").write_text("known2017: {title: Known}\n", encoding="utf-8")
    (tmp_path / "07").mkdir()

    def write(*items: Item) -> Path:
        path = tmp_path / "07" / "questions.yml"
        path.write_text(yaml.safe_dump(list(items), allow_unicode=True, sort_keys=False), encoding="utf-8")
        return path

    return write


def changed(item: Item, **fields: Any) -> Item:
    return copy.deepcopy(item) | fields


def with_interaction(item: Item, **fields: Any) -> Item:
    return changed(item, interaction=copy.deepcopy(item["interaction"]) | fields)


def with_template(item: Item, **fields: Any) -> Item:
    return changed(item, template=copy.deepcopy(item["template"]) | fields)


def with_option(place: int, **fields: Any) -> Item:
    item = copy.deepcopy(SINGLE)
    item["interaction"]["options"][place] |= fields
    return item


def without(item: Item, name: str) -> Item:
    return {key: value for key, value in item.items() if key != name}


def test_a_bank_is_read_in_order_with_every_field(bank: Callable[..., Path]) -> None:
    first, second = load(bank(SINGLE, NUMERIC))
    assert (first.id, second.id) == ("ATT-05-first", "ATT-07-second")
    for question, item in ((first, SINGLE), (second, NUMERIC)):
        for name, value in item.items():
            assert getattr(question, name) == value
    assert (first.kind, first.key) == ("single", ["√d_k"])
    assert (first.hint, first.stimulus, first.status) == ("", {}, "draft")


def test_a_date_is_text(bank: Callable[..., Path]) -> None:
    path = bank(SINGLE)
    path.write_text(path.read_text(encoding="utf-8") + "  verify_by: 2027-01-31\n", encoding="utf-8")
    assert load(path)[0].verify_by == "2027-01-31"


BAD_ITEMS = {
    "field_missing": (without(SINGLE, "stem"), "item: 'stem' is a required property"),
    "field_unknown": (
        changed(SINGLE, steem="?"),
        "item: Additional properties are not allowed ('steem' was unexpected)",
    ),
    "wrong_type": (changed(SINGLE, difficulty="hard"), "difficulty: 'hard' is not of type 'number'"),
    "wrong_word": (
        changed(SINGLE, bloom="know"),
        "bloom: 'know' is not one of ['remember', 'understand', 'apply', 'analyze', 'evaluate']",
    ),
    "kind_missing": (
        changed(SINGLE, interaction=without(SINGLE["interaction"], "kind")),
        "interaction: 'kind' is a required property",
    ),
    "kind_unknown": (
        with_interaction(SINGLE, kind="essay"),
        "interaction.kind: 'essay' is not one of ['single', 'multiple', 'ordering', 'matching', 'numeric', "
        "'shape', 'hotspot', 'short']",
    ),
    "no_rationale": (
        with_interaction(SINGLE, options=[*SINGLE["interaction"]["options"], {"id": "d", "text": "n"}]),
        "interaction.options.3: 'rationale' is a required property",
    ),
    "number_without_answer": (
        changed(NUMERIC, interaction=without(NUMERIC["interaction"], "answer")),
        "interaction: 'answer' is a required property",
    ),
    "runs_without_output": (
        changed(SINGLE, stimulus={"code": {"lang": "python", "text": "print(1)", "run": True}}),
        "stimulus.code: 'expect' is a dependency of 'run'",
    ),
    "two_keys": (
        with_option(1, correct=True),
        "interaction.options: 2 are marked correct; single choice needs 1 here",
    ),
    "no_key": (
        with_option(0, correct=False),
        "interaction.options: 0 are marked correct; single choice needs 1 here",
    ),
    "wrong_number_of_keys": (
        with_interaction(
            SINGLE,
            kind="multiple",
            select=2,
            options=[SINGLE["interaction"]["options"][0] | {"id": i, "correct": i in "abc"} for i in "abcde"],
        ),
        "interaction.options: 3 are marked correct; multiple choice needs 2 here",
    ),
    "letter_twice": (
        with_option(1, id="a"),
        "interaction.options: the ids are a, a, c; give each option its own letter",
    ),
    "objective_unknown": (
        changed(SINGLE, objectives=["ATT-99"]),
        "objectives: there is no objective 'ATT-99'; use one that is listed, or add it to the list",
    ),
    "misconception_unknown": (
        with_option(2, misconception="M-made-up"),
        "interaction.options.2.misconception: there is no misconception 'M-made-up'; "
        "use one that is listed, or add it to the list",
    ),
    "reference_unknown": (
        changed(SINGLE, sources=[{"ref": "nobody1999"}]),
        "sources: there is no reference 'nobody1999'; use one that is listed, or add it to the list",
    ),
    "placeholder_unknown": (
        changed(NUMERIC, explanation="The answer is {answr}, as everyone can see."),
        "explanation: nothing computes the placeholder {answr}; use answer, m, n, n_past, n_plus_1, new_pairs, "
        "not_itself, nothing_hidden, past_forgotten, past_pairs",
    ),
    "placeholder_unknown_deep": (
        with_interaction(
            NUMERIC, common_errors=[NUMERIC["interaction"]["common_errors"][0] | {"value": "{wrong}"}]
        ),
        "interaction.common_errors.0.value: nothing computes the placeholder {wrong}; use answer, m, n, n_past, "
        "n_plus_1, new_pairs, not_itself, nothing_hidden, past_forgotten, past_pairs",
    ),
    "function_unknown": (
        with_template(NUMERIC, compute="seq2gpt.exam.templates:no_such"),
        "template.compute: there is no function 'no_such' in seq2gpt.exam.templates",
    ),
    "module_unknown": (
        with_template(NUMERIC, compute="seq2gpt.no_such:visible_pairs"),
        "template.compute: there is no function 'visible_pairs' in seq2gpt.no_such",
    ),
    "parameter_missing": (
        with_template(NUMERIC, params={"n": {"range": [2, 9]}}),
        "template.params: visible_pairs takes n, n_past; the item gives n",
    ),
    "condition_calls": (
        with_template(NUMERIC, where=["print(n) is None"]),
        "template.where: 'print(n) is None' may only calculate with and compare n, n_past",
    ),
    "condition_of_others": (
        with_template(NUMERIC, where=["d_model > 3"]),
        "template.where: 'd_model > 3' may only calculate with and compare n, n_past",
    ),
    "condition_broken": (
        with_template(NUMERIC, where=["n >"]),
        "template.where: 'n >' is no expression; write one such as `d_model % 64 == 0`",
    ),
    "too_narrow": (
        with_template(NUMERIC, params={"n": {"choice": [2, 3]}, "n_past": {"choice": [3, 4]}}),
        "template: 4 good variants found of variants=20; widen `params` or lower `variants`",
    ),
}


@pytest.mark.parametrize("fault", BAD_ITEMS)
def test_a_fault_is_told_with_file_line_item_and_field(bank: Callable[..., Path], fault: str) -> None:
    item, complaint = BAD_ITEMS[fault]
    path = bank(changed(SINGLE, id="ATT-01-before"), item)
    line = path.read_text(encoding="utf-8").splitlines().index(f"- id: {item['id']}") + 1
    assert line > 1
    with pytest.raises(UserError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:{line}: {item['id']}: {complaint}"


def test_an_id_may_stand_once(bank: Callable[..., Path]) -> None:
    path = bank(SINGLE, NUMERIC, SINGLE)
    with pytest.raises(
        UserError, match=r":\d+: ATT-05-first: id: another item above has this id; give each its own$"
    ):
        load(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "- id: a\n  stem: [x\n",
            r"questions.yml:3: this is not YAML: expected ',' or '\]', but got '<stream end>'",
        ),
        (
            "- id: a\n\tstem: x\n",
            r"questions.yml:2: this is not YAML: found character '\\t' that cannot start any token",
        ),
        (
            "- id: a\n  stem: x\n  stem: y\n",
            r"questions.yml:3: this is not YAML: the field 'stem' is given twice",
        ),
        ("", "questions.yml: a bank is a list of questions; start each with `- id: ...`"),
        ("id: a\n", "questions.yml: a bank is a list of questions; start each with `- id: ...`"),
        ("- just words\n", "questions.yml:1: an item: item: 'just words' is not of type 'object'"),
        ("- stem: x\n", "questions.yml:1: an item without id: item: 'id' is a required property"),
    ],
)
def test_a_file_that_is_no_bank_is_refused(bank: Callable[..., Path], text: str, complaint: str) -> None:
    path = bank()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=f"{complaint}$"):
        load(path)


def test_missing_and_undecodable_files_are_named(bank: Callable[..., Path]) -> None:
    path = bank(SINGLE)
    with pytest.raises(
        UserError, match=r"none\.yml: there is no such file; name a bank such as book/07-attention/"
    ):
        load(path.with_name("none.yml"))
    path.write_bytes(b"- id: caf\xe9\n")
    with pytest.raises(UserError, match=r"questions\.yml: byte 9 is not UTF-8; save the file as UTF-8$"):
        load(path)


def test_a_bank_needs_references_above_it(bank: Callable[..., Path]) -> None:
    path = bank(SINGLE)
    path.parent.parent.joinpath("references.yml").unlink()
    with pytest.raises(
        UserError, match="found no references.yml here or above; `sources` look their `ref` up there$"
    ):
        load(path)


def test_a_variant_has_its_placeholders_filled_and_keeps_the_rest(bank: Callable[..., Path]) -> None:
    (question,) = load(bank(NUMERIC))
    variant = question.variant(4)
    n, n_past = map(int, re.findall(r"\d+", variant.stem))
    assert variant.stem == f"A causal mask of {n} rows, {n_past} stored keys: how many True?"
    key = sum(n_past + row for row in range(1, n + 1))
    assert variant.interaction == {
        "kind": "numeric",
        "answer": key,
        "tolerance": {"abs": 0},
        "common_errors": [
            {
                "value": n * (n + 1) // 2,
                "feedback": f"It forgets {n_past} keys.",
                "misconception": "M-past-forgotten",
            }
        ],
    }
    assert variant.explanation == f"{n} rows of {n_past + n} columns, without the future: {key}."
    assert (variant.id, variant.sources, variant.chapter) == (question.id, question.sources, question.chapter)
    assert question.stem == NUMERIC["stem"]
    assert variant.variant(9) == variant


def test_variants_are_repeatable_distinct_and_go_round(bank: Callable[..., Path]) -> None:
    (question,) = load(bank(with_template(NUMERIC, variants=7)))
    keys = [question.variant(seed).key for seed in range(7)]
    assert len(set(keys)) == 7
    random.seed(1)
    assert [question.variant(seed).key for seed in (7, 13, -1)] == [keys[0], keys[6], keys[6]]
    renumbered = load(bank(with_template(changed(NUMERIC, version=2), variants=7)))[0]
    assert [renumbered.variant(seed).key for seed in range(7)] != keys


def test_conditions_hold_in_every_variant(bank: Callable[..., Path]) -> None:
    (question,) = load(bank(with_template(NUMERIC, where=["n % 2 == 0", "n_past > 3 or n == 8"], variants=8)))
    for seed in range(8):
        n, n_past = map(int, re.findall(r"\d+", question.variant(seed).stem))
        assert n % 2 == 0
        assert n_past > 3 or n == 8


def test_both_ends_of_a_range_and_its_step_are_drawn(bank: Callable[..., Path]) -> None:
    params = {"n": {"range": [2, 18, 4]}, "n_past": {"choice": [0, 40]}}
    (question,) = load(bank(with_template(NUMERIC, params=params, variants=5, where=["n_past == 40"])))
    drawn = {int(re.findall(r"\d+", question.variant(seed).stem)[0]) for seed in range(5)}
    assert drawn == {2, 6, 10, 14, 18}


def matrix_sum(rows: list[list[int]]) -> dict[str, Any]:
    return {"answer": sum(map(sum, rows)), "shape": [len(rows), len(rows[0])], "long": 12345, "half": -0.5}


def test_matrices_are_drawn_and_written_out(
    bank: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "matrix_sum", matrix_sum, raising=False)
    template = {
        "params": {"rows": {"matrix": {"rows": 2, "columns": 3, "values": [1, 10, 100]}}},
        "compute": "seq2gpt.exam.templates:matrix_sum",
        "variants": 5,
    }
    stem = "The sum of {rows}, of shape {shape}, is not {long} nor {half}."
    (question,) = load(bank(changed(NUMERIC, stem=stem, template=template, explanation="{answer} is the sum of all of them.")
                            | {"interaction": without(NUMERIC["interaction"], "common_errors")}))  # fmt: skip
    variant = question.variant(0)
    entries = [int(entry) for entry in re.findall(r"\b(?:100|10|1)\b", variant.stem)]
    assert len(entries) == 6
    assert variant.key == sum(entries)
    a, b, c, d, e, f = entries
    rows = f"(({a}, {b}, {c}), ({d}, {e}, {f}))"
    assert variant.stem == f"The sum of {rows}, of shape (2, 3), is not 12,345 nor −0.5."


def test_a_text_without_template_keeps_its_braces(bank: Callable[..., Path]) -> None:
    (question,) = load(bank(changed(SINGLE, stem="What does the set {answer} hold in Python?")))
    assert question.variant(3) is question
    assert question.stem == "What does the set {answer} hold in Python?"


@pytest.mark.parametrize(
    ("answer", "tolerance", "wrong", "shows"),
    [
        (10.0, {"abs": 0.5}, 11.01, True),
        (10.0, {"abs": 0.5}, 10.9, False),
        (10.0, {"rel": 0.05}, 11.01, True),
        (-10.0, {"rel": 0.05}, -10.9, False),
        (10, {"abs": 0}, 10, False),
        (10, {"abs": 0}, 11, True),
    ],
)
def test_a_mistake_shows_beyond_twice_the_tolerance(
    answer: float, tolerance: Item, wrong: float, shows: bool
) -> None:
    interaction = {
        "kind": "numeric",
        "answer": answer,
        "tolerance": tolerance,
        "common_errors": [{"value": wrong}],
    }
    assert errors_show(interaction) is shows


@pytest.mark.parametrize(("wrong", "shows"), [([2, 3], False), ([3, 2], True)])
def test_a_wrong_shape_shows(wrong: list[int], shows: bool) -> None:
    assert errors_show({"kind": "shape", "answer": [2, 3], "common_errors": [{"value": wrong}]}) is shows


def test_draws_in_which_a_mistake_gives_the_key_are_left_out(bank: Callable[..., Path]) -> None:
    errors = [{"value": 11, "feedback": "Eleven is the mistake here.", "misconception": "M-not-itself"}]
    narrow = {"params": {"n": {"choice": [2, 3]}, "n_past": {"choice": [4, 5]}}, "variants": 5}
    with pytest.raises(
        UserError, match="template: 3 good variants found of variants=5"
    ):  # 2·4 + 3 = 11 is not one
        load(bank(with_template(with_interaction(NUMERIC, common_errors=errors), **narrow)))


def test_kinds_without_options_have_keys_too(bank: Callable[..., Path]) -> None:
    def key(**interaction: Any) -> Any:
        return load(bank(changed(SINGLE, interaction=interaction)))[0].key

    pairs = [{"left": x, "right": x.upper(), "rationale": "It is the capital."} for x in "abc"]
    rubric = [{"points": 1, "criterion": "one"}, {"points": 1, "criterion": "two"}]
    assert key(kind="ordering", steps=["x", "y", "z"]) == ["x", "y", "z"]
    assert key(kind="matching", pairs=pairs) == ["A", "B", "C"]
    assert key(kind="short", model_answer="so", rubric=rubric) == "so"
    assert key(kind="shape", answer=[2, 3]) == [2, 3]
    targets = [{"label": "x", "svg_id": "here", "rationale": "It is there."}]
    alternative = copy.deepcopy(SINGLE["interaction"])
    assert key(kind="hotspot", targets=targets, text_alternative=alternative) == ["here"]
    alternative["options"][1]["correct"] = True
    with pytest.raises(UserError, match=r"interaction\.text_alternative\.options: 2 are marked correct"):
        key(kind="hotspot", targets=targets, text_alternative=alternative)


# --- what the templates compute, against plain arithmetic ---------------------------------------------


def test_softmax_of_three() -> None:
    got = templates.softmax_of_three(peak=900, first_gap=1.5, third_gap=4)
    exponentials = [math.exp(-1.5), 1.0, math.exp(-4)]
    assert (got["first"], got["second"], got["third"]) == (898.5, 900, 896)
    assert got["answer"] == pytest.approx(exponentials[0] / sum(exponentials), rel=1e-12)
    assert got["share_of_scores"] == pytest.approx(898.5 / 2694.5)
    assert got["not_normalised"] == exponentials[0]


def test_score_spread_is_what_random_vectors_show() -> None:
    generator = torch.Generator().manual_seed(5)
    q = 3 * torch.randn(40_000, 36, generator=generator)
    k = 0.5 * torch.randn(40_000, 36, generator=generator)
    scores = (q * k).sum(-1)
    got = templates.score_spread(q_std=3, k_std=0.5, d_k=36)
    assert got["answer"] == pytest.approx(scores.std().item(), rel=0.02)
    assert got["variance"] == pytest.approx(scores.var().item(), rel=0.04)
    assert got["already_scaled"] == pytest.approx((scores / 6).std().item(), rel=0.02)
    assert (got["root_forgotten"], got["unit_components"]) == (54, 6)


def test_weight_ratio() -> None:
    got = templates.weight_ratio(d_k=16, n_heads=9, gap=6)
    assert (got["d_model"], got["scaled"]) == (144, 1.5)
    assert got["answer"] == pytest.approx(math.exp(6 / 4), rel=1e-12)
    wrong = [got[name] for name in ("unscaled", "root_of_model_width", "divided_by_width", "no_exponential")]
    assert wrong == pytest.approx([math.exp(6), math.exp(6 / 12), math.exp(6 / 16), 1.5])


def test_attention_by_hand() -> None:
    got = templates.attention_by_hand(a=2, b=1, v_1=4, v_2=9, v_3=5)
    exponentials = [math.exp(dot / math.sqrt(2)) for dot in (2, 1, 3)]
    weights = [e / sum(exponentials) for e in exponentials]
    assert [got["w_1"], got["w_2"], got["w_3"]] == [round(w, 3) for w in weights]
    assert got["answer"] == pytest.approx(4 * weights[0] + 9 * weights[1] + 5 * weights[2], rel=1e-12)
    assert got["keys_mixed"] == pytest.approx(weights[0] + weights[2])
    plain = [math.exp(dot) for dot in (2, 1, 3)]
    assert got["unscaled"] == pytest.approx((4 * plain[0] + 9 * plain[1] + 5 * plain[2]) / sum(plain))
    assert (got["mean"], got["best_only"], got["dot_3"]) == (6, 5, 3)


def test_masked_row() -> None:
    got = templates.masked_row(e_1=2, e_2=7, e_3=3, e_4=5, e_5=9)
    assert got["answer"] == pytest.approx(3 / 5)
    wrong = [got[name] for name in ("no_mask", "causal_only", "padding_only", "zeros_instead")]
    assert wrong == pytest.approx([3 / 26, 3 / 12, 3 / 19, 3 / 8])
    assert (got["denominator"], got["total"]) == (5, 26)


def test_visible_pairs() -> None:
    got = templates.visible_pairs(n=3, n_past=5)
    assert got["answer"] == 6 + 7 + 8
    assert (got["past_forgotten"], got["nothing_hidden"], got["not_itself"], got["m"]) == (6, 24, 18, 8)
    assert got["past_pairs"] + got["new_pairs"] == got["answer"]
    assert got["n_plus_1"] == 4


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_score_bytes_are_those_of_a_real_tensor(dtype: str) -> None:
    heads = torch.zeros(2, 3, 128, 5, dtype=getattr(torch, dtype))
    _, weights = scaled_dot_product_attention(heads, heads, heads)
    got = templates.score_bytes(batch=2, n_heads=3, n=128, dtype=dtype)
    mebibytes = weights.untyped_storage().nbytes() / 1024 / 1024
    assert got["answer"] == mebibytes
    assert got["n_bytes"] == weights.element_size()
    assert (got["one_head"], got["one_row"], got["in_bits"]) == (
        mebibytes / 3,
        mebibytes / 128,
        8 * mebibytes,
    )
    assert got["one_byte_each"] == weights.numel() / 1024 / 1024


def test_pairs_to_projections() -> None:
    got = templates.pairs_to_projections(n=30, d_model=12)
    projections = 4 * 2 * 30 * 12 * 12
    scores = mixing = 2 * 30 * 30 * 12
    assert got["answer"] == pytest.approx((scores + mixing) / projections)
    assert got["answer"] == pytest.approx(30 / got["twice_d_model"])
    assert got["scores_only"] == pytest.approx(scores / projections)
    assert got["three_projections"] == pytest.approx((scores + mixing) / (projections / 4 * 3))
    assert got["upside_down"] == pytest.approx(projections / (scores + mixing))
    assert got["linear_in_length"] == pytest.approx((scores + mixing) / 30 / projections)


def test_output_shape() -> None:
    got = templates.output_shape(batch=2, n=3, m=5, d_k=7, d_v=11)
    assert got == {
        "answer": [2, 3, 11],
        "weights": [2, 3, 5],
        "like_values": [2, 5, 11],
        "like_queries": [2, 3, 7],
    }


def test_every_question_is_frozen(bank: Callable[..., Path]) -> None:
    (question,) = load(bank(SINGLE))
    assert isinstance(question, Question)
    with pytest.raises(AttributeError):
        question.stem = "another"  # type: ignore[misc]
