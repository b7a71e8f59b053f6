"""Fast decoding agrees with the model, whatever the sizes, and int8 costs little."""

import math
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seq2gpt.decoding import FastDecoder, PlainDecoder, TiledMatrix, decoder_of, panels_of, stream
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.quantize import Int8Matrix, int8_decoder
from seq2gpt.sampling import Sampling

CONFIG = GPTConfig(vocab_size=53, context_length=13, d_model=14, n_heads=2, n_layers=3, d_ff=37)


def random_model(seed: int = 0, **changes: bool) -> GPT:
    """A GPT in which every parameter, biases and gains too, differs from its neutral value."""
    generator = torch.Generator().manual_seed(seed)
    model = GPT(GPTConfig(**{**vars(CONFIG), **changes}))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4, generator=generator)
    return model.eval()


def by_loop(weight: Tensor, x: Tensor, bias: Tensor | None) -> list[float]:
    rows = [
        math.fsum(w * number for w, number in zip(row, x.tolist(), strict=True)) for row in weight.tolist()
    ]
    return rows if bias is None else [y + b for y, b in zip(rows, bias.tolist(), strict=True)]


# one tile, several, several panels, and one output too many for each
SIZES = [(1, 1), (31, 7), (32, 5), (33, 5), (1536, 3), (1537, 3), (3089, 11)]


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
    assert [panel.shape for panel in panels_of(torch.zeros(3073, 2), tile=32)] == [(33 * 2, 32)] * 3


def test_later_changes_of_the_weights_have_no_effect() -> None:
    weight = torch.ones(3, 2)
    matrix = TiledMatrix(weight)
    weight.zero_()
    assert matrix(torch.ones(2)).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("n_prompt", [1, 2, 12])
def test_every_step_gives_the_logits_of_the_model(n_prompt: int, bias: bool) -> None:
    model = random_model(bias=bias)
    ids = torch.randint(53, (13,), generator=torch.Generator().manual_seed(1))
    expected = model(ids[None])[0]
    decoder = FastDecoder(model)
    torch.testing.assert_close(decoder.read(ids[:n_prompt]), expected[n_prompt - 1], rtol=1e-4, atol=1e-4)
    for place in range(n_prompt, 13):
        logits = decoder.read(ids[place : place + 1])
        torch.testing.assert_close(logits, expected[place], rtol=1e-4, atol=1e-4)


def test_a_decoder_can_read_several_tokens_at_any_time() -> None:
    model, ids = random_model(), torch.arange(9)
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
def test_a_full_context_is_refused(n: int) -> None:
    decoder = FastDecoder(random_model())
    decoder.read(torch.arange(13))
    message = f"positions 13 to {12 + n} do not fit into context_length=13; shorten the sequence"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        decoder.read(torch.arange(n))


@pytest.mark.parametrize("decoder_class", [FastDecoder, PlainDecoder])
def test_a_stream_is_what_the_generator_of_the_lesson_writes(decoder_class: Any) -> None:
    model, prompt = random_model(), [3, 50, 7]
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
    for prompt, message in (([], "the prompt is empty"), ([1] * 14, "the prompt has 14 tokens")):
        with pytest.raises(ValueError, match=f"^{message}"):
            next(stream(decoder, prompt, 1))


def test_the_fastest_decoder_is_chosen() -> None:
    config = ModernConfig(vocab_size=11, context_length=7, d_model=12, n_heads=3, n_layers=2, n_kv_heads=1)
    modern = ModernGPT(config).eval()
    assert isinstance(decoder_of(random_model()), FastDecoder)
    decoder = decoder_of(modern)
    assert isinstance(decoder, PlainDecoder)
    decoder.read(torch.tensor([1, 2]))
    torch.testing.assert_close(decoder.read(torch.tensor([3])), modern(torch.tensor([[1, 2, 3]]))[0, -1])


# int8


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


def test_an_int8_decoder_computes_what_its_rounded_model_does() -> None:
    model = random_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    decoder, ids = int8_decoder(model), torch.arange(40, 53)
    expected = decoder.model(ids[None])[0]
    for part, last in ((ids[:3], 2), (ids[3:4], 3), (ids[4:5], 4)):
        torch.testing.assert_close(decoder.read(part), expected[last], rtol=1e-4, atol=1e-4)
    exact = model(ids[None])[0]
    assert 0 < (exact - expected).abs().max() < 0.02 * exact.abs().max()
    assert model.head.weight is model.token_embedding.weight
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    for name, module in decoder.model.named_modules():
        if isinstance(module, nn.Linear):
            assert not torch.equal(module.weight, model.get_submodule(name).weight), name
    assert torch.equal(decoder.model.token_embedding.weight, model.token_embedding.weight)
