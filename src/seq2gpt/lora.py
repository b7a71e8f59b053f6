"""LoRA: adapt a trained model through a few numbers beside its frozen matrices.

A fine-tuned matrix is the old one plus a change. LoRA learns the change alone, as the product of two
thin matrices: no weight of the trained model moves, and the product can be added to it at the end.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class LoRALinear(nn.Module):
    """A linear layer that learns a low-rank change of its frozen matrix (Hu et al. 2021, section 4.1).

    y = base(x) + (alpha / rank) · x Aᵀ Bᵀ, where ``a`` has shape (rank, in_features) and ``b`` shape
    (out_features, rank). Only these two are trained; ``base`` keeps its weight and bias. At first ``a``
    is random (normal, standard deviation in_features^−½) and ``b`` is 0, so that the layer gives exactly
    what ``base`` gives. The two are made in the dtype and on the device of the base's weight.

    Raises ``ValueError`` unless 1 ≤ ``rank`` ≤ the smaller side of the matrix.

    >>> layer = LoRALinear(nn.Linear(5, 3), rank=2)
    >>> [name for name, parameter in layer.named_parameters() if parameter.requires_grad]
    ['a', 'b']
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float = 1.0) -> None:
        super().__init__()
        out_features, in_features = base.weight.shape
        if not 1 <= rank <= min(out_features, in_features):
            raise ValueError(
                f"rank={rank} must lie between 1 and {min(out_features, in_features)}, "
                f"the smaller side of a {out_features} × {in_features} matrix"
            )
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.a = nn.Parameter(base.weight.new_empty(rank, in_features).normal_(std=in_features**-0.5))
        self.b = nn.Parameter(base.weight.new_zeros(out_features, rank))

    def forward(self, x: Float[Tensor, "... in_features"]) -> Float[Tensor, "... out_features"]:
        """What ``base`` gives, plus the learned change."""
        change = F.linear(F.linear(x, self.a), self.b)
        return self.base(x) + self.scale * change


def apply_lora(model: nn.Module, rank: int, targets: Iterable[str], alpha: float = 1.0) -> list[str]:
    """Freeze a model and give the linear layers named in ``targets`` a :class:`LoRALinear` each.

    A target is the last part of a layer's name, such as ``"w_q"`` for every ``blocks.3.attention.w_q``.
    Afterwards the model's trainable parameters are the ``a`` and ``b`` of these layers and nothing else;
    until they are trained it computes what it computed before. Returns the full names, in the model's
    order.

    Raises ``ValueError`` when a target names no linear layer; the model is then unchanged.

    >>> model = nn.Sequential()
    >>> model.add_module("w_q", nn.Linear(4, 4)), model.add_module("w_k", nn.Linear(4, 4))  # doctest: +ELLIPSIS
    (...)
    >>> apply_lora(model, rank=1, targets=["w_q"])
    ['w_q']
    >>> sum(p.numel() for p in model.parameters() if p.requires_grad)
    8
    """
    targets = set(targets)
    found = [name for name in _linear_layers(model) if name.rpartition(".")[2] in targets]
    if missing := targets - {name.rpartition(".")[2] for name in found}:
        known = sorted({name.rpartition(".")[2] for name in _linear_layers(model)})
        raise ValueError(f"no linear layer is named {min(missing)!r}; use {', '.join(known)}")
    adapted = {name: LoRALinear(_get(model, name), rank, alpha) for name in found}
    model.requires_grad_(False)
    for name, layer in adapted.items():
        _replace(model, name, layer)
        layer.a.requires_grad_(), layer.b.requires_grad_()
    return found


def merge_lora(model: nn.Module) -> nn.Module:
    """Add every learned change to its matrix, in place, and return the model.

    Each :class:`LoRALinear` becomes an ordinary ``nn.Linear`` with weight W + (alpha / rank) · B A: the same
    outputs up to rounding, and no more work than before LoRA. All parameters stay frozen.

    >>> model = nn.Sequential(LoRALinear(nn.Linear(4, 3), rank=2))
    >>> type(merge_lora(model)[0]).__name__
    'Linear'
    """
    for name, layer in [*model.named_modules()]:
        if isinstance(layer, LoRALinear):
            with torch.no_grad():
                layer.base.weight += layer.scale * layer.b @ layer.a
            _replace(model, name, layer.base)
    return model


def count_lora_parameters(d_model: int, n_layers: int, rank: int, n_matrices: int = 2) -> int:
    """How many numbers LoRA trains when ``n_matrices`` square matrices of every layer are adapted.

    Every d_model × d_model matrix gets one ``a`` of rank × d_model and one ``b`` of d_model × rank.

    >>> f"{count_lora_parameters(d_model=12288, n_layers=96, rank=4):,}"  # GPT-3, Hu et al. 2021, table 5
    '18,874,368'
    """
    return n_layers * n_matrices * 2 * rank * d_model


def _linear_layers(model: nn.Module) -> list[str]:
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]


def _get(model: nn.Module, name: str) -> nn.Linear:
    layer = model.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


def _replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, attribute = name.rpartition(".")
    setattr(model.get_submodule(parent), attribute, layer)
