import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2gpt.tokens import CharTokenizer, build_char_vocab


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
