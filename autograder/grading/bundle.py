"""A name for the version of everything that decides scores, so that nothing is graded twice for nothing."""

import functools
import hashlib
import importlib.metadata
import platform
from importlib.util import find_spec
from pathlib import Path


def file_digest(folder: Path, pattern: str) -> str:
    """A digest of names and contents of the files below ``folder``; notebooks are named by their cells elsewhere."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        if path.is_file() and path.suffix != ".ipynb" and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@functools.cache
def bundle_digest() -> str:
    """The code of the course, Python and PyTorch."""
    parts = [platform.python_version(), importlib.metadata.version("torch")]
    for package in ("autograder", "seq2gpt"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        parts.append(file_digest(Path(spec.origin).parent, "*.py"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
