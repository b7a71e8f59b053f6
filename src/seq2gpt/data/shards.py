"""A text as token ids in files that are mapped into memory: only what a batch touches is ever read.

====================================  =====================================================
``shards.json``                       what the files hold, with their SHA-256
``tokenizer.json``                    the tokenizer that made the ids
``training-0000.bin`` …               ids, little-endian, 16 bits each, or 32 for large vocabularies
``validation-0000.bin`` …             the held-out part
====================================  =====================================================
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from seq2gpt.bpe import save_tokenizer
from seq2gpt.data.corpus import split_corpus
from seq2gpt.data.files import remove, write_atomically
from seq2gpt.errors import UserError
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

INDEX = "shards.json"
PARTS = ("training", "validation")
END_OF_TEXT = "<|endoftext|>"
SHARD_TOKENS = 2**26  # 128 MiB at 16 bits
Tokenizer = CharTokenizer | BytePairTokenizer


class TokenShards:
    """Token ids in one or several arrays, read as one long sequence.

    ``arrays`` are one-dimensional, of an unsigned integer type, and may be mapped from files. Ids must lie below
    ``vocab_size``; a larger one raises ``UserError`` when it is read, as it means that a file is damaged.

    >>> shards = TokenShards([np.array([7, 8], np.uint16), np.array([9], np.uint16)], vocab_size=10)
    >>> len(shards), shards.windows(torch.tensor([0, 1]), length=2).tolist()
    (3, [[7, 8], [8, 9]])
    """

    def __init__(self, arrays: Sequence[np.ndarray], vocab_size: int) -> None:
        self.arrays, self.vocab_size = list(arrays), vocab_size
        self.ends = np.cumsum([len(array) for array in arrays])

    def __len__(self) -> int:
        return int(self.ends[-1])

    def windows(self, starts: Int[Tensor, "n"], length: int) -> Int[Tensor, "n length"]:
        """The ``length`` tokens from each of the ``starts`` on, wherever the files begin and end.

        Raises ``ValueError`` when a window reaches beyond the last token.
        """
        if len(starts) and (int(starts.min()) < 0 or int(starts.max()) + length > len(self)):
            raise ValueError(f"a window of {length} tokens does not fit into {len(self)} at every start")
        rows = np.stack([self._run(start, length) for start in starts.tolist()])
        if rows.max() >= self.vocab_size:
            raise UserError(
                f"the shards hold id {rows.max()}, the tokenizer has {self.vocab_size} tokens, so a file is "
                "damaged; make the shards again with `seq2gpt tokenize`"
            )
        return torch.from_numpy(rows)

    def _run(self, start: int, length: int) -> np.ndarray:
        pieces, end = [], start + length
        first = int(np.searchsorted(self.ends, start, side="right"))
        for array, array_end in zip(self.arrays[first:], self.ends[first:].tolist(), strict=True):
            offset = array_end - len(array)
            pieces.append(array[max(0, start - offset) : end - offset])
            if array_end >= end:
                break
        return np.concatenate(pieces).astype(np.int64)

    def batch(
        self, batch_size: int, context_length: int, generator: torch.Generator
    ) -> tuple[Int[Tensor, "batch_size context_length"], Int[Tensor, "batch_size context_length"]]:
        """The batch that :func:`seq2gpt.training.get_batch` draws from the whole sequence, without having it."""
        starts = torch.randint(len(self) - context_length, (batch_size, 1), generator=generator)
        runs = self.windows(starts[:, 0], context_length + 1)
        return runs[:, :-1], runs[:, 1:]


def encode_shards(text: str, tokenizer: Tokenizer) -> TokenShards:
    """The ids of a text that fits into memory."""
    dtype = id_type(tokenizer.vocab_size)
    return TokenShards([np.array(tokenizer.encode(text), dtype)], tokenizer.vocab_size)


def id_type(vocab_size: int) -> np.dtype:
    """The smallest type that holds every id.

    >>> id_type(50257), id_type(100_000)
    (dtype('uint16'), dtype('uint32'))
    """
    return np.dtype("<u2") if vocab_size <= 2**16 else np.dtype("<u4")


def write_shards(
    texts: Iterable[str], tokenizer: Tokenizer, folder: Path, shard_tokens: int = SHARD_TOKENS
) -> dict[str, int]:
    """Encode ``texts`` one after another into ``folder``; returned are the tokens of each part.

    Of every text, slices from its whole length are held out, as :func:`seq2gpt.data.corpus.split_corpus`
    chooses them. Each text ends with the tokenizer's end-of-text token, where it has one. Files hold up to
    ``shard_tokens`` tokens. The folder appears whole or not at all.

    Raises ``UserError`` when it exists already, cannot be written, or a text is too short to be split.
    """
    check_new(folder)
    unfinished = folder.with_name(f".{folder.name}.tmp")
    remove(unfinished)  # of a start that was killed
    try:
        unfinished.mkdir(parents=True)
        writers = {part: _Writer(unfinished, part, tokenizer, shard_tokens) for part in PARTS}
        for text in texts:
            for part, content in zip(PARTS, split_corpus(text, context_length=1), strict=True):
                writers[part].add(content)
        described = {part: writer.finish() for part, writer in writers.items()}
        write_atomically(unfinished / INDEX, (json.dumps(described, indent=1) + "\n").encode())
        save_tokenizer(tokenizer, unfinished / "tokenizer.json")
        unfinished.rename(folder)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror}); make room, or choose another place"
        ) from None
    finally:
        remove(unfinished)
    return {part: entry["n_tokens"] for part, entry in described.items()}


def check_new(folder: Path) -> None:
    """Raise ``UserError`` when there is something at the place for new shards."""
    if folder.exists():
        raise UserError(f"{folder} exists; choose another folder for the shards")


class _Writer:
    """Writes one part, file by file."""

    def __init__(self, folder: Path, part: str, tokenizer: Tokenizer, shard_tokens: int) -> None:
        self.folder, self.part, self.tokenizer, self.shard_tokens = folder, part, tokenizer, shard_tokens
        special = getattr(tokenizer, "special_ids", {})
        self.end = [special[END_OF_TEXT]] if END_OF_TEXT in special else []
        self.n_bytes, self.waiting = 0, np.array([], id_type(tokenizer.vocab_size))
        self.files: list[dict[str, Any]] = []

    def add(self, text: str) -> None:
        ids = self.tokenizer.encode(text) + self.end
        self.n_bytes += len(text.encode())
        self.waiting = np.concatenate([self.waiting, np.array(ids, self.waiting.dtype)])
        while len(self.waiting) > self.shard_tokens:
            self._write(self.waiting[: self.shard_tokens])
            self.waiting = self.waiting[self.shard_tokens :]

    def _write(self, ids: np.ndarray) -> None:
        name, content = f"{self.part}-{len(self.files):04d}.bin", ids.tobytes()
        (self.folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        self.files.append({"name": name, "n_tokens": len(ids), "sha256": digest})

    def finish(self) -> dict[str, Any]:
        if len(self.waiting) or not self.files:
            self._write(self.waiting)
        n_tokens = sum(file["n_tokens"] for file in self.files)
        return {"n_tokens": n_tokens, "n_bytes": self.n_bytes, "files": self.files}


def read_shards(folder: Path, vocab_size: int) -> Iterator[tuple[TokenShards, int]]:
    """The training part and the held-out part that :func:`write_shards` wrote, each with its bytes of text.

    The files are mapped, not read. Raises ``UserError`` when one is missing or has the wrong length.
    """
    dtype = id_type(vocab_size)
    described = _read_index(folder)
    for part in PARTS:
        arrays = []
        for file in described[part]["files"]:
            path = folder / file["name"]
            n_bytes = path.stat().st_size if path.is_file() else 0
            if n_bytes != file["n_tokens"] * dtype.itemsize:
                raise UserError(
                    f"{path} has {n_bytes:,} bytes instead of {file['n_tokens'] * dtype.itemsize:,}; "
                    "make the shards again with `seq2gpt tokenize`"
                )
            arrays.append(np.memmap(path, dtype, mode="r") if n_bytes else np.array([], dtype))
        yield TokenShards(arrays, vocab_size), described[part]["n_bytes"]


def shards_digest(folder: Path) -> str:
    """SHA-256 of the index, in which every file's own stands."""
    return hashlib.sha256(json.dumps(_read_index(folder), sort_keys=True).encode()).hexdigest()


def _read_index(folder: Path) -> dict[str, Any]:
    try:
        described: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        for part in PARTS:
            files = [(file["name"], file["n_tokens"], file["sha256"]) for file in described[part]["files"]]
            if not files:
                raise ValueError(f"no {part} files")
            int(described[part]["n_bytes"])
        return described
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder / INDEX} is missing or damaged ({error}); make the shards again with `seq2gpt tokenize`"
        ) from None
