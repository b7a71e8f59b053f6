"""Configurations and presets."""

import dataclasses
import json
from pathlib import Path

import pytest

from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig, config_from_json, config_to_json
from seq2gpt.run.model import build_model
from seq2gpt.run.presets import PRESETS, chars, gpt2_124m, shakespeare, tiny


@pytest.mark.usefixtures("_as_users_run_it")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "a/b"}, "name='a/b' is not a plain folder name; use letters, digits and dashes"),
        ({"name": ""}, "name='' is not a plain folder name; use letters, digits and dashes"),
        ({"name": ".."}, "name='..' is not a plain folder name; use letters, digits and dashes"),
        ({"d_model": 100, "n_heads": 8}, "d_model=100 does not split into n_heads=8; use a multiple of 8"),
        ({"n_steps": 0}, "n_steps=0 is out of range; use 1 or more"),
        ({"batch_size": -3}, "batch_size=-3 is out of range; use 1 or more"),
        ({"n_heads": 0}, "n_heads=0 is out of range; use 1 or more"),
        ({"context_length": 1}, "context_length=1 is out of range; use 2 or more"),
        ({"eval_every": 0}, "eval_every=0 is out of range; use 1 or more"),
        ({"checkpoint_every": 0}, "checkpoint_every=0 is out of range; use 1 or more"),
        ({"seed": -1}, "seed=-1 is out of range; use 0 or more"),
        ({"n_warmup": -1}, "n_warmup=-1 is out of range; use 0 or more"),
        ({"lr_min": -0.1}, "lr_min=-0.1 is out of range; use 0 or more"),
        ({"d_model": 0}, "d_model=0 is out of range; use 1 or more"),
        ({"n_layers": 0}, "n_layers=0 is out of range; use 1 or more"),
        ({"weight_decay": float("nan")}, "weight_decay=nan is out of range; use 0 or more"),
        ({"lr": 0.0}, "lr=0.0 must be a positive number; try 0.004"),
        ({"lr": float("inf")}, "lr=inf must be a positive number; try 0.004"),
        ({"max_norm": -1.0}, "max_norm=-1.0 must be a positive number; try 1.0"),
        ({"accumulate": 0}, "accumulate=0 is out of range; use 1 or more"),
        (
            {"accumulate": 5},
            "batch_size=12 does not split into accumulate=5 equal parts; use a multiple of 5",
        ),
        ({"d_model": 16.0}, "d_model=16.0 is no whole number; use 1 or more"),
        ({"n_steps": 2.5}, "n_steps=2.5 is no whole number; use 1 or more"),
        ({"n_layers": True}, "n_layers=True is no whole number; use 1 or more"),
        ({"patience": -1}, "patience=-1 is out of range; use 0 or more"),
        ({"vocab_size": 256}, "vocab_size=256 is out of range; use 257 or more"),
        (
            {"precision": "float16", "parallel": "fsdp"},
            "precision=float16 does not go with parallel=fsdp; use --precision bfloat16",
        ),
        ({"lr_min": 0.1}, "lr_min=0.1 is above lr=0.02; use a smaller --lr-min"),
        ({"n_steps": 50, "n_warmup": 50}, "n_warmup=50 fills the whole run, n_steps=50; use --n-warmup 5"),
    ],
)
def test_impossible_values_are_refused_in_one_line(changes, message):
    with pytest.raises(UserError) as refusal:
        dataclasses.replace(chars(), **changes)
    assert str(refusal.value) == message


def test_a_configuration_survives_the_run_folder():
    config = TrainConfig(name="mine", data=Path("poems.txt"), out=Path("elsewhere"), lr=1e-4, device="cpu")
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config
    assert config_from_json(config_to_json(chars())) == chars()


def test_the_run_lives_in_out_slash_name():
    assert TrainConfig(name="mine", out=Path("a")).folder == Path("a/mine")


def test_presets_are_named_after_themselves_and_say_what_to_expect():
    for name, preset in PRESETS.items():
        about = " ".join((preset.__doc__ or "").split())
        assert preset().name == name
        assert f"seq2gpt train {name}" in about
        if preset().device == "cuda":
            assert "GPU" in about
            assert "not been measured" in about, "a figure needs the GPU that gave it"
        else:
            for fact in ("CPU core", "nats per character", "Python 3."):
                assert fact in about, (name, fact)
    assert tiny().n_steps * tiny().batch_size * tiny().context_length < 300_000, "tiny takes seconds"


def test_the_size_that_a_preset_names_is_right():
    sizes = [
        sum(parameter.numel() for parameter in build_model(preset(), vocab_size).parameters())
        for preset, vocab_size in ((shakespeare, 65), (gpt2_124m, 50257))
    ]
    assert sizes == [10_647_552, 124_439_808]
    assert f"{sizes[0] / 1e6:.1f} million" in (shakespeare.__doc__ or "")
