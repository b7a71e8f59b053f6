"""The layouts of Llama and Qwen3 in transformers, and those of :class:`seq2gpt.modern.ModernGPT`.

All store matrices as ``nn.Linear`` does and turn the same pairs of features by position
(:func:`seq2gpt.positions.rotate_half`), so tensors only change their names. Qwen3 is Llama with normalised
queries and keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seq2gpt.config_json import Config, check_fixed, check_layers, number, whole_number
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
QK_NORM = {"self_attn.q_norm": "attention.norm_q", "self_attn.k_norm": "attention.norm_k"}

# What a ModernGPT has no other way to do. A config.json without the name means the value given here.
FIXED = {"hidden_act": ("silu",), "attention_bias": (False,)}
ROPE = {"rope_type": ("default",), "partial_rotary_factor": (1.0,)}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one family of models stores itself: its names, and what it always or never does."""

    model_type: str
    architecture: str
    qk_norm: bool
    fixed: Mapping[str, tuple[Any, ...]]
    d_head: int | None
    """The width of a head where the configuration does not say; ``None`` is hidden_size / num_attention_heads."""

    def fits(self, model: object) -> bool:
        """Whether this layout can hold the model."""
        return (
            isinstance(model, ModernGPT)
            and model.config.qk_norm == self.qk_norm
            and model.config.activation == "swiglu"
        )

    def build(self, config: Config, tensors: Mapping[str, Tensor]) -> ModernGPT:
        """A ModernGPT with the weights.

        Raises ``ValueError`` for what does not fit, ``KeyError`` for a missing size.
        """
        check_fixed(config, self.fixed, "ModernGPT")
        sizes = self._sizes(config, _rope(config))
        check_layers(sizes.n_layers, tensors)
        model = ModernGPT(sizes)
        load_llama_state_dict(model, tensors)
        return model

    def _sizes(self, config: Config, rope: Config) -> ModernConfig:
        d_head = self.d_head if config.get("head_dim") is None else whole_number(config, "head_dim")
        shares_keys = config.get("num_key_value_heads") is not None
        return ModernConfig(
            vocab_size=whole_number(config, "vocab_size"),
            context_length=whole_number(config, "max_position_embeddings"),
            d_model=whole_number(config, "hidden_size"),
            n_heads=whole_number(config, "num_attention_heads"),
            n_layers=whole_number(config, "num_hidden_layers"),
            n_kv_heads=whole_number(config, "num_key_value_heads") if shares_keys else None,
            d_head=d_head,
            d_ff=whole_number(config, "intermediate_size"),
            qk_norm=self.qk_norm,
            tied=config.get("tie_word_embeddings", False),
            rope_base=number(rope, "rope_theta", number(config, "rope_theta", 10000.0)),
            norm_eps=number(config, "rms_norm_eps", 1e-6),
        )

    def config_of(self, model: ModernGPT) -> dict[str, Any]:
        """The ``config.json`` of a model."""
        config = model.config
        return {
            "architectures": [self.architecture],
            "model_type": self.model_type,
            **{name: allowed[0] for name, allowed in self.fixed.items()},
            "vocab_size": config.vocab_size,
            "max_position_embeddings": config.context_length,
            "hidden_size": config.d_model,
            "intermediate_size": config.d_ff,
            "num_attention_heads": config.n_heads,
            "num_key_value_heads": config.kv_heads,
            "num_hidden_layers": config.n_layers,
            "head_dim": config.head_size,
            "rms_norm_eps": config.norm_eps,
            "rope_theta": config.rope_base,
            "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_base},
            "tie_word_embeddings": config.tied,
            "bos_token_id": config.vocab_size - 1,
            "eos_token_id": config.vocab_size - 1,
            "dtype": str(model.head.weight.dtype).removeprefix("torch."),
        }

    def tensors_of(self, model: ModernGPT) -> dict[str, Tensor]:
        """The weights under the names of the layout: what :func:`load_llama_state_dict` reads."""
        parameters = dict(model.named_parameters())
        return {theirs: parameters[ours].detach() for theirs, ours in llama_names(model.config).items()}


LLAMA = Layout(
    model_type="llama",
    architecture="LlamaForCausalLM",
    qk_norm=False,
    fixed={**FIXED, "mlp_bias": (False,)},
    d_head=None,
)
QWEN3 = Layout(
    model_type="qwen3",
    architecture="Qwen3ForCausalLM",
    qk_norm=True,
    fixed={**FIXED, "use_sliding_window": (False,)},
    d_head=128,
)


def _rope(config: Config) -> Config:
    """The settings of the rotary positions, under either of the names that they have had."""
    layers = config.get("layer_types") or ["full_attention"]
    if not isinstance(layers, list):
        raise ValueError(f"layer_types={layers!r} must be a list of names")
    for kind in layers:
        check_fixed({"layer_types": kind}, {"layer_types": ("full_attention",)}, "ModernGPT")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(rope, Mapping):
        raise ValueError(f"rope_parameters={rope!r} must be an object of names and values")
    check_fixed({"rope_type": rope.get("type", "default"), **rope}, ROPE, "ModernGPT")
    return rope


def llama_names(config: ModernConfig) -> dict[str, str]:
    """For every tensor of a Llama or Qwen3 the parameter of ours that it becomes; a tied head is stored once.

    >>> sizes = {"vocab_size": 11, "context_length": 5, "d_model": 4, "n_heads": 2, "n_layers": 1}
    >>> llama_names(ModernConfig(**sizes))["model.layers.0.mlp.up_proj.weight"]
    'blocks.0.feed_forward.w_in.weight'
    """
    names = {"model.embed_tokens.weight": "token_embedding.weight", "model.norm.weight": "norm.weight"}
    block = BLOCK | QK_NORM if config.qk_norm else BLOCK
    for layer in range(config.n_layers):
        for theirs, ours in block.items():
            names[f"model.layers.{layer}.{theirs}.weight"] = f"blocks.{layer}.{ours}.weight"
    return names if config.tied else names | {"lm_head.weight": "head.weight"}


def load_llama_state_dict(model: ModernGPT, state: Mapping[str, Tensor]) -> None:
    """Copy the weights of a Llama or Qwen3 into ``model``.

    Raises ``ValueError`` when a tensor is missing, unknown or of the wrong shape, or when a tied model gets
    a head of its own. The model is then unchanged.
    """
    tied = model.config.tied
    tensors = {name: tensor for name, tensor in state.items() if not name.endswith("rotary_emb.inv_freq")}
    head = tensors.pop("lm_head.weight", None) if tied else None
    names, parameters = llama_names(model.config), dict(model.named_parameters())
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
