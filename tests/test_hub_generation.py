"""The text that transformers' ``generate`` writes with a model is the text that is written here with its weights."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from seq2gpt.batched import generate_batch
from seq2gpt.decoding import Decoder, FastDecoder, PlainDecoder, stream
from seq2gpt.generation import generate
from seq2gpt.hub import LAYOUTS, load_pretrained
from seq2gpt.quantize import int8_decoder
from seq2gpt.run.sampler import continuation
from seq2gpt.sampling import Sampling
from seq2gpt.tokens import CharTokenizer
from test_hub import CONTEXT_LENGTH, VOCAB_SIZE, their_gpt2, their_llama, their_qwen3

PROMPTS = [[5, 1, 31], [7, 2, 11, 3, 19], [23]]
N_NEW = 8  # the longest prompt and these fill the context
GREEDY = Sampling(temperature=0.0)
THEIRS = {"gpt2": their_gpt2, "llama": their_llama, "qwen3": their_qwen3}
assert len(PROMPTS[1]) + N_NEW == CONTEXT_LENGTH


@pytest.fixture(params=list(THEIRS))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    THEIRS[request.param](eos_token_id=None).save_pretrained(tmp_path / "theirs")
    return tmp_path / "theirs"


def read_theirs(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def their_text(model: Any) -> list[list[int]]:
    """What transformers writes after each prompt, with the most probable token every time."""
    settings = {"max_new_tokens": N_NEW, "do_sample": False, "pad_token_id": 0}
    rows = [model.generate(torch.tensor([prompt]), **settings)[0].tolist() for prompt in PROMPTS]
    return [row[len(prompt) :] for row, prompt in zip(rows, PROMPTS, strict=True)]


def our_text(decoder: Decoder) -> list[list[int]]:
    return [list(stream(decoder, prompt, N_NEW, GREEDY)) for prompt in PROMPTS]


def test_greedy_text_is_that_of_transformers(folder: Path) -> None:
    expected, model = their_text(read_theirs(folder)), load_pretrained(folder)
    assert len({tuple(row) for row in expected}) == len(PROMPTS), "the texts differ, or the test says nothing"
    assert any(len(set(row)) > 2 or len(set(row[:4])) > 1 for row in expected), "so do the tokens of a text"
    for use_cache in (True, False):
        written = [
            generate(model, torch.tensor([prompt]), N_NEW, temperature=0.0, use_cache=use_cache)[0].tolist()
            for prompt in PROMPTS
        ]
        assert [row[len(prompt) :] for row, prompt in zip(written, PROMPTS, strict=True)] == expected
    assert our_text(FastDecoder(model)) == our_text(PlainDecoder(model)) == expected
    assert generate_batch(model, PROMPTS, N_NEW, GREEDY) == expected, "prompts of unequal length at once"


def test_text_ends_before_a_stop_sequence_of_the_published_text(folder: Path) -> None:
    tokenizer = CharTokenizer([chr(ord("A") + i) for i in range(VOCAB_SIZE)])
    prompt, expected = tokenizer.decode(PROMPTS[1]), tokenizer.decode(their_text(read_theirs(folder))[1])
    stop = expected[3:5]
    pieces = continuation(
        FastDecoder(load_pretrained(folder)), tokenizer, prompt, N_NEW, GREEDY, stop=[stop, "none"]
    )
    assert "".join(pieces) == expected[: expected.index(stop)]


def test_int8_text_is_that_of_transformers_with_the_rounded_weights(folder: Path) -> None:
    decoder = int8_decoder(load_pretrained(folder))
    model, layout = (
        read_theirs(folder),
        next(layout for layout in LAYOUTS.values() if layout.fits(decoder.model)),
    )
    model.load_state_dict(layout.tensors_of(decoder.model), strict=False)
    model.lm_head.weight = nn.Parameter(
        decoder.model.head.weight
    )  # rounded, also where the embedding, whose matrix it was, is not
    assert our_text(decoder) == their_text(model)
