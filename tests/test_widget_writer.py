"""The writer widget of the first page: it writes what the package's model writes, and says what it cannot read."""

import pytest
import torch

from seq2gpt.generation import generate
from seq2gpt.widgets.writer_model import load_writer
from test_widgets import CONTRAST

WIDGET = "writer"
READY = ".s2g-writer .s2g-main"


def write(page) -> str:
    page.get_by_role("button", name="Write").click()
    page.wait_for_function(
        "!document.querySelector('.s2g-main').disabled && !document.querySelector('.s2g-notice').textContent.startsWith('Loading')"
    )
    return page.locator(".s2g-written span").evaluate("node => node.textContent")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"temprature": 1}, "no setting 'temprature'"), ({"weights": {}}, "no setting 'weights'")],
)
def test_settings_that_do_not_exist_are_refused(wrong, told):
    from seq2gpt.widgets import WriterWidget

    with pytest.raises(TypeError, match=told):
        WriterWidget(**wrong)


@pytest.mark.browser
def test_the_safest_text_is_that_of_generate(show):
    page = show({"prompt": "The function returns", "temperature": 0, "length": 23})
    model, tokenizer = load_writer()
    ids = tokenizer.encode("The function returns")
    expected = generate(model, torch.tensor([ids]), 23, temperature=0.0)[0, len(ids) :]
    assert write(page) == tokenizer.decode(expected.tolist())


@pytest.mark.browser
def test_nothing_is_fetched_before_the_reader_asks_and_the_sample_stands_until_then(show):
    page = show({"prompt": "If", "sample": " it rains"})
    assert page.locator(".s2g-written").inner_text() == "If it rains"
    fetched = (
        "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('writer_model.json')).length"
    )
    assert page.evaluate(fetched) == 0
    first = write(page)
    assert page.evaluate(fetched) == 1
    assert write(page) != first, "another seed, another text"
    assert page.evaluate(fetched) == 1


@pytest.mark.browser
def test_the_first_text_comes_unasked_from_the_small_weights_and_moves_nothing(show):
    tall = "document.querySelector('.s2g-root').offsetHeight"
    empty = show({"model_url": "model/none.bin"}, width=390).evaluate(tall)
    page = show({"model_url": "model/none.bin", "unasked": True, "length": 97}, width=390)
    page.wait_for_function("document.querySelector('.s2g-written span').textContent.length === 97")
    assert page.evaluate(tall) == empty
    page.locator("input[type=range]").focus()
    page.keyboard.press("Home")  # the same weights write on
    page.wait_for_function("document.querySelector('.s2g-written span').textContent.length < 97")


@pytest.mark.browser
def test_who_spares_data_and_who_is_quick_is_not_written_for(show):
    before = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    page = show({"unasked": True}, before=before)
    page.wait_for_timeout(600)
    assert page.locator(".s2g-written span").inner_text() == ""
    page = show({"unasked": True, "length": 1000}, reduced_motion="no-preference")
    page.wait_for_function("document.querySelector('.s2g-written span').textContent.length > 3")
    page.locator(".s2g-text").fill("If")
    page.keyboard.press("Enter")  # while the unasked text is being written
    page.wait_for_function("document.querySelector('.s2g-written b').textContent === 'If'")


@pytest.mark.browser
def test_prompt_and_temperature_change_the_text_by_keyboard_alone(show):
    page = show({"length": 19})
    page.locator(".s2g-text").focus()
    page.keyboard.press("End")
    page.keyboard.type(" a")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.s2g-written b').textContent.endsWith(' a')")
    page.wait_for_function("!document.querySelector('.s2g-main').disabled")
    page.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    assert page.locator(".s2g-slider b").inner_text() == "0, the safest"
    page.wait_for_function("!document.querySelector('.s2g-main').disabled")
    assert len(page.locator(".s2g-written span").evaluate("node => node.textContent")) == 19


@pytest.mark.browser
@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("", ""),  # begins as after a line break
        ("a" * 5000, ""),  # the model sees the end
        ("tea 🍵", "The model does not know “🍵”"),
        ("שלום", "The model does not know “ש”"),
    ],
)
def test_odd_beginnings_are_written_on_or_told(show, prompt, told):
    page = show({"prompt": "The", "length": 5})
    page.locator(".s2g-text").fill(prompt)
    text = write(page)
    assert page.locator(".s2g-notice").inner_text().startswith(told)
    assert bool(text) == (not told)
    page.locator(".s2g-text").fill("The")
    write(page)
    assert page.locator(".s2g-notice").inner_text() == ""


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"sample": " a text"}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(label, span, b, button, input)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
