"""Imported where processes are copied from: what each of them would do for the first time is done here, once for all.

Nothing here is private: a student's process can import every module that is named, and reads its code if it wants to.
"""

import importlib
import pkgutil

import torch
from IPython.core.formatters import DisplayFormatter
from IPython.core.inputtransformer2 import TransformerManager

from autograder import checks, mutants


def import_labs() -> None:
    """The modules of every lab that has checks, as far as they can be imported; a lab says itself what is wrong with it."""
    for _, slug, _ in pkgutil.iter_modules(checks.__path__):
        for name in (f"seq2gpt.{slug}", f"{checks.__name__}.{slug}", f"{mutants.__name__}.{slug}"):
            try:
                importlib.import_module(name)
            except Exception:  # noqa: S112
                continue


def run_once() -> None:
    """What the first cell, the first output and the first gradient of a process wait for."""
    TransformerManager().transform_cell("%time 1")
    DisplayFormatter().format(1)
    x = torch.nn.Linear(2, 2)(torch.ones(2, 2)).softmax(-1)
    x.sum().backward()


import_labs()
run_once()
