"""Lesson 05 at work: a translator made of its parts, yours or the course's, and what the one state costs it.

`python -m seq2gpt.run.translators FILE` trains the course's own on number words from three seeds, in about a minute of
computing, and writes how BLEU falls with the length of the source: the figure of the lesson.
"""

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt import seq2seq
from seq2gpt.data.translation import Vocabulary, load_pairs, split_pairs
from seq2gpt.run.demos.loop import fit
from seq2gpt.run.translation import LONGEST, Task, TranslationConfig, load_task, trimmed
from seq2gpt.seq2seq import BOS, EOS, Seq2Seq

D_MODEL, LR = 128, 4e-3  # as the first rung of the ladder
BINS = ((1, 5), (6, 8), (9, 11), (12, 13), (14, 15), (16, 17))
"""Numbers of words of a source, first and last: the groups in which BLEU is taken."""


@dataclass(frozen=True)
class Parts:
    """The functions and classes of lesson 05 that a translator is made of: the reference's, or a student's own."""

    pad_batch: Callable[..., Tensor] = seq2seq.pad_batch
    encoder: Callable[..., Any] = seq2seq.Seq2SeqEncoder
    decoder: Callable[..., Any] = seq2seq.Seq2SeqDecoder
    loss: Callable[..., Float[Tensor, ""]] = seq2seq.teacher_forced_loss
    greedy_decode: Callable[..., list[list[int]]] = seq2seq.greedy_decode
    beam_search: Callable[..., list[int]] = seq2seq.beam_search
    bleu: Callable[[Sequence[str], Sequence[str]], float] = seq2seq.bleu


@dataclass(frozen=True)
class Translator:
    """A trained model with its task, the parts that it was made of, and the loss at every step."""

    model: Seq2Seq
    task: Task
    parts: Parts
    losses: list[float]

    def write(self, sources: Sequence[str], beam_width: int = 1) -> list[str]:
        """Translations: greedy, or found by a beam search of that width."""
        source_ids = [self.task.source_vocabulary.encode(source) for source in sources]
        if beam_width == 1:
            written = self.parts.greedy_decode(self.model, self.parts.pad_batch(source_ids), LONGEST)
        else:
            search = self.parts.beam_search
            written = [search(self.model, torch.tensor(ids), beam_width, LONGEST) for ids in source_ids]
        return [self.task.target_vocabulary.decode(ids) for ids in written]

    def bleu(self) -> float:
        """BLEU of the greedy translations of the test pairs."""
        sources, references = zip(*self.task.test, strict=True)
        return self.parts.bleu(self.write(sources), references)

    def bleu_by_length(self) -> list[float]:
        """BLEU of the test pairs, by the number of words of the source, for every group of :data:`BINS`."""
        pairs = [
            [pair for pair in self.task.test if first <= len(pair.source.split()) <= last]
            for first, last in BINS
        ]
        return [
            self.parts.bleu(self.write([pair.source for pair in group]), [pair.target for pair in group])
            for group in pairs
        ]


def train_translator(
    task: Task, parts: Parts | None = None, n_steps: int = 500, seed: int = 0, batch_size: int = 64
) -> Translator:
    """The first rung of the ladder, trained on ``task`` with the parts given.

    With the course's own parts the model is that of ``seq2gpt train seq2seq``, bit for bit.
    """
    parts = parts or Parts()
    torch.manual_seed(seed)
    vocabularies = (task.source_vocabulary, task.target_vocabulary)
    encoder, decoder = (
        part(len(words), D_MODEL)
        for part, words in zip((parts.encoder, parts.decoder), vocabularies, strict=True)
    )
    model = Seq2Seq(encoder, decoder)
    source = parts.pad_batch([task.source_vocabulary.encode(pair.source) for pair in task.training])
    target = parts.pad_batch(
        [[BOS, *task.target_vocabulary.encode(pair.target), EOS] for pair in task.training]
    )
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(source), (batch_size,), generator=generator)
        return parts.loss(model, trimmed(source[rows]), trimmed(target[rows]))

    losses = fit(model.parameters(), loss, n_steps, LR, progress=False)
    return Translator(model.eval(), task, parts, losses)


def load_short_pairs(data: Path, most_words: int = 5, n_test: int = 600, seed: int = 0) -> Task:
    """The pairs of a file or set whose sources have few words; a word seen less than three times is <unk>."""
    pairs = [pair for pair in load_pairs(data) if len(pair.source.split()) <= most_words]
    training, test = split_pairs(pairs, n_test, seed)
    vocabularies = (Vocabulary.from_texts(side, least=3) for side in zip(*training, strict=True))
    return Task(training, test, *vocabularies)


def measure(n_seeds: int = 3) -> dict[str, Any]:
    """BLEU of the course's own parts on number words, all and by length, mean and standard deviation."""
    runs = [train_translator(load_task(TranslationConfig(seed=seed)), seed=seed) for seed in range(n_seeds)]
    totals = [run.bleu() for run in runs]
    by_length = list(zip(*(run.bleu_by_length() for run in runs), strict=True))
    return {
        "words": [list(group) for group in BINS],
        "mean": [round(statistics.mean(values), 1) for values in by_length],
        "sd": [round(statistics.stdev(values), 1) for values in by_length],
        "all": [round(statistics.mean(totals), 1), round(statistics.stdev(totals), 1)],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()) + "\n", encoding="utf-8")
