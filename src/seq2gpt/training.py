"""Training: batches, gradients, and the step that turns gradients into better parameters."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.gpt import next_token_loss

MOMENTS = ("exp_avg", "exp_avg_sq")  # torch's names for m and v of AdamW; Muon has the first alone
Quintics = Sequence[tuple[float, float, float]]
# Jordan's: one polynomial for every step. Small singular values grow fast and large ones keep moving.
JORDAN: Quintics = ((3.4445, -4.7750, 2.0315),) * 5

Loss = Callable[[Float[Tensor, "batch n vocab_size"], Int[Tensor, "batch n"]], Float[Tensor, ""]]


def get_batch(
    data: Int[Tensor, "length"],
    batch_size: int,
    context_length: int,
    generator: torch.Generator | None = None,
) -> tuple[Int[Tensor, "batch_size context_length"], Int[Tensor, "batch_size context_length"]]:
    """Random pieces of a text, each with the token that follows at every position.

    Returns ``(inputs, targets)``: row b of ``inputs`` is a run of ``context_length`` consecutive tokens
    of ``data``, and row b of ``targets`` the run that starts one token later. Every run that has a
    successor is equally probable, the first and the last included; runs may overlap or repeat. Each row
    draws a start of its own, with ``generator`` if one is given, so that one seed always gives the same batch.
    The dtype is that of ``data``, which is not changed.

    Raises ``ValueError``, whose message contains the number of tokens and ``context_length``, when ``data``
    is too short for a single run.

    >>> inputs, targets = get_batch(torch.tensor([7, 8, 9]), batch_size=1, context_length=2)
    >>> inputs.tolist(), targets.tolist()
    ([[7, 8]], [[8, 9]])
    """
    n_starts = len(data) - context_length
    if n_starts < 1:
        raise ValueError(
            f"the text has {len(data)} tokens, context_length={context_length} needs at least "
            f"{context_length + 1}; use a longer text or a shorter context"
        )
    starts = torch.randint(n_starts, (batch_size, 1), generator=generator)
    runs = data[starts + torch.arange(context_length + 1)]
    return runs[:, :-1], runs[:, 1:]


@torch.no_grad()
def adamw_step(
    parameter: Float[Tensor, "*shape"],
    gradient: Float[Tensor, "*shape"],
    m: Float[Tensor, "*shape"],
    v: Float[Tensor, "*shape"],
    step: int,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> None:
    """One step of AdamW (Loshchilov & Hutter 2019, algorithm 2, with the decay scaled by ``lr``).

    With (β₁, β₂) = ``betas``, gradient g, learning rate η, decay λ and t = ``step``, counted from 1:

        m ← β₁ m + (1 − β₁) g         v ← β₂ v + (1 − β₂) g²
        m̂ = m / (1 − β₁ᵗ)             v̂ = v / (1 − β₂ᵗ)
        θ ← θ − η λ θ − η m̂ / (√v̂ + ε)

    Decoupled: the decay acts on the parameter alone, and neither ``m`` nor ``v`` ever sees it.
    ``parameter``, ``m`` and ``v`` are updated in place, in their own dtype; ``gradient`` is not changed, and
    nothing is returned. ``m`` and ``v`` start at 0. The result is that of ``torch.optim.AdamW``.

    >>> parameter, m, v = torch.tensor([1.0]), torch.zeros(1), torch.zeros(1)
    >>> adamw_step(parameter, torch.tensor([4.0]), m, v, step=1, lr=0.25, weight_decay=0.0)
    >>> parameter.tolist()  # the first step has length lr, however large the gradient
    [0.75]
    """
    beta_1, beta_2 = betas
    m.mul_(beta_1).add_(gradient, alpha=1 - beta_1)
    v.mul_(beta_2).addcmul_(gradient, gradient, value=1 - beta_2)
    m_hat = m / (1 - beta_1**step)
    v_hat = v / (1 - beta_2**step)
    parameter.mul_(1 - lr * weight_decay)
    parameter.sub_(lr * m_hat / (v_hat.sqrt() + eps))


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """The model's parameters in two groups, ready for ``torch.optim.AdamW``: one decays, one does not.

    Matrices decay: they multiply activations, and small entries keep the function smooth. Biases and
    the gains of the norms, all one-dimensional, do not: pulling a gain towards 0 would only switch its
    feature off. Frozen parameters are left out; a tied parameter is listed once.

    >>> [[tuple(p.shape) for p in group["params"]] for group in decay_groups(nn.Linear(3, 2), weight_decay=0.1)]
    [[(2, 3)], [(2,)]]
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trainable if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.dim() < 2], "weight_decay": 0.0},
    ]


def cosine_schedule(step: int, *, n_steps: int, n_warmup: int, lr: float, lr_min: float) -> float:
    """The learning rate at ``step``, counted from 0: a linear warm-up, then half a cosine wave down.

    - warm-up, step < n_warmup: lr · (step + 1) / (n_warmup + 1), so the first step already learns;
    - decay: lr_min + ½ (lr − lr_min) (1 + cos(π · progress)), where progress runs from 0 at
      ``n_warmup`` to 1 at ``n_steps`` (Loshchilov & Hutter 2017, equation 5);
    - from ``n_steps`` on: lr_min.

    The result is a float. Raises ``ValueError``, whose message contains both numbers, unless
    0 ≤ ``n_warmup`` < ``n_steps``.

    >>> [cosine_schedule(t, n_steps=7, n_warmup=3, lr=1.0, lr_min=0.5) for t in (0, 1, 2, 3, 5, 7, 99)]
    [0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.5]
    """
    if not 0 <= n_warmup < n_steps:
        raise ValueError(f"n_warmup={n_warmup} must be at least 0 and below n_steps={n_steps}")
    if step < n_warmup:
        return lr * (step + 1) / (n_warmup + 1)
    progress = min(1.0, (step - n_warmup) / (n_steps - n_warmup))
    return lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * progress))


def trapezoid_schedule(
    step: int, *, n_steps: int, n_warmup: int, lr: float, lr_min: float, decay_share: float = 0.4
) -> float:
    """The learning rate at ``step``, counted from 0: a linear warm-up, a plateau, and a straight way down.

    The warm-up is that of :func:`cosine_schedule`. The last ``decay_share`` of the ``n_steps`` steps leads from
    ``lr`` to ``lr_min``, which is reached at ``n_steps`` and kept (Hägele et al. 2024, section 3).

    Raises ``ValueError`` unless 0 ≤ ``n_warmup`` < ``n_steps`` and 0 < ``decay_share`` ≤ 1.

    >>> settings = {"n_steps": 10, "n_warmup": 1, "lr": 1.0, "lr_min": 0.0, "decay_share": 0.4}
    >>> [trapezoid_schedule(t, **settings) for t in (0, 1, 6, 8, 10, 99)]
    [0.5, 1.0, 1.0, 0.5, 0.0, 0.0]
    """
    if not 0 <= n_warmup < n_steps:
        raise ValueError(f"n_warmup={n_warmup} must be at least 0 and below n_steps={n_steps}")
    if not 0 < decay_share <= 1:
        raise ValueError(f"decay_share={decay_share} must lie above 0 and be at most 1; 1 has no plateau")
    if step < n_warmup:
        return lr * (step + 1) / (n_warmup + 1)
    left = max(0, n_steps - step) / (decay_share * n_steps)
    return lr_min + (lr - lr_min) * min(1.0, left)


@torch.no_grad()
def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """Scale the gradients down together when they are long (Pascanu et al. 2013, algorithm 1).

    The norm is that of all gradients as one long vector, ‖g‖ = √(Σ gᵢ²). Where it exceeds ``max_norm``
    every gradient is multiplied by max_norm / ‖g‖: the direction stays, the length becomes
    ``max_norm``. Otherwise, and where the norm is not finite, no gradient is touched. Parameters
    without a gradient are passed over.

    Gradients are changed in place. Returns the norm before clipping as a float, 0 where there is no gradient.

    >>> parameter = nn.Parameter(torch.zeros(2))
    >>> parameter.grad = torch.tensor([3.0, 4.0])
    >>> clip_gradients([parameter], max_norm=10.0), clip_gradients([parameter], max_norm=2.5)
    (5.0, 5.0)
    >>> parameter.grad.tolist()
    [1.5, 2.0]
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return 0.0
    norm = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients]).norm().item()
    if max_norm < norm < math.inf:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm


def accumulate_gradients(
    model: nn.Module,
    batches: Sequence[tuple[Int[Tensor, "_ _"], Int[Tensor, "_ _"]]],
    loss_fn: Loss = next_token_loss,
) -> float:
    """The gradients of one big batch, from small ones that fit into memory.

    ``batches`` are pairs ``(inputs, targets)``, and ``loss_fn(logits, targets)`` is the mean over the
    targets that it is given. The gradients added to ``parameter.grad`` are those of the mean over all
    targets of all batches, and that mean is returned as a float; batches may differ in size. At no time
    is more than one batch's graph kept: a batch's gradients are computed before the next one is read.

    Raises ``ValueError`` when there is no batch.

    >>> model = nn.Embedding(2, 2, _weight=torch.zeros(2, 2))  # all successors equally probable
    >>> ids = torch.tensor([[0, 1]])
    >>> loss = accumulate_gradients(model, [(ids, ids), (ids, 1 - ids)])
    >>> f"{loss:.3f} = ln 2"
    '0.693 = ln 2'
    """
    if not batches:
        raise ValueError("there are no batches to accumulate; give at least one")
    n_targets = sum(targets.numel() for _, targets in batches)
    total = 0.0
    for inputs, targets in batches:
        loss = loss_fn(model(inputs), targets) * (targets.numel() / n_targets)
        loss.backward()
        total += loss.item()
    return total


def orthogonalize(
    matrix: Float[Tensor, "rows columns"], coefficients: Quintics = JORDAN
) -> Float[Tensor, "rows columns"]:
    """A matrix with the singular directions of ``matrix`` and singular values near 1 (Jordan et al. 2024).

    With the singular value decomposition M = U S Vᵀ the result is near U Vᵀ. It comes from a Newton–Schulz
    iteration, X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, one step for each (a, b, c) of ``coefficients``, started from
    M / (‖M‖ + 10⁻⁷), where ‖M‖ is the root of the sum of all squares. The five equal steps of Jordan, a, b, c =
    3.4445, −4.7750, 2.0315, bring singular values that were above 1 % of the largest to between 0.6 and 1.25. A
    matrix of zeros stays one. Shape, dtype and device are kept, and ``matrix`` is not changed.

    >>> orthogonalize(torch.zeros(2, 3)).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T  # X Xᵀ is then the smaller of the two products
    x = x / (x.norm() + 1e-7)
    for a, b, c in coefficients:
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.T


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Int[Tensor, "batch n"],
    targets: Int[Tensor, "batch n"],
    lr: float,
    max_norm: float,
) -> float:
    """One step of training on one batch, at learning rate ``lr``, with gradients clipped to ``max_norm``.

    Only this batch's gradients count, whatever earlier steps left behind. Returns the loss that the
    model had on the batch *before* the step.

    Raises ``FloatingPointError``, made by ``gradient_error(norm, loss, lr)``, when the norm of the gradients
    is not finite. Parameters and optimizer state are then as they were.

    >>> model, ids = nn.Embedding(2, 2, _weight=torch.zeros(2, 2)), torch.tensor([[0, 1]])
    >>> loss = train_step(model, torch.optim.SGD(model.parameters()), ids, ids, lr=1.0, max_norm=9.0)
    >>> f"{loss:.3f}", model.weight.tolist()  # each token has become its own likeliest successor
    ('0.693', [[0.25, -0.25], [-0.25, 0.25]])
    """
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.zero_grad()
    loss = next_token_loss(model(inputs), targets)
    loss.backward()
    norm = clip_gradients(model.parameters(), max_norm)
    if not math.isfinite(norm):
        raise gradient_error(norm, loss.item(), lr)
    optimizer.step()
    return loss.item()


def state_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What a checkpoint holds: all that the next step needs, as tensors by name.

    ``"parameters.NAME"`` for every parameter of ``model.named_parameters()``, which lists a tied one once, and
    ``"exp_avg.NAME"`` and ``"exp_avg_sq.NAME"`` for the moments that ``optimizer.state[parameter]`` holds under
    these names (``MOMENTS``). Before the first step there are none, and some optimizers have one or neither. No
    tensor requires a gradient. They may share memory with the model: write them before the next step.

    >>> model = nn.Linear(1, 1, bias=False)
    >>> list(state_tensors(model, torch.optim.AdamW(model.parameters())))
    ['parameters.weight']
    """
    tensors = {}
    for name, parameter in model.named_parameters():
        tensors[f"parameters.{name}"] = parameter.detach()
        for moment in MOMENTS:
            if moment in optimizer.state[parameter]:
                tensors[f"{moment}.{name}"] = optimizer.state[parameter][moment]
    return tensors


@torch.no_grad()
def load_state(
    model: nn.Module, optimizer: torch.optim.Optimizer, step: int, tensors: Mapping[str, Tensor]
) -> None:
    """Put model and optimizer back to where they were after ``step`` steps: the inverse of ``state_tensors``.

    The numbers of ``tensors`` are copied into the parameters, which stay the same objects. The state of a
    parameter whose moments are stored becomes a dict of copies of them, under their names, and of ``"step"``,
    the number of steps as a tensor of one float32; what else was in it is gone. ``tensors`` are not changed,
    and later steps leave them alone.

    Raises ``KeyError`` when the tensor of a parameter is missing.
    """
    for name, parameter in model.named_parameters():
        parameter.copy_(tensors[f"parameters.{name}"])
        moments = {m: tensors[f"{m}.{name}"].clone() for m in MOMENTS if f"{m}.{name}" in tensors}
        if moments:
            steps = torch.tensor(float(step), device=parameter.device)
            optimizer.state[parameter] = {"step": steps, **moments}


def gradient_error(norm: float, loss: float, lr: float) -> FloatingPointError:
    """What to raise when the gradients are not finite."""
    return FloatingPointError(
        f"the gradients have norm {norm} at loss {loss:.4g}; no parameter was changed: "
        f"lower lr={lr:g} or lengthen the warm-up"
    )
