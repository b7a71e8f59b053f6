"""What the templated questions of lesson 05 ask for: right answers from the package, and what mistakes give."""

import math
from typing import Any

import torch
from torch import Tensor

from seq2gpt.language_models import cross_entropy
from seq2gpt.seq2seq import (
    BOS,
    EOS,
    PAD,
    Hypothesis,
    Seq2Seq,
    Seq2SeqDecoder,
    beam_search,
    ngrams,
    padding_mask,
)

Placeholders = dict[str, Any]


def loss_of_a_row(p_1: float, p_2: float, p_3: float) -> Placeholders:
    """The loss of a row of two words, <eos> and two paddings, which gets probability 0.1 wherever it stands."""
    given = [p_1, p_2, p_3, 0.1, 0.1]
    labels = torch.tensor([4, 5, EOS, PAD, PAD])
    logits = torch.full((5, 6), 1e-9, dtype=torch.float64)
    for place, (label, p) in enumerate(zip(labels.tolist(), given, strict=True)):
        logits[place] = (1 - p) / 5
        logits[place, label] = p
    losses = [-math.log(p) for p in given]
    answer = round(cross_entropy(logits.log(), labels, padding_mask(labels[None])[0]).item(), 9)
    return {
        "answer": answer,
        "rounded": round(answer, 2),
        "loss_1": round(losses[0], 2),
        "loss_2": round(losses[1], 2),
        "loss_3": round(losses[2], 2),
        "with_padding": sum(losses) / 5,
        "total": sum(losses[:3]),
        "without_eos": sum(losses[:2]) / 2,
    }


def two_steps(a: int, x: int, y: int) -> Placeholders:
    """Greedy and beam search over two words; probabilities in hundredths."""
    first = {4: a / 100, 5: 1 - a / 100}
    second = {4: {6: x / 100, 7: x / 200, 8: 1 - x * 3 / 200}, 5: {6: y / 100, 7: 1 - y / 100}}

    def decode(ids: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        p = torch.full((len(ids), 1, 9), 1e-12, dtype=torch.float64)
        for row, last in enumerate(ids[:, -1].tolist()):
            for token, probability in (first if last == BOS else second[last]).items():
                p[row, 0, token] = probability
        return p.log(), state

    model = Seq2Seq(lambda ids, mask: (ids,), decode)
    (one, two) = beam_search(model, torch.tensor([4]), beam_width=2, max_new_tokens=2, alpha=0.0)
    answer = round(first[one] * second[one][two], 9)
    return {
        "answer": answer,
        "rounded": round(answer, 4),
        "p_a": a / 100,
        "p_b": round(1 - a / 100, 2),
        "p_x": x / 100,
        "p_y": y / 100,
        "greedy": a * x / 10_000,
        "mixed": a * y / 10_000,
        "last_only": y / 100,
    }


def penalised_score(tenths: int, n: int) -> Placeholders:
    """The score, without its sign, of ``n`` tokens with ln P of minus so many tenths, alpha = 1."""
    minus_log_p = tenths / 10
    answer = round(-Hypothesis([BOS, *[4] * (n - 1), EOS], -minus_log_p, 0).score(alpha=1.0), 9)
    return {
        "minus_log_p": minus_log_p,
        "penalty": round((5 + n) / 6, 3),
        "answer": answer,
        "rounded": round(answer, 3),
        "by_length": minus_log_p / n,
        "without_five": minus_log_p / (n / 6),
        "multiplied": minus_log_p * (5 + n) / 6,
    }


def clipped_unigrams(written: int, in_reference: int, others: int, wrong: int) -> Placeholders:
    """p_1 of a translation that repeats one word more often than its reference does."""
    rest = [f"w{i}" for i in range(others)]
    hypothesis = " ".join(["the"] * written + rest + ["x"] * wrong)
    reference = " ".join(["the"] * in_reference + rest + ["y"])
    found = (ngrams(hypothesis, 1) & ngrams(reference, 1)).total()
    n = len(hypothesis.split())
    return {
        "n": n,
        "found": found,
        "answer": found / n,
        "not_clipped": (written + others) / n,
        "once_each": (1 + others) / n,
        "of_the_reference": found / len(reference.split()),
    }


def logits_shape(batch: int, n: int, d_model: int, vocab_size: int) -> Placeholders:
    """Shape of the logits in training, for targets of ``n`` columns, <bos> and <eos> among them."""
    target = torch.ones(batch, n, dtype=torch.int64)
    logits, _ = Seq2SeqDecoder(vocab_size, d_model)(target[:, :-1], (torch.zeros(batch, d_model),))
    return {
        "answer": list(logits.shape),
        "read": n - 1,
        "all_columns": [batch, n, vocab_size],
        "states": [batch, n - 1, d_model],
        "last_only": [batch, vocab_size],
    }


def numbers_per_word(d_model: int, m: int) -> Placeholders:
    """How many numbers of the context there are for each word of a source."""
    return {
        "answer": d_model / m,
        "rounded": round(d_model / m, 1),
        "each_word": d_model,
        "grows": d_model * m,
        "upside_down": m / d_model,
    }
