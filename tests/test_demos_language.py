"""The parts of the demonstrations on tokens, embeddings, language models and families."""

import re

import pytest
import torch

from seq2gpt.data import corpus
from seq2gpt.data.names import NAMES
from seq2gpt.errors import UserError
from seq2gpt.families import CausalLanguageModel
from seq2gpt.language_models import (
    bigram_counts,
    bigram_model,
    next_token_pairs,
    perplexity,
    token_log_probabilities,
)
from seq2gpt.run import gap_filling
from seq2gpt.run.demos import bigram, bpe, families, lsi
from seq2gpt.run.names import open_names
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

WORDS = ["anna", "hanna", "nana", "anan", "hann", "naan", "ahna", "nahan", "hana", "anah", "nanna", "hanan"]


@pytest.fixture
def word_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("\n".join(WORDS * 20), encoding="utf-8")
    return path


# ---- bigrams ---------------------------------------------------------------------------------------------


def test_bigrams_of_a_file_beat_frequencies_and_learning_ends_where_counting_does(word_file):
    figures = bigram.run(bigram.Config(data=word_file, smoothing=0.0, n_samples=3), False).figures
    odds, frequencies, counted, learned = figures.values()
    assert odds == pytest.approx(4)  # a, h, n and the line break
    assert counted < frequencies < odds
    assert learned == pytest.approx(counted, rel=0.02)


def test_generated_words_follow_the_model():
    tokenizer = CharTokenizer("\nab")
    forced = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert bigram.generate_word(forced, tokenizer, torch.Generator()) == "ab"
    endless = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert bigram.generate_word(endless, tokenizer, torch.Generator()) == "a" * 20


def test_smoothing_and_the_number_of_samples_arrive(word_file):
    few, many = (bigram.run(bigram.Config(data=word_file, smoothing=s, n_samples=n, n_steps=2), False)
                 for s, n in ((0.0, 2), (50.0, 5)))  # fmt: skip
    assert few.figures["perplexity, bigrams, counted"] < many.figures["perplexity, bigrams, counted"]
    assert len(few.sample.split()) == 2 + 2
    assert len(many.sample.split()) == 2 + 5


def test_too_few_words_are_refused(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("one two three", encoding="utf-8")
    with pytest.raises(UserError, match="^the text has 3 different words; give --data one with 20 or more$"):
        bigram.run(bigram.Config(data=path), False)


def test_without_a_file_it_learns_names_as_the_lab_does():
    result = bigram.run(bigram.Config(n_steps=2), False)
    opened = open_names(0, NAMES)
    inputs, targets = next_token_pairs(opened.held_out)
    model = bigram_model(bigram_counts(opened.training, opened.vocab_size))
    wanted = perplexity(token_log_probabilities(model.log()[inputs], targets)).item()
    assert result.figures["perplexity, bigrams, counted"] == pytest.approx(wanted, rel=1e-5)
    names = result.sample.removeprefix("made up: ").split(", ")
    assert len(names) == 12
    assert all(set(name) <= set("abcdefghijklmnoprstuvwxyz") for name in names)  # no q in them


# ---- byte pairs ------------------------------------------------------------------------------------------


def test_training_and_held_out_text_do_not_overlap():
    text = "\n\n".join(f"paragraph {i}" for i in range(1000))
    training, held_out = bpe.draw_texts(text, n_characters=5000, seed=0)
    assert (len(training), len(held_out)) == (5000, 454)
    lines = [
        set(part.split("\n\n")[1:-1]) for part in (training, held_out)
    ]  # those at the cuts are not whole
    assert not lines[0] & lines[1]
    assert bpe.draw_texts(text, 5000, seed=1) != (training, held_out)


def test_a_text_too_short_to_hold_anything_out_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("short", encoding="utf-8")
    with pytest.raises(UserError, match="^the text is too short to hold anything out"):
        bpe.run(bpe.Config(data=path), False)


def test_a_text_without_plurals_or_long_words_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    for text, message in (
        ("short", "has no paragraph with six words"),
        ("every little single flower grows slowly", "plural"),
    ):
        path.write_text(f"{text}\n\n" * 3, encoding="utf-8")
        with pytest.raises(UserError, match=message):
            lsi.run(lsi.Config(data=path, word_rank=1), False)


def test_nothing_to_learn_is_refused():
    with pytest.raises(UserError, match="^n_merges=0 leaves nothing to learn; use 1 or more$"):
        bpe.run(bpe.Config(n_merges=0), False)


def test_the_figures_of_byte_pairs_are_counts(word_file):
    result = bpe.run(bpe.Config(data=word_file, n_merges=16, n_characters=1100), False)
    _, held_out = bpe.draw_texts(word_file.read_text(), 1100, seed=0)
    one, four, sixteen = list(result.figures.values())[:3]
    assert 1 < one < four < sixteen
    assert result.figures["size of the tokens, % of the bytes"] == pytest.approx(
        100 * (len(held_out) / sixteen) * 8.0875 / (8 * len(held_out)), rel=1e-3
    )  # log2(272) = 8.0875
    assert "first tokens:" in result.sample


def test_the_sentences_are_shown_cut_into_tokens():
    assert re.search(r"E\|v\|e\|r\|y\| \|c", bpe.sample(BytePairTokenizer({})))


# ---- Latent Semantic Indexing ----------------------------------------------------------------------------


def test_people_without_a_common_film():
    figures, table = lsi.compare_people(rank=2)
    assert figures["Ada and Ben, as rated"] == 0
    assert figures["Ada and Ben, projected"] > 0.99
    assert abs(figures["Ada and Gus, projected"]) < 0.1
    assert len(table.splitlines()) == 7 + 5
    with pytest.raises(UserError, match="^rank=6 must lie between 1 and 5$"):
        lsi.compare_people(rank=6)


def test_words_are_counted_by_paragraph_and_weighted_by_rarity():
    paragraphs = [
        "apple apple banana cherry orange lemons melon",
        "apple grapes cherry orange lemons melon",
        "apple apples peach plums pears figgy dates",
    ]
    words, counts = lsi.count_words("\n\n".join(paragraphs), n_words=50, n_paragraphs=50, seed=0)
    assert counts.shape == (len(words), 3)
    assert "pears" in words
    assert counts[words.index("apple")].tolist() == [0, 0, 0]  # in every paragraph: no information
    values = sorted(counts[words.index("banana")].tolist())
    assert values[:2] == [0, 0]
    assert values[2] == pytest.approx(0.6931 * 1.0986, abs=1e-3)  # ln 2 · ln 3


def test_the_rank_of_plurals():
    vectors = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.9, 0.1]])
    assert (
        lsi.plural_rank(["apple", "apples", "melon", "lemon"], vectors) == 0.25
    )  # only melon is less similar


def test_too_high_a_rank_for_the_words_is_refused():
    with pytest.raises(UserError, match="^word_rank=99 is more than 60; use a smaller one$"):
        lsi.run(lsi.Config(n_words=60, n_paragraphs=80, word_rank=99), False)


# ---- families --------------------------------------------------------------------------------------------

SMALL = gap_filling.Sizes(n_symbols=13, length=11, d_model=8, n_layers=1)


def test_windows_start_anywhere():
    windows = families.draw_windows(torch.arange(40), 500, torch.Generator().manual_seed(0))
    assert windows.shape == (500, families.WINDOW)
    assert (windows.diff(dim=1) == 1).all()
    assert set(windows[:, 0].tolist()) == set(range(24))


@pytest.mark.parametrize("length", [12, 16])
@pytest.mark.parametrize("spans", gap_filling.SPANS)
def test_span_patterns_read_and_write_every_place_once(length, spans):
    read, written = gap_filling.span_patterns(length, *spans)
    n_spans = round(spans[0] / spans[1])
    assert read.shape[1] == length - spans[0] + n_spans
    assert written.shape[1] == spans[0] + n_spans + 1
    assert len(read) == len(written) == gap_filling.N_PATTERNS
    for pattern in torch.cat([read, written], 1).tolist():
        assert sorted(place for place in pattern if place < length) == list(range(length))
    assert read.max() < length + gap_filling.N_SENTINELS
    assert written.max() < length + gap_filling.N_SENTINELS


def test_only_the_gap_of_each_row_is_hidden():
    ids = torch.arange(32).view(2, 16)
    hidden = gap_filling.hide(ids, torch.tensor([7, 3]), 99)
    assert (hidden != ids).nonzero().tolist() == [[0, 7], [1, 3]]
    assert ids.max() == 31


@pytest.mark.parametrize("kind", gap_filling.FAMILIES)
def test_no_model_sees_the_answer_and_the_causal_one_nothing_behind_it(kind):
    family = gap_filling.FAMILIES[kind](SMALL)
    ids, gaps = torch.randint(13, (40, 11)), torch.randint(1, 10, (40,))
    given = family.logits(ids, gaps)
    torch.testing.assert_close(family.logits(gap_filling.hide(ids, gaps, 5), gaps), given)
    behind = torch.arange(11) > gaps[:, None]
    other = torch.where(behind, torch.randint(13, (40, 11)), ids)
    assert torch.allclose(family.logits(other, gaps), given) == (kind == "causal")


def test_the_search_takes_the_candidate_of_the_most_probable_window():
    causal = gap_filling.Causal(SMALL)
    assert isinstance(causal.model, CausalLanguageModel)
    ids, gaps = torch.randint(13, (5, 11)), torch.tensor([1, 3, 5, 7, 10])
    found = causal.search(ids, gaps)
    for window, gap, symbol in zip(ids, gaps.tolist(), found.tolist(), strict=True):
        allowed = causal.model(window[None, :gap])[0, -1].topk(gap_filling.N_CANDIDATES).indices.tolist()
        scores = {}
        for candidate in allowed:
            filled = gap_filling.hide(window[None], torch.tensor([gap]), candidate)[0]
            log_p = causal.model(filled[None, :-1])[0].log_softmax(-1)
            scores[candidate] = sum(log_p[t, filled[t + 1]].item() for t in range(10))
        assert symbol == max(scores, key=lambda candidate: scores[candidate])


def test_families_read_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "embedded_corpus", None)
    path = tmp_path / "text.txt"
    path.write_text("abcdefghij" * 400, encoding="utf-8")
    figures = families.run(
        families.Config(data=path, n_steps=60, batch=16, d_model=16, n_gaps=20), False
    ).figures
    assert figures["causal, left side, % right"] == 100
