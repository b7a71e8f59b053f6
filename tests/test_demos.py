"""Every demonstration runs at a small size, and at its own size reaches the figures that it promises."""

import dataclasses
import json
import random
from pathlib import Path

import pytest

from autograder.lessons import ORDER
from seq2gpt import cli
from seq2gpt.cli import HELP, main
from seq2gpt.data.downloads import DATA_SETS
from seq2gpt.errors import UserError
from seq2gpt.run import demos
from seq2gpt.run.demos import (
    DEMOS,
    LESSONS,
    DemoResult,
    data_sets,
    expected_figures,
    load_demo,
    report,
    run_demo,
)
from seq2gpt.run.presets import PRESETS

SMALL = {
    "bpe": {"n_merges": 40, "n_characters": 20_000},
    "lsi": {"n_words": 150, "n_paragraphs": 200, "word_rank": 20},
    "bigram": {"n_steps": 20, "n_samples": 3},
    "recall": {"n_steps": 5},
    "heads": {"n_steps": 5, "d_model": 16},
    "positions": {"n_steps": 3, "d_model": 8, "n_train": 5, "n_test": 11, "batch": 3},
    "blocks": {"n_steps": 3, "d_model": 6, "n_layers": 3, "context_length": 7, "batch": 3},
    "gpt": {"n_steps": 3, "d_model": 8, "n_layers": 1, "context_length": 7, "batch": 3},
    "generation": {"n_steps": 3, "d_model": 8, "context_length": 41, "n_texts": 3},
    "scaling": {"widths": (4, 8, 12), "steps_per_width": 2},
    "parallel": {"n_steps": 3, "d_model": 8, "batch": 4},
    "assistants": {"n_steps": 3, "n_questions": 2, "n_queries": 5},
    "families": {"n_steps": 4, "batch": 8, "d_model": 8, "n_layers": 1, "n_gaps": 20},
    "classifier": {"n_unlabelled": 30, "n_labelled": 8, "n_pretrain": 20, "n_finetune": 20},
    "tagger": {"n_train": 60, "n_test": 9, "n_steps": 20},
    "reader": {"n_train": 300, "n_test": 9, "n_steps": 20},
    "summariser": {"n_train": 300, "n_test": 9, "n_steps": 20},
    "lora": {"ranks": (1,), "n_pretrain": 20, "n_adapt": 20},
    "instructions": {"n_texts": 30, "n_conversations": 20, "n_pretrain": 20, "n_finetune": 20},
    "preferences": {"n_texts": 300, "n_pairs": 20, "n_pretrain": 20, "n_dpo": 20},
    "limits": {"repeats": (0, 3), "n_texts": 30, "n_steps": 20, "n_candidates": 9},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_run_gives_the_figures_that_are_expected(name, monkeypatch):
    if name in ("positions", "blocks", "gpt", "generation", "scaling", "parallel"):
        text = " ".join(random.Random(0).choices(("the", "red", "bird", "sings", "high\n"), k=1000))
        reads = "python_texts" if name == "generation" else "embedded_corpus"
        monkeypatch.setattr(load_demo(name), reads, lambda: text)
    config = load_demo(name).Config(**SMALL[name])
    result = run_demo(name, config, progress=False)
    assert all(isinstance(value, float) for value in result.figures.values())
    again = run_demo(name, config, progress=False)
    assert again.figures == result.figures, "equal seeds give equal figures"


@pytest.mark.parametrize("name", DEMOS)
def test_every_demonstration_says_what_to_expect(name):
    module = load_demo(name)
    assert module.__doc__
    assert {"seed"} <= {field.name for field in dataclasses.fields(module.Config)}
    assert expected_figures(name), f"run `python benchmarks/demos.py {name}`"


@pytest.mark.parametrize(
    ("name", "data_set"), [(name, data_set) for name in DEMOS for data_set in data_sets(name)]
)
def test_every_real_set_says_what_to_expect(name, data_set):
    assert expected_figures(name, data_set), f"run `python benchmarks/demos.py {name}:{data_set}`"


def test_every_lesson_has_a_demonstration_or_a_preset():
    assert tuple(LESSONS) == ORDER
    assert len(LESSONS) == 23
    shown = [name for names in LESSONS.values() for name in names]
    assert sorted(shown) == sorted([*PRESETS, *DEMOS]), "each belongs to one lesson"
    for name in shown:
        assert f"\n  {name} " in HELP


def test_every_set_that_a_demonstration_knows_is_pinned():
    known = {data_set for name in DEMOS for data_set in data_sets(name)}
    assert known == set(DATA_SETS) - {"gpt2_bpe", "golden_gpt2_tokens"}  # those two are for tokenizers


@pytest.mark.parametrize("name", [name for name in DEMOS if data_sets(name)])
def test_what_is_neither_a_file_nor_a_set_is_refused_with_the_names_of_the_sets(name):
    config = dataclasses.replace(load_demo(name).Config(), data=Path("nothing"))
    with pytest.raises(UserError) as refusal:
        run_demo(name, config, progress=False)
    assert str(refusal.value) == (
        "there is no file and no data set 'nothing'; give --data the path of a file or one of these names: "
        + ", ".join(data_sets(name))
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMOS)
def test_the_figures_are_reached(name):
    figures = run_demo(name, load_demo(name).Config(seed=3), progress=False).figures
    for figure, (mean, sd) in expected_figures(name).items():
        assert abs(figures[figure] - mean) <= 4 * sd + 0.02 * abs(mean), figure


def test_the_report_sets_figures_beside_those_expected(tmp_path, monkeypatch):
    monkeypatch.setattr(demos, "EXPECTED", tmp_path / "expected.json")
    result = DemoResult(
        figures={"share, %": 98.5, "loss": 0.1234, "count": 12345.6}, sample="text", notes=["a", "b"]
    )
    assert report("any", result) == (
        "share, %      98.50\nloss          0.123\ncount        12,346\n\ntext\n\na\nb"
    )
    measured = {"any": {"figures": {"loss": [0.12, 0.004]}}}
    (tmp_path / "expected.json").write_text(json.dumps(measured), encoding="utf-8")
    assert "loss          0.123   expected 0.12 ± 0.004\n" in report("any", result)
    assert "expected" not in report("any", result, compare=False)
    assert "expected" not in report("any", result, data_set="names")
    measured["any"][demos.REAL_SETS] = {
        "names": {"figures": {"loss": [0.3, 0.01], "count": [12000.0, 1500.0]}}
    }
    (tmp_path / "expected.json").write_text(json.dumps(measured), encoding="utf-8")
    on_names = report("any", result, data_set="names")
    assert "loss          0.123   expected 0.3 ± 0.01\n" in on_names
    assert "count        12,346   expected 12,000 ± 1,500\n" in on_names


def test_the_command_runs_a_demonstration_with_its_flags(capsys):
    assert main(["train", "limits", "--n-texts", "30", "--n-steps", "9", "--n-candidates", "9"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("planted 0 times, exposure in bits")
    assert "of 10\n" in out


def test_a_set_brings_its_own_settings_and_its_own_figures(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    ran = []
    shown = {"F1 over names, %": 1.0}
    monkeypatch.setattr(cli, "run_demo", lambda name, config: ran.append(config) or DemoResult(figures=shown))
    mean, _ = expected_figures("tagger", "wikigold")["F1 over names, %"]
    assert main(["train", "tagger", "--data", "wikigold"]) == 0
    assert f"expected {mean:.2f} " in capsys.readouterr().out
    assert main(["train", "tagger", "--data", "wikigold", "--n-steps", "7", "--seed", "4"]) == 0
    assert "expected" not in capsys.readouterr().out
    assert [config.n_steps for config in ran] == [load_demo("tagger").SETS["wikigold"]["n_steps"], 7]
    (tmp_path / "wikigold").write_text("a file of that name goes first", encoding="utf-8")
    assert main(["train", "tagger", "--data", "wikigold"]) == 0
    assert "expected" not in capsys.readouterr().out
    assert ran[-1].n_steps == load_demo("tagger").Config().n_steps


def test_a_missing_package_is_named(monkeypatch):
    def missing(name: str):
        raise ModuleNotFoundError(f"No module named {name!r}", name="sacrebleu")

    monkeypatch.setattr(demos.importlib, "import_module", missing)
    with pytest.raises(UserError) as refusal:
        load_demo("seq2seq")
    assert str(refusal.value) == (
        "the demonstration seq2seq needs sacrebleu, which is not installed; pip install 'seq2gpt[train]'"
    )
