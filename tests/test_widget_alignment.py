"""The alignment widget: it shows what the trained models' weights say, and anyone can use it."""

import pytest
import torch
import traitlets

from test_widgets import CONTRAST

WIDGET = "alignment"
READY = ".s2g-alignment"
SENTENCE = 3  # acht und vierzig tausend drei hundert zwei und fünfzig


@pytest.fixture(scope="module")
def shipped():
    from seq2gpt.widgets.alignment import shipped_alignments

    return shipped_alignments()


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import AlignmentWidget

    return AlignmentWidget


def on_the_true_word(shipped, score: str, step: int, sentence: int) -> tuple[int, int]:
    """In how many target words the largest weight lies on the true source word, and of how many that can be told."""
    truth = shipped["sentences"][sentence]["truth"]
    largest = torch.tensor(shipped["maps"][score][step][sentence]).argmax(-1).tolist()
    told = [i for i, place in enumerate(truth) if place is not None]
    return sum(largest[i] == truth[i] for i in told), len(told)


def test_the_shipped_weights_are_shares_that_training_moved_to_the_true_words(shipped):
    for maps in shipped["maps"].values():
        for by_sentence in maps:
            for map_of, pair in zip(by_sentence, shipped["sentences"], strict=True):
                weights = torch.tensor(map_of)
                assert weights.shape == (len(pair["target"]), len(pair["source"]))
                torch.testing.assert_close(weights.sum(-1), torch.ones(len(weights)), atol=0.02, rtol=0)
    for score in shipped["maps"]:
        first, last = (
            sum(on_the_true_word(shipped, score, step, n)[0] for n in range(len(shipped["sentences"])))
            for step in (0, -1)
        )
        assert last > 2 * first


def test_settings_out_of_range_are_refused(widget_class):
    widget = widget_class(sentence=2, score="dot", step=0, word=1)
    assert (widget.sentence, widget.score, widget.step, widget.word) == (2, "dot", 0, 1)
    for wrong in ({"sentence": -1}, {"step": -2}, {"word": -1}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    with pytest.raises(TypeError, match="AlignmentWidget has no setting 'words'"):
        widget_class(words=2)


def test_own_weights_take_the_place_of_the_shipped_ones(widget_class, shipped):
    own = shipped | {"steps": [7]}
    assert widget_class(content=own).content["steps"] == [7]
    assert widget_class().content == shipped


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("score", ["additive", "general", "dot"])
@pytest.mark.parametrize("step", [0, 3, -1])
def test_the_page_counts_as_the_weights_do(script, shipped, score, step):
    for n, pair in enumerate(shipped["sentences"]):
        state = {"sentence": n, "score": score, "step": step, "word": len(pair["target"]) - 1}
        found = script("alignment.compute(argument[0], argument[1])", [state, shipped])
        assert (found["hits"], found["counted"]) == on_the_true_word(shipped, score, step, n)
        assert found["row"] == shipped["maps"][score][step][n][-1]


@pytest.mark.browser
def test_the_defaults_in_python_and_in_the_page_are_the_same(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator(".s2g-still").count() == 0
    assert page.locator("select").evaluate("select => select.selectedIndex") == widget.sentence
    assert page.locator(".s2g-choice input:checked").input_value() == widget.score
    assert page.locator("input[type=range]").input_value() == str(len(widget.content["steps"]) - 1)


@pytest.mark.browser
def test_pointing_at_a_word_shows_its_weights_on_the_true_word(show, shipped):
    page = show({"sentence": SENTENCE, "score": "additive"})
    page.locator(".s2g-target").nth(2).hover()
    row = shipped["maps"]["additive"][-1][SENTENCE][2]
    shown = page.locator(".s2g-source .s2g-share").all_inner_texts()
    assert [int(text.split(" ")[0]) for text in shown] == [int(100 * weight + 0.5) for weight in row]
    assert page.locator(".s2g-source.s2g-true b").all_inner_texts() == ["forty"]
    assert page.locator(".s2g-summary").inner_text().startswith("“vierzig” looks: ")


@pytest.mark.browser
def test_controls_work_by_keyboard_alone(show):
    page = show({"sentence": SENTENCE})
    page.locator(".s2g-target input").first.focus()
    page.keyboard.press("ArrowRight")
    assert "“und” looks" in page.locator(".s2g-summary").inner_text()
    assert "It translates no English word." in page.locator(".s2g-summary").inner_text()
    page.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    assert page.locator(".s2g-slider b").inner_text() == "0"
    assert page.evaluate("'lmSuppressShortcuts' in document.activeElement.dataset")
    page.locator("select").focus()
    page.keyboard.press("Home")
    assert page.locator(".s2g-target b").all_inner_texts() == ["vier", "und", "dreißig"]
    page.wait_for_function(
        "document.querySelector('.s2g-alignment [aria-live]').textContent.includes('vier')"
    )


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show):
    page = show({"sentence": 99, "score": "cosine", "step": 99, "word": "x"})
    assert page.locator(".s2g-target b").last.inner_text() == "zwölf"
    assert page.locator(".s2g-choice input:checked").input_value() == "additive"
    assert "“drei” looks" in page.locator(".s2g-summary").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"sentence": 6}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(".s2g-root :is(legend, b, .s2g-share, .s2g-summary, .s2g-caption, .s2g-choice span)")
    assert texts.count() > 20
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
