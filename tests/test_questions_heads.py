"""The questions of lesson 08: that what they state is true."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from seq2gpt.exam.bank import load
from seq2gpt.heads import MultiHeadAttention, count_attention_parameters, split_heads

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/08-heads/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_objectives_kinds_and_templates_are_covered() -> None:
    assert {q.objectives[0] for q in QUESTIONS} == {"ATT-08", "ATT-09", "ATT-10", "ATT-11"}
    assert {q.kind for q in QUESTIONS} == {
        "single",
        "multiple",
        "ordering",
        "matching",
        "numeric",
        "shape",
        "short",
    }
    assert sum(bool(q.template) for q in QUESTIONS) == 5
    assert sum(bool(q.stimulus.get("code", {}).get("run")) for q in QUESTIONS) == 2
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert {"E02", "E03", "E04", "E56"} <= corrected


def test_every_question_is_shown_on_a_page_unless_kept_for_exams() -> None:
    pages = "".join(
        (ROOT / "book/08-heads" / name).read_text(encoding="utf-8") for name in ("lesson.md", "more.md")
    )
    shown = re.findall(r"ATT-\d\d-[a-z0-9-]+", pages)
    assert sorted(shown) == sorted(name for name, question in BY_ID.items() if question.pool != "exam")


def test_the_small_shared_layer_does_what_is_said() -> None:
    x = torch.randn(3, 256, requires_grad=True)
    shared, right = nn.Linear(32, 32), nn.Linear(256, 256)
    (gradient,) = torch.autograd.grad(shared(split_heads(x, 8))[0].sum(), x)
    assert (gradient != 0).any(0).nonzero().flatten().tolist() == list(range(32))
    assert (shared.weight.numel(), right.weight.numel()) == (1024, 65_536)
    heads = shared(split_heads(x, 8))
    maps = torch.softmax(heads @ heads.transpose(-2, -1), -1)
    assert not torch.allclose(maps[0], maps[1])


def test_half_of_each_value() -> None:
    mixture = torch.tensor([0.5, 0.5]) @ torch.tensor([[6.0, 0], [0, 2]])
    assert BY_ID["ATT-11-two-places-half-each"].key == [f"({mixture[0]:.0f}, {mixture[1]:.0f})"]


def test_doubling_the_heads_doubles_only_the_maps() -> None:
    assert count_attention_parameters(512, 8) == count_attention_parameters(512, 16)
    x = torch.randn(5, 512)
    assert [split_heads(x, n).shape for n in (8, 16)] == [(8, 5, 64), (16, 5, 32)]


def test_the_calls_are_accepted_and_the_excluded_one_is_not() -> None:
    names = {
        "layer": MultiHeadAttention(6, 2),
        "german": torch.randn(2, 3, 6),
        "english": torch.randn(2, 5, 6),
        "real": torch.tensor([[True] * 5, [True, True, True, False, False]])[:, None, None],
    }
    for pair in BY_ID["ATT-08-name-the-call"].interaction["pairs"]:
        asks = names["english" if pair["left"].startswith("layer(english") else "german"]
        assert eval(pair["left"], names).shape == asks.shape
    with pytest.raises(ValueError, match="memory is another sequence"):
        names["layer"](names["german"], memory=names["english"], causal=True)


@pytest.mark.parametrize("seed", range(5))
def test_two_heads_by_hand_as_on_paper(seed: int) -> None:
    variant = BY_ID["ATT-11-joined-by-hand"].variant(seed)
    rows = [
        [int(n) for n in re.findall(r"\d+", line)]
        for line in variant.stimulus["code"]["text"].splitlines()[1:]
    ]
    head_0 = sum(row[1] * row[2] for row in rows) / sum(row[1] for row in rows)
    head_1 = sum(row[3] * row[4] for row in rows) / sum(row[3] for row in rows)
    w = int(re.search(r"h₀ \+ (\d) · h₁", variant.stem)[1])
    assert variant.key == pytest.approx(head_0 + w * head_1)
