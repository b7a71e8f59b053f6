"""The little language of lesson 12: its right answers, how models learn it, and what the lesson says of the figures."""

from statistics import mean

import pytest
import torch

from seq2gpt.families import MaskedLanguageModel
from seq2gpt.run import cloze
from seq2gpt.run.gap_filling import FAMILIES, Parts, Sizes, hide, right

LETTER = "today an old dog barks in the garden because it is hungry"


def test_sentences_differ_and_agree():
    assert len(set(cloze.sentences())) == 4 * (8 * 4 * 2 * 2 + 8 * 8 * 3) * 6 * 4
    for sentence in cloze.sentences()[::997]:
        _, article, adjective, noun, verb, where, _, place, _, pronoun, copula, _ = sentence.split()
        one = [actor for actor in cloze.ACTORS if (noun, verb) == (actor[0], actor[2])]
        several = [actor for actor in cloze.ACTORS if (noun, verb) == (actor[1], actor[3])]
        assert len(one) + len(several) == 1
        assert (pronoun, copula) == (("it", "is") if one else ("they", "are"))
        assert place in cloze.PLACES[where]
        if article in ("a", "an"):
            assert one
            assert adjective in cloze.ADJECTIVES[article]
            assert (adjective[0] in "aeiou") == (article == "an")


def test_ids_are_places_in_the_vocabulary():
    assert [cloze.vocabulary()[i] for i in cloze.encode(LETTER)] == LETTER.split()
    index = cloze.sentences().index(LETTER)
    assert cloze.all_rows()[index].tolist() == cloze.encode(LETTER)
    assert len(cloze.PLACE_NAMES) == cloze.LENGTH == len(LETTER.split())


@pytest.mark.parametrize("both_sides", [False, True])
@pytest.mark.parametrize("gap", [1, 3, 4, 5, 7, 11])
def test_probabilities_are_those_of_counting(gap, both_sides):
    words = LETTER.split()
    fitting = [
        other[gap]
        for other in map(str.split, cloze.sentences())
        if other[:gap] == words[:gap] and (not both_sides or other[gap + 1 :] == words[gap + 1 :])
    ]
    counted = {word: fitting.count(word) / len(fitting) for word in set(fitting)}
    assert cloze.exact_probabilities(LETTER, gap, both_sides) == pytest.approx(counted)


def test_what_the_lesson_says_of_the_wet_letter():
    left = cloze.exact_probabilities(LETTER, 3, both_sides=False)
    assert len(left) == 8
    assert set(left.values()) == {0.125}
    assert cloze.exact_probabilities(LETTER, 3, both_sides=True) == {"dog": 1.0}
    assert cloze.exact_probabilities(LETTER, 5, both_sides=False) == {"in": 0.5, "on": 0.5}
    assert cloze.exact_probabilities(LETTER, 1, both_sides=True) == {"an": 0.5, "the": 0.5}


def test_limits_follow_from_the_probabilities():
    left, both = cloze.limits(False), cloze.limits(True)
    assert left[0].isnan()
    assert left[5].item() == pytest.approx(50)
    assert both[5].item() == both[3].item() == both[4].item() == left[4].item() == 100
    assert (both[1:] >= left[1:] - 1e-4).all()
    assert cloze.least_loss(True) < cloze.least_loss(False)


def test_no_training_reads_the_sentences_with_gaps():
    rows, gaps = cloze.unseen_gaps(seed=3)
    kept = {tuple(row) for row in cloze.all_rows()[::5].tolist()}
    assert {tuple(row) for row in rows.tolist()} <= kept
    assert torch.bincount(gaps).tolist() == [0] + [100] * 11
    assert not torch.equal(rows, cloze.unseen_gaps(seed=4)[0])
    read = []

    class Spy(MaskedLanguageModel):
        def forward(self, ids, is_real=None):
            read.append(ids)
            return super().forward(ids, is_real)

    def nothing(ids, mask_id, vocab_size):
        return ids, torch.ones_like(ids, dtype=torch.bool)

    cloze.train_family("masked", n_steps=3, parts=Parts(mask_tokens=nothing, masked_model=Spy), d_model=8)
    assert not {tuple(row) for row in torch.cat(read).tolist()} & kept


def test_right_counts_the_gaps_filled_right():
    family = FAMILIES["masked"](Sizes(n_symbols=7, length=5, d_model=8))
    rows, gaps = torch.randint(7, (50, 5)), torch.randint(1, 5, (50,))
    answers = [
        int(family.model(hide(row[None], gap[None], 7))[0, gap].argmax()) == int(row[gap])
        for row, gap in zip(rows, gaps, strict=True)
    ]
    assert right(family, rows, gaps) == pytest.approx(100 * mean(answers))


@pytest.mark.parametrize("kind", FAMILIES)
def test_each_family_learns(kind):
    rows, gaps = cloze.unseen_gaps(0, n_rows=220)
    before, after = (right(cloze.train_family(kind, n, d_model=16), rows, gaps) for n in (0, 60))
    assert after > before + 10


# ---- what the lesson says of the figures -----------------------------------------------------------------


def means(reader: str) -> dict[int, float]:
    return {int(n): mean(values) for n, values in cloze.measured()[reader].items()}


def test_the_figures_are_complete():
    for values in cloze.measured().values():
        assert list(values) == [str(n) for n in cloze.BUDGETS]
        assert all(len(seeds) == 3 for seeds in values.values())


def test_the_causal_model_learns_fastest_and_stops_at_the_limit_of_its_side():
    left = cloze.limits(False)[1:].mean().item()
    causal, masked, spans = means("causal"), means("masked"), means("spans")
    assert causal[50] > max(masked[50], spans[50])
    assert left - 2 < causal[50] < left + 2
    assert left - 2 < causal[400] < left + 2


def test_the_masked_model_starts_slowly_and_ends_at_the_limit_of_both_sides():
    both = cloze.limits(True)[1:].mean().item()
    assert both - 2 < means("masked")[400] < both + 2
    assert means("masked")[25] < means("causal")[25]


def test_search_lets_the_causal_model_use_the_right_side():
    search = means("causal, search")
    assert search[400] > means("causal")[400] + 8
    assert all(
        search[n] > max(means("causal")[n], means("masked")[n], means("spans")[n]) for n in (25, 50, 100)
    )


def test_the_spans_model_has_the_lowest_loss_and_fills_the_fewest_gaps():
    assert means("spans, loss")[200] < min(means("masked, loss")[200], means("causal, loss")[200])
    assert means("spans")[200] < min(means("masked")[200], means("causal")[200])
    assert means("masked")[400] - 4 < means("spans")[400] < means("masked")[400]


@pytest.mark.slow
def test_the_measured_figures_can_be_measured_again():
    again = cloze.measure(seeds=(0,), budgets=(50, 400))
    for reader, values in again.items():
        for n, (value,) in values.items():
            assert value == pytest.approx(cloze.measured()[reader][n][0], abs=3)
