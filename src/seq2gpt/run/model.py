"""The model of a run: built from its configuration, or loaded from its folder."""

from pathlib import Path

import torch

from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig, init_weights
from seq2gpt.modern import ModernConfig, ModernGPT, init_modern_weights
from seq2gpt.run.checkpoint import latest_checkpoint, load_parameters, read_run, resume_command
from seq2gpt.run.config import TrainConfig
from seq2gpt.tokens import CharTokenizer


def build_model(config: TrainConfig, vocab_size: int) -> GPT | ModernGPT:
    """A GPT with fresh weights, which the run's seed decides."""
    names = ("context_length", "d_model", "n_heads", "n_layers")
    sizes = {"vocab_size": vocab_size, **{name: getattr(config, name) for name in names}}
    generator = torch.Generator().manual_seed(config.seed % 2**63)
    if config.layout == "modern":
        modern = ModernGPT(ModernConfig(**sizes, activation="relu2"))
        init_modern_weights(modern, generator)
        return modern
    model = GPT(GPTConfig(**sizes))
    init_weights(model, generator)
    return model


def load_run(folder: Path) -> tuple[GPT | ModernGPT, CharTokenizer, TrainConfig]:
    """Model, tokenizer and configuration of a run, at its last good checkpoint, on the CPU.

    Raises ``UserError`` when the folder holds no run, or a run without a checkpoint.
    """
    record = read_run(folder)
    checkpoint = latest_checkpoint(folder, record.fingerprint)
    if checkpoint is None:
        raise UserError(f"{folder} has no checkpoint yet; continue its run with `{resume_command(folder)}`")
    model = build_model(record.config, len(record.symbols))
    load_parameters(model, checkpoint[1])
    return model.eval(), CharTokenizer(record.symbols), record.config


def choose_device(name: str) -> torch.device:
    """The device to train on; ``auto`` is the CUDA device if there is one, else the CPU.

    Raises ``UserError`` when the device asked for is not there.
    """
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = "cuda" if present["cuda"] else "cpu"
    if not present[name]:
        raise UserError(f"device={name} is not available here; use --device auto")
    return torch.device(name)
