"""What a templated question asks for: the right answer, and what the usual mistakes give.

Each function takes a template's parameters and returns the placeholders of its item: ``answer``, the
common wrong answers by the mistake that leads there, and whatever else the stem or the explanation
shows. Right answers come from the course's own code.
"""

import math
from typing import Any

import torch
from torch import Tensor

from seq2gpt.attention import (
    attention_flops,
    causal_mask,
    combine_masks,
    scaled_dot_product_attention,
    softmax,
)

Placeholders = dict[str, Any]
Number = int | float
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
MEBIBYTE = 2**20


def softmax_of_three(peak: Number, first_gap: Number, third_gap: Number) -> Placeholders:
    """The first weight of three scores, of which the second is the largest."""
    scores = [peak - first_gap, peak, peak - third_gap]
    weights = softmax(_tensor(scores))
    return {
        "first": scores[0],
        "second": scores[1],
        "third": scores[2],
        "answer": weights[0].item(),
        "rounded": round(weights[0].item(), 3),
        "share_of_scores": scores[0] / sum(scores),
        "not_normalised": math.exp(-first_gap),
    }


def score_spread(q_std: Number, k_std: Number, d_k: int) -> Placeholders:
    """Standard deviation of q · k, whose d_k products are independent and have mean 0."""
    answer = q_std * k_std * math.sqrt(d_k)
    return {
        "answer": answer,
        "variance": answer**2,
        "root_forgotten": q_std * k_std * d_k,
        "unit_components": math.sqrt(d_k),
        "already_scaled": q_std * k_std,
    }


def weight_ratio(d_k: int, n_heads: int, gap: int) -> Placeholders:
    """How many times the second key's weight the first gets, when the dot products are ``gap`` and 0."""
    query, keys = torch.zeros(1, d_k, dtype=torch.float64), torch.zeros(2, d_k, dtype=torch.float64)
    query[0, 0], keys[0, 0] = 1, gap
    _, weights = scaled_dot_product_attention(query, keys, keys)
    answer = (weights[0, 0] / weights[0, 1]).item()
    d_model = d_k * n_heads
    return {
        "d_model": d_model,
        "scaled": round(gap / math.sqrt(d_k), 4),
        "answer": answer,
        "rounded": round(answer, 2),
        "unscaled": math.exp(gap),
        "root_of_model_width": math.exp(gap / math.sqrt(d_model)),
        "divided_by_width": math.exp(gap / d_k),
        "no_exponential": gap / math.sqrt(d_k),
    }


def attention_by_hand(a: int, b: int, v_1: int, v_2: int, v_3: int) -> Placeholders:
    """First component of the output for query (a, b), keys (1, 0), (0, 1), (1, 1) and three values."""
    query, key = _tensor([[a, b]]), _tensor([[1, 0], [0, 1], [1, 1]])
    value = _tensor([[v_1, 4], [v_2, 0], [v_3, 8]])
    output, weights = scaled_dot_product_attention(query, key, value)
    unscaled = softmax(query @ key.T) @ value
    return {
        "dot_3": a + b,
        "w_1": round(weights[0, 0].item(), 3),
        "w_2": round(weights[0, 1].item(), 3),
        "w_3": round(weights[0, 2].item(), 3),
        "answer": output[0, 0].item(),
        "rounded": round(output[0, 0].item(), 2),
        "unscaled": unscaled[0, 0].item(),
        "mean": (v_1 + v_2 + v_3) / 3,
        "best_only": float(v_3),
        "keys_mixed": (weights @ key)[0, 0].item(),
    }


def masked_row(e_1: int, e_2: int, e_3: int, e_4: int, e_5: int) -> Placeholders:
    """Weight that the third query gives to its own key: causal mask, and position 2 is padding.

    The parameters are the exponentials of the five scores of the row.
    """
    exponentials = _tensor([e_1, e_2, e_3, e_4, e_5])
    causal, padding = causal_mask(5), torch.tensor([True, False, True, True, True])
    return {
        "answer": _third_weight(exponentials, combine_masks(causal, padding)),
        "no_mask": _third_weight(exponentials, None),
        "causal_only": _third_weight(exponentials, causal),
        "padding_only": _third_weight(exponentials, padding),
        "zeros_instead": e_3 / (e_1 + e_3 + 3),
        "denominator": e_1 + e_3,
        "total": e_1 + e_2 + e_3 + e_4 + e_5,
    }


def visible_pairs(n: int, n_past: int) -> Placeholders:
    """How many (query, key) pairs a causal mask allows when ``n_past`` keys are stored already."""
    return {
        "m": n_past + n,
        "answer": int(causal_mask(n, n_past).sum()),
        "past_forgotten": int(causal_mask(n).sum()),
        "nothing_hidden": n * (n_past + n),
        "not_itself": int(causal_mask(n, n_past).sum()) - n,
        "past_pairs": n * n_past,
        "n_plus_1": n + 1,
        "new_pairs": n * (n + 1) // 2,
    }


def score_bytes(batch: int, n_heads: int, n: int, dtype: str) -> Placeholders:
    """Mebibytes of the attention weights of one layer, if they are all stored."""
    n_bytes = torch.finfo(DTYPES[dtype]).bits // 8
    mebibytes = batch * n_heads * n * n * n_bytes / MEBIBYTE
    return {
        "n_bytes": n_bytes,
        "answer": mebibytes,
        "one_head": mebibytes / n_heads,
        "one_row": mebibytes / n,
        "in_bits": mebibytes * 8,
        "one_byte_each": mebibytes / n_bytes,
    }


def pairs_to_projections(n: int, d_model: int) -> Placeholders:
    """Operations on the pairs (Q Kᵀ and weights × V), in units of those of the four projections."""
    projections, pairs = attention_flops(n, d_model)
    return {
        "answer": pairs / projections,
        "scores_only": pairs / 2 / projections,
        "three_projections": pairs / (projections * 3 / 4),
        "upside_down": projections / pairs,
        "linear_in_length": pairs / n / projections,
        "twice_d_model": 2 * d_model,
    }


def output_shape(batch: int, n: int, m: int, d_k: int, d_v: int) -> Placeholders:
    """Shape of the output for n queries, m keys of width d_k and m values of width d_v."""
    query, key, value = (
        torch.zeros(batch, length, width) for length, width in [(n, d_k), (m, d_k), (m, d_v)]
    )
    output, weights = scaled_dot_product_attention(query, key, value)
    return {
        "answer": list(output.shape),
        "weights": list(weights.shape),
        "like_values": list(value.shape),
        "like_queries": list(query.shape),
    }


def _tensor(numbers: list[Any]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _third_weight(exponentials: Tensor, mask: Tensor | None) -> float:
    """The weight of key 3 for query 3, where every query has the same scores."""
    n = len(exponentials)
    query = exponentials.log().expand(n, n) * math.sqrt(
        n
    )  # with unit vectors as keys: scaled scores are the logs
    keys = torch.eye(n, dtype=torch.float64)
    _, weights = scaled_dot_product_attention(query, keys, keys, mask)
    return round(weights[2, 2].item(), 9)  # 2/4 and 3/6 are the same key
