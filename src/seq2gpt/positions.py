"""Positions: how a model that treats its input as a set gets to know the order.

Attention gives a permuted sequence permuted results, so order has to be written into the numbers:
added to the embeddings (sinusoidal, learned) or turned into queries and keys (rotary).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def frequencies(width: int, base: float = 10000.0) -> Float[Tensor, "pairs"]:
    """How fast each pair of features turns: ω_i = base^(−2i / width), for i = 0, 1, … width / 2 − 1.

    These are the angular frequencies of Vaswani et al. 2017, section 3.5, in radians a position: the first
    pair turns by 1 radian at each step, each later pair more slowly. The dtype is float64, whatever torch's
    default is: angles at late positions need the digits.

    Raises ``ValueError``, whose message contains the value of ``width``, unless ``width`` is positive and even.

    >>> frequencies(4).tolist()
    [1.0, 0.01]
    """
    if width < 2 or width % 2 != 0:
        raise ValueError(f"a width of {width} does not split into pairs; use a positive even number")
    return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)


def sinusoidal_encoding(n: int, d_model: int) -> Float[Tensor, "n d_model"]:
    """The fixed position codes of the original Transformer, one row for each of ``n`` positions.

    PE(p, 2i) = sin(p / 10000^(2i / d_model)) and PE(p, 2i + 1) = cos(p / 10000^(2i / d_model)), where p
    counts from 0 (Vaswani et al. 2017, section 3.5). Sines stand in the even columns, cosines in the
    odd ones. The angles are those of :func:`frequencies`, in float64, so that positions in the ten
    thousands are right to six digits; the dtype of the result is torch's default, float32 unless it was set.

    Raises ``ValueError``, whose message contains the value of ``d_model``, unless ``d_model`` is positive and even.

    >>> [[round(number, 2) for number in row] for row in sinusoidal_encoding(2, 4).tolist()]
    [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.01, 1.0]]
    """
    angles = torch.arange(n)[:, None] * frequencies(d_model)  # n pairs
    pairs = torch.stack([angles.sin(), angles.cos()], dim=-1)  # n pairs 2
    return pairs.flatten(1).to(torch.get_default_dtype())


def relative_shift_matrix(offset: int, d_model: int) -> Float[Tensor, "d_model d_model"]:
    """The matrix that moves every sinusoidal code by ``offset`` positions, wherever it starts.

    PE(p) M = PE(p + offset) for *every* position p, with PE(p) as a row (see :func:`sinusoidal_encoding`).
    M depends on the offset alone; this is why Vaswani et al. 2017, section 3.5, expected that the model
    can learn to attend by relative position. ``offset`` may be negative; for 0, M is the identity. An
    offset in the ten thousands is right to six digits too; the dtype of M is torch's default, float32 unless
    it was set.

    Raises ``ValueError``, whose message contains the value of ``d_model``, unless ``d_model`` is positive and even.

    >>> [[round(number, 2) for number in row] for row in relative_shift_matrix(1, 2).tolist()]
    [[0.54, -0.84], [0.84, 0.54]]
    """
    angles = offset * frequencies(d_model)
    sin, cos = angles.sin(), angles.cos()
    rotations = torch.stack([cos, -sin, sin, cos], dim=-1).view(-1, 2, 2)  # pairs 2 2
    return torch.block_diag(*rotations).to(torch.get_default_dtype())


class LearnedPositions(nn.Module):
    """A learned vector for every position, added to the embeddings, as in GPT-1, 2 and 3.

    ``table`` is a parameter of shape (context_length, d_model), drawn with mean 0 and standard deviation
    0.02; row p belongs to position p (Radford et al. 2018, section 4.1). There is no row beyond the context: such a
    model cannot read a longer sequence.

    >>> positions = LearnedPositions(context_length=5, d_model=2)
    >>> torch.equal(positions(torch.zeros(3, 2), start=1), positions.table[1:4])
    True
    """

    def __init__(self, context_length: int, d_model: int) -> None:
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(context_length, d_model))

    def forward(self, x: Float[Tensor, "... n d_model"], start: int = 0) -> Float[Tensor, "... n d_model"]:
        """``x`` with the vectors of the positions ``start`` … ``start`` + n − 1 added; ``x`` itself stays as it is.

        Raises ``ValueError``, whose message contains the values of ``start``, of the last position and of
        ``context_length``, when a position lies outside the table; a negative one does, too.
        """
        end, context_length = start + x.shape[-2], self.table.shape[0]
        if start < 0 or end > context_length:
            raise ValueError(
                f"positions {start} to {end - 1} do not fit into context_length={context_length}; "
                "shorten the sequence"
            )
        return x + self.table[start:end]


def rotate_half(x: Float[Tensor, "... d_head"]) -> Float[Tensor, "... d_head"]:
    """Turn every pair of features by a quarter: (a, b) becomes (−b, a).

    Feature i of the first half forms a pair with feature i of the second half, as in GPT-NeoX and in
    the Llama of Hugging Face; Su et al. 2021, section 3.2.2, pair neighbours instead. Leading
    dimensions and the dtype are kept.

    Raises ``ValueError``, whose message contains the width of ``x``, when that width is odd.

    >>> rotate_half(torch.tensor([1.0, 2.0, 3.0, 4.0])).tolist()
    [-3.0, -4.0, 1.0, 2.0]
    """
    if x.shape[-1] % 2 != 0:
        raise ValueError(f"a width of {x.shape[-1]} does not split into pairs; use a positive even number")
    first, second = x.chunk(2, dim=-1)
    return torch.cat([-second, first], dim=-1)


def apply_rotary(
    x: Float[Tensor, "... n d_head"], start: int = 0, base: float = 10000.0
) -> Float[Tensor, "... n d_head"]:
    """Rotary position embedding of queries or keys: each pair of features turns with its position.

    At position p the pair i, in the layout of :func:`rotate_half`, is rotated by the angle p ω_i with
    ω_i = base^(−2i / d_head) (Su et al. 2021, equations 14–15 and 34):
    (a, b) becomes (a cos − b sin, a sin + b cos). The rows of ``x`` are the positions ``start``,
    ``start`` + 1, … Lengths do not change, and the dot product of a rotated query and a rotated key
    depends on their positions only through the difference. Dtype and device are those of ``x``; the angles
    are those of :func:`frequencies`, in float64 also where ``x`` is in half precision.

    Raises ``ValueError``, whose message contains the width of ``x``, when that width is odd.

    >>> turned = apply_rotary(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    >>> [[round(number, 2) for number in row] for row in turned.tolist()]
    [[1.0, 0.0], [0.54, 0.84]]
    """
    n, d_head = x.shape[-2:]
    angles = torch.arange(start, start + n)[:, None] * frequencies(d_head, base)  # n pairs
    angles = torch.cat([angles, angles], dim=-1)  # n d_head
    return x * angles.cos().to(x) + rotate_half(x) * angles.sin().to(x)
