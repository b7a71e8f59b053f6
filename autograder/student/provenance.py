"""Who wrote what of an assembled package, in lines, and in lines that run when it trains and writes."""

import ast
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from autograder.student.assembly import Part, node_of, parts_of, read_record
from autograder.student.uses import uses_text
from seq2gpt.errors import UserError

NO_MODEL = (
    "__init__",
    "__main__",
    "cli",
    "errors",
    "config_json",
    "figures",
    "prompts",
)  # neither model nor training
Lines = set[tuple[str, int]]  # a module of the package, and a line of it


@dataclass(frozen=True)
class Share:
    """Lines of the student's among all lines of models and training, written and run."""

    yours: int
    lines: int
    yours_run: int
    lines_run: int
    modules: Mapping[str, int] = field(default_factory=dict)
    """Of the lines that are yours and run, how many belong to which module."""

    @property
    def text(self) -> str:
        """Two sentences, and where the lines are that run, or why none do."""
        return (
            f"{self.yours} of the {self.lines} lines of models and training are yours "
            f"({percent(self.yours, self.lines)}).\n"
            f"Of the {self.lines_run} of them that run while a small GPT trains and writes, {self.yours_run} are yours "
            f"({percent(self.yours_run, self.lines_run)}){self.where}"
        )

    @property
    def where(self) -> str:
        if self.yours_run:
            return ": " + ", ".join(f"{count} of {module}" for module, count in self.modules.items()) + "."
        if self.yours:
            return ". What you have solved is no part of a GPT that trains; the table says where it runs."
        return ". Solve an exercise, check it, and assemble again."


def percent(part: int, whole: int) -> str:
    """A share in words.

    >>> percent(1, 8), percent(0, 0)
    ('12.5 %', '0.0 %')
    """
    return f"{100 * part / whole if whole else 0:.1f} %"


def table(out: Path) -> str:
    """Every exercise with its author and its lines, and where those of the student run."""
    package = out / "src" / read_record(out)["name"]
    rows = []
    for part in parts_of(out):
        count = len(lines_of(package, part))
        who = f"you; runs in {uses_text(part)}" if part.yours else f"the course, {part.why}"
        rows.append(
            f"{'✓' if part.yours else '·'} {part.module + '.' + part.qualname:<46} {count:>3} lines  {who}"
        )
    return "\n".join(rows)


def share(out: Path) -> Share:
    """Count lines; runs a training of a few steps with the package in a process of its own."""
    name = read_record(out)["name"]
    package = out / "src" / name
    own = {line for part in parts_of(out) if part.yours for line in lines_of(package, part)}
    modules = {path.name: code_lines(path) for path in package.glob("*.py") if path.stem not in NO_MODEL}
    run = {(file, line) for file, line in lines_that_run(out, name) if file in modules}
    counted = Counter(file.removesuffix(".py") for file, _ in sorted(own & run))
    return Share(len(own), sum(modules.values()), len(own & run), len(run), counted)


def lines_of(package: Path, part: Part) -> Lines:
    """The lines of code of one exercise's definition: no docstrings, comments and blank lines."""
    source = (package / f"{part.module}.py").read_text(encoding="utf-8")
    return {(f"{part.module}.py", line) for line in code_in([node_of(source, part.qualname)])}


def code_lines(path: Path) -> int:
    """Lines of code of a module."""
    return len(code_in(ast.parse(path.read_text(encoding="utf-8")).body))


def code_in(body: Iterable[ast.AST]) -> set[int]:
    """The lines on which a statement, or a part of one, begins; docstrings are no code."""
    lines: set[int] = set()
    for top in body:
        for node in ast.walk(top):
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node, ast.stmt) and not docstring:
                lines.add(node.lineno)
    return lines


def command_of(out: Path) -> tuple[list[str], dict[str, str], str]:
    """How to run a package's own commands: the start of a command line, the environment, and a word about whose it is."""
    name = read_record(out)["name"]
    parts = list(parts_of(out))
    yours = sum(part.yours for part in parts)
    about = f"{name}: {yours} of {len(parts)} exercises are your own; `seq2gpt course provenance {out}` counts the lines that run"
    path = [str(out.resolve() / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return [sys.executable, "-m", name], os.environ | {"PYTHONPATH": os.pathsep.join(path)}, about


def lines_that_run(out: Path, name: str) -> Lines:
    """The lines of the package that run while a small GPT trains two steps and writes eight characters."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(out.resolve() / "src"), *sys.path])}
    command = [sys.executable, "-m", __spec__.name, name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"{name} does not train: {last}; run `seq2gpt train --with {out}` to see where")
    return {(str(file), int(line)) for file, line in json.loads(done.stdout.splitlines()[-1])}


def trace(name: str) -> Lines:
    """Train and sample with the package ``name`` in this process; the lines that ran outside its import."""
    package = importlib.import_module(name)
    root = str(Path(str(package.__file__)).parent) + os.sep
    config_of = importlib.import_module(f"{name}.run.config").TrainConfig
    trainer = importlib.import_module(f"{name}.run.trainer")
    seen: Lines = set()

    def step(frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(root) or frame.f_code.co_name == "<module>":
            return None
        if event == "line":
            seen.add((file.removeprefix(root).replace(os.sep, "/"), frame.f_lineno))
        return step

    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text("the red bird sings, the grey bird sleeps. " * 200, encoding="utf-8")
        config = config_of(
            name="traced", out=Path(folder), data=text, d_model=16, n_heads=2, n_layers=2, context_length=16,
            batch_size=4, n_steps=2, n_warmup=0, device="cpu", layout="gpt2", forms="lessons",
        )  # fmt: skip
        sys.settrace(step)
        try:
            trainer.train(config, progress=False)
        finally:
            sys.settrace(None)
    return seen


if __name__ == "__main__":
    print(json.dumps(sorted(trace(sys.argv[1]))))
