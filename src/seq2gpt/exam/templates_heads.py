"""What the templated questions on heads ask for: right answers from the package, and what the usual mistakes give."""

import torch

from seq2gpt.attention import scaled_dot_product_attention
from seq2gpt.exam.templates import Placeholders
from seq2gpt.heads import MultiHeadAttention, count_attention_parameters, merge_heads, split_heads


def two_heads_by_hand(e_1: int, e_3: int, v_1: int, v_2: int, v_3: int, w: int) -> Placeholders:
    """The one output number of two heads of width 1: head 0 has the exponentials (e_1, 1, 1), head 1 (1, 1, e_3)."""
    query = split_heads(torch.ones(1, 2, dtype=torch.float64), 2)
    exponentials = torch.tensor([[e_1, 1], [1, 1], [1, e_3]], dtype=torch.float64)
    value = torch.tensor([[v_1, v_3], [v_2, v_2], [v_3, v_1]], dtype=torch.float64)
    found, _ = scaled_dot_product_attention(query, split_heads(exponentials.log(), 2), split_heads(value, 2))
    head_0, head_1 = merge_heads(found)[0].tolist()
    return {
        "total_0": e_1 + 2,
        "total_1": e_3 + 2,
        "head_0": round(head_0, 3),
        "head_1": round(head_1, 3),
        "answer": head_0 + w * head_1,
        "rounded": round(head_0 + w * head_1, 2),
        "not_mixed": head_0,
        "averaged": (head_0 + head_1) / 2,
        "one_map": head_0 + w * (e_1 * v_3 + v_2 + v_1) / (e_1 + 2),
    }


def shape_after_split(batch: int, n: int, n_heads: int, d_head: int) -> Placeholders:
    """Shape of a batch of hidden states after it was split into heads."""
    x = torch.zeros(batch, n, n_heads * d_head)
    return {
        "d_model": n_heads * d_head,
        "answer": list(split_heads(x, n_heads).shape),
        "not_moved": [batch, n, n_heads, d_head],
        "full_width": [batch, n_heads, n, n_heads * d_head],
        "cut_in_time": [batch, n_heads, d_head, n],
    }


def numbers_of_a_layer(n_heads: int, d_head: int) -> Placeholders:
    """Numbers that a layer with biases learns."""
    d_model = n_heads * d_head
    answer = count_attention_parameters(d_model, n_heads)
    return {
        "d_model": d_model,
        "answer": answer,
        "square": d_model**2,
        "no_biases": count_attention_parameters(d_model, n_heads, bias=False),
        "three": 3 * d_model * (d_model + 1),
        "shared": 3 * d_head * (d_head + 1) + d_model * (d_model + 1),
        "each_full": n_heads * answer,
    }


def width_of_a_head(n_heads: int, d_head: int) -> Placeholders:
    """The width of a head of a layer without biases, from how many numbers it learns."""
    d_model = n_heads * d_head
    learned = count_attention_parameters(d_model, n_heads, bias=False)
    return {
        "learned": learned,
        "quarter": learned // 4,
        "d_model": d_model,
        "answer": d_head,
        "whole_width": d_model,
        "three_matrices": (learned / 3) ** 0.5 / n_heads,
        "not_rooted": learned / 4 / n_heads,
    }


def shape_of_cross_weights(batch: int, n_heads: int, n: int, m: int, d_head: int) -> Placeholders:
    """Shape of the weights when n positions of x read m positions of memory."""
    layer = MultiHeadAttention(n_heads * d_head, n_heads)
    x, memory = (torch.zeros(batch, length, n_heads * d_head) for length in (n, m))
    query, key = (split_heads(w(s), n_heads) for w, s in ((layer.w_q, x), (layer.w_k, memory)))
    _, weights = scaled_dot_product_attention(query, key, key)
    return {
        "d_model": n_heads * d_head,
        "answer": list(weights.shape),
        "transposed": [batch, n_heads, m, n],
        "itself": [batch, n_heads, n, n],
        "one_map": [batch, n, m],
    }
