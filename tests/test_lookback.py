"""What lesson 06 states: its results are those of three seeds, and the weights point at the true word."""

import json
import statistics
from collections import Counter
from pathlib import Path

import pytest
import torch

from seq2gpt.alignment import AttentionDecoder
from seq2gpt.data.translation import Pair, number_words, true_alignment
from seq2gpt.run.lookback import NUMBERS, SCORES, STEPS, alignment_shares, build, measure, open_numbers
from seq2gpt.transformer import translate

ROOT = Path(__file__).parent.parent
MEASURED = json.loads((ROOT / "book/06-alignment/measured.json").read_text(encoding="utf-8"))
SHOWN = json.loads((ROOT / "src/seq2gpt/widgets/alignments.json").read_text(encoding="utf-8"))


def test_the_bottleneck_shows_and_is_removed() -> None:
    assert len(MEASURED["runs"]) == 3
    for run in MEASURED["runs"]:
        shortest, *_, longest = (group["BLEU"] for group in run["none"]["lengths"])
        assert longest < shortest - 30
        assert min(group["BLEU"] for group in run["additive"]["lengths"][1:]) > 99
        assert run["additive"]["aligned"] > 95
        assert run["additive"]["moved"] == 100
    aligned = {name: statistics.mean(run[name]["aligned"] for run in MEASURED["runs"]) for name in SCORES}
    assert aligned["dot"] < 85 < aligned["additive"]  # other maps, the same translations
    assert all(run[name]["lengths"][-1]["right"] > 95 for run in MEASURED["runs"] for name in SCORES)


def test_the_maps_of_the_widget_are_weights_over_true_pairs() -> None:
    assert [sentence["number"] for sentence in SHOWN["sentences"]] == list(NUMBERS)
    assert SHOWN["steps"] == list(STEPS)
    for name in SCORES:
        for maps in SHOWN["maps"][name]:
            for weights, sentence in zip(maps, SHOWN["sentences"], strict=True):
                pair = Pair(" ".join(sentence["source"]), " ".join(sentence["target"]))
                assert sentence["truth"] == true_alignment(pair)
                table = torch.tensor(weights)
                assert table.shape == (len(sentence["target"]), len(sentence["source"]))
                assert (table.sum(-1) <= 1.01).all()  # <eos> is no column


def test_what_strays_with_the_plain_dot_product_is_above_all_hundert() -> None:
    strayed: Counter[tuple[str, int]] = Counter()
    for sentence, weights in zip(SHOWN["sentences"], SHOWN["maps"]["dot"][-1], strict=True):
        for word, true, row in zip(sentence["target"], sentence["truth"], weights, strict=True):
            if true is not None and row.index(max(row)) != true:
                strayed[word, row.index(max(row)) - true] += 1
    assert strayed["hundert", 1] > 0.7 * strayed.total()


@pytest.mark.slow
def test_one_word_changed_in_the_picture_changes_one_word() -> None:
    lab = open_numbers()
    model = lab.train(AttentionDecoder)
    vocabularies = lab.task.source_vocabulary, lab.task.target_vocabulary
    for number in (34_521, 36_521, 54_521, 34_528):
        (written,) = translate(model, [number_words(number, "en")], *vocabularies, 20)
        assert written == number_words(number, "de")


@pytest.mark.parametrize("name", SCORES)
def test_each_score_makes_a_decoder_whose_parameters_are_all_used(name: str) -> None:
    lab = open_numbers()
    model = build(SCORES[name], lab.task, d_model=6)
    source, target = lab.task.tensors(lab.task.training[:5])
    state = model.encode(source, source != 0)
    logits, _ = model.decode(target[:, :-1], state)
    gradients = torch.autograd.grad(logits.square().sum(), list(model.parameters()))  # raises for one unused
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.slow
def test_in_the_lab_the_weights_point_at_the_true_word() -> None:
    lab = open_numbers(seed=1)
    aligned, moved = alignment_shares(lab.train(AttentionDecoder), lab.task, lab.task.test)
    assert aligned > 95
    assert moved > 99


@pytest.mark.slow
def test_what_the_chapter_states_comes_out_again() -> None:
    again, stated = measure("additive", 1), MEASURED["runs"][1]["additive"]
    assert again["aligned"] == pytest.approx(stated["aligned"], abs=1.5)
    assert again["lengths"][-1]["BLEU"] == pytest.approx(stated["lengths"][-1]["BLEU"], abs=2)
