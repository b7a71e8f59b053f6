"""Train what a package describes, in a process of its own, and say which of its definitions ran."""

import functools
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FunctionType
from typing import Any

from autograder.student.assembly import read_record
from seq2gpt.errors import UserError


@dataclass(frozen=True)
class Attempt:
    """What a training reached, a text worth reading, and the definitions that ran, as ``module.qualname``."""

    figures: dict[str, float]
    sample: str
    ran: frozenset[str]


def attempt(package: Path, program: str, settings: dict[str, Any]) -> Attempt:
    """Run the demonstration or preset ``program`` of an assembled package.

    Raises ``UserError`` with the last line of what went wrong when the training ends early.
    """
    record = read_record(package)
    names = [f"{part['module']}.{part['qualname']}" for part in record["parts"]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(package.resolve() / "src"), *sys.path])}
    words = [record["name"], program, json.dumps(settings), json.dumps(names)]
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"your package does not train: {last}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Attempt(told["figures"], told["sample"], frozenset(told["ran"]))


def run(name: str, program: str, settings: dict[str, Any], watched: Sequence[str]) -> Attempt:
    """The same in this process, with the package ``name`` from the path; ``watched`` are the definitions to look for."""
    load(name, program)
    ran = watch(name, watched)
    figures, sample = train(name, program, settings)
    return Attempt(figures, sample, frozenset(ran))


def load(name: str, program: str) -> None:
    """Import what a program needs, so that its definitions can be watched."""
    demos = importlib.import_module(f"{name}.run.demos")
    if program in demos.DEMOS:
        demos.load_demo(program)
    else:
        importlib.import_module(f"{name}.run.trainer")


def train(name: str, program: str, settings: dict[str, Any]) -> tuple[dict[str, float], str]:
    """Figures and a text of a program that is loaded; models run what the lessons explain."""
    demos = importlib.import_module(f"{name}.run.demos")
    if program in demos.DEMOS:
        with importlib.import_module(f"{name}.forms").lesson_forms():
            result = demos.run_demo(program, demos.load_demo(program).Config(**settings), progress=False)
        return result.figures, result.sample
    presets, trainer = (importlib.import_module(f"{name}.run.{module}") for module in ("presets", "trainer"))
    with tempfile.TemporaryDirectory() as folder:  # of a run that nobody keeps
        paths: dict[str, Any] = {key: Path(settings[key]) for key in ("out", "data") if key in settings}
        changes: dict[str, Any] = {"out": Path(folder), **settings, **paths, "forms": "lessons"}
        done = trainer.train(replace(presets.PRESETS[program](), **changes), progress=False)
    return {presets.LOSS: done.val_loss}, done.sample


def watch(name: str, watched: Sequence[str]) -> set[str]:
    """A set to which every watched definition of the package adds its name when it runs."""
    ran: set[str] = set()
    for known in watched:
        module, _, qualname = known.partition(".")
        defined = importlib.import_module(f"{name}.{module}")
        thing = getattr(defined, qualname, None)
        if isinstance(thing, type):
            for method, function in list(vars(thing).items()):
                if isinstance(function, FunctionType):
                    setattr(thing, method, noted(function, known, ran))
        elif isinstance(thing, FunctionType):
            replace_everywhere(name, thing, noted(thing, known, ran))
    return ran


def noted(function: FunctionType, name: str, ran: set[str]) -> Any:
    """The function, which adds ``name`` to ``ran`` when it is called."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        ran.add(name)
        return function(*args, **kwargs)

    return called


def replace_everywhere(name: str, old: Any, new: Any) -> None:
    """Put ``new`` where a module of the package has ``old``."""
    modules = [module for key, module in sys.modules.items() if key.startswith(f"{name}.")]
    for module in modules:
        for key, value in list(vars(module).items()):
            if value is old:
                setattr(module, key, new)


if __name__ == "__main__":
    told = asdict(run(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])))
    print(json.dumps(told | {"ran": sorted(told["ran"])}))
