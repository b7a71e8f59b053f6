"""The questions of lesson 06: objectives covered, and the truths that are particular to their keys."""

import re
from collections import Counter
from pathlib import Path

import pytest
import torch

from seq2gpt.alignment import additive_score
from seq2gpt.exam.bank import load

QUESTIONS = load(Path(__file__).resolve().parents[1] / "book/06-alignment/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_the_objectives_of_the_lesson_are_examined() -> None:
    items = Counter(question.id[:6] for question in QUESTIONS)
    assert set(items) == {"SEQ-07", "SEQ-08", "ATT-01", "ATT-15"}
    assert min(items.values()) >= 3
    assert len(QUESTIONS) >= 14


def test_rows_of_the_alignment_that_is_shown_sum_to_one() -> None:
    text = BY_ID["ATT-01-row-of-an-alignment"].stimulus["code"]["text"]
    rows = [[float(number) for number in re.findall(r"\d\.\d\d", line)] for line in text.splitlines()[1:]]
    assert [sum(row) for row in rows] == pytest.approx([1, 1, 1, 1])


def test_float16_ends_where_the_lesson_says_and_takes_no_larger_number() -> None:
    assert torch.finfo(torch.float16).min == -65_504
    with pytest.raises(RuntimeError, match="overflow"):
        torch.zeros(1, dtype=torch.float16).masked_fill(torch.tensor([True]), -1e9)


def test_without_tanh_every_query_ranks_the_keys_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, w_query, w_key, v = (
        torch.randn(*shape) for shape in ((5, 3), (7, 2), (3, 11), (2, 11), (11,))
    )
    weights = additive_score(query, key, w_query, w_key, v).softmax(-1)
    assert (weights - weights[0]).abs().max() > 0.01
    monkeypatch.setattr(torch, "tanh", lambda x: x)
    weights = additive_score(query, key, w_query, w_key, v).softmax(-1)
    torch.testing.assert_close(weights, weights[:1].expand_as(weights))
