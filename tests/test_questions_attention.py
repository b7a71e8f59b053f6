"""The questions of lesson 07: every objective is examined, and the keys are true."""

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from seq2gpt import attention
from seq2gpt.exam.bank import load

ROOT = Path(__file__).resolve().parents[1]
BANK = ROOT / "book/07-attention/questions.yml"
EXAM = ROOT / "src/seq2gpt/exam"
QUESTIONS = load(BANK)
BY_ID = {question.id: question for question in QUESTIONS}

OBJECTIVES = [f"ATT-{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14)]
MORE_THAN_ONE = [f"ATT-{number:02}" for number in (3, 4, 5, 6, 7, 13)]
KINDS = {"single", "multiple", "ordering", "matching", "numeric", "shape", "short"}


def test_objectives_kinds_and_templates_are_covered() -> None:
    items = Counter(objective for question in QUESTIONS for objective in question.objectives)
    assert set(items) == set(OBJECTIVES)
    assert all(items[objective] >= 2 for objective in MORE_THAN_ONE)
    named_for = Counter(question.id[:6] for question in QUESTIONS)
    assert set(named_for) == set(OBJECTIVES)
    assert all(question.id[:6] == question.objectives[0] for question in QUESTIONS)
    assert {question.kind for question in QUESTIONS} == KINDS
    assert len(QUESTIONS) >= 20
    assert sum(bool(question.template) for question in QUESTIONS) >= 5


def test_fixed_numbers_come_out_of_the_package() -> None:
    values = torch.tensor([[3.0], [6.0], [9.0], [30.0]])
    output, _ = attention.scaled_dot_product_attention(
        torch.ones(4, 2), torch.ones(4, 2), values, attention.causal_mask(4)
    )
    assert output[2].item() == pytest.approx(BY_ID["ATT-04-equal-scores"].key)


def test_rows_of_the_map_sum_to_one() -> None:
    text = BY_ID["ATT-01-last-row-of-the-map"].stimulus["code"]["text"]
    rows = [[float(number) for number in re.findall(r"\d\.\d\d", line)] for line in text.splitlines()[1:]]
    assert [len(row) for row in rows] == [4, 4, 4, 4]
    assert [sum(row) for row in rows] == pytest.approx([1, 1, 1, 1])
    assert all(rows[i][j] == 0 for i in range(4) for j in range(i + 1, 4))
    header = text.splitlines()[0].split("  ")
    assert [name.strip() for name in header if name.strip()] == ["Ana tea", "Ben milk", "Cleo rice", "Ben ?"]


def test_what_an_empty_row_becomes() -> None:
    hidden = torch.ones(4, dtype=torch.bool)
    filled = torch.zeros(4).masked_fill(hidden, -torch.inf)
    assert torch.softmax(filled, -1).isnan().all()
    assert torch.softmax(torch.zeros(4).masked_fill(hidden, -1e20), -1).tolist() == [0.25] * 4
    assert attention.softmax(filled).tolist() == [0.0] * 4
    with pytest.raises(RuntimeError):
        torch.zeros(4, dtype=torch.float16).masked_fill(hidden, -1e20)
    assert torch.finfo(torch.float16).max == 65504
    assert BY_ID["ATT-07-nothing-to-see"].key == [
        "nan four times",
        "0.25 four times",
        "A RuntimeError",
        "0 four times",
    ]


def test_only_the_key_of_the_padding_mask_broadcasts_as_asked() -> None:
    question = BY_ID["ATT-07-shape-of-a-padding-mask"]
    real = torch.arange(6) < torch.tensor([[6], [2], [4]])
    allowed = real.view(question.key).expand(3, 8, 6, 6)
    assert all(allowed[b, h, q].equal(real[b]) for b in range(3) for h in range(8) for q in range(6))
    rows_hidden, *errors, too_large = [error["value"] for error in question.interaction["common_errors"]]
    assert not real.view(rows_hidden).expand(3, 8, 6, 6).equal(allowed)
    for shape in errors:
        with pytest.raises(RuntimeError):
            real.view(shape).expand(3, 8, 6, 6)
    with pytest.raises(RuntimeError):
        real.view(too_large)


def test_the_longer_vector_wins() -> None:
    question = BY_ID["ATT-12-not-always-itself"]
    pairs = re.findall(r"\((−?\d), (−?\d)\)", question.stem)
    x = torch.tensor([[int(entry.replace("−", "-")) for entry in pair] for pair in pairs])
    itself, longer, other = (x @ x[0]).tolist()
    assert longer > max(itself, other)
    assert question.key == [f"To 2, as x₁ · x₂ = {longer} exceeds x₁ · x₁ = {itself} and x₁ · x₃ = {other}"]


def test_the_spreads_that_options_name() -> None:
    generator = torch.Generator().manual_seed(3)
    q, k = torch.randn(2, 20_000, 512, generator=generator)
    assert (q * k).sum(-1).std().item() == pytest.approx(23, abs=0.5)
    assert ((q * k)[:, :32].sum(-1) / 256**0.5).std().item() == pytest.approx(0.35, abs=0.01)
    assert "spread by about 23" in BY_ID["ATT-05-without-the-divisor"].key[0]
    assert "0.35 instead of 1" in BY_ID["ATT-05-root-of-the-model-width"].key[0]


def test_defects_show_the_symptoms_that_are_named() -> None:
    generator = torch.Generator().manual_seed(11)
    q, k = torch.randn(2, 40, 512, generator=generator)
    mask = attention.causal_mask(40)
    scores = (q @ k.T).masked_fill(~mask, -torch.inf)
    scaled = torch.softmax(scores / 512**0.5, -1)
    over_queries = torch.softmax(scores / 512**0.5, -2)
    assert over_queries.sum(0) == pytest.approx(torch.ones(40))
    assert (over_queries.sum(1) - 1).abs().max() > 0.5
    late = torch.softmax(q @ k.T / 512**0.5, -1) * mask
    assert late.sum(1)[:5].max() < 0.5
    assert torch.softmax(scores, -1).amax(1).median() > 0.98
    assert scaled.amax(1)[20:].median() < 0.5
    flat = torch.softmax(scores / 512, -1)
    assert (flat.amax(1) * torch.arange(1, 41)).max() < 1.2
    assert (scaled.amax(1) * torch.arange(1, 41)).median() > 2


class Defective(torch.nn.Module):
    """The layer of ATT-14-three-defects; a repair replaces parts of its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        right = attention.SelfAttention(12, 3)
        self.w_q, self.w_k, self.w_v, self.w_o = right.w_q, right.w_k, right.w_v, right.w_o
        self.right = right
        scope: dict[str, Any] = {}
        exec(text, {"math": math, "torch": torch}, scope)
        self.forward = scope["forward"].__get__(self)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (3, -1)).transpose(1, 2)

    def join(self, heads: torch.Tensor) -> torch.Tensor:
        return heads.transpose(1, 2).flatten(-2)


REPAIRS = [
    ("x.shape[-1]", "q.shape[-1]"),
    ("dim=-2", "dim=-1"),
    ("return self.join(weights @ v)", "return self.w_o(self.join(weights @ v))"),
]


@pytest.mark.parametrize("left_out", [None, 0, 1, 2])
def test_the_three_defects_are_the_defects(left_out: int | None) -> None:
    """With all three mended the layer agrees with the package; with one left, it does not."""
    text = BY_ID["ATT-14-three-defects"].stimulus["code"]["text"]
    for i, (wrong, right) in enumerate(REPAIRS):
        assert text.count(wrong) == 1
        text = text if i == left_out else text.replace(wrong, right)
    layer, x, mask = Defective(text), torch.randn(2, 5, 12), attention.causal_mask(5)
    agrees = torch.allclose(layer(x, mask), layer.right(x, mask), atol=1e-5)
    assert agrees is (left_out is None)
