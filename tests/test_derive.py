"""Cutting exercises out of modules, and putting answers back, byte for byte."""

import ast
import textwrap
from pathlib import Path

import pytest

from autograder.derive import BEGIN, END, definitions, derive, splice
from autograder.lessons import ORDER, ROOT
from seq2gpt.errors import UserError

MODULE = '''\
"""A module."""
import functools


@functools.cache
def area(
    width: int,
    height: int = 2,  # metres
) -> int:
    r"""Width times height, \\d+ times.

    >>> area(3)
    6
    """
    # why: one comment above

    product = width * height
    return product
    # and one below


class Counter:
    """Counts."""

    step = 1

    def __init__(self, start: int) -> None:
        # no docstring: the class states it
        self.value = start
        self.history = [start]

    def forward(self, x):
        return x

    @property
    def double(self) -> int:
        """Twice the value.

        Over two lines.
        """
        text = f"""
      kept {self.value}
where it is"""

        def inner(a):
            """A nested docstring."""
            return 2 * a

        return inner(self.value) if text else 0

    # a comment between methods

    async def later(self) -> str:
        """The value, some time. Schöne Grüße, √2."""
        answer = (
            "joined "
            "string"
        )
        return answer


LAST = 1
'''

VARIANTS = {
    "plain": MODULE,
    "crlf": MODULE.replace("\n", "\r\n"),
    "tabs": MODULE.replace("    ", "\t"),
    "no newline at the end": MODULE[: MODULE.index("\n\n\nLAST")],
    "blank lines with spaces": MODULE.replace("\n\n", "\n   \n"),
    "form feed": MODULE.replace("\n\n\nclass", "\n\f\n\nclass"),
}
TARGETS = ["area", "Counter", "Counter.double", "Counter.later"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", VARIANTS.values(), ids=VARIANTS)
def test_splice_undoes_derive(source: str, target: str) -> None:
    derived = derive(source, target)
    assert splice(source, target, derived.cell) == source
    unmarked = "".join(line for line in derived.cell.splitlines(True) if line.strip() not in (BEGIN, END))
    assert splice(source, target, unmarked) == source
    ast.parse(derived.cell)


@pytest.mark.parametrize("slug", [slug for slug in ORDER if (ROOT / f"src/seq2gpt/{slug}.py").exists()])
def test_every_definition_of_every_lesson_comes_back_unchanged(slug: str) -> None:
    source = (ROOT / f"src/seq2gpt/{slug}.py").read_bytes().decode()
    exercises = 0
    for target in definitions(source):
        try:
            derived = derive(source, target)
        except UserError:
            continue
        exercises += 1
        assert splice(source, target, derived.cell) == source, target
        assert derived.cell.count(BEGIN) == derived.cell.count(END) >= 1
        ast.parse(derived.cell)
    assert exercises > 0


def test_cell_of_a_function() -> None:
    assert derive(MODULE, "area").cell == textwrap.dedent('''\
        @functools.cache
        def area(
            width: int,
            height: int = 2,  # metres
        ) -> int:
            r"""Width times height, \\d+ times.

            >>> area(3)
            6
            """
            ### BEGIN SOLUTION
            # why: one comment above

            product = width * height
            return product
            # and one below
            ### END SOLUTION''')


def test_cell_of_a_method_starts_at_the_margin_and_keeps_strings() -> None:
    assert (
        derive(MODULE, "Counter.double").cell
        == '''\
@property
def double(self) -> int:
    """Twice the value.

    Over two lines.
    """
    ### BEGIN SOLUTION
    text = f"""
      kept {self.value}
where it is"""

    def inner(a):
        """A nested docstring."""
        return 2 * a

    return inner(self.value) if text else 0
    ### END SOLUTION'''
    )


def test_every_method_of_a_class_is_a_solution() -> None:
    cell = derive(MODULE, "Counter").cell
    hidden = cell
    while BEGIN in hidden:
        head, _, rest = hidden.partition(BEGIN)
        hidden = head + rest.partition(END)[2]
    assert cell.count(BEGIN) == 4
    assert "self.value = start" not in hidden
    assert "# no docstring" not in hidden
    assert "return" not in hidden
    assert "step = 1" in hidden
    assert '"""Twice the value.' in hidden


def test_splice_puts_another_answer_in_place() -> None:
    answer = "@functools.cache\ndef area(width, height=2):\n    return sum([width] * height)\n"
    spliced = splice(MODULE, "area", f"HELPER = 3\n\n\n{answer}")
    names = {"functools": None}
    exec(spliced, names)
    assert names["area"](3) == 6
    assert names["HELPER"] == 3
    assert spliced.endswith(MODULE[MODULE.index("\n\n\nclass") :])


def test_splice_indents_a_method_and_takes_the_line_ends_of_the_module() -> None:
    answer = 'def later(self) -> str:\n    """Now.\n\n    And then.\n    """\n    return """a\n  b"""\n'
    spliced = splice(VARIANTS["crlf"], "Counter.later", answer)
    expected = '    def later(self) -> str:\n        """Now.\n\n        And then.\n        """\n        return """a\n  b"""\n'
    assert expected.replace("\n", "\r\n") in spliced
    assert "\n" not in spliced.replace("\r\n", "")


def test_the_definition_in_force_is_the_last() -> None:
    source = 'def f():\n    """One."""\n    a = 1\n    return a\n\n\n' * 2
    assert derive(source, "f").first == 7


BODY = "    a = 1\n    return a\n"
REFUSED = {
    "unknown name": (MODULE, "aera", "the module defines no 'aera'; did you mean area?"),
    "unknown method": (MODULE, "Counter.doubled", "the module defines no 'Counter.doubled'; did you mean Counter.double"),
    "no docstring": (f"def f():\n{BODY}", "f", "f has no docstring, but its docstring states the exercise; write one"),
    "class without docstring": ("class A:\n    x = 1\n", "A", "A has no docstring"),
    "method without docstring": (
        'class A:\n    """A."""\n    def g(self):\n        a = 1\n        return a\n', "A", "A.g has no docstring",
    ),
    "forward alone": ('class A:\n    """A."""\n    def forward(self):\n        a = 1\n        return a\n', "A.forward", "no docstring"),
    "one line": ('def f():\n    """Doc."""\n    return 1\n', "f", "f has a solution of 1 line; an exercise needs at least two lines"),
    "comment and one line": ('def f():\n    """Doc."""\n    # one\n\n    return 1\n', "f", "a solution of 1 line"),
    "no line": ('def f():\n    """Doc."""\n', "f", "a solution of 0 lines"),
    "body beside the definition": ('def f(): """Doc."""\n', "f", "f: line 1 holds more than one part of the definition"),
    "body beside the docstring": ('def f():\n    """Doc."""; a = 1\n    return a\n', "f", "line 2 holds more than one part"),
    "marker": (f'def f():\n    """Doc."""\n    ### BEGIN SOLUTION\n{BODY}', "f", "line 3 holds a marker of nbgrader's"),
    "hidden tests": (f'def f():\n    """BEGIN HIDDEN TESTS"""\n{BODY}', "f", "line 2 holds a marker of nbgrader's"),
    "broken module": ("def f(:\n", "f", "the module is not valid Python: line 1: "),
    "null byte": ("x = '\0'\n", "f", "the module is not valid Python: "),
    "line left of the method": (
        'class A:\n    """A."""\n    def g(self):\n        """G."""\n        a = (1,\n2)\n        return a\n', "A.g",
        "the line '2)' is left of the definition; indent it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "target", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_exercise_is_refused(source: str, target: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        derive(source, target)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("target", "answer", "message"),
    [
        ("area", "def aera():\n    pass\n", "the answer to area must define area; it defines aera"),
        ("area", "", "the answer to area must define area; it defines nothing"),
        ("area", "def area(:\n", "the answer to area is not valid Python: line 1: "),
        ("Counter.later", "x = 1\ndef later(self): pass\n", "must hold that method alone"),
    ],
)
def test_an_answer_that_cannot_be_put_back_is_refused(target: str, answer: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        splice(MODULE, target, answer)
    assert message in str(caught.value)


def test_definitions_are_listed_in_order() -> None:
    assert definitions(MODULE)[:3] == ["area", "Counter", "Counter.__init__"]
    assert "Counter.double.inner" not in definitions(MODULE)


@pytest.mark.slow
def test_the_standard_library_comes_back_unchanged() -> None:
    """Other people's layouts, strings and comments, by the hundred."""
    library = Path(ast.__file__).parent
    names = (
        "argparse",
        "configparser",
        "dataclasses",
        "enum",
        "functools",
        "inspect",
        "textwrap",
        "unittest/mock",
    )
    exercises = 0
    for name in names:
        source = (library / f"{name}.py").read_bytes().decode()
        for target in dict.fromkeys(definitions(source)):
            try:
                derived = derive(source, target)
            except UserError:
                continue
            exercises += 1
            assert splice(source, target, derived.cell) == source, f"{name}: {target}"
    assert exercises > 100
