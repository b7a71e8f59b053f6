"""Whether a model can read what it is given: checked before anything is computed."""

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

ID_DTYPES = (torch.int64, torch.int32)  # those that an nn.Embedding takes


def check_ids(ids: Tensor, vocab_size: int) -> None:
    """Raise ``ValueError`` unless ``ids`` are whole numbers from 0 to ``vocab_size`` − 1.

    >>> check_ids(torch.tensor([3, 7]), vocab_size=7)
    Traceback (most recent call last):
    ValueError: the prompt holds id 7, the vocabulary has vocab_size=7; use ids from 0 to 6
    """
    if ids.dtype not in ID_DTYPES:
        raise ValueError(f"the ids have dtype {ids.dtype}; give whole numbers, such as ids.long()")
    if ids.numel() > 0 and (ids.min() < 0 or ids.max() >= vocab_size):
        unknown = ids[(ids < 0) | (ids >= vocab_size)][0].item()
        raise ValueError(
            f"the prompt holds id {unknown}, the vocabulary has vocab_size={vocab_size}; "
            f"use ids from 0 to {vocab_size - 1}"
        )


def check_prompt(prompt: Sequence[Any], vocab_size: int, name: str = "the prompt") -> None:
    """Raise ``ValueError`` unless every member of ``prompt`` is a whole number from 0 to ``vocab_size`` − 1.

    >>> check_prompt([3, 1.5], vocab_size=7, name="prompt 2")
    Traceback (most recent call last):
    ValueError: prompt 2 holds 1.5, which is no id; use whole numbers from 0 to 6
    """
    for token_id in prompt:
        if not _is_whole(token_id):
            raise ValueError(
                f"{name} holds {token_id!r}, which is no id; use whole numbers from 0 to {vocab_size - 1}"
            )
        if not 0 <= token_id < vocab_size:
            raise ValueError(
                f"{name} holds id {token_id}, the vocabulary has vocab_size={vocab_size}; "
                f"use ids from 0 to {vocab_size - 1}"
            )


def _is_whole(number: object) -> bool:
    try:
        operator.index(number)  # type: ignore[arg-type] # that is the question
    except TypeError:
        return False
    return not isinstance(number, bool)


def check_device(ids: Tensor, model: nn.Module) -> None:
    """Raise ``ValueError`` when the ids lie on another device than the model.

    >>> check_device(torch.zeros(1, device="meta"), nn.Linear(1, 1))
    Traceback (most recent call last):
    ValueError: the ids are on meta, the model is on cpu; move them with ids.to('cpu')
    """
    device = next((parameter.device for parameter in model.parameters()), ids.device)
    if ids.device != device:
        raise ValueError(
            f"the ids are on {ids.device}, the model is on {device}; move them with ids.to('{device}')"
        )
