"""Process time to validation loss 1.88 on tinyshakespeare characters: the modern recipe against the plain one.

    SEQ2GPT_DATA=folder-of-the-real-sets python benchmarks/speedrun.py [plain] [modern]

Plain is GPT-2's recipe as small trainers publish it: 4 layers, 4 heads, 128 wide, context 64, batch 12, AdamW
for 2,000 steps, learning rate 1e-3 to 1e-4 along a cosine, warm-up 100, betas 0.9/0.99, weight decay 0.1, no
dropout. Modern is :mod:`seq2gpt.modern` with Muon at the same size, its own batch and schedule. Both run in
this process on one thread; time spent measuring the loss is not counted.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from seq2gpt.data.corpus import read_text
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.muon import Muon, muon_groups
from seq2gpt.run.trainer import batch_generator, mean_loss
from seq2gpt.tokens import CharTokenizer, build_char_vocab
from seq2gpt.training import cosine_schedule, decay_groups, get_batch, train_step, trapezoid_schedule

GOAL = 1.88
CONTEXT = 64
Schedule = Callable[[int], float]


def plain(vocab_size: int) -> tuple[GPT, torch.optim.Optimizer, Schedule, int, int]:
    """Model, optimizer, learning rate by step, batch size and steps of the plain recipe."""
    model = GPT(GPTConfig(vocab_size=vocab_size, context_length=CONTEXT, d_model=128, n_heads=4, n_layers=4))
    optimizer = torch.optim.AdamW(decay_groups(model, 0.1), betas=(0.9, 0.99), fused=True)
    settings = {"n_steps": 2000, "n_warmup": 100, "lr": 1e-3, "lr_min": 1e-4}
    return model, optimizer, lambda step: cosine_schedule(step, **settings), 12, 2000


def modern(vocab_size: int) -> tuple[ModernGPT, torch.optim.Optimizer, Schedule, int, int]:
    """The same of the modern recipe."""
    sizes = {"vocab_size": vocab_size, "context_length": CONTEXT, "d_model": 128, "n_heads": 4, "n_layers": 4}
    model = ModernGPT(ModernConfig(**sizes, activation="relu2"))
    optimizer = Muon(muon_groups(model, 0.0, adamw_share=0.3), lr=0.03)
    settings = {"n_steps": 180, "n_warmup": 5, "lr": 0.03, "lr_min": 0.0, "decay_share": 0.5}
    return model, optimizer, lambda step: trapezoid_schedule(step, **settings), 24, 180


def seconds_to_goal(recipe: Callable[[int], tuple], text: str, every: int) -> float | None:
    """Process time of the training steps until the loss on held-out text is at most the goal."""
    torch.manual_seed(1337)
    tokenizer = CharTokenizer(build_char_vocab(text))
    data = torch.tensor(tokenizer.encode(text))
    training, validation = data[: len(data) * 9 // 10], data[len(data) * 9 // 10 :]
    model, optimizer, schedule, batch_size, n_steps = recipe(tokenizer.vocab_size)
    seconds = 0.0
    for step in range(1, n_steps + 1):
        started = time.process_time()
        inputs, targets = get_batch(training, batch_size, CONTEXT, batch_generator(0, step))
        train_step(model, optimizer, inputs, targets, schedule(step - 1), max_norm=1.0)
        seconds += time.process_time() - started
        if step % every == 0 or step == n_steps:
            loss = mean_loss(model, validation, CONTEXT, most=400)
            print(f"{recipe.__name__:6} step {step:4}: {loss:.3f} after {seconds:5.1f} s", flush=True)
            if loss <= GOAL:
                return seconds
    return None


def main() -> None:
    torch.set_num_threads(1)
    text = read_text(Path(os.environ["SEQ2GPT_DATA"]) / "tinyshakespeare" / "input.txt")
    recipes = {"modern": (modern, 10), "plain": (plain, 100)}
    chosen = sys.argv[1:] or list(recipes)
    seconds = {name: seconds_to_goal(recipes[name][0], text, recipes[name][1]) for name in chosen}
    for name, value in seconds.items():
        print(f"{name}: {f'{value:.1f} s' if value else 'not reached'}")
    if all(seconds.get(name) for name in recipes):
        print(
            f"ratio {seconds['modern'] / seconds['plain']:.3f}, 1 / {seconds['plain'] / seconds['modern']:.1f}"
        )


if __name__ == "__main__":
    main()
