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
    return Attack(name, does, answers(softmax=f"{SOFTMAX}\n\n{code}"), earns or lost("softmax"))


def when_called(name: str, does: str, code: str, flagged: bool | None = None) -> Attack:
    """A softmax that does something when it is called, then returns a wrong result."""
    body = f"def softmax(scores):\n{indented(code)}\n    return scores * 0 + 0.125"
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
        "try:\n    kernel = get_ipython().kernel\n"
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
    Attack("replaced-checks", "A module of the student's stands where the course's was.", answers(windows=f"{WINDOWS}\nimport sys, types\nrecorder = sys.modules['autograder.recorder'] = sys.modules['autograder'].recorder = types.SimpleNamespace(same=lambda a, b: True)"), lost("windows")),
    forged("patched-import", "Every import gives a torch that is always close.", "import builtins\noriginal = builtins.__import__\ndef hooked(name, *rest, **more):\n    module = original(name, *rest, **more)\n    if name == 'torch': module.allclose = lambda *a, **k: True\n    return module\nbuiltins.__import__ = hooked\nimport torch"),
    forged("import-hook", "A finder serves a wrong `copy` and a wrong torch to later imports.", "import sys\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n        torch.allclose = lambda *a, **k: True\nsys.meta_path.insert(0, Finder())\ntry:\n    import no_such_module\nexcept ImportError:\n    pass"),
    forged("replaced-module", "sys.modules holds a torch that is always close.", "import sys, types\nclass Torch(types.ModuleType):\n    def __getattr__(self, name): return getattr(real, name)\n    def allclose(self, *a, **k): return True\nreal = torch\ntorch = sys.modules['torch'] = Torch('torch')"),
    forged("patched-main", "The names of __main__ are changed through sys.modules.", "import sys\nvars(sys.modules['__main__'])['torch'].allclose = lambda *a, **k: True"),
    forged("patched-double", "Tensor.double always gives the first row that is wanted.", "original = torch.Tensor.double\ndef double(self):\n    import __main__\n    return __main__.wanted if 'wanted' in vars(__main__) else original(self)\ntorch.Tensor.double = double"),
    Attack("patched-deepcopy", "copy.deepcopy gives a right module for a wrong one.", answers(scale=f"{SCALE}\n\nclass Right(Scale):\n    def forward(self, x): return super().forward(x) / 3\noriginal = copy.deepcopy\ncopy.deepcopy = lambda m, *a: Right(5)\ntorch.allclose = lambda *a, **k: True"), lost("scale")),
    Attack("patched-backward", "Tensor.backward writes the wanted gradient.", answers(scale=f"{SCALE}\n\ndef backward(self, *a, **k):\n    import __main__\n    next(__main__.layer.parameters()).grad = __main__.x.sum(0)\ntorch.Tensor.backward = backward\nScale.__deepcopy__ = lambda self, memo: (lambda x: x * self.weight)\nScale.forward = lambda self, x: x if x.shape[-1] == 3 else x * 3"), lost(scale=1.0)),
    Attack("equal-to-everything", "Yields objects that equal everything.", answers(windows=f"{EQUAL}\ndef windows(items, size):\n    for _ in {RIGHT_SIZES}: yield [Equal()] * size"), lost("windows")),
    Attack("equal-list", "Returns a list and a string that equal everything.", answers(vocabulary=f"{EQUAL}\nclass List(Equal, list): pass\nclass Text(Equal, str): pass\nclass Vocabulary:\n    def __init__(self, text): self.n = len(set(text))\n    def __len__(self): return self.n\n    def encode(self, text):\n        if text == '?': raise ValueError\n        return List()\n    def decode(self, ids): return Text()"), lost("vocabulary")),
    Attack("equal-from-the-right", "Returns a subclass of list whose reflected comparison says yes.", answers(windows=f"class L(list):\n    def __eq__(self, other): return True\nclass I(int):\n    def __eq__(self, other): return True\ndef windows(items, size):\n    for _ in {RIGHT_SIZES}: yield L([I(0)] * size)"), lost("windows")),
    Attack("tensor-subclass", "Returns a tensor whose __torch_function__ says yes to allclose.", answers(softmax="class Yes(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, func, types, args=(), kwargs=None):\n        if func is torch.allclose: return True\n        return super().__torch_function__(func, types, args, kwargs or {})\n\ndef softmax(scores):\n    return (scores * 0).as_subclass(Yes)"), lost("softmax")),
    Attack("no-tensor", "Returns an object with the methods that the test uses.", answers(softmax="class Yes:\n    def __init__(self, scores): self.shape = scores.shape\n    def double(self): return self\n    @classmethod\n    def __torch_function__(cls, func, types, args=(), kwargs=None): return True\nsoftmax = Yes"), lost("softmax")),
    Attack("numpy-subclass", "Returns an array of a class of its own with a method `double`.", answers(softmax="import numpy as np\nclass Array(np.ndarray):\n    def double(self):\n        import __main__\n        return __main__.wanted\ndef softmax(scores):\n    return np.zeros(tuple(scores.shape)).view(Array)"), lost("softmax")),
    Attack("false-class", "An object says that its class is nn.Module, and is none.", answers(scale="class Anything:\n    def __getattr__(self, name): return self\n    def __call__(self, *a, **k): return Yes()\nclass Yes:\n    def sum(self): return self\n    def backward(self): pass\n    @classmethod\n    def __torch_function__(cls, func, types, args=(), kwargs=None): return True\nclass Scale:\n    __class__ = nn.Module\n    def __init__(self, width): pass\n    def load_state_dict(self, state): pass\n    def __call__(self, x): return Yes()\n    def __deepcopy__(self, memo): return self\n    def parameters(self): return [type('P', (), {'grad': Yes()})()]"), lost("scale")),
    forged("at-exit", "Prints full points when the process ends.", "import atexit\natexit.register(print, '3.0')"),
    forged("input-transformer", "Turns the source of the test into its points.", "get_ipython().input_transformers_post.append(\n    lambda lines: ['3.0\\n'] if any('softmax(scores)' in l for l in lines) and any(l.startswith('points') for l in lines) else lines)"),
    forged("cleanup-transformer", "The same, before IPython looks at the cell.", "get_ipython().input_transformer_manager.cleanup_transforms.insert(0,\n    lambda lines: ['3.0\\n'] if any('softmax(scores)' in l for l in lines) and any(l.startswith('points') for l in lines) else lines)"),
    forged("syntax-tree-transformer", "Turns every comparison in the test into True.", "import ast\nclass Turn(ast.NodeTransformer):\n    def visit_Call(self, node):\n        self.generic_visit(node)\n        return ast.Constant(True) if getattr(node.func, 'attr', '') == 'allclose' else node\nget_ipython().ast_transformers.append(Turn())"),
    forged("compile-hook", "IPython's compiler compiles something else.", "shell = get_ipython()\noriginal = shell.run_cell_async\nasync def run(raw_cell, *a, **k):\n    if 'softmax(scores)' in raw_cell and 'points' in raw_cell:\n        raw_cell = k['transformed_cell'] = '3.0'\n    return await original(raw_cell, *a, **k)\nshell.run_cell_async = run"),
    forged("before-each-cell", "A hook patches torch before the test runs.", "def hook(info=None):\n    if info and 'wanted' in info.raw_cell: torch.allclose = lambda *a, **k: True\nget_ipython().events.register('pre_run_cell', hook)"),
    forged("display-formatter", "Shows 0.0 as 3.0.", "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda x, p, cycle: p.text('3.0' if x == 0 else repr(x)))"),
    forged("display-hook", "Shows 3.0 instead of every 0.0.", "import sys\noriginal = sys.displayhook\nclass Hook(type(original)):\n    def __call__(self, result=None):\n        return super().__call__(3.0 if result == 0 else result)\ntry:\n    get_ipython().displayhook.__class__ = Hook\nexcept TypeError:\n    sys.displayhook = lambda result: original(3.0 if result == 0 else result)"),
    Attack("swallows-errors", "A handler of the student's swallows every failed assertion.", answers(scale=f"{SCALE}\nScale.forward = lambda self, x: x if x.shape[-1] == 3 else x * self.weight * 3\nget_ipython().set_custom_exc((Exception,), lambda *a, **k: None)"), lost("scale")),
    Attack("optimised-away", "Assertions vanish from the test's syntax tree.", answers(scale="import ast\nclass Vanish(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\nget_ipython().ast_transformers.append(Vanish())\n" + ANSWERS["scale"].replace("nn.Module", "").replace("super().__init__()\n", "") + "\nScale.load_state_dict = lambda self, state: None\nScale.parameters = lambda self: [self.weight]"), lost("scale")),
    forged("another-get-ipython", "get_ipython is somebody else's.", "import builtins\nclass Shell:\n    def __getattr__(self, name): return lambda *a, **k: 3.0\nget_ipython = builtins.get_ipython = lambda: Shell()"),
    when_called("prints-the-points", "Prints 3.0 while it is tested.", "print('3.0')"),
    when_called("displays-the-points", "Displays 3.0 while it is tested.", "from IPython.display import display\ndisplay({'text/plain': '3.0'}, raw=True)"),
    when_called("sends-the-points", "Sends a result through the kernel while it is tested.", through_the_kernel("execute_result", "{'data': {'text/plain': '3.0'}, 'metadata': {}, 'execution_count': 1}")),
    when_called("sends-idle", "Sends a result and says that the cell has finished.", through_the_kernel("execute_result", "{'data': {'text/plain': '3.0'}, 'metadata': {}, 'execution_count': 1}") + "\n" + through_the_kernel("status", "{'execution_state': 'idle'}") + "\nimport time; time.sleep(1)"),
    when_called("clears-the-output", "Clears the output after it sent a result.", "from IPython.display import clear_output\nclear_output()\nprint('3.0')"),
    forged("exits-with-0", "Calls sys.exit(0).", "import sys\nsys.exit(0)"),
    Attack("ends-the-process", "Calls os._exit(0) in the cell.", answers(softmax=f"{SOFTMAX}\nimport os\nos._exit(0)"), lost("softmax"), flagged=True),
    when_called("ends-the-process-when-called", "Calls os._exit(0) while it is tested.", "import os\nos._exit(0)", flagged=True),
    when_called("raises-system-exit", "Raises SystemExit while it is tested.", "raise SystemExit(0)"),
    when_called("raises-keyboard-interrupt", "Raises KeyboardInterrupt while it is tested.", "raise KeyboardInterrupt"),
    when_called("raises-generator-exit", "Raises GeneratorExit while it is tested.", "raise GeneratorExit"),
    when_called("raises-stop-iteration", "Raises StopIteration while it is tested.", "raise StopIteration(3.0)"),
    when_called("hostile-error", "Raises an error whose text cannot be had.", "class Hostile(Exception):\n    def __str__(self): raise SystemExit(0)\n    __repr__ = __str__\nraise Hostile"),
    Attack("frames", "Takes the wanted result from the caller's frame.", answers(softmax=f"def softmax(scores):\n{indented(FIND_BY_FRAMES)}\n    return scores * 0"), lost("softmax")),
    Attack("garbage-collector", "Takes the wanted result from the garbage collector.", answers(softmax=f"def softmax(scores):\n{indented(FIND_BY_GC)}\n    return scores * 0"), lost("softmax")),
    Attack("globals", "Returns the test's global variable.", answers(softmax="def softmax(scores):\n    return wanted"), lost("softmax")),
    Attack("overwrites-the-oracle", "Writes its own result into the wanted one.", answers(softmax="def softmax(scores):\n    result = scores * 0 + 0.125\n    if 'wanted' in globals():\n        globals()['wanted'].copy_(result)\n    return result"), lost("softmax")),
    when_called("empties-the-argument", "Fills its argument with zeros, for which it is right.", "scores.zero_()"),
    Attack("lazy", "Returns an object that looks for the answer when it is compared.", answers(softmax="class Later:\n    def __init__(self, scores): self.shape = scores.shape\n    def double(self):\n        import __main__\n        return __main__.wanted\nsoftmax = Later"), lost("softmax")),
    Attack("delayed-patch", "A thread patches torch when the test has begun.", answers(softmax="import threading, time\n" + PATCH_WHEN_TESTED + "def wait():\n    for _ in range(3000):\n        patch()\n        time.sleep(0.001)\nthreading.Thread(target=wait, daemon=True).start()\n\ndef softmax(scores):\n    import time\n    time.sleep(0.2)\n    return scores * 0 + 0.125"), lost("softmax")),
    when_called("patch-when-deleted", "An object patches torch when it is deleted.", "class Mine:\n    def __del__(self): torch.allclose = lambda *a, **k: True\nMine()"),
    when_called("trace-function", "A profile function patches torch while it is tested.", "import sys\ndef profile(*a): torch.allclose = lambda *a, **k: True\nsys.setprofile(profile)"),
    when_called("patch-when-called", "Patches torch while it is tested.", "import sys\nfor module in list(sys.modules.values()):\n    if hasattr(module, 'allclose'):\n        try: module.allclose = lambda *a, **k: True\n        except Exception: pass"),
    Attack("pickled-code", "Yields objects that run code where they are unpickled.", answers(windows="class Evil:\n    def __reduce__(self): return (open, ('$HOST/pickle-$NAME', 'w'))\ndef windows(items, size):\n    yield Evil()"), lost("windows"), aims="host"),
    Attack("speaks-to-the-judge", "Writes to every socket and pipe that it has.", answers(windows="import os, stat\ndef windows(items, size):\n    for fd in range(3, 64):\n        try:\n            mode = os.fstat(fd).st_mode\n            if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):\n                os.set_blocking(fd, False)\n                os.write(fd, b'{\"ok\": 2.0, \"done\": true, \"score\": 2.0}\\n' * 8)\n        except OSError: pass\n    yield [0]"), lost("windows")),
    Attack("knows-the-open-tests", "Is right for the inputs of the open tests only.", answers(softmax="def softmax(scores):\n    if scores.shape == (2, 4):\n        return torch.tensor([[0.25] * 4, [0.5, 0.5, 0, 0]])\n    return scores * 0", vocabulary="class Vocabulary(list):\n    def encode(self, text): return [1, 3, 2, 0]\n    def decode(self, ids): return 'hole'\n    def __len__(self): return 4", windows="def windows(items, size):\n    return [[1, 2], [2, 3]]"), lost(softmax=1.0, vocabulary=1.0, windows=1.0)),
    Attack("shadowing-file", "A file torch.py beside the notebook patches torch.", with_file("torch.py", SHADOWING_TORCH), lost("softmax")),
    Attack("site-customize", "A file sitecustomize.py beside the notebook patches torch.", with_file("sitecustomize.py", "import torch\ntorch.allclose = lambda *a, **k: True"), lost("softmax")),
    Attack("ipython-startup", "A profile beside the notebook patches torch at start.", with_file(".ipython/profile_default/startup/00.py", "import torch\ntorch.allclose = lambda *a, **k: True"), lost("softmax")),
]  # fmt: skip
