"""Summaries: a causal model reads remarks about a film and writes which parts were good and which bad.

Text and summary are one sequence, and only the summary counts in the loss. Stated is ROUGE-L, the share of
words in the right order, on remarks that were never seen; for comparison, that of the text's first words.

With --data, a file in SQuAD's form or the set xquad_en, the texts are real: the beginnings of paragraphs, whose summary is
the title of the article. One paragraph in five is kept for the test; others of its article may have been seen. Two
hundred paragraphs are too few to learn from: the text's own first words come nearer to the titles than the model does.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from seq2gpt.data.generated import Report, reports
from seq2gpt.data.tasks import Paragraph, load_paragraphs
from seq2gpt.data.words import WordTokenizer, split_words
from seq2gpt.errors import UserError
from seq2gpt.families import CausalLanguageModel
from seq2gpt.finetuning import rouge_l
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, encode_rows
from seq2gpt.run.demos.loop import fit

START, END = "<|summary|>", "<|end|>"
LENGTH = 34
LONGEST = 12  # words of a summary
N_READ = 60  # words of a real paragraph that are read
SETS: dict[str, dict[str, Any]] = {"xquad_en": {"n_steps": 150}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A file in SQuAD's form, or the set xquad_en; without it, remarks are generated."""
    n_train: int = 8000
    """Generated texts with a summary to learn from."""
    n_test: int = 200
    """Generated texts for the test."""
    n_steps: int = 600
    """Steps of training."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train on texts with their summaries, then write summaries and compare."""
    torch.manual_seed(config.seed)
    train, test = load(config)
    wholes = [f"{prompt(report)} {report.summary} {END}" for report in train]
    tokenizer = WordTokenizer.from_texts(wholes, least=1 if config.data is None else 2)
    length = max(LENGTH, *(len(split_words(prompt(report))) + LONGEST for report in train))
    model = CausalLanguageModel(tokenizer.vocab_size, length, d_model=64, n_heads=4, n_layers=2)
    ids = encode_rows(wholes, tokenizer, length)
    summary_begins = (ids == tokenizer.id_of(START)).long().cumsum(-1).bool()
    targets = ids[:, 1:].masked_fill(~summary_begins[:, :-1], PAD_ID)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(ids), (64,), generator=generator)
        logits = model(ids[rows, :-1])
        return F.cross_entropy(logits.flatten(0, 1), targets[rows].flatten(), ignore_index=PAD_ID)

    fit(model.parameters(), loss, config.n_steps, lr=3e-3, progress=progress)
    written = write_summaries(model, tokenizer, test)
    scores = [rouge_l(w.split(), split_words(r.summary)) for w, r in zip(written, test, strict=True)]
    lead = [rouge_l(split_words(r.text)[: len(split_words(r.summary))], split_words(r.summary)) for r in test]
    figures = {
        "ROUGE-L, %": 100 * sum(scores) / len(scores),
        "ROUGE-L of the first words, %": 100 * sum(lead) / len(lead),
    }
    return DemoResult(figures=figures, sample=f"{test[0].text}\n{written[0]}")


def load(config: Config) -> tuple[list[Report], list[Report]]:
    """Texts with summaries to learn from, and for the test."""
    if config.data is None:
        return reports(config.n_train, 2 * config.seed), reports(config.n_test, 2 * config.seed + 1)
    read = [from_paragraph(paragraph) for paragraph in load_paragraphs(config.data)]
    drawn = [report for report in read if len(split_words(report.text)) == N_READ]
    random.Random(config.seed).shuffle(drawn)
    n_test = len(drawn) // 5
    if n_test == 0:
        raise UserError(
            f"{config.data} holds {len(drawn)} paragraphs of {N_READ} words; give --data 5 or more"
        )
    return drawn[n_test:], drawn[:n_test]


def from_paragraph(paragraph: Paragraph) -> Report:
    """The beginning of a paragraph, to be summed up by the title of its article, all in lower case."""
    words = split_words(paragraph.text.lower())[:N_READ]
    return Report(" ".join(words), " ".join(split_words(paragraph.title.lower())))


def prompt(report: Report) -> str:
    """What the model reads before it writes."""
    return f"{report.text} {START}"


@torch.no_grad()
def write_summaries(model: CausalLanguageModel, tokenizer: WordTokenizer, test: list[Report]) -> list[str]:
    """Greedy summaries. All texts have the same length, so one batch holds them."""
    ids: Int[Tensor, "texts n"] = torch.tensor([tokenizer.encode(prompt(report)) for report in test])
    n_read = ids.shape[1]
    for _ in range(LONGEST):
        ids = torch.cat([ids, model(ids)[:, -1:].argmax(-1)], dim=1)
    return [tokenizer.decode(row.tolist()).partition(f" {END}")[0] for row in ids[:, n_read:]]
