"""Byte-pair encoding at work: merge by merge on a text of yours, and your sentence in the tokens learned so far."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent
TEXT = (
    "low lower lowest\nnew newer newest\nwide wider widest\n"
    "the lowest and the widest river is the newest of the slow rivers"
)


class MergesWidget(anywidget.AnyWidget):
    """The merges of :func:`seq2gpt.tokens.train_bpe`, learned in the page from ``text``, and what they make of ``sentence``.

    ``step`` is the number of merges carried out, 0 to 200, and never more than there are. A text has at
    most 5,000 characters, a sentence 500. All of them can be read and set while the widget is shown.

    >>> widget = MergesWidget(step=3)
    >>> widget.sentence = "the slowest"
    >>> widget.step
    3
    """

    _esm = bundle("merges.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode(TEXT).tag(sync=True)
    sentence = traitlets.Unicode("a lower newest river").tag(sync=True)
    step = traitlets.Int(0, min=0, max=200).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"text", "sentence", "step"}
        if unknown:
            raise TypeError(f"MergesWidget has no setting {min(unknown)!r}; see help(MergesWidget)")
        super().__init__(**settings)

    @traitlets.validate("text", "sentence")
    def _short(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        longest = {"text": 5000, "sentence": 500}[name]
        if len(value) > longest:
            raise traitlets.TraitError(f"{name} has {len(value)} characters; {longest} are the most")
        return value
