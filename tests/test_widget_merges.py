"""The widget of byte-pair encoding: it learns and applies the merges that the package finds, and anyone can use it."""

from collections import Counter

import pytest
import traitlets

from seq2gpt.tokens import count_pairs, encode, merge_pair, split_text, token_bytes, train_bpe
from test_widgets import CONTRAST

WIDGET = "merges"
READY = ".s2g-pairs caption"
TEXTS = {
    "english": "It's the lowest river, isn't it?  The   rivers\n\n\tof 1234 lows are low low low.",
    "ties": "ba ab ba ab cd dc",
    "repeats": "aaaaaaa aaa bbbb",
    "german": "Straße, größer, Größe, süß",
    "emoji": "😀😀 日本語日本 e\u0301e\u0301",
    "nothing to merge": "a b c",
    "empty": "",
}


@pytest.fixture
def widget_class():
    from seq2gpt.widgets import MergesWidget

    return MergesWidget


def test_settings_out_of_range_are_refused(widget_class):
    assert widget_class(text="x" * 5000, sentence="y" * 500, step=200).step == 200
    for wrong in ({"step": -1}, {"step": 201}, {"text": 3}):
        with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
            widget_class(**wrong)
    with pytest.raises(traitlets.TraitError, match="sentence has 501 characters; 500 are the most"):
        widget_class(sentence="x" * 501)
    with pytest.raises(TypeError, match="MergesWidget has no setting 'merges'"):
        widget_class(merges=3)


# ---- in a browser --------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_merges_and_tokens_equal_those_of_the_package(script, text):
    states, sentence = script(
        "(states => [states, merges.encodePieces(argument.sentence, states.at(-1).merges).flat()])(merges.train(argument.text))",
        {"text": text, "sentence": TEXTS["english"] + text},
    )
    learned = train_bpe(text, 200)
    assert [tuple(pair) for pair in states[-1]["merges"]] == list(learned)
    assert sentence == encode(TEXTS["english"] + text, learned)
    words = [tuple(piece.encode()) for piece in split_text(text)]
    for state, (pair, new_id) in zip(states, [*learned.items(), (None, None)], strict=True):
        assert [tuple(word) for word in state["words"]] == words
        counts = count_pairs(Counter(words))
        assert {(first, second): count for first, second, count in state["pairs"]} == counts
        if pair:
            words = [merge_pair(word, pair, new_id) for word in words]


@pytest.mark.browser
def test_no_more_merges_than_two_hundred(script):
    text = " ".join(chr(97 + i % 26) + chr(97 + i // 26) + chr(97 + i % 7) for i in range(400))
    assert script("merges.train(argument).length", text) == 201


@pytest.mark.browser
@pytest.mark.parametrize(
    ("text", "spelled"),
    [("ab", "ab"), (" a", "␣a"), ("\n\t", "⏎⇥"), ("é", "é"), ("\u00a0", "U+A0"), ("\ufeff", "U+FEFF")],
)
def test_tokens_can_be_read(script, text, spelled):
    merges, raw = [], list(text.encode())
    token = raw[0]
    for byte in raw[1:]:
        merges.append((token, byte))
        token = 255 + len(merges)
    assert token_bytes({pair: 256 + i for i, pair in enumerate(merges)})[token] == text.encode()
    argument = {"id": token, "merges": [list(pair) for pair in merges]}
    assert script("merges.spelled(argument.id, argument.merges)", argument) == spelled


@pytest.mark.browser
def test_bytes_that_are_no_character_are_written_as_numbers(script):
    assert script("merges.spelled(195, [])") == "⟨C3⟩"


@pytest.mark.browser
def test_the_page_begins_as_python_does_and_goes_on_merge_by_merge(show, widget_class):
    widget, page = widget_class(), show()
    assert page.locator("textarea").input_value() == widget.text
    assert page.locator(".s2g-sentence").input_value() == widget.sentence
    summary = page.locator(".s2g-summary")
    n_bytes = len(widget.text.encode())
    assert summary.inner_text().startswith(f"After 0 merges the text of {n_bytes} bytes is {n_bytes} tokens")
    merges = list(train_bpe(widget.text, 200).items())
    button = page.get_by_role("button", name="Merge the next pair")
    button.click()
    button.click()
    assert summary.inner_text().startswith("After 2 merges ")
    assert page.locator(".s2g-merged li").count() == 2
    page.locator("input[type=range]").focus()
    page.keyboard.press("End")
    assert summary.inner_text().startswith(f"After {len(merges)} merges ")
    assert "Nothing is left to merge." in summary.inner_text()
    assert button.is_disabled()
    n_own = len(encode(widget.sentence, dict(merges)))
    assert page.locator(".s2g-own .s2g-token").count() == n_own
    page.wait_for_function(f"document.querySelector('.s2g-live').textContent.endsWith('is {n_own} tokens.')")


@pytest.mark.browser
def test_what_is_typed_is_learned_from(show):
    page = show({"step": 3})
    page.locator("textarea").fill("abab ab")
    assert page.locator(".s2g-slider b").inner_text() == "0 of 3"
    assert page.locator(".s2g-best").inner_text().split() == ["a", "+", "b", "3"]
    page.locator(".s2g-sentence").fill("<b>ab</b>")
    page.get_by_role("button", name="Merge the next pair").click()
    own = page.locator(".s2g-own .s2g-token").all_inner_texts()
    assert own == ["<", "b", ">", "ab", "<", "/", "b", ">"]
    page.locator("textarea").fill("x" * 5001)
    notice = page.locator(".s2g-notice").inner_text()
    assert notice.startswith("That is 5001 characters; 5000 are the most")
    assert page.locator(".s2g-slider b").inner_text() == "1 of 3"
    page.locator("textarea").fill("")
    assert (
        page.locator(".s2g-summary").inner_text().startswith("After 0 merges the text of 0 bytes is 0 tokens")
    )


@pytest.mark.browser
def test_wrong_settings_in_a_page_fall_back(show, widget_class):
    page = show({"text": 3, "sentence": "x" * 501, "step": "2"})
    assert page.locator("textarea").input_value() == widget_class().text
    assert page.locator(".s2g-sentence").input_value() == widget_class().sentence
    assert page.locator(".s2g-slider b").inner_text().startswith("0 of ")


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_legibly(show, theme):
    page = show({"step": 20}, theme=f' data-theme="{theme}"', width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    texts = page.locator(
        ".s2g-root :is(caption, th, td, figcaption, .s2g-summary, .s2g-token, .s2g-line, button, li)"
    )
    assert [round(ratio, 2) for ratio in texts.evaluate_all(CONTRAST) if ratio < 4.5] == []
