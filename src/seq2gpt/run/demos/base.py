"""A small GPT over words, pre-trained on generated texts: where several demonstrations start from."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from seq2gpt.data.words import WordTokenizer
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run.demos.loop import fit

PAD_ID = 0


def pad_rows(rows: Sequence[Sequence[int]], length: int) -> Int[Tensor, "rows length"]:
    """The rows, filled up behind with padding.

    >>> pad_rows([[5, 6], [7]], length=3).tolist()
    [[5, 6, 0], [7, 0, 0]]
    """
    return torch.tensor([[*row, *[PAD_ID] * (length - len(row))] for row in rows])


def encode_rows(texts: Sequence[str], tokenizer: WordTokenizer, length: int) -> Int[Tensor, "texts length"]:
    """The first ``length`` tokens of every text, as padded rows."""
    return pad_rows([tokenizer.encode(text)[:length] for text in texts], length)


def word_gpt(tokenizer: WordTokenizer, context_length: int, d_model: int = 48) -> GPT:
    """A GPT of two layers over the words of ``tokenizer``."""
    sizes = GPTConfig(
        vocab_size=tokenizer.vocab_size,
        context_length=context_length,
        d_model=d_model,
        n_heads=4,
        n_layers=2,
    )
    return GPT(sizes)


def language_loss(model: GPT, ids: Int[Tensor, "batch n"]) -> Float[Tensor, ""]:
    """The next-token loss in nats; padding is no target."""
    logits = model(ids[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD_ID)


def pretrain(
    model: GPT, ids: Int[Tensor, "texts n"], n_steps: int, progress: bool, generator: torch.Generator
) -> None:
    """Train on next tokens, 64 texts a step, at a learning rate of 0.005."""

    def loss(step: int) -> Float[Tensor, ""]:
        return language_loss(model, ids[torch.randint(len(ids), (64,), generator=generator)])

    fit(model.parameters(), loss, n_steps, lr=5e-3, progress=progress)
