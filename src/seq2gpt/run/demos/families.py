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
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.data.corpus import embedded_corpus, split_corpus
from seq2gpt.data.sets import read_data
from seq2gpt.families import (
    CausalLanguageModel,
    MaskedLanguageModel,
    PrefixLanguageModel,
    corrupt_spans,
    draw_spans,
    mask_tokens,
)
from seq2gpt.language_models import cross_entropy, next_token_pairs, sequence_log_probability
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.loop import fit
from seq2gpt.tokens import CharTokenizer, build_char_vocab

WINDOW = 16
GAP = 7  # place of the hidden character in a window
N_SENTINELS = 3  # for two spans and the end
N_PATTERNS = 512
N_CANDIDATES = 10
N_HEADS = 4
SETS: dict[str, dict[str, Any]] = {"tinyshakespeare": {"n_steps": 300}, "fairy_tales": {"n_steps": 300}}

Windows = Int[Tensor, "batch n"]
Characters = Int[Tensor, "batch"]


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


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the three models, and let each fill the same gaps."""
    torch.manual_seed(config.seed)
    text = embedded_corpus() if config.data is None else read_data(config.data, SETS)
    tokenizer = CharTokenizer(build_char_vocab(text))
    training, held_out = (torch.tensor(tokenizer.encode(part)) for part in split_corpus(text, WINDOW))
    n_symbols = tokenizer.vocab_size
    causal, masked, spans = Causal(n_symbols, config), Masked(n_symbols, config), Spans(n_symbols, config)
    for family in (causal, masked, spans):
        train(family, training, config, progress)
    test = draw_windows(held_out, config.n_gaps, torch.Generator().manual_seed(config.seed))
    answers = {
        "causal, left side": causal.fill(test),
        "causal, both sides by search": causal.search(test),
        "masked, both sides": masked.fill(test),
        "spans, both sides": spans.fill(test),
    }
    figures = {
        f"{name}, % right": 100 * (answer == test[:, GAP]).double().mean().item()
        for name, answer in answers.items()
    }
    return DemoResult(figures=figures)


def draw_windows(ids: Int[Tensor, "n_text"], n_windows: int, generator: torch.Generator) -> Windows:
    """Windows that start anywhere in the text."""
    starts = torch.randint(len(ids) - WINDOW, (n_windows, 1), generator=generator)
    return ids[starts + torch.arange(WINDOW)]


class Causal:
    """GPT: the next character, from those before it."""

    def __init__(self, n_symbols: int, config: Config) -> None:
        self.model = CausalLanguageModel(n_symbols, WINDOW, config.d_model, N_HEADS, config.n_layers)

    def loss(self, ids: Windows, step: int) -> Float[Tensor, ""]:
        inputs, targets = next_token_pairs(ids)
        return cross_entropy(self.model(inputs), targets)

    @torch.no_grad()
    def fill(self, ids: Windows) -> Characters:
        """The most probable character in the gap, given what stands before it."""
        return self.model(ids[:, :GAP])[:, -1].argmax(-1)

    @torch.no_grad()
    def search(self, ids: Windows) -> Characters:
        """Of the most probable characters, the one under which the whole window is most probable."""
        candidates = self.model(ids[:, :GAP])[:, -1].topk(N_CANDIDATES).indices
        filled = ids[:, None].repeat(1, N_CANDIDATES, 1)  # batch candidates n
        filled[:, :, GAP] = candidates
        inputs, targets = next_token_pairs(filled.flatten(0, 1))
        scores = sequence_log_probability(self.model(inputs), targets).view_as(candidates)
        return candidates.gather(1, scores.argmax(1, keepdim=True))[:, 0]


class Masked:
    """BERT: the characters that are hidden, from all others."""

    def __init__(self, n_symbols: int, config: Config) -> None:
        self.n_symbols = self.mask_id = n_symbols
        self.model = MaskedLanguageModel(n_symbols + 1, WINDOW, config.d_model, N_HEADS, config.n_layers)

    def loss(self, ids: Windows, step: int) -> Float[Tensor, ""]:
        inputs, chosen = mask_tokens(ids, self.mask_id, self.n_symbols)
        return cross_entropy(self.model(inputs), ids, chosen)

    @torch.no_grad()
    def fill(self, ids: Windows) -> Characters:
        """The most probable character in the gap, given both sides."""
        return self.model(hide(ids, self.mask_id))[:, GAP].argmax(-1)


class Spans:
    """T5: the hidden spans, written one character after the other behind what is left of the text."""

    def __init__(self, n_symbols: int, config: Config) -> None:
        self.sentinel = n_symbols
        self.model = PrefixLanguageModel(
            n_symbols + N_SENTINELS, 2 * WINDOW, config.d_model, N_HEADS, config.n_layers
        )
        # Two spans of one character, or one span of two: sizes are equal within a batch.
        self.patterns = [span_patterns(mean_length) for mean_length in (1.0, 2.0)]

    def loss(self, ids: Windows, step: int) -> Float[Tensor, ""]:
        read, written = self.patterns[step % len(self.patterns)]
        drawn = torch.randint(N_PATTERNS, (len(ids),))
        sentinels = (self.sentinel + torch.arange(N_SENTINELS)).expand(len(ids), -1)
        ids = torch.cat([ids, sentinels], 1)  # batch n+sentinels
        inputs, targets = ids.gather(1, read[drawn]), ids.gather(1, written[drawn])
        logits = self.model(torch.cat([inputs, targets[:, :-1]], 1), n_prefix=inputs.shape[1])
        return cross_entropy(logits[:, inputs.shape[1] :], targets[:, 1:])  # the first is always a sentinel

    @torch.no_grad()
    def fill(self, ids: Windows) -> Characters:
        """The most probable first character of the span that the gap holds, given both sides."""
        start = ids.new_full((len(ids), 1), self.sentinel)
        logits = self.model(torch.cat([hide(ids, self.sentinel), start], 1), n_prefix=ids.shape[1])
        return logits[:, -1].argmax(-1)


def span_patterns(
    mean_length: float,
) -> tuple[Int[Tensor, "n_patterns n_read"], Int[Tensor, "n_patterns n_written"]]:
    """Which places of a window are read and which are written, for spans drawn at random.

    The places from ``WINDOW`` on are the sentinels.
    """
    places = torch.arange(WINDOW)
    pairs = [
        corrupt_spans(places, draw_spans(WINDOW, mean_length=mean_length), first_sentinel=WINDOW)
        for _ in range(N_PATTERNS)
    ]
    return torch.stack([read for read, _ in pairs]), torch.stack([written for _, written in pairs])


def train(
    family: Causal | Masked | Spans, text: Int[Tensor, "n_text"], config: Config, progress: bool
) -> None:
    """The same steps on the same windows, whatever the objective."""
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        return family.loss(draw_windows(text, config.batch, generator), step)

    fit(family.model.parameters(), loss, config.n_steps, config.lr, progress)


def hide(ids: Windows, symbol: int) -> Windows:
    """The windows with ``symbol`` in the gap."""
    hidden = ids.clone()
    hidden[:, GAP] = symbol
    return hidden
