"""What the templated questions on positions ask for: right answers from the package, and what the usual mistakes give."""

import math

import torch

from seq2gpt.exam.templates import Placeholders
from seq2gpt.positions import LearnedPositions, apply_rotary, frequencies, sinusoidal_encoding


def one_entry(d_model: int, position: int, column: int) -> Placeholders:
    """An entry of the sinusoidal encoding."""
    i, odd = divmod(column, 2)
    turn, other = (math.cos, math.sin) if odd else (math.sin, math.cos)
    angle = position * frequencies(d_model)[i].item()
    answer = sinusoidal_encoding(position + 1, d_model)[position, column].item()
    return {
        "answer": answer,
        "rounded": f"{answer:.3f}".replace("-", "−"),
        "i": i,
        "doubled": 2 * i,
        "function": turn.__name__,
        "angle": round(angle, 3),
        "exchanged": other(angle),
        "by_column": turn(position / 10000 ** (2 * column / d_model)),
        "by_pair": turn(position / 10000 ** (i / d_model)),
    }


def exponent_of_a_column(d_model: int, column: int) -> Placeholders:
    """The exponent of 10000 in a column of the sinusoidal encoding."""
    i = column // 2
    omega = frequencies(d_model)[i].item()
    return {
        "answer": -math.log(omega, 10000),
        "i": i,
        "doubled": 2 * i,
        "rounded": round(2 * i / d_model, 3),
        "by_column": column / d_model,
        "by_pair": i / d_model,
        "column_doubled": 2 * column / d_model,
    }


def wavelength(d_model: int, i: int) -> Placeholders:
    """After how many positions a pair has come round."""
    omega = frequencies(d_model)[i].item()
    answer = 2 * math.pi / omega
    return {
        "answer": answer,
        "doubled": 2 * i,
        "rounded": f"{answer:,.1f}",
        "inverse": round(1 / omega, 2),
        "without_turn": 1 / omega,
        "by_pair": 2 * math.pi * 10000 ** (i / d_model),
        "upside_down": omega,
    }


def length_of_a_code(d_model: int) -> Placeholders:
    """The length of every code of a width."""
    answer = sinusoidal_encoding(8, d_model)[-1].norm().item()
    return {
        "answer": answer,
        "pairs": d_model // 2,
        "rounded": round(answer, 2),
        "all_ones": math.sqrt(d_model),
        "not_rooted": d_model / 2,
        "one": 1,
    }


def product_of_two_codes(p: int, distance: int) -> Placeholders:
    """The dot product of two codes of width 4."""
    codes = sinusoidal_encoding(p + distance + 1, 4).double()
    answer = round((codes[p] @ codes[p + distance]).item(), 4)
    fast, slow = math.cos(distance), math.cos(0.01 * distance)
    return {
        "q": p + distance,
        "answer": answer,
        "rounded": f"{answer:.3f}".replace("-", "−"),
        "fast": f"{fast:.3f}".replace("-", "−"),
        "slow": f"{slow:.3f}",
        "squared_length": 2,
        "sum_of_positions": math.cos(2 * p + distance) + math.cos(0.01 * (2 * p + distance)),
        "fast_only": fast,
        "sines": math.sin(distance) + math.sin(0.01 * distance),
    }


def rotary_by_hand(a: int, b: int, p: int, q: int) -> Placeholders:
    """The score of a query (a, 0) at p and a key (b, 0) at q, one pair each."""
    query, key = (torch.tensor([[float(length), 0.0]], dtype=torch.float64) for length in (a, b))
    answer = round((apply_rotary(query, p) @ apply_rotary(key, q).T).item(), 4)
    return {
        "answer": answer,
        "rounded": f"{answer:.2f}".replace("-", "−"),
        "product": a * b,
        "distance": p - q,
        "cosine": f"{math.cos(p - q):.3f}".replace("-", "−"),
        "not_turned": a * b,
        "query_only": a * b * math.cos(p),
        "sum_of_angles": a * b * math.cos(p + q),
        "sine": a * b * math.sin(p - q),
    }


def numbers_of_the_table(context_length: int, d_model: int) -> Placeholders:
    """Numbers that learned positions learn."""
    n_rows = LearnedPositions(context_length, 1).table.shape[0]
    answer = n_rows * LearnedPositions(1, d_model).table.shape[1]
    return {
        "answer": answer,
        "squared": context_length**2,
        "one_each": context_length,
        "in_pairs": answer // 2,
        "one_row": d_model,
    }
