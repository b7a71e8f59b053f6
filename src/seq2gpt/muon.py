"""Muon: momentum whose every step is made orthogonal (Jordan et al. 2024).

A gradient of a matrix is dominated by a few directions. Muon gives all of them the same length, so that a
step moves the matrix in its rare directions as well. It is meant for the matrices inside the blocks; embeddings,
heads and gains are left to AdamW, in the same optimizer here.
"""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, Replicate

from seq2gpt.forms import by_lesson
from seq2gpt.training import JORDAN, Quintics, adamw_step, orthogonalize

# For each step the polynomial that is nearest to 1 on the interval to which the steps before it have led, from
# [0.005, 1] on (Amsel et al. 2025, section 3): the four lead to 1 ± 0.083.
POLAR_EXPRESS: Quintics = (
    (8.2987, -24.4305, 18.0903),
    (3.9152, -2.9211, 0.5592),
    (3.1746, -2.3804, 0.4978),
    (2.1895, -1.5672, 0.4079),
)


def orthogonalize_stack(
    matrices: Float[Tensor, "stack rows columns"], coefficients: Quintics = JORDAN
) -> Float[Tensor, "stack rows columns"]:
    """:func:`seq2gpt.training.orthogonalize` of many matrices of one shape, each on its own, in fewer and larger products.

    Oblong matrices are iterated on their shorter side alone: with G = X Xᵀ a step multiplies X from the left by
    P = a + b G + c G², and G becomes P G P. The longer side takes part in the first G and in one last product.

    >>> torch.allclose(orthogonalize_stack(torch.eye(3)[None])[0], orthogonalize(torch.eye(3)))
    True
    """
    if by_lesson():
        return torch.stack([orthogonalize(matrix, coefficients) for matrix in matrices])
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalize_stack(matrices.mT, coefficients).mT
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    if x.shape[1] == x.shape[2]:
        for a, b, c in coefficients:
            gram = x @ x.mT
            x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
        return x
    gram = x @ x.mT
    product = torch.eye(len(gram[0]), dtype=x.dtype, device=x.device).expand_as(gram)
    for a, b, c in coefficients:
        step = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        step.diagonal(dim1=1, dim2=2).add_(a)
        product = step @ product
        gram = step @ gram @ step
    return product @ x


def _by_shape(tensors: list[Tensor]) -> list[list[Tensor]]:
    groups: dict[torch.Size, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.shape, []).append(tensor)
    return list(groups.values())


def _whole(matrix: Tensor) -> Tensor:
    """Of a matrix that several processes share, all of it: only a whole matrix can be orthogonalised."""
    return matrix.full_tensor() if isinstance(matrix, DTensor) else matrix


def _part(matrix: Tensor, parameter: Tensor) -> Tensor:
    """The inverse: this process's part, laid out as ``parameter`` is."""
    if not isinstance(parameter, DTensor):
        return matrix
    everywhere = DTensor.from_local(matrix, parameter.device_mesh, [Replicate()], run_check=False)
    return everywhere.redistribute(placements=parameter.placements)


class Muon(torch.optim.Optimizer):
    """Muon for the matrices of the blocks, AdamW for everything else.

    A group with ``muon=True`` holds matrices. With gradient g, momentum μ = ``momentum``, learning rate η:

        m ← μ m + g         θ ← θ − η λ θ − η · √max(1, rows / columns) · orthogonalize(g + μ m)

    (Nesterov's form of momentum; orthogonalised with ``POLAR_EXPRESS``, matrices of one shape together). The other groups are stepped by :func:`seq2gpt.training.adamw_step`. All
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
    def step(self) -> None:  # type: ignore[override]
        """Take one step with the gradients at hand; parameters without a gradient stay."""
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            step = self._muon if group["muon"] else self._adamw
            for same_shape in _by_shape(parameters):
                step(same_shape, group, group["lr"] * group["lr_share"])

    def _muon(self, parameters: list[Tensor], group: dict[str, Any], lr: float) -> None:
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter]["exp_avg"] = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        momenta = [self.state[parameter]["exp_avg"] for parameter in parameters]
        torch._foreach_mul_(momenta, group["momentum"])
        torch._foreach_add_(momenta, gradients)
        ahead = torch._foreach_add(gradients, momenta, alpha=group["momentum"])
        directions = orthogonalize_stack(torch.stack([_whole(matrix) for matrix in ahead]), POLAR_EXPRESS)
        rows, columns = parameters[0].shape
        torch._foreach_mul_(parameters, 1 - lr * group["weight_decay"])
        parts = [_part(matrix, parameter) for matrix, parameter in zip(directions, parameters, strict=True)]
        torch._foreach_add_(parameters, parts, alpha=-lr * max(1.0, rows / columns) ** 0.5)

    def _adamw(self, parameters: list[Tensor], group: dict[str, Any], lr: float) -> None:
        for parameter in parameters:
            assert parameter.grad is not None
            state = self.state[parameter]
            if not state:
                state["step"] = torch.tensor(0.0)
                state["exp_avg"], state["exp_avg_sq"] = (
                    torch.zeros_like(parameter),
                    torch.zeros_like(parameter),
                )
            state["step"] += 1
            adamw_step(
                parameter, parameter.grad, state["exp_avg"], state["exp_avg_sq"], int(state["step"]), lr,
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
