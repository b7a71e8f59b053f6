"""What the built site offers beyond its text: map, cards, edit links, glossary links, the solutions' switch."""

import html
import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from autograder.lessons import all_lessons
from autograder.site import ROOT, with_sphinx
from test_site import CHROMIUM, LESSON, address, browser, content_pages, pages, site  # noqa: F401

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # where Sphinx finds the book's own extensions

import seq2gpt_solutions
import seq2gpt_web

pytestmark = pytest.mark.filterwarnings("default")  # Sphinx's and the browser's own are not ours to forbid

BASE = "https://seq2gpt.github.io/seq2gpt/"
LAB = "exercises/07-attention/07-attention.html"


def test_the_map_names_every_page_by_its_canonical_address(site):
    places = ElementTree.parse(site / "sitemap.xml").iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    assert sorted(place.text for place in places) == sorted(BASE + name for name in content_pages())
    for name in content_pages():
        assert f'<link rel="canonical" href="{BASE}{name}"' in (site / name).read_text(encoding="utf-8")
    assert f"Sitemap: {BASE}sitemap.xml\n" in (site / "robots.txt").read_text()


def test_a_link_to_a_page_can_be_shown_as_a_card(site):
    for name in content_pages():
        text = (site / name).read_text(encoding="utf-8")
        facts = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', text))
        assert facts["og:url"] == BASE + name
        assert facts["og:title"] in text.partition("<title>")[2]
        assert 20 < len(facts["description"]) <= seq2gpt_web.LONGEST + 20, name
        assert facts["og:description"] == facts["description"]
        picture = site / facts["og:image"].removeprefix(BASE)
    header = picture.read_bytes()[:24]
    size = [int.from_bytes(header[at : at + 4]) for at in (16, 20)]
    assert size == [int(facts["og:image:width"]), int(facts["og:image:height"])]


def test_a_list_of_definitions_has_terms(site):
    for name in content_pages():
        text = (site / name).read_text(encoding="utf-8")
        assert not re.search(r"<dl[^>]*>\s*<dd", text), name
    assert '<div class="s2g-parameter"><em class="sig-param">' in (
        site / "book/api/attention.html"
    ).read_text("utf-8")


def test_a_page_can_be_mended_and_reported_where_it_is_made(pages):
    repository = "https://github.com/seq2gpt/seq2gpt"
    assert f"{repository}/edit/main/book/07-attention/lesson.md" in pages[LESSON].links
    assert f"{repository}/edit/main/book/07-attention/lab.md" in pages[LAB].links
    for name in content_pages():
        assert any(url.startswith(f"{repository}/issues/new") for url in pages[name].links), name


def test_a_lesson_links_each_term_once_and_never_in_headings_code_or_questions(site):
    for lesson in all_lessons(ROOT):
        text = (site / f"book/{lesson.name}/lesson.html").read_text(encoding="utf-8")
        text = text[text.index("<article") : text.index("</article>")]
        targets = re.findall(r'href="\.\./glossary\.html#(term-[\w-]+)"', text)
        assert len(targets) >= 10
        assert [target for target, count in Counter(targets).items() if count > 1] == [], lesson.name
        for part in re.findall(
            r"<h[1-6]>.*?</h[1-6]>|<pre>.*?</pre>|<figcaption>.*?</figcaption>", text, re.DOTALL
        ):
            assert "#term-" not in part
        assert "#term-" not in text.partition('class="s2g-question')[2].partition("</details>")[0]


def test_the_glossary_leads_back_to_where_a_term_is_introduced(site):
    text = (site / "book/glossary.html").read_text(encoding="utf-8")
    assert 'href="07-attention/lesson.html#about-query">Lesson 07, Attention</a>' in text


def test_every_widget_has_a_still_picture_for_where_it_cannot_run(site):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine drew them")
    widgets = 0
    for name in content_pages():
        text = (site / name).read_text(encoding="utf-8")
        for widget in set(re.findall(r'data-widget="(\w+)"', text)) - {"playground"}:
            widgets += 1
            picture = re.search(
                rf'<img src="([^"]*_static/stills/{widget}\.png)"[^>]* alt="[^"]+: a still picture"', text
            )
            assert picture, (name, widget)
            assert (site / name).parent.joinpath(picture[1]).is_file()
    assert widgets > 10


# ---- solutions: folded below each exercise, or in no file ----------------------------------------------------


def solution_lines() -> dict[str, set[str]]:
    """The lines of each lab's answers that say something, without what the released lab or its lesson shows anyway."""
    found = {}
    for lesson in all_lessons(ROOT):
        answers = seq2gpt_solutions.answers_of(ROOT / f"solutions/{lesson.name}/{lesson.name}.ipynb").values()
        lines = {line.strip() for answer in answers for line in answer.splitlines()}
        found[lesson.name] = {line for line in lines if len(line) > 24 and not line.startswith("#")}
    return found


def shown_anyway(lines: set[str]) -> set[str]:
    """What students receive or read in a lesson."""
    sources = [
        *ROOT.glob("exercises/*/*.ipynb"),
        *ROOT.glob("book/**/*.md"),
        *ROOT.glob("book/**/*.yml"),
        *ROOT.glob("book/*/*.json"),
    ]
    public = [path.read_text(encoding="utf-8") for path in sources if path.name != "lab.md"]
    return {line for line in lines if any(line in text or escaped(line) in text for text in public)}


def escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"', '\\"')


def lines_in(folder: Path, lines: set[str]) -> set[str]:
    """Those that a file of the folder holds, as text or as HTML or in a string."""
    found = set()
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        raw = path.read_text(encoding="utf-8", errors="replace")
        text = raw + html.unescape(re.sub(r"<[^>]+>", "", raw)) if path.suffix == ".html" else raw
        found |= {line for line in lines - found if line in text or escaped(line) in text}
    return found


def test_by_default_every_exercise_has_its_answer_folded_below(site):
    for lesson in all_lessons(ROOT):
        answers = seq2gpt_solutions.answers_of(ROOT / f"solutions/{lesson.name}/{lesson.name}.ipynb")
        text = (site / f"exercises/{lesson.name}/{lesson.name}.html").read_text(encoding="utf-8")
        assert text.count("<summary>The course’s answer</summary>") == len(answers) > 2
        assert '<details class="s2g-answer" open' not in text
    lines = solution_lines()["07-attention"]
    assert lines_in(site / "exercises/07-attention", lines) == lines


def test_for_a_class_no_file_of_the_site_holds_a_line_of_a_solution(tmp_path):
    labs = [f"exercises/{lesson.name}/{lesson.name}" for lesson in all_lessons(ROOT)][3:5]
    toc = tmp_path / "toc.yml"
    chapters = "\n".join(f"  - file: {lab}" for lab in labs[1:])
    toc.write_text(f"format: jb-article\nroot: {labs[0]}\nsections:\n{chapters}\n")
    with_sphinx("html", tmp_path / "site", tmp_path / "state", None, "none", toc)
    for lab in labs:
        lines = solution_lines()[Path(lab).name]
        secret = lines - shown_anyway(lines)
        assert len(secret) > 10
        assert lines_in(tmp_path / "site", secret) == set()


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (
            'def f():\n    """Doc."""\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n',
            "return 1",
        ),
        (
            "class A:\n    def f(self):\n        ### BEGIN SOLUTION\n        return 1\n        ### END SOLUTION\n\n"
            "    def g(self):\n        ### BEGIN SOLUTION\n        if 1:\n            pass\n        ### END SOLUTION\n",
            "# f\nreturn 1\n\n# g\nif 1:\n    pass",
        ),
    ],
)
def test_an_answer_is_shown_as_a_student_would_type_it(source, answer):
    assert seq2gpt_solutions.answer_in(source) == answer


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(("name", "scheme"), [("book/index.html", "dark"), (LESSON, "light"), (LAB, "dark")])
def test_axe_finds_nothing_on_a_page_of_each_kind(browser, address, name, scheme):
    """All pages, and what they weigh when packed: ``make audit``."""
    from audit.pages import PHONE
    from audit.pages import visit as look

    found = look(browser, address, name, scheme, PHONE)
    assert found.faults + found.violations == []


@pytest.mark.browser
def test_a_browser_that_stores_nothing_shows_widgets_light_and_dark_and_what_was_searched(browser, address):
    context = browser.new_context()
    context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address + LESSON, wait_until="networkidle")
    page.locator(".s2g-root").first.wait_for()
    modes = set()
    for _ in range(3):  # light, dark, as the system has it
        page.locator(".theme-switch-button:visible").first.click()
        modes.add(page.evaluate("document.documentElement.dataset.mode"))
    page.goto(f"{address}search.html?q=softmax", wait_until="networkidle")
    page.locator("#search-results li").first.wait_for()
    context.close()
    assert modes == {"light", "dark", "auto"}
    assert errors == []


@pytest.mark.browser
def test_without_javascript_a_line_says_so_and_only_where_something_is_missing(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + LESSON)
    assert page.locator(".s2g-noscript").is_visible()
    page.goto(address + "book/glossary.html")
    assert page.locator(".s2g-noscript").count() == 0
    context.close()
