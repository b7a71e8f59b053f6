"""Every lab under the judge: every answer gets the report that it gets in a notebook, word for word."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import nbformat
import pytest

from autograder import checking, mutants
from autograder.checking import Lab, load_exercises
from autograder.derive import derive, without_markers
from autograder.grading.limits import Limits
from autograder.grading.processes import jail
from autograder.grading.session import Session
from autograder.lessons import Lesson, all_lessons

SECONDS = 60.0
PRINT = "import json\nprint(json.dumps(check.report({!r}, {}).record()))"
LABS = [lesson.name for lesson in all_lessons()]
EXERCISES = [(lab, name) for lab in LABS for name in load_exercises(lab).exercises]
MUTANTS = [(lab, m) for lab in LABS for found in mutants.load(lab).values() for m in found]
EVERY = 6  # known mistakes, one of which is tried every day; all of them by `make test-slow`


@dataclass(frozen=True)
class Open:
    """A lab with the course's own answers in the student's process."""

    lab: str
    session: Session
    answers: dict[str, str]

    def judged(self, exercise: str, source: str, seed: int) -> dict[str, Any]:
        """The report on an answer in the student's process; afterwards the course's own answer is back."""
        assert not self.session.run_student(source, SECONDS).outputs
        result = self.session.run_judge(PRINT.format(exercise, seed), SECONDS)
        self.session.run_student(self.answers[exercise], SECONDS)
        return json.loads(result.outputs[0].text)


def opened(lab: str) -> Open:
    lesson = Lesson(lab)
    package = lesson.module.read_text(encoding="utf-8")
    exercises = load_exercises(lab).exercises
    answers = {name: without_markers(derive(package, e.target).cell) for name, e in exercises.items()}
    session = Session(jail(), Limits(), {}, {})
    session.start()
    notebook = nbformat.read(lesson.solution, as_version=4)
    setup = next(
        c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{lab}-setup"
    )
    session.run_student(setup, SECONDS)
    session.run_judge(setup, SECONDS)
    for source in answers.values():
        session.run_student(source, SECONDS)
    return Open(lab, session, answers)


@pytest.fixture(scope="module")
def labs() -> Iterator[Callable[[str], Open]]:
    """Labs by name; each is opened once."""
    cached = cache(opened)
    yield cached
    for lab in LABS:
        cached(lab).session.close()


@pytest.fixture
def attention(labs: Callable[[str], Open]) -> Open:
    return labs("07-attention")


def in_notebook(lab: str, exercise: str, source: str, seed: int) -> dict[str, Any]:
    """The report on an answer in this process, as a student sees it."""
    namespace = checking.lab_namespace(lab)
    exec(compile(source, "<answer>", "exec"), namespace)
    return Lab(lab, namespace).report(exercise, seed).record()


def without_lines(record: dict[str, Any]) -> dict[str, Any]:
    """A record but for the lines of the notebook, which only a notebook has."""
    return record | {"checks": [check | {"line": ""} for check in record["checks"]]}


@pytest.mark.parametrize(("lab", "exercise"), EXERCISES)
def test_the_reference_earns_every_point(labs: Callable[[str], Open], lab: str, exercise: str) -> None:
    opened = labs(lab)
    answer = opened.answers[exercise]
    assert opened.judged(exercise, answer, 5) == in_notebook(lab, exercise, answer, 5)
    assert opened.judged(exercise, answer, 6)["points"] == load_exercises(lab).exercises[exercise].points


@pytest.mark.parametrize(
    ("lab", "mutant"),
    [
        pytest.param(
            lab, m, id=f"{lab}-{m.exercise}-{m.name}", marks=[pytest.mark.slow] if number % EVERY else []
        )
        for number, (lab, m) in enumerate(MUTANTS)
    ],
)
@pytest.mark.usefixtures("_as_users_run_it")
def test_a_mistake_gets_the_same_words(labs: Callable[[str], Open], lab: str, mutant: mutants.Mutant) -> None:
    record = labs(lab).judged(mutant.exercise, mutant.source, checking.PUBLIC_SEED)
    told = in_notebook(lab, mutant.exercise, mutant.source, checking.PUBLIC_SEED)
    assert without_lines(record) == without_lines(told)
    rejected = next(check for check in record["checks"] if check["name"] == mutant.rejected_by)
    assert not rejected["passed"]
    assert rejected["misconception"]["says"] == mutant.says


def test_blank_and_imported_answers_earn_nothing(attention: Open) -> None:
    blank = attention.judged("softmax", "def softmax(scores, dim=-1):\n    raise NotImplementedError()", 5)
    assert (blank["points"], blank["blank"]) == (0, True)
    imported = attention.judged("softmax", "from torch import softmax", 5)
    assert imported["points"] == 0
    assert "this exercise asks for your own" in imported["problem"]


def test_an_error_names_the_line_of_the_cell(attention: Open) -> None:
    record = attention.judged("attention_flops", "def attention_flops(n, d_model):\n    return n / 0", 5)
    message = record["checks"][0]["message"]
    assert message.startswith("Your code raised ZeroDivisionError: division by zero (called with: ")
    assert record["checks"][0]["line"] == "line 2 of your cell: return n / 0"


def test_an_endless_loop_costs_its_own_points(attention: Open) -> None:
    source = "def causal_mask(n, n_past=0, device=None):\n    while n_past: pass\n    return torch.ones(n, n, dtype=torch.bool, device=device).tril()"
    record = attention.judged("causal_mask", source, 5)
    assert [check["passed"] for check in record["checks"]] == [False, True, True, False]
    assert "does a loop never end?" in record["checks"][0]["message"]
