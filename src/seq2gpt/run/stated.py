"""The figures that labs 03, 04, 05, 06 and 08 state, each from three seeds of the course's own parts.

``python -m seq2gpt.run.stated recurrent book/04-recurrent/stated.json`` trains what the last cells of that lab
train, and writes what every seed reached; likewise for ``language_models``, ``seq2seq``, ``alignment`` and
``heads``. Where ``SEQ2GPT_DATA`` names the published sets, the figures on them are written as well. Each takes a minute or a few.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from seq2gpt.alignment import AttentionDecoder
from seq2gpt.data.names import NAMES, first_names
from seq2gpt.data.translation import TATOEBA
from seq2gpt.language_models import (
    bigram_counts,
    bigram_model,
    bits_per_byte,
    cross_entropy,
    next_token_pairs,
    perplexity,
    token_log_probabilities,
)
from seq2gpt.run.cells import Kind, train_memory, train_names
from seq2gpt.run.lookback import Lab, alignment_shares, open_numbers, open_sentences
from seq2gpt.run.names import ngram_perplexities, open_names
from seq2gpt.run.translation import TranslationConfig, evaluate, load_task, train_model
from seq2gpt.run.translators import load_short_pairs, train_translator

Figures = dict[str, list[float]]
"""By the name of a figure, its value for each seed."""
SEEDS = range(3)
LONGEST_GRAM = 6
TELEGRAMS: tuple[tuple[Kind, int, float], ...] = (
    ("rnn", 10, 0.0), ("rnn", 40, 0.0), ("rnn", 100, 0.0), ("lstm", 40, 0.0), ("lstm", 40, 3.0), ("gru", 40, 3.0),
)  # fmt: skip
"""Cells, ticks that they have to remember a colour through, and biases of the gate that keeps."""


def language_models() -> Figures:
    """Lesson 03: perplexity and bits per byte of held-out names, and perplexity by how many symbols a model knows."""
    figures: Figures = {}
    for name, names in _names().items():
        for seed in SEEDS:
            opened = open_names(seed, names)
            counts = bigram_counts(opened.training, opened.vocab_size)
            frequencies = bigram_model(counts.sum(0).expand_as(counts))
            inputs, targets = next_token_pairs(opened.held_out)
            logits = bigram_model(counts).log()[inputs]
            loss = cross_entropy(logits, targets).item()
            found = {
                "frequencies": perplexity(token_log_probabilities(frequencies.log()[inputs], targets)).item(),
                "bigrams": perplexity(token_log_probabilities(logits, targets)).item(),
                "bits per byte": bits_per_byte(loss, len(targets), opened.held_out_text[1:]),
            }
            for n in range(1, LONGEST_GRAM + 1):
                known, unknown = ngram_perplexities(
                    opened.training_text, opened.held_out_text, opened.vocab_size, n, smoothing=0.1
                )
                found |= {f"{n}-grams, training": known, f"{n}-grams, held out": unknown}
            for figure, value in found.items():
                figures.setdefault(f"{name}, {figure}", []).append(value)
    return figures


def recurrent() -> Figures:
    """Lesson 04: colours named rightly, in per cent, and nats per character of held-out names."""
    figures = {
        f"{kind}, {ticks} ticks, bias {bias:.0f}": [
            100 * train_memory(kind, ticks, keep_bias=bias, seed=seed).accuracy for seed in SEEDS
        ]
        for kind, ticks, bias in TELEGRAMS
    }
    for name, names in _names().items():
        runs = [train_names(names, seed=seed) for seed in SEEDS]
        figures[f"{name}, bigram"] = [run.bigram_loss for run in runs]
        figures[f"{name}, gru"] = [run.loss for run in runs]
    return figures


def seq2seq() -> Figures:
    """Lesson 05: BLEU on number words, of all test pairs and by length for seed 0, and on real sentences."""
    runs = [train_translator(load_task(TranslationConfig(seed=seed)), seed=seed) for seed in SEEDS]
    figures = {"numbers": [run.bleu() for run in runs], "numbers by length, seed 0": runs[0].bleu_by_length()}
    if _with_sets():
        tasks = [load_short_pairs(Path(TATOEBA), seed=seed) for seed in SEEDS]
        figures["sentences"] = [
            train_translator(task, n_steps=1500, seed=seed).bleu()
            for seed, task in zip(SEEDS, tasks, strict=True)
        ]
    return figures


def alignment() -> Figures:
    """Lesson 06: BLEU of the lab's model, and of 100 words how many get the strongest weight on the true one."""

    def bleu_and_shares(lab: Lab) -> tuple[float, ...]:
        model = lab.train(AttentionDecoder)
        shares = () if lab.real else alignment_shares(model, lab.task, lab.task.test)
        return evaluate(model, lab.task)["BLEU"], *shares

    runs = zip(*(bleu_and_shares(open_numbers(seed)) for seed in SEEDS), strict=True)
    figures = dict(zip(("numbers", "aligned", "moved"), map(list, runs), strict=True))
    if _with_sets():
        figures["sentences"] = [bleu_and_shares(open_sentences(seed))[0] for seed in SEEDS]
    return figures


def heads() -> Figures:
    """Lesson 08: BLEU of the lab's Transformer on number words, and on real sentences."""

    def bleu(config: TranslationConfig) -> float:
        task = load_task(config)
        return evaluate(train_model("Transformer", task, config, progress=False), task)["BLEU"]

    figures = {
        "numbers": [bleu(TranslationConfig(n_digits=6, n_steps=250, n_test=300, seed=seed)) for seed in SEEDS]
    }
    if _with_sets():
        sentences = Path(TATOEBA)
        figures["sentences"] = [
            bleu(TranslationConfig(data=sentences, n_steps=500, seed=seed)) for seed in SEEDS
        ]
    return figures


LABS: dict[str, Callable[[], Figures]] = {
    "language_models": language_models,
    "recurrent": recurrent, "seq2seq": seq2seq, "alignment": alignment, "heads": heads,
}  # fmt: skip


def _with_sets() -> bool:
    return "SEQ2GPT_DATA" in os.environ


def _names() -> dict[str, list[str]]:
    """The names that come with the course, and the published ones where they are at hand."""
    return {"few names": NAMES} | ({"many names": first_names()} if _with_sets() else {})


def main(name: str, file: Path) -> None:
    """Measure what one lab states, and write it to ``file``."""
    figures = {figure: [round(value, 4) for value in values] for figure, values in LABS[name]().items()}
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
