"""Latent Semantic Indexing: who is alike without having anything in common.

Seven people rated five films; 0 is a film that they have not seen. Ada and Ben share no film, so the cosine
of their ratings is 0. Others saw both films, and projected on the two strongest directions of all ratings
Ada and Ben are nearly the same; Ada and Gus, whom nobody links, stay apart.

The same is then done with the words of the texts that come with Python. A noun and its plural seldom stand in the same
paragraph, but with the same neighbours: how many of the other words are less similar to the noun than its
plural is, by the paragraphs in which they occur and after projection? Learned projections, such as
attention's, do the same with directions of their own.

--data takes a text file or one of the sets tinyshakespeare and fairy_tales.
"""

import math
import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt.data.corpus import python_texts
from seq2gpt.data.sets import read_data
from seq2gpt.embeddings import cosine_similarity, latent_semantic_projection, nearest_neighbours
from seq2gpt.errors import UserError
from seq2gpt.run.demos import DemoResult

SETS: dict[str, dict[str, Any]] = {"tinyshakespeare": {}, "fairy_tales": {}}
FILMS = ("Star Harbour", "The Long Orbit", "Red Planet Road", "A Summer in Lucca", "Letters to Anna")
SHOWN = ("integer", "exception", "socket", "letter", "daughter", "forest")
RATINGS = {
    "Ada": (5, 0, 0, 0, 0),
    "Ben": (0, 0, 4, 0, 0),
    "Chen": (5, 4, 5, 0, 0),
    "Dora": (4, 5, 4, 0, 1),
    "Emil": (0, 0, 0, 5, 4),
    "Fay": (0, 1, 0, 4, 5),
    "Gus": (0, 0, 0, 0, 5),
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A text file, or the set tinyshakespeare or fairy_tales; without it, Python's texts."""
    rank: int = 2
    """Directions kept of the ratings."""
    n_words: int = 1500
    """Words of the corpus, the most frequent of five letters or more."""
    n_paragraphs: int = 3000
    """Paragraphs in which they are counted."""
    word_rank: int = 50
    """Directions kept of the words."""
    seed: int = 0
    """Draws the paragraphs."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """People and films first, then words and paragraphs."""
    figures, table = compare_people(config.rank)
    text = python_texts() if config.data is None else read_data(config.data, SETS)
    words, counts = count_words(text, config.n_words, config.n_paragraphs, config.seed)
    if config.word_rank > min(counts.shape):
        raise UserError(f"word_rank={config.word_rank} is more than {min(counts.shape)}; use a smaller one")
    projected, _ = latent_semantic_projection(counts, config.word_rank)
    for name, vectors in (("as counted", counts), ("projected", projected)):
        figures[f"words less similar than the plural, {name}, %"] = 100 * plural_rank(words, vectors)
    lines = [table, ""]
    for word in SHOWN:
        if word in words:
            near = nearest_neighbours(projected[words.index(word)], projected, k=6).tolist()
            lines.append(f"near {word!r}: " + ", ".join(words[i] for i in near[1:]))
    return DemoResult(figures=figures, sample="\n".join(lines).strip())


def compare_people(rank: int) -> tuple[dict[str, float], str]:
    """Similarities before and after the projection, and the coordinates of all people and films."""
    ratings = torch.tensor(list(RATINGS.values()), dtype=torch.float)
    if not 1 <= rank <= min(ratings.shape):
        raise UserError(f"rank={rank} must lie between 1 and {min(ratings.shape)}")
    people, films = latent_semantic_projection(ratings, rank)
    names = list(RATINGS)
    figures = {}
    for other in ("Ben", "Gus"):
        pair = [names.index("Ada"), names.index(other)]
        for name, vectors in (("as rated", ratings), ("projected", people)):
            figures[f"Ada and {other}, {name}"] = cosine_similarity(*vectors[pair]).item()
    lines = [
        f"{name:18}" + "".join(f"{value:8.2f}" for value in row)
        for name, row in [*zip(names, people.tolist(), strict=True), *zip(FILMS, films.tolist(), strict=True)]
    ]
    return figures, "\n".join(lines)


def count_words(
    text: str, n_words: int, n_paragraphs: int, seed: int
) -> tuple[list[str], Float[Tensor, "n_words n_paragraphs"]]:
    """The most frequent words, and how often each occurs in each paragraph, as ln(1 + count) · rarity.

    Rarity is the logarithm of the share of paragraphs without the word turned round, ln(N / n_with), so that
    words which occur everywhere say little (Spärck Jones 1972).
    """
    paragraphs = [words for words in map(_long_words, text.split("\n\n")) if len(words) > 5]
    if not paragraphs:
        raise UserError("the text has no paragraph with six words of five letters; give a longer text")
    paragraphs = random.Random(seed).sample(paragraphs, min(n_paragraphs, len(paragraphs)))
    frequent = Counter(word for paragraph in paragraphs for word in paragraph).most_common(n_words)
    words = [word for word, _ in frequent]
    row = {word: i for i, word in enumerate(words)}
    counts = torch.zeros(len(words), len(paragraphs))
    for column, paragraph in enumerate(paragraphs):
        for word in paragraph:
            if word in row:
                counts[row[word], column] += 1
    n_with = (counts > 0).sum(1, keepdim=True)
    return words, counts.log1p() * (math.log(len(paragraphs)) - n_with.log())


def _long_words(text: str) -> list[str]:
    return re.findall(r"\b[a-z]{5,}\b", text.lower())


def plural_rank(words: list[str], vectors: Float[Tensor, "n_words d"]) -> float:
    """Which share of all words is less similar to a word than its plural is, on average over the plurals."""
    shares = []
    for i, word in enumerate(words):
        if word + "s" in words:
            similarity = cosine_similarity(vectors[i], vectors)
            shares.append((similarity < similarity[words.index(word + "s")]).double().mean().item())
    if not shares:
        raise UserError("no word of the text occurs with its plural; give a longer text")
    return sum(shares) / len(shares)
