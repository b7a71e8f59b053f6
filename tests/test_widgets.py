"""The widgets: one computation in Python and in the browser, and a page that anyone can use."""

import json
import math
import subprocess
import sys

import pytest
import torch
import traitlets

from chromium import FIGURE, ROOT
from seq2gpt.attention import causal_mask, scaled_dot_product_attention
from seq2gpt.widgets.word_vectors import word_hash, word_vector

WIDGET = "attention"

LINE = "Ana tea, Ben milk, (Ben rum), Cleo rice, Ben ?"
CARDS = [("Ana", "tea"), ("Ben", "milk"), ("Ben", "rum"), ("Cleo", "rice"), ("Ben", "?")]
FACE_UP = torch.tensor([True, True, False, True, True])


# ---- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "fnv1a"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
def test_the_hash_is_the_published_one(word, fnv1a):
    assert word_hash(word) == fnv1a  # from the table of test vectors of Noll's FNV page


def test_word_vectors_are_standard_normal_and_nearly_orthogonal():
    vectors = torch.tensor([word_vector(f"w{i}", 16, salt) for i in range(500) for salt in (0, 1)])
    assert abs(vectors.mean()) < 0.03
    assert abs(vectors.var() - 1) < 0.03
    between = (vectors @ vectors.T).fill_diagonal_(0)
    assert abs(between.mean()) < 0.05
    assert abs(between.std() - 4) < 0.1  # √16: independent vectors of 16 standard normal numbers


def test_case_and_composition_do_not_matter_but_letters_and_salt_do():
    assert word_vector("Café") == word_vector("cafe\u0301") == word_vector("CAFÉ")
    assert word_vector("cafe") != word_vector("café")
    assert word_vector("tea", salt=1) != word_vector("tea")
    assert word_vector("tea", 5) == word_vector("tea", 16)[:5]


# ---- in Python -----------------------------------------------------------------------------------------------


def test_word_vectors_and_the_package_need_no_widget_library():
    code = "import sys, seq2gpt.widgets.word_vectors; sys.exit('anywidget' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["AttentionWidget", "BeamsWidget", "PlaygroundWidget"])
def test_without_anywidget_one_line_says_what_to_install(monkeypatch, name):
    import seq2gpt.widgets

    for module in ("attention", "beams", "playground"):
        monkeypatch.delitem(sys.modules, f"seq2gpt.widgets.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError) as caught:
        getattr(seq2gpt.widgets, name)
    assert str(caught.value) == (
        f"{name} needs anywidget, which is not installed: pip install 'seq2gpt[course]'"
    )


def test_an_unknown_widget_is_an_attribute_error():
    import seq2gpt.widgets

    with pytest.raises(AttributeError, match="no attribute 'Attention'"):
        _ = seq2gpt.widgets.Attention


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import AttentionWidget

    return AttentionWidget


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(text="a b", divisor="d_k", mask="none", temperature=0.5)
    assert (widget.text, widget.divisor, widget.mask, widget.temperature) == ("a b", "d_k", "none", 0.5)
    for wrong in (
        {"divisor": "sqrt"},
        {"mask": "casual"},
        {"temperature": 0.0},
        {"temperature": 6.0},
        {"query": -2},
    ):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    with pytest.raises(TypeError, match="AttentionWidget has no setting 'scale'"):
        widget_class(scale=2)


def test_own_matrices_take_the_place_of_the_shipped_ones(widget_class):
    own = torch.arange(32.0 * 16).view(32, 16)
    widget = widget_class(matrices=(own, own + 1, own + 2))
    assert widget.weights["w_k"] == (own + 1).tolist()
    assert widget.weights["w_q"] != widget_class().weights["w_q"]
    with pytest.raises(ValueError, match=r"w_v has shape \(32, 8\); the cards need \(32, 16\)"):
        widget_class(matrices=(own, own, own[:, :8]))


def test_the_bundle_for_jupyter_has_nothing_left_to_import(tmp_path, monkeypatch):
    from seq2gpt.widgets import bundling

    source = bundling.bundle("playground.js")
    assert not any(line.startswith("import") for line in source.splitlines())
    assert "class GPT" in source
    assert source.count("export default") == 1
    monkeypatch.setattr(bundling, "HERE", tmp_path)
    (tmp_path / "mine.js").write_text('import * as all from "./parts.js";\n')
    with pytest.raises(ValueError, match=r"mine.js keeps 'import \* as all"):
        bundling.bundle("mine.js")


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_word_vectors_are_the_same_in_the_browser(script):
    words = [
        "a",
        "Tea",
        "?",
        "🍵",
        "👩‍🚀",
        "שלום",
        "مرحبا",
        "Straße",
        "İ",
        "ΣΑΣ",
        "cafe\u0301",
        "x" * 300,
        "日本",
    ]
    for salt in (0, 1):
        theirs = script(
            "argument[0].map((word) => attention.wordVector(word, 16, argument[1]))", [words, salt]
        )
        assert theirs == [word_vector(word, 16, salt) for word in words]


@pytest.fixture(scope="module")
def shipped():
    from seq2gpt.widgets.attention import shipped_weights

    return shipped_weights()


def by_pytorch(shipped, divisor: str, mask: str, temperature: float, projections: str):
    """Weights and outputs of every card, by the package's own attention, in double precision."""
    x = torch.tensor([word_vector(who, 16, 0) + word_vector(what, 16, 1) for who, what in CARDS]).double()
    if projections == "learned":
        query, key, value = (x @ torch.tensor(shipped[name]).double() for name in ("w_q", "w_k", "w_v"))
    else:
        query, key, value = x, x, x[:, 16:]
    d_k = query.shape[-1]
    wanted = {"none": 1.0, "sqrt_d_k": math.sqrt(d_k), "d_k": float(d_k)}[divisor] * temperature
    allowed = {"none": None, "causal": causal_mask(5), "causal_padding": causal_mask(5) & FACE_UP}[mask]
    return scaled_dot_product_attention(query * math.sqrt(d_k) / wanted, key, value, allowed)


@pytest.mark.browser
@pytest.mark.parametrize("divisor", ["none", "sqrt_d_k", "d_k"])
@pytest.mark.parametrize("mask", ["none", "causal", "causal_padding"])
@pytest.mark.parametrize("projections", ["learned", "none"])
@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.7])
def test_weights_and_outputs_equal_those_of_pytorch(script, shipped, divisor, mask, projections, temperature):
    settings = {"divisor": divisor, "mask": mask, "temperature": temperature, "projections": projections}
    result = script("attention.compute(argument[0], argument[1])", [{"text": LINE, **settings}, shipped])
    output, weights = by_pytorch(shipped, **settings)
    torch.testing.assert_close(torch.tensor(result["weights"]).double(), weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.tensor(result["outputs"]).double(), output, atol=1e-5, rtol=0)


@pytest.mark.browser
def test_the_question_reads_its_answer_only_with_learned_projections(script, shipped):
    reads = "attention.compute(argument[0], argument[1]).reads[0].thing"
    for text, answer in (
        ("Ana tea, Ben milk, Cleo rice, Ben ?", "milk"),
        ("Ana tea, Ben milk, Ana ?", "tea"),
        (LINE, "milk"),
    ):
        assert script(reads, [{"text": text}, shipped]) == answer
        assert script(reads, [{"text": text, "projections": "none"}, shipped]) == "?"
    assert script(reads, [{"text": LINE, "mask": "causal"}, shipped]) == "rum"  # the face-down card misleads


@pytest.mark.browser
@pytest.mark.parametrize(
    ("line", "cards"),
    [
        ("Ana tea, Ben ?", [("Ana", "tea", False), ("Ben", "?", False)]),
        (
            "Ana drinks green tea. , (Ben rum) ,, Cleo",
            [("Ana", "tea", False), ("Ben", "rum", True), ("Cleo", "?", False)],
        ),
        ("the cat saw", [("the", "the", False), ("cat", "cat", False), ("saw", "saw", False)]),
        ("Ben has?", [("Ben", "Ben", False), ("has", "has", False), ("?", "?", False)]),
        ("שלום תה، 🍵 👩‍🚀", [("שלום", "תה", False), ("🍵", "👩‍🚀", False)]),
        ("  ,  , ", []),
        ("", []),
    ],
)
def test_lines_become_cards(script, line, cards):
    read = script("attention.parseCards(argument).cards", line)
    assert [(card["who"], card["what"], card["faceDown"]) for card in read] == cards


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget = widget_class()
    page = show()
    page.wait_for_selector(".s2g-card")
    assert page.locator(".s2g-text").input_value() == widget.text
    checked = page.locator(".s2g-settings input:checked").evaluate_all(
        "inputs => inputs.map((input) => input.value)"
    )
    assert checked == [widget.divisor, widget.mask, widget.projections]
    assert float(page.locator("input[type=range]").input_value()) == widget.temperature


def pick(where, name: str) -> None:
    where.get_by_role("radio", name=name, exact=True).check()


@pytest.mark.browser
def test_the_widget_takes_the_place_of_the_still_and_follows_every_control(show):
    page = show({"text": LINE})
    summary = page.locator(".s2g-summary")
    summary.wait_for()
    assert page.locator(".s2g-still").count() == 0
    assert "most like “milk”" in summary.inner_text()
    pick(page, "causal")
    assert "most like “rum”" in summary.inner_text()
    pick(page, "none: q = k = x")
    assert "most like “?”" in summary.inner_text()
    assert "÷ √32" in page.locator(".s2g-scores").inner_text()
    pick(page, "d_k")
    page.locator("input[type=range]").fill("2.5")
    assert "÷ (32 · 2.5)" in page.locator(".s2g-scores").inner_text()
    page.locator(".s2g-text").fill("Zoe figs, Zoe ?")
    pick(page, "learned")
    assert page.locator(".s2g-card").count() == 2
    assert "figs" in summary.inner_text()
    page.get_by_role("button", name="plain words").click()
    assert page.locator(".s2g-text").input_value() == "the cat saw the other cat"
    assert page.locator(".s2g-weights tbody tr").count() == 6
    page.wait_for_function("document.querySelector('.s2g-live').textContent.startsWith('“cat” attends')")


@pytest.mark.browser
def test_keys_alone_choose_the_card_that_asks(show):
    page = show()
    page.locator(".s2g-text").focus()
    for _ in range(6):  # five examples, then the cards
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Ben milk")
    assert "“Ben milk” attends" in page.locator(".s2g-summary").inner_text()
    assert page.evaluate(
        "'lmSuppressShortcuts' in document.activeElement.dataset"
    )  # JupyterLab leaves its keys alone
    outline = "getComputedStyle(document.activeElement.closest('label')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    assert page.locator(".s2g-weights tr.s2g-asks th").inner_text() == "Ben milk"


@pytest.mark.browser
def test_a_masked_row_says_so(show):
    page = show({"text": "(Ben rum), Ana tea", "query": 0})
    assert (
        "may attend to no card: its weights and its output are all 0."
        in page.locator(".s2g-summary").inner_text()
    )
    assert page.locator(".s2g-weights td.s2g-masked").count() == 3
    assert "NaN" not in page.locator("body").inner_text()


@pytest.mark.browser
def test_what_is_typed_never_becomes_markup(show):
    page = show()
    page.locator(".s2g-text").fill("<img/src=x/onerror=alert(1)> <b>tea</b>, <script>x</script> ?")
    assert page.locator(".s2g-root :is(img, script), .s2g-root b b").count() == 0
    assert page.locator(".s2g-card b").first.inner_text() == "<img/src=x/onerror=alert(1)>"


@pytest.mark.browser
def test_empty_and_endless_lines_are_told(show):
    page = show()
    text, notice = page.locator(".s2g-text"), page.locator(".s2g-notice")
    text.fill(" , ")
    assert notice.inner_text().startswith("The table is empty.")
    assert not page.locator(".s2g-shown").is_visible()
    text.fill("word " * 5000)
    assert "Only the first 240 of 25000 characters are read." in notice.inner_text()
    assert "Only the first 12 of 48 cards are on the table." in notice.inner_text()
    assert page.locator(".s2g-card").count() == 12
    text.fill("Ana tea, Ana ?")
    assert notice.inner_text() == ""
    assert page.locator(".s2g-shown").is_visible()


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back_to_the_defaults(show):
    page = show({"divisor": "sqrt", "mask": "casual", "temperature": 99, "query": 77})
    assert "most like “milk”" in page.locator(".s2g-summary").inner_text()
    assert page.locator(".s2g-slider b").inner_text() == "5.0"
    assert page.locator(".s2g-settings input:checked").count() == 3


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    long = ", ".join(f"Wilhelmina{i} marmalade{i}" for i in range(12))
    page = show({"text": long}, theme=f' data-theme="{theme}"', width=390)
    page.wait_for_selector(".s2g-card")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ratios = page.locator(
        ".s2g-root :is(td, th, legend, caption, b, button, .s2g-summary, .s2g-share, .s2g-choice span)"
    )
    faint = [round(ratio, 2) for ratio in ratios.evaluate_all(CONTRAST) if ratio < 4.5]
    assert faint == []
    dark = (
        page.evaluate("getComputedStyle(document.querySelector('.s2g-root')).backgroundColor")
        == "rgb(21, 25, 29)"
    )
    assert dark == (theme == "dark")


# Contrast of text with the colour behind it (WCAG 2.2, relative luminance); a canvas reads any colour.
CONTRAST = """elements => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const pixel = (colours) => {
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (channels) => channels.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return elements.filter((element) => element.innerText.trim()).map((element) => {
    const behind = [];
    for (let node = element; node; node = node.parentElement) behind.unshift(getComputedStyle(node).backgroundColor);
    const [a, b] = [luminance(pixel([...behind, getComputedStyle(element).color])), luminance(pixel(behind))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
}"""


@pytest.mark.browser
def test_every_control_has_a_name_and_two_widgets_do_not_share_buttons(site):
    figure = FIGURE.format(name="attention", state="{}")
    page, faults = site.open(site.write(figure + figure))
    page.wait_for_function("document.querySelectorAll('.s2g-attention').length === 2")
    nameless = "inputs => inputs.filter((i) => !i.ariaLabel && !i.labels?.length && !i.innerText).map((i) => i.outerHTML)"
    assert page.locator(".s2g-root :is(input, button)").evaluate_all(nameless) == []
    pick(page.locator(".s2g-attention").first, "d_k")
    chosen = page.locator("fieldset:has(legend:text('Divide')) input:checked")
    assert chosen.evaluate_all("inputs => inputs.map((input) => input.value)") == ["d_k", "sqrt_d_k"]
    assert faults == []


# ---- the host ------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_where_a_widget_cannot_load_the_still_remains_and_the_reason_is_given(site):
    page, faults = site.open(
        site.write(FIGURE.format(name="absent", state="{}") + FIGURE.format(name="attention", state="{}"))
    )
    page.wait_for_selector(".s2g-card")  # the other widget is not harmed
    assert page.locator(".s2g-still").count() == 1
    assert page.get_by_role("alert").first.inner_text().startswith("This widget could not load: ")
    assert any("404" in fault for fault in faults)


@pytest.mark.browser
def test_a_widget_that_an_executed_notebook_left_in_the_page_runs(site, widget_class):
    from ipywidgets.embed import dependency_state

    widget = widget_class(text="Zoe figs, Zoe ?", temperature=0.5)
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state([widget], drop_defaults=False)}
    view = {"model_id": widget.model_id, "version_major": 2, "version_minor": 0}
    scripts = ""
    for kind, content in (("widget-state", state), ("widget-view", view)):
        text = json.dumps(content).replace("<", r"\u003c")  # as Sphinx writes it
        scripts += f'<script type="application/vnd.jupyter.{kind}+json">{text}</script>'
    page, faults = site.open(site.write(scripts))
    page.wait_for_selector(".s2g-card")
    assert "figs" in page.locator(".s2g-summary").inner_text()
    assert page.locator(".s2g-slider b").inner_text() == "0.5"
    assert faults == []


WIDGETS = [
    path.stem
    for path in (ROOT / "src/seq2gpt/widgets").glob("*.js")
    if "export default" in path.read_text(encoding="utf-8")
]


@pytest.mark.browser
@pytest.mark.parametrize("name", sorted(WIDGETS))
def test_jupyters_one_file_is_a_module_of_the_same_names(name, site):
    """As Jupyter loads it, from an address that nothing can be relative to."""
    from seq2gpt.widgets.bundling import bundle

    page, faults = site.open(site.write("", name="empty.html"))
    names = page.evaluate(
        """async ([name, source]) => {
          const bundled = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
          const served = await import(`/_static/widgets/${name}.js`);
          return [Object.keys(bundled).sort(), Object.keys(served).sort()];
        }""",
        [name, bundle(f"{name}.js")],
    )
    assert names[0] == names[1]
    assert "default" in names[0]
    assert faults == []


@pytest.mark.browser
def test_bars_and_weights_are_printed(show):
    page = show({})
    page.emulate_media(media="print")
    assert page.locator(".s2g-bar").first.evaluate("bar => getComputedStyle(bar).printColorAdjust") == "exact"
