"""Names as one text, n-gram models of them, and the numbers that lesson 03 and its lab state."""

import json
import math
import os
import statistics
from pathlib import Path

import pytest
import torch

from seq2gpt.data.names import NAMES, first_names
from seq2gpt.language_models import (
    bigram_counts,
    bigram_model,
    next_token_pairs,
    perplexity,
    sequence_log_probability,
    token_log_probabilities,
)
from seq2gpt.run import stated
from seq2gpt.run.names import draw_names, measured, ngram_perplexities, one_text, open_names
from seq2gpt.tokens import CharTokenizer, build_char_vocab

LESSON = Path(__file__).parents[1] / "book/03-language-models"


def page(name: str) -> str:
    """A page of the lesson, its lines joined."""
    return " ".join((LESSON / name).read_text(encoding="utf-8").split())


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


@pytest.fixture(scope="module")
def opened():
    names = open_names(0, NAMES)
    return names, bigram_counts(names.training, names.vocab_size)


@pytest.fixture
def toy():
    text = one_text(["ana", "nan", "anna"])
    tokenizer = CharTokenizer(build_char_vocab(text))
    return tokenizer, bigram_counts(torch.tensor(tokenizer.encode(text)), 3)


# --- the module --------------------------------------------------------------------------------------


def test_every_name_is_learned_from_or_held_out(opened) -> None:
    names, _ = opened
    parts = [text.strip(".").split(".") for text in (names.training_text, names.held_out_text)]
    assert sorted(parts[0] + parts[1]) == sorted(NAMES)
    assert len(parts[1]) == len(NAMES) // 10
    assert names.tokenizer.decode(names.held_out.tolist()) == names.held_out_text
    assert names.is_known(parts[0][3])
    assert not names.is_known(parts[1][3])
    assert not names.is_known(parts[0][3][:2])
    assert open_names(1, NAMES).training_text != names.training_text


def test_names_are_those_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    assert open_names(3).training_text == open_names(3, NAMES).training_text


def test_names_are_drawn_from_the_row_of_the_letter_before(opened) -> None:
    names, counts = opened
    forced = torch.zeros_like(counts).float()
    for before, after in zip([0, 1, 2], [1, 2, 0], strict=True):  # ab, and no other name
        forced[before, after] = 1
    assert draw_names(forced, names, 3) == ["ab"] * 3
    endless = torch.zeros_like(forced)
    endless[:, 1] = 1
    assert draw_names(endless, names, 2, longest=7) == ["a" * 7] * 2
    model = bigram_model(counts)
    assert draw_names(model, names, 5, seed=1) == draw_names(model, names, 5, seed=1)
    assert draw_names(model, names, 5, seed=1) != draw_names(model, names, 5, seed=2)


def test_two_grams_are_bigrams(opened) -> None:
    names, counts = opened
    for smoothing in (0.1, 1.0):
        found = ngram_perplexities(
            names.training_text, names.held_out_text, names.vocab_size, 2, smoothing=smoothing
        )
        logits = bigram_model(counts, smoothing).log()
        for text, value in zip((names.training, names.held_out), found, strict=True):
            inputs, targets = next_token_pairs(text)
            wanted = perplexity(token_log_probabilities(logits[inputs], targets)).item()
            assert value == pytest.approx(wanted, rel=1e-4)


def test_a_trigram_by_hand() -> None:
    # Contexts of "ana": .., .a, an, na; each is followed by one symbol only, in both texts but for the last.
    training, held_out = ngram_perplexities(".ana.", ".ann.", 3, n=3, smoothing=1.0)
    assert training == pytest.approx(2)  # four times (1 + 1) / (1 + 3)
    # "ann.": 1/2 and 1/2 as before, an → n: 1/4, nn was never seen: 1/3
    assert held_out == pytest.approx((2 * 2 * 4 * 3) ** (1 / 4))


# --- what the pages state ----------------------------------------------------------------------------


def test_the_lab_states_what_was_measured() -> None:
    lab, found = page("lab.md"), measured()
    few, many = (
        [found[f"{names} names, {figure}"] for figure in ("bigrams", "bits per byte")]
        for names in ("few", "many")
    )
    assert f"perplexity of {spread(few[0], 1)} and {spread(few[1], 2)} bits per byte" in lab
    assert f"gives {few[0][0]:.2f} and {few[1][0]:.2f}" in lab
    assert f"{spread(many[0], 2)} and {spread(many[1], 2)} come out" in lab
    assert f"{many[0][0]:.2f} and {many[1][0]:.2f} with seed 0" in lab
    assert (
        f"there are {len(NAMES)} names with {open_names(0, NAMES).vocab_size} symbols, and 303 of them are"
        in lab
    )


def test_the_lab_s_model_answer_computes_rightly() -> None:
    lab = page("lab.md")
    for n, number in ((10_000, 5.2), (2_500, 60)):
        nats = n * math.log(number)
        assert f"{nats:,.0f} nats" in lab
        assert f"{nats / math.log(2):,.0f} bits, {nats / math.log(2) / 10_000:.2f} for each byte" in lab


def test_the_lesson_computes_rightly_by_hand(toy) -> None:
    lesson, (tokenizer, counts) = page("lesson.md"), toy
    for symbol, row in zip(tokenizer.symbols, counts.tolist(), strict=True):
        assert f"| `{symbol}` | {' | '.join(map(str, row))} | {sum(row)} |" in lesson
    ids = torch.tensor(tokenizer.encode(".ana."))
    inputs, targets = next_token_pairs(ids)
    logits = bigram_model(counts, 0.0).log()[inputs]
    terms = token_log_probabilities(logits, targets)
    total = sequence_log_probability(logits, targets).item()
    assert f"= {math.exp(total):.3f} ." in lesson
    assert f"${' - '.join(f'{-t:.3f}' for t in terms.tolist())} = {total:.3f}$".replace("$0", "$-0") in lesson
    assert f"$L = {-total:.3f} / 4 = {-total / 4:.3f}$" in lesson
    assert f"$e^{{{-total / 4:.3f}}} = {perplexity(terms):.2f}$" in lesson
    assert f"which for `ana` is {(-terms).exp().mean():.2f}" in lesson
    smoothed = bigram_model(counts)[1]
    assert torch.allclose(smoothed, torch.tensor([3, 1, 4]) / 8)
    powers = [math.exp(z) for z in (2, 1, 0)]
    assert f"${powers[0]:.3f} + {powers[1]:.3f} + 1 = {sum(powers):.3f}$" in lesson
    logarithm = math.log(sum(powers))
    assert (
        f"its logarithm {logarithm:.3f}, and $\\ln p_y = 1 - {logarithm:.3f} = {1 - logarithm:.3f}$" in lesson
    )
    assert f"perplexities of {math.exp(2):.1f} and {math.exp(3):.1f}" in lesson
    assert f"$1 / \\ln 2 = {1 / math.log(2):.3f}$" in lesson


def test_the_lesson_describes_the_names_rightly(opened) -> None:
    names, counts = opened
    symbols = names.tokenizer.symbols
    assert len(symbols) == 26
    assert "q" not in symbols
    assert (counts == 0).sum() > counts.numel() / 2  # more than half of the places are empty
    row = counts[symbols.index("h")]
    vowels = sum(row[symbols.index(v)] for v in "aeiou")
    assert vowels > row.sum() / 2
    assert counts[0, 0] == 0  # never two full stops
    assert len(names.held_out) - 1 == 224
    assert names.training_text.count(".") - 1 == 303 == len(NAMES) - len(NAMES) // 10
    assert 32_033 - 32_033 // 10 == 28_830
    assert f"a list of {len(NAMES)} real first names" in page("lesson.md")


def test_the_question_on_smoothing_tells_measured_figures(opened) -> None:
    names, counts = opened
    bank = (LESSON / "questions.yml").read_text(encoding="utf-8")
    found = {}
    for smoothing in (0.0, 1.0):
        logits = bigram_model(counts, smoothing).log()
        for text in (names.training, names.held_out):
            inputs, targets = next_token_pairs(text)
            value = perplexity(token_log_probabilities(logits[inputs], targets)).item()
            found[smoothing, len(text)] = f"{value:.1f}"
    known, unknown = len(names.training), len(names.held_out)
    assert found[0.0, unknown] == "inf"
    assert f"perplexity {found[0.0, known]} on its training names and an infinite one" in bank
    assert f"With α = 1 it is {found[1.0, known]} and {found[1.0, unknown]}." in bank


def test_the_curves_turn_where_the_lesson_says() -> None:
    found = {figure: statistics.mean(values) for figure, values in measured().items()}
    for names, turn in (("few", 2), ("many", 4)):
        held_out = [found[f"{names} names, {n}-grams, held out"] for n in range(1, 7)]
        assert held_out[:turn] == sorted(held_out[:turn], reverse=True)
        assert held_out[turn - 1 :] == sorted(held_out[turn - 1 :])
        training = [found[f"{names} names, {n}-grams, training"] for n in range(1, 6)]
        assert training == sorted(training, reverse=True)
        assert 0.28 < found[f"{names} names, 6-grams, training"] / training[0] < 0.36  # "about a third"


# --- what is measured --------------------------------------------------------------------------------


def test_figures_come_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    committed = measured()
    for name, values in stated.language_models().items():
        assert values == pytest.approx(committed[name], abs=1e-3), name


@pytest.mark.slow
@pytest.mark.skipif("SEQ2GPT_DATA" not in os.environ, reason="SEQ2GPT_DATA is not set")
def test_figures_on_the_published_names_come_out_again(tmp_path: Path) -> None:
    assert len(first_names()) == 32_033
    stated.main("language_models", tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert again.keys() == measured().keys()
    for name, values in again.items():
        assert values == pytest.approx(measured()[name], abs=1e-3), name
