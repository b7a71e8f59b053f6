"""The directive ``{exam}``: the place of the exam area, whose modules lie in ``book/assets/exam``.

What stands there without JavaScript is the body of the directive. The questions are written into
``_static/exam/bank.json`` when the site is built.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from seq2gpt_book import code_digest
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
    """Made again only when a question changes, or code: drawing the variants is a fourth of a build with one page changed."""
    if app.builder.format != "html" or error is not None:
        return
    kept = Path(app.doctreedir, f"bank-{bank_digest(Path(app.srcdir))}.json")
    if not kept.exists():
        for stale in kept.parent.glob("bank-*.json"):
            stale.unlink()
        text = json.dumps(page_data(load_all()), ensure_ascii=False, separators=(",", ":"))
        kept.write_text(text, encoding="utf-8")
    Path(app.outdir, "_static", "exam", "bank.json").write_bytes(kept.read_bytes())


def bank_digest(root: Path) -> str:
    """A fingerprint of what the bank is made of: questions, what they refer to, and the code that computes them."""
    digest = hashlib.sha256(code_digest(root).encode())
    for path in sorted(path for place in ("src", "book") for path in root.glob(f"{place}/**/*.yml")):
        digest.update(f"\n{path.relative_to(root)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


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
