"""The book as one file: EPUB by Sphinx's own builder, PDF by Chromium's print of all pages on one.

Both are made from what the site's build has read and executed, so no cell runs again. A PDF is printed by a browser,
not set by LaTeX: it needs no further gigabytes, and the figures and formulas are the ones of the site.
"""

import shutil
import subprocess
from pathlib import Path

from autograder.site import Solutions, build_site, state_beside, with_sphinx
from seq2gpt.errors import UserError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 600  # seconds for a slow machine to set every formula of the book


def write_epub(site: Path, model: Path | None, solutions: Solutions) -> Path:
    """Build the site, then write the book beside it; returns the file."""
    build_site(site, model, solutions)
    pages = state_beside(site) / "epub"
    with_sphinx("epub", pages, state_beside(site), model, solutions)
    return shutil.copyfile(pages / "seq2gpt.epub", site.with_name("seq2gpt.epub"))


def write_pdf(site: Path, model: Path | None, solutions: Solutions) -> Path:
    """Build the site, then print the book beside it; returns the file. Needs a Chromium on the machine."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UserError(
            f"a PDF is printed by a browser, and there is none of {', '.join(BROWSERS)}; install one"
        )
    build_site(site, model, solutions)
    pages, target = state_beside(site) / "singlehtml", site.with_name("seq2gpt.pdf")
    with_sphinx("singlehtml", pages, state_beside(site), model, solutions)
    target.unlink(missing_ok=True)
    words = [
        browser, "--headless", "--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={target.resolve()}",
        "--virtual-time-budget=300000", (pages / "book/index.html").resolve().as_uri(),
    ]  # fmt: skip
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if not target.is_file():
        raise UserError(f"{browser} printed no PDF: {result.stderr.strip()[-500:]}")
    return target
