"""The built site: complete, self-contained, and without a fault in a real browser.

The site is built once into ``build/tested-site``, where an unchanged one is used again; the environment
variable ``SEQ2GPT_SITE`` names a site that is built already.
"""

import fcntl
import html
import json
import os
import re
import shutil
import sys
import threading
import time
from collections import Counter
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
import yaml

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from autograder import site as site_builder
from autograder.site import ROOT, build_site, pages_of
from seq2gpt.errors import UserError
from seq2gpt.model_file import read_frame

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # where Sphinx finds the book's own extensions

import seq2gpt_book
import seq2gpt_quiz
import seq2gpt_references

pytestmark = pytest.mark.filterwarnings("default")  # Sphinx's and the browser's own are not ours to forbid

LESSON = "book/07-attention/lesson.html"
QUESTIONS = "book/07-attention/more.html"
EXAM = "book/exam/index.html"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


CARD = {
    "data": "nothing at all", "licence": "none", "command": "seq2gpt train tiny --seed 5", "seed": 5, "val_loss": 3.4567,
    "train_loss": 3.4, "versions": {"torch": "2"}, "sample": "abracadabra",
}  # fmt: skip


def tiny_model(path: Path) -> Path:
    """An untrained GPT, exported, always the same: the playground needs a file, not sense."""
    import torch

    from seq2gpt.browser import export_for_browser
    from seq2gpt.gpt import GPT, GPTConfig
    from seq2gpt.tokens import CharTokenizer

    tokenizer = CharTokenizer(sorted("\n abcdefghijklmnopqrstuvwxyz.,T"))
    config = GPTConfig(vocab_size=tokenizer.vocab_size, context_length=32, d_model=16, n_heads=2, n_layers=2)
    torch.manual_seed(0)
    export_for_browser(GPT(config), tokenizer, path, CARD)
    return path


@pytest.fixture(scope="session")
def site() -> Path:
    if built := os.environ.get("SEQ2GPT_SITE"):
        return Path(built)
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    with (folder / "tested-site.lock").open("w") as lock:  # parallel test processes share one build
        fcntl.flock(lock, fcntl.LOCK_EX)
        return build_site(folder / "tested-site", tiny_model(folder / "tested-model.bin")).parent


class Page(HTMLParser):
    """What the tests need to know of an HTML file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []  # where a reader can go
        self.loads: list[str] = []  # what the browser fetches by itself
        self.headings: list[int] = []
        self.unnamed_pictures: list[str] = []
        self.in_article = False  # outside it stands a second title, for print alone
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link" and found.get("rel") in {"stylesheet", "icon", "preload", "modulepreload"}:
            self.loads.append(found["href"])
        elif tag in {"script", "img", "iframe", "source", "video", "audio", "embed"} and "src" in found:
            self.loads.append(found["src"])
        if tag == "article":
            self.in_article = True
        if self.in_article and re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img" and not found.get("alt"):
            self.unnamed_pictures.append(found.get("src", "?"))

    def handle_endtag(self, tag: str) -> None:
        self.in_article = self.in_article and tag != "article"


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, Page]:
    files = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in files}


def content_pages() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [f"{page}.html" for page in pages_of(toc)]


# ---- files ---------------------------------------------------------------------------------------------


def test_every_page_of_the_contents_is_built(pages):
    assert set(content_pages()) <= set(pages)
    assert {"index.html", "404.html", "search.html"} <= set(pages)


def test_nothing_is_loaded_from_another_host(site, pages):
    elsewhere = {name: [url for url in page.loads if urlsplit(url).netloc] for name, page in pages.items()}
    assert {name: urls for name, urls in elsewhere.items() if urls} == {}
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"""(url\(|@import\s*)["']?(https?:)?//""", text), style
    for script in site.rglob("*.js"):
        text = script.read_text(encoding="utf-8", errors="replace")
        assert not re.search(r"""\b(from|import|import\(|fetch\()\s*["'`](https?:)?//""", text), script


def test_every_link_and_anchor_leads_somewhere(site, pages):
    broken = []
    for name, page in pages.items():
        for url in page.links + page.loads:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc or url.startswith("/"):
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            target = target.resolve()
            if not target.is_file():
                broken.append(f"{name}: {url}")
                continue
            anchors = pages.get(target.relative_to(site.resolve()).as_posix())
            if parts.fragment and anchors and unquote(parts.fragment) not in anchors.ids:
                broken.append(f"{name}: {url}")
    assert broken == []


def test_pages_have_one_title_headings_in_order_and_named_pictures(pages):
    for name in content_pages():
        page = pages[name]
        assert page.headings.count(1) == 1, name
        assert page.headings[0] == 1, name
        jumps = [(a, b) for a, b in zip(page.headings, page.headings[1:], strict=False) if b > a + 1]
        assert jumps == [], name
        assert page.unnamed_pictures == [], name
        assert [identifier for identifier, count in Counter(page.ids).items() if count > 1] == [], name


def test_only_pages_with_a_widget_load_the_host(site, pages):
    for name, page in pages.items():
        has_widget = "data-widget=" in (site / name).read_text(encoding="utf-8")
        assert any("widgets/host.js" in url for url in page.loads) == has_widget, name
    assert any("widgets/host.js" in url for url in pages["book/index.html"].loads)


def test_only_the_exam_area_loads_its_modules(site, pages):
    assert [name for name, page in pages.items() if any("exam/app.js" in url for url in page.loads)] == [EXAM]
    items = json.loads((site / "_static/exam/bank.json").read_bytes())["items"]
    assert {"ATT", "SEQ"} <= {item["objectives"][0].partition("-")[0] for item in items}


def test_the_lab_can_be_downloaded_and_opened_in_colab(site, pages):
    lab = pages["exercises/07-attention/07-attention.html"]
    released = ROOT / "exercises/07-attention/07-attention.ipynb"
    download = site / "_sources/exercises/07-attention/07-attention.ipynb"
    assert any(url.endswith("_sources/exercises/07-attention/07-attention.ipynb") for url in lab.links)
    assert json.loads(download.read_text()) == json.loads(released.read_text())
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    repository = config["repository"]["url"].removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{repository}/blob/main/exercises/07-attention/07-attention.ipynb"
    assert colab in lab.links
    assert not any("colab" in url for url in pages[LESSON].links)  # Colab cannot open Markdown


def test_every_question_for_practice_stands_once_in_the_lesson_or_behind_it(site):
    from seq2gpt.exam.bank import load

    text = "".join((site / page).read_text(encoding="utf-8") for page in (LESSON, QUESTIONS))
    for question in load(ROOT / "book/07-attention/questions.yml"):
        expected = 0 if question.pool == "exam" else 1
        assert text.count(f'id="question-{question.id.lower()}"') == expected, question.id
    assert text.count('<details class="s2g-answer">') == text.count('class="s2g-question docutils')
    keys = set(re.findall(r"Answer: ([a-h])<", text))
    assert len(keys) > 2, "the right option stands at the same letter everywhere"


def test_every_public_module_has_one_place_in_the_api_reference():
    source = ROOT / "src"
    modules = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for path in source.glob("seq2gpt/**/*.py")
        if path.name != "__main__.py"
    }
    documented = Counter(
        name
        for page in (ROOT / "book/api").glob("*.md")
        for name in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))
    )
    assert documented == Counter(modules)


# ---- the builder and the extension -----------------------------------------------------------------------


def test_with_nothing_changed_nothing_is_built(site):
    if os.environ.get("SEQ2GPT_SITE"):
        pytest.skip("the site given was built elsewhere")
    before = (site / LESSON).stat().st_mtime_ns
    start = time.perf_counter()
    build_site(site, ROOT / "build/tested-model.bin")
    assert time.perf_counter() - start < 8
    assert (site / LESSON).stat().st_mtime_ns == before


def test_a_page_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(site_builder, "ROOT", tmp_path)
    with pytest.raises(UserError, match=r"_toc\.yml is missing; the site is built from a checkout"):
        build_site(tmp_path / "site")
    (tmp_path / "_toc.yml").write_text("root: a\nparts: [{chapters: [{file: b, sections: [{file: c}]}]}]\n")
    (tmp_path / "a.md").touch()
    (tmp_path / "b.ipynb").touch()
    with pytest.raises(UserError, match="_toc.yml names c, which is missing"):
        build_site(tmp_path / "site")
    (tmp_path / "c.md").touch()
    with pytest.raises(UserError, match="model none.bin does not exist; export one"):
        build_site(tmp_path / "site", Path("none.bin"))


@pytest.mark.parametrize(
    ("reason", "setting", "said"),
    [
        ("", "seq2gpt-jail", ""),
        (
            "no namespaces",
            None,
            "note: the cells of the pages run in ordinary kernels, without a jail: no namespaces\n",
        ),
    ],
)
def test_cells_run_in_the_jail_or_it_is_said_that_they_do_not(
    tmp_path, monkeypatch, capsys, reason, setting, said
):
    asked = []

    def refuse(command, env, **options):
        asked.append(env.get("JUPYTER_DEFAULT_PROVISIONER_NAME"))
        return SimpleNamespace(returncode=1, stderr="stopped here")

    monkeypatch.delenv("JUPYTER_DEFAULT_PROVISIONER_NAME", raising=False)
    monkeypatch.setattr(site_builder, "no_namespaces_because", lambda: reason)
    monkeypatch.setattr(site_builder.subprocess, "run", refuse)
    with pytest.raises(UserError, match="stopped here"):
        build_site(tmp_path / "site")
    assert asked == [setting]
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("changed", ["src/seq2gpt/attention.py", "book/07-attention/figures.py"])
def test_outputs_are_made_again_when_the_code_behind_them_changes(tmp_path, changed):
    for name in ("src/seq2gpt/attention.py", "book/07-attention/figures.py", "book/index.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    before = seq2gpt_book.code_digest(tmp_path)
    (tmp_path / "book/index.md").write_text("2")
    assert seq2gpt_book.code_digest(tmp_path) == before  # the cache itself compares the cells of a page
    (tmp_path / changed).write_text("2")
    assert seq2gpt_book.code_digest(tmp_path) != before


def test_a_quiz_shows_the_questions_that_the_page_asks_for():
    bank = [
        SimpleNamespace(id="ATT-01-a", objectives=["ATT-01", "ATT-02"], pool="both"),
        SimpleNamespace(id="ATT-02-b", objectives=["ATT-02"], pool="practice"),
        SimpleNamespace(id="ATT-02-c", objectives=["ATT-02"], pool="exam"),
    ]

    def chosen(**options: list[str]) -> list[str]:
        directive = SimpleNamespace(options=options, arguments=["questions.yml"])
        return [question.id for question in seq2gpt_quiz.Quiz.chosen(directive, bank)]

    assert chosen() == ["ATT-01-a", "ATT-02-b"]
    assert chosen(objectives=["ATT-02"]) == ["ATT-02-b"]
    assert chosen(ids=["ATT-02-c", "ATT-01-a"]) == ["ATT-02-c", "ATT-01-a"]
    with pytest.raises(
        UserError, match="no question of questions.yml has ATT-03 as its first objective; use ATT-01, ATT-02"
    ):
        chosen(objectives=["ATT-03"])
    with pytest.raises(UserError, match="questions.yml has no question 'ATT-09-x'; it has ATT-01-a"):
        chosen(ids=["ATT-09-x"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(1048576, "1,048,576"), (1202604.28, "1,202,604"), (10.5244, "10.52"), (0.0234375, "0.02344"), (6, "6")],
)
def test_a_number_is_written_as_a_reader_writes_it(value, text):
    assert seq2gpt_quiz.number(value) == text


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        ("Noam Shazeer", "Shazeer 2019"),
        ("Sarah Wiegreffe, Yuval Pinter", "Wiegreffe and Pinter 2019"),
        ("Tri Dao, Daniel Y. Fu, Christopher Ré", "Dao et al. 2019"),
        ("PyTorch contributors", "PyTorch contributors 2019"),
    ],
)
def test_a_reference_is_cited_by_surname_and_year(authors, name):
    assert seq2gpt_references.short_name({"authors": authors, "year": 2019}) == name


def test_no_text_in_a_widget_state_can_end_its_script():
    state = {"text": "</script><script>alert(1)</script><!--", "label": 'Ä "<'}
    figure = seq2gpt_book.WidgetFigure(name="attention", state=state, label='a "b" <c>', runs=True)
    written = SimpleNamespace(body=[])
    seq2gpt_book.open_widget(written, figure)
    markup = "".join(written.body)
    assert markup.count("</script>") == 1
    assert "<!--" not in markup
    inner = markup.partition('json">')[2].partition("</script>")[0]
    assert json.loads(inner) == state
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in markup


def test_the_page_that_writes_knows_the_models_that_there_are_and_the_cards_are_read_from_them(site):
    written = (site / "book/playground.html").read_text(encoding="utf-8")
    state = json.loads(
        re.search(
            r'data-widget="playground".*?<script type="application/json">(.*?)</script>', written, re.S
        )[1]
    )
    names = [Path(entry["url"]).name for entry in state["models"]]
    there = sorted(path.name for path in (site / "_static/model").glob("*.bin"))
    assert sorted(names) == there
    assert "gpt.bin" in names
    cards = html.unescape(
        re.sub(r"<[^>]*>", "", (site / "book/model-cards.html").read_text(encoding="utf-8"))
    )
    for name in names:
        header, _ = read_frame((site / "_static/model" / name).read_bytes())
        assert f"SHA-256 {header['sha256']}" in cards
        assert (
            f"{header['card']['val_loss']:.3f} nats for each character, of one run with seed {header['card']['seed']}"
            in cards
        )
        assert header["card"]["command"] in cards


# ---- in a browser ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(site):
    """A plain static server that has the site in a folder, as a project page has."""
    handler = partial(QuietHandler, directory=str(site.resolve().parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{site.resolve().name}/"
    server.shutdown()
    server.server_close()
    thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """The tests print what matters."""


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, address):
    """Open a page with every other host blocked; returns the page and the list of its faults."""
    contexts = []

    def open_page(name: str, scheme: str = "light", width: int = 1280):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 844})
        contexts.append(context)
        page, faults = context.new_page(), []
        page.route(
            lambda url: not url.startswith((address, "data:", "blob:")),
            lambda route: (faults.append(f"asks another host: {route.request.url}"), route.abort()),
        )
        page.on(
            "console", lambda message: message.type == "error" and faults.append(f"console: {message.text}")
        )
        page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
        page.on(
            "requestfailed",
            lambda request: faults.append(f"failed: {request.url} {request.method} {request.failure}"),
        )
        page.on(
            "response", lambda reply: reply.status >= 400 and faults.append(f"{reply.status}: {reply.url}")
        )
        page.goto(address + name, wait_until="networkidle")
        return page, faults

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", [*content_pages(), "index.html", "search.html", "genindex.html", "404.html"])
def test_a_page_loads_without_a_fault_and_fits_a_phone(visit, name):
    page, faults = visit(name, width=390)
    for still in page.locator("[data-widget] .s2g-still").all():
        still.wait_for(state="hidden")  # the widget has taken its place
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults == []


# The texts whose contrast with the first opaque background behind them is below 4.5 (WCAG 2.2, 1.4.3).
FAINT_TEXTS = """elements => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => channels(colour).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = element => {
    let behind = element;
    while ((channels(getComputedStyle(behind).backgroundColor)[3] ?? 1) < 1) behind = behind.parentElement;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(behind).backgroundColor)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const shown = elements.filter(element => element.checkVisibility() && element.textContent.trim());
  return [shown.length, shown.filter(e => contrast(e) < 4.5).map(e => [contrast(e), e.outerHTML.slice(0, 120)])];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["book/index.html", LESSON, "book/api/attention.html"])
def test_text_stands_out_from_its_background(visit, name, scheme):
    page, _ = visit(name, scheme)
    texts = page.locator("article.bd-article").locator(
        "p, li, a:not(.headerlink), h1, h2, code, dt, summary, pre, span"
    )
    n_texts, faint = texts.evaluate_all(FAINT_TEXTS)
    assert n_texts > 20
    assert faint == []


@pytest.mark.browser
def test_a_keyboard_user_sees_the_focus_and_opens_an_answer(visit):
    page, _ = visit(LESSON)
    answer = page.locator("details.s2g-answer").first
    summary = answer.locator("summary")
    summary.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert summary.evaluate("e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]") == [
        "solid",
        "3px",
    ]
    page.keyboard.press("Enter")
    assert answer.evaluate("e => e.open")


@pytest.mark.browser
def test_without_javascript_the_questions_and_the_stills_can_be_read(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + LESSON)
    assert page.locator("details.s2g-answer summary").first.is_visible()
    assert page.locator(".s2g-widget .s2g-still").first.is_visible()
    page.goto(address + "book/playground.html")
    assert page.get_by_text("In a browser that runs JavaScript, a GPT writes here").is_visible()
    assert len(page.locator(".s2g-still pre").inner_text()) > 10, "what a model wrote"
    page.goto(address + EXAM)
    assert page.get_by_text("This needs JavaScript").is_visible()
    assert page.locator(".s2g-exam a").count() == len(list((ROOT / "book").glob("*/more.md")))
    context.close()
