"""The trainer: from a configuration to a trained run, which may be interrupted at any moment."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed.fsdp import FSDPModule

from seq2gpt.bpe import tokenizer_of, tokenizer_record
from seq2gpt.data.files import remove
from seq2gpt.errors import UserError
from seq2gpt.faststep import NextTokenLoss, keep_freed_memory
from seq2gpt.forms import lesson_forms
from seq2gpt.muon import Muon, muon_groups
from seq2gpt.run.board import Board, writer_class
from seq2gpt.run.checkpoint import (
    checkpoints,
    latest_checkpoint,
    load_parameters,
    parts_for,
    save_checkpoint,
    save_shards,
)
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.data import RunData, read_run_data
from seq2gpt.run.evaluation import best_step, lost_patience, mean_loss
from seq2gpt.run.explained import ExplainedAdamW, ExplainedLoss, ExplainedStepper
from seq2gpt.run.folder import (
    RunRecord,
    append_log,
    check_name_is_free,
    check_same_run,
    clear_after,
    create_run,
    mark_stopped,
    read_log,
    read_run,
    resume_command,
    was_stopped,
)
from seq2gpt.run.model import build_model, check_device, choose_device, whole_model
from seq2gpt.run.processes import Processes, joined
from seq2gpt.run.progress import Progress, stop_requests
from seq2gpt.run.sampler import sample_text
from seq2gpt.run.speed import peak_flops, training_flops_per_token
from seq2gpt.run.step import Stepper, learning_rate, shard_loss, within_memory
from seq2gpt.training import decay_groups, load_state, state_tensors

# GPT-3's 0.95 for v averages over 20 steps; batches as small as ours need more.
BETAS = (0.9, 0.99)
MOMENTUM = 0.85  # of Muon: with 0.95 a run as short as ours ends 0.02 nats higher
ADAMW_SHARE = 0.2  # of Muon's learning rate, for embeddings and gains
QUICK = 128  # windows of held-out text in a measurement during training; the last one takes them all


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a run reached: losses in nats per token, seconds of this process, a sample of text."""

    run: Path
    train_loss: float
    val_loss: float
    bits_per_byte: float
    """The validation loss in a unit that does not depend on the tokenizer."""
    unit: str
    """What a token is: a character, or a token of several."""
    n_steps: int
    """Steps whose result was kept: all, or those up to the best measurement."""
    seconds: float
    sample: str


def train(config: TrainConfig, resume: bool = False, progress: bool = True) -> TrainResult:
    """Train a GPT on a text and store it in ``config.folder``.

    A new run needs a folder that does not exist or is empty; with ``resume`` the run that is there is
    continued from its last checkpoint. On a CPU, with the same number of threads and processes, a run that was
    killed and continued ends with exactly the parameters of one that was not: the first weights come
    from the seed and every batch from the seed and its step alone.

    Started by ``torchrun``, the processes share each step's batch; the first one writes and talks.

    Raises ``UserError`` for what cannot work, before the first step; ``KeyboardInterrupt`` after
    Ctrl-C, when the state is saved.
    """
    started = time.perf_counter()
    with lesson_forms(config.forms == "lessons"), joined(choose_device(config.device)) as processes:
        check_device(config, processes)
        if config.tensorboard == "on":
            writer_class()  # refuses before anything is written
        if not resume:
            processes.in_first(lambda: check_name_is_free(config))
        stored = read_run(config.folder) if resume else None
        data = read_run_data(config, tokenizer_of(stored.tokenizer) if stored else None)
        record = RunRecord(config=config, tokenizer=tokenizer_record(data.tokenizer), corpus=data.digest)
        if stored is not None:
            check_same_run(stored, record)
        if processes.device.type == "cpu":
            keep_freed_memory()
        session = _Session(record, data, processes)
        start = session.restore() if resume else session.create()
        shown = Progress(config, start, progress and processes.is_first, session.flops)
        shown.begin(session.describe(start))
        session.board = Board(_board_folder(config) if processes.is_first else None, start)
        try:
            n_steps = session.run(start, shown)
        finally:
            shown.close()
            session.board.close()
        train_loss, val_loss = session.finish(n_steps)
        return TrainResult(
            run=config.folder, train_loss=train_loss, val_loss=val_loss, n_steps=n_steps, unit=data.unit,
            bits_per_byte=data.bits_per_byte(val_loss), sample=session.sample(400),
            seconds=time.perf_counter() - started,
        )  # fmt: skip


def _board_folder(config: TrainConfig) -> Path | None:
    return config.folder / "tensorboard" if config.tensorboard == "on" else None


class _Session:
    """Model, optimizer and data of a run in this process."""

    board: Board

    def __init__(self, record: RunRecord, data: RunData, processes: Processes) -> None:
        self.record, self.config, self.data, self.processes = record, record.config, data, processes
        self.model = build_model(self.config, data.tokenizer.vocab_size).to(processes.device)
        explained = self.config.forms == "lessons"
        loss_of = (ExplainedLoss if explained else NextTokenLoss)(self.model)
        if processes.n_ranks > 1 and self.config.parallel == "fsdp":
            shard_loss(loss_of, self.config)
        self.optimizer = build_optimizer(self.model, self.config)
        stepper_class = ExplainedStepper if explained else Stepper
        self.stepper = stepper_class(loss_of, self.optimizer, self.config, processes)
        self.log: list[dict[str, Any]] = []

    def describe(self, start: int) -> str:
        """What is about to happen, in one line."""
        n_parameters = sum(parameter.numel() for parameter in self.model.parameters())
        place = self.processes.device.type
        if self.processes.n_ranks > 1:
            place = f"{self.processes.n_ranks} × {place}"
        return (
            f"A GPT of {n_parameters:,} parameters learns from {len(self.data.training):,} {self.data.unit}s "
            f"on {place}, from step {start} to {self.config.n_steps}: {self.config.folder}"
        )

    def flops(self) -> tuple[float, float]:
        """Operations that a token takes, and those that the devices can do in a second."""
        config = self.config
        peak = peak_flops(self.processes.device, config.precision) * self.processes.n_ranks
        return training_flops_per_token(self.model, config.context_length), peak

    def create(self) -> int:
        self.processes.in_first(lambda: create_run(self.record))
        return 0

    def restore(self) -> int:
        """The step of the last good checkpoint, whose state is now in place; 0 when there is none."""
        folder = self.config.folder
        checkpoint = latest_checkpoint(folder, self.record.fingerprint)
        step = 0
        if checkpoint is not None:
            step, tensors = checkpoint
            self.stepper.load_scale(tensors)
            counted = step - self.stepper.n_skipped
            load_state(self.model, self.optimizer, counted, parts_for(self.model, tensors))
        if not was_stopped(folder):
            # a run that was at its end measures again; what patience judges at the last step, it measured before
            measured = step if self.config.patience > 0 else min(step, self.config.n_steps - 1)
            self.processes.in_first(lambda: clear_after(folder, measured))
        self.log = read_log(folder)
        return step

    def run(self, start: int, shown: Progress) -> int:
        """Take the steps from ``start`` on, with measurements and checkpoints where they are due.

        Returns the step whose state the model is in at the end: the last one, or the best with ``patience``.
        """
        config = self.config
        if was_stopped(config.folder) or self._is_over(start):  # killed before it had settled, perhaps
            return self.settle(start)
        with stop_requests() as stop:
            for step in range(start + 1, config.n_steps + 1):
                shown.step(self._step(step))
                is_last = step == config.n_steps
                is_measured = step % config.eval_every == 0 and (not is_last or config.patience > 0)
                if is_measured:
                    self.measure(step, shown)
                stopping = self.processes.any(stop.is_set())
                is_best = config.patience > 0 and is_measured and best_step(self.log) == step
                if step % config.checkpoint_every == 0 or is_last or stopping or is_best:
                    self.save(step)
                if self._is_over(step):
                    return self.settle(step)
                if stopping:
                    raise KeyboardInterrupt(
                        f"stopped after step {step} of {config.n_steps} and saved; "
                        f"continue with `{resume_command(config.folder)}`"
                    )
        return config.n_steps

    def _is_over(self, step: int) -> bool:
        """Whether ``patience`` ends the run after ``step``."""
        patience = self.config.patience
        return patience > 0 and (step == self.config.n_steps or lost_patience(self.log, patience))

    def _step(self, step: int) -> float:
        config, lr = self.config, learning_rate(self.config, step)
        try:
            with within_memory(config):
                inputs, targets = self.data.training.batch(
                    config.batch_size, config.context_length, batch_generator(config.seed, step)
                )
                loss = self.stepper.step(inputs, targets, lr)
        except FloatingPointError as error:
            raise UserError(f"step {step}: {error}; start a new run with --name") from None
        self.board.curves(step, {"loss/step": loss, "learning rate": lr})
        return loss

    def measure(self, step: int, shown: Progress) -> None:
        """Log and show the loss on held-out text, with a line that the model writes at this stage."""
        val_loss = self._mean_loss(self.data.validation, QUICK)
        text = self.sample(60)
        self._log(step, shown.loss, val_loss)
        if self.board.is_open:
            self.board.curves(step, {"loss/validation": val_loss, **shown.speed()})
            self.board.text(step, text)
        shown.measured(step, val_loss, text)

    def save(self, step: int) -> None:
        """Write a checkpoint, of the earlier ones keeping the last, and with ``patience`` the best."""
        folder, fingerprint = self.config.folder, self.record.fingerprint
        tensors = state_tensors(self.model, self.optimizer) | self.stepper.scale_tensors()
        keep = best_step(self.log) if self.config.patience > 0 else None
        if isinstance(self.stepper.loss_of, FSDPModule):
            save_shards(folder, step, tensors, fingerprint, self.processes, keep)
        else:
            self.processes.in_first(lambda: save_checkpoint(folder, step, tensors, fingerprint, keep))

    def settle(self, step: int) -> int:
        """Go back to the best measurement of a run that is over after ``step``; returned is its step."""
        folder = self.config.folder
        best = best_step(self.log) or step

        def forget_later() -> None:
            if not was_stopped(folder):
                mark_stopped(folder, step, best)
            for number, path in checkpoints(folder):
                if number > best:
                    remove(path)

        self.processes.in_first(forget_later)
        checkpoint = latest_checkpoint(folder, self.record.fingerprint)
        assert checkpoint is not None
        load_parameters(self.model, checkpoint[1])
        return checkpoint[0]

    def finish(self, step: int) -> tuple[float, float]:
        """Training and validation loss of the finished model: all held-out text, as much of the other."""
        n_windows = (len(self.data.validation) - 1) // self.config.context_length
        train_loss = self._mean_loss(self.data.training, n_windows)
        val_loss = self._mean_loss(self.data.validation, n_windows)
        self._log(step, train_loss, val_loss)
        return train_loss, val_loss

    def _mean_loss(self, data: Any, most: int) -> float:
        loss_of = self.stepper.loss_of
        loss = mean_loss(loss_of, data, self.config.context_length, most, self.processes)
        if isinstance(loss_of, FSDPModule):
            loss_of.reshard()  # without a backward pass, what was gathered would stay
        return loss

    def sample(self, max_new_tokens: int) -> str:
        """What the model writes at the start of a line; only the first process writes."""
        model = whole_model(self.model, self.config, self.data.tokenizer.vocab_size)
        if not self.processes.is_first:
            return ""
        tokenizer = self.data.tokenizer
        symbols = getattr(tokenizer, "symbols", ["\n"])
        start = "\n" if "\n" in symbols else symbols[0]
        seed, forms = self.config.seed, self.config.forms
        return sample_text(model, tokenizer, start, max_new_tokens, seed=seed, forms=forms)

    def _log(self, step: int, train_loss: float, val_loss: float) -> None:
        entry = {"step": step, "train_loss": train_loss, "val_loss": val_loss}
        if entry not in self.log:  # a finished run that is resumed measures the same again
            self.log.append(entry)
            self.processes.in_first(lambda: append_log(self.config.folder, entry))


def build_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimizer that ``config`` names, for the parameters of ``model``."""
    if config.optimizer == "muon":
        groups = muon_groups(model, config.weight_decay, ADAMW_SHARE)
        return Muon(groups, lr=config.lr, momentum=MOMENTUM)
    groups = decay_groups(model, config.weight_decay)
    if config.forms == "lessons":
        return ExplainedAdamW(groups, lr=config.lr, betas=BETAS)
    return torch.optim.AdamW(groups, lr=config.lr, betas=BETAS, fused=True)


def batch_generator(seed: int, step: int) -> torch.Generator:
    """The random numbers of one step's batch: the same whenever, and after whatever, they are drawn."""
    # torch's CPU generator reads 32 bits of its seed; a large odd factor keeps the runs of seeds apart
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**32)
