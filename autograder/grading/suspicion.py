"""What an instructor may want to ask a student about: attempts to reach what is forbidden, and answers that are nearly alike.

Neither proves anything. An answer to a short exercise is often the same for honest reasons, so only answers that are
longer than a few lines, rare in the class, and other than the course's own are asked about.
"""

import ast
import re
import warnings
from collections.abc import Mapping
from typing import Any

LONGEST_SOURCE = (
    100_000  # characters; a longer cell is no answer, and its syntax tree would fill the grader's memory
)
LONGEST_NAME = 60
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


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell; None if it has none, or one that is too large or too deep to look at."""
    if len(source) > LONGEST_SOURCE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # such as a wrong escape: the student's, and not for this terminal
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def attempts(source: str, slug: str = "") -> list[str]:
    """What a cell reaches for that no exercise needs, each once: modules, calls, files, and functions of libraries replaced.

    The course's own module of the lab, ``seq2gpt.SLUG``, is among them: it holds the answers.
    """
    tree = parsed(source)
    found: dict[str, None] = {}
    for node in ast.walk(tree) if tree else ():
        found |= dict.fromkeys([*reached_by(node), *borrowed_by(node, slug)])
    return list(found)


def borrowed_by(node: ast.AST, slug: str) -> list[str]:
    """Whether one node of a syntax tree reaches for the module that holds the lab's answers."""
    own = f"seq2gpt.{slug}"
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Attribute):
        names = [dotted_name(node)]
    return (
        [f"uses {own}, which holds the answers"] if any(f"{n}.".startswith(f"{own}.") for n in names) else []
    )


def reached_by(node: ast.AST) -> list[str]:
    """What one node of a syntax tree reaches for."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
        return [
            f"imports {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES or FORBIDDEN_PATHS.search(n)
        ]
    if isinstance(node, ast.Attribute):
        name = dotted_name(node)
        return [f"uses {name}"] if name in FORBIDDEN_CALLS else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
        return [f"names {node.value[:LONGEST_NAME]!r}"] if FORBIDDEN_PATHS.search(node.value) else []
    if isinstance(node, ast.Assign):
        names = [dotted_name(target) for target in node.targets if isinstance(target, ast.Attribute)]
        return [f"replaces {n[:LONGEST_NAME]}" for n in names if n.partition(".")[0] in LIBRARIES]
    return []


def dotted_name(node: ast.expr) -> str:
    """``torch.nn.functional.softmax`` as it is written; empty for anything but names with dots between."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def skeleton(source: str) -> tuple[str, ...]:
    """The parts of an answer that remain when names, comments, layout and docstrings are taken away."""
    tree = parsed(source)
    if tree is None or any(isinstance(n, ast.Raise) and says_unanswered(n) for n in ast.walk(tree)):
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
            value = node.value
            text = (hex(value) if isinstance(value, int) else repr(value))[
                :40
            ]  # no decimals of a long number
        if id(node) not in docstrings and not (isinstance(node, ast.Expr) and id(node.value) in docstrings):
            parts.append(f"{type(node).__name__} {text}")
    return tuple(parts)


def says_unanswered(node: ast.Raise) -> bool:
    """``raise NotImplementedError``, with or without words."""
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


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
