"""A widget's JavaScript as one file: Jupyter hands a widget to the browser in a form in which no relative import resolves."""

import re
from pathlib import Path

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([a-z]+\.js)";$', re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)


def bundle(widget: str) -> str:
    """The source of ``widget``, a file of this folder, with the files that it imports in place of the imports.

    What is shared, such as the engine of the GPT, is a file of its own so that it can be read, tested and used without a
    page. Raises ``ValueError`` if an import is left, which must be of names, from ``./``, on one line.

    >>> "import {" in bundle("playground.js")
    False
    """
    source = with_imports(HERE / widget)
    if left := re.search(r"^import .*$", source, re.MULTILINE):
        raise ValueError(
            f'{widget} keeps {left[0]!r}; write import {{ names }} from "./file.js"; on one line'
        )
    return source


def with_imports(file: Path) -> str:
    """The source of ``file`` with what it imports, and what that imports in turn, in place of the imports."""
    source = file.read_text(encoding="utf-8")
    return IMPORT.sub(lambda found: in_a_scope(found[1], HERE / found[2]), source)


def in_a_scope(names: str, file: Path) -> str:
    """The statements that define ``names`` as an import from ``file`` would; its other names stay its own."""
    source = EXPORT.sub("", with_imports(file))
    return f"const {names} = (() => {{\n{source}return {names};\n}})();"
