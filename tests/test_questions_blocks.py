"""The questions of lesson 10: that what they state is true."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seq2gpt.blocks import TransformerBlock, dropout, layer_norm, rms_norm
from seq2gpt.exam.bank import load
from seq2gpt.exam.templates_blocks import layer_norm_with_weight, normalised_feature

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/10-blocks/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_every_objective_is_asked_about_and_every_claim_cleared_up() -> None:
    assert {q.objectives[0] for q in QUESTIONS} == {"ARC-01", "ARC-04", "ARC-05", "ARC-06", "ARC-07"}
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert {"E07", "E08", "E12", "E37"} <= corrected


def test_norms_by_hand_are_those_of_torch() -> None:
    found = layer_norm_with_weight(middle=4, s=1, gain=3, shift=2)
    x = torch.tensor([-1.0, 5.0, 5.0, 7.0], dtype=torch.float64)
    assert [found[name] for name in "abc"] == [-1, 5, 7]
    wanted = F.layer_norm(x, (4,), torch.full_like(x, 3), torch.full_like(x, 2), 0.0)[0]
    assert found["answer"] == pytest.approx(wanted.item())
    assert found["bessel"] == pytest.approx((3 * (x - 4) / x.std() + 2)[0].item())
    assert normalised_feature(middle=4, s=1)["by_root"] == -0.2


def test_the_options_of_the_copied_line_are_what_they_are_said_to_be() -> None:
    x, ones = torch.tensor([-1.0, 5.0, 5.0, 7.0]), torch.ones(4)
    for result, option in (
        (layer_norm(x, ones), "a"),
        (rms_norm(x, ones), "b"),
        ((x - x.mean()) / x.var(), "c"),
    ):
        text = BY_ID["ARC-06-the-copied-line"].interaction["options"]["abcd".index(option)]["text"]
        assert text == f"`{[round(v, 2) for v in result.tolist()]}`"


def test_the_lines_of_code_are_what_they_are_called() -> None:
    block, x = TransformerBlock(6, 2, 24), torch.randn(5, 6)
    names = {"x": x, "f": block.feed_forward, "norm": nn.LayerNorm(6)}
    pairs = BY_ID["ARC-06-which-block-is-it"].interaction["pairs"]
    results = [eval(pair["left"].removeprefix("x = "), names) for pair in pairs]
    seen = block.feed_forward(F.layer_norm(x, (6,)))
    torch.testing.assert_close(results[0], x + seen)
    torch.testing.assert_close(results[1], F.layer_norm(x + block.feed_forward(x), (6,)))
    torch.testing.assert_close(results[2], seen)


def test_only_attention_carries_a_change_to_another_word() -> None:
    block, x = TransformerBlock(6, 2, 24), torch.randn(7, 6)
    other = x.clone()
    other[3] += 1
    for part in (block.norm_1, block.feed_forward):
        assert torch.equal(part(x)[5], part(other)[5])
    assert not torch.equal(block.attention(x)[5], block.attention(other)[5])


@pytest.mark.parametrize("seed", range(5))
def test_what_dropout_keeps_is_what_the_question_says(seed: int) -> None:
    variant = BY_ID["ARC-07-what-is-kept"].variant(seed)
    p = float(variant.stem.split("p = ")[1].split(" ")[0])
    value = float(variant.stem.split("that was ")[1].split(".")[0])
    kept = dropout(torch.full((100,), value, dtype=torch.float64), p, training=True)
    assert kept.max().item() == pytest.approx(variant.key)
