"""Scaling: what a model costs before it is trained, and how its loss falls with size.

Counts are exact for the layout of :class:`seq2gpt.gpt.GPT`; laws are fits, and say nothing beyond the range
in which they were fitted.
"""

import math
from collections.abc import Sequence

import torch

from seq2gpt.attention import attention_flops
from seq2gpt.gpt import GPTConfig, count_parameters


def transformer_flops(config: GPTConfig, n: int) -> int:
    """Floating-point operations of one forward pass of a GPT over a sequence of ``n`` tokens.

    Counted are the matrix products, a multiplication and an addition as two operations: in each layer the
    projections and the pairs of :func:`seq2gpt.attention.attention_flops` and the two matrices of the
    feed-forward network, and once the output head. No causal saving is assumed; embeddings are looked up and
    cost nothing. Training takes three times as much: the backward pass is twice the forward pass.

    >>> small = GPTConfig(vocab_size=50257, context_length=1024, d_model=768, n_heads=12, n_layers=12)
    >>> f"{transformer_flops(small, n=1024) / 1e9:.0f} GFLOP"
    '292 GFLOP'
    """
    d_model, d_ff = config.d_model, config.d_ff or 4 * config.d_model
    feed_forward = 2 * 2 * n * d_model * d_ff
    layer = sum(attention_flops(n, d_model)) + feed_forward
    head = 2 * n * d_model * config.vocab_size
    return config.n_layers * layer + head


def training_flops(n_parameters: int, n_tokens: int) -> int:
    """The rule of thumb 6 N D: operations to train N parameters on D tokens (Kaplan et al. 2020, section 2.1).

    Two operations per parameter and token forward, four backward. It leaves out the pairs of positions, so it
    is close only while the context is short against 12 · d_model.

    >>> training_flops(n_parameters=1000, n_tokens=50)
    300000
    """
    return 6 * n_parameters * n_tokens


def training_memory(
    config: GPTConfig, batch_size: int, n: int, bytes_per_number: int = 4, fused: bool = True
) -> dict[str, int]:
    """Bytes that one training step of a GPT with AdamW needs, by purpose, and at its ``peak``.

    - ``weights`` and ``gradients``: one number for each parameter;
    - ``optimizer``: two, AdamW's m and v;
    - ``activations``: what the forward pass keeps for the backward pass: in each layer and position 8 d_model
      for norms, queries, keys, values, heads and residual sums, and 2 d_ff for the feed-forward network. With
      ``fused`` attention the n × n weights are never stored; otherwise they add 2 n_heads n;
    - ``logits``: three times batch · n · vocab_size: log-probabilities, their gradient and that of the logits.

    Gradients appear while activations go, so the peak is that of weights, optimizer, and the larger of
    gradients and activations with logits. Dropout is taken as 0.

    >>> tiny = GPTConfig(vocab_size=10, context_length=4, d_model=2, n_heads=1, n_layers=1)
    >>> training_memory(tiny, batch_size=1, n=4)["logits"]
    480
    """
    d_model, d_ff = config.d_model, config.d_ff or 4 * config.d_model
    per_position = 8 * d_model + 2 * d_ff + (0 if fused else 2 * config.n_heads * n)
    positions, n_parameters = batch_size * n, count_parameters(config)
    numbers = {
        "weights": n_parameters,
        "gradients": n_parameters,
        "optimizer": 2 * n_parameters,
        "activations": positions * (config.n_layers * per_position + 2 * d_model),
        "logits": 3 * positions * config.vocab_size,
    }
    larger = max(numbers["gradients"], numbers["activations"] + numbers["logits"])
    numbers["peak"] = numbers["weights"] + numbers["optimizer"] + larger
    return {purpose: count * bytes_per_number for purpose, count in numbers.items()}


def kv_cache_bytes(
    config: GPTConfig, batch_size: int, n: int, bytes_per_number: int = 2, n_kv_heads: int | None = None
) -> int:
    """Bytes of the keys and values of ``n`` positions, in all layers, for ``batch_size`` sequences.

    One key and one value of width d_head for each key and value head; ``n_kv_heads`` is ``config.n_heads``
    unless heads share them (Shazeer 2019). The number of query heads does not matter.

    >>> gpt3 = GPTConfig(vocab_size=50257, context_length=2048, d_model=12288, n_heads=96, n_layers=96)
    >>> f"{kv_cache_bytes(gpt3, batch_size=1, n=2048) / 2**30:.0f} GiB"
    '9 GiB'
    """
    d_head = config.d_model // config.n_heads
    heads = config.n_heads if n_kv_heads is None else n_kv_heads
    return 2 * config.n_layers * batch_size * n * heads * d_head * bytes_per_number


def fit_power_law(sizes: Sequence[float], losses: Sequence[float]) -> tuple[float, float]:
    """The law L = (c / N)^α that fits best, as ``(c, α)`` (Kaplan et al. 2020, equation 1.1).

    A straight line through the points (ln N, ln L) by least squares: its slope is −α, and at N = c the law
    gives a loss of 1. Losses that hardly change with size give an α near 0 and a c that may be infinite.

    Raises ``ValueError`` for fewer than two different sizes, for numbers that are not positive and finite, and unless
    there is one loss for each size.

    >>> c, alpha = fit_power_law([100.0, 10000.0], [0.5, 0.25])
    >>> round(alpha, 4), round(c, 2)
    (0.1505, 1.0)
    """
    if len(sizes) != len(losses):
        raise ValueError(f"{len(sizes)} sizes do not fit {len(losses)} losses; give each size one")
    if len(set(sizes)) < 2 or not all(0 < number < math.inf for number in (*sizes, *losses)):
        raise ValueError(
            "a law needs at least two different sizes, and sizes and losses that are finite and above 0"
        )
    x = torch.tensor(sizes, dtype=torch.float64).log()
    y = torch.tensor(losses, dtype=torch.float64).log()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    alpha = -slope.item()
    return ((y + alpha * x).mean() / alpha).exp().item(), alpha


def compute_optimal(flops: float, tokens_per_parameter: float = 20.0) -> tuple[float, float]:
    """Parameters N and tokens D that make the best of a budget of operations (Hoffmann et al. 2022).

    With 6 N D operations and D = r N, where r = ``tokens_per_parameter`` is about 20 after their table 3,
    N = √(flops / 6 r). Ten times the budget asks for √10 times the parameters and as much more tokens.

    Raises ``ValueError`` unless both are positive.

    >>> n_parameters, n_tokens = compute_optimal(6 * 20 * 1e18)
    >>> f"{n_parameters:.0e} parameters, {n_tokens:.0e} tokens"
    '1e+09 parameters, 2e+10 tokens'
    """
    if not (flops > 0 and tokens_per_parameter > 0):  # also where one is nan
        raise ValueError(f"flops={flops} and tokens_per_parameter={tokens_per_parameter} must be positive")
    n_parameters = math.sqrt(flops / (6 * tokens_per_parameter))
    return n_parameters, tokens_per_parameter * n_parameters


def model_flops_utilisation(tokens_per_second: float, flops_per_token: float, peak_flops: float) -> float:
    """MFU: the share of a machine's peak that goes into the model's own operations (Chowdhery et al. 2022).

    ``flops_per_token`` counts forward and backward pass, without what is computed twice to save memory.

    Raises ``ValueError`` unless ``peak_flops`` is positive.

    >>> model_flops_utilisation(tokens_per_second=1000.0, flops_per_token=6e6, peak_flops=1e10)
    0.6
    """
    if not peak_flops > 0:
        raise ValueError(f"peak_flops={peak_flops} must be positive; it is in the machine's data sheet")
    return tokens_per_second * flops_per_token / peak_flops


def training_energy(
    flops: float, peak_flops: float, utilisation: float, watts: float, overhead: float = 1.1
) -> tuple[float, float]:
    """Hours on one machine and kilowatt-hours that a number of operations takes.

    The machine does ``utilisation`` · ``peak_flops`` operations a second at ``watts``; the building around it
    takes ``overhead`` times that in all (its power usage effectiveness). On more machines the hours are
    shared, the energy is not.

    Raises ``ValueError`` unless ``peak_flops`` > 0, 0 < ``utilisation`` ≤ 1 and ``overhead`` ≥ 1.

    >>> training_energy(flops=3.6e21, peak_flops=1e15, utilisation=0.5, watts=700.0, overhead=1.0)
    (2000.0, 1400.0)
    """
    if not 0 < utilisation <= 1 or overhead < 1:
        raise ValueError(
            f"utilisation={utilisation} must lie above 0 and be at most 1, overhead={overhead} at least 1"
        )
    if not peak_flops > 0:
        raise ValueError(f"peak_flops={peak_flops} must be positive; it is in the machine's data sheet")
    hours = flops / (peak_flops * utilisation) / 3600
    return hours, hours * watts * overhead / 1000
