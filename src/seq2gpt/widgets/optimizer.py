"""Walk down a long, narrow valley with SGD, with Adam and L2, or with AdamW, and watch rate, decay and clipping act."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class OptimizerWidget(anywidget.AnyWidget):
    """Sixty steps from (−1, −1.5) towards the lowest point (1, 1) of ½ · 40 (θ₁ − 1)² + ½ · 0.4 (θ₂ − 1)².

    ``optimizer`` is ``"sgd"``, ``"adam"``, where the decay is added to the gradient, or ``"adamw"``, where it acts on
    θ alone. ``schedule`` is ``"constant"``, ``"cosine"`` or ``"trapezoid"``, the last two with a warm-up of 6 steps, and
    ``rate`` the power of ten of the highest learning rate, −3 to 1. ``decay`` goes from 0 to 1. With ``spike`` the
    gradient of step 20 is a hundred times too long, and with ``clip`` no gradient has a norm above 1. All of them
    can be read and set while the widget is shown.

    >>> widget = OptimizerWidget(optimizer="sgd", rate=-1.25)
    >>> widget.spike = True
    >>> widget.schedule
    'cosine'
    """

    _esm = bundle("optimizer.js")
    _css = HERE / "widgets.css"

    optimizer = traitlets.Enum(["sgd", "adam", "adamw"], "adamw").tag(sync=True)
    schedule = traitlets.Enum(["constant", "cosine", "trapezoid"], "cosine").tag(sync=True)
    rate = traitlets.Float(-0.75, min=-3.0, max=1.0).tag(sync=True)
    decay = traitlets.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    spike = traitlets.Bool(False).tag(sync=True)
    clip = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        unknown = settings.keys() - {"optimizer", "schedule", "rate", "decay", "spike", "clip"}
        if unknown:
            raise TypeError(f"OptimizerWidget has no setting {min(unknown)!r}; see help(OptimizerWidget)")
        super().__init__(**settings)
