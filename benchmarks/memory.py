"""Peak memory of one training step, measured by torch's profiler, against what seq2gpt.scaling predicts.

    python benchmarks/memory.py

The ratio must lie between 0.9 and 1.1.
"""

import torch
from torch.profiler import ProfilerActivity, profile

from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.scaling import training_memory

CASES = (  # configuration, batch size, length: large and small batches, narrow and wide, many symbols
    (GPTConfig(vocab_size=97, context_length=128, d_model=128, n_heads=4, n_layers=4), 12, 128),
    (GPTConfig(vocab_size=1000, context_length=256, d_model=192, n_heads=6, n_layers=6), 4, 256),
    (GPTConfig(vocab_size=50, context_length=64, d_model=64, n_heads=2, n_layers=2), 64, 64),
    (GPTConfig(vocab_size=8000, context_length=128, d_model=64, n_heads=2, n_layers=2), 8, 128),
    (GPTConfig(vocab_size=97, context_length=64, d_model=512, n_heads=8, n_layers=6), 1, 16),
)


def measured_peak(config: GPTConfig, batch_size: int, n: int) -> int:
    """Bytes at the peak of the second step; the first one makes the optimizer's state."""
    model = GPT(config)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    ids = torch.randint(config.vocab_size, (batch_size, n + 1))

    def step() -> None:
        optimizer.zero_grad()
        next_token_loss(model(ids[:, :-1]), ids[:, 1:]).backward()
        optimizer.step()

    step()
    optimizer.zero_grad()
    lasting = 3 * sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return lasting + most


def main() -> None:
    for config, batch_size, n in CASES:
        measured, predicted = (
            measured_peak(config, batch_size, n),
            training_memory(config, batch_size, n)["peak"],
        )
        print(
            f"d_model {config.d_model:3}, {config.n_layers} layers, vocabulary {config.vocab_size:4}, batch "
            f"{batch_size:2} x {n:3}: measured {measured / 1e6:6.1f} MB, predicted {predicted / 1e6:6.1f} MB, "
            f"ratio {predicted / measured:.2f}"
        )


if __name__ == "__main__":
    main()
