"""The small translator that the beam-search widget searches: number words below 1,000, English to German.

It is stopped in the middle of its training, so that it has doubts. Its numbers are stored as whole ones of 16 bits,
with one scale for each matrix, and used as such in Python and in the browser alike. ``python -m
seq2gpt.widgets.number_model`` trains it again, in a few seconds, and writes the file.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seq2gpt.run.demos.loop import fit
from seq2gpt.run.translation import Task, TranslationConfig, load_task, trimmed
from seq2gpt.seq2seq import Seq2Seq, Seq2SeqDecoder, Seq2SeqEncoder, teacher_forced_loss

FILE = Path(__file__).with_name("number_model.json")
D_MODEL, N_STEPS = 24, 600
LARGEST = 32767


@dataclass(frozen=True)
class NumberModel:
    """The translator and its words; the position of a word in its list is its id."""

    model: Seq2Seq
    source_words: list[str]
    target_words: list[str]

    def source_ids(self, text: str) -> list[int]:
        """The ids of English words."""
        return [self.source_words.index(word) for word in text.split()]

    def target_ids(self, text: str) -> list[int]:
        """The ids of German words."""
        return [self.target_words.index(word) for word in text.split()]

    def text(self, ids: list[int]) -> str:
        """The German words that ``ids`` stand for."""
        return " ".join(self.target_words[token] for token in ids)


def load_number_model() -> NumberModel:
    """The translator that comes with the package."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    words = stored["source_words"], stored["target_words"]
    model = _new_model(*map(len, words))
    model.load_state_dict({name: unpack(entry) for name, entry in stored["weights"].items()})
    return NumberModel(model.eval(), *words)


def train_number_model() -> dict[str, Any]:
    """A new one, as it is stored."""
    task = load_task(TranslationConfig(n_digits=3, n_train=600, n_test=300))
    words = task.source_vocabulary.tokens, task.target_vocabulary.tokens
    torch.manual_seed(0)
    model = _new_model(*map(len, words))
    _train(model, task)
    weights = {name: pack(parameter.detach()) for name, parameter in model.state_dict().items()}
    note = "trained by `python -m seq2gpt.widgets.number_model`"
    return {"note": note, "source_words": words[0], "target_words": words[1], "weights": weights}


def _new_model(n_source: int, n_target: int) -> Seq2Seq:
    return Seq2Seq(Seq2SeqEncoder(n_source, D_MODEL), Seq2SeqDecoder(n_target, D_MODEL))


def _train(model: Seq2Seq, task: Task) -> None:
    source, target = task.tensors(task.training)
    generator = torch.Generator().manual_seed(0)

    def loss(step: int) -> Tensor:
        rows = torch.randint(len(source), (64,), generator=generator)
        return teacher_forced_loss(model, trimmed(source[rows]), trimmed(target[rows]))

    fit(model.parameters(), loss, N_STEPS, lr=8e-3, progress=False)


def pack(values: Tensor) -> dict[str, Any]:
    """Numbers as whole ones of 16 bits, with one scale for all of them."""
    scale = values.abs().max().item() / LARGEST
    whole = (values / scale).round().to(torch.int16).numpy().astype("<i2")
    return {"shape": list(values.shape), "scale": scale, "int16": base64.b64encode(whole.tobytes()).decode()}


def unpack(entry: dict[str, Any]) -> Tensor:
    """The numbers that :func:`pack` stored."""
    whole = np.frombuffer(base64.b64decode(entry["int16"]), dtype="<i2").astype("int32")
    return torch.from_numpy(whole).reshape(entry["shape"]) * entry["scale"]


if __name__ == "__main__":
    FILE.write_text(json.dumps(train_number_model(), ensure_ascii=False) + "\n", encoding="utf-8")
