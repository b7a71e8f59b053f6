"""Where a translator looks: choose a word that it wrote, and see its weights on the words that it read."""

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class AlignmentWidget(anywidget.AnyWidget):
    """The alignments of trained translators, word by word, for three scores and at several steps of training.

    ``sentence`` and ``word`` are the places of the pair and of the target word that is looked at; ``score`` is one
    of the maps' names, ``step`` a place in the steps of training, −1 for the last. All of them can be read and set
    while the widget is shown.

    ``content`` holds the weights, your own or by default those of ``python -m seq2gpt.run.lookback``:
    ``sentences``, each with ``source``, ``target`` and ``truth`` (for every target word the place of the source
    word that it translates, or ``None``); ``steps``; and ``maps``, by score, step and sentence, a row for every
    target word.

    >>> widget = AlignmentWidget(sentence=1, score="dot")
    >>> widget.word = 2
    >>> widget.content["sentences"][1]["target"][2]
    'zwanzig'
    """

    _esm = bundle("alignment.js")
    _css = HERE / "widgets.css"

    sentence = traitlets.Int(0, min=0).tag(sync=True)
    score = traitlets.Unicode("additive").tag(sync=True)
    step = traitlets.Int(-1, min=-1).tag(sync=True)
    word = traitlets.Int(0, min=0).tag(sync=True)
    content = traitlets.Dict().tag(sync=True)

    def __init__(self, *, content: dict[str, Any] | None = None, **settings: Any) -> None:
        unknown = settings.keys() - self.class_traits(sync=True).keys()
        if unknown:
            raise TypeError(f"AlignmentWidget has no setting {min(unknown)!r}; see help(AlignmentWidget)")
        super().__init__(content=shipped_alignments() if content is None else content, **settings)


def shipped_alignments() -> dict[str, Any]:
    """The alignments of the package, and how they were made."""
    return json.loads((HERE / "alignments.json").read_text(encoding="utf-8"))
