"""Number words against num2words and against arithmetic; sentence pairs from files."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2gpt.data.translation import (
    ENGLISH,
    Pair,
    Vocabulary,
    load_pairs,
    number_pairs,
    number_words,
    plain_words,
    read_pairs,
    split_pairs,
    true_alignment,
)
from seq2gpt.errors import UserError
from seq2gpt.seq2seq import BOS, EOS, PAD, UNK

num2words = pytest.importorskip("num2words", reason="the extra `train` is not installed").num2words
NUMBERS = st.one_of(st.integers(0, 9999), st.integers(0, 10**9 - 1))
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
VALUES = {word: number for number, word in enumerate(f"{SMALL} seventeen eighteen nineteen".split())}
VALUES |= {
    word: 10 * (n + 2)
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}


def value(words: list[str]) -> int:
    """The number that English words stand for, by arithmetic."""
    total = group = 0
    for word in words:
        if word == "hundred":
            group *= 100
        elif word in ("thousand", "million"):
            total, group = total + group * {"thousand": 1000, "million": 10**6}[word], 0
        elif word != "and":
            group += VALUES[word]
    return total + group


# number_words


@given(NUMBERS)
def test_joined_again_the_parts_are_what_num2words_writes(number: int) -> None:
    for language in ("en", "de", "fr"):
        written = num2words(number, lang=language).lower()
        for sign in "-, ":
            written = written.replace(sign, "")
        assert number_words(number, language).replace(" ", "") == written


@given(NUMBERS)
def test_the_parts_are_words_that_stand_for_the_number(number: int) -> None:
    assert value(number_words(number, "en").split()) == number
    german = number_words(number, "de").split()
    assert set(german) <= {*ENGLISH, "und"}
    swapped = " ".join(german)
    for unit in ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]:
        for ten in ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]:
            swapped = swapped.replace(f"{unit} und {ten}", f"{ten} {unit}")
    assert value([ENGLISH[word] for word in swapped.split()]) == number


@pytest.mark.parametrize("number", [-1, 10**9])
def test_numbers_out_of_range_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"^number={number} is out of range; use 0 to 999,999,999$"):
        number_words(number, "en")


def test_without_num2words_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "num2words", None)
    wording = r"^number words need num2words, which is not installed; pip install 'seq2gpt\[train\]'$"
    with pytest.raises(UserError, match=wording):
        number_words(7, "en")


# number_pairs


def test_pairs_are_different_numbers_of_all_lengths_drawn_from_the_seed() -> None:
    pairs = number_pairs(700, seed=3)
    assert pairs == number_pairs(700, seed=3)
    assert pairs != number_pairs(700, seed=4)
    numbers = [value(pair.source.split()) for pair in pairs]
    assert len(set(numbers)) == 700
    counts = Counter(len(str(number)) for number in numbers)
    assert counts[1] == 9
    assert all(50 < counts[digits] < 140 for digits in range(2, 10))
    for number, pair in zip(numbers, pairs, strict=True):
        assert pair == Pair(number_words(number, "en"), number_words(number, "de"))


def test_pairs_have_the_language_and_the_digits_asked_for() -> None:
    for pair in number_pairs(9, "fr", n_digits=1):
        assert pair.target == number_words(value(pair.source.split()), "fr")
    assert max(value(pair.source.split()) for pair in number_pairs(900, n_digits=3)) < 1000
    assert number_pairs(5) == number_pairs(5, "de", n_digits=9, seed=0)


@pytest.mark.parametrize(
    ("n", "n_digits", "wording"),
    [
        (1000, 3, "n=1000 is out of range; there are 999 numbers of up to 3 digits"),
        (0, 3, "n=0 is out of range; there are 999 numbers of up to 3 digits"),
        (5, 0, "n_digits=0 is out of range; use 1 to 9"),
        (5, 10, "n_digits=10 is out of range; use 1 to 9"),
    ],
)
def test_more_pairs_than_numbers_are_refused(n: int, n_digits: int, wording: str) -> None:
    with pytest.raises(UserError, match=f"^{wording}$"):
        number_pairs(n, n_digits=n_digits)


# true_alignment


@given(NUMBERS)
def test_every_german_word_is_aligned_with_its_meaning(number: int) -> None:
    pair = Pair(number_words(number, "en"), number_words(number, "de"))
    source, target = pair.source.split(), pair.target.split()
    truth = true_alignment(pair)
    assert [None if place is None else source[place] for place in truth] == [
        ENGLISH.get(word) for word in target
    ]
    places = [place for place in truth if place is not None]
    assert sorted(places) == [place for place, word in enumerate(source) if word != "and"]  # each once


def test_alignments_by_hand() -> None:
    pair = Pair("five hundred and five thousand and fifty five", "fünf hundert fünf tausend fünf und fünfzig")
    assert true_alignment(pair) == [0, 1, 3, 4, 7, None, 6]
    pair = Pair("one million one thousand and one", "eine million ein tausend eins")
    assert true_alignment(pair) == [0, 1, 2, 3, 5]


# split_pairs


def test_the_split_shares_no_source_and_has_equal_shares_of_every_length() -> None:
    pairs = number_pairs(1000)
    training, test = split_pairs(pairs, n_test=200, seed=1)
    assert sorted(training + test) == sorted(pairs)
    assert len(test) == 200
    assert not {pair.source for pair in training} & {pair.source for pair in test}
    counts = [Counter(len(pair.source.split()) for pair in part) for part in (pairs, test)]
    for length, n in counts[0].items():
        assert abs(counts[1][length] - n / 5) <= 1
    assert split_pairs(pairs, 200, seed=1) == (training, test)
    assert split_pairs(pairs, 200, seed=2) != (training, test)
    assert split_pairs(pairs, 200) == split_pairs(pairs, 200, seed=0)


def test_of_a_repeated_source_the_first_pair_stays() -> None:
    pairs = [Pair("run", "cours"), Pair("go", "va"), Pair("run", "courez")]
    training, test = split_pairs(pairs, n_test=1)
    assert sorted(training + test) == [Pair("go", "va"), Pair("run", "cours")]


@pytest.mark.parametrize("n_test", [0, 2, 3])
def test_a_split_leaves_something_on_both_sides(n_test: int) -> None:
    wording = f"^n_test={n_test} leaves nothing to train or to test on; 2 pairs are there$"
    with pytest.raises(UserError, match=wording):
        split_pairs([Pair("a", "b"), Pair("c", "d"), Pair("a", "e")], n_test)


# Vocabulary


def test_special_tokens_come_first_and_the_others_in_order() -> None:
    words = Vocabulary.from_texts(["b a", "c b"])
    assert words.tokens == ["<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "c"]
    assert len(words) == 7
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    assert words.encode("a x b") == [4, UNK, 5]
    assert words.decode([BOS, 4, UNK, 6, EOS, PAD]) == "a <unk> c"


def test_characters_are_tokens_without_a_separator() -> None:
    characters = Vocabulary.from_texts(["no", "on!"], separator="")
    assert characters.tokens[4:] == ["!", "n", "o"]
    assert characters.decode([BOS, *characters.encode("noon"), EOS]) == "noon"
    assert characters.encode("né") == [5, UNK]


def test_rare_tokens_can_be_left_out() -> None:
    assert Vocabulary.from_texts(["a b", "b"], least=2).tokens[4:] == ["b"]
    assert Vocabulary.from_texts(["a b", "b"]).tokens[4:] == ["a", "b"]


@given(st.lists(st.text("abc", min_size=1), min_size=1))
def test_what_is_in_the_vocabulary_comes_back(words: list[str]) -> None:
    text = " ".join(words)
    for separator in (" ", ""):
        vocabulary = Vocabulary.from_texts([text], separator)
        assert vocabulary.decode(vocabulary.encode(text)) == text


def test_repeated_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^the token 'a' is given twice; give each token once$"):
        Vocabulary(["a", "b", "a"])
    with pytest.raises(ValueError, match=r"^the token '<pad>' is given twice"):
        Vocabulary(["<pad>"])


# files


def test_plain_words() -> None:
    assert plain_words("L’été, c'est FINI\u202f!") == "l' été , c' est fini !"
    assert plain_words("e\u0301te\u0301") == "été"


def test_pairs_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("Go.\tVa !\nI'm cold.\tJ'ai froid.\tCC-BY\n", encoding="utf-8")
    assert load_pairs(file) == [Pair("go .", "va !"), Pair("i' m cold .", "j' ai froid .")]


@pytest.mark.parametrize("line", ["Go. Va !", "Go.\t", "\tVa !", ""])
def test_a_line_without_two_texts_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text(f"Go.\tVa !\n{line}\nRun.\tCours !\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"^line 2 of .*pairs\.tsv holds no two texts with a tab between them; mend it$"
    ):
        read_pairs(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no data set '.*none\.tsv'; .* names: tatoeba_eng_fra$"):
        load_pairs(tmp_path / "none.tsv")


def test_tatoeba() -> None:
    if not os.environ.get("SEQ2GPT_DATA"):
        pytest.skip("SEQ2GPT_DATA names no folder with data sets")
    pairs = load_pairs(Path("tatoeba_eng_fra"))
    assert len(pairs) == 40000
    assert pairs == load_pairs(Path(os.environ["SEQ2GPT_DATA"]) / "tatoeba_eng_fra" / "eng-fra-40k.tsv")
    assert pairs[0] == Pair("go .", "va !")
    assert max(len(pair.target.split()) for pair in pairs) <= 30
    training, test = split_pairs(pairs, 1000)
    assert len(training) + len(test) == 39999  # two sources differ in capitals alone
