"""The panel in a notebook shows what the folder remembers, and follows every check."""

import json

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder.checking import Lab, load_exercises
from autograder.student.panel import DONE, Panel
from autograder.student.workspace import start
from test_labs import reference, report_on

LAB = "08-heads"


@pytest.fixture
def panel(tmp_path, monkeypatch):
    """The panel in a folder in which one exercise is solved and another half solved."""
    start(tmp_path / "mine")
    lines = [
        {
            "lab": LAB,
            "exercise": name,
            "points": points,
            "max": most,
            "digest": "",
            "at": "2026-05-01T12:00:00",
        }
        for name, points, most in (("split_heads", 6, 6), ("merge_heads", 1, 4))
    ]
    (tmp_path / "mine" / ".seq2gpt" / "progress.jsonl").write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.chdir(tmp_path / "mine" / LAB)
    return Panel(load_exercises(LAB))


def test_it_begins_with_what_is_remembered(panel):
    assert panel.head.value == "<b>08-heads: 7 of 32 points</b>"
    assert (panel.bar.value, panel.bar.max) == (7, 32)
    rows = panel.rows.value.split("<br>")
    assert rows[0] == "✓ <code>split_heads</code> 6 of 6"
    assert rows[1] == "◐ <code>merge_heads</code> 1 of 4"
    assert rows[2] == "· <code>MultiHeadAttention</code> not checked yet"
    assert panel.foot.value == "Next: <code>merge_heads</code>"
    assert repr(panel) == "08-heads: 7 of 32 points"


def test_it_follows_the_checks(panel):
    panel.note(report_on(LAB, "merge_heads", reference(LAB, "merge_heads")))
    assert panel.head.value == "<b>08-heads: 10 of 32 points</b>"
    for name in ("MultiHeadAttention", "count_attention_parameters", "cross_attention"):
        panel.note(report_on(LAB, name, reference(LAB, name)))
    assert (panel.bar.value, panel.bar.bar_style) == (32, "success")
    assert panel.foot.value == DONE


def test_without_a_folder_of_labs_it_is_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Panel(load_exercises(LAB)).head.value == "<b>08-heads: 0 of 32 points</b>"
    assert Lab(LAB, {}).panel() is None, "and in a terminal nothing is shown"


def test_in_a_notebook_a_check_moves_it():
    source = [
        f"from autograder import open_lab\nfrom seq2gpt.heads import head_width\ncheck = open_lab('{LAB}')\ncheck.panel()",
        "def split_heads(x, n_heads):\n    return x",
        "check('split_heads')\ncheck._panel.rows.value",
    ]
    notebook = new_notebook(cells=[new_code_cell(text) for text in source])
    NotebookClient(notebook, kernel_name="python3").execute()
    shown = notebook.cells[0].outputs[0]["data"]
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/plain"] == "08-heads: 0 of 32 points"
    assert "◐ <code>split_heads</code> 1 of 6" in notebook.cells[2].outputs[-1]["data"]["text/plain"]
