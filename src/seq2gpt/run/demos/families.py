"""Three objectives, the same blocks: what a model learns that sees one side of a gap, or both.

Three models with equal blocks get equal steps on the same windows of 16 characters:

- *causal* (GPT) predicts each next character, from the left alone;
- *masked* (BERT) restores 15 % of the characters, from both sides;
- *spans* (T5, in one stack) writes out one or two hidden spans, from both sides.

Then one character of held-out text is hidden, with 7 characters before it and 8 behind, and each model fills
the gap. The causal model sees the left side only; it can use the right side by search, trying its ten best
characters and keeping the one under which the whole window is most probable. That is the best answer of
all, and takes ten more windows. The masked model sees both sides in one pass, but a window taught it two
characters instead of fifteen: at this budget both sides bring it about as far as the left side brings the
causal model, and the spans model is still behind.

--data takes a text file or one of the sets tinyshakespeare and fairy_tales.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from seq2gpt.data.corpus import embedded_corpus, split_corpus
from seq2gpt.data.sets import read_data
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.gap_filling import COURSE, Causal, Masked, Parts, Rows, Sizes, Spans, right, train
from seq2gpt.tokens import CharTokenizer, build_char_vocab

WINDOW = 16
GAP = 7  # place of the hidden character in a window
SPANS = ((2, 1.0), (2, 2.0))  # two characters of a window hidden, in two spans or in one
SETS: dict[str, dict[str, Any]] = {"tinyshakespeare": {"n_steps": 300}, "fairy_tales": {"n_steps": 300}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A text file, or the set tinyshakespeare or fairy_tales; without it, the embedded corpus."""
    n_steps: int = 900
    """Steps of each model."""
    batch: int = 128
    """Windows in a step."""
    d_model: int = 64
    """Width of the hidden states."""
    n_layers: int = 2
    """Blocks of each model."""
    lr: float = 6e-3
    """Highest learning rate."""
    n_gaps: int = 2000
    """Characters of held-out text to fill in."""
    seed: int = 0
    """Draws weights, windows and what is hidden."""


def run(config: Config, progress: bool = True, parts: Parts = COURSE) -> DemoResult:
    """Train the three models, made of ``parts``, and let each fill the same gaps."""
    torch.manual_seed(config.seed)
    text = embedded_corpus() if config.data is None else read_data(config.data, SETS)
    tokenizer = CharTokenizer(build_char_vocab(text))
    training, held_out = (torch.tensor(tokenizer.encode(part)) for part in split_corpus(text, WINDOW))
    sizes = Sizes(
        n_symbols=tokenizer.vocab_size, length=WINDOW, d_model=config.d_model, n_layers=config.n_layers
    )
    causal, masked, spans = Causal(sizes, parts), Masked(sizes, parts), Spans(sizes, parts, SPANS)
    for family in (causal, masked, spans):
        train(
            family, lambda generator: draw_windows(training, config.batch, generator),
            config.n_steps, config.lr, config.seed, progress,
        )  # fmt: skip
    test = draw_windows(held_out, config.n_gaps, torch.Generator().manual_seed(config.seed))
    gaps = torch.full((len(test),), GAP)
    searched = causal.search(test, gaps) == test[:, GAP]
    figures = {
        "causal, left side, % right": right(causal, test, gaps),
        "causal, both sides by search, % right": 100 * searched.double().mean().item(),
        "masked, both sides, % right": right(masked, test, gaps),
        "spans, both sides, % right": right(spans, test, gaps),
    }
    return DemoResult(figures=figures)


def draw_windows(ids: Int[Tensor, "n_text"], n_windows: int, generator: torch.Generator) -> Rows:
    """Windows that start anywhere in the text."""
    starts = torch.randint(len(ids) - WINDOW, (n_windows, 1), generator=generator)
    return ids[starts + torch.arange(WINDOW)]
