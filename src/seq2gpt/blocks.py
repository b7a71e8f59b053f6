"""Transformer blocks: attention between positions, a small network at every position, and a path around both.

The functions are the explained form of what the modules compute; the modules call PyTorch's fused
versions, and the tests hold the two together.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from seq2gpt.attention import Mask
from seq2gpt.forms import by_lesson
from seq2gpt.heads import LayerCache, MultiHeadAttention

Hidden = Float[Tensor, "..."]


def layer_norm(
    x: Float[Tensor, "... d_model"],
    weight: Float[Tensor, "d_model"],
    bias: Float[Tensor, "d_model"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "... d_model"]:
    """Give every hidden state mean 0 and variance 1 over its features, then scale and shift them.

    y = (x − μ) / √(σ² + ε) · weight + bias, where μ and σ² are mean and variance of the d_model features of
    one position (Ba et al. 2016, equations 3 and 4). The variance divides by d_model, not by d_model − 1.
    No position has any influence on another. Without ``bias`` nothing is added.

    The result has the dtype of ``x``, in float64 with all its digits. Half precision is no danger: a feature of 300, whose square float16
    cannot hold, gives the right result too.

    >>> layer_norm(torch.tensor([3.0, 5.0]), weight=torch.tensor([1.0, 2.0]), eps=0.0).tolist()
    [-1.0, 2.0]
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))  # squares overflow float16
    centred = wide - wide.mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    normalised = centred / (variance + eps).sqrt() * weight
    return (normalised if bias is None else normalised + bias).to(x.dtype)


def rms_norm(
    x: Float[Tensor, "... d_model"], weight: Float[Tensor, "d_model"], eps: float = 1e-5
) -> Float[Tensor, "... d_model"]:
    """Give every hidden state a mean square of 1 over its features, then scale them.

    y = x / √(mean(x²) + ε) · weight (Zhang & Sennrich 2019, equation 4): a layer norm that subtracts no
    mean and adds no bias. Dtype and half precision are as in :func:`layer_norm`.

    >>> rms_norm(torch.tensor([1.0, 7.0]), weight=torch.tensor([5.0, 10.0]), eps=0.0).tolist()
    [1.0, 14.0]
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))  # squares overflow float16
    mean_square = wide.square().mean(-1, keepdim=True)
    return (wide / (mean_square + eps).sqrt() * weight).to(x.dtype)


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The activation of GPT and BERT: x times the probability that a normal number is below x.

    In the form with tanh that GPT-2 uses (Hendrycks & Gimpel 2016, section 2):
    ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). It is nearly x for large x, nearly 0 for very negative x,
    and smooth between. The result has the shape and dtype of ``x``.

    >>> [round(number, 4) for number in gelu(torch.tensor([-1.0, 0.0, 1.0])).tolist()]
    [-0.1588, 0.0, 0.8412]
    """
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + inner.tanh())


def by_hand(*tensors: Tensor) -> bool:
    """Whether backward passes written by hand are of use: on a CPU, in full precision, with gradients to come.

    They make fewer passes over memory than autograd does; elsewhere PyTorch has kernels for that.

    >>> by_hand(torch.zeros(1)), by_hand(torch.zeros(1), torch.zeros(1, dtype=torch.bfloat16))
    (True, False)
    """
    dtypes = {tensor.dtype for tensor in tensors}
    exact = dtypes in ({torch.float32}, {torch.float64}) and not torch.is_autocast_enabled("cpu")
    on_cpu = all(tensor.device.type == "cpu" for tensor in tensors)
    return exact and on_cpu and torch.is_grad_enabled() and not torch.compiler.is_compiling()


def fused_gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """:func:`gelu` as x · sigmoid(2 √(2/π) (x + 0.044715 x³)), the same function: a CPU is slow at the tangent.

    >>> [round(number, 4) for number in fused_gelu(torch.tensor([-1.0, 0.0, 1.0])).tolist()]
    [-0.1588, 0.0, 0.8412]
    """
    if by_lesson():
        return gelu(x)
    return _GELU.apply(x) if by_hand(x) else F.gelu(x, approximate="tanh")


SLOPE, CUBIC = 2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715


class _GELU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.square().mul_(CUBIC).add_(SLOPE).mul_(x).sigmoid_().mul_(x)
        ctx.save_for_backward(x, y)  # the next layer keeps y anyway: the gate y / x costs no memory
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, y = ctx.saved_tensors
        gate = (y / x).nan_to_num_(0.5)  # 0 / 0 where x is 0
        slope = x.square().mul_(3 * CUBIC).add_(SLOPE)  # of the sigmoid's argument
        return gate.addcmul_(torch.addcmul(y, y, gate, value=-1), slope).mul_(gradient)


def dropout(x: Float[Tensor, "..."], p: float, training: bool) -> Float[Tensor, "..."]:
    """While training, set each number to 0 with probability ``p``; otherwise change nothing.

    Every number is kept or dropped on its own, by torch's random numbers. Those kept are scaled, so that the
    expected value of each result is its input and nothing needs to be scaled when the model is used
    (Srivastava et al. 2014, section 10). A dropped number is 0 even where ``x`` is infinite. The result has
    the dtype of ``x``.

    Raises ``ValueError``, whose message contains the value of ``p``, unless 0 ≤ ``p`` < 1, in training or not.

    >>> kept = dropout(torch.ones(1000), p=0.5, training=True)
    >>> sorted(set(kept.tolist()))
    [0.0, 2.0]
    >>> dropout(torch.ones(3), p=0.5, training=False).tolist()
    [1.0, 1.0, 1.0]
    """
    if not 0 <= p < 1:
        raise ValueError(f"p={p} must be at least 0 and below 1")
    if not training:
        return x
    kept = torch.rand(x.shape, device=x.device) >= p
    return torch.where(kept, x / (1 - p), 0)


def residual(x: Hidden, sublayer: Callable[[Hidden], Hidden], norm: Callable[[Hidden], Hidden]) -> Hidden:
    """What a sub-layer of a pre-LN Transformer passes on: its input, plus what it found in it.

    Only what the sub-layer sees is normalised; ``x`` itself travels on untouched, so that through any depth
    there is a path of mere additions (He et al. 2016; Xiong et al. 2020, figure 1b). The model of 2017
    normalised the sum instead: LayerNorm(x + Sublayer(x)).

    >>> residual(torch.tensor([3.0]), sublayer=lambda h: 10 * h, norm=lambda h: h - 1).tolist()
    [23.0]
    """
    found = sublayer(norm(x))
    return x + found


class LayerNorm(nn.Module):
    """:func:`layer_norm` with its learned ``weight``, at first 1, and ``bias``, at first 0.

    With ``bias=False`` the attribute ``bias`` is ``None``.

    >>> [round(number, 3) for number in LayerNorm(2)(torch.tensor([3.0, 5.0])).tolist()]
    [-1.0, 1.0]
    """

    def __init__(self, d_model: int, bias: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        if by_lesson():
            return layer_norm(x, self.weight, self.bias, self.eps)
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class FeedForward(nn.Module):
    """The feed-forward network: two linear layers with :func:`gelu` between them, at each position alone.

    FFN(x) = gelu(x W_1 + b_1) W_2 + b_2 (Vaswani et al. 2017, equation 2, with GELU for ReLU as in GPT).
    ``w_in`` is ``nn.Linear(d_model, d_ff)`` and ``w_out`` is ``nn.Linear(d_ff, d_model)``, with biases if
    ``bias``. ``dropout`` acts on the result, in training only.

    >>> FeedForward(d_model=3, d_ff=7)(torch.zeros(1, 5, 3)).shape
    torch.Size([1, 5, 3])
    """

    def __init__(self, d_model: int, d_ff: int, bias: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        self.w_in = nn.Linear(d_model, d_ff, bias=bias)
        self.w_out = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        inner = fused_gelu(self.w_in(x))  # ... d_ff
        return self.dropout(self.w_out(inner))


class SwiGLU(nn.Module):
    """The feed-forward network of Llama: one projection opens and closes the gates of another.

    FFN(x) = (Swish(x W) ⊙ x V) W_2 with Swish(z) = z · sigmoid(z) (Shazeer 2020, equation 6). W is ``w_gate``
    and V is ``w_in``, both ``nn.Linear(d_model, d_ff)``; W_2 is ``w_out``, ``nn.Linear(d_ff, d_model)``. They
    have biases only if ``bias``.

    >>> SwiGLU(d_model=3, d_ff=7)(torch.zeros(1, 5, 3)).shape
    torch.Size([1, 5, 3])
    """

    def __init__(self, d_model: int, d_ff: int, bias: bool = False) -> None:
        super().__init__()
        self.w_gate = nn.Linear(d_model, d_ff, bias=bias)
        self.w_in = nn.Linear(d_model, d_ff, bias=bias)
        self.w_out = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        gates = F.silu(self.w_gate(x))  # ... d_ff
        return self.w_out(gates * self.w_in(x))


class TransformerBlock(nn.Module):
    """One layer of GPT-2: self-attention, then a feed-forward network, each on a residual path, pre-LN.

    h = x + Attention(LN_1(x)), y = h + FFN(LN_2(h)) (Radford et al. 2019, section 2.3). The parts are
    ``norm_1``, ``attention``, ``norm_2`` and ``feed_forward``. ``dropout`` acts on what each sub-layer adds
    to its path, in training only; ``bias`` says whether linear layers and norms have biases.

    Raises ``ValueError``, whose message contains both numbers, unless ``n_heads`` divides ``d_model``.

    >>> TransformerBlock(d_model=6, n_heads=2, d_ff=24)(torch.zeros(1, 5, 6), causal=True).shape
    torch.Size([1, 5, 6])
    """

    def __init__(
        self, d_model: int, n_heads: int, d_ff: int, dropout: float = 0.0, bias: bool = True
    ) -> None:
        super().__init__()
        self.norm_1 = LayerNorm(d_model, bias)
        self.attention = MultiHeadAttention(d_model, n_heads, bias, dropout)
        self.norm_2 = LayerNorm(d_model, bias)
        self.feed_forward = FeedForward(d_model, d_ff, bias, dropout)

    def forward(
        self,
        x: Float[Tensor, "... n d_model"],
        mask: Mask | None = None,
        causal: bool = False,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "... n d_model"]:
        """The hidden states after this layer; ``mask``, ``causal`` and ``cache`` go to the attention.

        They mean what they mean in :meth:`seq2gpt.heads.MultiHeadAttention.forward`. ``x`` itself stays as it is.
        """

        def attend(hidden: Hidden) -> Hidden:
            return self.attention(hidden, mask=mask, causal=causal, cache=cache)

        x = residual(x, attend, self.norm_1)
        return residual(x, self.feed_forward, self.norm_2)
