"""The fast paths of byte-pair encoding give what the explained ones give; tokenizers survive as files."""

import json
import re
import sys
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2gpt import bpe
from seq2gpt.bpe import (
    FastBytePairTokenizer,
    check_merges,
    load_tokenizer,
    save_tokenizer,
    train_bpe_fast,
)
from seq2gpt.data.corpus import embedded_corpus
from seq2gpt.errors import UserError
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer, split_text, train_bpe
from test_tokens import DATA, few_letters, needs_gpt2, tricky


@given(few_letters, st.integers(0, 30))
def test_fast_training_finds_the_same_merges_in_the_same_order(text, n_merges):
    fast, slow = train_bpe_fast(text, n_merges), train_bpe(text, n_merges)
    assert list(fast.items()) == list(slow.items())


@given(st.text(st.sampled_from("ab"), max_size=60), st.integers(0, 30))
def test_runs_of_equal_letters_are_counted_right(text, n_merges):
    assert list(train_bpe_fast(text, n_merges).items()) == list(train_bpe(text, n_merges).items())


def test_fast_training_equals_the_slow_one_on_english():
    text = embedded_corpus()[:20_000]
    assert list(train_bpe_fast(text, 60).items()) == list(train_bpe(text, 60).items())


def test_training_equals_the_tokenizers_library():
    tokenizers = pytest.importorskip("tokenizers")
    text = embedded_corpus()[:200_000] + "Führer naïve Ελλάδα 一二三 😀😀 " * 7
    # Latin-1 writes byte b as the character b, so the library's rule for ties orders as ours does.
    words = [piece.encode().decode("latin-1") for piece in split_text(text)]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + 500, initial_alphabet=[chr(byte) for byte in range(256)], show_progress=False
    )
    tokenizer.train_from_iterator(words, trainer)
    names = json.loads(tokenizer.to_str())["model"]["vocab"]
    merges = [
        tuple(names[part] for part in pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]
    ]
    assert list(train_bpe_fast(text, 500)) == merges


def test_a_thousand_merges_on_a_megabyte_take_seconds():
    text = embedded_corpus()[:1_000_000]
    start = time.process_time()
    assert len(train_bpe_fast(text, 1000)) == 1000
    assert time.process_time() - start < 15


TRAINED = train_bpe("Der Löwe, the lion, le lion ; der Löwe's Zähne, 12 123 1234", n_merges=60)


@pytest.fixture(scope="module")
def pair():
    pytest.importorskip("tiktoken")
    order = [*range(255, -1, -1)]
    return tuple(
        kind(TRAINED, ["<s>", "<s><s>"], order) for kind in (BytePairTokenizer, FastBytePairTokenizer)
    )


@given(text=st.one_of(tricky, st.text(), st.text(st.sampled_from("Der Löwethion,'12<s>"))))
def test_tiktoken_gives_the_same_ids(pair, text):
    explained, fast = pair
    assert fast.encode(text) == explained.encode(text)
    assert fast.encode_with_special(text) == explained.encode_with_special(text)
    assert fast.decode(fast.encode(text)) == text


@given(text=few_letters, other=few_letters)
def test_tiktoken_gives_the_same_ids_under_any_trained_merges(text, other):
    pytest.importorskip("tiktoken")
    merges = train_bpe_fast(text, 40)
    assert FastBytePairTokenizer(merges).encode(other) == BytePairTokenizer(merges).encode(other)


@needs_gpt2
@given(text=tricky)
def test_gpt2_by_tiktoken_gives_the_same_ids(gpt2_pair, text):
    explained, fast = gpt2_pair
    assert fast.encode(text) == explained.encode(text)


@pytest.fixture(scope="module")
def gpt2_pair():
    pytest.importorskip("tiktoken")
    lines = (DATA / "gpt2_bpe/vocab.bpe").read_text("utf-8").splitlines()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bpe, "check_merges", lambda merges: None)  # the slow test below makes it
        fast = FastBytePairTokenizer.from_gpt2_merges(lines)
    assert isinstance(fast, FastBytePairTokenizer)
    return BytePairTokenizer.from_gpt2_merges(lines), fast


@pytest.mark.slow
@needs_gpt2
def test_the_merges_of_gpt2_pass_the_check(gpt2_pair):
    check_merges(gpt2_pair[0].merges)


def test_half_a_surrogate_pair_is_refused_on_the_fast_path_too(pair):
    with pytest.raises(ValueError, match=r"^the text holds U\+D800 at offset 1, half of a surrogate pair"):
        pair[1].encode("a\ud800")


def test_merges_out_of_order_are_refused():
    # bc is merged before ab, so the bytes abc become a, bc; tiktoken would find the token abc.
    merges = {(98, 99): 256, (97, 98): 257, (257, 99): 258}
    message = (
        "token 258 is b'abc', but these bytes are encoded as [97, 256]; "
        "give the merges in the order in which training found them"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_merges(merges)
    with pytest.raises(ValueError, match=r"^token 258 is b'abc'"):
        FastBytePairTokenizer(merges)


def test_two_tokens_of_the_same_bytes_are_refused():
    with pytest.raises(ValueError, match=r"^token 259 is b'abc', but these bytes are encoded as \[258\]"):
        check_merges({(97, 98): 256, (98, 99): 257, (256, 99): 258, (97, 257): 259})


@given(few_letters)
def test_trained_merges_pass_the_check(text):
    check_merges(train_bpe_fast(text, 50))


def test_without_tiktoken_the_command_to_install_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(UserError, match=r"^the fast tokenizer needs tiktoken; pip install 'seq2gpt\[hub\]'$"):
        FastBytePairTokenizer({})


def test_a_file_is_not_blamed_for_a_missing_tiktoken(tmp_path, monkeypatch):
    save_tokenizer(BytePairTokenizer(TRAINED), tmp_path / "tokenizer.json")
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    assert load_tokenizer(tmp_path / "tokenizer.json").vocab_size == 256 + len(TRAINED)
    with pytest.raises(UserError, match="^the fast tokenizer needs tiktoken; "):
        load_tokenizer(tmp_path / "tokenizer.json", fast=True)


# ---- files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [False, True])
def test_a_tokenizer_of_byte_pairs_comes_back_from_its_file(tmp_path, pair, fast):
    save_tokenizer(pair[0], tmp_path / "tokenizer.json")
    loaded = load_tokenizer(tmp_path / "tokenizer.json", fast)
    assert isinstance(loaded, FastBytePairTokenizer) == fast
    assert isinstance(loaded, BytePairTokenizer)
    assert loaded.merges == pair[0].merges
    assert loaded.special_ids == pair[0].special_ids
    text = "Der Löwe<s><s> isst 123\n"
    assert loaded.encode_with_special(text) == pair[0].encode_with_special(text)
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer.json"]


def test_a_tokenizer_of_characters_comes_back_from_its_file(tmp_path):
    save_tokenizer(CharTokenizer("bé\na"), tmp_path / "tokenizer.json")
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert isinstance(loaded, CharTokenizer)
    assert loaded.symbols == ["b", "é", "\n", "a"]


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    path = tmp_path / "missing" / "tokenizer.json"
    message = f"{path} cannot be written (No such file or directory); choose another place"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        save_tokenizer(CharTokenizer("ab"), path)
    message = f"{path} cannot be read (No such file or directory); save a tokenizer there first"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        load_tokenizer(path)


BYTE_PAIRS = {"kind": "byte pairs", "byte_order": [*range(256)], "special_tokens": [], "merges": [[97, 98]]}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "Expecting property name"),
        (b"[]", "list indices must be integers"),
        (b"{}", "'kind'"),
        (b"\xff", "'utf-8' codec can't decode"),
        (json.dumps({"kind": "words"}).encode(), "unknown kind 'words'"),
        (json.dumps({"kind": "characters", "symbols": ["a", "a"]}).encode(), "symbols repeat: 'a'"),
        (json.dumps(BYTE_PAIRS | {"byte_order": [1]}).encode(), "byte_order must hold each of the bytes"),
        (json.dumps(BYTE_PAIRS | {"merges": [[97]]}).encode(), "not enough values"),
        (json.dumps(BYTE_PAIRS | {"merges": [[97, 300]]}).encode(), "merge (97, 300) -> 256 must join"),
        (json.dumps(BYTE_PAIRS | {"special_tokens": [""]}).encode(), "special_tokens=[''] must be distinct"),
    ],
)
def test_a_file_that_holds_no_tokenizer_is_refused(tmp_path, content, why):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        load_tokenizer(path)
    assert str(refusal.value).startswith(f"{path} holds no tokenizer ({why}")
    assert str(refusal.value).endswith("); save it again with save_tokenizer")


def test_the_merges_of_a_file_keep_their_order(tmp_path):
    save_tokenizer(BytePairTokenizer(TRAINED), tmp_path / "t.json")
    loaded = load_tokenizer(tmp_path / "t.json")
    assert isinstance(loaded, BytePairTokenizer)
    assert list(loaded.merges.items()) == list(TRAINED.items())
    assert Counter(loaded.tokens) == Counter(BytePairTokenizer(TRAINED).tokens)
