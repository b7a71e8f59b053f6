"""The small Transformer that the widget of lesson 11 takes apart: numbers up to 999, English to German.

``python -m seq2gpt.run.flow`` trains it and writes its parameters beside the widget, as whole hundredths.
"""

import json
from pathlib import Path
from typing import Any

import torch

from seq2gpt import widgets
from seq2gpt.data.translation import Vocabulary
from seq2gpt.run.demos.loop import fit
from seq2gpt.run.translation import Task, TranslationConfig, load_task, loss_on_batches
from seq2gpt.seq2seq import greedy_decode
from seq2gpt.transformer import Transformer, TransformerConfig

SCALE = 100  # the page gets parameters as whole hundredths
SHIPPED = Path(widgets.__file__).with_name("flow_weights.json")
CONFIG = TranslationConfig(n_digits=3, n_train=800, n_test=199, n_steps=800)


def sizes(source_words: int, target_words: int) -> TransformerConfig:
    """Two layers of width 24 with two heads."""
    return TransformerConfig(
        source_vocab_size=source_words, target_vocab_size=target_words, d_model=24, n_heads=2, d_ff=48, n_layers=2
    )  # fmt: skip


def train_small() -> tuple[Transformer, Task]:
    """The model, trained, and its task."""
    task = load_task(CONFIG)
    torch.manual_seed(CONFIG.seed)
    model = Transformer(sizes(len(task.source_vocabulary), len(task.target_vocabulary)))
    fit(model.parameters(), loss_on_batches(model, task, CONFIG), CONFIG.n_steps, lr=8e-3, progress=False)
    return model.eval(), task


def for_the_page(model: Transformer, task: Task) -> dict[str, Any]:
    """The model in the form that the widget reads; the head's weight is that of the target embedding."""
    state = {name: value for name, value in model.state_dict().items() if name != "head.weight"}
    return {
        "source": task.source_vocabulary.tokens,
        "target": task.target_vocabulary.tokens,
        "n_heads": model.config.n_heads,
        "n_layers": model.config.n_layers,
        "scale": SCALE,
        "parameters": {name: (SCALE * value).round().int().tolist() for name, value in state.items()},
    }


def from_the_page(shipped: dict[str, Any]) -> tuple[Transformer, Vocabulary, Vocabulary]:
    """The model that the widget computes with, and its vocabularies."""
    model = Transformer(sizes(len(shipped["source"]), len(shipped["target"])))
    state = {name: torch.tensor(rows) / shipped["scale"] for name, rows in shipped["parameters"].items()}
    model.load_state_dict(state | {"head.weight": state["target_embedding.weight"]})
    return model.eval(), Vocabulary(shipped["source"][4:]), Vocabulary(shipped["target"][4:])


def share_right(shipped: dict[str, Any], task: Task) -> float:
    """Of 100 test numbers, how many the shipped model translates without a mistake."""
    model, _, target = from_the_page(shipped)
    written = greedy_decode(model, task.tensors(task.test)[0], 12)
    right = [target.decode(ids) == pair.target for ids, pair in zip(written, task.test, strict=True)]
    return 100 * sum(right) / len(right)


if __name__ == "__main__":
    trained, task = train_small()
    shipped = for_the_page(trained, task)
    print(f"{share_right(shipped, task):.1f} % of the test numbers are right with rounded parameters")
    SHIPPED.write_text(json.dumps(shipped, separators=(",", ":")) + "\n", encoding="utf-8")
