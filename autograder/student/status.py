"""How far a student is: what is solved, what that unlocks, and what to do next."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from autograder.plan import NO_PLAN, Plan
from autograder.student.labfile import LabFile, is_blank, marks_of, text_of
from autograder.student.progress import Progress, Standing, digest

MINUTES = re.compile(r"about (\d+) minutes")
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
SIGNS = {"solved": "✓", "partly": "◐", "changed": "?", "written": "?", "blank": "·", "by hand": "✎"}
WORDS = {
    "changed": "changed since it was checked",
    "written": "not checked yet",
    "by hand": "graded by a person",
}
BAR = 12


@dataclass(frozen=True)
class Row:
    """One exercise as it stands."""

    lab: str
    exercise: str
    state: str
    points: float
    max_points: float
    minutes: int

    @property
    def line(self) -> str:
        """The row in a terminal."""
        score = f"{self.points:g} of {self.max_points:g}" if self.state in ("solved", "partly") else ""
        effort = minutes_text(self.minutes) if self.state == "blank" and self.minutes else ""
        rest = score or WORDS.get(self.state) or effort
        return f"  {SIGNS[self.state]} {self.exercise:<32} {rest}".rstrip()


def rows_of(notebook: LabFile, released: LabFile, progress: Progress) -> list[Row]:
    """Every exercise of a lab, in its order; one whose cell is gone counts as blank."""
    rows = []
    for exercise, points in released.points.items():
        text = notebook.answers.get(exercise, "")
        standing = progress.of(notebook.lab, exercise)
        state = state_of(text, released.answers[exercise], standing, released.by_hand(exercise))
        found = MINUTES.search(released.task(exercise))
        earned = standing.points if state in ("solved", "partly") else 0.0
        rows.append(Row(notebook.lab, exercise, state, earned, points, int(found[1]) if found else 0))
    return rows


def state_of(text: str, released: str, standing: Standing, by_hand: bool) -> str:
    """One word for how an exercise stands."""
    if not text.strip() or is_blank(text, released):
        return "blank"
    if by_hand:
        return "by hand"
    if not standing.checks:
        return "written"
    if standing.digest != digest(text):
        return "changed"
    return "solved" if standing.solved else "partly"


def unlocked(released: LabFile) -> list[str]:
    """The headings of what a lab runs on the student's own code, after its last exercise."""
    after: list[str] = []
    for cell in released.cells:
        if marks_of(cell).get("grade"):
            if cell["cell_type"] == "code":
                after = []
        elif cell["cell_type"] == "markdown":
            after += HEADING.findall(text_of(cell))
    return [heading for heading in after if not heading.startswith("In your own words")]


def minutes_text(minutes: int) -> str:
    """How long something takes.

    >>> minutes_text(8), minutes_text(75)
    ('about 8 minutes', 'about 1 h 15')
    """
    return f"about {minutes} minutes" if minutes <= 60 else f"about {minutes // 60} h {minutes % 60:02}"


def status_text(
    labs: dict[str, list[Row]],
    released: dict[str, LabFile],
    streak: int,
    full: bool = False,
    plan: Plan = NO_PLAN,
) -> str:
    """The whole report: of labs that are solved or untouched one line, unless ``full``."""
    rows = [row for lab in labs.values() for row in lab]
    counted = [row for row in rows if not released[row.lab].by_hand(row.exercise)]
    solved = [row for row in counted if row.state == "solved"]
    current = next((row.lab for row in rows if row.state not in ("solved", "by hand")), "")
    lines: list[str] = []
    for lab, of_lab in labs.items():
        begun = len({row.state for row in of_lab} - {"by hand"}) > 1
        lines += lab_lines(lab, of_lab, released[lab], full or begun or lab == current, plan.of(lab).due)
    points, most = sum(r.points for r in counted), sum(r.max_points for r in counted)
    lines.append(
        f"Solved: {len(solved)} of {len(counted)} exercises, {points:g} of {most:g} points"
        + (f"; {streak} days in a row." if streak > 1 else ".")
    )
    lines.append(suggestion(rows))
    return "\n".join(lines)


def lab_lines(
    lab: str, rows: list[Row], released: LabFile, full: bool, due: datetime | None = None
) -> Iterator[str]:
    """Bar, exercises, and what the solved lab unlocks; one line if not ``full``."""
    counted = [row for row in rows if not released.by_hand(row.exercise)]
    points, most = sum(r.points for r in counted), sum(r.max_points for r in counted)
    filled = int(BAR * points / most) if most else 0
    head = f"{lab:<20} {'█' * filled}{'░' * (BAR - filled)} {points:g} of {most:g} points"
    effort = minutes_text(sum(row.minutes for row in rows))
    head += "" if full or points else f", {len(rows)} exercises, {effort}"
    yield head + (f", due {due.astimezone():%a %d %b, %H:%M}" if due else "")
    if full:
        yield from (row.line for row in rows)
    done = all(row.state == "solved" for row in counted)
    if (full or done) and (headings := unlocked(released)):
        names = " and ".join(f"“{heading}”" for heading in headings)
        yield f"  {'Unlocked' if done else 'Solve all of it to unlock'}: {names}, on your own code"
    if full:
        yield ""


def suggestion(rows: list[Row]) -> str:
    """The next thing to do, in the order of the course."""
    for states, words in (
        (("partly",), "mend {0.exercise} in {0.lab}: `seq2gpt course hint {0.lab}/{0.exercise}` helps"),
        (("changed", "written"), "check {0.exercise}: `seq2gpt course check {0.lab}/{0.exercise}`"),
        (("blank",), "{0.exercise} in {0.lab}, about {0.minutes} minutes"),
    ):
        if found := next((row for row in rows if row.state in states), None):
            return f"Next: {words.format(found)}."
    return "Next: hand in what you have not handed in yet: `seq2gpt course submit`."


def today() -> date:
    """The date here."""
    return date.today()
