"""Every demonstration runs at a small size, and at its own size reaches the figures that it promises."""

import dataclasses
import json

import pytest

from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.run import demos
from seq2gpt.run.demos import DEMOS, DemoResult, expected_figures, load_demo, report, run_demo

SMALL = {
    "bpe": {"n_merges": 40, "n_characters": 20_000},
    "lsi": {"n_words": 150, "n_paragraphs": 200, "word_rank": 20},
    "bigram": {"n_steps": 20, "n_samples": 3},
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
def test_a_small_run_gives_the_figures_that_are_expected(name):
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


def test_the_command_runs_a_demonstration_with_its_flags(capsys):
    assert main(["train", "limits", "--n-texts", "30", "--n-steps", "9", "--n-candidates", "9"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("planted 0 times, exposure in bits")
    assert "of 10\n" in out


def test_a_missing_package_is_named(monkeypatch):
    def missing(name: str):
        raise ModuleNotFoundError(f"No module named {name!r}", name="sacrebleu")

    monkeypatch.setattr(demos.importlib, "import_module", missing)
    with pytest.raises(UserError) as refusal:
        load_demo("seq2seq")
    assert str(refusal.value) == (
        "the demonstration seq2seq needs sacrebleu, which is not installed; pip install 'seq2gpt[train]'"
    )


def test_sentences_in_conll_form_are_read_and_names_cut_into_tokens():
    from seq2gpt.run.demos.tagger import cut, read_conll

    read = read_conll("Ann O B-PER\nlives O\n\n\nin O\nAix-en-Provence B-LOC\n")
    assert [sentence.words for sentence in read] == [["Ann", "lives"], ["in", "Aix-en-Provence"]]
    assert [sentence.tags for sentence in read] == [["B-PER", "O"], ["O", "B-LOC"]]
    assert cut(["in", "Aix-en-Provence", "…"]) == (
        ["in", "Aix", "-", "en", "-", "Provence", "…"], [0, 1, 1, 1, 1, 1, 2],
    )  # fmt: skip


def test_real_reviews_that_are_not_there(tmp_path):
    config = load_demo("classifier").Config(data=tmp_path)
    with pytest.raises(
        UserError, match=r"rt-polarity.pos does not exist; give --data the folder of rt_polarity"
    ):
        run_demo("classifier", config, progress=False)
