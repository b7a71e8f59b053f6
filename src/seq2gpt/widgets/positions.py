"""The sinusoidal encoding: choose length, width and a position, see the matrix and which codes are alike."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class PositionsWidget(anywidget.AnyWidget):
    """The matrix of :func:`seq2gpt.positions.sinusoidal_encoding`, and how alike the codes of two positions are.

    ``n`` is the number of positions, 2 to 200; ``d`` the width, an even number from 2 to 128; ``position`` is the
    one whose code is compared with all others, 0 to 199, and never beyond the last. All of them can be read and set
    while the widget is shown.

    >>> widget = PositionsWidget(n=100, d=8)
    >>> widget.position = 50
    >>> widget.n, widget.d
    (100, 8)
    """

    _esm = bundle("positions.js")
    _css = HERE / "widgets.css"

    n = traitlets.Int(64, min=2, max=200).tag(sync=True)
    d = traitlets.Int(32, min=2, max=128).tag(sync=True)
    position = traitlets.Int(20, min=0, max=199).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"n", "d", "position"}
        if unknown:
            raise TypeError(f"PositionsWidget has no setting {min(unknown)!r}; see help(PositionsWidget)")
        super().__init__(**settings)

    @traitlets.validate("d")
    def _even(self, proposal: dict[str, Any]) -> int:
        if proposal["value"] % 2:
            raise traitlets.TraitError(f"d={proposal['value']} does not split into pairs; use an even number")
        return proposal["value"]
