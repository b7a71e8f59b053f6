"""The questions ahead of lessons 16 to 23: keys and typical wrong values against plain arithmetic."""

import math
from fractions import Fraction

import pytest

from seq2gpt.exam import templates_adaptation as adaptation
from seq2gpt.exam import templates_use as use


def test_lora_of_a_matrix_is_two_thin_ones() -> None:
    got = adaptation.lora_of_a_matrix(out_features=7, in_features=5, rank=3)
    assert got["answer"] == 3 * 5 + 7 * 3 == 36
    assert (got["whole"], got["one_factor"], got["square"], got["sides"]) == (35, 15, 9, 12)


def test_lora_of_a_model() -> None:
    """GPT-3 with rank 4 on two matrices of each layer."""
    got = adaptation.lora_of_a_model(d_model=12288, n_layers=96, rank=4, n_matrices=2)
    assert got["answer"] == 96 * 2 * (4 * 12288 + 12288 * 4) == 18_874_368
    assert got["per_matrix"] * got["adapted"] == got["answer"]
    assert got["one_layer"] * 96 == got["one_factor"] * 2 == got["answer"]
    assert got["whole"] == 96 * 2 * 12288 * 12288


def test_answers_are_learned_with_their_ends() -> None:
    got = adaptation.learned_tokens(asked_1=5, answered_1=7, asked_2=11, answered_2=13)
    assert got["answer"] == (7 + 1) + (13 + 1) == 22
    assert got["first"] + got["second"] == 22
    wrong = [got[name] for name in ("ends_left_out", "markers_too", "last_turn", "everything")]
    assert wrong == [7 + 13, 24, 14, 4 * 2 + 5 + 7 + 11 + 13]


def test_a_loss_is_the_mean_over_tokens() -> None:
    got = adaptation.loss_of_two_answers(n_1=3, n_2=7, loss_1=0.5, loss_2=1.7)
    assert got["answer"] == pytest.approx((3 * 0.5 + 7 * 1.7) / 10)
    assert got["per_conversation"] == pytest.approx(1.1)
    assert got["sum"] == pytest.approx(13.4) == pytest.approx(got["total"])
    assert got["exchanged"] == pytest.approx((7 * 0.5 + 3 * 1.7) / 10)


def test_a_new_token_is_one_row() -> None:
    got = adaptation.new_rows(vocab_size=11, d_model=5, n_new=3)
    assert (got["answer"], got["head_again"], got["rows_alone"], got["whole_table"]) == (15, 30, 3, 70)


def test_the_cost_of_requests() -> None:
    got = use.cost_of_requests(700, 300, price_prompt=2, price_completion=11, n_thousand=5)
    assert got["answer"] == pytest.approx(5000 * (700 * 2 + 300 * 11) / 1_000_000) == pytest.approx(23.5)
    assert (got["million_prompt"], got["million_completion"]) == (3.5, 1.5)
    assert (got["prompt_alone"], got["one_price"]) == (7, 10)
    assert got["exchanged"] == pytest.approx(1.5 * 2 + 3.5 * 11)


def test_a_conversation_is_sent_again_each_time() -> None:
    history, sent = 0, []
    for _ in range(5):
        sent.append(history + 7)
        history = sent[-1] + 11
    got = use.tokens_of_a_conversation(n_turns=5, asked=7, answered=11)
    assert got["answer"] == sum(sent) == 215
    assert [got["first"], got["second"], got["last"]] == [sent[0], sent[1], sent[-1]]
    assert (got["new_alone"], got["last_alone"]) == (35, sent[-1])
    assert got["answers_sent_at_once"] == sum(tokens + 11 for tokens in sent)


def test_the_energy_of_a_training() -> None:
    """3.6e18 operations at 5e13 a second are 20 hours; 500 watts for 20 hours are 10 kWh, and the building adds a half."""
    got = use.energy_of_training(
        n_million=300, n_billion_tokens=2, teraflops=100, percent=50, watts=500, overhead=1.5
    )
    assert (got["exaflops"], got["hours"], got["answer"]) == (3.6, 20, 15)
    assert [got["at_peak"], got["forward_only"], got["machine_alone"]] == pytest.approx([7.5, 5, 10])


def test_the_calibration_of_two_confidences() -> None:
    """Too sure by 9/10 − 13/20 = 1/4 in 20 answers, too unsure by 7/10 − 11/20 = 3/20 in 10."""
    got = use.calibration(sure=90, n_sure=20, right_sure=13, unsure=55, n_unsure=10, right_unsure=7)
    too_sure, too_unsure = Fraction(9, 10) - Fraction(13, 20), Fraction(7, 10) - Fraction(55, 100)
    assert got["answer"] == pytest.approx(float(too_sure * 20 + too_unsure * 10) / 30, abs=1e-6)
    assert (got["gap_sure"], got["gap_unsure"], got["n"]) == (0.25, 0.15, 30)
    assert got["unweighted"] == pytest.approx(0.2)
    assert got["signed"] == pytest.approx(float(too_sure * 20 - too_unsure * 10) / 30)
    assert got["share_wrong"] == pytest.approx(1 / 3)


def test_the_error_of_a_gap() -> None:
    """Deviations of 1, 1, −1 and −1 from the mean 2: 4 / 3 is their variance, and its root over 2 the error."""
    got = use.error_of_a_gap(a=3, b=3, c=1, d=1)
    assert (got["mean"], got["answer"]) == (2, pytest.approx(math.sqrt(4 / 3) / 2))
    assert got["no_root"] == pytest.approx(math.sqrt(4 / 3)) == pytest.approx(got["by_n"] * 4)
    assert got["population"] == pytest.approx(0.5)
