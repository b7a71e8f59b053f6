"""The beam-search widget: the package's search and the package's numbers, in the browser."""

import json
from functools import cache

import pytest
import torch
import traitlets

from seq2gpt.data.translation import number_words
from seq2gpt.seq2seq import BOS, beam_search, greedy_decode
from seq2gpt.widgets import number_model
from seq2gpt.widgets.number_model import NumberModel, load_number_model

WIDGET = "beams"
READY = ".s2g-beams"

NUMBERS = (1, 4, 20, 100, 205, 548, 749, 901, 999)


@cache
def small() -> NumberModel:
    return load_number_model()


# ---- the translator ------------------------------------------------------------------------------------------


def test_the_translator_has_doubts_and_is_often_right():
    right = 0
    for number in range(1, 1000, 7):
        source = torch.tensor([small().source_ids(number_words(number, "en"))])
        (written,) = greedy_decode(small().model, source, max_new_tokens=12)
        right += small().text(written) == number_words(number, "de")
    assert 0.4 < right / 143 < 0.9


@pytest.mark.parametrize(
    ("number", "greedy_is_right", "beam_is_right"), [(205, False, True), (749, True, False)]
)
def test_what_the_chapter_says_of_two_numbers(number, greedy_is_right, beam_is_right):
    source = torch.tensor(small().source_ids(number_words(number, "en")))
    for width, right in ((1, greedy_is_right), (3, beam_is_right)):
        written = small().text(beam_search(small().model, source, width, max_new_tokens=12))
        assert (written == number_words(number, "de")) is right


def test_packing_loses_less_than_training_finds(monkeypatch):
    monkeypatch.setattr(number_model, "N_STEPS", 2)
    stored = number_model.train_number_model()
    for entry in stored["weights"].values():
        unpacked = number_model.unpack(entry)
        assert list(unpacked.shape) == entry["shape"]
        assert unpacked.abs().max().item() == pytest.approx(entry["scale"] * number_model.LARGEST)
    assert stored["source_words"] == small().source_words
    assert stored["target_words"] == small().target_words


@pytest.mark.slow
def test_the_shipped_translator_is_the_one_that_training_gives():
    again = number_model.train_number_model()
    shipped = json.loads(number_model.FILE.read_text(encoding="utf-8"))
    for name, entry in again["weights"].items():
        there = number_model.unpack(shipped["weights"][name])
        torch.testing.assert_close(number_model.unpack(entry), there, atol=0.05, rtol=0.05)


# ---- in Python -----------------------------------------------------------------------------------------------


def test_settings_out_of_range_are_refused():
    from seq2gpt.widgets import BeamsWidget

    widget = BeamsWidget(number="7", width=5, alpha=2.0, steps=1)
    assert (widget.number, widget.width, widget.alpha, widget.steps) == ("7", 5, 2.0, 1)
    assert widget.translator["target_words"] == small().target_words
    for wrong in ({"width": 0}, {"width": 6}, {"alpha": -0.1}, {"alpha": 2.1}, {"steps": 0}, {"steps": 13}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            BeamsWidget(**wrong)
    with pytest.raises(TypeError, match="BeamsWidget has no setting 'beam'"):
        BeamsWidget(beam=2)


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_number_words_are_those_of_the_package(script):
    theirs = script("Array.from({ length: 999 }, (_, i) => beams.numberWords(i + 1))")
    ours = [{"english": number_words(n, "en"), "german": number_words(n, "de")} for n in range(1, 1000)]
    assert theirs == ours


@pytest.mark.browser
@pytest.mark.parametrize("width", [1, 2, 3, 5])
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5])
def test_the_search_is_that_of_the_package(script, width, alpha):
    stored = json.loads(number_model.FILE.read_text(encoding="utf-8"))
    found = script(
        "argument.numbers.map((number) => beams.compute({ ...argument, number }, beams.unpack(argument.stored)).winner)",
        {"numbers": [str(n) for n in NUMBERS], "width": width, "alpha": alpha, "stored": stored},
    )
    model = small()
    for number, winner in zip(NUMBERS, found, strict=True):
        source = torch.tensor(model.source_ids(number_words(number, "en")))
        written = beam_search(model.model, source, width, max_new_tokens=12, alpha=alpha)
        assert winner["text"] == model.text(written)
        ids = [model.target_words.index(word) for word in winner["text"].split()]
        ids += [2] * winner["finished"]
        state = model.model.encode(source[None], torch.ones(1, len(source)).bool())
        logits, _ = model.model.decode(torch.tensor([[BOS, *ids[:-1]]]), state)
        log_p = logits[0].log_softmax(-1)[range(len(ids)), ids].sum().item()
        assert winner["logP"] == pytest.approx(log_p, abs=1e-4)
        assert winner["score"] == pytest.approx(log_p / ((5 + len(ids)) / 6) ** alpha, abs=1e-4)


@pytest.mark.browser
def test_the_tree_follows_every_control(show):
    page = show()
    summary = page.locator(".s2g-summary")
    assert "returns “zwei hundert fünf”, right" in summary.inner_text()
    assert "Greedy decoding writes “zwei hundert fünf und vierzig”, wrong." in summary.inner_text()
    assert page.locator(".s2g-text").input_value() == "205"
    rows = page.locator(".s2g-node").count()
    page.locator("input[type=range]").nth(2).fill("2")
    assert page.locator(".s2g-node").count() == 1 + 2 * 3 < rows
    assert not page.locator(".s2g-sentences").is_visible()
    page.locator("input[type=range]").first.fill("1")
    assert page.locator(".s2g-sentences").is_visible()
    assert "returns “zwei hundert fünf und vierzig”, wrong" in summary.inner_text()
    page.get_by_role("button", name="901").click()
    page.locator("input[type=range]").first.fill("5")
    assert "“nine hundred and one”, 5 beginnings" in summary.inner_text()
    page.locator(".s2g-text").fill("20")
    page.locator("input[type=range]").nth(1).fill("2")
    assert "returns “vier und vierzig”, wrong" in summary.inner_text()
    page.wait_for_function("document.querySelector('.s2g-live').textContent.startsWith('“twenty”')")


@pytest.mark.browser
def test_what_is_no_number_is_told_and_never_becomes_markup(show):
    page = show()
    for text in ("", "0", "1000", "-5", "2.5", "twelve", "<img/src=x/onerror=alert(1)>"):
        page.locator(".s2g-text").fill(text)
        assert page.locator(".s2g-notice").inner_text() == "Type a whole number from 1 to 999."
        assert not page.locator(".s2g-shown").is_visible()
    page.locator(".s2g-text").fill(" 42 ")
    assert page.locator(".s2g-notice").inner_text() == ""
    assert "“forty two”" in page.locator(".s2g-summary").inner_text()
    assert page.locator(".s2g-root img").count() == 0


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"number": 7, "width": 99, "alpha": "much", "steps": -3})
    assert page.locator(".s2g-slider b").all_inner_texts()[:2] == ["5", "0.6"]
    assert page.locator(".s2g-node").count() == 1 + 5


@pytest.mark.browser
def test_keys_alone_move_the_sliders(show):
    page = show()
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert "4 beginnings" in page.locator(".s2g-summary").inner_text()
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")
    nameless = "inputs => inputs.filter((i) => !i.ariaLabel && !i.labels?.length && !i.innerText).map((i) => i.outerHTML)"
    assert page.locator(".s2g-root :is(input, button)").evaluate_all(nameless) == []


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_the_widest_beam(show, theme):
    page = show({"number": "777", "width": 5}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    colours = page.locator(".s2g-word").first.evaluate(
        "node => [getComputedStyle(node).fill, getComputedStyle(node.previousSibling).fill]"
    )
    assert len(set(colours)) == 2
    size = page.locator(".s2g-word").first.evaluate("node => node.getBoundingClientRect().height")
    assert size > 10
