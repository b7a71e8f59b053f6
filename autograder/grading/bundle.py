"""Everything that decides a score, and a name for exactly that, so that nothing is graded twice for nothing."""

import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.grading.limits import Limits
from autograder.grading.structure import SourceCell

Files = Mapping[str, bytes]


def file_digest(folder: Path, pattern: str) -> str:
    """A digest of names and contents of the files below ``folder``; notebooks are named by their cells elsewhere."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        if path.is_file() and path.suffix != ".ipynb" and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@functools.cache
def code_digest() -> str:
    """The code of the course, Python and PyTorch."""
    parts = [platform.python_version(), importlib.metadata.version("torch")]
    for package in ("autograder", "seq2gpt"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        parts.append(file_digest(Path(spec.origin).parent, "*.py"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Bundle:
    """All that decides the scores of a lab but the submission and the seed.

    ``code`` names the course's version; ``unsafe`` runs submissions without a jail.
    """

    lab: str
    structure: tuple[SourceCell, ...]
    files: Files = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    code: str = ""
    unsafe: bool = False

    @property
    def digest(self) -> str:
        """A name for exactly this bundle."""
        cells = [dataclasses.asdict(cell) for cell in self.structure]
        return digest_of(
            [self.lab, self.code, cells, dataclasses.asdict(self.limits), self.unsafe], self.files
        )


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook's bytes, the files beside it, and what of those was ``left_out``, and why."""

    notebook: bytes
    files: Files = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A name for exactly this submission."""
        return digest_of(self.left_out, {"": self.notebook, **self.files})


def digest_of(data: Any, files: Files) -> str:
    """A hash of JSON data and of files."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode())
    for name in sorted(files):
        digest.update(f"\0{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()


def key_of(bundle: Bundle, submission: Submission, seed: str) -> str:
    """The name under which the result of :func:`grade_submission` may be kept."""
    return digest_of([bundle.digest, submission.digest, seed], {})
