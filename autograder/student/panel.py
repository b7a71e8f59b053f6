"""How far a lab is solved, as a panel in the notebook that follows every check."""

import html
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from autograder.student.progress import read_progress, workspace_of

if TYPE_CHECKING:
    from autograder.checking import ExerciseSet
    from autograder.report import Report

DONE = "Solved: below the last exercise, the lab runs your own code."


class Panel(widgets.VBox):
    """A bar for the lab's points, a line for each exercise, and what comes next.

    It begins with what the student's folder remembers of earlier days; an answer that has changed since then is
    shown as it was at its last check.
    """

    def __init__(self, exercises: "ExerciseSet") -> None:
        self.lab = exercises.lab
        self.most = {name: exercise.points for name, exercise in exercises.exercises.items()}
        workspace = workspace_of(Path.cwd())
        progress = read_progress(workspace) if workspace else None
        self.streak = progress.streak(date.today()) if progress else 0
        self.points: dict[str, float] = {}
        for name in self.most:
            standing = progress.of(self.lab, name) if progress else None
            if standing and standing.checks:
                self.points[name] = standing.points
        self.head, self.rows, self.foot = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.bar = widgets.FloatProgress(max=sum(self.most.values()), layout=widgets.Layout(width="100%"))
        super().__init__([self.head, self.bar, self.rows, self.foot])
        self.refresh()

    def __repr__(self, **_: object) -> str:
        """The panel where no widget can be shown."""
        return f"{self.lab}: {sum(self.points.values()):g} of {sum(self.most.values()):g} points"

    def note(self, report: "Report") -> None:
        """Take in what a check found."""
        self.points[report.exercise] = report.points
        self.refresh()

    def refresh(self) -> None:
        """Show the points as they are."""
        total, most = sum(self.points.values()), sum(self.most.values())
        days = f" · {self.streak} days in a row" if self.streak > 1 else ""
        self.head.value = f"<b>{html.escape(self.lab)}: {total:g} of {most:g} points</b>{days}"
        self.bar.value = total
        self.bar.description_allow_html = False
        self.bar.bar_style = "success" if total == most else ""
        self.rows.value = "<br>".join(self.row(name) for name in self.most)
        left = [name for name in self.most if self.points.get(name) != self.most[name]]
        self.foot.value = f"Next: <code>{html.escape(left[0])}</code>" if left else DONE

    def row(self, name: str) -> str:
        """One exercise: a sign, the name, the points."""
        points, most = self.points.get(name), self.most[name]
        sign, word = ("·", "not checked yet") if points is None else ("◐", f"{points:g} of {most:g}")
        if points == most:
            sign = "✓"
        return f"{sign} <code>{html.escape(name)}</code> {word}"
