"""Model FLOPs utilisation."""

import pytest
import torch

from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.run import speed
from seq2gpt.run.speed import PEAKS, measured_flops, peak_flops, training_flops_per_token
from seq2gpt.scaling import transformer_flops

CPU = torch.device("cpu")


@pytest.mark.parametrize(("n_layers", "n"), [(1, 5), (3, 7)])
def test_operations_are_those_of_the_lesson(n_layers, n):
    config = GPTConfig(vocab_size=11, context_length=7, d_model=6, n_heads=3, n_layers=n_layers)
    assert training_flops_per_token(GPT(config), n) == pytest.approx(3 * transformer_flops(config, n) / n)


def test_operations_of_the_modern_layout_count_its_own_matrices():
    config = ModernConfig(vocab_size=11, context_length=7, d_model=12, n_heads=3, n_layers=2, n_kv_heads=1)
    attention = 12 * 12 + 2 * 12 * 4 + 12 * 12  # queries, one head of keys and values, output
    feed_forward = 3 * 12 * 32
    forward = 2 * (2 * (attention + feed_forward) + 11 * 12) + 2 * 4 * 5 * 12
    assert training_flops_per_token(ModernGPT(config), 5) == 3 * forward


def test_heads_wider_than_the_model_cost_more_pairs():
    sizes = {"vocab_size": 11, "context_length": 7, "d_model": 12, "n_heads": 3, "n_layers": 2}
    model = ModernGPT(ModernConfig(**sizes, d_head=10))
    one, more = (training_flops_per_token(model, n) for n in (1, 6))
    assert more - one == 3 * 2 * (2 * 30 + 2 * 30) * 5  # scores and sums, 30 wide, in 2 layers


def test_the_operations_are_those_that_torch_counts():
    from torch.utils.flop_counter import FlopCounterMode

    config = GPTConfig(vocab_size=11, context_length=7, d_model=6, n_heads=3, n_layers=2)
    model = GPT(config)
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 7, dtype=torch.long)).sum().backward()
    pairs = 3 * config.n_layers * 4 * 7 * config.d_model  # torch does not count its fused attention on a CPU
    assert (training_flops_per_token(model, 7) - pairs) * 7 == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "precision", "expected"),
    [
        ("NVIDIA H100 80GB HBM3", "bfloat16", PEAKS["H100"][0]),
        ("NVIDIA H200", "float32", PEAKS["H200"][1]),
        ("Tesla T4", "float16", 65e12),
        ("NVIDIA L4", "bfloat16", 121e12),
        ("NVIDIA A100-SXM4-40GB", "bfloat16", 312e12),
    ],
)
def test_known_gpus_have_the_peak_of_their_data_sheet(monkeypatch, name, precision, expected):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: name)
    assert peak_flops(torch.device("cuda"), precision) == expected


def test_elsewhere_the_peak_is_measured(monkeypatch):
    clock = iter([0.0, 4.0, 10.0, 12.0, 20.0, 23.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert measured_flops(CPU, torch.float32, size=7, rounds=3) == 2 * 7**3 / 2.0
    monkeypatch.undo()
    assert 1e8 < peak_flops(CPU, "float32") < 1e14


def test_the_peak_is_measured_where_and_in_the_precision_that_is_asked_for(monkeypatch):
    made, asked, ones = [], [], torch.ones
    monkeypatch.setattr(torch, "ones", lambda *shape, **kind: made.append(kind) or ones(*shape, **kind))
    measured_flops(CPU, torch.bfloat16, size=3, rounds=1)
    assert made == [{"device": CPU, "dtype": torch.bfloat16}]
    monkeypatch.setattr(speed, "measured_flops", lambda device, dtype: asked.append((device, dtype)) or 7.0)
    assert peak_flops(CPU, "bfloat16") == 7.0
    assert asked == [(CPU, torch.bfloat16)]
