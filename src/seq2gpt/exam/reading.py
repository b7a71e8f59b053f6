"""YAML files of the bank: read fast, without YAML's surprises, with the lines where entries start."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from seq2gpt.errors import UserError


class _Strict:
    """A field given twice is an error, and a date is text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the field {key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[misc]


class _Loader(_Strict, yaml.SafeLoader):
    """Names the line and the character of what is wrong in the clearer words."""


class _FastLoader(_Strict, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C, about eight times as fast, where PyYAML was built with libyaml."""


for _loader in (_Loader, _FastLoader):
    _loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def read(path: Path) -> tuple[list[int], Any]:
    """What a YAML file holds, and the lines where the entries of its list start.

    Raises ``UserError`` with file and line if the file is missing, not UTF-8 or not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        try:
            return _parsed(_FastLoader(text))
        except yaml.YAMLError:
            return _parsed(_Loader(text))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: there is no such file; name a bank such as book/07-attention/questions.yml"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(f"{path}{line}: this is not YAML: {problem}") from error


def _parsed(loader: Any) -> tuple[list[int], Any]:
    try:
        node = loader.get_single_node()
        entries = node.value if isinstance(node, yaml.SequenceNode) else []
        starts = [entry.start_mark.line + 1 for entry in entries]
        return starts, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def catalogue(path: Path) -> dict[str, Any]:
    """A file of named entries; read again only after it has changed."""
    state = path.stat()
    return _catalogue(path, state.st_mtime_ns, state.st_size)


@cache
def _catalogue(path: Path, changed: int, size: int) -> dict[str, Any]:
    return read(path)[1] or {}


def above(path: Path, name: str) -> Path | None:
    """The file of that name in the folder of ``path`` or the nearest above it."""
    found = (folder / name for folder in path.resolve().parents if (folder / name).is_file())
    return next(found, None)
