"""Real sets: how they are read, and that every demonstration learns from files in their form."""

import json
import math
import os
from pathlib import Path

import pytest
import torch

from seq2gpt.data import tasks
from seq2gpt.data.tasks import Labelled, Question, Request
from seq2gpt.errors import UserError
from seq2gpt.run.demos import classifier, instructions, limits, load_demo, lora, reader, run_demo, tagger

needs_data = pytest.mark.skipif(
    not os.environ.get("SEQ2GPT_DATA"), reason="SEQ2GPT_DATA names no folder with data sets"
)
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]


def squad(n_articles: int = 7) -> str:
    """Articles of one paragraph each, with one question about its first sentence and one about nothing in one."""
    articles = []
    for number in range(n_articles):
        context = (
            f"The tall tower of Aix is {WORDS[number]} feet high. Nobody knows why. " + "More words. " * 30
        )
        qas = [
            {
                "question": "How high is the tall tower?",
                "answers": [{"text": WORDS[number], "answer_start": 25}],
            },
            {
                "question": "Why?",
                "answers": [{"text": "high. Nobody", "answer_start": context.index("high.")}],
            },
        ]
        articles.append({"title": f"Tower_{number}_(Aix)", "paragraphs": [{"context": context, "qas": qas}]})
    return json.dumps({"data": articles})


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """A file of one's own for each demonstration, in the form of its set."""
    conll = "\n".join(f"Ann I-PER\nleft O\n{word.title()} I-LOC\n. O\n" for word in WORDS)
    requests = [
        {"instruction": f"Count to {word}.", "input": "", "output": f"I am at {word} now."} for word in WORDS
    ]
    contents = {
        "classifier": "\n".join(f"{'even' if i % 2 else 'odd'}\tthe number {w}" for i, w in enumerate(WORDS)),
        "tagger": conll,
        "reader": squad(),
        "summariser": squad(),
        "instructions": json.dumps(requests),
        "preferences": json.dumps(requests),
        "lora": "a rose is a rose\n" * 200,
        "limits": "a rose is a rose\n" * 90,
        "positions": "a rose is a rose\n" * 90,
        "lsi": "\n\n".join(f"roses violet {' '.join(WORDS)} thorn lilies {w}s" for w in WORDS),
    }
    paths = {}
    for name, content in contents.items():
        paths[name] = tmp_path / name
        paths[name].write_text(content, encoding="utf-8")
    return paths


SMALL = {
    "classifier": {"n_pretrain": 2, "n_finetune": 2},
    "tagger": {"n_steps": 2},
    "reader": {"n_steps": 2},
    "summariser": {"n_steps": 2},
    "instructions": {"n_pretrain": 2, "n_finetune": 2},
    "preferences": {"n_pretrain": 2, "n_dpo": 2},
    "lora": {"ranks": (1,), "n_pretrain": 2, "n_adapt": 2},
    "limits": {"repeats": (0,), "n_steps": 2, "n_candidates": 3},
    "lsi": {"n_words": 9, "word_rank": 2},
    "positions": {"n_steps": 2, "d_model": 8, "n_train": 5, "n_test": 11},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_file_of_ones_own_is_learned_from(name, files):
    config = load_demo(name).Config(data=files[name], **SMALL[name])
    figures = run_demo(name, config, progress=False).figures
    assert all(math.isfinite(value) for value in figures.values())
    assert run_demo(name, config, progress=False).figures == figures


def test_lines_with_labels(tmp_path):
    path = tmp_path / "texts.tsv"
    path.write_text("good\tA fine film.\n\nbad\tNo\tgood.\n", encoding="utf-8")
    assert tasks.load_labelled(path) == [Labelled("A fine film.", "good"), Labelled("No\tgood.", "bad")]
    for line in ("good A fine film.", "\ttext", "good\t "):
        path.write_text(f"good\tyes\n{line}\n", encoding="utf-8")
        with pytest.raises(
            UserError, match=r"^line 2 of .*texts\.tsv is not a label, a tab and a text; mend it$"
        ):
            tasks.load_labelled(path)


def test_sentences_in_conll_form_are_read_and_names_cut_into_tokens(tmp_path):
    path = tmp_path / "names.conll"
    path.write_text("Ann O B-PER\nlives O\n\n \nin O\nAix-en-Provence B-LOC\n", encoding="utf-8")
    read = tasks.load_sentences(path)
    assert [sentence.words for sentence in read] == [["Ann", "lives"], ["in", "Aix-en-Provence"]]
    assert [sentence.tags for sentence in read] == [["B-PER", "O"], ["O", "B-LOC"]]
    assert tagger.cut(["in", "Aix-en-Provence", "…"]) == (
        ["in", "Aix", "-", "en", "-", "Provence", "…"], [0, 1, 1, 1, 1, 1, 2],
    )  # fmt: skip


def test_questions_are_kept_whose_answer_lies_in_one_sentence(files):
    questions = tasks.load_questions(files["reader"])
    assert len(questions) == 7
    assert questions[1] == Question(
        "How high is the tall tower?", "The tall tower of Aix is two feet high.", "two", 25
    )
    asked = reader.from_question(questions[1])
    assert asked is not None
    assert asked.answer == ["two"]
    assert reader.marked(asked) == [
        "The",
        "<|asked|>",
        "<|asked|>",
        "of",
        "Aix",
        "is",
        "two",
        "feet",
        "<|asked|>",
        ".",
    ]
    assert reader.from_question(questions[1]._replace(answer="wo", start=26)) is None, "inside a word"
    assert reader.from_question(questions[1]._replace(question="why " * 99)) is None, "too long"
    assert {p.title for p in tasks.load_paragraphs(files["summariser"])} == {
        f"Tower {i} Aix" for i in range(7)
    }


@pytest.mark.parametrize("content", ["[]", '{"data": 5}', '{"data": [{"title": "x"}]}'])
def test_what_is_not_in_squads_form_is_refused(tmp_path, content):
    path = tmp_path / "squad.json"
    path.write_text(content, encoding="utf-8")
    for load in (tasks.load_questions, tasks.load_paragraphs):
        with pytest.raises(
            UserError, match=r"squad\.json is not in SQuAD's form; give a JSON object with articles"
        ):
            load(path)


def test_requests(tmp_path, files):
    assert tasks.load_requests(files["instructions"])[0] == Request("Count to one.", "I am at one now.")
    path = tmp_path / "requests.json"
    path.write_text('[{"instruction": "Say it.", "input": "Go", "output": "went"}]', encoding="utf-8")
    assert tasks.load_requests(path) == [Request("Say it. Go", "went")]
    for content, fault in (
        ("[5]", "is not a JSON list of instruction, input and output"),
        ("[", "is not JSON"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(UserError, match=fault):
            tasks.load_requests(path)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("classifier", "a\tb\n" * 9, "holds 9 texts; give --data 10 or more"),
        ("tagger", "a O\n\n" * 4, "holds 4 sentences that can be read; give --data 5 or more"),
        ("reader", squad(4), "holds 4 questions that can be read; give --data 5 or more"),
        ("summariser", squad(4), "holds 4 paragraphs of 60 words; give --data 5 or more"),
        ("instructions", "[]", "holds 0 requests that can be read; give --data 10 or more"),
    ],
)
def test_too_little_to_hold_anything_out_is_refused(tmp_path, name, content, fault):
    path = tmp_path / "few"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=fault):
        run_demo(name, load_demo(name).Config(data=path), progress=False)


def test_the_texts_of_a_set_are_used_once(files):
    config = classifier.Config(data=files["classifier"], n_labelled=6, n_unlabelled=3)
    texts = classifier.load_texts(config)
    assert (len(texts.unlabelled), len(texts.labelled), len(texts.test)) == (3, 6, 1)
    assert texts.test[0] not in texts.labelled
    assert texts.test[0].text not in texts.unlabelled


def test_a_bag_of_words_knows_no_order_and_no_padding():
    bag = classifier.BagOfWords(vocab_size=7, d_model=3)
    ids = torch.tensor([[5, 2, 2, 0], [2, 5, 2, 0]])
    mean = (bag.embedding.weight[5] + 2 * bag.embedding.weight[2]) / 3
    torch.testing.assert_close(bag(ids), mean.expand(2, 4, 3))


def test_lines_of_the_text_surround_the_secret(files):
    config = limits.Config(data=files["limits"], n_texts=5)
    assert limits.planted_text(config, "abcdef", repeats=2).count("a rose is a rose\n") == 5
    assert limits.planted_text(config, "abcdef", repeats=2).count("The code is abcdef.\n") == 2


def test_lora_adapts_to_the_text_given(files):
    config = lora.Config(data=files["lora"], ranks=(2,), n_pretrain=2, n_adapt=40)
    figures = lora.run(config, False).figures
    assert figures["all weights, nats"] < figures["before, nats"] - 1


def test_a_right_answer_is_counted_word_for_word(files, monkeypatch):
    right = {r.request: r.answer for r in tasks.load_requests(files["instructions"])}
    monkeypatch.setattr(
        instructions, "write_answer",
        lambda model, tokenizer, request: f"{' '.join(instructions.split_words(right[request]))} {instructions.END}",
    )  # fmt: skip
    config = instructions.Config(data=files["instructions"], n_pretrain=1, n_finetune=1)
    figures = instructions.run(config, False).figures
    assert figures["answers right word for word, %"] == 100
    assert figures["answers that end, %"] == 100
    assert figures["ROUGE-L of the answers, %"] == 100
    assert figures["ROUGE-L of the requests, repeated, %"] < 50


@needs_data
def test_the_published_sets():
    reviews = tasks.load_labelled(Path("rt_polarity"))
    assert len(reviews) == 10_662
    assert {label: sum(r.label == label for r in reviews) for label in ("good", "bad")} == {
        "good": 5331,
        "bad": 5331,
    }
    requests = tasks.load_labelled(Path("snips"))
    assert len({request.label for request in requests}) == 7
    sentences = tasks.load_sentences(Path("wikigold"))
    assert {tag for s in sentences for tag in s.tags} == {"O", "I-PER", "I-LOC", "I-ORG", "I-MISC"}
    assert len(tasks.load_requests(Path("instructions"))) == 1100
    questions = tasks.load_questions(Path("xquad_en"))
    assert all(q.sentence[q.start :].startswith(q.answer) for q in questions)
    assert 1100 < len(questions) <= 1190
    assert len(tasks.load_paragraphs(Path("xquad_en"))) == 240
