"""The book on paper: what the printed page of all pages holds, and what Chromium makes of it."""

import doctest
import re
import shutil

import pytest

pytest.importorskip("yaml")

from autograder import book, paper
from autograder.site import ROOT, check_sources, pages_of
from chromium import CHROMIUM
from seq2gpt.errors import UserError

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
TOC = {
    "root": "book/index",
    "parts": [{"caption": "One", "chapters": [{"file": "a", "title": "First"}, {"file": "b"}]}],
}
TERMS = "".join(f"<dt>term {n}</dt><dd><p>what it means</p></dd>" for n in range(400))
PAGE = f"""<!DOCTYPE html>
<html lang="en" data-theme="auto"><head><meta charset="utf-8"><title>t</title>
<link rel="stylesheet" href="_static/widgets.css"><link rel="stylesheet" href="_static/site.css"></head><body>
<article class="bd-article"><section><h1>The book</h1><script type="module" src="host.js"></script>
<img src="../_static/still.png"><div class="toctree-wrapper compound">
<span id="document-a"></span><section id="x"><h2>A<a class="headerlink">#</a></h2>
<details class="s2g-answer"><summary>Answer</summary><p style="height: 1400px">because</p></details></section>
<span id="document-b"></span><section id="y"><h2>B, <em>too</em><a class="headerlink">#</a></h2>
<dl class="s2g-glossary">{TERMS}</dl></section></div></section></article></body></html>"""


def test_the_examples_are_right():
    failed, tried = doctest.testmod(paper)
    assert (failed, tried > 0) == (0, True)


def test_on_paper_nothing_runs_nothing_is_folded_and_addresses_begin_at_the_page():
    page = paper.printable(PAGE, TOC)
    assert "<script" not in page
    assert '<details open class="s2g-answer">' in page
    assert 'data-theme="light"' in page
    assert 'src="_static/still.png"' in page
    assert page.index("The book") < page.index(">Contents<") < page.index('id="document-a"')
    assert re.findall(r'<li><a href="#document-(.)">(.*?)</a>', page) == [("a", "First"), ("b", "B, too")]


@needs_chromium
def test_what_is_long_is_printed_to_its_end(tmp_path):
    (tmp_path / "_static").mkdir()
    for sheet in ("src/seq2gpt/widgets/widgets.css", "book/assets/site.css", "book/assets/paper.css"):
        shutil.copy(ROOT / sheet, tmp_path / "_static")
    page = tmp_path / "paper.html"
    page.write_text(paper.printable(PAGE, TOC), encoding="utf-8")
    printed = paper.print_page(CHROMIUM, page, tmp_path / "book.pdf").read_bytes()
    sizes = re.findall(rb"/Type /Page\n.*?/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed, re.DOTALL)
    assert {tuple(round(float(side) / 72 * 25.4) for side in size) for size in sizes} == {(210, 297)}  # A4
    # first words, contents, an answer of two pages, and 400 terms of which no page holds 50
    assert len(sizes) >= 2 + 2 + 8
    assert b"/Outlines" in printed


def test_without_a_browser_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(paper.shutil, "which", lambda _: None)
    with pytest.raises(UserError, match="a PDF is printed by a browser, and there is none of chromium, "):
        book.write_pdf(ROOT / "build/no-site", None, "folded")


def test_what_the_browser_complains_about_is_told(tmp_path):
    words = tmp_path / "browser"
    words.write_text("#!/bin/sh\necho no screen >&2\nexit 1\n")
    words.chmod(0o755)
    with pytest.raises(UserError, match=r"browser printed no PDF: no screen$"):
        paper.print_page(str(words), tmp_path / "page.html", tmp_path / "book.pdf")


def test_no_class_of_a_page_is_a_class_of_a_widget():
    """The glossary had one, and in the book on paper its box scrolled."""
    named = re.compile(r"\.(s2g-[\w-]+)")
    widgets = set(named.findall((ROOT / "src/seq2gpt/widgets/widgets.css").read_text(encoding="utf-8")))
    made = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "book/_ext").glob("*.py"))
    pages = set(re.findall(r'classes=\["(s2g-[\w-]+)"\]', made))
    assert {"s2g-glossary", "s2g-term"} <= pages
    assert not pages & widgets


@pytest.mark.slow
@needs_chromium
def test_the_book_is_printed(tmp_path):
    pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")
    pages = tmp_path / "site"
    printed = book.write_pdf(pages, None, "folded").read_bytes()
    assert 300 < len(re.findall(rb"/Type /Page\n", printed)) < 1000
    whole = (pages.with_name("site.state") / "singlehtml/paper.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<a href="#document-([^"]*)">', whole)) == set(pages_of(check_sources(None))[1:])
