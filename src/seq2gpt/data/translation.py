"""Sentence pairs to translate, and the tokens that they are made of.

The embedded pairs are number words, written by rules and therefore exactly right: German says 34 as "four and
thirty", so a model has to learn which source word to look at. The real ones are sentences from Tatoeba.
"""

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from seq2gpt.data.corpus import read_text
from seq2gpt.data.downloads import fetch
from seq2gpt.data.sets import load_data
from seq2gpt.errors import UserError
from seq2gpt.seq2seq import BOS, EOS, PAD, UNK

Language = Literal["de", "fr"]
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]  # with the ids PAD, BOS, EOS and UNK
TATOEBA = "tatoeba_eng_fra"
TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
GERMAN = [
    *TENS, "null", "eins", "eine", "ein", "zwei", "dreizehn", "drei", "vierzehn", "vier", "fünfzehn", "fünf",
    "sechzehn", "sechs", "siebzehn", "sieben", "achtzehn", "acht", "neunzehn", "neun", "zehn", "elf", "zwölf",
    "hundert", "und", "tausend", "millionen", "million",
]  # fmt: skip
"""The parts of German number words; where one begins like another, the longer one stands first."""
ENGLISH = {
    "null": "zero", "eins": "one", "eine": "one", "ein": "one", "zwei": "two", "drei": "three", "vier": "four",
    "fünf": "five", "sechs": "six", "sieben": "seven", "acht": "eight", "neun": "nine", "zehn": "ten",
    "elf": "eleven", "zwölf": "twelve", "dreizehn": "thirteen", "vierzehn": "fourteen", "fünfzehn": "fifteen",
    "sechzehn": "sixteen", "siebzehn": "seventeen", "achtzehn": "eighteen", "neunzehn": "nineteen",
    "zwanzig": "twenty", "dreißig": "thirty", "vierzig": "forty", "fünfzig": "fifty", "sechzig": "sixty",
    "siebzig": "seventy", "achtzig": "eighty", "neunzig": "ninety", "hundert": "hundred", "tausend": "thousand",
    "million": "million", "millionen": "million",
}  # fmt: skip
"""What each part means. "und", which joins units and tens, has no English counterpart."""
SCALES = ("million", "thousand", "hundred")


class Pair(NamedTuple):
    """A sentence and its translation, words separated by single spaces."""

    source: str
    target: str


class Vocabulary:
    """The tokens of one language, words or characters; ids 0 to 3 are <pad>, <bos>, <eos> and <unk>.

    ``separator`` stands between the tokens of a text: a space where they are words, nothing where they are
    characters. ``encode`` adds no special token, and gives ``UNK`` for a token that is not in the vocabulary.

    >>> words = Vocabulary.from_texts(["one two", "two"])
    >>> words.encode("two three"), words.decode([1, 4, 5, 2, 0])
    ([5, 3], 'one two')
    """

    def __init__(self, tokens: Sequence[str], separator: Literal[" ", ""] = " ") -> None:
        self.tokens = [*SPECIAL, *tokens]
        self.separator = separator
        self._ids = {token: number for number, token in enumerate(self.tokens)}
        if len(self._ids) < len(self.tokens):
            repeated = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ValueError(f"the token {repeated!r} is given twice; give each token once")

    @classmethod
    def from_texts(
        cls, texts: Iterable[str], separator: Literal[" ", ""] = " ", least: int = 1
    ) -> "Vocabulary":
        """The tokens that occur ``least`` times or more, in alphabetical order."""
        counts = Counter(token for text in texts for token in _cut(text, separator))
        return cls(sorted(token for token, count in counts.items() if count >= least), separator)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """The ids of the tokens of ``text``."""
        return [self._ids.get(token, UNK) for token in _cut(text, self.separator)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text that ``ids`` stand for, without <pad>, <bos> and <eos>; <unk> stays visible."""
        return self.separator.join(self.tokens[token] for token in ids if token not in (PAD, BOS, EOS))


def _cut(text: str, separator: str) -> list[str]:
    return text.split() if separator else list(text)


def number_words(number: int, language: Literal["en", "de", "fr"]) -> str:
    """A whole number from 0 to 999,999,999 in words, lower case, cut into parts by single spaces.

    Hyphens and commas become spaces, and German compounds are cut where their parts meet; joined again they
    are what ``num2words`` writes.

    >>> number_words(34567, "en")
    'thirty four thousand five hundred and sixty seven'
    >>> number_words(34567, "de")
    'vier und dreißig tausend fünf hundert sieben und sechzig'

    Raises ``ValueError`` for numbers out of range, and ``UserError`` when ``num2words`` is not installed.
    """
    if not 0 <= number < 10**9:
        raise ValueError(f"number={number} is out of range; use 0 to 999,999,999")
    try:
        from num2words import num2words  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise UserError(
            "number words need num2words, which is not installed; pip install 'seq2gpt[train]'"
        ) from None
    words = num2words(number, lang=language).lower().replace("-", " ").replace(",", " ")
    parts = re.findall("|".join(GERMAN), words) if language == "de" else words.split()
    return " ".join(parts)


def number_pairs(n: int, language: Language = "de", n_digits: int = 9, seed: int = 0) -> list[Pair]:
    """``n`` different numbers, 1 or more, in English and another language, of up to ``n_digits`` digits.

    Each number of digits is equally frequent as long as there are such numbers left; the others make up for
    those that run out. One seed always gives the same pairs in the same order.

    Raises ``UserError`` when there are not ``n`` such numbers, and unless 1 ≤ ``n_digits`` ≤ 9.
    """
    if not 1 <= n_digits <= 9:
        raise UserError(f"n_digits={n_digits} is out of range; use 1 to 9")
    if not 0 < n < 10**n_digits:
        raise UserError(
            f"n={n} is out of range; there are {10**n_digits - 1:,} numbers of up to {n_digits} digits"
        )
    rng = random.Random(seed)
    lowest = [10**digits for digits in range(n_digits)]
    numbers: dict[int, None] = {}  # a dict keeps the order
    while len(numbers) < n:
        start = rng.choice(lowest)
        numbers[rng.randrange(start, 10 * start)] = None
    return [Pair(number_words(number, "en"), number_words(number, language)) for number in numbers]


def true_alignment(pair: Pair) -> list[int | None]:
    """For every German part of a number, the position of the English word that it translates.

    ``None`` for the "und" between units and tens, which translates nothing.

    >>> true_alignment(Pair("thirty four", "vier und dreißig"))
    [1, None, 0]
    """
    meanings = [ENGLISH.get(word) for word in pair.target.split()]
    return _align(pair.source.split(), meanings, 0, SCALES)


def _align(
    source: list[str], meanings: list[str | None], start: int, scales: Sequence[str]
) -> list[int | None]:
    """Both sides are cut at the same scale word; below the hundreds no word occurs twice."""
    if not scales:
        return [None if meaning is None else start + source.index(meaning) for meaning in meanings]
    scale, *smaller = scales
    if scale not in source:
        return _align(source, meanings, start, smaller)
    here, there = source.index(scale), meanings.index(scale)
    before = _align(source[:here], meanings[:there], start, smaller)
    after = _align(source[here + 1 :], meanings[there + 1 :], start + here + 1, smaller)
    return [*before, start + here, *after]


def split_pairs(pairs: Sequence[Pair], n_test: int, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """Training and test pairs that share no source sentence, with equal shares of every source length.

    Of the pairs whose sources have equally many words, the same share is drawn for the test; of a repeated
    source only the first pair is kept. ``n_test`` is met to within the rounding of these shares.

    >>> training, test = split_pairs([Pair(text, "x") for text in ("a", "b", "a b", "b a")], n_test=2)
    >>> len(training), sorted(len(pair.source.split()) for pair in test)
    (2, [1, 2])
    """
    by_source = {pair.source: pair for pair in reversed(pairs)}
    unique = [pair for pair in pairs if by_source[pair.source] is pair]
    if not 0 < n_test < len(unique):
        raise UserError(
            f"n_test={n_test} leaves nothing to train or to test on; {len(unique)} pairs are there"
        )
    by_length = defaultdict(list)
    for pair in unique:
        by_length[len(pair.source.split())].append(pair)
    rng = random.Random(seed)
    training: list[Pair] = []
    test: list[Pair] = []
    for _, group in sorted(by_length.items()):
        rng.shuffle(group)
        share = round(n_test * (len(test) + len(training) + len(group)) / len(unique)) - len(test)
        test += group[:share]
        training += group[share:]
    return training, test


def plain_words(text: str) -> str:
    """A sentence in lower case with words and signs apart, an apostrophe staying with the word before it.

    >>> plain_words("J'ai froid !"), plain_words("Don't go.")
    ("j' ai froid !", "don' t go .")
    """
    lowered = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    return " ".join(re.findall(r"\w+'?|[^\w\s]", lowered))


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a tab-separated file, one a line: source, target; further columns are passed over.

    Raises ``UserError`` for a file that cannot be read and for a line without two texts.
    """
    pairs = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        source, target, *_ = [plain_words(column) for column in (*line.split("\t"), "", "")]
        if not source or not target:
            raise UserError(f"line {number} of {path} holds no two texts with a tab between them; mend it")
        pairs.append(Pair(source, target))
    return pairs


def load_pairs(data: Path) -> list[Pair]:
    """The pairs of a file, or of the set ``tatoeba_eng_fra``: 40,000 English sentences with their French."""
    return load_data(data, {TATOEBA: lambda: read_pairs(fetch(TATOEBA) / "eng-fra-40k.tsv")}, read_pairs)
