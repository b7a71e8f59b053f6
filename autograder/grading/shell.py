"""What a notebook's cells run in: IPython's ways as far as a course needs them, at a fiftieth of its start-up time.

The last expression of a cell is its value, ``display`` and ``clear_output`` work, magics are understood or ignored,
and a traceback shows the student's own lines. There is no history, no completion and no way to a system shell.
"""

import ast
import asyncio
import builtins
import inspect
import io
import linecache
import re
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn

from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

Emit = Callable[[dict[str, Any]], None]
CELL_FILE = "<cell {}>"
CELL_NAME = re.compile(r"<cell \d+>")
TEXT_LIMIT = 20_000
LARGEST_PIECE = 2**16
BATCH = 8_000  # characters that a cell prints are sent together
IGNORED_MAGICS = {
    "matplotlib",
    "config",
    "load_ext",
    "autoreload",
    "reload_ext",
    "pylab",
    "precision",
    "xmode",
}


class InputRefused(RuntimeError):
    """``input()`` in a notebook that nobody sits in front of."""


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a cell."""

    encoding = "utf-8"

    def __init__(self, name: str, emit: Emit) -> None:
        self.name = name
        self.emit = emit
        self.waiting: list[str] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        text = str(text)
        self.waiting.append(text)
        self.size += len(text)
        if self.size > BATCH:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self.size = "".join(self.waiting), 0
        self.waiting.clear()
        for start in range(0, len(text), LARGEST_PIECE):
            piece = text[start : start + LARGEST_PIECE]
            self.emit({"output_type": "stream", "name": self.name, "text": piece})


class Publisher(DisplayPublisher):
    """Sends what is displayed to the output of the cell."""

    emit: Emit

    def publish(self, data: Any, metadata: Any = None, source: Any = None, **more: Any) -> None:
        self.emit({"output_type": "display_data", "data": as_text(data), "metadata": metadata or {}})

    def clear_output(self, wait: bool = False) -> None:
        self.emit({"clear": bool(wait)})


class Shell(InteractiveShell):
    """One notebook's namespace, and how its cells run.

    It registers as IPython's shell, without starting what that brings along, so that ``display`` and
    ``get_ipython`` find it.
    """

    def __init__(self, emit: Emit) -> None:
        super(InteractiveShell, self).__init__()
        self.pass_on = emit
        self.streams = [Stream("stdout", emit), Stream("stderr", emit)]
        self.module = types.ModuleType("__main__")
        self.names: dict[str, Any] = self.module.__dict__
        self.user_ns = self.names
        self.names.update(__builtins__=builtins, get_ipython=lambda: self, exit=leave, quit=leave)
        self.display_formatter = DisplayFormatter(parent=self)
        self.display_pub = Publisher(parent=self)
        self.display_pub.emit = self.emit
        self.transformer = TransformerManager()
        self.count = 0
        self.ended = False
        self.loop: asyncio.AbstractEventLoop | None = None
        sys.modules["__main__"] = self.module
        sys.stdout, sys.stderr = self.streams
        builtins.input = refuse_input
        InteractiveShell._instance = self  # type: ignore[assignment]
        from IPython.display import display

        self.names["display"] = display
        self.builtins = dict(builtins.__dict__)

    def restore_builtins(self) -> None:
        """Python's own functions mean themselves again, whatever a cell has made of ``sum`` for everybody."""
        builtins.__dict__.update(self.builtins)

    def run_source(self, source: str) -> bool:
        """Run a cell, emit what it prints, shows and gives; False if it raised."""
        self.count += 1
        name = CELL_FILE.format(self.count)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            code = self.transformer.transform_cell(source)
            tree = ast.parse(code, name)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            self.evaluate(tree, name)
            if isinstance(last, ast.Expr):
                value = self.evaluate(ast.Expression(last.value), name)
                if value is not None and not source.rstrip().endswith(";"):
                    self.show(value)
        except BaseException as error:
            self.restore_builtins()
            self.emit(error_output(error))
            return False
        finally:
            self.restore_builtins()
            self.flush()
        return True

    def evaluate(self, tree: ast.Module | ast.Expression, name: str) -> Any:
        """Run a part of a cell, in which ``await`` may stand outside of functions; the value of an expression."""
        mode = "eval" if isinstance(tree, ast.Expression) else "exec"
        code = compile(tree, name, mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, self.names)  # noqa: S307 (what this process is for)
        if not code.co_flags & inspect.CO_COROUTINE:
            return result
        self.loop = self.loop or asyncio.new_event_loop()  # one for all cells, as in a notebook
        return self.loop.run_until_complete(result)

    def emit(self, output: dict[str, Any]) -> None:
        """Pass on an output, after what was printed before it."""
        self.flush()
        self.pass_on(output)

    def flush(self) -> None:
        """Pass on what was printed."""
        for stream in self.streams:
            stream.flush()

    def show(self, value: Any) -> None:
        """Emit the value of a cell."""
        self.names["_"] = value
        assert self.display_formatter
        data, metadata = self.display_formatter.format(value)
        self.emit(
            {
                "output_type": "execute_result",
                "data": as_text(data),
                "metadata": metadata,
                "execution_count": self.count,
            }
        )

    # ── what get_ipython() offers

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Ignore what only concerns a screen; time what is to be timed."""
        if magic_name in ("time", "timeit"):
            return self.run_cell_magic(magic_name, "", line)
        if magic_name not in IGNORED_MAGICS:
            print(f"%{magic_name} has no effect while a notebook is graded")
        return None

    def run_cell_magic(self, magic_name: str, line: str, cell: str, **_: Any) -> None:
        """Run the body of ``%%time`` and the like; leave other languages alone."""
        if magic_name in ("time", "timeit", "capture", "prun"):
            exec(  # noqa: S102
                compile(self.transformer.transform_cell(cell), CELL_FILE.format(self.count), "exec"),
                self.names,
            )
        elif magic_name == "writefile":
            write_file(line, cell)
        else:
            print(f"%%{magic_name} has no effect while a notebook is graded")

    def system(self, cmd: str) -> None:
        """Refuse ``!command``."""
        print(f"!{cmd.split()[0] if cmd.split() else ''} has no effect while a notebook is graded")

    def getoutput(self, cmd: str, *_: Any, **__: Any) -> list[str]:
        """Refuse ``x = !command``."""
        self.system(cmd)
        return []

    def ask_exit(self) -> None:
        """End the process after the cell, as a kernel would."""
        self.ended = True

    def enable_gui(self, gui: Any = None) -> None:
        """There is no screen."""


def write_file(line: str, text: str) -> None:
    """``%%writefile NAME``, with ``-a`` to append: a module or a text beside the notebook."""
    append, name = line.startswith("-a "), line.removeprefix("-a ").strip()
    with open(name, "a" if append else "w", encoding="utf-8") as file:
        file.write(text)


def leave(code: object = None) -> NoReturn:
    """What ``exit()`` means in a notebook here: end the cell."""
    raise SystemExit(code)


def refuse_input(prompt: object = "") -> NoReturn:
    """What ``input()`` does here."""
    raise InputRefused("input() has nobody to ask while a notebook is graded; write the value into the cell")


def as_text(data: dict[str, Any]) -> dict[str, Any]:
    """Display data that JSON can hold: pictures in base64, other things as they are."""
    import base64

    return {str(k): base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in data.items()}


def error_output(error: BaseException) -> dict[str, Any]:
    """An error as a notebook stores it, with the lines of the notebook that led to it."""
    name = type(error).__name__
    try:
        text = str(error)[:TEXT_LIMIT]
    except Exception:
        text = "(its message cannot be read)"
    try:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if CELL_NAME.fullmatch(f.filename)]
        lines = [f"line {f.lineno} of the cell, in {f.name}: {f.line}" for f in own[-20:]]
        if isinstance(error, SyntaxError):
            lines = [f"line {error.lineno} of the cell: {(error.text or '').strip()}"]
    except Exception:
        lines = []
    trace = [*lines, f"{name}: {text}"]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": trace}


def line_of_cell(error: BaseException) -> str:
    """The last line of the notebook that was at work when ``error`` was raised; empty if it cannot be told."""
    found, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if CELL_NAME.fullmatch(name):
            found = f"line {trace.tb_lineno} of your cell: {linecache.getline(name, trace.tb_lineno).strip()}"
        trace = trace.tb_next
    return found
