"""What the templated questions on generation ask for: right answers from the package, and what the usual mistakes give."""

import math

import torch

from seq2gpt.exam.templates import Number, Placeholders
from seq2gpt.generation import apply_temperature, token_budget, top_k_filter, top_p_filter


def sharpened_first(a: int, b: int, c: int, temperature: Number) -> Placeholders:
    """The probability of the first of three tokens at a temperature."""
    logits = torch.tensor([a, b, c], dtype=torch.float64)
    answer = apply_temperature(logits, float(temperature)).softmax(-1)[0].item()
    powers = [round(math.exp(z / temperature), 3) for z in (a, b, c)]
    shares = logits.softmax(-1) / temperature
    return {
        "scaled": ", ".join(f"{z / temperature:g}" for z in (a, b, c)),
        "powers": " + ".join(map(str, powers)),
        "answer": answer,
        "rounded": round(answer, 3),
        "ignored": logits.softmax(-1)[0].item(),
        "multiplied": (logits * temperature).softmax(-1)[0].item(),
        "on_probabilities": shares[0].item(),
    }


def share_after_top_k(a: int, b: int, c: int, k: int) -> Placeholders:
    """The probability of the most probable of four tokens after top-k."""
    shares = [a, b, c, 100 - a - b - c]
    largest = sorted(shares, reverse=True)[:k]
    answer = top_k_filter(torch.tensor(shares, dtype=torch.float64).log(), k).softmax(-1)[0].item()
    return {
        "d": shares[3],
        "kept": " + ".join(map(str, largest)),
        "sum": sum(largest),
        "answer": answer,
        "rounded": round(answer, 3),
        "not_renormalised": a / 100,
        "equal_shares": 1 / k,
    }


def share_in_the_nucleus(a: int, b: int, c: int, d: int, p: int) -> Placeholders:
    """The probability of the first of six tokens after top-p."""
    rest = 100 - a - b - c - d
    shares = [a, b, c, d, rest - rest // 3, rest // 3]
    left = top_p_filter(torch.tensor(shares, dtype=torch.float64).log(), p / 100)
    size, answer = int(left.isfinite().sum()), left.softmax(-1)[0].item()
    sums = [sum(shares[:n]) for n in range(1, 7)]
    return {
        "e": shares[4],
        "f": shares[5],
        "sums": ", ".join(map(str, sums[:size])),
        "sum": sums[size - 1],
        "answer": answer,
        "rounded": round(answer, 3),
        "without_crossing": a / sums[size - 2],
        "one_too_many": a / sums[size],
        "not_renormalised": a / 100,
    }


def positions_read(prompt: int, new: int) -> Placeholders:
    """How many more positions a model reads without a cache than with one."""
    without = sum(prompt + step for step in range(new))
    cached = prompt + new - 1
    return {
        "last": prompt + new - 1,
        "without": without,
        "cached": cached,
        "answer": without - cached,
        "only_without": without,
        "prompt_never": without - (new - 1),
    }


def bytes_of_cache(layers: int, d_model: int, positions: int, texts: int) -> Placeholders:
    """MiB of a KV cache in 16 bits."""
    size = 2 * layers * d_model * positions * texts * 2 / 2**20
    return {
        "answer": size,
        "rounded": round(size, 2),
        "keys_only": size / 2,
        "one_text": size / texts,
        "in_bits": size * 8,
    }


def new_tokens(window: int, prompt: int, limit: int) -> Placeholders:
    """How many tokens can still be written."""
    answer = token_budget(window, prompt, limit)
    return {
        "room": window - prompt,
        "answer": answer,
        "limit_alone": limit if limit != answer else window,
        "room_alone": window - prompt if window - prompt != answer else window + limit,
        "limit_with_prompt": max(0, limit - prompt),
    }
