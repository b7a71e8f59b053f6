"""One gap, three families: the same blocks trained to continue, to restore and to write out spans.

A *row* is a sequence of symbols of one length, a window of text or a sentence. Each family learns from rows by its
own objective; then one symbol of a row is hidden, and each says what stood in the gap. That question is the same for
all of them, which their losses are not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.families import (
    CausalLanguageModel,
    MaskedLanguageModel,
    PrefixLanguageModel,
    corrupt_spans,
    draw_spans,
    mask_tokens,
)
from seq2gpt.language_models import cross_entropy, next_token_pairs, sequence_log_probability
from seq2gpt.run.demos.loop import fit

N_SENTINELS = 3  # for two spans and the end
# Hidden symbols, and the mean length of a span: one gap as in the test, two gaps, and one gap of two.
SPANS = ((1, 1.0), (2, 1.0), (2, 2.0))
N_PATTERNS = 512
N_CANDIDATES = 10

Rows = Int[Tensor, "batch n"]
Gaps = Int[Tensor, "batch"]
Symbols = Int[Tensor, "batch"]


@dataclass(frozen=True)
class Parts:
    """The parts of lesson 12 that the families are made of: the course's, or a student's own."""

    mask_tokens: Callable[..., tuple[Tensor, Tensor]] = mask_tokens
    masked_model: Callable[..., MaskedLanguageModel] = MaskedLanguageModel
    corrupt_spans: Callable[..., tuple[Tensor, Tensor]] = corrupt_spans
    causal_model: Callable[..., CausalLanguageModel] = CausalLanguageModel


COURSE = Parts()


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many symbols there are, how long a row is, and how large the blocks are."""

    n_symbols: int
    length: int
    d_model: int = 64
    n_heads: int = 4
    n_layers: int = 2

    @property
    def blocks(self) -> tuple[int, int, int]:
        """What every model is told about its blocks."""
        return self.d_model, self.n_heads, self.n_layers


class Causal:
    """GPT: the next symbol, from those before it."""

    def __init__(self, sizes: Sizes, parts: Parts = COURSE) -> None:
        self.model = parts.causal_model(sizes.n_symbols, sizes.length, *sizes.blocks)

    def loss(self, rows: Rows, step: int) -> Float[Tensor, ""]:
        """The mean over all symbols but the first, each predicted from those before it."""
        inputs, targets = next_token_pairs(rows)
        return cross_entropy(self.model(inputs), targets)

    @torch.no_grad()
    def logits(self, rows: Rows, gaps: Gaps) -> Float[Tensor, "batch symbols"]:
        """The logits of the symbol in each row's gap, given what stands before it."""
        return self.model(rows)[torch.arange(len(rows)), gaps - 1]

    @torch.no_grad()
    def search(self, rows: Rows, gaps: Gaps) -> Symbols:
        """Of the most probable symbols, the one under which the whole row is most probable."""
        candidates = self.logits(rows, gaps).topk(N_CANDIDATES).indices
        filled = rows[:, None].repeat(1, N_CANDIDATES, 1)  # batch candidates n
        filled[torch.arange(len(rows)), :, gaps] = candidates
        inputs, targets = next_token_pairs(filled.flatten(0, 1))
        scores = sequence_log_probability(self.model(inputs), targets).view_as(candidates)
        return candidates.gather(1, scores.argmax(1, keepdim=True))[:, 0]


class Masked:
    """BERT: the symbols that are hidden, from all others."""

    def __init__(self, sizes: Sizes, parts: Parts = COURSE) -> None:
        self.n_symbols = self.mask_id = sizes.n_symbols
        self.mask_tokens = parts.mask_tokens
        self.model = parts.masked_model(sizes.n_symbols + 1, sizes.length, *sizes.blocks)

    def loss(self, rows: Rows, step: int) -> Float[Tensor, ""]:
        """The mean over the symbols that were chosen, about 15 in a hundred."""
        inputs, chosen = self.mask_tokens(rows, self.mask_id, self.n_symbols)
        return cross_entropy(self.model(inputs), rows, chosen)

    @torch.no_grad()
    def logits(self, rows: Rows, gaps: Gaps) -> Float[Tensor, "batch symbols"]:
        """The logits of the symbol in each row's gap, given both sides."""
        return self.model(hide(rows, gaps, self.mask_id))[torch.arange(len(rows)), gaps]


class Spans:
    """T5, in one stack: the hidden spans, written one symbol after the other behind what is left of the row."""

    def __init__(
        self, sizes: Sizes, parts: Parts = COURSE, spans: Sequence[tuple[int, float]] = SPANS
    ) -> None:
        self.sentinel = sizes.n_symbols
        self.model = PrefixLanguageModel(sizes.n_symbols + N_SENTINELS, 2 * sizes.length, *sizes.blocks)
        # Sizes are equal within a batch.
        self.patterns = [span_patterns(sizes.length, *form, parts) for form in spans]

    def loss(self, rows: Rows, step: int) -> Float[Tensor, ""]:
        """The mean over what is written: hidden symbols and sentinels, without the first, which never changes."""
        read, written = self.patterns[step % len(self.patterns)]
        drawn = torch.randint(N_PATTERNS, (len(rows),))
        sentinels = (self.sentinel + torch.arange(N_SENTINELS)).expand(len(rows), -1)
        symbols = torch.cat([rows, sentinels], 1)  # batch n+sentinels
        inputs, targets = symbols.gather(1, read[drawn]), symbols.gather(1, written[drawn])
        logits = self.model(torch.cat([inputs, targets[:, :-1]], 1), n_prefix=inputs.shape[1])
        return cross_entropy(logits[:, inputs.shape[1] :], targets[:, 1:])

    @torch.no_grad()
    def logits(self, rows: Rows, gaps: Gaps) -> Float[Tensor, "batch symbols"]:
        """The logits of the first symbol of the span that each row's gap holds, given both sides."""
        start = rows.new_full((len(rows), 1), self.sentinel)
        read = torch.cat([hide(rows, gaps, self.sentinel), start], 1)
        return self.model(read, n_prefix=rows.shape[1])[:, -1]


Family = Causal | Masked | Spans
FAMILIES: dict[str, type[Family]] = {"causal": Causal, "masked": Masked, "spans": Spans}


def span_patterns(
    length: int, n_hidden: int, mean_length: float, parts: Parts = COURSE
) -> tuple[Int[Tensor, "n_patterns n_read"], Int[Tensor, "n_patterns n_written"]]:
    """Which places of a row are read and which are written, for spans drawn at random.

    The places from ``length`` on are the sentinels.
    """
    places = torch.arange(length)
    pairs = [
        parts.corrupt_spans(places, draw_spans(length, n_hidden / length, mean_length), first_sentinel=length)
        for _ in range(N_PATTERNS)
    ]
    return torch.stack([read for read, _ in pairs]), torch.stack([written for _, written in pairs])


def hide(rows: Rows, gaps: Gaps, symbol: int) -> Rows:
    """The rows with ``symbol`` in their gaps.

    >>> hide(torch.tensor([[5, 6, 7]]), torch.tensor([1]), 99).tolist()
    [[5, 99, 7]]
    """
    hidden = rows.clone()
    hidden[torch.arange(len(rows)), gaps] = symbol
    return hidden


def train(
    family: Family,
    draw: Callable[[torch.Generator], Rows],
    n_steps: int,
    lr: float,
    seed: int,
    progress: bool,
) -> None:
    """Steps on the rows that ``draw`` gives for the seed: the same rows, whatever the family."""
    generator = torch.Generator().manual_seed(seed)
    fit(
        family.model.parameters(), lambda step: family.loss(draw(generator), step), n_steps, lr, progress
    )  # fmt: skip


def right(family: Family, rows: Rows, gaps: Gaps) -> float:
    """In how many gaps of a hundred the most probable symbol is the one that stood there."""
    found = family.logits(rows, gaps).argmax(-1)
    return 100 * (found == rows[torch.arange(len(rows)), gaps]).double().mean().item()
