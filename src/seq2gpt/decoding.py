"""Fast decoding: one sequence, one token at a time, nearly as fast as memory can be read.

To write one token of one sequence, a model reads every weight once and does little with each, so the time
is that of reading the weights, if nothing else costs much: the matrices of query, key and value are one,
the cache is allocated once, no mask is made, and each matrix lies in memory in the order in which it
is read. The numbers are those of the model but for rounding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from seq2gpt.blocks import TransformerBlock
from seq2gpt.generation import KVCache, LayerBuffers, token_budget
from seq2gpt.gpt import GPT
from seq2gpt.sampling import PLAIN, Sampling

TILE = 32  # outputs that are added up together: two vector registers of 16 numbers
MAX_PANEL = 1536  # outputs for which inputs and row numbers are laid out; more would not stay in the cache

Vector = Float[Tensor, "_"]


class TiledMatrix:
    """A weight matrix stored for products with a single vector: y = W x + b.

    The outputs are cut into tiles of 32. A tile lies in one piece, for every input its 32 weights, so
    the product reads memory from the first byte to the last, and every thread reads tiles of its own.
    ``torch.embedding_bag`` does the work: it adds up rows of a table, each with a factor, and the inputs
    are the factors.

    ``weight`` is that of an ``nn.Linear``, of shape (out, in). It is copied.

    >>> matrix = TiledMatrix(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), bias=torch.tensor([0.5, 0.0]))
    >>> matrix(torch.tensor([1.0, 10.0])).tolist()
    [21.5, 43.0]
    """

    def __init__(self, weight: Float[Tensor, "out in"], bias: Float[Tensor, "out"] | None = None) -> None:
        self.n_out = len(weight)
        self.bias = bias
        self.panels = panels_of(weight, TILE)

    def __call__(self, x: Float[Tensor, "in"]) -> Float[Tensor, "out"]:
        y = multiply_panels(self.panels, x, _sum_rows)[: self.n_out]
        return y if self.bias is None else y + self.bias


def panels_of(weight: Float[Tensor, "out in"], tile: int) -> Float[Tensor, "panels rows tile"]:
    """The matrix cut into tiles of ``tile`` outputs, each with one row for every input; some tiles are a panel.

    Panels are of one size, at most 1,536 outputs, with zeros behind the last output.

    >>> panels_of(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tile=2).tolist()
    [[[1.0, 3.0], [2.0, 4.0], [5.0, 0.0], [6.0, 0.0]]]
    """
    n_out, n_in = weight.shape
    n_tiles = -(-n_out // tile)
    n_panels = -(-n_out // MAX_PANEL)
    tiles_per_panel = -(-n_tiles // n_panels)
    padded = F.pad(weight.detach(), (0, 0, 0, n_panels * tiles_per_panel * tile - n_out))
    return padded.view(n_panels, -1, tile, n_in).transpose(2, 3).reshape(n_panels, -1, tile)


SumRows = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def multiply_panels(panels: Iterable[Tensor], x: Vector, sum_rows: SumRows) -> Vector:
    """The product of a tiled matrix with ``x``; ``sum_rows`` adds up each tile's rows, each times its input."""
    first, *others = panels
    factors = x.expand(len(first) // len(x), -1).reshape(-1)
    rows, starts = _row_numbers(len(first), len(x))
    y = sum_rows(first, rows, starts, factors).view(-1)
    if not others:
        return y
    return torch.cat([y, *(sum_rows(panel, rows, starts, factors).view(-1) for panel in others)])


@lru_cache(maxsize=64)
def _row_numbers(n_rows: int, n_in: int) -> tuple[Tensor, Tensor]:
    """The rows of a panel in order, and where its tiles start; all matrices of one size share them."""
    rows = torch.arange(n_rows, dtype=torch.int32)
    return rows, rows[::n_in].contiguous()


def _sum_rows(panel: Tensor, rows: Tensor, starts: Tensor, factors: Tensor) -> Tensor:
    return torch.embedding_bag(panel, rows, starts, False, 0, False, factors)[0]


@runtime_checkable
class Decoder(Protocol):
    """A model that reads one text, from the first token on, and keeps what it has computed."""

    model: Any
    """A GPT, or another module with a ``config`` that takes ids and a cache."""

    def reset(self) -> None:
        """Forget all that was read."""

    def read(self, ids: Int[Tensor, "n"]) -> Float[Tensor, "vocab_size"]:
        """The logits after the tokens ``ids`` and all that was read before them."""


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
        """The logits after the tokens ``ids`` and all that was read before them."""
        device = next(self.model.parameters()).device
        return self.model(ids[None].to(device), cache=self.cache)[0, -1]


class FastBlock:
    """A :class:`~seq2gpt.blocks.TransformerBlock` that reads one position, with its weights in tiles."""

    def __init__(
        self, block: TransformerBlock | Any, matrix: Callable[..., Callable[[Vector], Vector]]
    ) -> None:
        attention, feed_forward = block.attention, block.feed_forward
        self.n_heads = attention.n_heads
        self.norm_1, self.norm_2 = block.norm_1, block.norm_2
        projections = (attention.w_q, attention.w_k, attention.w_v)
        biases: list[Tensor] = [p.bias for p in projections if p.bias is not None]
        weights: list[Tensor] = [projection.weight for projection in projections]
        self.w_qkv = matrix(torch.cat(weights), torch.cat(biases) if biases else None)
        self.w_o = matrix(attention.w_o.weight, attention.w_o.bias)
        self.w_in = matrix(feed_forward.w_in.weight, feed_forward.w_in.bias)
        self.w_out = matrix(feed_forward.w_out.weight, feed_forward.w_out.bias)

    def __call__(self, x: Vector, cache: LayerBuffers) -> Vector:
        query, key, value = self.w_qkv(self.norm_1(x)).view(3, 1, self.n_heads, 1, -1)
        heads = F.scaled_dot_product_attention(query, *cache.append(key, value))
        x = x + self.w_o(heads.view(-1))
        inner = F.gelu(self.w_in(self.norm_2(x)), approximate="tanh")
        return x + self.w_out(inner)


class FastDecoder:
    """A GPT that reads a prompt at once and then one token at a time, on the CPU.

    ``read(ids)`` gives the logits of the token that follows all that was read so far. Several ids, such as
    those of a prompt, go through the model itself; a single one takes the fast path. Both fill one cache.

    ``matrix`` makes the form in which weights are kept: :class:`TiledMatrix`, or
    :class:`seq2gpt.quantize.Int8Matrix`. The weights are copied: later changes of the model have no effect.

    >>> from seq2gpt.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)).eval()
    >>> decoder = FastDecoder(model)
    >>> _ = decoder.read(torch.tensor([7, 1])), decoder.read(torch.tensor([10]))
    >>> torch.allclose(decoder.read(torch.tensor([4])), model(torch.tensor([[7, 1, 10, 4]]))[0, -1], atol=1e-6)
    True
    """

    def __init__(self, model: GPT, matrix: Callable[..., Callable[[Vector], Vector]] = TiledMatrix) -> None:
        self.model = model
        with torch.no_grad():
            self.blocks = [FastBlock(block, matrix) for block in model.blocks]
            self.head = matrix(model.head.weight)
        self.reset()

    def reset(self) -> None:
        """Forget all that was read."""
        self.cache = KVCache(self.model.config.n_layers, self.model.config.context_length)

    @torch.inference_mode()
    def read(self, ids: Int[Tensor, "n"]) -> Float[Tensor, "vocab_size"]:
        """The logits after the tokens ``ids`` and all that was read before them."""
        if len(ids) > 1:
            return self.model(ids[None], cache=self.cache)[0, -1]
        x = self.model.positions(self.model.token_embedding(ids), start=self.cache.length)[0]
        for layer, block in enumerate(self.blocks):
            x = block(x, self.cache[layer])
        return self.head(self.model.norm(x))


def decoder_of(model: Any) -> Decoder:
    """The fastest decoder for ``model``: :class:`FastDecoder` for a GPT on the CPU, else :class:`PlainDecoder`."""
    on_cpu = next(model.parameters()).device.type == "cpu"
    return FastDecoder(model) if isinstance(model, GPT) and on_cpu else PlainDecoder(model)


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

    >>> from seq2gpt.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)).eval()
    >>> len(list(stream(FastDecoder(model), [7, 1], max_new_tokens=9)))  # the context holds 5
    3
    """
    n_new = token_budget(decoder.model.config.context_length, len(prompt), max_new_tokens)
    decoder.reset()
    ids = unread = torch.tensor(prompt, dtype=torch.long)
    for _ in range(n_new):
        new = sampling.draw(decoder.read(unread).cpu(), ids, generator)
        yield new
        unread = torch.tensor([new])
        ids = torch.cat([ids, unread])
