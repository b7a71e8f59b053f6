"""The filters widget: it shows what the course's own functions leave of a trained model's distribution."""

import json
from typing import Any

import pytest
import torch
import traitlets

from seq2gpt.generation import apply_temperature, min_p_filter, top_k_filter, top_p_filter
from seq2gpt.run.writing import shipped_writer
from seq2gpt.widgets import writer_model
from test_widgets import CONTRAST

WIDGET = "filters"
READY = ".s2g-next tr"

SETTINGS: list[dict[str, Any]] = [
    {},
    {"temperature": 0.5},
    {"temperature": 1.7, "top_k": 7},
    {"top_p": 0.9},
    {"min_p": 0.1},
    {"temperature": 1.4, "top_k": 23, "top_p": 0.7, "min_p": 0.7},
    {"temperature": 0.0},
]


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import FiltersWidget

    return FiltersWidget


def drawn_with(prompt: str, settings: dict[str, Any]) -> torch.Tensor:
    """The probabilities of the draw, by the functions of lesson 15."""
    logits = shipped_writer().next_logits(prompt).double()
    temperature = settings.get("temperature", 1.0)
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(), len(logits)).double()
    logits = apply_temperature(logits, temperature)
    for name, filtered in (("top_k", top_k_filter), ("top_p", top_p_filter), ("min_p", min_p_filter)):
        if name in settings:
            logits = filtered(logits, settings[name])
    return logits.softmax(-1)


def test_the_shipped_model_is_as_good_as_its_file_says():
    stored = writer_model.shipped_writer()
    assert stored["loss"] < 1.9
    model, tokenizer = writer_model.load_writer()
    assert tokenizer.vocab_size == model.config.vocab_size
    assert not model.training


def test_what_is_stored_is_what_training_gives(monkeypatch):
    monkeypatch.setattr(writer_model, "N_STEPS", 2)
    new, stored = writer_model.train_writer(), writer_model.shipped_writer()
    assert json.loads(json.dumps(new)).keys() == stored.keys()
    assert abs(len(new["model"]) - len(stored["model"])) < 1000  # as many numbers


def test_a_packed_model_comes_back_within_half_a_scale():
    from seq2gpt.browser import pack_for_browser, quantize_rows, unpack_for_browser

    model, tokenizer = writer_model.load_writer()
    torch.nn.init.normal_(model.norm.weight)
    again, symbols, _ = unpack_for_browser(pack_for_browser(model, tokenizer))
    assert symbols.symbols == tokenizer.symbols
    assert torch.equal(again.norm.weight, model.norm.weight)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            _, scales = quantize_rows(parameter.detach())
            assert ((dict(again.named_parameters())[name] - parameter).abs() <= scales[:, None] * 0.51).all()


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(prompt="The ", temperature=0.0, top_k=3, top_p=0.5, min_p=1.0)
    assert (widget.prompt, widget.temperature, widget.top_k, widget.top_p, widget.min_p) == (
        "The ",
        0.0,
        3,
        0.5,
        1.0,
    )
    for name, wrong in (("temperature", 2.5), ("top_k", 0), ("top_p", 0.0), ("min_p", 1.5)):
        with pytest.raises(traitlets.TraitError, match=name):
            widget_class(**{name: wrong})
    for unknown in ("seed", "weights"):
        with pytest.raises(TypeError, match=f"FiltersWidget has no setting '{unknown}'"):
            widget_class(**{unknown: 2})


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("prompt", ["Return the ", "(self, "])
def test_probabilities_equal_those_of_pytorch(script, prompt, settings):
    result = script(
        "filters.compute(argument[0], filters.unpack(argument[1]))",
        [{"prompt": prompt, **settings}, writer_model.shipped_writer()],
    )
    wanted = drawn_with(prompt, settings)
    found = torch.zeros_like(wanted)
    for token in result["ranked"]:
        found[token["id"]] = token["share"]
        assert bool(token["cut"]) == (token["share"] == 0)
    assert torch.equal(found > 0, wanted > 0)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)
    assert sum(part["held"] for part in result["parts"]) == pytest.approx(1)
    assert sum(part["count"] for part in result["parts"]) == len(wanted)


@pytest.mark.browser
def test_each_cut_names_its_filter(script):
    result = script(
        "filters.compute(argument[0], filters.unpack(argument[1]))",
        [{"temperature": 1.4, "top_k": 23, "top_p": 0.7, "min_p": 0.7}, writer_model.shipped_writer()],
    )
    assert [part["cut"] for part in result["parts"]] == ["", "top-k", "top-p", "min-p"]
    cuts = [token["cut"] for token in result["ranked"]]
    assert cuts == sorted(cuts, key=["", "min-p", "top-p", "top-k"].index)


@pytest.mark.browser
def test_what_the_model_cannot_read_is_told(script):
    shipped = writer_model.shipped_writer()
    read = "filters.compute(argument[0], filters.unpack(argument[1])).notice"
    assert "does not know “é”" in script(read, [{"prompt": "caf\u00e9"}, shipped])
    assert "sees 128 characters, these are 129" in script(read, [{"prompt": "a" * 129}, shipped])


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-still").count() == 0
    assert page.locator(".s2g-text").input_value() == widget.prompt
    assert page.get_by_label("Temperature").input_value() == "1"
    assert "nothing is cut" in page.locator(".s2g-summary").inner_text()


@pytest.mark.browser
def test_a_slider_cuts_and_the_words_follow(show):
    page = show({"prompt": "Return the "})
    page.get_by_label("Top-k").fill("3")
    assert "3 characters of" in page.locator(".s2g-summary").inner_text()
    assert "top-k cuts" in page.locator(".s2g-summary").inner_text()
    assert page.locator(".s2g-next tbody tr:not(.s2g-cut)").count() == 3
    assert page.locator(".s2g-mass .s2g-gone").count() == 1
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('top-k cuts')")
    page.get_by_role("button", name="Draw one and append it").click()
    assert len(page.locator(".s2g-text").input_value()) == len("Return the ") + 1
    page.get_by_role("button", name="If the arg").click()
    assert "If the arg" in page.locator(".s2g-summary").inner_text()
    page.locator(".s2g-text").fill("caf\u00e9")
    assert not page.locator(".s2g-shown").is_visible()


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show({"min_p": 0.1})
    page.get_by_label("Min-p").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("Min-p").input_value() == "0.15"
    assert "min-p cuts" in page.locator(".s2g-summary").inner_text()
    page.keyboard.press("Home")
    assert "nothing is cut" in page.locator(".s2g-summary").inner_text()
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"temperature": 77, "top_k": -3, "top_p": 0, "min_p": "x"})
    assert "nothing is cut" in page.locator(".s2g-summary").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"top_k": 5, "prompt": "Return the "}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(td, th, caption, button, .s2g-summary, .s2g-slider span)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
