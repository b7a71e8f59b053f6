"""Text as characters: what the demonstrations of language models share."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.data.corpus import split_corpus
from seq2gpt.gpt import next_token_loss
from seq2gpt.run.demos.loop import fit
from seq2gpt.tokens import CharTokenizer, build_char_vocab
from seq2gpt.training import get_batch

N_TEST = 200  # pieces of held-out text that a loss is measured on


@dataclass(frozen=True)
class CharText:
    """A text cut into a part to learn from and a part held out, as ids of its characters."""

    tokenizer: CharTokenizer
    training: Int[Tensor, "n_training"]
    held_out: Int[Tensor, "n_held_out"]


def as_characters(text: str, context_length: int) -> CharText:
    """Of every 20 slices of the text, each longer than ``context_length``, the last is held out.

    >>> as_characters("ab" * 30, context_length=2).held_out.tolist()
    [1, 0, 1]
    """
    tokenizer = CharTokenizer(build_char_vocab(text))
    training, held_out = (torch.tensor(tokenizer.encode(part)) for part in split_corpus(text, context_length))
    return CharText(tokenizer, training, held_out)


def train_on(
    model: nn.Module,
    ids: Int[Tensor, "n_text"],
    *,
    n_steps: int,
    batch: int,
    context_length: int,
    lr: float,
    seed: int,
    progress: bool,
) -> list[float]:
    """Train what is trainable on next characters; the loss of every step, in nats."""
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> Float[Tensor, ""]:
        inputs, targets = get_batch(ids, batch, context_length, generator)
        return next_token_loss(model(inputs), targets)

    return fit(model.parameters(), loss, n_steps, lr, progress)


@torch.no_grad()
def loss_by_position(
    model: Callable[[Tensor], Tensor], ids: Int[Tensor, "n_text"], context_length: int, n_pieces: int = N_TEST
) -> Float[Tensor, "context_length"]:
    """The mean loss, in nats, at every place of a context, over pieces of text that do not overlap."""
    n = min(n_pieces, (len(ids) - 1) // context_length)
    inputs, targets = (ids[shift : shift + n * context_length].view(n, -1) for shift in (0, 1))
    log_p = model(inputs).log_softmax(-1)
    return -log_p.gather(-1, targets[..., None])[..., 0].mean(0)


def held_out_loss(
    model: Callable[[Tensor], Tensor], ids: Int[Tensor, "n_text"], context_length: int, n_pieces: int = N_TEST
) -> float:
    """The loss of a character, in nats, over up to ``n_pieces`` pieces of text that do not overlap."""
    return loss_by_position(model, ids, context_length, n_pieces).mean().item()
