"""Turn a function of the package into an exercise, and an answer back into the package.

:func:`derive` cuts a function, method or class at the end of its docstring: what is above is the
statement of the exercise, what is below is its solution, wrapped in nbgrader's markers. :func:`splice`
is the inverse. Both copy lines of source and never print a syntax tree, which would lose comments, raw
strings and layout; so ``splice(source, name, derive(source, name).cell) == source``, byte for byte.
"""

import ast
import difflib
import io
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seq2gpt.errors import UserError

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
# What nbgrader searches for in a cell: in the package's own text it would cut the cell elsewhere.
RESERVED = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|AUTOTEST")
# Methods whose meaning Python or PyTorch fixes; the docstring of their class states the task.
PROTOCOL = re.compile(r"__\w+__|forward")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Derived:
    """An exercise made of the definition ``qualname``.

    ``cell`` is the whole definition, decorators included, with its solution between nbgrader's markers;
    it starts at the left margin and has no line end after its last line. ``first`` and ``last`` are the
    lines of the module it was taken from, counted from 1.
    """

    qualname: str
    cell: str
    first: int
    last: int

    @property
    def name(self) -> str:
        """What the cell defines: the last part of ``qualname``."""
        return self.qualname.rpartition(".")[2]


def derive(source: str, qualname: str) -> Derived:
    """The exercise that the definition ``qualname`` of a module gives.

    ``source`` is the text of the module, with whatever line ends it has; ``qualname`` names a function,
    a class or, as ``Class.method``, a method, which becomes a function at the left margin. Of a class,
    the body of every method is a solution.

    Raises ``UserError`` when there is no such definition or when it makes no exercise: a docstring is
    missing, the solution is shorter than two lines, or a line holds one of nbgrader's markers.
    """
    node, lines = _find(source, qualname)
    first, last = _first_line(node), _last_line(node, lines)
    for number, line in enumerate(lines[first - 1 : last], first):
        if RESERVED.search(line):
            raise UserError(
                f"{qualname}: line {number} holds a marker of nbgrader's, {line.strip()!r}; reword it"
            )
    solutions = list(_solutions(node, lines, qualname))
    length = sum(_is_code(line) for begin, end in solutions for line in lines[begin - 1 : end])
    if length < 2:
        raise UserError(
            f"{qualname} has a solution of {length} line{'s' * (length != 1)}; an exercise needs at least "
            "two lines below its docstring, so choose a larger part"
        )
    block = lines[first - 1 : last]
    for begin, end in reversed(solutions):  # from the end, so that the earlier line numbers stay right
        _mark(block, begin - first, end - first + 1)
    margin = _indent(lines[first - 1])
    text = "".join(_shift(block, margin, "", _docstring_lines(block), f"{qualname} (from line {first})"))
    return Derived(qualname, text.removesuffix(_line_end(text)), first, last)


def splice(module_source: str, qualname: str, cell_text: str) -> str:
    """The module with its definition ``qualname`` replaced by the one in ``cell_text``.

    The cell may hold nbgrader's solution markers or not, and helpers beside the definition; the cell of
    a method holds the method alone. Everything outside the definition stays as it is, and so do the
    module's line ends.

    Raises ``UserError`` when the module has no such definition, or when the cell does not parse or does
    not define the name.
    """
    node, lines = _find(module_source, qualname)
    first, last = _first_line(node), _last_line(node, lines)
    answer = [line for line in _lines(cell_text) if line.strip() not in (BEGIN, END)]
    _require_definition("".join(answer), qualname)
    answer = _shift(answer, "", _indent(lines[first - 1]), _docstring_lines(answer), qualname)
    text = "".join(answer)
    if "\r\n" in module_source and "\r" not in text:
        text = text.replace("\n", "\r\n")
    text = text.removesuffix(_line_end(text)) + _line_end(lines[last - 1])
    return "".join([*lines[: first - 1], text, *lines[last:]])


def definitions(source: str) -> list[str]:
    """Qualified names of a module's functions, classes and methods, in order."""
    return list(_names(_parse(source, "the module").body, ""))


# ── finding the definition ───────────────────────────────────────────────────────────────────────


def _parse(source: str, what: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a student's string is no concern of ours
        try:
            return ast.parse(source)
        except SyntaxError as error:
            problem = f"line {error.lineno}: {error.msg}"
        except ValueError as error:  # a null byte
            problem = str(error)
    raise UserError(f"{what} is not valid Python: {problem}; correct it first")


def _names(body: Sequence[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, DEFINITIONS):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _names(node.body, f"{prefix}{node.name}.")


def _find(source: str, qualname: str) -> tuple[Definition, list[str]]:
    """The definition that is in force at the end, as Python itself would have it, and the module's lines."""
    tree = _parse(source, "the module")
    body: Sequence[ast.stmt] = tree.body
    node = None
    for part in qualname.split("."):
        found = [n for n in body if isinstance(n, DEFINITIONS) and n.name == part]
        if not found:
            known = list(_names(tree.body, ""))
            close = difflib.get_close_matches(qualname, known, n=3) or known or ["another module"]
            raise UserError(f"the module defines no {qualname!r}; did you mean {' or '.join(close)}?")
        node = found[-1]
        body = node.body if isinstance(node, ast.ClassDef) else []
    assert node is not None
    return node, _lines(source)


def _require_definition(source: str, qualname: str) -> None:
    name = qualname.rpartition(".")[2]
    body = _parse(source, f"the answer to {qualname}").body
    defined = [node.name for node in body if isinstance(node, DEFINITIONS)]
    if name not in defined:
        found = f"it defines {', '.join(defined)}" if defined else "it defines nothing"
        raise UserError(f"the answer to {qualname} must define {name}; {found}")
    if name != qualname and len(body) > 1:
        raise UserError(f"the answer to {qualname} must hold that method alone; move the rest into it")


# ── where the solution begins and ends ───────────────────────────────────────────────────────────


def _solutions(node: Definition, lines: list[str], qualname: str) -> Iterator[tuple[int, int]]:
    """First and last line of every solution in a definition, in order."""
    if isinstance(node, ast.ClassDef):
        if ast.get_docstring(node) is None:
            raise UserError(f"{qualname} has no docstring, but its docstring states the exercise; write one")
        for method in node.body:
            if isinstance(method, Function):
                yield from _solution(method, lines, f"{qualname}.{method.name}", of_class=True)
    else:
        yield from _solution(node, lines, qualname)


def _solution(
    node: Function, lines: list[str], qualname: str, of_class: bool = False
) -> Iterator[tuple[int, int]]:
    """First and last line of a function's solution; nothing for a function that is a docstring only."""
    has_docstring = ast.get_docstring(node) is not None
    if not has_docstring and not (of_class and PROTOCOL.fullmatch(node.name)):
        raise UserError(f"{qualname} has no docstring, but its docstring states the exercise; write one")
    body = node.body[1:] if has_docstring else node.body
    for statement in node.body[:2]:
        if lines[statement.lineno - 1].encode()[: statement.col_offset].strip():
            raise UserError(
                f"{qualname}: line {statement.lineno} holds more than one part of the definition; "
                "start the docstring, and what follows it, on lines of their own"
            )
    if not body:
        return
    begin = _first_line(body[0])
    above = (node.body[0].end_lineno or 0) if has_docstring else 0
    while begin - 1 > above and not _is_code(lines[begin - 2]):
        begin -= 1  # a comment above the first statement belongs to the solution
    yield begin, _last_line(node, lines)


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _last_line(node: ast.stmt, lines: list[str]) -> int:
    """The last line of a definition, with the comments that close its body."""
    last = node.end_lineno or node.lineno
    for number in range(last + 1, len(lines) + 1):
        line = lines[number - 1]
        if line.lstrip().startswith("#") and len(_indent(line)) > node.col_offset:
            last = number
        elif line.strip():
            break
    return last


def _mark(block: list[str], begin: int, end: int) -> None:
    """Put the markers around lines ``begin`` to ``end`` (exclusive, counted from 0), in place."""
    indent = _indent(next(line for line in block[begin:end] if _is_code(line)))
    newline = _line_end(block[0])
    block[end - 1] = block[end - 1].removesuffix(_line_end(block[end - 1])) + newline
    block.insert(end, indent + END + newline)
    block.insert(begin, indent + BEGIN + newline)


# ── moving a method to the left margin and back ──────────────────────────────────────────────────


def _shift(lines: list[str], old: str, new: str, docstring: range, what: str) -> list[str]:
    """Replace the indentation ``old`` by ``new``; blank lines and the inside of strings stay.

    The docstring moves with the code: Python itself takes its indentation for layout.
    """
    if old == new:
        return lines
    fixed = _inside_strings("".join(lines)) - set(docstring)
    shifted = []
    for number, line in enumerate(lines):
        if number in fixed or not line.strip():
            shifted.append(line)
        elif line.startswith(old):
            shifted.append(new + line.removeprefix(old))
        else:
            raise UserError(f"{what}: the line {line.strip()!r} is left of the definition; indent it")
    return shifted


def _inside_strings(source: str) -> set[int]:
    """Lines, counted from 0, that start inside a string."""
    inside: set[int] = set()
    starts: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
        kind = tokenize.tok_name[token.type]
        if kind == "STRING":
            inside.update(range(token.start[0], token.end[0]))
        elif kind.endswith("STRING_START"):  # an f-string, from Python 3.12 on
            starts.append(token.start[0])
        elif kind.endswith("STRING_END"):
            inside.update(range(starts.pop(), token.end[0]))
    return inside


def _docstring_lines(block: list[str]) -> range:
    """Lines, counted from 0, of the docstring of the first definition in ``block``."""
    wrapper = "if True:\n" if _indent(block[0]) else ""  # so that a method parses where it stands
    above = 1 + wrapper.count("\n")
    for node in ast.walk(_parse(wrapper + "".join(block), "the definition")):  # breadth first: outermost
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node) is not None:
            return range(node.body[0].lineno - above, (node.body[0].end_lineno or 0) - above + 1)
    return range(0)


# ── lines ────────────────────────────────────────────────────────────────────────────────────────


def _lines(source: str) -> list[str]:
    """The lines with their ends, as Python's parser counts them (``str.splitlines`` knows more line ends)."""
    return list(io.StringIO(source, newline=""))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _line_end(text: str) -> str:
    return next(end for end in ("\r\n", "\n", "\r", "") if text.endswith(end))


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def without_markers(cell: str) -> str:
    """An answer as a student writes it."""
    return "\n".join(line for line in cell.split("\n") if line.strip() not in (BEGIN, END))
