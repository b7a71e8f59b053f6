"""The training step of the trainer: that of :mod:`seq2gpt.training`, with the passes over memory that it can save.

``train_step`` and ``clip_gradients`` are the explained forms; the tests hold the two together.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.bfloat16 import plain_products
from seq2gpt.fused import linear_cross_entropy
from seq2gpt.gpt import GPT
from seq2gpt.modern import ModernGPT, rotary_turns
from seq2gpt.training import gradient_error

Part = tuple[Int[Tensor, "batch n"], Int[Tensor, "batch n"]]


class NextTokenLoss(nn.Module):
    """A model and its loss as one module: ``loss(inputs, targets)``, which ``torch.compile`` and DDP can wrap.

    The value and the gradients are those of ``next_token_loss(model(inputs), targets)``; the logits of a large
    vocabulary never exist all together. The parameters are the model's own.

    >>> from seq2gpt.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> NextTokenLoss(model)(torch.tensor([[7, 1, 10]]), torch.tensor([[1, 10, 2]])).shape
    torch.Size([])
    """

    def __init__(self, model: GPT | ModernGPT) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Int[Tensor, "batch n"], targets: Int[Tensor, "batch n"]) -> Float[Tensor, ""]:
        with plain_products(self.model.head.weight):
            hidden = last_hidden(self.model, inputs).flatten(0, 1)  # batch·n d_model
        return linear_cross_entropy(hidden, self.model.head.weight, targets.flatten())


def last_hidden(model: GPT | ModernGPT, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "batch n d_model"]:
    """What the head of the model reads: ``model.head(last_hidden(model, ids))`` is ``model(ids)``."""
    x = model.token_embedding(ids)
    if isinstance(model, ModernGPT):
        config = model.config
        turns = rotary_turns(ids.shape[1], 0, config.head_size, config.rope_base, x)
        for block in model.blocks:
            x = block(x, turns)
    else:
        x = model.dropout(model.positions(x))
        for block in model.blocks:
            x = block(x, causal=True)
    return model.norm(x)


def keep_freed_memory() -> None:
    """Let the allocator of this process keep what a step frees, for the next step to use; call it once.

    Of its own accord glibc hands the memory of a small model's activations back to the system after every step,
    and the next step pays for having it cleared again. An allocation of 32 MB that is freed raises its limits to
    their maximum. Elsewhere this does nothing.
    """
    torch.empty(32_000_000, dtype=torch.uint8)


@torch.no_grad()
def fast_clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """:func:`seq2gpt.training.clip_gradients`, all gradients in one call instead of one call for each."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return 0.0
    norm = torch.stack(torch._foreach_norm(gradients)).norm().item()
    if max_norm < norm < math.inf:
        torch._foreach_mul_(gradients, max_norm / norm)
    return norm


def fast_train_step(
    loss_of: nn.Module,
    optimizer: torch.optim.Optimizer,
    parts: Sequence[Part],
    lr: float,
    max_norm: float,
    scaler: torch.amp.GradScaler | None = None,
    clip: Callable[[Iterable[nn.Parameter], float], float] = fast_clip_gradients,
) -> float:
    """:func:`seq2gpt.training.train_step` with ``loss_of``, a :class:`NextTokenLoss` or what wraps one, for the model.

    ``parts`` are pairs ``(inputs, targets)`` of one size, together the batch; as in
    :func:`seq2gpt.training.accumulate_gradients` only one part's graph is kept at a time. ``scaler`` is that of
    float16: a step whose gradients are not finite is then left out, and the scale made smaller.

    Otherwise ``FloatingPointError`` is raised as by ``train_step``.
    """
    scaler = scaler or torch.amp.GradScaler(enabled=False)
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in parts:
        loss = loss_of(inputs, targets) / len(parts)
        scaler.scale(loss).backward()
        total += loss.item()
    scaler.unscale_(optimizer)
    norm = clip(loss_of.parameters(), max_norm)
    if not math.isfinite(norm) and not scaler.is_enabled():
        raise gradient_error(norm, total, lr)
    scaler.step(optimizer)
    scaler.update()
    return total
