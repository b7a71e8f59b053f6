"""The two models that the cloze widget asks: one reads both sides of a gap, the other the left side alone.

Both are trained on the little language of :mod:`seq2gpt.run.cloze`, with equal blocks. Their numbers are stored as whole
ones of 16 bits and used as such in Python and in the browser alike. ``python -m seq2gpt.widgets.cloze_models`` trains them
again, in about a minute, and writes the file.
"""

import json
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt.run.cloze import LENGTH, encode, train_family, vocabulary
from seq2gpt.run.gap_filling import FAMILIES, Family, Sizes
from seq2gpt.widgets.number_model import pack, unpack

FILE = Path(__file__).with_name("cloze_models.json")
D_MODEL, N_STEPS = 24, 1600
READERS = ("masked", "causal")


def shipped_models() -> dict[str, Any]:
    """Words, sizes and trained parameters, as they are stored."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def load_reader(kind: str) -> Family:
    """The reader ``kind`` of :data:`READERS` that comes with the package."""
    stored = shipped_models()
    family = FAMILIES[kind](Sizes(n_symbols=len(stored["words"]), length=LENGTH, d_model=D_MODEL))
    family.model.load_state_dict({name: unpack(entry) for name, entry in stored["models"][kind].items()})
    family.model.eval()
    return family


def probabilities(family: Family, text: str, gap: int) -> Float[Tensor, "words"]:
    """What the reader believes of each word of its vocabulary, in the gap at place ``gap`` of the sentence."""
    logits = family.logits(torch.tensor([encode(text)]), torch.tensor([gap]))
    return logits[0].softmax(-1)


def train_readers() -> dict[str, Any]:
    """New ones, as they are stored."""
    models = {kind: train_family(kind, N_STEPS, d_model=D_MODEL).model.state_dict() for kind in READERS}
    return {
        "note": "trained by `python -m seq2gpt.widgets.cloze_models`",
        "words": vocabulary(),
        "heads": Sizes(n_symbols=1, length=1).n_heads,
        "models": {
            kind: {name: pack(value) for name, value in state.items()} for kind, state in models.items()
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(train_readers(), ensure_ascii=False) + "\n", encoding="utf-8")
