"""What the templated questions on blocks ask for: right answers from the package, and what the usual mistakes give."""

import math

import torch

from seq2gpt.blocks import FeedForward, SwiGLU, layer_norm, rms_norm
from seq2gpt.exam.templates import Number, Placeholders


def count(module: torch.nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(parameter.numel() for parameter in module.parameters())


def two_residual_layers(f: Number, g: Number) -> Placeholders:
    """dy/dx of y = h + g(h), h = x + f(x), where the slopes of f and g are given."""
    x = torch.ones((), dtype=torch.float64, requires_grad=True)
    h = x + f * x
    (answer,) = torch.autograd.grad(h + g * h, x)
    return {
        "answer": answer.item(),
        "rounded": round(answer.item(), 4),
        "no_paths": round(f * g, 6),
        "added": round(f + g, 6),
        "one_path": round(1 + f * g, 6),
        "first": round(1 + f, 4),
        "second": round(1 + g, 4),
    }


def normalised_feature(middle: int, s: int) -> Placeholders:
    """The last of four features, at −5, 1, 1, 3 times ``s`` from their mean, after a layer norm and an RMS norm."""
    row = [middle - 5 * s, middle + s, middle + s, middle + 3 * s]
    x, ones = torch.tensor(row, dtype=torch.float64), torch.ones(4, dtype=torch.float64)
    by_layer, by_root = (norm(x, ones, eps=0.0)[0].item() for norm in (layer_norm, rms_norm))
    root = math.sqrt(sum(value**2 for value in row) / 4)
    return {
        "a": row[0],
        "b": row[1],
        "c": row[3],
        "deviation": 3 * s,
        "variance": 9 * s**2,
        "distance": -5 * s,
        "bessel_deviation": round(math.sqrt(12) * s, 3),
        "layer": by_layer,
        "with_bessel": -5 / math.sqrt(12),
        "not_rooted": -5 / (9 * s),
        "mean_kept": row[0] / (3 * s),
        "squares": sum(value**2 for value in row),
        "mean_square": sum(value**2 for value in row) / 4,
        "root": round(root, 3),
        "by_root": round(by_root, 9),  # twice as large features have the same key
        "by_root_rounded": round(by_root, 3),
        "sum_of_squares": row[0] / (2 * root),
        "mean_subtracted": by_layer,
    }


def layer_norm_with_weight(middle: int, s: int, gain: int, shift: int) -> Placeholders:
    """The first of the four features after a layer norm with a weight and a bias of its own."""
    found = normalised_feature(middle, s)
    normal = found["layer"]
    return found | {
        "answer": gain * normal + shift,
        "rounded": round(gain * normal + shift, 3),
        "normal": round(normal, 3),
        "bessel": gain * found["with_bessel"] + shift,
        "no_root": gain * found["not_rooted"] + shift,
        "bias_first": gain * (normal + shift),
        "mean_stays": gain * found["mean_kept"] + shift,
    }


def numbers_of_a_network(d_model: int) -> Placeholders:
    """Numbers that a feed-forward network with d_ff = 4 · d_model and biases learns."""
    with torch.device("meta"):  # counted, not filled
        answer = count(FeedForward(d_model, 4 * d_model))
    return {
        "d_ff": 4 * d_model,
        "answer": answer,
        "matrices": 8 * d_model**2,
        "biases": 5 * d_model,
        "one_matrix": 4 * d_model**2 + 4 * d_model,
        "no_biases": 8 * d_model**2,
        "not_widened": 2 * d_model**2 + 2 * d_model,
    }


def equal_width(d_ff: int, d_model: int) -> Placeholders:
    """The inner width of a SwiGLU with as many numbers as two layers of inner width ``d_ff``, without biases."""
    with torch.device("meta"):  # counted, not filled
        numbers = count(FeedForward(d_model, d_ff, bias=False))
        answer = numbers // (3 * d_model)
        assert count(SwiGLU(d_model, answer)) == numbers
    return {
        "answer": answer,
        "numbers": numbers,
        "same": d_ff,
        "half": d_ff // 2,
        "upside_down": d_ff * 3 // 2,
    }


def shape_inside(batch: int, n: int, d_model: int, factor: int) -> Placeholders:
    """Shape of what stands between the two layers of a feed-forward network."""
    network = FeedForward(d_model, factor * d_model)
    inner = network.w_in(torch.zeros(batch, n, d_model))
    return {
        "d_ff": factor * d_model,
        "answer": list(inner.shape),
        "result": [batch, n, d_model],
        "positions_joined": [batch, n * factor * d_model],
        "positions_widened": [batch, factor * n, d_model],
    }


def kept_number(value: int, percent: int) -> Placeholders:
    """A number that dropout keeps in training."""
    p = percent / 100
    return {
        "p": p,
        "kept": round(1 - p, 2),
        "answer": round(value / (1 - p), 9),  # 9 / 0.9 and 8 / 0.8 are the same key
        "rounded": round(value / (1 - p), 3),
        "unscaled": value,
        "by_p": value / p,
        "shrunk": value * (1 - p),
    }
