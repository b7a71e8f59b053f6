"""Which optional arguments of the package could be ignored without any test noticing?

    python tests/ignored_arguments.py [MODULE…]

In a copy of the package one function after the other begins with ``argument = default``, whatever the
caller gave; then its module's fast tests, and those that name the function, run until the first one fails. An argument whose
function passes them all is printed, and the exit code says whether there was any. It takes the better
part of an hour for all modules, so ``make test-arguments`` runs it, and not ``make test``.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "seq2gpt"
SECONDS = 600  # for one function's tests; an an endless run counts as noticed, as it would be

ENDLESS = "the tests did not end"


class Argument(NamedTuple):
    """An optional argument and the line before which it is thrown away."""

    module: Path
    function: str
    name: str
    default: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.module.relative_to(PACKAGE)}: {self.function}({self.name}={self.default})"


def arguments(module: Path) -> Iterator[Argument]:
    """The optional arguments of a module's public functions and methods."""
    yield from _of_body(module, ast.parse(module.read_text()).body, "")


def _of_body(module: Path, body: list[ast.stmt], prefix: str) -> Iterator[Argument]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _of_body(module, node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
            not node.name.startswith("_") or node.name == "__init__"
        ):
            first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
            for argument, default in _optional(node.args):
                yield Argument(
                    module,
                    prefix + node.name,
                    argument.arg,
                    ast.unparse(default),
                    first.lineno,
                    first.col_offset,
                )


def _optional(given: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    by_place = given.posonlyargs + given.args
    yield from zip(by_place[len(by_place) - len(given.defaults) :], given.defaults, strict=True)
    yield from ((a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None)


def tests_that_name(argument: Argument) -> list[str]:
    """The module's own test files, then those in which the function or its class occurs."""
    owner, _, method = argument.function.rpartition(".")
    word = re.compile(rf"\b{owner or method}\b")
    own = f"test_{argument.module.stem}"
    files = [
        f for f in (ROOT / "tests").glob("test_*.py") if f.stem.startswith(own) or word.search(f.read_text())
    ]
    files.sort(key=lambda f: (not f.stem.startswith(own), f.stat().st_size))
    return [str(f.relative_to(ROOT)) for f in files]


def is_noticed(argument: Argument, copy: Path) -> bool:
    """Does a test fail when the argument is ignored? ``copy`` holds a copy of the folder ``src``."""
    tests = tests_that_name(argument)
    if not tests:
        return False
    path = copy / argument.module.relative_to(PACKAGE.parent)
    original = path.read_text()
    lines = original.splitlines(keepends=True)
    lines.insert(argument.line - 1, f"{' ' * argument.column}{argument.name} = {argument.default}\n")
    spoiled = "".join(lines)
    try:
        while True:
            path.write_text(spoiled)
            failed = first_failure(tests, copy)
            path.write_text(original)
            if failed in (None, ENDLESS) or first_failure([failed], copy) is None:
                return failed is not None
            _fails_anyway.append(failed)
    finally:
        path.write_text(original)


_fails_anyway: list[str] = []  # tests that do not hold of the copy, whatever was done to it


def first_failure(tests: list[str], copy: Path) -> str | None:
    """The first test that fails, as pytest names it; None where all pass."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-qx",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow and not browser",
    ]
    command += [f"--deselect={test}" for test in _fails_anyway] + tests
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return ENDLESS
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 5) and failed is None:  # 5: no test was left to run
        raise RuntimeError(f"pytest broke off:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed and failed.group(1)


def main(names: list[str]) -> int:
    """Examine the modules of these names, or all of the package's top level; the number that went unnoticed."""
    modules = [PACKAGE / f"{name}.py" for name in names] or sorted(PACKAGE.glob("*.py"))
    unnoticed = examined = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        shutil.copytree(PACKAGE.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for module in modules:
            for argument in arguments(module):
                examined += 1
                if not is_noticed(argument, copy):
                    unnoticed += 1
                    print(argument, flush=True)
    print(f"{unnoticed} of {examined} optional arguments could be ignored")
    return unnoticed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
