"""What a GPT costs: parameters term by term, operations, memory, and the hours of a training run."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class CalculatorWidget(anywidget.AnyWidget):
    """The counts of :mod:`seq2gpt.scaling` and :func:`seq2gpt.gpt.count_parameters` for sizes that you choose.

    The sizes are those of :class:`seq2gpt.gpt.GPTConfig`: ``vocab_size``, ``context_length``, ``d_model``,
    ``n_heads`` and ``n_layers``; the inner width is four times ``d_model`` and there are biases, as in GPT-2. A
    training step sees ``batch_size`` sequences of ``context_length`` tokens, and a number takes
    ``bytes_per_number``, 4 or 2. The run reads ``gigatokens`` · 10⁹ tokens on one machine that can do ``teraflops``
    · 10¹² operations a second and spends the share ``utilisation`` of them on the model. All of them can be
    read and set while the widget is shown.

    >>> widget = CalculatorWidget(d_model=1024, n_heads=16, n_layers=24)
    >>> widget.batch_size = 4
    >>> widget.vocab_size
    50257
    """

    _esm = bundle("calculator.js")
    _css = HERE / "widgets.css"

    vocab_size = traitlets.Int(50257, min=1, max=10_000_000).tag(sync=True)
    context_length = traitlets.Int(1024, min=1, max=10_000_000).tag(sync=True)
    d_model = traitlets.Int(768, min=1, max=1_000_000).tag(sync=True)
    n_heads = traitlets.Int(12, min=1, max=1_000_000).tag(sync=True)
    n_layers = traitlets.Int(12, min=1, max=10_000).tag(sync=True)
    batch_size = traitlets.Int(8, min=1, max=10_000_000).tag(sync=True)
    bytes_per_number = traitlets.Enum([4, 2], 4).tag(sync=True)
    gigatokens = traitlets.Float(10.0, min=0.001, max=1e6).tag(sync=True)
    teraflops = traitlets.Float(100.0, min=0.001, max=1e9).tag(sync=True)
    utilisation = traitlets.Float(0.4, min=0.01, max=1.0).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        known = self.trait_names(sync=True)
        unknown = [name for name in settings if name not in known or name.startswith("_")]
        if unknown:
            raise TypeError(f"CalculatorWidget has no setting {min(unknown)!r}; see help(CalculatorWidget)")
        super().__init__(**settings)
