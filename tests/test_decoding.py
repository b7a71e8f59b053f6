"""Fast decoding agrees with the model, whatever the sizes, and int8 costs little."""

import math
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seq2gpt.decoding import FastDecoder, PlainDecoder, decoder_of, stream
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.lora import apply_lora
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.quantize import Int8Matrix, int8_decoder
from seq2gpt.sampling import Sampling
from seq2gpt.tiles import TiledMatrix, panels_of

CONFIG = GPTConfig(vocab_size=53, context_length=13, d_model=14, n_heads=2, n_layers=3, d_ff=37)
MODERN = ModernConfig(vocab_size=53, context_length=13, d_model=24, n_heads=6, n_layers=3)
# Settings of the modern layout: grouped queries, tied and untied, wide heads, both networks, with and without QK-norm.
VARIANTS: list[dict[str, Any]] = [
    {},
    {"n_kv_heads": 2, "activation": "relu2", "tied": False, "rope_base": 77.0},
    {"n_kv_heads": 1, "d_head": 10, "qk_norm": False, "d_ff": 13, "norm_eps": 0.1},
]


def randomised(model: Any, seed: int = 0) -> Any:
    """Every parameter, biases and gains too, away from its neutral value."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4, generator=generator)
    return model.eval()


def random_model(**changes: Any) -> GPT:
    return randomised(GPT(GPTConfig(**{**vars(CONFIG), **changes})))


def random_modern(**changes: Any) -> ModernGPT:
    return randomised(ModernGPT(ModernConfig(**{**vars(MODERN), "d_head": None, **changes})))


MODELS = [
    pytest.param(random_model, id="gpt"),
    pytest.param(lambda: random_model(bias=False), id="gpt-without-bias"),
    *(
        pytest.param(lambda changes=changes: random_modern(**changes), id=f"modern-{number}")
        for number, changes in enumerate(VARIANTS)
    ),
]


def by_loop(weight: Tensor, x: Tensor, bias: Tensor | None) -> list[float]:
    rows = [
        math.fsum(w * number for w, number in zip(row, x.tolist(), strict=True)) for row in weight.tolist()
    ]
    return rows if bias is None else [y + b for y, b in zip(rows, bias.tolist(), strict=True)]


# one tile, several, several panels, and one output too many for each
SIZES = [(1, 1), (31, 7), (32, 5), (33, 5), (3072, 3), (3073, 3), (6161, 11)]


@pytest.mark.parametrize(("n_out", "n_in"), SIZES)
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tiled_matrix_multiplies_as_the_loop_does(
    n_out: int, n_in: int, with_bias: bool, dtype: torch.dtype
) -> None:
    weight, x = torch.randn(n_out, n_in, dtype=dtype), torch.randn(n_in, dtype=dtype)
    bias = torch.randn(n_out, dtype=dtype) if with_bias else None
    y = TiledMatrix(weight, bias)(x)
    assert y.dtype == dtype
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    assert y.tolist() == pytest.approx(by_loop(weight, x, bias), rel=tolerance, abs=tolerance)


def test_a_tile_holds_its_weights_in_the_order_in_which_they_are_read() -> None:
    weight = torch.arange(10.0).view(5, 2)
    assert panels_of(weight, tile=3).tolist() == [[[0, 2, 4], [1, 3, 5], [6, 8, 0], [7, 9, 0]]]
    assert [panel.shape for panel in panels_of(torch.zeros(6145, 2), tile=32)] == [(65 * 2, 32)] * 3


def test_later_changes_of_the_weights_have_no_effect() -> None:
    weight = torch.ones(3, 2)
    matrix = TiledMatrix(weight)
    weight.zero_()
    assert matrix(torch.ones(2)).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("n_prompt", [1, 2, 12])
def test_every_step_gives_the_logits_of_the_model(n_prompt: int, make: Any) -> None:
    model = make()
    ids = torch.randint(53, (13,), generator=torch.Generator().manual_seed(1))
    expected = model(ids[None])[0]
    decoder = FastDecoder(model)
    torch.testing.assert_close(decoder.read(ids[:n_prompt]), expected[n_prompt - 1], rtol=1e-5, atol=1e-5)
    for place in range(n_prompt, 13):
        logits = decoder.read(ids[place : place + 1])
        torch.testing.assert_close(logits, expected[place], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("make", MODELS)
def test_a_decoder_can_read_several_tokens_at_any_time(make: Any) -> None:
    model, ids = make(), torch.arange(9)
    decoder = FastDecoder(model)
    for part in (ids[:1], ids[1:4], ids[4:5], ids[5:]):
        logits = decoder.read(part)
    torch.testing.assert_close(logits, model(ids[None])[0, -1], rtol=1e-4, atol=1e-4)


def test_after_a_reset_nothing_is_remembered() -> None:
    model = random_model()
    decoder = FastDecoder(model)
    decoder.read(torch.arange(7))
    decoder.reset()
    torch.testing.assert_close(decoder.read(torch.tensor([3])), model(torch.tensor([[3]]))[0, -1])


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("decoder_class", [FastDecoder, PlainDecoder])
@pytest.mark.parametrize("make", MODELS[1:3])
def test_a_full_context_is_refused(n: int, decoder_class: Any, make: Any) -> None:
    decoder = decoder_class(make())
    decoder.read(torch.arange(13))
    message = f"positions 13 to {12 + n} do not fit into context_length=13; shorten the sequence"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        decoder.read(torch.arange(n))


@pytest.mark.parametrize("decoder_class", [FastDecoder, PlainDecoder])
@pytest.mark.parametrize("make", MODELS)
def test_a_stream_is_what_the_generator_of_the_lesson_writes(decoder_class: Any, make: Any) -> None:
    model, prompt = make(), [3, 50, 7]
    settings = {"temperature": 1.3, "top_k": 20, "top_p": 0.9, "min_p": 0.01}
    generators = [torch.Generator().manual_seed(5) for _ in range(2)]
    expected = generate(model, torch.tensor([prompt]), 99, generator=generators[0], **settings)[0].tolist()
    decoder = decoder_class(model)
    for _ in range(2):  # a stream starts anew
        generators[1].manual_seed(5)
        assert [*prompt, *stream(decoder, prompt, 99, Sampling(**settings), generators[1])] == expected
    assert list(stream(decoder, prompt, 2, Sampling(temperature=0.0))) == (
        generate(model, torch.tensor([prompt]), 2, temperature=0.0)[0, 3:].tolist()
    )


def test_a_stream_refuses_what_the_generator_refuses() -> None:
    decoder = FastDecoder(random_model())
    for prompt, message in (
        ([], "the prompt is empty"), ([1] * 14, "the prompt has 14 tokens"),
        ([1, 53], "the prompt holds id 53, the vocabulary has vocab_size=53; use ids from 0 to 52"),
        ([-1], "the prompt holds id -1, the vocabulary has vocab_size=53; use ids from 0 to 52"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"^{message}"):
            next(stream(decoder, prompt, 1))


@pytest.mark.parametrize("decoder_class", [FastDecoder, PlainDecoder])
@pytest.mark.parametrize("token_id", [-1, 53])
def test_a_decoder_refuses_ids_that_the_model_does_not_know(decoder_class: Any, token_id: int) -> None:
    decoder = decoder_class(random_model())
    message = f"id {token_id} is not in the vocabulary of 53; use ids from 0 to 52"
    for ids in ([token_id], [3, token_id]):
        with pytest.raises(ValueError, match=f"^{message}$"):
            decoder.read(torch.tensor(ids))
    assert decoder.cache.length == 0


@pytest.mark.parametrize("decoder_class", [FastDecoder, PlainDecoder])
def test_a_decoder_refuses_to_read_nothing(decoder_class: Any) -> None:
    with pytest.raises(ValueError, match=r"^there are no ids to read; give at least one$"):
        decoder_class(random_model()).read(torch.zeros(0, dtype=torch.long))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_found_at_the_first_token(bad: float) -> None:
    model = random_modern()
    with torch.no_grad():
        model.blocks[1].feed_forward.w_in.weight[2, 3] = bad
    message = "the largest logit is nan or infinite, so no token can be drawn; check the weights"
    with pytest.raises(ValueError, match=f"^{message}$"):
        next(stream(FastDecoder(model), [1, 2], 1))


def test_dropout_is_off_while_a_single_token_is_read() -> None:
    model = random_model(dropout=0.9).train()
    decoder = FastDecoder(model)
    model.eval()
    torch.testing.assert_close(decoder.read(torch.tensor([3])), model(torch.tensor([[3]]))[0, -1])


@pytest.mark.parametrize("make", MODELS)
def test_the_fastest_decoder_is_chosen(make: Any) -> None:
    assert isinstance(decoder_of(make()), FastDecoder)


@pytest.mark.parametrize("target", ["w_v", "w_in"])
def test_a_model_with_lora_decodes_as_it_computes(target: str) -> None:
    model = random_model()
    for name in apply_lora(model, rank=2, targets=[target]):
        torch.nn.init.normal_(model.get_submodule(name).b)
    decoder = decoder_of(model)
    assert isinstance(decoder, FastDecoder) == (target == "w_in")
    decoder.read(torch.tensor([1, 2]))
    torch.testing.assert_close(
        decoder.read(torch.tensor([3])), model(torch.tensor([[1, 2, 3]]))[0, -1], rtol=1e-5, atol=1e-5
    )


def test_fast_decoding_is_for_the_cpu() -> None:
    with torch.device("meta"):
        model = GPT(CONFIG)
    assert type(decoder_of(model)) is PlainDecoder
    message = "the model is on meta, fast decoding is for the CPU; move it with model.cpu()"
    for make in (FastDecoder, int8_decoder):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            make(model)


# int8


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_rounded(wrong: float) -> None:
    model = GPT(CONFIG)
    with torch.no_grad():
        model.blocks[0].attention.w_q.weight[0, 0] = wrong
    with pytest.raises(ValueError, match="w_q.weight holds nan or infinite numbers"):
        int8_decoder(model)


@pytest.mark.parametrize(("n_out", "n_in"), [*SIZES, (257, 13)])
def test_an_int8_matrix_is_off_by_half_a_step_at_most(n_out: int, n_in: int) -> None:
    weight = torch.randn(n_out, n_in)
    weight[:, 0] *= 100  # a wide column costs the others nothing
    matrix = Int8Matrix(weight)
    restored = matrix.dequantized()
    assert restored.shape == weight.shape
    for start in range(0, n_out, 256):
        group = weight[start : start + 256]
        step = (group.amax(0).clamp(min=0) - group.amin(0).clamp(max=0)) / 255  # a filled-up tile holds zeros
        off = (restored[start : start + 256] - group).abs().amax(0)
        assert (off <= step * 0.51 + 1e-6).all()


@pytest.mark.parametrize(("n_out", "n_in"), SIZES)
def test_an_int8_matrix_multiplies_by_what_it_stores(n_out: int, n_in: int) -> None:
    matrix = Int8Matrix(torch.randn(n_out, n_in), bias := torch.randn(n_out))
    x = torch.randn(n_in)
    assert matrix(x).tolist() == pytest.approx(by_loop(matrix.dequantized(), x, bias), rel=1e-4, abs=1e-4)
    assert sum(panel.numel() for panel in matrix.panels) < 1.2 * n_out * n_in + 9000  # bytes


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_broken_weights_are_not_rounded(bad: float) -> None:
    weight = torch.zeros(3, 2)
    weight[1, 1] = bad
    message = "the matrix holds nan or infinite numbers; load weights from before the loss broke"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Int8Matrix(weight)


@pytest.mark.parametrize("make", MODELS)
def test_an_int8_decoder_computes_what_its_rounded_model_does(make: Any) -> None:
    model = make()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    decoder, ids = int8_decoder(model), torch.arange(40, 53)
    expected = decoder.model(ids[None])[0]
    for part, last in ((ids[:3], 2), (ids[3:4], 3), (ids[4:5], 4)):
        torch.testing.assert_close(decoder.read(part), expected[last], rtol=1e-4, atol=1e-4)
    exact = model(ids[None])[0]
    assert 0 < (exact - expected).abs().max() < 0.05 * exact.abs().max()
    assert (model.head.weight is model.token_embedding.weight) == getattr(model.config, "tied", True)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    for name, module in decoder.model.named_modules():
        if isinstance(module, nn.Linear):
            assert not torch.equal(module.weight, model.get_submodule(name).weight), name
    assert torch.equal(decoder.model.token_embedding.weight, model.token_embedding.weight)
