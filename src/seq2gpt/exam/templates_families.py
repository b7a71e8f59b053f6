"""What the templated questions on families ask for: right answers from the package, and what the usual mistakes give."""

import torch

from seq2gpt.attention import causal_mask
from seq2gpt.exam.templates import Placeholders
from seq2gpt.families import corrupt_spans


def prefix_pairs(n: int, p: int) -> Placeholders:
    """How many (row, column) pairs the mask of a prefix language model allows."""
    mask = causal_mask(n)
    mask[:, :p] = True
    rest = n - p
    return {
        "rest": rest,
        "of_the_prefix": n * p,
        "behind": rest * (rest + 1) // 2,
        "answer": int(mask.sum()),
        "causal": n * (n + 1) // 2,
        "no_mask": n * n,
        "apart": p * p + rest * (rest + 1) // 2,
    }


def tokens_that_become_masks(n: int, texts: int) -> Placeholders:
    """How many tokens of a batch become the mask on average."""
    chosen = 0.15 * n * texts
    return {
        "tokens": n * texts,
        "chosen": round(chosen, 2),
        "answer": 0.8 * chosen,
        "rounded": round(0.8 * chosen, 2),
        "all_chosen": chosen,
        "one_text": 0.8 * 0.15 * n,
        "of_all_tokens": 0.8 * n * texts,
    }


def length_of_both_texts(n: int, length: int, n_spans: int) -> Placeholders:
    """Tokens of T5's input and target together, for spans of one length."""
    gap = length + 1
    spans = [(i * gap, i * gap + length) for i in range(n_spans)]
    read, written = corrupt_spans(torch.arange(n), spans, first_sentinel=n)
    return {
        "hidden": length * n_spans,
        "read": len(read),
        "written": len(written),
        "answer": len(read) + len(written),
        "no_sentinels": n,
        "last_forgotten": n + 2 * n_spans,
        "whole_text_written": len(read) + n,
    }


def answers_per_answer(n: int, percent: int) -> Placeholders:
    """Targets of the causal objective for each target of the masked one, on average."""
    masked = n * percent / 100
    return {
        "causal": n - 1,
        "masked": round(masked, 2),
        "answer": (n - 1) / masked,
        "rounded": round((n - 1) / masked, 2),
        "upside_down": masked / (n - 1),
        "of_the_masks": (n - 1) / (0.8 * masked),
        "only_one": float(n - 1),
    }
