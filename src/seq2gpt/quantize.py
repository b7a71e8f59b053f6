"""Weights as 8-bit numbers: a quarter of the bytes to read, and decoding in less than half the time.

Only the matrices are rounded; activations, norms and biases stay float32. Each row of a tile (see
:mod:`seq2gpt.tiles`) has a scale and an offset of its own, so that a large weight costs its few
neighbours precision and nobody else.
"""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from seq2gpt.decoding import FastDecoder, check_on_cpu, joined
from seq2gpt.embeddings import check_finite
from seq2gpt.kernels import load_kernels, n_threads_for
from seq2gpt.tiles import Vector, in_huge_pages, multiply_panels, panels_of

TILE = 256  # weights that share one scale
N_EXTRA = 8  # bytes behind the weights of a row: scale and offset, both float32


class Int8Matrix:
    """A weight matrix for products with a single vector, y = W x + b, each weight in one byte.

    W is stored as w ≈ scale · q + offset with whole numbers q from 0 to 255, where each group of 256
    outputs has one scale and one offset for every input; the rounding is at most scale / 2. ``weight``
    is that of an ``nn.Linear``, of shape (out, in).

    Raises ``ValueError`` where a weight is nan or infinite.

    >>> matrix = Int8Matrix(torch.tensor([[0.0, 2.0], [51.0, 2.0]]))
    >>> [round(y, 4) for y in matrix(torch.tensor([1.0, 10.0])).tolist()]
    [20.0, 71.0]
    """

    def __init__(self, weight: Float[Tensor, "out in"], bias: Float[Tensor, "out"] | None = None) -> None:
        if not weight.isfinite().all():
            raise ValueError(
                "the matrix holds nan or infinite numbers; load weights from before the loss broke"
            )
        self.n_out, self.n_in = weight.shape
        self.bias = bias
        self.tile = min(TILE, self.n_out)
        panels = [_to_bytes(panel) for panel in panels_of(weight.float(), self.tile)]
        self.weight = in_huge_pages(torch.cat(panels))
        self.panels = self.weight.split(len(panels[0]))

    def __call__(self, x: Vector) -> Vector:
        multiply = self._by_kernel if load_kernels() and x.dtype == torch.float32 else self._by_torch
        y = multiply(x)[: self.n_out]
        return y if self.bias is None else y + self.bias

    def _by_kernel(self, x: Vector) -> Vector:
        if x.shape != (self.n_in,):
            raise ValueError(f"x has shape {tuple(x.shape)}; give {self.n_in} numbers")
        x, n_tiles = x.contiguous(), -(-self.n_out // self.tile)
        y = torch.empty(n_tiles * self.tile)
        pointers = self.weight.data_ptr(), x.data_ptr(), y.data_ptr()
        n_threads = n_threads_for(self.weight.nbytes)
        load_kernels().multiply_bytes(*pointers, n_tiles, self.n_in, self.tile, n_threads)
        return y

    def _by_torch(self, x: Vector) -> Vector:
        return multiply_panels(self.panels, x, _sum_byte_rows)

    def dequantized(self) -> Float[Tensor, "out in"]:
        """The matrix that the stored numbers stand for."""
        rows = torch.cat([torch.ops.quantized.embedding_bag_byte_unpack(panel) for panel in self.panels])
        tile = rows.shape[1]
        return rows.view(-1, self.n_in, tile).transpose(1, 2).reshape(-1, self.n_in)[: self.n_out]


def _to_bytes(rows: Float[Tensor, "rows tile"]) -> UInt8[Tensor, "rows _"]:
    return torch.ops.quantized.embedding_bag_byte_prepack(rows)


def _sum_byte_rows(panel: Tensor, rows: Tensor, starts: Tensor, factors: Tensor) -> Tensor:
    return torch.ops.quantized.embedding_bag_byte_rowwise_offsets(
        panel, rows, starts, False, 0, False, factors, None, False
    )


def int8_decoder(model: Any) -> FastDecoder:
    """A decoder of a GPT or ModernGPT whose matrices are :class:`Int8Matrix`; ``model`` stays as it is.

    ``decoder.model`` is a float32 copy with the rounded weights: it reads the prompts, and its loss on a
    text says what the rounding costs. The token embedding, of which a token reads one row, is not
    rounded, also where the head uses the same matrix.

    Raises ``ValueError`` for a model that is not on the CPU, and for weights that are nan or infinite.

    >>> from seq2gpt.gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> int8_decoder(model).read(torch.tensor([4])).shape
    torch.Size([11])
    """
    check_on_cpu(model)  # where numbers can be looked at
    check_finite(model.named_parameters())
    return FastDecoder(copy.deepcopy(model).requires_grad_(False), matrix_of=_round)


def _round(linears: Sequence[nn.Linear]) -> Int8Matrix:
    """The matrix of ``linears`` in bytes; they get new weights, those that the bytes stand for."""
    matrix = Int8Matrix(*joined(linears))
    parts = matrix.dequantized().split([linear.out_features for linear in linears])
    for linear, part in zip(linears, parts, strict=True):
        linear.weight = nn.Parameter(part, requires_grad=False)
    return matrix
