"""Published data sets, pinned in ``pinned.json``: origin, licence, and each file's size and SHA-256.

A set is looked for in the folder that the environment variable ``SEQ2GPT_DATA`` names, then in the user's
cache, and is downloaded only then. A file whose checksum differs is never used.
"""

import hashlib
import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tqdm import tqdm

from seq2gpt.data.files import write_atomically
from seq2gpt.errors import UserError
from seq2gpt.run.flags import closest

CHUNK = 1 << 16
TIMEOUT_S = 30


@dataclass(frozen=True)
class PinnedFile:
    """One file of a set. ``url`` is ``None`` where nobody publishes the file in this form."""

    name: str
    n_bytes: int
    sha256: str
    url: str | None


@dataclass(frozen=True)
class DataSet:
    """Files that belong together, with what their publisher allows."""

    files: tuple[PinnedFile, ...]
    licence: str
    origin: str
    """Where the data come from, and how the files were made from it."""


def _pinned() -> dict[str, DataSet]:
    record = json.loads(resources.files("seq2gpt.data").joinpath("pinned.json").read_text(encoding="utf-8"))
    return {
        name: DataSet(tuple(PinnedFile(**file) for file in entry["files"]), entry["licence"], entry["origin"])
        for name, entry in record.items()
    }


DATA_SETS = _pinned()
"""Every set by name."""


def fetch(name: str, progress: bool = True) -> Path:
    """The folder that holds the files of the set ``name``, each with the right checksum.

    Files that have to be downloaded go to the cache (``XDG_CACHE_HOME``, or ``~/.cache``), whole or not at
    all. With ``progress`` a bar is shown on standard error, if that is a terminal.

    Raises ``UserError`` for an unknown name, a wrong checksum, a failed download and a full disk; the message
    says where the file can be put by hand.
    """
    if name not in DATA_SETS:
        raise UserError(
            f"there is no data set {name!r}{closest(name, DATA_SETS)}; the sets are {', '.join(DATA_SETS)}"
        )
    files = DATA_SETS[name].files
    given = local_folder(name)
    if given is not None and all((given / file.name).is_file() for file in files):
        for file in files:
            _check(given / file.name, file)
        return given
    cached = cache_folder() / name
    for file in files:
        if not _is_right(cached / file.name, file):
            _download(file, cached, name, progress)
    return cached


def local_folder(name: str) -> Path | None:
    """Where the set ``name`` is expected under ``SEQ2GPT_DATA``; ``None`` when the variable is not set."""
    folder = os.environ.get("SEQ2GPT_DATA")
    return Path(folder).expanduser() / name if folder else None


def cache_folder() -> Path:
    """Where downloaded sets are kept, one folder each."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "seq2gpt" / "data"


def _is_right(path: Path, file: PinnedFile) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _check(path: Path, file: PinnedFile) -> None:
    try:
        right = _is_right(path, file)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    if not right:
        raise UserError(f"{path} has another SHA-256 than the pinned {file.sha256[:12]}…; get the file again")


def _download(file: PinnedFile, folder: Path, name: str, progress: bool) -> None:
    by_hand = f"set SEQ2GPT_DATA to a folder that holds {name}/{file.name}"
    if file.url is None:
        raise UserError(f"{file.name} has no download of its own: it is {DATA_SETS[name].origin}; {by_hand}")
    try:
        content = _read(file, file.url, progress)
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        why = getattr(error, "reason", None) or error
        raise UserError(f"{file.url} cannot be downloaded ({why}); try again, or {by_hand}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise UserError(
            f"{file.url} has SHA-256 {found[:12]}… instead of {file.sha256[:12]}…, so it is not the pinned file; "
            f"nothing was kept: try again, or {by_hand}"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / file.name, content)
    except OSError as error:
        raise UserError(
            f"{folder / file.name} cannot be written ({error.strerror}); "
            "make room, or set XDG_CACHE_HOME to another folder"
        ) from None


def _read(file: PinnedFile, url: str, progress: bool) -> bytes:
    """The bytes behind a URL, no more than one chunk beyond the pinned size: the rest would be wrong."""
    content = bytearray()
    with (
        urllib.request.urlopen(url, timeout=TIMEOUT_S) as response,  # noqa: S310 - pinned URLs only
        tqdm(
            total=file.n_bytes,
            desc=file.name,
            unit="B",
            unit_scale=True,
            leave=False,
            disable=None if progress else True,
        ) as bar,
    ):
        read: Callable[[int], bytes] = response.read
        while len(content) <= file.n_bytes and (chunk := read(CHUNK)):
            content += chunk
            bar.update(len(chunk))
    return bytes(content)
