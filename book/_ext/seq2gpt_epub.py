"""What the site's theme does to a page and an EPUB cannot have."""

from typing import Any

from sphinx.application import Sphinx


def drop_buttons(app: Sphinx) -> None:
    """A book has no header: the site's theme would fail to find the one that it puts its buttons in."""
    if app.builder.name == "epub":
        listeners = app.events.listeners["html-page-context"]
        listeners[:] = [
            entry for entry in listeners if not entry.handler.__module__.startswith("sphinx_book_theme")
        ]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", drop_buttons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
