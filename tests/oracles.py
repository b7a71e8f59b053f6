"""Slow and simple versions, written from the papers in loops over Python floats.

They share nothing with the package: no vectorised operation, no helper. Sequences are matrices
without leading dimensions; a test applies an oracle to each sequence of a batch.
"""

import cmath
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Vector = list[float]
Matrix = list[Vector]


def matrix(rows: Tensor | Matrix) -> Matrix:
    return rows.detach().double().tolist() if isinstance(rows, Tensor) else rows


def tensor(rows: Matrix) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def matmul(a: Tensor | Matrix, b: Tensor | Matrix) -> Matrix:
    a, b = matrix(a), matrix(b)
    assert len(a[0]) == len(b)
    return [[sum(row[k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))] for row in a]


def linear(x: Tensor | Matrix, weight: Tensor, bias: Tensor | None) -> Matrix:
    """x Wᵀ + b, the layout of ``nn.Linear``."""
    product = matmul(x, weight.T)
    shift = [0.0] * len(product[0]) if bias is None else bias.detach().double().tolist()
    return [[value + s for value, s in zip(row, shift, strict=True)] for row in product]


def softmax(scores: Vector) -> Vector:
    allowed = [score for score in scores if score != -math.inf]
    if not allowed:
        return [0.0 for _ in scores]
    peak = max(allowed)
    exponentials = [math.exp(score - peak) for score in scores]
    return [value / math.fsum(exponentials) for value in exponentials]


def causal(n: int, n_past: int = 0) -> list[list[bool]]:
    return [[j <= n_past + i for j in range(n_past + n)] for i in range(n)]


def attention(
    query: Tensor | Matrix, key: Tensor | Matrix, value: Tensor | Matrix, mask: list[list[bool]] | None = None
) -> tuple[Tensor, Tensor]:
    """Vaswani et al. 2017, equation 1, query by query. A query that may see nothing yields zeros."""
    query, key, value = matrix(query), matrix(key), matrix(value)
    d_k = len(query[0])
    outputs, all_weights = [], []
    for i, q in enumerate(query):
        scores = []
        for j, k in enumerate(key):
            score = sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(d_k)
            scores.append(score if mask is None or mask[i][j] else -math.inf)
        weights = softmax(scores)
        mixed = [sum(w * v[c] for w, v in zip(weights, value, strict=True)) for c in range(len(value[0]))]
        outputs.append(mixed)
        all_weights.append(weights)
    return tensor(outputs), tensor(all_weights)


def multi_head_attention(
    x: Tensor,
    memory: Tensor,
    n_heads: int,
    linears: Sequence[tuple[Tensor, Tensor | None]],
    masks: Sequence[list[list[bool]]] | None = None,
) -> Tensor:
    """Vaswani et al. 2017, section 3.2.2, head by head.

    ``linears`` holds (weight, bias) of W^Q, W^K, W^V and W^O in the layout of ``nn.Linear``: W_i^Q is rows
    i·d_k … (i+1)·d_k − 1 of the first. ``masks`` has one mask for each head.
    """
    (w_q, b_q), (w_k, b_k), (w_v, b_v), (w_o, b_o) = linears
    d_k = w_q.shape[0] // n_heads
    concatenated: Matrix = [[] for _ in range(x.shape[0])]
    for head in range(n_heads):
        rows = slice(head * d_k, (head + 1) * d_k)
        query = linear(x, w_q[rows], None if b_q is None else b_q[rows])
        key = linear(memory, w_k[rows], None if b_k is None else b_k[rows])
        value = linear(memory, w_v[rows], None if b_v is None else b_v[rows])
        output, _ = attention(query, key, value, None if masks is None else masks[head])
        for i, row in enumerate(output.tolist()):
            concatenated[i] = concatenated[i] + row
    return tensor(linear(concatenated, w_o, b_o))


def sinusoidal_encoding(n: int, d_model: int) -> Tensor:
    """Vaswani et al. 2017, section 3.5, number by number."""
    table = [[0.0] * d_model for _ in range(n)]
    for position in range(n):
        for column in range(d_model):
            i = column // 2
            angle = position / 10000 ** (2 * i / d_model)
            table[position][column] = math.sin(angle) if column % 2 == 0 else math.cos(angle)
    return tensor(table)


def rotary(x: Tensor | Matrix, start: int = 0, base: float = 10000.0) -> Tensor:
    """Su et al. 2021, section 3.2.1, on complex numbers: z becomes z e^{ipω}.

    The real part of z is a feature of the first half, the imaginary part its partner in the second.
    """
    rows = []
    for position, row in enumerate(matrix(x), start):
        half = len(row) // 2
        turned = [
            complex(row[i], row[i + half]) * cmath.exp(1j * position * base ** (-2 * i / len(row)))
            for i in range(half)
        ]
        rows.append([z.real for z in turned] + [z.imag for z in turned])
    return tensor(rows)


def layer_norm(row: Vector, weight: Vector, bias: Vector, eps: float) -> Vector:
    """Ba et al. 2016, equations 3 and 4, for one hidden state."""
    width = len(row)
    mean = math.fsum(row) / width
    variance = math.fsum((value - mean) ** 2 for value in row) / width
    return [(v - mean) / math.sqrt(variance + eps) * w + b for v, w, b in zip(row, weight, bias, strict=True)]


def rms_norm(row: Vector, weight: Vector, eps: float) -> Vector:
    """Zhang & Sennrich 2019, equation 4, for one hidden state."""
    root = math.sqrt(math.fsum(value**2 for value in row) / len(row) + eps)
    return [value / root * w for value, w in zip(row, weight, strict=True)]


def gelu(x: float) -> float:
    """Hendrycks & Gimpel 2016, section 2, the approximation with tanh."""
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def swish(x: float) -> float:
    """Ramachandran et al. 2017 with β = 1."""
    return x / (1 + math.exp(-x))


def elementwise(function: Callable[[float], float], rows: Matrix) -> Matrix:
    return [[function(value) for value in row] for row in rows]


def influences(function: Callable[[Tensor], Tensor], x: Tensor) -> list[list[bool]]:
    """Whether position j of ``x`` has any influence on position i of ``function(x)``, by gradient."""
    x = x.detach().clone().requires_grad_(True)
    result = function(x)
    seen = []
    for row in result:
        factors = torch.linspace(1, 2, row.numel(), dtype=row.dtype).view_as(row)  # a plain sum may cancel
        (gradient,) = torch.autograd.grad((row * factors).sum(), x, retain_graph=True)
        seen.append([bool(g) for g in gradient.abs().sum(-1) > 0])
    return seen


class GrowingCache:
    """The simplest cache that :class:`seq2gpt.heads.LayerCache` describes: it joins all it was given."""

    def __init__(self) -> None:
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        self.keys.append(key)
        self.values.append(value)
        return torch.cat(self.keys, dim=-2), torch.cat(self.values, dim=-2)
