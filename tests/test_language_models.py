import itertools
import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

import oracles
from seq2gpt.gpt import next_token_loss
from seq2gpt.language_models import (
    bigram_counts,
    bigram_model,
    bits_per_byte,
    cross_entropy,
    next_token_pairs,
    perplexity,
    sequence_log_probability,
    token_log_probabilities,
)

INF = math.inf


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loop_log_probability(row: torch.Tensor, target: int) -> float:
    return math.log(oracles.softmax(row.tolist())[target])


# ---- pairs and bigrams -----------------------------------------------------------------------------------


def test_pairs_are_neighbours_in_every_row():
    inputs, targets = next_token_pairs(torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]))
    assert inputs.tolist() == [[1, 2, 3], [5, 6, 7]]
    assert targets.tolist() == [[2, 3, 4], [6, 7, 8]]


@pytest.mark.own
@pytest.mark.parametrize("n", [0, 1])
def test_too_few_tokens_hold_no_pair(n):
    with pytest.raises(ValueError, match=f"^{n} tokens hold no pair; give at least 2$"):
        next_token_pairs(torch.zeros(3, n, dtype=torch.long))


@given(st.lists(st.integers(0, 6), max_size=40))
def test_counts_equal_a_loop(ids):
    expected = [[0] * 7 for _ in range(7)]
    for first, second in itertools.pairwise(ids):
        expected[first][second] += 1
    counts = bigram_counts(torch.tensor(ids, dtype=torch.long), 7)
    assert counts.tolist() == expected
    assert counts.sum() == max(len(ids) - 1, 0)


def test_counts_of_small_integers_do_not_overflow():
    ids = torch.tensor([99, 98], dtype=torch.int8)
    assert bigram_counts(ids, 100)[99, 98] == 1


@pytest.mark.own
@pytest.mark.parametrize("outside", [-1, 7])
def test_ids_outside_the_vocabulary_are_named(outside):
    message = f"^id {outside} is not in the vocabulary of 7; use ids from 0 to 6$"
    with pytest.raises(ValueError, match=message):
        bigram_counts(torch.tensor([1, outside]), 7)


@pytest.mark.parametrize("smoothing", [0.0, 0.5, 1.0, 3.0])
def test_probabilities_equal_fractions_worked_out_exactly(smoothing):
    counts = [[0, 2, 5], [1, 0, 0], [0, 0, 0]]
    model = bigram_model(torch.tensor(counts), smoothing)
    assert model.dtype == torch.get_default_dtype()
    alpha = Fraction(smoothing)
    for row, probabilities in zip(counts, model.tolist(), strict=True):
        total = sum(row) + 3 * alpha
        for count, probability in zip(row, probabilities, strict=True):
            exact = (count + alpha) / total if sum(row) else Fraction(1, 3)
            assert probability == pytest.approx(float(exact))


def test_smoothing_is_one_unless_said_otherwise():
    counts = torch.tensor([[0, 2], [1, 0]])
    assert torch.equal(bigram_model(counts), bigram_model(counts, smoothing=1.0))
    assert not torch.equal(bigram_model(counts), bigram_model(counts, smoothing=0.0))


@pytest.mark.own
@pytest.mark.parametrize("smoothing", [-0.1, INF, math.nan])
def test_impossible_smoothing_is_refused(smoothing):
    with pytest.raises(ValueError, match=f"^smoothing={smoothing} must be finite and at least 0$"):
        bigram_model(torch.ones(2, 2, dtype=torch.long), smoothing)


# ---- log-probabilities -----------------------------------------------------------------------------------


def test_log_probabilities_equal_a_loop():
    logits, targets = normal(2, 3, 7), torch.tensor([[6, 0, 3], [2, 2, 5]])
    ours = token_log_probabilities(logits, targets)
    for i in range(2):
        for j in range(3):
            assert ours[i, j].item() == pytest.approx(
                loop_log_probability(logits[i, j], targets[i, j].item())
            )


@pytest.mark.parametrize("shift", [-1e4, 0, 1e4])
def test_large_logits_lose_nothing(shift):
    logits = normal(5, 7).float()
    expected = token_log_probabilities(logits, torch.arange(5))
    shifted = (logits.double() + shift).float()
    torch.testing.assert_close(
        token_log_probabilities(shifted, torch.arange(5)), expected, atol=2e-3, rtol=0
    )  # the sum itself is rounded to 1e-3
    assert token_log_probabilities(torch.tensor([[1e4, 0.0]]), torch.tensor([1])).item() == -1e4


def test_logarithms_of_probabilities_come_back():
    probabilities = torch.tensor([[0.25, 0.0, 0.75]])
    for target, probability in enumerate(probabilities[0].tolist()):
        logarithm = token_log_probabilities(probabilities.log(), torch.tensor([target])).item()
        assert math.exp(logarithm) == pytest.approx(probability)


def test_gradients():
    logits, targets = normal(3, 5).requires_grad_(), torch.tensor([4, 0, 2])
    mask = torch.tensor([True, False, True])
    assert torch.autograd.gradcheck(lambda x: token_log_probabilities(x, targets), (logits,))
    assert torch.autograd.gradcheck(lambda x: sequence_log_probability(x, targets, mask), (logits,))
    assert torch.autograd.gradcheck(lambda x: cross_entropy(x, targets, mask), (logits,))


def test_a_sequence_has_the_product_of_its_tokens():
    logits, targets = normal(2, 3, 5), torch.tensor([[4, 0, 1], [3, 3, 2]])
    ours = sequence_log_probability(logits, targets)
    for i in range(2):
        product = math.prod(oracles.softmax(logits[i, t].tolist())[targets[i, t]] for t in range(3))
        assert ours[i].item() == pytest.approx(math.log(product))


def test_all_sequences_together_have_probability_one():
    model = bigram_model(torch.tensor([[3, 1, 0], [0, 2, 2], [5, 0, 1]]), smoothing=0.5).double().log()
    total = 0.0
    for a in range(3):
        for b in range(3):
            ids = torch.tensor([1, a, b])
            inputs, targets = next_token_pairs(ids)
            total += sequence_log_probability(model[inputs], targets).exp().item()
    assert total == pytest.approx(1)


def test_padding_adds_nothing_even_where_it_is_impossible():
    logits = torch.tensor([[0.0, 0.0], [0.0, -INF]]).requires_grad_()
    targets, mask = torch.tensor([0, 1]), torch.tensor([True, False])
    result = sequence_log_probability(logits, targets, mask)
    assert result.item() == pytest.approx(-math.log(2))
    result.backward()
    assert logits.grad is not None
    assert logits.grad[0].tolist() == [0.5, -0.5]
    assert not logits.grad.isnan().any()
    assert sequence_log_probability(logits, targets).item() == -INF
    assert sequence_log_probability(logits, targets, torch.tensor([False, False])).item() == 0


# ---- measures --------------------------------------------------------------------------------------------


def test_cross_entropy_equals_torch_and_the_loss_of_gpt():
    logits, targets = normal(2, 3, 7, scale=30.0), torch.tensor([[6, 0, 3], [2, 2, 5]])
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    torch.testing.assert_close(cross_entropy(logits, targets), expected)
    torch.testing.assert_close(cross_entropy(logits, targets), next_token_loss(logits, targets))


def test_cross_entropy_counts_every_real_token_alike_and_no_padding():
    logits, targets = normal(2, 3, 7).requires_grad_(), torch.tensor([[6, 0, 3], [2, 2, 5]])
    mask = torch.tensor([[True, True, True], [True, False, False]])
    loss = cross_entropy(logits, targets, mask)
    chosen = [(0, 0), (0, 1), (0, 2), (1, 0)]
    expected = -sum(loop_log_probability(logits[place], targets[place].item()) for place in chosen) / 4
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad.abs().sum(-1) > 0, mask)


def test_cross_entropy_is_stable():
    assert cross_entropy(torch.tensor([[1e38, -1e38]]), torch.tensor([0])).item() == 0
    assert cross_entropy(torch.tensor([[1000.0, 0.0]]), torch.tensor([1])).item() == 1000
    assert cross_entropy(torch.tensor([[0.0, -INF]]), torch.tensor([1])).item() == INF


@pytest.mark.own
def test_nothing_but_padding_has_no_mean():
    mask = torch.tensor([False, False])
    message = "^there is no real token to average over; give at least one$"
    with pytest.raises(ValueError, match=message):
        perplexity(torch.zeros(2), mask)
    with pytest.raises(ValueError, match=message):
        cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), mask)


@pytest.mark.parametrize("n", [2, 7, 97])
def test_perplexity_of_equal_odds_is_the_number_of_symbols(n):
    log_probabilities = token_log_probabilities(torch.zeros(3, 5, n), torch.zeros(3, 5, dtype=torch.long))
    assert perplexity(log_probabilities).item() == pytest.approx(n, rel=1e-5)


def test_perplexity_leaves_padding_out_and_averages_before_exponentiating():
    log_probabilities = torch.tensor([[0.5, 0.125, 1.0], [0.25, 1.0, 0.0]], dtype=torch.float64).log()
    mask = torch.tensor([[True, True, False], [True, False, False]])
    assert perplexity(log_probabilities, mask).item() == pytest.approx((2 * 8 * 4) ** (1 / 3))
    assert perplexity(log_probabilities).item() == INF


def test_bits_per_byte_count_bytes_and_not_characters_or_tokens():
    text = "naïve €"
    assert bits_per_byte(loss=1.5, n_tokens=4, text=text) == pytest.approx(1.5 * 4 / math.log(2) / 10)


def test_bits_per_byte_do_not_depend_on_the_tokenizer():
    # The same distribution over texts, written with 12 tokens or with 4: the total is what counts.
    assert bits_per_byte(0.5, 12, "abcdef") == pytest.approx(bits_per_byte(1.5, 4, "abcdef"))


@pytest.mark.own
def test_an_empty_text_has_no_byte():
    with pytest.raises(ValueError, match="^the text is empty: there is no byte to divide by$"):
        bits_per_byte(1.0, 0, "")
