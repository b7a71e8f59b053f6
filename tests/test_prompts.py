"""What no model can read is named, in every function that takes ids."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from seq2gpt.alignment import BidirectionalEncoder
from seq2gpt.config_json import check_fixed, number, whole_number
from seq2gpt.embeddings import TokenEmbedding, check_ids
from seq2gpt.families import CausalLanguageModel, MaskedLanguageModel, PrefixLanguageModel
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.prompts import check_prompt
from seq2gpt.recurrent import RecurrentLanguageModel


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_ids_of_the_vocabulary_pass(shape: tuple[int, ...]) -> None:
    for dtype in (torch.int64, torch.int32):
        check_ids(torch.full(shape, 6, dtype=dtype), vocab_size=7)
    check_ids(torch.zeros(0, dtype=torch.long), vocab_size=7)


@pytest.mark.parametrize(("ids", "unknown"), [([[0, 7]], 7), ([[0, 1], [-1, 9]], -1)])
def test_the_first_unknown_id_is_named(ids: list[list[int]], unknown: int) -> None:
    message = f"id {unknown} is not in the vocabulary of 7; use ids from 0 to 6"
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_ids(torch.tensor(ids), vocab_size=7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool, torch.complex64])
def test_ids_of_another_dtype_are_refused(dtype: torch.dtype) -> None:
    message = f"the ids have dtype {dtype}; give whole numbers, such as ids.long()"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_ids(torch.ones(2, dtype=dtype), vocab_size=7)


@pytest.mark.parametrize("wrong", [1.5, 1.0, True, "1", None, float("nan")])
def test_what_is_no_whole_number_is_no_id(wrong: Any) -> None:
    message = f"prompt 3 holds {wrong!r}, which is no id; use whole numbers from 0 to 6"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_prompt([1, wrong], 7, "prompt 3")


@pytest.mark.parametrize("unknown", [7, -1, 2**70])
def test_an_id_out_of_range_is_named(unknown: int) -> None:
    message = f"the prompt holds id {unknown}, the vocabulary has vocab_size=7; use ids from 0 to 6"
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_prompt([0, unknown], 7)
    check_prompt([0, 6, *torch.tensor([3])], 7)


EVERY_ENTRY = """
import torch
from seq2gpt.batched import generate_batch, padded_logits
from seq2gpt.decoding import FastDecoder, PlainDecoder, stream
from seq2gpt.generation import KVCache, generate
from seq2gpt.modern import ModernConfig, ModernGPT
model = ModernGPT(ModernConfig(vocab_size=7, context_length=5, d_model=4, n_heads=2, n_layers=1)).eval()
real = torch.ones(1, 2, dtype=torch.bool)
for ids in (torch.tensor([[1.0, 2.0]]), torch.tensor([[True, False]])):
    for run in (
        lambda: generate(model, ids, 1),
        lambda: FastDecoder(model).read(ids[0]),
        lambda: PlainDecoder(model).read(ids[0]),
        lambda: next(stream(FastDecoder(model), ids[0].tolist(), 1)),
        lambda: generate_batch(model, ids.tolist(), 1),
        lambda: padded_logits(model, ids, real, KVCache(1, 5)),
    ):
        try:
            run()
        except ValueError as error:
            print(str(error).split(";")[0])
try:
    generate(model, ids.long().to("meta"), 1)
except ValueError as error:
    print(str(error).split(";")[0])
"""


def test_every_entry_names_a_wrong_dtype_or_device() -> None:
    """In a process of its own, where nothing checks the annotations first."""
    done = subprocess.run([sys.executable, "-c", EVERY_ENTRY], capture_output=True, text=True, check=True)
    expected = []
    for dtype, first in (("torch.float32", "1.0"), ("torch.bool", "True")):
        tensor, row = f"the ids have dtype {dtype}", f"holds {first}, which is no id"
        expected += [tensor, tensor, tensor, f"the prompt {row}", f"prompt 0 {row}", tensor]
    assert done.stdout.splitlines() == [*expected, "the ids are on meta, the model on cpu"]


NO_BATCH = """
import torch
from seq2gpt.batched import generate_batch
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
model = GPT(GPTConfig(vocab_size=7, context_length=5, d_model=4, n_heads=2, n_layers=1))
for ids in (torch.tensor([3, 1]), torch.tensor([[[3, 1]]]), [[3, 1]]):
    try:
        generate(model, ids, 1)
    except ValueError as error:
        print(error)
print(generate(model, torch.tensor([[3, 1]], dtype=torch.int8), 1).shape)
try:
    generate_batch(model.eval(), [3, 1], 1)
except ValueError as error:
    print(error)
"""


def test_generation_names_ids_that_are_no_batch() -> None:
    """PyTorch would read a third dimension without a word, and write nonsense."""
    done = subprocess.run([sys.executable, "-c", NO_BATCH], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "the ids have shape (2,); give (batch, n), one row for each sequence",
        "the ids have shape (1, 1, 2); give (batch, n), one row for each sequence",
        "the ids are a list; give a tensor of shape (batch, n), such as torch.tensor([[7, 1]])",
        "torch.Size([1, 3])",
        "prompt 0 is 3; give a list of ids, such as [7, 1]",
    ]


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32])
def test_every_whole_number_is_an_id(dtype: torch.dtype) -> None:
    embedding = TokenEmbedding(7, 2)
    ids = torch.tensor([[3, 6]], dtype=dtype)
    assert torch.equal(embedding(ids), embedding.weight[[3, 6]][None])


def models_of_the_lessons() -> dict[str, Callable[[torch.Tensor], object]]:
    sizes: Any = {"vocab_size": 7, "context_length": 5, "d_model": 4, "n_heads": 2, "n_layers": 1}
    real = torch.ones(1, 2, dtype=torch.bool)
    encoder = BidirectionalEncoder(7, d_model=4)
    prefix = PrefixLanguageModel(**sizes)
    return {
        "recurrent": RecurrentLanguageModel(7, torch.nn.GRU(3, 5, batch_first=True)),
        "alignment": lambda ids: encoder(ids, real),
        "masked": MaskedLanguageModel(**sizes),
        "causal": CausalLanguageModel(**sizes),
        "prefix": lambda ids: prefix(ids, n_prefix=1),
        "gpt": GPT(GPTConfig(**sizes)),
        "modern": ModernGPT(ModernConfig(**sizes)),
    }


@pytest.mark.parametrize("name", models_of_the_lessons())
def test_models_name_an_id_that_they_do_not_know(name: str) -> None:
    with pytest.raises(ValueError, match="^id 7 is not in the vocabulary of 7; use ids from 0 to 6$"):
        models_of_the_lessons()[name](torch.tensor([[3, 7]]))


# config.json


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, None])
def test_a_size_is_a_whole_number(value: Any) -> None:
    message = f"n={value!r} must be a whole number of at least 1"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        whole_number({"n": value}, "n")
    assert whole_number({"n": 1}, "n") == 1
    with pytest.raises(KeyError, match="m"):
        whole_number({"n": 1}, "m")


@pytest.mark.parametrize("value", [-0.1, "0.1", True, None, float("nan"), float("inf")])
def test_a_setting_is_a_finite_number(value: Any) -> None:
    message = f"eps={value!r} must be a finite number of at least 0"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        number({"eps": value}, "eps", 0.5)
    assert number({"eps": 0}, "eps", 0.5) == 0.0
    assert number({}, "eps", 0.5) == 0.5


def test_every_value_that_is_right_passes() -> None:
    fixed = {"activation": ("gelu_new", "gelu_tanh")}
    for config in ({}, {"activation": "gelu_new"}, {"activation": "gelu_tanh"}):
        check_fixed(config, fixed, "GPT")
    message = "activation='relu' is not what a GPT does; it must be 'gelu_new'"
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_fixed({"activation": "relu"}, fixed, "GPT")
