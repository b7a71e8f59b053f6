import os
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2gpt.tokens import (
    BytePairTokenizer,
    CharTokenizer,
    build_char_vocab,
    count_pairs,
    decode,
    encode,
    gpt2_pattern,
    merge_pair,
    split_text,
    token_bytes,
    train_bpe,
)

DATA = Path(os.environ.get("SEQ2GPT_DATA", "missing"))
needs_gpt2 = pytest.mark.skipif(
    not (DATA / "gpt2_bpe/vocab.bpe").exists(), reason="SEQ2GPT_DATA names no folder with gpt2_bpe/vocab.bpe"
)
PUBLISHED = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
# Text in which everything that the pattern tells apart comes often, and any character at times.
tricky = st.text(
    st.one_of(
        st.sampled_from("aZé'sdtrvelm0²½٣一 \t\n\r\x1c\x85\xa0\u2028\u3000_.!—😀\u0301"),
        st.characters(codec="utf-8"),
    )
)
few_letters = st.text(st.sampled_from("ab é"), max_size=40)


@pytest.fixture(scope="module")
def gpt2() -> BytePairTokenizer:
    return BytePairTokenizer.from_gpt2_merges((DATA / "gpt2_bpe/vocab.bpe").read_text("utf-8").splitlines())


def test_vocabulary_is_sorted_by_code_point_and_without_repeats() -> None:
    assert build_char_vocab("zebra\nZ é b") == ["\n", " ", "Z", "a", "b", "e", "r", "z", "é"]


@given(st.text(min_size=1))
def test_vocabulary_does_not_depend_on_order_or_frequency(text: str) -> None:
    assert build_char_vocab(text) == build_char_vocab(text[::-1] + text)


def test_empty_text_has_no_vocabulary() -> None:
    with pytest.raises(ValueError, match="^the text is empty: a vocabulary needs at least one character$"):
        build_char_vocab("")


def test_ids_are_places_in_the_list_of_symbols_even_if_it_is_unsorted() -> None:
    tokenizer = CharTokenizer(["x", "\n", "a"])
    assert tokenizer.symbols == ["x", "\n", "a"]
    assert tokenizer.vocab_size == 3
    assert tokenizer.encode("a\nxx") == [2, 1, 0, 0]
    assert tokenizer.decode([1, 2, 0]) == "\nax"


@given(st.text(min_size=1))
def test_every_text_comes_back_from_its_ids(text: str) -> None:
    tokenizer = CharTokenizer(build_char_vocab(text))
    ids = tokenizer.encode(text)
    assert len(ids) == len(text)
    assert set(ids) == set(range(tokenizer.vocab_size))
    assert tokenizer.decode(ids) == text


def test_empty_text_and_no_ids_are_fine() -> None:
    tokenizer = CharTokenizer("ab")
    assert tokenizer.encode("") == []
    assert tokenizer.decode([]) == ""


def test_changing_the_given_list_does_not_change_the_tokenizer() -> None:
    symbols = ["a", "b"]
    tokenizer = CharTokenizer(symbols)
    symbols.append("c")
    assert tokenizer.vocab_size == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a\té",
            "cannot encode '\\t', 'é': the vocabulary holds 2 characters ('a', 'b'); "
            "leave the unknown ones out or replace them",
        ),
        (
            "0123456789",
            "cannot encode '0', '1', '2', '3', '4', '5', '6', …, '9': the vocabulary holds 2 characters "
            "('a', 'b'); leave the unknown ones out or replace them",
        ),
    ],
)
def test_unknown_characters_are_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CharTokenizer("ab").encode(text)


def test_a_long_vocabulary_is_shortened_in_the_message() -> None:
    with pytest.raises(
        ValueError, match=re.escape("holds 26 characters ('a', 'b', 'c', 'd', 'e', 'f', 'g', …, 'z')")
    ):
        CharTokenizer("abcdefghijklmnopqrstuvwxyz").encode("A")


@pytest.mark.parametrize("token_id", [-1, 2, 1000])
def test_ids_outside_the_vocabulary_are_named(token_id: int) -> None:
    message = f"^cannot decode id {token_id}: the vocabulary holds 2 characters; use ids from 0 to 1$"
    with pytest.raises(ValueError, match=message):
        CharTokenizer("ab").decode([0, token_id, 1])


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        ([], "the vocabulary is empty: give at least one symbol"),
        (["a", "b", "a"], "symbols repeat: 'a'; give each symbol once"),
        (["a", "bc", ""], "symbols are not single characters: 'bc', ''; split them"),
    ],
)
def test_impossible_vocabularies_are_refused(symbols: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CharTokenizer(symbols)


# ---- byte-pair encoding ----------------------------------------------------------------------------------


def train_in_loops(text: str, n_merges: int) -> list[tuple[int, int]]:
    """Sennrich et al. 2016, algorithm 1, on strings of bytes: no word is counted twice, nothing is shared."""
    words = [[ord(byte) for byte in piece.encode().decode("latin-1")] for piece in split_text(text)]
    found: list[tuple[int, int]] = []
    for new_id in range(256, 256 + n_merges):
        counts: dict[tuple[int, int], int] = {}
        for word in words:
            for i in range(len(word) - 1):
                counts[word[i], word[i + 1]] = counts.get((word[i], word[i + 1]), 0) + 1
        if not counts:
            break
        most = max(counts.values())
        best = sorted(pair for pair in counts if counts[pair] == most)[0]
        found.append(best)
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [new_id]
                i += 1
    return found


def test_pairs_are_counted_within_words_and_weighted_by_how_often_a_word_occurs() -> None:
    counts = count_pairs({(1, 2, 3): 5, (2, 3): 7, (3, 1): 11, (4,): 13, (): 17})
    assert counts == {(1, 2): 5, (2, 3): 12, (3, 1): 11}


def test_every_place_of_a_pair_counts_even_when_places_overlap() -> None:
    assert count_pairs({(5, 5, 5, 5): 2}) == {(5, 5): 6}


@pytest.mark.parametrize(
    ("word", "merged"),
    [
        ((5, 5, 5), (9, 5)),
        ((5, 5, 5, 5), (9, 9)),
        ((6, 5, 5), (6, 9)),
        ((5,), (5,)),
        ((), ()),
        ((6, 5, 6), (6, 5, 6)),
    ],
)
def test_merging_reads_from_left_to_right_and_uses_an_id_once(word, merged) -> None:
    assert merge_pair(word, (5, 5), 9) == merged


def test_a_pair_has_an_order() -> None:
    assert merge_pair((1, 2, 1), (1, 2), 9) == (9, 1)
    assert merge_pair((2, 1, 2), (1, 2), 9) == (2, 9)


def test_equally_frequent_pairs_are_merged_in_the_order_of_their_ids() -> None:
    merges = train_bpe("zy.ba.bc", n_merges=9)  # pieces: zy . ba . bc; every pair occurs once
    assert list(merges) == [(98, 97), (98, 99), (122, 121)]
    assert list(merges.values()) == [256, 257, 258]


def test_frequency_goes_before_the_order_of_ids() -> None:
    assert list(train_bpe("ab,zzz", n_merges=1)) == [(122, 122)]


def test_training_stops_when_nothing_is_left_to_merge() -> None:
    assert train_bpe("ab", n_merges=100) == {(97, 98): 256}
    assert train_bpe("", n_merges=3) == {}
    assert train_bpe("ab", n_merges=0) == {}


def test_merges_do_not_cross_pieces() -> None:
    merges = train_bpe("a b a b a b a b", n_merges=50)
    assert merges == {(32, 98): 256, (32, 97): 257}  # " b" four times, " a" three times, and no more


@given(few_letters, st.integers(0, 12))
def test_training_equals_the_loops(text: str, n_merges: int) -> None:
    assert list(train_bpe(text, n_merges)) == train_in_loops(text, n_merges)


@given(few_letters, st.text())
def test_every_text_comes_back_whatever_was_trained_on(training: str, text: str) -> None:
    merges = train_bpe(training, n_merges=20)
    assert decode(encode(text, merges), merges) == text


@given(few_letters)
def test_the_training_text_is_encoded_as_training_left_it(text: str) -> None:
    merges = train_bpe(text, n_merges=5)
    words = [tuple(piece.encode()) for piece in split_text(text)]
    for pair, new_id in merges.items():
        words = [merge_pair(word, pair, new_id) for word in words]
    assert encode(text, merges) == [token_id for word in words for token_id in word]


def test_the_earliest_merge_goes_first_not_the_leftmost_nor_the_longest() -> None:
    merges = {(99, 100): 256, (97, 98): 257, (98, 256): 258, (257, 99): 259}
    assert encode("abcd", merges) == [257, 256]  # cd, then ab; neither bcd nor abc
    assert encode("abc", merges) == [259]


def test_bytes_from_128_on_are_ordinary_bytes() -> None:
    merges = train_bpe("éééé", n_merges=1)
    assert merges == {(0xC3, 0xA9): 256}
    assert encode("é€", merges) == [256, 0xE2, 0x82, 0xAC]


def test_a_character_spread_over_ids_is_decoded_from_all_of_them_together() -> None:
    assert decode([0xE2, 0x82, 0xAC], {}) == "€"
    assert decode([0xE2, 0x82], {}) == "\ufffd"
    assert decode([97, 0xFF, 98], {}) == "a\ufffdb"


@pytest.mark.parametrize("token_id", [-1, 257])
def test_unknown_ids_are_named(token_id: int) -> None:
    message = f"^cannot decode id {token_id}: the vocabulary holds 257 tokens; use ids from 0 to 256$"
    with pytest.raises(ValueError, match=message):
        decode([97, token_id], {(97, 98): 256})


@pytest.mark.parametrize("merges", [{(97, 256): 256}, {(97, 98): 257}, {(-1, 98): 256}])
def test_impossible_merges_are_refused(merges) -> None:
    ((pair, new_id),) = merges.items()
    message = f"merge {pair} -> {new_id} must join two ids below 256 into that id"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        token_bytes(merges)


def test_tokens_are_the_bytes_of_both_parts_in_order() -> None:
    assert token_bytes({(97, 98): 256, (256, 97): 257})[255:] == [b"\xff", b"ab", b"aba"]


# ---- cutting texts ---------------------------------------------------------------------------------------


@given(tricky)
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(split_text(text)) == text


@pytest.mark.parametrize("text", ["a\ud800b", "\udfff"])
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    place = max(text.find("\ud800"), text.find("\udfff"))
    found = f"U\\+{ord(text[place]):04X} at offset {place}"
    with pytest.raises(ValueError, match=f"^the text holds {found}, half of a surrogate pair; take it out$"):
        encode(text, {})


def test_letters_numbers_and_other_signs_are_those_that_this_python_knows() -> None:
    runs: dict[str, list[str]] = {"L": [], "N": [], "other": []}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category not in ("Cn", "Cs") and not re.match(
            r"\s", chr(code)
        ):  # unassigned here, or half a character
            runs[category[0] if category[0] in "LN" else "other"].append(chr(code))
    for run in runs.values():
        assert split_text("".join(run)) == ["".join(run)]


def test_white_space_is_that_of_unicode() -> None:
    # Python's \\s also has the separators U+001C to U+001F, which Unicode counts as control characters.
    spaces = [chr(c) for c in range(0x110000) if chr(c).isspace() and not 0x1C <= c <= 0x1F]
    assert split_text("".join(spaces)) == ["".join(spaces)]
    assert split_text("\x1c\x1d\x1e\x1f!") == ["\x1c\x1d\x1e\x1f!"]


@given(tricky)
def test_cutting_equals_the_published_pattern(text: str) -> None:
    regex = pytest.importorskip("regex")
    known = "".join(c for c in text if unicodedata.category(c) != "Cn")  # regex has a newer Unicode
    assert split_text(known) == regex.findall(PUBLISHED, known)


# ---- the tokenizer ---------------------------------------------------------------------------------------


def test_special_tokens_come_after_the_merges_and_only_when_asked_for() -> None:
    tokenizer = BytePairTokenizer({(97, 98): 256}, ["<s>", "<s><s>", "ab"])
    assert tokenizer.vocab_size == 260
    assert tokenizer.special_ids == {"<s>": 257, "<s><s>": 258, "ab": 259}
    assert tokenizer.encode("<s>ab") == [60, 115, 62, 256]
    assert tokenizer.encode_with_special("x<s><s><s>ab") == [120, 258, 257, 259]
    assert tokenizer.decode([120, 258, 257, 259, 256]) == "x<s><s><s>abab"


def test_without_special_tokens_there_is_nothing_to_find() -> None:
    tokenizer = BytePairTokenizer({(97, 98): 256})
    assert tokenizer.encode_with_special("(ab|)") == tokenizer.encode("(ab|)") == [40, 256, 124, 41]


@pytest.mark.parametrize("special", [["<s>", "<s>"], [""]])
def test_impossible_special_tokens_are_refused(special: list[str]) -> None:
    message = re.escape(f"special_tokens={special} must be distinct and not empty")
    with pytest.raises(ValueError, match=f"^{message}$"):
        BytePairTokenizer({}, special)


def test_the_order_of_bytes_renumbers_bytes_and_nothing_else() -> None:
    order = [98, 97, *range(97), *range(99, 256)]
    tokenizer = BytePairTokenizer({(97, 98): 256}, byte_order=order)
    assert tokenizer.encode("ba ab") == [0, 1, 2 + 32, 256]
    assert tokenizer.decode([0, 1, 256]) == "baab"


def test_the_tokenizer_shows_half_a_character_as_a_replacement() -> None:
    assert BytePairTokenizer({}).decode([97, 0xE2, 0x82]) == "a\ufffd"


@pytest.mark.parametrize("token_id", [-1, 257])
def test_the_tokenizer_names_unknown_ids(token_id: int) -> None:
    with pytest.raises(ValueError, match=f"^cannot decode id {token_id}: the vocabulary holds 257 tokens"):
        BytePairTokenizer({(97, 98): 256}).decode([token_id])


def test_gpt2_writes_bytes_as_visible_characters() -> None:
    # Ġ is a space (the 33rd of the bytes that are not visible, U+0100 + 32), Ċ a line break, Ã © the bytes of é.
    tokenizer = BytePairTokenizer.from_gpt2_merges(["#version: 0.2", "Ġ a", "Ã ©", "# #", "Ċ Ċ"])
    assert tokenizer.encode(" aé##\n\n") == [256, 257, 258, 259]
    assert tokenizer.encode("!~\xa1\x00 ")[:2] == [0, 93]
    assert tokenizer.special_ids == {"<|endoftext|>": 260}
    assert [tokenizer.tokens[i] for i in (0, 93, 94, 188, 220, 255)] == [
        b"!",
        b"~",
        b"\xa1",
        b"\x00",
        b" ",
        b"\xad",
    ]


@needs_gpt2
def test_gpt2_has_its_vocabulary(gpt2: BytePairTokenizer) -> None:
    assert gpt2.vocab_size == 50257
    assert gpt2.encode_with_special("<|endoftext|>") == [50256]
    assert gpt2.encode("Hello world") == [15496, 995]
    assert Counter(map(len, gpt2.tokens))[1] == 256


@needs_gpt2
def test_gpt2_golden_encodings(gpt2: BytePairTokenizer) -> None:
    folder = DATA / "golden_gpt2_tokens"
    texts = (folder / "ggml-vocab-gpt-2.gguf.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")
    lines = (folder / "ggml-vocab-gpt-2.gguf.out").read_text().split("\n")
    assert len(texts) == len(lines) == 47
    for text, line in zip(texts, lines, strict=True):
        assert gpt2.encode(text) == [int(token_id) for token_id in line.split()], text
        assert gpt2.decode(gpt2.encode(text)) == text


@pytest.fixture(scope="module")
def published(gpt2: BytePairTokenizer):
    """GPT-2's tokenizer in tiktoken."""
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {token: token_id for token_id, token in enumerate(gpt2.tokens[:-1])}
    return tiktoken.Encoding("gpt2", pat_str=PUBLISHED, mergeable_ranks=ranks, special_tokens={})


@pytest.fixture(scope="module")
def hugging_face():
    """GPT-2's tokenizer in transformers, from the published merges."""
    transformers = pytest.importorskip("transformers")
    lines = (DATA / "gpt2_bpe/vocab.bpe").read_text("utf-8").splitlines()
    merges = [tuple(line.split()) for line in lines[1:]]
    vocabulary = {sign: token_id for token_id, sign in enumerate(_byte_signs())}
    for first, second in merges:
        vocabulary[first + second] = len(vocabulary)
    return transformers.GPT2Tokenizer(vocab=vocabulary | {"<|endoftext|>": 50256}, merges=merges)


@needs_gpt2
@given(text=tricky)
def test_gpt2_ids_equal_those_of_tiktoken(gpt2: BytePairTokenizer, published, text: str) -> None:
    assert gpt2.encode(text) == published.encode_ordinary(text)
    assert gpt2.decode(gpt2.encode(text)) == text


@needs_gpt2
@given(text=tricky)
def test_gpt2_ids_equal_those_of_transformers(gpt2: BytePairTokenizer, hugging_face, text: str) -> None:
    assert gpt2.encode(text) == hugging_face.encode(text)


def _byte_signs() -> list[str]:
    visible = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    return [chr(b) for b in visible] + [chr(256 + n) for n in range(256 - len(visible))]


def test_the_pattern_is_built_once() -> None:
    assert gpt2_pattern() is gpt2_pattern()
