"""Parts of a model whose backward pass is written by hand: on a CPU, fewer passes over memory than autograd makes.

Each equals its explained form, forward and backward. Where autograd records nothing, on other devices, in mixed
precision (but for the loss, in bfloat16) and under ``torch.compile``, PyTorch's own operations are used.
"""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from seq2gpt import blocks
from seq2gpt.bfloat16 import in_bfloat16
from seq2gpt.blocks import by_hand
from seq2gpt.forms import by_lesson

AT_ONCE = 2**24  # logits of linear_cross_entropy in memory at a time, 64 MiB in float32


def rms_norm(
    x: Float[Tensor, "... d_model"], weight: Float[Tensor, "d_model"], eps: float = 1e-5
) -> Float[Tensor, "... d_model"]:
    """What :func:`seq2gpt.blocks.rms_norm` explains.

    >>> rms_norm(torch.tensor([1.0, 7.0]), weight=torch.tensor([5.0, 10.0]), eps=0.0).tolist()
    [1.0, 14.0]
    """
    if by_lesson():
        return blocks.rms_norm(x, weight, eps)
    if by_hand(x, weight):
        return _RMSNorm.apply(x, weight, eps)
    return F.rms_norm(x, weight.shape, weight, eps)


def squared_relu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """relu(x)² (So et al. 2021, section 3.1).

    >>> squared_relu(torch.tensor([-3.0, 3.0])).tolist()
    [0.0, 9.0]
    """
    return _SquaredReLU.apply(x) if by_hand(x) else F.relu(x).square()


def linear_cross_entropy(
    hidden: Float[Tensor, "n d_model"],
    weight: Float[Tensor, "vocab_size d_model"],
    targets: Int[Tensor, "n"],
    at_once: int = AT_ONCE,
) -> Float[Tensor, ""]:
    """The mean cross-entropy, in nats, of the logits ``hidden @ weight.T``, which never exist all together.

    At most ``at_once`` logits are in memory at a time, but always those of one position. It is
    :func:`seq2gpt.gpt.next_token_loss` of a large vocabulary without its largest tensors.

    >>> loss = linear_cross_entropy(torch.zeros(3, 5), torch.zeros(8, 5), torch.tensor([0, 7, 2]))
    >>> f"{loss:.3f} = ln 8"
    '2.079 = ln 8'
    """
    if in_bfloat16(hidden, weight):  # two copies of the logits, in this precision and in float32
        rows = max(1, at_once // 2 // len(weight))
        return _LinearCrossEntropy.apply(hidden, weight, targets, rows, torch.bfloat16)
    if by_hand(hidden, weight):
        return _LinearCrossEntropy.apply(
            hidden, weight, targets, max(1, at_once // len(weight)), weight.dtype
        )
    return F.cross_entropy(F.linear(hidden, weight), targets)


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        scale = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_()
        scale = scale.div_(x.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(x, weight, scale)
        return (x * scale).mul_(weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight, scale = ctx.saved_tensors
        normalised, inner = x * scale, gradient * weight
        along = (inner * normalised).mean(-1, keepdim=True)
        to_weight = (gradient * normalised).flatten(0, -2).sum(0)
        return inner.addcmul_(normalised, along, value=-1).mul_(scale), to_weight, None


class _SquaredReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return F.relu(x).square_()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return F.relu(x).mul_(gradient).mul_(2)


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, rows: int, dtype: torch.dtype
    ) -> Tensor:
        """The gradients are made here, while the exponentials of a piece are at hand; products are in ``dtype``."""
        to_hidden, to_weight, n = torch.empty_like(hidden), torch.zeros_like(weight), len(hidden)
        table, total = weight.to(dtype), weight.new_zeros(())
        memory = table.new_empty(min(rows, n), len(weight))
        pieces = zip(hidden.to(dtype).split(rows), targets.split(rows), to_hidden.split(rows), strict=True)
        for x, target, to_x in pieces:
            logits = torch.mm(x, table.T, out=memory[: len(x)])
            wide = logits.to(weight.dtype)
            peak, chosen = wide.amax(1, keepdim=True), wide.gather(1, target[:, None])
            powers = wide.sub_(peak).exp_()
            # Dividing the narrow matrices by the sums saves a pass over the wide one.
            sums = powers.sum(1, keepdim=True)
            total += (peak + sums.log() - chosen).sum()
            narrow = logits.copy_(powers)  # without a change of dtype the same tensor, and no copy
            to_x.copy_(narrow @ table).div_(sums).sub_(weight[target]).div_(n)
            _add_product(to_weight, narrow.T, (x / sums).to(dtype), 1 / n)
            to_weight.index_add_(0, target, x.to(weight.dtype), alpha=-1 / n)
        ctx.save_for_backward(to_hidden, to_weight)
        return total / n

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        to_hidden, to_weight = ctx.saved_tensors
        if gradient.item() == 1:  # the loss itself, not a multiple: no pass over a large matrix
            return to_hidden, to_weight, None, None, None
        return to_hidden * gradient, to_weight * gradient, None, None, None


def _add_product(total: Tensor, left: Tensor, right: Tensor, alpha: float) -> None:
    """total += alpha · left @ right, also where the factors have a narrower dtype than the sum."""
    if left.dtype == total.dtype:
        total.addmm_(left, right, alpha=alpha)
    else:
        total.add_(left @ right, alpha=alpha)
