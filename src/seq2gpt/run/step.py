"""One step of a run, on one process or many, in the precision and in the parts that fit the machine.

:func:`seq2gpt.training.train_step` is the step in plain words; this one does the same, and equals it on one
process in float32.
"""

import contextlib
import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from seq2gpt.gpt import GPT, next_token_loss
from seq2gpt.modern import ModernGPT
from seq2gpt.parallel import shard_batch
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.processes import Processes
from seq2gpt.training import accumulate_gradients, clip_gradients, gradient_error, train_step

Ids = Int[Tensor, "batch n"]


def shard_model(model: GPT | ModernGPT, config: TrainConfig) -> None:
    """Leave each of the joined processes a part of every parameter; a block's are gathered when its turn comes."""
    inner = outer = MixedPrecisionPolicy()
    if config.precision == "bfloat16":
        inner = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        outer = dataclasses.replace(inner, output_dtype=torch.float32)  # the loss needs exact logits
    for block in model.blocks:
        fully_shard(block, mp_policy=inner)
    fully_shard(model, mp_policy=outer)


class TrainedModel(nn.Module):
    """The model as a step calls it: in the run's precision, compiled if asked for, joined with its copies.

    A step begins with ``start(n_parts)``. Gradients are exchanged with other processes in the backward pass of the
    last part alone.
    """

    def __init__(self, model: GPT | ModernGPT, config: TrainConfig, processes: Processes) -> None:
        super().__init__()
        self.config, self.device = config, processes.device
        self.inner: Any = model
        if processes.n_ranks > 1 and config.parallel == "ddp":
            ids = [processes.device] if processes.device.type == "cuda" else None
            self.inner = DistributedDataParallel(model, device_ids=ids)
        self.called = self.inner
        if config.compile == "on" or (config.compile == "auto" and self.device.type == "cuda"):
            self.called = torch.compile(self.inner)
        self.n_left = 1

    def start(self, n_parts: int) -> None:
        """Announce a step of ``n_parts`` calls."""
        self.n_left = n_parts

    def forward(self, ids: Ids) -> Float[Tensor, "batch n vocab_size"]:
        self.n_left -= 1
        if isinstance(self.inner, DistributedDataParallel):
            self.inner.require_backward_grad_sync = self.n_left == 0
        elif isinstance(self.inner, FSDPModule):
            self.inner.set_requires_gradient_sync(self.n_left == 0)
        with self._autocast():
            return self.called(ids)

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        if self.config.precision == "float32" or isinstance(self.inner, FSDPModule):
            return contextlib.nullcontext()  # FSDP has its own policy
        return torch.autocast(self.device.type, getattr(torch, self.config.precision))


class Stepper:
    """Takes the steps of a run."""

    def __init__(
        self,
        model: GPT | ModernGPT,
        optimizer: torch.optim.Optimizer,
        config: TrainConfig,
        processes: Processes,
    ) -> None:
        self.model, self.optimizer, self.config, self.processes = model, optimizer, config, processes
        self.trained = TrainedModel(model, config, processes)
        # float16 loses small gradients; the loss is multiplied by a scale that grows until they are large enough
        self.scaler = torch.amp.GradScaler(processes.device.type, enabled=config.precision == "float16")
        self.n_skipped = 0  # steps that were left out because a gradient was not finite in float16

    def step(self, inputs: Ids, targets: Ids, lr: float) -> float:
        """One step on the whole batch of all processes; returned is the loss before it, over the whole batch.

        Raises ``FloatingPointError`` as :func:`seq2gpt.training.train_step` does. In float16 a step whose gradients
        are not finite is left out, and the scale made smaller.
        """
        inputs, targets = (self._own(ids) for ids in (inputs, targets))
        config = self.config
        if self.processes.n_ranks == 1 and config.accumulate == 1 and not self.scaler.is_enabled():
            self.trained.start(1)
            return train_step(self.trained, self.optimizer, inputs, targets, lr, config.max_norm)
        size = len(inputs) // config.accumulate
        parts = list(zip(inputs.split(size), targets.split(size), strict=True))
        return self.processes.mean(self._step_in_parts(parts, lr))

    def scale_tensors(self) -> dict[str, Tensor]:
        """The state of float16's scale for a checkpoint; nothing in other precisions."""
        if not self.scaler.is_enabled():
            return {}
        state = self.scaler.state_dict()
        numbers = [state["scale"], state["_growth_tracker"], self.n_skipped]
        return {"scale": torch.tensor(numbers, dtype=torch.float64)}

    def load_scale(self, tensors: dict[str, Tensor]) -> None:
        """The inverse of :meth:`scale_tensors`."""
        if "scale" in tensors:
            scale, growth, n_skipped = tensors["scale"].tolist()
            self.n_skipped = int(n_skipped)
            self.scaler.load_state_dict(
                {**self.scaler.state_dict(), "scale": scale, "_growth_tracker": int(growth)}
            )

    def _own(self, ids: Ids) -> Ids:
        part = shard_batch(ids, self.processes.rank, self.processes.n_ranks)
        return part.to(self.processes.device)

    def _step_in_parts(self, parts: list[tuple[Ids, Ids]], lr: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad()
        self.trained.start(len(parts))
        scale = self.scaler.get_scale()

        def loss_fn(logits: Tensor, targets: Tensor) -> Tensor:
            return self.scaler.scale(next_token_loss(logits, targets))

        loss = accumulate_gradients(self.trained, parts, loss_fn) / scale
        self.scaler.unscale_(self.optimizer)
        clip = clip_shards if isinstance(self.model, FSDPModule) else clip_gradients
        norm = clip(self.model.parameters(), self.config.max_norm)
        if not math.isfinite(norm):
            if not self.scaler.is_enabled():
                raise gradient_error(norm, loss, lr)
            self.n_skipped += 1
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss


def clip_shards(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """:func:`seq2gpt.training.clip_gradients` for gradients of which each process holds a part."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = nn.utils.get_total_norm(gradients)
    norm = float(total.full_tensor() if isinstance(total, DTensor) else total)
    if max_norm < norm < math.inf:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm
