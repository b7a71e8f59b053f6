"""Matrices stored in tiles, for products with a single vector that take as long as reading the matrix once."""

import math
import mmap
from collections.abc import Callable, Iterable
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

TILE = 32  # outputs that are added up together: two vector registers of 16 numbers
MAX_PANEL = 3072  # outputs for which inputs and row numbers are laid out; more would not stay in the cache
HUGE_PAGE = 2**21  # bytes

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
        self.panels = in_huge_pages(panels_of(weight, TILE))

    def __call__(self, x: Float[Tensor, "in"]) -> Float[Tensor, "out"]:
        y = multiply_panels(self.panels, x, _sum_rows)[: self.n_out]
        return y if self.bias is None else y + self.bias


def panels_of(weight: Float[Tensor, "out in"], tile: int) -> Float[Tensor, "panels rows tile"]:
    """The matrix cut into tiles of ``tile`` outputs, each with one row for every input; some tiles are a panel.

    Panels are of one size, at most 3,072 outputs, with zeros behind the last output.

    >>> panels_of(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tile=2).tolist()
    [[[1.0, 3.0], [2.0, 4.0], [5.0, 0.0], [6.0, 0.0]]]
    """
    n_out, n_in = weight.shape
    n_tiles = -(-n_out // tile)
    n_panels = -(-n_out // MAX_PANEL)
    tiles_per_panel = -(-n_tiles // n_panels)
    padded = F.pad(weight.detach(), (0, 0, 0, n_panels * tiles_per_panel * tile - n_out))
    return padded.view(n_panels, -1, tile, n_in).transpose(2, 3).reshape(n_panels, -1, tile)


def in_huge_pages(tensor: Tensor) -> Tensor:
    """The tensor, moved to memory pages of 2 MB where the system has them and it fills half of one.

    A processor looks up where each page of memory lies; with pages of 4 kB, that costs reading time.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE") or tensor.nbytes < HUGE_PAGE / 2:
        return tensor
    memory = mmap.mmap(
        -1, math.ceil(tensor.nbytes / HUGE_PAGE) * HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    )
    memory.madvise(mmap.MADV_HUGEPAGE)
    moved = torch.frombuffer(memory, dtype=tensor.dtype, count=tensor.numel()).view(tensor.shape)
    return moved.copy_(tensor)


SumRows = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def multiply_panels(panels: Iterable[Tensor], x: Vector, sum_rows: SumRows) -> Vector:
    """The product of a tiled matrix with ``x``; ``sum_rows`` adds up each tile's rows, each times its input."""
    first, *others = panels
    factors = x.expand(len(first) // len(x), -1).reshape(-1).contiguous()
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
