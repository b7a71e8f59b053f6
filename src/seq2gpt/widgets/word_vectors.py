"""A vector for any word, without a vocabulary: the same numbers in Python and in the browser.

The attention widget lets a reader type whatever they like. Each word gets pseudo-random numbers that
depend on its letters alone, so two spellings of one word in different case are one vector, different
words are nearly orthogonal, and nothing has to be learned or stored. ``attention.js`` holds the same
steps in JavaScript; only integer arithmetic and exact sums are used, so the results are identical.
"""

import unicodedata

_UINT32 = 0xFFFFFFFF
_GOLDEN = 0x9E3779B9  # 2³² divided by the golden ratio: neighbouring salts land far apart


def word_hash(word: str, salt: int = 0) -> int:
    """32-bit FNV-1a hash (Fowler, Noll, Vo) of the word's lower-case letters, mixed with ``salt``.

    The letters are brought to Unicode normal form C first, so that é typed as one character or as two
    gives one word.

    >>> hex(word_hash("a")), word_hash("Tea") == word_hash("tea"), word_hash("tea", 1) == word_hash("tea")
    ('0xe40c292c', True, False)
    """
    value = 0x811C9DC5
    for byte in unicodedata.normalize("NFC", word.lower()).encode("utf-8"):
        value = ((value ^ byte) * 0x01000193) & _UINT32
    return value ^ (salt * _GOLDEN & _UINT32)


def word_vector(word: str, size: int = 16, salt: int = 0) -> list[float]:
    """``size`` numbers of mean 0 and variance 1 that stand for ``word``.

    The hash seeds the generator mulberry32; each number is the sum of twelve uniform draws less 6,
    which is close to normal (Irwin and Hall 1927) and exact in binary. ``salt`` gives the same word
    an unrelated second vector.

    >>> word_vector("tea", 3) == word_vector("TEA", 3), len(word_vector("tea"))
    (True, 16)
    """
    state = word_hash(word, salt)
    vector = []
    for _ in range(size):
        total = 0
        for _ in range(12):
            state = (state + 0x6D2B79F5) & _UINT32
            total += _scramble(state)
        vector.append(total / 2**32 - 6.0)
    return vector


def _scramble(state: int) -> int:
    mixed = (state ^ state >> 15) * (state | 1) & _UINT32
    mixed ^= (mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & _UINT32)) & _UINT32
    return mixed ^ mixed >> 14
