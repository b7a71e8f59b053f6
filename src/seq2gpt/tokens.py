"""Tokens: the units of text that a model reads and writes, and their ids.

A token is a piece of text; an id is the integer that names it. Ids are labels: that two ids are close
says nothing about the tokens that they stand for.
"""

from collections.abc import Sequence


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
        unknown = [token_id for token_id in ids if not 0 <= token_id < self.vocab_size]
        if unknown:
            raise ValueError(
                f"cannot decode id {unknown[0]}: the vocabulary holds {self.vocab_size} characters; "
                f"use ids from 0 to {self.vocab_size - 1}"
            )
        return "".join(self.symbols[token_id] for token_id in ids)


def _listing(symbols: Sequence[str], longest: int = 8) -> str:
    """Symbols as a reader of an error message can tell them apart, the middle of a long list left out."""
    shown = [repr(symbol) for symbol in symbols]
    if len(shown) > longest:
        shown = [*shown[: longest - 1], "…", shown[-1]]
    return ", ".join(shown)
