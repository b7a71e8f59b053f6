"""The blocks of GPT-2 for one position of one sequence, all of them in one call of C.

The weights of a large model sweep everything else out of the processor's caches, so the thirty calls that a block
takes in Python find them cold and take several times as long as in a loop of their own.
"""

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seq2gpt.blocks import FeedForward, LayerNorm, TransformerBlock
from seq2gpt.generation import KVCache
from seq2gpt.heads import MultiHeadAttention
from seq2gpt.kernels import LONG, POINTER, load_kernels, n_threads_for
from seq2gpt.tiles import Vector


class _Matrix(ctypes.Structure):
    """``Matrix`` of ``kernels.c``."""

    _fields_ = (
        *((name, POINTER) for name in ("weights", "bias")),
        *((name, LONG) for name in ("n_out", "n_in", "tile")),
    )


class _Block(ctypes.Structure):
    """``Block`` of ``kernels.c``."""

    _fields_ = (
        *((name, POINTER) for name in ("keys", "values", "gain_1", "shift_1", "gain_2", "shift_2")),
        *((name, _Matrix) for name in ("w_qkv", "w_o", "w_in", "w_out")),
        ("n_heads", LONG),
        *((name, ctypes.c_float) for name in ("eps_1", "eps_2")),
    )


class KernelBlocks:
    """Blocks of GPT-2 that read one position: called with a hidden state and a cache, they give what comes out.

    ``blocks`` are of :class:`seq2gpt.decoding.FastBlock`; :func:`can_read` says which are taken. Gains and shifts are
    copied; the matrices are those of ``blocks``.
    """

    def __init__(self, blocks: Sequence[Any]) -> None:
        self.matrices = [_matrices_of(block) for block in blocks]  # kept, as C has only their addresses
        self.norms = [[_copied(tensor) for tensor in _norms_of(block)] for block in blocks]
        w_in = self.matrices[0][2]
        self.d_model, self.d_ff, self.n_heads = w_in.n_in, w_in.n_out, blocks[0].attention.n_heads
        structs = [
            _Block(
                None, None, *map(_address, norms), *map(_struct, matrices), self.n_heads, block.norm_1.eps,
                block.norm_2.eps,
            )
            for block, norms, matrices in zip(blocks, self.norms, self.matrices, strict=True)
        ]  # fmt: skip
        self._blocks = (_Block * len(structs))(*structs)
        self._cache: KVCache | None = None
        self._stride = 0

    def __call__(self, x: Vector, cache: KVCache) -> Vector:
        m = cache.length + 1
        if cache is self._cache:
            for layer in range(len(self._blocks)):
                cache[layer].length = m
        else:
            self._begin(cache)
        y, room = x.clone(), torch.empty(4 * self.d_model + self.d_ff + self.n_heads * m + 765)
        n_threads = n_threads_for(4 * self.d_model**2)
        load_kernels().read_blocks(
            self._blocks, len(self._blocks), y.data_ptr(), m, self._stride, room.data_ptr(), n_threads
        )
        return y

    def _begin(self, cache: KVCache) -> None:
        """Make room for one position, and remember where the layers of this cache have their buffers."""
        room = torch.zeros(1, self.n_heads, 1, self.d_model // self.n_heads)
        for layer, block in enumerate(self._blocks):
            keys, values = cache[layer].append(room, room)
            block.keys, block.values = keys.data_ptr(), values.data_ptr()
        self._cache, self._stride = cache, keys.stride(1)


def can_read(block: nn.Module, fast: Any) -> bool:
    """Whether ``block`` is a plain block of GPT-2 in float32, and ``fast``, made of it, has matrices for the kernels.

    >>> can_read(nn.Identity(), None)
    False
    """
    if type(block) is not TransformerBlock or load_kernels() is None:
        return False
    parts = block.norm_1, block.norm_2, block.attention, block.feed_forward
    plain = [type(part) for part in parts] == [LayerNorm, LayerNorm, MultiHeadAttention, FeedForward]
    dtypes = {parameter.dtype for parameter in block.parameters()}
    return plain and dtypes == {torch.float32} and all(hasattr(m, "tile") for m in _matrices_of(fast))


def _matrices_of(block: Any) -> list[Any]:
    return [block.w_qkv, block.w_o, block.feed_forward.w_in, block.feed_forward.w_out]


def _norms_of(block: Any) -> list[Tensor | None]:
    return [block.norm_1.weight, block.norm_1.bias, block.norm_2.weight, block.norm_2.bias]


def _copied(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().clone()


def _address(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _struct(matrix: Any) -> _Matrix:
    return _Matrix(matrix.weight.data_ptr(), _address(matrix.bias), matrix.n_out, matrix.n_in, matrix.tile)
