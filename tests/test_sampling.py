"""Penalty and settings act in the stated order; a stream of text stops where it should and never too late."""

import math
import re
import subprocess
import sys

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from seq2gpt.sampling import Sampling, TextStream, repetition_penalty
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer, train_bpe


def ids(*numbers: int) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.long)


# repetition penalty


@given(
    row=st.lists(st.floats(-5, 5), min_size=1, max_size=9),
    seen=st.lists(st.integers(0, 8), max_size=9),
    penalty=st.floats(0.2, 4.0),
)
def test_each_seen_token_is_penalised_once(row: list[float], seen: list[int], penalty: float) -> None:
    seen = [token for token in seen if token < len(row)]
    expected = [
        (score / penalty if score > 0 else score * penalty) if token in seen else score
        for token, score in enumerate(row)
    ]
    logits = torch.tensor(row, dtype=torch.float64)
    assert repetition_penalty(logits, ids(*seen), penalty).tolist() == pytest.approx(expected)
    assert logits.tolist() == row


def test_a_penalty_lowers_the_probability_whatever_the_sign() -> None:
    for row in ([2.0, 2.0], [-2.0, -2.0]):
        after = repetition_penalty(torch.tensor(row), ids(1, 1), 1.5).softmax(-1)
        assert after[1] < 0.5


@pytest.mark.parametrize("penalty", [0.0, -1.0, math.inf, math.nan])
def test_penalties_out_of_range_are_refused(penalty: float) -> None:
    message = f"repetition_penalty={penalty} must be positive and finite; 1 changes nothing"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        repetition_penalty(torch.zeros(3), ids(0), penalty)


# Sampling


def chances(sampling: Sampling, probabilities: list[float], seen: tuple[int, ...] = ()) -> list[float]:
    logits, generator = torch.tensor(probabilities).log(), torch.Generator().manual_seed(0)
    drawn = [sampling.draw(logits, ids(*seen), generator) for _ in range(2000)]
    return [drawn.count(token) / 2000 for token in range(len(probabilities))]


@pytest.mark.parametrize(
    ("sampling", "seen", "expected"),
    [
        (Sampling(), (), [0.5, 0.2, 0.3]),
        (Sampling(temperature=0.5), (), [0.25 / 0.38, 0.04 / 0.38, 0.09 / 0.38]),
        (Sampling(top_k=2), (), [0.625, 0.0, 0.375]),
        (Sampling(top_p=0.7), (), [0.625, 0.0, 0.375]),
        (Sampling(min_p=0.5), (), [0.625, 0.0, 0.375]),
        # log 0.5 · 2 is log 0.25: the penalty acts on logits, before the temperature
        (Sampling(repetition_penalty=2.0), (0,), [0.25 / 0.75, 0.2 / 0.75, 0.3 / 0.75]),
        (Sampling(repetition_penalty=2.0, temperature=0.0), (0,), [0.0, 0.0, 1.0]),
        # top-p acts before min-p: 0.5 + 0.3 reach 0.8, then 0.3 is less than 0.7 · 0.5
        (Sampling(top_p=0.8, min_p=0.7), (), [1.0, 0.0, 0.0]),
    ],
)
def test_every_setting_reaches_the_draw(
    sampling: Sampling, seen: tuple[int, ...], expected: list[float]
) -> None:
    assert chances(sampling, [0.5, 0.2, 0.3], seen) == pytest.approx(expected, abs=0.04)


def test_the_generator_alone_decides_the_draw() -> None:
    def drawn(seed: int) -> list[int]:
        generator = torch.Generator().manual_seed(seed)
        return [Sampling().draw(torch.zeros(97), ids(), generator) for _ in range(9)]

    first = drawn(3)
    assert drawn(3) == first
    assert drawn(4) != first


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=-1.0), Sampling(top_k=4), Sampling(top_p=0.0), Sampling(min_p=-0.1),
        Sampling(repetition_penalty=0.0),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_found_before_anything_is_computed(sampling: Sampling) -> None:
    with pytest.raises(ValueError, match="must"):
        sampling.check(vocab_size=3)
    Sampling(top_k=3, min_p=1.0).check(vocab_size=3)


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [("temperature='hot'", "a number"), ("top_k=1.5", "a whole number"), ("top_k=True", "a whole number"),
     ("top_p='x'", "a number"), ("min_p=True", "a number"), ("repetition_penalty='1'", "a number")],
)  # fmt: skip
def test_settings_that_are_no_numbers_are_named(setting: str, wanted: str) -> None:
    """In a process of its own, where nothing checks the annotations first."""
    code = f"from seq2gpt.sampling import Sampling\nSampling({setting}).check(vocab_size=3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == f"ValueError: {setting} must be {wanted}"


# TextStream

LETTERS = CharTokenizer("abc")
BYTES = BytePairTokenizer({})


def pieces(stream: TextStream, tokens: list[int]) -> list[str]:
    return [stream.add(token) for token in tokens]


@example(text="abc", stop=["c", "bc"])  # one letter completes both
@given(text=st.text("abc", max_size=12), stop=st.lists(st.text("abc", min_size=1, max_size=4), max_size=3))
def test_the_text_ends_before_the_first_stop_sequence(text: str, stop: list[str]) -> None:
    stream = TextStream(LETTERS, stop)
    out = ""
    for count, letter in enumerate(text, start=1):
        out += stream.add(LETTERS.encode(letter)[0])
        read = text[:count]
        found = [place for place in (read.find(s) for s in stop) if place >= 0]
        assert stream.stopped == bool(found)
        if found:
            assert out == read[: min(found)]
            assert stream.add(0) == stream.finish() == ""
            return
        assert read.startswith(out)
        # held back is only what can still become a stop sequence
        assert read == out or any(s.startswith(read[len(out) :]) for s in stop)
    assert out + stream.finish() == text


@given(text=st.text(max_size=12))
def test_characters_come_whole_however_their_bytes_are_spread(text: str) -> None:
    stream = TextStream(BYTES)
    out = pieces(stream, list(text.encode()))
    assert "".join(out) + stream.finish() == text
    assert all(len(piece) <= 1 for piece in out)
    assert all("\ufffd" not in piece for piece in out) or "\ufffd" in text


def test_bytes_that_are_no_text_are_replaced_as_decoding_does() -> None:
    for tokens in ([0xFF, 0xF0, 0x9F, 0x98, 0x80], [0xC3], [0xF0, 0x9F, 65], [0xE2, 0x82]):
        stream = TextStream(BYTES)
        assert "".join(pieces(stream, tokens)) + stream.finish() == BYTES.decode(tokens)


def test_a_stop_sequence_may_span_tokens_or_end_within_one() -> None:
    tokenizer = BytePairTokenizer(train_bpe("stop. stop. ", 9))
    for text, stop, expected in (("now stop. go", "op", "now st"), ("now stop. go", "p. g", "now sto")):
        stream = TextStream(tokenizer, [stop])
        assert "".join(pieces(stream, tokenizer.encode(text))) + stream.finish() == expected
        assert stream.stopped


def test_an_empty_stop_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="^a stop sequence is empty; leave it out$"):
        TextStream(LETTERS, ["a", ""])
