"""What temperature, top-k, top-p and min-p leave of the next character of a trained model."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle
from seq2gpt.widgets.writer_model import shipped_writer

HERE = Path(__file__).parent


class FiltersWidget(anywidget.AnyWidget):
    """The distribution of the character after ``prompt``, which part of it each filter cuts, and what is drawn from.

    The model is that of :func:`seq2gpt.widgets.writer_model.load_writer`. ``temperature``, ``top_k``, ``top_p`` and
    ``min_p`` mean what they mean in :func:`seq2gpt.generation.sample`, and can be read and set while the widget is shown.

    >>> FiltersWidget(top_p=0.9).temperature
    1.0
    """

    _esm = bundle("filters.js")
    _css = HERE / "widgets.css"

    prompt = traitlets.Unicode("Return the ").tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.0, max=2.0).tag(sync=True)
    top_k = traitlets.Int(None, min=1, allow_none=True).tag(sync=True)
    top_p = traitlets.Float(None, min=0.05, max=1.0, allow_none=True).tag(sync=True)
    min_p = traitlets.Float(None, min=0.0, max=1.0, allow_none=True).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"prompt", "temperature", "top_k", "top_p", "min_p"}
        if unknown:
            raise TypeError(f"FiltersWidget has no setting {min(unknown)!r}; see help(FiltersWidget)")
        super().__init__(weights=shipped_writer(), **settings)
