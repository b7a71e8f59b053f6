"""The overview of a class as text, as a page and as a table for spreadsheets."""

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.overview import Overview
from autograder.grading.pages import STYLE
from autograder.grading.report import aligned, as_text
from autograder.grading.store import write_whole
from autograder.report import marked_up
from seq2gpt.errors import UserError

SHOWN = 15  # lines of a section on the screen and on the page; the table for spreadsheets has everybody
TABLES = "table { border-collapse: collapse; } td, th { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd; } td:first-child, th:first-child { text-align: left; }"


@dataclass(frozen=True)
class Section:
    """A heading, and a line for each thing below it, with a link where there is more to read."""

    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def sections(overview: Overview) -> list[Section]:
    """What there is to say, in the order in which an instructor asks."""
    look = [(f"{student}: {'; '.join(said)}", "") for student, said in overview.needs_a_look()]
    failed = [
        (f"{f.lab}/{f.exercise}: {f.solved} of {f.tried} solved it, {f.share:.0%} of the points", "")
        for f in overview.failed()
    ]
    mistakes = [
        (f"{m.students} × {m.id}, {m.lab}/{m.exercise}: {m.says}", m.url) for m in overview.misconceptions()
    ]
    longest = [
        (f"{e.lab}/{e.exercise}: {e.minutes:.0f} minutes (median of {e.students})", "")
        for e in overview.longest()
    ]
    found = [
        Section("Scores", rows=score_rows(overview)),
        Section("Who needs a look", look),
        Section("Exercises most failed", failed),
        Section("Misconceptions, and the paragraphs that clear them up", mistakes),
        Section("What takes longest, by those who shared their times", longest),
    ]
    return [section for section in found if section.lines or section.rows]


def score_rows(overview: Overview) -> list[list[str]]:
    """A row for each student: name, what the labs count for, and the sum."""
    rows = [["student", *(lab.lab for lab in overview.labs), "sum", "%"]]
    most = [overview.plan.of(lab.lab).counted({}, lab.max_scores)[1] for lab in overview.labs]
    rows.append(["maximum", *(f"{m:g}" for m in most), f"{sum(most):g}", ""])
    for person in overview.people:
        counted = [overview.points(person.id, lab)[0] for lab in overview.labs]
        earned, whole = overview.total(person.id)
        name = f"{person.id} {person.first_name} {person.last_name}".strip()
        points = ["–" if c is None else f"{c:.4g}" for c in counted]
        rows.append([name, *points, f"{earned:.4g}", f"{100 * earned / whole if whole else 0:.0f}"])
    return rows


def title_of(overview: Overview) -> str:
    """What course it is, and how many take it."""
    handed_in = {s.student for lab in overview.labs for s in lab.students}
    name = overview.plan.title or "The class"
    labs = f"{len(overview.labs)} lab{'s' * (len(overview.labs) != 1)} graded"
    return f"{name}: {len(overview.people)} students, {len(handed_in)} have handed in, {labs}"


def text_of(overview: Overview) -> str:
    """For a terminal."""
    parts = [title_of(overview)]
    for section in sections(overview):
        lines = aligned(section.rows) if section.rows else []
        lines += [f"{words}\n      {url}" if url else words for words, url in section.lines[:SHOWN]]
        if more := len(section.lines) - SHOWN:
            lines += [f"and {more} more"] if more > 0 else []
        parts.append("\n".join([f"{section.title}:", *(f"  {line}" for line in lines)]))
    return "\n\n".join(parts) + "\n"


def page_of(overview: Overview) -> str:
    """For a browser; everything that a student wrote is escaped."""
    say = html.escape
    title = say(title_of(overview))
    parts = [
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{title}</title>",
        f"<meta name='viewport' content='width=device-width'><style>\n{STYLE}{TABLES}</style></head><body>",
        f"<h1>{title}</h1>",
    ]
    for section in sections(overview):
        parts.append(f"<h2>{say(section.title)}</h2>")
        if section.rows:
            parts.append(f"<table>{''.join(html_rows(section.rows))}</table>")
        if section.lines:
            parts.append(f"<ul>{''.join(html_entry(*line) for line in section.lines)}</ul>")
    return "\n".join([*parts, "</body></html>\n"])


def html_entry(words: str, url: str) -> str:
    """One entry of a list."""
    link = f" <a href='{html.escape(url)}'>read</a>" if url else ""
    return f"<li>{marked_up(words)}{link}</li>"


def html_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table; its first row is the heading."""
    return [
        f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in row)}</tr>"
        for row, tag in zip(rows, ["th", *["td"] * (len(rows) - 1)], strict=True)
    ]


def table_of(overview: Overview) -> str:
    """For a spreadsheet: a row for each student, a column for what each lab counts for and for each exercise as it is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [head for lab in overview.labs for head in (lab.lab, *(f"{lab.lab}/{e}" for e in lab.max_scores))]
    writer.writerow(["id", "last_name", "first_name", "email", "sum", "maximum", *heads])
    for person in overview.people:
        earned, most = overview.total(person.id)
        names = [as_text(x) for x in (person.id, person.last_name, person.first_name, person.email)]
        row = [*names, f"{earned:.6g}", f"{most:g}"]
        for lab in overview.labs:
            counted = overview.points(person.id, lab)[0]
            scores = next((s.scores for s in lab.students if s.student == person.id), None)
            row.append("" if counted is None else f"{counted:.6g}")
            row += ["" if scores is None else f"{scores.get(e, 0):g}" for e in lab.max_scores]
        writer.writerow(row)
    return "\ufeff" + out.getvalue()  # without the mark, spreadsheets take letters such as ü for two


FORMATS = {".txt": text_of, ".html": page_of, ".csv": table_of}


def write_overview(overview: Overview, path: Path) -> None:
    """Write the format that the name ends in; ``UserError`` for another ending."""
    if path.suffix.lower() not in FORMATS:
        raise UserError(
            f"--to {path}: there is no format {path.suffix!r}; end the name in {', '.join(FORMATS)}"
        )
    write_whole(path, FORMATS[path.suffix.lower()](overview))
