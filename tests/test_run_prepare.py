"""``seq2gpt tokenize``."""

import random

import pytest

from seq2gpt.bpe import load_tokenizer
from seq2gpt.cli import main
from seq2gpt.data.shards import END_OF_TEXT, read_shards

WORDS = ("the", "king", "sees", "a", "small", "red", "bird", "and", "sings")


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    rng = random.Random(0)
    for name in ("b.txt", "a.txt", "notes.md"):
        (folder / name).write_text("".join(rng.choice(WORDS) + rng.choice(" \n ") for _ in range(200)))
    return folder


def test_a_folder_of_texts_becomes_shards_that_training_reads(texts, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["tokenize", "texts", "shards", "--vocab-size", "280", "--shard-tokens", "100"]) == 0
    tokenizer = load_tokenizer(tmp_path / "shards" / "tokenizer.json")
    (training, _), (validation, _) = read_shards(tmp_path / "shards", tokenizer.vocab_size)
    assert tokenizer.vocab_size == 280
    assert capsys.readouterr().out == (
        f"shards holds {len(training):,} tokens to learn from and {len(validation):,} held out; train on them with "
        "`seq2gpt train --data shards --name NAME`\n"
    )
    ends = sum(int((array == tokenizer.special_ids[END_OF_TEXT]).sum()) for array in training.arrays)
    assert ends == 2, "two texts; the other file is none"
    assert max(map(len, training.arrays)) == 100
    small = [
        "--n-steps=3",
        "--n-warmup=1",
        "--d-model=8",
        "--n-heads=2",
        "--context-length=7",
        "--device=cpu",
    ]
    assert main(["train", "tiny", "--data", "shards", "--name", "run", *small]) == 0
    assert "nats per token" in capsys.readouterr().out
    assert main(["tokenize", "texts/a.txt", "same", "--tokenizer", "shards/tokenizer.json"]) == 0
    assert load_tokenizer(tmp_path / "same" / "tokenizer.json").merges == tokenizer.merges


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nix", "out"], "there is no file and no data set 'nix'"),
        (["texts", "texts"], "texts exists; choose another folder for the shards"),
        (["empty", "out"], "empty has no files *.txt; give a text file or a folder with some"),
        (["texts", "out", "--vocab-size", "256"], "vocab_size=256 must be more than the 256 bytes; try 4096"),
        (["texts", "out", "--shard-tokens", "0"], "shard_tokens=0 must be at least 1; try 67108864"),
        (["texts", "out", "--tokenizer", "nix.json"], "nix.json cannot be read"),
        (["texts"], "TO is missing; see `seq2gpt tokenize --help`"),
    ],
)
def test_what_cannot_work_is_one_line_and_leaves_nothing(
    texts, tmp_path, capsys, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert main(["tokenize", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("seq2gpt: ")
    assert message in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
