"""The layout of GPT-2 in transformers: its configuration and tensors, and those of :class:`seq2gpt.gpt.GPT`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from seq2gpt.blocks import LayerNorm
from seq2gpt.config_json import Config, check_fixed, check_layers, number, whole_number
from seq2gpt.gpt import GPT, GPTConfig, gpt2_names, load_gpt2_state_dict

# What a GPT has no other way to do. A config.json without the name means GPT-2's own choice, the first.
FIXED: dict[str, tuple[Any, ...]] = {
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
}


def fits(model: object) -> bool:
    """Whether this layout can hold the model."""
    return isinstance(model, GPT)


def build(config: Config, tensors: Mapping[str, Tensor]) -> GPT:
    """A GPT with the weights. Raises ``ValueError`` for what does not fit, ``KeyError`` for a missing size."""
    check_fixed(config, FIXED, "GPT")
    sizes = GPTConfig(
        vocab_size=whole_number(config, "vocab_size"),
        context_length=whole_number(config, "n_positions"),
        d_model=whole_number(config, "n_embd"),
        n_heads=whole_number(config, "n_head"),
        n_layers=whole_number(config, "n_layer"),
        d_ff=None if config.get("n_inner") is None else whole_number(config, "n_inner"),
        dropout=number(config, "resid_pdrop", 0.1),
    )
    check_layers(sizes.n_layers, tensors)
    model = GPT(sizes)
    for module in model.modules():
        if isinstance(module, LayerNorm):
            module.eps = number(config, "layer_norm_epsilon", 1e-5)
    load_gpt2_state_dict(model, tensors)
    return model


def config_of(model: GPT) -> dict[str, Any]:
    """The ``config.json`` of a model."""
    config = model.config
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        **{name: choices[0] for name, choices in FIXED.items()},
        "vocab_size": config.vocab_size,
        "n_positions": config.context_length,
        "n_embd": config.d_model,
        "n_head": config.n_heads,
        "n_layer": config.n_layers,
        "n_inner": config.d_ff,
        "layer_norm_epsilon": model.norm.eps,
        **{f"{place}_pdrop": config.dropout for place in ("attn", "embd", "resid")},
        "bos_token_id": config.vocab_size - 1,
        "eos_token_id": config.vocab_size - 1,
        "dtype": str(model.head.weight.dtype).removeprefix("torch."),
    }


def tensors_of(model: GPT) -> dict[str, Tensor]:
    """The weights under the names of the published GPT-2: what :func:`~seq2gpt.gpt.load_gpt2_state_dict` reads.

    GPT-2 has biases everywhere; a model without them gets biases of 0.
    """
    parameters = dict(model.named_parameters())
    tensors = {}
    for published, ours in gpt2_names(replace(model.config, bias=True)).items():
        parts = [parameters.get(name, _no_bias(parameters, name)) for name in ours]
        tensor = torch.cat(parts).detach()
        if published.startswith("h.") and tensor.dim() == 2:
            tensor = tensor.T  # a Conv1D stores (in, out)
        tensors[f"transformer.{published}"] = tensor
    return tensors


def _no_bias(parameters: Mapping[str, Tensor], name: str) -> Tensor:
    weight = parameters[name.removesuffix("bias") + "weight"] if name.endswith(".bias") else parameters[name]
    return weight.new_zeros(len(weight))
