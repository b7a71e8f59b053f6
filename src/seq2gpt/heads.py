"""Multi-head attention: several attentions side by side, each with its own view of the hidden states.

A head has its own matrices W_i^Q, W_i^K, W_i^V, and W^O mixes what the heads found. In code the
matrices of all heads stand side by side in one ``nn.Linear``: head i owns the features i·d_head …
(i+1)·d_head − 1 of its output.
"""

from typing import Protocol, runtime_checkable

import torch  # noqa: F401 - the doctests below run in this namespace
from jaxtyping import Float
from torch import Tensor, nn

from seq2gpt.attention import Mask, fused_attention, scaled_dot_product_attention


def check_size(name: str, size: object) -> None:
    """Raise ``ValueError`` that names the field unless its size is a whole number of at least 1.

    >>> check_size("n_layers", True)
    Traceback (most recent call last):
    ValueError: n_layers=True must be a whole number of at least 1
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ValueError(f"{name}={size!r} must be a whole number of at least 1")


def head_width(d_model: int, n_heads: int) -> int:
    """The width d_head = d_model / n_heads of one head.

    Raises ``ValueError``, whose message contains the offending numbers, unless ``n_heads`` is at least 1 and
    divides ``d_model``.

    >>> head_width(d_model=768, n_heads=12)
    64
    """
    if n_heads < 1:
        raise ValueError(f"n_heads={n_heads} must be at least 1")
    if d_model % n_heads != 0:
        raise ValueError(
            f"d_model={d_model} does not split into n_heads={n_heads}; use a multiple of {n_heads}"
        )
    return d_model // n_heads


def split_heads(x: Float[Tensor, "... n d_model"], n_heads: int) -> Float[Tensor, "... n_heads n d_head"]:
    """Cut every hidden state into ``n_heads`` pieces and give each head a sequence of its own.

    Head i gets the features i·d_head … (i+1)·d_head − 1 of every position, with d_head = d_model / n_heads
    (:func:`head_width`). The positions keep their order, leading dimensions are kept, and no number
    changes.

    Raises ``ValueError``, whose message contains both numbers, unless ``n_heads`` divides the width of ``x``.

    >>> x = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8.0]])  # 2 positions of width 4
    >>> split_heads(x, n_heads=2).tolist()
    [[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]
    """
    d_head = head_width(x.shape[-1], n_heads)
    pieces = x.unflatten(-1, (n_heads, d_head))  # ... n n_heads d_head
    return pieces.transpose(-3, -2)


def merge_heads(heads: Float[Tensor, "... n_heads n d_head"]) -> Float[Tensor, "... n d_model"]:
    """Join the heads' results: at every position, those of head 0, then those of head 1, and so on.

    This is Concat(head_1, …, head_h) of Vaswani et al. 2017, section 3.2.2, and undoes
    :func:`split_heads`. Nothing is mixed yet: that is the work of W^O.

    >>> heads = torch.tensor([[[1, 2], [5, 6]], [[3, 4], [7, 8.0]]])  # 2 heads, 2 positions, width 2
    >>> merge_heads(heads).tolist()
    [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]
    """
    pieces = heads.transpose(-3, -2)  # ... n n_heads d_head
    return pieces.flatten(-2)


def count_attention_parameters(d_model: int, n_heads: int, bias: bool = True) -> int:
    """How many numbers one multi-head attention layer learns.

    Each of the ``n_heads`` heads has W_i^Q, W_i^K and W_i^V, every one d_model × d_head; all heads share
    W^O of n_heads·d_head × d_model (Vaswani et al. 2017, section 3.2.2). With ``bias`` each column of each
    of these matrices comes with one number that is added to its result.

    Raises ``ValueError``, whose message contains both numbers, unless ``n_heads`` divides ``d_model``.

    >>> count_attention_parameters(d_model=2, n_heads=1), count_attention_parameters(2, 1, bias=False)
    (24, 16)
    """
    d_head = head_width(d_model, n_heads)
    columns = 3 * n_heads * d_head + d_model  # of W^Q, W^K and W^V in all heads, and of W^O
    return columns * (d_model + bias)


def cross_attention(
    x: Float[Tensor, "... n d_model"],
    memory: Float[Tensor, "... m d_memory"],
    w_q: Float[Tensor, "d_model d_k"],
    w_k: Float[Tensor, "d_memory d_k"],
    w_v: Float[Tensor, "d_memory d_v"],
    mask: Mask | None = None,
) -> tuple[Float[Tensor, "... n d_v"], Float[Tensor, "... n m"]]:
    """One head in which the positions of ``x`` look at another sequence, ``memory``.

    The queries come from ``x``, the keys and values from ``memory``, for example the encoder's output
    (Vaswani et al. 2017, section 3.2.3). The two sequences may differ in length and width. ``mask`` is
    boolean and broadcasts to (..., n, m); a query that may attend to nothing gets weights and output 0.

    Returns ``(output, weights)`` as :func:`~seq2gpt.attention.scaled_dot_product_attention` does.

    >>> x, memory, w = torch.zeros(1, 2), torch.tensor([[2.0], [6.0]]), torch.ones(1, 1)
    >>> output, weights = cross_attention(x, memory, torch.ones(2, 1), w, w)
    >>> output.tolist(), weights.tolist()
    ([[4.0]], [[0.5, 0.5]])
    """
    query = x @ w_q
    key, value = memory @ w_k, memory @ w_v
    return scaled_dot_product_attention(query, key, value, mask)


@runtime_checkable
class LayerCache(Protocol):
    """Where an attention layer keeps the keys and values of earlier positions."""

    def append(
        self, key: Float[Tensor, "batch n_heads n d_head"], value: Float[Tensor, "batch n_heads n d_head"]
    ) -> tuple[Float[Tensor, "batch n_heads m d_head"], Float[Tensor, "batch n_heads m d_head"]]:
        """Store those of ``n`` new positions and return those of all ``m`` positions so far."""


@runtime_checkable
class Cache(Protocol):
    """Keys and values of earlier positions, as :class:`seq2gpt.generation.KVCache` keeps them."""

    @property
    def length(self) -> int:
        """Positions stored so far."""

    def __getitem__(self, layer: int) -> LayerCache:
        """What block number ``layer`` appends its keys and values to."""


class MultiHeadAttention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017, section 3.2.2), as self- or as cross-attention.

    MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O with head_i = Attention(X W_i^Q, Y W_i^K, Y W_i^V).
    ``w_q``, ``w_k``, ``w_v`` and ``w_o`` are ``nn.Linear(d_model, d_model)``, with biases if ``bias``; the
    features of the first three belong to the heads as in :func:`split_heads`. ``dropout`` acts on the
    result, in training only (section 5.4).

    Raises ``ValueError``, whose message contains both numbers, unless ``n_heads`` divides ``d_model``.

    >>> MultiHeadAttention(d_model=6, n_heads=2)(torch.zeros(1, 5, 6)).shape
    torch.Size([1, 5, 6])
    """

    def __init__(self, d_model: int, n_heads: int, bias: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        head_width(d_model, n_heads)
        self.n_heads = n_heads
        self.w_q = nn.Linear(d_model, d_model, bias=bias)
        self.w_k = nn.Linear(d_model, d_model, bias=bias)
        self.w_v = nn.Linear(d_model, d_model, bias=bias)
        self.w_o = nn.Linear(d_model, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Float[Tensor, "... n d_model"],
        memory: Float[Tensor, "... m d_model"] | None = None,
        mask: Mask | None = None,
        causal: bool = False,
        cache: LayerCache | None = None,
    ) -> Float[Tensor, "... n d_model"]:
        """What each position of ``x`` takes from ``memory``, or from ``x`` itself when there is none.

        - ``mask``: boolean, broadcasts to (..., n_heads, n, m); a padding mask of a batch is therefore
          (batch, 1, 1, m). A query that may attend to nothing gets 0 from every head.
        - ``causal``: no position sees a later one. With a ``mask`` too, both must allow a pair.
        - ``cache``: the keys and values of ``x``, of shape (batch, n_heads, n, d_head), are appended to
          it, and ``x`` attends to all that it returns: the positions of ``x`` are the last n of m, of which
          ``causal`` lets position i of ``x`` see the first m − n + i + 1. An empty cache is still a cache.

        Raises ``ValueError``, whose message contains the word memory, when ``memory`` comes with ``causal``
        or ``cache``: both count positions of one sequence, and ``memory`` is another.
        """
        if memory is not None and (causal or cache is not None):
            raise ValueError("memory is another sequence, causal and cache belong to one; leave them out")
        source = x if memory is None else memory
        query = split_heads(self.w_q(x), self.n_heads)
        key = split_heads(self.w_k(source), self.n_heads)
        value = split_heads(self.w_v(source), self.n_heads)
        if cache is not None:
            key, value = cache.append(key, value)
        heads = fused_attention(query, key, value, mask, causal)  # ... n_heads n d_head
        return self.dropout(self.w_o(merge_heads(heads)))
