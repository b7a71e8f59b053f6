"""Weights of transformers' models give their logits here, ours give the same there; damage is named."""

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from seq2gpt import hub
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.hub import find_folder, load_folder, load_pretrained, read_tokenizer, save_pretrained
from seq2gpt.llama_layout import load_llama_state_dict
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.sampler import load_model
from seq2gpt.run.trainer import train
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

VOCAB_SIZE, CONTEXT_LENGTH = 37, 13


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def randomise(model: nn.Module) -> nn.Module:
    """Every parameter, biases and gains too, far from its neutral value."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3, generator=generator)
    return model.eval()


def their_gpt2(**changes: Any) -> nn.Module:
    sizes = {"vocab_size": VOCAB_SIZE, "n_positions": CONTEXT_LENGTH, "n_embd": 15, "n_head": 3, "n_layer": 2}
    tokens = {"bos_token_id": 0, "eos_token_id": 0}
    return randomise(GPT2LMHeadModel(GPT2Config(**{**sizes, **tokens, **changes})))


def our_gpt(**changes: Any) -> GPT:
    sizes = {
        "vocab_size": VOCAB_SIZE,
        "context_length": CONTEXT_LENGTH,
        "d_model": 15,
        "n_heads": 3,
        "n_layers": 2,
    }
    return randomise(GPT(GPTConfig(**{**sizes, **changes})))


def ids() -> Tensor:
    return torch.randint(VOCAB_SIZE, (2, CONTEXT_LENGTH), generator=torch.Generator().manual_seed(1))


def refusal(action: Any, *arguments: Any) -> str:
    with pytest.raises(UserError) as error:
        action(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


# GPT-2, both ways


@pytest.mark.parametrize("changes", [{}, {"n_inner": 29}, {"layer_norm_epsilon": 0.1}])
def test_weights_of_transformers_give_its_logits(tmp_path: Path, changes: dict[str, Any]) -> None:
    theirs = their_gpt2(**changes)
    theirs.save_pretrained(tmp_path)
    ours = load_pretrained(tmp_path)
    assert isinstance(ours, GPT)
    assert not ours.training
    torch.testing.assert_close(ours(ids()), theirs(ids()).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"d_ff": 29}, {"bias": False}, {"dropout": 0.3}])
def test_our_weights_give_our_logits_in_transformers(tmp_path: Path, changes: dict[str, Any]) -> None:
    ours = our_gpt(**changes)
    save_pretrained(ours, tmp_path / "mine")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "mine").eval()
    torch.testing.assert_close(ours(ids()), theirs(ids()).logits, rtol=1e-5, atol=1e-5)
    assert theirs.config.resid_pdrop == ours.config.dropout
    again = load_pretrained(tmp_path / "mine")
    assert torch.equal(again(ids()), ours(ids()))


def test_epsilon_is_written_back(tmp_path: Path) -> None:
    their_gpt2(layer_norm_epsilon=0.1).save_pretrained(tmp_path / "a")
    save_pretrained(load_pretrained(tmp_path / "a"), tmp_path / "b")
    assert json.loads((tmp_path / "b/config.json").read_text())["layer_norm_epsilon"] == 0.1


def test_weights_in_several_files_and_in_half_precision(tmp_path: Path) -> None:
    theirs = their_gpt2().half()
    theirs.save_pretrained(tmp_path, max_shard_size="5KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    ours = load_pretrained(tmp_path)
    assert ours.head.weight.dtype == torch.float32
    torch.testing.assert_close(ours(ids()), theirs.float()(ids()).logits, rtol=1e-5, atol=1e-5)


# Llama, both ways


def their_llama(**changes: Any) -> nn.Module:
    sizes = {
        "vocab_size": VOCAB_SIZE, "max_position_embeddings": CONTEXT_LENGTH, "hidden_size": 24, "intermediate_size": 29,
        "num_attention_heads": 6, "num_key_value_heads": 2, "num_hidden_layers": 2, "bos_token_id": 0, "eos_token_id": 0,
    }  # fmt: skip
    return randomise(LlamaForCausalLM(LlamaConfig(**{**sizes, **changes})))


def our_llama(**changes: Any) -> ModernGPT:
    sizes = {
        "vocab_size": VOCAB_SIZE, "context_length": CONTEXT_LENGTH, "d_model": 24, "d_ff": 29, "n_heads": 6,
        "n_kv_heads": 2, "n_layers": 2, "qk_norm": False,
    }  # fmt: skip
    return randomise(ModernGPT(ModernConfig(**{**sizes, **changes})))


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"tie_word_embeddings": True}, {"num_key_value_heads": 6}, {"num_key_value_heads": 1},
        {"rms_norm_eps": 0.1}, {"rope_parameters": {"rope_type": "default", "rope_theta": 50.0}}, {"head_dim": 10},
    ],
)  # fmt: skip
def test_a_llama_of_transformers_gives_its_logits(tmp_path: Path, changes: dict[str, Any]) -> None:
    theirs = their_llama(**changes)
    theirs.save_pretrained(tmp_path)
    ours = load_pretrained(tmp_path)
    assert isinstance(ours, ModernGPT)
    assert not ours.training
    torch.testing.assert_close(ours(ids()), theirs(ids()).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"tied": False}, {"tied": True}, {"n_kv_heads": None}, {"rope_base": 50.0}, {"norm_eps": 0.1},
        {"d_head": 10},
    ],
)  # fmt: skip
def test_our_llama_gives_our_logits_in_transformers(tmp_path: Path, changes: dict[str, Any]) -> None:
    ours = our_llama(**changes)
    save_pretrained(ours, tmp_path / "mine")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "mine").eval()
    torch.testing.assert_close(ours(ids()), theirs(ids()).logits, rtol=1e-5, atol=1e-5)
    again = load_pretrained(tmp_path / "mine")
    assert again.config == ours.config
    assert torch.equal(again(ids()), ours(ids()))


def test_the_older_way_to_write_the_base_is_read(tmp_path: Path) -> None:
    save_pretrained(our_llama(rope_base=50.0), tmp_path / "mine")
    (tmp_path / "mine/SHA256SUMS").unlink()
    break_config(tmp_path / "mine", rope_parameters="gone", rope_theta=70.0)
    assert load_pretrained(tmp_path / "mine").config.rope_base == 70.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer_types": 1}, "layer_types=1 must be a list of names"),
        ({"layer_types": [1]}, "layer_types=1 is not what a ModernGPT does; it must be 'full_attention'"),
        ({"num_hidden_layers": 99}, "99 layers do not go with 20 tensors; take the configuration of the weights"),
        ({"hidden_act": "gelu"}, "hidden_act='gelu' is not what a ModernGPT does; it must be 'silu'"),
        ({"attention_bias": True}, "attention_bias=True is not what a ModernGPT does; it must be False"),
        ({"rope_parameters": {"rope_type": "llama3"}}, "rope_type='llama3' is not what a ModernGPT does; it must be 'default'"),
        ({"rope_parameters": {"partial_rotary_factor": 0.5}},
         "partial_rotary_factor=0.5 is not what a ModernGPT does; it must be 1.0"),
        ({"rope_parameters": "gone", "rope_scaling": {"type": "linear", "factor": 2.0}},
         "rope_type='linear' is not what a ModernGPT does; it must be 'default'"),
        ({"rope_parameters": 7}, "rope_parameters=7 must be an object of names and values"),
        ({"mlp_bias": True}, "mlp_bias=True is not what a ModernGPT does; it must be False"),
        ({"head_dim": 8}, "model.layers.0.self_attn.q_proj.weight has shape (24, 24), this model needs (48, 24); "
         "build the model with the configuration of the weights"),
        ({"head_dim": 5}, "d_head=5 must be an even whole number of at least 2"),
        ({"hidden_size": "24"}, "hidden_size='24' must be a whole number of at least 1"),
        ({"num_attention_heads": 0}, "num_attention_heads=0 must be a whole number of at least 1"),
        ({"num_hidden_layers": True}, "num_hidden_layers=True must be a whole number of at least 1"),
        ({"rms_norm_eps": "small"}, "rms_norm_eps='small' must be a finite number of at least 0"),
        ({"rope_parameters": {"rope_theta": -1}}, "rope_theta=-1 must be a finite number of at least 0"),
        ({"num_key_value_heads": 4}, "n_kv_heads=4 must divide n_heads=6"),
        ({"num_key_value_heads": 3}, "model.layers.0.self_attn.k_proj.weight has shape (8, 24), this model needs (12, 24); "
         "build the model with the configuration of the weights"),
        ({"num_hidden_layers": 1}, "the state holds unknown model.layers.1.input_layernorm.weight, "
         "model.layers.1.mlp.down_proj.weight, model.layers.1.mlp.gate_proj.weight (9 in all); "
         "build the model with the configuration of the weights"),
        ({"tie_word_embeddings": False}, "the state lacks lm_head.weight (1 in all); "
         "build the model with the configuration of the weights"),
    ],
)  # fmt: skip
def test_a_llama_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    folder = tmp_path / "mine"
    save_pretrained(our_llama(), folder)
    (folder / "SHA256SUMS").unlink()
    break_config(folder, **changes)
    assert refusal(load_pretrained, folder) == f"{folder}: {message}"


def test_weights_that_do_not_fit_leave_a_llama_unchanged() -> None:
    model, state = our_llama(), their_llama().state_dict()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    message = "lm_head.weight differs from model.embed_tokens.weight, though the configuration ties them"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load_llama_state_dict(model, state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_parts_that_no_layout_has_cannot_be_written(tmp_path: Path) -> None:
    message = refusal(save_pretrained, our_llama(activation="relu2"), tmp_path / "mine")
    assert message == (
        "a ModernGPT with activation='relu2' has no layout that others read; "
        "give a GPT, or a ModernGPT with activation='swiglu'"
    )
    assert os.listdir(tmp_path) == []


# Qwen3, both ways: Llama with normalised queries and keys, and a width of the heads of their own


def their_qwen3(**changes: Any) -> nn.Module:
    sizes = {
        "vocab_size": VOCAB_SIZE, "max_position_embeddings": CONTEXT_LENGTH, "hidden_size": 14, "intermediate_size": 29,
        "num_attention_heads": 6, "num_key_value_heads": 2, "num_hidden_layers": 2, "head_dim": 10,
        "bos_token_id": 0, "eos_token_id": 0,
    }  # fmt: skip
    return randomise(Qwen3ForCausalLM(Qwen3Config(**{**sizes, **changes})))


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"tie_word_embeddings": True}, {"num_key_value_heads": 6}, {"num_key_value_heads": 1}, {"head_dim": 4},
        {"rms_norm_eps": 0.1}, {"rope_parameters": {"rope_type": "default", "rope_theta": 50.0}},
    ],
)  # fmt: skip
def test_a_qwen3_of_transformers_gives_its_logits(tmp_path: Path, changes: dict[str, Any]) -> None:
    theirs = their_qwen3(**changes)
    theirs.save_pretrained(tmp_path)
    ours = load_pretrained(tmp_path)
    assert ours.config.qk_norm
    torch.testing.assert_close(ours(ids()), theirs(ids()).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"tied": False}, {"tied": True}, {"n_kv_heads": None}, {"d_head": None, "d_model": 24}, {"rope_base": 50.0},
        {"norm_eps": 0.1},
    ],
)  # fmt: skip
def test_our_qwen3_gives_our_logits_in_transformers(tmp_path: Path, changes: dict[str, Any]) -> None:
    ours = our_llama(**{"qk_norm": True, "d_model": 14, "d_head": 10, **changes})
    save_pretrained(ours, tmp_path / "mine")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "mine").eval()
    assert isinstance(theirs, Qwen3ForCausalLM)
    torch.testing.assert_close(ours(ids()), theirs(ids()).logits, rtol=1e-5, atol=1e-5)
    again = load_pretrained(tmp_path / "mine")
    assert again.config == ours.config
    assert torch.equal(again(ids()), ours(ids()))


def test_a_qwen3_that_does_not_name_its_heads_has_them_128_wide(tmp_path: Path) -> None:
    save_pretrained(our_llama(qk_norm=True, d_head=128), tmp_path / "mine")
    (tmp_path / "mine/SHA256SUMS").unlink()
    break_config(tmp_path / "mine", head_dim="gone")
    assert load_pretrained(tmp_path / "mine").config.d_head == 128


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"use_sliding_window": True}, "use_sliding_window=True is not what a ModernGPT does; it must be False"),
        ({"layer_types": ["full_attention", "sliding_attention"]},
         "layer_types='sliding_attention' is not what a ModernGPT does; it must be 'full_attention'"),
        ({"attention_bias": True}, "attention_bias=True is not what a ModernGPT does; it must be False"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 4.0}},
         "rope_type='yarn' is not what a ModernGPT does; it must be 'default'"),
        ({"model_type": "llama"}, "the state holds unknown model.layers.0.self_attn.k_norm.weight, "
         "model.layers.0.self_attn.q_norm.weight, model.layers.1.self_attn.k_norm.weight (4 in all); "
         "build the model with the configuration of the weights"),
    ],
)  # fmt: skip
def test_a_qwen3_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    folder = tmp_path / "mine"
    save_pretrained(our_llama(qk_norm=True), folder)
    (folder / "SHA256SUMS").unlink()
    break_config(folder, **changes)
    assert refusal(load_pretrained, folder) == f"{folder}: {message}"


# what cannot be loaded


def break_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= changes
    config = {name: value for name, value in config.items() if value != "gone"}
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    save_pretrained(our_gpt(), folder)
    (folder / "SHA256SUMS").unlink()
    return folder


@pytest.mark.parametrize("n_bytes", [0, 5, 700, -1])
def test_a_truncated_file_is_named(saved: Path, n_bytes: int) -> None:
    weights = saved / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:n_bytes])
    message = refusal(load_pretrained, saved)
    assert re.fullmatch(rf"{weights} is damaged or cut short \(.+\); copy or download it again", message)


def test_the_folder_of_a_run_is_no_folder_of_weights(tmp_path: Path) -> None:
    """``sample`` and ``serve`` take both; who loads a run in Python is sent to what reads it."""
    config = TrainConfig(
        name="mine", out=tmp_path, d_model=4, n_heads=2, n_layers=1, context_length=2, n_steps=1, n_warmup=0
    )
    train(config)
    message = f"{tmp_path / 'mine'} is a run of `seq2gpt train`; load it with seq2gpt.run.sampler.load_model"
    assert refusal(load_pretrained, config.folder) == message
    assert load_model(config.folder)[0].config.d_model == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "bert"}, "config.json has model_type='bert'; only {known} can be loaded"),
        ({"n_head": "gone"}, "config.json lacks 'n_head'; take the file that belongs to the weights"),
        ({"n_head": 4}, ": d_model=15 does not split into n_heads=4; use a multiple of 4"),
        ({"n_layer": 3}, ": the state lacks h.2.attn.c_attn.bias, h.2.attn.c_attn.weight, h.2.attn.c_proj.bias (12 in all); "
         "build the model with the configuration of the weights"),
        ({"n_layer": 1}, ": the state holds unknown h.1.attn.c_attn.bias, h.1.attn.c_attn.weight, h.1.attn.c_proj.bias "
         "(12 in all); build the model with the configuration of the weights"),
        ({"vocab_size": 38}, ": wte.weight has shape (37, 15), this model needs (38, 15); "
         "build the model with the configuration of the weights"),
        ({"activation_function": "relu"}, ": activation_function='relu' is not what a GPT does; it must be 'gelu_new'"),
        ({"scale_attn_by_inverse_layer_idx": True},
         ": scale_attn_by_inverse_layer_idx=True is not what a GPT does; it must be False"),
        ({"n_embd": 15.0}, ": n_embd=15.0 must be a whole number of at least 1"),
        ({"n_embd": 10**30}, f": n_embd={10**30} is more than can be counted, {2**63 - 1}"),
        ({"n_layer": 10**9}, ": 1000000000 layers do not go with 28 tensors; take the configuration of the weights"),
        ({"n_inner": -1}, ": n_inner=-1 must be a whole number of at least 1"),
        ({"layer_norm_epsilon": None}, ": layer_norm_epsilon=None must be a finite number of at least 0"),
        ({"resid_pdrop": 1.5}, ": dropout=1.5 must be at least 0 and below 1"),
        ({"scale_attn_weights": False}, ": scale_attn_weights=False is not what a GPT does; it must be True"),
        ({"tie_word_embeddings": False}, ": tie_word_embeddings=False is not what a GPT does; it must be True"),
    ],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_is_refused(
    saved: Path, changes: dict[str, Any], message: str
) -> None:
    break_config(saved, **changes)
    join = "" if message.startswith(":") else "/"
    known = " and ".join(hub.LAYOUTS)
    assert refusal(load_pretrained, saved) == f"{saved}{join}{message.format(known=known)}"


def test_a_configuration_too_large_for_any_memory_is_named(saved: Path) -> None:
    break_config(saved, vocab_size=10**15)
    message = refusal(load_pretrained, saved)
    assert message.startswith(f"{saved / 'config.json'} asks for a model that does not fit into memory (")
    assert message.endswith("); take the file that belongs to the weights")


@pytest.mark.parametrize(
    ("number", "dtype", "message"),
    [
        (math.nan, torch.float32, "holds nan or infinite numbers; take weights from before the loss broke"),
        (-math.inf, torch.bfloat16, "holds nan or infinite numbers; take weights from before the loss broke"),
        (1, torch.int8, "has dtype torch.int8; take weights that are not quantised"),
        (1, torch.float8_e4m3fn, "has dtype torch.float8_e4m3fn; take weights that are not quantised"),
    ],
)
def test_weights_with_which_no_model_can_compute_are_named(
    saved: Path, number: float, dtype: torch.dtype, message: str
) -> None:
    tensors = load_file(saved / "model.safetensors")
    name = "transformer.h.1.mlp.c_fc.weight"
    tensors[name][3, 4] = number
    save_file(tensors | {name: tensors[name].to(dtype)}, saved / "model.safetensors")
    assert refusal(load_pretrained, saved) == f"{saved}: {name} {message}"


@pytest.mark.parametrize(("content", "why"), [("{", "Expecting property name"), ("[]", "no object of names")])
def test_a_broken_config_is_named(saved: Path, content: str, why: str) -> None:
    (saved / "config.json").write_text(content)
    message = refusal(load_pretrained, saved)
    assert message.startswith(f"{saved / 'config.json'} is damaged ({why}")
    assert message.endswith("); copy or download it again")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    message = f"{saved / name} is missing; give a folder with config.json and model.safetensors"
    assert refusal(load_pretrained, saved) == message


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    their_gpt2().save_pretrained(tmp_path, max_shard_size="5KB")
    part = min(tmp_path.glob("model-*.safetensors"))
    part.unlink()
    assert refusal(load_pretrained, tmp_path).startswith(f"{part} is missing; ")


@pytest.mark.parametrize("index", [{}, {"weight_map": ["a"]}, {"weight_map": {"wte.weight": 1}}])
def test_an_index_without_files_is_named(saved: Path, index: dict[str, Any]) -> None:
    path = saved / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    message = f"{path} is damaged (no weight_map to files); copy or download it again"
    assert refusal(load_pretrained, saved) == message


def test_sums_that_are_no_text_are_no_traceback(saved: Path) -> None:
    (saved / "SHA256SUMS").write_bytes(b"\xff\xfe  model.safetensors\n")
    assert refusal(load_pretrained, saved).startswith(f"{saved / 'model.safetensors'} has sha256 ")


def test_a_changed_file_fails_its_checksum(tmp_path: Path) -> None:
    save_pretrained(our_gpt(), tmp_path / "mine")
    weights = tmp_path / "mine/model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1  # one bit of one weight: nothing else could notice
    weights.write_bytes(content)
    message = refusal(load_pretrained, tmp_path / "mine")
    sums = tmp_path / "mine/SHA256SUMS"
    pattern = rf"{weights} has sha256 \w{{12}}…, {sums} says \w{{12}}…; copy or download it again"
    assert re.fullmatch(pattern, message)
    weights.unlink()
    assert refusal(load_pretrained, tmp_path / "mine") == (
        f"{weights} is missing, though {sums} lists it; copy or download it again"
    )


def test_without_network_one_line_says_so() -> None:
    message = refusal(load_pretrained, "openai-community/gpt2-that-nobody-has")
    assert message.startswith(
        "there is no folder openai-community/gpt2-that-nobody-has, and the hub did not give "
    )
    assert message.endswith("; check name and network, or give a local folder")


def test_a_path_that_is_no_hub_name_is_not_looked_up(tmp_path: Path) -> None:
    for path in ("nowhere", str(tmp_path / "x"), "./a"):
        assert refusal(find_folder, path) == (
            f"{Path(path)} does not exist; give a folder with config.json, or a hub name such as owner/model"
        )


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    assert refusal(find_folder, "a/b") == (
        "there is no folder a/b; to find a/b on the hub, pip install 'seq2gpt[hub]'"
    )


# saving


def test_a_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert refusal(save_pretrained, our_gpt(), tmp_path) == (
        f"{tmp_path} exists and is not empty; choose another folder"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_save_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(hub, "write_atomically", full)
    message = f"{tmp_path / 'mine'} cannot be written (No space left on device); choose another place"
    assert refusal(save_pretrained, our_gpt(), tmp_path / "mine") == message
    assert os.listdir(tmp_path) == []


def test_only_models_that_others_know_are_saved(tmp_path: Path) -> None:
    message = "a Linear has no layout that others read; give a GPT, or a ModernGPT with activation='swiglu'"
    assert refusal(save_pretrained, nn.Linear(2, 3), tmp_path / "mine") == message
    assert os.listdir(tmp_path) == []


# tokenizers

MERGES = ["#version: 0.2", "h e", "l l", "he ll", "hell o", "Ġ w"]


def numbered() -> dict[str, int]:
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [chr(256 + i) for i in range(256 - len(visible))]
    tokens = [*map(chr, visible), *hidden, *(merge.replace(" ", "") for merge in MERGES[1:]), "<|endoftext|>"]
    return {token: number for number, token in enumerate(tokens)}


def write_merges(folder: Path, kind: str) -> None:
    folder.mkdir(exist_ok=True)
    if kind == "tokenizer.json":
        merges = [merge.split() for merge in MERGES[1:]]
        model = {"type": "BPE", "vocab": numbered(), "merges": merges}
        (folder / kind).write_text(json.dumps({"model": model}))
    else:
        (folder / kind).write_text("\n".join(MERGES) + "\n", encoding="utf-8")
    if kind == "merges.txt":
        (folder / "vocab.json").write_text(json.dumps(numbered()))


@pytest.mark.parametrize("kind", ["merges.txt", "vocab.bpe", "tokenizer.json"])
@pytest.mark.parametrize("fast", [True, False])
def test_byte_pairs_of_gpt2_are_read(tmp_path: Path, kind: str, fast: bool, monkeypatch: Any) -> None:
    monkeypatch.setattr(hub, "_has_tiktoken", lambda: fast)
    write_merges(tmp_path, kind)
    tokenizer = read_tokenizer(tmp_path)
    assert isinstance(tokenizer, hub.FastBytePairTokenizer) == fast
    assert tokenizer.encode("hello w") == [numbered()["hello"], numbered()["Ġw"]]
    assert tokenizer.vocab_size == 256 + 5 + 1


@pytest.mark.skipif(
    "SEQ2GPT_DATA" not in os.environ, reason="SEQ2GPT_DATA names no folder with GPT-2's merges"
)
def test_the_tokens_of_gpt2_have_their_published_numbers() -> None:
    tokenizer = read_tokenizer(Path(os.environ["SEQ2GPT_DATA"]) / "gpt2_bpe")
    assert tokenizer.encode_with_special("Hello world<|endoftext|>") == [15496, 995, 50256]


def test_another_numbering_is_refused(tmp_path: Path) -> None:
    write_merges(tmp_path, "merges.txt")
    (tmp_path / "vocab.json").write_text(json.dumps(numbered() | {"ll": 7}))
    assert refusal(read_tokenizer, tmp_path) == (
        f"{tmp_path / 'merges.txt'} numbers the token 'll' otherwise than GPT-2 does; this cannot be read"
    )


def test_what_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    assert refusal(read_tokenizer, tmp_path).startswith(f"{path} is missing")
    path.write_text('{"model": {"type": "Unigram"}}')
    message = f"{path} holds a tokenizer of type 'Unigram'; only byte pairs can be read"
    assert refusal(read_tokenizer, tmp_path) == message
    for content in (b"#version\nh\n", b"#version\n\xff \xff\n"):
        (tmp_path / "merges.txt").write_bytes(content)
        message = refusal(read_tokenizer, tmp_path)
        assert message.startswith(f"{tmp_path / 'merges.txt'} is no list of byte-pair merges")


@pytest.mark.parametrize(
    "model",
    [
        None, [], {}, {"type": "BPE"}, {"type": "BPE", "merges": None, "vocab": {}}, {"type": "BPE", "merges": [1], "vocab": {}},
        {"type": "BPE", "merges": [["a", 1]], "vocab": {}}, {"type": "BPE", "merges": [], "vocab": None},
    ],
)  # fmt: skip
def test_a_damaged_tokenizer_is_named(tmp_path: Path, model: Any) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": model}))
    message = refusal(read_tokenizer, tmp_path)
    assert message.startswith(f"{path} holds no byte pairs (")
    assert message.endswith("); copy or download it again")


def test_special_tokens_that_are_no_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "seq2gpt_tokenizer.json"
    record = {"kind": "byte pairs", "byte_order": list(range(256)), "merges": [], "special_tokens": [1]}
    path.write_text(json.dumps(record))
    assert refusal(read_tokenizer, tmp_path).startswith(
        f"{path} holds no tokenizer (special_tokens must hold"
    )


def test_model_and_tokenizer_go_together(tmp_path: Path) -> None:
    characters = CharTokenizer([chr(97 + i) for i in range(VOCAB_SIZE)])
    save_pretrained(our_gpt(), tmp_path / "mine", characters)
    loaded = load_folder(tmp_path / "mine")
    assert loaded.tokenizer.symbols == characters.symbols
    assert torch.equal(loaded.model(ids()), our_gpt()(ids()))
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "mine").config.vocab_size == VOCAB_SIZE


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(tmp_path: Path) -> None:
    save_pretrained(our_gpt(), tmp_path / "mine", BytePairTokenizer({}))
    assert refusal(load_folder, tmp_path / "mine") == (
        f"{tmp_path / 'mine'}: the tokenizer has 256 tokens, the model vocab_size=37; "
        "take the tokenizer that the model was trained with"
    )
