"""Models that come with the site: each committed file is whole, small, and as good as its card says; and how cards are shown."""

import json
import math
import os
import sys
from pathlib import Path

import pytest
import torch

from seq2gpt.browser import pack_for_browser, unpack_for_browser
from seq2gpt.data.corpus import split_corpus
from seq2gpt.data.sets import TEXTS
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.model_file import read_frame
from seq2gpt.run.presets import PRESETS
from seq2gpt.tokens import CharTokenizer

pytest.importorskip("sphinx", reason="the extra `book` is not installed")

from autograder.site import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # where Sphinx finds the book's own extensions

import seq2gpt_book

pytestmark = pytest.mark.filterwarnings("default")  # Sphinx's own are not ours to forbid

FILES = sorted((ROOT / "book/models").glob("*.bin"))
EXPECTED = ROOT / seq2gpt_book.EXPECTED
each_model = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


@each_model
def test_a_committed_model_is_whole_small_and_describes_itself(path):
    data = path.read_bytes()
    assert len(data) <= 2_500_000
    model, tokenizer, card = unpack_for_browser(data)  # raises where the checksum does not fit
    assert card["n_parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert set(card["sample"]) <= set(tokenizer.symbols)
    preset = card["command"].removeprefix("seq2gpt train ").split()[0]
    assert preset in PRESETS
    assert 0 < card["train_loss"] < card["val_loss"] < math.log(tokenizer.vocab_size)


@each_model
def test_a_committed_model_reads_held_out_text_as_well_as_its_card_says(path):
    """With the weights of 8 bits, on every character that was held out and has a whole window."""
    model, tokenizer, card = unpack_for_browser(path.read_bytes())
    name = card["data"].split(":")[0]
    if not os.environ.get("SEQ2GPT_DATA"):
        pytest.skip(f"SEQ2GPT_DATA names no folder with {name}")
    length = model.config.context_length
    ids = torch.tensor(tokenizer.encode(split_corpus(TEXTS[name](), length)[1]))
    windows = ids[: (len(ids) - 1) // length * length + 1].unfold(0, length + 1, length)
    with torch.no_grad():
        losses = [
            torch.nn.functional.cross_entropy(model(w[:, :-1]).flatten(0, 1), w[:, 1:].flatten()).item()
            * len(w)
            for w in windows.split(32)
        ]
    assert sum(losses) / len(windows) == pytest.approx(card["val_loss"], abs=0.005)


# ---- how a card is shown -------------------------------------------------------------------------------------------


def header_of(card: dict) -> dict:
    model = GPT(GPTConfig(vocab_size=3, context_length=7, d_model=4, n_heads=2, n_layers=1))
    return read_frame(pack_for_browser(model, CharTokenizer("abc"), card))[0]


def card_of(command: str) -> dict:
    return {
        "data": "letters", "licence": "none", "command": command, "seed": 11, "val_loss": 1.23456, "train_loss": 1.1,
        "versions": {"torch": "2.1", "python": "3.12"},
    }  # fmt: skip


def test_the_rows_of_a_card_are_the_files_own():
    header = header_of(card_of("seq2gpt train x"))
    rows = seq2gpt_book.card_rows(header, 123_456, EXPECTED)
    n_parameters = 3 * 4 + 7 * 4 + (12 * 4 * 4 + 13 * 4) + 2 * 4
    assert rows["Size"] == (
        f"{n_parameters:,} parameters in 0.12 MB: 1 layers of 2 heads, width 4, 7 characters of context, 3 symbols"
    )
    assert rows["Loss on held-out text"] == (
        "1.235 nats for each character, of one run with seed 11; how much other seeds differ was not measured"
    )
    assert rows["Loss on what it read"] == "1.100 nats for each character"
    assert rows["Made with"] == "torch 2.1, python 3.12"
    assert (rows["Learned from"], rows["Licence"], rows["Trained by"]) == (
        "letters",
        "none",
        "seq2gpt train x",
    )
    assert rows["Checksum"] == f"SHA-256 {header['sha256']}"


def test_a_preset_without_changes_shows_its_spread_over_seeds():
    measured = json.loads(EXPECTED.read_text(encoding="utf-8"))["chars"]
    mean, deviation = measured["figures"]["loss on held-out text, nats"]
    rows = seq2gpt_book.card_rows(header_of(card_of("seq2gpt train chars")), 1, EXPECTED)
    assert rows["Loss on held-out text"].endswith(f"; 3 seeds reached {mean:.3f} ± {deviation:.3f}")


def test_a_file_without_a_card_has_a_size_and_a_checksum():
    assert seq2gpt_book.card_rows(header_of({}), 1, EXPECTED).keys() == {"Size", "Checksum"}


class Environment:
    """What the extension asks of Sphinx: where things lie."""

    def __init__(self, srcdir: Path, exported: str = "") -> None:
        self.srcdir = srcdir
        self.config = type("Config", (), {"seq2gpt_model": exported})()


def test_a_model_is_there_when_its_file_is(tmp_path):
    exported = tmp_path / "of any name"
    assert seq2gpt_book.model_path(Environment(tmp_path), "model/gpt.bin") is None
    assert seq2gpt_book.model_path(Environment(tmp_path, str(exported)), "model/gpt.bin") is None
    exported.write_bytes(b"")
    assert seq2gpt_book.model_path(Environment(tmp_path, str(exported)), "model/gpt.bin") == exported
    assert seq2gpt_book.model_path(Environment(tmp_path), "model/other.bin") is None
    other = tmp_path / "book/models/other.bin"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    assert seq2gpt_book.model_path(Environment(tmp_path), "model/other.bin") == other
