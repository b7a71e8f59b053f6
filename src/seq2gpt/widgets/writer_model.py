"""The small GPT of lesson 15: it has read the texts that come with Python, and writes on character by character.

Its numbers are stored as the page wants them (:mod:`seq2gpt.browser`), and used as such in Python and in the browser alike.
``python -m seq2gpt.widgets.writer_model`` trains it again, in a minute and a half of one CPU core, and writes the file.
"""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seq2gpt.browser import MAGIC, pack_for_browser
from seq2gpt.data.corpus import python_texts
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run.demos.text import as_characters, held_out_loss, train_on
from seq2gpt.tokens import CharTokenizer

FILE = Path(__file__).with_name("writer_model.json")
CONTEXT_LENGTH, D_MODEL, N_STEPS = 128, 64, 2000


def shipped_writer() -> dict[str, Any]:
    """The model's file in base64, and the loss that it reached on held-out text."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def load_writer() -> tuple[GPT, CharTokenizer]:
    """The model that comes with the package, and its characters.

    >>> model, tokenizer = load_writer()
    >>> model.config.context_length, tokenizer.decode(tokenizer.encode("The "))
    (128, 'The ')
    """
    return unpack_writer(base64.b64decode(shipped_writer()["model"]))


def unpack_writer(data: bytes) -> tuple[GPT, CharTokenizer]:
    """Model and tokenizer from the bytes that :func:`seq2gpt.browser.pack_for_browser` made of a GPT."""
    start = len(MAGIC) + 4
    (length,) = struct.unpack("<I", data[len(MAGIC) : start])
    header, payload = json.loads(data[start : start + length]), data[start + length :]
    model = GPT(GPTConfig(**header["config"]))
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for entry in header["tensors"]:
            parameters[entry["name"]].copy_(_tensor(payload, **entry))
    return model.eval(), CharTokenizer(header["symbols"])


def _tensor(payload: bytes, name: str, shape: list[int], offset: int) -> Tensor:
    """A vector as it is stored; of a matrix each row is a scale times whole numbers."""
    rows, *columns = shape
    scales = torch.from_numpy(np.frombuffer(payload, "<f4", rows, offset).copy())
    if not columns:
        return scales
    numbers = np.frombuffer(payload, np.int8, rows * columns[0], offset + 4 * rows)
    return torch.from_numpy(numbers.copy()).view(shape) * scales[:, None]


def train_writer() -> dict[str, Any]:
    """A new one, as it is stored."""
    torch.manual_seed(0)
    text = as_characters(python_texts(), CONTEXT_LENGTH)
    sizes = GPTConfig(
        vocab_size=text.tokenizer.vocab_size, context_length=CONTEXT_LENGTH, d_model=D_MODEL, n_heads=4, n_layers=2
    )  # fmt: skip
    model = GPT(sizes)
    train_on(
        model, text.training, n_steps=N_STEPS, batch=16, context_length=CONTEXT_LENGTH, lr=5e-3, seed=0, progress=True
    )  # fmt: skip
    packed = pack_for_browser(model, text.tokenizer)
    loss = held_out_loss(unpack_writer(packed)[0], text.held_out, CONTEXT_LENGTH)
    return {
        "note": "trained by `python -m seq2gpt.widgets.writer_model`",
        "loss": round(loss, 4),
        "model": base64.b64encode(packed).decode(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(train_writer()) + "\n", encoding="utf-8")
