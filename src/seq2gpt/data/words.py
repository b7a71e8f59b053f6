"""Words as tokens, for generated texts whose vocabulary is small and known."""

import re
from collections.abc import Iterable, Sequence

PAD, UNKNOWN = "<pad>", "<unk>"
PIECES = re.compile(r"<\|\w+\|>|\w+|[^\w\s]")  # a marker such as <|end|>, a word, or a sign


def split_words(text: str) -> list[str]:
    """Words, signs and markers, in order; spaces separate and vanish.

    >>> split_words("<|user|>Who has milk?<|end|>")
    ['<|user|>', 'Who', 'has', 'milk', '?', '<|end|>']
    """
    return PIECES.findall(text)


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
