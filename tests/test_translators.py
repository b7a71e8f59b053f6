"""Lesson 05 at work: the lab's translator, and the figure of BLEU by length."""

import json
import os
from pathlib import Path

import pytest
import torch

from seq2gpt.run.translation import TranslationConfig, load_task, train_model
from seq2gpt.run.translators import BINS, Parts, load_short_pairs, measure, train_translator
from seq2gpt.seq2seq import (
    Seq2SeqDecoder,
    Seq2SeqEncoder,
    bleu,
    greedy_decode,
    pad_batch,
    teacher_forced_loss,
)

MEASURED = Path(__file__).parents[1] / "book/05-seq2seq/bottleneck.json"
TINY = TranslationConfig(n_train=60, n_test=40, n_steps=3, seed=2)


def test_the_course_s_own_parts_are_the_first_rung_of_the_ladder():
    task = load_task(TINY)
    translator = train_translator(task, n_steps=3, seed=2)
    rung = train_model("RNN", task, TINY, progress=False).state_dict()
    for name, parameter in translator.model.state_dict().items():
        assert torch.equal(parameter, rung[name])
    assert len(translator.losses) == 3


def test_every_part_is_used():
    used = []

    def watched(name, part):
        def call(*args, **kwargs):
            used.append(name)
            return part(*args, **kwargs)

        return call

    parts = Parts(
        pad_batch=watched("pad_batch", pad_batch),
        encoder=watched("encoder", Seq2SeqEncoder),
        decoder=watched("decoder", Seq2SeqDecoder),
        loss=watched("loss", teacher_forced_loss),
        greedy_decode=watched("greedy_decode", greedy_decode),
        beam_search=watched("beam_search", lambda *_: [4]),
        bleu=watched("bleu", bleu),
    )
    task = load_task(TINY)
    translator = train_translator(task, parts, n_steps=1)
    assert translator.write(["two", "three"], beam_width=2) == [task.target_vocabulary.tokens[4]] * 2
    assert 0 <= translator.bleu() <= 100
    assert set(used) == {"pad_batch", "encoder", "decoder", "loss", "greedy_decode", "beam_search", "bleu"}


def test_the_groups_take_in_every_length_once():
    task = load_task(TranslationConfig(n_train=10, n_test=600))
    lengths = [len(pair.source.split()) for pair in task.test]
    assert all(sum(first <= n <= last for first, last in BINS) == 1 for n in lengths)
    translator = train_translator(task, n_steps=1)
    assert len(translator.bleu_by_length()) == len(BINS)


def test_the_figure_shows_a_fall():
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert [tuple(group) for group in measured["words"]] == list(BINS)
    assert measured["mean"] == sorted(measured["mean"], reverse=True)
    assert measured["mean"][0] - measured["mean"][-1] > 30
    assert measured["all"] == [69.3, 5.5]  # stated in the lab and in the changelog


@pytest.mark.slow
def test_the_figure_is_what_its_command_measures():
    """Other machines round otherwise, and 500 steps make much of it: the means agree within two deviations."""
    committed, again = json.loads(MEASURED.read_text(encoding="utf-8")), measure()
    assert again["words"] == committed["words"]
    for mean, sd, now in zip(committed["mean"], committed["sd"], again["mean"], strict=True):
        assert abs(now - mean) <= 2 * sd


def test_short_real_pairs(tmp_path):
    path = tmp_path / "pairs.tsv"
    lines = [f"go {word} .\tva {word} .\nthe very long sentence about {word} .\tx" for word in "abcdefgh"]
    path.write_text("\n".join(lines), encoding="utf-8")
    task = load_short_pairs(path, n_test=2)
    assert len(task.training) == 6
    assert len(task.test) == 2
    assert all(len(pair.source.split()) <= 5 for pair in (*task.training, *task.test))
    assert task.source_vocabulary.tokens[4:] == [".", "go"]  # the letters occur once each


@pytest.mark.skipif(not os.environ.get("SEQ2GPT_DATA"), reason="SEQ2GPT_DATA is not set")
def test_real_sentences_are_as_many_as_the_lab_says():
    task = load_short_pairs(Path("tatoeba_eng_fra"))
    assert (len(task.training), len(task.test)) == (7823, 600)
