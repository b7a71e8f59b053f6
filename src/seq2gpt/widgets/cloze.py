"""Fill in the blank: hide a word of a sentence, and ask a reader of both sides and a reader of the left side."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle
from seq2gpt.widgets.cloze_models import shipped_models

HERE = Path(__file__).parent


class ClozeWidget(anywidget.AnyWidget):
    """What two small trained models put into a gap: a masked one, which sees both sides, and a causal one.

    ``text`` is a sentence of twelve words of the little language (:mod:`seq2gpt.run.cloze`); ``gap`` is the place of the
    hidden word, from 1 to 11. Both can be read and set while the widget is shown.

    >>> widget = ClozeWidget(gap=5)
    >>> widget.text.split()[widget.gap]
    'in'
    """

    _esm = bundle("cloze.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode("today an old dog barks in the garden because it is hungry").tag(sync=True)
    gap = traitlets.Int(3, min=1, max=11).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"text", "gap"}
        if unknown:
            raise TypeError(f"ClozeWidget has no setting {min(unknown)!r}; see help(ClozeWidget)")
        super().__init__(weights=shipped_models(), **settings)
