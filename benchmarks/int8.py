"""int8 weights against our float32: the speed of decoding GPT-2 124M, and what the rounding costs in both layouts.

    python benchmarks/int8.py [--threads 1] [--rounds 5] [--tokens 32] [--steps 400]

The speed does not depend on the weights, so they are random; the rounds of the two sides alternate. The
perplexity does, so a small model of each layout is trained first, on the corpus that comes with Python, and its
perplexity on held-out text is compared with that of the same model with rounded weights.
"""

import argparse
import math
import statistics
from typing import Any

import torch
from decode import N_PROMPT, greedy, models

from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.decoding import FastDecoder
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.quantize import int8_decoder
from seq2gpt.run.demos.text import as_characters
from seq2gpt.training import cosine_schedule, decay_groups, get_batch, train_step

CONTEXT_LENGTH = 64


def small_model(layout: str, vocab_size: int) -> Any:
    sizes = {
        "vocab_size": vocab_size,
        "context_length": CONTEXT_LENGTH,
        "d_model": 128,
        "n_heads": 4,
        "n_layers": 4,
    }
    return GPT(GPTConfig(**sizes)) if layout == "gpt2" else ModernGPT(ModernConfig(**sizes, n_kv_heads=2))


def trained_model(layout: str, n_steps: int) -> tuple[Any, torch.Tensor]:
    """A small model of characters and the text that it was not trained on."""
    text = as_characters(embedded_corpus(), CONTEXT_LENGTH)
    torch.manual_seed(0)
    model, generator = small_model(layout, text.tokenizer.vocab_size), torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(decay_groups(model, 0.1))
    for step in range(n_steps):
        lr = cosine_schedule(step, n_steps=n_steps, n_warmup=n_steps // 20, lr=5e-3, lr_min=0.0)
        train_step(
            model, optimizer, *get_batch(text.training, 16, CONTEXT_LENGTH, generator), lr=lr, max_norm=1.0
        )
    return model.eval(), text.held_out


@torch.inference_mode()
def perplexity(model: Any, data: torch.Tensor) -> float:
    n = 500 * (CONTEXT_LENGTH + 1)
    rows = data[:n].view(-1, CONTEXT_LENGTH + 1)
    return math.exp(next_token_loss(model(rows[:, :-1]), rows[:, 1:]).item())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--steps", type=int, default=400)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ours, _ = models()
    sides = {"float32": FastDecoder(ours), "int8": int8_decoder(ours)}
    prompt = torch.randint(50257, (N_PROMPT,)).tolist()
    times: dict[str, list[float]] = {name: [] for name in sides}
    for decoder in sides.values():
        greedy(decoder, prompt, 4)  # warm up
    for _ in range(arguments.rounds):
        for name, decoder in sides.items():
            times[name].append(greedy(decoder, prompt, arguments.tokens)[1])
    seconds = {name: statistics.median(values) for name, values in times.items()}
    print(f"threads        {torch.get_num_threads()}")
    for name, value in seconds.items():
        print(f"{name:14} {1 / value:6.1f} tokens/s  ({1000 * value:.1f} ms a token)")
    print(f"ratio          {seconds['float32'] / seconds['int8']:6.2f}")
    for layout in ("gpt2", "modern"):
        model, held_out = trained_model(layout, arguments.steps)
        exact, rounded = perplexity(model, held_out), perplexity(int8_decoder(model).model, held_out)
        print(
            f"perplexity     {exact:.4f} in float32, {rounded:.4f} in int8: {rounded / exact - 1:+.3%}  ({layout})"
        )


if __name__ == "__main__":
    main()
