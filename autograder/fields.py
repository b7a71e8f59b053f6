"""Read lines of YAML fields, and say exactly which line is wrong."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from seq2gpt.errors import UserError

WANTED = {str: "a text (quote it)", int: "a whole number of at least 1", list: "a list of lines `- …`"}


@dataclass(frozen=True)
class Place:
    """Where the fields stand: below line ``line`` of ``path``; ``what`` they describe."""

    path: Path
    line: int
    what: str


def complaint(path: Path, line: int, message: str) -> UserError:
    """An error about a line, counted from 1."""
    return UserError(f"{path}:{line}: {message}")


def read_fields(
    place: Place, body: list[str], kinds: Mapping[str, type], required: Collection[str]
) -> tuple[dict[str, Any], dict[str, int]]:
    """The values of the fields in ``body``, and the line of each.

    ``kinds`` gives the fields that may occur and the type of each. Raises ``UserError`` for what YAML
    cannot read, a field that is unknown, missing, given twice, empty or of another type.
    """
    loader = yaml.SafeLoader("\n".join(body))
    try:
        node = loader.get_single_node()
        values = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        line = place.line + 1 + (error.problem_mark.line if error.problem_mark else 0)
        fix = "quote the text, or write it as a block after |"
        raise complaint(place.path, line, f"{place.what} is not valid YAML: {error.problem}; {fix}") from None
    if not isinstance(values, dict):
        wanted = "lines of the form `key: value`"
        raise complaint(
            place.path, place.line + 1, f"{place.what} must be {wanted}; the keys are {', '.join(kinds)}"
        )
    lines: dict[str, int] = {}
    for key_node, _ in node.value if node else ():
        key, line = str(key_node.value), place.line + 1 + key_node.start_mark.line
        if key in lines:
            raise complaint(place.path, line, f"{place.what} has {key!r} twice; remove one")
        lines[key] = line
        problem = _problem(key, values.get(key), kinds)
        if problem:
            raise complaint(place.path, line, f"{place.what}: {problem}")
    for key in required:
        if key not in lines:
            raise complaint(place.path, place.line, f"{place.what} has no {key!r}; add a line `{key}: …`")
    return {key: v.strip("\n") if isinstance(v, str) else v for key, v in values.items()}, lines


def _problem(key: str, value: Any, kinds: Mapping[str, type]) -> str:
    """What is wrong with a field; empty if nothing is."""
    if key not in kinds:
        close = difflib.get_close_matches(key, kinds, n=1) or kinds
        return f"unknown key {key!r}; did you mean {' or '.join(close)}?"
    kind = kinds[key]
    if kind is int:
        right = type(value) is int and value >= 1  # YAML's `yes` is a bool, and a bool is an int
    else:
        right = isinstance(value, kind) and bool(value.strip() if isinstance(value, str) else value)
    return "" if right else f"{key}={value!r} must be {WANTED[kind]}"
