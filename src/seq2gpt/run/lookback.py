"""What looking back buys: the measurements of lesson 06, and the training of its lab.

Four models translate the same number words with the same tokens, batches and number of steps: the RNN of
lesson 05, and RNNs with attention by each of three scores. ``python -m seq2gpt.run.lookback`` trains each of them
from three seeds and writes what they reach to the lesson's folder, and where they look, while they learn, to the
widget's.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seq2gpt.alignment import (
    AttentionDecoder,
    BidirectionalEncoder,
    alignment_weights,
    dot_score,
    general_score,
)
from seq2gpt.data.translation import TATOEBA, Pair, number_words, true_alignment
from seq2gpt.run.demos.alignment import alignment_shares, weights_of
from seq2gpt.run.demos.loop import fit
from seq2gpt.run.translation import (
    LADDER,
    LONGEST,
    Task,
    TranslationConfig,
    build_rnn,
    corpus_bleu,
    load_task,
    loss_on_batches,
)
from seq2gpt.run.translators import BINS, load_short_pairs
from seq2gpt.seq2seq import Seq2Seq, Seq2SeqDecoder, Seq2SeqEncoder, State, greedy_decode

NUMBERS = (34, 21, 567, 48_352, 263_071, 91_000_045, 345_678_912)
"""Numbers whose alignments the widget shows."""
STEPS = (0, 50, 100, 150, 200, 300, 500)
"""After how many steps of training it shows them; the last is the end."""


class DotDecoder(AttentionDecoder):
    """An :class:`AttentionDecoder` that asks with :func:`dot_score`, which has no parameters."""

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__(vocab_size, d_model)
        del self.w_query, self.w_key, self.v

    def look(self, query: Float[Tensor, "batch n d_model"], state: State) -> Float[Tensor, "batch n m"]:
        """The weights that the states ``query`` give to the source positions of ``state``."""
        return alignment_weights(dot_score(query, state[1]), state[2])


class GeneralDecoder(DotDecoder):
    """An :class:`AttentionDecoder` that asks with :func:`general_score`, whose parameter is ``w``."""

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__(vocab_size, d_model)
        self.w = nn.Parameter(torch.randn(d_model, d_model) / d_model)

    def look(self, query: Float[Tensor, "batch n d_model"], state: State) -> Float[Tensor, "batch n m"]:
        """The weights that the states ``query`` give to the source positions of ``state``."""
        return alignment_weights(general_score(query, state[1], self.w), state[2])


SCORES: dict[str, type[AttentionDecoder]] = {
    "additive": AttentionDecoder, "general": GeneralDecoder, "dot": DotDecoder,
}  # fmt: skip


def build(decoder: Callable[[int, int], Any], task: Task, d_model: int = 128) -> Seq2Seq:
    """A bidirectional encoder and a decoder that looks back, for the words of ``task``."""
    encoder = BidirectionalEncoder(len(task.source_vocabulary), d_model)
    return Seq2Seq(encoder, decoder(len(task.target_vocabulary), d_model))


def train(
    model: Seq2Seq, task: Task, config: TranslationConfig, watch: Callable[[int], None] = lambda step: None
) -> Seq2Seq:
    """``model``, trained with the ladder's learning rate; ``watch`` is called with every step before it is made."""
    loss = loss_on_batches(model, task, config)

    def watched(step: int) -> Float[Tensor, ""]:
        watch(step)
        return loss(step)

    fit(model.parameters(), watched, config.n_steps, LADDER["RNN with attention"].lr, progress=False)
    return model.eval()


@dataclass(frozen=True)
class Lab:
    """What the lab trains on, and how long: number words, or real sentences where they are at hand."""

    task: Task
    config: TranslationConfig
    d_model: int
    real: bool

    def train(self, decoder: Callable[[int, int], Any]) -> Seq2Seq:
        """The course's encoder with a decoder of the class given, trained."""
        torch.manual_seed(self.config.seed)
        return train(build(decoder, self.task, self.d_model), self.task, self.config)

    def train_without_looking(self) -> Seq2Seq:
        """The model of lesson 05, of the same width, trained on the same batches."""
        torch.manual_seed(self.config.seed)
        encoder = Seq2SeqEncoder(len(self.task.source_vocabulary), self.d_model)
        decoder = Seq2SeqDecoder(len(self.task.target_vocabulary), self.d_model)
        return train(Seq2Seq(encoder, decoder), self.task, self.config)


def open_numbers(seed: int = 0) -> Lab:
    """Numbers of up to six digits in words, English and German."""
    config = TranslationConfig(n_digits=6, n_train=3000, n_test=300, n_steps=300, seed=seed)
    return Lab(load_task(config), config, d_model=64, real=False)


def open_sentences(seed: int = 0) -> Lab:
    """Tatoeba's English sentences of up to five words and their French translations."""
    task = load_short_pairs(Path(TATOEBA), seed=seed)
    return Lab(task, TranslationConfig(n_steps=500, seed=seed), d_model=128, real=True)


def open_lab_task(seed: int = 0) -> Lab:
    """:func:`open_numbers`; where ``SEQ2GPT_DATA`` names a folder with the published sets, :func:`open_sentences`."""
    return open_sentences(seed) if os.environ.get("SEQ2GPT_DATA") else open_numbers(seed)


def by_length(model: Seq2Seq, task: Task) -> list[dict[str, float]]:
    """For each group of :data:`seq2gpt.run.translators.BINS`: BLEU of the test pairs, and in how many of 100 every word is right."""
    rows = []
    for shortest, longest in BINS:
        pairs = [pair for pair in task.test if shortest <= len(pair.source.split()) <= longest]
        ids = greedy_decode(model, task.tensors(pairs)[0], LONGEST)
        written = [task.target_vocabulary.decode(row) for row in ids]
        right = [text == pair.target for text, pair in zip(written, pairs, strict=True)]
        bleu = corpus_bleu(written, [pair.target for pair in pairs])
        rows.append({"BLEU": bleu, "right": 100 * statistics.mean(right), "pairs": len(pairs)})
    return rows


def where_it_looks(model: Seq2Seq, task: Task, pairs: Sequence[Pair]) -> list[list[list[float]]]:
    """For each pair the weights of every target word over the words of its source, to three digits."""
    maps = []
    for pair in pairs:
        weights = weights_of(model, task, [pair])[0, : len(pair.target.split())]
        maps.append([[round(weight, 3) for weight in row] for row in weights.tolist()])
    return maps


def measure(name: str, seed: int, snapshots: list[Any] | None = None) -> dict[str, Any]:
    """What one model reaches: ``none`` for the RNN of lesson 05, else the name of a score.

    To ``snapshots`` the alignments of :data:`NUMBERS` are added, after each of :data:`STEPS`.
    """
    config = TranslationConfig(seed=seed)
    task = load_task(config)
    torch.manual_seed(seed)
    if name == "none":
        return {"lengths": by_length(train(build_rnn(task), task, config), task)}
    model = build(SCORES[name], task)

    def watch(step: int) -> None:
        if snapshots is not None and step in STEPS:
            snapshots.append(where_it_looks(model, task, shown_pairs()))

    train(model, task, config, watch)
    watch(config.n_steps)
    words, moved = alignment_shares(model, task, task.test)
    return {"lengths": by_length(model, task), "aligned": words, "moved": moved}


def shown_pairs() -> list[Pair]:
    """The pairs whose alignments the widget shows."""
    return [Pair(number_words(number, "en"), number_words(number, "de")) for number in NUMBERS]


def main(results: Path, shown: Path) -> None:
    """Measure with three seeds and write both files."""
    maps: dict[str, list[Any]] = {name: [] for name in SCORES}
    runs: list[dict[str, Any]] = []
    for seed in range(3):
        runs.append(
            {name: measure(name, seed, maps.get(name) if seed == 0 else None) for name in ("none", *SCORES)}
        )
        print(f"seed {seed}: {json.dumps(runs[-1])}", flush=True)
    save(runs, maps, results, shown)


def save(runs: list[dict[str, Any]], maps: dict[str, list[Any]], results: Path, shown: Path) -> None:
    """What the chapter reads, and what the widget reads."""
    note = "written by `python -m seq2gpt.run.lookback FILE`, three seeds"
    text = json.dumps({"note": note, "lengths": BINS, "runs": runs}, indent=1)
    results.write_text(text + "\n", encoding="utf-8")
    sentences = [
        {
            "number": number,
            "source": pair.source.split(),
            "target": pair.target.split(),
            "truth": true_alignment(pair),
        }
        for number, pair in zip(NUMBERS, shown_pairs(), strict=True)
    ]
    content = {"note": note, "steps": STEPS, "sentences": sentences, "maps": maps}
    shown.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent.parent / "widgets" / "alignments.json")
