"""The layout of Llama in transformers: its configuration and tensors, and those of :class:`seq2gpt.modern.ModernGPT`.

Both store matrices as ``nn.Linear`` does and turn the same pairs of features by position
(:func:`seq2gpt.positions.rotate_half`), so tensors only change their names.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from seq2gpt.modern import ModernConfig, ModernGPT

# The parts of a block: the name in Llama, and ours.
BLOCK = {
    "input_layernorm": "norm_1",
    "self_attn.q_proj": "attention.w_q",
    "self_attn.k_proj": "attention.w_k",
    "self_attn.v_proj": "attention.w_v",
    "self_attn.o_proj": "attention.w_o",
    "post_attention_layernorm": "norm_2",
    "mlp.gate_proj": "feed_forward.w_gate",
    "mlp.up_proj": "feed_forward.w_in",
    "mlp.down_proj": "feed_forward.w_out",
}

# What a ModernGPT has no other way to do. A config.json without the name means Llama's own choice.
FIXED = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False}


def fits(model: object) -> bool:
    """Whether this layout can hold the model."""
    return isinstance(model, ModernGPT)


def build(config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> ModernGPT:
    """A ModernGPT with the weights. Raises ``ValueError`` for what does not fit, ``KeyError`` for a missing size."""
    for name, value in FIXED.items():
        if config.get(name, value) != value:
            raise ValueError(f"{name}={config[name]!r} is not what a ModernGPT does; it must be {value!r}")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise ValueError(f"rope_type={kind!r} is not what a ModernGPT does; it must be 'default'")
    d_model, n_heads = config["hidden_size"], config["num_attention_heads"]
    if (config.get("head_dim") or d_model // n_heads) * n_heads != d_model:
        raise ValueError(
            f"head_dim={config['head_dim']} does not fill hidden_size={d_model} with {n_heads} heads; "
            f"it must be {d_model // n_heads}"
        )
    sizes = ModernConfig(
        vocab_size=config["vocab_size"],
        context_length=config["max_position_embeddings"],
        d_model=d_model,
        n_heads=n_heads,
        n_layers=config["num_hidden_layers"],
        n_kv_heads=config.get("num_key_value_heads"),
        d_ff=config["intermediate_size"],
        qk_norm=False,
        tied=config.get("tie_word_embeddings", False),
        rope_base=float(rope.get("rope_theta", config.get("rope_theta", 10000.0))),
        norm_eps=config.get("rms_norm_eps", 1e-6),
    )
    model = ModernGPT(sizes)
    load_llama_state_dict(model, tensors)
    return model


def config_of(model: ModernGPT) -> dict[str, Any]:
    """The ``config.json`` of a model. Raises ``ValueError`` for parts that Llama does not have."""
    config = model.config
    if config.qk_norm or config.activation != "swiglu":
        raise ValueError(
            f"qk_norm={config.qk_norm} with activation={config.activation!r} is not the layout of Llama; "
            "only a ModernGPT with qk_norm=False and activation='swiglu' can be written in it"
        )
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **FIXED,
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.context_length,
        "hidden_size": config.d_model,
        "intermediate_size": config.d_ff,
        "num_attention_heads": config.n_heads,
        "num_key_value_heads": config.kv_heads,
        "num_hidden_layers": config.n_layers,
        "head_dim": config.d_model // config.n_heads,
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rope_base,
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_base},
        "tie_word_embeddings": config.tied,
        "bos_token_id": config.vocab_size - 1,
        "eos_token_id": config.vocab_size - 1,
        "dtype": str(model.head.weight.dtype).removeprefix("torch."),
    }


def tensors_of(model: ModernGPT) -> dict[str, Tensor]:
    """The weights under Llama's names: what :func:`load_llama_state_dict` reads."""
    parameters = dict(model.named_parameters())
    names = llama_names(model.config.n_layers, model.config.tied)
    return {theirs: parameters[ours].detach() for theirs, ours in names.items()}


def llama_names(n_layers: int, tied: bool) -> dict[str, str]:
    """For every tensor of a Llama the parameter of ours that it becomes; a tied head is stored once.

    >>> llama_names(n_layers=1, tied=True)["model.layers.0.mlp.up_proj.weight"]
    'blocks.0.feed_forward.w_in.weight'
    """
    names = {"model.embed_tokens.weight": "token_embedding.weight", "model.norm.weight": "norm.weight"}
    for layer in range(n_layers):
        for theirs, ours in BLOCK.items():
            names[f"model.layers.{layer}.{theirs}.weight"] = f"blocks.{layer}.{ours}.weight"
    return names if tied else names | {"lm_head.weight": "head.weight"}


def load_llama_state_dict(model: ModernGPT, state: Mapping[str, Tensor]) -> None:
    """Copy the weights of a Llama into ``model``.

    Raises ``ValueError`` when a tensor is missing, unknown or of the wrong shape, or when a tied model gets
    a head of its own. The model is then unchanged.
    """
    tied = model.config.tied
    tensors = {name: tensor for name, tensor in state.items() if not name.endswith("rotary_emb.inv_freq")}
    head = tensors.pop("lm_head.weight", None) if tied else None
    names, parameters = llama_names(model.config.n_layers, tied), dict(model.named_parameters())
    for problem, found in (("lacks", names.keys() - tensors), ("holds unknown", tensors.keys() - names)):
        if found:
            raise ValueError(
                f"the state {problem} {', '.join(sorted(found)[:3])} ({len(found)} in all); "
                "build the model with the configuration of the weights"
            )
    for theirs, ours in names.items():
        if tensors[theirs].shape != parameters[ours].shape:
            raise ValueError(
                f"{theirs} has shape {tuple(tensors[theirs].shape)}, this model needs "
                f"{tuple(parameters[ours].shape)}; build the model with the configuration of the weights"
            )
    if head is not None and not torch.equal(head, tensors["model.embed_tokens.weight"]):
        raise ValueError(
            "lm_head.weight differs from model.embed_tokens.weight, though the configuration ties them"
        )
    with torch.no_grad():
        for theirs, ours in names.items():
            parameters[ours].copy_(tensors[theirs])
