"""The flow widget: it computes what PyTorch computes, and anyone can use it."""

import pytest
import torch
import traitlets

from seq2gpt.data.translation import number_words
from seq2gpt.heads import split_heads
from seq2gpt.run.flow import from_the_page
from seq2gpt.seq2seq import BOS, greedy_decode
from test_widgets import CONTRAST

WIDGET = "flow"
NUMBERS = (7, 21, 100, 421, 999)


@pytest.fixture(scope="module")
def shipped():
    from seq2gpt.widgets.flow import shipped_model

    return shipped_model()


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import FlowWidget

    return FlowWidget


def test_the_shipped_model_translates(shipped):
    model, source, target = from_the_page(shipped)
    right = 0
    for number in range(1, 1000, 37):
        ids = torch.tensor([source.encode(number_words(number, "en"))])
        right += target.decode(greedy_decode(model, ids, 12)[0]) == number_words(number, "de")
    assert right >= 26  # of 27


def test_the_model_looks_where_the_page_says(shipped):
    model, source, target = from_the_page(shipped)
    seen = watched(model)
    text = "four hundred and twenty one"
    ids = torch.tensor([[*source.encode(text), 0, 0]])
    written = torch.tensor([[BOS, *target.encode("vier hundert ein und zwanzig")]])
    with torch.no_grad():
        model(ids, written)
        for i, layer in enumerate(model.decoder_layers):
            args, _ = seen[f"decoder_layers.{i}.cross_attention"]
            weights = heads_of(layer.cross_attention, args[0], args[1], (ids > 0).expand(6, 7))[0]
            for row, word in ((2, "one"), (4, "twenty")):  # the rows that write ein and zwanzig
                assert (weights[:, row].argmax(-1) == text.split().index(word)).all()


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(text="one", step=2, layer=2, head=1, training=True)
    assert (widget.text, widget.step, widget.layer, widget.head, widget.training) == ("one", 2, 2, 1, True)
    for wrong in ({"step": -1}, {"layer": 3}, {"head": 2}, {"training": "no"}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    with pytest.raises(TypeError, match="FlowWidget has no setting 'weights'"):
        widget_class(weights={})


# ---- in a browser --------------------------------------------------------------------------------------------


def heads_of(attention, x, memory, allowed):
    """Weights of every head, written down from the layer's matrices."""
    query, key = (
        split_heads(w(rows), attention.n_heads) for w, rows in ((attention.w_q, x), (attention.w_k, memory))
    )
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    return scores.masked_fill(~allowed, -torch.inf).softmax(-1)


def watched(model):
    """What every attention of the model read last, by name."""
    seen = {}
    for name, part in model.named_modules():
        if name.endswith("attention"):
            part.register_forward_pre_hook(
                lambda module, args, kwargs, name=name: seen.update({name: (args, kwargs)}), with_kwargs=True
            )
    return seen


@pytest.mark.browser
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("layer", [1, 2])
def test_logits_memory_and_weights_equal_those_of_pytorch(script, shipped, number, layer):
    model, source, target = from_the_page(shipped)
    model, text = model.double(), number_words(number, "en")
    seen = watched(model)
    ids = torch.tensor([[*source.encode(text), 0, 0]])
    written = [BOS, *greedy_decode(model, ids, 12)[0]]
    with torch.no_grad():
        memory, *_ = model.encode(ids, ids > 0)
        logits = model(ids, torch.tensor([written]))[0]
    state = {"text": text, "step": 1, "layer": layer, "head": 1, "training": True}
    found = script("flow.compute(argument[0], argument[1])", [state, shipped])
    torch.testing.assert_close(torch.tensor(found["memory"]).double(), memory[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.tensor(found["logits"]).double(), logits, atol=1e-4, rtol=1e-5)
    n, m = len(written), ids.shape[1]
    real = (ids > 0).expand(n, m)
    stack = f"decoder_layers.{layer - 1}."
    for shown, name, allowed in (
        ("own", f"{stack}attention", torch.ones(n, n).tril().bool()),
        ("cross", f"{stack}cross_attention", real),
        ("encoder", f"encoder_layers.{layer - 1}.attention", (ids > 0).expand(m, m)),
    ):
        args, _ = seen[name]
        rows = args[1] if shown == "cross" else args[0]
        with torch.no_grad():
            weights = heads_of(model.get_submodule(name), args[0], rows, allowed)[0, 1]
        torch.testing.assert_close(torch.tensor(found[shown]).double(), weights, atol=1e-5, rtol=0)
    assert found["right"][:-1] == target.decode(written).split()


@pytest.mark.browser
def test_writing_reads_a_prefix_and_gives_the_same_rows(script, shipped):
    compute = "flow.compute(argument[0], argument[1])"
    text = number_words(421, "en")
    whole = script(compute, [{"text": text, "training": True}, shipped])
    for step in range(whole["last"] + 1):
        found = script(compute, [{"text": text, "step": step}, shipped])
        assert found["read"] == whole["read"][: step + 1]
        torch.testing.assert_close(torch.tensor(found["logits"][-1]), torch.tensor(whole["logits"][step]))
        assert found["top"][0]["word"] == found["next"] == whole["right"][step]
    assert script(compute, [{"text": text, "step": 12}, shipped])["step"] == whole["last"]


@pytest.mark.browser
def test_what_is_no_number_word_is_left_out_and_told(script, shipped):
    read = "flow.readText(argument[0], argument[1])"
    assert script(read, ["Twenty-one apples!", shipped])["words"] == ["twenty", "one"]
    assert "were left out" in script(read, ["twenty apples", shipped])["notice"]
    assert "nothing to read" in script(read, ["42", shipped])["notice"]
    assert "Only the first 8 of 9 words" in script(read, ["one " * 9, shipped])["notice"]
    assert script(read, ["ninety nine", shipped])["notice"] == ""


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    page.wait_for_selector(".s2g-maps table")
    assert page.locator(".s2g-text").input_value() == widget.text
    checked = page.locator(".s2g-choice input:checked").evaluate_all(
        "inputs => inputs.map(input => input.value)"
    )
    assert checked == [str(widget.training).lower(), str(widget.layer), str(widget.head)]
    assert page.locator(".s2g-slider input").input_value() == str(widget.step)


@pytest.mark.browser
def test_steps_grow_the_target_and_masks_are_hatched(show):
    page = show({"text": "twenty one", "step": 0})
    page.wait_for_selector(".s2g-maps table")
    assert "the last row gives “ein”" in page.locator(".s2g-summary").inner_text()
    maps = page.locator(".s2g-maps table")
    hidden = [maps.nth(i).locator(".s2g-masked").count() for i in range(3)]
    assert hidden == [8, 0, 2]  # 4 source positions, 2 of them padding; one target position
    page.locator(".s2g-slider input").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "reads “<bos> ein und”" in page.locator(".s2g-summary").inner_text()
    assert [maps.nth(i).locator(".s2g-masked").count() for i in range(3)] == [8, 3, 6]
    page.locator(".s2g-choice input[value=true]").check(force=True)
    assert "all 4 target positions are computed at once" in page.locator(".s2g-summary").inner_text()
    assert maps.nth(1).locator(".s2g-masked").count() == 6
    page.wait_for_function(
        "document.querySelector('.s2g-live').textContent.includes('all 4 target positions')"
    )


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"text": "six", "step": -3, "layer": 9, "head": "x", "training": "yes"})
    page.wait_for_selector(".s2g-maps table")
    assert "Step 2:" in page.locator(".s2g-summary").inner_text()
    page.locator(".s2g-text").fill("")
    assert not page.locator(".s2g-shown").is_visible()
    page.get_by_role("button", name="ninety nine").click()
    assert page.locator(".s2g-shown").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"text": "twenty one", "step": 3}, theme=f' data-theme="{theme}"', width=390)
    page.wait_for_selector(".s2g-maps table")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(td, th, legend, caption, button, li, .s2g-summary)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
