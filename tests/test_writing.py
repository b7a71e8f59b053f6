"""Lesson 15 at work: what is measured of a text, and that the stated figures are those of the course's own functions."""

import torch

from seq2gpt.generation import generate
from seq2gpt.run import writing
from seq2gpt.run.demos.generation import WAYS
from seq2gpt.run.writing import N_PROMPT, PROMPTS, cache_ratio, expected, figures_of, measured, shipped_writer


def test_the_stated_figures_are_those_of_the_lab(monkeypatch):
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    for way, (perplexity, share) in figures_of(shipped_writer()).items():
        stated = measured()[way]
        assert abs(perplexity - stated["perplexity"][0]) < 0.02 * perplexity, way
        assert abs(share - stated["repeated"][0]) < 1.5, way
    assert expected("greedy", "repeated") == "59.0; over three other seeds 59.0 ± 0.0"


def test_what_the_lesson_says_of_the_six_ways():
    found = {way: [sum(v) / len(v) for v in figures.values()] for way, figures in measured().items()}
    assert list(found) == list(WAYS)
    greedy, free = found.pop("greedy"), found.pop("all characters")
    assert all(greedy[0] < perplexity < free[0] for perplexity, _ in found.values())
    assert all(greedy[1] > 5 * share for _, share in found.values())
    assert free[1] < 1


def test_what_the_lesson_says_of_two_places():
    sure, free = (
        shipped_writer().next_logits(p).softmax(-1).sort(descending=True).values for p in ("The function ret", "Return the ")
    )  # fmt: skip
    assert sure[0] > 0.9
    assert int((free.cumsum(0) < 0.9).sum()) + 1 > 20
    assert 0.3 < 1 - (1 - sure[10:].sum().item()) ** 100 < 0.9


def test_another_generate_is_asked_for_each_way_with_the_seed():
    asked = []

    def listen(model, ids, max_new_tokens, *, generator, **settings):
        asked.append((generator.initial_seed(), settings))
        return generate(model, ids, 9, generator=generator, **settings)

    assert figures_of(shipped_writer(), seed=5, generate=listen).keys() == WAYS.keys()
    assert asked == [(5, settings) for settings in WAYS.values()]


def test_texts_are_what_stands_behind_the_beginnings():
    writer = shipped_writer()
    assert {len(prompt) for prompt in PROMPTS} == {N_PROMPT}
    ids = generate(writer.model, writer.prompts, 3, temperature=0.0)
    whole = writer.tokenizer.decode(ids[1].tolist())
    assert whole.startswith(PROMPTS[1])
    assert writer.texts(ids)[1] == whole[N_PROMPT:].replace("\n", " ")


def test_the_ratio_is_that_of_a_generate_that_reads_more():
    calls = []

    def pretend(model, ids, max_new_tokens, *, temperature, use_cache):
        calls.append(use_cache)
        generate(model, ids, 4 if use_cache else 40, temperature=temperature, use_cache=use_cache)

    assert cache_ratio(48, pretend, repeats=3) > 1
    assert calls == [True, False] * 3


def test_shakespeare_comes_with_its_own_beginnings(monkeypatch):
    monkeypatch.setattr(
        writing, "load_tinyshakespeare", lambda: "To be, or not to be: that is the question.\n" * 900
    )
    writer = writing.train_shakespeare(n_steps=2)
    assert writer.prompts.shape == (len(PROMPTS), N_PROMPT)
    assert not writer.model.training
    monkeypatch.setenv("SEQ2GPT_DATA", "somewhere")
    monkeypatch.setattr(writing, "train_shakespeare", lambda: writer)
    assert writing.open_writer() is writer
    monkeypatch.delenv("SEQ2GPT_DATA")
    assert torch.equal(writing.open_writer().prompts, shipped_writer().prompts)
