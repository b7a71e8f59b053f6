"""A recurrent network with two units reads a word: its states, and how far back a gradient reaches."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class RecurrentWidget(anywidget.AnyWidget):
    """h_t = tanh(drive · x_t + h_{t−1} W_h), unrolled over the letters of a word while you type.

    ``text`` is the word, at most 16 letters of it are read. ``W_h`` turns a state by a fixed angle and scales it by
    ``rho`` (0 to 1.6), its largest singular value; ``drive`` (0 to 2) scales the letters. ``read`` is how many letters
    have been read, −1 for all. Beside each state stands the factor by which a gradient from the last state is
    scaled at most (:func:`seq2gpt.recurrent.gradient_decay_factor`). All settings can be read and set while
    the widget is shown.

    >>> widget = RecurrentWidget(text="blue", rho=1.2)
    >>> widget.read = 2
    >>> widget.rho, widget.drive
    (1.2, 0.8)
    """

    _esm = bundle("recurrent.js")
    _css = HERE / "widgets.css"

    text = traitlets.Unicode("telegram").tag(sync=True)
    rho = traitlets.Float(0.9, min=0.0, max=1.6).tag(sync=True)
    drive = traitlets.Float(0.8, min=0.0, max=2.0).tag(sync=True)
    read = traitlets.Int(-1, min=-1).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - self.class_traits(sync=True).keys()
        if unknown:
            raise TypeError(f"RecurrentWidget has no setting {min(unknown)!r}; see help(RecurrentWidget)")
        super().__init__(**settings)
