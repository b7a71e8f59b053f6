"""The cloze widget: it computes what PyTorch computes, and anyone can use it."""

import json

import pytest
import torch
import traitlets

from seq2gpt.run.cloze import exact_probabilities, unseen_gaps, vocabulary
from seq2gpt.run.gap_filling import right
from seq2gpt.widgets import cloze_models
from seq2gpt.widgets.cloze_models import READERS, load_reader, probabilities
from test_widgets import CONTRAST

WIDGET = "cloze"
READY = ".s2g-guesses"

LETTER = "today an old dog barks in the garden because it is hungry"
ODD = "often the ugly mice hum on the table because it are cold"  # of no sentence of the language


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import ClozeWidget

    return ClozeWidget


def test_the_shipped_readers_fill_gaps_as_the_lesson_says():
    rows, gaps = unseen_gaps(0)
    masked, causal = (right(load_reader(kind), rows, gaps) for kind in READERS)
    assert masked > 71
    assert 57 < causal < 63


@pytest.mark.parametrize("gap", range(1, 12))
def test_the_readers_believe_nearly_what_counting_gives(gap):
    for kind in READERS:
        exact = exact_probabilities(LETTER, gap, both_sides=kind == "masked")
        found = probabilities(load_reader(kind), LETTER, gap)
        gaps = [abs(found[i].item() - exact.get(word, 0.0)) for i, word in enumerate(vocabulary())]
        assert sum(gaps) / 2 < 0.2


def test_what_is_stored_is_what_training_gives(monkeypatch):
    monkeypatch.setattr(cloze_models, "N_STEPS", 2)
    new, stored = cloze_models.train_readers(), cloze_models.shipped_models()
    assert json.loads(json.dumps(new)).keys() == stored.keys()
    assert list(new["words"]) == stored["words"]
    for kind in READERS:
        assert {n: e["shape"] for n, e in new["models"][kind].items()} == {
            n: e["shape"] for n, e in stored["models"][kind].items()
        }


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(text=ODD, gap=11)
    assert (widget.text, widget.gap) == (ODD, 11)
    for wrong in (0, 12):
        with pytest.raises(traitlets.TraitError, match="gap"):
            widget_class(gap=wrong)
    for unknown in ("place", "weights"):
        with pytest.raises(TypeError, match=f"ClozeWidget has no setting '{unknown}'"):
            widget_class(**{unknown: 2})


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(("text", "gap"), [(LETTER, 1), (LETTER, 3), (LETTER, 11), (ODD, 4), (ODD, 9)])
def test_probabilities_equal_those_of_pytorch(script, text, gap):
    result = script(
        "cloze.compute(argument[0], argument[1])", [{"text": text, "gap": gap}, cloze_models.shipped_models()]
    )
    for kind in READERS:
        found = torch.tensor(result["probabilities"][kind])
        torch.testing.assert_close(found, probabilities(load_reader(kind), text, gap), atol=1e-5, rtol=1e-4)
    assert result["answer"] == text.split()[gap]


@pytest.mark.browser
def test_what_the_models_cannot_read_is_told(script):
    read = "cloze.readText(argument[0], argument[1])"
    shipped = cloze_models.shipped_models()
    assert script(read, [LETTER.upper(), shipped])["notice"] == ""
    assert "“tiger” is none of them" in script(read, ["today a tiger roars", shipped])["notice"]
    assert "12 words; this one has 3" in script(read, ["today a dog", shipped])["notice"]
    assert "this one has 0" in script(read, [" ", shipped])["notice"]


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-still").count() == 0
    assert page.locator(".s2g-text").input_value() == widget.text
    assert page.locator(".s2g-blanks input:checked").get_attribute("aria-label") == "hide dog, word 4"


@pytest.mark.browser
def test_another_gap_gives_other_guesses_and_the_words_follow(show):
    page = show({"text": LETTER, "gap": 3})
    assert page.locator(".s2g-guesses").first.locator("th").first.inner_text() == "dog ✓"
    assert "“dog”, is hidden" in page.locator(".s2g-summary").inner_text()
    assert page.locator(".s2g-sees").nth(1).get_attribute("aria-label") == "It sees: today an old blank"
    page.get_by_label("hide in, word 6").check()
    assert page.locator(".s2g-guesses").first.locator("th").first.inner_text() == "in ✓"
    assert "Word 6, “in”, is hidden. Reading both sides" in page.locator(".s2g-summary").inner_text()
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('Word 6')")
    page.locator(".s2g-text").fill("today a tiger")
    assert not page.locator(".s2g-shown").is_visible()
    page.get_by_role("button").nth(1).click()
    assert "bees" in page.locator(".s2g-blanks").inner_text()


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show({"gap": 3})
    page.locator(".s2g-blanks input:checked").focus()
    page.keyboard.press("ArrowRight")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "hide barks, word 5"
    assert "Word 5, “barks”" in page.locator(".s2g-summary").inner_text()
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"gap": 77, "text": LETTER})
    assert "Word 4, “dog”" in page.locator(".s2g-summary").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"gap": 8}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(
        ".s2g-root :is(td, th, legend, caption, button, .s2g-reader, .s2g-summary, .s2g-sees span:not(.s2g-unseen))"
    )
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
