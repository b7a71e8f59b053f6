import math
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck

import oracles
from seq2gpt.attention import scaled_dot_product_attention
from seq2gpt.positions import (
    LearnedPositions,
    apply_rotary,
    frequencies,
    relative_shift_matrix,
    rotate_half,
    sinusoidal_encoding,
)

HALF = [torch.float16, torch.bfloat16]


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


@pytest.fixture
def _float64() -> Iterator[None]:
    """Tables made in float64, so that the formulas can be compared to the last digits."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# frequencies


def test_wavelengths_rise_from_2_pi_to_nearly_2_pi_times_the_base() -> None:
    wavelengths = 2 * math.pi / frequencies(512)
    assert wavelengths.dtype == torch.float64
    assert len(wavelengths) == 256
    assert math.isclose(wavelengths[0].item(), 2 * math.pi)
    assert round(wavelengths[-1].item()) == 60_611
    torch.testing.assert_close(frequencies(6, base=8.0), torch.tensor([1, 1 / 2, 1 / 4]).double())


@pytest.mark.parametrize("width", [7, 1, 0])
@pytest.mark.own
def test_an_odd_width_has_no_pairs(width: int) -> None:
    wording = rf"^a width of {width} does not split into pairs; use a positive even number$"
    with pytest.raises(ValueError, match=wording):
        frequencies(width)
    with pytest.raises(ValueError, match=wording):
        sinusoidal_encoding(3, width)
    with pytest.raises(ValueError, match=wording):
        relative_shift_matrix(3, width)
    with pytest.raises(ValueError, match=wording):
        apply_rotary(torch.zeros(3, width))


# sinusoidal_encoding


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize(("n", "d_model"), [(1, 2), (11, 14), (14, 6), (3, 2)])
@pytest.mark.own
def test_encoding_agrees_with_the_paper(n: int, d_model: int) -> None:
    torch.testing.assert_close(sinusoidal_encoding(n, d_model), oracles.sinusoidal_encoding(n, d_model))


def test_sines_and_cosines_take_turns() -> None:
    assert sinusoidal_encoding(1, 6).tolist() == [[0.0, 1.0, 0.0, 1.0, 0.0, 1.0]]
    row = sinusoidal_encoding(2, 6)[1].tolist()
    assert [round(number, 4) for number in row] == [0.8415, 0.5403, 0.0464, 0.9989, 0.0022, 1.0]


def test_every_code_has_length_root_of_half_the_width() -> None:
    lengths = sinusoidal_encoding(101, 512).norm(dim=-1)
    torch.testing.assert_close(lengths, torch.full((101,), 16.0))


def test_codes_do_not_repeat() -> None:
    codes = sinusoidal_encoding(2048, 512).double()
    distances = torch.cdist(codes, codes) + 100 * torch.eye(2048).double()
    assert round(distances.min().item(), 1) == 3.7


def test_late_positions_keep_their_digits() -> None:
    late = sinusoidal_encoding(100_003, 4)[-1].tolist()
    exact = [f(100_002 * w) for w in (1, 0.01) for f in (math.sin, math.cos)]
    assert all(abs(a - b) < 1e-6 for a, b in zip(late, exact, strict=True))  # float32 angles are off by 1e-3


def test_tables_have_the_default_dtype() -> None:
    assert sinusoidal_encoding(3, 4).dtype == relative_shift_matrix(1, 4).dtype == torch.float32


@pytest.mark.usefixtures("_float64")
@pytest.mark.own
def test_tables_follow_the_default_dtype() -> None:
    assert sinusoidal_encoding(3, 4).dtype == relative_shift_matrix(1, 4).dtype == torch.float64


# relative_shift_matrix


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("offset", [1, 2, 7, -3])
def test_one_matrix_shifts_the_codes_of_all_positions(offset: int) -> None:
    codes = oracles.sinusoidal_encoding(23, 10)
    matrix = relative_shift_matrix(offset, 10)
    here, there = (codes[:-offset], codes[offset:]) if offset > 0 else (codes[-offset:], codes[:offset])
    torch.testing.assert_close(here @ matrix, there)


@pytest.mark.usefixtures("_float64")
def test_shifts_add_up_and_keep_lengths() -> None:
    torch.testing.assert_close(
        relative_shift_matrix(2, 6) @ relative_shift_matrix(5, 6), relative_shift_matrix(7, 6)
    )
    assert torch.equal(relative_shift_matrix(0, 6), torch.eye(6))
    matrix = relative_shift_matrix(5, 6)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(6))


def test_the_shift_matrix_touches_pairs_only() -> None:
    blocks = torch.kron(torch.eye(3), torch.ones(2, 2))
    assert torch.equal(relative_shift_matrix(1, 6) != 0, blocks != 0)


# LearnedPositions


@pytest.mark.parametrize(("start", "leading"), [(0, ()), (0, (2,)), (3, (2,)), (4, (2, 3))])
def test_each_position_gets_its_row(start: int, leading: tuple[int, ...]) -> None:
    positions, x = LearnedPositions(context_length=11, d_model=5).double(), normal(*leading, 7, 5)
    result = positions(x, start)
    for i in range(7):
        torch.testing.assert_close(result[..., i, :], x[..., i, :] + positions.table[start + i])


def test_positions_count_from_0_unless_told() -> None:
    positions, x = LearnedPositions(11, 5), torch.randn(7, 5)
    assert torch.equal(positions(x), positions(x, start=0))


def test_the_table_learns_only_at_the_positions_in_use() -> None:
    positions = LearnedPositions(context_length=7, d_model=5)
    positions(torch.zeros(2, 3, 5), start=2).sum().backward()
    assert positions.table.grad.tolist() == [[2.0 * (2 <= row < 5)] * 5 for row in range(7)]


def test_a_fresh_table_is_small_and_random() -> None:
    table = LearnedPositions(context_length=503, d_model=101).table
    assert isinstance(table, torch.nn.Parameter)
    assert table.shape == (503, 101)
    assert abs(table.mean()) < 1e-3
    assert abs(table.std() - 0.02) < 1e-3


@pytest.mark.parametrize(("n", "start", "named"), [(8, 0, "0 to 7"), (3, 5, "5 to 7"), (1, 7, "7 to 7")])
@pytest.mark.own
def test_no_position_exists_beyond_the_context(n: int, start: int, named: str) -> None:
    positions = LearnedPositions(context_length=7, d_model=2)
    wording = rf"^positions {named} do not fit into context_length=7; shorten the sequence$"
    with pytest.raises(ValueError, match=wording):
        positions(torch.zeros(n, 2), start)
    assert positions(torch.zeros(7, 2)).shape == (7, 2)
    assert positions(torch.zeros(3, 2), start=4).shape == (3, 2)


@pytest.mark.own
def test_no_position_exists_before_the_first() -> None:
    wording = r"^positions -1 to 1 do not fit into context_length=7; shorten the sequence$"
    with pytest.raises(ValueError, match=wording):
        LearnedPositions(context_length=7, d_model=2)(torch.zeros(3, 2), start=-1)


# rotate_half


def test_halves_swap_and_the_first_changes_sign() -> None:
    x = normal(2, 3, 10)
    turned = rotate_half(x)
    for i in range(5):
        assert torch.equal(turned[..., i], -x[..., i + 5])
        assert torch.equal(turned[..., i + 5], x[..., i])


def test_two_quarter_turns_point_back() -> None:
    x = normal(3, 10)
    assert torch.equal(rotate_half(rotate_half(x)), -x)


@pytest.mark.own
def test_rotate_half_refuses_an_odd_width() -> None:
    wording = r"^a width of 7 does not split into pairs; use a positive even number$"
    with pytest.raises(ValueError, match=wording):
        rotate_half(torch.zeros(3, 7))


# apply_rotary


@pytest.mark.parametrize("base", [10000.0, 8.0])
@pytest.mark.parametrize("start", [0, 5])
def test_rotary_agrees_with_complex_rotation(start: int, base: float) -> None:
    x = normal(7, 10)
    torch.testing.assert_close(apply_rotary(x, start, base), oracles.rotary(x, start, base))


def test_rotary_starts_at_0_with_base_10000_unless_told() -> None:
    x = normal(7, 10)
    torch.testing.assert_close(apply_rotary(x), oracles.rotary(x, start=0, base=10000.0))


def test_rotary_keeps_leading_dimensions() -> None:
    x = normal(2, 3, 7, 10)
    torch.testing.assert_close(apply_rotary(x, start=2)[1, 2], apply_rotary(x[1, 2], start=2))


def test_the_first_position_is_not_turned() -> None:
    x = normal(1, 10)
    assert torch.equal(apply_rotary(x), x)


@given(st.integers(0, 500), st.integers(-50, 50))
def test_scores_depend_on_the_distance_alone(start: int, distance: int) -> None:
    query, key = normal(1, 10), normal(1, 10)
    here = apply_rotary(query, start + 50) @ apply_rotary(key, start + 50 + distance).T
    there = apply_rotary(query, 50) @ apply_rotary(key, 50 + distance).T
    torch.testing.assert_close(here, there)


def test_turning_keeps_lengths() -> None:
    x = normal(7, 10)
    torch.testing.assert_close(apply_rotary(x, start=3).norm(dim=-1), x.norm(dim=-1))


def test_rotary_gradient() -> None:
    assert gradcheck(lambda x: apply_rotary(x, start=2), normal(3, 6, grad=True))


@pytest.mark.parametrize("dtype", HALF)
def test_rotary_in_half_precision(dtype: torch.dtype) -> None:
    x = torch.randn(7, 10).to(dtype)
    turned = apply_rotary(x, start=10_007)  # an angle of that size has no digits left in half precision
    assert turned.dtype == dtype
    torch.testing.assert_close(turned.double(), oracles.rotary(x, start=10_007), rtol=2e-2, atol=2e-2)


@pytest.mark.own
def test_rotary_follows_the_device_of_x() -> None:
    assert apply_rotary(torch.zeros(3, 4, device="meta")).device.type == "meta"


# why positions are needed


def test_attention_alone_does_not_know_the_order_and_positions_tell_it() -> None:
    x, order = normal(3, 4), torch.tensor([2, 0, 1])

    def attend(x: Tensor) -> Tensor:
        return scaled_dot_product_attention(x, x, x)[0]

    torch.testing.assert_close(attend(x[order]), attend(x)[order])
    codes = sinusoidal_encoding(3, 4)
    assert not torch.allclose(attend(x[order] + codes), attend(x + codes)[order])
