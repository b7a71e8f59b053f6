"""The blocks of GPT-2 in C compute what the model does, and take no others."""

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from seq2gpt import kernel_blocks
from seq2gpt.blocks import SwiGLU, TransformerBlock
from seq2gpt.decoding import FastBlock, FastBlocks, FastDecoder, exact, joined
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.kernel_blocks import KernelBlocks, can_read
from seq2gpt.kernels import load_kernels
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.quantize import int8_decoder
from seq2gpt.tiles import TiledMatrix

pytestmark = pytest.mark.skipif(load_kernels() is None, reason="no C compiler that knows OpenMP here")


def random_model(std: float = 0.4, **changes: Any) -> GPT:
    sizes = {"vocab_size": 53, "context_length": 13, "d_model": 14, "n_heads": 2, "n_layers": 3, "d_ff": 37}
    model = GPT(GPTConfig(**{**sizes, **changes}))
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=std, generator=torch.Generator().manual_seed(parameter.numel()))
    return model.eval()


@pytest.fixture
def two_threads() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("n_heads", [1, 7])
def test_every_token_gives_the_logits_of_the_model_in_double_precision(n_heads: int, bias: bool) -> None:
    model = random_model(n_heads=n_heads, bias=bias)
    model.blocks[1].norm_1.eps, model.blocks[1].norm_2.eps = 0.3, 0.7
    decoder, ids = FastDecoder(model), torch.tensor([7, 1, 50, 3, 3, 0, 52])
    assert isinstance(decoder.blocks, KernelBlocks)
    expected = copy.deepcopy(model).double()(ids[None])[0]
    for place in range(7):
        logits = decoder.read(ids[place : place + 1])
        torch.testing.assert_close(logits.double(), expected[place], rtol=1e-4, atol=1e-4)


def test_all_blocks_need_not_be_alike_in_their_epsilons() -> None:
    alike, other = random_model(std=0.01), random_model(std=0.01)
    other.blocks[2].norm_1.eps = 0.5
    first, second = (FastDecoder(model).read(torch.tensor([7])) for model in (alike, other))
    assert not torch.allclose(first, second, rtol=1e-5, atol=0)


def test_prompts_single_tokens_and_resets_may_come_in_any_order() -> None:
    model = random_model()
    decoder = FastDecoder(model)
    for sizes in ([3, 1, 1, 2, 1], [1, 1], [2, 1]):
        decoder.reset()
        ids = torch.randint(53, (sum(sizes),))
        for part in ids.split(sizes):
            logits = decoder.read(part)
        torch.testing.assert_close(logits, model(ids[None])[0, -1], rtol=1e-4, atol=1e-4)
        assert decoder.cache.length == len(ids)


def test_large_scores_do_not_overflow() -> None:
    model = random_model(std=6.0)
    decoder, ids = FastDecoder(model), torch.tensor([7, 1, 50])
    logits = [decoder.read(ids[place : place + 1]) for place in range(3)][-1]
    torch.testing.assert_close(logits, model(ids[None])[0, -1], rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("name", ["norm_1.weight", "attention.w_k.weight", "feed_forward.w_in.bias"])
def test_a_weight_that_is_no_number_reaches_the_logits(name: str) -> None:
    model = random_model()
    model.get_parameter(f"blocks.1.{name}").data.fill_(math.nan)
    decoder = FastDecoder(model)
    assert decoder.read(torch.tensor([7])).isnan().all() or name == "attention.w_k.weight"
    assert decoder.read(torch.tensor([1])).isnan().all()


def test_later_changes_of_the_model_have_no_effect() -> None:
    model = random_model()
    decoder, x = FastDecoder(model), torch.randn(14)
    expected = decoder.blocks(x, decoder.cache).clone()
    decoder.reset()
    for parameter in model.blocks.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(decoder.blocks(x, decoder.cache), expected)


def test_two_threads_give_what_one_gives(two_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    model, ids = random_model(), torch.tensor([[7], [1], [50]])
    seen: list[int] = []
    monkeypatch.setattr(kernel_blocks, "n_threads_for", lambda n_bytes: seen.append(n_bytes) or 2)
    first, second = FastDecoder(model), FastDecoder(model)
    both = [first.read(token) for token in ids]
    monkeypatch.setattr(kernel_blocks, "n_threads_for", lambda n_bytes: 1)
    for logits, token in zip(both, ids, strict=True):
        assert torch.equal(logits, second.read(token))
    assert set(seen) == {4 * 14**2}


@pytest.mark.parametrize("d_model", [14, 258])  # tiles of fewer outputs, and one output too many for a tile
def test_bytes_are_read_as_the_rounded_model_computes(d_model: int) -> None:
    decoder = int8_decoder(random_model(std=0.05, d_model=d_model))
    assert isinstance(decoder.blocks, KernelBlocks)
    ids = torch.tensor([7, 1, 50, 3])
    expected = decoder.model(ids[None])[0]
    for place in range(4):
        logits = decoder.read(ids[place : place + 1])
        torch.testing.assert_close(logits, expected[place], rtol=1e-4, atol=1e-4)


class Louder(TransformerBlock):
    def forward(self, *arguments: Any, **named: Any) -> Any:
        return 2 * super().forward(*arguments, **named)


@pytest.mark.parametrize(
    "change",
    [
        lambda block: block.double(),
        lambda block: setattr(block, "norm_1", nn.LayerNorm(14)),
        lambda block: setattr(block.feed_forward, "w_in", nn.Identity()),
        lambda block: setattr(block, "feed_forward", SwiGLU(14, 37)),
        lambda block: setattr(block, "__class__", Louder),
    ],
)
def test_blocks_with_other_parts_are_not_taken(change: Callable[[Any], None]) -> None:
    block = random_model().blocks[0]
    assert can_read(block, FastBlock(block, exact))
    change(block)
    assert not can_read(block, FastBlock(block, exact))


def tiled(linears: Any) -> TiledMatrix:
    return TiledMatrix(*joined(linears))


def test_other_layouts_and_other_matrices_keep_the_general_path() -> None:
    modern = ModernGPT(
        ModernConfig(vocab_size=53, context_length=7, d_model=24, n_heads=6, n_layers=2)
    ).eval()
    for decoder in (FastDecoder(modern), FastDecoder(random_model(), tiled)):
        assert isinstance(decoder.blocks, FastBlocks)
