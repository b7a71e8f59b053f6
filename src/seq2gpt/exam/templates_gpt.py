"""What the templated questions on GPT ask for: right answers from the package, and what the usual mistakes give."""

import torch

from seq2gpt.exam.templates import Placeholders
from seq2gpt.gpt import GPTConfig, count_parameters


def block_parameters(d_model: int) -> Placeholders:
    """The parameters of one block of GPT-2 of this width: those of a model with one block more."""
    one, two = (
        count_parameters(
            GPTConfig(vocab_size=2, context_length=1, d_model=d_model, n_heads=1, n_layers=layers)
        )
        for layers in (1, 2)
    )
    square = d_model * d_model
    return {
        "attention": 4 * square + 4 * d_model,
        "feed_forward": 8 * square + 5 * d_model,
        "norms": 4 * d_model,
        "answer": two - one,
        "no_output_matrix": two - one - square - d_model,
        "no_vectors": 12 * square,
        "narrow": 6 * square + 10 * d_model,
    }


def whole_count(vocab_size: int, context_length: int, n_layers: int, d_model: int) -> Placeholders:
    """The parameters of a GPT with tied weights."""
    config = GPTConfig(
        vocab_size=vocab_size, context_length=context_length, d_model=d_model, n_heads=1, n_layers=n_layers
    )
    block = 12 * d_model**2 + 13 * d_model
    answer = count_parameters(config)
    return {
        "tables": (vocab_size + context_length) * d_model,
        "block": block,
        "blocks": n_layers * block,
        "last": 2 * d_model,
        "answer": answer,
        "head_again": answer + vocab_size * d_model,
        "no_positions": answer - context_length * d_model,
        "no_last_norm": answer - 2 * d_model,
    }


def saved_by_tying(vocab_size: int, d_model: int) -> Placeholders:
    """Numbers that a second matrix would cost."""
    return {
        "answer": vocab_size * d_model,
        "with_bias": (vocab_size + 1) * d_model,
        "square": d_model * d_model,
        "both": 2 * vocab_size * d_model,
    }


def tied_logit(a: int, b: int, c: int, e: int) -> Placeholders:
    """A logit of a state of width 2 and an embedding's row."""
    state, row = torch.tensor([a, b]), torch.tensor([c, e])
    return {
        "first": a * c,
        "second": b * e,
        "answer": int(state @ row),
        "difference": a * c - b * e,
        "sum_of_all": a + b + c + e,
    }


def head_width_of(n_heads: int, d_head: int) -> Placeholders:
    """The width of a head, from width and number of heads."""
    return {
        "d_model": n_heads * d_head,
        "answer": d_head,
        "whole": n_heads * d_head,
        "three_shares": 3 * d_head,
    }


def room_left(context_length: int, n_prompt: int) -> Placeholders:
    """How many tokens fit behind a prompt."""
    return {
        "answer": context_length - n_prompt,
        "two_windows": context_length,
        "both": 2 * context_length - n_prompt,
    }
