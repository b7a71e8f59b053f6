"""Tokens: the units of text that a model reads and writes, and their ids.

A token is a piece of text; an id is the integer that names it. Ids are labels: that two ids are close
says nothing about the tokens that they stand for. In byte-pair encoding an id below 256 is the byte of that
value, and the ids from 256 on are merges, in the order in which training found them.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

N_BYTES = 256
Pair = tuple[int, int]
Word = tuple[int, ...]


def build_char_vocab(text: str) -> list[str]:
    """The characters of a text: each distinct one once, in the order of their Unicode code points.

    The position of a character in the list is its id, so the same characters get the same ids however
    often and in whatever order they occur. Line breaks and spaces are characters like any other.

    Raises ``ValueError`` when the text is empty.

    >>> build_char_vocab("banana!")
    ['!', 'a', 'b', 'n']
    """
    if not text:
        raise ValueError("the text is empty: a vocabulary needs at least one character")
    return sorted(set(text))


class CharTokenizer:
    """Every character is a token; its id is its place in ``symbols``.

    ``symbols`` are distinct single characters, such as :func:`build_char_vocab` finds in a text. Every
    text made of them comes back from ``decode(encode(text))`` unchanged. ``ValueError`` is raised for
    symbols that repeat or are not single characters, and for texts and ids outside the vocabulary.

    >>> tokenizer = CharTokenizer(["!", "h", "i"])
    >>> tokenizer.encode("hi!"), tokenizer.decode([2, 1])
    ([1, 2, 0], 'ih')
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = list(symbols)
        self._ids = {symbol: token_id for token_id, symbol in enumerate(self.symbols)}
        if not self.symbols:
            raise ValueError("the vocabulary is empty: give at least one symbol")
        if len(self._ids) < self.vocab_size:
            repeated = sorted({symbol for symbol in self.symbols if self.symbols.count(symbol) > 1})
            raise ValueError(f"symbols repeat: {_listing(repeated)}; give each symbol once")
        too_long = [symbol for symbol in self.symbols if len(symbol) != 1]
        if too_long:
            raise ValueError(f"symbols are not single characters: {_listing(too_long)}; split them")

    @property
    def vocab_size(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> list[int]:
        """The ids of the characters of ``text``, in order."""
        unknown = sorted(set(text) - self._ids.keys())
        if unknown:
            raise ValueError(
                f"cannot encode {_listing(unknown)}: the vocabulary holds {self.vocab_size} "
                f"characters ({_listing(self.symbols)}); leave the unknown ones out or replace them"
            )
        return [self._ids[character] for character in text]

    def decode(self, ids: Sequence[int]) -> str:
        """The text that ``ids`` stand for: the inverse of :meth:`encode`."""
        return "".join(_look_up(ids, self.symbols, "characters"))


def count_pairs(words: Mapping[Word, int]) -> Counter[Pair]:
    """How often every pair of neighbouring ids occurs in the words of a text.

    ``words`` says how often each word, a tuple of ids, occurs in the text. Neighbours stand side by side
    within one word. Each place counts, so the word (5, 5, 5) holds the pair (5, 5) twice.

    >>> count_pairs({(1, 2, 1, 2): 10, (2, 1): 3})
    Counter({(1, 2): 20, (2, 1): 13})
    """
    counts: Counter[Pair] = Counter()
    for word, n_times in words.items():
        for pair in pairwise(word):
            counts[pair] += n_times
    return counts


def merge_pair(word: Word, pair: Pair, new_id: int) -> Word:
    """The word with ``new_id`` wherever the two ids of ``pair`` stood side by side, in this order.

    Read from left to right: an id that has been merged is used up and merges with no other neighbour.

    >>> merge_pair((7, 7, 7, 1, 7, 7), pair=(7, 7), new_id=9)
    (9, 7, 1, 9)
    """
    merged, i = [], 0
    while i < len(word):
        found = word[i : i + 2] == pair
        merged.append(new_id if found else word[i])
        i += 2 if found else 1
    return tuple(merged)


def train_bpe(text: str, n_merges: int) -> dict[Pair, int]:
    """The merges of byte-pair encoding, found in ``text`` (Sennrich et al. 2016, algorithm 1).

    The text is cut into pieces (:func:`split_text`), each piece a word whose ids are its UTF-8 bytes. Then,
    ``n_merges`` times, the most frequent pair of neighbours within the words becomes a token of its own.
    Of equally frequent pairs the one with the smaller first id is taken, and then the one with the smaller
    second id. Fewer merges come back when nothing is left to merge.

    Returns for each pair its new id: 256 for the first merge, 257 for the second and so on, in this order.

    >>> train_bpe("abab ab", n_merges=2)  # a is byte 97, b is byte 98; "ab" occurs 3 times, "abab" once
    {(97, 98): 256, (32, 256): 257}
    """
    words = {tuple(piece.encode()): n_times for piece, n_times in Counter(split_text(text)).items()}
    merges: dict[Pair, int] = {}
    while len(merges) < n_merges and (counts := count_pairs(words)):
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        merges[pair] = new_id = N_BYTES + len(merges)
        words = {merge_pair(word, pair, new_id): n_times for word, n_times in words.items()}
    return merges


def encode(text: str, merges: Mapping[Pair, int]) -> list[int]:
    """The ids of the tokens of ``text``, under merges such as :func:`train_bpe` returns.

    The text is cut as in training (:func:`split_text`), and each piece becomes its UTF-8 bytes. In each
    piece the merges then act in the order in which training found them: the earliest merge that fits
    somewhere in the piece is carried out, wherever it fits, until none fits. Every text can be encoded.

    >>> encode("abc", {(98, 99): 256, (97, 98): 257})  # b and c were merged first, so a stays alone
    [97, 256]
    """
    ids: list[int] = []
    for piece in split_text(text):
        word = tuple(piece.encode())
        while fitting := merges.keys() & pairwise(word):
            pair = min(fitting, key=merges.__getitem__)
            word = merge_pair(word, pair, merges[pair])
        ids.extend(word)
    return ids


def decode(ids: Sequence[int], merges: Mapping[Pair, int]) -> str:
    """The text that ``ids`` stand for: ``decode(encode(text, merges), merges)`` is ``text``.

    One character may be spread over several ids. Ids that a model drew need not form whole characters:
    where their bytes are no UTF-8, U+FFFD (\ufffd) stands instead.

    Raises ``ValueError`` for an id that is neither a byte nor in ``merges``.

    >>> merges = {(195, 169): 256}  # the two bytes of é
    >>> decode([99, 97, 102, 256], merges), decode([195], merges)
    ('café', '\ufffd')
    """
    tokens = token_bytes(merges)
    return b"".join(_look_up(ids, tokens)).decode(errors="replace")


def token_bytes(merges: Mapping[Pair, int]) -> list[bytes]:
    """The bytes that each id stands for. Raises ``ValueError`` unless each merge joins two earlier ids.

    >>> token_bytes({(104, 105): 256})[256]
    b'hi'
    """
    tokens = [bytes([byte]) for byte in range(N_BYTES)]
    for pair, new_id in merges.items():
        if not 0 <= min(pair) <= max(pair) < new_id == len(tokens):
            raise ValueError(f"merge {pair} -> {new_id} must join two ids below {len(tokens)} into that id")
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
    return tokens


@cache
def gpt2_pattern() -> str:
    r"""``'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+``, by which GPT-2 cuts a text.

    Python's ``re`` has no classes of letters and numbers, so those of Unicode 16 are spelt out.
    """
    unicode = json.loads(resources.files("seq2gpt.data").joinpath("unicode16.json").read_text("ascii"))
    letters, numbers = "".join(unicode["letters"]), "".join(unicode["numbers"])
    space = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    return (
        f"'(?:[sdmt]|re|ve|ll)| ?[{letters}]+| ?[{numbers}]+| ?[^{space}{letters}{numbers}]+"
        f"|[{space}]+(?![^{space}])|[{space}]+"
    )


def split_text(text: str) -> list[str]:
    """Cut a text as GPT-2 does; no merge ever joins bytes of two pieces.

    A piece is a run of letters, of numbers or of other signs, with the space before it if there is one, or
    an English ending such as ``'s``, or white space. The pieces joined are the text. Raises ``ValueError``
    for half of a surrogate pair, which UTF-8 cannot write.

    >>> split_text("It's 3 pm,  isn't it?")
    ['It', "'s", ' 3', ' pm', ',', ' ', ' isn', "'t", ' it', '?']
    """
    refuse_surrogates(text)
    return re.findall(gpt2_pattern(), text)


def refuse_surrogates(text: str) -> None:
    """Raise ``ValueError`` for half of a surrogate pair, which no encoding of Unicode can write.

    >>> refuse_surrogates("a" + chr(0xD83D))
    Traceback (most recent call last):
    ValueError: the text holds U+D83D at offset 1, half of a surrogate pair; take it out
    """
    if surrogate := re.search("[\ud800-\udfff]", text):
        found = f"U+{ord(surrogate[0]):04X} at offset {surrogate.start()}"
        raise ValueError(f"the text holds {found}, half of a surrogate pair; take it out")


class BytePairTokenizer:
    """Byte-pair encoding with a vocabulary: 256 bytes, then the merges, then the special tokens.

    ``merges`` are as :func:`train_bpe` returns them. ``byte_order`` says which byte each of the ids 0 to 255
    stands for, if not the one of its value. Only :meth:`encode_with_special` finds special tokens; for
    :meth:`encode` their names are plain text, so that text from outside cannot forge them.

    >>> tokenizer = BytePairTokenizer(train_bpe("abab ab", n_merges=2), ["<end>"])
    >>> tokenizer.encode(" ab"), tokenizer.encode_with_special("ab<end>"), tokenizer.decode([256, 258])
    ([257], [256, 258], 'ab<end>')
    """

    def __init__(
        self,
        merges: Mapping[Pair, int],
        special_tokens: Sequence[str] = (),
        byte_order: Sequence[int] = tuple(range(N_BYTES)),
    ) -> None:
        if "" in special_tokens or len(set(special_tokens)) < len(special_tokens):
            raise ValueError(f"special_tokens={list(special_tokens)} must be distinct and not empty")
        self.merges, self.byte_order = dict(merges), list(byte_order)
        in_merges = token_bytes(self.merges)
        self.tokens = [in_merges[byte] for byte in self.byte_order] + in_merges[N_BYTES:]
        self.special_ids = {token: len(self.tokens) + i for i, token in enumerate(special_tokens)}
        self.tokens += [token.encode() for token in special_tokens]
        self.vocab_size = len(self.tokens)
        self._byte_ids = {byte: token_id for token_id, byte in enumerate(self.byte_order)}

    @classmethod
    def from_gpt2_merges(cls, lines: Sequence[str]) -> "BytePairTokenizer":
        """The tokenizer of GPT-2, from the lines of its published file ``vocab.bpe``.

        The first line names the version. Each further line is one merge, in the order of training: two
        tokens with a space between them, each byte written as one visible character. The bytes 33–126,
        161–172 and 174–255 are written as the characters with these code points; the other 68, in rising
        order, as U+0100, U+0101, … In this order the bytes have the ids 0 to 255: id 0 is byte 33. The
        merges follow as ids 256, 257, …; the last id is that of ``<|endoftext|>``.

        >>> tokenizer = BytePairTokenizer.from_gpt2_merges(["#version: 0.2", "h i", "Ġ hi"])
        >>> tokenizer.encode("hi hi!"), tokenizer.encode_with_special("<|endoftext|>")
        ([256, 257, 0], [258])
        """
        visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
        order = visible + [byte for byte in range(N_BYTES) if byte not in visible]
        signs = map(chr, visible + list(range(N_BYTES, 2 * N_BYTES - len(visible))))
        ids = dict(zip(signs, order, strict=True))
        merges: dict[Pair, int] = {}
        for line in lines[1:]:
            first, second = line.split()
            merges[ids[first], ids[second]] = ids[first + second] = N_BYTES + len(merges)
        return cls(merges, ["<|endoftext|>"], order)

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, in which the names of special tokens mean nothing special."""
        return [self._byte_ids.get(token_id, token_id) for token_id in encode(text, self.merges)]

    def encode_with_special(self, text: str) -> list[int]:
        """The ids of ``text``, each special token in it as its one id; the longest that fits goes first."""
        names = sorted(map(re.escape, self.special_ids), key=len, reverse=True)
        ids: list[int] = []
        for part in re.split(f"({'|'.join(names)})", text) if names else [text]:
            ids += [self.special_ids[part]] if part in self.special_ids else self.encode(part)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text that ``ids`` stand for; where their bytes are no UTF-8, U+FFFD stands instead."""
        return b"".join(_look_up(ids, self.tokens)).decode(errors="replace")


def _look_up(ids: Sequence[int], tokens: Sequence[Any], unit: str = "tokens") -> list[Any]:
    for token_id in ids:
        if not 0 <= token_id < len(tokens):  # a negative index would silently count from the end
            raise ValueError(
                f"cannot decode id {token_id}: the vocabulary holds {len(tokens)} {unit}; "
                f"use ids from 0 to {len(tokens) - 1}"
            )
    return [tokens[token_id] for token_id in ids]


def _listing(symbols: Sequence[str], longest: int = 8) -> str:
    """Symbols as a reader of an error message can tell them apart, the middle of a long list left out."""
    shown = [repr(symbol) for symbol in symbols]
    if len(shown) > longest:
        shown = [*shown[: longest - 1], "…", shown[-1]]
    return ", ".join(shown)
