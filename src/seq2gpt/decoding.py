"""Fast decoding: one sequence, one token at a time, nearly as fast as memory can be read.

To write one token of one sequence, a model reads every weight once and does little with each, so the time
is that of reading the weights, if nothing else costs much: the matrices of query, key and value are one,
the cache is allocated once, no mask is made, and each matrix lies in memory in the order in which it
is read (:mod:`seq2gpt.kernels`, or :mod:`seq2gpt.tiles` where there is no C compiler). The blocks of GPT-2
are a single call (:mod:`seq2gpt.kernel_blocks`). The numbers are those of the model but for rounding.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.embeddings import check_ids
from seq2gpt.forms import lesson_forms
from seq2gpt.generation import KVCache, LayerBuffers, token_budget
from seq2gpt.kernel_blocks import KernelBlocks, can_read
from seq2gpt.kernels import exact_matrix
from seq2gpt.prompts import check_prompt
from seq2gpt.sampling import PLAIN, Sampling
from seq2gpt.tiles import Vector

Matrix = Callable[[Vector], Vector]
MatrixOf = Callable[[Sequence[nn.Linear]], Matrix]
"""What makes one matrix of linear layers that read the same vector; their outputs come one after another."""


@runtime_checkable
class Decoder(Protocol):
    """A model that reads one text, from the first token on, and keeps what it has computed."""

    model: Any
    """A GPT, or another module with a ``config`` that takes ids and a cache."""

    def reset(self) -> None:
        """Forget all that was read."""

    def read(self, ids: Int[Tensor, "n"]) -> Float[Tensor, "vocab_size"]:
        """The logits after the tokens ``ids`` and all that was read before them."""


@runtime_checkable
class Stack(Protocol):
    """What :class:`seq2gpt.gpt.GPT` and :class:`seq2gpt.modern.ModernGPT` have in common.

    A block has ``norm_1``, ``attention``, ``norm_2`` and ``feed_forward``; an attention has ``w_q``, ``w_k``,
    ``w_v`` and ``w_o``, ``n_heads``, and a method ``turn`` if it is told about places.
    """

    config: Any
    blocks: Any
    norm: Any
    head: Any

    def embed_at(
        self, ids: Int[Tensor, "*rows n"], places: Int[Tensor, "*rows n"]
    ) -> tuple[Float[Tensor, "*rows n d_model"], dict[str, Any]]:
        """The hidden states before the first block, and what every block must be told about the places."""


class PlainDecoder:
    """Any model that takes a cache, on any device, one call of the model for every token."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.reset()

    def reset(self) -> None:
        """Forget all that was read."""
        self.cache = KVCache(self.model.config.n_layers, self.model.config.context_length)

    @torch.inference_mode()
    def read(self, ids: Int[Tensor, "n"]) -> Float[Tensor, "vocab_size"]:
        """The logits after the tokens ``ids`` and all that was read before them.

        Raises ``ValueError`` for no ids, ids that the model does not know, and when the context is full.
        """
        config = self.model.config
        check_ids(ids, config.vocab_size)
        if len(ids) == 0:
            raise ValueError("there are no ids to read; give at least one")
        start, end = self.cache.length, self.cache.length + len(ids)
        if end > config.context_length:
            raise ValueError(
                f"positions {start} to {end - 1} do not fit into context_length={config.context_length}; "
                "shorten the sequence"
            )
        return self._logits(ids.to(next(self.model.parameters()).device))

    def _logits(self, ids: Tensor) -> Tensor:
        return self.model(ids[None], cache=self.cache)[0, -1]


class LessonDecoder(PlainDecoder):
    """The same by the functions of the lessons alone, attention included."""

    def _logits(self, ids: Tensor) -> Tensor:
        with lesson_forms():
            return super()._logits(ids)


class FastBlock:
    """A block of either layout that reads one position of one sequence, with matrices of another form."""

    def __init__(self, block: Any, matrix_of: MatrixOf) -> None:
        attention = block.attention
        self.norm_1, self.norm_2, self.attention = block.norm_1, block.norm_2, attention
        self.w_qkv = matrix_of([attention.w_q, attention.w_k, attention.w_v])
        self.widths = [part.out_features for part in (attention.w_q, attention.w_k, attention.w_v)]
        self.d_head = attention.w_q.out_features // attention.n_heads
        self.w_o = matrix_of([attention.w_o])
        self.feed_forward = with_matrices(block.feed_forward, matrix_of)

    def __call__(self, x: Vector, cache: LayerBuffers, **told: Any) -> Vector:
        parts = self.w_qkv(self.norm_1(x)).split(self.widths)
        query, key, value = (part.view(1, -1, 1, self.d_head) for part in parts)  # 1 n_heads 1 d_head
        if told:
            query, key = self.attention.turn(query, key, **told)
        keys, values = cache.append(key, value)
        grouped = query.view(1, key.shape[1], -1, self.d_head)  # heads with one key stand in for positions
        heads = F.scaled_dot_product_attention(grouped, keys, values)
        x = x + self.w_o(heads.reshape(-1))
        return x + self.feed_forward(self.norm_2(x))


class FastBlocks:
    """Blocks of either layout, one after another."""

    def __init__(self, blocks: Sequence[FastBlock]) -> None:
        self.blocks = blocks

    def __call__(self, x: Vector, cache: KVCache, **told: Any) -> Vector:
        for layer, block in enumerate(self.blocks):
            x = block(x, cache[layer], **told)
        return x


def with_matrices(network: nn.Module, matrix_of: MatrixOf) -> nn.Module:
    """A copy of a network for single vectors: what ``matrix_of`` makes takes the place of each linear layer.

    >>> from seq2gpt.blocks import SwiGLU
    >>> network, x = SwiGLU(d_model=3, d_ff=7), torch.ones(3)
    >>> torch.allclose(with_matrices(network, exact)(x), network(x), atol=1e-6)
    True
    """
    shared: dict[int, Any] = {id(parameter): parameter for parameter in network.parameters()}
    fast = copy.deepcopy(network, shared).eval()  # dropout is for training
    for name, part in network.named_children():
        if isinstance(part, nn.Linear):
            delattr(fast, name)  # a name in use for a module takes nothing else
            setattr(fast, name, matrix_of([part]))
    return fast


def joined(linears: Sequence[nn.Linear]) -> tuple[Float[Tensor, "out in"], Float[Tensor, "out"] | None]:
    """Weight and bias of one linear layer whose outputs are those of ``linears``, one after another."""
    weight = torch.cat([linear.weight.detach() for linear in linears])
    biases = [linear.bias.detach() for linear in linears if linear.bias is not None]
    return weight, torch.cat(biases) if biases else None


def exact(linears: Sequence[nn.Linear]) -> Matrix:
    """The weights as they are, in the form that is read fastest."""
    return exact_matrix(*joined(linears))


def check_on_cpu(model: Any) -> None:
    """Raise ``ValueError`` for a GPT or ModernGPT on another device."""
    device = model.head.weight.device
    if device.type != "cpu":
        raise ValueError(f"the model is on {device}, fast decoding is for the CPU; move it with model.cpu()")


class FastDecoder(PlainDecoder):
    """A GPT or ModernGPT that reads a prompt at once and then one token at a time, on the CPU.

    ``read(ids)`` gives the logits of the token that follows all that was read so far. Several ids, such as
    those of a prompt, go through the model itself; a single one takes the fast path. Both fill one cache.

    ``matrix_of`` makes the form in which weights are kept: :func:`exact`, or one with fewer bits. The
    weights are copied: later changes of the model have no effect.

    Raises ``ValueError`` for a model that is not on the CPU.

    >>> from seq2gpt.gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)).eval()
    >>> decoder = FastDecoder(model)
    >>> _ = decoder.read(torch.tensor([7, 1])), decoder.read(torch.tensor([10]))
    >>> torch.allclose(decoder.read(torch.tensor([4])), model(torch.tensor([[7, 1, 10, 4]]))[0, -1], atol=1e-6)
    True
    """

    def __init__(self, model: Any, matrix_of: MatrixOf = exact) -> None:
        super().__init__(model)
        check_on_cpu(model)
        fast = [FastBlock(block, matrix_of) for block in model.blocks]
        in_c = all(map(can_read, model.blocks, fast))
        self.blocks = KernelBlocks(fast) if in_c else FastBlocks(fast)
        self.head = matrix_of([model.head])

    def _logits(self, ids: Tensor) -> Tensor:
        if len(ids) != 1:
            return super()._logits(ids)
        hidden, told = self.model.embed_at(ids, torch.tensor([self.cache.length]))
        return self.head(self.model.norm(self.blocks(hidden[0], self.cache, **told)))


def decoder_of(model: Any, forms: Literal["fast", "lessons"] = "fast") -> Decoder:
    """The fastest decoder for ``model``: :class:`FastDecoder` for either layout on the CPU, else :class:`PlainDecoder`.

    A model whose projections are no plain linear layers, such as one with LoRA, is read as it is; so is any model
    with the forms of the ``lessons``.
    """
    if forms == "lessons":
        return LessonDecoder(model)
    on_cpu = next(model.parameters()).device.type == "cpu"
    return (
        FastDecoder(model)
        if on_cpu and isinstance(model, Stack) and _is_plain(model)
        else PlainDecoder(model)
    )


def _is_plain(model: Stack) -> bool:
    projections = ("w_q", "w_k", "w_v", "w_o")
    return all(
        isinstance(getattr(block.attention, name), nn.Linear)
        for block in model.blocks
        for name in projections
    )


def stream(
    decoder: Decoder,
    prompt: Sequence[int],
    max_new_tokens: int,
    sampling: Sampling = PLAIN,
    generator: torch.Generator | None = None,
) -> Iterator[int]:
    """The tokens that continue ``prompt``, each as soon as it is drawn.

    They end after ``max_new_tokens``, or earlier when the context is full. Whoever reads them may stop at
    any time. Raises ``ValueError`` as :func:`seq2gpt.generation.generate` does, at the first token.

    >>> from seq2gpt.gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)).eval()
    >>> len(list(stream(FastDecoder(model), [7, 1], max_new_tokens=9)))  # the context holds 5
    3
    """
    check_prompt(prompt, decoder.model.config.vocab_size)
    n_new = token_budget(decoder.model.config.context_length, len(prompt), max_new_tokens)
    decoder.reset()
    ids = unread = torch.tensor(prompt, dtype=torch.long)
    for _ in range(n_new):
        new = sampling.draw(decoder.read(unread).cpu(), ids, generator)
        yield new
        unread = torch.tensor([new])
        ids = torch.cat([ids, unread])
