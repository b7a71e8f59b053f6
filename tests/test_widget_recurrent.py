"""The widget of lesson 04: its numbers are PyTorch's, and anyone can use it."""

import math

import pytest
import torch
import traitlets

from chromium import FIGURE
from seq2gpt.recurrent import gradient_decay_factor, rnn_unroll
from seq2gpt.widgets import RecurrentWidget

WIDGET = "recurrent"
READY = ".s2g-unrolled td"


def reference(text: str, rho: float, drive: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The states of the package for the widget's letters, and W_h."""
    letters = torch.tensor([[math.cos(2.4 * ord(c)), math.sin(2.4 * ord(c))] for c in text]).double()
    turn = torch.tensor([[math.cos(0.6), math.sin(0.6)], [-math.sin(0.6), math.cos(0.6)]]).double()
    zeros = torch.zeros(2).double()
    return rnn_unroll(letters, zeros, drive * torch.eye(2).double(), rho * turn, zeros), rho * turn


def test_settings_out_of_range_are_refused() -> None:
    widget = RecurrentWidget(text="a b", rho=1.6, drive=0.0, read=2)
    assert (widget.text, widget.rho, widget.drive, widget.read) == ("a b", 1.6, 0.0, 2)
    for wrong in ({"rho": 1.7}, {"rho": -0.1}, {"drive": 2.1}, {"read": -2}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            RecurrentWidget(**wrong)
    with pytest.raises(TypeError, match="RecurrentWidget has no setting 'scale'"):
        RecurrentWidget(scale=2)


@pytest.mark.browser
@pytest.mark.parametrize(("rho", "drive"), [(0.9, 0.5), (1.5, 2.0), (0.3, 0.0), (0.0, 1.0)])
def test_states_and_factors_are_those_of_the_package(site, rho: float, drive: float) -> None:
    page, faults = site.open(site.write("", name="empty.html"))
    found = page.evaluate(
        "async (state) => (await import('/_static/widgets/recurrent.js')).compute(state)",
        {"text": "Straße 7", "rho": rho, "drive": drive, "read": 6},
    )
    states, w_h = reference("Straße 7", rho, drive)
    torch.testing.assert_close(torch.tensor(found["states"]).double(), states, rtol=1e-6, atol=1e-6)
    wanted = [gradient_decay_factor(states[t:6], w_h).item() for t in range(6)]
    assert found["factors"] == pytest.approx(wanted, rel=1e-5, abs=1e-9)
    assert faults == []


@pytest.mark.browser
def test_sliders_and_keys_change_what_is_shown(show) -> None:
    page = show()
    summary = page.locator(".s2g-summary")
    assert summary.inner_text().startswith("After 8 of 8 letters")
    page.locator(".s2g-text").focus()
    for _ in range(3):  # past ρ and the input's strength to the letters read
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert summary.inner_text().startswith("After 7 of 8 letters")
    assert page.locator(".s2g-unrolled tr").nth(1).locator("td").last.inner_text() == "–"
    page.get_by_label("ρ, the largest").fill("1.6")
    page.get_by_label("strength").fill("0")
    assert "stretched up to" in summary.inner_text()
    assert page.locator(".s2g-more").count() == 6
    page.locator(".s2g-text").fill("<b>x</b> and much more than that")
    assert page.locator(".s2g-notice").inner_text() == "Only the first 16 of 32 letters are read."
    assert page.locator(".s2g-unrolled b").count() == 0
    page.locator(".s2g-text").fill("")
    assert page.locator(".s2g-notice").inner_text() == "Type a word."
    assert not page.locator(".s2g-shown").is_visible()


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back_to_the_defaults(show) -> None:
    page = show({"text": "ab", "rho": 99, "drive": "x", "read": 77})
    assert page.locator(".s2g-summary").inner_text().startswith("After 2 of 2 letters")
    assert [b.inner_text() for b in page.locator(".s2g-slider b").all()] == ["0.90", "0.80", "2 of 2"]


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_the_page(site, theme: str) -> None:
    figure = FIGURE.format(name="recurrent", state='{"text": "a very long word"}')
    page, faults = site.open(site.write(figure, theme=f' data-theme="{theme}"'), width=390)
    page.locator(".s2g-unrolled td").first.wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    nameless = "inputs => inputs.filter((i) => !i.ariaLabel && !i.labels?.length).map((i) => i.outerHTML)"
    assert page.locator(".s2g-root input").evaluate_all(nameless) == []
    assert faults == []
