"""The small GPT of lesson 15: it has read the texts that come with Python, and writes on character by character.

Its numbers are stored as the page wants them (:mod:`seq2gpt.browser`), and used as such in Python and in the browser alike.
``python -m seq2gpt.widgets.writer_model`` trains it again, in a minute and a half of one CPU core, and writes the file.
"""

import base64
import json
from pathlib import Path
from typing import Any

import torch

from seq2gpt.browser import pack_for_browser, unpack_for_browser
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
    model, tokenizer, _ = unpack_for_browser(base64.b64decode(shipped_writer()["model"]))
    assert isinstance(model, GPT)  # so it was trained
    return model, tokenizer


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
    loss = held_out_loss(unpack_for_browser(packed)[0], text.held_out, CONTEXT_LENGTH)
    return {
        "note": "trained by `python -m seq2gpt.widgets.writer_model`",
        "loss": round(loss, 4),
        "model": base64.b64encode(packed).decode(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(train_writer()) + "\n", encoding="utf-8")
