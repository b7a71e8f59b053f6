"""Grade a whole class: ``grade_lab(root, work, "07-attention")``.

Submissions run side by side, each in kernels of its own; nbgrader's steps, which write the gradebook, run
one after another in this process, so that nothing collides. What has not changed is not graded again.
"""

import contextlib
import html
import logging
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import SAWarning
from tqdm.auto import tqdm

from autograder.grading import intake
from autograder.grading.config import COURSE, SEED_FILE, course_config
from autograder.grading.execute import code_cells, files_beside, run_notebook
from autograder.grading.jobs import Job, digest_of, recall, write_record
from autograder.grading.limits import Limits
from autograder.grading.report import ClassReport, StudentReport
from autograder.grading.seed import grading_seed
from autograder.jail import JailError
from autograder.grading.structure import SourceCell, read_structure, restore
from seq2gpt.errors import UserError

WORKERS = 2


def grade_lab(
    root: Path,
    work: Path,
    lab: str,
    students: Sequence[str] | None = None,
    workers: int | None = None,
    limits: Limits | None = None,
) -> ClassReport:
    """Grade everything in ``work/submitted`` for one lab of the course in ``root``.

    Leaves the gradebook, the graded notebooks, the feedback and ``grades.csv`` in ``work``. A submission
    that cannot be read scores 0 and is reported with one reason; it never stops the others. Raises
    ``UserError`` when there is nothing to grade.
    """
    grading = LabGrading(root.resolve(), work.resolve(), lab, limits or Limits())
    wanted = grading.choose(students)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="seq2gpt-class-") as staged:
        # nbgrader adds rows to its gradebook in an order that SQLAlchemy 2 remarks on; the rows are right.
        warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)
        grading.release()
        jobs = [grading.prepare(student, Path(staged)) for student in wanted]
        try:
            grading.grade(jobs, workers or WORKERS)
        except JailError as error:
            raise UserError(f"submissions cannot be run in a jail here: {error}; see the security page") from error
    grading.read_scores()
    report = ClassReport(lab, grading.max_scores, [grading.report_of(job) for job in jobs])
    report.write_csv(work / f"grades-{lab}.csv")
    grading.export(work / "grades.csv")
    return report


class LabGrading:
    """One lab, one gradebook."""

    def __init__(self, root: Path, work: Path, lab: str, limits: Limits) -> None:
        self.root, self.work, self.lab, self.limits = root, work, lab, limits
        self.submitted = work / "submitted"
        self.db_url = str(self.config().CourseDirectory.db_url)
        self.seed = grading_seed(work / SEED_FILE)
        self.structure: list[SourceCell] = []
        self.scores: dict[str, dict[str, float]] = {}

    def config(self, **folders: str) -> Any:
        """nbgrader's settings, with some of its folders moved."""
        c = course_config(self.root, self.work, self.limits)
        c.CourseDirectory.assignment_id = self.lab
        for name, folder in folders.items():
            c.CourseDirectory[name] = folder
        return c

    def choose(self, students: Sequence[str] | None) -> list[str]:
        """Whom to grade; checks that lab and students exist."""
        source = self.root / "solutions" / self.lab / f"{self.lab}.ipynb"
        if not source.is_file():
            labs = (
                ", ".join(sorted(p.name for p in (self.root / "solutions").glob("*") if p.is_dir()))
                or "none yet"
            )
            raise UserError(
                f"there is no lab {self.lab!r}; the labs are {labs}; build it with `seq2gpt course build`"
            )
        known = intake.students_of(self.submitted)
        if not known:
            raise UserError(
                f"{self.submitted} holds no submission; each one lies in NAME/{self.lab}/{self.lab}.ipynb; collect them"
            )
        unknown = sorted(set(students or []) - set(known))
        if unknown:
            raise UserError(f"no submission of {', '.join(unknown)}; there are {', '.join(known)}")
        return [s for s in known if students is None or s in students]

    def release(self) -> None:
        """Tell the gradebook what the lab is; the released notebook itself stays as it is."""
        with tempfile.TemporaryDirectory(prefix="seq2gpt-release-") as unused:
            c = self.config(release_directory=unused)
            try:
                convert(GenerateAssignment, c)
            except NbGraderError as error:
                raise UserError(
                    f"{self.lab} cannot be released: {error}; if its cells have changed since it was first graded, "
                    f"keep {self.work / 'gradebook.db'} under another name and grade again"
                ) from error
        self.structure = read_structure(self.db_url, self.lab, self.lab)
        self.read_scores()

    @property
    def max_scores(self) -> dict[str, float]:
        """Points of each exercise, in the order of the lab."""
        return {self.exercise(c.name): c.points for c in self.structure if c.points is not None}

    def exercise(self, grade_id: str) -> str:
        """``07-attention-softmax-check`` → ``softmax``."""
        return grade_id.removeprefix(f"{self.lab}-").removesuffix("-check")

    def prepare(self, student: str, staged: Path) -> Job:
        """Read, repair and lay out one submission, and see whether it must be graded at all."""
        job = Job(student)
        extra = self.root / "solutions" / self.lab
        try:
            submitted = intake.read_submission(self.submitted, student, self.lab)
            job.folder = intake.stage(submitted, self.submitted, student, self.lab, extra, staged)
        except intake.SubmissionProblem as problem:
            job.problem = str(problem)
            return job
        except OSError as error:
            job.problem = (
                f"the submission cannot be read ({error}); its files must be readable; hand it in again"
            )
            return job
        job.notebook, job.repairs = restore(submitted, self.structure)
        job.digest = digest_of(job, self.structure, self.seed, self.limits)
        job.current = self.is_current(job)
        return job

    def outcome(self, student: str, step: str) -> Path:
        """The folder of a student's graded notebook or feedback."""
        return self.work / step / student / self.lab

    def record(self, student: str) -> Path:
        """Where it is kept what was graded last."""
        return self.work / ".graded" / self.lab / f"{student}.json"

    def is_current(self, job: Job) -> bool:
        """Whether this very submission has been graded with these very tests."""
        results = [self.outcome(job.student, "autograded") / f"{self.lab}.ipynb"]
        results.append(self.outcome(job.student, "feedback") / f"{self.lab}.html")
        there = all(p.is_file() for p in results) and job.student in self.scores
        return there and recall(self.record(job.student), job)

    def grade(self, jobs: list[Job], workers: int) -> None:
        """Run the submissions side by side; enter the results one by one, in order."""
        with (
            ThreadPoolExecutor(workers) as pool,
            tqdm(total=len(jobs), desc=self.lab, unit="submission") as bar,
        ):
            runs: dict[str, Future[float]] = {}
            for job in jobs:
                if not job.problem and not job.current:
                    runs[job.student] = pool.submit(self.execute, job)
            try:
                for job in jobs:
                    self.enter(job, runs.get(job.student))
                    bar.update()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def execute(self, job: Job) -> float:
        """Run one submission; returns the seconds that it took."""
        started = time.monotonic()
        run_notebook(job.notebook, files_beside(job.folder), self.limits, self.seed)
        return time.monotonic() - started

    def enter(self, job: Job, run: Future[float] | None) -> None:
        """Put one result into the gradebook, with the graded notebook and the feedback."""
        if run:
            job.seconds = run.result()
            job.note_flags()
            try:
                self.autograde(job)
            except NbGraderError as error:
                job.problem = f"nbgrader could not grade it: {error}; see the submission's notebook"
        if job.problem:
            self.give_zero(job)

    def autograde(self, job: Job) -> None:
        """nbgrader's own two steps, with the outputs that are there already."""
        c = self.config(submitted_directory=str(job.folder.parent.parent))
        c.CourseDirectory.student_id = glob_escape(job.student)
        c.BoundedExecute.executed = [list(cell.outputs) for cell in code_cells(job.notebook)]
        convert(Autograde, c)
        convert(GenerateFeedback, c)
        write_record(self.record(job.student), job)

    def give_zero(self, job: Job) -> None:
        """Enter 0 for a submission that could not be graded, and tell the student why."""
        with Gradebook(self.db_url, COURSE) as gradebook:
            gradebook.update_or_create_student(job.student)
            submission = gradebook.update_or_create_submission(self.lab, job.student)
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = 0, False
            gradebook.db.commit()
        intake.discard(self.outcome(job.student, "autograded"))
        page = self.outcome(job.student, "feedback") / f"{self.lab}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(
            f"<!DOCTYPE html><meta charset=utf-8><title>{html.escape(self.lab)}</title>"
            f"<h1>{html.escape(self.lab)}: 0 points</h1><p>{html.escape(job.problem)}</p>\n",
            encoding="utf-8",
        )

    def read_scores(self) -> None:
        """Everybody's points by exercise as the gradebook has them, corrections by hand included."""
        with Gradebook(self.db_url, COURSE) as gradebook:
            for submission in gradebook.assignment_submissions(self.lab):
                grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
                self.scores[submission.student_id] = {self.exercise(g.name): float(g.score) for g in grades}

    def report_of(self, job: Job) -> StudentReport:
        """The line of one student."""
        now = not job.current
        return StudentReport(
            job.student, self.scores[job.student], job.problem, job.repairs + job.flags, job.seconds, now
        )

    def export(self, path: Path) -> None:
        """nbgrader's own table of grades, all labs."""
        with Gradebook(self.db_url, COURSE) as gradebook:
            CsvExportPlugin(to=str(path)).export(gradebook)


class NbGraderError(Exception):
    """An nbgrader step failed; the message is the last thing that it logged."""


def convert(converter: Any, c: Any) -> None:
    """Run one of nbgrader's converters to its end or raise :class:`NbGraderError`."""
    step = converter(coursedir=CourseDirectory(config=c), config=c)
    step.force = True
    with last_words(step.log) as words:
        try:
            step.start()
        except NbGraderException as error:
            causes = [w for w in words if not w.startswith("There was an error processing")]
            raise NbGraderError(causes[0] if causes else str(error)) from error


@contextlib.contextmanager
def last_words(log: logging.Logger) -> Iterator[list[str]]:
    """Collect the last line of each error that is logged, and keep the log off the terminal."""
    words: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: words.append(record.getMessage().strip().splitlines()[-1])  # type: ignore[method-assign]
    propagate = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield words
    finally:
        log.removeHandler(handler)
        log.propagate = propagate


def glob_escape(name: str) -> str:
    """nbgrader takes a student's name for a pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
