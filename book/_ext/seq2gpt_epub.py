"""Formulas of the EPUB as MathML, which reading programs show without a script."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def as_mathml(formula: str, display: bool) -> str:
    """The formula as XML. Raises what the converter raises for TeX that it does not know.

    >>> as_mathml("x", False)
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    from latex2mathml.converter import convert

    return convert(formula, display="block" if display else "inline")


def set_formulas(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.name != "epub":
        return
    for kind, display in ((nodes.math, False), (nodes.math_block, True)):
        for node in list(doctree.findall(kind)):
            markup = as_mathml(node.astext(), display)
            node.replace_self(nodes.raw("", f"<p>{markup}</p>" if display else markup, format="html"))


def drop_buttons(app: Sphinx) -> None:
    """A book has no header: the site's theme would fail to find the one that it puts its buttons in."""
    if app.builder.name == "epub":
        listeners = app.events.listeners["html-page-context"]
        listeners[:] = [
            entry for entry in listeners if not entry.handler.__module__.startswith("sphinx_book_theme")
        ]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", drop_buttons)
    app.connect("doctree-resolved", set_formulas)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
