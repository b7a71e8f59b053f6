"""The model of a run: built from its configuration, or loaded from its folder."""

import os
import shutil
from pathlib import Path

import torch
from torch.distributed.tensor import DTensor

from seq2gpt.bpe import tokenizer_of
from seq2gpt.data.shards import Tokenizer
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig, init_weights
from seq2gpt.modern import ModernConfig, ModernGPT, init_modern_weights
from seq2gpt.run.checkpoint import latest_checkpoint, load_parameters
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.folder import read_run, resume_command
from seq2gpt.run.processes import Processes


def build_model(config: TrainConfig, vocab_size: int) -> GPT | ModernGPT:
    """A GPT with fresh weights, which the run's seed decides.

    Raises ``UserError`` when it does not fit into memory.
    """
    try:
        return _fresh_model(config, vocab_size)
    except RuntimeError as error:  # torch's way to say that it gets no memory
        raise UserError(
            f"a model of d_model={config.d_model} and n_layers={config.n_layers} does not fit into memory "
            f"({str(error).splitlines()[0]}); use smaller ones"
        ) from None


def _fresh_model(config: TrainConfig, vocab_size: int) -> GPT | ModernGPT:
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


def load_run(folder: Path) -> tuple[GPT | ModernGPT, Tokenizer, TrainConfig]:
    """Model, tokenizer and configuration of a run, at its last good checkpoint, on the CPU.

    Raises ``UserError`` when the folder holds no run, or a run without a checkpoint.
    """
    record = read_run(folder)
    checkpoint = latest_checkpoint(folder, record.fingerprint)
    if checkpoint is None:
        raise UserError(f"{folder} has no checkpoint yet; continue its run with `{resume_command(folder)}`")
    tokenizer = tokenizer_of(record.tokenizer)
    model = build_model(record.config, tokenizer.vocab_size)
    load_parameters(model, checkpoint[1])
    return model.eval(), tokenizer, record.config


def whole_model(model: GPT | ModernGPT, config: TrainConfig, vocab_size: int) -> GPT | ModernGPT:
    """``model`` itself, or of a sharded one a copy with all parameters; all processes must call this together."""
    sharded = {name: p for name, p in model.named_parameters() if isinstance(p, DTensor)}
    if not sharded:
        return model
    whole = build_model(config, vocab_size)
    load_parameters(whole, {f"parameters.{name}": p.full_tensor() for name, p in sharded.items()})
    return whole


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


def check_device(config: TrainConfig, processes: Processes) -> None:
    """Raise ``UserError`` when the device, or the processes, cannot do what ``config`` asks for."""
    device = processes.device
    if config.precision == "bfloat16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(False):
        raise UserError(
            f"precision=bfloat16 is emulated on {torch.cuda.get_device_name(device)}; use --precision float16"
        )
    if config.compile == "on" and device.type == "cpu" and not _has_compiler():
        raise UserError(
            "compile=on needs a C++ compiler, g++ or clang++, and none was found; use --compile off"
        )
    n_equal = processes.n_ranks * config.accumulate
    if config.batch_size % n_equal != 0:
        raise UserError(
            f"batch_size={config.batch_size} does not split among {processes.n_ranks} processes with "
            f"accumulate={config.accumulate}; use a multiple of {n_equal}"
        )


def _has_compiler() -> bool:
    return any(shutil.which(name) for name in (os.environ.get("CXX", "c++"), "g++", "clang++"))
