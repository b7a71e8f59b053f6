"""The blocks of GPT-2 for one position of one sequence, all of them in one call of C.

The weights of a large model sweep everything else out of the processor's caches, so the thirty calls that a block
takes in Python find them cold and take several times as long as in a loop of their own.
"""

import ctypes
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from seq2gpt.blocks import FeedForward, LayerNorm, TransformerBlock
from seq2gpt.generation import KVCache
from seq2gpt.heads import MultiHeadAttention
from seq2gpt.kernels import LONG, POINTER, load_kernels, n_threads_for
from seq2gpt.tiles import Vector, in_huge_pages, joined

POINTERS = (
    "keys", "values", "gain_1", "shift_1", "w_qkv", "b_qkv", "w_o", "b_o", "gain_2", "shift_2", "w_in", "b_in",
    "w_out", "b_out",
)  # fmt: skip


class _Block(ctypes.Structure):
    """``Block`` of ``kernels.c``."""

    _fields_ = (
        *((name, POINTER) for name in POINTERS),
        *((name, LONG) for name in ("d_model", "d_ff", "n_heads")),
        *((name, ctypes.c_float) for name in ("eps_1", "eps_2")),
    )


class KernelBlocks:
    """Blocks of GPT-2 that read one position: called with a hidden state and a cache, they give what comes out.

    The weights are copied. All blocks have the sizes of the first; :func:`can_read` says which they take.
    """

    def __init__(self, blocks: Iterable[Any]) -> None:
        first, *_ = blocks
        # the copies are kept, as C has only their addresses
        self.tensors = [[_copied(tensor) for tensor in _tensors_of(block)] for block in blocks]
        self.d_model, self.d_ff = first.feed_forward.w_in.in_features, first.feed_forward.w_in.out_features
        self.n_heads = first.attention.n_heads
        sizes = self.d_model, self.d_ff, self.n_heads
        structs = [
            _Block(None, None, *map(_address, copies), *sizes, block.norm_1.eps, block.norm_2.eps)
            for copies, block in zip(self.tensors, blocks, strict=True)
        ]
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
        y, room = x.clone(), torch.empty(4 * self.d_model + self.d_ff + self.n_heads * m)
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


def can_read(block: nn.Module) -> bool:
    """Whether ``block`` is a plain block of GPT-2 in float32 and the kernels could be compiled.

    >>> can_read(nn.Identity())
    False
    """
    if type(block) is not TransformerBlock or load_kernels() is None:
        return False
    parts = block.norm_1, block.norm_2, block.attention, block.feed_forward
    if [type(part) for part in parts] != [LayerNorm, LayerNorm, MultiHeadAttention, FeedForward]:
        return False
    linears = [getattr(block.attention, name) for name in ("w_q", "w_k", "w_v", "w_o")]
    linears += [block.feed_forward.w_in, block.feed_forward.w_out]
    dtypes = {parameter.dtype for parameter in block.parameters()}
    return all(type(linear) is nn.Linear for linear in linears) and dtypes == {torch.float32}


def _tensors_of(block: Any) -> list[Tensor | None]:
    """Gains, shifts, matrices and biases in the order of ``Block``."""
    attention, network = block.attention, block.feed_forward
    parts = [
        (block.norm_1.weight, block.norm_1.bias), joined([attention.w_q, attention.w_k, attention.w_v]),
        joined([attention.w_o]), (block.norm_2.weight, block.norm_2.bias), joined([network.w_in]),
        joined([network.w_out]),
    ]  # fmt: skip
    return [tensor for part in parts for tensor in part]


def _copied(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else in_huge_pages(tensor.detach().clone())


def _address(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()
