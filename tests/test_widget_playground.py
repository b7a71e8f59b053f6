"""The playground: the page in which a GPT writes and shows where its heads look, used as a reader uses it."""

import json

import pytest
import torch

from chromium import FIGURE, WITHOUT_WEBASSEMBLY
from seq2gpt.browser import export_for_browser, unpack_for_browser
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.tokens import CharTokenizer
from test_browser_export import CONTEXT, SYMBOLS, dequantised, small_gpt, small_modern, weights_by_pytorch
from test_widgets import CONTRAST

CARD = {
    "data": "letters of the tests", "licence": "public domain", "command": "seq2gpt train none", "n_parameters": 1234567,
    "val_loss": 1.2345, "train_loss": 1.1, "seed": 7, "versions": {"torch": "2"}, "sample": "abc",
}  # fmt: skip


MODERN = small_modern(activation="relu2")
TWO_MODELS = [
    {"label": "First", "url": "model/gpt.bin", "prompt": "abc"},
    {"label": "Second", "url": "model/modern.bin", "prompt": "de"},
]


@pytest.fixture(scope="module")
def exported(site):
    model, tokenizer = small_gpt(), CharTokenizer(SYMBOLS)
    path = site.folder / "_static/model/gpt.bin"
    path.parent.mkdir()
    export_for_browser(model, tokenizer, path, CARD)
    export_for_browser(MODERN, tokenizer, path.with_name("modern.bin"))
    return path


@pytest.fixture
def show(site):
    """Open a page with the playground in a given state; what it complained about is checked at the end."""
    opened = []

    def show(expected: str = "", width: int = 800, theme: str = "", context: dict | None = None, **state):
        figure = FIGURE.format(name="playground", state=json.dumps({"prompt": "abc", **state}))
        site.write(figure, f' data-theme="{theme}"')
        page, faults = site.open("page.html", width=width, **(context or {}))
        opened.append((page, faults, expected))
        return page

    yield show
    for page, faults, expected in opened:
        page.context.close()
        assert [fault for fault in faults if not expected or expected not in fault] == []


def load(page) -> None:
    page.get_by_role("button", name="Load the model").click()
    page.locator(".s2g-next tbody tr").first.wait_for()


def finish(page) -> str:
    """Generate to the end and return the text that was added to the prompt."""
    page.get_by_role("button", name="Generate").click()
    page.wait_for_function(
        "!document.querySelector('.s2g-generate').disabled && document.querySelector('.s2g-speed').textContent.includes('a second')"
    )
    return page.locator(".s2g-written > span").evaluate("node => node.textContent")


def greedy(exported, prompt, n):
    """The prompt and ``n`` characters after it, by PyTorch with the weights of the file."""
    tokenizer = CharTokenizer(SYMBOLS)
    model = dequantised(small_gpt(), exported.read_bytes())
    return tokenizer.decode(
        generate(model, torch.tensor([tokenizer.encode(prompt)]), n, temperature=0.0)[0].tolist()
    )


@pytest.mark.browser
def test_greedy_text_in_the_page_is_that_of_generate(show, exported):
    page = show(temperature=0, max_new_tokens=11)
    size = exported.stat().st_size
    button = page.get_by_role("button", name="Load the model")
    assert button.inner_text() == f"Load the model ({size / 1e6:.1f} MB)"
    load(page)
    text = finish(page)
    assert "abc" + text == greedy(exported, "abc", 11)
    assert page.locator(".s2g-written b").inner_text() == "abc"
    assert page.locator(".s2g-speed").inner_text().startswith("11 characters, ")


@pytest.mark.browser
def test_a_seed_decides_the_text_and_a_full_context_ends_it(show, exported):
    page = show(temperature=1.5, seed=3, max_new_tokens=100)
    load(page)
    first = finish(page)
    assert len(first) == CONTEXT - 3
    assert page.locator(".s2g-speed").inner_text().endswith(f"the context of {CONTEXT} characters is full")
    assert finish(page) == first
    page.get_by_label("Seed").fill("4")
    page.get_by_label("Seed").press("Tab")
    assert finish(page) != first


@pytest.mark.browser
def test_continue_takes_the_second_half_as_the_prompt(show, exported):
    page = show(temperature=1.5, max_new_tokens=100)
    load(page)
    text = "abc" + finish(page)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_function("document.querySelector('.s2g-stop').disabled")
    assert page.locator("textarea").input_value() == text[-12:]
    assert page.locator(".s2g-written > span").evaluate("node => node.textContent.length") == CONTEXT - 12


@pytest.mark.browser
def test_the_next_characters_are_shown_with_what_the_filters_cut(show, exported):
    page = show(top_k=2, temperature=1.0)
    load(page)
    rows = page.locator(".s2g-next tbody tr")
    assert rows.count() == 10
    assert page.locator(".s2g-next tr.s2g-cut").count() == 8
    tokenizer = CharTokenizer(SYMBOLS)
    with torch.no_grad():
        logits = dequantised(small_gpt(), exported.read_bytes())(torch.tensor([tokenizer.encode("abc")]))[
            0, -1
        ]
    probabilities = logits.softmax(-1).sort(descending=True)
    best = tokenizer.decode([probabilities.indices[0].item()])
    name, _, share, _ = rows.first.locator("th, td").all_inner_texts()
    assert name == {" ": "space", "\n": "⏎"}.get(best, best)
    assert share == f"{100 * probabilities.values[0].item():.1f} %"
    page.get_by_label("Top-k").fill("14")
    assert page.locator(".s2g-next tr.s2g-cut").count() == 0
    page.locator("textarea").fill("abcdef")
    changed = "share => document.querySelector('.s2g-next tbody td:nth-child(3)').textContent !== share"
    page.wait_for_function(changed, arg=share)


@pytest.mark.browser
def test_stop_ends_the_writing(show, exported):
    """The model is large enough to be still writing when the button is pressed."""
    config = GPTConfig(vocab_size=14, context_length=500, d_model=128, n_heads=4, n_layers=4)
    export_for_browser(GPT(config), CharTokenizer(SYMBOLS), exported.with_name("long.bin"))
    page = show(model_url="model/long.bin", max_new_tokens=490)
    load(page)
    page.get_by_role("button", name="Generate").click()
    page.wait_for_function("document.querySelector('.s2g-written span').textContent.length > 5")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("document.querySelector('.s2g-speed').textContent.endsWith('stopped')")
    assert 5 < page.locator(".s2g-written > span").evaluate("node => node.textContent.length") < 490
    assert page.get_by_role("button", name="Generate").is_enabled()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("aéXß", "The model does not know “X”, “ß”: it learned 14 characters; leave these out."),
        ("a<b>", "The model does not know “<”, “>”: it learned 14 characters; leave these out."),
        ("a" * CONTEXT, f"The prompt fills the context of {CONTEXT} characters; shorten it to leave room."),
        ("a" * 30, f"The prompt has 30 characters, the model sees {CONTEXT}; shorten it by 7 or more."),
        ("", "The prompt is empty: the text begins as after a line break."),
    ],
)
def test_prompts_that_cannot_be_continued_are_told(show, exported, prompt, told):
    page = show()
    load(page)
    finish(page)
    page.locator("textarea").fill(prompt)
    notice = page.locator(".s2g-notice")
    page.wait_for_function("document.querySelector('.s2g-notice').textContent !== ''")
    assert notice.inner_text() == told
    if prompt:
        page.get_by_role("button", name="Generate").click()
        assert notice.inner_text() == told
        assert page.locator(".s2g-speed").inner_text() == ""
    else:
        assert finish(page) != ""
    page.locator("textarea").fill("é🍵")  # mended: two known characters
    page.wait_for_function("document.querySelector('.s2g-notice').textContent === ''")
    assert page.locator(".s2g-next tbody tr").count() == 10


def spoil(data: bytes) -> dict[str, bytes]:
    return {
        "cut short": data[:-100],
        "cut inside the header": data[:200],
        "one bit turned": data[:-50] + bytes([data[-50] ^ 1]) + data[-49:],
        "a web page": b"<!DOCTYPE html><title>Not here</title>",
        "empty": b"",
    }


@pytest.mark.browser
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("cut short", "The model file is incomplete: "),
        ("cut inside the header", "The model file ends inside its header, after 200 bytes; load it again."),
        ("one bit turned", "The model file is damaged: its checksum does not match; load it again."),
        ("a web page", "This is not a model file of seq2gpt; export it again with export_for_browser."),
        ("empty", "This is not a model file of seq2gpt; export it again with export_for_browser."),
    ],
)
def test_a_spoiled_file_is_told_and_can_be_loaded_again(site, show, exported, fault, told):
    good = exported.read_bytes()
    spoiled = site.folder / "_static/model/spoiled.bin"
    spoiled.write_bytes(spoil(good)[fault])
    page = show(model_url="model/spoiled.bin")
    page.get_by_role("button", name="Load the model").click()
    page.wait_for_function("document.querySelector('.s2g-notice').textContent !== ''")
    assert page.locator(".s2g-notice").inner_text().startswith(told)
    spoiled.write_bytes(good)
    load(page)
    assert page.locator(".s2g-notice").inner_text() == ""


@pytest.mark.browser
def test_a_missing_file_is_told(show):
    page = show(expected="404", model_url="model/none.bin")
    page.get_by_role("button", name="Load the model").click()
    page.wait_for_function("document.querySelector('.s2g-notice').textContent !== ''")
    told = "The model file is missing (the server answered 404); build the site with a trained model."
    assert page.locator(".s2g-notice").inner_text() == told


@pytest.mark.browser
def test_the_playground_fits_a_phone_and_names_its_controls(show, exported):
    page = show(width=390)
    load(page)
    finish(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    nameless = "inputs => inputs.filter((i) => !i.ariaLabel && !i.labels?.length && !i.innerText).map((i) => i.outerHTML)"
    assert page.locator(".s2g-root :is(input, textarea, button)").evaluate_all(nameless) == []


@pytest.mark.browser
def test_the_playground_of_a_notebook_needs_no_file(site, show):
    """Jupyter hands the module over as one file, with the weights beside it."""
    from ipywidgets.embed import dependency_state

    from seq2gpt.widgets import PlaygroundWidget

    widget = PlaygroundWidget(
        small_gpt(), CharTokenizer(SYMBOLS), prompt="abc", temperature=0.0, max_new_tokens=11
    )
    states = {"state": dependency_state([widget], drop_defaults=False)}
    body = ""
    for kind, content in (("widget-state", states), ("widget-view", {"model_id": widget.model_id})):
        text = json.dumps(content).replace("<", r"\u003c")
        body += f'<script type="application/vnd.jupyter.{kind}+json">{text}</script>'
    page, faults = site.open(site.write(body, name="saved.html"))
    page.locator(".s2g-next tbody tr").first.wait_for()
    assert len(finish(page)) == 11
    assert faults == []


# ---- where a head looks ------------------------------------------------------------------------------------------


def looks(page) -> list[float]:
    """The shares of darkness of the characters of the text."""
    return page.locator(".s2g-written i").evaluate_all(
        "letters => letters.map((letter) => Number(letter.style.getPropertyValue('--s2g-w')))"
    )


def expected_looks(exported, text: str, layer: int, head: int, at: int) -> tuple[list[float], torch.Tensor]:
    """The same by PyTorch, with the weights themselves."""
    model, tokenizer, _ = unpack_for_browser(exported.read_bytes())
    weights = weights_by_pytorch(model.double(), torch.tensor([tokenizer.encode(text)]))
    row = weights[layer, head, at]
    return [round(share, 3) for share in (row / row.max()).tolist()], row


def summary(page) -> str:
    return page.locator(".s2g-summary").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["gpt.bin", "modern.bin"])
def test_the_text_is_darkest_where_the_head_looks_in_pytorch(show, exported, name):
    page = show(model_url=f"model/{name}", temperature=1.3, max_new_tokens=9)
    load(page)
    text = "abc" + finish(page)
    for at, (layer, head) in ((11, (0, 0)), (7, (1, 2)), (0, (1, 0))):
        page.get_by_role("radio", name=f"layer {layer}, head {head}", exact=True).check()
        page.locator(".s2g-written i").nth(at).click()
        shares, row = expected_looks(exported.with_name(name), text, layer, head, at)
        assert looks(page) == pytest.approx(shares, abs=0.0011)
        best = int(row.argmax())
        assert summary(page).startswith(
            f"From {named(text[at])}, character {at + 1} of 12, head {head} of layer {layer} looks at "
        )
        distance = "itself" if best == at else f"{at - best} back"
        assert f"looks at {named(text[best])} ({distance}) {round(100 * row[best].item())} %" in summary(page)
        assert page.locator(".s2g-written i.s2g-asks").count() == 1
        assert page.locator(".s2g-written i.s2g-later").count() == 11 - at


def named(symbol: str) -> str:
    return {" ": "space", "\n": "line break"}.get(symbol, f"“{symbol}”")


@pytest.mark.browser
def test_every_head_has_a_curve_and_the_table_says_what_came(show, exported):
    page = show(temperature=1.5, max_new_tokens=6)
    load(page)
    text = "abc" + finish(page)
    assert page.locator(".s2g-grid label").count() == 2 * 3
    before = page.locator(".s2g-grid path").evaluate_all(
        "paths => paths.map((path) => path.getAttribute('d'))"
    )
    assert len(set(before)) == 6
    page.locator(".s2g-written i").nth(4).click()
    after = page.locator(".s2g-grid path").evaluate_all(
        "paths => paths.map((path) => path.getAttribute('d'))"
    )
    assert all(one != other for one, other in zip(before, after, strict=True))
    tokenizer = CharTokenizer(SYMBOLS)
    with torch.no_grad():
        logits = dequantised(small_gpt(), exported.read_bytes())(torch.tensor([tokenizer.encode(text[:5])]))[
            0, -1
        ]
    ranked = (logits / 1.5).softmax(-1).sort(descending=True)
    place = ranked.indices.tolist().index(tokenizer.encode(text[5])[0]) + 1
    caption = page.locator(".s2g-next caption").inner_text()
    assert caption.startswith(f"After {named(text[4])}: the 10 most probable next characters")
    assert caption.endswith(f"what followed was {named(text[5])}, number {place}")
    assert page.locator(".s2g-next tr.s2g-taken").count() == (place <= 10)
    share = page.locator(".s2g-next tbody tr").first.locator("td").nth(1).inner_text()
    assert share == f"{100 * ranked.values[0].item():.1f} %"
    page.locator(".s2g-written").press("End")
    assert "what followed" not in page.locator(".s2g-next caption").inner_text()


@pytest.mark.browser
def test_the_pointer_shows_and_leaving_returns_to_the_chosen_character(show, exported):
    page = show(max_new_tokens=9, temperature=1.5)
    load(page)
    finish(page)
    assert "character 12 of 12" in summary(page)
    page.locator(".s2g-written i").nth(5).hover()
    assert "character 6 of 12" in summary(page)
    page.locator(".s2g-speed").hover()
    assert "character 12 of 12" in summary(page)
    page.locator(".s2g-written i").nth(3).click()
    page.locator(".s2g-written i").nth(8).hover()
    assert "character 9 of 12" in summary(page)
    page.locator(".s2g-speed").hover()
    assert "character 4 of 12" in summary(page)


@pytest.mark.browser
def test_keys_alone_go_through_characters_and_heads(show, exported):
    page = show(max_new_tokens=9, temperature=1.5)
    load(page)
    finish(page)
    written = page.locator(".s2g-written")
    written.focus()
    for key, at in (
        ("ArrowLeft", 11),
        ("ArrowLeft", 10),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("ArrowRight", 2),
        ("End", 12),
    ):
        page.keyboard.press(key)
        assert f"character {at} of 12" in summary(page)
    assert written.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    slider = page.locator(".s2g-place input")
    assert slider.evaluate("node => node === document.activeElement")
    assert slider.get_attribute("aria-valuetext") == "“a”, character 1 of 12"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "layer 0, head 0"
    page.keyboard.press("ArrowRight")
    assert "head 1 of layer 0" in summary(page)
    page.wait_for_function(
        "document.querySelector('.s2g-live').textContent === document.querySelector('.s2g-summary').textContent"
    )


@pytest.mark.browser
def test_a_finger_chooses_and_does_not_hover(show, exported):
    page = show(max_new_tokens=9, temperature=1.5, width=390, context={"has_touch": True})
    load(page)
    finish(page)
    page.locator(".s2g-written i").nth(2).tap()
    assert "character 3 of 12" in summary(page)


@pytest.mark.browser
def test_a_head_that_the_model_lacks_is_its_last(show, exported):
    page = show(layer=9, head=9)
    load(page)
    assert "head 2 of layer 1" in summary(page)
    assert page.locator(".s2g-grid input:checked").get_attribute("aria-label") == "layer 1, head 2"


# ---- writing -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_one_character_at_a_time_gives_the_same_text(show, exported):
    page = show(temperature=1.5, seed=5, max_new_tokens=7)
    load(page)
    whole = finish(page)
    page.locator("textarea").fill("ab")
    page.locator("textarea").fill("abc")  # back to the beginning
    page.wait_for_function("document.querySelector('.s2g-written').textContent === 'abc'")
    for count in range(1, 8):
        page.get_by_role("button", name="One character").click()
        page.wait_for_function(f"document.querySelector('.s2g-written').textContent.length === {3 + count}")
    assert page.locator(".s2g-written > span").evaluate("node => node.textContent") == whole
    page.get_by_label("Temperature").fill("0.3")  # changes what comes next, and takes nothing away
    assert page.locator(".s2g-written > span").evaluate("node => node.textContent") == whole


@pytest.mark.browser
def test_one_character_stops_where_the_context_is_full(show, exported):
    page = show(temperature=1.5, max_new_tokens=99)
    load(page)
    finish(page)
    page.get_by_role("button", name="One character").click()
    page.wait_for_function(
        "document.querySelector('.s2g-speed').textContent.startsWith('0 characters, 0 a second')"
    )
    assert page.locator(".s2g-speed").inner_text().endswith(f"the context of {CONTEXT} characters is full")


@pytest.mark.browser
@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_reading_pace_waits_for_each_character_unless_motion_is_reduced(show, exported, motion):
    page = show(temperature=1.5, max_new_tokens=9, slowly=True, context={"reduced_motion": motion})
    load(page)
    page.evaluate("""() => {
      globalThis.seen = new Set();
      const summary = document.querySelector('.s2g-summary');
      new MutationObserver(() => seen.add(summary.textContent)).observe(summary, { childList: true });
    }""")
    finish(page)
    places = page.evaluate("[...seen].map((text) => Number(text.match(/character (\\d+)/)[1]))")
    assert places == ([*range(4, 13)] if motion == "no-preference" else [12])


@pytest.mark.browser
@pytest.mark.parametrize("way", ["WebAssembly SIMD", "plain JavaScript"])
def test_without_webassembly_the_same_text_is_written(show, exported, way):
    page = show(
        temperature=0, max_new_tokens=11, context={"before": WITHOUT_WEBASSEMBLY if way[0] == "p" else ""}
    )
    load(page)
    text = finish(page)
    assert "abc" + text == greedy(exported, "abc", 11)
    page.locator(".s2g-about summary").click()
    assert page.locator(".s2g-about dd").last.inner_text() == way


@pytest.mark.browser
@pytest.mark.parametrize("end", ["Home", "End"])
def test_sliders_at_their_ends_still_write(show, exported, end):
    page = show(max_new_tokens=5)
    load(page)
    for name in ("Temperature", "Top-k", "Top-p", "Min-p"):
        page.get_by_label(name).focus()
        page.keyboard.press(end)
    assert len(finish(page)) == 5
    assert "NaN" not in page.locator(".s2g-root").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", 0), ("-5", 0), ("2.9", 2), ("9007199254740993", 9007199254740992), ("1e400", 0)],
)
def test_an_odd_seed_becomes_one_that_is_shown(show, exported, typed, kept):
    page = show(max_new_tokens=4, seed=3)
    load(page)
    page.get_by_label("Seed").fill(typed)
    page.get_by_label("Seed").press("Tab")
    assert int(page.get_by_label("Seed").input_value()) == kept
    assert finish(page) == finish(page)


@pytest.mark.browser
def test_where_the_page_may_store_nothing_the_model_writes(show, exported):
    full = """for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
      Object.defineProperty(globalThis, name, { get() { throw new DOMException("full", "QuotaExceededError"); } });"""
    page = show(max_new_tokens=4, context={"before": full})
    load(page)
    assert len(finish(page)) == 4


# ---- several models ----------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_each_model_is_loaded_when_it_is_asked_for_and_kept(show, exported):
    page = show(models=TWO_MODELS, prompt="")
    fetched = "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('.bin') && e.decodedBodySize > 0).length"
    load(page)
    assert page.locator("textarea").input_value() == "abc"
    assert page.evaluate(fetched) == 1
    page.get_by_role("radio", name="Second").check()
    assert not page.locator(".s2g-shown").is_visible()
    load(page)
    assert page.locator("textarea").input_value() == "de"
    assert page.locator(".s2g-grid label").count() == 2 * 6
    assert page.evaluate(fetched) == 2
    page.get_by_role("radio", name="First").check()
    page.wait_for_function("document.querySelectorAll('.s2g-grid label').length === 6")
    page.locator("textarea").fill("hi")
    page.get_by_role("radio", name="Second").check()
    page.wait_for_function("document.querySelectorAll('.s2g-grid label').length === 12")
    assert page.locator("textarea").input_value() == "hi", "what was typed is not replaced"
    assert page.evaluate(fetched) == 2


@pytest.mark.browser
def test_a_model_that_cannot_be_loaded_leaves_the_other_usable(site, show, exported):
    good = exported.read_bytes()
    exported.with_name("short.bin").write_bytes(good[: len(good) // 2])
    page = show(models=[TWO_MODELS[0], {"label": "Short", "url": "model/short.bin"}], max_new_tokens=4)
    load(page)
    page.get_by_role("radio", name="Short").check()
    page.get_by_role("button", name="Load the model").click()
    page.wait_for_function("document.querySelector('.s2g-notice').textContent !== ''")
    assert page.locator(".s2g-notice").inner_text().startswith("The model file is incomplete: ")
    page.get_by_role("radio", name="First").check()
    assert page.locator(".s2g-notice").inner_text() == ""
    assert len(finish(page)) == 4


@pytest.mark.browser
def test_a_model_may_be_changed_in_the_middle_of_a_text(show, exported):
    page = show(models=TWO_MODELS, prompt="", slowly=True, max_new_tokens=20)
    load(page)
    page.get_by_role("radio", name="Second").check()
    load(page)
    page.get_by_role("button", name="Generate").click()
    page.wait_for_function("document.querySelector('.s2g-written > span').textContent.length > 2")
    page.get_by_role("radio", name="First").check()
    page.wait_for_function("document.querySelector('.s2g-written').textContent === 'abc'")
    page.wait_for_timeout(200)
    assert page.locator(".s2g-written").evaluate("node => node.textContent") == "abc"
    assert page.locator(".s2g-speed").inner_text() == "", "nothing is said of the text that was left"
    assert page.get_by_role("button", name="Generate").is_enabled()


@pytest.mark.browser
def test_the_page_says_what_the_file_says_of_itself(show, exported):
    page = show()
    load(page)
    page.locator(".s2g-about summary").click()
    rows = dict(
        zip(*(page.locator(f".s2g-about {tag}").all_inner_texts() for tag in ("dt", "dd")), strict=True)
    )
    assert rows == {
        "learned from": CARD["data"], "licence": CARD["licence"], "trained by": CARD["command"],
        "size": f"1,234,567 parameters, 2 layers of 3 heads, width 21, {CONTEXT} characters of context; 0.0 MB",
        "loss on held-out text": "1.234 nats for each character", "loss on what it read": "1.100 nats for each character",
        "computed by": "WebAssembly SIMD",
    }  # fmt: skip


# ---- on every screen ---------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, exported, theme):
    page = show(models=TWO_MODELS, prompt="", width=390, theme=theme, max_new_tokens=15, temperature=1.5)
    load(page)
    finish(page)
    page.locator(".s2g-written i").nth(9).click()
    page.locator(".s2g-about summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = ".s2g-root :is(td, th, legend, caption, label, button, span, summary, dt, dd, i, .s2g-summary)"
    visible = page.locator(texts).locator("visible=true")
    assert [round(ratio, 2) for ratio in visible.evaluate_all(CONTRAST) if ratio < 4.5] == []


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, exported):
    from seq2gpt.widgets import PlaygroundWidget

    widget = PlaygroundWidget(small_gpt(), CharTokenizer(SYMBOLS))
    source = (exported.parents[1] / "widgets/playground.js").read_text(encoding="utf-8")
    defaults = source.split("const DEFAULTS = {")[1].split("};")[0]
    for name in (
        "prompt",
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "seed",
        "max_new_tokens",
        "slowly",
        "layer",
        "head",
    ):
        assert f"{name}: {json.dumps(getattr(widget, name))}" in defaults
