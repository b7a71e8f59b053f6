"""A cell that meets an unsolved exercise says so in one sentence, and still fails."""

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder.unsolved import unsolved

OPENED = "from autograder import open_lab\ncheck = open_lab('07-attention')"
ANSWERS = "class Layer:\n    def forward(self):\n        raise NotImplementedError\n\ndef other():\n    raise NotImplementedError"
UNSOLVED = {"Layer().forward()": "Layer", "print(other())": "other"}
OTHERS = {
    "raise NotImplementedError('mine')": "mine",
    "other(": "SyntaxError",
    "1 / 0": "ZeroDivisionError",
    "import abc; abc.no": "AttributeError",
}


@pytest.fixture(scope="module")
def errors():
    """What each of those cells shows in a notebook."""
    calls = [*UNSOLVED, *OTHERS]
    notebook = new_notebook(cells=[new_code_cell(source) for source in (OPENED, ANSWERS, *calls)])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    assert [cell.outputs for cell in notebook.cells[:2]] == [[], []]
    return {call: cell.outputs[-1] for call, cell in zip(calls, notebook.cells[2:], strict=True)}


@pytest.mark.parametrize(("call", "name"), UNSOLVED.items())
def test_an_unsolved_exercise_is_named_without_a_traceback(call, name, errors):
    assert (errors[call].output_type, errors[call].ename) == ("error", "NotImplementedError")
    assert errors[call].traceback == [
        f"{name} is not written yet: replace `raise NotImplementedError` in its cell by your answer, "
        "run that cell, and then this one again."
    ]


@pytest.mark.parametrize(("call", "word"), OTHERS.items())
def test_other_errors_look_as_ever(call, word, errors):
    text = "\n".join(errors[call].traceback)
    assert "is not written yet" not in text
    assert word in text


def test_an_error_outside_the_notebooks_cells_names_nothing():
    with pytest.raises(NotImplementedError) as raised:
        raise NotImplementedError
    assert unsolved(raised.tb) == ""
