"""LoRA against dense arithmetic in float64: the change is B·A, nothing else moves, merging keeps the outputs."""

import copy

import pytest
import torch
from torch import nn

from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.lora import LoRALinear, apply_lora, count_lora_parameters, merge_lora


def small_gpt() -> GPT:
    config = GPTConfig(vocab_size=13, context_length=7, d_model=10, n_heads=5, n_layers=3)
    return GPT(config).double()


def randomise(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, LoRALinear):
            nn.init.normal_(module.a), nn.init.normal_(module.b)


def trainable(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


@pytest.mark.parametrize("bias", [True, False])
def test_the_layer_adds_alpha_over_rank_times_b_a(bias):
    base = nn.Linear(7, 5, bias=bias).double()
    weight = base.weight.detach().clone()
    layer = LoRALinear(base, rank=3, alpha=11.0)
    randomise(layer)
    x = torch.randn(2, 4, 7, dtype=torch.float64)
    dense = weight.clone()
    for i in range(5):
        for j in range(7):
            dense[i, j] += 11.0 / 3 * sum(layer.b[i, r].item() * layer.a[r, j].item() for r in range(3))
    expected = x @ dense.T + (base.bias if bias else 0)
    torch.testing.assert_close(layer(x), expected)


def test_at_first_nothing_changes_and_a_is_random():
    base = nn.Linear(400, 300)
    layer = LoRALinear(base, rank=8)
    x = torch.randn(3, 400)
    assert torch.equal(layer(x), base(x))
    assert not layer.b.any()
    assert layer.a.std().item() == pytest.approx(400**-0.5, rel=0.1)


def test_dtype_and_shapes_follow_the_base():
    layer = LoRALinear(nn.Linear(7, 5).to(torch.bfloat16), rank=2)
    assert (layer.a.dtype, layer.a.shape) == (torch.bfloat16, (2, 7))
    assert (layer.b.dtype, layer.b.shape) == (torch.bfloat16, (5, 2))


def test_gradients_reach_a_and_b_only():
    layer = LoRALinear(nn.Linear(7, 5).double(), rank=2)
    randomise(layer)
    layer(torch.randn(3, 7, dtype=torch.float64)).square().sum().backward()
    assert trainable(layer) == {"a", "b"}
    assert layer.a.grad.abs().sum() > 0
    assert layer.b.grad.abs().sum() > 0
    assert layer.base.weight.grad is None
    assert torch.autograd.gradcheck(
        lambda a, b: torch.func.functional_call(
            layer, {"a": a, "b": b}, (torch.ones(1, 7, dtype=torch.float64),)
        ),
        (layer.a, layer.b),
    )


@pytest.mark.parametrize("rank", [0, -1, 6])
def test_an_impossible_rank_is_refused(rank):
    message = f"rank={rank} must lie between 1 and 5, the smaller side of a 5 × 7 matrix"
    with pytest.raises(ValueError, match=message):
        LoRALinear(nn.Linear(7, 5), rank)


def test_a_model_is_adapted_where_named_and_frozen_elsewhere():
    model = small_gpt()
    before = copy.deepcopy(model)
    names = apply_lora(model, rank=2, targets=["w_q", "w_v"], alpha=4.0)
    assert names == [f"blocks.{i}.attention.{w}" for i in range(3) for w in ("w_q", "w_v")]
    assert trainable(model) == {f"{name}.{part}" for name in names for part in "ab"}
    n_trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert n_trained == count_lora_parameters(d_model=10, n_layers=3, rank=2, n_matrices=2)
    ids = torch.randint(13, (2, 7))
    assert torch.equal(model(ids), before(ids))
    assert model.blocks[0].attention.w_q.scale == 2.0


def test_a_target_that_does_not_exist_changes_nothing():
    model = small_gpt()
    with pytest.raises(
        ValueError, match=r"no linear layer is named 'query'; use head, w_in, w_k, w_o, w_out, w_q, w_v"
    ):
        apply_lora(model, rank=2, targets=["w_q", "query"])
    assert not any(isinstance(module, LoRALinear) for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_rank_that_does_not_fit_changes_nothing():
    model = small_gpt()
    with pytest.raises(ValueError, match="rank=11"):
        apply_lora(model, rank=11, targets=["w_q"])
    assert not any(isinstance(module, LoRALinear) for module in model.modules())


def test_training_moves_the_outputs_but_no_old_weight():
    model = small_gpt()
    old = {name: p.detach().clone() for name, p in model.named_parameters()}
    apply_lora(model, rank=2, targets=["w_q", "w_in"])
    ids = torch.randint(13, (2, 7))
    before = model(ids).detach()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1.0)
    for _ in range(3):
        optimizer.zero_grad()
        model(ids).square().sum().backward()
        optimizer.step()
    assert not torch.allclose(model(ids), before)
    kept = {
        name.replace(".base", ""): p
        for name, p in model.named_parameters()
        if not name.endswith((".a", ".b"))
    }
    assert kept.keys() == old.keys()
    assert all(torch.equal(kept[name], old[name]) for name in old)


def test_merging_keeps_the_outputs_and_leaves_plain_layers():
    model = small_gpt()
    kinds = [type(module) for module in model.modules()]
    apply_lora(model, rank=2, targets=["w_q", "w_o", "w_out"], alpha=3.0)
    randomise(model)
    ids = torch.randint(13, (2, 7))
    expected = model(ids).detach()
    assert merge_lora(model) is model
    torch.testing.assert_close(model(ids), expected)
    assert [type(module) for module in model.modules()] == kinds
    assert trainable(model) == set()


def test_the_count_of_the_paper():
    assert count_lora_parameters(12288, 96, rank=8, n_matrices=1) == 18_874_368
    assert count_lora_parameters(12288, 96, rank=2, n_matrices=4) == 18_874_368
