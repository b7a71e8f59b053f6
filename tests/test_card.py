"""Model cards: what a run says of itself, and that its command trains it again."""

import dataclasses
from pathlib import Path

import pytest

from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.run.card import model_card, training_command
from seq2gpt.run.presets import PRESETS, tiny
from seq2gpt.run.trainer import train

TEXT = "to be, or not to be, that is the question:\n" * 40


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of seconds, on a text of its own."""
    folder = tmp_path_factory.mktemp("card")
    (folder / "text.txt").write_text(TEXT)
    config = dataclasses.replace(
        tiny(), out=folder, name="mine", data=folder / "text.txt", d_model=12, n_heads=2, n_layers=1,
        context_length=7, n_steps=11, n_warmup=2, eval_every=5, checkpoint_every=5, seed=3,
    )  # fmt: skip
    return train(config, progress=False)


def test_a_card_says_what_the_run_was_and_reached(run):
    card = model_card(run.run)
    assert card["data"] == str(run.run.parent / "text.txt")
    assert card["val_loss"] == pytest.approx(run.val_loss)
    assert card["train_loss"] == pytest.approx(run.train_loss)
    assert card["val_loss"] != card["train_loss"]
    assert card["seed"] == 3
    vocabulary = len(set(TEXT))
    assert card["n_parameters"] == vocabulary * 12 + 7 * 12 + (12 * 12 * 12 + 13 * 12) + 2 * 12
    assert len(card["sample"]) == 400
    assert set(card["sample"]) <= set(TEXT)
    assert card["command"].startswith("seq2gpt train tiny --name mine --data ")
    assert "--out" not in card["command"], "where a run lies is nobody's business"
    assert card["versions"].keys() == {"seq2gpt", "python", "torch"}


def test_the_sets_that_are_known_bring_their_licence(run, monkeypatch):
    import seq2gpt.run.card as module

    sources = {"names": "US government data, public domain", None: "Python Software Foundation License 2"}
    for data, licence in sources.items():
        config = dataclasses.replace(tiny(), data=data and Path(data))
        assert module._source(config)[1].startswith(licence)


def test_the_command_is_the_one_of_the_configuration(run, monkeypatch):
    """Read by the command line itself, it gives the configuration back."""
    import seq2gpt.run.trainer as trainer

    read = []
    monkeypatch.setattr(trainer, "train", lambda config, resume: read.append(config) or run)
    for config in (
        PRESETS["chars"](),
        dataclasses.replace(
            PRESETS["gpt2"](), lr=0.03, data=Path("with space.txt"), patience=2, name="my run"
        ),
    ):
        import shlex

        words = shlex.split(training_command(config))
        assert main(words[1:]) == 0
        assert read[-1] == config
    assert training_command(PRESETS["chars"]()) == "seq2gpt train chars"


def test_an_export_carries_the_card_and_a_run_without_a_loss_is_told(run, tmp_path):
    from seq2gpt.browser import unpack_for_browser

    assert main(["export", str(run.run), str(tmp_path / "page.bin")]) == 0
    assert unpack_for_browser((tmp_path / "page.bin").read_bytes())[2] == model_card(run.run)
    (run.run / "log.jsonl").rename(tmp_path / "log.jsonl")
    with pytest.raises(UserError, match="has measured no loss yet; finish its run"):
        model_card(run.run)
    (tmp_path / "log.jsonl").rename(run.run / "log.jsonl")
