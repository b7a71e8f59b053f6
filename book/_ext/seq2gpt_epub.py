"""What makes the book an EPUB: none of the theme's buttons, and a table of files that says what is in them."""

import re
from pathlib import Path
from typing import Any

from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

PAGE = re.compile(r'<item (id="[^"]*" href="([^"]+)" media-type="application/xhtml\+xml") ?/>')
WHAT = {
    "mathml": "<math",
    "scripted": "<script",
    "svg": "<svg",
}  # EPUB 3.3, appendix D.8: names of properties, and their signs


class EpubBuilder(Epub3Builder):
    """Sphinx's, with the properties that EPUB 3 wants of each file that holds formulas, drawings or scripts."""

    def build_content(self) -> None:
        add_global_html_resources(
            self.app, None
        )  # MyST-NB copies its style sheet when the list has been made
        super().build_content()
        table = Path(self.outdir, "content.opf")
        table.write_text(
            with_properties(table.read_text(encoding="utf-8"), Path(self.outdir)), encoding="utf-8"
        )


def with_properties(table: str, folder: Path) -> str:
    """The text of ``content.opf``, in which each page below ``folder`` is said to have what it has."""

    def item(match: re.Match[str]) -> str:
        page = (folder / match[2]).read_text(encoding="utf-8")
        found = " ".join(name for name, sign in WHAT.items() if sign in page)
        return f'<item {match[1]} properties="{found}"/>' if found else match[0]

    return PAGE.sub(item, table)


def drop_buttons(app: Sphinx) -> None:
    """A book has no header: the site's theme would fail to find the one that it puts its buttons in."""
    if app.builder.name == "epub":
        listeners = app.events.listeners["html-page-context"]
        listeners[:] = [
            entry for entry in listeners if not entry.handler.__module__.startswith("sphinx_book_theme")
        ]


def write_as_html(app: Sphinx) -> None:
    """Nodes that know HTML and not EPUB, such as another extension's cards, are written as HTML.

    Sphinx would do so by itself if no node in the book had a form for EPUB.
    """
    handlers = app.registry.translation_handlers
    handlers["epub"] = {**handlers.get("html", {}), **handlers.get("epub", {})}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_builder(EpubBuilder, override=True)
    app.connect("builder-inited", drop_buttons)
    app.connect("builder-inited", write_as_html)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
