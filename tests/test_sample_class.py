"""The sample class of lab 07, graded as `make course` does: everyone gets what an honest teacher gives."""

import time
from pathlib import Path

import nbformat
import pytest

from autograder import mutants
from autograder.checking import load_exercises, score_of
from autograder.draw import seed_of
from autograder.grading.limits import Limits
from autograder.grading.report import ClassReport
from autograder.grading.run import grade_lab
from autograder.grading.seed import SEED_FILE
from autograder.lessons import ROOT, Lesson
from autograder.sample_class import HARMFUL, SampleLab, without_markers, write_class
from autograder.sheet import Manual, read_sheet
from seq2gpt.errors import UserError

LAB = "07-attention"
LIMITS = Limits(cell_seconds=5)
EXERCISE = "scaled_dot_product_attention"
Deserved = dict[str, float]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deserved, ClassReport, Path]:
    """The class, graded once: the scores deserved, those given, and where the results lie."""
    work = tmp_path_factory.mktemp("class")
    deserved = write_class(ROOT, work, LAB)
    return deserved, grade_lab(ROOT, work, LAB, limits=LIMITS), work


def test_everyone_gets_what_they_deserve(graded: tuple[Deserved, ClassReport, Path]) -> None:
    deserved, report, _ = graded
    assert report.scores() == deserved


def test_the_class_has_everyone(graded: tuple[Deserved, ClassReport, Path]) -> None:
    deserved, report, _ = graded
    special = {
        "perfect",
        "half",
        "blank",
        "deleted-tests",
        "deleted-setup",
        "warnings",
        "not-json",
        "other-lab",
    }
    assert special | set(HARMFUL) < set(deserved)
    assert sum(name.startswith("mistake-") for name in deserved) >= 10
    checked = sum(e.points for e in load_exercises(LAB).exercises.values())
    by_hand = sum(q.points for q in read_sheet(Lesson(LAB).sheet).parts if isinstance(q, Manual))
    assert deserved["perfect"] == checked == report.max_score - by_hand
    assert {s.student: s.waiting for s in report.students if s.waiting} == {"perfect": ["two_cards"]}


def test_a_mistake_loses_at_least_the_check_that_names_it(graded: tuple[Deserved, ClassReport, Path]) -> None:
    _, report, _ = graded
    exercise = load_exercises(LAB).exercises[EXERCISE]
    worth = {check.name: check.points for check in exercise.checks}
    scores = report.scores()
    for mutant in mutants.load(LAB)[EXERCISE]:
        earned = scores[f"mistake-{mutant.name.replace('_', '-')}"]
        assert 0 <= earned <= exercise.points - worth[mutant.rejected_by], mutant.name


def test_what_the_instructor_is_told(graded: tuple[Deserved, ClassReport, Path]) -> None:
    _, report, _ = graded
    told = {s.student: [s.problem, *s.flags] for s in report.students}
    assert told["perfect"] == told["warnings"] == told["half"] == [""]
    assert told["deleted-setup"] == ["", f"{LAB}-setup was deleted; it is back"]
    problem, stopped = told["endless-loop"]
    assert problem == ""
    assert stopped.startswith(
        f"{LAB}-softmax: the cell was stopped after 5 seconds; does a loop in it never end? With the course's own answer"
    )
    assert told["os-exit"][1].startswith(f"{LAB}-softmax: the cell ended the Python process")
    assert told["not-json"][0].startswith(f"{LAB}.ipynb is not JSON")
    assert told["other-lab"][0].startswith(f"no folder {LAB} was handed in, only another-lab")


def test_feedback_names_the_mistake_and_hides_the_private_tests(
    graded: tuple[Deserved, ClassReport, Path],
) -> None:
    work = graded[2]
    page = (work / "feedback" / "mistake-no-scale" / LAB / f"{LAB}.html").read_text()
    assert "hidden=True" not in page
    assert "What happened:" in page or "Read this part again" in page
    for student in ("perfect", "mistake-no-scale"):
        nb = nbformat.read(work / "autograded" / student / LAB / f"{LAB}.ipynb", as_version=4)
        seed = (work / ".grading_seed").read_text().strip()
        assert seed not in nbformat.writes(nb)


def test_grading_again_takes_no_time(graded: tuple[Deserved, ClassReport, Path]) -> None:
    _, report, work = graded
    started = time.monotonic()
    assert grade_lab(ROOT, work, LAB, limits=LIMITS).scores() == report.scores()
    assert time.monotonic() - started < 15


def test_without_a_built_lab_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not exist; build the labs with `seq2gpt course build`$"):
        SampleLab(Lesson(LAB, tmp_path))


def test_an_answer_has_no_markers() -> None:
    assert (
        without_markers("def f():\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION")
        == "def f():\n    x = 1"
    )


def test_a_mistake_deserves_what_it_earns_on_the_inputs_that_are_graded(tmp_path: Path) -> None:
    """A mistake of lab 05's search shows in more checks on some inputs than on others."""
    scores = {}
    for seed in ("one", "two", "three"):
        (tmp_path / seed).mkdir()
        (tmp_path / seed / SEED_FILE).write_text(seed)
        scores[seed] = write_class(ROOT, tmp_path / seed, "05-seq2seq")
        mistakes = [name for name in scores[seed] if name.startswith("mistake-")]
        source = next(
            m for m in mutants.load("05-seq2seq")["beam_search"] if m.name == "no_length_penalty"
        ).source
        assert scores[seed]["mistake-no-length-penalty"] == score_of(
            "05-seq2seq", "beam_search", source, seed_of(seed)
        )
    assert len({tuple(of[name] for name in mistakes) for of in scores.values()}) > 1, (
        "the seed makes a difference"
    )
