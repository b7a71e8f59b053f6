"""What the templated questions on adapting a model ask for: right answers from the package, and what the usual mistakes give."""

import torch
from torch import nn

from seq2gpt.exam.templates import Placeholders
from seq2gpt.gpt import GPTConfig, count_parameters
from seq2gpt.instructions import completion_mask, sft_loss
from seq2gpt.lora import LoRALinear, count_lora_parameters

END, USER, ASSISTANT, WORD = range(4)  # token ids of a small conversation


def lora_of_a_matrix(out_features: int, in_features: int, rank: int) -> Placeholders:
    """The numbers that LoRA trains beside one matrix."""
    layer = LoRALinear(nn.Linear(in_features, out_features, bias=False), rank)
    return {
        "sides": out_features + in_features,
        "answer": sum(p.numel() for p in layer.parameters() if p.requires_grad),
        "whole": out_features * in_features,
        "one_factor": rank * in_features,
        "square": rank * rank,
    }


def lora_of_a_model(d_model: int, n_layers: int, rank: int, n_matrices: int) -> Placeholders:
    """The numbers that LoRA trains when so many square matrices of each layer are adapted."""
    answer = count_lora_parameters(d_model, n_layers, rank, n_matrices)
    return {
        "per_matrix": 2 * rank * d_model,
        "adapted": n_layers * n_matrices,
        "answer": answer,
        "one_layer": answer // n_layers,
        "one_factor": answer // 2,
        "whole": n_layers * n_matrices * d_model**2,
    }


def learned_tokens(asked_1: int, answered_1: int, asked_2: int, answered_2: int) -> Placeholders:
    """The tokens of a conversation of two questions and two answers whose loss counts."""
    turns = ((USER, asked_1), (ASSISTANT, answered_1), (USER, asked_2), (ASSISTANT, answered_2))
    ids = torch.tensor([token for role, n in turns for token in (role, *[WORD] * n, END)])
    answer = int(completion_mask(ids, assistant_id=ASSISTANT, end_id=END).sum())
    return {
        "first": answered_1 + 1,
        "second": answered_2 + 1,
        "answer": answer,
        "ends_left_out": answer - 2,
        "markers_too": answer + 2,
        "last_turn": answered_2 + 1,
        "everything": len(ids),
    }


def loss_of_two_answers(n_1: int, n_2: int, loss_1: float, loss_2: float) -> Placeholders:
    """The loss of a batch of two conversations, whose answers have so many tokens of such a mean loss."""
    n = 1 + max(n_1, n_2)
    learned = torch.arange(n) > torch.tensor([[n - 1 - n_1], [n - 1 - n_2]])
    losses = torch.tensor([[loss_1], [loss_2]], dtype=torch.float64).expand(2, n)
    logits = torch.stack([-losses, (-(-losses).expm1()).log()], -1)  # −log softmax of token 0 is the loss
    loss = sft_loss(logits, torch.zeros(2, n, dtype=torch.long), learned)
    answer = round(loss.item(), 9)  # two draws of one value stay one
    return {
        "tokens": n_1 + n_2,
        "total": round(n_1 * loss_1 + n_2 * loss_2, 2),
        "answer": answer,
        "rounded": round(answer, 3),
        "per_conversation": (loss_1 + loss_2) / 2,
        "sum": n_1 * loss_1 + n_2 * loss_2,
        "exchanged": (n_2 * loss_1 + n_1 * loss_2) / (n_1 + n_2),
    }


def new_rows(vocab_size: int, d_model: int, n_new: int) -> Placeholders:
    """By how many numbers a GPT with tied weights grows with new tokens."""
    before, after = (
        count_parameters(GPTConfig(vocab_size=size, context_length=1, d_model=d_model, n_heads=1, n_layers=1))
        for size in (vocab_size, vocab_size + n_new)
    )
    return {
        "answer": after - before,
        "head_again": 2 * n_new * d_model,
        "rows_alone": n_new,
        "whole_table": (vocab_size + n_new) * d_model,
    }
