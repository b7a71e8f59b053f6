"""The positions widget: its codes are PyTorch's, and anyone can use it."""

import pytest
import torch
import traitlets

from seq2gpt.positions import sinusoidal_encoding
from seq2gpt.widgets import PositionsWidget
from test_widgets import CONTRAST

WIDGET = "positions"
READY = ".s2g-alike td"


def test_settings_out_of_range_are_refused() -> None:
    widget = PositionsWidget(n=7, d=6, position=5)
    assert (widget.n, widget.d, widget.position) == (7, 6, 5)
    for wrong in ({"n": 1}, {"n": 201}, {"d": 0}, {"d": 130}, {"d": 7}, {"position": -1}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            PositionsWidget(**wrong)
    with pytest.raises(TypeError, match="PositionsWidget has no setting 'd_model'"):
        PositionsWidget(d_model=8)


@pytest.mark.browser
@pytest.mark.parametrize(("n", "d", "position"), [(13, 2, 0), (29, 14, 17), (200, 128, 199)])
def test_codes_and_cosines_equal_those_of_pytorch(script, n: int, d: int, position: int) -> None:
    found = script("positions.compute(argument)", {"n": n, "d": d, "position": position})
    codes = sinusoidal_encoding(n, d).double()
    torch.testing.assert_close(torch.tensor(found["codes"]).double(), codes, atol=1e-5, rtol=0)
    cosines = torch.nn.functional.cosine_similarity(codes, codes[position], dim=-1)
    torch.testing.assert_close(torch.tensor(found["similarity"]).double(), cosines, atol=1e-5, rtol=0)
    assert found["length"] == pytest.approx((d / 2) ** 0.5, abs=1e-5)


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show) -> None:
    page, widget = show(), PositionsWidget()
    readings = page.locator(".s2g-slider b").all_inner_texts()
    assert readings == [str(widget.n), str(widget.d), str(widget.position)]
    assert page.locator(".s2g-still").count() == 0


@pytest.mark.browser
def test_keys_and_touch_choose_a_position(show) -> None:
    page = show({"n": 50, "d": 8, "position": 10})
    summary = page.locator(".s2g-summary")
    assert summary.inner_text().startswith("The code of position 10 has length √(8/2) = 2.00.")
    page.locator(".s2g-slider input").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert "√(10/2) = 2.24" in summary.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert "position 9" in summary.inner_text()
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")
    box = page.locator(".s2g-matrix canvas").bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + box["height"] * 0.99)
    assert "position 49" in summary.inner_text()
    page.locator(".s2g-slider input").first.fill("20")
    assert "position 19" in summary.inner_text(), "the chosen position stays inside the table"
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('position 19')")


@pytest.mark.browser
def test_the_picture_shows_signs_and_sizes(show) -> None:
    page = show({"n": 5, "d": 4, "position": 0})
    pixel = "([p, j]) => [...document.querySelector('canvas').getContext('2d').getImageData(j, p, 1, 1).data]"
    codes = sinusoidal_encoding(5, 4)
    for p, j in ((1, 0), (4, 0), (3, 1), (0, 2), (2, 3)):
        red, _, blue, strength = page.evaluate(pixel, [p, j])
        assert strength == pytest.approx(255 * abs(codes[p, j].item()), abs=1)
        assert strength == 0 or (blue > red) == (codes[p, j] > 0)


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show) -> None:
    page = show({"n": 1000, "d": 7, "position": "x"})
    assert page.locator(".s2g-slider b").all_inner_texts() == ["64", "32", "20"]


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme: str) -> None:
    page = show({"n": 200, "d": 128}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(td, th, figcaption, .s2g-summary, .s2g-slider span)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
