"""Beam search as a growing tree: type a number, widen the beam, change the length penalty, go step by step."""

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class BeamsWidget(anywidget.AnyWidget):
    """Beam search over the probabilities of a small translator, English number words to German.

    ``number`` is what is translated, a whole number from 1 to 999 as text; ``width`` is the number of beginnings
    kept (1 to 5; 1 is greedy decoding), ``alpha`` the exponent of the length penalty (0 to 2), ``steps`` how many
    steps of the tree are drawn (1 to 12). They mean what they mean in :func:`seq2gpt.seq2seq.beam_search`, and all
    of them can be read and set while the widget is shown.

    >>> widget = BeamsWidget(number="901", width=2)
    >>> widget.alpha, len(widget.translator["target_words"])
    (0.6, 34)
    """

    _esm = bundle("beams.js")
    _css = HERE / "widgets.css"

    number = traitlets.Unicode("205").tag(sync=True)
    width = traitlets.Int(3, min=1, max=5).tag(sync=True)
    alpha = traitlets.Float(0.6, min=0.0, max=2.0).tag(sync=True)
    steps = traitlets.Int(12, min=1, max=12).tag(sync=True)
    translator = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - self.class_traits(sync=True).keys()
        if unknown:
            raise TypeError(f"BeamsWidget has no setting {min(unknown)!r}; see help(BeamsWidget)")
        stored = json.loads((HERE / "number_model.json").read_text(encoding="utf-8"))
        super().__init__(translator=stored, **settings)
