"""What an instructor may want to ask a student about: attempts to reach what is forbidden, and answers that are nearly alike.

Neither proves anything. An answer to a short exercise is often the same for honest reasons, so only answers that are
longer than a few lines, rare in the class, and other than the course's own are asked about.
"""

import ast
import re
from collections.abc import Mapping
from typing import Any

LONG_ENOUGH = 60  # parts of the syntax tree of an answer without its docstring
FORBIDDEN_MODULES = {
    "socket",
    "subprocess",
    "ctypes",
    "multiprocessing",
    "urllib",
    "requests",
    "http",
    "pty",
    "resource",
}
FORBIDDEN_CALLS = {
    *(
        "os.system",
        "os.popen",
        "os.fork",
        "os.kill",
        "os.execv",
        "os._exit",
        "sys._getframe",
        "gc.get_objects",
    ),
    *("gc.get_referrers", "inspect.stack", "inspect.currentframe", "signal.signal", "os.environ"),
}
LIBRARIES = {"torch", "np", "numpy", "nn", "F", "math", "builtins", "autograder"}
FORBIDDEN_PATHS = re.compile(
    r"/proc/|/etc/|\.\./|gradebook|submitted/|SEQ2GPT_GRADING_SEED|autograder\.(checks|mutants|grading)"
)


def attempts(source: str) -> list[str]:
    """What a cell reaches for that no exercise needs, each once: modules, calls, files, and functions of libraries replaced."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        found |= dict.fromkeys(reached_by(node))
    return list(found)


def reached_by(node: ast.AST) -> list[str]:
    """What one node of a syntax tree reaches for."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
        return [
            f"imports {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES or FORBIDDEN_PATHS.search(n)
        ]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        name = f"{node.value.id}.{node.attr}"
        return [f"uses {name}"] if name in FORBIDDEN_CALLS else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
        return [f"names {node.value[:60]!r}"] if FORBIDDEN_PATHS.search(node.value) else []
    if isinstance(node, ast.Assign):
        replaced = [t for t in node.targets if isinstance(t, ast.Attribute) and root_name(t) in LIBRARIES]
        return [f"replaces {ast.unparse(t)}" for t in replaced]
    return []


def root_name(node: ast.expr) -> str:
    """``torch`` of ``torch.nn.functional.softmax``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def skeleton(source: str) -> tuple[str, ...]:
    """The parts of an answer that remain when names, comments, layout and docstrings are taken away."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    if any(isinstance(n, ast.Raise) and "NotImplementedError" in ast.unparse(n) for n in ast.walk(tree)):
        return ()  # not answered: alike, and no question
    docstrings = {
        id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
    }
    parts = []
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Attribute):
            text = node.attr
        elif isinstance(node, ast.Constant):
            text = repr(node.value)[:40]
        if id(node) not in docstrings and not (isinstance(node, ast.Expr) and id(node.value) in docstrings):
            parts.append(f"{type(node).__name__} {text}")
    return tuple(parts)


def alike(answers: Mapping[str, Mapping[str, str]], common: Mapping[str, str]) -> list[dict[str, Any]]:
    """Small groups of students whose answers to an exercise differ in names, comments and layout at most.

    ``answers`` are texts by student and exercise, ``common`` the course's own answers. What is as good as those, or what
    many have written, is no question.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for student, texts in sorted(answers.items()):
        for exercise, text in texts.items():
            groups.setdefault((exercise, skeleton(text)), []).append(student)
    own = {(exercise, skeleton(text)) for exercise, text in common.items()}
    most = max(3, len(answers) // 20)
    return [
        {"exercise": exercise, "students": students}
        for (exercise, bones), students in groups.items()
        if len(bones) >= LONG_ENOUGH and 2 <= len(students) <= most and (exercise, bones) not in own
    ]
