"""The widget of optimizers: it computes what PyTorch's own optimizers compute, and anyone can use it."""

import pytest
import torch
import traitlets
from torch import nn

from seq2gpt.training import cosine_schedule, trapezoid_schedule
from test_widgets import CONTRAST

WIDGET = "optimizer"
READY = ".s2g-steps tbody tr"


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import OptimizerWidget

    return OptimizerWidget


def by_torch(optimizer, schedule, rate, decay, spike, clip):
    """The points before every step, and the losses, by torch.optim and torch.nn.utils."""
    theta = nn.Parameter(torch.tensor([-1.0, -1.5], dtype=torch.float64))
    make = {
        "sgd": lambda: torch.optim.SGD([theta], lr=1.0, weight_decay=decay),
        "adam": lambda: torch.optim.Adam([theta], betas=(0.9, 0.99), weight_decay=decay),
        "adamw": lambda: torch.optim.AdamW([theta], betas=(0.9, 0.99), weight_decay=decay),
    }
    made, points, losses = make[optimizer](), [], []
    settings = {"n_steps": 60, "n_warmup": 6, "lr": 10**rate, "lr_min": 0.0}
    rates = {"constant": lambda step, lr, **_: lr, "cosine": cosine_schedule, "trapezoid": trapezoid_schedule}
    for step in range(61):
        made.zero_grad()
        loss = 20 * (theta[0] - 1) ** 2 + 0.2 * (theta[1] - 1) ** 2
        points.append(theta.detach().clone())
        losses.append(loss.item())
        (loss * (100 if spike and step == 20 else 1)).backward()
        if clip:
            nn.utils.clip_grad_norm_([theta], 1.0)
        made.param_groups[0]["lr"] = rates[schedule](step, **settings)
        made.step()
    return torch.stack(points), torch.tensor(losses, dtype=torch.float64)


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(optimizer="adam", schedule="trapezoid", rate=1.0, decay=1.0, spike=True, clip=True)
    assert (widget.optimizer, widget.rate, widget.clip) == ("adam", 1.0, True)
    wrongs = (
        {"optimizer": "lion"},
        {"schedule": "step"},
        {"rate": 2.0},
        {"decay": -0.1},
        {"spike": "x"},
        {"clip": "x"},
    )
    for wrong in wrongs:
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    with pytest.raises(TypeError, match="OptimizerWidget has no setting 'momentum'"):
        widget_class(momentum=0.9)


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize(
    ("schedule", "rate", "decay", "spike", "clip"),
    [
        ("constant", -1.5, 0.0, False, False),
        ("cosine", -1.5, 0.5, True, True),
        ("trapezoid", -2.0, 1.0, True, False),
    ],
)
def test_numbers_equal_those_of_pytorch(script, optimizer, schedule, rate, decay, spike, clip):
    state = {
        "optimizer": optimizer,
        "schedule": schedule,
        "rate": rate,
        "decay": decay,
        "spike": spike,
        "clip": clip,
    }
    rows = script("optimizer.compute(argument)", state)
    points, losses = by_torch(**state)
    assert [row["step"] for row in rows] == list(range(61))
    found = torch.tensor([row["point"] for row in rows], dtype=torch.float64)
    torch.testing.assert_close(
        found, points, rtol=1e-5, atol=1e-7
    )  # torch adds 1e-6 to the norm when it clips
    torch.testing.assert_close(
        torch.tensor([row["loss"] for row in rows], dtype=torch.float64), losses, rtol=1e-4, atol=1e-7
    )


@pytest.mark.browser
def test_the_sentence_says_what_happens(script):
    def said(**state):
        return script("optimizer.describe(optimizer.compute(argument), argument)", state)

    assert "It is close to the lowest point" in said()
    assert "It is still on its way" in said(optimizer="sgd", rate=-1.75)
    assert "It is still on its way" in said(optimizer="sgd", rate=-1.5, schedule="constant"), (
        "as the page begins"
    )
    assert "It has exploded" in said(optimizer="sgd", rate=0, schedule="constant")
    clipped = said(spike=True, clip=True, decay=0.5)
    assert "decay 0.5, a bad batch at step 20, clipping at 1" in clipped


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-still").count() == 0
    chosen = [node.input_value() for node in page.locator("select").all()]
    assert chosen == [widget.optimizer, widget.schedule]
    sliders = [float(node.input_value()) for node in page.locator("input[type=range]").all()]
    assert sliders == [widget.rate, widget.decay]
    ticks = [node.is_checked() for node in page.locator("input[type=checkbox]").all()]
    assert ticks == [widget.spike, widget.clip]


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show()
    page.locator("select").first.focus()
    page.keyboard.press("s")  # SGD
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert "SGD, rate 10.0 constant" in page.locator(".s2g-summary").inner_text()
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('exploded')")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert "decay 0.1, a bad batch at step 20" in page.locator(".s2g-summary").inner_text()
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"optimizer": "lion", "schedule": 3, "rate": "x", "decay": 7, "spike": "yes", "clip": None})
    assert page.locator(".s2g-summary").inner_text().startswith("AdamW, rate 0.178 warm-up and cosine: ")


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"spike": True, "optimizer": "sgd"}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(
        ".s2g-root :is(td, th, figcaption, .s2g-summary, .s2g-slider span, .s2g-field span, .s2g-tick, select)"
    )
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
