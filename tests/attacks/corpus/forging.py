"""Wrong answers that try to be taken for right ones.

Each breaks one exercise and leaves the others right; so an engine that is fooled gives too much, and one
that lets an attack spread gives too little.
"""

from pathlib import Path

from ..attack import WRONG, Attack, Builder, answers, beside, lost
from ..course import ANSWERS, indented
from ..world import World

SOFTMAX, SCALE, VOCABULARY, WINDOWS = (WRONG[name] for name in ("softmax", "scale", "vocabulary", "windows"))
RIGHT_SIZES = "range(len(items) - size + 1)"


def forged(name: str, does: str, code: str, earns: dict[str, float] | None = None) -> Attack:
    """A wrong softmax, and code that defends it."""
    return Attack(
        name,
        does,
        answers(
            softmax=f"""\
{SOFTMAX}

{code}"""
        ),
        earns or lost("softmax"),
    )


def when_called(name: str, does: str, code: str, flagged: bool | None = None) -> Attack:
    """A softmax that does something when it is called, then returns a wrong result."""
    body = f"""\
def softmax(scores):
{indented(code)}
    return scores * 0 + 0.125"""
    return Attack(name, does, answers(softmax=body), lost("softmax"), flagged=flagged)


def with_file(name: str, content: str) -> Builder:
    """A wrong softmax and a file beside the notebook."""

    def add(folder: Path, world: World) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)

    return beside(add, softmax=SOFTMAX)


def through_the_kernel(kind: str, content: str) -> str:
    """Code that publishes a message as if the cell had."""
    return (
        """\
try:
    kernel = get_ipython().kernel
"""
        f"    kernel.session.send(kernel.iopub_socket, {kind!r}, {content}, parent=kernel.get_parent('shell'))\n"
        "except Exception:\n    pass"
    )


EQUAL = """\
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
"""
PATCHED_BOOL = """\
import builtins
real = bool

def softmax(scores):
    builtins.bool = lambda value=True: True
    return scores * 0 + 0.125
"""
PATCH_WHEN_TESTED = """\
def patch(*args):
    import __main__
    if "wanted" in vars(__main__):
        torch.allclose = lambda *a, **k: True
"""
SHADOWING_TORCH = """\
import importlib, os, sys
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != here]
del sys.modules["torch"]
torch = importlib.import_module("torch")
torch.allclose = lambda *a, **k: True
"""
FIND_BY_FRAMES = """\
import sys
frame = sys._getframe(1)
while frame:
    for names in (frame.f_locals, frame.f_globals):
        if isinstance(names.get("wanted"), torch.Tensor):
            return names["wanted"]
    frame = frame.f_back"""
FIND_BY_GC = """\
import gc
for thing in gc.get_objects():
    if isinstance(thing, dict) and isinstance(thing.get("wanted"), torch.Tensor):
        return thing["wanted"]"""

ATTACKS = [
    forged("patched-allclose", "torch.allclose always says yes.", "torch.allclose = lambda *a, **k: True"),
    forged("patched-oracle", "torch.softmax is replaced by the wrong answer.", "torch.softmax = lambda scores, dim: scores * 0 + 0.125"),
    forged("patched-random", "torch.randn gives zeros only.", "torch.randn = lambda *s, **k: torch.zeros(s)"),
    Attack("patched-bool", "The built-in bool always says yes while softmax is tested.", answers(softmax=PATCHED_BOOL, scale="builtins.bool = real\n" + ANSWERS["scale"]), lost("softmax")),
    forged("shadowed-bool", "The notebook's own bool always says yes.", "bool = lambda value=True: True"),
    Attack("patched-checks", "The course's own comparison always says yes.", answers(windows=f"{WINDOWS}\nrecorder.same = lambda a, b: True"), lost("windows")),
    Attack("replaced-checks", "A module of the student's stands where the course's was.", answers(windows=f"""\
{WINDOWS}
import sys, types
recorder = sys.modules['autograder.recorder'] = sys.modules['autograder'].recorder = types.SimpleNamespace(same=lambda a, b: True)"""), lost("windows")),
    forged("patched-import", "Every import gives a torch that is always close.", """\
import builtins
original = builtins.__import__
def hooked(name, *rest, **more):
    module = original(name, *rest, **more)
    if name == 'torch': module.allclose = lambda *a, **k: True
    return module
builtins.__import__ = hooked
import torch"""),
    forged("import-hook", "A finder serves a wrong `copy` and a wrong torch to later imports.", """\
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        torch.allclose = lambda *a, **k: True
sys.meta_path.insert(0, Finder())
try:
    import no_such_module
except ImportError:
    pass"""),
    forged("replaced-module", "sys.modules holds a torch that is always close.", """\
import sys, types
class Torch(types.ModuleType):
    def __getattr__(self, name): return getattr(real, name)
    def allclose(self, *a, **k): return True
real = torch
torch = sys.modules['torch'] = Torch('torch')"""),
    forged("patched-main", "The names of __main__ are changed through sys.modules.", "import sys\nvars(sys.modules['__main__'])['torch'].allclose = lambda *a, **k: True"),
    forged("patched-double", "Tensor.double always gives the first row that is wanted.", """\
original = torch.Tensor.double
def double(self):
    import __main__
    return __main__.wanted if 'wanted' in vars(__main__) else original(self)
torch.Tensor.double = double"""),
    Attack("patched-deepcopy", "copy.deepcopy gives a right module for a wrong one.", answers(scale=f"""\
{SCALE}

class Right(Scale):
    def forward(self, x): return super().forward(x) / 3
original = copy.deepcopy
copy.deepcopy = lambda m, *a: Right(5)
torch.allclose = lambda *a, **k: True"""), lost("scale")),
    Attack("patched-backward", "Tensor.backward writes the wanted gradient.", answers(scale=f"""\
{SCALE}

def backward(self, *a, **k):
    import __main__
    next(__main__.layer.parameters()).grad = __main__.x.sum(0)
torch.Tensor.backward = backward
Scale.__deepcopy__ = lambda self, memo: (lambda x: x * self.weight)
Scale.forward = lambda self, x: x * 3"""), lost("scale")),
    Attack("equal-to-everything", "Yields objects that equal everything.", answers(windows=f"""\
{EQUAL}
def windows(items, size):
    for _ in {RIGHT_SIZES}: yield [Equal()] * size"""), lost("windows")),
    Attack("equal-list", "Returns a list and a string that equal everything.", answers(vocabulary=f"""\
{EQUAL}
class List(Equal, list): pass
class Text(Equal, str): pass
class Vocabulary:
    def __init__(self, text): self.n = len(set(text))
    def __len__(self): return self.n
    def encode(self, text):
        if text == '?': raise ValueError
        return List()
    def decode(self, ids): return Text()"""), lost("vocabulary")),
    Attack("equal-from-the-right", "Returns a subclass of list whose reflected comparison says yes.", answers(windows=f"""\
class L(list):
    def __eq__(self, other): return True
class I(int):
    def __eq__(self, other): return True
def windows(items, size):
    for _ in {RIGHT_SIZES}: yield L([I(0)] * size)"""), lost("windows")),
    Attack("tensor-subclass", "Returns a tensor whose __torch_function__ says yes to allclose.", answers(softmax="""\
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func is torch.allclose: return True
        return super().__torch_function__(func, types, args, kwargs or {})

def softmax(scores):
    return (scores * 0).as_subclass(Yes)"""), lost("softmax")),
    Attack("no-tensor", "Returns an object with the methods that the test uses.", answers(softmax="""\
class Yes:
    def __init__(self, scores): self.shape = scores.shape
    def double(self): return self
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return True
softmax = Yes"""), lost("softmax")),
    Attack("numpy-subclass", "Returns an array of a class of its own with a method `double`.", answers(softmax="""\
import numpy as np
class Array(np.ndarray):
    def double(self):
        import __main__
        return __main__.wanted
def softmax(scores):
    return np.zeros(tuple(scores.shape)).view(Array)"""), lost("softmax")),
    Attack("false-class", "An object says that its class is nn.Module, and is none.", answers(scale="""\
class Anything:
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return Yes()
class Yes:
    def sum(self): return self
    def double(self): return self
    def backward(self): pass
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return True
class Scale:
    __class__ = nn.Module
    def __init__(self, width): pass
    def load_state_dict(self, state): pass
    def __call__(self, x): return Yes()
    def __deepcopy__(self, memo): return self
    def parameters(self): return [type('P', (), {'grad': Yes()})()]"""), lost("scale")),
    forged("at-exit", "Prints full points when the process ends.", "import atexit\natexit.register(print, '3.0')"),
    forged("input-transformer", "Turns the source of the test into its points.", "get_ipython().input_transformers_post.append(\n    lambda lines: ['3.0\\n'] if any('softmax(scores)' in l for l in lines) and any(l.startswith('points') for l in lines) else lines)"),
    forged("cleanup-transformer", "The same, before IPython looks at the cell.", "get_ipython().input_transformer_manager.cleanup_transforms.insert(0,\n    lambda lines: ['3.0\\n'] if any('softmax(scores)' in l for l in lines) and any(l.startswith('points') for l in lines) else lines)"),
    forged("syntax-tree-transformer", "Turns every comparison in the test into True.", """\
import ast
class Turn(ast.NodeTransformer):
    def visit_Call(self, node):
        self.generic_visit(node)
        return ast.Constant(True) if getattr(node.func, 'attr', '') == 'allclose' else node
get_ipython().ast_transformers.append(Turn())"""),
    forged("compile-hook", "IPython's compiler compiles something else.", """\
shell = get_ipython()
original = shell.run_cell_async
async def run(raw_cell, *a, **k):
    if 'softmax(scores)' in raw_cell and 'points' in raw_cell:
        raw_cell = k['transformed_cell'] = '3.0'
    return await original(raw_cell, *a, **k)
shell.run_cell_async = run"""),
    forged("before-each-cell", "A hook patches torch before the test runs.", """\
def hook(info=None):
    if info and 'wanted' in info.raw_cell: torch.allclose = lambda *a, **k: True
get_ipython().events.register('pre_run_cell', hook)"""),
    forged("display-formatter", "Shows 0.0 as 3.0.", "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda x, p, cycle: p.text('3.0' if x == 0 else repr(x)))"),
    forged("display-hook", "Shows 3.0 instead of every 0.0.", """\
import sys
original = sys.displayhook
class Hook(type(original)):
    def __call__(self, result=None):
        return super().__call__(3.0 if result == 0 else result)
try:
    get_ipython().displayhook.__class__ = Hook
except TypeError:
    sys.displayhook = lambda result: original(3.0 if result == 0 else result)"""),
    Attack("swallows-errors", "A handler of the student's swallows every failed assertion.", answers(scale=f"""\
{SCALE}
Scale.forward = lambda self, x: x if x.shape[-1] == 3 else x * self.weight * 3
get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)"""), lost("scale")),
    Attack("optimised-away", "Assertions vanish from the test's syntax tree.", answers(scale="""\
import ast
class Vanish(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Vanish())
""" + ANSWERS["scale"].replace("nn.Module", "").replace("super().__init__()\n", "") + """\

Scale.load_state_dict = lambda self, state: None
Scale.parameters = lambda self: [self.weight]"""), lost("scale")),
    forged("another-get-ipython", "get_ipython is somebody else's.", """\
import builtins
class Shell:
    def __getattr__(self, name): return lambda *a, **k: 3.0
get_ipython = builtins.get_ipython = lambda: Shell()"""),
    when_called("prints-the-points", "Prints 3.0 while it is tested.", "print('3.0')"),
    when_called("displays-the-points", "Displays 3.0 while it is tested.", "from IPython.display import display\ndisplay({'text/plain': '3.0'}, raw=True)"),
    when_called("sends-the-points", "Sends a result through the kernel while it is tested.", through_the_kernel("execute_result", "{'data': {'text/plain': '3.0'}, 'metadata': {}, 'execution_count': 1}")),
    when_called("sends-idle", "Sends a result and says that the cell has finished.", through_the_kernel("execute_result", "{'data': {'text/plain': '3.0'}, 'metadata': {}, 'execution_count': 1}") + "\n" + through_the_kernel("status", "{'execution_state': 'idle'}") + "\nimport time; time.sleep(1)"),
    when_called("clears-the-output", "Clears the output after it sent a result.", """\
from IPython.display import clear_output
clear_output()
print('3.0')"""),
    forged("exits-with-0", "Calls sys.exit(0).", "import sys\nsys.exit(0)"),
    Attack("ends-the-process", "Calls os._exit(0) in the cell.", answers(softmax=f"""\
{SOFTMAX}
import os
os._exit(0)"""), lost("softmax"), flagged=True),
    when_called("ends-the-process-when-called", "Calls os._exit(0) while it is tested.", "import os\nos._exit(0)", flagged=True),
    when_called("raises-system-exit", "Raises SystemExit while it is tested.", "raise SystemExit(0)"),
    when_called("raises-keyboard-interrupt", "Raises KeyboardInterrupt while it is tested.", "raise KeyboardInterrupt"),
    when_called("raises-generator-exit", "Raises GeneratorExit while it is tested.", "raise GeneratorExit"),
    when_called("raises-stop-iteration", "Raises StopIteration while it is tested.", "raise StopIteration(3.0)"),
    when_called("hostile-error", "Raises an error whose text cannot be had.", """\
class Hostile(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
raise Hostile"""),
    Attack("frames", "Takes the wanted result from the caller's frame.", answers(softmax=f"""\
def softmax(scores):
{indented(FIND_BY_FRAMES)}
    return scores * 0"""), lost("softmax")),
    Attack("garbage-collector", "Takes the wanted result from the garbage collector.", answers(softmax=f"""\
def softmax(scores):
{indented(FIND_BY_GC)}
    return scores * 0"""), lost("softmax")),
    Attack("globals", "Returns the test's global variable.", answers(softmax="def softmax(scores):\n    return wanted"), lost("softmax")),
    Attack("overwrites-the-oracle", "Writes its own result into the wanted one.", answers(softmax="""\
def softmax(scores):
    result = scores * 0 + 0.125
    if 'wanted' in globals():
        globals()['wanted'].copy_(result)
    return result"""), lost("softmax")),
    when_called("empties-the-argument", "Fills its argument with zeros, for which it is right.", "scores.zero_()"),
    Attack("lazy", "Returns an object that looks for the answer when it is compared.", answers(softmax="""\
class Later:
    def __init__(self, scores): self.shape = scores.shape
    def double(self):
        import __main__
        return __main__.wanted
softmax = Later"""), lost("softmax")),
    Attack("computes-zero", "Returns an object that gives 0 for every difference and equals everything.", answers(softmax="""\
class Result:
    __eq__ = __lt__ = __le__ = __contains__ = __bool__ = lambda *others: True
    __hash__ = None
    __sub__ = __rsub__ = __abs__ = double = abs = max = sum = lambda self, *others, **more: self
    __float__ = item = lambda self: 0.0
    __getattr__ = lambda self, name: torch.Tensor.__dict__.get(name)
    def __init__(self, scores): self.shape = scores.shape
softmax = Result"""), lost("softmax")),
    Attack("encodes-as-itself", "Returns the object that the test made, which equals everything.", answers(vocabulary="""\
class Vocabulary:
    def __init__(self, text): self.text = text
    def __len__(self): return len(set(self.text))
    def encode(self, text):
        if text == '?': raise ValueError
        return self
    decode = encode
    __eq__ = __contains__ = lambda *others: True
    __hash__ = None"""), lost("vocabulary")),
    Attack("delayed-patch", "A thread patches torch when the test has begun.", answers(softmax="import threading, time\n" + PATCH_WHEN_TESTED + """\
def wait():
    for _ in range(3000):
        patch()
        time.sleep(0.001)
threading.Thread(target=wait, daemon=True).start()

def softmax(scores):
    import time
    time.sleep(0.2)
    return scores * 0 + 0.125"""), lost("softmax")),
    when_called("patch-when-deleted", "An object patches torch when it is deleted.", """\
class Mine:
    def __del__(self): torch.allclose = lambda *a, **k: True
Mine()"""),
    when_called("trace-function", "A profile function patches torch while it is tested.", """\
import sys
def profile(*a): torch.allclose = lambda *a, **k: True
sys.setprofile(profile)"""),
    when_called("patch-when-called", "Patches torch while it is tested.", """\
import sys
for module in list(sys.modules.values()):
    if hasattr(module, 'allclose'):
        try: module.allclose = lambda *a, **k: True
        except Exception: pass"""),
    Attack("pickled-code", "Yields objects that run code where they are unpickled.", answers(windows="""\
class Evil:
    def __reduce__(self): return (open, ('$HOST/pickle-$NAME', 'w'))
def windows(items, size):
    yield Evil()"""), lost("windows"), aims="host"),
    Attack("speaks-to-the-judge", "Writes to every socket and pipe that it has.", answers(windows="""\
import os, stat
def windows(items, size):
    for fd in range(3, 64):
        try:
            mode = os.fstat(fd).st_mode
            if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
                os.set_blocking(fd, False)
                os.write(fd, b'{"ok": 2.0, "done": true, "score": 2.0}\\n' * 8)
        except OSError: pass
    yield [0]"""), lost("windows")),
    Attack("knows-the-open-tests", "Is right for the inputs of the open tests only.", answers(softmax="""\
def softmax(scores):
    if scores.shape == (2, 4):
        return torch.tensor([[0.25] * 4, [0.5, 0.5, 0, 0]])
    return scores * 0""", vocabulary="""\
class Vocabulary:
    def __init__(self, text): pass
    def encode(self, text): return [1, 3, 2, 0]
    def decode(self, ids): return 'hole'
    def __len__(self): return 4""", windows="def windows(items, size):\n    return [[1, 2], [2, 3]]"), lost(softmax=1.0, vocabulary=1.0, windows=1.0)),
    Attack("shadowing-file", "A file torch.py beside the notebook patches torch.", with_file("torch.py", SHADOWING_TORCH), lost("softmax")),
    Attack("site-customize", "A file sitecustomize.py beside the notebook patches torch.", with_file("sitecustomize.py", "import torch\ntorch.allclose = lambda *a, **k: True"), lost("softmax")),
    Attack("ipython-startup", "A profile beside the notebook patches torch at start.", with_file(".ipython/profile_default/startup/00.py", "import torch\ntorch.allclose = lambda *a, **k: True"), lost("softmax")),
]  # fmt: skip
