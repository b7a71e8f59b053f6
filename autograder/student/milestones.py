"""Milestones: what a student's own parts reach when they are put to work together.

Each one trains with the package of the student's answers, in minutes, and compares a figure with what the course's own
parts reach. Where it is missed although all checks passed, the answers that ran are exchanged for the course's in turn,
to find the one to revisit.
"""

import math
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autograder.student.assembly import Part, assemble
from autograder.student.attempt import Attempt, attempt
from autograder.student.find import Workspace, near
from autograder.student.progress import MARKER, RECORD, entries, note, read_progress
from autograder.student.status import Row, rows_of
from seq2gpt.errors import UserError
from seq2gpt.run.demos import expected_figures
from seq2gpt.run.presets import LOSS

GPT = "gpt"  # how the runs of the student's own GPT are called


@dataclass(frozen=True)
class Milestone:
    """What is trained, which figure counts, and what it has to be."""

    lab: str
    title: str
    program: str
    """A demonstration or preset of ``seq2gpt train``."""
    figure: str
    aim: Literal["high", "low", "near"] = "high"
    minutes: float = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    beats: str = ""
    """Another figure of the same run that has to be smaller."""

    @property
    def expected(self) -> tuple[float, float]:
        """Mean and standard deviation of the figure over seeds, with the course's own parts."""
        mean, sd = expected_figures(self.program)[self.figure]
        return mean, sd or 0.0

    @property
    def margin(self) -> float:
        """How far from the mean is still as good: four standard deviations, and 2 % for another machine."""
        mean, sd = self.expected
        return 4 * sd + 0.02 * abs(mean)

    def reached(self, figures: Mapping[str, float]) -> bool:
        """Whether a training got there."""
        value, (mean, _) = figures.get(self.figure, math.nan), self.expected
        good = {
            "high": value >= mean - self.margin,
            "low": value <= mean + self.margin,
            "near": abs(value - mean) <= self.margin,
        }[self.aim]
        return good and (not self.beats or value > figures[self.beats])

    @property
    def goal(self) -> str:
        """What has to be reached, in words."""
        mean, sd = self.expected
        low, high = (f"{number:.4g}" for number in (mean - self.margin, mean + self.margin))
        words = {"high": f"at least {low}", "low": f"at most {high}", "near": f"between {low} and {high}"}
        more = f", and more than the {self.beats}" if self.beats else ""
        return f"{self.figure}: {words[self.aim]}{more} (the course's own: {mean:.4g} ± {sd:.2g})"


MILESTONES = (
    Milestone("03-language-models", "Your generator of names", "bigram", "perplexity, bigrams, counted", "low"),
    Milestone("05-seq2seq", "Your translator", "seq2seq", "BLEU"),
    Milestone("06-alignment", "Your alignment map", "alignment", "words aligned, %"),
    Milestone("08-heads", "Your heads, each with its own place to look", "heads", "4 heads, letters right, %"),
    Milestone(
        "11-transformer", "Your Transformer beats your RNN", "ladder", "Transformer: BLEU", minutes=2,
        settings={"n_seeds": 1}, beats="RNN: BLEU",
    ),
    Milestone("13-gpt", "The weights of GPT-2 in your GPT", "gpt", "logits unlike those of transformers, %", "low"),
    Milestone("14-training", "Your trained GPT", "gpt2", LOSS, "low", minutes=10),
    Milestone("15-generation", "Your playground", "generation", "top-p 0.9, perplexity", "near"),
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A milestone, what was reached, and whose code it was."""

    milestone: Milestone
    attempt: Attempt
    yours: list[Part]
    """The student's own answers that ran."""
    culprits: list[Part] = field(default_factory=list)
    """The answers with the course's own in whose place it is reached, if it is missed."""
    made: Path | None = None
    """What it left for the student to keep."""

    @property
    def reached(self) -> bool:
        return self.milestone.reached(self.attempt.figures)

    @property
    def text(self) -> str:
        """The report."""
        stone = self.milestone
        lines = [f"{'★' if self.reached else '☆'} {stone.lab} · {stone.title}", ""]
        for name, value in self.attempt.figures.items():
            lines.append(f"{name}: {value:,.0f}" if abs(value) >= 1e4 else f"{name}: {value:.4g}")
        lines += ["", f"To reach: {stone.goal}"]
        names = ", ".join(f"{part.module}.{part.qualname}" for part in self.yours) or "none"
        lines += [f"Your own code that ran: {names}."]
        if self.attempt.sample:
            lines += ["", self.attempt.sample.rstrip()]
        if self.made:
            lines += ["", f"Yours to keep: {self.made}"]
        lines += ["", "Reached." if self.reached else self.revisit]
        return "\n".join(lines)

    @property
    def revisit(self) -> str:
        """Which lesson to look at again."""
        if not self.culprits:
            return (
                "Not reached, and no single lesson's parts are the cause; check again what ran: "
                "`seq2gpt course check LAB` for each lab above."
            )
        labs = " and ".join(sorted({part.lab for part in self.culprits}))
        names = ", ".join(part.exercise for part in self.culprits)
        return (
            f"Not reached. With the course's own {names} in the place of yours it is: revisit {labs}, "
            f"and compare what your answer does with the task."
        )


def find_milestone(workspace: Workspace, what: str) -> Milestone:
    """The milestone of a lab, by its name, number or subject; ``UserError`` where there is none."""
    for stone in MILESTONES:
        number, _, subject = stone.lab.partition("-")
        if what in (stone.lab, number, subject):
            if stone.lab not in workspace.released:
                raise UserError(f"the lab {stone.lab} is not part of this course yet")
            return stone
    labs = [stone.lab for stone in MILESTONES if stone.lab in workspace.released]
    raise UserError(f"there is no milestone {what!r}{near(what, labs)}")


def open_exercises(workspace: Workspace, stone: Milestone) -> list[Row]:
    """What of the milestone's lab is not solved."""
    released, mine = workspace.released[stone.lab], workspace.labs.get(stone.lab)
    if mine is None:
        raise UserError(f"{workspace.path(stone.lab)} is not there; `seq2gpt course update` brings it")
    rows = rows_of(mine, released, read_progress(workspace.folder))
    return [row for row in rows if row.state != "solved" and not released.by_hand(row.exercise)]


def require_solved(workspace: Workspace, stone: Milestone) -> None:
    """``UserError`` that names the exercises of the milestone's lab that are not solved."""
    if rows := open_exercises(workspace, stone):
        names = ", ".join(row.exercise for row in rows)
        raise UserError(f"{stone.title} runs on all of {stone.lab}; not solved yet: {names}")


def reach(workspace: Workspace, stone: Milestone) -> Outcome:
    """Train for a milestone with the student's own parts, and note whether it was reached.

    Raises ``UserError`` when an exercise of its lab is not solved, or the training ends early.
    """
    require_solved(workspace, stone)
    settings = dict(stone.settings)
    if stone.lab == "14-training":
        settings |= new_run(workspace.folder)
    result, parts = train_with(workspace, stone, settings)
    if stone.figure not in result.figures:
        raise UserError(
            f"{stone.title} needs the package transformers to compare with; pip install transformers"
        )
    yours = [part for part in parts if part.yours and f"{part.module}.{part.qualname}" in result.ran]
    outcome = Outcome(stone, result, yours)
    if not outcome.reached:
        return Outcome(stone, result, yours, culprits(workspace, stone, yours))
    note(workspace.folder, milestone=stone.lab, figure=result.figures[stone.figure])
    return Outcome(stone, result, yours, made=keepsake(workspace, stone, settings))


def train_with(
    workspace: Workspace, stone: Milestone, settings: dict[str, Any], without: Iterable[Part] = ()
) -> tuple[Attempt, list[Part]]:
    """What a package of the student's answers reaches, but for those ``without`` which it is to do."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "yours")
        parts = assemble(workspace, package, without={(part.lab, part.exercise) for part in without})
        return attempt(package, stone.program, settings), parts


def culprits(workspace: Workspace, stone: Milestone, yours: list[Part]) -> list[Part]:
    """The answers to blame: first a lab whose exchange helps, then one of its exercises, else all of them."""
    settings = dict(stone.settings)
    labs = sorted({part.lab for part in yours}, key=lambda lab: (lab != stone.lab, lab))
    for lab in labs:
        suspects = [part for part in yours if part.lab == lab]
        if not stone.reached(train_with(workspace, stone, settings, suspects)[0].figures):
            continue
        single = (
            [part]
            for part in suspects
            if len(suspects) > 1 and stone.reached(train_with(workspace, stone, settings, [part])[0].figures)
        )
        return next(single, suspects)
    return []


def runs_of(folder: Path) -> list[Path]:
    """The student's trained GPTs, oldest first."""
    found = [p for p in (folder / "runs").glob(f"{GPT}-*") if p.name.removeprefix(f"{GPT}-").isdigit()]
    return sorted(found, key=lambda p: int(p.name.removeprefix(f"{GPT}-")))


def new_run(folder: Path) -> dict[str, Any]:
    """Where the next trained GPT goes; no earlier one is touched."""
    last = runs_of(folder)[-1:]
    number = int(last[0].name.removeprefix(f"{GPT}-")) + 1 if last else 1
    return {"name": f"{GPT}-{number}", "out": str(folder / "runs")}


def keepsake(workspace: Workspace, stone: Milestone, settings: dict[str, Any]) -> Path | None:
    """What a milestone leaves in the student's folder: the trained GPT, or the page on which it writes."""
    if stone.lab == "14-training":
        return Path(settings["out"], settings["name"])
    if stone.lab != "15-generation" or not (runs := runs_of(workspace.folder)):
        return None
    from autograder.student.publish import publish

    page = workspace.folder / f"{runs[-1].name}.html"
    if not page.exists():
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "mygpt")
            assemble(workspace, package)
            publish(package, runs[-1], page, title="My GPT")
    return page


def stars(workspace: Workspace) -> dict[str, float]:
    """The milestones that were reached, by lab, with the figure of the last time."""
    found = {}
    for entry in entries(workspace.folder / MARKER / RECORD):
        if isinstance(entry.get("milestone"), str) and isinstance(entry.get("figure"), int | float):
            found[entry["milestone"]] = float(entry["figure"])
    return found


def ready(workspace: Workspace) -> list[Milestone]:
    """The milestones whose labs are solved, and that were not reached yet."""
    have = stars(workspace)
    return [
        stone
        for stone in MILESTONES
        if stone.lab in workspace.labs and stone.lab not in have and not open_exercises(workspace, stone)
    ]


def milestones_text(workspace: Workspace) -> str:
    """A line for every milestone of the course as it is released: reached, ready or what is missing."""
    have, lines = stars(workspace), []
    for stone in MILESTONES:
        if stone.lab not in workspace.released:
            continue
        head = f"{'★' if stone.lab in have else '☆'} {stone.lab:<18} {stone.title:<44}"
        if stone.lab in have:
            lines.append(f"{head} {stone.figure}: {have[stone.lab]:.4g}")
        elif stone.lab not in workspace.labs or (rows := open_exercises(workspace, stone)):
            left = f"{len(rows)} exercises" if stone.lab in workspace.labs else "the lab"
            lines.append(f"{head} {left} to go".replace("1 exercises", "1 exercise"))
        else:
            lines.append(f"{head} ready: `seq2gpt course milestone {stone.lab}`, about {stone.minutes:g} min")
    return "\n".join(lines)
