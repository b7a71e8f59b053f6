"""The page that holds all pages, as it goes on paper: printed by Chromium, with contents in front and an outline."""

import html
import re
import shutil
import subprocess
from pathlib import Path

from seq2gpt.errors import UserError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 600  # seconds for a slow machine to lay out the whole book
STYLE = '<link rel="stylesheet" href="_static/paper.css" />'


def find_browser() -> str:
    """The command of a Chromium. Raises ``UserError`` where there is none."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UserError(
            f"a PDF is printed by a browser, and there is none of {', '.join(BROWSERS)}; install one"
        )
    return browser


def print_page(browser: str, page: Path, target: Path) -> Path:
    """Print the HTML file ``page`` to the PDF ``target``; returns it. Raises ``UserError`` with the browser's words."""
    target.unlink(missing_ok=True)
    words = [
        browser, "--headless", "--no-sandbox", "--no-pdf-header-footer", "--generate-pdf-document-outline",
        f"--print-to-pdf={target.resolve()}", page.resolve().as_uri(),
    ]  # fmt: skip
    try:
        result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise UserError(f"{browser} did not print the book in {PATIENCE} seconds; try again") from None
    if not target.is_file():
        raise UserError(f"{browser} printed no PDF: {result.stderr.strip()[-500:]}")
    return target


def printable(page: str, toc: dict) -> str:
    """The page with nothing that runs and nothing folded, and the contents behind its first words.

    Without their scripts widgets stay the pictures that they are.
    """
    page = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    page = page.replace("<details", "<details open").replace('data-theme="auto"', 'data-theme="light"')
    page = page.replace('="../_static/', '="_static/').replace("</head>", f"{STYLE}</head>")
    return page.replace('<div class="toctree-wrapper', f'{contents(page, toc)}<div class="toctree-wrapper', 1)


def contents(page: str, toc: dict) -> str:
    """The parts with links to their chapters and what belongs to each.

    >>> page = '<span id="document-a/b"></span><section id="x"><h1>A <em>b</em><a class="headerlink">#</a></h1>'
    >>> print(contents(page, {"parts": [{"caption": "One & two", "chapters": [{"file": "a/b"}]}]}))
    <nav class="s2g-contents"><h2>Contents</h2><h3>One &amp; two</h3><ul><li><a href="#document-a/b">A b</a></li></ul></nav>
    """
    heading = r'<span id="document-([^"]*)"></span><section[^>]*>\s*<h\d>(.*?)<a class="headerlink"'
    titles = {name: re.sub(r"<.*?>", "", title) for name, title in re.findall(heading, page)}
    parts = (
        f"<h3>{html.escape(part['caption'])}</h3>{listed(part['chapters'], titles)}" for part in toc["parts"]
    )
    return f'<nav class="s2g-contents"><h2>Contents</h2>{"".join(parts)}</nav>'


def listed(entries: list[dict], titles: dict[str, str]) -> str:
    """A list of links to pages, each with its sections below it."""
    items = (
        f'<li><a href="#document-{entry["file"]}">{html.escape(entry.get("title", "")) or titles[entry["file"]]}</a>'
        f"{listed(entry['sections'], titles) if 'sections' in entry else ''}</li>"
        for entry in entries
    )
    return f"<ul>{''.join(items)}</ul>"
