"""The engine behind ``check("causal_mask")``: run the checks of an exercise and say what they found.

A lesson's checks are plain functions in ``autograder/checks/<slug>.py``, registered with
:func:`check`. Each receives the student's object and a seeded source of inputs, states one property in
its docstring and fails with one sentence. The code of the checks is open; what stays secret is the
seed from which graded inputs are drawn.
"""

import contextlib
import functools
import importlib
import inspect
import io
import sys
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder import mutants
from autograder.defaults import plain_defaults
from autograder.draw import PUBLIC_SEED as PUBLIC_SEED
from autograder.draw import Draw as Draw
from autograder.draw import private_seed as private_seed
from autograder.expect import CheckFailed
from autograder.kernel import kernel_shell
from autograder.recorder import Recorder, lineage_of, same
from autograder.report import Outcome, Report
from autograder.student.progress import remember, remember_opening
from autograder.timing import ProcessEnded, TooSlow, time_limit
from autograder.unsolved import explain_unsolved, is_students

SECONDS_PER_CHECK = 5


@dataclass(frozen=True)
class Check:
    """One property that a right answer has, and the points it earns."""

    name: str
    points: float
    run: Callable[[Any, Draw], None]

    @property
    def sentence(self) -> str:
        """The property in words."""
        return inspect.cleandoc(self.run.__doc__ or "")


@dataclass
class Exercise:
    """The checks of one exercise, and how its object is called when it is not a plain function."""

    name: str
    target: str
    checks: list[Check] = field(default_factory=list)
    adapt: Callable[[Any], Callable[..., Any]] | None = None

    @property
    def points(self) -> float:
        """What a right answer earns."""
        return sum(c.points for c in self.checks)


class ExerciseSet:
    """What a lesson's checks module registers, in the order of the lab."""

    def __init__(self, lab: str) -> None:
        self.lab = lab
        self.exercises: dict[str, Exercise] = {}

    def exercise(self, name: str, target: str | None = None, adapt: Callable[..., Any] | None = None) -> None:
        """Open an exercise; ``adapt`` turns a student's class into a function of tensors."""
        self.exercises[name] = Exercise(name, target or name, adapt=adapt)

    def check(self, exercise: str, points: float = 1) -> Callable[..., Any]:
        """Register the decorated function as a check of ``exercise``."""

        def register(function: Callable[[Any, Draw], None]) -> Callable[[Any, Draw], None]:
            self.exercises[exercise].checks.append(Check(function.__name__, points, function))
            return function

        return register


def load_exercises(lab: str) -> ExerciseSet:
    """The registered checks of a lab such as ``07-attention``."""
    module = importlib.import_module(f"autograder.checks.{slug_of(lab)}")
    exercises: ExerciseSet = module.EXERCISES
    return exercises


def slug_of(lab: str) -> str:
    """``07-attention`` → ``attention``, the name of the lesson's modules."""
    return lab.split("-", 1)[1].replace("-", "_")


def total_points(lab: str, exercise: str) -> int:
    """Points of an exercise, the sum over its checks."""
    points = find(load_exercises(lab), exercise).points
    if points != int(points):
        raise ValueError(f"the checks of {exercise} add up to {points} points; make the sum a whole number")
    return int(points)


def find(exercises: ExerciseSet, name: str) -> Exercise:
    """The exercise called ``name``; the error lists those that exist."""
    if name not in exercises.exercises:
        known = ", ".join(exercises.exercises)
        raise ValueError(f"{exercises.lab} has no exercise {name!r}; it has {known}")
    return exercises.exercises[name]


def run_checks(lab: str, name: str, subject: Any, namespace: MutableMapping[str, Any], seed: int) -> Report:
    """Run every check of an exercise on ``subject`` and report what each one found.

    While they run, the names of the lab's *earlier* exercises in ``namespace`` stand for the reference,
    so that a mistake is charged once, where it was made.
    """
    exercises = load_exercises(lab)
    exercise = find(exercises, name)
    report = Report(lab, name, [])
    printed = io.StringIO()
    with earlier_parts_right(exercises, exercise, namespace):
        for check in exercise.checks:
            found = [o.known for o in report.outcomes if o.known]
            report.outcomes.append(run_one(exercises.lab, exercise, check, subject, seed, printed, found))
    report.printed = printed.getvalue()
    return report


def run_one(
    lab: str,
    exercise: Exercise,
    check: Check,
    subject: Any,
    seed: int,
    printed: io.StringIO,
    found: Sequence[mutants.Mutant] = (),
) -> Outcome:
    """Run one check; if it fails, look for the known mistake that fails in the very same way, one ``found`` before first."""
    outcome, results = attempt(lab, exercise, check, subject, seed, printed)
    if outcome.passed or outcome.blank:
        return outcome
    for mutant in dict.fromkeys((*found, *mutants.load(lab).get(exercise.name, ()))):
        message, twin_results = a_mistake_gives(lab, exercise.name, check.name, mutant.name, seed)
        if message == outcome.message and same(twin_results, results):
            outcome.known = mutant
            break
    return outcome


@functools.lru_cache(maxsize=2**14)
def a_mistake_gives(lab: str, exercise: str, check: str, mutant: str, seed: int) -> tuple[str, list[Any]]:
    """Message and results of a known mistake under a check: always the same, so each is tried once in a process."""
    of = find(load_exercises(lab), exercise)
    known = next(m for m in mutants.load(lab)[exercise] if m.name == mutant)
    run = next(c for c in of.checks if c.name == check)
    outcome, results = attempt(lab, of, run, known.build(), seed, io.StringIO())
    return outcome.message, results


def attempt(
    lab: str, exercise: Exercise, check: Check, subject: Any, seed: int, printed: io.StringIO
) -> tuple[Outcome, list[Any]]:
    """The outcome of one check on ``subject``, whatever its code does, and the results that it gave."""
    outcome = Outcome(check.name, check.sentence, check.points)
    recorder = Recorder(subject, exercise.adapt)
    quiet = contextlib.ExitStack()
    quiet.enter_context(torch.random.fork_rng(devices=[]))
    quiet.enter_context(contextlib.redirect_stdout(printed))
    quiet.enter_context(contextlib.redirect_stderr(printed))
    try:
        with quiet, plain_defaults(), time_limit(SECONDS_PER_CHECK):
            # Where there is no GPU to seed too, torch.manual_seed formats three tracebacks each time.
            torch.default_generator.manual_seed(seed)
            check.run(recorder, Draw(seed, f"{lab}/{exercise.name}/{check.name}"))
    except CheckFailed as failed:
        outcome.message = str(failed)
    except NotImplementedError as error:
        outcome.blank = True
        outcome.message = (
            "This exercise still raises NotImplementedError: replace that line with your answer."
        )
        outcome.line = students_line(error)  # in a class, which of its methods
    except TooSlow:
        outcome.message = f"Your code had not finished after {SECONDS_PER_CHECK} seconds of computing: does a loop never end?"
    except ProcessEnded as ended:
        outcome.message = f"Your code could not be called: {ended}."
    except SystemExit:
        outcome.message = "Your code called exit(); an answer should return its result."
    except Exception as error:
        given = f" (called with: {recorder.unanswered})" if recorder.unanswered else ""
        outcome.message = f"Your code raised {type(error).__name__}: {error}{given}"
        outcome.line = students_line(error)
    else:
        outcome.passed = True
    return outcome, recorder.results


def students_line(error: Exception) -> str:
    """The line of the student's cell that raised, empty if it cannot be told."""
    if known := getattr(error, "students_line", ""):  # raised in the student's process
        return str(known)
    for frame in reversed(inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []):
        if is_students(frame.filename) and frame.code_context:
            return f"line {frame.lineno} of your cell: {frame.code_context[0].strip()}"
    return ""


@contextlib.contextmanager
def earlier_parts_right(
    exercises: ExerciseSet, exercise: Exercise, namespace: MutableMapping[str, Any]
) -> Iterator[None]:
    """Let the names of earlier exercises mean the reference for a while."""
    package = importlib.import_module(f"seq2gpt.{slug_of(exercises.lab)}")
    names = list(exercises.exercises)
    earlier = [exercises.exercises[n].target for n in names[: names.index(exercise.name)]]
    before = defined(namespace, earlier)
    namespace.update({name: getattr(package, name) for name in earlier})
    try:
        yield
    finally:
        namespace.update(before)
        for name in earlier:
            if name not in before:
                namespace.pop(name, None)


def defined(namespace: MutableMapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The values of those names that mean something; asked for together where each question is a message."""
    ask = getattr(namespace, "defined", None)
    return ask(names) if ask else {name: namespace[name] for name in names if name in namespace}


class Lab:
    """``check = open_lab("07-attention")``; then ``check("causal_mask")`` in the notebook."""

    def __init__(self, lab: str, namespace: MutableMapping[str, Any] | None = None) -> None:
        self.exercises = load_exercises(lab)
        self._namespace = namespace
        self._panel: Any = None

    def panel(self) -> None:
        """Show in a notebook how far the lab is solved; each check brings it up to date. Elsewhere nothing happens."""
        if kernel_shell():
            from IPython.display import display

            from autograder.student.panel import Panel

            self._panel = Panel(self.exercises)
            display(self._panel)

    @property
    def namespace(self) -> MutableMapping[str, Any]:
        """The names that the notebook's cells defined; while it is graded, those of the student's process."""
        names = sys.modules["__main__"].__dict__
        return self._namespace if self._namespace is not None else names.get("__student__", names)

    def report(self, name: str, seed: int = PUBLIC_SEED) -> Report:
        """Check the exercise as it stands in the notebook, without showing anything."""
        exercise = find(self.exercises, name)
        subject = self.namespace.get(exercise.target)
        problem = self.refusal(exercise.target, subject)
        if problem:
            outcomes = [Outcome(c.name, c.sentence, c.points, message=problem) for c in exercise.checks]
            return Report(self.exercises.lab, name, outcomes, problem=problem)
        return run_checks(self.exercises.lab, name, subject, self.namespace, seed)

    def refusal(self, target: str, subject: Any) -> str:
        """Why the object cannot be checked at all; empty if it can."""
        if subject is None:
            return (
                f"{target} is not defined yet. Run the cell that defines it, then this one again; "
                "a cell with a syntax error defines nothing."
            )
        if not callable(subject):
            return f"{target} should be a function or a class; here it is {type(subject).__name__}."
        if str(getattr(subject, "__module__", "")).split(".")[0] in ("seq2gpt", "torch", "autograder"):
            return f"{target} is imported from {subject.__module__}; this exercise asks for your own."
        if f"seq2gpt.{slug_of(self.exercises.lab)}.{target}" in lineage_of(subject):
            return f"{target} inherits from the course's own {target}; this exercise asks for your own."
        return ""

    def __call__(self, name: str, hidden: bool = False) -> float:
        """Show how far the exercise is right; returns the points earned.

        With ``hidden`` the inputs are drawn from the instructor's private seed and the report names
        what failed without showing numbers.
        """
        seed = private_seed() if hidden else PUBLIC_SEED
        report = self.report(name, seed)
        report.hidden = hidden
        report.show()
        if not hidden:
            remember(report, find(self.exercises, name).target)
            if self._panel:
                self._panel.note(report)
        return report.points


def open_lab(lab: str) -> Lab:
    """The checks of a lab, ready to be called with the name of an exercise."""
    explain_unsolved()
    remember_opening(lab)
    return Lab(lab)


def score_of(lab: str, exercise: str, source: str, seed: int = PUBLIC_SEED) -> float:
    """Points that the answer ``source`` earns; for the tests of the checks, never for strangers' code."""
    namespace = lab_namespace(lab)
    exec(compile(source, "<answer>", "exec"), namespace)  # noqa: S102 (our own mutants)
    return Lab(lab, namespace).report(exercise, seed).points


def lab_namespace(lab: str) -> dict[str, Any]:
    """Names that an answer of the lab may rely on: the module's imports and the earlier parts."""
    package = importlib.import_module(f"seq2gpt.{slug_of(lab)}")
    return {**vars(package), "__name__": "__main__"}
