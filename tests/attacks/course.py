"""The small course that the corpus attacks: a function, a module, a class, a generator and an essay.

Its secrets are marked, so that a leak can be seen: texts that only the instructor may read, and a number
that occurs in the hidden inputs alone.
"""

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

LAB = "01-target"
SOLUTION_SECRET = "SECRET-of-the-solution-8191"
HIDDEN_SECRET = "SECRET-of-the-hidden-tests-127"
HIDDEN_INPUT = "7919.25"

SETUP = """\
import copy
import os
import zlib

import torch
from torch import Tensor, nn

from autograder import recorder
"""
DRAW = 'draw = torch.Generator().manual_seed(zlib.crc32(os.environ.get("SEQ2GPT_GRADING_SEED", "").encode()))'


@dataclass(frozen=True)
class Exercise:
    """One exercise: its signature, the body of the right answer, its open and its hidden tests."""

    signature: str
    body: str
    visible: str
    hidden: str
    points: int

    @property
    def answer(self) -> str:
        """The right answer as a student writes it."""
        return self.signature + "\n" + self.body

    @property
    def tests(self) -> str:
        """The test cell; its value is the score."""
        private = f"### BEGIN HIDDEN TESTS\n# {HIDDEN_SECRET}\n{DRAW}\n{self.hidden}### END HIDDEN TESTS"
        return f"{self.visible}\n{private}\npoints"


EXERCISES = {
    "softmax": Exercise(
        signature="def softmax(scores):",
        body="    powers = (scores - scores.amax(-1, keepdim=True)).exp()\n"
        "    return powers / powers.sum(-1, keepdim=True)",
        visible="""\
scores = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1000.0, 1000.0, -1000.0, -1000.0]])
wanted = torch.tensor([[0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]], dtype=torch.float64)
points = 1.0 * bool(torch.allclose(softmax(scores).double(), wanted, atol=1e-4))
""",
        hidden=f"""\
scores = torch.randn(3, 5, 7, generator=draw)
scores[0, 0, 0] = {HIDDEN_INPUT}
wanted = torch.softmax(scores.double(), -1)
result = softmax(scores)
assert result.shape == (3, 5, 7)
points += 2.0 * bool(torch.allclose(result.double(), wanted, atol=1e-6))
""",
        points=3,
    ),
    "scale": Exercise(
        signature="class Scale(nn.Module):",
        body="""\
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * self.weight""",
        visible="""\
layer = Scale(3)
assert isinstance(layer, nn.Module)
x = torch.tensor([[1.0, 2.0, 3.0]])
points = 1.0 * bool(torch.allclose(layer(x).double(), x.double()))
""",
        hidden="""\
layer = Scale(5)
weight, x = torch.arange(2.0, 7.0), torch.randn(2, 5, generator=draw)
layer.load_state_dict({"weight": weight})
assert torch.allclose(copy.deepcopy(layer)(x).double(), (x * weight).double())
layer(x).sum().backward()
(parameter,) = layer.parameters()
points += 3.0 * bool(torch.allclose(parameter.grad.double(), x.sum(0).double(), atol=1e-6))
""",
        points=4,
    ),
    "vocabulary": Exercise(
        signature="class Vocabulary:",
        body="""\
    def __init__(self, text):
        self.symbols = sorted(set(text))

    def __len__(self):
        return len(self.symbols)

    def encode(self, text):
        return [self.symbols.index(symbol) for symbol in text]

    def decode(self, ids):
        return "".join(self.symbols[i] for i in ids)""",
        visible="""\
known = Vocabulary("hello")
assert len(known) == 4
points = 1.0 * bool(known.encode("hole") == [1, 3, 2, 0])
""",
        hidden="""\
known = Vocabulary("größer als je zuvor")
try:
    known.encode("?")
    refused = False
except ValueError:
    refused = True
round_trip = known.decode(known.encode("vergaß")) == "vergaß"
points += 1.0 * bool(round_trip and refused and len(known) == 14)
""",
        points=2,
    ),
    "windows": Exercise(
        signature="def windows(items, size):",
        body="    for start in range(len(items) - size + 1):\n        yield items[start : start + size]",
        visible="""\
found = [list(window) for window in windows([1, 2, 3], 2)]
points = 1.0 * bool(recorder.same(found, [[1, 2], [2, 3]]))
""",
        hidden="points += 1.0 * bool([list(w) for w in windows([5, 3, 2], 3)] == [[5, 3, 2]])\n",
        points=2,
    ),
}
ANSWERS = {name: exercise.answer for name, exercise in EXERCISES.items()}
POINTS = {name: float(exercise.points) for name, exercise in EXERCISES.items()}
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
ESSAY = "Why are large scores dangerous? *Your answer here.*"
ESSAY_POINTS = 5


def cell(source: str, name: str, kind: str = "code", **nbgrader: object) -> NotebookNode:
    """A cell that nbgrader knows."""
    known = {"schema_version": 3, "grade": False, "solution": False, "task": False, "locked": False}
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, metadata={"nbgrader": known | nbgrader | {"grade_id": f"{LAB}-{name}"}})


def notebook(*, solved: bool) -> NotebookNode:
    """The instructor's notebook, or with ``solved`` false what is released of it."""
    cells = [new_markdown_cell("# A lab that is attacked"), cell(SETUP, "setup", locked=True)]
    for name, exercise in EXERCISES.items():
        secret = f"    ### BEGIN SOLUTION\n    # {SOLUTION_SECRET}\n{exercise.body}\n    ### END SOLUTION"
        tests = exercise.tests if solved else f"{exercise.visible}\npoints"
        cells.append(cell(exercise.signature + "\n" + (secret if solved else STUB), name, solution=True))
        cells.append(cell(tests, f"{name}-check", grade=True, locked=True, points=exercise.points))
    cells.append(cell(ESSAY, "essay", "markdown", grade=True, solution=True, points=ESSAY_POINTS))
    for number, c in enumerate(cells):
        c.id = f"id-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def answered(**answers: str) -> NotebookNode:
    """A submission with the right answers, but those given instead."""
    nb = notebook(solved=False)
    for name, text in (ANSWERS | answers).items():
        find(nb, name).source = text
    return nb


def find(nb: NotebookNode, name: str) -> NotebookNode:
    """The cell of a notebook with this name."""
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{LAB}-{name}")


def indented(code: str) -> str:
    """Code as the body of a function."""
    return textwrap.indent(code, "    ")


def write(nb: NotebookNode, path: Path) -> None:
    """Write a notebook, valid or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb, indent=1), encoding="utf-8")
