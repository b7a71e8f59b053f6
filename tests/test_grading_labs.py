"""Every lab: the course's own answers earn all points and the released notebook none, whoever grades."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.grading.bundle import Bundle, Submission
from autograder.grading.config import COURSE, course_config, make_commands_findable
from autograder.grading.engine import grade_submission
from autograder.grading.release import release
from autograder.grading.structure import read_structure
from autograder.lessons import ROOT, Lesson, all_lessons
from autograder.sample_class import SampleLab

LABS = [lesson.name for lesson in all_lessons()]


@dataclass(frozen=True)
class Released:
    """A lab in a gradebook of its own; ``handed_in`` are a solved notebook and a blank one."""

    work: Path
    db_url: str
    sample: SampleLab
    handed_in: dict[str, str]


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Released]:
    """Labs by name, each released once."""
    make_commands_findable()

    def released(lab: str) -> Released:
        work = tmp_path_factory.mktemp(lab)
        db_url = str(course_config(ROOT, work).CourseDirectory.db_url)
        release(ROOT, work, lab, db_url)
        sample = SampleLab(Lesson(lab))
        return Released(
            work, db_url, sample, {"solved": sample.notebook(sample.answers), "blank": sample.notebook({})}
        )

    return cache(released)


@pytest.mark.parametrize("lab", LABS)
def test_the_judge_gives_all_points_to_the_solution_and_none_to_the_blank(
    lab: str, labs: Callable[[str], Released]
) -> None:
    known = labs(lab)
    bundle = Bundle(lab=lab, structure=tuple(read_structure(known.db_url, lab, lab)))
    wanted = {f"{lab}-{name}-check": points for name, points in known.sample.points.items()}
    for name, most in {"solved": wanted, "blank": dict.fromkeys(wanted, 0)}.items():
        result, _ = grade_submission(bundle, Submission(known.handed_in[name].encode()), "seed")
        assert {test: result["scores"][test] for test in wanted} == most, result["exercises"]
        assert (result["problem"], result["repairs"], result["flags"], result["stopped"]) == ("", [], [], [])
    assert {e["message"] for e in result["exercises"] if e["test"] in wanted} == {"Not answered yet."}


@pytest.mark.slow
@pytest.mark.parametrize("lab", LABS)
def test_stock_nbgrader_gives_all_points_to_the_solution_and_none_to_the_blank(
    lab: str, labs: Callable[[str], Released]
) -> None:
    known = labs(lab)
    for name, text in known.handed_in.items():
        path = known.work / "submitted" / name / lab / f"{lab}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    options = {
        "CourseDirectory.root": known.work, "CourseDirectory.course_id": COURSE, "CourseDirectory.db_url": known.db_url,
        "ExecutePreprocessor.timeout": 600,
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "autograde",
        lab,
        *(f"--{k}={v}" for k, v in options.items()),
    ]
    done = subprocess.run(command, cwd=known.work, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with Gradebook(known.db_url, COURSE) as gradebook:
        scores = {s.student_id: float(s.score) for s in gradebook.assignment_submissions(lab)}
    assert scores == {"solved": known.sample.worth(), "blank": 0.0}
