"""A student's folder: started once, never overwritten; submissions checked and kept."""

import hashlib
import json
from pathlib import Path

import pytest

from autograder.grading.intake import students_of
from autograder.student.workspace import Submission, released_labs, start, submit
from seq2gpt.errors import UserError

LAB = "01-mini"


def notebook(**answers: str) -> str:
    """A notebook with two answers."""
    texts = {"double": "raise NotImplementedError", "square": "raise NotImplementedError"} | answers
    cells = [
        {
            "cell_type": "code",
            "metadata": {"nbgrader": {"grade_id": f"{LAB}-{name}", "solution": True}},
            "source": [text],
        }
        for name, text in texts.items()
    ]
    cells.append({"cell_type": "markdown", "metadata": {}, "source": "text"})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def labs(tmp_path: Path) -> dict[str, Path]:
    """One released lab, with a file beside the notebook."""
    folder = tmp_path / "released" / LAB
    (folder / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / f"{LAB}.ipynb").write_text(notebook())
    (folder / "data.txt").write_text("1")
    return released_labs((tmp_path / "nothing", tmp_path / "released"))


@pytest.fixture
def mine(labs: dict[str, Path], tmp_path: Path) -> Path:
    """A workspace in which one of two exercises is answered."""
    start(tmp_path / "mine", labs)
    (tmp_path / "mine" / LAB / f"{LAB}.ipynb").write_text(notebook(double="return 2 * x"))
    return tmp_path / "mine"


def test_start_copies_what_was_released(labs: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert start(folder, labs) == [folder / LAB / f"{LAB}.ipynb"]
    assert (folder / LAB / f"{LAB}.ipynb").read_text() == notebook()
    assert sorted(p.name for p in (folder / LAB).iterdir()) == [f"{LAB}.ipynb", "data.txt"]
    assert f"jupyter lab {LAB}/{LAB}.ipynb" in (folder / "README.md").read_text()
    assert [p.name for p in folder.parent.iterdir()] == ["b"]


def test_start_takes_an_empty_folder(labs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert start(tmp_path / "empty", labs)[0].exists()


def test_start_never_touches_what_is_there(mine: Path, labs: dict[str, Path]) -> None:
    before = {p: p.read_bytes() for p in mine.rglob("*") if p.is_file()}
    with pytest.raises(
        UserError, match="mine is not empty, and nothing in it will be overwritten; give a new folder"
    ):
        start(mine, labs)
    assert {p: p.read_bytes() for p in mine.rglob("*") if p.is_file()} == before
    with pytest.raises(UserError, match="README.md is a file; give the name of a new folder"):
        start(mine / "README.md", labs)


def test_nothing_released(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no released lab was found"):
        released_labs((tmp_path,))


def test_submission_lies_where_the_grader_looks(mine: Path, labs: dict[str, Path], tmp_path: Path) -> None:
    submission = submit(mine, LAB, "ada", tmp_path / "in", labs)
    path = tmp_path / "in" / "ada" / LAB / f"{LAB}.ipynb"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert submission == Submission(path, sha256, 1, ["not answered yet: square"])
    assert path.read_bytes() == (mine / LAB / f"{LAB}.ipynb").read_bytes()
    assert (path.parent / "timestamp.txt").read_text().endswith(" UTC\n")
    receipt = (tmp_path / "in" / "ada" / "receipts.txt").read_text()
    assert f"UTC  {LAB}  submission 1  sha256 {sha256}\n" in receipt
    assert students_of(tmp_path / "in") == ["ada"]


def test_submissions_stay_in_the_workspace_by_default(mine: Path, labs: dict[str, Path]) -> None:
    assert submit(mine, LAB, "ada", labs=labs).path == mine / "submitted" / "ada" / LAB / f"{LAB}.ipynb"


def test_no_earlier_submission_is_lost(mine: Path, labs: dict[str, Path]) -> None:
    versions = [notebook(double=f"return {i}") for i in range(4)]
    for version in versions:
        (mine / LAB / f"{LAB}.ipynb").write_text(version)
        last = submit(mine, LAB, "ada", labs=labs)
    assert (last.number, last.path.read_text()) == (4, versions[3])
    earlier = mine / "submitted" / "ada" / f"{LAB}.earlier"
    assert [(earlier / f"{LAB}-{i}.ipynb").read_text() for i in (1, 2, 3)] == versions[:3]
    assert len((mine / "submitted" / "ada" / "receipts.txt").read_text().splitlines()) == 4
    assert [p.name for p in last.path.parent.glob("*.ipynb")] == [
        f"{LAB}.ipynb"
    ]  # nbgrader grades all of them


def test_a_deleted_answer_is_remarked(mine: Path, labs: dict[str, Path]) -> None:
    nb = json.loads(notebook(double="return 2 * x", square="return x * x"))
    del nb["cells"][1]
    (mine / LAB / f"{LAB}.ipynb").write_text(json.dumps(nb))
    assert submit(mine, LAB, "ada", labs=labs).warnings == [
        "no answer cell for square: `seq2gpt course update` brings it back"
    ]


def test_an_empty_cell_is_no_answer(mine: Path, labs: dict[str, Path]) -> None:
    (mine / LAB / f"{LAB}.ipynb").write_text(notebook(double=" ", square="return x * x"))
    assert submit(mine, LAB, "ada", labs=labs).warnings == ["not answered yet: double"]


@pytest.mark.parametrize("student", [".", "..", "../ada", "a/b", "a b", "-x", ".hidden", "ada\n", "a" * 65])
def test_a_bad_student_id_is_refused(mine: Path, labs: dict[str, Path], student: str) -> None:
    with pytest.raises(UserError, match=r"is no student id; use letters, digits, '\.', '_' and '-'"):
        submit(mine, LAB, student, labs=labs)
    assert not (mine / "submitted").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not JSON"),
        ("print(1)", r"01-mini\.ipynb is not JSON .* so it is no notebook; Jupyter keeps the last"),
        ("[1]", "is JSON, but no notebook"),
        ('{"cells": [1]}', "is JSON, but no notebook"),
        ('{"cells": []}', "has none of the answer cells of 01-mini; hand in the notebook of this lab"),
    ],
)
def test_a_file_that_is_not_the_lab_is_refused(
    mine: Path, labs: dict[str, Path], content: str, message: str
) -> None:
    (mine / LAB / f"{LAB}.ipynb").write_text(content)
    with pytest.raises(UserError, match=message):
        submit(mine, LAB, "ada", labs=labs)
    assert not (mine / "submitted").exists()


def test_a_lab_that_is_not_there(mine: Path, labs: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="there is no lab '02-other'; the labs are 01-mini"):
        submit(mine, "02-other", "ada", labs=labs)
    (mine / LAB / f"{LAB}.ipynb").unlink()
    with pytest.raises(UserError, match="does not exist; move it back there"):
        submit(mine, LAB, "ada", labs=labs)
