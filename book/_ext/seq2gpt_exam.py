"""The directive ``{exam}``: the place of the exam area, whose modules lie in ``book/assets/exam``.

What stands there without JavaScript is the body of the directive. The questions are written into
``_static/exam/bank.json`` when the site is built.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from seq2gpt.exam.collection import load_all
from seq2gpt.exam.page import page_data

OPEN = '<div class="s2g-exam">'
CLOSE = "</div>\n"


class ExamArea(nodes.General, nodes.Element):
    """Where the exam area is put; the children are what stands there without JavaScript."""


class Exam(SphinxDirective):
    """The directive ``{exam}``."""

    has_content = True
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        area = ExamArea()
        self.state.nested_parse(self.content, self.content_offset, area)
        return [area]


def open_area(translator: Any, node: ExamArea) -> None:
    translator.body.append(OPEN)


def close_area(translator: Any, node: ExamArea) -> None:
    translator.body.append(CLOSE)


def pass_through(translator: Any, node: nodes.Node) -> None:
    """Other builders show the children."""


def load_exam_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Only a page with the exam area loads its modules and its style."""
    if doctree is not None and any(doctree.findall(ExamArea)):
        app.add_js_file("exam/app.js", type="module")
        app.add_css_file("exam/exam.css")


def write_bank(app: Sphinx, error: Exception | None) -> None:
    if app.builder.format == "html" and error is None:
        text = json.dumps(page_data(load_all()), ensure_ascii=False, separators=(",", ":"))
        Path(app.outdir, "_static", "exam", "bank.json").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(
        ExamArea,
        html=(open_area, close_area),
        latex=(pass_through, pass_through),
        text=(pass_through, pass_through),
        epub=(pass_through, pass_through),
    )
    app.add_directive("exam", Exam)
    app.connect("html-page-context", load_exam_files)
    app.connect("build-finished", write_bank)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
