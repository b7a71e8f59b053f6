import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.nn import functional as F

import oracles
from seq2gpt.attention import causal_mask
from seq2gpt.seq2seq import (
    EncoderDecoder,
    Seq2Seq,
    beam_search,
    greedy_decode,
    pad_batch,
    padding_mask,
    teacher_forced_loss,
)
from seq2gpt.tokens import CharTokenizer
from seq2gpt.transformer import (
    DecoderLayer,
    EncoderLayer,
    Transformer,
    TransformerConfig,
    image_to_patches,
    label_smoothed_loss,
    noam_learning_rate,
    translate,
)


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def drawn(module: nn.Module) -> nn.Module:
    for parameter in module.double().parameters():
        nn.init.normal_(parameter, std=0.5)
    return module


def padding(*lengths: int) -> Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def copy_attention(theirs: nn.MultiheadAttention, ours: nn.Module) -> None:
    with torch.no_grad():
        for kind in ("weight", "bias"):
            parts = [getattr(part, kind) for part in (ours.w_q, ours.w_k, ours.w_v)]
            getattr(theirs, f"in_proj_{kind}").copy_(torch.cat(parts))
            getattr(theirs.out_proj, kind).copy_(getattr(ours.w_o, kind))


def copy_rest(theirs: nn.Module, ours: nn.Module, n_norms: int) -> None:
    for number in range(1, n_norms + 1):
        getattr(theirs, f"norm{number}").load_state_dict(getattr(ours, f"norm_{number}").state_dict())
    theirs.linear1.load_state_dict(ours.feed_forward.w_in.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.w_out.state_dict())


TORCH = {
    "dropout": 0.0, "norm_first": True, "batch_first": True, "activation": partial(F.gelu, approximate="tanh"),
    "dtype": torch.float64,
}  # fmt: skip


# EncoderLayer


def test_the_encoder_layer_is_torchs_with_norms_first() -> None:
    layer, x, real = drawn(EncoderLayer(10, n_heads=2, d_ff=14)), normal(3, 7, 10), padding(7, 3, 5)
    theirs = nn.TransformerEncoderLayer(10, 2, 14, **TORCH)
    copy_attention(theirs.self_attn, layer.attention)
    copy_rest(theirs, layer, 2)
    torch.testing.assert_close(layer(x), theirs(x))
    expected = theirs(x, src_key_padding_mask=~real)
    result = layer(x, real[:, None, None])
    torch.testing.assert_close(result[real], expected[real])


def test_the_encoder_looks_both_ways_and_not_at_padding() -> None:
    layer, real = drawn(EncoderLayer(6, n_heads=3, d_ff=7)), padding(5, 3)[1]
    assert oracles.influences(layer, normal(5, 6)) == [[True] * 5] * 5
    seen = oracles.influences(lambda x: layer(x, real), normal(5, 6))
    own = torch.eye(5, dtype=torch.bool)  # the residual path
    assert seen == (real[None, :] | own).tolist()


# DecoderLayer


def test_the_decoder_layer_is_torchs_with_norms_first() -> None:
    layer, x, memory = drawn(DecoderLayer(10, n_heads=2, d_ff=14)), normal(3, 5, 10), normal(3, 7, 10)
    theirs = nn.TransformerDecoderLayer(10, 2, 14, **TORCH)
    copy_attention(theirs.self_attn, layer.attention)
    copy_attention(theirs.multihead_attn, layer.cross_attention)
    copy_rest(theirs, layer, 3)
    future = ~causal_mask(5)
    torch.testing.assert_close(layer(x, memory), theirs(x, memory, tgt_mask=future))
    real, there = padding(5, 2, 4), padding(3, 7, 1)
    expected = theirs(x, memory, tgt_mask=future, tgt_key_padding_mask=~real, memory_key_padding_mask=~there)
    result = layer(x, memory, real[:, None, None], there[:, None, None])
    torch.testing.assert_close(result[real], expected[real])


def test_the_decoder_is_causal_in_x_and_sees_all_real_memory() -> None:
    layer, x, memory = drawn(DecoderLayer(6, n_heads=3, d_ff=7)), normal(5, 6), normal(7, 6)
    there = padding(7, 4)[1]
    assert oracles.influences(lambda x: layer(x, memory), x) == oracles.causal(5)
    seen = oracles.influences(lambda memory: layer(x, memory, memory_mask=there), memory.clone())
    assert seen == [there.tolist()] * 5
    hidden = torch.tensor([True, False, True, True, True])
    seen = oracles.influences(lambda x: layer(x, memory, mask=hidden), x)
    assert seen == [[j <= i and (j != 1 or i == 1) for j in range(5)] for i in range(5)]


def test_gradients_of_the_layers() -> None:
    encoder, decoder = drawn(EncoderLayer(4, 2, 5)), drawn(DecoderLayer(4, 2, 5))
    assert gradcheck(encoder, [normal(3, 4, grad=True)])
    assert gradcheck(decoder, [normal(3, 4, grad=True), normal(5, 4, grad=True)])


@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
@pytest.mark.own
def test_dropout_acts_in_training_on_every_sublayer(kind: type) -> None:
    layer = drawn(kind(6, 2, 14, dropout=0.5))
    inputs = [normal(3, 6)] if kind is EncoderLayer else [normal(3, 6), normal(5, 6)]
    assert not torch.equal(layer(*inputs), layer(*inputs))
    layer.eval()
    assert torch.equal(layer(*inputs), layer(*inputs))
    assert [module.p for module in layer.modules() if isinstance(module, nn.Dropout)] == [0.5] * (
        2 if kind is EncoderLayer else 3
    )


# Transformer


def model_of(**sizes: float) -> Transformer:
    defaults = {"d_model": 10, "n_heads": 2, "d_ff": 14, "n_layers": 3}
    config = TransformerConfig(source_vocab_size=11, target_vocab_size=7, **{**defaults, **sizes})
    model = Transformer(config)
    drawn(model)
    return model


SOURCE = pad_batch([[4, 5, 6, 7, 8], [9, 10, 4]])
TARGET = pad_batch([[1, 4, 5, 2], [1, 6, 3, 4, 5, 2]])


# torch says that norms first rule out its inference fast path, which nobody asked for
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_the_model_is_torchs_transformer_between_embeddings_and_head() -> None:
    model = model_of()
    theirs = nn.Transformer(10, 2, 3, 3, 14, **TORCH)
    for ours, layer in zip(model.encoder_layers, theirs.encoder.layers, strict=True):
        copy_attention(layer.self_attn, ours.attention)
        copy_rest(layer, ours, 2)
    for ours, layer in zip(model.decoder_layers, theirs.decoder.layers, strict=True):
        copy_attention(layer.self_attn, ours.attention)
        copy_attention(layer.multihead_attn, ours.cross_attention)
        copy_rest(layer, ours, 3)
    theirs.encoder.norm.load_state_dict(model.encoder_norm.state_dict())
    theirs.decoder.norm.load_state_dict(model.decoder_norm.state_dict())

    def embedded(ids: Tensor, table: Tensor) -> Tensor:
        return table[ids] * math.sqrt(10) + oracles.sinusoidal_encoding(ids.shape[1], 10)

    real, there = padding_mask(TARGET), padding_mask(SOURCE)
    states = theirs(
        embedded(SOURCE, model.source_embedding.weight), embedded(TARGET, model.target_embedding.weight),
        tgt_mask=~causal_mask(TARGET.shape[1]), src_key_padding_mask=~there, tgt_key_padding_mask=~real,
        memory_key_padding_mask=~there,
    )  # fmt: skip
    expected = states @ model.target_embedding.weight.T
    # the position codes are float32 unless torch's default says otherwise
    torch.testing.assert_close(model(SOURCE, TARGET)[real], expected[real], rtol=1e-5, atol=1e-5)


@pytest.mark.own
def test_padding_changes_nothing_from_end_to_end() -> None:
    model = model_of()
    loss = teacher_forced_loss(model, SOURCE, TARGET)
    wider = teacher_forced_loss(model, F.pad(SOURCE, (0, 3)), F.pad(TARGET, (0, 2)))
    torch.testing.assert_close(wider, loss)
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    torch.testing.assert_close(torch.autograd.grad(wider, parameters), gradients)
    assert all((gradient != 0).any() for gradient in gradients)
    assert (gradients[0][0] == 0).all()  # the embedding of the source's padding
    written = greedy_decode(model, SOURCE, 9)
    assert written == [greedy_decode(model, SOURCE[:1], 9)[0], greedy_decode(model, SOURCE[1:, :3], 9)[0]]


def test_no_gradient_reaches_padding_of_source_or_target() -> None:
    model, read = model_of(), []

    def spy(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        read.append(output.detach().requires_grad_())
        return read[-1]

    model.source_embedding.register_forward_hook(spy)
    model.target_embedding.register_forward_hook(spy)
    target = torch.tensor(
        [[1, 4, 0, 5], [1, 6, 3, 4]]
    )  # padding in between, so that later positions could look
    logits = model(SOURCE, target)
    real = padding_mask(target)
    gradients = torch.autograd.grad((logits[real] * normal(*logits[real].shape)).sum(), read)
    assert torch.equal((gradients[0] != 0).any(-1), padding_mask(SOURCE))
    assert torch.equal((gradients[1] != 0).any(-1), real)


def test_the_decoder_reads_in_pieces_what_it_reads_at_once() -> None:
    model = model_of()
    start = model.encode(SOURCE, padding_mask(SOURCE))
    expected, last = model.decode(TARGET, start)
    state, pieces = start, []
    for piece in TARGET.split([1, 2, 3], dim=1):
        logits, state = model.decode(piece, state)
        pieces.append(logits)
    torch.testing.assert_close(torch.cat(pieces, dim=1), expected)
    torch.testing.assert_close(state, last)


def test_the_model_has_the_interface_and_refuses_what_it_cannot_read() -> None:
    model = model_of()
    assert isinstance(model, EncoderDecoder)
    with pytest.raises(ValueError, match=r"^sequence 0 of the batch holds only padding; leave it out$"):
        model(torch.zeros(1, 3).long(), TARGET[:1])


def test_the_output_head_shares_the_target_embedding() -> None:
    model = model_of()
    assert model.head.weight is model.target_embedding.weight
    assert model.head.bias is None


def test_embeddings_begin_at_the_scale_of_the_position_codes() -> None:
    config = TransformerConfig(
        source_vocab_size=101, target_vocab_size=103, d_model=64, n_heads=2, n_layers=1
    )
    model = Transformer(config)
    for table in (model.source_embedding, model.target_embedding):
        scaled = table.weight * math.sqrt(64)
        assert scaled.square().mean().item() == pytest.approx(1.0, abs=0.1)


@pytest.mark.own
def test_the_configuration_decides_the_sizes() -> None:
    model = model_of(n_layers=2, dropout=0.25)
    assert len(model.encoder_layers) == len(model.decoder_layers) == 2
    assert {module.p for module in model.modules() if isinstance(module, nn.Dropout)} == {0.25}
    assert model.dropout(torch.ones(1000)).eq(0).any()
    base = TransformerConfig(source_vocab_size=2, target_vocab_size=2)
    assert (base.d_model, base.n_heads, base.d_ff, base.n_layers) == (512, 8, 2048, 6)


@pytest.mark.parametrize(
    ("sizes", "wording"),
    [
        ({"n_layers": 0}, "n_layers=0 must be a whole number of at least 1"),
        ({"d_model": 10, "n_heads": 4}, "d_model=10 does not split into n_heads=4; use a multiple of 4"),
        ({"d_model": 9, "n_heads": 3}, "d_model=9 is odd, but codes are pairs; use an even number"),
        *(({"dropout": p}, f"dropout={p} must be at least 0 and below 1") for p in (-0.1, 1.0, math.nan)),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes: dict[str, Any], wording: str) -> None:
    with pytest.raises(ValueError, match=f"^{wording}$"):
        TransformerConfig(source_vocab_size=11, target_vocab_size=7, **sizes)


# label_smoothed_loss


@pytest.mark.parametrize("pad_id", [0, 3])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_the_loss_is_torchs_with_label_smoothing(smoothing: float, pad_id: int) -> None:
    logits, targets = normal(3, 5, 7), torch.randint(7, (3, 5))
    targets[0, 2:] = pad_id
    expected = F.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), label_smoothing=smoothing, ignore_index=pad_id
    )
    torch.testing.assert_close(label_smoothed_loss(logits, targets, smoothing, pad_id), expected)


def test_smoothing_is_a_tenth_and_padding_0_unless_told() -> None:
    logits, targets = normal(3, 5, 7), torch.randint(7, (3, 5))
    assert label_smoothed_loss(logits, targets) == label_smoothed_loss(logits, targets, 0.1, 0)


def test_the_loss_is_smallest_at_the_smoothed_target() -> None:
    targets = torch.tensor([[2]])
    smoothed = torch.full((1, 1, 5), 0.1 / 5).double()
    smoothed[..., 2] += 0.9
    best = label_smoothed_loss(smoothed.log(), targets).item()
    assert best == pytest.approx(-(smoothed * smoothed.log()).sum().item())
    assert label_smoothed_loss(50 * F.one_hot(targets, 5).double(), targets).item() > best


def test_neither_loss_nor_gradient_is_infinite_at_zero_probability() -> None:
    for logits in (
        torch.tensor([[[1e4, -1e4, 0.0]]]),  # the softmax of the second is 0 in float32
        torch.tensor([[[1.0, 2.0, -math.inf]]]),  # the third is ruled out
    ):
        for target in (0, 1):
            for smoothing in (0.0, 0.1):
                x = logits.clone().requires_grad_()
                loss = label_smoothed_loss(x, torch.tensor([[target]]), smoothing, pad_id=9)
                (gradient,) = torch.autograd.grad(loss, x)
                assert loss.isfinite()
                assert gradient.isfinite().all()


def test_label_smoothing_gradient() -> None:
    targets = torch.tensor([[2, 0, 4]])
    assert gradcheck(lambda logits: label_smoothed_loss(logits, targets), normal(1, 3, 5, grad=True))


@pytest.mark.own
def test_losses_that_mean_nothing_are_refused() -> None:
    logits = normal(1, 2, 3)
    for smoothing in (-0.1, 1.0):
        with pytest.raises(ValueError, match=f"^smoothing={smoothing} must be at least 0 and below 1$"):
            label_smoothed_loss(logits, torch.tensor([[1, 2]]), smoothing)
    wording = r"^every target is padding, pad_id=0; give at least one real target$"
    with pytest.raises(ValueError, match=wording):
        label_smoothed_loss(logits, torch.tensor([[0, 0]]))


# noam_learning_rate


@pytest.mark.parametrize("step", [1, 999, 4000, 4001, 99999])
def test_the_learning_rate_is_that_of_the_paper(step: int) -> None:
    expected = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
    assert noam_learning_rate(step, 512) == pytest.approx(expected)
    assert noam_learning_rate(step, 512, n_warmup=4000) == pytest.approx(expected)


def test_the_learning_rate_peaks_at_the_end_of_the_warm_up() -> None:
    rates = [noam_learning_rate(step, 7, n_warmup=13) for step in range(1, 41)]
    assert max(range(40), key=rates.__getitem__) == 12
    assert rates[12] == pytest.approx((7 * 13) ** -0.5)


@pytest.mark.parametrize(("step", "n_warmup"), [(0, 5), (5, 0)])
@pytest.mark.own
def test_steps_count_from_1(step: int, n_warmup: int) -> None:
    wording = f"^step={step} and n_warmup={n_warmup} must be at least 1; steps count from 1$"
    with pytest.raises(ValueError, match=wording):
        noam_learning_rate(step, 8, n_warmup)


# image_to_patches


def test_patches_are_those_of_unfold_in_the_order_of_the_paper() -> None:
    images = normal(2, 3, 10, 15)
    columns = F.unfold(images, kernel_size=5, stride=5)  # batch channels·P·P n
    expected = columns.view(2, 3, 25, 6).permute(0, 3, 2, 1).flatten(2)
    patches = image_to_patches(images, patch_size=5)
    assert patches.shape == (2, 6, 75)
    assert torch.equal(patches, expected)


def test_patches_number_by_number() -> None:
    images = torch.arange(2 * 3 * 4 * 6.0).view(2, 3, 4, 6)
    patches = image_to_patches(images, patch_size=2)
    for b, n, row, column, channel in [(0, 0, 0, 0, 0), (1, 4, 1, 0, 2), (1, 5, 0, 1, 1), (0, 2, 1, 1, 0)]:
        pixel = images[b, channel, 2 * (n // 3) + row, 2 * (n % 3) + column]
        assert patches[b, n, (2 * row + column) * 3 + channel] == pixel


@pytest.mark.parametrize("patch_size", [4, 3, 0])
@pytest.mark.own
def test_patches_that_do_not_fit_are_refused(patch_size: int) -> None:
    wording = f"^an image of 4 × 6 does not split into patches of patch_size={patch_size}; use a divisor$"
    with pytest.raises(ValueError, match=wording):
        image_to_patches(torch.zeros(1, 1, 4, 6), patch_size)


# translate


def test_translate_reads_searches_and_writes() -> None:
    model = model_of()
    nn.init.normal_(
        model.target_embedding.weight, std=0.2
    )  # no token far ahead: the width of the beam matters
    latin, greek = CharTokenizer("0123abcdefg"), CharTokenizer("0123αβγ")
    texts = ["cab", "", "gg", "deface"]
    for width, limit in ((4, 5), (1, 3)):
        expected = []
        for text in texts:
            ids = torch.tensor(latin.encode(text), dtype=torch.long)
            expected.append(greek.decode(beam_search(model, ids, width, limit)) if text else "")
        assert translate(model, texts, latin, greek, limit, width) == expected
    assert translate(model, texts, latin, greek) == translate(model, texts, latin, greek, 50, 4)


def test_translate_searches_as_widely_as_told() -> None:
    following = torch.zeros(7, 7)
    following[1, 4], following[1, 5] = 3.0, 2.9  # α looks better at first,
    following[5, 2] = 9.0  # but only after β is <eos> certain
    garden_path = Seq2Seq(lambda ids, mask: (ids,), lambda ids, state: (following[ids], state))
    greek = CharTokenizer("0123αβγ")
    assert translate(garden_path, ["γ"], greek, greek, max_new_tokens=3, beam_width=1)[0][0] == "α"
    assert translate(garden_path, ["γ"], greek, greek, max_new_tokens=3, beam_width=4) == ["β"]


def test_translate_puts_the_ids_where_the_model_is() -> None:
    class Elsewhere(Exception):
        """Ends the search as soon as the ids are seen."""

    class Model(nn.Module):
        def encode(self, source: Tensor, source_mask: Tensor) -> tuple[Tensor, ...]:
            raise Elsewhere(source.device.type)

        def decode(self, ids: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
            raise NotImplementedError

    letters = CharTokenizer("0123abc")
    with pytest.raises(Elsewhere, match="meta"):
        translate(Model(), ["a"], letters, letters, device=torch.device("meta"))
