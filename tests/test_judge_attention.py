"""Lab 07 under the judge: every answer gets the report that it gets in a notebook, word for word."""

import json
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest

from autograder import checking, mutants
from autograder.checking import Lab, load_exercises
from autograder.derive import derive, without_markers
from autograder.grading.limits import Limits
from autograder.grading.processes import jail
from autograder.grading.session import Session
from autograder.lessons import ROOT, Lesson

LAB = "07-attention"
EXERCISES = load_exercises(LAB).exercises
MUTANTS = [m for found in mutants.load(LAB).values() for m in found]
SECONDS = 60.0
PRINT = "import json\nprint(json.dumps(check.report({!r}, {}).record()))"
PACKAGE = Lesson(LAB).module.read_text(encoding="utf-8")
REFERENCE = {name: without_markers(derive(PACKAGE, e.target).cell) for name, e in EXERCISES.items()}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """The lab with the course's own answers in the student's process."""
    found = Session(jail(), Limits(), {}, {})
    found.start()
    notebook = nbformat.read(ROOT / "solutions" / LAB / f"{LAB}.ipynb", as_version=4)
    setup = next(
        c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{LAB}-setup"
    )
    found.run_student(setup, SECONDS)
    found.run_judge(setup, SECONDS)
    for source in REFERENCE.values():
        found.run_student(source, SECONDS)
    yield found
    found.close()


def judged(session: Session, exercise: str, source: str, seed: int) -> dict[str, Any]:
    """The report on an answer in the student's process; afterwards the course's own answer is back."""
    assert not session.run_student(source, SECONDS).outputs
    result = session.run_judge(PRINT.format(exercise, seed), SECONDS)
    session.run_student(REFERENCE[exercise], SECONDS)
    return json.loads(result.outputs[0].text)


def in_notebook(exercise: str, source: str, seed: int) -> dict[str, Any]:
    """The report on an answer in this process, as a student sees it."""
    namespace = checking.lab_namespace(LAB)
    exec(compile(source, "<answer>", "exec"), namespace)
    return Lab(LAB, namespace).report(exercise, seed).record()


def without_lines(record: dict[str, Any]) -> dict[str, Any]:
    """A record but for the lines of the notebook, which only a notebook has."""
    return record | {"checks": [check | {"line": ""} for check in record["checks"]]}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_reference_earns_every_point(session: Session, exercise: str) -> None:
    assert judged(session, exercise, REFERENCE[exercise], 5) == in_notebook(exercise, REFERENCE[exercise], 5)
    assert judged(session, exercise, REFERENCE[exercise], 6)["points"] == EXERCISES[exercise].points


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.exercise}-{m.name}")
def test_a_mistake_gets_the_same_words(session: Session, mutant: mutants.Mutant) -> None:
    record = judged(session, mutant.exercise, mutant.source, checking.PUBLIC_SEED)
    assert without_lines(record) == without_lines(
        in_notebook(mutant.exercise, mutant.source, checking.PUBLIC_SEED)
    )
    rejected = next(check for check in record["checks"] if check["name"] == mutant.rejected_by)
    assert not rejected["passed"]
    assert rejected["misconception"]["says"] == mutant.says


def test_blank_and_imported_answers_earn_nothing(session: Session) -> None:
    blank = judged(session, "softmax", "def softmax(scores, dim=-1):\n    raise NotImplementedError()", 5)
    assert (blank["points"], blank["blank"]) == (0, True)
    imported = judged(session, "softmax", "from torch import softmax", 5)
    assert imported["points"] == 0
    assert "this exercise asks for your own" in imported["problem"]


def test_an_error_names_the_line_of_the_cell(session: Session) -> None:
    record = judged(session, "attention_flops", "def attention_flops(n, d_model):\n    return n / 0", 5)
    assert record["checks"][0]["message"] == "Your code raised ZeroDivisionError: division by zero"
    assert record["checks"][0]["line"] == "line 2 of your cell: return n / 0"


def test_an_endless_loop_costs_its_own_points(session: Session) -> None:
    source = "def causal_mask(n, n_past=0, device=None):\n    while n_past: pass\n    return torch.ones(n, n, dtype=torch.bool, device=device).tril()"
    record = judged(session, "causal_mask", source, 5)
    assert [check["passed"] for check in record["checks"]] == [False, True, True, False]
    assert "does a loop never end?" in record["checks"][0]["message"]
