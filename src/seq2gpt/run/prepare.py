"""The command ``seq2gpt tokenize``: a text of any size becomes token ids in files."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import tyro
from tqdm import tqdm

from seq2gpt.data.sets import load_gpt2_merges, read_data
from seq2gpt.errors import UserError
from seq2gpt.run.flags import parse_flags

TOKENIZE_HELP = """\
Turn texts into token ids in files that training maps into memory.

Examples:
  seq2gpt tokenize fairy_tales shards --vocab-size 8192
  seq2gpt tokenize folder-of-texts shards --tokenizer gpt2
  seq2gpt train --data shards --name tales"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TokenizeFlags:
    """What ``seq2gpt tokenize`` takes."""

    texts: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TEXTS")]
    """A UTF-8 text file, a folder with files `*.txt`, or names, tinyshakespeare or fairy_tales."""
    to: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TO")]
    """Folder to make; nothing is overwritten."""
    tokenizer: str | None = None
    """gpt2, or the tokenizer.json of a run or of other shards; without it, byte pairs are learned."""
    vocab_size: int = 4096
    """Tokens to learn, where no tokenizer is given; they are learned from the first text."""
    shard_tokens: int = 2**26
    """Tokens in a file."""


def tokenize(arguments: list[str]) -> None:
    """``seq2gpt tokenize``: write the shards and say what they hold."""
    flags = parse_flags(TokenizeFlags, arguments, "seq2gpt tokenize", TOKENIZE_HELP)
    if flags.shard_tokens < 1:
        raise UserError(f"shard_tokens={flags.shard_tokens} must be at least 1; try {2**26}")
    from seq2gpt.data.shards import check_new, write_shards

    check_new(flags.to)  # before minutes are spent on learning a tokenizer
    paths = _paths(flags.texts)
    tokenizer = _tokenizer(flags, paths[0])
    texts = map(read_data, tqdm(paths, unit="text", disable=None, leave=False))
    counts = write_shards(texts, tokenizer, flags.to, flags.shard_tokens)
    print(
        f"{flags.to} holds {counts['training']:,} tokens to learn from and {counts['validation']:,} held out; "
        f"train on them with `seq2gpt train --data {flags.to} --name NAME`"
    )


def _paths(texts: Path) -> list[Path]:
    if not texts.is_dir():
        return [texts]
    found = sorted(texts.glob("*.txt"))
    if not found:
        raise UserError(f"{texts} has no files *.txt; give a text file or a folder with some")
    return found


def _tokenizer(flags: TokenizeFlags, first: Path) -> Any:
    from seq2gpt.bpe import load_tokenizer
    from seq2gpt.run.data import fastest, learn_tokenizer
    from seq2gpt.tokens import N_BYTES, BytePairTokenizer

    if flags.tokenizer == "gpt2":
        return fastest(BytePairTokenizer.from_gpt2_merges(load_gpt2_merges()))
    if flags.tokenizer is not None:
        return fastest(load_tokenizer(Path(flags.tokenizer)))
    if flags.vocab_size <= N_BYTES:
        raise UserError(
            f"vocab_size={flags.vocab_size} must be more than the {N_BYTES} bytes; try {TokenizeFlags.vocab_size}"
        )
    return fastest(learn_tokenizer(read_data(first), flags.vocab_size))
