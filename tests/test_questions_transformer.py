"""The questions of lesson 11: that what they state is true."""

import re
from pathlib import Path

import pytest

from seq2gpt.exam.bank import load

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = load(ROOT / "book/11-transformer/questions.yml")
BY_ID = {question.id: question for question in QUESTIONS}


def test_objectives_kinds_and_templates_are_covered() -> None:
    wanted = {"ARC-02", "ARC-03", "ARC-08", "ARC-09", "ARC-10", "ARC-11", "SEQ-09"}
    assert {q.objectives[0] for q in QUESTIONS} == wanted
    assert {q.kind for q in QUESTIONS} == {"single", "multiple", "ordering", "matching", "numeric", "short"}
    assert len(QUESTIONS) >= 18
    corrected = {source["corrects"] for q in QUESTIONS for source in q.sources if "corrects" in source}
    assert corrected == {"E06", "E09", "E10", "E11", "E22", "E23", "E51", "E79"}


def numbers(text: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", text)]


@pytest.mark.parametrize("seed", range(5))
def test_a_decoder_layer_counted_on_paper(seed: int) -> None:
    variant = BY_ID["ARC-02-parameters-of-a-layer"].variant(seed)
    d, d_ff = (int(n) for n in re.search(r"d_model = (\d+), .* inner width (\d+)", variant.stem).groups())
    assert variant.key == 2 * (4 * d * d + 4 * d) + 2 * d * d_ff + d_ff + d + 3 * 2 * d


@pytest.mark.parametrize("seed", range(5))
def test_patches_passes_and_ratios_on_paper(seed: int) -> None:
    patches = BY_ID["ARC-11-number-of-patches"].variant(seed)
    height, width, size, _ = numbers(patches.stem)
    assert patches.key == height // size * (width // size)
    passes = BY_ID["ARC-09-passes"].variant(seed)
    assert passes.key == numbers(passes.stem)[1] + 1
    ratio = BY_ID["SEQ-09-ratio-of-work"].variant(seed)
    n, d = numbers(ratio.stem)
    assert ratio.key == pytest.approx(n / d)
