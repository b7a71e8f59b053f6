"""Words as tokens, for generated texts whose vocabulary is small and known."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

PAD, UNKNOWN = "<pad>", "<unk>"
PIECES = re.compile(r"<\|\w+\|>|\w+|[^\w\s]")  # a marker such as <|end|>, a word, or a sign


def split_words(text: str) -> list[str]:
    """Words, signs and markers, in order; spaces separate and vanish.

    >>> split_words("<|user|>Who has milk?<|end|>")
    ['<|user|>', 'Who', 'has', 'milk', '?', '<|end|>']
    """
    return PIECES.findall(text)


def shape_of(word: str) -> str:
    """A marker for how a word is written, to stand for words that are too rare to be learned.

    >>> shape_of("Aix"), shape_of("USA"), shape_of("1914"), shape_of("village")
    ('<|Xx|>', '<|XX|>', '<|0|>', '<|x|>')
    """
    if any(letter.isdigit() for letter in word):
        return "<|0|>"
    if word[:1].isupper():
        return "<|XX|>" if len(word) > 1 and word.isupper() else "<|Xx|>"
    return "<|x|>"


class WordTokenizer:
    """Every word of a text is a token: id 0 is padding, id 1 stands for all words not in the vocabulary.

    >>> tokenizer = WordTokenizer.from_texts(["a cat", "a dog"])
    >>> tokenizer.encode("a bird"), tokenizer.decode([3, 4])
    ([2, 1], 'cat dog')
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = [PAD, UNKNOWN, *words]
        self._ids = {word: number for number, word in enumerate(self.words)}
        if len(self._ids) < len(self.words):
            raise ValueError("a word repeats; give each word once, and neither <pad> nor <unk>")

    @classmethod
    def from_texts(cls, texts: Iterable[str], least: int = 1) -> "WordTokenizer":
        """The words that occur at least ``least`` times, in alphabetical order."""
        counts: dict[str, int] = {}
        for text in texts:
            for word in split_words(text):
                counts[word] = counts.get(word, 0) + 1
        return cls(sorted(word for word, count in counts.items() if count >= least))

    @property
    def vocab_size(self) -> int:
        return len(self.words)

    def id_of(self, word: str) -> int:
        """The id of one word. Raises ``KeyError`` when the vocabulary lacks it."""
        return self._ids[word]

    def encode(self, text: str) -> list[int]:
        return [self._ids.get(word, 1) for word in split_words(text)]

    def decode(self, ids: Iterable[int]) -> str:
        return " ".join(self.words[number] for number in ids)


class ShapeTokenizer(WordTokenizer):
    """Words that occur ``least`` times or more are tokens; for a rarer one stands its shape (:func:`shape_of`).

    A marker such as ``<|end|>`` is always known when it is given in ``markers``.

    >>> tokenizer = ShapeTokenizer([["a", "cat"], ["a", "Dog"]], least=2)
    >>> tokenizer.decode(tokenizer.encode(["a", "Bird"]))
    'a <|Xx|>'
    """

    def __init__(self, texts: Iterable[Sequence[str]], least: int, markers: Sequence[str] = ()) -> None:
        counts = Counter(word for words in texts for word in words)
        self.known = {*markers, *(word for word, count in counts.items() if count >= least)}
        shapes = {shape_of(word) for word in counts if word not in self.known} if least > 1 else set()
        super().__init__(sorted(self.known | shapes))

    def encode(self, words: Sequence[str]) -> list[int]:
        """One id for each word: its own, or that of its shape."""
        return [self._ids.get(word if word in self.known else shape_of(word), 1) for word in words]
