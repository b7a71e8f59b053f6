"""Loops in C for what no library does as fast as memory can be read; without a C compiler nothing is lost but time."""

import ctypes
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt.tiles import TiledMatrix, Vector, in_huge_pages

COMPILERS = ("cc", "gcc", "clang")
POINTER, LONG, INT = ctypes.c_void_p, ctypes.c_long, ctypes.c_int
WORTH_A_THREAD = 2**19  # bytes of a matrix from which waking a second thread costs less than it gains


@lru_cache(maxsize=1)
def load_kernels() -> Any:
    """The functions of ``kernels.c``, compiled for this processor in a moment, or ``None`` where that fails.

    They run in the threads of torch: the compiled file takes its OpenMP from the one that torch has loaded.
    """
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        return None
    source = Path(__file__).with_name("kernels.c")
    with tempfile.TemporaryDirectory() as folder:
        compiled, library = Path(folder) / "kernels.o", Path(folder) / "kernels.so"
        options: list[str | Path] = ["-O3", "-march=native", "-fopenmp", "-fPIC"]
        try:
            for command in (
                [*options, "-c", source, "-o", compiled],
                ["-shared", compiled, "-o", library, "-lm"],
            ):
                subprocess.run([compiler, *command], check=True, capture_output=True)
            kernels = ctypes.CDLL(str(library))
        except (OSError, subprocess.CalledProcessError):  # no such options, no such OpenMP, no room
            return None
    kernels.multiply_rows.argtypes = [POINTER, POINTER, POINTER, POINTER, LONG, LONG, INT]
    kernels.multiply_bytes.argtypes = [POINTER, POINTER, POINTER, LONG, LONG, LONG, INT]
    kernels.read_blocks.argtypes = [POINTER, LONG, POINTER, LONG, LONG, POINTER, INT]
    kernels.multiply_rows.restype = kernels.multiply_bytes.restype = kernels.read_blocks.restype = None
    return kernels


def n_threads_for(n_bytes: int) -> int:
    """The threads that read a matrix of this size: all that torch may use, or one."""
    return torch.get_num_threads() if n_bytes >= WORTH_A_THREAD else 1


class RowMatrix:
    """A weight matrix for products with a single vector, y = W x + b, in float32, by :func:`load_kernels`.

    ``weight`` is that of an ``nn.Linear``, of shape (out, in). It is copied.

    Raises ``ValueError`` for a vector of another length or dtype, and ``RuntimeError`` without the kernels.

    >>> if load_kernels():
    ...     matrix = RowMatrix(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), bias=torch.tensor([0.5, 0.0]))
    ...     assert matrix(torch.tensor([1.0, 10.0])).tolist() == [21.5, 43.0]
    """

    def __init__(self, weight: Float[Tensor, "out in"], bias: Float[Tensor, "out"] | None = None) -> None:
        kernels = load_kernels()
        if kernels is None:
            raise RuntimeError("the kernels could not be compiled; use seq2gpt.tiles.TiledMatrix")
        self.weight = in_huge_pages(weight.detach().float().clone(memory_format=torch.contiguous_format))
        self.bias = None if bias is None else bias.detach().float().clone()
        self.n_out, self.n_in = weight.shape
        self.tile = 0  # as in kernels.c: no tiles
        self._multiply = kernels.multiply_rows
        self._weight, self._bias = (
            self.weight.data_ptr(),
            self.bias.data_ptr() if self.bias is not None else None,
        )

    def __call__(self, x: Vector) -> Vector:
        if x.shape != (self.n_in,) or x.dtype != torch.float32:
            raise ValueError(
                f"x has shape {tuple(x.shape)} and dtype {x.dtype}; give {self.n_in} numbers in float32"
            )
        x, y = x.contiguous(), torch.empty(self.n_out)
        n_threads = n_threads_for(self.weight.nbytes)
        self._multiply(self._weight, x.data_ptr(), self._bias, y.data_ptr(), self.n_out, self.n_in, n_threads)
        return y


def exact_matrix(
    weight: Float[Tensor, "out in"], bias: Float[Tensor, "out"] | None = None
) -> RowMatrix | TiledMatrix:
    """The fastest form of a matrix in which its numbers stay as they are: :class:`RowMatrix` where it works."""
    fast = weight.dtype == torch.float32 and load_kernels() is not None
    return RowMatrix(weight, bias) if fast else TiledMatrix(weight, bias)
