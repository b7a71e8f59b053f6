import contextlib
import copy
import itertools
import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.utils.flop_counter import FlopCounterMode

import oracles
from seq2gpt import attention
from seq2gpt.attention import (
    SelfAttention,
    attention_flops,
    causal_mask,
    combine_masks,
    fused_attention,
    project_qkv,
    scaled_dot_product_attention,
    softmax,
)
from seq2gpt.forms import lesson_forms

HALF = [torch.float16, torch.bfloat16]


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def random_mask(*shape: int) -> Tensor:
    """About half of the keys hidden; every query may see its first key."""
    mask = torch.rand(*shape) < 0.5
    mask[..., 0] = True
    return mask


# project_qkv


def test_each_projection_uses_its_own_matrix() -> None:
    x, w_q, w_k, w_v = normal(5, 3), normal(3, 7), normal(3, 7), normal(3, 11)
    for result, w in zip(project_qkv(x, w_q, w_k, w_v), (w_q, w_k, w_v), strict=True):
        torch.testing.assert_close(result, oracles.tensor(oracles.matmul(x, w)))


def test_projections_keep_leading_dimensions() -> None:
    x, weights = normal(2, 3, 5, 7), [normal(7, 11) for _ in range(3)]
    for batch, single in zip(project_qkv(x, *weights), project_qkv(x[1, 2], *weights), strict=True):
        assert batch.shape == (2, 3, 5, 11)
        torch.testing.assert_close(batch[1, 2], single)


def test_gradients_reach_x_and_one_matrix_from_each_projection() -> None:
    inputs = [normal(5, 3, grad=True), *(normal(3, 3, grad=True) for _ in range(3))]
    for i, result in enumerate(project_qkv(*inputs)):
        gradients = torch.autograd.grad(result.sum(), inputs, allow_unused=True, retain_graph=True)
        assert [g is not None for g in gradients] == [True] + [i == j for j in range(3)]


# softmax


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2])
def test_softmax_along_every_axis(dim: int) -> None:
    scores = normal(2, 3, 5)
    moved = scores.movedim(dim, -1)
    rows = [oracles.softmax(row.tolist()) for row in moved.reshape(-1, moved.shape[-1])]
    expected = oracles.tensor(rows).view(moved.shape).movedim(-1, dim)
    torch.testing.assert_close(softmax(scores, dim), expected)


def test_softmax_takes_the_last_axis_unless_told() -> None:
    scores = normal(2, 3, 5)
    torch.testing.assert_close(softmax(scores), torch.softmax(scores, -1))
    torch.testing.assert_close(softmax(scores, dim=1), torch.softmax(scores, 1))


@pytest.mark.parametrize("size", [1e3, 3e38])
def test_softmax_of_huge_scores_is_finite(size: float) -> None:
    assert softmax(torch.tensor([size, size, 0.0])).tolist() == [0.5, 0.5, 0.0]
    assert softmax(torch.tensor([-size, -size, 0.0])).tolist() == [0.0, 0.0, 1.0]
    assert softmax(torch.tensor([size, size])).tolist() == [0.5, 0.5]
    assert softmax(torch.tensor([-size, -size])).tolist() == [0.5, 0.5]


def test_softmax_of_rows_that_are_far_apart() -> None:
    scores = torch.tensor([[3000.0, 3001.0], [0.0, 1.0], [-3000.0, -2999.0]])
    expected = oracles.tensor([oracles.softmax([0.0, 1.0])] * 3).float()
    torch.testing.assert_close(softmax(scores), expected)


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=7), st.floats(-30, 30))
def test_softmax_ignores_a_shift_of_all_scores(scores: list[float], shift: float) -> None:
    values = torch.tensor(scores, dtype=torch.float64)
    torch.testing.assert_close(softmax(values + shift), oracles.tensor([oracles.softmax(scores)])[0])


@pytest.mark.parametrize("hidden", [[2], [0, 1, 3, 4], [0, 1, 2, 3, 4]])
def test_scores_of_minus_infinity_get_weight_0_and_a_finite_gradient(hidden: list[int]) -> None:
    scores = normal(5)
    scores[hidden] = -math.inf
    scores.requires_grad_(True)
    weights = softmax(scores)
    assert (weights[hidden] == 0).all()
    torch.testing.assert_close(weights, oracles.tensor([oracles.softmax(scores.tolist())])[0])
    (gradient,) = torch.autograd.grad((weights * normal(5)).sum(), scores)
    assert gradient.isfinite().all()
    assert (gradient[hidden] == 0).all()


def test_one_row_without_any_score_leaves_the_others_alone() -> None:
    scores = normal(2, 3)
    scores[0] = -math.inf
    weights = softmax(scores)
    assert weights[0].tolist() == [0.0, 0.0, 0.0]
    torch.testing.assert_close(weights[1], torch.softmax(scores[1], 0))


def test_softmax_gradient() -> None:
    assert gradcheck(softmax, normal(3, 5, grad=True))
    assert gradcheck(lambda scores: softmax(scores, 0), normal(3, 5, grad=True))


@pytest.mark.parametrize("dtype", [*HALF, torch.float32, torch.float64])
def test_softmax_keeps_the_dtype_and_its_input(dtype: torch.dtype) -> None:
    scores = (100 * torch.randn(7)).to(dtype)
    before = scores.clone()
    weights = softmax(scores)
    assert weights.dtype == dtype
    assert torch.equal(scores, before)
    torch.testing.assert_close(weights.double(), torch.softmax(scores.double(), -1), rtol=2e-2, atol=2e-3)


# causal_mask


@pytest.mark.parametrize(("n", "n_past"), [(1, 0), (5, 0), (1, 3), (5, 3), (3, 7)])
def test_a_query_sees_itself_and_all_that_came_before(n: int, n_past: int) -> None:
    mask = causal_mask(n, n_past)
    assert mask.dtype == torch.bool
    assert mask.tolist() == oracles.causal(n, n_past)


def test_no_position_is_past_unless_told() -> None:
    assert torch.equal(causal_mask(5), causal_mask(5, n_past=0))


def test_the_causal_mask_lives_on_the_device_asked_for() -> None:
    assert causal_mask(3).device.type == "cpu"
    assert causal_mask(3, device=torch.device("meta")).device.type == "meta"


# combine_masks


def test_a_pair_needs_the_consent_of_every_mask() -> None:
    cases = list(itertools.product([False, True], repeat=3))
    combined = combine_masks(*torch.tensor(cases).T)
    assert combined.tolist() == [all(case) for case in cases]


def test_padding_and_causal_masks_broadcast() -> None:
    padding, causal = torch.rand(2, 1, 5) < 0.5, causal_mask(5)
    combined = combine_masks(padding, causal)
    assert combined.shape == (2, 5, 5)
    for b, i, j in itertools.product(range(2), range(5), range(5)):
        assert bool(combined[b, i, j]) == (bool(padding[b, 0, j]) and j <= i)


def test_none_forbids_nothing() -> None:
    mask = torch.tensor([True, False])
    assert combine_masks() is None
    assert combine_masks(None, None) is None
    for masks in ([mask], [None, mask], [mask, None], [None, mask, None]):
        assert combine_masks(*masks).tolist() == [True, False]


def test_combining_leaves_the_masks_as_they_are() -> None:
    masks = [random_mask(3, 3) for _ in range(3)]
    before = copy.deepcopy(masks)
    combine_masks(*masks)
    assert all(torch.equal(mask, copied) for mask, copied in zip(masks, before, strict=True))


# scaled_dot_product_attention


@pytest.mark.parametrize("masked", [False, True])
def test_attention_agrees_with_the_paper(masked: bool) -> None:
    query, key, value = normal(5, 3), normal(7, 3), normal(7, 11)
    mask = random_mask(5, 7) if masked else None
    results = scaled_dot_product_attention(query, key, value, mask)
    expected = oracles.attention(query, key, value, None if mask is None else mask.tolist())
    for result, wanted in zip(results, expected, strict=True):
        torch.testing.assert_close(result, wanted)


def test_attention_treats_every_sequence_of_a_batch_as_if_it_were_alone() -> None:
    query, key, value = normal(2, 3, 5, 7), normal(2, 3, 11, 7), normal(2, 3, 11, 13)
    mask = random_mask(2, 3, 5, 11)
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    assert output.shape == (2, 3, 5, 13)
    assert weights.shape == (2, 3, 5, 11)
    for b, h in itertools.product(range(2), range(3)):
        alone = oracles.attention(query[b, h], key[b, h], value[b, h], mask[b, h].tolist())
        torch.testing.assert_close(output[b, h], alone[0])
        torch.testing.assert_close(weights[b, h], alone[1])


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 1, 1, 5), (7, 1, 5), (2, 7, 3, 5)])
def test_masks_broadcast_to_the_scores(shape: tuple[int, ...]) -> None:
    query, key, value = normal(2, 7, 3, 4), normal(2, 7, 5, 4), normal(2, 7, 5, 4)
    mask = random_mask(*shape)
    whole = mask.expand(2, 7, 3, 5)
    for results in zip(
        scaled_dot_product_attention(query, key, value, mask),
        scaled_dot_product_attention(query, key, value, whole),
        strict=True,
    ):
        torch.testing.assert_close(*results)
    _, weights = scaled_dot_product_attention(query, key, value, mask)
    assert torch.equal(weights > 0, whole)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 7, 3).double())


def test_no_gradient_passes_the_causal_mask() -> None:
    def attend(x: Tensor) -> Tensor:
        return scaled_dot_product_attention(x, x, x, causal_mask(5))[0]

    assert oracles.influences(attend, normal(5, 3)) == oracles.causal(5)


def test_a_query_that_may_see_nothing_gets_zeros_and_finite_gradients() -> None:
    inputs = [normal(3, 5, grad=True), normal(7, 5, grad=True), normal(7, 2, grad=True)]
    mask = random_mask(3, 7)
    mask[1] = False
    output, weights = scaled_dot_product_attention(*inputs, mask)
    assert (output[1] == 0).all()
    assert (weights[1] == 0).all()
    assert (output[0] != 0).all()
    loss = (output * normal(3, 2)).sum() + (weights * normal(3, 7)).sum()
    gradients = torch.autograd.grad(loss, inputs)
    assert all(g.isfinite().all() for g in gradients)
    assert (gradients[0][1] == 0).all()


def test_attention_gradient() -> None:
    inputs = normal(3, 5, grad=True), normal(7, 5, grad=True), normal(7, 2, grad=True)
    mask = random_mask(3, 7)
    mask[1] = False
    assert gradcheck(lambda *qkv: scaled_dot_product_attention(*qkv, mask), inputs)


@pytest.mark.parametrize("dtype", HALF)
def test_attention_in_half_precision(dtype: torch.dtype) -> None:
    query, key, value = (torch.randn(*shape).to(dtype) for shape in ((5, 3), (7, 3), (7, 11)))
    mask = random_mask(5, 7)
    mask[1] = False
    expected = oracles.attention(query, key, value, mask.tolist())
    for result, wanted in zip(scaled_dot_product_attention(query, key, value, mask), expected, strict=True):
        assert result.dtype == dtype
        torch.testing.assert_close(result.double(), wanted, rtol=3e-2, atol=3e-2)


def test_scores_that_fit_float16_only_after_scaling() -> None:
    query = torch.full((1, 64), 40.0, dtype=torch.float16)  # q·k = 102,400, the largest float16 is 65,504
    key = torch.cat([query, query * 0.5])
    output, weights = scaled_dot_product_attention(query, key, key)
    assert weights.tolist() == [[1.0, 0.0]]
    assert torch.equal(output, query)


# attention_flops


@pytest.mark.parametrize(("n", "d_model", "n_heads"), [(3, 10, 2), (7, 15, 5), (11, 14, 1)])
def test_flops_are_those_that_torch_counts(n: int, d_model: int, n_heads: int) -> None:
    layer, x = SelfAttention(d_model, n_heads), torch.randn(1, n, d_model)
    with FlopCounterMode(display=False) as counter:
        layer(x)
    counts = {str(operation): count for operation, count in counter.get_flop_counts()["Global"].items()}
    projections, pairs = attention_flops(n, d_model)
    assert projections == counts.pop("aten.mm")
    assert pairs == sum(counts.values())


# SelfAttention


def linears(layer: nn.Module) -> list[tuple[Tensor, Tensor | None]]:
    return [(part.weight, part.bias) for part in (layer.w_q, layer.w_k, layer.w_v, layer.w_o)]


@pytest.mark.parametrize("n_heads", [1, 2, 5])
def test_self_attention_agrees_with_the_paper(n_heads: int) -> None:
    layer, x = SelfAttention(d_model=10, n_heads=n_heads).double(), normal(3, 7, 10)
    mask = random_mask(3, n_heads, 7, 7)
    for b in range(3):
        expected = oracles.multi_head_attention(x[b], x[b], n_heads, linears(layer))
        torch.testing.assert_close(layer(x)[b], expected)
        expected = oracles.multi_head_attention(x[b], x[b], n_heads, linears(layer), mask[b].tolist())
        torch.testing.assert_close(layer(x, mask)[b], expected)


def test_self_attention_agrees_with_torch() -> None:
    layer, x = SelfAttention(d_model=10, n_heads=2).double(), normal(3, 7, 10)
    theirs = nn.MultiheadAttention(10, num_heads=2, bias=False, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([layer.w_q.weight, layer.w_k.weight, layer.w_v.weight]))
        theirs.out_proj.weight.copy_(layer.w_o.weight)
    expected, _ = theirs(x, x, x, attn_mask=~causal_mask(7))  # there, True forbids
    torch.testing.assert_close(layer(x, causal_mask(7)), expected)


def test_self_attention_takes_sequences_without_a_batch() -> None:
    layer, x = SelfAttention(d_model=6, n_heads=3).double(), normal(5, 6)
    torch.testing.assert_close(layer(x), layer(x[None])[0])


def test_self_attention_is_causal_under_a_causal_mask() -> None:
    layer = SelfAttention(d_model=6, n_heads=3).double()
    assert oracles.influences(lambda x: layer(x, causal_mask(5)), normal(5, 6)) == oracles.causal(5)


def test_self_attention_has_four_matrices_and_no_bias() -> None:
    shapes = {name: tuple(p.shape) for name, p in SelfAttention(d_model=6, n_heads=2).named_parameters()}
    assert shapes == {f"w_{part}.weight": (6, 6) for part in "qkvo"}


@pytest.mark.own
def test_self_attention_refuses_heads_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^d_model=10 does not split into n_heads=4; use a multiple$"):
        SelfAttention(d_model=10, n_heads=4)


# fused_attention

MASKS: dict[str, Callable[[int, int], Tensor | None]] = {
    "no mask": lambda n, m: None,
    "padding": lambda n, m: random_mask(2, 1, 1, m),
    "one row for all": lambda n, m: random_mask(m),
    "heads": lambda n, m: random_mask(3, n, m),
    "fully masked rows": lambda n, m: random_mask(2, 3, n, m) & (torch.arange(n) % 2 == 1)[:, None],
}


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n", "m"), [(5, 5), (1, 1), (1, 7), (5, 7)])
def test_fused_attention_agrees_with_the_explained_one(n: int, m: int, causal: bool, kind: str) -> None:
    inputs = [normal(2, 3, n, 7, grad=True), normal(2, 3, m, 7, grad=True), normal(2, 3, m, 11, grad=True)]
    mask = MASKS[kind](n, m)
    explained, _ = scaled_dot_product_attention(
        *inputs, combine_masks(mask, causal_mask(n, m - n) if causal else None)
    )
    fused = fused_attention(*inputs, mask, causal)
    torch.testing.assert_close(fused, explained)
    factors = normal(*fused.shape)
    expected = torch.autograd.grad((explained * factors).sum(), inputs)
    for gradient, wanted in zip(torch.autograd.grad((fused * factors).sum(), inputs), expected, strict=True):
        torch.testing.assert_close(gradient, wanted)


def test_fused_attention_is_not_causal_unless_told() -> None:
    x = normal(5, 3)
    assert oracles.influences(lambda x: fused_attention(x, x, x), x) == [[True] * 5] * 5
    assert oracles.influences(lambda x: fused_attention(x, x, x, causal=True), x) == oracles.causal(5)


@pytest.mark.parametrize("dtype", HALF)
def test_fused_attention_in_half_precision(dtype: torch.dtype) -> None:
    query, key, value = (torch.randn(2, 3, n, 8).to(dtype) for n in (5, 7, 7))
    fused = fused_attention(query, key, value, causal=True)
    explained, _ = scaled_dot_product_attention(query, key, value, causal_mask(5, 2))
    assert fused.dtype == dtype
    torch.testing.assert_close(fused, explained, rtol=3e-2, atol=3e-2)


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n", "m"), [(5, 5), (1, 7), (5, 7)])
def test_within_lesson_forms_the_lesson_computes_it(
    n: int, m: int, causal: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = [normal(2, 3, n, 7), normal(2, 3, m, 7), normal(2, 3, m, 11)]
    mask = MASKS[kind](n, m)
    expected = fused_attention(*inputs, mask, causal)
    monkeypatch.setattr(attention.F, "scaled_dot_product_attention", None)
    with lesson_forms():
        torch.testing.assert_close(fused_attention(*inputs, mask, causal), expected)


def test_lesson_forms_end_and_do_not_end_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    x, lessons = normal(5, 3), torch.full((5, 3), 7.0)
    monkeypatch.setattr(attention, "scaled_dot_product_attention", lambda *_: (lessons,))
    found = []
    with lesson_forms():
        with lesson_forms(on=False):
            found.append(fused_attention(x, x, x))
        found.append(fused_attention(x, x, x))
    with lesson_forms(on=False):
        fast = fused_attention(x, x, x)
    with contextlib.suppress(ZeroDivisionError), lesson_forms():
        _ = 1 / 0
    assert all(output is lessons for output in found)
    assert fast is not lessons
    assert fused_attention(x, x, x) is not lessons


# the annotations


@pytest.mark.own
def test_annotations_are_executed() -> None:
    with pytest.raises(TypeError, match="d_model"):
        project_qkv(torch.zeros(2, 3), torch.zeros(3, 5), torch.zeros(3, 5), torch.zeros(4, 5))
    with pytest.raises(TypeError, match="mask"):
        scaled_dot_product_attention(normal(2, 3), normal(2, 3), normal(2, 3), mask=torch.zeros(2, 2))


@pytest.mark.usefixtures("_as_users_run_it")
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64])
def test_a_mask_of_numbers_is_refused_where_pytorch_would_add_it(dtype: torch.dtype) -> None:
    query = torch.randn(2, 3, 4)
    with pytest.raises(
        ValueError, match=f"^the mask has dtype {dtype}; give booleans, True where attending is allowed$"
    ):
        fused_attention(query, query, query, torch.ones(3, 3, dtype=dtype))
