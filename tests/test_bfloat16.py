"""Attention in bfloat16 agrees with double precision to a few of its roundings, forward and backward."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from seq2gpt import attention
from seq2gpt.attention import fused_attention
from seq2gpt.bfloat16 import LONGEST, PlainProducts, causal_attention, in_bfloat16

SHAPES = [
    ((3, 2, 11, 5), 5),
    ((7, 5), 3),
    ((2, 3, 1, 5), 7),
]  # of queries and keys, and the width of the values


def inputs(shape: tuple[int, ...], d_v: int, dtype: torch.dtype = torch.bfloat16) -> list[Tensor]:
    """Queries, keys and values whose numbers bfloat16 holds exactly."""
    generator = torch.Generator().manual_seed(3)
    shapes = shape, shape, (*shape[:-1], d_v)
    drawn = [torch.randn(size, generator=generator).to(torch.bfloat16) for size in shapes]
    return [x.to(dtype).requires_grad_() for x in drawn]


def explained(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    n = query.shape[-2]
    mask = torch.ones(n, n, dtype=torch.bool).tril()
    return attention.scaled_dot_product_attention(query, key, value, mask)[0]


@pytest.mark.parametrize(("shape", "d_v"), SHAPES)
def test_output_and_gradients_are_near_those_in_double_precision(shape: tuple[int, ...], d_v: int) -> None:
    exact, rounded = inputs(shape, d_v, torch.float64), inputs(shape, d_v)
    expected, output = explained(*exact), causal_attention(*rounded)
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.double(), expected, rtol=0.02, atol=0.02)
    direction = torch.randn(output.shape).to(torch.bfloat16)
    gradients = torch.autograd.grad(output, rounded, direction)
    for gradient, theirs in zip(
        gradients, torch.autograd.grad(expected, exact, direction.double()), strict=True
    ):
        assert gradient.dtype == torch.bfloat16
        torch.testing.assert_close(gradient.double(), theirs, rtol=0.03, atol=0.03)


def test_the_rounding_is_no_worse_than_three_times_that_of_pytorch() -> None:
    def errors(function: object) -> list[float]:
        given = inputs((5, 3, 61, 17), 17)
        exact = [x.detach().double().requires_grad_() for x in given]
        output, expected = function(*given), explained(*exact)  # type: ignore[operator]
        pairs = [(output, expected)]
        pairs += zip(
            torch.autograd.grad(output.float().square().sum(), given),
            torch.autograd.grad(expected.square().sum(), exact),
            strict=True,
        )
        return [((ours - theirs).norm() / theirs.norm()).item() for ours, theirs in pairs]

    theirs = errors(lambda *given: F.scaled_dot_product_attention(*given, is_causal=True))
    for ours, other in zip(errors(causal_attention), theirs, strict=True):
        assert ours < 3 * other < 0.02


def test_no_position_sees_a_later_one() -> None:
    query, key, value = inputs((7, 5), 3)
    output = causal_attention(query, key, value).float()
    for place in range(7):
        for x, first in ((key, place + 1), (value, place + 1)):
            (gradient,) = torch.autograd.grad(output[place].sum(), x, retain_graph=True)
            assert not gradient[first:].any()
            assert gradient[:first].any() or place == 0  # a weight that is alone is 1, whatever the key


@pytest.mark.parametrize("n", [LONGEST, LONGEST + 1])
@pytest.mark.parametrize("enabled", [True, False])
def test_mixed_precision_on_a_cpu_takes_this_path_while_pairs_are_few(n: int, enabled: bool) -> None:
    query, key, value = inputs((n, 2), 2, torch.float32)
    with torch.autocast("cpu", torch.bfloat16, enabled=enabled), PlainProducts():
        output = fused_attention(query, key, value, causal=True)
    taken = "CausalAttention" in str(output.grad_fn.next_functions[0][0])  # type: ignore[union-attr]
    assert taken == (enabled and n == LONGEST)
    torch.testing.assert_close(output.float(), explained(query, key, value), rtol=0.05, atol=0.05)


def test_other_dtypes_devices_and_moments_keep_pytorchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.zeros(1)
    with torch.autocast("cpu", torch.float16):
        assert not in_bfloat16(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert in_bfloat16(x)
        assert not in_bfloat16(x, x.to("meta"))
        with torch.no_grad():
            assert not in_bfloat16(x)
        monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
        assert not in_bfloat16(x)
