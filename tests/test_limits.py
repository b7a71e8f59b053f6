"""Measures of bias, memory, calibration and of what attention weights do not say."""

import math
import statistics

import pytest
import torch

from seq2gpt.limits import (
    attention_ablation,
    bias_gap,
    expected_calibration_error,
    exposure_rank,
    repeated_share,
)


def test_the_gap_is_paired_and_has_a_standard_error():
    a, b = torch.tensor([-1.0, -7.0, -3.5, -20.0]), torch.tensor([-2.0, -6.5, -3.5, -23.0])
    differences = [x - y for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    mean, error = bias_gap(a, b)
    assert mean == pytest.approx(statistics.mean(differences))
    assert error == pytest.approx(statistics.stdev(differences) / 2)
    assert bias_gap(b, a)[0] == -mean
    with pytest.raises(ValueError, match="1 pairs have no spread; give at least two"):
        bias_gap(torch.zeros(1), torch.zeros(1))


def test_exposure_falls_by_one_bit_when_the_rank_doubles():
    others = -torch.arange(1.0, 16.0)
    assert exposure_rank(0.0, others) == (1, 4.0)
    assert exposure_rank(-1.5, others) == (2, 3.0)
    assert exposure_rank(-8.0, others) == (
        9,
        pytest.approx(4 - math.log2(9)),
    )  # the equal one counts as better
    assert exposure_rank(-99.0, others) == (16, 0.0)


def test_calibration_compares_confidence_with_the_share_that_is_right_bin_by_bin():
    confidences = torch.tensor([0.0, 0.1, 0.05, 0.35, 0.31, 1.0, 0.95])
    right = torch.tensor([False, True, False, True, True, True, False])
    bins = [[0, 1, 2], [3, 4], [5, 6]]  # of ten bins: (0, 0.1], (0.3, 0.4], (0.9, 1]
    expected = 0.0
    for members in bins:
        confidence = statistics.mean(confidences[members].double().tolist())
        share = statistics.mean(right[members].double().tolist())
        expected += len(members) / 7 * abs(confidence - share)
    assert expected_calibration_error(confidences, right) == pytest.approx(expected)
    one_bin = abs(statistics.mean(confidences.double().tolist()) - 4 / 7)
    assert expected_calibration_error(confidences, right, n_bins=1) == pytest.approx(one_bin)


@pytest.mark.parametrize("confidences", [[], [1.5], [-0.1], [math.nan]])
def test_what_is_no_confidence_is_refused(confidences):
    right = torch.ones(len(confidences), dtype=torch.bool)
    with pytest.raises(
        ValueError, match="calibration needs at least one answer, with confidences from 0 to 1"
    ):
        expected_calibration_error(torch.tensor(confidences), right)
    with pytest.raises(ValueError, match="n_bins=0 must be at least 1"):
        expected_calibration_error(torch.tensor([0.5]), torch.tensor([True]), n_bins=0)


def test_an_exposure_needs_numbers_to_compare():
    with pytest.raises(ValueError, match="there is no other secret to compare with; give at least one"):
        exposure_rank(-1.0, torch.tensor([]))
    for canary, others in ((math.nan, [-1.0]), (-1.0, [-2.0, math.nan])):
        with pytest.raises(ValueError, match="a log-probability is nan; check the model's weights"):
            exposure_rank(canary, torch.tensor(others))


def test_ablation_is_the_distance_that_each_output_moves():
    query, key = torch.randn(2, 5, 3, dtype=torch.float64)
    value = torch.randn(5, 7, dtype=torch.float64)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    weights, changes = attention_ablation(query, key, value, mask)
    for i in range(5):
        exponentials = [
            math.exp((query[i] @ key[j]).item() / math.sqrt(3)) if j <= i else 0.0 for j in range(5)
        ]
        total = math.fsum(exponentials)
        output = [
            math.fsum(e * v for e, v in zip(exponentials, value[:, c].tolist(), strict=True)) / total
            for c in range(7)
        ]
        for j in range(5):
            left = [0.0 if k == j else e for k, e in enumerate(exponentials)]
            rest = math.fsum(left)
            without = [
                math.fsum(e * v for e, v in zip(left, value[:, c].tolist(), strict=True)) / rest
                if rest
                else 0.0
                for c in range(7)
            ]
            assert weights[i, j].item() == pytest.approx(exponentials[j] / total)
            assert changes[i, j].item() == pytest.approx(math.dist(output, without), abs=1e-12)


def test_a_large_weight_may_change_nothing():
    query, key = torch.zeros(1, 2), torch.zeros(3, 2)
    key[0] = 1.0
    query[0] = 2.0
    value = torch.tensor([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    weights, changes = attention_ablation(query, key, value)
    assert weights[0, 0] > 0.8
    assert changes.abs().max() < 1e-6


def test_texts_that_repeat_the_training_text_are_counted():
    texts = ["xx hidden key", "hidden", "idden k", ""]
    assert repeated_share(texts, "the hidden key is here", length=7) == 0.5
    assert repeated_share(texts, "the hidden key is here", length=99) == 0.0
    with pytest.raises(ValueError, match="0 texts and length=3 leave nothing to look for"):
        repeated_share([], "text", 3)
