"""Pages that show quickly: formulas without a script, one style sheet that looks like the many, no long work at the start."""

import doctest
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter

import pytest

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from jupyter_book.config import get_final_config

from audit.pages import MEASURED
from autograder.site import ROOT
from test_site import LESSON, address, browser, site, visit  # noqa: F401

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # where Sphinx finds the book's own extensions

import seq2gpt_exam
import seq2gpt_formulas
import seq2gpt_light
import seq2gpt_style

pytestmark = pytest.mark.filterwarnings("default")  # Sphinx's and the browser's own are not ours to forbid


@pytest.mark.parametrize("module", [seq2gpt_formulas, seq2gpt_light, seq2gpt_style])
def test_the_examples_of_the_extensions_are_right(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(
    "folder", ["book/_ext/katex", "book/assets/vendor/katex", "book/assets/vendor/ts-fsrs"]
)
def test_the_work_of_others_is_what_its_source_says(folder):
    stated = re.search(r"^sha256 ([0-9a-f]{64})$", (ROOT / folder / "SOURCE.md").read_text(), re.MULTILINE)[1]
    files = [path for path in (ROOT / folder).iterdir() if path.suffix in {".js", ".css"}]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in files] == [stated]
    assert (ROOT / folder / "LICENSE").is_file()
    for style in (path for path in files if path.suffix == ".css"):
        fonts = re.findall(r"url\(([^)]*)\)", style.read_text())
        assert {font for font in fonts if not (style.parent / font).is_file()} == set()
        assert len(fonts) == len(list((style.parent / "fonts").iterdir()))


# ---- formulas ------------------------------------------------------------------------------------------------


def test_a_formula_is_set_for_the_eye_and_for_a_screen_reader():
    both = seq2gpt_formulas.set_formula(r"\frac{a}{b}", True)
    assert both.startswith('<span class="katex-display">')
    assert "<mfrac><mi>a</mi><mi>b</mi></mfrac>" in both
    assert 'class="katex-html" aria-hidden="true"' in both
    alone = seq2gpt_formulas.set_formula(r"\frac{a}{b}", False, "mathml")
    assert "katex-html" not in alone
    assert 'display="block"' not in alone


def mini_book(folder, page):
    """The page alone, built by Sphinx in a process of its own, with warnings as errors."""
    (folder / "index.md").write_text(f"# Title\n\n{page}")
    (folder / "conf.py").write_text(
        'extensions = ["myst_parser", "seq2gpt_formulas"]\n'
        'html_math_renderer, html_theme, myst_enable_extensions = "katex", "basic", ["dollarmath"]\n'
    )
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", str(folder), str(folder / "out")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "book/_ext")}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_formula_that_cannot_be_set_stops_the_build_with_its_page_and_line(tmp_path):
    result = mini_book(tmp_path, "A right one, $x$.\n\nA wrong one, $x \\nosuch$.\n")
    assert result.returncode == 1
    told = [line for line in result.stderr.splitlines() if "the formula" in line]
    assert len(told) == 1
    assert re.search(
        r"index\.md:5: WARNING: the formula 'x \\\\nosuch' cannot be set: KaTeX parse error: Undefined control "
        r"sequence: \\nosuch at position 3",
        told[0],
    )


def test_every_page_loads_the_styles_that_it_needs_and_no_more(site):
    for page in site.rglob("*.html"):
        if page.name == "404.html" or page == site / "index.html" or "_static" in page.parts:
            continue
        text = page.read_text(encoding="utf-8")
        sheets = [
            url.partition("_static/")[2].partition("?")[0]
            for url in re.findall(r'<link[^>]*href="([^"]*)"[^>]*>', text)
            if ".css" in url
        ]
        assert sheets[0] == seq2gpt_style.BUNDLE
        needed = {"vendor/katex/katex.css"} if 'class="katex"' in text else set()
        needed |= {"widgets/widgets.css"} if "data-widget=" in text else set()
        assert {sheet for sheet in sheets[1:] if not sheet.startswith("exam/")} == needed, page


@pytest.mark.browser
def test_formulas_are_set_without_javascript_in_fonts_of_the_site(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    loaded: list[str] = []
    page.on("requestfinished", lambda request: loaded.append(request.url.rpartition("/")[2]))
    page.goto(address + LESSON, wait_until="networkidle")
    formulas = page.locator(".math").count()
    assert formulas > 50
    assert (
        page.locator(".math > .katex .katex-mathml math, .math > .katex-display .katex-mathml math").count()
        == formulas
    )
    assert {"KaTeX_Math-Italic.woff2", "KaTeX_Main-Regular.woff2"} <= set(loaded)
    context.close()


@pytest.mark.parametrize(
    ("page", "label"),
    [("| $d_\\text{k}$ |\n|--|\n| 1 |\n", ' aria-label="dk"'), ("| a |\n|--|\n| $d_k$ |\n", "")],
)
def test_a_formula_that_heads_a_column_is_its_text(tmp_path, page, label):
    built = mini_book(tmp_path, page)
    assert built.returncode == 0, built.stderr
    text = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert re.findall(r"<math xmlns=\"[^\"]*\"([^>]*)>", text) == [label]


# ---- one style sheet -------------------------------------------------------------------------------------------

LOOKS = """() => [...document.querySelectorAll("body, body *")].flatMap((element) => ["", "::before", "::after"].map((part) => {
  const style = getComputedStyle(element, part || null);
  return element.tagName + "." + element.className + part + " " + [
    "display", "color", "backgroundColor", "font", "margin", "padding", "border", "width", "height", "position", "content",
    "textDecoration", "opacity", "zIndex", "flex", "overflow", "visibility", "transform", "boxShadow", "listStyle",
  ].map((name) => style[name]).join("|");
}))"""
SEPARATE = """async (sheets) => {
  const one = document.querySelector('link[href*="styles/book.css"]');
  const loaded = sheets.map((sheet) => new Promise((done, fail) => {
    const link = Object.assign(document.createElement("link"), {rel: "stylesheet", onload: done, onerror: fail});
    link.href = new URL(`../${sheet}`, one.href);
    one.before(link);
  }));
  await Promise.all(loaded);
  one.remove();
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("name", "width"), [(LESSON, 390), (LESSON, 1280), ("book/index.html", 1280),
                                            ("exercises/07-attention/07-attention.html", 390)])  # fmt: skip
def test_the_one_style_sheet_looks_like_the_many(visit, site, name, width):
    page, faults = visit(name, "dark" if width == 390 else "light", width)
    page.add_style_tag(content="* { transition: none !important; }")
    for still in page.locator("[data-widget] .s2g-still").all():
        still.wait_for(state="hidden")  # the widget has taken its place
    page.evaluate(LOOKS)  # lays out what is far below, which asks for its fonts
    page.evaluate("document.fonts.ready.then(() => null)")
    one = page.evaluate(LOOKS)
    static = site / "_static"
    page.evaluate(SEPARATE, [str(sheet.relative_to(static)) for sheet in seq2gpt_style.sheets_of(static)])
    many = page.evaluate(LOOKS)
    assert len(one) == len(many) > 1000
    assert [pair for pair in zip(one, many, strict=True) if pair[0] != pair[1]][:3] == []
    assert faults == []


# ---- what waits ------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_what_is_wider_than_the_page_is_reached_by_keyboard(visit):
    page, _ = visit(LESSON, width=390)
    page.wait_for_function(MEASURED)
    boxes = page.locator(".katex-display, .bd-article pre").evaluate_all(
        "boxes => boxes.map(b => [b.scrollWidth > b.clientWidth || b.scrollHeight > b.clientHeight, b.tabIndex])"
    )
    assert Counter(position == (0 if wide else -1) for wide, position in boxes) == {True: len(boxes)}
    assert len({wide for wide, _ in boxes}) == 2


@pytest.mark.browser
@pytest.mark.parametrize(("name", "width"), [(LESSON, 390), ("book/13-gpt/lesson.html", 1280)])
def test_a_link_into_a_page_leads_to_its_place(visit, name, width):
    page, _ = visit(name, width=width)
    last = page.locator(".bd-article > section > section[id]").nth(-2).get_attribute("id")
    where = f"(top => top >= 0 && top < 450)(document.getElementById({last!r}).getBoundingClientRect().top)"
    page.evaluate("id => document.querySelector(`a[href='#${id}']`).click()", last)  # of the contents
    page.wait_for_function(where)
    page.wait_for_timeout(800)
    assert page.evaluate(where)
    page, _ = visit(f"{name}#{last}", width=width)
    page.wait_for_function("!document.querySelector('[data-widget] > .s2g-still')")
    page.wait_for_timeout(800)  # for what arrives late, and must not move it
    assert page.evaluate(where)


# ---- what is kept from one build to the next -------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed", ["book/07-attention/questions.yml", "book/cases.yml", "src/seq2gpt/attention.py"]
)
def test_the_bank_is_made_again_when_what_it_is_made_of_changes(tmp_path, changed):
    for name in (
        "book/07-attention/questions.yml",
        "book/cases.yml",
        "src/seq2gpt/attention.py",
        "book/a.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    before = seq2gpt_exam.bank_digest(tmp_path)
    (tmp_path / "book/a.md").write_text("2")
    assert seq2gpt_exam.bank_digest(tmp_path) == before
    (tmp_path / changed).write_text("2")
    assert seq2gpt_exam.bank_digest(tmp_path) != before


def test_a_short_build_reads_no_page_for_numbers_of_figures():
    asked = {"latex_individualpages": False}
    config, _ = get_final_config(user_yaml=ROOT / "_config.yml", cli_config=asked, sourcedir=ROOT)
    assert (
        config["numfig"] is False
    )  # Jupyter Book's default, true, has Sphinx unpickle every page of the book
