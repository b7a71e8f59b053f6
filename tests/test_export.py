"""ONNX Runtime computes from the file what the model computes."""

import os
import re
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from seq2gpt import export
from seq2gpt.errors import UserError
from seq2gpt.export import export_onnx
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT


def random_model(**changes: Any) -> GPT:
    sizes = {"vocab_size": 37, "context_length": 13, "d_model": 15, "n_heads": 3, "n_layers": 2}
    model, generator = GPT(GPTConfig(**{**sizes, **changes})), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4, generator=generator)
    return model


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    model = random_model(dropout=0.5)
    export_onnx(model, path)
    assert model.training, "the mode comes back"
    return path


@pytest.mark.parametrize("shape", [(1, 1), (1, 13), (3, 1), (5, 7)])
def test_onnx_runtime_gives_the_logits_of_the_model(exported: Path, shape: tuple[int, int]) -> None:
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    ids = torch.randint(37, shape, generator=torch.Generator().manual_seed(1))
    (logits,) = session.run(["logits"], {"ids": ids.numpy()})
    expected = random_model().eval()(ids)
    torch.testing.assert_close(torch.from_numpy(logits), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("_as_users_run_it")
def test_a_modern_gpt_can_be_exported_too(tmp_path: Path) -> None:
    config = ModernConfig(vocab_size=37, context_length=13, d_model=24, n_heads=6, n_layers=2, n_kv_heads=2)
    model = ModernGPT(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4)
    export_onnx(model, tmp_path / "modern.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "modern.onnx", providers=["CPUExecutionProvider"])
    for shape in ((1, 13), (3, 5)):
        ids = torch.randint(37, shape)
        (logits,) = session.run(["logits"], {"ids": ids.numpy()})
        torch.testing.assert_close(torch.from_numpy(logits), model(ids), rtol=1e-5, atol=1e-5)


def test_the_file_stands_alone(exported: Path) -> None:
    assert [path.name for path in exported.parent.iterdir()] == ["model.onnx"]


def test_nothing_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    export_onnx(random_model(context_length=1, n_layers=1), tmp_path / "small.onnx")
    assert capfd.readouterr() == ("", "")


def test_what_does_not_fit_into_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LARGEST", 1000)
    model = random_model()
    n_bytes = 4 * sum(parameter.numel() for parameter in model.parameters())
    message = f"{n_bytes:,} bytes of weights do not fit into one ONNX file (2 GB); export a smaller model"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        export_onnx(model, tmp_path / "large.onnx")
    assert os.listdir(tmp_path) == []


def test_broken_weights_are_not_written(tmp_path: Path) -> None:
    model = random_model()
    torch.nn.init.constant_(model.norm.weight, torch.nan)
    with pytest.raises(
        ValueError, match=r"^norm\.weight holds nan or infinite numbers; take weights from before"
    ):
        export_onnx(model, tmp_path / "model.onnx")
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_onnx_bytes", lambda model: b"")
    path = tmp_path / "missing/model.onnx"
    message = f"{path} cannot be written (No such file or directory); choose another place"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        export_onnx(random_model(), path)


def test_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **settings: Any) -> None:
        raise ModuleNotFoundError("No module named 'onnxscript'", name="onnxscript")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(UserError, match=re.escape("ONNX needs onnxscript; pip install 'seq2gpt[onnx]'")):
        export_onnx(random_model(), tmp_path / "model.onnx")
    assert os.listdir(tmp_path) == []
