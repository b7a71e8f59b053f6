"""What the templated questions of lesson 06 ask for: right answers from the package, and usual wrong ones."""

import math

import torch
from torch import Tensor

from seq2gpt.alignment import additive_score, alignment_weights, context_vector
from seq2gpt.exam.templates import Placeholders


def alignment_of_three(p_1: int, p_2: int, p_3: int, h_1: int, h_2: int, h_3: int) -> Placeholders:
    """The context of one output word over three source words, whose scores are the logarithms of ``p``."""
    scores, states = _row(p_1, p_2, p_3).log(), _row(h_1, h_2, h_3).T
    weights = alignment_weights(scores, torch.tensor([True, True, True]))
    best = max(zip((p_1, p_2, p_3), (h_1, h_2, h_3), strict=True))
    total = p_1 + p_2 + p_3
    return {
        "total": total,
        "a_1": round(weights[0, 0].item(), 3),
        "a_2": round(weights[0, 1].item(), 3),
        "a_3": round(weights[0, 2].item(), 3),
        "answer": context_vector(weights, states).item(),
        "rounded": round(context_vector(weights, states).item(), 2),
        "not_divided": float(p_1 * h_1 + p_2 * h_2 + p_3 * h_3),
        "best_only": float(best[1]),
        "mean": (h_1 + h_2 + h_3) / 3,
    }


def weight_beside_padding(p_1: int, p_2: int, p_3: int) -> Placeholders:
    """The weight of the first of two real words beside a padded position; scores are the logarithms of ``p``."""
    scores = _row(p_1, p_2, p_3).log()
    weights = alignment_weights(scores, torch.tensor([True, True, False]))
    return {
        "answer": weights[0, 0].item(),
        "rounded": round(weights[0, 0].item(), 3),
        "real": p_1 + p_2,
        "padding_counts": p_1 / (p_1 + p_2 + p_3),
        "padding_scores_zero": p_1 / (p_1 + p_2 + 1),
        "other_word": p_2 / (p_1 + p_2),
    }


def additive_by_hand(q: int, k: int, v_1: int, v_2: int) -> Placeholders:
    """The additive score of query q/2 and key k/2, which are one number wide, for two hidden units q + k and q − k."""
    query, key = _row(q) / 2, _row(k) / 2
    w_query, w_key, v = _row(1, 1), _row(1, -1), _row(v_1, v_2)[0]
    first, second = (q + k) / 2, (q - k) / 2
    return {
        "query": q / 2,
        "key": k / 2,
        "first": first,
        "second": second,
        "tanh_1": round(math.tanh(first), 3),
        "tanh_2": round(math.tanh(second), 3),
        "answer": additive_score(query, key, w_query, w_key, v).item(),
        "rounded": round(additive_score(query, key, w_query, w_key, v).item(), 2),
        "no_tanh": v_1 * first + v_2 * second,
        "tanh_last": math.tanh(v_1 * first + v_2 * second),
        "no_v": math.tanh(first) + math.tanh(second),
    }


def learned_numbers(d_query: int, d_key: int, d_align: int) -> Placeholders:
    """How many numbers an additive score learns."""
    w_query, w_key, v = torch.zeros(d_query, d_align), torch.zeros(d_key, d_align), torch.zeros(d_align)
    return {
        "answer": w_query.numel() + w_key.numel() + v.numel(),
        "general": d_query * d_key,
        "v_forgotten": w_query.numel() + w_key.numel(),
        "one_matrix": w_query.numel() + v.numel(),
    }


def alignment_shape(batch: int, n: int, m: int, d: int) -> Placeholders:
    """The shape of the alignment of a batch, and those that are taken for it."""
    states, queries = torch.zeros(batch, m, d), torch.zeros(batch, n, d)
    weights = alignment_weights(queries @ states.mT, torch.ones(batch, m, dtype=torch.bool))
    return {
        "answer": list(weights.shape),
        "transposed": [batch, m, n],
        "contexts": list(context_vector(weights, states).shape),
        "one_row": [batch, m],
    }


def _row(*numbers: int) -> Tensor:
    return torch.tensor([numbers], dtype=torch.float64)
