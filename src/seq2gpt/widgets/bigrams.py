"""A bigram model of names that are typed: its table of pairs, and a name judged pair by pair."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class BigramsWidget(anywidget.AnyWidget):
    """The counts of a few names, what smoothing makes of them, and the probability of one more name.

    ``names`` are counted, each between full stops (:func:`seq2gpt.language_models.bigram_counts`); ``smoothing`` (0 to 3)
    is added to each count (:func:`seq2gpt.language_models.bigram_model`); ``judged`` is the name whose factors, logarithm,
    cross-entropy and perplexity are shown. All settings can be read and set while the widget is shown.

    >>> widget = BigramsWidget(names="otto anna", judged="toto")
    >>> widget.smoothing = 0.0
    >>> widget.judged
    'toto'
    """

    _esm = bundle("bigrams.js")
    _css = HERE / "widgets.css"

    names = traitlets.Unicode("ana nan anna").tag(sync=True)
    judged = traitlets.Unicode("anana").tag(sync=True)
    smoothing = traitlets.Float(1.0, min=0.0, max=3.0).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - self.class_traits(sync=True).keys()
        if unknown:
            raise TypeError(f"BigramsWidget has no setting {min(unknown)!r}; see help(BigramsWidget)")
        super().__init__(**settings)
