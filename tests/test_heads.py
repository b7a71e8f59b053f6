import itertools

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck

import oracles
from seq2gpt.attention import SelfAttention, causal_mask
from seq2gpt.heads import (
    MultiHeadAttention,
    count_attention_parameters,
    cross_attention,
    head_width,
    merge_heads,
    split_heads,
)

HALF = [torch.float16, torch.bfloat16]


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def random_mask(*shape: int) -> Tensor:
    """About half of the keys hidden; every query may see its first key."""
    mask = torch.rand(*shape) < 0.5
    mask[..., 0] = True
    return mask


def attention_layer(
    d_model: int, n_heads: int, bias: bool = True, dropout: float = 0.0
) -> MultiHeadAttention:
    """In float64, and with biases as large as the weights, so that a lost one shows."""
    layer = MultiHeadAttention(d_model, n_heads, bias, dropout).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_()
    return layer


def linears(layer: MultiHeadAttention) -> list[tuple[Tensor, Tensor | None]]:
    return [(part.weight, part.bias) for part in (layer.w_q, layer.w_k, layer.w_v, layer.w_o)]


# head_width


def test_head_width() -> None:
    assert head_width(768, 12) == 64
    assert head_width(7, 1) == 7
    assert head_width(7, 7) == 1


@pytest.mark.parametrize("use", [head_width, count_attention_parameters, MultiHeadAttention])
@pytest.mark.own
def test_heads_that_do_not_fit_are_refused(use: type[MultiHeadAttention]) -> None:
    wording = r"^d_model=100 does not split into n_heads=8; use a multiple of 8$"
    with pytest.raises(ValueError, match=wording):
        use(100, 8)
    for n_heads in (0, -2):
        with pytest.raises(ValueError, match=rf"^n_heads={n_heads} must be at least 1$"):
            use(100, n_heads)


# split_heads, merge_heads


def test_every_feature_goes_to_its_head() -> None:
    x = normal(2, 3, 5, 14)
    heads = split_heads(x, n_heads=7)
    assert heads.shape == (2, 3, 7, 5, 2)
    for head, position, feature in itertools.product(range(7), range(5), range(2)):
        assert torch.equal(heads[..., head, position, feature], x[..., position, 2 * head + feature])


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
@pytest.mark.parametrize("n_heads", [1, 2, 5, 10])
def test_merging_undoes_splitting(n_heads: int, leading: tuple[int, ...]) -> None:
    x = normal(*leading, 7, 10)
    assert torch.equal(merge_heads(split_heads(x, n_heads)), x)


def test_merging_joins_the_heads_in_order() -> None:
    heads = normal(2, 3, 5, 7)  # batch n_heads n d_head
    assert torch.equal(merge_heads(heads), torch.cat([heads[:, 0], heads[:, 1], heads[:, 2]], dim=-1))


def test_heads_and_back_pass_the_gradient() -> None:
    assert gradcheck(lambda x: split_heads(x, 5), normal(2, 3, 10, grad=True))
    assert gradcheck(merge_heads, normal(2, 3, 5, 2, grad=True))


@pytest.mark.own
def test_splitting_refuses_a_width_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^d_model=10 does not split into n_heads=4; use a multiple of 4$"):
        split_heads(normal(3, 10), n_heads=4)


# count_attention_parameters


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("n_heads", [1, 2, 7, 14])
def test_the_count_is_that_of_the_layer_whatever_the_number_of_heads(n_heads: int, bias: bool) -> None:
    layer = MultiHeadAttention(14, n_heads, bias)
    assert count_attention_parameters(14, n_heads, bias) == sum(p.numel() for p in layer.parameters())
    assert count_attention_parameters(14, n_heads, bias) == (840 if bias else 784)


def test_biases_count_unless_told_otherwise() -> None:
    assert count_attention_parameters(768, 12) == 2_362_368  # one layer of GPT-2 small


# cross_attention


@pytest.mark.parametrize("masked", [False, True])
def test_queries_come_from_x_keys_and_values_from_memory(masked: bool) -> None:
    x, memory = normal(5, 3), normal(7, 11)
    w_q, w_k, w_v = normal(3, 2), normal(11, 2), normal(11, 13)
    mask = random_mask(5, 7) if masked else None
    projected = [oracles.matmul(*pair) for pair in ((x, w_q), (memory, w_k), (memory, w_v))]
    expected = oracles.attention(*projected, None if mask is None else mask.tolist())
    for result, wanted in zip(cross_attention(x, memory, w_q, w_k, w_v, mask), expected, strict=True):
        torch.testing.assert_close(result, wanted)


def test_cross_attention_keeps_leading_dimensions() -> None:
    x, memory, weights = normal(2, 3, 5, 7), normal(2, 3, 11, 7), [normal(7, 13) for _ in range(3)]
    mask = random_mask(2, 3, 5, 11)
    output, attended = cross_attention(x, memory, *weights, mask)
    alone = cross_attention(x[1, 2], memory[1, 2], *weights, mask[1, 2])
    torch.testing.assert_close(output[1, 2], alone[0])
    torch.testing.assert_close(attended[1, 2], alone[1])


def test_a_query_without_any_memory_to_look_at_gets_zeros_and_finite_gradients() -> None:
    x, memory, weights = normal(3, 5, grad=True), normal(7, 5, grad=True), [normal(5, 5) for _ in range(3)]
    mask = random_mask(3, 7)
    mask[1] = False
    output, attended = cross_attention(x, memory, *weights, mask)
    assert (output[1] == 0).all()
    assert (attended[1] == 0).all()
    gradients = torch.autograd.grad((output * normal(3, 5)).sum(), [x, memory])
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert (gradients[0][1] == 0).all()


def test_cross_attention_gradient() -> None:
    inputs = [normal(*shape, grad=True) for shape in ((3, 5), (7, 2), (5, 3), (2, 3), (2, 5))]
    assert gradcheck(cross_attention, inputs)


# MultiHeadAttention


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("n_heads", [1, 2, 5])
def test_heads_agree_with_the_paper(n_heads: int, bias: bool) -> None:
    layer, x, memory = attention_layer(10, n_heads, bias), normal(3, 7, 10), normal(3, 11, 10)
    itself, other = random_mask(3, n_heads, 7, 7), random_mask(3, n_heads, 7, 11)
    for b in range(3):
        expected = oracles.multi_head_attention(x[b], x[b], n_heads, linears(layer))
        torch.testing.assert_close(layer(x)[b], expected)
        expected = oracles.multi_head_attention(x[b], x[b], n_heads, linears(layer), itself[b].tolist())
        torch.testing.assert_close(layer(x, mask=itself)[b], expected)
        expected = oracles.multi_head_attention(x[b], memory[b], n_heads, linears(layer), other[b].tolist())
        torch.testing.assert_close(layer(x, memory, other)[b], expected)


def test_heads_without_bias_are_the_self_attention_of_lesson_7() -> None:
    lesson_7, x, mask = (
        SelfAttention(d_model=15, n_heads=3).double(),
        normal(2, 7, 15),
        random_mask(2, 3, 7, 7),
    )
    layer = attention_layer(15, n_heads=3, bias=False)
    layer.load_state_dict(lesson_7.state_dict())
    torch.testing.assert_close(layer(x, mask=mask), lesson_7(x, mask))
    torch.testing.assert_close(layer(x, causal=True), lesson_7(x, causal_mask(7)))


@pytest.mark.parametrize("bias", [False, True])
def test_heads_agree_with_torch(bias: bool) -> None:
    layer, x, memory = attention_layer(15, 5, bias), normal(2, 7, 15), normal(2, 11, 15)
    theirs = nn.MultiheadAttention(15, num_heads=5, bias=bias, batch_first=True).double()
    with torch.no_grad():
        for kind in ("weight", "bias") if bias else ("weight",):
            parts = [getattr(part, kind) for part in (layer.w_q, layer.w_k, layer.w_v)]
            getattr(theirs, f"in_proj_{kind}").copy_(torch.cat(parts))
            getattr(theirs.out_proj, kind).copy_(getattr(layer.w_o, kind))
    padding = random_mask(2, 11)  # theirs: True forbids
    torch.testing.assert_close(layer(x, causal=True), theirs(x, x, x, attn_mask=~causal_mask(7))[0])
    expected, _ = theirs(x, memory, memory, key_padding_mask=~padding)
    torch.testing.assert_close(layer(x, memory, mask=padding[:, None, None]), expected)


def test_each_head_sees_all_features_of_x() -> None:
    layer, x = attention_layer(10, n_heads=5, bias=False), normal(1, 3, 10, grad=True)
    with torch.no_grad():
        layer.w_o.weight.copy_(torch.eye(10))  # the result is the heads, side by side
    for head in split_heads(layer(x), 5)[0]:
        (gradient,) = torch.autograd.grad(head.sum(), x, retain_graph=True)
        assert (gradient != 0).all()


def test_attention_is_causal_when_told_and_only_then() -> None:
    layer, x = attention_layer(6, n_heads=3), normal(5, 6)
    assert oracles.influences(lambda x: layer(x, causal=True), x) == oracles.causal(5)
    assert oracles.influences(layer, x) == [[True] * 5] * 5


def test_a_mask_hides_positions_by_gradient() -> None:
    layer = attention_layer(6, n_heads=3)
    mask = random_mask(5, 5)
    mask |= torch.eye(5, dtype=torch.bool)  # a query always sees itself: its own position is its input
    assert oracles.influences(lambda x: layer(x, mask=mask), normal(5, 6)) == mask.tolist()
    both = mask & causal_mask(5)
    assert oracles.influences(lambda x: layer(x, mask=mask, causal=True), normal(5, 6)) == both.tolist()


def test_a_query_that_may_see_nothing_gets_0_from_every_head() -> None:
    layer, x = attention_layer(6, n_heads=3), normal(2, 5, 6, grad=True)
    mask = random_mask(5, 5)
    mask[1] = False
    output = layer(x, mask=mask)
    torch.testing.assert_close(output[:, 1], layer.w_o.bias.expand(2, 6))
    (gradient,) = torch.autograd.grad(output.sum(), x)
    assert gradient.isfinite().all()


def test_permuted_positions_give_permuted_results() -> None:
    layer, x, order = attention_layer(6, n_heads=2), normal(2, 5, 6), torch.tensor([3, 0, 4, 2, 1])
    torch.testing.assert_close(layer(x[:, order]), layer(x)[:, order])


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_attention_keeps_leading_dimensions(leading: tuple[int, ...]) -> None:
    layer, x = attention_layer(6, n_heads=2), normal(*leading, 5, 6)
    result = layer(x, causal=True)
    assert result.shape == x.shape
    last = (-1,) * len(leading)
    torch.testing.assert_close(result[last], layer(x[last], causal=True))


def test_multi_head_attention_gradient() -> None:
    layer, mask = attention_layer(6, n_heads=2), random_mask(3, 5)
    assert gradcheck(
        lambda x, memory: layer(x, memory, mask), [normal(3, 6, grad=True), normal(5, 6, grad=True)]
    )


@pytest.mark.parametrize("dtype", HALF)
def test_attention_in_half_precision(dtype: torch.dtype) -> None:
    layer, x = MultiHeadAttention(10, n_heads=2), torch.randn(2, 7, 10)
    expected = layer(x, causal=True)
    result = layer.to(dtype)(x.to(dtype), causal=True)
    assert result.dtype == dtype
    torch.testing.assert_close(result.float(), expected, rtol=3e-2, atol=3e-2)


def test_dropout_acts_on_the_result_in_training_only() -> None:
    layer, x = attention_layer(10, n_heads=2, dropout=0.5), normal(3, 7, 10)
    dropped = layer(x)
    layer.eval()
    kept = layer(x)
    zeros = dropped == 0
    assert 0.3 < zeros.double().mean() < 0.7
    torch.testing.assert_close(dropped[~zeros], 2 * kept[~zeros])
    without = attention_layer(10, n_heads=2)
    without.load_state_dict(layer.state_dict())
    torch.testing.assert_close(without(x), kept)


@pytest.mark.parametrize("steps", [[7], [1] * 7, [3, 1, 2, 1]])
def test_reading_piece_by_piece_with_a_cache_changes_nothing(steps: list[int]) -> None:
    layer, x, store = attention_layer(10, n_heads=2), normal(3, 7, 10), oracles.GrowingCache()
    pieces = [layer(piece, causal=True, cache=store) for piece in x.split(steps, dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), layer(x, causal=True))
    assert [key.shape for key in store.keys] == [(3, 2, n, 5) for n in steps]
    torch.testing.assert_close(torch.cat(store.keys, dim=2), split_heads(layer.w_k(x), 2))
    torch.testing.assert_close(torch.cat(store.values, dim=2), split_heads(layer.w_v(x), 2))


def test_a_mask_reaches_back_into_the_cache() -> None:
    layer, x, store = attention_layer(10, n_heads=2), normal(3, 7, 10), oracles.GrowingCache()
    padding = random_mask(3, 1, 1, 7)
    layer(x[:, :5], mask=padding[..., :5], causal=True, cache=store)
    rest = layer(x[:, 5:], mask=padding, causal=True, cache=store)
    torch.testing.assert_close(rest, layer(x, mask=padding, causal=True)[:, 5:])


@pytest.mark.parametrize("extra", [{"causal": True}, {"cache": oracles.GrowingCache()}])
@pytest.mark.own
def test_memory_goes_neither_with_causal_nor_with_a_cache(
    extra: dict[str, bool | oracles.GrowingCache],
) -> None:
    layer, x = attention_layer(6, n_heads=2), normal(1, 5, 6)
    wording = r"^memory is another sequence, causal and cache belong to one; leave them out$"
    with pytest.raises(ValueError, match=wording):
        layer(x, memory=x, **extra)


def test_the_parameters_are_four_linear_layers() -> None:
    names = {f"w_{part}.{kind}" for part in "qkvo" for kind in ("weight", "bias")}
    assert set(MultiHeadAttention(6, 2).state_dict()) == names
    assert set(MultiHeadAttention(6, 2, bias=False).state_dict()) == {n for n in names if "weight" in n}
