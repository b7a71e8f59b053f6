import math
import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from seq2gpt.generation import (
    KVCache,
    apply_temperature,
    generate,
    min_p_filter,
    sample,
    token_budget,
    top_k_filter,
    top_p_filter,
)
from seq2gpt.gpt import GPT, GPTConfig

VOCAB_SIZE, CONTEXT_LENGTH, N_LAYERS = 19, 11, 2
INF = math.inf

# Whole numbers make ties frequent; −inf is what an earlier filter leaves behind.
logit = st.integers(-4, 4).map(float) | st.just(-INF)
logit_rows = st.lists(logit, min_size=1, max_size=13).filter(lambda row: max(row) > -INF)


def random_model(dropout: float = 0.0, seed: int = 0) -> GPT:
    """A GPT in float64 whose predictions depend strongly on every token that it reads."""
    config = GPTConfig(
        vocab_size=VOCAB_SIZE, context_length=CONTEXT_LENGTH, d_model=10, n_heads=2, n_layers=N_LAYERS, dropout=dropout
    )  # fmt: skip
    model, generator = GPT(config).double(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.5, generator=generator)
    return model.eval()


def random_ids(batch: int, n: int, seed: int = 0) -> Tensor:
    return torch.randint(VOCAB_SIZE, (batch, n), generator=torch.Generator().manual_seed(seed))


def probabilities(row: list[float]) -> list[float]:
    peak = max(row)
    weights = [math.exp(score - peak) for score in row]
    return [weight / sum(weights) for weight in weights]


def ranking(row: list[float]) -> list[int]:
    """Ids by falling logit; of equals the lower id first."""
    return sorted(range(len(row)), key=lambda token: (-row[token], token))


def only(row: list[float], kept: set[int]) -> list[float]:
    return [score if token in kept else -INF for token, score in enumerate(row)]


# temperature


@given(row=logit_rows, temperature=st.floats(0.05, 20.0))
def test_temperature_raises_probabilities_to_the_power_one_over_t(
    row: list[float], temperature: float
) -> None:
    powers = [probability ** (1 / temperature) for probability in probabilities(row)]
    expected = [power / sum(powers) for power in powers]
    result = apply_temperature(torch.tensor(row, dtype=torch.float64), temperature).softmax(-1)
    assert result.tolist() == pytest.approx(expected, abs=1e-12)


def test_temperature_divides_and_leaves_its_input_alone() -> None:
    logits = torch.tensor([[1.0, -3.0], [0.0, 2.0]])
    assert apply_temperature(logits, 4.0).tolist() == [[0.25, -0.75], [0.0, 0.5]]
    assert torch.equal(apply_temperature(logits, 1.0), logits)
    assert logits.tolist() == [[1.0, -3.0], [0.0, 2.0]]


def test_limits_of_the_temperature() -> None:
    logits = torch.tensor([1.0, 3.0, 2.5])
    assert apply_temperature(logits, 1e-3).softmax(-1).tolist() == [0.0, 1.0, 0.0]
    assert apply_temperature(logits, 1e9).softmax(-1).tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("temperature", [0.0, -1.0, INF, math.nan])
@pytest.mark.own
def test_temperatures_out_of_range_are_refused(temperature: float) -> None:
    message = (
        f"temperature={temperature} must be positive and finite; for the most probable token every time, "
        "sample with temperature=0"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        apply_temperature(torch.zeros(3), temperature)


# top-k


@given(row=logit_rows, data=st.data())
def test_top_k_keeps_exactly_the_first_k_of_the_ranking(row: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(row)))
    assert top_k_filter(torch.tensor(row), k).tolist() == only(row, set(ranking(row)[:k]))


def test_top_k_works_on_every_row_and_leaves_its_input_alone() -> None:
    logits = torch.tensor([[[1.0, 3.0, 2.0]], [[9.0, 7.0, 8.0]]])
    before = logits.clone()
    assert top_k_filter(logits, 2).tolist() == [[[-INF, 3.0, 2.0]], [[9.0, -INF, 8.0]]]
    assert torch.equal(logits, before)
    assert torch.equal(top_k_filter(logits, 3), logits)


@pytest.mark.parametrize("k", [0, -1, 6])
@pytest.mark.own
def test_top_k_out_of_range_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"^top_k={k} must lie between 1 and vocab_size=5$"):
        top_k_filter(torch.zeros(2, 5), k)


# top-p


def nucleus(row: list[float], p: float) -> set[int]:
    kept: set[int] = set()
    total = 0.0
    for token in ranking(row):
        kept.add(token)
        total += probabilities(row)[token]
        if total >= p:
            return kept
    return kept


@given(row=logit_rows, p=st.floats(0.01, 0.99))
def test_top_p_keeps_the_smallest_set_that_reaches_p(row: list[float], p: float) -> None:
    near = [nucleus(row, p * (1 - 1e-5)), nucleus(row, p * (1 + 1e-5))]
    result = top_p_filter(torch.tensor(row, dtype=torch.float64), p).tolist()
    if near[0] == near[1]:  # away from the edge, where rounding decides
        assert result == only(row, near[0])
    else:
        assert result in [only(row, kept) for kept in near]


@pytest.mark.parametrize(
    ("chances", "p", "kept"),
    [
        ([0.25, 0.5, 0.125, 0.125], 0.5, {1}),
        ([0.25, 0.5, 0.125, 0.125], 0.51, {0, 1}),
        ([0.25, 0.5, 0.125, 0.125], 0.75, {0, 1}),
        ([0.25, 0.5, 0.125, 0.125], 0.8, {0, 1, 2}),  # of the two equal ones the lower id
        ([0.25, 0.25, 0.25, 0.25], 0.5, {0, 1}),
        ([0.5, 0.4, 0.1], 0.9, {0, 1}),  # 0.5 + 0.4 is 0.9, whatever floats make of it
        ([0.05, 0.5, 0.15, 0.3], 0.8, {1, 3}),
        ([0.1, 0.2, 0.7], 0.9, {1, 2}),
        ([0.6, 0.3, 0.1], 0.6, {0}),
        ([0.05, 0.9, 0.05], 0.1, {1}),  # not the tokens with a probability above p
        ([0.2, 0.3, 0.5], 1e-30, {2}),
        ([0.2, 0.3, 0.5], 1.0, {0, 1, 2}),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.own
def test_nuclei_by_hand(chances: list[float], p: float, kept: set[int], dtype: torch.dtype) -> None:
    logits = torch.tensor(chances, dtype=dtype).log() + 3  # logits are not normalised
    assert top_p_filter(logits, p).tolist() == only(logits.tolist(), kept)


@pytest.mark.own
def test_p_of_one_keeps_even_what_a_float_sum_would_lose() -> None:
    logits = torch.tensor([30.0, 0.0, -5.0, -INF, 1.0])  # 1 + e^−30 is 1 in float32
    assert torch.equal(top_p_filter(logits, 1.0), logits)


def test_top_p_works_on_every_row_and_leaves_its_input_alone() -> None:
    logits = torch.tensor([[0.25, 0.75], [0.75, 0.25]]).log()[:, None]
    before = logits.clone()
    assert top_p_filter(logits, 0.7).isfinite().tolist() == [[[False, True]], [[True, False]]]
    assert torch.equal(logits, before)


@pytest.mark.parametrize("p", [0.0, -0.5, 1.001, math.nan])
@pytest.mark.own
def test_top_p_out_of_range_is_refused(p: float) -> None:
    message = f"^top_p={p} must lie above 0 and be at most 1; 1 keeps every token$"
    with pytest.raises(ValueError, match=message):
        top_p_filter(torch.zeros(2, 5), p)


# min-p


@given(row=logit_rows, p=st.floats(0.0, 1.0))
def test_min_p_compares_with_the_most_probable_token(row: list[float], p: float) -> None:
    chances = probabilities(row)
    kept = {token for token, chance in enumerate(chances) if chance >= p * max(chances)}
    edge = {token for token, chance in enumerate(chances) if abs(chance - p * max(chances)) < 1e-5}
    result = min_p_filter(torch.tensor(row, dtype=torch.float64), p).tolist()
    for token, score in enumerate(row):
        assert token in edge or result[token] == (score if token in kept else -INF)


@pytest.mark.parametrize(
    ("chances", "p", "kept"),
    [
        ([0.25, 0.5, 0.125, 0.125], 0.5, {0, 1}),  # 0.25 is exactly half of 0.5
        ([0.1, 0.5, 0.4], 0.2, {0, 1, 2}),  # 0.2 · 0.5 is 0.1, whatever floats make of it
        ([0.3, 0.3, 0.4], 0.76, {2}),
        ([0.3, 0.3, 0.4], 0.0, {0, 1, 2}),
        ([0.4, 0.4, 0.2], 1.0, {0, 1}),
    ],
)
@pytest.mark.own
def test_min_p_by_hand(chances: list[float], p: float, kept: set[int]) -> None:
    logits = torch.tensor([chances, chances]).log() + 3
    before = logits.clone()
    assert min_p_filter(logits, p).tolist() == [only(row, kept) for row in logits.tolist()]
    assert torch.equal(logits, before)


@pytest.mark.parametrize("p", [-0.1, 1.01, math.nan])
@pytest.mark.own
def test_min_p_out_of_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=f"^min_p={p} must lie between 0 and 1; 0 keeps every token$"):
        min_p_filter(torch.zeros(2, 5), p)


# sample


def frequencies(row: list[float], draws: int = 20_000, **settings: Any) -> list[float]:
    logits = torch.tensor(row).expand(draws, -1)
    tokens = sample(logits, torch.Generator().manual_seed(0), **settings)
    return (torch.bincount(tokens, minlength=len(row)) / draws).tolist()


@pytest.mark.parametrize(
    ("settings", "chances"),
    [
        ({}, [0.5, 0.2, 0.3]),
        ({"temperature": 0.5}, [0.25 / 0.38, 0.04 / 0.38, 0.09 / 0.38]),
        ({"top_k": 2}, [0.625, 0.0, 0.375]),
        ({"top_p": 0.7}, [0.625, 0.0, 0.375]),
        ({"top_p": 1.0, "top_k": 3}, [0.5, 0.2, 0.3]),
        ({"min_p": 0.5}, [0.625, 0.0, 0.375]),
        # top-p first: 0.5 + 0.3 are needed for 0.7; were 0.2 gone already, 0.5 / 0.8 + 0.3 / 0.8 too, but for 0.6
        ({"top_p": 0.6, "min_p": 0.5}, [0.625, 0.0, 0.375]),
        # temperature first: 0.3 / 0.5 squared is below 0.5
        ({"temperature": 0.5, "min_p": 0.5}, [1.0, 0.0, 0.0]),
        # top-k first: of what it leaves, 0.5 / 0.8 is already 0.6
        ({"top_k": 2, "top_p": 0.6}, [1.0, 0.0, 0.0]),
        # temperature first: 0.25 / 0.38 is already 0.65
        ({"temperature": 0.5, "top_p": 0.65}, [1.0, 0.0, 0.0]),
    ],
)
def test_tokens_are_as_frequent_as_they_are_probable(settings: dict[str, Any], chances: list[float]) -> None:
    row = [math.log(chance) - 2 for chance in (0.5, 0.2, 0.3)]
    drawn = frequencies(row, **settings)
    assert drawn == pytest.approx(chances, abs=0.02)
    assert [share == 0 for share in drawn] == [chance == 0 for chance in chances]


@given(row=logit_rows, seed=st.integers(0, 2**31))
def test_three_ways_to_be_greedy(row: list[float], seed: int) -> None:
    best = ranking(row)[0]
    logits, generator = torch.tensor(row), torch.Generator().manual_seed(seed)
    assert sample(logits, generator, temperature=0.0).item() == best
    assert sample(logits, generator, top_k=1).item() == best
    assert sample(logits, generator, top_p=1e-9).item() == best
    assert sample(logits, generator, temperature=0.0, top_k=len(row), top_p=0.5).item() == best


@pytest.mark.parametrize("temperature", [1e-6, 1e-30, 1e-37])
@pytest.mark.own
def test_a_tiny_temperature_is_greedy_and_does_not_overflow(temperature: float) -> None:
    assert frequencies([50.0, 80.0, 79.9], draws=100, temperature=temperature) == [0.0, 1.0, 0.0]


@given(row=logit_rows, seed=st.integers(0, 2**31), data=st.data())
def test_only_tokens_of_the_filtered_set_are_drawn(row: list[float], seed: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(row)))
    token = sample(torch.tensor(row), torch.Generator().manual_seed(seed), temperature=3.0, top_k=k).item()
    assert token in ranking(row)[:k]
    assert row[token] > -INF


def test_sample_keeps_the_leading_dimensions() -> None:
    logits = torch.full((2, 3, 5), -50.0)
    chosen = torch.tensor([[4, 0, 2], [1, 1, 3]])
    logits.scatter_(-1, chosen[..., None], 50.0)
    assert torch.equal(sample(logits), chosen)
    assert torch.equal(sample(logits, temperature=0.0), chosen)


def test_the_generator_alone_decides_and_greedy_draws_nothing() -> None:
    logits = torch.zeros(40, VOCAB_SIZE)
    first = sample(logits, torch.Generator().manual_seed(5))
    torch.manual_seed(77)
    assert torch.equal(sample(logits, torch.Generator().manual_seed(5)), first)
    assert not torch.equal(sample(logits, torch.Generator().manual_seed(6)), first)
    generator = torch.Generator().manual_seed(5)
    sample(logits, generator, temperature=0.0)
    assert torch.equal(sample(logits, generator), first)


def test_without_a_generator_torch_draws() -> None:
    logits = torch.zeros(40, VOCAB_SIZE)
    torch.manual_seed(1)
    first = sample(logits)
    assert not torch.equal(sample(logits), first)
    torch.manual_seed(1)
    assert torch.equal(sample(logits), first)


@pytest.mark.parametrize("row", [[0.0, math.nan, 1.0], [math.nan] * 3, [0.0, INF, 1.0], [-INF] * 3])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.own
def test_logits_without_a_finite_maximum_are_refused(row: list[float], temperature: float) -> None:
    message = "^the largest logit is nan or infinite, so no token can be drawn; check the weights$"
    with pytest.raises(ValueError, match=message):
        sample(torch.tensor([[0.0, 1.0, 2.0], row]), temperature=temperature)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -0.5}, "temperature=-0.5 must be"),
        ({"temperature": math.nan}, "temperature=nan must be"),
        ({"top_k": 4}, "top_k=4 must lie between 1 and vocab_size=3"),
        ({"top_p": 0.0}, "top_p=0.0 must lie above 0"),
        ({"min_p": 2.0}, "min_p=2.0 must lie between 0 and 1"),
        ({"temperature": 0.0, "top_k": 0}, "top_k=0 must lie"),  # greedy is no excuse
        ({"temperature": 0.0, "top_p": 2.0}, "top_p=2.0 must lie"),
    ],
)
@pytest.mark.own
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        sample(torch.zeros(3), **settings)


# KVCache


def pieces(*lengths: int, batch: int = 2) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [
        (torch.randn(batch, 3, n, 5, generator=generator), torch.randn(batch, 3, n, 7, generator=generator))
        for n in lengths
    ]


def test_a_layer_returns_all_keys_and_values_in_order() -> None:
    layer = KVCache(n_layers=1, context_length=7)[0]
    parts = pieces(3, 1, 2)
    for count, (key, value) in enumerate(parts, start=1):
        keys, values = layer.append(key, value)
        assert torch.equal(keys, torch.cat([k for k, _ in parts[:count]], dim=-2))
        assert torch.equal(values, torch.cat([v for _, v in parts[:count]], dim=-2))


@pytest.mark.own
def test_the_buffers_are_allocated_once() -> None:
    layer = KVCache(n_layers=1, context_length=7)[0]
    addresses = {tuple(t.data_ptr() for t in layer.append(key, value)) for key, value in pieces(3, 1, 2, 1)}
    assert len(addresses) == 1


def test_layers_are_separate_and_the_length_is_what_all_have_stored() -> None:
    cache = KVCache(n_layers=2, context_length=7)
    first, second = pieces(3, 3)
    assert cache.length == 0
    cache[0].append(*first)
    assert cache.length == 0
    keys, _ = cache[1].append(*second)
    assert cache.length == 3
    assert torch.equal(keys, second[0])


def test_no_gradient_flows_through_a_cache() -> None:
    layer = KVCache(n_layers=1, context_length=7)[0]
    (key, value), (next_key, next_value) = pieces(3, 1)
    stored = layer.append(key.requires_grad_(), value.requires_grad_())
    assert [tensor.requires_grad for tensor in stored] == [False, False]
    stored = layer.append(next_key, next_value)
    assert [tensor.requires_grad for tensor in stored] == [False, False]


@pytest.mark.own
def test_a_full_cache_refuses_more_and_keeps_what_it_has() -> None:
    layer = KVCache(n_layers=1, context_length=5)[0]
    held, too_much, last = pieces(3, 3, 2)
    layer.append(*held)
    message = "^3 positions stored and 3 more exceed context_length=5; start a new cache$"
    with pytest.raises(ValueError, match=message):
        layer.append(*too_much)
    keys, _ = layer.append(*last)
    assert torch.equal(keys, torch.cat([held[0], last[0]], dim=-2))


@pytest.mark.own
def test_a_cache_belongs_to_one_batch() -> None:
    layer = KVCache(n_layers=1, context_length=5)[0]
    layer.append(*pieces(2)[0])
    message = "^the cache holds a batch of 2, this batch is 1; start a new cache$"
    with pytest.raises(ValueError, match=message):
        layer.append(*pieces(1, batch=1)[0])
    assert layer.length == 2


@pytest.mark.parametrize(("n_layers", "context_length"), [(0, 5), (2, 0)])
@pytest.mark.own
def test_a_cache_without_room_is_refused(n_layers: int, context_length: int) -> None:
    message = f"^n_layers={n_layers} and context_length={context_length} must be at least 1$"
    with pytest.raises(ValueError, match=message):
        KVCache(n_layers, context_length)


# token_budget


@pytest.mark.parametrize(
    ("n_prompt", "max_new_tokens", "budget"),
    [(1, 4, 4), (5, 3, 3), (5, 4, 3), (8, 4, 0), (7, 9, 1), (3, 0, 0)],
)
def test_prompt_and_new_tokens_share_the_context(n_prompt: int, max_new_tokens: int, budget: int) -> None:
    assert token_budget(8, n_prompt, max_new_tokens) == budget


@pytest.mark.parametrize(
    ("n_prompt", "max_new_tokens", "message"),
    [
        (0, 3, "the prompt is empty; give at least one token to continue from"),
        (10, 3, "the prompt has 10 tokens, context_length=8 holds fewer; shorten it by 2 or more"),
        (5, -1, "max_new_tokens=-1 must be at least 0"),
    ],
)
@pytest.mark.own
def test_impossible_budgets_are_refused(n_prompt: int, max_new_tokens: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        token_budget(8, n_prompt, max_new_tokens)


# generate


def greedy_by_hand(model: GPT, row: list[int], n_new: int) -> list[int]:
    """One sequence, read anew for every token."""
    for _ in range(n_new):
        scores = model(torch.tensor([row]))[0, -1].tolist()
        row = [*row, ranking(scores)[0]]
    return row


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("n_prompt", [1, 2, 5, 10, 11])
def test_greedy_generation_for_a_batch(n_prompt: int, use_cache: bool) -> None:
    model, ids = random_model(), random_ids(3, n_prompt)
    given_ids = ids.clone()
    result = generate(model, ids, max_new_tokens=99, temperature=0.0, use_cache=use_cache)
    expected = [greedy_by_hand(model, row, CONTEXT_LENGTH - n_prompt) for row in ids.tolist()]
    assert result.tolist() == expected  # until the context is full
    assert torch.equal(ids, given_ids)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0.7, "top_k": 5},
        {"temperature": 1.5, "top_p": 0.8},
        {"top_k": 7, "top_p": 0.9},
        {"temperature": 2.0, "min_p": 0.1},
    ],
)
@pytest.mark.parametrize("n_prompt", [1, 4, 10])
def test_with_and_without_cache_the_tokens_are_the_same(n_prompt: int, settings: dict[str, Any]) -> None:
    model, ids = random_model(), random_ids(7, n_prompt)
    cached, uncached = (
        generate(model, ids, 99, generator=torch.Generator().manual_seed(3), use_cache=use_cache, **settings)
        for use_cache in (True, False)
    )
    assert torch.equal(cached, uncached)
    other = generate(model, ids, 99, generator=torch.Generator().manual_seed(4), **settings)
    assert not torch.equal(cached, other)


def test_one_kept_token_is_greedy_generation() -> None:
    model, ids = random_model(), random_ids(3, 2)
    assert torch.equal(generate(model, ids, 9, top_k=1), generate(model, ids, 9, temperature=0.0))


def lengths_read(model: GPT, use_cache: bool) -> list[int]:
    lengths: list[int] = []
    handle = model.token_embedding.register_forward_pre_hook(
        lambda _, inputs: lengths.append(inputs[0].shape[1])
    )
    generate(model, random_ids(2, 4), 5, use_cache=use_cache)
    handle.remove()
    return lengths


def test_a_cache_reads_every_token_once() -> None:
    model = random_model()
    assert lengths_read(model, use_cache=True) == [4, 1, 1, 1, 1]
    assert lengths_read(model, use_cache=False) == [4, 5, 6, 7, 8]


def test_max_new_tokens_limits_the_continuation() -> None:
    model, ids = random_model(), random_ids(2, 3)
    assert generate(model, ids, 2).shape == (2, 5)
    assert torch.equal(generate(model, ids, 0), ids)


def test_tokens_are_handed_out_as_they_are_drawn() -> None:
    model, ids = random_model(), random_ids(3, 4)
    seen: list[list[int]] = []
    result = generate(model, ids, 5, on_token=lambda new: seen.append(new.tolist()))
    assert seen == result[:, 4:].T.tolist()


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_and_the_mode_comes_back(training: bool) -> None:
    ids = random_ids(2, 3)
    expected = generate(random_model(), ids, 8, temperature=0.0)
    model = random_model(dropout=0.9).train(training)
    assert torch.equal(generate(model, ids, 8, temperature=0.0), expected)
    assert model.training == model.blocks[0].training == training


def stop(_: Tensor) -> None:
    raise KeyboardInterrupt


def test_the_mode_comes_back_when_generation_is_interrupted() -> None:
    model = random_model().train()
    with pytest.raises(KeyboardInterrupt):
        generate(model, random_ids(1, 2), 3, on_token=stop)
    assert model.training


def test_generation_records_no_gradient() -> None:
    outputs: list[Tensor] = []
    model = random_model()
    model.head.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    generate(model, random_ids(1, 2), 2)
    assert [output.requires_grad for output in outputs] == [False, False]


def prompt(*ids: int) -> Tensor:
    return torch.tensor([ids], dtype=torch.long)


@pytest.mark.parametrize(
    ("ids", "settings", "message"),
    [
        (prompt(), {}, "the prompt is empty; give at least one token to continue from"),
        (
            random_ids(1, 13), {},
            "the prompt has 13 tokens, context_length=11 holds fewer; shorten it by 2 or more",
        ),
        (
            prompt(3, 19), {},
            "id 19 is not in the vocabulary of 19; use ids from 0 to 18",
        ),
        (
            prompt(-1, 3), {},
            "id -1 is not in the vocabulary of 19; use ids from 0 to 18",
        ),
        (prompt(3), {"top_k": 20}, "top_k=20 must lie between 1 and vocab_size=19"),
        (prompt(3), {"min_p": 2.0}, "min_p=2.0 must lie between 0 and 1; 0 keeps every token"),
        (prompt(3), {"top_p": -0.1}, "top_p=-0.1 must lie above 0 and be at most 1; 1 keeps every token"),
    ],
)  # fmt: skip
@pytest.mark.own
def test_impossible_requests_are_refused(ids: Tensor, settings: dict[str, Any], message: str) -> None:
    model = random_model().train()
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        generate(model, ids, 3, **settings)
    assert model.training


@pytest.mark.own
def test_broken_weights_are_reported() -> None:
    model = random_model()
    nn.init.constant_(model.norm.weight, math.nan)
    with pytest.raises(ValueError, match="^the largest logit is nan or infinite"):
        generate(model, random_ids(1, 3), 2)
