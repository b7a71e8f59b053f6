"""Each thing that can be wrong with a machine is found, named, and comes with what helps."""

import importlib.util
import locale
import shutil
import sys
from collections import namedtuple

import psutil
import pytest
import torch

from autograder.student import commands, doctor

Version = namedtuple("Version", "major minor micro")
GIB = doctor.GIB


def test_this_machine_is_looked_at_whole(tmp_path, capsys):
    commands.doctor(tmp_path)
    out = capsys.readouterr().out
    for name in (
        "Python",
        "packages",
        "kernel",
        "torch",
        "device",
        "processor",
        "memory",
        "disk",
        "folder",
        "text",
        "compiler",
    ):
        assert f" {name:<14} " in out
    assert "✓ torch" in out
    assert out.splitlines()[-1].endswith(("All is fine.", "slow."))


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 1), "broken"), ((3, 11, 0), "fine"), ((3, 15, 0), "slow")]
)
def test_python(monkeypatch, version, state):
    monkeypatch.setattr(sys, "version_info", version)
    found = doctor.python()
    assert found.state == state
    assert ("Python 3.11 to 3.13" in found.text) is (state != "fine")


def test_missing_packages(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "anywidget" else real(name))
    assert "missing: anywidget (for the widgets of the lessons)" in doctor.packages().text
    assert "pip install 'seq2gpt[course]'" in doctor.packages().text


@pytest.mark.parametrize(
    ("argv", "state"), [("python", "fine"), (sys.executable, "fine"), ("/elsewhere/bin/python", "broken")]
)
def test_kernel(monkeypatch, argv, state):
    import jupyter_client.kernelspec as specs

    monkeypatch.setattr(
        specs.KernelSpecManager,
        "get_kernel_spec",
        lambda *_: namedtuple("Spec", "argv")([argv, "-m", "ipykernel"]),
    )
    assert doctor.kernel().state == state
    assert ("Notebooks would run in another environment" in doctor.kernel().text) is (state == "broken")


@pytest.mark.parametrize(
    ("version", "state"), [("2.13.0+cpu", "fine"), ("2.5.1", "broken"), ("3.0.0", "broken")]
)
def test_torch(monkeypatch, version, state):
    monkeypatch.setattr(torch, "__version__", version)
    assert doctor.torch_version().state == state
    assert ("pip install 'torch<3,>=2.6'" in doctor.torch_version().text) is (state == "broken")


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert "no GPU; every lab is made for a processor" in doctor.device().text
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert doctor.device().value == "Apple GPU: mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    properties = namedtuple("Properties", "name total_memory")("A card", 16 * GIB)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    assert doctor.device().value == "A card, 16 GiB: cuda"


def test_one_core_is_slow(monkeypatch):
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert doctor.processor().state == "slow"
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert doctor.processor().state == "fine"


@pytest.mark.parametrize(
    ("free", "total", "state"),
    [(8, 16, "fine"), (3, 4, "slow"), (1.5, 16, "slow"), (0.5, 16, "broken")],
)
def test_memory(monkeypatch, free, total, state):
    found = namedtuple("Memory", "available total")(free * GIB, total * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: found)
    assert doctor.memory().state == state


@pytest.mark.parametrize(("free", "state"), [(50, "fine"), (1, "slow"), (0.1, "broken")])
def test_disk(monkeypatch, tmp_path, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(free * GIB))
    assert doctor.disk(tmp_path).state == state


def test_a_folder_that_cannot_be_written(tmp_path):
    found = doctor.writable(tmp_path / "gone")
    assert found.state == "broken"
    assert "Move your labs to a folder of your own" in found.text
    assert doctor.writable(tmp_path).state == "fine"


def test_files_that_are_not_utf8(monkeypatch):
    monkeypatch.setattr(locale, "getencoding", lambda: "cp1252")
    assert doctor.encoding().state == "slow"
    assert "PYTHONUTF8=1" in doctor.encoding().text


def test_no_compiler(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert doctor.compiler().state == "slow"


def test_a_look_that_fails_is_a_finding(monkeypatch, tmp_path):
    def fails():
        raise ImportError("libgomp.so.1: cannot open")

    monkeypatch.setattr(doctor, "torch_version", fails)
    found = {f.name: f for f in doctor.examine(tmp_path)}
    assert found["torch"].state == "broken"
    assert "ImportError: libgomp.so.1" in found["torch"].text
    assert "folder" in found
