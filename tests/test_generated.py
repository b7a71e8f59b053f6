"""Generated texts are what they claim to be, and word tokens."""

import re

import pytest

from seq2gpt.data.generated import BAD, GOOD, facts, reports, reviews, tagged
from seq2gpt.data.words import PAD, UNKNOWN, WordTokenizer, split_words


def opinions(text: str) -> set[str]:
    return set(split_words(text)) & {*GOOD, *BAD}


def test_a_review_has_one_opinion_and_test_words_were_never_labelled():
    drawn = reviews(200, 100, 100, seed=5)
    for item in [*drawn.labelled, *drawn.test]:
        assert len(opinions(item.text)) == 3
        assert opinions(item.text) <= set(GOOD if item.good else BAD)
    labelled, test = (
        set().union(*(opinions(item.text) for item in part)) for part in (drawn.labelled, drawn.test)
    )
    assert not labelled & test
    seen = set().union(*map(opinions, drawn.unlabelled))
    assert seen == {*GOOD, *BAD}
    assert all(opinions(text) <= set(GOOD) or opinions(text) <= set(BAD) for text in drawn.unlabelled)
    assert reviews(9, 9, 9, seed=5) == reviews(9, 9, 9, seed=5) != reviews(9, 9, 9, seed=6)


def test_the_answer_stands_where_the_fact_says():
    drawn = facts(50, seed=3)
    for fact in drawn:
        words = split_words(fact.statements)
        asked = split_words(fact.question)[2]
        assert " ".join(words[fact.first : fact.last + 1]) == fact.answer
        assert words[fact.first - 2] == asked
        assert words.count(asked) == 1
    assert {len(fact.answer.split()) for fact in drawn} == {1, 3}


def test_a_summary_sorts_the_parts_by_opinion():
    for text, summary in reports(50, seed=2):
        good, bad = (set(side.split(":")[1].split()) for side in summary.split(","))
        for part, opinion in re.findall(r"The (\w+) is (\w+)\.", text):
            assert part in (good if opinion in GOOD else bad)
        assert len((good | bad) - {"nothing"}) == 4


def test_tags_are_bio_and_cover_the_names():
    sentences = tagged(40, seed=1)
    for words, tags in sentences:
        assert len(words) == len(tags)
        for before, tag in zip(["O", *tags], tags, strict=False):
            if tag.startswith("I-"):
                assert before[2:] == tag[2:]
        assert all(
            tag == "O" for word, tag in zip(words, tags, strict=True) if word in ("works", "mayor", ".", ",")
        )
    assert {tag for _, tags in sentences for tag in tags} >= {
        "O",
        "B-PER",
        "I-PER",
        "B-LOC",
        "B-ORG",
        "I-ORG",
    }
    assert tagged(5, seed=1) == sentences[:5]


def test_words_and_markers_are_tokens():
    tokenizer = WordTokenizer.from_texts(["b a a", "<|user|>b, c"], least=2)
    assert tokenizer.words == [PAD, UNKNOWN, "a", "b"]
    assert tokenizer.encode("a c b") == [2, 1, 3]
    assert tokenizer.decode([3, 1]) == "b <unk>"
    assert tokenizer.id_of("b") == 3
    assert tokenizer.vocab_size == 4
    with pytest.raises(ValueError, match="a word repeats; give each word once, and neither <pad> nor <unk>"):
        WordTokenizer(["a", "<pad>"])
