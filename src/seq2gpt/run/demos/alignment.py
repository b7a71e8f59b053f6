"""The RNN learns to look: with attention, every word that is written can use every word that was read.

Data, tokens, batches and number of steps are those of `seq2gpt train seq2seq`. Expect nearly every number
right, long ones too. German writes units before tens, so the weights have to cross there; because number
words are made by rules, the true source word of every German one is known, and the figures say how often
the strongest weight lies on it. The "und" between units and tens translates nothing and is not counted.

With --data tatoeba_eng_fra the model learns from real sentences, whose true alignment nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt.data.translation import Pair, true_alignment
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.translation import (
    TRANSLATION_SETS,
    Task,
    TranslationConfig,
    evaluate,
    load_sacrebleu,
    load_task,
    show,
    train_model,
)
from seq2gpt.seq2seq import Seq2Seq, padding_mask

SETS = TRANSLATION_SETS


@dataclass(frozen=True, kw_only=True)
class Config(TranslationConfig):
    """Data and budget of the demonstration."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the RNN with attention, translate the test pairs and look at the weights."""
    load_sacrebleu()
    task = load_task(config)
    model = train_model("RNN with attention", task, config, progress)
    assert isinstance(model, Seq2Seq)
    figures = evaluate(model, task)
    picture = heat_map(model, task, task.test[-1])
    if config.data is None and config.language == "de":
        shares = alignment_shares(model, task, task.test)
        figures["words aligned, %"] = shares[0]
        figures["units and tens aligned, %"] = shares[1]
    return DemoResult(figures=figures, sample=f"{picture}\n\n{show(model, task)}")


@torch.no_grad()
def weights_of(model: Seq2Seq, task: Task, pairs: Sequence[Pair]) -> Float[Tensor, "pairs n m"]:
    """The weights over the source with which each word of the reference is predicted, <eos> the last."""
    source, target = task.tensors(pairs)
    state = model.encode(source, padding_mask(source))
    weights: Tensor = model.decoder.align(target[:, :-1], state)  # type: ignore[attr-defined]
    return weights


def alignment_shares(model: Seq2Seq, task: Task, pairs: Sequence[Pair]) -> tuple[float, float]:
    """In how many of 100 German words the strongest weight lies on the true source word.

    First of all words that translate one, then of those alone that German moves: units and tens that "und"
    joins.
    """
    all_words, moved_words = [], []
    for pair, weights in zip(pairs, weights_of(model, task, pairs), strict=True):
        truth = true_alignment(pair)
        for i, (place, strongest) in enumerate(zip(truth, weights.argmax(-1).tolist(), strict=False)):
            if place is not None:
                all_words.append(place == strongest)
                if None in truth[max(i - 1, 0) : i + 2]:
                    moved_words.append(place == strongest)
    return percentage(all_words), percentage(moved_words)


def percentage(hits: Sequence[bool]) -> float:
    """The share of ``True``, in per cent; not a number when there is nothing to count.

    >>> percentage([True, False])
    50.0
    """
    return 100 * sum(hits) / len(hits) if hits else float("nan")


def heat_map(model: Seq2Seq, task: Task, pair: Pair) -> str:
    """The weights as text: a row for every word written, a column for every word read, in tenths."""
    read = pair.source.split()
    width = max(len(word) for word in pair.target.split())
    weights = weights_of(model, task, [pair])[0]
    lines = [" " * (width + 1) + " ".join(read)]
    for word, row in zip(pair.target.split(), weights.tolist(), strict=False):
        cells = (
            f"{round(10 * weight) or '.':>{len(column)}}" for column, weight in zip(read, row, strict=True)
        )
        lines.append(f"{word:{width}} {' '.join(cells)}")
    return "\n".join(lines)
