"""One attention head learns to look things up, and what each of its parts is for.

Cards lie on a table, each says who has what, and the last one asks. Some lie face down, left from an earlier
game, and a padding mask must hide them. The head's three matrices are all that is trained. Expect nearly every
question answered; without learned projections the question finds only itself, and without the padding mask the
cards of the earlier game mislead.

Then the reason for √d_k: queries and keys of random numbers have scores with a standard deviation of √d_k, and the
softmax of such scores puts nearly all weight on one key, where its gradient vanishes. Stated is the largest of 12
weights, on average, at d_k = 256.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seq2gpt.attention import softmax
from seq2gpt.errors import UserError
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.recall import Parts, accuracy, no_projections, train_recall

D_K = 256
N_KEYS = 12


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    n_cards: int = 12
    """Cards on the table, the question among them."""
    n_steps: int = 600
    """Steps of training."""
    seed: int = 0
    """Draws the weights and the games."""

    def __post_init__(self) -> None:
        for name, least in (("n_cards", 3), ("n_steps", 1)):
            if getattr(self, name) < least:
                raise UserError(f"{name}={getattr(self, name)} is out of range; use {least} or more")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the head, then take its parts away one by one."""
    trained = train_recall(n_steps=config.n_steps, seed=config.seed, n=config.n_cards)
    blind = Parts(combine_masks=only_causal)
    spread, unscaled, scaled = score_figures(torch.Generator().manual_seed(config.seed))
    figures = {
        "right answers, %": 100 * trained.accuracy,
        "without projections, %": 100 * accuracy(no_projections(), n=config.n_cards),
        "without the padding mask, %": 100 * accuracy(trained.weights, blind, config.n_cards),
        "standard deviation of scores": spread,
        "largest weight, scores as they are": unscaled,
        "largest weight, scores / √d_k": scaled,
    }
    return DemoResult(figures=figures)


def only_causal(causal: Bool[Tensor, "n n"], face_up: Bool[Tensor, "..."]) -> Bool[Tensor, "n n"]:
    """A mask that forgets which cards lie face up."""
    return causal


def score_figures(generator: torch.Generator) -> tuple[float, float, float]:
    """The spread of random scores, and the mean of the largest attention weight without and with 1 / √d_k."""
    query: Float[Tensor, "queries 1 d_k"] = torch.randn(1000, 1, D_K, generator=generator)
    key = torch.randn(1000, N_KEYS, D_K, generator=generator)
    scores = (query @ key.mT)[:, 0]
    unscaled, scaled = (softmax(scores / divisor).amax(-1).mean().item() for divisor in (1.0, D_K**0.5))
    return scores.std().item(), unscaled, scaled
