"""The heads of a trained model: type a text, choose the letter that asks, and switch heads off."""

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class HeadsWidget(anywidget.AnyWidget):
    """Where the heads of a small trained model look, and what it names without one of them.

    The model names at every letter those 1, 2, 3 and 5 places back (:mod:`seq2gpt.run.letter_game`). ``text`` is
    the row of letters, a to z and spaces, at most 20; ``heads`` is 1, 2 or 4, and chooses among three models of the
    same size; ``off`` lists the heads that are switched off; ``query`` is the place of the letter that asks, −1 for
    the last. All of them can be read and set while the widget is shown.

    >>> widget = HeadsWidget(text="banana", heads=2)
    >>> widget.off = [1]
    >>> widget.weights["distances"]
    [1, 2, 3, 5]
    """

    _esm = bundle("heads.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode("name that letter").tag(sync=True)
    heads = traitlets.Enum([1, 2, 4], 4).tag(sync=True)
    off = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    query = traitlets.Int(-1, min=-1).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"text", "heads", "off", "query"}
        if unknown:
            raise TypeError(f"HeadsWidget has no setting {min(unknown)!r}; see help(HeadsWidget)")
        super().__init__(weights=shipped_models(), **settings)


def shipped_models() -> dict[str, Any]:
    """The trained parameters of the package, as ``python -m seq2gpt.run.letter_game`` writes them."""
    return json.loads((HERE / "heads_weights.json").read_text(encoding="utf-8"))
