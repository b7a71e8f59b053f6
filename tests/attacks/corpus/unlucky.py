"""Honest submissions that a careless grader punishes: everything that the answers do besides being right."""

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from ..attack import NOTHING, WRONG, Attack, Builder, Edit, answers, beside, edited, lost, raw
from ..course import ANSWERS, find, notebook, write

SOFTMAX, SCALE, VOCABULARY, WINDOWS = (
    ANSWERS[name] for name in ("softmax", "scale", "vocabulary", "windows")
)
ONE_LINE = "(scores - scores.amax(-1, keepdim=True)).exp()"


def noisy(words: str) -> str:
    """A softmax that does something besides at every call."""
    return SOFTMAX.replace(
        "scores):\n",
        f"""\
scores):
    {words}
""",
    )


def own_cell(source: str, after: str) -> Edit:
    """A cell of the student's own below a known one."""

    def change(nb: NotebookNode) -> None:
        nb.cells.insert(nb.cells.index(find(nb, after)) + 1, new_code_cell(source))

    return change


def blank() -> Builder:
    """The lab as it was released."""
    return lambda folder, world: write(notebook(solved=False), folder / f"{folder.name}.ipynb")


def honest(name: str, does: str, build: Builder, earns: dict[str, float] | None = None) -> Attack:
    """A submission of which the instructor need not be told."""
    return Attack(name, does, build, lost() if earns is None else earns, flagged=False)


ATTACKS = [
    honest("perfect", "Everything is right.", answers()),
    honest("blank", "Nothing was done.", blank(), NOTHING),
    honest("half", "Two of four are right.", answers(softmax=WRONG["softmax"], windows=WRONG["windows"]), lost("softmax", "windows")),
    honest("warns", "Warns at every call.", answers(softmax="import warnings\n" + noisy("warnings.warn('careful')"))),
    honest("prints", "Prints at every call.", answers(softmax=noisy("print('here', len(scores))"))),
    honest("prints-a-number", "Prints 0.0 at every call, as if it were a score.", answers(softmax=noisy("print(0.0)"))),
    honest("writes-to-stderr", "Writes to stderr at every call.", answers(softmax="import sys\n" + noisy("print('debug', file=sys.stderr)"))),
    honest("logs", "Logs a warning at every call.", answers(softmax="import logging\n" + noisy("logging.warning('slow path')"))),
    honest("progress-bar", "Shows a progress bar on stderr.", answers(windows="from tqdm import tqdm\n" + WINDOWS.replace("in range(len(items) - size + 1)", "in tqdm(range(len(items) - size + 1))"))),
    honest("slow", "Takes half a second at every call.", answers(softmax="import time\n" + noisy("time.sleep(0.5)"))),
    honest("slow-cell", "Computes for half a second in the cell.", answers(softmax=SOFTMAX + """\

import time
end = time.process_time() + 0.5
while time.process_time() < end:
    pass""")),
    honest("random", "Draws numbers and sets a seed of its own.", answers(softmax="import random\n" + noisy("random.seed(1); torch.manual_seed(1); torch.rand(3)"))),
    honest("in-place", "Changes its argument and returns the right result.", answers(softmax="""\
def softmax(scores):
    scores -= scores.amax(-1, keepdim=True)
    scores.exp_()
    return scores.div_(scores.sum(-1, keepdim=True))""")),
    honest("imports-inside", "Imports in the function.", answers(softmax=noisy("import torch.nn.functional as F; import numpy as np; from math import inf"))),
    honest("non-ascii", "Names and comments beyond ASCII.", answers(softmax="""\
# größer 🙂
π = 3.14
""" + SOFTMAX.replace("powers", "mächte"))),
    honest("windows-line-ends", "Lines end with carriage return and line feed.", raw(lambda text: text.replace("\\n", "\\r\\n").encode())),
    honest("tabs", "Indents with tabs.", answers(softmax=SOFTMAX.replace("    ", "\t"))),
    honest("list-comprehension", "Returns a list where a generator is asked for.", answers(windows="def windows(items, size):\n    return [items[i : i + size] for i in range(len(items) - size + 1)]")),
    honest("generator-expression", "Returns a generator expression.", answers(windows="def windows(items, size):\n    return (items[i : i + size] for i in range(len(items) - size + 1))")),
    honest("yields-tuples", "Yields tuples from zip.", answers(windows="def windows(items, size):\n    yield from zip(*(items[i:] for i in range(size)))")),
    honest("recursive-answer", "Recurs instead of looping.", answers(windows="""\
def windows(items, size):
    if len(items) >= size:
        yield items[:size]
        yield from windows(items[1:], size)""")),
    honest("lambda", "Is a lambda.", answers(softmax=f"softmax = lambda scores: {ONE_LINE} / {ONE_LINE}.sum(-1, keepdim=True)")),
    honest("callable-object", "Is an object with __call__.", answers(softmax="class Softmax:\n" + "\n".join("    " + line for line in SOFTMAX.replace("softmax(scores)", "__call__(self, scores)").split("\n")) + "\nsoftmax = Softmax()")),
    honest("partial", "Is a functools.partial.", answers(softmax="import functools\n" + SOFTMAX.replace("softmax(scores)", "general(axis, scores)").replace("-1", "axis") + "\nsoftmax = functools.partial(general, -1)")),
    honest("decorated", "Is decorated.", answers(softmax="""\
import functools
def timed(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner

@timed
""" + SOFTMAX)),
    honest("einsum", "Normalises with einsum.", answers(softmax=f"""\
def softmax(scores):
    e = {ONE_LINE}
    return torch.einsum('...n,...->...n', e, 1 / e.sum(-1))""")),
    honest("log-space", "Goes through logsumexp.", answers(softmax="def softmax(scores):\n    return (scores - scores.logsumexp(-1, keepdim=True)).exp()")),
    honest("library", "Uses the library's own function.", answers(softmax="def softmax(scores):\n    return torch.softmax(scores, dim=-1)")),
    honest("float64", "Returns float64.", answers(softmax=SOFTMAX.replace("(scores - scores", "(scores.double() - scores"))),
    honest("other-memory-layout", "Returns a result that is not contiguous.", answers(softmax=SOFTMAX.replace("return powers / powers.sum(-1, keepdim=True)", "return (powers / powers.sum(-1, keepdim=True)).mT.contiguous().mT"))),
    honest("as-parameter", "Returns an nn.Parameter.", answers(softmax=SOFTMAX.replace("return powers / powers.sum(-1, keepdim=True)", "return nn.Parameter(powers / powers.sum(-1, keepdim=True))"))),
    honest("through-numpy", "Computes with NumPy.", answers(softmax="""\
import numpy as np
def softmax(scores):
    e = np.exp(scores.numpy() - scores.numpy().max(-1, keepdims=True))
    return torch.from_numpy(e / e.sum(-1, keepdims=True))""")),
    honest("helper-in-earlier-answer", "Uses a helper from the answer above.", answers(softmax=SOFTMAX + """\


def starts(items, size):
    return range(len(items) - size + 1)""", windows=WINDOWS.replace("range(len(items) - size + 1)", "starts(items, size)"))),
    honest("helper-in-own-cell", "Uses a helper from a cell below the answer.", edited(own_cell("def largest(scores):\n    return scores.amax(-1, keepdim=True)", "softmax"), softmax=SOFTMAX.replace("scores.amax(-1, keepdim=True)", "largest(scores)"))),
    honest("counts-its-calls", "Keeps a global counter.", answers(softmax="calls = 0\n" + noisy("global calls; calls += 1"))),
    honest("cached", "Keeps its results.", answers(vocabulary="import functools\n" + VOCABULARY.replace("    def encode", "    @functools.cache\n    def encode"))),
    honest("dataclass", "Is a dataclass.", answers(vocabulary="""\
from dataclasses import dataclass

@dataclass
""" + VOCABULARY.replace("    def __init__(self, text):\n        self.symbols = sorted(set(text))", """\
    text: str
    def __post_init__(self):
        self.symbols = sorted(set(self.text))"""))),
    honest("inherits", "Inherits from a class of the student's own.", answers(scale=SCALE.replace("class Scale", "class Base") + """\


class Scale(Base):
    pass""")),
    honest("super-with-arguments", "Calls super the old way, and keeps a buffer that is not saved.", answers(scale=SCALE.replace("super().__init__()", "super(Scale, self).__init__()\n        self.register_buffer('ones', torch.ones(1), persistent=False)"))),
    honest("syntax-error", "One answer does not parse.", answers(windows="def windows(items, size:\n    return"), lost("windows")),
    honest("raises-after", "The cell raises after the function was defined.", answers(softmax=SOFTMAX + "\nsoftmax(None)")),
    honest("exits-after", "The cell ends with exit().", answers(softmax=SOFTMAX + "\nexit()")),
    honest("asks", "The cell asks for input after the function was defined.", answers(softmax=SOFTMAX + "\ninput('Which lab? ')")),
    honest("plots", "Draws a figure.", answers(softmax=SOFTMAX + """\

import matplotlib.pyplot as plt
plt.plot([0, 1], [1, 0])
plt.show()""")),
    honest("matplotlib-inline", "Uses the magic command of old tutorials.", answers(softmax="%matplotlib inline\n" + SOFTMAX)),
    honest("timed-cell", "The cell starts with %%time.", answers(softmax="%%time\n" + SOFTMAX)),
    honest("shell", "Calls a shell command.", answers(softmax=SOFTMAX + "\n!echo done")),
    honest("redefines-later", "Gives the function's name to something else, later.", edited(own_cell("softmax = softmax(torch.zeros(2))", "softmax-check"))),
    honest("names-of-the-tests", "Uses the tests' names for its own things.", answers(scale="points, scores, wanted, result, x, layer = 'abcdef'\n" + SCALE, windows="known, draw, refused = 1, 2, 3\n" + WINDOWS)),
    honest("shadows-list", "Calls a variable `list`.", answers(vocabulary="list = [1, 2]\n" + VOCABULARY)),
    honest("shadows-copy", "Calls a variable `copy`.", answers(softmax="copy = 5\n" + SOFTMAX)),
    honest("shadows-bool", "Calls a variable `bool`.", answers(softmax="bool = True\n" + SOFTMAX)),
    honest("warnings-as-errors", "Makes warnings errors.", answers(softmax="""\
import warnings
warnings.simplefilter('error')
""" + SOFTMAX)),
    honest("other-default-dtype", "Sets another default dtype.", answers(softmax="torch.set_default_dtype(torch.float64)\n" + SOFTMAX)),
    honest("gradients-off", "Leaves gradients switched off.", answers(softmax=SOFTMAX + "\ntorch.set_grad_enabled(False)")),
    honest("changes-folder", "Goes to another folder.", answers(softmax="""\
import os, tempfile
os.chdir(tempfile.gettempdir())
""" + SOFTMAX)),
    honest("writes-a-file", "Writes and reads a file beside the notebook.", answers(softmax=SOFTMAX + """\

with open('notes.txt', 'w') as f:
    f.write('x')
assert open('notes.txt').read() == 'x'""")),
    honest("markers-in-text", "Mentions nbgrader's markers in comments.", answers(softmax="### BEGIN SOLUTION\n" + SOFTMAX + "\n### END SOLUTION", windows=WINDOWS + "\n# BEGIN HIDDEN TESTS is what graders write")),
    honest("stub-left-over", "The line that raises is still there, below the return.", answers(softmax=SOFTMAX + "\n    raise NotImplementedError()")),
    honest("shows-things", "Displays HTML and a tensor.", answers(softmax=SOFTMAX + """\

from IPython.display import HTML, display
display(HTML('<b>done</b>'))
softmax(torch.zeros(3))""")),
    honest("threads", "Computes in a thread.", answers(softmax="from concurrent.futures import ThreadPoolExecutor\n" + SOFTMAX.replace("def softmax", "def alone") + """\

def softmax(scores):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone, scores).result()""")),
    honest("asynchronous-cell", "Awaits in the cell.", answers(softmax=SOFTMAX + """\

import asyncio
await asyncio.sleep(0)""")),
    honest("awaits-first", "Awaits in the cell before the answer is defined.", answers(softmax="import asyncio\nawait asyncio.sleep(0)\n" + SOFTMAX)),
    honest("replaces-sum", "Replaces the built-in len for everybody, in a cell of its own.", edited(own_cell("import builtins\nbuiltins.len = builtins.isinstance = lambda *a: 0", "softmax"))),
    honest("forgets-a-fork", "A cell forks and both processes go on.", edited(own_cell("import os\nos.fork()", "softmax"))),
    honest("module-beside", "Imports a module that lies beside the notebook.", beside(lambda folder, world: (folder / "own_windows.py").write_text(WINDOWS), windows="from own_windows import windows as own\n\ndef windows(items, size):\n    return own(items, size)")),
    honest("writefile", "Writes a module with a magic command and imports it.", edited(own_cell("%%writefile own_windows.py\n" + WINDOWS, "softmax"), windows="from own_windows import windows as own\n\ndef windows(items, size):\n    return own(items, size)")),
]  # fmt: skip
