"""The modern layout: equal to transformers' Llama where the two coincide, and to plain arithmetic elsewhere."""

import math
import re

import pytest
import torch

from oracles import influences, rms_norm, rotary
from seq2gpt.generation import KVCache
from seq2gpt.gpt import next_token_loss
from seq2gpt.modern import (
    GroupedQueryAttention,
    ModernConfig,
    ModernGPT,
    RMSNorm,
    SquaredReLU,
    count_modern_parameters,
    init_modern_weights,
    rotary_turns,
)
from seq2gpt.positions import apply_rotary, rotate_half

SIZES = {"vocab_size": 17, "context_length": 11, "d_model": 24, "n_heads": 6, "n_layers": 3}


def random_model(seed: int = 0, **changes) -> ModernGPT:
    """A model in float64 whose every number is random, so that nothing is 0 or 1 by design."""
    model = ModernGPT(ModernConfig(**SIZES | changes)).double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return model


VARIANTS = [
    {},
    {"activation": "relu2", "n_kv_heads": 2},
    {"n_kv_heads": 1, "qk_norm": False, "tied": False, "d_ff": 13, "rope_base": 77.0, "norm_eps": 0.1},
]


@pytest.mark.parametrize("n_kv_heads", [1, 2, 6])
@pytest.mark.parametrize("tied", [True, False])
def test_without_qk_norm_it_is_the_llama_of_transformers(n_kv_heads, tied):
    transformers = pytest.importorskip("transformers")
    ours = random_model(
        n_kv_heads=n_kv_heads, tied=tied, qk_norm=False, d_ff=29, rope_base=500.0, norm_eps=1e-3
    )
    theirs = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=17, hidden_size=24, intermediate_size=29, num_hidden_layers=3, num_attention_heads=6,
            num_key_value_heads=n_kv_heads, max_position_embeddings=11, rms_norm_eps=1e-3, tie_word_embeddings=tied,
            rope_parameters={"rope_type": "default", "rope_theta": 500.0}, attn_implementation="eager",
        )
    ).double().eval()  # fmt: skip
    names = {
        "token_embedding": "model.embed_tokens", "norm": "model.norm", "head": "lm_head", "norm_1": "input_layernorm",
        "norm_2": "post_attention_layernorm", "attention.w_q": "self_attn.q_proj", "attention.w_k": "self_attn.k_proj",
        "attention.w_v": "self_attn.v_proj", "attention.w_o": "self_attn.o_proj", "feed_forward.w_gate": "mlp.gate_proj",
        "feed_forward.w_in": "mlp.up_proj", "feed_forward.w_out": "mlp.down_proj",
    }  # fmt: skip
    state = {}
    for name, tensor in ours.state_dict().items():
        layer = re.match(r"blocks\.(\d+)\.(.*)\.weight", name)
        part = layer[2] if layer else name.removesuffix(".weight")
        state[(f"model.layers.{layer[1]}." if layer else "") + names[part] + ".weight"] = tensor
    theirs.load_state_dict(state)
    ids = torch.randint(17, (2, 11), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-5, rtol=0)


@pytest.mark.parametrize("changes", VARIANTS)
def test_no_position_sees_a_later_one(changes):
    model = random_model(**changes)
    ids = torch.randint(17, (7,), generator=torch.Generator().manual_seed(2))
    embedded = model.token_embedding(ids)
    turns = rotary_turns(7, 0, 4, model.config.rope_base, embedded)

    def rest(x: torch.Tensor) -> torch.Tensor:
        x = x[None]
        for block in model.blocks:
            x = block(x, turns)
        return x[0]

    assert influences(rest, embedded) == [[j <= i for j in range(7)] for i in range(7)]


def test_a_mask_restricts_what_a_position_sees():
    block, x = random_model(n_kv_heads=2).blocks[0], torch.randn(7, 24, dtype=torch.float64)
    mask = (torch.rand(7, 7) < 0.5) | torch.eye(7, dtype=torch.bool)
    allowed = [[j <= i and bool(mask[i, j]) for j in range(7)] for i in range(7)]
    turns = rotary_turns(7, 0, 4, 10000.0, x)
    for part in (block, block.attention):
        assert influences(lambda x, part=part: part(x[None], turns, mask=mask)[0], x) == allowed


@pytest.mark.parametrize("changes", VARIANTS)
def test_with_a_cache_the_logits_are_the_same(changes):
    model = random_model(**changes)
    ids = torch.randint(17, (2, 11), generator=torch.Generator().manual_seed(3))
    cache = KVCache(n_layers=3, context_length=11)
    with torch.no_grad():
        parts = [model(ids[:, start:stop], cache=cache) for start, stop in ((0, 5), (5, 6), (6, 11))]
        torch.testing.assert_close(torch.cat(parts, dim=1), model(ids))
    assert cache[0].append(
        torch.zeros(2, model.config.kv_heads, 0, 4), torch.zeros(2, model.config.kv_heads, 0, 4)
    )[0].shape == (2, model.config.kv_heads, 11, 4)


def test_query_heads_share_keys_and_values_in_groups():
    config = ModernConfig(**SIZES | {"n_kv_heads": 2})
    attention = GroupedQueryAttention(config).double()
    torch.nn.init.normal_(attention.w_o.weight)
    x = torch.randn(1, 5, 24, dtype=torch.float64)
    turns = rotary_turns(5, 0, 4, 10000.0, x)
    full = GroupedQueryAttention(ModernConfig(**SIZES)).double()
    state = attention.state_dict()
    for name in ("w_k.weight", "w_v.weight"):  # the same two heads written out for all six
        heads = state[name].view(2, 4, 24)
        state[name] = heads[torch.tensor([0, 0, 0, 1, 1, 1])].reshape(24, 24)
    full.load_state_dict(state)
    torch.testing.assert_close(attention(x, turns), full(x, turns))


def test_turns_are_those_of_apply_rotary():
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    cosines, sines = rotary_turns(5, start=7, d_head=8, base=99.0, like=x)
    torch.testing.assert_close(x * cosines + rotate_half(x) * sines, apply_rotary(x, start=7, base=99.0))


def test_queries_and_keys_are_turned_after_their_norms():
    attention = GroupedQueryAttention(ModernConfig(**SIZES | {"n_kv_heads": 2, "norm_eps": 0.3})).double()
    torch.nn.init.normal_(attention.norm_q.weight), torch.nn.init.normal_(attention.norm_k.weight)
    query, key = torch.randn(1, 6, 5, 4, dtype=torch.float64), torch.randn(1, 2, 5, 4, dtype=torch.float64)
    turns = rotary_turns(5, 3, 4, 10000.0, query)
    for before, norm, after in zip(
        (query, key), (attention.norm_q, attention.norm_k), attention.turn(query, key, turns), strict=True
    ):
        for head, result in zip(before[0], after[0], strict=True):
            rows = [rms_norm(row, norm.weight.tolist(), 0.3) for row in head.tolist()]
            torch.testing.assert_close(result, rotary(rows, start=3))


def test_norm_and_network_against_loops():
    x = torch.randn(3, 5, dtype=torch.float64)
    norm = RMSNorm(5, eps=0.2).double()
    torch.nn.init.normal_(norm.weight)
    expected = [rms_norm(row, norm.weight.tolist(), 0.2) for row in x.tolist()]
    torch.testing.assert_close(norm(x), torch.tensor(expected, dtype=torch.float64))
    network = SquaredReLU(5, 7).double()
    inner = [[max(0.0, v) ** 2 for v in row] for row in (x @ network.w_in.weight.T).tolist()]
    torch.testing.assert_close(network(x), torch.tensor(inner, dtype=torch.float64) @ network.w_out.weight.T)


def test_queries_and_keys_are_normalised_so_their_size_does_not_matter():
    model = random_model()
    ids = torch.randint(17, (1, 7))
    with torch.no_grad():
        before = model(ids)
        for block in model.blocks:
            block.attention.w_q.weight.mul_(1000), block.attention.w_k.weight.mul_(1000)
        torch.testing.assert_close(model(ids), before, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("changes", VARIANTS)
def test_the_count_is_that_of_the_parameters(changes):
    model = ModernGPT(ModernConfig(**SIZES | changes))
    assert count_modern_parameters(model.config) == sum(p.numel() for p in model.parameters())


def test_a_fresh_block_is_the_identity_and_a_seed_decides_the_weights():
    model = ModernGPT(ModernConfig(**SIZES))
    x = torch.randn(2, 5, 24)
    assert torch.equal(model.blocks[0](x, rotary_turns(5, 0, 4, 10000.0, x)), x)
    states = []
    for _ in range(2):
        init_modern_weights(model, torch.Generator().manual_seed(4))
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    wide = ModernGPT(ModernConfig(**SIZES | {"d_model": 240}))
    assert wide.blocks[0].attention.w_q.weight.std().item() == pytest.approx(240**-0.5, rel=0.05)
    assert wide.token_embedding.weight.std().item() == pytest.approx(0.02, rel=0.05)


def test_it_learns():
    torch.manual_seed(0)
    model = ModernGPT(ModernConfig(**SIZES | {"activation": "relu2"}))
    ids = torch.randint(17, (3, 11))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss = next_token_loss(model(ids[:, :-1]), ids[:, 1:])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab_size": 0}, "vocab_size=0 must be a whole number of at least 1"),
        ({"n_kv_heads": 4}, "n_kv_heads=4 must divide n_heads=6"),
        ({"d_model": 25}, "d_model=25 does not split into n_heads=6; use a multiple of 6"),
        (
            {"d_model": 18},
            "d_model=18 with n_heads=6 gives heads of odd width, which do not split into pairs; use a multiple of 12",
        ),
        ({"activation": "gelu"}, "activation='gelu' must be swiglu or relu2"),
        *[
            ({name: True}, f"{name}=True must be a whole number of at least 1")
            for name in (
                "vocab_size",
                "context_length",
                "d_model",
                "n_heads",
                "n_layers",
                "n_kv_heads",
                "d_ff",
            )
        ],
        ({"d_model": "24"}, "d_model='24' must be a whole number of at least 1"),
        ({"rope_base": 0.0}, "rope_base=0.0 must be positive and finite; Llama has 10000"),
        ({"rope_base": math.nan}, "rope_base=nan must be positive and finite; Llama has 10000"),
        ({"norm_eps": -1e-5}, "norm_eps=-1e-05 must be a finite number of at least 0"),
        ({"norm_eps": math.inf}, "norm_eps=inf must be a finite number of at least 0"),
    ],
)
@pytest.mark.usefixtures("_as_users_run_it")
def test_sizes_that_no_model_can_have_are_refused(changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ModernConfig(**SIZES | changes)


def test_a_sequence_that_is_too_long_is_refused():
    with pytest.raises(
        ValueError, match="positions 0 to 11 do not fit into context_length=11; shorten the sequence"
    ):
        ModernGPT(ModernConfig(**SIZES))(torch.zeros(1, 12, dtype=torch.long))


def test_widths_left_open():
    assert ModernConfig(**SIZES, activation="relu2").d_ff == 96
    assert ModernConfig(**SIZES).d_ff == 64
    assert ModernConfig(**SIZES | {"d_model": 36}).d_ff == 96
    assert ModernConfig(**SIZES | {"d_model": 48}).d_ff == 128
    assert ModernConfig(**SIZES | {"d_model": 60}).d_ff == 160
