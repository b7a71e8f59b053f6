"""Interactive figures: the same JavaScript runs in JupyterLab, beside a kernel, and on the site without.

>>> from seq2gpt.widgets import AttentionWidget, PlaygroundWidget
>>> AttentionWidget(temperature=2.0).mask
'causal_padding'

The widgets need the packages of the ``course`` extra; :mod:`seq2gpt.widgets.word_vectors` needs none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seq2gpt.widgets.alignment import AlignmentWidget
    from seq2gpt.widgets.attention import AttentionWidget
    from seq2gpt.widgets.beams import BeamsWidget
    from seq2gpt.widgets.blocks import BlocksWidget
    from seq2gpt.widgets.cloze import ClozeWidget
    from seq2gpt.widgets.filters import FiltersWidget
    from seq2gpt.widgets.flow import FlowWidget
    from seq2gpt.widgets.heads import HeadsWidget
    from seq2gpt.widgets.optimizer import OptimizerWidget
    from seq2gpt.widgets.playground import PlaygroundWidget
    from seq2gpt.widgets.positions import PositionsWidget
    from seq2gpt.widgets.recurrent import RecurrentWidget
    from seq2gpt.widgets.walkthrough import WalkthroughWidget
    from seq2gpt.widgets.writer import WriterWidget

__all__ = [
    "AlignmentWidget",
    "AttentionWidget",
    "BeamsWidget",
    "BlocksWidget",
    "ClozeWidget",
    "FiltersWidget",
    "FlowWidget",
    "HeadsWidget",
    "OptimizerWidget",
    "PlaygroundWidget",
    "PositionsWidget",
    "RecurrentWidget",
    "WalkthroughWidget",
    "WriterWidget",
]

_MODULES = {
    "AlignmentWidget": "alignment",
    "AttentionWidget": "attention",
    "BeamsWidget": "beams",
    "BlocksWidget": "blocks",
    "ClozeWidget": "cloze",
    "FiltersWidget": "filters",
    "FlowWidget": "flow",
    "HeadsWidget": "heads",
    "OptimizerWidget": "optimizer",
    "PlaygroundWidget": "playground",
    "PositionsWidget": "positions",
    "RecurrentWidget": "recurrent",
    "WalkthroughWidget": "walkthrough",
    "WriterWidget": "writer",
}


def __getattr__(name: str) -> Any:
    """Import a widget when it is asked for: the training task of lesson 07 uses this package without."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_MODULES[name]}")
    except ModuleNotFoundError as missing:
        if missing.name not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        raise ImportError(
            f"{name} needs {missing.name}, which is not installed: pip install 'seq2gpt[course]'"
        ) from None
    return getattr(module, name)
