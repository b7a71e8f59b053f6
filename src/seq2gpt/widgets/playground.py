"""The GPT in a notebook: prompt, sampling settings and the text as it grows, computed in the browser."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from seq2gpt.browser import pack_for_browser
from seq2gpt.gpt import GPT
from seq2gpt.modern import ModernGPT
from seq2gpt.tokens import CharTokenizer
from seq2gpt.widgets.bundling import bundle

HERE = Path(__file__).parent


class PlaygroundWidget(anywidget.AnyWidget):
    """Let ``model`` continue what you type, and see where its heads look; ``tokenizer`` says which characters it knows.

    The weights go to the browser once, as int8 (:func:`seq2gpt.browser.pack_for_browser`); the kernel is not
    needed while text is written. ``prompt``, ``temperature``, ``top_k``, ``top_p``, ``min_p``, ``seed``
    and ``max_new_tokens`` mean what they mean in :func:`seq2gpt.generation.generate`, and can be read and set while
    the widget is shown. The seed does not draw the same text as PyTorch would. ``slowly`` writes at a pace at which
    one can read; ``layer`` and ``head``, both counted from 0, say whose attention is shown.
    """

    _esm = bundle("playground.js")
    _css = HERE / "widgets.css"

    model_data = traitlets.Bytes().tag(sync=True)
    prompt = traitlets.Unicode("The function returns").tag(sync=True)
    temperature = traitlets.Float(0.8, min=0.0, max=2.0).tag(sync=True)
    top_k = traitlets.Int(None, min=1, allow_none=True).tag(sync=True)
    top_p = traitlets.Float(None, min=0.05, max=1.0, allow_none=True).tag(sync=True)
    min_p = traitlets.Float(None, min=0.0, max=1.0, allow_none=True).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    max_new_tokens = traitlets.Int(100, min=1).tag(sync=True)
    slowly = traitlets.Bool(False).tag(sync=True)
    layer = traitlets.Int(0, min=0).tag(sync=True)
    head = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(self, model: GPT | ModernGPT, tokenizer: CharTokenizer, **settings: Any) -> None:
        unknown = settings.keys() - self.class_traits(sync=True).keys()
        if unknown:
            raise TypeError(f"PlaygroundWidget has no setting {min(unknown)!r}; see help(PlaygroundWidget)")
        super().__init__(model_data=pack_for_browser(model, tokenizer), **settings)
