"""Submissions that use up time, memory or room; the grader ends them, and grades the rest."""

from ..attack import WRONG, Attack, answers, lost
from ..course import ANSWERS, indented

SOFTMAX, VOCABULARY = ANSWERS["softmax"], ANSWERS["vocabulary"]


def in_cell(name: str, does: str, code: str, flagged: bool | None = True) -> Attack:
    """The cell never gets as far as the answer."""
    return Attack(name, does, answers(softmax=f"{code}\n{SOFTMAX}"), lost("softmax"), flagged=flagged)


def in_call(name: str, does: str, code: str, flagged: bool | None = True) -> Attack:
    """The answer is right, but what it does first never ends, or ends the process."""
    return Attack(
        name,
        does,
        answers(
            softmax=SOFTMAX.replace(
                "scores):\n",
                f"""\
scores):
{indented(code)}
""",
            )
        ),
        lost("softmax"),
        flagged=flagged,
    )


def floods(name: str, does: str, code: str) -> Attack:
    """A right answer, and much output."""
    return Attack(name, does, answers(softmax=f"{SOFTMAX}\n{code}"), aims="flood")


def encodes(name: str, does: str, result: str) -> Attack:
    """A vocabulary whose method returns something monstrous."""
    return Attack(
        name,
        does,
        answers(
            vocabulary=f"""\
class Vocabulary:
    def __init__(self, text): pass
    def __len__(self): return 4
    def encode(self, text):
{indented(indented(result))}"""
        ),
        lost("vocabulary"),
    )


STUBBORN = """\
while True:
    try:
        while True: pass
    except BaseException: pass"""
HANG = "sum(iter(int, 1))  # never returns to Python"
HOARD = """\
hoard = []
for _ in range(48):
    hoard.append(bytearray(b'x') * 2**26)  # 3 GiB in all"""
UNINTERRUPTED = """\
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
while True: pass"""

ATTACKS = [
    in_cell("endless-loop", "Loops for ever.", "while True:\n    pass"),
    in_call("endless-loop-when-called", "Loops for ever when it is called.", "while True:\n    pass"),
    in_cell("stubborn-loop", "Loops for ever and catches every interruption.", STUBBORN),
    in_call("stubborn-loop-when-called", "The same when it is called.", STUBBORN),
    in_cell("hangs-in-c", "Hangs where Python cannot interrupt it.", HANG),
    in_call("hangs-in-c-when-called", "The same when it is called.", HANG),
    in_cell("blocks-signals", "Loops with all signals blocked.", UNINTERRUPTED),
    in_call("sleeps", "Sleeps for an hour when it is called.", "import time\ntime.sleep(3600)"),
    in_cell("hoards-memory", "Takes three gigabytes of memory.", HOARD, None),
    in_call("hoards-memory-when-called", "The same when it is called.", HOARD, None),
    in_cell("huge-tensor", "Asks for a tensor of four terabytes.", "torch.empty(2**40)", None),
    in_call("huge-tensor-when-called", "Fills a tensor of four gigabytes when it is called.", "torch.ones(2**30)", None),
    Attack("huge-result", "Returns a tensor of one gigabyte.", answers(softmax="def softmax(scores):\n    return torch.zeros(2**28)"), lost("softmax")),
    Attack("expanded-result", "Returns a tensor that is small here and huge when it is copied.", answers(softmax="def softmax(scores):\n    return torch.zeros(1).expand(2**38)"), lost("softmax")),
    in_call("recursion", "Calls itself for ever.", "return softmax(scores)", None),
    in_call("deep-recursion", "Calls itself until the process breaks.", """\
import sys
sys.setrecursionlimit(10**9)
def deeper(x): return sorted([x], key=deeper)
deeper(0)""", None),
    in_cell("crashes", "Reads address 0.", "import ctypes\nctypes.string_at(0)"),
    in_call("crashes-when-called", "Reads address 0 when it is called.", "import ctypes\nctypes.string_at(0)"),
    in_call("aborts-when-called", "Aborts the process when it is called.", "import os\nos.abort()"),
    floods("floods-stdout", "Prints 20 MB.", "for _ in range(20):\n    print('x' * 2**20)"),
    floods("floods-stderr", "Writes 20 MB to stderr.", """\
import sys
for _ in range(20):
    print('x' * 2**20, file=sys.stderr)"""),
    Attack("floods-file-descriptor", "A wrong answer writes 20 MB to file descriptor 1.", answers(softmax=f"""\
{WRONG['softmax']}
import os
for _ in range(320):
    os.write(1, b'x' * 2**16)"""), lost("softmax"), aims="flood"),
    floods("many-displays", "Displays 5,000 things.", """\
from IPython.display import display
for i in range(5_000):
    display(i)"""),
    floods("one-huge-value", "Ends the cell with a string of 30 MB.", "'x' * 30_000_000"),
    Attack("huge-error", "Raises an error whose text has 30 MB.", answers(softmax=SOFTMAX.replace("scores):\n", """\
scores):
    raise ValueError('x' * 30_000_000)
""")), lost("softmax"), aims="flood"),
    Attack("endless-output", "Prints for ever.", answers(softmax=f"""\
while True:
    print('x' * 1000)
{SOFTMAX}"""), lost("softmax"), aims="flood", flagged=True),
    Attack("endless-generator", "Yields for ever.", answers(windows="""\
def windows(items, size):
    while True:
        yield items"""), lost("windows")),
    encodes("endless-list", "Returns an iterator over all numbers.", "import itertools\nreturn itertools.count()"),
    encodes("nested-list", "Returns a list 100,000 lists deep.", """\
inner = []
for _ in range(100_000): inner = [inner]
return inner"""),
    encodes("list-in-itself", "Returns a list that holds itself.", """\
me = []
me.append(me)
return me"""),
    encodes("huge-number", "Returns a number of ten million digits.", "return [1 << 33_000_000]"),
    encodes("huge-string", "Returns a string of 300 MB.", "return 'x' * 300_000_000"),
    Attack("negative-length", "Has a length below 0, and then a huge one.", answers(vocabulary=VOCABULARY.replace("return len(self.symbols)", "return 2**62")), lost("vocabulary")),
    Attack("many-files", "Writes 3,000 files, then is right.", answers(softmax="""\
try:
    for i in range(3000):
        open(f'file-{i}', 'w').close()
except OSError:
    pass
""" + SOFTMAX)),
    Attack("many-open-files", "Opens 5,000 files, then is right.", answers(softmax="""\
hoard = []
try:
    for i in range(5000):
        hoard.append(open('/dev/null'))
except OSError:
    hoard.clear()
""" + SOFTMAX)),
    Attack("many-threads", "Starts 300 threads, then is right.", answers(softmax="""\
import threading, time
try:
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
except RuntimeError:
    pass
""" + SOFTMAX)),
    Attack("thread-that-stays", "Leaves a thread that keeps the process from ending.", answers(softmax="""\
import threading, time
threading.Thread(target=time.sleep, args=(3600,)).start()
""" + SOFTMAX), aims="late"),
]  # fmt: skip
