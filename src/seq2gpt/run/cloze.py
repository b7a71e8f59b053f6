"""A little language in which the best answer to every gap is known.

Sentences have twelve words, for example *today an old dog barks in the garden because it is hungry*. Who makes a noise
decides which; the number of the noun runs from its article to the pronoun; *an* goes with *old*; one is *in* a garden
and *on* a roof. All 30,720 sentences are equally probable, so the probability of any word in any gap is found by
counting, once for a reader of the left side and once for a reader of both. ``python -m seq2gpt.run.cloze`` measures
the figures of lesson 12 again.

A gap that a reader has to fill is called a cloze (Taylor 1953).
"""

import json
from functools import cache
from itertools import product
from pathlib import Path
from statistics import mean, stdev

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.run.gap_filling import COURSE, FAMILIES, Causal, Family, Gaps, Parts, Rows, Sizes, right, train

TIMES = ("today", "now", "here", "often")
ADJECTIVES = {"a": ("small", "big", "young", "brown"), "an": ("old", "angry", "eager", "ugly")}
PLURAL = ("two", "many", "the")
# one, several, what one does, what several do
ACTORS = (
    ("dog", "dogs", "barks", "bark"), ("cat", "cats", "meows", "meow"), ("bird", "birds", "sings", "sing"),
    ("frog", "frogs", "croaks", "croak"), ("lion", "lions", "roars", "roar"), ("bee", "bees", "hums", "hum"),
    ("baby", "babies", "cries", "cry"), ("mouse", "mice", "squeaks", "squeak"),
)  # fmt: skip
PLACES = {"in": ("garden", "house", "forest"), "on": ("roof", "road", "table")}
STATES = ("hungry", "tired", "happy", "cold")
LENGTH = 12
PLACE_NAMES = (
    "time", "article", "adjective", "noun", "verb", "in/on", "the", "place", "because", "it/they", "is/are", "state",
)  # fmt: skip
MEASURED = Path(__file__).with_name("cloze_measured.json")
FIRST_GAP = 1  # nothing stands before the first word
BATCH, LR = 64, 6e-3
HELD_OUT = 5  # every fifth sentence is kept for tests


@cache
def sentences() -> tuple[str, ...]:
    """Every sentence, in one order.

    >>> len(sentences())
    30720
    """
    nouns = []
    for one, several, does, do in ACTORS:
        for article, adjectives in ADJECTIVES.items():
            nouns += [
                ((first, adjective, one, does), ("it", "is"))
                for adjective, first in product(adjectives, (article, "the"))
            ]
            nouns += [
                ((first, adjective, several, do), ("they", "are"))
                for adjective, first in product(adjectives, PLURAL)
            ]
    where = [(preposition, "the", place) for preposition, places in PLACES.items() for place in places]
    return tuple(
        " ".join((time, *noun, *there, "because", *they, state))
        for time, (noun, they), there, state in product(TIMES, nouns, where, STATES)
    )


@cache
def vocabulary() -> tuple[str, ...]:
    """All words in alphabetical order; a word's place is its id."""
    return tuple(sorted({word for sentence in sentences() for word in sentence.split()}))


def encode(sentence: str) -> list[int]:
    """The ids of the words of a sentence."""
    return [vocabulary().index(word) for word in sentence.split()]


@cache
def all_rows() -> Rows:
    """Every sentence as a row of ids."""
    ids = {word: number for number, word in enumerate(vocabulary())}
    return torch.tensor([[ids[word] for word in sentence.split()] for sentence in sentences()])


@cache
def _counted(gap: int, both_sides: bool) -> tuple[Int[Tensor, "sentences"], Float[Tensor, "groups words"]]:
    """Which sentences look alike to a reader of this gap, and how often each word stands in it among those."""
    rows = all_rows()
    seen = torch.cat([rows[:, :gap], rows[:, gap + 1 :]], 1) if both_sides else rows[:, :gap]
    _, group = torch.unique(seen, dim=0, return_inverse=True)
    counts = torch.zeros(int(group.max()) + 1, len(vocabulary()))
    counts.index_put_((group, rows[:, gap]), torch.ones(len(rows)), accumulate=True)
    return group, counts / counts.sum(1, keepdim=True)


def exact_probabilities(sentence: str, gap: int, both_sides: bool) -> dict[str, float]:
    """The words that may stand in the gap, with their probabilities, found by counting sentences.

    Raises ``ValueError`` when the sentence, with its own word in the gap, is none of the language.

    >>> exact_probabilities("today an old dog barks in the garden because it is hungry", 3, both_sides=True)
    {'dog': 1.0}
    """
    group, probabilities = _counted(gap, both_sides)
    row = probabilities[group[sentences().index(sentence)]]
    return {vocabulary()[i]: row[i].item() for i in row.nonzero().flatten().tolist()}


@cache
def limits(both_sides: bool) -> Float[Tensor, "length"]:
    """Per cent of right answers of the best reader there can be, for the gap at each place; nan for the first."""
    best = [torch.tensor(torch.nan)]
    for gap in range(FIRST_GAP, LENGTH):
        group, probabilities = _counted(gap, both_sides)
        best.append(100 * probabilities[group].amax(1).mean())
    return torch.stack(best)


@cache
def least_loss(both_sides: bool) -> float:
    """The mean of −log p of the right word, in nats, that the best reader has, over all gaps."""
    losses = []
    for gap in range(FIRST_GAP, LENGTH):
        group, probabilities = _counted(gap, both_sides)
        losses.append(-probabilities[group, all_rows()[:, gap]].log().mean().item())
    return mean(losses)


def train_family(
    kind: str,
    n_steps: int = 500,
    seed: int = 0,
    parts: Parts = COURSE,
    d_model: int = 32,
    progress: bool = False,
) -> Family:
    """A model of the family, trained on sentences drawn at random, in a few seconds."""
    torch.manual_seed(seed)
    family = FAMILIES[kind](Sizes(n_symbols=len(vocabulary()), length=LENGTH, d_model=d_model), parts)
    rows = all_rows()[torch.arange(len(all_rows())) % HELD_OUT > 0]
    train(
        family, lambda g: rows[torch.randint(len(rows), (BATCH,), generator=g)], n_steps, LR, seed, progress
    )  # fmt: skip
    family.model.eval()
    return family


def unseen_gaps(seed: int = 0, n_rows: int = 1100) -> tuple[Rows, Gaps]:
    """Sentences that no training reads, and a gap in each, all places but the first equally often."""
    rows = all_rows()[::HELD_OUT]
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:n_rows]]
    return rows, torch.arange(n_rows) % (LENGTH - FIRST_GAP) + FIRST_GAP


def right_by_place(family: Family, seed: int = 0) -> list[float]:
    """In how many gaps of a hundred the most probable word is right, for each place but the first."""
    rows, gaps = unseen_gaps(seed)
    return [right(family, rows[gaps == gap], gaps[gaps == gap]) for gap in range(FIRST_GAP, LENGTH)]


BUDGETS = (25, 50, 100, 200, 400)


def measure(
    seeds: tuple[int, ...] = (0, 1, 2), budgets: tuple[int, ...] = BUDGETS
) -> dict[str, dict[str, list[float]]]:
    """Gaps filled right, in per cent, a value for each seed: by reader, then by the number of training steps."""
    figures: dict[str, dict[str, list[float]]] = {}
    for kind, n_steps, seed in product(FAMILIES, budgets, seeds):
        family = train_family(kind, n_steps, seed)
        rows, gaps = unseen_gaps(seed)
        found = {kind: right(family, rows, gaps)}
        if isinstance(family, Causal):
            answer = rows[torch.arange(len(rows)), gaps]
            found["causal, search"] = 100 * (family.search(rows, gaps) == answer).double().mean().item()
        with torch.no_grad():
            torch.manual_seed(seed)
            found[f"{kind}, loss"] = family.loss(rows, step=0).item()
        for reader, value in found.items():
            figures.setdefault(reader, {}).setdefault(str(n_steps), []).append(round(value, 3))
    return figures


def mean_and_spread(values: list[float], digits: int = 1) -> str:
    """Mean ± standard deviation.

    >>> mean_and_spread([1.0, 2.0, 3.0])
    '2.0 ± 1.0'
    """
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


def measured() -> dict[str, dict[str, list[float]]]:
    """What ``python -m seq2gpt.run.cloze`` measured last: by reader and number of steps, a value for each seed."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    MEASURED.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
