"""A corpus that needs no download, and text files of your own.

The embedded corpus is about two million characters of English: the language reference that ships with
every CPython (``pydoc_data.topics``, what ``help("assert")`` prints), the docstrings of the standard
library, and this course's own text. Only what comes with Python is held out, so that an edit here moves
no figure by more than it changes the training. Python's texts differ a little from one version to the
next, so a loss reached on them is stated together with the version.
"""

import ast
import hashlib
import os
import platform
import re
import sys
import sysconfig
import unicodedata
import warnings
from collections.abc import Iterator
from pathlib import Path

from seq2gpt.data.files import write_atomically
from seq2gpt.errors import UserError

PACKAGE = Path(__file__).resolve().parents[1]
# Parts of the standard library that not every installation has, and its tests.
SKIPPED = {
    "site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "distutils", "tkinter",
    "turtledemo",
}  # fmt: skip
# Where Unicode's own decomposition has no ASCII form for a sign that our texts use.
ASCII_FORMS = str.maketrans({
    "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "×": "x", "·": ".", "…": "...",
    "→": "->", "≤": "<=", "≥": ">=", "≠": "!=", "√": "sqrt ", "∞": "inf", "\t": "    ",
})  # fmt: skip
HELD_OUT = 20  # every twentieth slice of a corpus is kept for validation
# The line between Python's texts and the course's own, which changes too often to be measured on.
OWN_TEXT = "\n\nThe course's own text\n\n"


def embedded_corpus() -> str:
    """The embedded corpus as one string of printable ASCII and newlines.

    Putting it together takes seconds, so it is kept in the user's cache folder (``XDG_CACHE_HOME``, or
    ``~/.cache``) under a name derived from the Python version and the content of its sources: a changed
    source gives a new file, which takes the old one's place. Without a writable cache folder the text is
    the same and takes the same seconds every time.
    """
    sources = dict(_sources())
    digest = hashlib.sha256(sys.version.encode())
    for name, content in sources.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "seq2gpt"
    prefix = f"corpus-{platform.python_version()}"
    cached = cache / f"{prefix}-{digest.hexdigest()[:16]}.txt"
    try:
        return cached.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        text = build_corpus(sources)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(cached, text.encode("ascii"))
        for outdated in set(cache.glob(f"{prefix}-*.txt")) - {cached}:
            outdated.unlink(missing_ok=True)
    except OSError:
        pass  # a read-only home costs seconds, not the run
    return text


def python_texts() -> str:
    """The embedded corpus as far as it comes with Python: the same, whatever is written in this course."""
    return embedded_corpus().partition(OWN_TEXT)[0]


def _sources() -> Iterator[tuple[str, bytes]]:
    """Name and content of every file the corpus is made from, always in the same order."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.rglob("*.py")):
        name = path.relative_to(library)
        if not SKIPPED & set(name.parts):
            yield f"python/{name.as_posix()}", path.read_bytes()
    yield "own.txt", OWN_TEXT.encode()
    for path in sorted(PACKAGE.rglob("*.py")):
        yield f"seq2gpt/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()
    for path in lesson_files():
        yield f"lessons/{path.name}", path.read_bytes()


def lesson_files() -> list[Path]:
    """The lessons' chapters: inside the installed package, or in the checkout it is run from."""
    installed = sorted((PACKAGE / "course_files" / "lessons").glob("*.md"))
    return installed or sorted(PACKAGE.parents[1].glob("book/[0-9]*/lesson.md"))


def build_corpus(sources: dict[str, bytes]) -> str:
    """Join the manual, every docstring and the lessons; equal docstrings are taken once.

    ``sources`` maps names to file contents: of a ``.py`` file the docstrings are taken, of
    ``pydoc_data/topics.py`` the manual's texts, of any other file everything.

    >>> build_corpus({"a.py": b"'''One.'''", "b.py": b"'''One.'''", "c.md": "Two – three".encode()})
    'One.\\n\\nTwo - three\\n'
    """
    texts: dict[str, None] = {}  # a dict keeps the order and drops repetitions
    for name, content in sources.items():
        if name.endswith("pydoc_data/topics.py"):
            texts.update(dict.fromkeys(_strings(content)))
        elif name.endswith(".py"):
            texts.update(dict.fromkeys(_docstrings(content)))
        else:
            texts[content.decode("utf-8", errors="replace")] = None
    normalized = (normalize(text) for text in texts)
    return "\n\n".join(text for text in normalized if text) + "\n"


def _parse(content: bytes) -> ast.Module:
    """The syntax tree of a source file; nothing is imported or run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old modules still write "\d" in ordinary strings
        try:
            return ast.parse(content)
        except (SyntaxError, ValueError):  # templates and files broken on purpose
            return ast.Module(body=[], type_ignores=[])


def _docstrings(content: bytes) -> Iterator[str]:
    for node in ast.walk(_parse(content)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _strings(content: bytes) -> Iterator[str]:
    """The values of the manual's one dictionary, ``topics``; the keys are single words."""
    for node in ast.walk(_parse(content)):
        if isinstance(node, ast.Dict):
            yield from (str(value.value) for value in node.values if isinstance(value, ast.Constant))


def normalize(text: str) -> str:
    """Printable ASCII and newlines: accents are dropped, typographic signs get their plain form.

    >>> normalize("naïve – “quoted”\\r\\n\\n\\n\\nend  ")
    'naive - "quoted"\\n\\nend'
    """
    plain = unicodedata.normalize("NFKD", text.translate(ASCII_FORMS))
    plain = re.sub(r"[^ -~\n]", "", plain)
    plain = re.sub(r" +$", "", plain, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", plain).strip("\n")


def read_text(path: Path) -> str:
    """The text of a UTF-8 file of your own, with every line end as a newline.

    Raises ``UserError`` when the file is missing, cannot be read, is empty, or is not UTF-8; the
    message names the offset of the first bad byte.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; give --data the path of a text file") from None
    except IsADirectoryError:
        advice = (
            f"make token files of its texts with `seq2gpt tokenize {path} NEW-FOLDER`, and train on these"
        )
        raise UserError(f"{path} is a folder; {advice}") from None
    except OSError as error:
        why = error.strerror
        raise UserError(f"{path} cannot be read ({why}); give --data the path of a text file") from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {content[error.start]:#04x} at offset {error.start:,}"
        raise UserError(f"{path} is not UTF-8 text ({found}); save it as UTF-8 and try again") from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UserError(f"{path} holds no text; give --data a file with something to learn from")
    return text


def split_corpus(text: str, context_length: int) -> tuple[str, str]:
    """Training and validation text: of every 20 slices, the last is held out.

    Slices from the whole length make both parts alike, which the last 5 % of a collection is not. A
    slice is at least ``context_length`` + 1 characters, so that each part holds a whole example. Of the
    embedded corpus nothing is held out behind the line ``OWN_TEXT``, nor does that part move the slices.

    >>> training, validation = split_corpus("abcdefghijklmnopqrst" * 3, context_length=2)
    >>> len(training), validation
    (57, 'rst')
    """
    measured, line, own = text.partition(OWN_TEXT)
    shortest = HELD_OUT * (context_length + 1)
    if len(measured) < shortest:
        raise UserError(
            f"the corpus has {len(measured):,} characters, but context_length={context_length} needs "
            f"{shortest:,} or more; use a longer text or a smaller --context-length"
        )
    width = max(context_length + 1, len(measured) // (20 * HELD_OUT))
    slices = [measured[start : start + width] for start in range(0, len(measured), width)]
    held_out = slices[HELD_OUT - 1 :: HELD_OUT]
    del slices[HELD_OUT - 1 :: HELD_OUT]
    return "".join(slices) + line + own, "".join(held_out)
