"""The book as one file: EPUB by Sphinx's own builder, PDF by Chromium's print of all pages on one.

Both are made from what the site's build has read and executed, so no cell runs again. A PDF is printed by a browser,
not set by LaTeX: it needs no further gigabytes, and the figures and formulas are the ones of the site.
"""

import shutil
from pathlib import Path

from autograder.paper import find_browser, print_page, printable
from autograder.site import Solutions, build_site, check_sources, state_beside, with_sphinx


def write_epub(site: Path, model: Path | None, solutions: Solutions) -> Path:
    """Build the site, then write the book beside it; returns the file."""
    build_site(site, model, solutions)
    pages = state_beside(site) / "epub"
    shutil.rmtree(pages, ignore_errors=True)  # the site's build used up the news of what pages depend on
    with_sphinx("epub", pages, state_beside(site), model, solutions)
    return shutil.copyfile(pages / "seq2gpt.epub", site.with_name("seq2gpt.epub"))


def write_pdf(site: Path, model: Path | None, solutions: Solutions) -> Path:
    """Build the site, then print the book beside it; returns the file. Needs a Chromium on the machine."""
    browser = find_browser()
    build_site(site, model, solutions)
    pages, toc = state_beside(site) / "singlehtml", check_sources(model)
    with_sphinx("singlehtml", pages, state_beside(site), model, solutions)
    whole = (pages / f"{toc['root']}.html").read_text(encoding="utf-8")
    paper = pages / "paper.html"  # not where Sphinx leaves it: the addresses of what it shows begin here
    paper.write_text(printable(whole, toc), encoding="utf-8")
    return print_page(browser, paper, site.with_name("seq2gpt.pdf"))
