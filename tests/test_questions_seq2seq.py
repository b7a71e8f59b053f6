"""What is true of lesson 05's own questions: keys that the package computes, figures that were measured."""

import json
import re
import statistics
from pathlib import Path

import pytest
import torch

from seq2gpt.exam.bank import load
from seq2gpt.run.demos import expected_figures
from seq2gpt.seq2seq import Hypothesis, bleu

ROOT = Path(__file__).resolve().parents[1]
LESSON = (ROOT / "book/05-seq2seq/lesson.md").read_text(encoding="utf-8")
BY_ID = {question.id: question for question in load(ROOT / "book/05-seq2seq/questions.yml")}


def test_the_objectives_of_the_lesson_are_covered():
    named_for = [question.objectives[0] for question in BY_ID.values()]
    assert named_for.count("SEQ-05") >= 8
    assert named_for.count("SEQ-06") >= 4
    assert set(named_for) == {"SEQ-01", "SEQ-05", "SEQ-06"}


def test_the_chart_is_the_measured_one():
    text = BY_ID["SEQ-06-reading-the-chart"].stimulus["code"]["text"]
    first = [int(number) for number in re.findall(r"translator 1 +(.*)", text)[0].split()]
    measured = json.loads((ROOT / "book/05-seq2seq/bottleneck.json").read_text(encoding="utf-8"))
    assert first == [round(mean) for mean in measured["mean"]]
    second = [int(number) for number in re.findall(r"translator 2 +(.*)", text)[0].split()]
    runs = json.loads((ROOT / "book/06-alignment/measured.json").read_text(encoding="utf-8"))["runs"]
    by_length = zip(*([group["BLEU"] for group in run["additive"]["lengths"]] for run in runs), strict=True)
    assert second == [round(statistics.mean(values)) for values in by_length]
    groups = re.findall(r"(\d+)–(\d+)", text.splitlines()[0])
    assert [[int(a), int(b)] for a, b in groups] == measured["words"]


def test_the_gap_is_the_measured_one():
    figures = expected_figures("seq2seq")
    forced, free = (figures[f"perplexity, {how}"][0] for how in ("teacher-forced", "free-running"))
    assert f"perplexity {forced:.1f} with teacher forcing and {free:.1f}" in BY_ID["SEQ-05-why-the-gap"].stem


def test_mistakes_of_the_two_steps_are_other_numbers():
    for seed in range(20):
        question = BY_ID["SEQ-05-greedy-against-beam"].variant(seed)
        greedy = question.interaction["common_errors"][0]["value"]
        assert question.key > greedy


# --- numbers worked out by hand in the chapter ------------------------------------------------------------


def test_the_loss_by_hand():
    losses = [-torch.tensor(p).log().item() for p in (0.5, 0.8, 0.9, 0.9)]
    assert [round(loss, 3) for loss in losses] == [0.693, 0.223, 0.105, 0.105]
    assert sum(losses) / 4 == pytest.approx(0.282, abs=5e-4)


def test_the_scores_by_hand():
    short, long = Hypothesis([1, 2], -1.0, 0), Hypothesis([1, 4, 4, 4, 4, 4, 2], -1.77, 0)
    assert short.score(1.0) == pytest.approx(-1)
    assert long.score(1.0) == pytest.approx(-0.965, abs=5e-4)


def test_bleu_by_hand():
    reference, written = "drei hundert vier und zwanzig tausend", "drei hundert zwei und zwanzig tausend"
    for text, word in ((reference, "vier"), (written, "zwei")):
        assert text.replace(word, f"*{word}*") in LESSON
    by_hand = 100 * (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** 0.25
    assert bleu([written], [reference]) == pytest.approx(by_hand)
    assert by_hand < 50  # "one wrong word in six costs more than half of it"
