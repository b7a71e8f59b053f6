import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from seq2gpt.embeddings import (
    cosine_similarity,
    count_embedding_parameters,
    embed,
    latent_semantic_projection,
    nearest_neighbours,
    one_hot,
)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# ---- one-hot vectors and look-up -------------------------------------------------------------------------


def test_one_hot_has_its_one_at_the_place_of_the_id():
    ids = torch.tensor([[4, 0, 6], [2, 2, 1]])
    vectors = one_hot(ids, 7)
    assert vectors.shape == (2, 3, 7)
    assert vectors.dtype == torch.get_default_dtype()
    for place in [(i, j) for i in range(2) for j in range(3)]:
        assert vectors[place].tolist() == [float(k == ids[place]) for k in range(7)]


def test_one_hot_of_a_single_id_and_of_none():
    assert one_hot(torch.tensor(2), 3).tolist() == [0, 0, 1]
    assert one_hot(torch.empty(0, dtype=torch.long), 5).shape == (0, 5)


def test_looking_up_is_multiplying_by_one_hot_vectors():
    ids, table = torch.tensor([[4, 0, 6], [2, 2, 1]]), normal(7, 5)
    assert torch.equal(embed(ids, table), one_hot(ids, 7).double() @ table)
    assert torch.equal(embed(ids, table), F.embedding(ids, table))


@pytest.mark.parametrize("dtype", [torch.int32, torch.int8, torch.int64])
def test_ids_of_any_integer_type(dtype):
    ids, table = torch.tensor([4, 0], dtype=dtype), normal(7, 5)
    assert torch.equal(embed(ids, table), table[[4, 0]])
    assert one_hot(ids, 7).argmax(-1).tolist() == [4, 0]


def test_gradients_add_up_where_an_id_repeats_and_are_zero_where_it_never_occurs():
    table = normal(7, 5).requires_grad_()
    upstream = normal(3, 5, seed=1)
    (embed(torch.tensor([2, 6, 2]), table) * upstream).sum().backward()
    expected = torch.zeros(7, 5, dtype=torch.float64)
    expected[2], expected[6] = upstream[0] + upstream[2], upstream[1]
    torch.testing.assert_close(table.grad, expected)


@pytest.mark.parametrize("outside", [-1, 7, 100])
def test_ids_outside_the_vocabulary_are_named(outside):
    message = f"^id {outside} is not in the vocabulary of 7; use ids from 0 to 6$"
    ids = torch.tensor([[0, 3], [outside, 1]])
    with pytest.raises(ValueError, match=message):
        embed(ids, normal(7, 5))
    with pytest.raises(ValueError, match=message):
        one_hot(ids, 7)


# ---- similarity ------------------------------------------------------------------------------------------


def test_cosine_equals_the_formula_number_by_number():
    a, b = normal(3, 5), normal(3, 5, seed=1)
    for x, y, cosine in zip(a.tolist(), b.tolist(), cosine_similarity(a, b).tolist(), strict=True):
        dot = math.fsum(p * q for p, q in zip(x, y, strict=True))
        lengths = math.sqrt(math.fsum(p * p for p in x)) * math.sqrt(math.fsum(q * q for q in y))
        assert cosine == pytest.approx(dot / lengths, abs=1e-12)


def test_leading_dimensions_broadcast():
    a, b = normal(3, 1, 5), normal(7, 5, seed=1)
    assert cosine_similarity(a, b).shape == (3, 7)
    torch.testing.assert_close(cosine_similarity(a, b)[2, 4], cosine_similarity(a[2, 0], b[4]))


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_lengths_play_no_part(p, q):
    a, b = normal(5), normal(5, seed=1)
    torch.testing.assert_close(cosine_similarity(p * a, q * b), cosine_similarity(a, b))
    torch.testing.assert_close(cosine_similarity(p * a, -q * a).item(), -1.0)


def test_a_vector_of_zeros_is_similar_to_nothing_and_gives_no_nan():
    zero = torch.zeros(5, dtype=torch.float64)
    assert cosine_similarity(zero, normal(5)) == 0
    assert cosine_similarity(zero, zero) == 0


def test_rounding_does_not_lead_beyond_one():
    vectors = torch.rand(1000, 3)
    assert cosine_similarity(vectors, 3 * vectors).max() <= 1


def test_neighbours_come_by_angle_with_the_lower_id_first():
    table = torch.tensor([[0.0, 9.0], [2.0, 2.0], [1.0, 0.0], [3.0, 0.0], [-5.0, 0.0], [1.0, 0.1]])
    assert nearest_neighbours(torch.tensor([1.0, 0.0]), table, k=6).tolist() == [2, 3, 5, 1, 0, 4]
    assert nearest_neighbours(torch.tensor([1.0, 0.0]), table, k=1).tolist() == [2]


def test_many_equal_neighbours_come_in_the_order_of_their_ids():
    table = torch.ones(5000, 2) * torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0]).repeat(1000)[:, None]  # same angle
    assert nearest_neighbours(torch.tensor([1.0, 1.0]), table, k=5000).tolist() == list(range(5000))


def test_neighbours_equal_a_loop():
    table, vector = normal(41, 7), normal(7, seed=1)
    similarity = [F.cosine_similarity(vector, row, dim=0).item() for row in table]
    expected = sorted(range(41), key=lambda i: -similarity[i])[:11]
    assert nearest_neighbours(vector, table, k=11).tolist() == expected


@pytest.mark.parametrize("k", [0, 8])
def test_an_impossible_number_of_neighbours_is_refused(k):
    with pytest.raises(ValueError, match=f"^k={k} must lie between 1 and vocab_size=7$"):
        nearest_neighbours(normal(5), normal(7, 5), k)


# ---- Latent Semantic Indexing ----------------------------------------------------------------------------


def test_dot_products_are_those_of_the_best_approximation():
    # Eckart & Young 1936: the leading eigenvectors of A Aᵀ and Aᵀ A, found here without any SVD.
    matrix, rank = normal(7, 5), 3
    rows, columns = latent_semantic_projection(matrix, rank)
    assert rows.shape == (7, 3)
    assert columns.shape == (5, 3)
    for ours, gram in ((rows, matrix @ matrix.T), (columns, matrix.T @ matrix)):
        values, vectors = torch.linalg.eigh(gram)
        values, vectors = values.flip(0)[:rank], vectors.flip(1)[:, :rank]
        torch.testing.assert_close(ours @ ours.T, (vectors * values) @ vectors.T)


def test_columns_are_ordered_by_strength_and_orthogonal():
    rows, _ = latent_semantic_projection(normal(7, 5), 5)
    squares = rows.T @ rows
    strengths = squares.diagonal()
    torch.testing.assert_close(squares, torch.diag(strengths))
    assert (strengths.diff() < 0).all()


def test_the_full_rank_keeps_all_similarities():
    matrix = normal(5, 7)
    rows, columns = latent_semantic_projection(matrix, 5)
    torch.testing.assert_close(rows @ rows.T, matrix @ matrix.T)
    torch.testing.assert_close(columns @ columns.T, matrix.T @ matrix)


def test_no_mean_is_subtracted():
    rows, _ = latent_semantic_projection(torch.full((3, 2), 2.0), 1)
    torch.testing.assert_close(rows.abs(), torch.full((3, 1), math.sqrt(8)))


def test_people_without_a_common_film_become_alike_through_others():
    ratings = torch.tensor([[5.0, 0, 0], [0, 5, 0], [4, 4, 0], [0, 0, 5]])
    assert cosine_similarity(ratings[0], ratings[1]) == 0
    people, films = latent_semantic_projection(ratings, 2)
    assert cosine_similarity(people[0], people[1]) == pytest.approx(1)
    assert cosine_similarity(people[0], people[3]) == pytest.approx(0, abs=1e-6)
    assert cosine_similarity(films[0], films[1]) == pytest.approx(1)


@pytest.mark.parametrize("rank", [0, 6])
def test_impossible_ranks_are_refused(rank):
    message = f"rank={rank} must lie between 1 and 5 for a matrix of 7 × 5"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        latent_semantic_projection(normal(7, 5), rank)


# ---- counting --------------------------------------------------------------------------------------------


def test_parameters_are_those_of_the_tables():
    assert count_embedding_parameters(11, 7) == torch.nn.Embedding(11, 7).weight.numel()
    assert count_embedding_parameters(50257, 768, 1024) == 39_383_808  # wte and wpe of the smallest GPT-2


@pytest.mark.parametrize("sizes", [(0, 3, 0), (3, 0, 0), (3, 3, -1)])
def test_impossible_sizes_are_refused(sizes):
    message = "vocab_size={} and d_model={} must be at least 1, context_length={} at least 0".format(*sizes)
    with pytest.raises(ValueError, match=f"^{message}$"):
        count_embedding_parameters(*sizes)
