"""Limits: numbers for what a model gets wrong, gives away, or seems to explain.

Each function turns one worry about language models into something that can be measured on one's own.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seq2gpt.attention import Mask, combine_masks, scaled_dot_product_attention


def bias_gap(group_a: Float[Tensor, "pairs"], group_b: Float[Tensor, "pairs"]) -> tuple[float, float]:
    """How much more probable a model finds a text about one group than the same text about another.

    The arguments are log-probabilities in nats of paired texts that differ only in the group named. Returns
    the mean of the differences a − b and its standard error, the standard deviation of the differences
    (with n − 1) over √n. A mean of 0.69 says that texts about the first group are about twice as probable.
    A gap within two standard errors of 0 shows nothing.

    Raises ``ValueError`` for fewer than two pairs.

    >>> bias_gap(torch.tensor([-3.0, -5.0, -7.0]), torch.tensor([-4.0, -6.0, -8.0]))
    (1.0, 0.0)
    """
    if len(group_a) < 2:
        raise ValueError(f"{len(group_a)} pairs have no spread; give at least two")
    differences = group_a.double() - group_b.double()
    return differences.mean().item(), (differences.std() / math.sqrt(len(differences))).item()


def exposure_rank(canary: float, others: Float[Tensor, "candidates"]) -> tuple[int, float]:
    """How well a model remembers a secret that was planted in its training text, a canary.

    ``canary`` is the model's log-probability of the secret, ``others`` those of secrets of the same form
    that it never saw. Returns the canary's rank among all of them, 1 for the most probable (equal ones
    count as more probable), and its exposure log₂(number of all) − log₂(rank) in bits (Carlini et al.
    2019, definition 5). Without memory the exposure is about 1 bit on average; the most that can be
    shown is log₂ of the number of candidates.

    Raises ``ValueError`` when there is no other secret, or a log-probability is nan.

    >>> exposure_rank(-2.0, torch.tensor([-5.0, -1.0, -9.0]))
    (2, 1.0)
    """
    if len(others) == 0:
        raise ValueError("there is no other secret to compare with; give at least one")
    if math.isnan(canary) or others.isnan().any():
        raise ValueError("a log-probability is nan; check the model's weights")
    rank = 1 + int((others >= canary).sum())
    return rank, math.log2(len(others) + 1) - math.log2(rank)


def expected_calibration_error(
    confidences: Float[Tensor, "answers"], right: Bool[Tensor, "answers"], n_bins: int = 10
) -> float:
    """How far a model's confidence is from its share of right answers (Guo et al. 2017, equation 3).

    The answers are sorted into ``n_bins`` equally wide bins of confidence, (0, 1/n], (1/n, 2/n], …; 0 joins
    the first. In every bin the mean confidence is compared with the share that is right; the absolute
    differences are averaged, each weighted by the share of answers in its bin. 0 is perfect.

    Raises ``ValueError`` when there is no answer or no bin, or a confidence lies outside 0 … 1.

    >>> expected_calibration_error(torch.tensor([0.75, 0.75]), torch.tensor([True, False]))
    0.25
    """
    if len(confidences) == 0 or not ((confidences >= 0) & (confidences <= 1)).all():
        raise ValueError("calibration needs at least one answer, with confidences from 0 to 1")
    if n_bins < 1:
        raise ValueError(f"n_bins={n_bins} must be at least 1; 10 is a common choice")
    bins = (confidences * n_bins).ceil().clamp(min=1).long() - 1
    error = 0.0
    for bin_number in bins.unique():
        chosen = bins == bin_number
        gap = confidences[chosen].double().mean() - right[chosen].double().mean()
        error += chosen.double().mean().item() * abs(gap.item())
    return error


def attention_ablation(
    query: Float[Tensor, "n d_k"],
    key: Float[Tensor, "m d_k"],
    value: Float[Tensor, "m d_v"],
    mask: Mask | None = None,
) -> tuple[Float[Tensor, "n m"], Float[Tensor, "n m"]]:
    """What each position gives to each query's output, beside the attention weight that seems to say so.

    Returns ``(weights, changes)``: the attention weights, and in row i, column j the Euclidean distance by
    which output i moves when key j is hidden from it (the remaining weights then sum to 1 again). A large
    weight with a small change is a weight that explains nothing (compare Jain & Wallace 2019).

    >>> query, key = torch.zeros(1, 2), torch.zeros(2, 2)
    >>> weights, changes = attention_ablation(query, key, torch.tensor([[3.0], [3.0]]))
    >>> weights.tolist(), changes.tolist()  # two equal values: neither is missed
    ([[0.5, 0.5]], [[0.0, 0.0]])
    """
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    changes = torch.zeros_like(weights)
    for j in range(len(key)):
        others = torch.arange(len(key), device=key.device) != j
        without, _ = scaled_dot_product_attention(query, key, value, combine_masks(mask, others))
        changes[:, j] = (output - without).norm(dim=-1)
    return weights, changes


def repeated_share(generated: Sequence[str], training_text: str, length: int) -> float:
    """The share of generated texts that hold ``length`` characters in a row from the training text.

    A plain measure of memorisation (compare Carlini et al. 2023, section 3.2, on prompts from the
    training set). Texts shorter than ``length`` count as not repeated.

    >>> repeated_share(["a cat sat", "my dog ran"], training_text="the cat sat down", length=7)
    0.5
    """
    if not generated or length < 1:
        raise ValueError(f"{len(generated)} texts and length={length} leave nothing to look for")
    pieces = [[text[i : i + length] for i in range(len(text) - length + 1)] for text in generated]
    return sum(any(piece in training_text for piece in found) for found in pieces) / len(generated)
