"""What a ``config.json`` says, read with care: a size that is none is named before anything is built with it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seq2gpt.heads import check_size

Config = Mapping[str, Any]
LARGEST = 2**63 - 1  # of what torch counts


def whole_number(config: Config, name: str) -> int:
    """A size. Raises ``KeyError`` where it is missing, ``ValueError`` unless it is a whole number from 1 to ``LARGEST``.

    >>> whole_number({"n_layer": "12"}, "n_layer")
    Traceback (most recent call last):
    ValueError: n_layer='12' must be a whole number of at least 1
    """
    size: int = config[name]
    check_size(name, size)
    if size > LARGEST:
        raise ValueError(f"{name}={size} is more than can be counted, {LARGEST}")
    return size


def check_layers(n_layers: int, tensors: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` for more layers than tensors, before memory is full of layers for which there are none.

    >>> check_layers(10**9, {"wte.weight": 0})
    Traceback (most recent call last):
    ValueError: 1000000000 layers do not go with 1 tensors; take the configuration of the weights
    """
    if n_layers > len(tensors):
        raise ValueError(
            f"{n_layers} layers do not go with {len(tensors)} tensors; take the configuration of the weights"
        )


def number(config: Config, name: str, default: float) -> float:
    """A setting. Raises ``ValueError`` unless it is a finite number of at least 0.

    >>> number({}, "rms_norm_eps", default=1e-6)
    1e-06
    """
    value = config.get(name, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        raise ValueError(f"{name}={value!r} must be a finite number of at least 0")
    return float(value)


def check_fixed(config: Config, fixed: Mapping[str, Sequence[Any]], kind: str) -> None:
    """Raise ``ValueError`` where the configuration asks for what a model of this ``kind`` has no way to do.

    ``fixed`` gives the values that are right, the first of which a missing name stands for.

    >>> check_fixed({"attention_bias": True}, {"attention_bias": [False]}, kind="ModernGPT")
    Traceback (most recent call last):
    ValueError: attention_bias=True is not what a ModernGPT does; it must be False
    """
    for name, allowed in fixed.items():
        if config.get(name, allowed[0]) not in allowed:
            raise ValueError(f"{name}={config[name]!r} is not what a {kind} does; it must be {allowed[0]!r}")
