"""Whether a prompt is one: checked before anything is computed."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any


def check_prompt(prompt: Sequence[Any], vocab_size: int, name: str = "the prompt") -> None:
    """Raise ``ValueError`` unless every member of ``prompt`` is a whole number from 0 to ``vocab_size`` − 1.

    >>> check_prompt([3, 1.5], vocab_size=7, name="prompt 2")
    Traceback (most recent call last):
    ValueError: prompt 2 holds 1.5, which is no id; use whole numbers from 0 to 6
    """
    if not isinstance(prompt, Iterable):
        raise ValueError(f"{name} is {prompt!r}; give a list of ids, such as [7, 1]")
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
