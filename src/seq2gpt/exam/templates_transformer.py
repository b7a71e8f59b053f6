"""What the templated questions on the Transformer ask for: right answers from the package, and what mistakes give."""

import torch

from seq2gpt.exam.templates import Placeholders
from seq2gpt.transformer import DecoderLayer, image_to_patches, label_smoothed_loss, noam_learning_rate


def numbers_of_a_decoder_layer(d_model: int, n_heads: int) -> Placeholders:
    """Numbers that a decoder layer learns whose feed-forward network is four times as wide."""
    with torch.device("meta"):  # counted, not filled
        layer = DecoderLayer(d_model, n_heads, 4 * d_model)
    count = {
        name: sum(parameter.numel() for parameter in part.parameters())
        for name, part in layer.named_children()
    }
    norms = 3 * count["norm_1"]
    return {
        "d_ff": 4 * d_model,
        "attention": count["attention"],
        "feed_forward": count["feed_forward"],
        "norms": norms,
        "answer": sum(count.values()),
        "one_attention": sum(count.values()) - count["cross_attention"],
        "no_norms": sum(count.values()) - norms,
        "no_feed_forward": sum(count.values()) - count["feed_forward"],
    }


def numbers_saved(vocab: int, d_model: int) -> Placeholders:
    """Numbers that a head saves which shares the embedding's matrix."""
    return {
        "answer": vocab * d_model,
        "embedding_and_head": 2 * vocab * d_model,
        "bias_alone": vocab,
        "square": d_model**2,
    }


def passes(words: int, layers: int) -> Placeholders:
    """Passes through the decoder that a greedy translation takes, the end among them."""
    return {
        "answer": words + 1,
        "at_once": 1,
        "end_forgotten": words,
        "layers_counted": (words + 1) * layers,
    }


def rate(d_model: int, n_warmup: int, step: int) -> Placeholders:
    """The paper's learning rate, in thousandths."""
    value = 1000 * noam_learning_rate(step, d_model, n_warmup)
    first, second = step**-0.5, step * n_warmup**-1.5
    return {
        "first": round(first, 5),
        "second": round(second, 5),
        "smaller": "first" if first < second else "second",
        "answer": value,
        "rounded": round(value, 3),
        "larger_taken": 1000 * d_model**-0.5 * max(first, second),
        "no_width": value * d_model**0.5,
    }


def smoothed_loss(k: int, percent: int, right: int) -> Placeholders:
    """The smoothed loss of one target of K words, when the right one has a probability and the rest share evenly."""
    p, epsilon = right / 100, percent / 100
    others = (1 - p) / (k - 1)
    log_p = torch.tensor([[[p, *[others] * (k - 1)]]], dtype=torch.float64).log()
    target = torch.tensor([[0]])
    value = label_smoothed_loss(log_p, target, epsilon, pad_id=-1).item()
    plain = label_smoothed_loss(log_p, target, 0.0, pad_id=-1).item()
    q_right, q_other = 1 - epsilon + epsilon / k, epsilon / k
    return {
        "epsilon": epsilon,
        "p": p,
        "other": round(others, 4),
        "q_right": round(q_right, 4),
        "q_other": round(q_other, 4),
        "others": k - 1,
        "answer": value,
        "rounded": round(value, 3),
        "plain": plain,
        "right_alone": q_right * plain,
        "not_divided": (1 - epsilon) * plain - epsilon * float(log_p.sum()),
    }


def number_of_patches(across: int, down: int, size: int) -> Placeholders:
    """How many patches an image of down · size rows and across · size columns has."""
    image = torch.zeros(1, 3, down * size, across * size)
    _, n, d_patch = image_to_patches(image, size).shape
    return {
        "height": down * size,
        "width": across * size,
        "answer": n,
        "d_patch": d_patch,
        "pixels": down * across * size * size,
        "one_side": across,
    }


def ratio_of_work(n: int, d: int) -> Placeholders:
    """How many times the work of a recurrent layer a self-attention layer takes, by the leading terms."""
    attention, recurrent = n * n * d, n * d * d
    return {
        "attention": f"{attention:,}",
        "recurrent": f"{recurrent:,}",
        "answer": attention / recurrent,
        "rounded": round(attention / recurrent, 3),
        "upside_down": recurrent / attention,
        "squared": (n / d) ** 2,
    }
