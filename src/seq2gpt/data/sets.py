"""Published data sets as Python values, and texts that a user names or points at."""

import gzip
from pathlib import Path

from seq2gpt.data.corpus import read_text
from seq2gpt.data.downloads import fetch


def load_names() -> list[str]:
    """32,033 first names in lower case, the most frequent first."""
    return (fetch("names") / "names.txt").read_text(encoding="ascii").split()


def load_tinyshakespeare() -> str:
    """1,115,394 characters of Shakespeare's plays."""
    return (fetch("tinyshakespeare") / "input.txt").read_text(encoding="ascii")


def load_fairy_tales() -> str:
    """6,713,772 characters of Andrew Lang's fairy books."""
    return gzip.decompress((fetch("fairy_tales") / "fairy_tales.txt.gz").read_bytes()).decode("ascii")


def load_gpt2_merges() -> list[str]:
    """The lines of GPT-2's ``vocab.bpe``, for ``BytePairTokenizer.from_gpt2_merges``."""
    return (fetch("gpt2_bpe") / "vocab.bpe").read_text(encoding="utf-8").splitlines()


def read_data(data: Path) -> str:
    """The text of a file, or of the set ``names``, ``tinyshakespeare`` or ``fairy_tales``.

    A file or folder of that name goes first. Raises ``UserError`` when there is neither.
    """
    if not data.exists():
        if str(data) == "names":
            return "\n".join(load_names()) + "\n"
        if str(data) == "tinyshakespeare":
            return load_tinyshakespeare()
        if str(data) == "fairy_tales":
            return load_fairy_tales()
    return read_text(data)
