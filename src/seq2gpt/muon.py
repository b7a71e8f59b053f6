"""Muon: momentum whose every step is made orthogonal (Jordan et al. 2024).

A gradient of a matrix is dominated by a few directions. Muon gives all of them the same length, so that a
step moves the matrix in its rare directions as well. It is meant for the matrices inside the blocks; embeddings,
heads and gains are left to AdamW, in the same optimizer here.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seq2gpt.training import adamw_step

# The coefficients of Jordan's quintic: they trade exactness for speed where singular values are small.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalize(matrix: Float[Tensor, "rows columns"], n_steps: int = 5) -> Float[Tensor, "rows columns"]:
    """A matrix with the singular directions of ``matrix`` and singular values near 1 (Jordan et al. 2024).

    With the singular value decomposition M = U S Vᵀ the result is near U Vᵀ. It comes from ``n_steps`` steps of
    a Newton–Schulz iteration, X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X with a, b, c = 3.4445, −4.7750, 2.0315,
    started from M / ‖M‖ (Frobenius). After 5 steps singular values that were above 1 % of the largest lie
    between 0.6 and 1.25. A matrix of zeros stays one. Shape, dtype and device are kept.

    >>> orthogonalize(torch.zeros(2, 3)).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T  # X Xᵀ is then the smaller of the two products
    x = x / (x.norm() + 1e-7)
    for _ in range(n_steps):
        gram = x @ x.T
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x if wide else x.T


class Muon(torch.optim.Optimizer):
    """Muon for the matrices of the blocks, AdamW for everything else.

    A group with ``muon=True`` holds matrices. With gradient g, momentum μ = ``momentum``, learning rate η:

        m ← μ m + g         θ ← θ − η λ θ − η · √max(1, rows / columns) · orthogonalize(g + μ m)

    (Nesterov's form of momentum). The other groups are stepped by :func:`seq2gpt.training.adamw_step`. All
    groups share one schedule: ``lr_share`` of a group is what its learning rate is multiplied with. In
    float32 on CPUs; torch's own ``torch.optim.Muon`` computes in bfloat16, which CPUs without units for it do
    slowly.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float, momentum: float = 0.95) -> None:
        defaults = {
            "lr": lr, "lr_share": 1.0, "muon": False, "momentum": momentum, "betas": (0.9, 0.99), "eps": 1e-8,
            "weight_decay": 0.0,
        }  # fmt: skip
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step with the gradients at hand; parameters without a gradient stay."""
        for group in self.param_groups:
            step = self._muon if group["muon"] else self._adamw
            for parameter in group["params"]:
                if parameter.grad is not None:
                    step(parameter, parameter.grad, group, group["lr"] * group["lr_share"])

    def _muon(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any], lr: float) -> None:
        state = self.state[parameter]
        if not state:
            state["exp_avg"] = torch.zeros_like(parameter)
        momentum: Tensor = state["exp_avg"].mul_(group["momentum"]).add_(gradient)
        direction = orthogonalize(gradient.add(momentum, alpha=group["momentum"]))
        rows, columns = parameter.shape
        parameter.mul_(1 - lr * group["weight_decay"])
        parameter.add_(direction, alpha=-lr * max(1.0, rows / columns) ** 0.5)

    def _adamw(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any], lr: float) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        adamw_step(
            parameter, gradient, state["exp_avg"], state["exp_avg_sq"], int(state["step"]), lr,
            group["betas"], group["eps"], group["weight_decay"],
        )  # fmt: skip


def muon_groups(model: nn.Module, weight_decay: float, adamw_share: float) -> list[dict[str, Any]]:
    """The model's parameters in groups for :class:`Muon`: matrices of the blocks, tables and heads, gains and biases.

    ``adamw_share`` is the learning rate of AdamW as a share of Muon's. Only matrices decay; frozen parameters
    are left out, a tied one is listed once.
    """
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    inner = [p for name, p in named if p.dim() == 2 and name.startswith("blocks.")]
    outer = [p for name, p in named if p.dim() == 2 and not name.startswith("blocks.")]
    flat = [p for _, p in named if p.dim() != 2]
    groups = [
        {"params": inner, "muon": True, "weight_decay": weight_decay},
        {"params": outer, "lr_share": adamw_share, "weight_decay": weight_decay},
        {"params": flat, "lr_share": adamw_share},
    ]
    return [group for group in groups if group["params"]]
