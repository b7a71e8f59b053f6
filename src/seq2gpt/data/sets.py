"""Published data sets as Python values, and texts that a user names or points at."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from seq2gpt.data.corpus import read_text
from seq2gpt.data.downloads import fetch
from seq2gpt.errors import UserError
from seq2gpt.run.flags import closest

T = TypeVar("T")


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


TEXTS: dict[str, Callable[[], str]] = {
    "names": lambda: "\n".join(load_names()) + "\n",
    "tinyshakespeare": load_tinyshakespeare,
    "fairy_tales": load_fairy_tales,
}
"""The sets that are one text, by name."""


def load_data(data: Path, sets: Mapping[str, Callable[[], T]], read: Callable[[Path], T]) -> T:
    """What ``--data`` means, everywhere: a file of your own, or one of the ``sets``, which are named.

    A file or folder of that name goes first, and ``read`` reads it. Raises ``UserError`` that lists the sets when
    there is neither.

    >>> load_data(Path("small"), {"small": lambda: "abc"}, read=read_text)
    'abc'
    """
    if data.exists():
        return read(data)
    if str(data) not in sets:
        raise UserError(
            f"there is no file and no data set {str(data)!r}{closest(str(data), sets)}; give --data the path "
            f"of a file or one of these names: {', '.join(sets)}"
        )
    return sets[str(data)]()


def read_data(data: Path, known: Iterable[str] = tuple(TEXTS)) -> str:
    """The text of a file, or of one of the ``known`` sets of :data:`TEXTS`; see :func:`load_data`."""
    return load_data(data, {name: TEXTS[name] for name in known}, read_text)
