"""The demonstrations of lessons 04, 05, 06 and 11: their figures by definition, tiny runs, the ladder itself."""

import math
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.data.translation import Pair, true_alignment
from seq2gpt.errors import UserError
from seq2gpt.run.demos import (
    DEMOS,
    alignment,
    char_rnn,
    default_config,
    ladder,
    load_demo,
    report,
    run_demo,
)
from seq2gpt.run.translation import (
    LADDER,
    TranslationConfig,
    corpus_bleu,
    count_parameters,
    evaluate,
    free_running_loss,
    load_task,
    show,
    train_model,
    trimmed,
)
from seq2gpt.seq2seq import Seq2Seq, pad_batch, padding_mask, teacher_forced_loss

pytest.importorskip("num2words", reason="the extra `train` is not installed")
pytest.importorskip("sacrebleu", reason="the extra `train` is not installed")

ROOT = Path(__file__).resolve().parents[1]
NAMES = ["seq2seq", "alignment", "transformer", "ladder", "char_rnn"]
TINY = {"n_digits": 2, "n_train": 50, "n_test": 13, "n_steps": 3, "batch_size": 5}
FIGURES = {
    "BLEU", "BLEU, shortest third", "BLEU, longest third", "perplexity, teacher-forced", "perplexity, free-running",
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> TranslationConfig:
    return TranslationConfig(**TINY)


def words_file(folder: Path) -> Path:
    file = folder / "words.txt"
    file.write_text(
        "\n".join(f"{a}{b}{c}" for a in "bcd" for b in "aeiou" for c in "lmnr") + "\n", encoding="utf-8"
    )
    return file


# the task


def test_the_task_counts_its_words_in_the_training_pairs_alone(tiny: TranslationConfig) -> None:
    task = load_task(tiny)
    assert (len(task.training), len(task.test)) == (50, 13)
    words = {word for pair in task.training for word in pair.source.split()}
    assert set(task.source_vocabulary.tokens[4:]) == words
    source, target = task.tensors([Pair("two", "zwei"), Pair("forty two", "zwei und vierzig")])
    two, forty = (task.source_vocabulary.encode(word)[0] for word in ("two", "forty"))
    assert source.tolist() == [[two, 0], [forty, two]]
    assert target[0].tolist() == [1, *task.target_vocabulary.encode("zwei"), 2, 0, 0]
    assert target[1, [0, -1]].tolist() == [1, 2]


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"language": "fr"}, {"n_digits": 3}, {"n_train": 40}, {"n_test": 12}]
)
def test_every_part_of_the_configuration_changes_the_task(
    tiny: TranslationConfig, change: dict[str, object]
) -> None:
    task, other = load_task(tiny), load_task(replace(tiny, **change))
    assert (task.training, task.test) != (other.training, other.test)
    assert (task.training, task.test) == (load_task(tiny).training, load_task(tiny).test)


def test_pairs_from_a_file_become_a_task(tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("".join(f"I am {n}.\tJe suis {n}.\n" for n in range(30)), encoding="utf-8")
    task = load_task(TranslationConfig(data=file, n_test=10))
    assert (len(task.training), len(task.test)) == (20, 10)
    assert task.source_vocabulary.tokens[4:] == [".", "am", "i"]  # numbers occur once each
    assert task.target_vocabulary.tokens[4:] == [".", "je", "suis"]


def test_columns_of_padding_are_trimmed() -> None:
    assert trimmed(torch.tensor([[4, 5, 0, 0], [6, 0, 0, 0]])).tolist() == [[4, 5], [6, 0]]


# training and figures


@pytest.mark.parametrize("name", LADDER)
def test_training_is_seeded_and_lowers_the_loss(tiny: TranslationConfig, name: str) -> None:
    config = replace(tiny, n_steps=20, batch_size=11)
    task = load_task(config)
    models = [train_model(name, task, config, progress=False) for _ in range(2)]
    states = [model.state_dict() for model in models]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert not models[0].training
    before = LADDER[name].build(task)
    batch = task.tensors(task.training)
    assert teacher_forced_loss(models[0], *batch) < 0.8 * teacher_forced_loss(before, *batch)
    other = train_model(name, task, replace(config, seed=1), progress=False).state_dict()
    assert any(not torch.equal(states[0][key], other[key]) for key in other)


def test_every_step_takes_a_batch_of_the_size_asked_for(
    tiny: TranslationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def loss(model: nn.Module, source: Tensor, target: Tensor) -> Tensor:
        sizes.append(len(source))
        return teacher_forced_loss(model, source, target)

    monkeypatch.setattr("seq2gpt.run.translation.teacher_forced_loss", loss)
    train_model("RNN", load_task(tiny), replace(tiny, n_steps=3, batch_size=7), progress=False)
    assert sizes == [7, 7, 7]


def test_the_models_have_like_sizes() -> None:
    task = load_task(TranslationConfig(n_train=500, n_test=50))
    sizes = [count_parameters(rung.build(task)) for rung in LADDER.values()]
    assert max(sizes) < 1.3 * min(sizes)


@pytest.mark.parametrize("name", LADDER)
def test_the_free_running_loss_by_definition(tiny: TranslationConfig, name: str) -> None:
    """One pair at a time; after <bos>, the model reads what it finds most probable."""
    task = load_task(tiny)
    model = LADDER[name].build(task).double().eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.4)
    source, target = task.tensors(task.test)
    losses = []
    for row in range(len(source)):
        real_source = source[row][source[row] != 0][None]
        reference = target[row][target[row] != 0].tolist()
        read = [reference[0]]
        for wanted in reference[1:]:
            logits, _ = model.decode(
                torch.tensor([read]), model.encode(real_source, padding_mask(real_source))
            )
            log_p = logits[0, -1].log_softmax(-1)
            losses.append(-log_p[wanted].item())
            read.append(int(log_p.argmax()))
    expected = math.fsum(losses) / len(losses)
    assert free_running_loss(model, source, target).item() == pytest.approx(expected)
    assert teacher_forced_loss(model, source, target).item() != pytest.approx(expected)


def test_a_model_that_is_always_right_gets_the_best_figures(tiny: TranslationConfig) -> None:
    task = load_task(tiny)
    answers = {tuple(task.source_vocabulary.encode(pair.source)): pair.target for pair in task.test}

    class Oracle(nn.Module):
        def encode(self, source: Tensor, source_mask: Tensor) -> tuple[Tensor, ...]:
            texts = [answers[tuple(row[row != 0].tolist())] for row in source]
            written = pad_batch([[*task.target_vocabulary.encode(text), 2] for text in texts])
            return (F.pad(written, (0, 40)),)

        def decode(self, ids: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
            (coming,) = state
            logits = 30.0 * F.one_hot(coming[:, : ids.shape[1]], len(task.target_vocabulary)).float()
            return logits, (coming[:, ids.shape[1] :],)

    figures = evaluate(Oracle(), task)
    assert set(figures) == FIGURES
    assert figures["perplexity, teacher-forced"] == pytest.approx(1.0)
    assert figures["perplexity, free-running"] == pytest.approx(1.0)
    ordered = sorted((pair.target for pair in task.test), key=len)
    assert figures["BLEU"] == pytest.approx(corpus_bleu(ordered, ordered))
    assert show(Oracle(), task, n=2).count("right") == 2


def test_bleu_of_the_thirds_is_that_of_the_shortest_and_longest_sources() -> None:
    config = TranslationConfig(n_digits=9, n_train=50, n_test=30)
    task = load_task(config)
    by_length = sorted(task.test, key=lambda pair: len(pair.source.split()))
    right = {task.source_vocabulary.encode(pair.source)[0]: pair for pair in by_length}
    assert right

    class Constant(nn.Module):
        """Writes one sentence, the translation of the longest source, whatever it reads."""

        def encode(self, source: Tensor, source_mask: Tensor) -> tuple[Tensor, ...]:
            written = pad_batch([[*task.target_vocabulary.encode(by_length[-1].target), 2]] * len(source))
            return (F.pad(written, (0, 40)),)

        def decode(self, ids: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
            (coming,) = state
            logits = 30.0 * F.one_hot(coming[:, : ids.shape[1]], len(task.target_vocabulary)).float()
            return logits, (coming[:, ids.shape[1] :],)

    figures = evaluate(Constant(), task)
    sentence = by_length[-1].target
    for third, pairs in (("shortest", by_length[:10]), ("longest", by_length[-10:])):
        expected = corpus_bleu([sentence] * 10, [pair.target for pair in pairs])
        assert figures[f"BLEU, {third} third"] == pytest.approx(expected)


def test_without_sacrebleu_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    wording = r"^BLEU needs sacrebleu, which is not installed; pip install 'seq2gpt\[train\]'$"
    with pytest.raises(UserError, match=wording):
        corpus_bleu(["a"], ["a"])


@pytest.mark.parametrize("name", ["seq2seq", "alignment", "transformer", "ladder"])
def test_without_sacrebleu_nothing_is_trained(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(UserError, match="^BLEU needs sacrebleu, which is not installed; "):
        run_demo(name, default_config(name))  # minutes of training, if it began


def test_who_installs_the_labs_can_run_them() -> None:
    """Labs 06, 08 and 11 end in a BLEU."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    installed = {re.split("[<>=]", package)[0] for package in extras["course"]}
    assert {"sacrebleu", "num2words"} <= installed


# alignment


class Pointer(nn.Module):
    """A decoder whose alignment is given."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = weights

    def align(self, ids: Tensor, state: tuple[Tensor, ...]) -> Tensor:
        return self.weights[: len(ids), : ids.shape[1]]


def test_the_share_of_aligned_words_is_counted_against_the_truth() -> None:
    task = load_task(TranslationConfig(n_digits=9, n_train=400, n_test=20))
    pairs = [Pair("five hundred and thirty four", "fünf hundert vier und dreißig"), Pair("two", "zwei")]
    assert true_alignment(pairs[0]) == [0, 1, 4, None, 3]

    def model(places: list[int]) -> Seq2Seq:
        weights = torch.zeros(2, 7, 5)
        weights[0, range(len(places)), places] = 1.0
        weights[1, :, 0] = 1.0
        return Seq2Seq(lambda source, mask: (source,), Pointer(weights))

    assert alignment.alignment_shares(model([0, 1, 4, 2, 3]), task, pairs) == (100.0, 100.0)
    assert alignment.alignment_shares(model([0, 1, 4, 0, 3]), task, pairs) == (100.0, 100.0)  # "und" is free
    assert alignment.alignment_shares(model([0, 1, 3, 2, 4]), task, pairs) == (60.0, 0.0)  # not swapped
    assert alignment.alignment_shares(model([1, 1, 4, 2, 3]), task, pairs) == (80.0, 100.0)
    assert math.isnan(alignment.alignment_shares(model([0, 1, 4, 2, 3]), task, pairs[1:])[1])
    picture = alignment.heat_map(model([0, 1, 4, 2, 3]), task, pairs[0]).splitlines()
    assert picture[0].split() == pairs[0].source.split()
    assert picture[3].split() == ["vier", ".", ".", ".", ".", "10"]


# the demonstrations


@pytest.mark.parametrize("name", NAMES)
def test_a_tiny_run_gives_finite_figures_and_the_same_ones_again(name: str, tmp_path: Path) -> None:
    module = load_demo(name)
    if name == "char_rnn":
        config = module.Config(data=words_file(tmp_path), n_steps=3, batch_size=5, d_model=6, n_written=7)
    else:
        config = module.Config(**TINY, **({"n_seeds": 2} if name == "ladder" else {}))
    results = [run_demo(name, config, progress=False) for _ in range(2)]
    figures = results[0].figures
    assert figures == results[1].figures
    assert all(math.isfinite(value) for value in figures.values())
    assert results[0].sample.strip()
    assert report(name, results[0])
    assert name in DEMOS


def test_the_figures_of_the_demonstrations() -> None:
    config = alignment.Config(**TINY)
    assert set(run_demo("seq2seq", load_demo("seq2seq").Config(**TINY), False).figures) == FIGURES
    aligned = {"words aligned, %", "units and tens aligned, %"}
    assert set(run_demo("alignment", config, False).figures) == FIGURES | aligned
    assert set(run_demo("alignment", replace(config, language="fr"), False).figures) == FIGURES
    figures = run_demo("ladder", ladder.Config(**TINY, n_seeds=1), False).figures
    assert set(figures) == {f"{name}: {figure}" for name in LADDER for figure in FIGURES}


@pytest.mark.parametrize(
    ("name", "setting", "least"),
    [
        ("seq2seq", "n_train", 1), ("alignment", "n_test", 3), ("transformer", "n_steps", 1), ("ladder", "batch_size", 1),
        ("ladder", "n_seeds", 1), ("char_rnn", "n_written", 1), ("char_rnn", "d_model", 1), ("char_rnn", "n_steps", 1),
        ("char_rnn", "batch_size", 1),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(name: str, setting: str, least: int) -> None:
    wording = f"^{setting}={least - 1} (is out of range|leaves nothing to train); use {least} or more$"
    with pytest.raises(UserError, match=wording):
        load_demo(name).Config(**{setting: least - 1})


def test_the_ladder_is_the_mean_over_its_seeds() -> None:
    config = ladder.Config(**TINY, n_seeds=2, seed=1)
    result = run_demo("ladder", config, progress=False)
    plain = TranslationConfig(**TINY)
    for name in LADDER:
        losses = []
        for seed in (2, 3):
            task = load_task(replace(plain, seed=seed))
            model = train_model(name, task, replace(plain, seed=seed), progress=False)
            losses.append(evaluate(model, task)["perplexity, teacher-forced"])
        assert result.figures[f"{name}: perplexity, teacher-forced"] == pytest.approx(sum(losses) / 2)
        assert f"{sum(losses) / 2:.2f} ± {abs(losses[0] - losses[1]) / math.sqrt(2):.2f}" in result.sample


# char_rnn


@pytest.mark.parametrize(
    "change", [{"cell": "rnn"}, {"cell": "lstm"}, {"lr": 1e-2}, {"seed": 1}, {"d_model": 7}]
)
def test_every_setting_of_the_char_rnn_matters(tmp_path: Path, change: dict[str, object]) -> None:
    config = char_rnn.Config(data=words_file(tmp_path), n_steps=5, batch_size=5, d_model=6, n_written=7)
    figures = run_demo("char_rnn", config, progress=False).figures
    assert figures != run_demo("char_rnn", replace(config, **change), progress=False).figures


def test_the_char_rnn_learns_words_that_end(tmp_path: Path) -> None:
    config = char_rnn.Config(data=words_file(tmp_path), n_steps=150, batch_size=32, d_model=32, n_written=31)
    result = run_demo("char_rnn", config, progress=False)
    words = result.sample.split()
    assert len(words) > 28
    assert sum(len(word) == 3 for word in words) > 25
    assert result.figures["loss"] < 2.0


def test_the_bigram_model_by_hand() -> None:
    rows, test = torch.tensor([[1, 4, 2], [1, 5, 2]]), torch.tensor([[1, 4, 2, 0]])
    # after <bos>, 4 and 5 once each; after 4, <eos> once; one added to each of 6 counts
    expected = -(math.log(2 / 8) + math.log(2 / 7)) / 2
    assert char_rnn.bigram_loss(rows, test, vocab_size=6) == pytest.approx(expected, rel=1e-5)


def test_words_of_a_text() -> None:
    assert char_rnn.distinct_words("Élan, élan! x_y 42 I'm") == ["i", "m", "x", "y", "élan"]
    with pytest.raises(UserError, match=r"^the text has 3 different words; give --data one with 20 or more$"):
        char_rnn.split_words(["a", "b", "c"], seed=0)
    training, test = char_rnn.split_words([str(n) for n in range(40)], seed=0)
    assert (len(training), len(test)) == (36, 4)
    assert sorted(training + test) == sorted(str(n) for n in range(40))
    assert char_rnn.split_words([str(n) for n in range(40)], seed=1) != (training, test)


# the stated quality


@pytest.mark.slow
def test_the_trained_weights_point_at_the_true_source_word() -> None:
    figures = run_demo("alignment", alignment.Config(seed=3), progress=False).figures
    assert figures["words aligned, %"] > 90
    assert figures["units and tens aligned, %"] > 90


@pytest.mark.slow
def test_the_ladder_is_visible() -> None:
    figures = run_demo("ladder", ladder.Config(n_seeds=1, seed=3), progress=False).figures
    assert figures["RNN: BLEU"] < figures["RNN with attention: BLEU"] - 10
    assert figures["RNN: BLEU"] < figures["Transformer: BLEU"] - 10
    assert figures["RNN: BLEU, longest third"] < figures["RNN: BLEU, shortest third"] - 15
    assert figures["RNN with attention: BLEU, longest third"] > 95
    assert figures["Transformer: BLEU, longest third"] > 95
    assert figures["RNN: perplexity, free-running"] > figures["RNN: perplexity, teacher-forced"]
