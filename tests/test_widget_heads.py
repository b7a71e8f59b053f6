"""The heads widget: it computes what PyTorch computes, and anyone can use it."""

import pytest
import torch
import traitlets

from seq2gpt.run.letter_game import SENTENCES, from_the_page, rights, unseen_rows
from test_widgets import CONTRAST

WIDGET = "heads"

TEXT = "name that letter"


@pytest.fixture(scope="module")
def shipped():
    from seq2gpt.widgets.heads import shipped_models

    return shipped_models()


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import HeadsWidget

    return HeadsWidget


def test_the_shipped_models_play_as_the_lesson_says(shipped):
    test = unseen_rows(SENTENCES, 0)
    one, two, four = (rights(from_the_page(shipped, n), test) for n in (1, 2, 4))
    assert max(one) < 40
    assert 88 < min(two) < max(two) < 95
    assert four == [100.0] * 4
    sizes = {sum(p.numel() for p in from_the_page(shipped, n).parameters()) for n in (1, 2, 4)}
    assert len(sizes) == 1


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(text="abc", heads=2, off=[1], query=0)
    assert (widget.text, widget.heads, widget.off, widget.query) == ("abc", 2, [1], 0)
    for wrong in ({"heads": 3}, {"off": [-1]}, {"query": -2}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    for unknown in ("n_heads", "weights"):
        with pytest.raises(TypeError, match=f"HeadsWidget has no setting '{unknown}'"):
            widget_class(**{unknown: 2})


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(
    ("heads", "off"), [(1, []), (2, []), (2, [1]), (4, []), (4, [0, 3]), (4, [0, 1, 2, 3])]
)
def test_weights_and_logits_equal_those_of_pytorch(script, shipped, heads, off):
    model = from_the_page(shipped, heads).double()
    ids = torch.tensor([[shipped["alphabet"].index(letter) for letter in TEXT]])
    result = script(
        "heads.compute(argument[0], argument[1])", [{"text": TEXT, "heads": heads, "off": off}, shipped]
    )
    with torch.no_grad():
        weights, logits = model.look(ids)[1][0], model(ids, tuple(off))[0]
    torch.testing.assert_close(torch.tensor(result["weights"]).double(), weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.tensor(result["logits"]).double(), logits, atol=1e-4, rtol=1e-5)
    named = [shipped["alphabet"][i] for i in logits[-1].argmax(-1).tolist()]
    assert [answer["letter"] for answer in result["asked"]] == named
    assert [answer["wanted"] for answer in result["asked"]] == [TEXT[-1 - d] for d in shipped["distances"]]


@pytest.mark.browser
def test_what_is_no_letter_is_left_out_and_told(script, shipped):
    read = "heads.readText(argument[0], argument[1])"
    assert script(read, ["Über, Ben!", shipped])["letters"] == list("ber ben")
    assert "the rest was left out" in script(read, ["Über", shipped])["notice"]
    long = script(read, ["x" * 33, shipped])
    assert len(long["letters"]) == 20
    assert "Only the first 20 of 33 letters" in long["notice"]
    assert "The row is empty" in script(read, ["123", shipped])["notice"]
    assert script(read, ["abc", shipped])["notice"] == ""


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    page.wait_for_selector(".s2g-strip")
    assert page.locator(".s2g-still").count() == 0
    assert page.locator(".s2g-text").input_value() == widget.text
    assert page.locator(".s2g-choice input:checked").input_value() == str(widget.heads)
    assert page.locator(".s2g-head button[aria-pressed=true]").count() == 4 - len(widget.off)


@pytest.mark.browser
def test_a_head_that_is_switched_off_takes_its_answer_along(show):
    page = show({"text": TEXT})
    page.wait_for_selector(".s2g-strip")
    assert page.locator(".s2g-answers .s2g-right").count() == 4
    assert "in the whole row 44 of 44" in page.locator(".s2g-summary").inner_text()
    lost = set()
    for head in range(4):
        button = page.get_by_role("button", name=f"head {head} on")
        button.click()
        wrong = page.locator(".s2g-answers tr:has(.s2g-wrong) th")
        assert wrong.count() == 1
        lost.add(wrong.inner_text())
        assert f"head {head} is off" in page.locator(".s2g-summary").inner_text()
        page.get_by_role("button", name=f"head {head} off").click()
    assert lost == {"1 back", "2 back", "3 back", "5 back"}


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show({"text": "banana"})
    page.locator(".s2g-choice input:checked").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".s2g-head").count() == 2
    assert "(6, 32) → (2, 6, 16)" in page.locator(".s2g-shapes").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "n, place 5"
    assert "At “n”" in page.locator(".s2g-summary").inner_text()
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".s2g-head button").first.inner_text() == "head 0 off"
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('head 0 is off')")


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"heads": 3, "off": [9, "x"], "query": 77, "text": "abc"})
    page.wait_for_selector(".s2g-strip")
    assert page.locator(".s2g-head button[aria-pressed=true]").count() == 4
    assert "At “c”" in page.locator(".s2g-summary").inner_text()
    assert page.locator(".s2g-answers td").filter(has_text="none").count() == 2
    page.locator(".s2g-text").fill("")
    assert not page.locator(".s2g-shown").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"text": "abcdefghijklmnopqrst"}, theme=f' data-theme="{theme}"', width=390)
    page.wait_for_selector(".s2g-strip")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(
        ".s2g-root :is(td, th, legend, caption, button, .s2g-summary, .s2g-shapes, .s2g-strip span)"
    )
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
