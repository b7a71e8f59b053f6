"""Runs the examples in the docstrings of every module of the package.

The docstrings are read from the source: the import hook of conftest.py wraps functions, and
``doctest``'s own finder then takes them for another module's and skips them.
"""

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import seq2gpt

PACKAGE = Path(seq2gpt.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)
# Modules whose public functions are exercises: each of them shows an example.
LESSONS = [
    f"seq2gpt.{slug}"
    for slug in ("embeddings", "language_models", "recurrent", "seq2seq", "alignment", "attention",
                 "heads", "positions", "blocks", "transformer", "families", "scaling", "finetuning", "lora",
                 "instructions", "preferences", "assistants", "limits")
]  # fmt: skip


def docstrings(module: str) -> Iterator[tuple[ast.AST, str, str]]:
    """Definition, name and docstring of a module and of all that is defined in it."""
    path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield node, getattr(node, "name", module), ast.get_docstring(node) or ""


def run_examples(docstring: str, name: str, namespace: dict[str, object]) -> tuple[int, str]:
    """How many examples failed, and what doctest says about them."""
    test = doctest.DocTestParser().get_doctest(docstring, dict(namespace), name, None, 0)
    said: list[str] = []
    result = doctest.DocTestRunner().run(test, out=said.append)
    return result.failed, "".join(said)


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings(module: str) -> None:
    with_examples = [(name, text) for _, name, text in docstrings(module) if ">>>" in text]
    if not with_examples:
        return
    namespace = vars(importlib.import_module(module))
    for name, text in with_examples:
        failed, said = run_examples(text, f"{module}.{name}", namespace)
        assert failed == 0, said


def test_a_wrong_example_is_noticed() -> None:
    failed, said = run_examples(">>> 1 + 1\n3\n", "wrong", {})
    assert failed == 1
    assert "Expected:\n    3\nGot:\n    2\n" in said


@pytest.mark.parametrize("module", LESSONS)
def test_every_public_function_of_a_lesson_shows_an_example(module: str) -> None:
    public = vars(importlib.import_module(module))
    bare = {
        name
        for node, name, text in docstrings(module)
        if isinstance(node, ast.FunctionDef) and name in public and name[0] != "_" and ">>>" not in text
    }
    assert bare <= {"fused_attention"}  # the same numbers as the explained form, which has one
