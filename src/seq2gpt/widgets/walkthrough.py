"""Walk through one forward pass of a tiny trained GPT, tensor by tensor; every number says how it was computed."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle
from seq2gpt.widgets.walkthrough_model import shipped_model

HERE = Path(__file__).parent


class WalkthroughWidget(anywidget.AnyWidget):
    """All 38 tensors of a forward pass, stacked in space, and for the chosen cell the numbers that made it.

    The model is a real one (:mod:`seq2gpt.widgets.walkthrough_model`): it writes four letters backwards. ``text`` are
    the letters, ``written`` says how many letters of the answer are written already, 0 to 3. ``step`` is the tensor
    that is looked at, 0 to 37, ``row`` the position and ``column`` the feature of the cell; beyond the tensor's edges
    the nearest cell is meant. All of them can be read and set while the widget is shown.

    >>> widget = WalkthroughWidget(text="cabe", step=37)
    >>> widget.written
    2
    """

    _esm = bundle("walkthrough.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode("dabe").tag(sync=True)
    written = traitlets.Int(2, min=0, max=3).tag(sync=True)
    step = traitlets.Int(6, min=0, max=37).tag(sync=True)
    row = traitlets.Int(4, min=0, max=7).tag(sync=True)
    column = traitlets.Int(0, min=0, max=23).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"text", "written", "step", "row", "column"}
        if unknown:
            raise TypeError(f"WalkthroughWidget has no setting {min(unknown)!r}; see help(WalkthroughWidget)")
        super().__init__(weights=shipped_model(), **settings)
