"""The checks from a terminal say what the notebook says, and what the notebook found is remembered."""

import io
import json
import os
from itertools import islice

import pytest
from nbclient import NotebookClient
from nbformat import from_dict

from autograder.student import commands, hints, progress, run
from autograder.student.find import find_exercises, open_workspace
from autograder.student.labfile import read_lab
from autograder.student.progress import read_progress
from autograder.student.update import update
from autograder.student.workspace import start
from seq2gpt.cli import main
from test_labs import reference

LAB = "07-attention"
RIGHT = reference(LAB, "causal_mask")


@pytest.fixture
def mine(tmp_path):
    """A folder with the course's labs."""
    start(tmp_path / "mine")
    return open_workspace(tmp_path / "mine")


def write(workspace, **answers):
    """Answer exercises of lab 07; a name with ``own`` becomes a cell of the student's, above the answers."""
    notebook = read_lab(workspace.path(LAB), LAB)
    for name, text in answers.items():
        if name.startswith("own"):
            made = {
                "cell_type": "code",
                "metadata": {},
                "source": [text],
                "outputs": [],
                "execution_count": None,
            }
            notebook.cells.insert(3, made)
        else:
            notebook.answer_cell(name)["source"] = text.splitlines(keepends=True)
    notebook.write()


def reports(workspace, what):
    return list(run.check(workspace, find_exercises(workspace, what)))


def test_one_exercise_in_the_words_of_the_notebook(mine):
    write(mine, causal_mask=RIGHT)
    (report,) = reports(mine, "causal_mask")
    assert report.startswith("causal_mask: 4 of 4 points\n  ✓ ")
    write(mine, causal_mask="def causal_mask(n, n_past=0, device=None):\n    return nothing")
    (report,) = reports(mine, "07/causal_mask")
    assert "Your code raised NameError: name 'nothing' is not defined" in report
    assert "In line 2 of your cell: return nothing" in report
    standing = read_progress(mine.folder).of(LAB, "causal_mask")
    assert (standing.points, standing.max_points, standing.checks) == (0, 4, 2)


def test_a_whole_lab_and_what_a_person_grades(mine):
    found = reports(mine, LAB)
    assert [report.split(":")[0] for report in found] == list(read_lab(mine.path(LAB), LAB).answers)
    assert reports(mine, "two_cards") == found[-1:]
    assert found[-1] == (
        "two_cards: a question in words, which a person grades; write your answer into its cell, and hand in 07-attention"
    )


def test_helpers_in_cells_of_ones_own_count_and_trainings_do_not_run(mine):
    own = "%matplotlib inline\nimport os\nhere = os.getcwd()\ndef tri(n, m): return torch.ones(n, m).tril(m - n).bool()"
    write(
        mine, own=own, causal_mask="def causal_mask(n, n_past=0, device=None):\n    return tri(n, n + n_past)"
    )
    before = os.getcwd()
    (report,) = reports(mine, "causal_mask")
    assert "causal_mask: 4 of 4" in report or "causal_mask: 3 of 4" in report  # the device is not asked for
    assert os.getcwd() == before
    namespace, problems, made_by = run.define(mine.read(LAB), mine.released[LAB])
    assert problems == {}
    assert (made_by["tri"], made_by["causal_mask"]) == ("cell 4", "causal_mask")
    assert namespace["here"] == str(mine.path(LAB).parent)
    assert "real" not in namespace


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def causal_mask(n:\n    pass", "line 1 is no Python: def causal_mask(n: ("),
        ("1 / 0", "the cell raised ZeroDivisionError: division by zero"),
        ("exit()", "the cell called exit(), and nothing after that ran; delete that line"),
        ("n = input()", "the cell waits for input; an answer gets what it needs as arguments"),
    ],
)
def test_a_cell_that_does_not_run_is_named_and_the_others_are_checked(mine, text, problem, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    write(mine, causal_mask=text, combine_masks=reference(LAB, "combine_masks"))
    found = reports(mine, "07")
    of = {report.split(":")[0]: report for report in found}
    assert "causal_mask is not defined yet" not in of["causal_mask"], "the fault of the cell says more"
    assert f"causal_mask: 0 of 4 points\n  In causal_mask: {problem}" in of["causal_mask"]
    assert "combine_masks: 4 of 4" in of["combine_masks"]


def test_a_cell_of_ones_own_that_does_not_run_is_named(mine):
    write(mine, own="open('/no/such/file')")
    assert "In cell 4: the cell raised FileNotFoundError" in reports(mine, "softmax")[-1]


def test_a_name_that_another_cell_takes_is_named_with_that_cell(mine):
    write(mine, causal_mask=RIGHT, combine_masks="def combine_masks(*m):\n    return m\n\n\ncausal_mask = 3")
    (report,) = reports(mine, "causal_mask")
    assert "causal_mask should be a function or a class; here it is int." in report
    assert (
        "note: causal_mask has its last value from combine_masks, not from the cell of causal_mask" in report
    )
    write(mine, combine_masks="def combine_masks(*m):\n    return m")
    assert "note:" not in reports(mine, "causal_mask")[0]


def test_cells_out_of_order_are_said_and_update_puts_them_back(mine):
    notebook = read_lab(mine.path(LAB), LAB)
    notebook.cells.reverse()
    notebook.write()
    assert reports(mine, "causal_mask")[-1].startswith("note: the setup stands below an answer that needs it")
    update(mine)
    assert not any(report.startswith("note:") for report in reports(mine, "causal_mask"))


def changed(mine, change):
    """The notebook with its data changed."""
    notebook = read_lab(mine.path(LAB), LAB)
    change(notebook)
    notebook.write()


def test_a_cell_that_is_gone_and_one_that_is_there_twice_are_said(mine):
    write(mine, causal_mask=RIGHT)
    changed(mine, lambda n: n.cells.append(dict(n.answer_cell("causal_mask"))))
    assert (
        "note: the notebook has 2 cells of causal_mask, and the last one counts"
        in reports(mine, "causal_mask")[0]
    )
    changed(mine, lambda n: [n.cells.remove(n.answer_cell("causal_mask")) for _ in range(2)])
    (report,) = reports(mine, "causal_mask")
    assert "Run the cell that defines it" not in report
    assert "note: the notebook has no cell for causal_mask; `seq2gpt course update` brings it back" in report


def test_a_setup_that_is_gone_and_another_kernel_are_said(mine):
    changed(mine, lambda n: n.cells.remove(n.named[f"{LAB}-setup"]))
    changed(
        mine,
        lambda n: n.data["metadata"].update(kernelspec={"name": "ir", "display_name": "R", "language": "R"}),
    )
    *_, kernel, setup = reports(mine, "causal_mask")
    assert kernel.startswith("note: the notebook was saved with the kernel R; in JupyterLab: Kernel")
    assert setup.startswith(
        "note: the first code cell, with the lab's imports, is gone; `seq2gpt course update`"
    )


def test_a_folder_that_cannot_be_written_says_that_nothing_is_remembered(mine, monkeypatch):
    write(mine, causal_mask=RIGHT)
    monkeypatch.setattr(progress, "MARKER", "README.md")  # a file, where there should be a folder
    (report,) = reports(mine, "causal_mask")
    assert (
        "cannot be written, so this check is not remembered; `seq2gpt course doctor` says what helps"
        in report
    )
    assert hints.next_hint(mine, LAB, "softmax").endswith("That was the last one."), "all of them at once"


def test_watching_checks_what_changed_each_time_it_is_saved(mine, monkeypatch):
    monkeypatch.setattr(run, "WAIT", 0)
    wanted = find_exercises(mine, "07/causal_mask") + find_exercises(mine, "07/combine_masks")
    seen = run.watch(mine, wanted)
    assert [r.split(":")[0] for r in islice(seen, 2)] == ["causal_mask", "combine_masks"]
    write(mine, combine_masks=reference(LAB, "combine_masks"))
    os.utime(mine.path(LAB), (1, 1))
    assert next(seen).startswith("combine_masks: 4 of 4")


def test_what_a_notebook_checks_is_remembered(mine):
    write(mine, causal_mask=RIGHT)
    wanted = ("-setup", "-causal_mask", "-causal_mask-check")
    cells = [c for name, c in mine.read(LAB).named.items() if name.removeprefix(LAB) in wanted]
    cells = [c | {"source": "".join(c["source"])} for c in cells]
    notebook = from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    where = {"metadata": {"path": str(mine.path(LAB).parent)}}
    NotebookClient(notebook, kernel_name="python3", resources=where).execute()
    assert read_progress(mine.folder).of(LAB, "causal_mask").solved
    commands.status(mine.folder)


def test_the_commands(mine, capsys, monkeypatch):
    monkeypatch.chdir(mine.path(LAB).parent)
    write(mine, causal_mask=RIGHT)

    def said(*words):
        assert main(["course", *words]) == 0
        return capsys.readouterr().out

    assert "? causal_mask" in said("status")
    assert said("check", "causal_mask").startswith("causal_mask: 4 of 4")
    assert "✓ causal_mask                      4 of 4" in said("status", "--full")
    assert said("hint", "causal_mask").startswith("Hint: a direction")
    assert "What you had: " in said("reset", "causal_mask")
    assert "· causal_mask" in said("status", "--full")
    assert f"{LAB}: up to date" in said("update")
    assert main(["course", "check", "zzz"]) == 2
    assert "seq2gpt: there is no exercise 'zzz'" in capsys.readouterr().err
    monkeypatch.chdir(mine.folder.parent)
    assert main(["course", "status"]) == 2
    assert "is no folder of labs" in capsys.readouterr().err
    assert main(["course", "status", "--folder", str(mine.folder)]) == 0


def test_update_says_where_the_notebooks_as_they_were_are(mine, capsys):
    released = mine.folder / ".seq2gpt" / "released" / f"{LAB}.ipynb"
    for path in (released, mine.path(LAB)):  # as from an older version
        data = json.loads(path.read_text(encoding="utf-8"))
        data["cells"][0]["source"] = ["# Older"]
        path.write_text(json.dumps(data), encoding="utf-8")
    commands.update(mine.folder)
    out = capsys.readouterr().out
    assert f"{LAB}: 1 cell renewed" in out
    assert "The notebooks as they were: " in out
    assert "Reload Notebook from Disk" in out
