"""nbgrader's own commands, as an instructor types them inside the autograder folder."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

import tiny_course as tiny
from tiny_course import LAB, answered, find, remove, submit

CONFIG = Path(__file__).resolve().parent.parent / "autograder" / "nbgrader_config.py"


def nbgrader(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Start one of nbgrader's commands in ``folder``, found by its full name and with a bare PATH."""
    program = Path(sys.executable).with_name("nbgrader")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    if "PYTHONPATH" in os.environ:  # the tests may run from a checkout that is not the one installed
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return subprocess.Popen(
        [str(program), *words],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(*commands: "subprocess.Popen[str]") -> list[str]:
    """What commands said; all must succeed."""
    said = [command.communicate(timeout=180)[0] for command in commands]
    for command, words in zip(commands, said, strict=True):
        assert command.returncode == 0, words
    return said


def test_stock_commands_inside_the_autograder_folder(tmp_path: Path) -> None:
    tiny.write_course(tmp_path)
    folder = tmp_path / "autograder"
    folder.mkdir()
    shutil.copy(CONFIG, folder)
    submit(folder, "crashing", answered(square="import os\nos._exit(0)"))
    submit(
        folder,
        "warning",
        answered(square="import warnings\ndef square(x):\n    warnings.warn('hm')\n    return x * x"),
    )
    submit(folder, "without_setup", remove(answered(), "setup"))

    finish(nbgrader(folder, "generate_assignment", LAB))
    released = tmp_path / "exercises" / LAB / f"{LAB}.ipynb"
    assert "BEGIN SOLUTION" not in released.read_text()
    assert "raise NotImplementedError()" in released.read_text()

    (said,) = finish(nbgrader(folder, "autograde", LAB))
    assert "without_setup: 01-tiny-setup was deleted; it is back" in said
    nbformat.write(answered(), released)
    _, _, valid = finish(
        nbgrader(folder, "generate_feedback", LAB),
        nbgrader(folder, "export"),
        nbgrader(folder, "validate", os.path.relpath(released, folder)),
    )
    with (folder / "grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"crashing": 3, "warning": 6, "without_setup": 6}
    assert len(list((folder / "feedback").rglob("*.html"))) == 3
    assert "Success" in valid


def test_a_command_line_cannot_take_the_jail_away(tmp_path: Path) -> None:
    tiny.write_course(tmp_path)
    folder = tmp_path / "autograder"
    folder.mkdir()
    shutil.copy(CONFIG, folder)
    submit(folder, "perfect", answered())
    command = nbgrader(folder, "autograde", LAB, "--Autograde.autograde_preprocessors=[]")
    said, _ = command.communicate(timeout=180)
    assert command.returncode != 0
    assert "Autograde.autograde_preprocessors is nothing; it must begin with JudgedExecute" in said
    assert not (folder / "autograded").exists()


def test_a_lab_whose_own_answers_fail_is_not_released(tmp_path: Path) -> None:
    nb = tiny.solution_notebook()
    find(nb, "square-check").source += "\npoints(square, [(2, 4), (2, 5)])"
    tiny.write(nb, tmp_path / "solutions" / LAB / f"{LAB}.ipynb")
    folder = tmp_path / "autograder"
    folder.mkdir()
    shutil.copy(CONFIG, folder)
    command = nbgrader(folder, "generate_assignment", LAB)
    said, _ = command.communicate(timeout=180)
    assert command.returncode != 0
    assert (
        "the test 01-tiny-square-check gives the course's own answer 1 of 3 points (it returned too few points); "
        "nothing was released; correct the test or the answer" in said
    )
    assert not (tmp_path / "exercises").exists()


def test_a_broken_installation_stops_nbgrader(tmp_path: Path) -> None:
    folder = tmp_path / "autograder"
    (folder / "autograder").mkdir(parents=True)
    (folder / "autograder" / "__init__.py").write_text("raise ImportError('half installed')")
    shutil.copy(CONFIG, folder)
    command = nbgrader(folder, "autograde", LAB)
    said, _ = command.communicate(timeout=180)
    assert command.returncode != 0
    assert "half installed; nothing was run" in said
