"""Pages that load fast: icon fonts with the icons that are used, and no script before which the page has to wait.

The theme's icon fonts hold some 1,900 drawings. Those that the templates, the style sheets and the extensions name are put into
fonts of a few kilobytes, and the rules for the others are left out.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# What the theme's templates, its scripts and the pages name; the tests look for others.
ICONS = {
    "fa-angle-left", "fa-angle-right", "fa-arrow-up", "fa-bars", "fa-caret-down", "fa-chevron-down", "fa-chevron-left",
    "fa-chevron-right", "fa-circle-half-stroke", "fa-circle-xmark", "fa-code", "fa-compress", "fa-download", "fa-expand",
    "fa-file", "fa-file-pdf", "fa-github", "fa-lightbulb", "fa-list", "fa-magnifying-glass", "fa-moon", "fa-pencil-alt",
    "fa-rocket", "fa-sun", "fa-xmark",
}  # fmt: skip
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"([^"]*)"\}')
FONTS = ("fa-solid-900", "fa-regular-400", "fa-brands-400")
MEASURE = ".forEach((e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1}))"
MEASURE_LATER = ".forEach(window.reachByKeyboard)"  # of site.js
FIRST_TO_RUN = "documentation_options.js"  # a line of the page's head needs it at once


def used_icons(style: str) -> tuple[str, set[int]]:
    """The style sheet without the rules of icons that nobody uses, and the characters of those left.

    >>> used_icons('.fa-sun:before{content:"\\\\f185"}.fa-tooth:before{content:"\\\\f5c9"}')
    ('.fa-sun:before{content:"\\\\f185"}', {61829})
    """

    def kept(rule: re.Match[str]) -> str:
        names = re.findall(r"fa-[a-z0-9-]+", rule[1])
        return rule[0] if ICONS & set(names) else ""

    shorter = RULE.sub(kept, style)
    return shorter, {int(code, 16) for code in re.findall(r'content:\s*"\\([0-9a-f]{4})"', shorter)}


def write_fonts(fonts: Path, characters: set[int]) -> None:
    """Of each font a file .woff with these characters alone, in the place of those with all."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    for name in FONTS:
        font = TTFont(fonts / f"{name}.ttf")
        subsetter = Subsetter(Options(notdef_outline=True))
        subsetter.populate(unicodes=characters)
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(fonts / f"{name}.woff")
        for suffix in ("ttf", "woff2"):
            (fonts / f"{name}.{suffix}").unlink()


def lighten(app: Sphinx, error: Exception | None) -> None:
    static = Path(app.outdir, "_static")
    fonts = static / "vendor/fontawesome/webfonts"
    if error or app.builder.name != "html" or not (fonts / "fa-solid-900.ttf").exists():
        return
    sheet = static / "styles/pydata-sphinx-theme.css"
    style, characters = used_icons(sheet.read_text(encoding="utf-8"))
    for other in (*static.glob("*.css"), *static.glob("styles/sphinx-book-theme.css")):
        text = other.read_text(encoding="utf-8")
        characters |= {int(code, 16) for code in re.findall(r'content:\s*"\\([0-9a-f]{4})"', text)}
    source = r'url\(\.\./vendor/fontawesome/webfonts/([\w-]+)\.woff2\) format\("woff2"\),url\([^)]*\.ttf\) format\("truetype"\)'
    style = re.sub(source, r'url(../vendor/fontawesome/webfonts/\1.woff) format("woff")', style)
    sheet.write_text(style.replace("font-display:block", "font-display:swap"), encoding="utf-8")
    write_fonts(fonts, characters)
    theme = static / "scripts/pydata-sphinx-theme.js"
    code = theme.read_text(encoding="utf-8")
    if MEASURE not in code:
        raise ExtensionError(f"{theme} no longer holds {MEASURE}; see what the new theme does in its place")
    theme.write_text(code.replace(MEASURE, MEASURE_LATER), encoding="utf-8")
    for script in (static / "scripts").glob("fontawesome.js*"):
        script.unlink()


def defer_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Scripts of other extensions wait until the page has been read, in the same order.

    The page of the search is as it was: its own lines call what these scripts define.
    """
    if pagename == "search":
        return
    context["script_files"] = [waiting(script) for script in context["script_files"]]


def waiting(script: Any) -> Any:
    """The script with ``defer``, if it may wait; a copy, for all pages share the original."""
    attributes = getattr(script, "attributes", {})
    name = str(getattr(script, "filename", "") or "")
    if not name or name.endswith(FIRST_TO_RUN) or {"async", "type", "defer"} & attributes.keys():
        return script
    return type(script)(script.filename, priority=script.priority, **attributes, defer="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", defer_scripts, priority=950)
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
