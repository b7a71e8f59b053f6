"""Token shards: files mapped into memory, read as one sequence."""

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2gpt.bpe import load_tokenizer, train_bpe_fast
from seq2gpt.data.corpus import split_corpus
from seq2gpt.data.shards import (
    END_OF_TEXT,
    TokenShards,
    encode_shards,
    id_type,
    read_shards,
    shards_digest,
    write_shards,
)
from seq2gpt.errors import UserError
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer
from seq2gpt.training import get_batch

WORDS = ("the", "king", "sees", "a", "small", "red", "bird", "ünd", "sings")


def some_text(n_words: int, seed: int = 0) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(WORDS) + rng.choice(" \n ") for _ in range(n_words))


@pytest.fixture
def tokenizer() -> BytePairTokenizer:
    return BytePairTokenizer(train_bpe_fast(some_text(500), 13), [END_OF_TEXT])


def cut(length: int, cuts: list[int]) -> list[np.ndarray]:
    """The numbers below ``length`` in pieces; pieces may be empty."""
    return [piece.astype(np.uint16) for piece in np.split(np.arange(length), sorted(cuts))]


@given(st.lists(st.integers(0, 29), max_size=5), st.integers(1, 29), st.data())
def test_windows_do_not_care_where_the_files_end(cuts, length, data):
    shards = TokenShards(cut(29, cuts), vocab_size=29)
    assert len(shards) == 29
    starts = data.draw(st.lists(st.integers(0, 29 - length), min_size=1, max_size=7))
    found = shards.windows(torch.tensor(starts), length)
    assert found.dtype == torch.int64
    assert found.tolist() == [list(range(start, start + length)) for start in starts]


@pytest.mark.parametrize(("start", "length"), [(-1, 3), (27, 3), (0, 30)])
def test_a_window_beyond_the_end_is_refused(start, length):
    with pytest.raises(ValueError, match=f"a window of {length} tokens does not fit into 29"):
        TokenShards(cut(29, [11]), vocab_size=29).windows(torch.tensor([start]), length)


def test_an_id_that_the_tokenizer_does_not_have_means_a_damaged_file():
    shards = TokenShards(cut(29, [11]), vocab_size=28)
    assert shards.windows(torch.tensor([0]), 28).shape == (1, 28)
    with pytest.raises(UserError, match="hold id 28, the tokenizer has 28 tokens, so a file is damaged"):
        shards.windows(torch.tensor([0]), 29)


def test_a_batch_is_the_one_that_the_lesson_draws_from_the_whole_text():
    numbers = torch.randint(97, (211,), generator=torch.Generator().manual_seed(3))
    shards = TokenShards(np.split(numbers.numpy().astype(np.uint16), [53, 60, 150]), vocab_size=97)
    for seed in range(5):
        ours = shards.batch(5, 7, torch.Generator().manual_seed(seed))
        lesson = get_batch(numbers, 5, 7, torch.Generator().manual_seed(seed))
        assert torch.equal(ours[0], lesson[0])
        assert torch.equal(ours[1], lesson[1])


def test_files_hold_what_the_tokenizer_says_and_each_text_ends(tokenizer, tmp_path):
    texts = [some_text(300, seed=1), some_text(200, seed=2)]
    counts = write_shards(texts, tokenizer, tmp_path / "shards", shard_tokens=101)
    stored = load_tokenizer(tmp_path / "shards" / "tokenizer.json")
    assert stored.encode(texts[0]) == tokenizer.encode(texts[0])
    (training, n_training), (validation, n_validation) = read_shards(
        tmp_path / "shards", tokenizer.vocab_size
    )
    assert (len(training), len(validation)) == (counts["training"], counts["validation"])
    end = tokenizer.special_ids[END_OF_TEXT]
    for part, shards, n_bytes in ((0, training, n_training), (1, validation, n_validation)):
        contents = [split_corpus(text, context_length=1)[part] for text in texts]
        expected = [token_id for content in contents for token_id in [*tokenizer.encode(content), end]]
        assert shards.windows(torch.tensor([0]), len(shards))[0].tolist() == expected
        assert n_bytes == sum(len(content.encode()) for content in contents)
    assert len(training.arrays) == -(-len(training) // 101) > 3
    assert {len(array) for array in training.arrays[:-1]} == {101}
    assert all(isinstance(array, np.memmap) for array in training.arrays), "files are mapped, not read"
    assert not list(tmp_path.glob(".*")), "nothing unfinished is left"


def test_large_vocabularies_take_32_bits(tmp_path):
    assert id_type(2**16).itemsize == 2
    assert id_type(2**16 + 1).itemsize == 4
    many = CharTokenizer([chr(0x20000 + i) for i in range(2**16 + 1)])
    last = many.symbols[-1]
    write_shards([last * 40], many, tmp_path / "shards")
    (training, _), _ = read_shards(tmp_path / "shards", many.vocab_size)
    assert training.windows(torch.tensor([0]), 2).tolist() == [[2**16, 2**16]]


def test_a_text_in_memory_is_read_the_same_way():
    tokenizer = CharTokenizer("abc")
    assert encode_shards("cab", tokenizer).windows(torch.tensor([0]), 3).tolist() == [[2, 0, 1]]


def test_the_digest_changes_with_the_content(tokenizer, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_shards([some_text(100, seed)], tokenizer, tmp_path / name)
    assert shards_digest(tmp_path / "a") == shards_digest(tmp_path / "b")
    assert shards_digest(tmp_path / "a") != shards_digest(tmp_path / "c")


def test_nothing_is_overwritten(tokenizer, tmp_path):
    with pytest.raises(UserError, match="exists; choose another folder for the shards"):
        write_shards([some_text(100)], tokenizer, tmp_path)


def test_a_full_disk_leaves_nothing_behind(tokenizer, tmp_path, monkeypatch):
    def write_bytes(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(UserError, match=r"shards cannot be written \(No space left on device\); make room"):
        write_shards([some_text(100)], tokenizer, tmp_path / "shards")
    assert os.listdir(tmp_path) == []


def test_a_text_that_is_too_short_leaves_nothing_behind(tokenizer, tmp_path):
    with pytest.raises(UserError, match="the corpus has 3 characters"):
        write_shards([some_text(100), "abc"], tokenizer, tmp_path / "shards")
    assert os.listdir(tmp_path) == []


def truncate(folder: Path) -> None:
    path = folder / "training-0000.bin"
    path.write_bytes(path.read_bytes()[:-2])


def lose(folder: Path) -> None:
    (folder / "validation-0000.bin").unlink()


def forget(folder: Path) -> None:
    described = json.loads((folder / "shards.json").read_text())
    described["training"]["files"] = []
    (folder / "shards.json").write_text(json.dumps(described))


def scribble(folder: Path) -> None:
    (folder / "shards.json").write_text("{")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "training-0000.bin has .* bytes instead of"),
        (lose, "validation-0000.bin has 0 bytes instead of"),
        (forget, r"shards.json is missing or damaged \(no training files\)"),
        (scribble, r"shards.json is missing or damaged \(Expecting"),
    ],
)
def test_damage_is_named(tokenizer, tmp_path, damage, message):
    write_shards([some_text(100)], tokenizer, tmp_path / "shards")
    damage(tmp_path / "shards")
    with pytest.raises(UserError, match=f"{message}.*; make the shards again with `seq2gpt tokenize`"):
        list(read_shards(tmp_path / "shards", tokenizer.vocab_size))
