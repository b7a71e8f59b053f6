"""Every lab's checks: right answers in any style pass, known and unknown mistakes do not, words help."""

import importlib
import math
import re
import textwrap
from functools import cache
from types import ModuleType

import nbformat
import numpy as np
import pytest
import torch
from torch import nn

from autograder import checking, mutants
from autograder.checking import Lab, load_exercises, run_checks, slug_of, total_points
from autograder.derive import derive, without_markers
from autograder.lessons import all_lessons
from autograder.mutants import Mutant

LESSONS = {lesson.name: lesson for lesson in all_lessons()}
EXERCISES = [(lab, name) for lab in LESSONS for name in load_exercises(lab).exercises]
MUTANTS = [(lab, m) for lab in LESSONS for found in mutants.load(lab).values() for m in found]
FEWEST_MUTANTS = {"scaled_dot_product_attention": 10}  # the heart of the course
each_exercise = pytest.mark.parametrize(("lab", "exercise"), EXERCISES)


@cache  # a known mistake is reported on for itself, and among all of its exercise
def report_on(lab: str, exercise: str, source: str, seed: int = checking.PUBLIC_SEED) -> checking.Report:
    namespace = checking.lab_namespace(lab)
    exec(compile(source, "<answer>", "exec"), namespace)
    return Lab(lab, namespace).report(exercise, seed)


@cache
def reference(lab: str, exercise: str) -> str:
    """The course's own answer: the cell of the solution."""
    module = LESSONS[lab].module.read_text(encoding="utf-8")
    return without_markers(derive(module, load_exercises(lab).exercises[exercise].target).cell)


def foreign_answers(lab: str) -> ModuleType:
    return importlib.import_module(f"answers.{slug_of(lab)}")


@each_exercise
@pytest.mark.parametrize("seed", [checking.PUBLIC_SEED, 0, 1, 2**40])
def test_reference_earns_every_point_with_any_seed(lab, exercise, seed):
    report = report_on(lab, exercise, reference(lab, exercise), seed)
    assert report.points == report.max_points == total_points(lab, exercise), report.text()


@pytest.mark.parametrize("seed", [checking.PUBLIC_SEED, 3])
@pytest.mark.parametrize(
    ("lab", "mutant"), MUTANTS, ids=[f"{lab}-{m.exercise}-{m.name}" for lab, m in MUTANTS]
)
def test_mutant_is_rejected_and_named_by_the_check_that_it_names(lab: str, mutant: Mutant, seed: int):
    report = report_on(lab, mutant.exercise, mutant.source, seed)
    outcome = next(o for o in report.outcomes if o.name == mutant.rejected_by)
    assert not outcome.passed
    assert outcome.known is not None
    assert outcome.known.says == mutant.says


@each_exercise
def test_every_exercise_has_enough_mutants_and_every_check_has_gone_red(lab, exercise):
    known = mutants.load(lab)[exercise]
    assert len(known) >= FEWEST_MUTANTS.get(exercise, 3)
    red = {o.name for m in known for o in report_on(lab, exercise, m.source).outcomes if not o.passed}
    assert red == {c.name for c in load_exercises(lab).exercises[exercise].checks}


@pytest.mark.parametrize("lab", LESSONS)
def test_mutants_link_to_paragraphs_that_exist(lab):
    chapter = (LESSONS[lab].folder / "lesson.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\(([a-z0-9-]+)\)=$", chapter, re.MULTILINE))
    assert {m.anchor for of, m in MUTANTS if of == lab} <= targets


@each_exercise
def test_right_answers_in_another_style_pass(lab, exercise):
    answers = foreign_answers(lab).RIGHT[exercise]
    for answer in [answers] if isinstance(answers, str) else answers:
        report = report_on(lab, exercise, textwrap.dedent(answer))
        assert report.points == report.max_points, report.text()


WRONG = [(lab, *pair) for lab in LESSONS for pair in foreign_answers(lab).WRONG]


@pytest.mark.parametrize(
    ("lab", "exercise", "source"), WRONG, ids=[f"{lab}-{name}-{i}" for i, (lab, name, _) in enumerate(WRONG)]
)
def test_wrong_answers_that_are_no_mutants_lose_points_with_a_sentence(lab, exercise, source):
    report = report_on(lab, exercise, textwrap.dedent(source))
    assert report.points < report.max_points
    for outcome in report.outcomes:
        assert outcome.passed or re.search(r"\w+ \w+ \w+", outcome.message)


def _generator(*_args, **_kwargs):
    yield torch.zeros(2)


def _raises(*_args, **_kwargs):
    raise KeyError("my own error")


def _prints(*_args, **_kwargs):
    print("debug <b>bold</b>")


JUNK = {
    "None": lambda *a, **k: None,
    "ellipsis": lambda *a, **k: ...,
    "list": lambda *a, **k: [1.0, 2.0],
    "empty tuple": lambda *a, **k: (),
    "numpy": lambda *a, **k: np.zeros((3, 3)),
    "string": lambda *a, **k: "0.5",
    "wrong dtype": lambda *a, **k: torch.zeros(3, 5, dtype=torch.int64),
    "wrong shape": lambda *a, **k: torch.zeros(1, 1, 1, 1, 1),
    "nan": lambda *a, **k: torch.tensor(math.nan),
    "a module": nn.Linear(2, 2),
    "a class": int,
    "random": lambda *a, **k: torch.rand(3, 3),
    "the function itself": lambda *a, **k: _raises,
    "generator": _generator,
    "own error": _raises,
    "prints": _prints,
    "exit": lambda *a, **k: exit(),
    "no arguments": lambda: 0,
}


@each_exercise
@pytest.mark.parametrize("junk", JUNK)
def test_junk_earns_nothing_and_gets_a_sentence(lab, exercise, junk):
    report = run_checks(lab, exercise, JUNK[junk], {}, checking.PUBLIC_SEED)
    assert report.points == 0
    assert all(len(o.message.split()) >= 4 for o in report.outcomes)


@each_exercise
def test_a_blank_answer_is_told_what_to_do(lab, exercise):
    cells = nbformat.read(LESSONS[lab].exercise, as_version=4).cells
    blank = next(
        c.source for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == f"{lab}-{exercise}"
    )
    report = report_on(lab, exercise, blank)
    assert report.points == 0
    assert "still raises NotImplementedError: replace that line with your answer." in report.text()
