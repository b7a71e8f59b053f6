"""The loops in C compute what a plain loop does, and without a compiler everything works as before."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from seq2gpt import kernels, quantize
from seq2gpt.decoding import FastDecoder
from seq2gpt.kernels import RowMatrix, exact_matrix, load_kernels, n_threads_for
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.quantize import Int8Matrix
from seq2gpt.tiles import TiledMatrix

needs_compiler = pytest.mark.skipif(load_kernels() is None, reason="no C compiler that knows OpenMP here")
SIZES = [(1, 1), (31, 7), (257, 19), (613, 1031)]


@pytest.fixture
def two_threads() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@needs_compiler
@pytest.mark.parametrize(("n_out", "n_in"), SIZES)
@pytest.mark.parametrize("with_bias", [True, False])
def test_rows_multiply_as_in_double_precision(n_out: int, n_in: int, with_bias: bool) -> None:
    weight, x = torch.randn(n_out, n_in), torch.randn(n_in)
    bias = torch.randn(n_out) if with_bias else None
    expected = weight.double() @ x.double() + (0 if bias is None else bias.double())
    torch.testing.assert_close(RowMatrix(weight, bias)(x).double(), expected, rtol=1e-5, atol=1e-4)


@needs_compiler
def test_two_threads_give_what_one_gives(two_threads: None) -> None:
    weight, x = torch.randn(613, 1031), torch.randn(1031)
    assert n_threads_for(weight.nbytes) == 2
    assert n_threads_for(1000) == 1
    both = RowMatrix(weight)(x), Int8Matrix(weight)(x)
    torch.set_num_threads(1)
    assert torch.equal(both[0], RowMatrix(weight)(x))
    assert torch.equal(both[1], Int8Matrix(weight)(x))


@needs_compiler
def test_weights_are_copied_and_need_not_be_contiguous() -> None:
    weight, bias = torch.arange(6.0).view(2, 3).T, torch.ones(3)
    matrix = RowMatrix(weight, bias)
    weight.zero_(), bias.zero_()
    assert matrix(torch.tensor([1.0, 9.0, 10.0])[::2]).tolist() == [31.0, 42.0, 53.0]


@needs_compiler
@pytest.mark.parametrize("matrix_class", [RowMatrix, Int8Matrix])
@pytest.mark.parametrize("x", [torch.ones(4), torch.ones(2)])
def test_a_vector_that_does_not_fit_is_refused_before_memory_is_read(
    matrix_class: Any, x: torch.Tensor
) -> None:
    with pytest.raises(ValueError, match=f"^x has shape \\({len(x)},\\).*; give 3 numbers"):
        matrix_class(torch.ones(5, 3))(x)


@needs_compiler
def test_a_vector_of_another_dtype_is_refused() -> None:
    message = "x has shape (3,) and dtype torch.float64; give 3 numbers in float32"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        RowMatrix(torch.ones(5, 3))(torch.ones(3, dtype=torch.float64))


@needs_compiler
@pytest.mark.parametrize(("n_out", "n_in"), [*SIZES, (256, 5), (3329, 7)])
def test_bytes_multiply_as_torch_does(n_out: int, n_in: int, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, x = Int8Matrix(torch.randn(n_out, n_in), torch.randn(n_out)), torch.randn(2 * n_in)[::2]
    by_kernel = matrix(x)
    monkeypatch.setattr(quantize, "load_kernels", lambda: None)
    torch.testing.assert_close(by_kernel, matrix(x), rtol=1e-4, atol=1e-3)


@needs_compiler
def test_the_fastest_form_that_keeps_the_numbers_is_chosen() -> None:
    assert isinstance(exact_matrix(torch.ones(2, 3)), RowMatrix)
    assert isinstance(exact_matrix(torch.ones(2, 3, dtype=torch.float64)), TiledMatrix)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_either_form_adds_the_bias(dtype: torch.dtype) -> None:
    weight, bias, x = (torch.randn(size, dtype=dtype) for size in ((7, 5), (7,), (5,)))
    torch.testing.assert_close(exact_matrix(weight, bias)(x), weight @ x + bias)


@pytest.fixture
def _forget_kernels() -> Iterator[None]:
    load_kernels.cache_clear()
    yield
    load_kernels.cache_clear()


@pytest.mark.usefixtures("_forget_kernels")
@pytest.mark.parametrize("compiler", [None, "/bin/false", "/nowhere/cc"])
def test_without_a_compiler_decoding_is_the_same(
    compiler: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ModernGPT(ModernConfig(vocab_size=53, context_length=7, d_model=24, n_heads=6, n_layers=2)).eval()
    monkeypatch.setattr(kernels.shutil, "which", lambda name: compiler)
    assert load_kernels() is None
    for make in (FastDecoder, quantize.int8_decoder):
        decoder = make(model)
        decoder.read(torch.tensor([1, 2]))
        expected = decoder.model(torch.tensor([[1, 2, 3]]))[0, -1]
        torch.testing.assert_close(decoder.read(torch.tensor([3])), expected, rtol=1e-5, atol=1e-5)
    assert isinstance(exact_matrix(torch.ones(2, 3)), TiledMatrix)
    with pytest.raises(
        RuntimeError, match=r"^the kernels could not be compiled; use seq2gpt.tiles.TiledMatrix$"
    ):
        RowMatrix(torch.ones(2, 3))
