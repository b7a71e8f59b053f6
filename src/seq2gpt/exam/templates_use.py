"""What the templated questions on using models ask for: right answers from the package, and what the usual mistakes give."""

import math
from statistics import fmean, stdev

import torch

from seq2gpt.assistants import estimate_cost
from seq2gpt.exam.templates import Number, Placeholders
from seq2gpt.limits import bias_gap, expected_calibration_error
from seq2gpt.scaling import training_energy, training_flops


def cost_of_requests(
    n_prompt: int, n_completion: int, price_prompt: Number, price_completion: Number, n_thousand: int
) -> Placeholders:
    """What thousands of requests of the same length cost."""
    n, prices = 1000 * n_thousand, (float(price_prompt), float(price_completion))
    answer = estimate_cost(n_prompt, n_completion, *prices, n)
    return {
        "n_requests": n,
        "million_prompt": n * n_prompt / 1e6,
        "million_completion": n * n_completion / 1e6,
        "answer": answer,
        "rounded": round(answer, 2),
        "prompt_alone": n * n_prompt * price_prompt / 1e6,
        "one_price": n * (n_prompt + n_completion) * price_prompt / 1e6,
        "exchanged": estimate_cost(n_completion, n_prompt, *prices, n),
    }


def tokens_of_a_conversation(n_turns: int, asked: int, answered: int) -> Placeholders:
    """Tokens that are sent in all, when each request holds the conversation so far."""
    sent = [turn * (asked + answered) + asked for turn in range(n_turns)]
    return {
        "first": sent[0],
        "second": sent[1],
        "last": sent[-1],
        "per_turn": asked + answered,
        "answer": round(estimate_cost(sum(sent), 0, price_prompt=1e6, price_completion=0.0)),
        "new_alone": n_turns * asked,
        "last_alone": sent[-1],
        "answers_sent_at_once": n_turns * (n_turns + 1) // 2 * (asked + answered),
    }


def energy_of_training(
    n_million: int, n_billion_tokens: int, teraflops: int, percent: int, watts: int, overhead: Number
) -> Placeholders:
    """Kilowatt-hours that a training takes: parameters in millions, tokens in billions, the peak in 10¹² a second."""
    peak, share = teraflops * 1e12, percent / 100
    flops = training_flops(n_million * 10**6, n_billion_tokens * 10**9)
    hours, answer = training_energy(float(flops), peak, share, float(watts), float(overhead))
    return {
        "exaflops": flops / 1e18,
        "hours": round(hours, 2),
        "answer": answer,
        "rounded": round(answer, 3),
        "at_peak": answer * share,
        "forward_only": answer / 3,
        "machine_alone": answer / overhead,
    }


def calibration(
    sure: int, n_sure: int, right_sure: int, unsure: int, n_unsure: int, right_unsure: int
) -> Placeholders:
    """The expected calibration error of answers of two confidences, both in percent."""
    levels, counts, n_right = (sure, unsure), (n_sure, n_unsure), (right_sure, right_unsure)
    confidences = torch.tensor([p / 100 for p, n in zip(levels, counts, strict=True) for _ in range(n)])
    right = torch.tensor([i < k for n, k in zip(counts, n_right, strict=True) for i in range(n)])
    answer = round(expected_calibration_error(confidences, right), 6)  # two draws of one value stay one
    gaps = [p / 100 - k / n for p, n, k in zip(levels, counts, n_right, strict=True)]
    n = n_sure + n_unsure
    return {
        "n": n,
        "gap_sure": round(abs(gaps[0]), 3),
        "gap_unsure": round(abs(gaps[1]), 3),
        "answer": answer,
        "rounded": round(answer, 3),
        "unweighted": (abs(gaps[0]) + abs(gaps[1])) / 2,
        "signed": abs(gaps[0] * n_sure + gaps[1] * n_unsure) / n,
        "share_wrong": 1 - sum(n_right) / n,
    }


def error_of_a_gap(a: Number, b: Number, c: Number, d: Number) -> Placeholders:
    """The standard error of the mean difference of four pairs."""
    differences = [a, b, c, d]
    mean, answer = bias_gap(
        torch.tensor(differences, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    )
    return {
        "mean": mean,
        "deviation": round(stdev(differences), 3),
        "answer": answer,
        "rounded": round(answer, 3),
        "no_root": stdev(differences),
        "by_n": stdev(differences) / 4,
        "population": math.sqrt(fmean([(x - mean) ** 2 for x in differences])) / 2,
    }
