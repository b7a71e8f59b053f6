import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.nn import functional as F

import oracles
from seq2gpt.blocks import (
    FeedForward,
    LayerNorm,
    SwiGLU,
    TransformerBlock,
    dropout,
    gelu,
    layer_norm,
    residual,
    rms_norm,
)

HALF = [torch.float16, torch.bfloat16]


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def randomised(module: nn.Module) -> nn.Module:
    """In float64 with every parameter drawn afresh: gains of 1 and biases of 0 would hide what is lost."""
    with torch.no_grad():
        for parameter in module.double().parameters():
            parameter.normal_()
    return module


def by_position(function: Callable[[list[float]], list[float]], x: Tensor) -> Tensor:
    """An oracle for one hidden state, applied at every position."""
    return oracles.tensor([function(row) for row in x.reshape(-1, x.shape[-1]).tolist()]).view(x.shape)


# layer_norm


@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("shape", [(7,), (5, 7), (2, 3, 5, 7)])
def test_layer_norm_agrees_with_the_paper(shape: tuple[int, ...], eps: float) -> None:
    x, weight, bias = 3 * normal(*shape) + 2, normal(7), normal(7)
    expected = by_position(lambda row: oracles.layer_norm(row, weight.tolist(), bias.tolist(), eps), x)
    torch.testing.assert_close(layer_norm(x, weight, bias, eps), expected)


def test_the_variance_divides_by_the_number_of_features() -> None:
    assert layer_norm(torch.tensor([-1.0, 1.0]), torch.ones(2), eps=0.0).tolist() == [-1.0, 1.0]


def test_epsilon_stands_inside_the_root() -> None:
    x = torch.tensor([-0.3, 0.3], dtype=torch.float64)  # variance 0.09, and 0.09 + 0.16 = 0.5²
    torch.testing.assert_close(layer_norm(x, torch.ones(2).double(), eps=0.16), x / 0.5)


def test_layer_norm_without_bias_adds_nothing() -> None:
    x, weight = normal(3, 7), normal(7)
    torch.testing.assert_close(layer_norm(x, weight), layer_norm(x, weight, torch.zeros(7).double()))


def test_layer_norm_has_a_small_epsilon_unless_told() -> None:
    x = 1e-3 * normal(3, 7)
    torch.testing.assert_close(layer_norm(x, torch.ones(7).double()), F.layer_norm(x, [7], eps=1e-5))


def test_equal_features_are_normalised_to_0() -> None:
    assert layer_norm(torch.full((3, 7), 5.0), torch.ones(7)).tolist() == [[0.0] * 7] * 3


def test_layer_norm_gradient() -> None:
    assert gradcheck(layer_norm, [normal(3, 7, grad=True), normal(7, grad=True), normal(7, grad=True)])


def test_no_position_influences_the_norm_of_another() -> None:
    weight = normal(7)
    alone = torch.eye(5, dtype=torch.bool).tolist()
    assert oracles.influences(lambda x: layer_norm(x, weight), normal(5, 7)) == alone
    assert oracles.influences(lambda x: rms_norm(x, weight), normal(5, 7)) == alone


@pytest.mark.parametrize("dtype", HALF)
def test_norms_of_large_numbers_in_half_precision(dtype: torch.dtype) -> None:
    x = (300 * torch.randn(3, 101) + 500).to(dtype)  # squares overflow float16
    weight, bias = torch.randn(101).to(dtype), torch.randn(101).to(dtype)
    expected = F.layer_norm(x.double(), [101], weight.double(), bias.double())
    for result in (
        layer_norm(x, weight, bias),
        layer_norm(x.float(), weight.float(), bias.float()).to(dtype),
    ):
        assert result.dtype == dtype
        torch.testing.assert_close(result.double(), expected, rtol=2e-2, atol=2e-2)
    result = rms_norm(x, weight)
    assert result.dtype == dtype
    expected = F.rms_norm(x.double(), [101], weight.double(), 1e-5)
    torch.testing.assert_close(result.double(), expected, rtol=2e-2, atol=2e-2)


# rms_norm


@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("shape", [(7,), (5, 7), (2, 3, 5, 7)])
def test_rms_norm_agrees_with_the_paper(shape: tuple[int, ...], eps: float) -> None:
    x, weight = 3 * normal(*shape) + 2, normal(7)
    expected = by_position(lambda row: oracles.rms_norm(row, weight.tolist(), eps), x)
    torch.testing.assert_close(rms_norm(x, weight, eps), expected)


def test_rms_norm_has_a_small_epsilon_unless_told() -> None:
    x, weight = 1e-3 * normal(3, 7), normal(7)
    torch.testing.assert_close(rms_norm(x, weight), F.rms_norm(x, [7], weight, eps=1e-5))


def test_rms_norm_keeps_the_mean() -> None:
    assert rms_norm(torch.full((7,), 5.0), torch.ones(7), eps=0.0).tolist() == [1.0] * 7


def test_rms_norm_gradient() -> None:
    assert gradcheck(rms_norm, [normal(3, 7, grad=True), normal(7, grad=True)])


# gelu


def test_gelu_agrees_with_the_paper_and_with_torch() -> None:
    x = torch.linspace(-7, 7, 101, dtype=torch.float64)
    torch.testing.assert_close(gelu(x), by_position(lambda row: [oracles.gelu(v) for v in row], x))
    torch.testing.assert_close(gelu(x), F.gelu(x, approximate="tanh"))


def test_the_form_with_tanh_is_close_to_the_exact_one() -> None:
    x = torch.linspace(-7, 7, 10_001, dtype=torch.float64)
    assert 0.0004 < (gelu(x) - F.gelu(x)).abs().max() < 0.0005


def test_gelu_gradient() -> None:
    assert gradcheck(gelu, normal(3, 5, grad=True))


@pytest.mark.parametrize("dtype", [*HALF, torch.float32])
def test_gelu_keeps_shape_and_dtype(dtype: torch.dtype) -> None:
    x = torch.randn(2, 3, 5).to(dtype)
    before = x.clone()
    result = gelu(x)
    assert result.dtype == dtype
    assert result.shape == x.shape
    assert torch.equal(x, before)
    torch.testing.assert_close(result.double(), F.gelu(x.double(), approximate="tanh"), rtol=3e-2, atol=3e-2)


# dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_share_p_becomes_0_and_the_expected_value_stays(p: float) -> None:
    x = torch.full((100, 100), 3.0)
    result = dropout(x, p, training=True)
    kept = result != 0
    assert abs(kept.float().mean() - (1 - p)) < 0.02  # 4 standard deviations at p = 0.5
    torch.testing.assert_close(result[kept], torch.full_like(result[kept], 3 / (1 - p)))
    assert abs(result.mean() - 3) < 0.3


def test_every_number_is_dropped_on_its_own() -> None:
    kept = dropout(torch.ones(50, 60), 0.5, training=True) != 0
    for along in (0, 1):
        assert kept.float().mean(along).std() < 0.1  # whole rows or columns would be all kept or all dropped
        assert kept.float().mean(along).min() > 0


def test_outside_training_nothing_is_dropped() -> None:
    x = normal(3, 5)
    assert torch.equal(dropout(x, 0.9, training=False), x)
    assert torch.equal(dropout(x, 0.0, training=True), x)


def test_torchs_generator_decides_what_is_dropped() -> None:
    x = torch.ones(1000)
    torch.manual_seed(7)
    first = dropout(x, 0.5, True)
    assert not torch.equal(first, dropout(x, 0.5, True))
    torch.manual_seed(7)
    assert torch.equal(first, dropout(x, 0.5, True))


def test_dropped_numbers_get_no_gradient() -> None:
    x = normal(101, grad=True)
    result = dropout(x, 0.5, True)
    (gradient,) = torch.autograd.grad(result.sum(), x)
    torch.testing.assert_close(gradient, 2.0 * (result != 0).double())


def test_a_dropped_number_is_0_even_if_it_was_infinite() -> None:
    result = dropout(torch.full((101,), math.inf), 0.5, True)
    assert set(result.tolist()) == {0.0, math.inf}


@pytest.mark.parametrize("dtype", [*HALF, torch.float64])
def test_dropout_keeps_the_dtype(dtype: torch.dtype) -> None:
    x = torch.ones(101, dtype=dtype)
    assert dropout(x, 0.5, True).dtype == dtype
    assert x.eq(1).all()


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.own
def test_dropout_refuses_what_is_no_probability_below_1(p: float, training: bool) -> None:
    with pytest.raises(ValueError, match=rf"^p={p} must be at least 0 and below 1$"):
        dropout(torch.ones(3), p, training)


# residual


def test_the_sublayer_sees_the_norm_and_x_is_added_untouched() -> None:
    x = normal(3, 5)
    torch.testing.assert_close(residual(x, sublayer=torch.sin, norm=torch.exp), x + x.exp().sin())


def test_a_deep_stack_of_residuals_keeps_a_gradient_of_1() -> None:
    x = normal(5, grad=True)
    result = x
    for _ in range(50):
        result = residual(result, sublayer=lambda h: 0 * h, norm=lambda h: 100 * h)
    (gradient,) = torch.autograd.grad(result.sum(), x)
    assert gradient.tolist() == [1.0] * 5


def test_residual_leaves_its_input_alone() -> None:
    x = normal(3, 5)
    before = x.clone()
    residual(x, sublayer=lambda h: h, norm=lambda h: h)
    assert torch.equal(x, before)


# LayerNorm


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_the_module_computes_the_explained_layer_norm(bias: bool, eps: float) -> None:
    norm, x = randomised(LayerNorm(7, bias, eps)), normal(2, 3, 7, grad=True)
    explained, fused = layer_norm(x, norm.weight, norm.bias, eps), norm(x)
    torch.testing.assert_close(fused, explained)
    inputs, factors = [x, *norm.parameters()], normal(2, 3, 7)
    expected = torch.autograd.grad((explained * factors).sum(), inputs)
    for gradient, wanted in zip(torch.autograd.grad((fused * factors).sum(), inputs), expected, strict=True):
        torch.testing.assert_close(gradient, wanted)


def test_a_fresh_norm_only_normalises() -> None:
    norm = LayerNorm(7)
    assert (norm.eps, norm.weight.tolist(), norm.bias.tolist()) == (1e-5, [1.0] * 7, [0.0] * 7)
    assert LayerNorm(7, bias=False).bias is None
    assert list(LayerNorm(7, bias=False).state_dict()) == ["weight"]


# FeedForward, SwiGLU


@pytest.mark.parametrize("bias", [True, False])
def test_feed_forward_agrees_with_the_paper(bias: bool) -> None:
    network, x = randomised(FeedForward(5, 7, bias)), normal(3, 5)
    inner = oracles.elementwise(oracles.gelu, oracles.linear(x, network.w_in.weight, network.w_in.bias))
    expected = oracles.linear(inner, network.w_out.weight, network.w_out.bias)
    torch.testing.assert_close(network(x), oracles.tensor(expected))
    assert network.w_in.weight.shape == (7, 5)
    assert len(list(network.parameters())) == (4 if bias else 2)


def test_feed_forward_uses_the_explained_gelu() -> None:
    network, x = randomised(FeedForward(5, 7)), normal(2, 3, 5)
    torch.testing.assert_close(network(x), network.w_out(gelu(network.w_in(x))))


@pytest.mark.parametrize("bias", [True, False])
def test_swiglu_agrees_with_the_paper(bias: bool) -> None:
    network, x = randomised(SwiGLU(5, 7, bias)), normal(3, 5)
    gates = oracles.elementwise(oracles.swish, oracles.linear(x, network.w_gate.weight, network.w_gate.bias))
    values = oracles.linear(x, network.w_in.weight, network.w_in.bias)
    gated = [[g * v for g, v in zip(*rows, strict=True)] for rows in zip(gates, values, strict=True)]
    expected = oracles.linear(gated, network.w_out.weight, network.w_out.bias)
    torch.testing.assert_close(network(x), oracles.tensor(expected))
    assert network.w_gate.weight.shape == network.w_in.weight.shape == (7, 5)
    assert len(list(network.parameters())) == (6 if bias else 3)


def test_swiglu_has_no_bias_unless_told_and_feed_forward_has() -> None:
    assert SwiGLU(5, 7).w_gate.bias is None
    assert FeedForward(5, 7).w_in.bias is not None


@pytest.mark.parametrize("network", [FeedForward, SwiGLU])
def test_feed_forward_networks_work_at_each_position_alone(network: type[nn.Module]) -> None:
    layer, x = randomised(network(5, 11)), normal(2, 3, 7, 5)
    torch.testing.assert_close(layer(x)[1, 2], layer(x[1, 2]))
    assert oracles.influences(layer, normal(7, 5)) == torch.eye(7, dtype=torch.bool).tolist()
    assert gradcheck(layer, normal(3, 5, grad=True))


def test_dropout_acts_on_the_result_of_the_feed_forward_network_in_training_only() -> None:
    network, x = randomised(FeedForward(5, 7, dropout=0.5)), normal(7, 11, 5)
    dropped, kept = network(x), network.eval()(x)
    zeros = dropped == 0
    assert 0.3 < zeros.double().mean() < 0.7
    torch.testing.assert_close(dropped[~zeros], 2 * kept[~zeros])


# TransformerBlock


def block(dropout: float = 0.0, bias: bool = True) -> nn.Module:
    return randomised(TransformerBlock(d_model=6, n_heads=3, d_ff=7, dropout=dropout, bias=bias))


def loops(layer: nn.Module, x: Tensor, masks: list[list[list[bool]]] | None = None) -> Tensor:
    """Radford et al. 2019, section 2.3, from the oracles alone."""

    def norm(x: Tensor, part: nn.Module) -> Tensor:
        bias = [0.0] * x.shape[-1] if part.bias is None else part.bias.tolist()
        return by_position(lambda row: oracles.layer_norm(row, part.weight.tolist(), bias, 1e-5), x)

    attention, network = layer.attention, layer.feed_forward
    linears = [(p.weight, p.bias) for p in (attention.w_q, attention.w_k, attention.w_v, attention.w_o)]
    hidden = norm(x, layer.norm_1)
    x = x + oracles.multi_head_attention(hidden, hidden, 3, linears, masks)
    inner = oracles.linear(norm(x, layer.norm_2), network.w_in.weight, network.w_in.bias)
    inner = oracles.elementwise(oracles.gelu, inner)
    return x + oracles.tensor(oracles.linear(inner, network.w_out.weight, network.w_out.bias))


@pytest.mark.parametrize("bias", [True, False])
def test_block_agrees_with_the_papers(bias: bool) -> None:
    layer, x = block(bias=bias), normal(2, 5, 6)
    mask = (torch.rand(3, 5, 5) < 0.5) | torch.eye(5, dtype=torch.bool)
    for b in range(2):
        torch.testing.assert_close(layer(x)[b], loops(layer, x[b]))
        torch.testing.assert_close(layer(x, mask)[b], loops(layer, x[b], mask.tolist()))
        torch.testing.assert_close(layer(x, causal=True)[b], loops(layer, x[b], [oracles.causal(5)] * 3))


def test_block_is_the_pre_ln_layer_of_torch() -> None:
    layer, x = block(), normal(2, 5, 6)
    theirs = nn.TransformerEncoderLayer(
        6,
        nhead=3,
        dim_feedforward=7,
        dropout=0.0,
        norm_first=True,
        batch_first=True,
        activation=lambda h: F.gelu(h, approximate="tanh"),
    ).double()
    attention, network = layer.attention, layer.feed_forward
    with torch.no_grad():
        for kind in ("weight", "bias"):
            parts = [getattr(part, kind) for part in (attention.w_q, attention.w_k, attention.w_v)]
            getattr(theirs.self_attn, f"in_proj_{kind}").copy_(torch.cat(parts))
            for ours, other in (
                (attention.w_o, theirs.self_attn.out_proj),
                (network.w_in, theirs.linear1),
                (network.w_out, theirs.linear2),
                (layer.norm_1, theirs.norm1),
                (layer.norm_2, theirs.norm2),
            ):
                getattr(other, kind).copy_(getattr(ours, kind))
    torch.testing.assert_close(layer(x), theirs(x))


def test_block_is_causal_when_told_and_only_then() -> None:
    layer = block()
    assert oracles.influences(lambda x: layer(x, causal=True), normal(5, 6)) == oracles.causal(5)
    assert oracles.influences(layer, normal(5, 6)) == [[True] * 5] * 5


def test_a_block_whose_sublayers_are_silent_passes_x_on() -> None:
    layer, x = block(bias=False), normal(2, 5, 6)
    nn.init.zeros_(layer.attention.w_o.weight)
    nn.init.zeros_(layer.feed_forward.w_out.weight)
    assert torch.equal(layer(x), x)


def test_reading_piece_by_piece_with_a_cache_changes_nothing() -> None:
    layer, x, store = block(), normal(2, 7, 6), oracles.GrowingCache()
    pieces = [layer(piece, causal=True, cache=store) for piece in x.split([3, 1, 2, 1], dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), layer(x, causal=True))


@pytest.mark.own
def test_dropout_acts_on_both_sublayers_in_training_only() -> None:
    layer, x = block(dropout=0.5), normal(2, 5, 6)
    assert [part.dropout.p for part in (layer.attention, layer.feed_forward)] == [0.5, 0.5]
    assert not torch.equal(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))
    without = block()
    without.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer(x), without(x))


def test_block_parameters_by_name() -> None:
    names = {
        *(f"attention.w_{part}" for part in "qkvo"),
        "feed_forward.w_in",
        "feed_forward.w_out",
        "norm_1",
        "norm_2",
    }
    assert set(block().state_dict()) == {f"{name}.{kind}" for name in names for kind in ("weight", "bias")}
    assert set(block(bias=False).state_dict()) == {f"{name}.weight" for name in names}


def test_block_gradient() -> None:
    layer = block()
    assert gradcheck(lambda x: layer(x, causal=True), normal(1, 3, 6, grad=True))


@pytest.mark.parametrize("dtype", HALF)
def test_block_in_half_precision(dtype: torch.dtype) -> None:
    layer, x = TransformerBlock(d_model=6, n_heads=3, d_ff=7), torch.randn(2, 5, 6)
    expected = layer(x, causal=True)
    result = layer.to(dtype)(x.to(dtype), causal=True)
    assert result.dtype == dtype
    torch.testing.assert_close(result.float(), expected, rtol=5e-2, atol=5e-2)


@pytest.mark.own
def test_block_refuses_heads_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^d_model=6 does not split into n_heads=4; use a multiple of 4$"):
        TransformerBlock(d_model=6, n_heads=4, d_ff=7)
