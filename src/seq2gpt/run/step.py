"""One step of a run, on one process or many, in the precision and in the parts that fit the machine."""

import contextlib
import dataclasses
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from seq2gpt.errors import UserError
from seq2gpt.faststep import NextTokenLoss, fast_clip_gradients, fast_train_step
from seq2gpt.parallel import shard_batch
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.processes import Processes
from seq2gpt.training import cosine_schedule, trapezoid_schedule

Ids = Int[Tensor, "batch n"]


def learning_rate(config: TrainConfig, step: int) -> float:
    """The learning rate of a run's ``step``, counted from 1."""
    schedule = cosine_schedule if config.schedule == "cosine" else trapezoid_schedule
    return schedule(
        step - 1, n_steps=config.n_steps, n_warmup=config.n_warmup, lr=config.lr, lr_min=config.lr_min
    )


@contextlib.contextmanager
def within_memory(config: TrainConfig) -> Iterator[None]:
    """Turn what PyTorch says where a step gets no memory into one line for the user."""
    try:
        yield
    except RuntimeError as error:
        if not re.search("can't allocate memory|out of memory", str(error)):
            raise
        raise UserError(
            f"a step of batch_size={config.batch_size} sequences of context_length={config.context_length} does not "
            "fit into memory; start a run with a smaller --batch-size, or cut the step into parts with --accumulate"
        ) from None


def shard_loss(loss_of: NextTokenLoss, config: TrainConfig) -> None:
    """Leave each of the joined processes a part of every parameter; a block's are gathered when its turn comes."""
    inner = outer = MixedPrecisionPolicy()
    if config.precision == "bfloat16":
        inner = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        outer = dataclasses.replace(inner, output_dtype=torch.float32)
    for block in loss_of.model.blocks:
        fully_shard(block, mp_policy=inner)
    fully_shard(loss_of, mp_policy=outer)


class TrainedLoss(nn.Module):
    """The loss as a step calls it: in the run's precision, compiled if asked for, joined with its copies.

    A step begins with ``start(n_parts)``. Gradients are exchanged with other processes in the backward pass of the
    last part alone.
    """

    def __init__(self, loss_of: NextTokenLoss, config: TrainConfig, processes: Processes) -> None:
        super().__init__()
        self.config, self.device = config, processes.device
        self.inner: Any = loss_of
        if processes.n_ranks > 1 and config.parallel == "ddp":
            ids = [processes.device] if processes.device.type == "cuda" else None
            self.inner = DistributedDataParallel(loss_of, device_ids=ids)
        self.called = self.inner
        if config.compile == "on" or (config.compile == "auto" and self.device.type == "cuda"):
            self.called = torch.compile(self.inner)
        self.n_left = 1

    def start(self, n_parts: int) -> None:
        """Announce a step of ``n_parts`` calls."""
        self.n_left = n_parts

    def forward(self, inputs: Ids, targets: Ids) -> Float[Tensor, ""]:
        self.n_left -= 1
        if isinstance(self.inner, DistributedDataParallel):
            self.inner.require_backward_grad_sync = self.n_left == 0
        elif isinstance(self.inner, FSDPModule):
            self.inner.set_requires_gradient_sync(self.n_left == 0)
        with self._autocast():
            return self.called(inputs, targets)

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        if self.config.precision == "float32" or isinstance(self.inner, FSDPModule):
            return contextlib.nullcontext()  # FSDP has its own policy
        return torch.autocast(self.device.type, getattr(torch, self.config.precision))


class Stepper:
    """Takes the steps of a run.

    ``loss_of(inputs, targets)`` is the plain loss, for measurements; of a sharded model all processes must call it
    together.
    """

    def __init__(
        self,
        loss_of: NextTokenLoss,
        optimizer: torch.optim.Optimizer,
        config: TrainConfig,
        processes: Processes,
    ) -> None:
        self.loss_of, self.optimizer, self.config, self.processes = loss_of, optimizer, config, processes
        self.trained = TrainedLoss(loss_of, config, processes)
        # float16 loses small gradients; the loss is multiplied by a scale that grows until they are large enough
        self.scaler = torch.amp.GradScaler(processes.device.type, enabled=config.precision == "float16")
        self.n_skipped = 0  # steps that were left out because a gradient was not finite in float16

    def step(self, inputs: Ids, targets: Ids, lr: float) -> float:
        """One step on the whole batch of all processes; returned is the loss before it, over the whole batch.

        Raises ``FloatingPointError`` as :func:`seq2gpt.training.train_step` does; in float16 a step whose gradients
        are not finite is left out instead.
        """
        size = len(inputs) // (self.processes.n_ranks * self.config.accumulate)
        parts = list(zip(*(self._own(ids).split(size) for ids in (inputs, targets)), strict=True))
        self.trained.start(len(parts))
        loss = fast_train_step(
            self.trained, self.optimizer, parts, lr, self.config.max_norm, self.scaler, self._clip
        )
        return self.processes.mean(loss)

    def _own(self, ids: Ids) -> Ids:
        part = shard_batch(ids, self.processes.rank, self.processes.n_ranks)
        return part.to(self.processes.device)

    def _clip(self, parameters: Iterable[nn.Parameter], max_norm: float) -> float:
        clip = clip_shards if isinstance(self.loss_of, FSDPModule) else fast_clip_gradients
        norm = clip(parameters, max_norm)
        self.n_skipped += not math.isfinite(norm)
        return norm

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


def clip_shards(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """:func:`seq2gpt.training.clip_gradients` for gradients of which each process holds a part."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = nn.utils.get_total_norm(gradients)
    norm = float(total.full_tensor() if isinstance(total, DTensor) else total)
    if max_norm < norm < math.inf:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm
