"""The exam area in a folder laid out as the built site is, and hands that answer its questions."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from chromium import ROOT, Site
from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import load_all
from seq2gpt.exam.page import page_data

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>exam</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="../../_static/site.css">
<link rel="stylesheet" href="../../_static/exam/exam.css">
<style>body {{ margin: 8px; background: var(--s2g-paper); color: var(--pst-color-text-base);
  font-family: var(--pst-font-family-base); }} a {{ color: var(--pst-color-link); }}</style></head>
<body><main class="bd-article"><section><h1>Exam</h1>
<div class="s2g-exam"><p>Also on paper.</p></div></section></main>
<script type="module" src="../../_static/exam/app.js"></script></body>
</html>"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 60" width="300" height="60">
<g id="left"><title>Left box</title><rect width="80" height="50" fill="#888"/></g>
<g id="middle"><title>Middle box</title><rect x="100" width="80" height="50" fill="#888"/></g>
<g id="right"><title>Right box</title><rect x="200" width="80" height="50" fill="#888"/></g></svg>"""
HOTSPOT = {
    "kind": "hotspot", "decoys": ["middle"],
    "targets": [{"label": f"the {side} box", "svg_id": side, "rationale": "It stands at an end."} for side in ("left", "right")],
    "text_alternative": {"kind": "single", "options": [
        {"id": "a", "text": "both ends", "correct": True, "rationale": "Both of them are ends."},
        {"id": "b", "text": "the middle", "rationale": "The middle is no end."},
        {"id": "c", "text": "no box", "rationale": "There are two ends."},
    ]},
}  # fmt: skip


def one_of_each_kind(folder: Path) -> list[Question]:
    """The first question of every kind that is in the bank, a template among them, and one with a figure."""
    drawing = folder / "boxes.svg"
    drawing.write_text(DRAWING, encoding="utf-8")
    chosen: dict[str, Question] = {}
    for question in load_all():
        is_template = question.kind == "numeric" and bool(question.template)
        has_strangers = bool(question.interaction.get("distractor_steps"))
        if question.kind == "hotspot" or question.case or question.stimulus.get("figure"):
            continue  # one with all three is made below
        if (question.kind == "ordering" and not has_strangers) or (
            question.kind == "numeric" and not is_template
        ):
            continue
        chosen.setdefault(question.kind, question)
    figure = {"src": str(drawing), "alt": "three boxes in a row"}
    spot = replace(
        chosen["single"], id="ATT-01-boxes", objectives=["ATT-01"], stem="Which boxes stand at an end?", interaction=HOTSPOT,
        stimulus={"figure": figure}, case="case-boxes", case_text="There are three boxes. **Two** stand at an end.",
    )  # fmt: skip
    return [replace(question, pool="both") for question in [*chosen.values(), spot]]


def lay_out(site: Site, data: dict[str, Any], name: str = "index", theme: str = "light") -> str:
    """Write the page, its modules and a bank; the address of the page."""
    static = site.folder / "_static"
    shutil.copytree(ROOT / "book/assets/exam", static / "exam", dirs_exist_ok=True)
    shutil.copytree(ROOT / "book/assets/vendor/ts-fsrs", static / "vendor/ts-fsrs", dirs_exist_ok=True)
    shutil.copy(ROOT / "book/assets/site.css", static)
    (static / "exam/bank.json").write_text(json.dumps(data), encoding="utf-8")
    page = site.folder / "book/exam" / f"{name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(PAGE.format(theme=theme), encoding="utf-8")
    return f"book/exam/{name}.html"


def small_data(folder: Path) -> dict[str, Any]:
    """A bank with a question of every kind, and one exam of seven questions in ten minutes over it."""
    data = page_data(one_of_each_kind(folder))
    domains = {item["objectives"][0].partition("-")[0]: 1 for item in data["items"]}
    profile = {
        "name": "tiny",
        "title": "A tiny exam",
        "n_items": 7,
        "minutes": 10,
        "domains": domains,
        "objectives": [],
    }
    return {**data, "profiles": {"tiny": {**profile, "verify_by": ""}}}


class Hands:
    """Answers the question that is on the page, by mouse or by keyboard alone."""

    def __init__(self, page: Any, keyboard: bool = False) -> None:
        self.page, self.keyboard = page, keyboard

    def press(self, name: str, exact: bool = True) -> None:
        self.use(self.page.get_by_role("button", name=name, exact=exact).first)

    def use(self, control: Any) -> None:
        if not self.keyboard:
            control.click()
            return
        self.reach(control)
        self.page.keyboard.press("Space")

    def reach(self, control: Any) -> None:
        """Press Tab until the control has the focus."""
        for _ in range(150):
            if control.evaluate("e => e === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {control}")

    def answer(self, question: dict[str, Any], response: Any) -> None:
        """Give a response, as seq2gpt.exam.grading describes it."""
        interaction = question["interaction"]
        getattr(self, f"_{interaction['kind']}")(interaction, response)

    def _single(self, interaction: dict[str, Any], response: str) -> None:
        option = self.page.locator(f"input[value='{response}']")
        if not self.keyboard:
            option.check()
            return
        group = self.page.locator("input[type=radio]")
        self.reach(group.first)
        for _ in range(group.count()):
            self.page.keyboard.press("ArrowDown")
            if option.is_checked():
                return

    def _multiple(self, interaction: dict[str, Any], response: list[str]) -> None:
        for name in response:
            self.use(self.page.locator(f"input[value='{name}']"))

    def _ordering(self, interaction: dict[str, Any], response: list[int]) -> None:
        for place in response:
            self.use(self.page.locator(f"[data-act='Add {place}']"))

    def _matching(self, interaction: dict[str, Any], response: list[int]) -> None:
        for select, place in zip(self.page.locator("fieldset select").all(), response, strict=True):
            if not self.keyboard:
                select.select_option(str(place))
                continue
            self.reach(select)
            for _ in range(20):
                if select.input_value() == str(place):
                    break
                self.page.keyboard.press("ArrowDown")

    def _numeric(self, interaction: dict[str, Any], response: Any) -> None:
        field = self.page.locator(".s2g-field input")
        if self.keyboard:
            self.reach(field)
            self.page.keyboard.type(str(response))
        else:
            field.fill(str(response))

    _shape = _numeric

    def _hotspot(self, interaction: dict[str, Any], response: list[str]) -> None:
        for name in response:
            self.use(self.page.locator(f"#{name}"))

    def _short(self, interaction: dict[str, Any], response: str) -> None:
        self.page.locator("textarea").fill(response)
