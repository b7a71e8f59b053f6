"""What a submission says, as text that may stand in a report: a terminal obeys no character of it, and a line stays a line."""

import re
import unicodedata
from typing import Any

LONGEST_REMARK = 400
ESCAPES = re.compile(
    r"\x1b(\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)"
)  # colours, titles of windows
KEPT = "\n\t"
TURNING = {
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
}  # the direction of what follows


def harmless(text: str) -> str:
    """The text without what a terminal would obey.

    >>> harmless("\\x1b[31mred\\x1b[0m, \\x07bell")
    'red, �bell'
    """
    text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return "".join(
        "�" if c not in KEPT and (c in TURNING or unicodedata.category(c) == "Cc") else c for c in text
    )


def remark(text: str) -> str:
    """The text as one line of a report.

    >>> remark("one\\ntwo")
    'one two'
    """
    line = " ".join(harmless(text[: 4 * LONGEST_REMARK]).split())
    return line if len(line) <= LONGEST_REMARK else f"{line[: LONGEST_REMARK - 1]}…"


def harmless_throughout(value: Any) -> Any:
    """The same lists and dictionaries with harmless texts."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list):
        return [harmless_throughout(v) for v in value]
    return {k: harmless_throughout(v) for k, v in value.items()} if isinstance(value, dict) else value
