"""GPT: a stack of Transformer blocks that predicts, at every position, the token that follows.

One stack reads the prompt and writes the continuation; there is no encoder and no cross-attention.
Names follow the course; :func:`load_gpt2_state_dict` translates those of the published GPT-2.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.blocks import LayerNorm, TransformerBlock
from seq2gpt.embeddings import TokenEmbedding
from seq2gpt.heads import Cache, count_attention_parameters, head_width
from seq2gpt.positions import LearnedPositions


@dataclass(frozen=True, kw_only=True)
class GPTConfig:
    """The sizes of a GPT.

    ``d_ff`` is the inner width of the feed-forward networks; left at ``None`` it becomes 4 · d_model,
    as in GPT-2. ``bias`` says whether linear layers and norms have biases; GPT-2 has them.
    """

    vocab_size: int
    context_length: int
    d_model: int
    n_heads: int
    n_layers: int
    d_ff: int | None = None
    dropout: float = 0.0
    bias: bool = True

    def __post_init__(self) -> None:
        """Refuse sizes that no model can have, before a single tensor is made.

        - Every size is a whole number of at least 1.
        - ``d_model`` splits evenly into ``n_heads``.
        - 0 ≤ ``dropout`` < 1.

        Raises ``ValueError``, whose message contains the field's name and its value (for heads that do not fit:
        both numbers). Where ``d_ff`` is ``None`` it is set to 4 · d_model.
        """
        if self.d_ff is None:
            object.__setattr__(self, "d_ff", 4 * self.d_model)  # the way to set a field of a frozen dataclass
        for name in ("vocab_size", "context_length", "d_model", "n_heads", "n_layers", "d_ff"):
            size = getattr(self, name)
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise ValueError(f"{name}={size!r} must be a whole number of at least 1")
        head_width(self.d_model, self.n_heads)  # raises when the heads do not divide the width
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout} must be at least 0 and below 1")


class GPTParts(nn.Module):
    """The parts of a GPT in the order in which data flows, as they are made; they have no ``forward``.

    ``token_embedding``, ``positions`` (learned), ``dropout``, ``blocks`` (pre-LN, as in GPT-2), ``norm`` and
    ``head``, a linear layer without bias whose matrix is still its own. ``config`` is what was asked for.

    >>> parts = GPTParts(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> tuple(parts.token_embedding.weight.shape), tuple(parts.head.weight.shape), len(parts.blocks)
    ((11, 6), (11, 6), 3)
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        d_model, d_ff = config.d_model, config.d_ff or 4 * config.d_model
        self.token_embedding = TokenEmbedding(config.vocab_size, d_model)
        self.positions = LearnedPositions(config.context_length, d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(d_model, config.n_heads, d_ff, dropout=config.dropout, bias=config.bias)
            for _ in range(config.n_layers)
        )
        self.norm = LayerNorm(d_model, config.bias)
        self.head = nn.Linear(d_model, config.vocab_size, bias=False)

    def embed_at(
        self, ids: Int[Tensor, "*rows n"], places: Int[Tensor, "*rows n"]
    ) -> tuple[Float[Tensor, "*rows n d_model"], dict[str, Any]]:
        """The hidden states before the first block, and what the blocks must be told about the places: nothing."""
        return self.token_embedding(ids) + self.positions.table[places], {}


def tie_weights(model: GPTParts) -> None:
    """Let the output head use the matrix of the token embedding (Press & Wolf 2017).

    Afterwards ``model.head.weight`` *is* ``model.token_embedding.weight``, one parameter under two
    names: a logit is the dot product of the final hidden state with a token's embedding, and both uses
    send their gradients to the same numbers. The embedding's values stay. Nothing is turned: ``nn.Linear`` stores
    its matrix as (out, in), here (vocab_size, d_model), the shape of the embedding's.

    Raises ``ValueError``, whose message contains both shapes, when the two matrices differ in shape; the model
    is then unchanged.

    >>> model = GPTParts(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> model.head.weight is model.token_embedding.weight
    False
    >>> tie_weights(model)
    >>> model.head.weight is model.token_embedding.weight
    True
    """
    embedding, head = model.token_embedding.weight, model.head.weight
    if embedding.shape != head.shape:
        raise ValueError(
            f"the embedding has shape {tuple(embedding.shape)} and the head {tuple(head.shape)}; "
            "give both one row per symbol"
        )
    model.head.weight = embedding


def init_weights(model: GPTParts, generator: torch.Generator | None = None) -> None:
    """Draw fresh parameters as the papers of GPT (Radford et al. 2018, section 4.1) and GPT-2 (2019, 2.3) have it.

    - matrices, embeddings and positions: normal, mean 0, standard deviation 0.02;
    - the two matrices of each block that write to the residual path, ``attention.w_o`` and
      ``feed_forward.w_out``: 0.02 / √(2 · n_layers), as 2 · n_layers of them add up (this is GPT-2's rule);
    - biases: 0; gains of the norms: 1.

    All parameters are drawn anew, in place, whatever they were before; what is shared stays shared. One seed of
    ``generator`` always gives the same parameters; without one, torch's own generator draws.

    >>> model = GPTParts(GPTConfig(vocab_size=11, context_length=5, d_model=2, n_heads=1, n_layers=1))
    >>> init_weights(model, torch.Generator().manual_seed(0))
    >>> model.norm.weight.tolist(), model.norm.bias.tolist()
    ([1.0, 1.0], [0.0, 0.0])
    """
    residual_std = 0.02 / math.sqrt(2 * model.config.n_layers)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif parameter.dim() == 1:
            nn.init.ones_(parameter)
        else:
            writes_residual = name.endswith(("w_o.weight", "w_out.weight"))
            nn.init.normal_(parameter, std=residual_std if writes_residual else 0.02, generator=generator)


class GPT(GPTParts):
    """A decoder-only Transformer (Radford et al. 2018, 2019): the parts of :class:`GPTParts`, tied, drawn and in use.

    A new model is tied (:func:`tie_weights`) and then drawn afresh (:func:`init_weights`). Calling it with
    ``ids`` of shape (batch, n) gives the logits of the next token at every position at once, of shape
    (batch, n, vocab_size): h_0 = token_embedding(ids) + positions, dropout acts on h_0, h_l = block_l(h_{l−1})
    with a causal mask, logits = head(norm(h_L)). Row i scores each symbol as the successor of tokens 0…i; no
    later token has any influence on it.

    With a ``cache``, ``ids`` are the tokens that follow the ``cache.length`` positions stored: their positions
    are counted on from there, they attend to all that is stored, and block number i gets ``cache[i]``, to
    which it appends its keys and values. The logits are those of ``ids`` alone.

    Raises the ``ValueError`` of ``positions``, whose message contains ``context_length``, when the positions
    exceed it.

    >>> config = GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)
    >>> GPT(config)(torch.tensor([[7, 1, 10]])).shape
    torch.Size([1, 3, 11])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config)
        tie_weights(self)
        init_weights(self)

    def forward(
        self, ids: Int[Tensor, "batch n"], cache: Cache | None = None
    ) -> Float[Tensor, "batch n vocab_size"]:
        n_past = 0 if cache is None else cache.length
        x = self.positions(self.token_embedding(ids), start=n_past)  # batch n d_model
        x = self.dropout(x)
        for layer, block in enumerate(self.blocks):
            x = block(x, causal=True, cache=None if cache is None else cache[layer])
        return self.head(self.norm(x))


def count_parameters(config: GPTConfig) -> int:
    """How many numbers a GPT of this configuration learns; tied matrices count once.

    With V = vocab_size, T = context_length, L = n_layers, d = d_model, d_ff = 4 d and biases this is
    V d + T d + L (12 d² + 13 d) + 2 d. Without ``bias`` no linear layer and no norm has one. No model is built.

    >>> small = GPTConfig(vocab_size=50257, context_length=1024, d_model=768, n_heads=12, n_layers=12)
    >>> f"{count_parameters(small):,}"  # the smallest published GPT-2
    '124,439,808'
    """
    d_model, d_ff = config.d_model, config.d_ff or 4 * config.d_model
    embeddings = (config.vocab_size + config.context_length) * d_model
    attention = count_attention_parameters(d_model, config.n_heads, config.bias)
    feed_forward = 2 * d_model * d_ff + config.bias * (d_ff + d_model)
    norm = d_model + config.bias * d_model
    return embeddings + config.n_layers * (attention + feed_forward + 2 * norm) + norm


def next_token_loss(
    logits: Float[Tensor, "... n vocab_size"], targets: Int[Tensor, "... n"]
) -> Float[Tensor, ""]:
    """The cross-entropy of the true next tokens, in nats, averaged over all positions.

    ``targets[…, i]`` is the id that follows position i, and the loss there is −log softmax(logits)
    at that id. A model that finds all symbols equally probable has loss ln(vocab_size).

    Raises ``ValueError``, whose message contains both shapes, unless there is one target for every position.

    >>> loss = next_token_loss(torch.zeros(1, 3, 8), torch.tensor([[0, 7, 2]]))
    >>> f"{loss:.3f} = ln 8"
    '2.079 = ln 8'
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"logits of shape {tuple(logits.shape)} need targets of shape {tuple(logits.shape[:-1])}, "
            f"not {tuple(targets.shape)}"
        )
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())


Names = dict[str, tuple[str, ...]]

# The parts of a block: the name in the published GPT-2, and the course's.
_GPT2_BLOCK: Names = {
    "ln_1": ("norm_1",),
    "attn.c_attn": ("attention.w_q", "attention.w_k", "attention.w_v"),
    "attn.c_proj": ("attention.w_o",),
    "ln_2": ("norm_2",),
    "mlp.c_fc": ("feed_forward.w_in",),
    "mlp.c_proj": ("feed_forward.w_out",),
}


def gpt2_names(config: GPTConfig) -> Names:
    """For every tensor of a published GPT-2 the parameter of :class:`GPT` that it becomes.

    ``attn.c_attn`` becomes three: queries, keys and values, in this order.

    >>> names = gpt2_names(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> names["h.2.mlp.c_fc.bias"]
    ('blocks.2.feed_forward.w_in.bias',)
    """
    modules: Names = {"ln_f": ("norm",)}
    for layer in range(config.n_layers):
        for published, ours in _GPT2_BLOCK.items():
            modules[f"h.{layer}.{published}"] = tuple(f"blocks.{layer}.{name}" for name in ours)
    names: Names = {"wte.weight": ("token_embedding.weight",), "wpe.weight": ("positions.table",)}
    for kind in ("weight", "bias") if config.bias else ("weight",):
        for published, ours in modules.items():
            names[f"{published}.{kind}"] = tuple(f"{name}.{kind}" for name in ours)
    return names


def is_conv1d(published: str) -> bool:
    """Whether a tensor of a published GPT-2 is the matrix of a ``Conv1D``, of shape (in, out).

    >>> is_conv1d("h.0.mlp.c_fc.weight"), is_conv1d("h.0.mlp.c_fc.bias"), is_conv1d("wte.weight")
    (True, False, False)
    """
    return ".c_" in published and published.endswith(".weight")


def checked_gpt2_tensors(model: GPTParts, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of ``state`` that are weights, under the names of :func:`gpt2_names`, once all of them are right.

    Raises ``ValueError``, whose message contains the name, for one that is missing, unknown or of the wrong shape.
    """
    masks = (".attn.bias", ".attn.masked_bias")  # the causal mask, stored as a buffer
    tensors = {name.removeprefix("transformer."): t for name, t in state.items() if not name.endswith(masks)}
    names, parameters = gpt2_names(model.config), dict(model.named_parameters())
    head = tensors.pop("lm_head.weight", None)
    for problem, found in (("lacks", names.keys() - tensors), ("holds unknown", tensors.keys() - names)):
        if found:
            raise ValueError(
                f"the state {problem} {', '.join(sorted(found)[:3])} ({len(found)} in all); "
                "build the model with the configuration of the weights"
            )
    for name, ours in names.items():
        rows, *columns = parameters[ours[0]].shape
        expected = (rows * len(ours), *columns)
        expected = expected[::-1] if is_conv1d(name) else expected
        if tensors[name].shape != expected:
            raise ValueError(
                f"{name} has shape {tuple(tensors[name].shape)}, this model needs {expected}; "
                "build the model with the configuration of the weights"
            )
    if head is not None and not torch.equal(head, tensors["wte.weight"]):
        raise ValueError("lm_head.weight differs from wte.weight; this model ties the two, as GPT-2 does")
    return tensors


def load_gpt2_state_dict(model: GPT, state: Mapping[str, Tensor]) -> None:
    """Copy the weights of a published GPT-2 into ``model``.

    ``state`` has the names of the original release, such as ``h.0.attn.c_attn.weight``, with or without
    the prefix ``transformer.``; :func:`gpt2_names` says which parameters each tensor becomes. The linear
    layers of a block (``c_attn``, ``c_proj``, ``c_fc``) are ``Conv1D`` there: y = x W + b with W of shape
    (in, out), while ``nn.Linear`` stores (out, in). The columns of ``c_attn`` are those of the queries,
    then the keys, then the values. What is tied stays tied, and a later change of ``state`` changes nothing.

    Raises the ``ValueError`` of :func:`checked_gpt2_tensors`, whose message contains the name, when a tensor is
    missing, unknown or of the wrong shape. The model is then unchanged.

    >>> model = GPT(GPTConfig(vocab_size=2, context_length=3, d_model=4, n_heads=1, n_layers=1))
    >>> load_gpt2_state_dict(model, {"wte.weight": torch.zeros(2, 4)})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: the state lacks h.0.attn.c_attn.bias, ...
    """
    parameters = dict(model.named_parameters())
    tensors = checked_gpt2_tensors(model, state)
    with torch.no_grad():
        for published, ours in gpt2_names(model.config).items():
            tensor = tensors[published]
            if is_conv1d(published):
                tensor = tensor.T  # (in, out) to (out, in)
            for name, part in zip(ours, tensor.chunk(len(ours)), strict=True):
                parameters[name].copy_(part)
