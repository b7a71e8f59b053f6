"""Follow one letter's vector through twelve blocks: its size after every sub-layer, and what is left of a nudge."""

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class BlocksWidget(anywidget.AnyWidget):
    """Mean, variance and size of a hidden state after every sub-layer, and how much of a small change arrives there.

    The blocks are fresh, not trained, of width 8 with two heads (:mod:`seq2gpt.run.depth`). ``norm`` says where the
    layer norm stands: ``"before"`` each sub-layer, ``"after"`` it, or ``"none"``. ``path`` says whether there is a
    residual path, ``layers`` how many blocks there are, 1 to 12, and ``strength`` multiplies all weights, 0.5 to 4.
    ``letter`` is the place in the word whose vector is followed, 0 to 4. All of them can be read and set while the
    widget is shown.

    >>> widget = BlocksWidget(norm="none", layers=12)
    >>> widget.path = False
    >>> widget.weights["text"]
    'block'
    """

    _esm = bundle("blocks.js")
    _css = HERE / "widgets.css"

    norm = traitlets.Enum(["before", "after", "none"], "before").tag(sync=True)
    path = traitlets.Bool(True).tag(sync=True)
    layers = traitlets.Int(6, min=1, max=12).tag(sync=True)
    strength = traitlets.Float(1.0, min=0.5, max=4.0).tag(sync=True)
    letter = traitlets.Int(4, min=0, max=4).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"norm", "path", "layers", "strength", "letter"}
        if unknown:
            raise TypeError(f"BlocksWidget has no setting {min(unknown)!r}; see help(BlocksWidget)")
        super().__init__(weights=shipped_blocks(), **settings)


def shipped_blocks() -> dict[str, Any]:
    """The parameters in the package, as ``python -m seq2gpt.run.depth`` writes them."""
    return json.loads((HERE / "blocks_weights.json").read_text(encoding="utf-8"))
