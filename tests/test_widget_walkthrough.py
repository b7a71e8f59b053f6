"""The walkthrough widget: every tensor equals PyTorch's, every cell is made of the numbers that it names."""

import json
import re
from functools import cache

import pytest
import torch
import traitlets

from seq2gpt.heads import split_heads
from seq2gpt.widgets import walkthrough_model
from seq2gpt.widgets.walkthrough_model import encode, load_walkthrough_model, right, shipped_model
from test_widgets import CONTRAST

WIDGET = "walkthrough"
READY = ".s2g-grid td[tabindex='0']"
N_TENSORS = 38


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import WalkthroughWidget

    return WalkthroughWidget


def test_the_shipped_model_turns_every_text_round():
    assert right(load_walkthrough_model()) == 100


def test_letters_before_the_sign_are_equally_probable_to_it():
    model, texts = load_walkthrough_model(), walkthrough_model.every_text()
    with torch.no_grad():
        odds = model(texts[:, :3]).softmax(-1)
    assert (odds[..., :5] - 0.2).abs().max() < 0.05
    assert odds[..., 5].max() < 0.01


def test_head_0_of_block_0_looks_at_the_mirrored_letter():
    weights = tensors_of_torch("dabe=eba")[9]
    assert weights[[4, 5, 6, 7], [3, 2, 1, 0]].min() > 0.9


def test_what_is_stored_is_what_training_gives(monkeypatch):
    monkeypatch.setattr(walkthrough_model, "N_STEPS", 2)
    new = walkthrough_model.stored(walkthrough_model.train_walkthrough_model())
    stored = shipped_model()
    assert json.loads(json.dumps(new)).keys() == stored.keys()
    assert {n: e["shape"] for n, e in new["weights"].items()} == {
        n: e["shape"] for n, e in stored["weights"].items()
    }


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(text="cabe", written=0, step=N_TENSORS - 1, row=7, column=23)
    assert (widget.text, widget.step) == ("cabe", N_TENSORS - 1)
    for name, wrong in (("written", 4), ("step", N_TENSORS), ("row", -1), ("column", 24)):
        with pytest.raises(traitlets.TraitError, match=name):
            widget_class(**{name: wrong})
    with pytest.raises(TypeError, match="WalkthroughWidget has no setting 'weights'"):
        widget_class(weights={})


@cache
def tensors_of_torch(text: str) -> list[torch.Tensor]:
    """Every tensor of the forward pass, in the widget's order, by PyTorch and the course's own modules."""
    model = load_walkthrough_model()
    ids = torch.tensor([encode(text)])
    n = ids.shape[1]
    with torch.no_grad():
        embedded, places = model.token_embedding(ids)[0], model.positions.table[:n]
        x = embedded + places
        found = [embedded, places, x]
        for block in model.blocks:
            normed = block.norm_1(x)
            layer = block.attention
            q, k, v = (linear(normed) for linear in (layer.w_q, layer.w_k, layer.w_v))
            scores = split_heads(q, 2) @ split_heads(k, 2).mT / 6**0.5
            scores = scores.masked_fill(torch.ones(n, n).triu(1).bool(), -torch.inf)
            weights = scores.softmax(-1)
            mixed = torch.cat(list(weights @ split_heads(v, 2)), dim=-1)
            x = x + layer.w_o(mixed)
            found += [normed, q, k, v, *scores, *weights, mixed, layer.w_o(mixed), x]
            normed = block.norm_2(x)
            network = block.feed_forward
            inner = network.w_in(normed)
            bent = torch.nn.functional.gelu(inner, approximate="tanh")
            x = x + network.w_out(bent)
            found += [normed, inner, bent, network.w_out(bent), x]
        logits = model(ids)[0]
        return [*found, model.norm(x), logits, logits.softmax(-1)]


# ---- in a browser --------------------------------------------------------------------------------------------

VALUES = """(() => { const { tensors, tokens } = walkthrough.compute(argument[0], argument[1]);
  return { text: tokens.join(""), values: tensors.map(({ values }) => values.map((row) => row.map((value) => value === -Infinity ? "-inf" : value))) }; })()"""


@pytest.mark.browser
@pytest.mark.parametrize(("text", "written", "whole"), [("dabe", 3, "dabe=eba"), ("ccac", 0, "ccac=")])
def test_all_tensors_equal_those_of_pytorch(script, text, written, whole):
    found = script(VALUES, [{"text": text, "written": written}, shipped_model()])
    assert found["text"] == whole
    wanted = tensors_of_torch(whole)
    assert len(found["values"]) == len(wanted) == N_TENSORS
    for values, tensor in zip(found["values"], wanted, strict=True):
        rows = torch.tensor([[float(value) for value in row] for row in values])
        torch.testing.assert_close(rows, tensor, atol=2e-5, rtol=1e-4)


EXPLAINED = """(() => { const { tensors, at } = walkthrough.compute(argument[0], argument[1]);
  const gaps = {};
  for (const { title, values, explain } of tensors) for (const row of values.keys()) for (const column of values[row].keys()) {
    const { terms, after, value } = explain(row, column);
    if (!terms.length) continue;
    const extra = Object.fromEntries(after);
    const made = terms.map(({ cells, factors, value }) => {
      const numbers = [...cells.map(at), ...factors.slice(1)];
      return terms[0].power ? value : numbers.reduce((a, b) => a * b, 1);
    });
    let total = made.reduce((a, b) => a + b, 0);
    if ("√d_head" in extra) total /= extra["√d_head"];
    else if ("sum" in extra) total = made[column] / total;
    else if ("gain" in extra) total = (total - extra["mean of the row"]) / extra["spread of the row"] * extra.gain + extra.bias;
    else if ("bias" in extra) total += extra.bias;
    else if (title === "after GELU") total = 0.5 * total * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (total + 0.044715 * total ** 3)));
    gaps[title] = Math.max(gaps[title] ?? 0, Math.abs(total - value), Math.abs(values[row][column] - value));
  }
  return gaps; })()"""


@pytest.mark.browser
def test_every_cell_is_what_its_terms_make(script):
    gaps = script(EXPLAINED, [{"text": "dabe", "written": 3}, shipped_model()])
    assert len(gaps) >= 20
    assert max(gaps.values()) < 1e-9


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-still").count() == 0
    assert page.locator(".s2g-text").input_value() == widget.text
    assert f"tensor {widget.step + 1} of {N_TENSORS}" in page.locator(".s2g-count").inner_text()
    assert page.locator(READY).count() == 1
    assert page.locator(".s2g-floor canvas").count() == N_TENSORS


@pytest.mark.browser
def test_a_cell_says_how_it_was_made_and_leads_to_its_sources(show):
    page = show({"text": "dabe", "written": 0, "step": 6, "row": 4, "column": 0})
    assert "block 0, attention: values (5 × 12)" in page.locator(".s2g-title").inner_text()
    assert page.locator(".s2g-terms tbody tr").count() == 13  # twelve products and the bias
    value = page.locator(".s2g-terms tfoot td").last.inner_text()
    assert value == page.locator(READY).inner_text()
    page.locator(".s2g-terms tbody button").nth(3).click()
    assert "norm before attention" in page.locator(".s2g-title").inner_text()
    assert "column n3" in page.locator(".s2g-cell").inner_text()
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('Tensor 4 of 38')")
    page.get_by_role("button", name="Next").click()
    assert "queries" in page.locator(".s2g-title").inner_text()


@pytest.mark.browser
def test_the_model_writes_in_the_page(show):
    page = show({"text": "dabe", "written": 0})
    for letter in "eba":
        assert f"says “{letter}” comes next, with over 99 %" in page.locator(".s2g-reads").inner_text()
        page.locator(".s2g-write").click()
    assert "“d a b e = e b a” and says “d”" in page.locator(".s2g-reads").inner_text()
    assert page.locator(".s2g-write").is_disabled()
    assert page.locator(".s2g-write").inner_text() == "All but the last letter is written"
    page.locator(".s2g-text").fill("dax")
    assert "“x” is none of them" in page.locator(".s2g-notice").inner_text()
    assert not page.locator(".s2g-walk").is_visible()
    page.locator(".s2g-text").fill("da")
    assert "here are 2" in page.locator(".s2g-notice").inner_text()


@pytest.mark.browser
def test_cells_in_space_can_be_clicked(show):
    page = show({"text": "dabe", "written": 3, "step": 0})
    page.locator(".s2g-floor canvas").nth(37).dispatch_event("click", {"clientX": 0, "clientY": 0})
    assert "head: probabilities" in page.locator(".s2g-title").inner_text()
    page.locator(".s2g-floor canvas").nth(29).click()  # in its middle
    assert "block 1, attention: after attention" in page.locator(".s2g-title").inner_text()
    row, column = (
        int(n)
        for n in re.findall(r"Position (\d) .*column h(\d+)", page.locator(".s2g-cell").inner_text())[0]
    )
    assert row in (3, 4)
    assert column in (5, 6)


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show({"text": "dabe", "written": 1, "step": 8, "row": 2, "column": 2})
    page.locator(READY).focus()
    page.keyboard.press("ArrowRight")
    assert "Position 2 “b”, column e" in page.locator(".s2g-cell").inner_text()
    assert "causal mask hides it" in page.locator(".s2g-how").inner_text()
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    assert "Position 5 “e”" in page.locator(".s2g-cell").inner_text()
    assert page.evaluate("document.activeElement.tabIndex") == 0
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")


@pytest.mark.browser
def test_a_term_that_is_followed_by_keys_takes_the_focus_along(show):
    page = show({"text": "dabe", "written": 1, "step": 9, "row": 4, "column": 3})
    page.locator(".s2g-terms button").nth(2).focus()
    page.keyboard.press("Enter")
    assert "scores, head 0" in page.locator(".s2g-title").inner_text()
    assert page.evaluate("document.activeElement.closest('.s2g-grid td')?.ariaSelected") == "true"


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"text": "dabe", "written": 9, "step": 99, "row": 70, "column": -3})
    assert "tensor 38 of 38" in page.locator(".s2g-count").inner_text()
    assert "Position 7 “a”, column a" in page.locator(".s2g-cell").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"step": 14}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(
        ".s2g-root :is(td, th, .s2g-title, .s2g-cell, button:enabled, .s2g-what, .s2g-how, .s2g-reads)"
    )
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
