"""What a GPU makes of the trainer: MFU of GPT-2 124M, and the race to a loss on Shakespeare's characters.

    python benchmarks/gpu.py step [--batch-size 32] [--steps 20]
    SEQ2GPT_DATA=folder-of-the-real-sets python benchmarks/gpu.py race [--goal 1.4697]

``step`` times training steps of GPT-2 124M in bfloat16 at context 1,024, compiled, after a warm-up, and prints
tokens per second and MFU against the data sheet. ``race`` trains the preset ``shakespeare`` and the plain recipe that
small trainers publish for these characters (6 layers, 6 heads, 384 wide, context 256, batch 64, AdamW for 5,000 steps,
learning rate 1e-3 to 1e-4, warm-up 100, betas 0.9/0.99, weight decay 0.1; its dropout of 0.2 is left out) in the same
process, and prints seconds of steps until the held-out loss reaches the goal, and their ratio. Measuring and compiling
are not counted. ``--device cpu --small`` runs the same code on a toy, to see that it works.
"""

import argparse
import dataclasses
import time
from pathlib import Path

import torch

from seq2gpt.data.shards import TokenShards
from seq2gpt.faststep import NextTokenLoss
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.data import read_run_data
from seq2gpt.run.evaluation import mean_loss
from seq2gpt.run.model import build_model
from seq2gpt.run.presets import gpt2_124m, shakespeare
from seq2gpt.run.processes import Processes
from seq2gpt.run.speed import peak_flops, training_flops_per_token
from seq2gpt.run.step import Stepper
from seq2gpt.run.trainer import batch_generator, build_optimizer
from seq2gpt.training import cosine_schedule, trapezoid_schedule

TOY = {
    "d_model": 48,
    "n_heads": 6,
    "n_layers": 2,
    "context_length": 64,
    "precision": "float32",
    "compile": "off",
}
PLAIN = {
    "name": "plain", "layout": "gpt2", "optimizer": "adamw", "schedule": "cosine", "n_steps": 5000, "n_warmup": 100,
    "lr": 1e-3, "lr_min": 1e-4, "weight_decay": 0.1,
}  # fmt: skip


def wait(device: torch.device) -> None:
    """Until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def stepper_of(config: TrainConfig, vocab_size: int, processes: Processes) -> Stepper:
    model = build_model(config, vocab_size).to(processes.device)
    return Stepper(NextTokenLoss(model), build_optimizer(model, config), config, processes)


def measure_step(config: TrainConfig, processes: Processes, n_steps: int, vocab_size: int = 50257) -> None:
    """Print the speed of ``n_steps`` steps after five that warm up."""
    stepper = stepper_of(config, vocab_size, processes)
    ids = torch.randint(vocab_size, (config.batch_size, config.context_length + 1))
    for step in range(n_steps + 5):
        if step == 5:
            wait(processes.device)
            started = time.perf_counter()
        stepper.step(ids[:, :-1], ids[:, 1:], lr=1e-4)
    wait(processes.device)
    speed = n_steps * config.batch_size * config.context_length / (time.perf_counter() - started)
    flops = training_flops_per_token(stepper.loss_of.model, config.context_length)
    peak = peak_flops(processes.device, config.precision)
    print(f"{speed:,.0f} tokens/s, MFU {speed * flops / peak:.1%} of {peak / 1e12:.0f} TFLOP/s")


def seconds_to_goal(
    config: TrainConfig, data: TokenShards, held_out: TokenShards, goal: float, processes: Processes
) -> float | None:
    """Seconds of training steps until the loss on held-out text is at most ``goal``."""
    stepper = stepper_of(config, data.vocab_size, processes)
    schedule = cosine_schedule if config.schedule == "cosine" else trapezoid_schedule
    warm = [
        ids.repeat(config.batch_size, 1)
        for ids in data.batch(1, config.context_length, batch_generator(0, 0))
    ]
    stepper.step(*warm, lr=0.0)  # compiles
    wait(processes.device)
    seconds, every = 0.0, max(1, config.n_steps // 60)
    for step in range(1, config.n_steps + 1):
        started = time.perf_counter()
        batch = data.batch(config.batch_size, config.context_length, batch_generator(config.seed, step))
        lr = schedule(
            step - 1, n_steps=config.n_steps, n_warmup=config.n_warmup, lr=config.lr, lr_min=config.lr_min
        )
        stepper.step(*batch, lr=lr)
        wait(processes.device)
        seconds += time.perf_counter() - started
        if step % every == 0 or step == config.n_steps:
            loss = mean_loss(stepper.loss_of, held_out, config.context_length, 400, processes)
            print(f"{config.name:12} step {step:5}: {loss:.4f} after {seconds:6.1f} s", flush=True)
            if loss <= goal:
                return seconds
    return None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("step", "race"))
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--goal", type=float, default=1.4697)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    processes = Processes(rank=0, n_ranks=1, device=torch.device(arguments.device))
    name = torch.cuda.get_device_name() if arguments.device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}")
    toy = {**TOY, "device": arguments.device} if arguments.small else {}
    if arguments.what == "step":
        config = dataclasses.replace(gpt2_124m(), accumulate=1, batch_size=arguments.batch_size, **toy)
        measure_step(config, processes, arguments.steps)
        return
    if arguments.small:
        toy |= {"batch_size": 8, "n_steps": 120, "n_warmup": 5, "data": Path("tinyshakespeare")}
    ours = dataclasses.replace(shakespeare(), **toy)
    plain = dataclasses.replace(shakespeare(), **{**PLAIN, **toy})
    data = read_run_data(ours)
    seconds = {
        config.name: seconds_to_goal(config, data.training, data.validation, arguments.goal, processes)
        for config in (ours, plain)
    }
    print(
        ", ".join(
            f"{name}: {f'{value:.1f} s' if value else 'not reached'}" for name, value in seconds.items()
        )
    )
    if all(seconds.values()):
        print(f"ratio 1 / {seconds['plain'] / seconds['shakespeare']:.1f}")


if __name__ == "__main__":
    main()
