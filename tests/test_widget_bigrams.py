"""The widget of lesson 03: its numbers are those of the package, and anyone can use it."""

import pytest
import torch
import traitlets

from seq2gpt.language_models import (
    bigram_counts,
    bigram_model,
    cross_entropy,
    next_token_pairs,
    perplexity,
    sequence_log_probability,
    token_log_probabilities,
)
from seq2gpt.run.names import one_text
from seq2gpt.tokens import CharTokenizer, build_char_vocab
from test_widgets import CONTRAST

WIDGET = "bigrams"
READY = ".s2g-factors td"
NAMES = "zoë otto anna\tana  nan.ott"


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import BigramsWidget

    return BigramsWidget


def test_settings_out_of_range_are_refused(widget_class) -> None:
    widget = widget_class(names="x", judged="y", smoothing=3.0)
    assert (widget.names, widget.judged, widget.smoothing) == ("x", "y", 3.0)
    for wrong in (-0.1, 3.1):
        with pytest.raises(traitlets.TraitError, match="smoothing"):
            widget_class(smoothing=wrong)
    with pytest.raises(TypeError, match="BigramsWidget has no setting 'alpha'"):
        widget_class(alpha=2)


@pytest.mark.browser
@pytest.mark.parametrize("smoothing", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("judged", ["tanna", "otto", "zoë"])
def test_numbers_are_those_of_the_package(script, judged: str, smoothing: float) -> None:
    found = script(
        "((r) => ({ ...r, logarithm: String(r.logarithm), loss: String(r.loss), perplexity: String(r.perplexity) }))(bigrams.compute(argument))",
        {"names": NAMES, "judged": judged, "smoothing": smoothing},
    )
    text = one_text(NAMES.replace(".", " ").split())
    tokenizer = CharTokenizer(build_char_vocab(text))
    counts = bigram_counts(torch.tensor(tokenizer.encode(text)), tokenizer.vocab_size)
    model = bigram_model(counts, smoothing).double()
    assert found["symbols"] == tokenizer.symbols
    assert found["counts"] == counts.tolist()
    torch.testing.assert_close(torch.tensor(found["model"]).double(), model, atol=1e-6, rtol=1e-5)
    inputs, targets = next_token_pairs(torch.tensor(tokenizer.encode(f".{judged}.")))
    logits = model.log()[inputs]
    wanted = {
        "logarithm": sequence_log_probability(logits, targets),
        "loss": cross_entropy(logits, targets),
        "perplexity": perplexity(token_log_probabilities(logits, targets)),
    }
    for name, value in wanted.items():
        number = float(found[name].replace("Infinity", "inf"))
        assert number == pytest.approx(value.item(), rel=1e-5), name
    assert [step["probability"] for step in found["steps"]] == pytest.approx(
        model[inputs, targets].tolist(), rel=1e-5
    )


@pytest.mark.browser
def test_a_symbol_is_drawn_as_often_as_it_is_probable(script) -> None:
    numbers = [(i + 0.5) / 400 for i in range(400)]  # every share of the unit interval, and then a full stop
    code = """argument.map((number) => {
      const model = bigrams.probabilities([[0, 3, 1], [1, 0, 0], [1, 0, 0]], 0);
      return bigrams.write({ model, symbols: [".", "a", "b"] }, () => number);
    })"""
    written = script(code, numbers)
    assert written.count("a") == 300
    assert written.count("b") == 100
    endless = "bigrams.write({ model: [[0, 1], [0, 1]], symbols: ['.', 'a'] }, () => 0.999)"
    assert script(endless) == "a" * 16


@pytest.mark.browser
@pytest.mark.parametrize(
    ("state", "notice"),
    [
        ({"names": " . "}, "Type a name or two to be counted."),
        ({"judged": ""}, "Type a name to be judged."),
        ({"judged": "anx"}, "“x” is in none of the names above"),
        ({"judged": "a" * 17}, "may have 16 letters, this has 17"),
        ({"names": "abcdefghijklmnopqrstuvwxyzß"}, "has room for 26 different letters, these are 27"),
        ({"names": "ana " * 200}, "Only the first 600 of 800 characters are counted."),
    ],
)
def test_what_cannot_be_shown_is_told(script, state: dict, notice: str) -> None:
    assert notice in script("bigrams.compute(argument).notice", state)


@pytest.mark.browser
def test_the_page_is_used_by_keyboard_and_the_words_follow(show, widget_class) -> None:
    page, widget = show(), widget_class()
    summary = page.locator(".s2g-summary")
    assert page.locator(".s2g-text").input_value() == widget.names
    assert page.locator(".s2g-judged").input_value() == widget.judged
    assert summary.inner_text().startswith("“anana” has the probability 0.0")
    assert page.locator(".s2g-pairs .s2g-used").count() == 4  # .a an na a.
    page.locator(".s2g-judged").fill("aa")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")  # smoothing 0
    assert "is impossible: “a” never followed “a”" in summary.inner_text()
    page.wait_for_function("document.querySelector('.s2g-live').textContent.includes('impossible')")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("Smoothing").input_value() == "0.1"
    assert "has the probability" in summary.inner_text()
    page.locator(".s2g-text").fill("<b>x</b>")
    assert page.locator(".s2g-pairs b").count() == 0
    assert not page.locator(".s2g-factors").is_visible()  # “aa” has no row
    page.get_by_role("button", name="Write a name").click()
    assert page.locator(".s2g-invented").inner_text().startswith("Written: ")
    page.locator(".s2g-text").fill("")
    assert page.get_by_role("button", name="Write a name").is_disabled()


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show) -> None:
    page = show({"smoothing": 77})
    assert page.get_by_label("Smoothing").input_value() == "1"


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme: str) -> None:
    state = {"names": "abigail brunhilde cosmo xaver winfried", "judged": "abracadabra"}
    page = show(state, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(td, th, caption, button, .s2g-summary, .s2g-slider span)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
