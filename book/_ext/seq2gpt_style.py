"""One style sheet for all pages, with the rules that a page of the site can use.

The theme and its extensions bring ten sheets of some 450 kB, and a browser shows nothing before it has read them all. The rules
whose classes and ids stand neither in a page nor in a script are left out, and the rest is one file. Sheets that a few pages
load (widgets, formulas, the exam's) stay files of their own.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

BUNDLE = "styles/book.css"
THEME = ("styles/theme.css", "styles/pydata-sphinx-theme.css")
# Of what html_css_files and the extensions add, in the order of the pages; the last one has the last word.
SHEETS = (
    "pygments.css", "styles/sphinx-book-theme.css", "togglebutton.css", "copybutton.css", "mystnb.", "sphinx-design.min.css",
    "site.css",
)  # fmt: skip
ALWAYS = {"root"}
NAMED = re.compile(r'\b(?:class|id)="([^"]*)"')
WORD = re.compile(r"[\w-]+")
ADDRESS = re.compile(r"url\((?!['\"]?(?:data:|\.\./|#))['\"]?")


def names_in(page: str) -> set[str]:
    """The classes and ids of a page.

    >>> sorted(names_in('<p class="a b-c" id="d">e</p>'))
    ['a', 'b-c', 'd']
    """
    return {name for names in NAMED.findall(page) for name in names.split()}


def shorten(style: str, used: set[str]) -> str:
    """The style sheet without comments and without rules for classes and ids that are not ``used``.

    >>> shorten(".a, .b .c { x: y } @media print { #d { x: z } } .a:not(.e) { x: w }", {"a"})
    '.a{x:y}.a:not(.e){x:w}'
    """
    import tinycss2

    rules = tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True)
    return "".join(written(rule, used) for rule in rules)


def written(rule: Any, used: set[str]) -> str:
    import tinycss2

    if rule.type == "error":
        raise ValueError(f"line {rule.source_line} of a style sheet: {rule.message}; write it as CSS")
    if rule.type == "qualified-rule":
        kept = [text for text, names in selectors(rule.prelude) if names <= used]
        return f"{','.join(kept)}{{{plain(rule.content)}}}" if kept else ""
    head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}"
    if rule.content is None:
        return f"{head};"
    if rule.lower_at_keyword not in ("media", "supports"):
        return f"{head}{{{plain(rule.content)}}}"
    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
    body = "".join(written(rule, used) for rule in inner)
    return f"{head}{{{body}}}" if body else ""


def selectors(prelude: list[Any]) -> Iterator[tuple[str, set[str]]]:
    """Each selector of a list, with the classes and ids outside of brackets that an element must have."""
    import tinycss2

    parts: list[list[Any]] = [[]]
    for piece in prelude:
        if piece == ",":
            parts.append([])
        elif piece.type != "comment":
            parts[-1].append(piece)
    for part in parts:
        names = {token.value for token in part if token.type == "hash"}
        names |= {name.value for dot, name in pairwise(part) if dot == "." and name.type == "ident"}
        yield tinycss2.serialize(part).strip(), names


def plain(content: list[Any]) -> str:
    """Declarations without comments and without blanks where none are needed."""
    import tinycss2

    text = tinycss2.serialize([token for token in content if token.type != "comment"])
    return re.sub(r"\s*([;{}])\s*", r"\1", re.sub(r"\s+", " ", text)).strip("; ").replace(": ", ":")


def is_bundled(sheet: Any) -> bool:
    name = str(getattr(sheet, "filename", sheet) or "").partition("?")[0].removeprefix("_static/")
    return name.startswith(SHEETS)


def leave_out_bundled(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if app.builder.name == "html":
        context["css_files"] = [sheet for sheet in context["css_files"] if not is_bundled(sheet)]


def sheets_of(static: Path) -> list[Path]:
    found = [next(static.glob(f"{name}*" if name.endswith(".") else name)) for name in SHEETS]
    return [*(static / name for name in THEME), *found]


def used_names(out: Path) -> set[str]:
    """What the pages name, and every word of the scripts, which give and take classes."""
    names = set(ALWAYS)
    for page in out.rglob("*.html"):
        names |= names_in(page.read_text(encoding="utf-8"))
    for script in Path(out, "_static").rglob("*.js"):
        names |= set(WORD.findall(script.read_text(encoding="utf-8", errors="replace")))
    return names


def write_bundle(app: Sphinx, error: Exception | None) -> None:
    """Made again only when a sheet or the names have changed."""
    if error or app.builder.name != "html":
        return
    static, used = Path(app.outdir, "_static"), used_names(Path(app.outdir))
    # An address in a sheet is relative to it, and the bundle lies in styles/.
    styles = [
        sheet.read_text(encoding="utf-8")
        if sheet.parent.name == "styles"
        else ADDRESS.sub("url(../", sheet.read_text(encoding="utf-8"))
        for sheet in sheets_of(static)
    ]
    key = hashlib.sha256(
        "\n".join([Path(__file__).read_text(encoding="utf-8"), *styles, *sorted(used)]).encode()
    )
    kept = Path(app.doctreedir, f"style-{key.hexdigest()[:16]}.css")
    if not kept.exists():
        for stale in kept.parent.glob("style-*.css"):
            stale.unlink()
        kept.write_text("".join(shorten(style, used) for style in styles), encoding="utf-8")
    Path(static, BUNDLE).write_bytes(kept.read_bytes())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", leave_out_bundled, priority=960)
    app.connect("build-finished", write_bundle, priority=900)  # after the icon fonts are cut
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
