"""The measurements of lesson 11: what a variant lacks, what the file holds, and that it is measured again."""

import json
from pathlib import Path

import pytest
import torch

from seq2gpt.positions import sinusoidal_encoding
from seq2gpt.run import rungs
from seq2gpt.run.translation import LADDER, TranslationConfig, build_transformer, load_task, train_model

MEASURED = Path(__file__).parents[1] / "book/11-transformer/measured.json"
TINY = TranslationConfig(n_train=40, n_test=6, batch_size=3, n_steps=2)
IDS = torch.tensor([[1, 5, 6, 7, 8]])


@pytest.fixture(scope="module")
def task():
    return load_task(TINY)


def logits(model, source, ids=IDS):
    with torch.no_grad():
        return model.eval()(source, ids)


def built(name, task):
    torch.manual_seed(5)
    return rungs.VARIANTS[name](task)


def test_the_whole_is_the_ladders_transformer(task):
    torch.manual_seed(5)
    ladder = build_transformer(task)
    source = torch.tensor([[4, 5, 6, 7]])
    assert torch.equal(logits(built("whole", task), source), logits(ladder, source))


def test_without_a_causal_mask_the_future_is_seen(task):
    source, other = torch.tensor([[4, 5, 6, 7]]), torch.tensor([[1, 5, 6, 7, 9]])
    for name, seen in (("whole", False), ("no causal mask", True)):
        model = built(name, task)
        first, second = logits(model, source)[:, :-1], logits(model, source, other)[:, :-1]
        assert torch.allclose(first, second, atol=1e-6) is not seen


def test_without_cross_attention_the_source_does_not_matter(task):
    for name, matters in (("whole", True), ("no cross-attention", False)):
        model = built(name, task)
        first, second = (logits(model, torch.tensor([row])) for row in ([4, 5, 6], [7, 8, 9]))
        assert torch.equal(first, second) is not matters


def test_codes_and_scale_are_left_out(task):
    ids, d_model = torch.tensor([[4, 5, 6]]), 64
    models = {name: built(name, task) for name in ("no position codes", "no embedding scale")}
    code = sinusoidal_encoding(3, d_model)
    for name, factor, codes in (("no position codes", 8.0, 0 * code), ("no embedding scale", 1.0, code)):
        matrix = models[name].source_embedding
        torch.testing.assert_close(models[name].embed(ids, matrix), factor * matrix(ids) + codes)


def test_smoothing_changes_the_training_and_nothing_else(task):
    plain = train_model("Transformer", task, TINY, progress=False)
    for smoothing, same in ((0.0, True), (0.3, False)):
        model = rungs.smoothed(task, TINY, smoothing)
        assert torch.allclose(model.head.weight, plain.head.weight, atol=1e-6) is same


def test_the_file_holds_what_the_page_reads():
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert [list(run) for run in measured["ladder"]] == [list(LADDER)] * len(rungs.SEEDS)
    for run in measured["ladder"]:
        rnn, attention, transformer = (run[name] for name in LADDER)
        assert rnn["BLEU, longest third"] < 70 < 98 < attention["BLEU, longest third"]
        assert transformer["BLEU, longest third"] > 98
        assert rnn["lengths"][-1]["BLEU"] < 60 < 98 < transformer["lengths"][-1]["BLEU"]
        assert rnn["perplexity, free-running"] > 1.2 * rnn["perplexity, teacher-forced"]
    sizes = [[run[name]["parameters"] for name in LADDER] for run in measured["ladder"]]
    assert all(0.8 < size / row[-1] < 1.2 for row in sizes for size in row)  # about as many, as the page says


def test_the_file_bears_out_what_the_page_says_of_missing_parts():
    runs = json.loads(MEASURED.read_text(encoding="utf-8"))["parts"]
    assert [list(run) for run in runs] == [[*rungs.VARIANTS, "label smoothing"]] * len(rungs.SEEDS)
    forced, free = "perplexity, teacher-forced", "perplexity, free-running"
    for run in runs:
        whole, blind = run["whole"], run["no causal mask"]
        assert blind[forced] < whole[forced] + 0.02
        assert blind["BLEU"] < 5
        assert blind[free] > 50
        assert run["no cross-attention"]["BLEU"] < 20
        assert run["no position codes"]["BLEU"] < 60
        assert abs(run["no embedding scale"]["BLEU"] - whole["BLEU"]) < 1.5
        assert abs(run["label smoothing"]["BLEU"] - whole["BLEU"]) < 1.5
        assert run["label smoothing"][forced] > whole[forced] + 0.05


@pytest.mark.slow
def test_a_rung_is_measured_again():
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))["ladder"][0]
    again = rungs.rungs(0)
    for name, figures in again.items():
        for row in ("BLEU", "perplexity, teacher-forced"):
            assert figures[row] == pytest.approx(measured[name][row], rel=0.1)
