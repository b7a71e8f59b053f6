"""How much of a machine's speed a run uses: model FLOPs utilisation, MFU."""

import time
from typing import Any

import torch

from seq2gpt.gpt import GPT
from seq2gpt.modern import ModernGPT
from seq2gpt.run.config import Precision

# Dense matrix products, operations per second, from NVIDIA's data sheets: 16-bit numbers, float32.
PEAKS = {
    "H200": (989.4e12, 66.9e12),
    "H100": (989.4e12, 66.9e12),
    "A100": (312e12, 19.5e12),
    "V100": (125e12, 15.7e12),
    "L4": (121e12, 30.3e12),
    "T4": (65e12, 8.1e12),
}


def training_flops_per_token(model: GPT | ModernGPT, n: int) -> float:
    """Operations of forward and backward pass for each token of sequences of ``n`` tokens.

    Two for every weight of a matrix, and 4 · n for the pairs and each feature of the heads of a layer; three times,
    as the backward pass takes twice the forward pass. For a :class:`~seq2gpt.gpt.GPT` this is three times
    :func:`seq2gpt.scaling.transformer_flops` divided by ``n``.
    """
    matrices = sum(parameter.numel() for parameter in model.blocks.parameters() if parameter.dim() == 2)
    products = 2 * (matrices + model.head.weight.numel())
    first: Any = model.blocks[0]
    width: int = first.attention.w_o.in_features  # of all heads; not always that of the model
    pairs = model.config.n_layers * 4 * n * width
    return 3.0 * (products + pairs)


def peak_flops(device: torch.device, precision: Precision) -> float:
    """Operations per second of matrix products: the data sheet's for a known GPU, else measured here."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for known, (half, single) in PEAKS.items():
            if known in name:
                return single if precision == "float32" else half
    return measured_flops(device, getattr(torch, precision))


def measured_flops(device: torch.device, dtype: torch.dtype, size: int = 1024, rounds: int = 5) -> float:
    """Operations per second of the product of two ``size`` × ``size`` matrices, the best of some rounds."""
    matrix = torch.ones(size, size, device=device, dtype=dtype)
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for the device
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)
