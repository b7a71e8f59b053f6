"""What a student reads after ``check(...)``: as text in a terminal, as HTML in a notebook."""

import html
import re
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Any

from autograder.mutants import Mutant

SITE = "https://seq2gpt.github.io/seq2gpt"
RECORD_TYPE = "application/vnd.seq2gpt.report+json"
PRINTED_LIMIT = 2000
WIDTH = 100
CODE = re.compile(r"`([^`\n]+)`")


def marked_up(text: str) -> str:
    """A sentence as HTML: escaped, and what stands between backticks as code.

    >>> marked_up("`a < b` holds")
    '<code>a &lt; b</code> holds'
    """
    return CODE.sub(r"<code>\1</code>", html.escape(text))


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
        if self.explains(outcome) and outcome.known:
            remarks.append(f"What happened: {outcome.known.says}")
        elif outcome.known:
            remarks.append("(the same cause as above)")
        return remarks

    def explains(self, outcome: Outcome) -> bool:
        """Whether this outcome is the first of the report that has a known cause of these words."""
        causes = [
            o for o in self.outcomes if o.known and outcome.known and o.known.says == outcome.known.says
        ]
        return causes[:1] == [outcome]

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
                if outcome.known and self.explains(outcome):
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
            rows.append(f"<p style='margin:.3em 0'>{marked_up(self.problem or self.outcomes[0].message)}</p>")
            return f"<div role='status'>{''.join(rows)}</div>"
        for outcome in self.outcomes:
            sign, colour = ("✓", "#1a7f37") if outcome.passed else ("✗", "#c0392b")
            rows.append(
                f"<div style='margin:.2em 0 .2em 1em'><span style='color:{colour};font-weight:bold' "
                f"aria-label='{'passed' if outcome.passed else 'failed'}'>{sign}</span> "
                f"{marked_up(outcome.sentence)} ({outcome.points:g})</div>"
            )
            if not outcome.passed:
                rows += [
                    f"<div style='margin-left:2.4em'>{marked_up(r)}</div>" for r in self.remarks(outcome)
                ]
                if outcome.known and self.explains(outcome):
                    url = html.escape(lesson_url(self.lab, outcome.known.anchor))
                    rows.append(
                        f"<div style='margin-left:2.4em'><a href='{url}'>Read this part again</a></div>"
                    )
        if self.printed and not self.hidden:
            rows.append(
                f"<div>Printed by your code:<pre>{html.escape(self.printed[:PRINTED_LIMIT])}</pre></div>"
            )
        return f"<div role='status'>{''.join(rows)}</div>"

    def record(self) -> dict[str, Any]:
        """The report as data that JSON can hold; hidden inputs leave no trace in it."""
        checks = []
        for outcome in self.outcomes:
            told = not (outcome.passed or self.hidden)
            checks.append(
                {
                    "name": outcome.name,
                    "sentence": outcome.sentence,
                    "points": outcome.points,
                    "passed": outcome.passed,
                    "message": outcome.message if told else "",
                    "line": outcome.line if told else "",
                    "misconception": misconception(self.lab, outcome.known) if outcome.known else None,
                }
            )
        return {
            "exercise": self.exercise,
            "points": self.points,
            "hidden": self.hidden,
            "blank": self.blank,
            "problem": self.problem,
            "checks": checks,
            "printed": "" if self.hidden else self.printed[:PRINTED_LIMIT],
        }

    def show(self) -> None:
        """Display in a notebook, print elsewhere."""
        ipython = sys.modules.get("IPython")
        if ipython and ipython.get_ipython():
            data: dict[str, Any] = {"text/plain": self.text(), "text/html": self.html()}
            if "__student__" in sys.modules["__main__"].__dict__:  # a judge: programs read its reports
                data[RECORD_TYPE] = self.record()
            ipython.display.display(data, raw=True)
        else:
            print(self.text())


def misconception(lab: str, known: Mutant) -> dict[str, str]:
    """A recognised mistake: its name, its id in the course's catalogue, the sentence that clears it up, and where the lesson does."""
    url = lesson_url(lab, known.anchor)
    return {"name": known.name, "id": known.misconception, "says": known.says, "url": url}


def lesson_url(lab: str, anchor: str) -> str:
    """The paragraph of the published lesson."""
    return f"{SITE}/book/{lab}/lesson.html#{anchor}"
