"""Cards on a table: a task that one attention head can learn, and only by learning its projections.

Each position holds a card that says *who* has *what* (``Ana tea``). The last card asks (``Ben ?``); the
head must hand over what Ben has. Some cards lie face down: they are left from an earlier game, name the
same people with other things, and a padding mask must hide them. Names and things are random vectors,
new in every batch, so nothing can be learned by heart: the head has to learn to look up.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from seq2gpt.attention import Mask, causal_mask, combine_masks, project_qkv, scaled_dot_product_attention
from seq2gpt.widgets.word_vectors import word_vector

D_WORD = 16
D_MODEL = 2 * D_WORD
WHO_SALT, WHAT_SALT = 0, 1

Projections = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Parts:
    """The functions of lesson 07 that the head is made of: the reference's, or a student's own."""

    project_qkv: Callable[..., Projections] = project_qkv
    causal_mask: Callable[[int], Mask] = causal_mask
    combine_masks: Callable[..., Mask | None] = combine_masks
    attention: Callable[..., tuple[Tensor, Tensor]] = scaled_dot_product_attention


@dataclass(frozen=True)
class Recall:
    """A trained head: its three matrices, the loss at every step, and the share of right answers."""

    weights: Projections
    losses: list[float]
    accuracy: float


def card(who: str, what: str) -> list[float]:
    """The hidden state of one card: the vector of ``who``, then the vector of ``what``."""
    return word_vector(who, D_WORD, WHO_SALT) + word_vector(what, D_WORD, WHAT_SALT)


def table(cards: Sequence[tuple[str, str]]) -> Float[Tensor, "n d_model"]:
    """The hidden states of several cards, one row each."""
    return torch.tensor([card(who, what) for who, what in cards])


def deal(
    games: int, n: int, generator: torch.Generator
) -> tuple[Float[Tensor, "games n d_model"], Bool[Tensor, "games n"], Int[Tensor, "games"]]:
    """Random games: the cards, which of them lie face up, and the place of the right answer.

    The last card asks about one of the cards that lie face up. Each card that lies face down repeats the
    name asked for, with a wrong thing.
    """
    who = torch.randn(games, n, D_WORD, generator=generator)
    what = torch.randn(games, n, D_WORD, generator=generator)
    what[:, -1] = torch.tensor(word_vector("?", D_WORD, WHAT_SALT))
    n_up = torch.randint(2, n, (games, 1), generator=generator)
    face_up = torch.arange(n) < n_up
    answer = (torch.rand(games, generator=generator) * n_up[:, 0]).long()
    asked = who[torch.arange(games), answer]
    who = torch.where(face_up[..., None], who, asked[:, None])  # face down, and the question itself
    face_up[:, -1] = True
    return torch.cat([who, what], dim=-1), face_up, answer


def look_up(
    cards: Float[Tensor, "games n d_model"],
    face_up: Bool[Tensor, "games n"],
    weights: Projections,
    parts: Parts,
) -> Float[Tensor, "games n"]:
    """How well the head's answer to the last card fits the thing on each card of the table (logits)."""
    mask = parts.combine_masks(parts.causal_mask(cards.shape[-2]), face_up[:, None, :])
    output, _ = parts.attention(*parts.project_qkv(cards, *weights), mask)
    things = cards[..., D_WORD:]
    return (things @ output[:, -1, :, None])[..., 0]


def accuracy(
    weights: Projections, parts: Parts | None = None, n: int = 12, games: int = 2000, seed: int = 1
) -> float:
    """Share of fresh games in which the best-fitting thing is the right one."""
    cards, face_up, answer = deal(games, n, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        logits = look_up(cards, face_up, weights, parts or Parts())
    return (logits.argmax(-1) == answer).double().mean().item()


def no_projections() -> Projections:
    """Query and key are the card as it is; the value is its second half, the thing."""
    return torch.eye(D_MODEL), torch.eye(D_MODEL), torch.eye(D_MODEL)[:, D_WORD:]


def train_recall(
    parts: Parts | None = None, n_steps: int = 600, seed: int = 6, n: int = 12, games: int = 128
) -> Recall:
    """Train W^Q, W^K and W^V from small random numbers until the head looks cards up.

    One to two seconds on one CPU core. The default seed gives a head that looks at itself little; others
    give as good a head that looks at itself more.
    """
    parts = parts or Parts()
    generator = torch.Generator().manual_seed(seed)
    weights = tuple(
        (torch.randn(D_MODEL, D_WORD, generator=generator) / D_MODEL**0.5).requires_grad_() for _ in "qkv"
    )
    optimizer = torch.optim.Adam(weights, lr=0.02)
    losses = []
    for step in range(n_steps):
        cards, face_up, answer = deal(games, n, generator)
        loss = F.cross_entropy(look_up(cards, face_up, weights, parts), answer)
        optimizer.param_groups[0]["lr"] = 0.02 * (1 - step / n_steps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    trained = tuple(w.detach() for w in weights)
    return Recall(trained, losses, accuracy(trained, parts, n))


def save_weights(weights: Projections, path: Path) -> None:
    """Write the matrices as the JSON that the attention widget reads."""
    note = "trained by `python -m seq2gpt.run.recall`"
    rows = {
        name: [[round(v, 3) for v in row] for row in w.tolist()]
        for name, w in zip(("w_q", "w_k", "w_v"), weights, strict=True)
    }
    path.write_text(json.dumps({"d_model": D_MODEL, "d_k": D_WORD, "note": note, **rows}), encoding="utf-8")


if __name__ == "__main__":
    recall = train_recall()
    save_weights(recall.weights, Path(__file__).parent.parent / "widgets" / "attention_weights.json")
    print(f"share of right answers: {recall.accuracy:.3f}")
