"""What a cell does to its own process, on purpose or not, costs that cell at most: the cells after it run as in a notebook."""

import json
from collections.abc import Mapping, Sequence

import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.grading.execute import run_notebook
from autograder.grading.limits import Limits

FORGED = json.dumps([{"done": {"ok": True, "ended": False, "held": 0}}, []])
WRITES_FRAMES = f"""\
import os, struct
frame = {FORGED!r}.encode()
for fd in range(3, 64):
    try:
        os.write(fd, (struct.pack("<I", len(frame)) + frame) * 5)
    except OSError:
        pass
print("not this")"""


def run(*sources: str, files: Mapping[str, bytes] | None = None) -> Sequence[NotebookNode]:
    """Cells of a student's, run one after another."""
    nb = NotebookNode(cells=[new_code_cell(source) for source in sources])
    run_notebook(nb, files or {}, Limits(cell_seconds=10), "seed")
    return list(nb.cells)


def told(cell: NotebookNode) -> str:
    """What a cell printed, or the name of its error."""
    return "".join(o.get("text") or o.get("ename") or "" for o in cell.outputs)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("import os\nos.fork()\nprint('forked')", "print('once')", ["forked\n", "once\n"]),
        ("import os\nif not os.fork(): print('in the copy')", "print('once')", ["", "once\n"]),
        ("import builtins\nbuiltins.len = builtins.print = None", "print(len('abc'))", ["", "3\n"]),
        ("import builtins\nbuiltins.mine = 5", "print(mine)", ["", "5\n"]),
        ("async def f(): return 3\nx = await f()\nprint(x)", "print(x + await f())", ["3\n", "6\n"]),
        ("%%writefile own.py\nN = 3\n", "import own\nprint(own.N)", ["", "3\n"]),
        ("%%writefile -a data.txt\n, more\n", "print(open('data.txt').read())", ["", "text, more\n\n"]),
        ("import helper\nprint(helper.N)", "print(1)", ["7\n", "1\n"]),
        (WRITES_FRAMES, "print('still here')", ["KernelDiedError", "still here\n"]),
    ],
    ids=["fork", "copy", "builtins", "new-builtin", "await", "writefile", "append", "helper", "frames"],
)
def test_the_next_cell_runs_as_in_a_notebook(first: str, second: str, wanted: list[str]) -> None:
    files = {"helper.py": b"N = 7\n", "data.txt": b"text"}
    assert [told(cell) for cell in run(first, second, files=files)] == wanted
