"""The frame of a model file for the page: header and weights, with checks and without torch.

What stands where is said in :mod:`seq2gpt.browser`, which makes such files.
"""

import hashlib
import json
import struct
from typing import Any

MAGIC = b"seq2gpt\n"
FORMAT = 1
ALIGNMENT = 4  # a page can view float32 numbers in place only where their offset is a multiple of this
PREFIX_BYTES = len(MAGIC) + 4


def frame(header: dict[str, Any], payload: bytes) -> bytes:
    """The file that holds ``payload``; ``header`` gets its format, its length and its checksum.

    >>> read_frame(frame({"symbols": ["a"]}, b"1234"))[1]
    b'1234'
    """
    whole = {
        "format": FORMAT, **header, "payload_bytes": len(payload), "sha256": hashlib.sha256(payload).hexdigest()
    }  # fmt: skip
    text = json.dumps(whole, ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % ALIGNMENT)
    return MAGIC + struct.pack("<I", len(text)) + text + payload


def read_frame(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a file. Raises ``ValueError`` when it is none, is cut short, or does not fit its checksum."""
    if data[: len(MAGIC)] != MAGIC or len(data) < PREFIX_BYTES:
        raise ValueError("this is no model file of seq2gpt; write one with export_for_browser")
    start = PREFIX_BYTES + struct.unpack_from("<I", data, len(MAGIC))[0]
    if len(data) < start:
        raise ValueError(f"the model file ends inside its header, after {len(data)} bytes; export it again")
    header, payload = json.loads(data[PREFIX_BYTES:start]), data[start:]
    if hashlib.sha256(payload).hexdigest() != header["sha256"]:
        raise ValueError(
            f"the {len(payload)} of {header['payload_bytes']} bytes of weights do not fit their checksum; "
            "export the model again"
        )
    return header, payload
