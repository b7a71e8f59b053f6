"""What a student reads after ``check(...)``: as text in a terminal, as HTML in a notebook."""

import html
import sys
import textwrap
from dataclasses import dataclass, field

from autograder.mutants import Mutant

SITE = "https://seq2gpt.github.io/seq2gpt"
PRINTED_LIMIT = 2000
WIDTH = 100


@dataclass
class Outcome:
    """What one check found."""

    name: str
    sentence: str
    points: float
    passed: bool = False
    blank: bool = False
    message: str = ""
    line: str = ""
    known: Mutant | None = None


@dataclass
class Report:
    """What all checks of one exercise found."""

    lab: str
    exercise: str
    outcomes: list[Outcome]
    problem: str = ""
    printed: str = ""
    hidden: bool = field(default=False)

    @property
    def points(self) -> float:
        """Points earned; each check earns all of its points or none."""
        return float(sum(o.points for o in self.outcomes if o.passed))

    @property
    def max_points(self) -> float:
        """Points of a right answer."""
        return float(sum(o.points for o in self.outcomes))

    @property
    def blank(self) -> bool:
        """Nothing has been written yet."""
        return any(o.blank for o in self.outcomes) and not self.points

    @property
    def headline(self) -> str:
        """One line: the exercise and its points."""
        where = " with the inputs kept for grading" if self.hidden else ""
        return f"{self.exercise}: {self.points:g} of {self.max_points:g} points{where}"

    def remarks(self, outcome: Outcome) -> list[str]:
        """The sentences below a check that failed."""
        remarks = [] if self.hidden else [outcome.message, *([f"In {outcome.line}"] if outcome.line else [])]
        if outcome.known:
            remarks.append(f"What happened: {outcome.known.says}")
        return remarks

    def text(self) -> str:
        """The report in plain text."""
        lines = [self.headline]
        if self.problem or self.blank:
            lines.append(f"  {self.problem or self.outcomes[0].message}")
            return "\n".join(lines)
        for outcome in self.outcomes:
            lines.append(f"  {'✓' if outcome.passed else '✗'} {outcome.sentence} ({outcome.points:g})")
            if not outcome.passed:
                for remark in self.remarks(outcome):
                    lines += textwrap.wrap(remark, WIDTH, initial_indent="      ", subsequent_indent="      ")
                if outcome.known:
                    lines.append(f"      Read again: {lesson_url(self.lab, outcome.known.anchor)}")
        if self.printed and not self.hidden:
            lines += [
                "  Printed by your code:",
                textwrap.indent(self.printed[:PRINTED_LIMIT].rstrip(), "    "),
            ]
        return "\n".join(lines)

    def html(self) -> str:
        """The report for a notebook; everything a student wrote is escaped."""
        rows = [f"<strong>{html.escape(self.headline)}</strong>"]
        if self.problem or self.blank:
            rows.append(
                f"<p style='margin:.3em 0'>{html.escape(self.problem or self.outcomes[0].message)}</p>"
            )
            return f"<div role='status'>{''.join(rows)}</div>"
        for outcome in self.outcomes:
            sign, colour = ("✓", "#1a7f37") if outcome.passed else ("✗", "#c0392b")
            rows.append(
                f"<div style='margin:.2em 0 .2em 1em'><span style='color:{colour};font-weight:bold' "
                f"aria-label='{'passed' if outcome.passed else 'failed'}'>{sign}</span> "
                f"{html.escape(outcome.sentence)} ({outcome.points:g})</div>"
            )
            if not outcome.passed:
                rows += [
                    f"<div style='margin-left:2.4em'>{html.escape(r)}</div>" for r in self.remarks(outcome)
                ]
                if outcome.known:
                    url = html.escape(lesson_url(self.lab, outcome.known.anchor))
                    rows.append(
                        f"<div style='margin-left:2.4em'><a href='{url}'>Read this part again</a></div>"
                    )
        if self.printed and not self.hidden:
            rows.append(
                f"<div>Printed by your code:<pre>{html.escape(self.printed[:PRINTED_LIMIT])}</pre></div>"
            )
        return f"<div role='status'>{''.join(rows)}</div>"

    def show(self) -> None:
        """Display in a notebook, print elsewhere."""
        ipython = sys.modules.get("IPython")
        if ipython and ipython.get_ipython():
            ipython.display.display({"text/plain": self.text(), "text/html": self.html()}, raw=True)
        else:
            print(self.text())


def lesson_url(lab: str, anchor: str) -> str:
    """The paragraph of the published lesson."""
    return f"{SITE}/book/{lab}/lesson.html#{anchor}"
