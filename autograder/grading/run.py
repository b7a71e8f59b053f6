"""Grade a whole class: ``grade_lab(root, work, "07-attention")``.

Submissions run side by side; this process alone writes the gradebook and the pages, one submission after another.
Each result is kept under the hash of all that it depends on before it is entered, so a run that was killed loses
nothing, and what has not changed is not graded again.
"""

import contextlib
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import SAWarning
from tqdm.auto import tqdm

from autograder.grading import intake, release, suspicion
from autograder.grading.bundle import Bundle, Submission, code_digest, digest_of, key_of
from autograder.grading.config import COURSE, course_config
from autograder.grading.engine import MachineFault, hopeless, usual_seconds, with_usual
from autograder.grading.exercises import HandGrade, answers_in, exercise_name, own_answers, with_hand_grades
from autograder.grading.files import files_beside
from autograder.grading.gradebook import GradeWriter, timestamp_of
from autograder.grading.handback import mark_for_exchange
from autograder.grading.journal import UnknownRequestError
from autograder.grading.limits import Limits
from autograder.grading.pages import write_pages
from autograder.grading.pool import Runner, process_pool
from autograder.grading.reference import require_full_points
from autograder.grading.report import ClassReport, differences, student_line
from autograder.grading.seed import SEED_FILE, grading_seed
from autograder.grading.settings import Settings, read_settings
from autograder.grading.store import Store, discard, room_on_disk, write_whole
from autograder.grading.structure import read_structure
from autograder.plan import FILE as PLAN
from autograder.plan import labs_of, only, plan_of

WORKERS = 2
MakeExecutor = Callable[[int], Executor]


def grade_lab(
    root: Path,
    work: Path,
    lab: str,
    students: Sequence[str] | None = None,
    workers: int | None = None,
    limits: Limits | None = None,
    again: bool = False,
    unsafe: bool = False,
    make_executor: MakeExecutor = process_pool,
) -> ClassReport:
    """Grade everything in ``work/submitted`` for one lab of the course in ``root``.

    Leaves the gradebook, the graded notebooks, the feedback and ``grades.csv`` in ``work``. A submission
    that cannot be read scores 0 and is reported with one reason; it never stops the others. ``again`` runs
    what has not changed, too; ``unsafe`` runs submissions without a jail. Raises ``UserError`` when there is
    nothing to grade.
    """
    if workers is not None and workers < 1:
        raise UnknownRequestError(f"--workers {workers} grades nothing; use 1 or more")
    settings = read_settings(work)
    grading = LabGrading(root.resolve(), work.resolve(), lab, settings, limits or settings.limits, unsafe)
    wanted = grading.choose(students)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)
        with room_on_disk(work):
            runner = Runner(make_executor, workers or WORKERS, settings.tries)
            try:
                if make_executor is process_pool and (again or grading.is_new(wanted)):
                    runner.warm_up(unsafe)
                grading.prepare()
                return grading.grade(wanted, runner, again)
            finally:
                runner.close()


@dataclass
class Job:
    """One student on the way through grading."""

    student: str
    key: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    graded_now: bool = True
    before: dict[str, float] | None = None
    penalty_before: float = 0.0
    answers: dict[str, str] = field(default_factory=dict)
    last: dict[str, Any] | None = None


class LabGrading:
    """One lab, one gradebook."""

    def __init__(
        self, root: Path, work: Path, lab: str, settings: Settings, limits: Limits, unsafe: bool
    ) -> None:
        self.root, self.work, self.lab = root, work, lab
        self.settings, self.limits, self.unsafe = settings, limits, unsafe
        self.plan = plan_of(root, work).of(lab)
        self.source = root / "solutions" / lab / f"{lab}.ipynb"
        self.submitted = work / "submitted"
        self.db_url = str(course_config(root, work).CourseDirectory.db_url)
        self.seed = grading_seed(work / SEED_FILE)
        self.store = Store(work / ".graded")
        self.executor: Callable[[], Executor]

    def choose(self, students: Sequence[str] | None) -> list[str]:
        """Whom to grade; checks that lab and students exist."""
        if not self.source.is_file():
            labs = ", ".join(labs_of(self.root)) or "none yet"
            raise UnknownRequestError(
                f"there is no lab {self.lab!r}; the labs are {labs}; build it with `seq2gpt course build`"
            )
        known = intake.students_of(self.submitted)
        if not known:
            raise UnknownRequestError(
                f"{self.submitted} holds no submission; each one lies in NAME/{self.lab}/{self.lab}.ipynb; collect them"
            )
        unknown = sorted(set(students or []) - set(known))
        if unknown:
            raise UnknownRequestError(f"no submission of {', '.join(unknown)}; there are {', '.join(known)}")
        return [s for s in known if students is None or s in students]

    def is_new(self, students: list[str]) -> bool:
        """Whether there is somebody without a result, so that workers are needed for certain."""
        return any(self.store.entered(self.lab, student) is None for student in students)

    def prepare(self) -> None:
        """Tell the gradebook what the lab is, and read it back."""
        release.release(self.root, self.work, self.lab, self.db_url)
        structure = read_structure(self.db_url, self.lab, self.lab)
        self.bundle = Bundle(
            lab=self.lab,
            structure=tuple(structure),
            files=files_beside(self.root / "solutions" / self.lab)[0],
            limits=self.limits,
            code=code_digest(),
            unsafe=self.unsafe,
        )
        only(
            self.plan.exercises,
            self.max_scores,
            f"{self.work / PLAN} [labs.{self.lab}.exercises]",
            "exercise",
        )

    @property
    def max_scores(self) -> dict[str, float]:
        """Points of each exercise, in the order of the lab."""
        return {
            exercise_name(self.lab, c.name): c.points for c in self.bundle.structure if c.points is not None
        }

    def grade(self, students: list[str], runner: Runner, again: bool) -> ClassReport:
        """Run what has to run, and enter results as they come."""
        jobs = {student: Job(student) for student in students}
        with (
            GradeWriter(self.db_url, COURSE, self.lab, self.settings.late, self.plan) as writer,
            tqdm(total=len(jobs), desc=self.lab, unit="submission") as bar,
        ):
            roster = writer.students()
            before, penalties = writer.scores(), writer.penalties()
            for job in jobs.values():
                job.before, job.penalty_before = before.get(job.student), penalties.get(job.student, 0.0)
                job.last = (self.store.entered(self.lab, job.student) or {}).get("result")
            self.executor = lambda: runner.executor
            require_full_points(runner, self.store, self.bundle, self.seed, self.source)
            for job, graded in runner.run(self.bundle, self.seed, self.to_run(jobs, again, writer, bar)):
                if isinstance(graded, MachineFault):
                    self.note_fault(job, graded)
                else:
                    self.store.keep(job.key, *graded)
                    self.enter(writer, job, *graded)
                bar.update()
            added = sorted(set(students) - roster)
            return self.report(writer, list(jobs.values()), added)

    def to_run(
        self, jobs: dict[str, Job], again: bool, writer: GradeWriter, bar: Any
    ) -> Iterator[tuple[Job, Submission]]:
        """The submissions without a result; those that have one, or can have none, are entered on the way."""
        for job in jobs.values():
            submission = self.read(job)
            if submission is not None:
                kept = None if again else self.store.result(job.key)
                if kept is None:
                    yield job, submission
                    continue
                job.graded_now = not self.is_entered(job, writer)
                job.result, job.answers = self.told(kept[0]), answers_in(self.lab, kept[1])
                if job.graded_now:
                    self.enter(writer, job, *kept)
            else:
                self.enter(writer, job, job.result, "")
            bar.update()

    def read(self, job: Job) -> Submission | None:
        """What a student handed in; None, with the reason in the job's result, if it cannot be read."""
        try:
            submission = intake.read_submission(self.submitted, job.student, self.lab)
        except intake.SubmissionProblem as problem:
            job.result = hopeless(self.bundle, str(problem))
            return None
        except OSError as error:
            why = f"the submission cannot be read ({error}); its files must be readable; hand it in again"
            job.result = hopeless(self.bundle, why)
            return None
        job.key = key_of(self.bundle, submission, self.seed)
        return submission

    def outcome(self, student: str, step: str) -> Path:
        """The folder of a student's graded notebook or feedback."""
        return self.work / step / student / self.lab

    def told(self, result: dict[str, Any]) -> dict[str, Any]:
        """A result with the usual time of each cell that was stopped."""
        return with_usual(result, self.usual_seconds()) if result.get("stopped") else result

    def usual_seconds(self) -> dict[str, float]:
        """How long each cell of the course's own notebook takes here; measured once, when the first cell was stopped."""
        path = self.store.folder / self.lab / ".usual.json"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["bundle"] == self.bundle.digest:
                return dict(known["seconds"])
        source = self.root / "solutions" / self.lab / f"{self.lab}.ipynb"
        with contextlib.suppress(MachineFault, BrokenExecutor):  # a time less in a sentence stops no grading
            reference = Submission(source.read_bytes())
            seconds = self.executor().submit(usual_seconds, self.bundle, reference, self.seed).result()
            write_whole(path, json.dumps({"bundle": self.bundle.digest, "seconds": seconds}))
            return seconds
        return {}

    def handed_in(self, job: Job) -> Path:
        """The folder of a student's submission."""
        return self.submitted / job.student / self.lab

    def entry_key(self, job: Job, writer: GradeWriter) -> str:
        """A name for a result, when it was handed in, and what lateness costs: for all that the gradebook gets."""
        dates = [
            str(timestamp_of(self.handed_in(job))),
            str(writer.due(job.student)),
            asdict(self.settings.late),
        ]
        return digest_of([job.key, *dates], {})

    def is_entered(self, job: Job, writer: GradeWriter) -> bool:
        """Whether this very result is in the gradebook already, with all that belongs to it."""
        record = self.store.entered(self.lab, job.student)
        page = self.outcome(job.student, "feedback") / f"{self.lab}.html"
        known = record is not None and record["key"] == self.entry_key(job, writer)
        return known and job.before is not None and page.is_file()

    def enter(self, writer: GradeWriter, job: Job, result: dict[str, Any], notebook: str) -> None:
        """Put one result into the gradebook, with the graded notebook and the feedback."""
        result = self.told(result)
        job.result, job.answers = result, answers_in(self.lab, notebook)
        penalty = writer.enter(job.student, result, timestamp_of(self.handed_in(job)))
        graded = self.outcome(job.student, "autograded")
        discard(graded)
        if notebook:
            write_whole(graded / f"{self.lab}.ipynb", notebook)
        self.write_feedback(job, penalty, {})
        self.store.note_entered(self.lab, job.student, self.entry_key(job, writer), result)

    def write_feedback(self, job: Job, penalty: float, by_hand: dict[str, HandGrade]) -> None:
        """The student's pages, with what a person gave and wrote in place of what the tests gave."""
        told = with_hand_grades(job.result, by_hand) | {"late_penalty": penalty}
        folder = self.outcome(job.student, "feedback")
        write_pages(folder, self.lab, job.student, told, job.answers)
        mark_for_exchange(folder, self.handed_in(job))

    def note_fault(self, job: Job, fault: MachineFault) -> None:
        """Leave a submission ungraded that this machine could not run; its score stays what it was."""
        job.result = hopeless(self.bundle, "") | {
            "flags": [f"not graded, through no fault of the student: {fault}; grade again"]
        }

    def report(self, writer: GradeWriter, jobs: list[Job], added: list[str]) -> ClassReport:
        """The class as the gradebook has it, on screen and as tables."""
        scores, penalties, waiting = writer.scores(), writer.penalties(), writer.waiting()
        by_hand = writer.by_hand()
        for job in (job for job in jobs if job.student in by_hand):
            self.write_feedback(job, penalties.get(job.student, 0.0), by_hand[job.student])
        lines = [
            replace(
                student_line(
                    self.lab,
                    s := job.student,
                    job.result,
                    scores.get(s, {}),
                    penalties.get(s, 0.0),
                    waiting.get(s, ()),
                ),
                graded_now=job.graded_now,
                before=None if job.before is None else sum(job.before.values()) - job.penalty_before,
                reasons=differences(job.last, job.result),
            )
            for job in jobs
        ]
        own = own_answers(self.lab, self.source)
        alike = suspicion.alike({job.student: job.answers for job in jobs if job.answers}, own)
        report = ClassReport(self.lab, self.max_scores, lines, alike, self.unsafe, added)
        report.write_json(self.work / f"report-{self.lab}.json")
        report.write_csv(self.work / f"grades-{self.lab}.csv")
        export = CsvExportPlugin(to=str(self.work / "grades.csv")).export
        writer.patient(lambda: export(writer.gradebook))
        return report
