"""Tokens per second of one training step: ours against transformers' GPT-2 and a plain PyTorch loop.

    python benchmarks/step.py [--size chars middle gpt2] [--threads 1 2] [--rounds 7] [--compile]

All sides train the same GPT-2 layout from the same weights on the same batch on the CPU: equal numbers of
parameters, and first losses equal to 1e-4 in float32 and to 0.02 in bfloat16, which is checked. Each side lives in
a process of its own, as a trainer would, and its rounds alternate with those of the others; the median of each side
counts, in process time (all threads) and in wall time. ``bfloat16`` is ``torch.autocast`` for every side.

- *plain loop*: a GPT of PyTorch's own modules, one product for queries, keys and values, its fused attention,
  ``AdamW`` and ``clip_grad_norm_`` with their defaults, as small trainers write it (``PlainGPT`` below);
- *transformers*: ``GPT2LMHeadModel`` and its own loss, otherwise the same loop;
- *tuned loop*: the plain loop with what ours has around the model: fused AdamW, and the memory of the process kept; what is
  then left is the gain of the model and its loss. It is no peer for the ratios;
- *train_step*: the course's explained step with fused AdamW;
- *fast_train_step*: that of :mod:`seq2gpt.faststep`, as the trainer takes it, with the memory of the process kept;
- *compiled*, with ``--compile``: the same around ``torch.compile``, warmed up;
- *products alone*: the forward and backward products of the linear layers and of the head, written to memory that
  is there, and nothing else, neither attention nor norms nor the optimizer. Whoever computes with these products
  takes at least this long, so its ratio is one that no step can exceed.
"""

import argparse
import math
import multiprocessing
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from multiprocessing.connection import Connection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.faststep import NextTokenLoss, fast_train_step, keep_freed_memory
from seq2gpt.gpt import GPT, GPTConfig, count_parameters
from seq2gpt.gpt2_layout import config_of, tensors_of
from seq2gpt.training import decay_groups, train_step

SIZES = {  # configuration and batch size
    "chars": (GPTConfig(vocab_size=65, context_length=128, d_model=128, n_heads=4, n_layers=4), 12),
    "middle": (GPTConfig(vocab_size=65, context_length=256, d_model=384, n_heads=6, n_layers=6), 4),
    "gpt2": (GPTConfig(vocab_size=50257, context_length=256, d_model=384, n_heads=6, n_layers=6), 4),
}
LR, BETAS, DECAY, MAX_NORM = 1e-4, (0.9, 0.95), 0.1, 1.0
TOLERANCE = {"float32": 1e-4, "bfloat16": 0.02}  # of the first loss, against that of the first side
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


class InPrecision(nn.Module):
    """A loss, computed in the precision named."""

    def __init__(self, loss_of: nn.Module, precision: str) -> None:
        super().__init__()
        self.loss_of, self.precision = loss_of, precision

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bfloat16"):
            return self.loss_of(ids, targets)


class TransformersLoss(nn.Module):
    """The loss of transformers' GPT-2 with the weights of one of ours."""

    def __init__(self, ours: GPT) -> None:
        from transformers import GPT2LMHeadModel

        super().__init__()
        no_dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        self.model = GPT2LMHeadModel(GPT2LMHeadModel.config_class(**config_of(ours) | no_dropout))
        self.model.load_state_dict(tensors_of(ours), strict=False)

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        return self.model(ids, labels=targets, shift_labels=targets.contiguous(), use_cache=False).loss


def plain_loop(loss_of: nn.Module, ours: GPT, fused: bool | None = None) -> Step:
    """The step of a plain loop around any loss, whose parameters are as many as ours; ``fused`` is AdamW's."""
    counts = [sum(parameter.numel() for parameter in module.parameters()) for module in (loss_of, ours)]
    assert counts[0] == counts[1], f"the models differ in parameters: {counts}"
    optimizer = torch.optim.AdamW(decay_groups(loss_of, DECAY), lr=LR, betas=BETAS, fused=fused)

    def step(ids: Tensor, targets: Tensor) -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(ids, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(loss_of.parameters(), MAX_NORM)
        optimizer.step()
        return loss.item()

    return step


def plain(ours: GPT, precision: str) -> Step:
    return plain_loop(InPrecision(PlainGPT(ours), precision), ours)


def tuned(ours: GPT, precision: str) -> Step:
    keep_freed_memory()
    return plain_loop(InPrecision(PlainGPT(ours), precision), ours, fused=True)


def transformers_gpt2(ours: GPT, precision: str) -> Step:
    return plain_loop(InPrecision(TransformersLoss(ours), precision), ours)


def explained(ours: GPT, precision: str) -> Step:
    optimizer = torch.optim.AdamW(decay_groups(ours, DECAY), lr=LR, betas=BETAS, fused=True)
    return lambda ids, targets: train_step(ours, optimizer, ids, targets, LR, MAX_NORM)


def fast(ours: GPT, precision: str) -> Step:
    keep_freed_memory()
    optimizer = torch.optim.AdamW(decay_groups(ours, DECAY), lr=LR, betas=BETAS, fused=True)
    loss_of = InPrecision(NextTokenLoss(ours), precision)
    return lambda ids, targets: fast_train_step(loss_of, optimizer, [(ids, targets)], LR, MAX_NORM)


def compiled(ours: GPT, precision: str) -> Step:
    keep_freed_memory()
    optimizer = torch.optim.AdamW(decay_groups(ours, DECAY), lr=LR, betas=BETAS, fused=True)
    loss_of = torch.compile(InPrecision(NextTokenLoss(ours), precision))
    return lambda ids, targets: fast_train_step(loss_of, optimizer, [(ids, targets)], LR, MAX_NORM)


def products(ours: GPT, precision: str) -> Step:
    """The products of a step; queries, keys and values are one, the fastest form."""
    d_model, d_ff = ours.config.d_model, ours.config.d_ff or 4 * ours.config.d_model
    layers = [(d_model, 3 * d_model), (d_model, d_model), (d_model, d_ff), (d_ff, d_model)]
    shapes = layers * ours.config.n_layers + [(d_model, ours.config.vocab_size)]
    memory: dict[tuple[int, int], list[Tensor]] = {}

    def step(ids: Tensor, targets: Tensor) -> float:
        n, dtype = ids.numel(), getattr(torch, precision)
        for n_in, n_out in shapes:
            if (n_in, n_out) not in memory:
                sizes = (n, n_in), (n_out, n_in), (n, n_out), (n, n_out), (n, n_in), (n_out, n_in)
                memory[n_in, n_out] = [torch.ones(size, dtype=dtype) for size in sizes]
            x, weight, to_output, output, to_x, to_weight = memory[n_in, n_out]
            torch.mm(x, weight.T, out=output)
            torch.mm(to_output, weight, out=to_x)
            torch.mm(to_output.T, x, out=to_weight)
        return math.nan

    return step


OURS, PEERS, LIMIT = "fast_train_step", ("plain loop", "transformers"), "products alone"
SIDES = {
    "plain loop": plain,
    "transformers": transformers_gpt2,
    "tuned loop": tuned,
    "train_step": explained,
    OURS: fast,
    "compiled": compiled,
    LIMIT: products,
}
Side = tuple[str, str]  # a name of SIDES and a precision
Times = dict[Side, tuple[float, float]]  # medians of process and wall time, in seconds a step


def serve(side: Side, size: str, threads: int, steps: int, pipe: Connection) -> None:
    """Build one side, report its parameters and first loss, then run a round whenever asked."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config, batch_size = SIZES[size]
    ours = GPT(config)
    ids = torch.randint(config.vocab_size, (batch_size, config.context_length + 1))
    step = SIDES[side[0]](ours, side[1])
    pipe.send(step(ids[:, :-1], ids[:, 1:]))
    step(ids[:, :-1], ids[:, 1:])
    while pipe.recv():
        wall, process = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step(ids[:, :-1], ids[:, 1:])
        pipe.send(((time.process_time() - process) / steps, (time.perf_counter() - wall) / steps))


def measure(sides: list[Side], size: str, threads: int, rounds: int, steps: int) -> tuple[Times, float]:
    """Run all sides at one size in alternating rounds; returned are their times and the first loss."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["seq2gpt.faststep", "transformers.models.gpt2.modeling_gpt2"])
    pipes: dict[Side, Connection] = {}
    for side in sides:
        pipes[side], theirs = context.Pipe()
        context.Process(target=serve, args=(side, size, threads, steps, theirs), daemon=True).start()
    losses = {side: pipe.recv() for side, pipe in pipes.items()}
    expected = losses[sides[0]]
    for (name, precision), loss in losses.items():
        near = abs(loss - expected) < TOLERANCE[precision]
        assert near or name == LIMIT, f"the sides differ in loss: {losses}"
    times: dict[Side, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(rounds):
        for side, pipe in pipes.items():
            pipe.send(True)
            times[side].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    medians = {
        side: (statistics.median(t[0] for t in ours), statistics.median(t[1] for t in ours))
        for side, ours in times.items()
    }
    return medians, expected


def report(times: Times, tokens: int) -> None:
    """A row for every side, with its ratio to the faster peer in each precision, in process time."""
    precisions = sorted({precision for _, precision in times}, reverse=True)
    fastest = {precision: min(times[peer, precision][0] for peer in PEERS) for precision in precisions}
    print(f"  {'':26} process      wall               against the faster peer in {', in '.join(precisions)}")
    for (name, precision), (process, wall) in times.items():
        ratios = "  ".join(f"{fastest[other] / process:5.2f} ×" for other in precisions)
        print(
            f"  {name:16} {precision:9} {1000 * process:7.1f} ms {1000 * wall:7.1f} ms, "
            f"{tokens / wall:6.0f} tokens/s  {ratios}"
        )
    for precision in precisions:
        bound, reached = (fastest[precision] / times[name, precision][0] for name in (LIMIT, OURS))
        print(f"  all in {precision}: {reached:.2f} × the faster peer; no step can exceed {bound:.2f} ×")
    best = fastest[min(precisions, key=lambda precision: fastest[precision])]
    ours = min(times[OURS, precision][0] for precision in precisions)
    print(f"  best precision of each: {best / ours:.2f} × the faster peer", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compile", action="store_true", help="with torch.compile; needs a C++ compiler")
    arguments = parser.parse_args()
    sides = [
        (name, precision)
        for precision in ("float32", "bfloat16")
        for name in SIDES
        if (name != "compiled" or arguments.compile) and (name != "train_step" or precision == "float32")
    ]
    for size in arguments.size:
        for threads in arguments.threads:
            config, batch_size = SIZES[size]
            tokens, steps = batch_size * config.context_length, 10 if size == "chars" else 1
            times, loss = measure(sides, size, threads, arguments.rounds, steps)
            print(
                f"{size}: {count_parameters(config):,} parameters, {tokens} tokens a step, {threads} threads, "
                f"loss {loss:.4f}, load {os.getloadavg()[0]:.1f}"
            )
            report(times, tokens)


if __name__ == "__main__":
    main()
