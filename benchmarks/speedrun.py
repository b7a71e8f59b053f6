"""Process time to validation loss 1.88 on tinyshakespeare characters: the modern recipe against the plain one.

    SEQ2GPT_DATA=folder-of-the-real-sets python benchmarks/speedrun.py [--seeds 0 1 2]

Plain is GPT-2's recipe as small trainers publish it: 4 layers, 4 heads, 128 wide, context 64, batch 12, AdamW
for 2,000 steps, learning rate 1e-3 to 1e-4 along a cosine, warm-up 100, betas 0.9/0.99, weight decay 0.1, no
dropout; it is trained by ``train_step``. Modern is :mod:`seq2gpt.modern` with Muon at the same size, its own batch
and schedule, trained by the trainer's ``fast_train_step``. A seed decides weights and batches of both. They run in
this process on one thread and alternate, a few steps of one, then as large a share of the other's, so that both
meet the same machine. Both are measured by one rule, on 400 windows spread over the held-out tenth of the text,
which takes no part in the time. A plain run that ends above the goal counts with the time of all its steps.
Printed is the ratio for each seed and its mean ± standard deviation.
"""

import argparse
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from seq2gpt.data.corpus import read_text
from seq2gpt.faststep import NextTokenLoss, fast_train_step, keep_freed_memory
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.muon import Muon, muon_groups
from seq2gpt.run.trainer import batch_generator, mean_loss
from seq2gpt.tokens import CharTokenizer, build_char_vocab
from seq2gpt.training import cosine_schedule, decay_groups, get_batch, train_step, trapezoid_schedule

GOAL = 1.88
CONTEXT = 64


@dataclass(frozen=True)
class Side:
    """One recipe: its model, how it takes step number 0, 1, …, and when it is measured."""

    model: nn.Module
    take_step: Callable[[Tensor, Tensor, int], float]
    batch_size: int
    n_steps: int
    every: int


def plain(vocab_size: int) -> Side:
    """The plain recipe."""
    model = GPT(GPTConfig(vocab_size=vocab_size, context_length=CONTEXT, d_model=128, n_heads=4, n_layers=4))
    optimizer = torch.optim.AdamW(decay_groups(model, 0.1), betas=(0.9, 0.99), fused=True)

    def take_step(inputs: Tensor, targets: Tensor, step: int) -> float:
        lr = cosine_schedule(step, n_steps=2000, n_warmup=100, lr=1e-3, lr_min=1e-4)
        return train_step(model, optimizer, inputs, targets, lr, max_norm=1.0)

    return Side(model, take_step, batch_size=12, n_steps=2000, every=50)


def modern(vocab_size: int) -> Side:
    """The modern recipe."""
    sizes = {"vocab_size": vocab_size, "context_length": CONTEXT, "d_model": 128, "n_heads": 4, "n_layers": 4}
    model = ModernGPT(ModernConfig(**sizes, activation="relu2"))
    optimizer = Muon(muon_groups(model, 0.0, adamw_share=0.3), lr=0.03, momentum=0.85)
    loss_of = NextTokenLoss(model)

    def take_step(inputs: Tensor, targets: Tensor, step: int) -> float:
        lr = trapezoid_schedule(step, n_steps=170, n_warmup=5, lr=0.03, lr_min=0.0, decay_share=0.5)
        return fast_train_step(loss_of, optimizer, [(inputs, targets)], lr, max_norm=1.0)

    return Side(model, take_step, batch_size=24, n_steps=170, every=5)


def race(recipe: Callable[[int], Side], text: str, seed: int) -> Iterator[tuple[float, bool]]:
    """The process time of the steps so far and whether the goal is reached, now and then; ends when it is."""
    torch.manual_seed(1337 + seed)
    tokenizer = CharTokenizer(build_char_vocab(text))
    data = torch.tensor(tokenizer.encode(text))
    training, validation = data[: len(data) * 9 // 10], data[len(data) * 9 // 10 :]
    side, seconds, reached = recipe(tokenizer.vocab_size), 0.0, False
    for step in range(1, side.n_steps + 1):
        started = time.process_time()
        inputs, targets = get_batch(training, side.batch_size, CONTEXT, batch_generator(seed, step))
        side.take_step(inputs, targets, step - 1)
        seconds += time.process_time() - started
        if step % side.every == 0:
            if step >= 0.7 * side.n_steps:  # neither side gets there earlier, and measuring takes long
                loss = mean_loss(side.model, validation, CONTEXT, most=400)
                reached = loss <= GOAL
                print(
                    f"seed {seed} {recipe.__name__:6} step {step:4}: {loss:.4f}, {seconds:5.1f} s", flush=True
                )
            yield seconds, reached
            if reached:
                return


def seconds_to_goal(text: str, seed: int) -> dict[str, float]:
    """For each recipe the process time until the goal.

    Where it was not reached, that of all steps for the plain recipe, in its favour; infinite for the modern one.
    """
    races = {recipe.__name__: race(recipe, text, seed) for recipe in (modern, plain)}
    results = dict.fromkeys(races, 0.0)
    while races:
        for name in list(races):
            seconds, reached = next(races[name], (results[name] if name == "plain" else math.inf, True))
            results[name] = seconds
            if reached:
                del races[name]
    return results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    text = read_text(Path(os.environ["SEQ2GPT_DATA"]) / "tinyshakespeare" / "input.txt")
    ratios = []
    for seed in arguments.seeds:
        seconds = seconds_to_goal(text, seed)
        ratios.append(seconds["plain"] / seconds["modern"])
        print(
            f"seed {seed}: {seconds['modern']:.1f} s and {seconds['plain']:.1f} s, 1 / {ratios[-1]:.2f}",
            flush=True,
        )
    spread = statistics.stdev(ratios) if len(ratios) > 1 else math.nan
    print(
        f"1 / ({statistics.mean(ratios):.2f} ± {spread:.2f}) of the plain recipe's time, {len(ratios)} seeds"
    )


if __name__ == "__main__":
    main()
