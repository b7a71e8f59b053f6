"""LoRA: how much of fine-tuning a few per cent of the numbers can do.

A small GPT over characters is trained on English, the docstrings of the embedded corpus, and then adapted
to Python source code: by moving all its weights, and by LoRA of rank 1, 4 and 16 on all matrices of its
blocks. Stated are the loss on held-out code, in nats per character, and the share of numbers trained.
"""

import ast
import copy
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.corpus import embedded_corpus, normalize
from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.lora import apply_lora, merge_lora
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.loop import fit
from seq2gpt.tokens import CharTokenizer
from seq2gpt.training import get_batch

CONTEXT = 64
TARGETS = ("w_q", "w_k", "w_v", "w_o", "w_in", "w_out")
SYMBOLS = ["\n", *map(chr, range(32, 127))]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    ranks: tuple[int, ...] = (1, 4, 16)
    """Ranks of the changes."""
    n_pretrain: int = 1000
    """Steps on English."""
    n_adapt: int = 300
    """Steps on code, for each way of adapting."""
    seed: int = 0
    """Draws weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train on English once, adapt to code in several ways."""
    torch.manual_seed(config.seed)
    tokenizer = CharTokenizer(SYMBOLS)
    english, code = (
        torch.tensor(tokenizer.encode(text)) for text in (embedded_corpus()[:1_000_000], source_code())
    )
    split = len(code) * 9 // 10
    train, test = code[:split], code[split:]
    sizes = GPTConfig(vocab_size=len(SYMBOLS), context_length=CONTEXT, d_model=64, n_heads=4, n_layers=2)
    base = GPT(sizes)
    adapt(base, english, config.n_pretrain, 4e-3, config.seed, progress)
    figures = {"code before, nats": code_loss(base, test)}
    full = copy.deepcopy(base)
    adapt(full, train, config.n_adapt, 2e-3, config.seed, progress)
    figures["all weights, nats"] = code_loss(full, test)
    for rank in config.ranks:
        model = copy.deepcopy(base)
        apply_lora(model, rank, TARGETS, alpha=2.0 * rank)
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        adapt(model, train, config.n_adapt, 5e-3, config.seed, progress)
        figures[f"rank {rank}, nats"] = code_loss(merge_lora(model), test)
        figures[f"rank {rank}, % trained"] = 100 * trained / sum(p.numel() for p in base.parameters())
    return DemoResult(figures=figures)


def source_code(n_characters: int = 600_000) -> str:
    """The code of the standard library, module by module, without its docstrings."""
    library = Path(sysconfig.get_paths()["stdlib"])
    modules = sorted(library.glob("*.py"))
    text = "\n\n".join(normalize(without_docstrings(path.read_text(encoding="utf-8"))) for path in modules)
    return text[:n_characters]


def without_docstrings(source: str) -> str:
    """Python source with every docstring's lines left out, so that it shares no text with the English corpus."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node):
            first = node.body[0]
            for number in range(first.lineno - 1, first.end_lineno or first.lineno):
                lines[number] = ""
    return "\n".join(lines)


def adapt(
    model: GPT, data: Int[Tensor, "length"], n_steps: int, lr: float, seed: int, progress: bool
) -> None:
    """Train what is trainable on next characters, 16 pieces of text a step."""
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> Float[Tensor, ""]:
        inputs, targets = get_batch(data, 16, CONTEXT, generator)
        return next_token_loss(model(inputs), targets)

    fit(model.parameters(), loss, n_steps, lr, progress)


@torch.no_grad()
def code_loss(model: torch.nn.Module, test: Int[Tensor, "length"]) -> float:
    """The loss on held-out code, in nats per character, over pieces that do not overlap."""
    n = (len(test) - 1) // CONTEXT
    inputs, targets = (test[shift : shift + n * CONTEXT].view(n, CONTEXT) for shift in (0, 1))
    return next_token_loss(model(inputs), targets).item()
