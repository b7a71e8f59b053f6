"""Attention: every position looks at every other and takes what it needs.

Masks are boolean everywhere in the course: ``True`` means *may attend*. Matrices act from the
right, ``x @ w``, as in the papers.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.forms import by_lesson

Mask = Bool[Tensor, "..."]


def project_qkv(
    x: Float[Tensor, "... n d_model"],
    w_q: Float[Tensor, "d_model d_k"],
    w_k: Float[Tensor, "d_model d_k"],
    w_v: Float[Tensor, "d_model d_v"],
) -> tuple[Float[Tensor, "... n d_k"], Float[Tensor, "... n d_k"], Float[Tensor, "... n d_v"]]:
    """Query, key and value of every position: three learned views of the same hidden states.

    Q = X W^Q, K = X W^K, V = X W^V (Vaswani et al. 2017, section 3.2.2). Row i of each result
    belongs to position i of ``x``; leading dimensions such as the batch are kept.

    Returns the triple ``(query, key, value)``.

    >>> x = torch.tensor([[1.0, 2.0]])
    >>> w_q, w_k, w_v = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [1.0]]), torch.eye(2)
    >>> [t.tolist() for t in project_qkv(x, w_q, w_k, w_v)]
    [[[1.0]], [[2.0]], [[1.0, 2.0]]]
    """
    query = x @ w_q
    key = x @ w_k
    value = x @ w_v
    return query, key, value


def softmax(scores: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Turn scores into weights that are non-negative and sum to 1 along ``dim``.

    softmax(z)_j = exp(z_j) / Σ_k exp(z_k). The result has the shape and dtype of ``scores`` and is
    finite for every finite input, however large: softmax([1000, 1000]) is [0.5, 0.5].

    A score of −inf gets weight exactly 0. Where *all* scores along ``dim`` are −inf there is nothing
    to weigh: the weights are all 0, and neither they nor their gradient are nan.

    >>> softmax(torch.tensor([7.0, 7.0, -math.inf])).tolist()
    [0.5, 0.5, 0.0]
    """
    peak = scores.detach().amax(dim, keepdim=True)
    peak = peak.masked_fill(peak == -math.inf, 0.0)  # −inf − (−inf) would be nan
    weights = (scores - peak).exp()
    total = weights.sum(dim, keepdim=True)
    return weights / total.masked_fill(total == 0, 1.0)


def causal_mask(n: int, n_past: int = 0, device: torch.device | None = None) -> Bool[Tensor, "n m"]:
    """Which keys a query may see when no position may look at a later one.

    The queries are the last ``n`` of ``m = n_past + n`` positions; the keys are all ``m``. In training
    ``n_past`` is 0 and the mask is square; while generating, ``n_past`` keys are already stored.

    Returns a boolean matrix of shape (n, n_past + n) on ``device``, ``True`` where query i may attend to
    key j.

    >>> causal_mask(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    >>> causal_mask(1, n_past=2).int().tolist()
    [[1, 1, 1]]
    """
    keys = torch.arange(n_past + n, device=device)
    queries = keys[n_past:]
    return keys[None, :] <= queries[:, None]


def combine_masks(*masks: Mask | None) -> Mask | None:
    """One mask that allows what every given mask allows.

    A mask is boolean, ``True`` where attending is allowed; shapes broadcast, so a padding mask of
    shape (batch, 1, m) and a causal mask of shape (n, m) give one of shape (batch, n, m). ``None``
    forbids nothing. Without any mask, or with only ``None``, the result is ``None``. The masks given
    are not changed.

    >>> combine_masks(torch.tensor([True, True, False]), None, torch.tensor([True, False, False])).tolist()
    [True, False, False]
    """
    combined = None
    for mask in masks:
        if mask is not None:
            combined = mask if combined is None else combined & mask
    return combined


def scaled_dot_product_attention(
    query: Float[Tensor, "... n d_k"],
    key: Float[Tensor, "... m d_k"],
    value: Float[Tensor, "... m d_v"],
    mask: Mask | None = None,
) -> tuple[Float[Tensor, "... n d_v"], Float[Tensor, "... n m"]]:
    """Mix the values by how well each query fits each key.

    Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V (Vaswani et al. 2017, equation 1). ``mask`` is boolean
    and broadcasts to the scores, (..., n, m); where it is ``False`` the weight is exactly 0, and the
    other weights of the row still sum to 1. A query that may attend to nothing gets weights and
    output 0, with finite gradients.

    Returns ``(output, weights)``: the mixed values and the attention weights.

    >>> query, key = torch.zeros(1, 4), torch.zeros(2, 4)
    >>> output, weights = scaled_dot_product_attention(query, key, torch.tensor([[2.0], [6.0]]))
    >>> output.tolist(), weights.tolist()
    ([[4.0]], [[0.5, 0.5]])
    """
    d_k = query.shape[-1]
    scores = (query / math.sqrt(d_k)) @ key.transpose(-2, -1)  # ... n m
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = softmax(scores)
    return weights @ value, weights


def attention_flops(n: int, d_model: int) -> tuple[int, int]:
    """Floating-point operations of one self-attention layer on a sequence of ``n`` positions.

    Counted are the matrix products, a multiplication and an addition as two operations:

    - *projections*: the four matrices W^Q, W^K, W^V, W^O, each d_model × d_model;
    - *pairs*: Q Kᵀ and weights × V, summed over the heads. A layer of h heads has d_k = d_model / h,
      so the number of heads does not matter.

    No causal saving is assumed. Returns ``(projections, pairs)``.

    >>> attention_flops(n=2, d_model=3)
    (144, 48)
    """
    projections = 4 * 2 * n * d_model**2
    pairs = 2 * 2 * n**2 * d_model
    return projections, pairs


class SelfAttention(nn.Module):
    """Self-attention with ``n_heads`` heads: each head compares the positions in its own way.

    ``w_q``, ``w_k``, ``w_v`` and ``w_o`` are ``nn.Linear(d_model, d_model, bias=False)``. The projected
    queries, keys and values are cut into ``n_heads`` heads of width d_k = d_model / n_heads; each head
    attends on its own; the heads are joined again in order and mixed by ``w_o``, the matrix W^O of
    Vaswani et al. 2017, section 3.2.2. ``mask`` is boolean and broadcasts to (..., n_heads, n, n).

    Raises ``ValueError``, whose message contains both numbers, unless ``n_heads`` divides ``d_model``.

    >>> SelfAttention(d_model=6, n_heads=2)(torch.zeros(1, 5, 6)).shape
    torch.Size([1, 5, 6])
    """

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} does not split into n_heads={n_heads}; use a multiple")
        self.n_heads = n_heads
        self.w_q = nn.Linear(d_model, d_model, bias=False)
        self.w_k = nn.Linear(d_model, d_model, bias=False)
        self.w_v = nn.Linear(d_model, d_model, bias=False)
        self.w_o = nn.Linear(d_model, d_model, bias=False)

    def forward(
        self, x: Float[Tensor, "... n d_model"], mask: Mask | None = None
    ) -> Float[Tensor, "... n d_model"]:
        heads = []
        for projection in (self.w_q, self.w_k, self.w_v):
            split = projection(x).unflatten(-1, (self.n_heads, -1))
            heads.append(split.transpose(-3, -2))  # ... n_heads n d_k
        query, key, value = heads
        output, _ = scaled_dot_product_attention(query, key, value, mask)
        return self.w_o(output.transpose(-3, -2).flatten(-2))


def fused_attention(
    query: Float[Tensor, "... n d_k"],
    key: Float[Tensor, "... m d_k"],
    value: Float[Tensor, "... m d_v"],
    mask: Mask | None = None,
    causal: bool = False,
) -> Float[Tensor, "... n d_v"]:
    """The output of :func:`scaled_dot_product_attention`, by PyTorch's fused kernels.

    Where such a kernel takes device, dtype and mask, it never stores the n × m weights (Dao et al.
    2022), so the weights cannot be returned. With
    ``causal`` the queries are the last n of the m positions, as in :func:`causal_mask`, and ``mask``
    restricts further. A query that may attend to nothing gets output 0. Within
    :func:`seq2gpt.forms.lesson_forms` the functions of the lesson compute it.

    Raises ``ValueError`` for a mask that is not boolean.
    """
    n, m = query.shape[-2], key.shape[-2]
    if mask is not None and mask.dtype != torch.bool:  # PyTorch would add numbers to the scores
        raise ValueError(f"the mask has dtype {mask.dtype}; give booleans, True where attending is allowed")
    if by_lesson():
        mask = combine_masks(mask, causal_mask(n, m - n, query.device)) if causal else mask
        return scaled_dot_product_attention(query, key, value, mask)[0]
    if mask is not None:
        mask = torch.atleast_2d(mask)  # PyTorch's function wants rows, also where they are all alike
    if causal and mask is None and n == m:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True)
    if causal and n > 1:  # a single query is the last position: it may see every key
        mask = combine_masks(mask, causal_mask(n, m - n, query.device))
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
