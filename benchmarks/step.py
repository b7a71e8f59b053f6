"""Tokens per second of one training step: ours against transformers' GPT-2 and a plain PyTorch loop.

    python benchmarks/step.py [--size chars gpt2] [--threads 1 2] [--rounds 7] [--compile]

All sides train the same GPT-2 layout from the same weights on the same batch in float32 on the CPU: equal
numbers of parameters and losses equal to 1e-4, which is checked. Each side lives in a process of its own, as a
trainer would, and its rounds alternate with those of the others; the median of each side counts, in process time
(all threads) and in wall time.

- *plain loop*: a GPT of PyTorch's own modules, one product for queries, keys and values, its fused attention,
  ``AdamW`` and ``clip_grad_norm_`` with their defaults, as small trainers write it (``PlainGPT`` below);
- *transformers*: ``GPT2LMHeadModel`` and its own loss, otherwise the same loop;
- *train_step*: the course's explained step with fused AdamW;
- *fast_train_step*: that of :mod:`seq2gpt.faststep`, with the memory of the process kept;
- *compiled*, with ``--compile``: the same around ``torch.compile``, warmed up.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.faststep import NextTokenLoss, fast_train_step, keep_freed_memory
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.training import decay_groups, train_step

SIZES = {  # configuration and batch size
    "chars": (GPTConfig(vocab_size=65, context_length=128, d_model=128, n_heads=4, n_layers=4), 12),
    "gpt2": (GPTConfig(vocab_size=50257, context_length=256, d_model=384, n_heads=6, n_layers=6), 4),
}
LR, BETAS, DECAY, MAX_NORM = 1e-4, (0.9, 0.95), 0.1, 1.0
Step = Callable[[Tensor, Tensor], float]


class PlainBlock(nn.Module):
    """A block of GPT-2 as small trainers write it."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.ln_1, self.ln_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.c_attn, self.attn_proj = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)
        self.c_fc, self.mlp_proj = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)

    def forward(self, x: Tensor) -> Tensor:
        batch, n, d_model = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).split(d_model, dim=2)
        q, k, v = (t.view(batch, n, self.n_heads, d_model // self.n_heads).transpose(1, 2) for t in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn_proj(y.transpose(1, 2).contiguous().view(batch, n, d_model))
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class PlainGPT(nn.Module):
    """A GPT-2 as small trainers write it, with the weights of one of ours."""

    def __init__(self, ours: GPT) -> None:
        super().__init__()
        config = ours.config
        self.wte = nn.Embedding(config.vocab_size, config.d_model)
        self.wpe = nn.Embedding(config.context_length, config.d_model)
        self.h = nn.ModuleList(PlainBlock(config.d_model, config.n_heads) for _ in range(config.n_layers))
        self.ln_f = nn.LayerNorm(config.d_model)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.lm_head.weight = self.wte.weight
        state = {"wte.weight": ours.token_embedding.weight, "wpe.weight": ours.positions.table}
        state["lm_head.weight"] = state["wte.weight"]
        modules: dict[str, tuple[nn.Module, ...]] = {"ln_f": (ours.norm,)}
        for i, block in enumerate(ours.blocks):
            attention, network = block.attention, block.feed_forward
            modules[f"h.{i}.ln_1"], modules[f"h.{i}.ln_2"] = (block.norm_1,), (block.norm_2,)
            modules[f"h.{i}.c_attn"] = (attention.w_q, attention.w_k, attention.w_v)
            modules[f"h.{i}.attn_proj"] = (attention.w_o,)
            modules[f"h.{i}.c_fc"], modules[f"h.{i}.mlp_proj"] = (network.w_in,), (network.w_out,)
        for name, parts in modules.items():
            for kind in ("weight", "bias"):
                state[f"{name}.{kind}"] = torch.cat([getattr(part, kind) for part in parts])
        self.load_state_dict(state)

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def plain_loop(loss_of: Callable[[Tensor, Tensor], Tensor], model: nn.Module) -> Step:
    """The step of a plain loop around any model."""
    optimizer = torch.optim.AdamW(decay_groups(model, DECAY), lr=LR, betas=BETAS)

    def step(ids: Tensor, targets: Tensor) -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(ids, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
        optimizer.step()
        return loss.item()

    return step


def plain(ours: GPT) -> tuple[nn.Module, Step]:
    model = PlainGPT(ours)
    return model, plain_loop(model, model)


def transformers_gpt2(ours: GPT) -> tuple[nn.Module, Step]:
    from transformers import GPT2LMHeadModel

    from seq2gpt.gpt2_layout import config_of, tensors_of

    config = GPT2LMHeadModel.config_class(
        **config_of(ours) | {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    )
    model = GPT2LMHeadModel(config)
    model.load_state_dict(tensors_of(ours), strict=False)
    return model, plain_loop(
        lambda ids, targets: (
            model(ids, labels=targets, shift_labels=targets.contiguous(), use_cache=False).loss
        ),
        model,
    )


def explained(ours: GPT) -> tuple[nn.Module, Step]:
    optimizer = torch.optim.AdamW(decay_groups(ours, DECAY), lr=LR, betas=BETAS, fused=True)
    return ours, lambda ids, targets: train_step(ours, optimizer, ids, targets, LR, MAX_NORM)


def fast(ours: GPT) -> tuple[nn.Module, Step]:
    optimizer = torch.optim.AdamW(decay_groups(ours, DECAY), lr=LR, betas=BETAS, fused=True)
    loss_of = NextTokenLoss(ours)
    return ours, lambda ids, targets: fast_train_step(loss_of, optimizer, [(ids, targets)], LR, MAX_NORM)


def compiled(ours: GPT) -> tuple[nn.Module, Step]:
    optimizer = torch.optim.AdamW(decay_groups(ours, DECAY), lr=LR, betas=BETAS, fused=True)
    loss_of = torch.compile(NextTokenLoss(ours))
    return ours, lambda ids, targets: fast_train_step(loss_of, optimizer, [(ids, targets)], LR, MAX_NORM)


SIDES = {
    "plain loop": plain,
    "transformers": transformers_gpt2,
    "train_step": explained,
    "fast_train_step": fast,
    "compiled": compiled,
}


def serve(side: str, size: str, threads: int, steps: int, pipe: Connection) -> None:
    """Build one side, report its parameters and first loss, then run a round whenever asked."""
    torch.set_num_threads(threads)
    if side in ("fast_train_step", "compiled"):
        keep_freed_memory()
    torch.manual_seed(0)
    config, batch_size = SIZES[size]
    ours = GPT(config)
    ids = torch.randint(config.vocab_size, (batch_size, config.context_length + 1))
    model, step = SIDES[side](ours)
    pipe.send((sum(parameter.numel() for parameter in model.parameters()), step(ids[:, :-1], ids[:, 1:])))
    step(ids[:, :-1], ids[:, 1:])
    while pipe.recv():
        wall, process = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step(ids[:, :-1], ids[:, 1:])
        pipe.send(((time.process_time() - process) / steps, (time.perf_counter() - wall) / steps))


def compare(sides: list[str], size: str, threads: int, rounds: int, steps: int) -> None:
    """Run all sides at one size in alternating rounds and print their figures."""
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    for side in sides:
        pipes[side], theirs = context.Pipe()
        context.Process(target=serve, args=(side, size, threads, steps, theirs), daemon=True).start()
    first = {side: pipe.recv() for side, pipe in pipes.items()}
    counts, losses = zip(*first.values(), strict=True)
    assert len(set(counts)) == 1, f"the sides differ in parameters: {first}"
    assert max(losses) - min(losses) < 1e-4, f"the sides differ in loss: {first}"
    times: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, pipe in pipes.items():
            pipe.send(True)
            times[side].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    config, batch_size = SIZES[size]
    tokens = batch_size * config.context_length
    print(
        f"{size}: {counts[0]:,} parameters, {tokens} tokens a step, {threads} threads, loss {losses[0]:.4f}"
    )
    medians = {
        side: [statistics.median(column) for column in zip(*times[side], strict=True)] for side in SIDES
    }
    fastest = [min(medians[side][i] for side in ("plain loop", "transformers")) for i in range(2)]
    for side, (process, wall) in medians.items():
        print(
            f"  {side:16} process {1000 * process:7.1f} ms, {fastest[0] / process:5.2f} ×   "
            f"wall {1000 * wall:7.1f} ms, {tokens / wall:6.0f} tokens/s, {fastest[1] / wall:5.2f} ×",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--compile", action="store_true", help="measure torch.compile too; needs a C++ compiler"
    )
    arguments = parser.parse_args()
    sides = [side for side in SIDES if side != "compiled" or arguments.compile]
    for size in arguments.size:
        for threads in arguments.threads:
            compare(sides, size, threads, arguments.rounds, steps=10 if size == "chars" else 1)


if __name__ == "__main__":
    main()
