"""Weights of other projects: read from a folder as transformers writes it, or from a model hub, and written back.

Such a folder holds ``config.json`` and ``model.safetensors``, or several parts that
``model.safetensors.index.json`` lists. The layouts of GPT-2, Llama and Qwen3 are understood. Whatever
does not fit is refused by name before a model is handed out, and a folder is written whole or not at all.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from seq2gpt import gpt2_layout
from seq2gpt.bpe import FastBytePairTokenizer, load_tokenizer, save_tokenizer
from seq2gpt.data.files import remove, write_atomically
from seq2gpt.embeddings import check_finite
from seq2gpt.errors import UserError
from seq2gpt.llama_layout import LLAMA, QWEN3
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

LAYOUTS: dict[str, Any] = {"gpt2": gpt2_layout, "llama": LLAMA, "qwen3": QWEN3}
CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
SUMS = "SHA256SUMS"
DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
BUFFERS = (".attn.bias", ".attn.masked_bias")  # masks that old files of GPT-2 hold beside the weights
TOKENIZER = "seq2gpt_tokenizer.json"
Tokenizer = CharTokenizer | BytePairTokenizer


def load_pretrained(source: str | Path) -> Any:
    """The model in a folder, or of a name such as ``openai-community/gpt2`` on the hub, on the CPU in float32.

    ``config.json`` decides whether it becomes a :class:`seq2gpt.gpt.GPT` or a
    :class:`seq2gpt.modern.ModernGPT`. Where the folder holds ``SHA256SUMS``, in the format of ``sha256sum``,
    the files that it names are checked first.

    Raises ``UserError`` for a folder without weights, a damaged or truncated file, a checksum that
    differs, a configuration that no model here has, and tensors that are missing, do not fit or hold numbers
    that are none.
    """
    folder = find_folder(source)
    config = _read_json(folder / CONFIG)
    kind = config.get("model_type")
    layout = LAYOUTS.get(str(kind))
    if kind is None and "corpus" in config:
        raise UserError(f"{folder} is a run of `seq2gpt train`; load it with seq2gpt.run.sampler.load_model")
    if layout is None:
        raise UserError(
            f"{folder / CONFIG} has model_type={kind!r}; only {' and '.join(LAYOUTS)} can be loaded"
        )
    check_sums(folder)
    tensors = read_tensors(folder)
    try:
        _check_numbers(tensors)
        return layout.build(config, tensors).eval()
    except KeyError as error:
        raise UserError(
            f"{folder / CONFIG} lacks {error}; take the file that belongs to the weights"
        ) from None
    except RuntimeError as error:  # torch's way to say that it gets no memory
        raise UserError(
            f"{folder / CONFIG} asks for a model that does not fit into memory "
            f"({str(error).splitlines()[0]}); take the file that belongs to the weights"
        ) from None
    except ValueError as error:
        raise error if isinstance(error, UserError) else UserError(f"{folder}: {error}") from None


def find_folder(source: str | Path) -> Path:
    """The local folder of ``source``: itself, or what the hub has under this name, downloaded once.

    Raises ``UserError`` when there is neither, or no network.
    """
    folder = Path(source)
    if folder.exists():
        return folder
    if str(source).count("/") != 1 or str(source).startswith((".", "/")):
        raise UserError(
            f"{folder} does not exist; give a folder with {CONFIG}, or a hub name such as owner/model"
        )
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError:
        raise UserError(
            f"there is no folder {folder}; to find {source} on the hub, pip install 'seq2gpt[hub]'"
        ) from None
    files = [CONFIG, "*.safetensors", INDEX, "merges.txt", "vocab.json", "tokenizer.json", TOKENIZER, SUMS]
    try:
        return Path(snapshot_download(str(source), allow_patterns=files))
    except Exception as error:  # every kind of failure of the network, the hub and its cache
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"there is no folder {folder}, and the hub did not give {source} ({why}); "
            "check name and network, or give a local folder"
        ) from None


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Every tensor in the folder's safetensors files, by name.

    Raises ``UserError`` when there is no such file, a part is missing, or a file is damaged.
    """
    paths = [folder / WEIGHTS]
    if (folder / INDEX).exists():
        parts = _read_json(folder / INDEX).get("weight_map")
        if not isinstance(parts, dict) or not all(isinstance(part, str) for part in parts.values()):
            raise UserError(
                f"{folder / INDEX} is damaged (no weight_map to files); copy or download it again"
            )
        paths = [folder / part for part in sorted(set(parts.values()))]
    tensors: dict[str, Tensor] = {}
    for path in paths:
        try:
            with safe_open(path, framework="pt") as file:
                tensors |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        except FileNotFoundError:
            raise UserError(f"{path} is missing; give a folder with {CONFIG} and {WEIGHTS}") from None
        except (SafetensorError, OSError) as error:
            raise UserError(f"{path} is damaged or cut short ({error}); copy or download it again") from None
    return tensors


def _check_numbers(tensors: Mapping[str, Tensor]) -> None:
    """Raise ``ValueError`` for weights with which no model could compute."""
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES and not name.endswith(BUFFERS):
            raise ValueError(f"{name} has dtype {tensor.dtype}; take weights that are not quantised")
    check_finite(tensors.items())


def check_sums(folder: Path) -> None:
    """Compare the files with ``SHA256SUMS``, if there is one. Raises ``UserError`` for the first that differs."""
    sums = folder / SUMS
    for line in sums.read_text(encoding="utf-8", errors="replace").splitlines() if sums.exists() else ():
        expected, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path} is missing, though {sums} lists it; copy or download it again")
        found = _sha256(path)
        if found != expected:
            raise UserError(
                f"{path} has sha256 {found[:12]}…, {sums} says {expected[:12]}…; copy or download it again"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path} is missing; give a folder with {CONFIG} and {WEIGHTS}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged ({error}); copy or download it again") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged (no object of names and values); copy or download it again")
    return content


def save_pretrained(model: Any, folder: Path, tokenizer: Tokenizer | None = None) -> None:
    """Write a GPT or ModernGPT as a folder that :func:`load_pretrained` and transformers read.

    The folder gets ``config.json``, ``model.safetensors``, ``SHA256SUMS`` and, for :func:`load_folder`, the
    tokenizer. It appears whole or not at all.

    Raises ``UserError`` when the folder exists and is not empty, or cannot be written, and for a model that
    no layout can hold; ``ValueError`` for weights that are nan or infinite.
    """
    check_finite(model.named_parameters())
    layout = next((layout for layout in LAYOUTS.values() if layout.fits(model)), None)
    if layout is None:
        raise UserError(
            f"a {type(model).__name__}{_choices_of(model)} has no layout that others read; "
            "give a GPT, or a ModernGPT with activation='swiglu'"
        )
    config, tensors = layout.config_of(model), layout.tensors_of(model)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists and is not empty; choose another folder")
    unfinished = folder.with_name(f".{folder.name}.tmp")
    try:
        remove(unfinished)  # of a save that was killed
        unfinished.mkdir(parents=True)
        contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        write_atomically(unfinished / WEIGHTS, save(contiguous, {"format": "pt"}))
        write_atomically(unfinished / CONFIG, (json.dumps(config, indent=2) + "\n").encode())
        if tokenizer is not None:
            save_tokenizer(tokenizer, unfinished / TOKENIZER)
        names = sorted(path.name for path in unfinished.iterdir())
        sums = "".join(f"{_sha256(unfinished / name)}  {name}\n" for name in names)
        write_atomically(unfinished / SUMS, sums.encode())
        unfinished.rename(folder)
    except OSError as error:
        remove(unfinished)
        raise UserError(f"{folder} cannot be written ({error.strerror}); choose another place") from None


def _choices_of(model: Any) -> str:
    activation = getattr(getattr(model, "config", None), "activation", None)
    return f" with activation={activation!r}" if activation else ""


@dataclass(frozen=True)
class Loaded:
    """A model ready to write, and the tokenizer that belongs to it."""

    model: Any
    tokenizer: Tokenizer


def load_folder(source: str | Path) -> Loaded:
    """Model and tokenizer of a folder or hub name. Errors are those of the two functions for the parts."""
    folder = find_folder(source)
    tokenizer = read_tokenizer(folder)
    model = load_pretrained(folder)
    vocab_size = model.config.vocab_size
    if tokenizer.vocab_size > vocab_size:
        raise UserError(
            f"{folder}: the tokenizer has {tokenizer.vocab_size} tokens, the model vocab_size={vocab_size}; "
            "take the tokenizer that the model was trained with"
        )
    return Loaded(model, tokenizer)


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder: the one that :func:`save_pretrained` wrote, or GPT-2's byte pairs.

    The merges of the latter are read from ``merges.txt``, ``vocab.bpe`` or ``tokenizer.json``.

    Raises ``UserError`` when there is none, or one whose tokens are numbered otherwise than GPT-2's.
    """
    if (folder / TOKENIZER).exists():
        return load_tokenizer(folder / TOKENIZER, fast=_has_tiktoken())
    numbers: Mapping[str, int] = {}
    path = next((folder / name for name in ("merges.txt", "vocab.bpe") if (folder / name).exists()), None)
    if path is not None:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if (folder / "vocab.json").exists():
            numbers = _read_json(folder / "vocab.json")
    else:
        path = folder / "tokenizer.json"
        lines, numbers = _merges_of(path)
    try:
        kind = FastBytePairTokenizer if _has_tiktoken() else BytePairTokenizer
        tokenizer = kind.from_gpt2_merges(lines)
    except (ValueError, KeyError) as error:
        raise UserError(f"{path} is no list of byte-pair merges ({error}); take that of GPT-2") from None
    first = {merge.replace(" ", ""): place for place, merge in enumerate(lines[1:], start=256)}
    wrong = next((token for token, number in numbers.items() if first.get(token, number) != number), None)
    if wrong is not None:
        raise UserError(f"{path} numbers the token {wrong!r} otherwise than GPT-2 does; this cannot be read")
    return tokenizer


def _merges_of(path: Path) -> tuple[list[str], dict[str, int]]:
    """The lines of a ``merges.txt`` and the numbers of the tokens, from a ``tokenizer.json``."""
    model: Any = _read_json(path).get("model")
    try:
        if model["type"] != "BPE":
            raise UserError(
                f"{path} holds a tokenizer of type {model['type']!r}; only byte pairs can be read"
            )
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
        return ["#version: 0.2", *merges], dict(model["vocab"])
    except (KeyError, TypeError) as error:
        raise UserError(f"{path} holds no byte pairs ({error}); copy or download it again") from None


def _has_tiktoken() -> bool:
    try:
        import tiktoken  # noqa: F401 (only whether it is there)
    except ModuleNotFoundError:
        return False
    return True
