"""The questions and figures of lesson 09: that what they state is true."""

import importlib
import json
import math
import re
import sys
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch

from seq2gpt.attention import scaled_dot_product_attention
from seq2gpt.exam.bank import load
from seq2gpt.positions import apply_rotary, frequencies, sinusoidal_encoding
from seq2gpt.run.demos import expected_figures
from seq2gpt.run.order_game import train

LESSON = Path(__file__).resolve().parents[1] / "book/09-positions"
BY_ID = {question.id: question for question in load(LESSON / "questions.yml")}


def test_objectives_and_misconceptions_of_the_lesson_are_covered() -> None:
    assert {q.objectives[0] for q in BY_ID.values()} == {"TOK-06", "TOK-07", "TOK-08", "TOK-09"}
    corrected = {source["corrects"] for q in BY_ID.values() for source in q.sources if "corrects" in source}
    assert corrected == {"E34", "E38", "E52", "E61", "E62"}


def test_reordered_states_give_the_same_vectors_in_that_order() -> None:
    x = torch.randn(3, 4).double()
    y = scaled_dot_product_attention(x, x, x)[0]
    order = [2, 0, 1]
    torch.testing.assert_close(scaled_dot_product_attention(x[order], x[order], x[order])[0], y[order])
    assert BY_ID["TOK-06-what-equivariant-means"].key == ["y₂, y₀, y₁"]


@pytest.mark.parametrize("seed", range(5))
def test_entries_and_products_as_on_paper(seed: int) -> None:
    entry = BY_ID["TOK-07-one-entry"].variant(seed)
    position, column, d_model = (
        int(re.search(pattern, entry.stem)[1])
        for pattern in (r"p = (\d+)", r"column (\d+)", r"d_model = (\d+)")
    )
    function = (math.sin, math.cos)[column % 2]
    assert entry.key == pytest.approx(function(position / 10000 ** (column // 2 * 2 / d_model)), abs=1e-5)
    product = BY_ID["TOK-08-product-of-two-codes"].variant(seed)
    p, q = map(int, re.search(r"positions (\d+) and (\d+)", product.stem).groups())
    by_hand = sum(math.sin(p * w) * math.sin(q * w) + math.cos(p * w) * math.cos(q * w) for w in (1, 0.01))
    assert product.key == pytest.approx(by_hand, abs=1e-3)


def test_the_numbers_of_the_rationales() -> None:
    assert round(44 / (2 * math.pi), 3) == 7.003
    assert round(100 / (2 * math.pi), 1) == 15.9
    assert round(2 * math.pi / frequencies(512)[-1].item()) == 60_611
    assert sinusoidal_encoding(3, 512)[2].norm().item() == pytest.approx(16, abs=1e-4)
    assert round(512**0.5, 1) == 22.6


def test_rotary_scores_by_hand_as_the_lesson_says() -> None:
    x = torch.tensor([[1.0, 0.0]])
    score = (apply_rotary(x, 3) @ apply_rotary(x, 1).T).item()
    assert (round(score, 2), round(math.cos(2), 2)) == (-0.42, -0.42)


LAB = (LESSON / "lab.md").read_text(encoding="utf-8")
MEASURED = json.loads((LESSON / "measured.json").read_text(encoding="utf-8"))


def test_the_lab_expects_what_was_measured_of_the_games() -> None:
    for scheme, found in MEASURED.items():
        row = next(line for line in LAB.splitlines() if line.startswith(f"| {scheme} | ") and "(" in line)
        columns = ("known", "beyond, 2 times", "beyond, 4 times", "beyond, 16 times", "later")
        stated = [f"{found[c][0]:.0f} ({mean(found[c]):.1f} ± {stdev(found[c]):.1f})" for c in columns]
        assert row == f"| {scheme} | {' | '.join(stated)} |"


def test_the_lab_expects_what_was_measured_of_texts() -> None:
    tables = [expected_figures("positions", data_set) for data_set in (None, "tinyshakespeare")]
    for scheme in MEASURED:
        stated = [
            "{:.2f} ± {:.2f}".format(*table[f"{scheme}, places {where}, nats"])
            for table in tables
            for where in ("known", "beyond")
        ]
        assert f"| {scheme} | {' | '.join(stated)} |" in LAB


def test_what_the_lesson_says_of_rows_longer_than_in_training() -> None:
    assert all(20 < share < 25 for share in MEASURED["none"]["known"])
    for scheme in ("sinusoidal", "learned", "rotary"):
        assert MEASURED[scheme]["known"] == [100.0] * 3
    assert all(share < 13 for share in MEASURED["learned"]["beyond, 2 times"])
    assert all(25 < share < 50 for n in (2, 4) for share in MEASURED["sinusoidal"][f"beyond, {n} times"])
    assert all(share > 94 for n in (2, 4) for share in MEASURED["rotary"][f"beyond, {n} times"])
    assert all(share < 75 for share in MEASURED["rotary"]["beyond, 16 times"])
    assert MEASURED["rotary"]["later"] == [100.0] * 3


def test_what_the_lesson_says_of_text() -> None:
    figures = {name: value for name, (value, _) in expected_figures("positions").items()}
    known, beyond = (
        {scheme: figures[f"{scheme}, places {where}, nats"] for scheme in MEASURED}
        for where in ("known", "beyond")
    )
    assert min(known, key=known.get) == "rotary"
    assert max(known, key=known.get) == min(beyond, key=beyond.get) == "none"
    assert all(beyond[scheme] > known[scheme] for scheme in MEASURED)
    assert min(MEASURED, key=lambda scheme: beyond[scheme] - known[scheme]) == "none"


def test_the_figure_of_scores_by_distance_shows_what_the_lesson_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(LESSON))
    monkeypatch.delitem(sys.modules, "figures", raising=False)
    scores = importlib.import_module("figures").scores_by_distance(train("rotary"), 128)
    monkeypatch.delitem(sys.modules, "figures")
    assert scores[:16].argmax() == 1
    assert scores[16:].argmax() + 16 == 101
    assert 50 < scores[16:64].argmax() + 16 < 64
