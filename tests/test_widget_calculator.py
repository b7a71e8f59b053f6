"""The calculator: its figures are those of seq2gpt.scaling, and what is typed wrongly is named."""

import pytest
import traitlets

from seq2gpt.gpt import GPTConfig, count_parameters
from seq2gpt.scaling import (
    kv_cache_bytes,
    training_energy,
    training_flops,
    training_memory,
    transformer_flops,
)
from test_widgets import CONTRAST

WIDGET = "calculator"
READY = ".s2g-sum tbody tr"
SMALL = {"vocab_size": 131, "context_length": 29, "d_model": 33, "n_heads": 3, "n_layers": 5}
GPT2_XL = {"vocab_size": 50257, "context_length": 1024, "d_model": 1600, "n_heads": 25, "n_layers": 48}
RUN = {"gigatokens": 0.7, "teraflops": 1.3, "utilisation": 0.23}


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import CalculatorWidget

    return CalculatorWidget


def test_settings_out_of_range_are_refused(widget_class):
    assert widget_class(**SMALL, **RUN, batch_size=7, bytes_per_number=2).n_layers == 5
    for wrong in ({"d_model": 0}, {"bytes_per_number": 3}, {"utilisation": 1.01}, {"n_layers": 1.5}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    for unknown in ("dropout", "_esm"):
        with pytest.raises(TypeError, match=f"CalculatorWidget has no setting '{unknown}'"):
            widget_class(**{unknown: 1})


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("sizes", [SMALL, GPT2_XL])
@pytest.mark.parametrize("width", [2, 4])
def test_figures_equal_those_of_the_package(script, sizes, width):
    config, batch, n = GPTConfig(**sizes), 7, sizes["context_length"]
    found = script(
        "calculator.compute(argument)", {**sizes, **RUN, "batch_size": batch, "bytes_per_number": width}
    )
    assert found["count"] == count_parameters(config) == sum(value for _, _, value in found["parameters"])
    assert found["forward"] == transformer_flops(config, n)
    memory = training_memory(config, batch, n, width)
    assert found["peak"] == memory["peak"]
    assert [value for _, _, value in found["memory"]] == [
        memory[part] for part in ("weights", "optimizer", "gradients", "activations", "logits")
    ]
    assert found["cache"] == kv_cache_bytes(config, batch, n, width)
    n_tokens = RUN["gigatokens"] * 1e9
    assert found["rule"] == pytest.approx(training_flops(count_parameters(config), round(n_tokens)))
    assert found["training"] == pytest.approx(3 * transformer_flops(config, n) * n_tokens / n)
    hours, _ = training_energy(
        float(found["training"]), RUN["teraflops"] * 1e12, RUN["utilisation"], watts=1.0
    )
    assert found["hours"] == pytest.approx(hours)


@pytest.mark.browser
def test_formulas_give_the_figures_beside_them(script):
    state = {**SMALL, "batch_size": 7, "bytes_per_number": 4}
    found = script("calculator.compute(argument)", state)
    names = {"V": 131, "T": 29, "d": 33, "L": 5, "B": 7, "P": found["count"]}
    for table, factor in (("parameters", 1), ("operations", 1), ("memory", 4)):
        for _, formula, value in found[table]:
            code = formula.replace("²", "**2")
            for old, new in ((") ", ")*"), (" (", "*("), (" ", "*"), ("*+*", "+")):
                code = code.replace(old, new)
            assert eval(code, {}, names) * factor == value, formula


@pytest.mark.browser
@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, "7.00 bytes"),
        (1023, "1,023 bytes"),
        (1536, "1.50 KiB"),
        (5 * 2**50, "5,120 TiB"),
        (0.5, "0.500 bytes"),
    ],
)
def test_large_numbers_get_a_unit(script, value, told):
    units = [[2**40, "TiB"], [2**30, "GiB"], [2**20, "MiB"], [1024, "KiB"], [1, "bytes"]]
    assert (
        script("calculator.measured(argument.value, argument.units)", {"value": value, "units": units})
        == told
    )


@pytest.mark.browser
def test_the_models_have_their_published_sizes(script):
    models = script("calculator.MODELS")
    counted = {name: round(count_parameters(GPTConfig(**sizes)) / 1e6) for name, sizes in models.items()}
    # Released GPT-2 models hold 124, 355, 774 and 1,558 million numbers; GPT-3 175 thousand million.
    assert counted == {
        "GPT-2 small": 124,
        "GPT-2 medium": 355,
        "GPT-2 large": 774,
        "GPT-2 XL": 1558,
        "GPT-3": 174604,
    }


@pytest.mark.browser
def test_the_page_begins_with_gpt2_and_the_defaults_of_python(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-summary").inner_text().startswith("124,439,808 parameters; ")
    assert page.locator("select").first.input_value() == "GPT-2 small"
    shown = [float(field.input_value()) for field in page.locator("input").all()]
    assert shown == [
        *(widget.n_layers, widget.d_model, widget.n_heads, widget.vocab_size, widget.context_length),
        *(widget.batch_size, widget.gigatokens, widget.teraflops, widget.utilisation),
    ]
    assert page.locator("select").last.input_value() == str(widget.bytes_per_number)


@pytest.mark.browser
def test_sizes_are_typed_one_by_one_and_judged_together(show):
    page = show()
    before = page.locator(".s2g-summary").inner_text()
    width, heads = page.get_by_label("width d"), page.get_by_label("heads")
    width.fill("1600")
    width.press("Tab")
    notice = page.locator(".s2g-notice")
    assert notice.inner_text().startswith(
        "a width of 1600 does not split into 12 heads: each would get 133.33 numbers."
    )
    assert heads.get_attribute("aria-invalid") == "true"
    assert (page.locator(".s2g-summary").inner_text(), width.input_value()) == (before, "1600")
    heads.fill("25")
    heads.press("Tab")
    assert notice.inner_text() == ""
    assert page.locator(".s2g-summary").inner_text() != before
    assert page.locator("select").first.input_value() == "sizes of my own"
    page.locator("select").first.select_option("GPT-2 XL")
    page.wait_for_function(
        "document.querySelector('.s2g-live').textContent.startsWith('1,557,611,200 parameters')"
    )
    assert page.get_by_label("layers L").input_value() == "48"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("label", "text", "told"),
    [
        ("vocabulary V", "many", "vocabulary V: “many” is not a number from 1 to 10,000,000"),
        ("batch, sequences", "", "batch, sequences: “” is not a number"),
        ("layers L", "1.5", "layers L: 1.5 is not a whole number"),
        ("share of it in use", "40", "share of it in use: “40” is not a number from 0.01 to 1"),
    ],
)
def test_what_is_typed_wrongly_is_named(show, label, text, told):
    page = show()
    page.get_by_label(label).fill(text)
    page.get_by_label(label).press("Enter")
    assert page.locator(".s2g-notice").inner_text().startswith(told)
    assert page.locator(".s2g-summary").inner_text().startswith("124,439,808 parameters; ")


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"d_model": 770, "n_layers": "x", "batch_size": -1, "bytes_per_number": 3, "teraflops": None})
    assert page.locator(".s2g-summary").inner_text().startswith("124,439,808 parameters; ")


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show(theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(td, th, caption, .s2g-summary, .s2g-field span, select, input)")
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
