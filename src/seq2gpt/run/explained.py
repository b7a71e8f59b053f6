"""Training by the functions of the lessons as they stand there, where the trainer otherwise uses faster forms.

The two are held together by tests. What is slower here is what a student's own package is meant to run.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.errors import UserError
from seq2gpt.faststep import NextTokenLoss
from seq2gpt.gpt import next_token_loss
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.processes import Processes
from seq2gpt.run.step import Stepper
from seq2gpt.training import accumulate_gradients, adamw_step, clip_gradients, gradient_error, train_step

Ids = Int[Tensor, "batch n"]


class ExplainedLoss(NextTokenLoss):
    """The same by the lesson's functions: the logits all together, then their loss."""

    def forward(self, inputs: Ids, targets: Ids) -> Float[Tensor, ""]:
        return next_token_loss(self.model(inputs), targets)


class ExplainedAdamW(torch.optim.AdamW):
    """``torch.optim.AdamW`` whose steps are the lesson's; its state has the same names, so that runs can be continued."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            betas, eps, decay = group["betas"], group["eps"], group["weight_decay"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state |= {"step": torch.tensor(0.0)}
                    state |= {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
                state["step"] += 1
                m, v, step = state["exp_avg"], state["exp_avg_sq"], int(state["step"])
                adamw_step(parameter, parameter.grad, m, v, step, group["lr"], betas, eps, decay)


class ExplainedStepper(Stepper):
    """Takes the steps of a run on one process in float32.

    Raises ``UserError`` for a run that needs more.
    """

    def __init__(
        self,
        loss_of: NextTokenLoss,
        optimizer: torch.optim.Optimizer,
        config: TrainConfig,
        processes: Processes,
    ) -> None:
        if processes.n_ranks > 1 or config.precision != "float32" or config.compile == "on":
            raise UserError(
                "forms=lessons trains on one process, in float32 and not compiled; use --forms fast for the rest"
            )
        super().__init__(loss_of, optimizer, config, processes)

    def step(self, inputs: Ids, targets: Ids, lr: float) -> float:
        device, model, max_norm = self.processes.device, self.loss_of.model, self.config.max_norm
        inputs, targets = inputs.to(device), targets.to(device)
        if self.config.accumulate == 1:
            return train_step(model, self.optimizer, inputs, targets, lr, max_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad()
        size = len(inputs) // self.config.accumulate
        loss = accumulate_gradients(model, list(zip(inputs.split(size), targets.split(size), strict=True)))
        norm = clip_gradients(model.parameters(), max_norm)
        if not math.isfinite(norm):
            raise gradient_error(norm, loss, lr)
        self.optimizer.step()
        return loss
