"""What the templated questions on training ask for: right answers from the package, and what the usual mistakes give."""

import math

import torch
from torch import nn

from seq2gpt.exam.templates import Placeholders
from seq2gpt.training import JORDAN, MOMENTS, adamw_step, clip_gradients, cosine_schedule


def two_steps_of_adam(g_1: int, g_2: int, rate: float) -> Placeholders:
    """Where a parameter that starts at 1 stands after two gradients, with betas 0.5 and 0.5 and without decay."""
    theta, m, v = (torch.full((1,), x, dtype=torch.float64) for x in (1.0, 0.0, 0.0))
    for step, gradient in enumerate((g_1, g_2), 1):
        settings = {"betas": (0.5, 0.5), "eps": 0.0, "weight_decay": 0.0}
        adamw_step(theta, torch.tensor([gradient], dtype=torch.float64), m, v, step, rate, **settings)  # type: ignore[arg-type]
    m_2, v_2 = m.item(), v.item()
    last = (m_2 / 0.75) / (v_2 / 0.75) ** 0.5
    return {
        "m": round(m_2, 4),
        "v": round(v_2, 4),
        "m_hat": round(m_2 / 0.75, 4),
        "v_hat": round(v_2 / 0.75, 4),
        "answer": theta.item(),
        "rounded": round(theta.item(), 3),
        "uncorrected": 1 - rate * 0.5 * g_1 / (0.5 * g_1**2) ** 0.5 - rate * m_2 / v_2**0.5,
        "upward": 1 + rate + rate * last,
        "plain": 1 - rate * (g_1 + g_2),
    }


def rate_at(n_warmup: int, n_decay: int, quarter: int, lr: float, lr_min: float) -> Placeholders:
    """The learning rate a third, a half or two thirds down the cosine."""
    n_steps = n_warmup + n_decay
    step = n_warmup + n_decay * quarter // 6
    rate = cosine_schedule(step, n_steps=n_steps, n_warmup=n_warmup, lr=lr, lr_min=lr_min)
    return {
        "n_steps": n_steps,
        "step": step,
        "progress": round(quarter / 6, 3),
        "cosine": {2: "0.5", 3: "0", 4: "−0.5"}[quarter],
        "answer": rate,
        "rounded": round(rate, 4),
        "to_zero": cosine_schedule(step, n_steps=n_steps, n_warmup=n_warmup, lr=lr, lr_min=0.0),
        "no_half": lr_min + 2 * (rate - lr_min),
        "from_start": lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * step / n_steps)),
    }


def clipped_number(a: int, b: int, c: int, max_norm: float) -> Placeholders:
    """What becomes of the number c, when the gradients (a, b) and (c) are clipped together."""
    parameters = [nn.Parameter(torch.zeros(n, dtype=torch.float64)) for n in (2, 1)]
    parameters[0].grad, parameters[1].grad = (torch.tensor(g, dtype=torch.float64) for g in ([a, b], [c]))
    norm = clip_gradients(parameters, max_norm)
    assert parameters[1].grad is not None
    answer = parameters[1].grad.item()
    return {
        "norm": round(norm, 3),
        "answer": answer,
        "rounded": round(answer, 3),
        "alone": min(float(c), max_norm),
        "by_sum": c * max_norm / (abs(a) + abs(b) + abs(c)),
        "untouched": float(c),
    }


def after_one_step_of_jordan(s: float) -> Placeholders:
    """What a singular value becomes in one step of Newton–Schulz."""
    a, b, c = JORDAN[0]
    answer = a * s + b * s**3 + c * s**5
    return {
        "first": round(a * s, 4),
        "third": round(b * s**3, 4),
        "fifth": round(c * s**5, 4),
        "answer": answer,
        "rounded": round(answer, 3),
        "squares": a * s + b * s**2 + c * s**3,
        "first_only": a * s,
        "all_of_it": s * (a + b + c),
    }


def numbers_of_a_checkpoint(rows: int, columns: int) -> Placeholders:
    """Numbers that a checkpoint of AdamW holds for one linear layer with bias."""
    learned = sum(parameter.numel() for parameter in nn.Linear(columns, rows).parameters())
    answer = learned * (1 + len(MOMENTS))
    return {
        "learned": learned,
        "answer": answer,
        "parameters": learned,
        "one": 2 * learned,
        "matrix": 3 * rows * columns,
    }
