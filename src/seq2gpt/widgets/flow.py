"""A trained Transformer at work: type a number, and follow it through encoder and decoder, step by step."""

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class FlowWidget(anywidget.AnyWidget):
    """What flows through a small trained Transformer while it translates a number: shapes, masks, weights, next words.

    ``text`` is an English number up to 999 in words; ``step`` is how many German words were written before; ``layer``,
    1 or 2, and ``head``, 0 or 1, choose the weights that are shown. With ``training`` all target positions are computed
    at once, as in training; without, word by word. All of them can be read and set while the widget is shown.

    >>> widget = FlowWidget(text="twenty one", step=2)
    >>> widget.training = True
    >>> widget.weights["n_heads"], widget.weights["target"][:3]
    (2, ['<pad>', '<bos>', '<eos>'])
    """

    _esm = bundle("flow.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode("four hundred and twenty one").tag(sync=True)
    step = traitlets.Int(2, min=0, max=12).tag(sync=True)
    layer = traitlets.Enum([1, 2], 1).tag(sync=True)
    head = traitlets.Enum([0, 1], 0).tag(sync=True)
    training = traitlets.Bool(False).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"text", "step", "layer", "head", "training"}
        if unknown:
            raise TypeError(f"FlowWidget has no setting {min(unknown)!r}; see help(FlowWidget)")
        super().__init__(weights=shipped_model(), **settings)


def shipped_model() -> dict[str, Any]:
    """The trained parameters of the package, as ``python -m seq2gpt.run.flow`` writes them."""
    return json.loads((HERE / "flow_weights.json").read_text(encoding="utf-8"))
