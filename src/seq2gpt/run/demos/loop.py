"""The training loop that the demonstrations share: AdamW, warm-up and cosine, clipping, a progress bar."""

import math
from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from seq2gpt.training import clip_gradients, cosine_schedule


def fit(
    parameters: Iterable[nn.Parameter],
    loss_of_step: Callable[[int], Float[Tensor, ""]],
    n_steps: int,
    lr: float,
    progress: bool,
    weight_decay: float = 0.0,
    max_norm: float = 1.0,
) -> list[float]:
    """Minimise ``loss_of_step(step)``, called for step 0 … n_steps − 1, and return the loss of every step.

    The learning rate rises to ``lr`` over the first twentieth of the steps and falls to 0 along a cosine;
    gradients longer than ``max_norm`` are scaled down; only matrices decay. Parameters that need no
    gradient stay as they are. With ``progress`` a bar is shown on standard error, if that is a terminal.

    Raises ``FloatingPointError`` when the gradients are not finite; the parameters are then those of the
    last good step.

    >>> weight = nn.Parameter(torch.tensor([4.0]))
    >>> losses = fit([weight], lambda step: (weight - 1).square().sum(), n_steps=100, lr=0.2, progress=False)
    >>> losses[0], round(weight.item(), 1)
    (9.0, 1.0)
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=lr, fused=True)
    losses = []
    # disable=None: no bar where standard error is no terminal, such as in a log file
    bar = tqdm(range(n_steps), disable=None if progress else True, dynamic_ncols=True, leave=False)
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = cosine_schedule(step, n_steps=n_steps, n_warmup=n_steps // 20, lr=lr, lr_min=0.0)
        optimizer.zero_grad()
        loss = loss_of_step(step)
        loss.backward()
        norm = clip_gradients(trainable, max_norm)
        if not math.isfinite(norm):
            raise FloatingPointError(f"the gradients have norm {norm} at step {step}; lower lr={lr:g}")
        optimizer.step()
        losses.append(loss.item())
        bar.set_postfix_str(f"loss {losses[-1]:.3f}", refresh=False)
    return losses
