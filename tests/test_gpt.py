import dataclasses
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from seq2gpt.generation import KVCache
from seq2gpt.gpt import (
    GPT,
    GPTConfig,
    count_parameters,
    init_weights,
    load_gpt2_state_dict,
    next_token_loss,
    tie_weights,
)
from seq2gpt.modern import ModernConfig, ModernGPT

SIZES: dict[str, Any] = {"vocab_size": 17, "context_length": 11, "d_model": 6, "n_heads": 3, "n_layers": 2}
CONFIG = GPTConfig(**SIZES)


def random_model(seed: int = 0, **changes: Any) -> GPT:
    """A GPT in float64 in which every parameter, biases and gains too, differs from its neutral value."""
    generator = torch.Generator().manual_seed(seed)
    model = GPT(GPTConfig(**{**SIZES, **changes})).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.5, generator=generator)
    return model.eval()


def random_ids(batch: int, n: int, seed: int = 0) -> Tensor:
    return torch.randint(SIZES["vocab_size"], (batch, n), generator=torch.Generator().manual_seed(seed))


# GPTConfig


def test_the_feed_forward_width_is_four_times_d_model_unless_given() -> None:
    assert CONFIG.d_ff == 24
    assert GPTConfig(**SIZES, d_ff=5).d_ff == 5
    assert GPT(GPTConfig(**SIZES, d_ff=5)).blocks[0].feed_forward.w_in.weight.shape == (5, 6)


def test_a_configuration_is_frozen_and_its_fields_have_names() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CONFIG.d_model = 12
    with pytest.raises(TypeError):
        GPTConfig(17, 11, 6, 3, 2)
    assert GPTConfig(**dataclasses.asdict(CONFIG)) == CONFIG


@pytest.mark.parametrize("name", ["vocab_size", "context_length", "d_model", "n_heads", "n_layers", "d_ff"])
@pytest.mark.parametrize("size", [0, -3])
@pytest.mark.own
def test_sizes_below_one_are_refused(name: str, size: int) -> None:
    with pytest.raises(ValueError, match=f"^{name}={size} must be a whole number of at least 1$"):
        GPTConfig(**{**SIZES, name: size})


@pytest.mark.own
@pytest.mark.parametrize("name", [*SIZES, "d_ff"])
def test_true_is_no_size(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}=True must be a whole number of at least 1$"):
        GPTConfig(**{**SIZES, name: True})


@pytest.mark.usefixtures("_as_users_run_it")
@pytest.mark.parametrize("make", [lambda: GPT(GPTConfig(**SIZES)), lambda: ModernGPT(ModernConfig(**SIZES))])
def test_ids_that_a_model_cannot_read_are_named(make: Callable[[], nn.Module]) -> None:
    model, known = make(), SIZES["vocab_size"]
    for outside in (known, -1):
        message = f"^id {outside} is not in the vocabulary of {known}; use ids from 0 to {known - 1}$"
        with pytest.raises(ValueError, match=message):
            model(torch.tensor([[1, outside]]))
    with pytest.raises(ValueError, match=r"^the ids have dtype torch.float32; give whole numbers"):
        model(torch.tensor([[1.0]]))


@pytest.mark.usefixtures("_as_users_run_it")
@pytest.mark.parametrize(("name", "size"), [("d_ff", 2.5), ("n_layers", "2")])
@pytest.mark.own
def test_sizes_that_are_no_whole_numbers_are_refused(name: str, size: object) -> None:
    with pytest.raises(ValueError, match=f"^{name}={size!r} must be a whole number of at least 1$"):
        GPTConfig(**{**SIZES, name: size})


@pytest.mark.own
def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    message = "^d_model=100 does not split into n_heads=8; use a multiple of 8$"
    with pytest.raises(ValueError, match=message):
        GPTConfig(**{**SIZES, "d_model": 100, "n_heads": 8})


@pytest.mark.parametrize("dropout", [-0.1, 1.0, 20.0, math.nan])
@pytest.mark.own
def test_dropout_that_is_no_probability_is_refused(dropout: float) -> None:
    with pytest.raises(ValueError, match=f"^dropout={dropout} must be at least 0 and below 1$"):
        GPTConfig(**SIZES, dropout=dropout)


# GPT-2, written out from its definition


def gpt2_state(config: GPTConfig, seed: int = 0) -> dict[str, Tensor]:
    """Random weights in the layout of the published GPT-2; every gain and bias is far from neutral."""
    d, d_ff = config.d_model, 4 * config.d_model
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (config.vocab_size, d), "wpe.weight": (config.context_length, d),
        "ln_f.weight": (d,), "ln_f.bias": (d,),
    }  # fmt: skip
    for i in range(config.n_layers):
        shapes |= {
            f"h.{i}.ln_1.weight": (d,), f"h.{i}.ln_1.bias": (d,),
            f"h.{i}.attn.c_attn.weight": (d, 3 * d), f"h.{i}.attn.c_attn.bias": (3 * d,),
            f"h.{i}.attn.c_proj.weight": (d, d), f"h.{i}.attn.c_proj.bias": (d,),
            f"h.{i}.ln_2.weight": (d,), f"h.{i}.ln_2.bias": (d,),
            f"h.{i}.mlp.c_fc.weight": (d, d_ff), f"h.{i}.mlp.c_fc.bias": (d_ff,),
            f"h.{i}.mlp.c_proj.weight": (d_ff, d), f"h.{i}.mlp.c_proj.bias": (d,),
        }  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    return {
        name: 0.6 * torch.randn(shape, generator=generator, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def gpt2_logits(state: dict[str, Tensor], ids: list[int], n_heads: int, n_layers: int) -> Tensor:
    """The logits of GPT-2 at every position of one sequence, one query and one head at a time.

    From Radford et al. 2019, section 2.3, Vaswani et al. 2017, section 3.2, and Ba et al. 2016; the
    weights are taken as published, y = x W + b.
    """

    def norm(x: Tensor, name: str) -> Tensor:
        centred = x - x.sum(-1, keepdim=True) / x.shape[-1]
        variance = (centred**2).sum(-1, keepdim=True) / x.shape[-1]
        return centred / torch.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]

    def conv1d(x: Tensor, name: str) -> Tensor:
        return x @ state[f"{name}.weight"] + state[f"{name}.bias"]

    d = state["wte.weight"].shape[1]
    d_head = d // n_heads
    x = torch.stack([state["wte.weight"][token] + state["wpe.weight"][p] for p, token in enumerate(ids)])
    for i in range(n_layers):
        q, k, v = conv1d(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(d, dim=1)
        mixed = torch.zeros_like(x)
        for head in range(n_heads):
            part = slice(head * d_head, (head + 1) * d_head)
            for query in range(len(ids)):
                scores = [(q[query, part] @ k[key, part]) / math.sqrt(d_head) for key in range(query + 1)]
                total = sum(math.exp(score) for score in scores)
                for key, score in enumerate(scores):
                    mixed[query, part] += math.exp(score) / total * v[key, part]
        x = x + conv1d(mixed, f"h.{i}.attn.c_proj")
        z = conv1d(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")
        z = 0.5 * z * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
        x = x + conv1d(z, f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f") @ state["wte.weight"].T


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=["float64", "float32"]
)
@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_gpt2_weights_give_the_logits_of_gpt2(dtype: torch.dtype, tolerance: float, prefix: str) -> None:
    state = gpt2_state(CONFIG)
    model = GPT(CONFIG).to(dtype).eval()
    load_gpt2_state_dict(model, {prefix + name: tensor for name, tensor in state.items()})
    ids = random_ids(2, 11)
    expected = torch.stack([gpt2_logits(state, row, n_heads=3, n_layers=2) for row in ids.tolist()])
    torch.testing.assert_close(
        model(ids).double(), expected, rtol=tolerance, atol=tolerance * expected.abs().max()
    )


def test_the_extras_of_a_checkpoint_do_no_harm() -> None:
    state = gpt2_state(CONFIG)
    plain, decorated = GPT(CONFIG), GPT(CONFIG)
    load_gpt2_state_dict(plain, state)
    extras = {
        "transformer.h.0.attn.bias": torch.ones(1, 1, 11, 11, dtype=torch.bool),
        "transformer.h.1.attn.masked_bias": torch.tensor(-1e4),
        "lm_head.weight": state["wte.weight"].clone(),
    }
    load_gpt2_state_dict(decorated, {f"transformer.{name}": t for name, t in state.items()} | extras)
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, decorated.state_dict()[name])


def test_loading_keeps_the_tie_and_copies_the_tensors() -> None:
    state = gpt2_state(CONFIG)
    model = GPT(CONFIG).double()
    load_gpt2_state_dict(model, state)
    assert model.head.weight is model.token_embedding.weight
    loaded = model.blocks[1].attention.w_o.weight.clone()
    state["h.1.attn.c_proj.weight"].zero_()
    assert torch.equal(model.blocks[1].attention.w_o.weight, loaded)


def test_weights_without_biases_fit_a_model_without_biases() -> None:
    state = gpt2_state(CONFIG)
    model = GPT(GPTConfig(**SIZES, bias=False)).double().eval()
    load_gpt2_state_dict(model, {name: t for name, t in state.items() if not name.endswith("bias")})
    unbiased = {name: t if not name.endswith("bias") else torch.zeros_like(t) for name, t in state.items()}
    ids = random_ids(1, 7)
    torch.testing.assert_close(model(ids)[0], gpt2_logits(unbiased, ids[0].tolist(), n_heads=3, n_layers=2))


def without(name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in gpt2_state(CONFIG).items() if key != name}


FIX = "; build the model with the configuration of the weights"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (without("h.1.ln_2.bias"), f"the state lacks h.1.ln_2.bias (1 in all){FIX}"),
        (
            {"h.0.attn.bias": torch.ones(11, 11)},
            f"the state lacks h.0.attn.c_attn.bias, h.0.attn.c_attn.weight, h.0.attn.c_proj.bias (28 in all){FIX}",
        ),
        (
            gpt2_state(CONFIG) | {"h.2.ln_1.bias": torch.zeros(6), "extra": torch.zeros(1)},
            f"the state holds unknown extra, h.2.ln_1.bias (2 in all){FIX}",
        ),
        (
            gpt2_state(CONFIG) | {"h.0.mlp.c_fc.weight": torch.zeros(24, 6)},
            f"h.0.mlp.c_fc.weight has shape (24, 6), this model needs (6, 24){FIX}",
        ),
        (
            gpt2_state(CONFIG) | {"h.1.attn.c_attn.weight": torch.zeros(6, 6)},
            f"h.1.attn.c_attn.weight has shape (6, 6), this model needs (6, 18){FIX}",
        ),
        (
            gpt2_state(CONFIG) | {"h.1.attn.c_attn.bias": torch.zeros(6)},
            f"h.1.attn.c_attn.bias has shape (6,), this model needs (18,){FIX}",
        ),
        (
            gpt2_state(GPTConfig(**{**SIZES, "context_length": 13})),
            f"wpe.weight has shape (13, 6), this model needs (11, 6){FIX}",
        ),
        (
            gpt2_state(CONFIG) | {"lm_head.weight": torch.zeros(17, 6, dtype=torch.float64)},
            "lm_head.weight differs from wte.weight; this model ties the two, as GPT-2 does",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused_and_change_nothing(
    state: dict[str, Tensor], message: str
) -> None:
    model = GPT(CONFIG)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load_gpt2_state_dict(model, state)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])


# GPT.forward


def test_no_position_depends_on_a_later_token_and_each_depends_on_every_earlier_one() -> None:
    model, n = random_model(), 7
    embedded: list[Tensor] = []

    def catch(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        embedded.append(output.detach().requires_grad_())
        return embedded[-1]

    model.token_embedding.register_forward_hook(catch)
    logits = model(random_ids(1, n))
    for query in range(n):
        (gradient,) = torch.autograd.grad(logits[0, query].square().sum(), embedded[0], retain_graph=True)
        reached = gradient[0].abs().sum(-1) > 0
        assert reached.tolist() == [key <= query for key in range(n)]


def test_sequences_of_a_batch_do_not_see_each_other() -> None:
    model, ids = random_model(), random_ids(3, 5)
    for row, logits in zip(ids, model(ids), strict=True):
        torch.testing.assert_close(model(row[None])[0], logits)


@pytest.mark.parametrize("n_first", range(1, 11))
def test_reading_in_two_parts_with_a_cache_gives_the_same_logits(n_first: int) -> None:
    model, ids = random_model(), random_ids(2, 11)
    cache = KVCache(n_layers=2, context_length=11)
    first = model(ids[:, :n_first], cache=cache)
    assert cache.length == n_first
    second = model(ids[:, n_first:], cache=cache)
    assert cache.length == 11
    torch.testing.assert_close(torch.cat([first, second], dim=1), model(ids))


def test_dropout_acts_on_the_embeddings_and_in_the_blocks_but_only_in_training() -> None:
    model, ids = random_model(dropout=0.5), random_ids(1, 5)
    assert torch.equal(model(ids), model(ids))
    torch.testing.assert_close(model(ids), random_model(dropout=0.0)(ids))
    model.dropout.train()
    assert not torch.equal(model(ids), model(ids))
    model.dropout.eval()
    model.blocks.train()
    assert not torch.equal(model(ids), model(ids))


@pytest.mark.own
def test_a_sequence_longer_than_the_context_is_refused() -> None:
    model = random_model()
    with pytest.raises(ValueError, match=r"^positions 0 to 11 do not fit into context_length=11;"):
        model(random_ids(1, 12))
    cache = KVCache(n_layers=2, context_length=11)
    model(random_ids(1, 9), cache=cache)
    with pytest.raises(ValueError, match=r"^positions 9 to 11 do not fit into context_length=11;"):
        model(random_ids(1, 3), cache=cache)
    assert cache.length == 9


# tying, initialisation


def test_tied_matrices_are_one_parameter_with_the_values_of_the_embedding() -> None:
    model = GPT(CONFIG)
    model.head = nn.Linear(6, 17, bias=False)
    embedding = model.token_embedding.weight.clone()
    tie_weights(model)
    assert model.head.weight is model.token_embedding.weight
    assert torch.equal(model.head.weight, embedding)


def test_both_uses_of_a_tied_matrix_send_their_gradient() -> None:
    model, ids = random_model(), random_ids(2, 5)
    model(ids).square().sum().backward()
    together = model.token_embedding.weight.grad.clone()
    untied = random_model()
    untied.head.weight = nn.Parameter(untied.head.weight.detach().clone())
    untied(ids).square().sum().backward()
    apart = [untied.token_embedding.weight.grad, untied.head.weight.grad]
    assert all(gradient.abs().max() > 0 for gradient in apart)
    torch.testing.assert_close(together, apart[0] + apart[1])


@pytest.mark.own
def test_matrices_of_different_shape_are_not_tied() -> None:
    model = GPT(CONFIG)
    model.token_embedding = nn.Embedding(19, 6)
    head = model.head.weight
    message = "the embedding has shape (19, 6) and the head (17, 6); give both one row per symbol"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        tie_weights(model)
    assert model.head.weight is head


def test_initial_parameters_have_the_spread_of_gpt2() -> None:
    model = GPT(GPTConfig(vocab_size=101, context_length=67, d_model=72, n_heads=3, n_layers=8))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(9.0)  # whatever was there before does not count
    init_weights(model, torch.Generator().manual_seed(0))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            assert (parameter == 0).all(), name
        elif "norm" in name:
            assert (parameter == 1).all(), name
        else:
            std = 0.005 if "w_o." in name or "w_out." in name else 0.02  # 0.02 / √(2 · 8) = 0.005
            assert parameter.std().item() == pytest.approx(std, rel=0.06), name
            assert abs(parameter.mean().item()) < 4 * std / math.sqrt(parameter.numel()), name


def test_the_seed_decides_the_parameters() -> None:
    first, second, other = GPT(CONFIG), GPT(CONFIG), GPT(CONFIG)
    for model, seed in ((first, 3), (second, 3), (other, 4)):
        init_weights(model, torch.Generator().manual_seed(seed))
    assert torch.equal(first.head.weight, second.head.weight)
    assert torch.equal(first.blocks[1].attention.w_k.weight, second.blocks[1].attention.w_k.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


def test_a_fresh_model_finds_all_symbols_about_equally_probable() -> None:
    model = GPT(GPTConfig(vocab_size=101, context_length=13, d_model=64, n_heads=4, n_layers=3))
    ids = torch.randint(101, (7, 14))
    loss = next_token_loss(model(ids[:, :-1]), ids[:, 1:]).item()
    assert loss == pytest.approx(math.log(101), abs=0.1)


# count_parameters


@pytest.mark.parametrize(
    ("n_layers", "d_model", "n_heads", "total"),
    [
        (12, 768, 12, 124_439_808),
        (24, 1024, 16, 354_823_168),
        (36, 1280, 20, 774_030_080),
        (48, 1600, 25, 1_557_611_200),
    ],
    ids=["small", "medium", "large", "xl"],
)
def test_the_published_gpt2_sizes(n_layers: int, d_model: int, n_heads: int, total: int) -> None:
    config = GPTConfig(
        vocab_size=50257, context_length=1024, d_model=d_model, n_heads=n_heads, n_layers=n_layers
    )
    assert count_parameters(config) == total


@settings(max_examples=30)
@given(
    vocab_size=st.integers(1, 19),
    context_length=st.integers(1, 19),
    d_head=st.integers(1, 5),
    n_heads=st.integers(1, 4),
    n_layers=st.integers(1, 3),
    d_ff=st.none() | st.integers(1, 23),
    bias=st.booleans(),
)
def test_the_count_is_what_the_model_holds(
    vocab_size: int,
    context_length: int,
    d_head: int,
    n_heads: int,
    n_layers: int,
    d_ff: int | None,
    bias: bool,
) -> None:
    config = GPTConfig(
        vocab_size=vocab_size, context_length=context_length, d_model=n_heads * d_head, n_heads=n_heads,
        n_layers=n_layers, d_ff=d_ff, bias=bias,
    )  # fmt: skip
    held = {id(parameter): parameter.numel() for parameter in GPT(config).parameters()}  # a tied one once
    assert count_parameters(config) == sum(held.values())


# next_token_loss


def test_the_loss_is_the_mean_negative_log_probability_of_the_targets() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(2, 3, 5, generator=generator, dtype=torch.float64)
    targets = torch.tensor([[4, 0, 1], [2, 2, 3]])
    total = 0.0
    for row, row_targets in zip(logits.tolist(), targets.tolist(), strict=True):
        for scores, target in zip(row, row_targets, strict=True):
            total -= math.log(math.exp(scores[target]) / sum(math.exp(score) for score in scores))
    assert next_token_loss(logits, targets).item() == pytest.approx(total / 6, rel=1e-12)
    assert next_token_loss(logits[0], targets[0]).dim() == 0


def test_the_loss_is_finite_for_huge_logits() -> None:
    logits = torch.tensor([[[1e4, -1e4], [-1e4, 1e4]]])
    assert next_token_loss(logits, torch.tensor([[0, 1]])).item() == 0.0
    assert next_token_loss(logits, torch.tensor([[1, 1]])).item() == pytest.approx(1e4)


@pytest.mark.usefixtures("_as_users_run_it")
@pytest.mark.own
def test_targets_of_another_shape_are_refused_even_if_their_number_fits() -> None:
    message = "logits of shape (2, 3, 5) need targets of shape (2, 3), not (3, 2)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        next_token_loss(torch.zeros(2, 3, 5), torch.zeros(3, 2, dtype=torch.long))
