"""What every widget owes its reader: it fits a phone, is worked by keys alone, says in words what it shows, and fails openly."""

import json
import re
import shutil

import pytest
import yaml

from chromium import FIGURE, ROOT

WIDGETS = ROOT / "src/seq2gpt/widgets"
PLACED = re.compile(r"^```\{widget\} (\w+)\n([^`]*)^```", re.MULTILINE)
PLAYGROUND = "playground"  # it needs an exported model; test_site opens it


def placed() -> dict[str, dict]:
    """The state of each widget at the start, as the page has it on which it stands."""
    found = {}
    for page in sorted(ROOT.glob("book/**/*.md")):
        for name, body in PLACED.findall(page.read_text(encoding="utf-8")):
            found[name] = yaml.safe_load(re.sub(r"^:.*\n", "", body, flags=re.MULTILINE)) or {}
    return {name: state for name, state in sorted(found.items()) if name != PLAYGROUND}


PAGES = placed()
NUMBERS = {
    name: re.findall(r'"(\w+\.json)"', (WIDGETS / f"{name}.js").read_text(encoding="utf-8")) for name in PAGES
}
ALL = pytest.mark.parametrize("name", PAGES)
# The writer of the first page writes by itself and keeps what it wrote; test_widget_writer has its manners.
QUIET = pytest.mark.parametrize("name", [name for name in PAGES if name != "writer"])

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(site):
    """Open a page with one widget in a state; in the end it must be without fault."""
    pages = []

    def show(name: str, state: dict | None = None, theme: str = "", **context):
        text = json.dumps(PAGES[name] if state is None else state)
        site.write(FIGURE.format(name=name, state=text), theme)
        pages.append(site.open("page.html", wait_until="load", **context))
        page = pages[-1][0]
        page.locator(".s2g-root, .s2g-failed").wait_for()
        assert page.locator(".s2g-failed").all_inner_texts() == []
        return page

    yield show
    for page, faults in pages:
        page.context.close()
        assert faults == []


def test_every_widget_stands_on_a_page():
    modules = {path.stem for path in WIDGETS.glob("*.js") if "export default" in path.read_text("utf-8")}
    assert modules == {*PAGES, PLAYGROUND}


# ---- on a narrow page ----------------------------------------------------------------------------------------

# What sticks out of the widget's frame and cannot be scrolled to inside it.
STICKING_OUT = """root => {
  const [frame, style] = [root.getBoundingClientRect(), getComputedStyle(root)];
  const edge = frame.right - parseFloat(style.paddingRight) + 0.5;
  const held = (node) => {
    for (let up = node.parentElement; up && up !== root; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible") return true;
    }
    return false;
  };
  return [...root.querySelectorAll("*")]
    .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > edge && !held(node) && !node.closest(".s2g-hidden, .s2g-space"))
    .map((node) => `${node.tagName} ${node.className} ${Math.round(node.getBoundingClientRect().right - edge)}`);
}"""

# Texts of which a part is hidden behind an ellipsis or an edge.
CUT_SHORT = """root => [...root.querySelectorAll("*")].filter((node) => node.checkVisibility() && !node.closest(".s2g-hidden, .s2g-space, svg")
  && ["hidden", "clip"].includes(getComputedStyle(node).overflowX) && node.scrollWidth > node.clientWidth + 1 && node.textContent.trim())
  .map((node) => `${node.tagName} ${node.className}: ${node.textContent.trim().slice(0, 40)}`)"""


@ALL
@pytest.mark.parametrize("width", [320, 390, 806])
def test_nothing_sticks_out_and_no_text_is_cut(opened, name, width):
    page = opened(name, width=width)
    root = page.locator(".s2g-root")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert root.evaluate(STICKING_OUT) == []
    assert root.evaluate(CUT_SHORT) == []


# Boxes to be touched that are smaller than WCAG 2.2 (2.5.8) allows: 24 by 24 pixels.
SMALL_TARGETS = """root => [...root.querySelectorAll("button, input, select, textarea")].filter((node) => node.checkVisibility() && !node.disabled)
  .map((node) => [node, (node.closest("label.s2g-card, label:has(> input[type=radio]), label.s2g-tick") ?? node).getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""


@ALL
def test_every_control_is_large_enough_for_a_finger(opened, name):
    assert opened(name, width=390).locator(".s2g-root").evaluate(SMALL_TARGETS) == []


@ALL
def test_what_scrolls_can_be_scrolled_by_keys(opened, name):
    scrolling = """root => [...root.querySelectorAll("*")].filter((node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX)
      && node.checkVisibility() && node.scrollWidth > node.clientWidth + 1 && node.tagName !== "TEXTAREA")
      .filter((node) => node.tabIndex < 0 && !node.querySelector("[tabindex='0'], button, input")).map((node) => node.outerHTML.slice(0, 100))"""
    assert opened(name, width=320).locator(".s2g-root").evaluate(scrolling) == []


# ---- by keys alone -------------------------------------------------------------------------------------------

REACHABLE = """root => [...root.querySelectorAll("button, input, select, textarea, [tabindex='0']")]
  .filter((node) => node.checkVisibility({ checkVisibilityCSS: true }) && !node.disabled && (node.type !== "radio" || node.checked)).length"""
FOCUSED = """() => {
  const node = document.activeElement;
  if (!node.closest(".s2g-root")) return null;
  const ringed = (what) => getComputedStyle(what).outlineStyle !== "none" && parseFloat(getComputedStyle(what).outlineWidth) >= 2;
  const around = [node, node.nextElementSibling, node.closest("label")].filter(Boolean);
  return { what: node.outerHTML.slice(0, 90), ringed: around.some(ringed), order: [...document.querySelectorAll("*")].indexOf(node) };
}"""


@ALL
def test_the_tab_key_reaches_every_control_in_order_and_shows_where_it_is(opened, name):
    page = opened(name, width=800)
    count = page.locator(".s2g-root").evaluate(REACHABLE)
    stops = []
    for _ in range(count):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
    assert None not in stops
    order = [stop["order"] for stop in stops]
    assert order == sorted(set(order)), [stop["what"] for stop in stops]
    assert [stop["what"] for stop in stops if not stop["ringed"]] == []


# ---- in words ------------------------------------------------------------------------------------------------


# Over when what is read aloud has caught up with what is shown; on a busy machine that takes longer than the pause.
CAUGHT_UP = """async () => {
  const [live, shown] = [".s2g-live", ".s2g-summary"].map((name) => document.querySelector(name));
  const late = () => shown?.checkVisibility() && !live.textContent.endsWith(shown.textContent);
  for (let tries = 0; late() && tries < 50; tries += 1) await new Promise((done) => setTimeout(done, 100));
}"""


def told(page) -> str:
    """What a screen reader has been told last, once the pause after a change is over."""
    page.wait_for_timeout(600)
    page.evaluate(CAUGHT_UP)
    return page.locator(".s2g-live").text_content()


@ALL
def test_a_slider_says_what_the_eye_reads_beside_it_also_at_its_ends(opened, name):
    page = opened(name)
    for slider in page.locator(".s2g-root input[type=range]").all():
        for key in ("Home", "End"):
            slider.press(key)
            shown = slider.evaluate("node => node.closest('label').querySelector('b').textContent")
            spoken = slider.evaluate("node => node.getAttribute('aria-valuetext') ?? node.value")
            assert spoken == shown, slider.evaluate("node => node.closest('label').textContent")
        assert not re.search(r"NaN|undefined|Infinity|\[object", page.locator(".s2g-root").inner_text())


@QUIET
def test_the_words_follow_what_the_controls_change(opened, name):
    """Not every change makes other words true, but what is read aloud is never older than what is shown."""
    page = opened(name)
    before = told(page)
    kinds = "input[type=range], select, input[type=checkbox], input[type=radio]:not(:checked):enabled, .s2g-row button:enabled"
    changes, tried = 0, 0
    for control in page.locator(".s2g-root").locator(kinds).element_handles():
        if control.evaluate("node => !node.isConnected || node.disabled"):
            continue  # another control has switched it off, or taken it away
        kind = control.evaluate("node => node.type")
        if kind == "range":
            control.press("Home" if control.evaluate("node => node.value > node.min") else "End")
        elif kind == "select-one":
            control.select_option(index=1 - min(control.evaluate("node => node.selectedIndex"), 1))
        else:
            control.evaluate("node => node.click()")
        now = told(page)
        summary = page.locator(".s2g-summary")
        assert not summary.count() or now.endswith(summary.text_content())
        changes, tried = changes + (now != before), tried + 1
        before = now
    assert changes >= tried / 3 > 0, f"{changes} of {tried}"


ODD = ["", "🍵👩‍🚀🍵", "שלום مرحبا", "ß\u0000\u202e<b>x</b>", "word " * 3000, "1e999"]


@ALL
def test_odd_text_is_answered_in_words_and_nothing_old_is_left_standing(opened, name):
    page = opened(name)
    live, notice = page.locator(".s2g-live"), page.locator(".s2g-notice")
    old = told(page) if live.count() else ""
    for field in page.locator(TEXT_FIELDS).all()[:2]:
        good = field.input_value()
        for text in ODD:
            field.fill(text)
            field.press("Tab")  # a calculator waits for the whole number
            now = told(page) if live.count() else None
            shown = page.locator(".s2g-root").inner_text()
            assert not re.search(r"NaN|undefined|Infinity|\[object", shown), text
            assert page.locator(".s2g-root").evaluate(STICKING_OUT) == [], text
            assert page.locator(".s2g-root :is(script, img, b b)").count() == 0
            if now == old:
                assert notice.inner_text(), f"{text!r} is not answered"
                assert not old or page.locator(".s2g-summary").is_visible(), f"{text!r}: {old}"
            field.fill(good)
            field.press("Tab")


TEXT_FIELDS = ".s2g-root :is(input[type=text], input[inputmode], textarea)"


@ALL
def test_a_picture_has_words_or_is_left_to_the_words_beside_it(opened, name):
    nameless = """root => [...root.querySelectorAll("svg, canvas, [role=img]")].filter((node) => node.checkVisibility()
      && !node.closest("[aria-hidden=true], .s2g-space") && !(node.getAttribute("role") === "img" && node.getAttribute("aria-label"))).map((node) => node.outerHTML.slice(0, 80))"""
    page = opened(name)
    assert page.locator(".s2g-root").evaluate(nameless) == []
    blank = "root => [...root.querySelectorAll('td.s2g-masked')].filter((node) => !node.textContent.trim()).length"
    assert page.locator(".s2g-root").evaluate(blank) == 0  # hatching is no word


@ALL
def test_a_column_has_a_name_and_the_page_keeps_its_own_outline(opened, name):
    root = opened(name).locator(".s2g-root")
    nameless = "root => [...root.querySelectorAll('th')].filter((head) => !head.textContent.trim()).length"
    assert root.evaluate(nameless) == 0
    assert root.locator("h1, h2, h3, h4, h5, h6").count() == 0


@ALL
def test_who_asks_for_less_motion_gets_none(opened, name):
    moving = """root => [root, ...root.querySelectorAll("*")].flatMap((node) => [undefined, "::before", "::after"].map((part) => [node, getComputedStyle(node, part)]))
      .filter(([, style]) => parseFloat(style.transitionDuration) > 0 || style.animationName !== "none").map(([node]) => node.outerHTML.slice(0, 80))"""
    page = opened(name, reduced_motion="reduce")
    assert page.locator(".s2g-root").evaluate(moving) == []


# ---- where it cannot run -------------------------------------------------------------------------------------


def failed(site, name: str, state: str, blocked: str) -> str:
    """The line that stands below the still when an address is out of reach."""
    site.write(FIGURE.format(name=name, state=state))
    page = site.browser.new_context().new_page()
    if blocked:
        page.route(f"**/{blocked}", lambda route: route.abort())
    page.goto(site.address + "page.html", wait_until="load")
    line = page.get_by_role("alert")
    line.wait_for()
    assert page.locator(".s2g-still").is_visible()
    assert page.locator(".s2g-root").count() == 0
    said = line.inner_text()
    page.context.close()
    return said


@QUIET
def test_a_widget_that_cannot_load_says_so_and_its_still_remains(site, name):
    for state, blocked in [("{}", f"{name}.js"), ("{", ""), *(("{}", file) for file in NUMBERS[name])]:
        said = failed(site, name, state, blocked)
        assert said.startswith("This widget could not load"), (state, blocked)


def test_a_page_whose_host_of_widgets_does_not_come_says_so(site):
    shutil.copy(ROOT / "book/assets/site.js", site.folder / "_static/site.js")
    figure = FIGURE.format(name="positions", state="{}")
    site.write(f'{figure}{figure}<script defer src="_static/site.js"></script>')
    for blocked, lines in ((True, 2), (False, 0)):
        page = site.browser.new_context().new_page()
        if blocked:
            page.route("**/host.js", lambda route: route.abort())
        page.goto(site.address + "page.html", wait_until="networkidle")
        said = page.locator(".s2g-still + .s2g-failed").all_inner_texts()
        assert len(said) == lines
        assert all(line.startswith("This widget could not load: its script") for line in said)
        page.context.close()


@ALL
def test_settings_that_make_no_sense_do_no_harm(opened, name):
    source = (WIDGETS / f"{name}.js").read_text(encoding="utf-8")
    names = re.findall(r"(\w+):", re.search(r"const DEFAULTS = \{(.*?)\};", source, re.DOTALL)[1])
    for wrong in (None, -7, 1e9, 2.5, 0.5, "x", "", [], True):
        page = opened(name, dict.fromkeys(names, wrong))
        assert not re.search(r"NaN|undefined", page.locator(".s2g-root").inner_text()), wrong
        page.context.close()
