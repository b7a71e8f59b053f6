"""A trained GPT as one file that a web page can read: int8 weights, and all that is needed to use them.

The file, in this order:

- eight bytes, ``seq2gpt`` and a line break, that tell what it is;
- the length of the header, a little-endian unsigned 32-bit number;
- the header, JSON in UTF-8, filled with spaces to a multiple of 4 bytes: ``format`` (1), ``config``, ``symbols``,
  ``card`` (what :func:`seq2gpt.run.card.model_card` says, or nothing), ``tensors`` (each with ``name``, ``shape`` and
  ``offset``), ``payload_bytes`` and the ``sha256`` of the payload;
- the payload: a vector as float32; a matrix as one float32 scale for each row, then its rows as int8.

``widgets/gpt.js`` reads it.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int8
from torch import Tensor

from seq2gpt.data.files import write_for_user
from seq2gpt.embeddings import check_finite
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.model_file import ALIGNMENT, frame, read_frame
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.tokens import CharTokenizer


def quantize_rows(
    weight: Float[Tensor, "rows columns"],
) -> tuple[Int8[Tensor, "rows columns"], Float[Tensor, "rows"]]:
    """Each row as whole numbers from −127 to 127 and one scale: row ≈ scale · numbers.

    The scale maps the row's largest magnitude to 127, so that no number is off by more than half a scale.
    A row of zeros has scale 0. Returns ``(numbers, scales)``.

    >>> numbers, scales = quantize_rows(torch.tensor([[1.0, -2.54], [0.0, 0.0]]))
    >>> numbers.tolist(), [round(scale, 4) for scale in scales.tolist()]
    ([[50, -127], [0, 0]], [0.02, 0.0])
    """
    scales = weight.abs().amax(dim=1) / 127
    numbers = weight / scales.masked_fill(scales == 0, 1.0)[:, None]
    return numbers.round().to(torch.int8), scales


def pack_for_browser(
    model: GPT | ModernGPT, tokenizer: CharTokenizer, card: dict[str, Any] | None = None
) -> bytes:
    """The file for ``model`` and the ``tokenizer`` it was trained with, as bytes; ``card`` is what readers should know.

    A parameter used twice, as the tied embedding is, is stored once. Raises ``ValueError`` when the
    tokenizer has not as many symbols as the model has rows, and where a weight is nan or infinite.
    """
    if tokenizer.vocab_size != model.config.vocab_size:
        raise ValueError(
            f"the tokenizer has {tokenizer.vocab_size} symbols, the model vocab_size="
            f"{model.config.vocab_size}; give the tokenizer that the model was trained with"
        )
    check_finite(model.named_parameters())
    payload, tensors = bytearray(), []
    for name, parameter in model.named_parameters():
        tensors.append({"name": name, "shape": list(parameter.shape), "offset": len(payload)})
        payload += _pack(parameter.detach().float().cpu())
    header = {
        "config": asdict(model.config), "symbols": tokenizer.symbols, "card": card or {}, "tensors": tensors
    }  # fmt: skip
    return frame(header, bytes(payload))


def _pack(parameter: Tensor) -> bytes:
    if parameter.dim() == 1:
        return _little_endian(parameter)
    numbers, scales = quantize_rows(parameter)
    packed = _little_endian(scales) + numbers.numpy().tobytes()
    return packed + bytes(-len(packed) % ALIGNMENT)


def _little_endian(values: Float[Tensor, "n"]) -> bytes:
    return values.numpy().astype(np.dtype("<f4")).tobytes()


def unpack_for_browser(data: bytes) -> tuple[GPT | ModernGPT, CharTokenizer, dict[str, Any]]:
    """Model, tokenizer and card from the bytes of :func:`pack_for_browser`, with the weights that a page computes with.

    Errors are those of :func:`seq2gpt.model_file.read_frame`.
    """
    header, payload = read_frame(data)
    config = header["config"]
    model: GPT | ModernGPT = (
        ModernGPT(ModernConfig(**config)) if "activation" in config else GPT(GPTConfig(**config))
    )
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for entry in header["tensors"]:
            parameters[entry["name"]].copy_(_unpack(payload, **entry))
    return model.eval(), CharTokenizer(header["symbols"]), header.get("card", {})


def _unpack(payload: bytes, name: str, shape: list[int], offset: int) -> Tensor:
    """A vector as it is stored; of a matrix each row is a scale times whole numbers."""
    rows, *columns = shape
    scales = torch.from_numpy(np.frombuffer(payload, "<f4", rows, offset).copy())
    if not columns:
        return scales
    numbers = np.frombuffer(payload, np.int8, rows * columns[0], offset + 4 * rows)
    return torch.from_numpy(numbers.copy()).view(shape) * scales[:, None]


def export_for_browser(
    model: GPT | ModernGPT, tokenizer: CharTokenizer, path: Path, card: dict[str, Any] | None = None
) -> None:
    """Write the file for a page to ``path``: about one byte for each parameter.

    The file is complete or not there: it takes the place of an older one in a single step. Arguments and errors are
    those of :func:`pack_for_browser`, and ``UserError`` when it cannot be written.
    """
    write_for_user(path, pack_for_browser(model, tokenizer, card))
