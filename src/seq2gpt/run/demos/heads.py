"""Heads: four places to look at, and what one, two and four heads make of it.

At every position of a row of random letters a model has to name four earlier letters: those 1, 2, 3 and 5 places
back. It has one attention layer, and its number of parameters is the same whatever the number of heads. A head
has one set of weights for each position: it can look at several places, but what it finds there comes out mixed.
Expect one head to get half of the letters right and two to get nine in ten, since two mixtures tell more than one;
with four heads each finds its own place, and all letters are right.

Printed is where each of the four heads looks, as the mean weight on each distance. Then the head that looks most at
one distance is switched off, for each distance in turn: the letter there is guessed, and the other three stay right.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from seq2gpt.errors import UserError
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.letter_game import Game, Training, rights, train_look_back, unseen_rows, weight_by_distance

GAME = Game()


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    d_model: int = 64
    """Width of the hidden states, a multiple of 8."""
    n_steps: int = 500
    """Steps of each model."""
    batch: int = 64
    """Rows of letters in a step."""
    seed: int = 0
    """Draws letters and weights."""

    def __post_init__(self) -> None:
        if self.d_model < 8 or self.d_model % 8 != 0:
            raise UserError(f"d_model={self.d_model} does not split into 4 heads; use a multiple of 8")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train a model for each number of heads; then look into the last one."""
    training = Training(
        d_model=config.d_model,
        n_steps=config.n_steps,
        batch=config.batch,
        seed=config.seed,
        progress=progress,
    )
    test = unseen_rows(GAME, config.seed)
    figures = {}
    for n_heads in (1, 2, 4):
        model = train_look_back(n_heads, GAME, training)
        figures[f"{n_heads} head{'s' * (n_heads > 1)}, letters right, %"] = sum(rights(model, test)) / 4
    seen = weight_by_distance(model, test)
    kept, lost = [], []
    for place, distance in enumerate(GAME.distances):
        after = rights(model, test, off=(int(seen[:, distance].argmax()),))
        lost.append(after.pop(place))
        kept += after
    figures["its head off, that letter right, %"] = sum(lost) / len(lost)
    figures["its head off, other letters right, %"] = sum(kept) / len(kept)
    return DemoResult(figures=figures, sample=picture(seen))


def picture(seen: Float[Tensor, "n_heads distances"]) -> str:
    """A row for each head, a column for each distance, weights in per cent."""
    lines = ["weight, %  " + "".join(f"{d:>4} back" for d in range(seen.shape[1]))]
    for head, row in enumerate(seen.tolist()):
        lines.append(f"head {head}     " + "".join(f"{100 * weight:9.0f}" for weight in row))
    return "\n".join(lines)
