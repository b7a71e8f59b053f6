"""Attention on a table of cards: type a line, choose the card that asks, and watch the weights move."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from torch import Tensor

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class AttentionWidget(anywidget.AnyWidget):
    """One attention head over cards that say *who* has *what*, computed while you type.

    ``text`` is the table: clauses between commas, such as ``Ana tea, Ben milk, Ben ?``; a clause in
    parentheses is a card that lies face down; without commas every word is a card. Scores are divided
    by ``divisor`` (``"none"``, ``"sqrt_d_k"``, ``"d_k"``) and by ``temperature`` (0.1 to 5); ``mask`` is
    ``"none"``, ``"causal"`` or ``"causal_padding"``, which also hides the cards that lie face down;
    ``projections`` is ``"learned"`` or ``"none"``; ``query`` is the place of the card that asks, −1 for the
    last. All of them can be read and set while the widget is shown.

    ``matrices`` are W^Q, W^K and W^V as :func:`seq2gpt.run.recall.train_recall` trains them, your own or
    by default the ones that come with the package.

    >>> widget = AttentionWidget(text="Ana tea, Ana ?", divisor="none")
    >>> widget.temperature = 0.5
    >>> len(widget.weights["w_q"]), widget.weights["d_k"]
    (32, 16)
    """

    _esm = bundle("attention.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode("Ana tea, Ben milk, Cleo rice, Ben ?").tag(sync=True)
    divisor = traitlets.Enum(["none", "sqrt_d_k", "d_k"], "sqrt_d_k").tag(sync=True)
    mask = traitlets.Enum(["none", "causal", "causal_padding"], "causal_padding").tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.1, max=5.0).tag(sync=True)
    projections = traitlets.Enum(["learned", "none"], "learned").tag(sync=True)
    query = traitlets.Int(-1, min=-1).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, *, matrices: Sequence[Tensor] | None = None, **settings: Any) -> None:
        unknown = settings.keys() - self.class_traits(sync=True).keys()
        if unknown:
            raise TypeError(f"AttentionWidget has no setting {min(unknown)!r}; see help(AttentionWidget)")
        super().__init__(weights=shipped_weights() if matrices is None else as_weights(*matrices), **settings)


def shipped_weights() -> dict[str, Any]:
    """The trained matrices of the package: d_model, d_k, w_q, w_k, w_v, and how they were made."""
    return json.loads((HERE / "attention_weights.json").read_text(encoding="utf-8"))


def as_weights(w_q: Tensor, w_k: Tensor, w_v: Tensor) -> dict[str, Any]:
    """Three matrices in the form that the page reads."""
    shipped = shipped_weights()
    shape = (shipped["d_model"], shipped["d_k"])
    matrices = {"w_q": w_q, "w_k": w_k, "w_v": w_v}
    for name, matrix in matrices.items():
        if tuple(matrix.shape) != shape:
            raise ValueError(f"{name} has shape {tuple(matrix.shape)}; the cards need {shape}")
    return {"d_model": shape[0], "d_k": shape[1]} | {name: w.tolist() for name, w in matrices.items()}
