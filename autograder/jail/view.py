"""Which files of this machine a jail can see: Python, the libraries it needs, and named modules."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32")
SETTINGS = ("/etc/ld.so.cache", "/etc/fonts")
# The course's own packages: checks, mutants and solutions are shown to nobody who does not name them.
HIDDEN = ("autograder", "seq2gpt")


@dataclass(frozen=True)
class View:
    """Paths of this machine that are shown read-only, what is hidden in them, and where Python looks for modules.

    ``shown`` is attached first, then ``hidden`` folders become empty, then ``modules`` are attached.
    """

    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    modules: tuple[str, ...]
    path: tuple[str, ...]

    @classmethod
    def of(cls, modules: Sequence[str]) -> Self:
        """The view of a Python that can import what is installed and ``modules``, and nothing else of the course."""
        hidden = [folder for name in HIDDEN for folder in package_folders(name)]
        files = [path for name in ("autograder.jail", *modules) for path in module_files(name)]
        shown = [*existing(SYSTEM + SETTINGS), *interpreter_paths()]
        roots = [str(import_root(name)) for name in ("autograder.jail", *modules)]
        return cls(tuple(shown), tuple(hidden), tuple(dict.fromkeys(files)), tuple(dict.fromkeys(roots)))

    def to_json(self) -> dict[str, Any]:
        """A dictionary for :meth:`from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """The view that :meth:`to_json` was called on."""
        return cls(**{name: tuple(value) for name, value in fields.items()})


def interpreter_paths() -> list[str]:
    """What Python needs of its own folder and of its virtual environment's.

    Never a whole prefix: it may be a home folder, or have a course cloned into it.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    parts = ("lib", "lib64", "pyvenv.cfg", "bin/python", "bin/python3", f"bin/{version}")
    prefixes = dict.fromkeys((Path(sys.base_prefix), Path(sys.prefix)))
    return existing([str(prefix / part) for prefix in prefixes for part in parts])


def existing(paths: Iterable[str]) -> list[str]:
    """Those of the paths that are there, as links or as files."""
    return [path for path in paths if os.path.lexists(path)]


def package_folders(name: str) -> list[str]:
    """The folders of an installed package; empty if there is none."""
    found = importlib.util.find_spec(name)
    return [] if found is None else [str(Path(p).resolve()) for p in found.submodule_search_locations or []]


def module_files(name: str) -> list[str]:
    """The file or folder of a module, and the ``__init__.py`` of each package around it.

    ``ModuleNotFoundError`` if there is none.
    """
    *parents, _ = parts = name.split(".")
    around = [".".join(parts[: i + 1]) for i in range(len(parents))]
    return [str(location(parent)) for parent in around] + [str(folder_or_file(name))]


def location(name: str) -> Path:
    """The file that is run when the module is imported."""
    found = importlib.util.find_spec(name)
    if found is None or not found.has_location or found.origin is None:
        raise ModuleNotFoundError(
            f"{name!r} is no module with a file of its own; name one that can be imported here"
        )
    return Path(found.origin).resolve()


def folder_or_file(name: str) -> Path:
    """The folder of a package, the file of a module."""
    file = location(name)
    return file.parent if file.name == "__init__.py" else file


def import_root(name: str) -> Path:
    """The folder in which Python finds the outermost package of a module."""
    file = location(name.split(".")[0])
    return file.parents[1] if file.name == "__init__.py" else file.parent
