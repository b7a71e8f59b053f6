"""What a model costs: against counts by torch, hand numbers and published ones."""

import math

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from seq2gpt.gpt import GPT, GPTConfig, count_parameters
from seq2gpt.scaling import (
    compute_optimal,
    fit_power_law,
    kv_cache_bytes,
    model_flops_utilisation,
    training_energy,
    training_flops,
    training_memory,
    transformer_flops,
)

SMALL = GPTConfig(vocab_size=17, context_length=11, d_model=14, n_heads=7, n_layers=3, d_ff=23)


@pytest.mark.parametrize("n", [1, 5, 11])
def test_the_operations_are_those_that_torch_counts(n):
    model = GPT(SMALL).eval()
    plain = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, n, dtype=torch.long))
    assert transformer_flops(SMALL, n) == counter.get_total_flops()


def test_training_takes_three_times_as_much_and_six_nd_is_near():
    config = GPTConfig(vocab_size=97, context_length=64, d_model=256, n_heads=4, n_layers=6)
    exact = 3 * transformer_flops(config, 64)
    assert training_flops(count_parameters(config), 64) == pytest.approx(exact, rel=0.05)
    assert training_flops(7, 11) == 462


def test_gpt3_takes_the_published_number_of_operations():
    gpt3 = GPTConfig(vocab_size=50257, context_length=2048, d_model=12288, n_heads=96, n_layers=96)
    total = training_flops(count_parameters(gpt3), 300 * 10**9)
    assert total == pytest.approx(3.14e23, rel=0.01)  # Brown et al. 2020, table D.1


def test_memory_by_hand():
    memory = training_memory(SMALL, batch_size=2, n=5, bytes_per_number=2)
    n_parameters = sum(p.numel() for p in GPT(SMALL).parameters())
    assert memory["weights"] == memory["gradients"] == 2 * n_parameters
    assert memory["optimizer"] == 4 * n_parameters
    assert memory["activations"] == 2 * 10 * (3 * (8 * 14 + 2 * 23) + 2 * 14)
    assert memory["logits"] == 2 * 3 * 10 * 17
    assert memory["peak"] == memory["weights"] + memory["optimizer"] + max(
        memory["gradients"], memory["activations"] + memory["logits"]
    )
    plain = training_memory(SMALL, batch_size=2, n=5, bytes_per_number=2, fused=False)
    assert plain["activations"] - memory["activations"] == 2 * 10 * 3 * 2 * 7 * 5


def test_many_weights_and_few_positions_peak_with_the_gradients():
    memory = training_memory(SMALL, batch_size=1, n=1)
    assert memory["peak"] == 4 * memory["weights"]


def test_the_cache_holds_keys_and_values_of_every_layer():
    from seq2gpt.generation import KVCache

    model, cache = GPT(SMALL).eval(), KVCache(3, 11)
    model(torch.zeros(2, 5, dtype=torch.long), cache=cache)
    numbers = sum(
        t.numel() for layer in range(3) for t in cache[layer].append(*[torch.zeros(2, 7, 0, 2)] * 2)
    )
    assert kv_cache_bytes(SMALL, batch_size=2, n=5, bytes_per_number=4) == 4 * numbers
    assert kv_cache_bytes(SMALL, batch_size=2, n=5, n_kv_heads=1) * 7 == kv_cache_bytes(
        SMALL, batch_size=2, n=5
    )


def test_a_law_is_found_again():
    sizes = [1e4, 3e5, 2e6, 7e7]
    c, alpha = fit_power_law(
        sizes, [(8.8e13 / n) ** 0.076 for n in sizes]
    )  # Kaplan et al. 2020, equation 1.1
    assert (c, alpha) == (pytest.approx(8.8e13), pytest.approx(0.076))
    noisy = [
        (100 / n) ** 0.5 * factor for n, factor in zip((10.0, 100.0, 1000.0), (1.1, 0.9, 1.1), strict=True)
    ]
    x, y = [math.log(n) for n in (10.0, 100.0, 1000.0)], [math.log(loss) for loss in noisy]
    slope = sum((a - x[1]) * b for a, b in zip(x, y, strict=True)) / sum((a - x[1]) ** 2 for a in x)
    assert fit_power_law([10.0, 100.0, 1000.0], noisy)[1] == pytest.approx(-slope)
    for sizes, losses in (
        ([5.0, 5.0], [1.0, 2.0]), ([1.0, 2.0], [1.0, 0.0]), ([-1.0, 2.0], [1.0, 1.0]), ([1.0, 2.0], [1.0, math.nan]),
        ([1.0, math.inf], [1.0, 2.0]),
    ):  # fmt: skip
        message = "a law needs at least two different sizes, and sizes and losses that are finite and above 0"
        with pytest.raises(ValueError, match=message):
            fit_power_law(sizes, losses)
    with pytest.raises(ValueError, match="2 sizes do not fit 1 losses; give each size one"):
        fit_power_law([1.0, 2.0], [1.0])


def test_the_budget_is_spent_on_both():
    n_parameters, n_tokens = compute_optimal(5.76e23)
    assert n_tokens == pytest.approx(20 * n_parameters)
    assert 6 * n_parameters * n_tokens == pytest.approx(5.76e23)
    assert n_parameters == pytest.approx(70e9, rel=0.02)  # Chinchilla: 70 B parameters, 1.4 T tokens
    assert compute_optimal(6e6, tokens_per_parameter=1.0) == (1000.0, 1000.0)
    with pytest.raises(ValueError, match=r"flops=0.0 and tokens_per_parameter=20.0 must be positive"):
        compute_optimal(0.0)
    with pytest.raises(ValueError, match=r"flops=1.0 and tokens_per_parameter=-2.0 must be positive"):
        compute_optimal(1.0, tokens_per_parameter=-2.0)
    with pytest.raises(ValueError, match=r"flops=nan and tokens_per_parameter=20.0 must be positive"):
        compute_optimal(math.nan)


def test_energy_and_utilisation():
    assert training_energy(1e18, 1e15, 0.4, 500.0, overhead=1.2) == (
        pytest.approx(2500 / 3600),
        pytest.approx(2500 / 3600 * 0.6),
    )
    assert training_energy(3.6e18, 1e15, 1.0, 1000.0)[1] == pytest.approx(1.1)
    assert model_flops_utilisation(50.0, 6e6, 1e9) == pytest.approx(0.3)
    for utilisation, overhead in ((0.0, 1.1), (1.5, 1.1), (0.5, 0.9)):
        with pytest.raises(ValueError, match=f"utilisation={utilisation} must lie above 0 and be at most 1"):
            training_energy(1e18, 1e15, utilisation, 500.0, overhead)
    for peak in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"peak_flops={peak} must be positive"):
            training_energy(1e18, peak, 0.5, 500.0)
        with pytest.raises(ValueError, match=f"peak_flops={peak} must be positive"):
            model_flops_utilisation(50.0, 6e6, peak)


def test_losses_that_do_not_change_give_no_law_worth_having():
    c, alpha = fit_power_law([6.6e6, 4.2e7], [2.4859, 2.4858])
    assert c == math.inf
    assert abs(alpha) < 1e-4
