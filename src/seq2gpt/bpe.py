"""Byte-pair encoding at full speed, and tokenizers as files.

What :mod:`seq2gpt.tokens` explains, done faster with the same result: training that counts only what a
merge changed, and encoding by tiktoken's compiled code.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from pathlib import Path
from typing import Any

from seq2gpt.data.files import write_for_user
from seq2gpt.errors import UserError
from seq2gpt.tokens import (
    N_BYTES,
    BytePairTokenizer,
    CharTokenizer,
    Pair,
    gpt2_pattern,
    merge_pair,
    refuse_surrogates,
    split_text,
    token_bytes,
)


def train_bpe_fast(text: str, n_merges: int) -> dict[Pair, int]:
    """The merges that :func:`seq2gpt.tokens.train_bpe` finds, in the same order.

    Counts are kept from one merge to the next: only the words that hold the merged pair are counted
    again. A heap hands out the most frequent pair; an entry whose count has changed since is skipped.
    """
    occurrences = Counter(split_text(text))
    words = [tuple(piece.encode()) for piece in occurrences]
    n_times = list(occurrences.values())
    counts: Counter[Pair] = Counter()
    holders: defaultdict[Pair, set[int]] = defaultdict(set)  # the words that hold a pair, or once held it
    for i, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += n_times[i]
            holders[pair].add(i)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapify(heap)
    merges: dict[Pair, int] = {}
    while heap and len(merges) < n_merges:
        negative, best = heappop(heap)
        if counts[best] != -negative:
            continue
        merges[best] = new_id = N_BYTES + len(merges)
        changed: Counter[Pair] = Counter()
        for i in holders.pop(best):
            before, after = words[i], merge_pair(words[i], best, new_id)
            for pair in pairwise(before):
                changed[pair] -= n_times[i]
            for pair in pairwise(after):
                changed[pair] += n_times[i]
                holders[pair].add(i)
            words[i] = after
        for pair, change in changed.items():
            counts[pair] += change
            if change and counts[pair]:
                heappush(heap, (-counts[pair], pair))
    return merges


class FastBytePairTokenizer(BytePairTokenizer):
    """A :class:`~seq2gpt.tokens.BytePairTokenizer` that encodes by tiktoken: the same ids, much sooner.

    ``encoding`` is the ``tiktoken.Encoding``; nothing is downloaded for it. tiktoken joins two neighbours
    when the *bytes* of both together are a token, where byte-pair encoding asks for a merge of these two
    tokens. For merges that training found this is the same.

    Raises ``UserError`` when tiktoken is not installed, and ``ValueError`` for merges under which the bytes
    of a token do not become that token, or become two: no training finds such merges.
    """

    def __init__(
        self,
        merges: Mapping[Pair, int],
        special_tokens: Sequence[str] = (),
        byte_order: Sequence[int] = tuple(range(N_BYTES)),
    ) -> None:
        super().__init__(merges, special_tokens, byte_order)
        try:
            import tiktoken
        except ModuleNotFoundError:
            raise UserError("the fast tokenizer needs tiktoken; pip install 'seq2gpt[hub]'") from None
        check_merges(self.merges)
        n_ordinary = self.vocab_size - len(self.special_ids)
        ranks = {token: token_id for token_id, token in enumerate(self.tokens[:n_ordinary])}
        self.encoding = tiktoken.Encoding(
            "seq2gpt", pat_str=gpt2_pattern(), mergeable_ranks=ranks, special_tokens=self.special_ids
        )

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, in which the names of special tokens mean nothing special."""
        refuse_surrogates(text)  # tiktoken would write U+FFFD in their place
        return self.encoding.encode_ordinary(text)


def check_merges(merges: Mapping[Pair, int]) -> None:
    """Raise ``ValueError`` when the bytes of some token, encoded alone, do not become this token."""
    for token_id, token in enumerate(token_bytes(merges)):
        word = tuple(token)
        while fitting := merges.keys() & pairwise(word):
            pair = min(fitting, key=merges.__getitem__)
            word = merge_pair(word, pair, merges[pair])
        if word != (token_id,):
            raise ValueError(
                f"token {token_id} is {token!r}, but these bytes are encoded as {list(word)}; "
                "give the merges in the order in which training found them"
            )


def tokenizer_record(tokenizer: CharTokenizer | BytePairTokenizer) -> dict[str, Any]:
    """A tokenizer as JSON values; :func:`tokenizer_of` is the inverse.

    >>> tokenizer_record(CharTokenizer(["a", "b"]))
    {'kind': 'characters', 'symbols': ['a', 'b']}
    """
    if isinstance(tokenizer, CharTokenizer):
        return {"kind": "characters", "symbols": tokenizer.symbols}
    return {
        "kind": "byte pairs",
        "byte_order": list(tokenizer.byte_order),
        "special_tokens": list(tokenizer.special_ids),
        "merges": [list(pair) for pair in tokenizer.merges],
    }


def tokenizer_of(record: Any, fast: bool = False) -> CharTokenizer | BytePairTokenizer:
    """The tokenizer that :func:`tokenizer_record` describes; with ``fast``, byte pairs by tiktoken.

    Raises ``ValueError``, ``KeyError`` or ``TypeError`` when the record describes none.
    """
    if record["kind"] == "characters":
        return CharTokenizer(record["symbols"])
    if record["kind"] == "byte pairs":
        return _byte_pairs(record, FastBytePairTokenizer if fast else BytePairTokenizer)
    raise ValueError(f"unknown kind {record['kind']!r}")


def save_tokenizer(tokenizer: CharTokenizer | BytePairTokenizer, path: Path) -> None:
    """Write a tokenizer as JSON that :func:`load_tokenizer` reads.

    The file is written whole or not at all. Raises ``UserError`` when it cannot be written.
    """
    write_for_user(path, json.dumps(tokenizer_record(tokenizer)).encode("ascii"))


def load_tokenizer(path: Path, fast: bool = False) -> CharTokenizer | BytePairTokenizer:
    """The tokenizer that :func:`save_tokenizer` wrote; with ``fast``, byte pairs by tiktoken.

    Raises ``UserError`` when the file is missing or holds no tokenizer.
    """
    try:
        return tokenizer_of(json.loads(path.read_bytes()), fast)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); save a tokenizer there first") from None
    except UserError:
        raise  # tiktoken is missing; the file is right
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} holds no tokenizer ({error}); save it again with save_tokenizer") from None


def _byte_pairs(record: Mapping[str, Any], kind: type[BytePairTokenizer]) -> BytePairTokenizer:
    if sorted(record["byte_order"]) != list(range(N_BYTES)):
        raise ValueError("byte_order must hold each of the bytes 0 to 255 once")
    if not all(isinstance(name, str) for name in record["special_tokens"]):
        raise ValueError("special_tokens must hold names")
    merges = {(first, second): N_BYTES + rank for rank, (first, second) in enumerate(record["merges"])}
    return kind(merges, record["special_tokens"], record["byte_order"])
