"""Causal attention in bfloat16 on CPUs: as plain products, whose backward pass is faster than PyTorch's fused one.

Processors with units for bfloat16 multiply its matrices twice as fast as those of float32, but the backward pass of
``F.scaled_dot_product_attention`` makes no use of them and is slower than in float32.
"""

import contextlib
import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

LONGEST = (
    1024  # positions up to which storing all pairs was the faster way; their number grows with the square
)


def in_bfloat16(*tensors: Tensor) -> bool:
    """Whether autocast computes with ``tensors`` in bfloat16, on a CPU, with gradients to come.

    >>> in_bfloat16(torch.zeros(1))
    False
    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     print(in_bfloat16(torch.zeros(1)), in_bfloat16(torch.zeros(1, device="meta")))
    True False
    """
    cast = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    on_cpu = all(tensor.device.type == "cpu" for tensor in tensors)
    return cast and on_cpu and torch.is_grad_enabled() and not torch.compiler.is_compiling()


def causal_attention(
    query: Float[Tensor, "... n d_k"], key: Float[Tensor, "... n d_k"], value: Float[Tensor, "... n d_v"]
) -> Float[Tensor, "... n d_v"]:
    """What :func:`seq2gpt.attention.fused_attention` gives with ``causal``, in bfloat16.

    Scores, weights and their gradients are rounded to bfloat16, sums are made in float32. The weights of all pairs
    of positions are kept for the backward pass.

    >>> causal_attention(*torch.zeros(3, 1, 5, 2).unbind()).dtype
    torch.bfloat16
    """
    flat = (x.to(torch.bfloat16).reshape(-1, *x.shape[-2:]) for x in (query, key, value))
    with torch.autocast("cpu", enabled=False):
        return _CausalAttention.apply(*flat).view(*query.shape[:-1], value.shape[-1])


class PlainProducts(TorchFunctionMode):
    """While it is entered, causal ``F.scaled_dot_product_attention`` of few positions is :func:`causal_attention`."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is F.scaled_dot_product_attention and kwargs == {"is_causal": True}:
            query, key, _ = args
            if query.shape == key.shape and query.shape[-2] <= LONGEST and in_bfloat16(*args):
                return causal_attention(*args)
        return func(*args, **kwargs)


def plain_products(*tensors: Tensor) -> contextlib.AbstractContextManager[object]:
    """:class:`PlainProducts` where :func:`in_bfloat16` holds for ``tensors``, else a context that changes nothing."""
    return PlainProducts() if in_bfloat16(*tensors) else contextlib.nullcontext()


class _CausalAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        n, d_head = query.shape[-2:]
        ctx.scale = d_head**-0.5
        later = query.new_full((n, n), -math.inf).triu_(1)
        weights = torch.baddbmm(later, query, key.mT, alpha=ctx.scale).softmax(-1)
        ctx.save_for_backward(query, key, value, weights)
        return weights @ value

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value, weights = ctx.saved_tensors
        to_weights = gradient @ value.mT
        to_scores = torch.ops.aten._softmax_backward_data(to_weights, weights, -1, weights.dtype)
        to_query, to_key = to_scores @ key, to_scores.mT @ query
        return to_query.mul_(ctx.scale), to_key.mul_(ctx.scale), weights.mT @ gradient
