"""The GPT of today: the same stack as GPT-2's, with the parts that have replaced its own since.

Rotary positions instead of learned ones (Su et al. 2021), RMSNorm instead of LayerNorm (Zhang & Sennrich
2019), a gated or squared-ReLU feed-forward network (Shazeer 2020; So et al. 2021), normalised queries and
keys (Henry et al. 2020), several query heads for one key and value head (Ainslie et al. 2023), no biases.
With SwiGLU this is the layout of Qwen3, and with ``qk_norm=False`` too that of Llama.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt import fused
from seq2gpt.attention import Mask, fused_attention
from seq2gpt.blocks import SwiGLU
from seq2gpt.embeddings import TokenEmbedding
from seq2gpt.heads import Cache, LayerCache, check_size, head_width, merge_heads, split_heads
from seq2gpt.positions import frequencies, rotate_half

Hidden = Float[Tensor, "batch n d_model"]
Turns = tuple[Float[Tensor, "*rows n d_head"], Float[Tensor, "*rows n d_head"]]


@dataclass(frozen=True, kw_only=True)
class ModernConfig:
    """The sizes and choices of a :class:`ModernGPT`.

    ``n_kv_heads`` key and value heads serve ``n_heads`` query heads; left at ``None`` there is one for each.
    ``d_head`` is the width of a head; left at ``None`` it is d_model / n_heads, and any other makes the heads
    together wider or narrower than the model.
    ``d_ff`` left at ``None`` becomes 4 · d_model for ``relu2``, and for ``swiglu``, which has three matrices
    instead of two, the multiple of 8 next above 8/3 · d_model. ``rope_base`` is the base of the rotary
    frequencies, ``norm_eps`` what every RMSNorm adds below the root. ``activation`` is ``swiglu`` or ``relu2``.

    Raises ``ValueError`` that names the field, its value and the rule.

    >>> ModernConfig(vocab_size=11, context_length=5, d_model=12, n_heads=3, n_layers=2, n_kv_heads=2)
    Traceback (most recent call last):
    ValueError: n_kv_heads=2 must divide n_heads=3
    """

    vocab_size: int
    context_length: int
    d_model: int
    n_heads: int
    n_layers: int
    n_kv_heads: int | None = None
    d_head: int | None = None
    d_ff: int | None = None
    activation: str = "swiglu"
    qk_norm: bool = True
    tied: bool = True
    rope_base: float = 10000.0
    norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        filled_in = ("n_kv_heads", "d_ff")  # where they are None
        for name in ("vocab_size", "context_length", "d_model", "n_heads", "n_layers", *filled_in):
            if name not in filled_in or getattr(self, name) is not None:
                check_size(name, getattr(self, name))
        if self.n_kv_heads is None:
            object.__setattr__(self, "n_kv_heads", self.n_heads)  # the dataclass is frozen
        if self.d_ff is None:
            d_ff = 4 * self.d_model if self.activation == "relu2" else -(-8 * self.d_model // 24) * 8
            object.__setattr__(self, "d_ff", d_ff)
        if self.d_head is None and head_width(self.d_model, self.n_heads) % 2 != 0:
            raise ValueError(
                f"d_model={self.d_model} with n_heads={self.n_heads} gives heads of odd width, which do not "
                f"split into pairs; use a multiple of {2 * self.n_heads}"
            )
        if self.d_head is None:
            object.__setattr__(self, "d_head", head_width(self.d_model, self.n_heads))
        if not isinstance(self.d_head, int) or self.d_head < 2 or self.d_head % 2 != 0:
            raise ValueError(f"d_head={self.d_head!r} must be an even whole number of at least 2")
        if self.n_heads % self.kv_heads != 0:
            raise ValueError(f"n_kv_heads={self.n_kv_heads} must divide n_heads={self.n_heads}")
        if self.activation not in ("swiglu", "relu2"):
            raise ValueError(f"activation={self.activation!r} must be swiglu or relu2")
        if not 0 < self.rope_base < math.inf:
            raise ValueError(f"rope_base={self.rope_base} must be positive and finite; Llama has 10000")
        if not 0 <= self.norm_eps < math.inf:
            raise ValueError(f"norm_eps={self.norm_eps} must be a finite number of at least 0")

    @property
    def kv_heads(self) -> int:
        """``n_kv_heads``, filled in."""
        return self.n_kv_heads or self.n_heads

    @property
    def head_size(self) -> int:
        """``d_head``, filled in."""
        return self.d_head or head_width(self.d_model, self.n_heads)


class RMSNorm(nn.Module):
    """:func:`seq2gpt.blocks.rms_norm` with its learned ``weight``, at first 1.

    >>> [round(number, 2) for number in RMSNorm(2)(torch.tensor([1.0, 7.0])).tolist()]
    [0.2, 1.4]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "... width"]) -> Float[Tensor, "... width"]:
        return fused.rms_norm(x, self.weight, self.eps)


class SquaredReLU(nn.Module):
    """The feed-forward network of Primer: relu(x W_1)² W_2 (So et al. 2021, section 3.1), without biases.

    >>> SquaredReLU(d_model=3, d_ff=7)(torch.zeros(1, 5, 3)).shape
    torch.Size([1, 5, 3])
    """

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.w_in = nn.Linear(d_model, d_ff, bias=False)
        self.w_out = nn.Linear(d_ff, d_model, bias=False)

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        return self.w_out(fused.squared_relu(self.w_in(x)))


def rotary_turns(n: int, start: int, d_head: int, base: float, like: Tensor) -> Turns:
    """Cosines and sines by which the positions ``start`` … ``start`` + n − 1 turn, computed once for all layers.

    They are those of :func:`seq2gpt.positions.apply_rotary`, in the dtype and on the device of ``like``.

    >>> cosines, sines = rotary_turns(1, start=0, d_head=4, base=10000.0, like=torch.zeros(1))
    >>> cosines.tolist(), sines.tolist()
    ([[1.0, 1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0, 0.0]])
    """
    return turns_at(torch.arange(start, start + n), d_head, base, like)


def turns_at(places: Int[Tensor, "*rows n"], d_head: int, base: float, like: Tensor) -> Turns:
    """:func:`rotary_turns` for positions in any order, such as those of rows that begin at different places.

    >>> cosines, sines = turns_at(torch.tensor([[0, 0]]), d_head=4, base=10000.0, like=torch.zeros(1))
    >>> cosines.shape
    torch.Size([1, 2, 4])
    """
    angles = places.cpu()[..., None] * frequencies(d_head, base)  # ... n pairs
    angles = torch.cat([angles, angles], dim=-1)  # ... n d_head
    return angles.cos().to(like), angles.sin().to(like)


class GroupedQueryAttention(nn.Module):
    """Causal self-attention in which groups of query heads share keys and values (Ainslie et al. 2023).

    ``w_q`` makes ``n_heads`` heads, ``w_k`` and ``w_v`` make ``n_kv_heads``; query heads i·g … (i+1)·g − 1
    use key and value head i, with g = n_heads / n_kv_heads. With ``qk_norm`` queries and keys pass an RMSNorm
    over the features of a head (``norm_q``, ``norm_k``) before they are turned by their positions.
    """

    def __init__(self, config: ModernConfig) -> None:
        super().__init__()
        d_model, d_head = config.d_model, config.head_size
        self.n_heads, self.n_kv_heads = config.n_heads, config.kv_heads
        self.w_q = nn.Linear(d_model, self.n_heads * d_head, bias=False)
        self.w_k = nn.Linear(d_model, self.n_kv_heads * d_head, bias=False)
        self.w_v = nn.Linear(d_model, self.n_kv_heads * d_head, bias=False)
        self.w_o = nn.Linear(self.n_heads * d_head, d_model, bias=False)
        self.norm_q = RMSNorm(d_head, config.norm_eps) if config.qk_norm else nn.Identity()
        self.norm_k = RMSNorm(d_head, config.norm_eps) if config.qk_norm else nn.Identity()

    def forward(
        self, x: Hidden, turns: Turns, cache: LayerCache | None = None, mask: Mask | None = None
    ) -> Hidden:
        """What each position takes from itself and earlier ones; a ``mask`` says which of them it may see."""
        query = split_heads(self.w_q(x), self.n_heads)
        key = split_heads(self.w_k(x), self.n_kv_heads)
        value = split_heads(self.w_v(x), self.n_kv_heads)
        query, key = self.turn(query, key, turns)
        if cache is not None:
            key, value = cache.append(key, value)
        if self.n_kv_heads < self.n_heads:
            key, value = (t.repeat_interleave(self.n_heads // self.n_kv_heads, dim=1) for t in (key, value))
        heads = fused_attention(query, key, value, mask, causal=True)  # batch n_heads n d_head
        return self.w_o(merge_heads(heads))

    def turn(
        self,
        query: Float[Tensor, "batch n_heads n d_head"],
        key: Float[Tensor, "batch n_kv n d_head"],
        turns: Turns,
    ) -> tuple[Float[Tensor, "batch n_heads n d_head"], Float[Tensor, "batch n_kv n d_head"]]:
        """Queries and keys, normalised where the layer does so, and turned by their positions."""
        cosines, sines = turns
        query, key = self.norm_q(query), self.norm_k(key)
        return query * cosines + rotate_half(query) * sines, key * cosines + rotate_half(key) * sines


class ModernBlock(nn.Module):
    """One layer: h = x + Attention(RMSNorm(x)), then h + FFN(RMSNorm(h)); x has shape (batch, n, d_model)."""

    def __init__(self, config: ModernConfig) -> None:
        super().__init__()
        d_ff = config.d_ff or 4 * config.d_model
        self.norm_1 = RMSNorm(config.d_model, config.norm_eps)
        self.attention = GroupedQueryAttention(config)
        self.norm_2 = RMSNorm(config.d_model, config.norm_eps)
        network = SwiGLU if config.activation == "swiglu" else SquaredReLU
        self.feed_forward = network(config.d_model, d_ff)

    def forward(
        self, x: Hidden, turns: Turns, cache: LayerCache | None = None, mask: Mask | None = None
    ) -> Hidden:
        x = x + self.attention(self.norm_1(x), turns, cache, mask)
        return x + self.feed_forward(self.norm_2(x))


class ModernGPT(nn.Module):
    """A decoder-only Transformer in the layout of today; it is used as :class:`seq2gpt.gpt.GPT` is.

    Its parts are ``token_embedding``, ``blocks``, ``norm`` and ``head``, whose matrix is that of the embedding
    if ``config.tied``.

    >>> config = ModernConfig(vocab_size=11, context_length=5, d_model=12, n_heads=3, n_layers=2, n_kv_heads=1)
    >>> ModernGPT(config)(torch.tensor([[7, 1, 10]])).shape
    torch.Size([1, 3, 11])
    """

    def __init__(self, config: ModernConfig) -> None:
        super().__init__()
        self.config = config
        self.token_embedding = TokenEmbedding(config.vocab_size, config.d_model)
        self.blocks = nn.ModuleList(ModernBlock(config) for _ in range(config.n_layers))
        self.norm = RMSNorm(config.d_model, config.norm_eps)
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        if config.tied:
            self.head.weight = self.token_embedding.weight
        init_modern_weights(self)

    def forward(
        self, ids: Int[Tensor, "batch n"], cache: Cache | None = None
    ) -> Float[Tensor, "batch n vocab_size"]:
        """The logits of the next token at every position; ``cache`` works as in :class:`seq2gpt.gpt.GPT`.

        Raises ``ValueError`` when the positions exceed ``context_length``.
        """
        start, config = 0 if cache is None else cache.length, self.config
        end = start + ids.shape[-1]
        if end > config.context_length:
            raise ValueError(
                f"positions {start} to {end - 1} do not fit into context_length={config.context_length}; "
                "shorten the sequence"
            )
        x = self.token_embedding(ids)  # batch n d_model
        turns = rotary_turns(ids.shape[-1], start, config.head_size, config.rope_base, x)
        for layer, block in enumerate(self.blocks):
            x = block(x, turns, None if cache is None else cache[layer])
        return self.head(self.norm(x))

    def embed_at(
        self, ids: Int[Tensor, "*rows n"], places: Int[Tensor, "*rows n"]
    ) -> tuple[Float[Tensor, "*rows n d_model"], dict[str, Any]]:
        """The hidden states before the first block, and what the blocks must be told about the places: the turns."""
        x = self.token_embedding(ids)
        cosines, sines = turns_at(places, self.config.head_size, self.config.rope_base, x)
        return x, {"turns": (cosines.unsqueeze(-3), sines.unsqueeze(-3))}  # ... 1 n d_head: for all heads


def init_modern_weights(model: ModernGPT, generator: torch.Generator | None = None) -> None:
    """Draw fresh parameters: each block starts as the identity, so a deep model starts as a shallow one.

    - embedding and head: normal, standard deviation 0.02;
    - matrices that read the residual path: normal, standard deviation 1 / √(their inputs);
    - matrices that write to it, ``w_o`` and ``w_out``: 0 (Zhang et al. 2019, section 3);
    - gains of the norms: 1.

    One seed of ``generator`` always gives the same parameters; without one, torch's own generator draws.

    >>> model = ModernGPT(ModernConfig(vocab_size=11, context_length=5, d_model=4, n_heads=2, n_layers=1))
    >>> model.blocks[0].attention.w_o.weight.any().item()
    False
    """
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            nn.init.ones_(parameter)
        elif name.endswith(("w_o.weight", "w_out.weight")):
            nn.init.zeros_(parameter)
        else:
            in_blocks = name.startswith("blocks.")
            std = parameter.shape[1] ** -0.5 if in_blocks else 0.02
            nn.init.normal_(parameter, std=std, generator=generator)


def count_modern_parameters(config: ModernConfig) -> int:
    """How many numbers a :class:`ModernGPT` learns; a tied head counts once.

    >>> count_modern_parameters(
    ...     ModernConfig(vocab_size=11, context_length=5, d_model=4, n_heads=2, n_layers=1, activation="relu2")
    ... )
    252
    """
    d_model, d_head, d_ff = config.d_model, config.head_size, config.d_ff or 0
    embeddings = config.vocab_size * d_model * (1 if config.tied else 2)
    matrices = 2 * d_model * (config.n_heads + config.kv_heads) * d_head  # queries, output; keys, values
    attention = matrices + 2 * d_head * config.qk_norm
    feed_forward = d_model * d_ff * (3 if config.activation == "swiglu" else 2)
    return embeddings + config.n_layers * (attention + feed_forward + 2 * d_model) + d_model
