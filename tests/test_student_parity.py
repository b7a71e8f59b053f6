"""A package of right answers in another style is the reference to all who use it: its tests pass, and it trains as well."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.student.assembly import assemble, parts_of
from autograder.student.attempt import attempt
from autograder.student.find import open_workspace
from autograder.student.workspace import start
from seq2gpt.run.demos import expected_figures
from test_student_assembly import solve

TESTS = Path(__file__).parent
pytestmark = pytest.mark.slow


def foreign_package(folder: Path, name: str) -> Path:
    """Every exercise of every lab answered in another style."""
    start(folder / "mine")
    workspace = open_workspace(folder / "mine")
    for lab in workspace.course:
        right = importlib.import_module(f"answers.{lab.split('-', 1)[1].replace('-', '_')}").RIGHT
        first = {e: found if isinstance(found, str) else found[0] for e, found in right.items()}
        solve(folder / "mine", lab, **{e: dedent(text).strip() for e, text in first.items()})
    assemble(open_workspace(folder / "mine"), folder / name, name)
    return folder / name


def test_it_passes_the_references_own_tests(tmp_path):
    package = foreign_package(tmp_path, "seq2gpt")
    assert all(part.yours for part in parts_of(package))
    modules = sorted({part.module for part in parts_of(package)})
    files = [str(TESTS / f"test_{module}.py") for module in modules]
    path = [str(package / "src"), str(TESTS.parent), *sys.path]
    where = subprocess.run(
        [sys.executable, "-c", "import seq2gpt; print(seq2gpt.__file__)"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert where.startswith(str(package)), "the tests have to meet the assembled package"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not own", *files],
        # a student's answers have no annotations, and may return a list where the course has a tuple
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path), "JAXTYPING_DISABLE": "1"}, cwd=TESTS.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 30 * len(files)


def test_it_trains_to_the_references_loss(tmp_path):
    package = foreign_package(tmp_path, "theirs")
    (figure, (mean, sd)), *_ = expected_figures("gpt2").items()
    reached = attempt(package, "gpt2", {}).figures[figure]
    assert abs(reached - mean) <= 4 * sd + 0.02 * mean
