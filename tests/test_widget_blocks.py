"""The widget of blocks: it computes what PyTorch computes, and anyone can use it."""

import pytest
import torch
import traitlets
from torch.nn import functional as F

from seq2gpt.run.depth import PAGE_LAYERS, from_the_page
from test_widgets import CONTRAST

WIDGET = "blocks"
READY = ".s2g-depth tbody tr"


@pytest.fixture(scope="module")
def shipped():
    from seq2gpt.widgets.blocks import shipped_blocks

    return shipped_blocks()


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import BlocksWidget

    return BlocksWidget


def states_of(shipped, x, norm, path, layers, strength):
    """The hidden states after each sub-layer, by PyTorch's norm and the package's sub-layers."""
    blocks = from_the_page(shipped)[1][:layers]
    states = [x]
    for block in blocks:
        block = block.double()
        for parameter in block.parameters():
            parameter.data *= strength
        for sublayer in (lambda h, b=block: b.attention(h, causal=True), block.feed_forward):
            x = states[-1]
            found = sublayer(F.layer_norm(x, x.shape[-1:]) if norm == "before" else x)
            joined = x + found if path else found
            states.append(F.layer_norm(joined, x.shape[-1:]) if norm == "after" else joined)
    return torch.stack(states)


def test_the_shipped_blocks_are_those_that_the_program_writes(shipped):
    from seq2gpt.run.depth import for_the_page

    assert shipped == for_the_page()
    assert len(shipped["layers"]) == PAGE_LAYERS


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(norm="after", path=False, layers=12, strength=0.5, letter=0)
    assert (widget.norm, widget.path, widget.layers, widget.strength, widget.letter) == (
        "after",
        False,
        12,
        0.5,
        0,
    )
    for wrong in ({"norm": "pre"}, {"path": "on"}, {"layers": 13}, {"strength": 0.0}, {"letter": 5}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    for unknown in ("residual", "weights"):
        with pytest.raises(TypeError, match=f"BlocksWidget has no setting '{unknown}'"):
            widget_class(**{unknown: 2})


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("norm", ["before", "after", "none"])
@pytest.mark.parametrize("path", [True, False])
@pytest.mark.parametrize(("layers", "strength", "letter"), [(1, 1.0, 0), (12, 1.0, 4), (5, 2.0, 2)])
def test_numbers_equal_those_of_pytorch(script, shipped, norm, path, layers, strength, letter):
    state = {"norm": norm, "path": path, "layers": layers, "strength": strength, "letter": letter}
    rows = script("blocks.compute(argument[0], argument[1])", [state, shipped])
    x = from_the_page(shipped)[0].double()
    states = states_of(shipped, x, norm, path, layers, strength)[:, letter]
    jacobian = torch.autograd.functional.jacobian(
        lambda x: states_of(shipped, x, norm, path, layers, strength)[:, letter], x
    )
    arrives = jacobian[:, :, letter] @ torch.tensor([1.0, -1.0] * 4, dtype=torch.float64)  # up, down, up, …
    expected = {
        "mean": states.mean(-1),
        "variance": states.var(-1, correction=0),
        "size": states.square().mean(-1).sqrt(),
        "arrives": arrives.square().mean(-1).sqrt(),
    }
    assert len(rows) == 2 * layers + 1
    torch.testing.assert_close(
        torch.tensor([row["vector"] for row in rows]).double(), states, atol=1e-5, rtol=1e-5
    )
    for name, wanted in expected.items():
        found = torch.tensor([row[name] for row in rows], dtype=torch.float64)
        torch.testing.assert_close(found, wanted.detach(), atol=1e-6, rtol=1e-3)


@pytest.mark.browser
def test_the_sentence_says_what_happens(script, shipped):
    def said(**state):
        chosen = {"norm": "before", "path": True, "layers": 12, "strength": 1, "letter": 4} | state
        return script(
            "blocks.describe(blocks.compute(argument[0], argument[1]), argument[0])", [chosen, shipped]
        )

    assert "it is of a sensible size" in said()
    assert "it still counts" in said()
    assert "1 block, with residual path, norm before (pre-LN)" in said(layers=1)
    nothing = said(norm="none", path=False)
    assert "without residual path, norm none" in nothing
    assert "it has died out" in nothing
    assert "next to nothing is left of it" in nothing
    assert "it has exploded" in said(norm="none", strength=4)


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-still").count() == 0
    checked = [node.input_value() for node in page.locator(".s2g-choice input:checked").all()]
    assert checked == [str(widget.path).lower(), widget.norm, str(widget.letter)]
    sliders = [float(node.input_value()) for node in page.locator("input[type=range]").all()]
    assert sliders == [widget.layers, widget.strength]
    assert page.locator(".s2g-depth tbody tr").count() == 2 * widget.layers + 1


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show({"layers": 12})
    page.locator(".s2g-choice input:checked").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert "without residual path, norm none" in page.locator(".s2g-summary").inner_text()
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('died out')")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.locator(".s2g-depth tbody tr").count() == 3
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show, widget_class):
    page = show({"norm": "batch", "layers": 99, "strength": "x", "letter": 7, "path": None})
    assert page.locator(".s2g-depth tbody tr").count() == 2 * widget_class().layers + 1
    assert "with residual path, norm before" in page.locator(".s2g-summary").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"layers": 12, "norm": "none", "strength": 4}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(td, th, legend, caption, button, .s2g-summary, .s2g-slider span)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
