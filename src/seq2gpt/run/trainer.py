"""The trainer: from a configuration to a trained run, which may be interrupted at any moment."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor, nn

from seq2gpt.data.corpus import embedded_corpus, read_text, split_corpus
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, next_token_loss
from seq2gpt.modern import ModernGPT
from seq2gpt.muon import Muon, muon_groups
from seq2gpt.run.checkpoint import (
    RunRecord,
    append_log,
    check_name_is_free,
    check_same_run,
    clear_after,
    create_run,
    latest_checkpoint,
    load_moments,
    load_parameters,
    read_run,
    resume_command,
    save_checkpoint,
    state_tensors,
)
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.model import build_model, choose_device
from seq2gpt.run.progress import Progress, stop_requests
from seq2gpt.run.sampler import sample_text
from seq2gpt.tokens import CharTokenizer, build_char_vocab
from seq2gpt.training import cosine_schedule, decay_groups, get_batch, train_step, trapezoid_schedule

# GPT-3's 0.95 for v averages over 20 steps; batches as small as ours need more.
BETAS = (0.9, 0.99)
ADAMW_SHARE = 0.2  # of Muon's learning rate, for embeddings and gains
QUICK = 128  # windows of held-out text in a measurement during training; the last one takes them all


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a run reached: losses in nats per character, seconds of this process, a sample of text."""

    run: Path
    train_loss: float
    val_loss: float
    seconds: float
    sample: str


def train(config: TrainConfig, resume: bool = False, progress: bool = True) -> TrainResult:
    """Train a GPT on characters and store it in ``config.folder``.

    A new run needs a folder that does not exist or is empty; with ``resume`` the run that is there is
    continued from its last checkpoint. On a CPU, with the same number of threads, a run that was
    killed and continued ends with exactly the parameters of one that was not: the first weights come
    from the seed and every batch from the seed and its step alone.

    Raises ``UserError`` for what cannot work, before the first step; ``KeyboardInterrupt`` after
    Ctrl-C, when the state is saved.
    """
    started = time.perf_counter()
    if not resume:
        check_name_is_free(config)
    stored = read_run(config.folder) if resume else None
    device = choose_device(config.device)
    text = embedded_corpus() if config.data is None else read_text(config.data)
    parts = split_corpus(text, config.context_length)
    symbols = tuple(build_char_vocab(text))
    record = RunRecord(config=config, symbols=symbols, corpus=hashlib.sha256(text.encode()).hexdigest())
    if stored is not None:
        check_same_run(stored, record)
    session = _Session(record, parts, device)
    start = session.restore() if resume else session.create()
    if progress:
        print(session.describe(start))
    shown = Progress(config, start, enabled=progress)
    try:
        session.run(start, shown)
    finally:
        shown.close()
    train_loss, val_loss = session.finish()
    sample = session.sample(400)
    seconds = time.perf_counter() - started
    return TrainResult(
        run=config.folder, train_loss=train_loss, val_loss=val_loss, seconds=seconds, sample=sample
    )


class _Session:
    """Model, optimizer and data of a run in this process."""

    def __init__(self, record: RunRecord, parts: tuple[str, str], device: torch.device) -> None:
        self.record, self.config, self.device = record, record.config, device
        self.tokenizer = CharTokenizer(record.symbols)
        self.training, self.validation = (torch.tensor(self.tokenizer.encode(part)) for part in parts)
        self.model = build_model(self.config, len(record.symbols)).to(device)
        self.optimizer = build_optimizer(self.model, self.config)

    def describe(self, start: int) -> str:
        """What is about to happen, in one line."""
        n_parameters = sum(parameter.numel() for parameter in self.model.parameters())
        return (
            f"A GPT of {n_parameters:,} parameters learns from {len(self.training):,} characters "
            f"on {self.device.type}, from step {start} to {self.config.n_steps}: {self.config.folder}"
        )

    def create(self) -> int:
        create_run(self.record)
        return 0

    def restore(self) -> int:
        """The step of the last good checkpoint, whose state is now in place; 0 when there is none."""
        folder = self.config.folder
        checkpoint = latest_checkpoint(folder, self.record.fingerprint)
        step = 0
        if checkpoint is not None:
            step, tensors = checkpoint
            load_parameters(self.model, tensors)
            load_moments(self.model, self.optimizer, step, tensors)
        clear_after(folder, min(step, self.config.n_steps - 1))
        return step

    def run(self, start: int, shown: Progress) -> None:
        """Take the steps from ``start`` on, with measurements and checkpoints where they are due."""
        config = self.config
        with stop_requests() as stop:
            for step in range(start + 1, config.n_steps + 1):
                shown.step(self._step(step))
                if step % config.eval_every == 0 and step < config.n_steps:
                    self.measure(step, shown)
                stopping = stop.is_set()
                if step % config.checkpoint_every == 0 or step == config.n_steps or stopping:
                    tensors = state_tensors(self.model, self.optimizer)
                    save_checkpoint(config.folder, step, tensors, self.record.fingerprint)
                if stopping:
                    raise KeyboardInterrupt(
                        f"stopped after step {step} of {config.n_steps} and saved; "
                        f"continue with `{resume_command(config.folder)}`"
                    )

    def _step(self, step: int) -> float:
        config = self.config
        inputs, targets = get_batch(
            self.training, config.batch_size, config.context_length, batch_generator(config.seed, step)
        )
        schedule = cosine_schedule if config.schedule == "cosine" else trapezoid_schedule
        lr = schedule(
            step - 1, n_steps=config.n_steps, n_warmup=config.n_warmup, lr=config.lr, lr_min=config.lr_min
        )
        inputs, targets = inputs.to(self.device), targets.to(self.device)
        try:
            return train_step(self.model, self.optimizer, inputs, targets, lr, config.max_norm)
        except FloatingPointError as error:
            raise UserError(f"step {step}: {error}; start a new run with --name") from None

    def measure(self, step: int, shown: Progress) -> None:
        """Log and show the loss on held-out text, with a line that the model writes at this stage."""
        val_loss = mean_loss(self.model, self.validation, self.config.context_length, QUICK)
        self._log(step, shown.loss, val_loss)
        shown.measured(step, val_loss, self.sample(60))

    def finish(self) -> tuple[float, float]:
        """Training and validation loss of the finished model: all held-out text, as much of the other."""
        context_length = self.config.context_length
        n_windows = (len(self.validation) - 1) // context_length
        train_loss = mean_loss(self.model, self.training, context_length, n_windows)
        val_loss = mean_loss(self.model, self.validation, context_length, n_windows)
        self._log(self.config.n_steps, train_loss, val_loss)
        return train_loss, val_loss

    def sample(self, n_characters: int) -> str:
        """What the model writes at the start of a line."""
        start = "\n" if "\n" in self.tokenizer.symbols else self.tokenizer.symbols[0]
        return sample_text(self.model, self.tokenizer, start, n_characters, seed=self.config.seed)

    def _log(self, step: int, train_loss: float, val_loss: float) -> None:
        append_log(self.config.folder, {"step": step, "train_loss": train_loss, "val_loss": val_loss})


def build_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimizer that ``config`` names, for the parameters of ``model``."""
    if config.optimizer == "muon":
        groups = muon_groups(model, config.weight_decay, ADAMW_SHARE)
        return Muon(groups, lr=config.lr)
    groups = decay_groups(model, config.weight_decay)
    return torch.optim.AdamW(groups, lr=config.lr, betas=BETAS, fused=True)


def batch_generator(seed: int, step: int) -> torch.Generator:
    """The random numbers of one step's batch: the same whenever, and after whatever, they are drawn."""
    # torch's CPU generator reads 32 bits of its seed; a large odd factor keeps the runs of seeds apart
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**32)


@torch.no_grad()
def mean_loss(model: GPT | ModernGPT, data: Int[Tensor, "length"], context_length: int, most: int) -> float:
    """The loss in nats per character, over at most ``most`` windows spread evenly over ``data``.

    The windows do not overlap, and every character in one is predicted once.
    """
    n_windows = (len(data) - 1) // context_length
    chosen = torch.linspace(0, n_windows - 1, min(most, n_windows)).long() * context_length
    windows = data[chosen[:, None] + torch.arange(context_length + 1)]
    device = next(model.parameters()).device
    losses = []
    for batch in windows.to(device).split(64):
        losses.append(next_token_loss(model(batch[:, :-1]), batch[:, 1:]) * len(batch))
    return float(torch.stack(losses).sum() / len(windows))
