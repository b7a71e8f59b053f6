"""A small GPT that writes, with one thing to change."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle
from seq2gpt.widgets.writer_model import shipped_writer

HERE = Path(__file__).parent


class WriterWidget(anywidget.AnyWidget):
    """A text that begins with ``prompt``, written on by the model of :func:`seq2gpt.widgets.writer_model.load_writer`.

    ``temperature`` from 0 to 2, ``seed`` and ``length``, in characters, say how. Each text written raises the seed by 1.

    >>> WriterWidget(prompt="If ").temperature
    0.5
    """

    _esm = bundle("writer.js")
    _css = HERE / "widgets.css"

    prompt = traitlets.Unicode("The function returns").tag(sync=True)
    temperature = traitlets.Float(0.5, min=0.0, max=2.0).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    length = traitlets.Int(110, min=1).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"prompt", "temperature", "seed", "length"}
        if unknown:
            raise TypeError(f"WriterWidget has no setting {min(unknown)!r}; see help(WriterWidget)")
        super().__init__(weights=shipped_writer(), **settings)
