"""The page's kernel as bytes: ``kernel.js`` holds what ``kernel.wat`` says, in the form that a browser runs.

``python -m seq2gpt.widgets.wasm`` writes it; that needs the package ``wasmtime``, which only the tests install.
"""

import base64
from pathlib import Path

SOURCE = Path(__file__).with_name("kernel.wat")
FILE = Path(__file__).with_name("kernel.js")

SCRIPT = """\
// Made of kernel.wat by `python -m seq2gpt.widgets.wasm`: the bytes of the module, in base64.
export const kernelBytes = () => Uint8Array.from(atob(KERNEL), (character) => character.charCodeAt(0));

const KERNEL = "{text}";
"""


def kernel_script() -> str:
    """What ``kernel.js`` must hold."""
    from wasmtime import wat2wasm

    return SCRIPT.format(text=base64.b64encode(bytes(wat2wasm(SOURCE.read_text(encoding="utf-8")))).decode())


if __name__ == "__main__":
    FILE.write_text(kernel_script(), encoding="utf-8")
