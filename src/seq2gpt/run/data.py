"""What a run learns from: a text, which is encoded here, or a folder of token shards."""

import hashlib
import math
from dataclasses import dataclass

from seq2gpt.bpe import FastBytePairTokenizer, load_tokenizer, train_bpe_fast
from seq2gpt.data.corpus import embedded_corpus, split_corpus
from seq2gpt.data.sets import read_data
from seq2gpt.data.shards import (
    END_OF_TEXT,
    INDEX,
    Tokenizer,
    TokenShards,
    encode_shards,
    read_shards,
    shards_digest,
)
from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig
from seq2gpt.tokens import N_BYTES, BytePairTokenizer, CharTokenizer, build_char_vocab


@dataclass(frozen=True, kw_only=True)
class RunData:
    """Tokens to learn from, tokens held out, and the tokenizer that made them."""

    tokenizer: Tokenizer
    training: TokenShards
    validation: TokenShards
    digest: str
    """Decides whether a run is continued on the same data."""
    bytes_per_token: float
    """Of the held-out part."""

    @property
    def unit(self) -> str:
        """What a token is, for people."""
        return "character" if isinstance(self.tokenizer, CharTokenizer) else "token"

    def bits_per_byte(self, loss: float) -> float:
        """A loss on the held-out part in a unit that does not depend on the tokenizer."""
        return loss / (self.bytes_per_token * math.log(2))


def read_run_data(config: TrainConfig, tokenizer: Tokenizer | None = None) -> RunData:
    """The data that ``config`` names; ``tokenizer`` is the one of a run that is continued.

    Raises ``UserError`` when the data cannot be read or is too short for the context.
    """
    if config.data is not None and (config.data / INDEX).exists():
        data = _read_folder(config)
    else:
        data = _encode_text(config, tokenizer)
    for part, tokens in (("text to learn from", data.training), ("held-out part", data.validation)):
        if len(tokens) <= config.context_length:
            raise UserError(
                f"the {part} has {len(tokens):,} {data.unit}s, context_length={config.context_length} needs "
                f"{config.context_length + 1:,} or more; use a longer text or a smaller --context-length"
            )
    return data


def _encode_text(config: TrainConfig, tokenizer: Tokenizer | None) -> RunData:
    text = embedded_corpus() if config.data is None else read_data(config.data)
    training, validation = split_corpus(text, config.context_length)
    if config.vocab_size is None:
        tokenizer = CharTokenizer(build_char_vocab(text))
    tokenizer = fastest(tokenizer or learn_tokenizer(training, config.vocab_size or 0))
    held_out = encode_shards(validation, tokenizer)
    return RunData(
        tokenizer=tokenizer,
        training=encode_shards(training, tokenizer),
        validation=held_out,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        bytes_per_token=len(validation.encode()) / max(1, len(held_out)),
    )


def _read_folder(config: TrainConfig) -> RunData:
    folder = config.data
    assert folder is not None
    if config.vocab_size is not None:
        raise UserError(f"{folder} has its own tokenizer; leave --vocab-size out")
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    (training, _), (validation, n_bytes) = read_shards(folder, tokenizer.vocab_size)
    return RunData(
        tokenizer=tokenizer, training=training, validation=validation, digest=shards_digest(folder),
        bytes_per_token=n_bytes / max(1, len(validation)),
    )  # fmt: skip


def learn_tokenizer(text: str, vocab_size: int) -> BytePairTokenizer:
    """A byte-pair tokenizer of ``vocab_size`` tokens, the last of which ends a text.

    Raises ``UserError`` when the text has not so many pairs to merge.
    """
    n_merges = vocab_size - N_BYTES - 1
    merges = train_bpe_fast(text, n_merges)
    if len(merges) < n_merges:
        raise UserError(
            f"vocab_size={vocab_size} needs {n_merges:,} merges, the text has {len(merges):,}; "
            f"use --vocab-size {N_BYTES + 1 + len(merges)} or less, or a longer text"
        )
    return BytePairTokenizer(merges, [END_OF_TEXT])


def fastest(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer on compiled code, where tiktoken is installed."""
    if isinstance(tokenizer, CharTokenizer):
        return tokenizer
    try:
        return FastBytePairTokenizer(tokenizer.merges, list(tokenizer.special_ids), tokenizer.byte_order)
    except UserError:
        return tokenizer
