"""What a student gets back: one page, the same as plain text, and the same as JSON.

Everything that a student wrote is escaped, and no page is larger than 1 MB.
"""

import html
import json
import textwrap
from pathlib import Path
from typing import Any

from autograder.grading.store import write_whole
from autograder.report import marked_up

LARGEST_PAGE = 1_000_000
ANSWER_LIMIT = 20_000
WIDTH = 100
STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-top: 1px solid #ccc; padding-top: 1rem; }
code { background: #f4f4f4; padding: 0 .2em; }
pre { background: #f4f4f4; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }
.yes { color: #17692f; } .no { color: #b02a1b; } .sign { font-weight: bold; margin-right: .4rem; }
li { margin: .4rem 0; } ul { list-style: none; padding-left: 0; } .why { margin-left: 1.5rem; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #191919; } h2 { border-color: #555; } code, pre { background: #2b2b2b; }
  a { color: #8ab4f8; } .yes { color: #6fd08a; } .no { color: #ff8a7a; }
}
"""


def write_pages(
    folder: Path, lab: str, student: str, result: dict[str, Any], answers: dict[str, str]
) -> None:
    """Write ``LAB.html``, ``LAB.txt`` and ``LAB.json``; ``answers`` are the student's own cells by exercise."""
    write_whole(folder / f"{lab}.html", page(lab, student, result, answers))
    write_whole(folder / f"{lab}.txt", plain(lab, student, result))
    told = {key: result[key] for key in ("problem", "exercises", "late_penalty") if key in result}
    write_whole(
        folder / f"{lab}.json",
        json.dumps({"lab": lab, "student": student, "total": total_line(lab, result), **told}, indent=1),
    )


def total_line(lab: str, result: dict[str, Any]) -> str:
    """``07-attention: 12 of 37 points``, and how many a person will give."""
    if result["problem"]:
        return f"{lab}: 0 points"
    earned = sum(e["points"] or 0.0 for e in result["exercises"])
    most = sum(e["max_points"] for e in result["exercises"])
    by_hand = sum(e["max_points"] for e in result["exercises"] if e["points"] is None)
    return f"{lab}: {earned:g} of {most:g} points" + (
        f", {by_hand:g} to be graded by hand" if by_hand else ""
    )


def points(number: float) -> str:
    """``1 point``, ``2 points``."""
    return f"{number:g} point" if number == 1 else f"{number:g} points"


def earned(exercise: dict[str, Any]) -> str:
    """What an exercise earned."""
    if exercise["points"] is None:
        return "to be graded by hand"
    return f"{exercise['points']:g} of {points(exercise['max_points'])}"


def page(lab: str, student: str, result: dict[str, Any], answers: dict[str, str]) -> str:
    """The HTML page."""
    shown = {name: text[:ANSWER_LIMIT] for name, text in answers.items()}
    text = _page(lab, student, result, shown)
    return text if len(text.encode()) <= LARGEST_PAGE else _page(lab, student, shortened(result), {})


def _page(lab: str, student: str, result: dict[str, Any], answers: dict[str, str]) -> str:
    say = html.escape
    parts = [
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{say(lab)}: feedback</title>",
        f"<meta name='viewport' content='width=device-width, initial-scale=1'><style>\n{STYLE}</style></head><body>",
        f"<h1>{say(total_line(lab, result))}</h1><p>Feedback for {say(student)}.</p>",
    ]
    if result["problem"]:
        parts.append(f"<p>{say(result['problem'])}</p>")
    if result.get("late_penalty"):
        parts.append(f"<p>Handed in late: {result['late_penalty']:g} points are taken off.</p>")
    for exercise in result["exercises"]:
        parts += exercise_html(exercise, answers.get(exercise["name"], ""))
    return "\n".join([*parts, "</body></html>", ""])


def exercise_html(exercise: dict[str, Any], answer: str) -> list[str]:
    """One exercise as HTML."""
    say = html.escape
    parts = [f"<h2>{say(exercise['name'])}: {earned(exercise)}</h2>"]
    if exercise["message"]:
        parts.append(f"<p>{marked_up(exercise['message'])}</p>")
    if exercise["checks"]:
        parts.append("<ul>")
        for check in exercise["checks"]:
            kind, sign, word = ("yes", "✓", "passed") if check["passed"] else ("no", "✗", "failed")
            parts.append(
                f"<li><span class='sign {kind}' aria-label='{word}'>{sign}</span>{marked_up(check['sentence'])} ({points(check['points'])})"
            )
            parts += [f"<div class='why'>{marked_up(line)}</div>" for line in reasons(check)]
            known = check.get("misconception")
            if known:
                parts.append(f"<div class='why'><a href='{say(known['url'])}'>Read this part again</a></div>")
            parts.append("</li>")
        parts.append("</ul>")
    if exercise["printed"]:
        parts.append(f"<p>Printed by your code while it was tested:</p><pre>{say(exercise['printed'])}</pre>")
    if answer:
        parts.append(f"<details><summary>Your answer</summary><pre>{say(answer)}</pre></details>")
    return parts


def reasons(check: dict[str, Any]) -> list[str]:
    """The sentences below a check that failed."""
    if check["passed"]:
        return []
    known = check.get("misconception")
    found = [
        check["message"],
        f"In {check['line']}" if check["line"] else "",
        f"What happened: {known['says']}" if known else "",
    ]
    return [sentence for sentence in found if sentence]


def plain(lab: str, student: str, result: dict[str, Any]) -> str:
    """The page as text."""
    lines = [total_line(lab, result), f"Feedback for {student}."]
    if result["problem"]:
        lines.append(result["problem"])
    if result.get("late_penalty"):
        lines.append(f"Handed in late: {result['late_penalty']:g} points are taken off.")
    for exercise in result["exercises"]:
        lines += ["", f"{exercise['name']}: {earned(exercise)}"]
        lines += textwrap.wrap(exercise["message"], WIDTH, initial_indent="  ", subsequent_indent="  ")
        for check in exercise["checks"]:
            lines.append(
                f"  {'✓' if check['passed'] else '✗'} {check['sentence']} ({points(check['points'])})"
            )
            for reason in reasons(check):
                lines += textwrap.wrap(reason, WIDTH, initial_indent="      ", subsequent_indent="      ")
            if check.get("misconception"):
                lines.append(f"      Read again: {check['misconception']['url']}")
        if exercise["printed"]:
            lines += [
                "  Printed by your code while it was tested:",
                textwrap.indent(exercise["printed"].rstrip(), "    "),
            ]
    return "\n".join(lines) + "\n"


def shortened(result: dict[str, Any]) -> dict[str, Any]:
    """The result without what the student's code printed and with short messages."""

    def short(exercise: dict[str, Any]) -> dict[str, Any]:
        checks = [
            check | {"message": check["message"][:300], "line": check["line"][:300]}
            for check in exercise["checks"]
        ]
        return exercise | {"printed": "", "message": exercise["message"][:300], "checks": checks}

    return result | {
        "problem": result["problem"][:1000],
        "exercises": [short(e) for e in result["exercises"]],
    }
