"""Embeddings: from ids to vectors, and what it means for two vectors to be alike.

A table of embeddings has one row for each symbol. Rows are learned from data; here a few are found by
Latent Semantic Indexing, the ancestor of learned projections.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


def one_hot(ids: Int[Tensor, "..."], vocab_size: int) -> Float[Tensor, "... vocab_size"]:
    """For every id a vector of zeros with a single 1, at the place of the id.

    The dtype is torch's default. ``one_hot(ids, vocab_size) @ table`` is ``embed(ids, table)``.

    Raises ``ValueError`` for an id outside 0 … vocab_size − 1.

    >>> one_hot(torch.tensor([2, 0]), vocab_size=3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    check_ids(ids, vocab_size)
    symbols = torch.arange(vocab_size, device=ids.device)
    return (ids[..., None] == symbols).to(torch.get_default_dtype())


def embed(
    ids: Int[Tensor, "..."], table: Float[Tensor, "vocab_size d_model"]
) -> Float[Tensor, "... d_model"]:
    """The vector of every id: its row of the table.

    No number of the table is multiplied or added, and the gradient of a row is the sum over the places
    where its id occurs. Rows of ids that do not occur get gradient 0.

    Raises ``ValueError`` for an id outside 0 … vocab_size − 1; a negative id does not count from the end.

    >>> embed(torch.tensor([1, 1, 0]), table=torch.tensor([[0.5, 2.0], [3.0, 4.0]])).tolist()
    [[3.0, 4.0], [3.0, 4.0], [0.5, 2.0]]
    """
    check_ids(ids, table.shape[0])
    return table[ids.long()]


def cosine_similarity(a: Float[Tensor, "*#batch d"], b: Float[Tensor, "*#batch d"]) -> Float[Tensor, "..."]:
    """The cosine of the angle between vectors: a · b / (‖a‖ ‖b‖), taken over the last dimension.

    It lies between −1 and 1 and does not depend on the vectors' lengths, unlike the dot product on which
    attention rests. Leading dimensions broadcast. A vector of zeros has no direction: its similarity to
    anything is 0.

    >>> cosine_similarity(torch.tensor([3.0, 4.0]), torch.tensor([[30.0, 40.0], [-4.0, 3.0]])).tolist()
    [1.0, 0.0]
    """
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    similarity = (a * b).sum(-1) / lengths.masked_fill(lengths == 0, 1.0)
    return similarity.clamp(-1.0, 1.0)  # rounding may lead a little beyond


def latent_semantic_projection(
    matrix: Float[Tensor, "n m"], rank: int
) -> tuple[Float[Tensor, "n rank"], Float[Tensor, "m rank"]]:
    """Coordinates of rows and columns in the space of the ``rank`` strongest common directions.

    Latent Semantic Indexing (Deerwester et al. 1990) writes the matrix, such as people × films or words ×
    texts, as U Σ Vᵀ, its singular value decomposition with σ₁ ≥ σ₂ ≥ …, and keeps the first ``rank``
    singular values. Row i of the matrix gets row i of U Σ, column j gets row j of V Σ, cut to ``rank``
    columns: two rows with nothing in common may come out alike, because others link them.

    The matrix is used as it is, with no mean subtracted. Each column of the results may have the opposite
    sign on another machine; similarities are the same.

    Returns ``(rows, columns)``. Raises ``ValueError`` unless 1 ≤ ``rank`` ≤ min(n, m).

    >>> rows, columns = latent_semantic_projection(torch.tensor([[3.0, 4.0], [6.0, 8.0]]), rank=1)
    >>> [f"{number:.1f}" for number in rows[:, 0].abs()]  # ‖(3, 4)‖ = 5, and twice that
    ['5.0', '10.0']
    """
    if not 1 <= rank <= min(matrix.shape):
        n, m = matrix.shape
        raise ValueError(f"rank={rank} must lie between 1 and {min(n, m)} for a matrix of {n} × {m}")
    u, sigma, v_transposed = torch.linalg.svd(matrix, full_matrices=False)
    rows = u * sigma  # n min(n, m)
    columns = v_transposed.T * sigma  # m min(n, m)
    return rows[:, :rank], columns[:, :rank]


def count_embedding_parameters(vocab_size: int, d_model: int, context_length: int = 0) -> int:
    """How many numbers the embeddings of a model learn.

    One vector of width ``d_model`` for every symbol, and one for each of ``context_length`` positions
    where positions are learned. How long a text is, and how often a symbol occurs, plays no part.

    Raises ``ValueError`` when a size is negative, or when ``vocab_size`` or ``d_model`` is 0.

    >>> count_embedding_parameters(vocab_size=10, d_model=3), count_embedding_parameters(10, 3, 5)
    (30, 45)
    """
    if vocab_size < 1 or d_model < 1 or context_length < 0:
        raise ValueError(
            f"vocab_size={vocab_size} and d_model={d_model} must be at least 1, "
            f"context_length={context_length} at least 0"
        )
    return (vocab_size + context_length) * d_model


def nearest_neighbours(
    vector: Float[Tensor, "d_model"], table: Float[Tensor, "vocab_size d_model"], k: int
) -> Int[Tensor, "k"]:
    """The ids of the ``k`` rows of the table that are most alike to ``vector``, the most alike first.

    Alike means :func:`cosine_similarity`, so a row's length does not matter. Of equally similar rows the
    one with the lower id comes first. A vector taken from the table finds its own row first.

    Raises ``ValueError`` unless 1 ≤ ``k`` ≤ vocab_size.

    >>> table = torch.tensor([[9.0, 0.0], [1.0, 1.0], [0.0, 5.0]])
    >>> nearest_neighbours(torch.tensor([1.0, 2.0]), table, k=2).tolist()
    [1, 2]
    """
    if not 1 <= k <= table.shape[0]:
        raise ValueError(f"k={k} must lie between 1 and vocab_size={table.shape[0]}")
    similarity = cosine_similarity(vector, table)
    return similarity.sort(descending=True, stable=True).indices[:k]


def check_ids(ids: Tensor, vocab_size: int) -> None:
    """Raise ``ValueError`` unless ``ids`` are whole numbers from 0 to ``vocab_size`` − 1.

    >>> check_ids(torch.tensor([3, 7]), vocab_size=7)
    Traceback (most recent call last):
    ValueError: id 7 is not in the vocabulary of 7; use ids from 0 to 6
    """
    if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        raise ValueError(f"the ids have dtype {ids.dtype}; give whole numbers, such as ids.long()")
    if ids.numel() > 0 and (ids.min() < 0 or ids.max() >= vocab_size):
        outside = ids[(ids < 0) | (ids >= vocab_size)]
        raise ValueError(
            f"id {outside[0].item()} is not in the vocabulary of {vocab_size}; use ids from 0 to {vocab_size - 1}"
        )


def check_finite(tensors: Iterable[tuple[str, Tensor]]) -> None:
    """Raise ``ValueError`` that names the first tensor with a number with which no model could compute.

    >>> check_finite(nn.Linear(1, 2).named_parameters())
    >>> check_finite([("w", torch.tensor([1.0, torch.nan]))])
    Traceback (most recent call last):
    ValueError: w holds nan or infinite numbers; take weights from before the loss broke
    """
    for name, tensor in tensors:
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds nan or infinite numbers; take weights from before the loss broke")


class TokenEmbedding(nn.Embedding):
    """``nn.Embedding``, which looks up rows of a learned table, with refusals that name the id.

    Raises ``ValueError`` as :func:`check_ids` does, and for ids on another device. PyTorch is asked first, so that ids
    that are right cost no second look.

    >>> TokenEmbedding(7, 2)(torch.tensor([3, 7]))
    Traceback (most recent call last):
    ValueError: id 7 is not in the vocabulary of 7; use ids from 0 to 6
    """

    def forward(self, ids: Int[Tensor, "..."]) -> Float[Tensor, "... d_model"]:
        try:
            return super().forward(ids)
        except (IndexError, RuntimeError):
            _check_place(ids, self)
            check_ids(ids, self.num_embeddings)
            return super().forward(ids.long())  # of the whole numbers PyTorch reads int32 and int64 alone


def check_device(ids: Tensor, model: nn.Module) -> None:
    """Raise ``ValueError`` unless the ids are where the model's parameters are, as rows of a matrix.

    >>> check_device(torch.zeros(1, 2, dtype=torch.long, device="meta"), nn.Linear(2, 2))
    Traceback (most recent call last):
    ValueError: the ids are on meta, the model on cpu; give ids.to('cpu')
    """
    if not isinstance(ids, Tensor):
        raise ValueError(
            f"the ids are a {type(ids).__name__}; give a tensor of shape (batch, n), such as torch.tensor([[7, 1]])"
        )
    if ids.dim() != 2:
        raise ValueError(f"the ids have shape {tuple(ids.shape)}; give (batch, n), one row for each sequence")
    _check_place(ids, model)


def _check_place(ids: Tensor, model: nn.Module) -> None:
    device = next((parameter.device for parameter in model.parameters()), ids.device)
    if ids.device != device:
        raise ValueError(f"the ids are on {ids.device}, the model on {device}; give ids.to('{device}')")
