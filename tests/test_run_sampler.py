"""Text from a model: what is drawn, written and refused."""

import pytest
import torch

from seq2gpt.errors import UserError
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run.sampler import sample_text
from seq2gpt.tokens import CharTokenizer

SYMBOLS = "abcdefghijk"


@pytest.fixture
def tokenizer() -> CharTokenizer:
    return CharTokenizer(SYMBOLS)


@pytest.fixture
def model() -> GPT:
    torch.manual_seed(1)
    model = GPT(GPTConfig(vocab_size=11, context_length=7, d_model=6, n_heads=2, n_layers=1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(6)  # fresh weights would draw all symbols alike
    return model


def test_a_text_within_the_context_is_that_of_generate(model, tokenizer):
    ids = torch.tensor([tokenizer.encode("bad")])
    generator = torch.Generator().manual_seed(5)
    expected = tokenizer.decode(generate(model, ids, 4, temperature=0.9, generator=generator)[0, 3:].tolist())
    assert sample_text(model, tokenizer, "bad", 4, temperature=0.9, seed=5) == expected


def test_a_longer_text_goes_on_from_the_last_half_of_the_context(model, tokenizer):
    text = sample_text(model, tokenizer, "bad", 11, temperature=0.0)
    ids = torch.tensor([tokenizer.encode("bad")])
    ids = generate(model, ids, 4, temperature=0.0)  # 7 positions: full
    for n_new in (4, 3):
        more = generate(model, ids[:, -3:], n_new, temperature=0.0)
        ids = torch.cat([ids, more[:, 3:]], dim=1)
    assert text == tokenizer.decode(ids[0, 3:].tolist())
    assert len(text) == 11


def test_a_prompt_that_fills_the_context_is_continued(model, tokenizer):
    text = sample_text(model, tokenizer, "abcdefg", 2, temperature=0.0)
    ids = generate(model, torch.tensor([tokenizer.encode("efg")]), 2, temperature=0.0)
    assert text == tokenizer.decode(ids[0, 3:].tolist())


def test_everything_is_written_as_it_is_drawn(model, tokenizer):
    written: list[str] = []
    text = sample_text(model, tokenizer, "bad", 12, seed=3, write=written.append)
    assert written == ["bad", *text]


def test_the_seed_decides_the_text(model, tokenizer):
    texts = {
        seed: sample_text(model, tokenizer, "a", 40, temperature=1.0, seed=seed) for seed in (0, 1, -1, 2**70)
    }
    assert len(set(texts.values())) >= 3
    assert sample_text(model, tokenizer, "a", 40, temperature=1.0, seed=1) == texts[1]


def test_filters_reach_the_draw(model, tokenizer):
    greedy = sample_text(model, tokenizer, "a", 30, temperature=0.0)
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, top_k=1, seed=1) == greedy
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, top_p=1e-6, seed=1) == greedy
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, seed=1) != greedy


@pytest.mark.parametrize(
    ("prompt", "settings", "message"),
    [
        ("", {}, 'the prompt is empty; give at least one character, such as --prompt "The "'),
        (
            "bad Z",
            {},
            "the prompt holds ' ' at position 3, which the model has never seen; "
            "its 11 characters are 'abcdefghijk'",
        ),
        (
            "abcdefghij",
            {},
            "the prompt has 10 characters, more than context_length=7 that the model sees at once; "
            "shorten it by 3",
        ),
        ("a", {"max_new_tokens": 0}, "max_new_tokens=0 asks for no text; use 1 or more"),
        ("a", {"temperature": -1.0}, "temperature=-1.0 must be positive and finite; "),
        ("a", {"top_k": 0}, "top_k=0 must lie between 1 and vocab_size=11"),
        ("a", {"top_k": 12}, "top_k=12 must lie between 1 and vocab_size=11"),
        ("a", {"top_p": 0.0}, "top_p=0.0 must lie above 0 and be at most 1; 1 keeps every token"),
        ("a", {"top_p": 1.5}, "top_p=1.5 must lie above 0 and be at most 1; 1 keeps every token"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(
    model, tokenizer, prompt, settings, message
):
    written: list[str] = []
    with pytest.raises(UserError) as refusal:
        sample_text(model, tokenizer, prompt, **{"max_new_tokens": 3, **settings}, write=written.append)
    assert str(refusal.value).startswith(message)
    assert not written


def test_a_large_vocabulary_is_not_listed_whole(model):
    tokenizer = CharTokenizer([chr(0x4E00 + i) for i in range(500)])
    with pytest.raises(UserError, match=r"its 500 characters are '.{120}' and 380 more"):
        sample_text(model, tokenizer, "a", 3)
