"""Formulas, set by KaTeX while the book is built: a page needs no script for them, and a screen reader finds MathML.

The site and the PDF get KaTeX's HTML with MathML behind it, the EPUB MathML alone. A formula that KaTeX does not know is a
warning with its page and line, and warnings end the build.
"""

import html
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

KATEX = Path(__file__).parent / "katex" / "katex.min.js"
STYLE = "vendor/katex/katex.css"
# As JSON, for the engine hands over a string only when it is in one piece.
SET = """(function (tex, displayMode, output) {
  try { return JSON.stringify([katex.renderToString(tex, {displayMode, output, strict: "error"})]); }
  catch (error) { return JSON.stringify([null, error.message]); }
})"""

logger = logging.getLogger(__name__)


@cache
def katex() -> Callable[[str, bool, str], str]:
    from quickjs import Context

    context = Context()
    context.eval(KATEX.read_text(encoding="utf-8"))
    return context.eval(SET)


@cache
def set_formula(tex: str, display: bool, output: str = "htmlAndMathml") -> str:
    """The formula as markup. Raises ``ValueError`` with KaTeX's words for TeX that it does not know.

    >>> set_formula("x", False, "mathml").partition("<semantics>")[2].partition("</mrow>")[0]
    '<mrow><mi>x</mi>'
    """
    markup, *why = json.loads(katex()(tex, display, output))
    if markup is None:
        raise ValueError(why[0])
    return markup


def write_formula(translator: Any, node: nodes.Element, display: bool) -> None:
    output = "mathml" if translator.builder.name == "epub" else "htmlAndMathml"
    try:
        markup = set_formula(node.astext(), display, output)
        translator.body.append(named(markup) if any(map(is_table_head, ancestors(node))) else markup)
    except ValueError as error:
        logger.warning(
            "the formula %r cannot be set: %s; write it with what KaTeX knows",
            node.astext(),
            error,
            location=node,
        )
        translator.body.append(f"<code>{html.escape(node.astext())}</code>")


def named(markup: str) -> str:
    """The formula with its letters as a name: to axe, a heading of a column has to have one.

    >>> named('<math><semantics><mi>d</mi><annotation encoding="application/x-tex">d</annotation></semantics></math>')[:21]
    '<math aria-label="d">'
    """
    letters = re.sub(r"<annotation.*?</annotation>|<[^>]*>", "", markup.partition("</math>")[0])
    return re.sub(
        r"<math\b([^>]*)>", lambda found: f'<math{found[1]} aria-label="{letters}">', markup, count=1
    )


def ancestors(node: nodes.Node) -> Iterator[nodes.Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def is_table_head(node: nodes.Node) -> bool:
    return isinstance(node, nodes.thead)


def visit_inline(translator: Any, node: nodes.Element) -> None:
    translator.body.append(translator.starttag(node, "span", "", CLASS="math"))
    write_formula(translator, node, display=False)
    translator.body.append("</span>")
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.Element) -> None:
    translator.body.append(translator.starttag(node, "div", "", CLASS="math"))
    write_formula(translator, node, display=True)
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def load_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Only a page with a formula loads KaTeX's style."""
    if doctree is not None and app.builder.name != "epub" and any(doctree.findall(is_formula)):
        app.add_css_file(STYLE)


def is_formula(node: nodes.Node) -> bool:
    return isinstance(node, nodes.math | nodes.math_block)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.connect("html-page-context", load_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
