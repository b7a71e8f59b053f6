"""What of an answer's cell goes into a package, and whether it would work there."""

import ast
import builtins
import symtable
import warnings

from autograder.student.labfile import Cell, text_of
from seq2gpt.errors import UserError

NO_PYTHON = ("%", "!", "?")  # how a line for IPython starts
KEPT = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign,
)  # fmt: skip


def usable(text: str, where: str) -> str:
    """The cell without what only runs: calls, prints, lines for IPython. Definitions, imports and constants stay.

    Raises ``UserError``, which names ``where``, if the cell is no Python.
    """
    lines = ["" if line.lstrip().startswith(NO_PYTHON) else line for line in text.split("\n")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("\n".join(lines))
    except SyntaxError as error:
        raise UserError(f"{where}, line {error.lineno}: {error.msg}; correct it and check it again") from None
    dropped = {
        number
        for node in tree.body
        if not isinstance(node, KEPT)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    kept = [line for number, line in enumerate(lines, 1) if number not in dropped]
    return "\n".join(kept).strip("\n")


def missing_names(source: str, qualname: str, setup: Cell | None) -> tuple[list[str], list[str]]:
    """Names that a definition of a module uses and nobody defines, and the imports of the lab's setup that supply the others."""
    module = symtable.symtable(source, "module", "exec")
    known = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported()} | {
        child.get_name() for child in module.get_children()
    }
    used = globals_of(table_of(module, qualname))
    lacking = {
        name for name in used - known if not hasattr(builtins, name) and name not in ("__name__", "__file__")
    }
    supply = imports_of(text_of(setup)) if setup else {}
    lines = {supply[name] for name in lacking & supply.keys()}
    return sorted(lacking - supply.keys()), sorted(lines)


def table_of(module: symtable.SymbolTable, qualname: str) -> symtable.SymbolTable:
    """The names of a definition."""
    table = module
    for part in qualname.split("."):
        table = [child for child in table.get_children() if child.get_name() == part][-1]
    return table


def globals_of(table: symtable.SymbolTable) -> set[str]:
    """Every name that a definition, and what is defined in it, takes from its module."""
    used = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return used.union(*map(globals_of, table.get_children()))


def imports_of(setup: str) -> dict[str, str]:
    """The imports of a cell: the line that brings each name."""
    found = {}
    for node in ast.parse(setup).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = (alias.asname or alias.name).partition(".")[0]
                start = f"from {node.module} import " if isinstance(node, ast.ImportFrom) else "import "
                found[name] = start + alias.name + (f" as {alias.asname}" if alias.asname else "")
    return found
