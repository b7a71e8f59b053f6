"""Templates of lesson 03, language models; see :mod:`seq2gpt.exam.templates`."""

import math
from typing import Any

import torch

from seq2gpt.language_models import bigram_model, bits_per_byte, perplexity

Placeholders = dict[str, Any]
Number = int | float


def share_of_a_row(a: int, b: int, c: int) -> Placeholders:
    """Probability of the second of three successors that were counted a, b and c times."""
    answer = bigram_model(torch.tensor([[a, b, c], [1, 1, 1], [1, 1, 1]]), 0.0)[0, 1].item()
    total = a + b + c
    return {
        "answer": answer,
        "total": total,
        "rounded": round(answer, 3),
        "odds": b / (a + c),
        "equal": 1 / 3,
        "raised": (b + 1) / (total + 3),
    }


def joint(first: Number, second: Number, third: Number, end: Number) -> Placeholders:
    """Probability of a name of three letters from its four factors."""
    answer = first * second * third * end
    return {
        "answer": answer,
        "rounded": float(f"{answer:.3g}"),
        "no_end": first * second * third,
        "no_start": second * third * end,
        "mean": (first + second + third + end) / 4,
    }


def smoothed(count: int, total: int, v: int, alpha: Number) -> Placeholders:
    """Smoothed probability of a successor that was counted ``count`` of ``total`` times."""
    answer = (count + alpha) / (total + alpha * v)
    return {
        "answer": answer,
        "above": round(count + alpha, 3),
        "below": round(total + alpha * v, 3),
        "rounded": round(answer, 4),
        "raised_once": (count + alpha) / (total + alpha),
        "sum_not_raised": (count + alpha) / total,
        "no_smoothing": count / total,
    }


def table_size(v: int, n: int) -> Placeholders:
    """Entries of the table of an n-gram model."""
    return {
        "answer": v**n,
        "formatted": f"{v**n:,}",
        "one_less": v ** (n - 1),
        "product": v * n,
        "sum_of_rows": v * (n - 1) * v,
        "before": n - 1,
    }


def log_of_three(p: Number, q: Number, r: Number) -> Placeholders:
    """The natural logarithm of the probability of three tokens."""
    terms = [math.log(x) for x in (p, q, r)]
    return {
        "answer": sum(terms),
        "a": round(terms[0], 3),
        "b": round(terms[1], 3),
        "c": round(terms[2], 3),
        "rounded": round(sum(terms), 3),
        "mean": sum(terms) / 3,
        "probability": p * q * r,
        "log_of_sum": math.log((p + q + r) / 3),
        "base_2": sum(terms) / math.log(2),
    }


def loss_of_three(p: Number, q: Number, r: Number) -> Placeholders:
    """Cross-entropy of three tokens in nats."""
    terms = [-math.log(x) for x in (p, q, r)]
    return {
        "answer": sum(terms) / 3,
        "a": round(terms[0], 3),
        "b": round(terms[1], 3),
        "c": round(terms[2], 3),
        "rounded": round(sum(terms) / 3, 3),
        "sum": sum(terms),
        "probabilities_first": -math.log((p + q + r) / 3),
        "bits": sum(terms) / 3 / math.log(2),
    }


def perplexity_of_two(m: int, k: int) -> Placeholders:
    """Perplexity of two tokens with probabilities 1/m and 1/k."""
    answer = perplexity(torch.tensor([1 / m, 1 / k], dtype=torch.float64).log()).item()
    return {
        "answer": answer,
        "product": m * k,
        "rounded": round(answer, 2),
        "arithmetic": (m + k) / 2,
        "of_the_mean": 2 / (1 / m + 1 / k),
        "loss": math.log(answer),
    }


def equal_odds(v: int) -> Placeholders:
    """Loss in nats of a model that gives every token of a vocabulary the same probability."""
    return {
        "answer": math.log(v),
        "rounded": round(math.log(v), 2),
        "bits": math.log2(v),
        "decimal": math.log10(v),
        "perplexity": v,
        "probability": 1 / v,
    }


def batch_loss(n: int, m: int, a: Number, b: Number) -> Placeholders:
    """Loss of a batch of two texts of n and m tokens with mean losses a and b."""
    answer = (n * a + m * b) / (n + m)
    return {
        "answer": answer,
        "total": round(n * a + m * b, 2),
        "tokens": n + m,
        "rounded": round(answer, 3),
        "mean_of_means": (a + b) / 2,
        "all_places": (n * a + m * b) / (2 * max(n, m)),
        "sum": n * a + m * b,
    }


def bits(loss: Number, n_tokens: int, n_bytes: int) -> Placeholders:
    """Bits per byte of a text of so many tokens and bytes."""
    answer = bits_per_byte(loss, n_tokens, "x" * n_bytes)
    return {
        "answer": answer,
        "total": round(loss * n_tokens, 1),
        "bits": round(loss * n_tokens / math.log(2), 1),
        "rounded": round(answer, 3),
        "per_token": loss / math.log(2),
        "nats": loss * n_tokens / n_bytes,
        "exchanged": loss / math.log(2) * n_bytes / n_tokens,
    }


def perplexity_of_loss(loss: Number) -> Placeholders:
    """Perplexity for a loss in nats."""
    return {
        "answer": math.exp(loss),
        "rounded": round(math.exp(loss), 2),
        "base_2": 2**loss,
        "itself": loss,
        "bits": loss / math.log(2),
    }
