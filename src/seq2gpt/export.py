"""A trained model for other programs: as ONNX, which ONNX Runtime and many others execute."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from seq2gpt.data.files import write_for_user
from seq2gpt.embeddings import check_finite
from seq2gpt.errors import UserError
from seq2gpt.generation import evaluating

LARGEST = 2**31 - 1  # bytes of an ONNX file
OVERHEAD = 1.1  # the graph beside the weights


def export_onnx(model: Any, path: Path) -> None:
    """Write the model as an ONNX file with input ``ids``, (batch, n), and output ``logits``.

    Batch and n may be chosen at each call, n up to the context length. The file holds graph and
    weights; it is written whole or not at all.

    Raises ``UserError`` when the exporter is not installed, when the weights are too large for one file, and
    when the file cannot be written; ``ValueError`` for weights that are nan or infinite.
    """
    check_finite(model.named_parameters())
    n_bytes = sum(parameter.nbytes for parameter in model.parameters())
    if n_bytes * OVERHEAD > LARGEST:
        raise UserError(
            f"{n_bytes:,} bytes of weights do not fit into one ONNX file (2 GB); export a smaller model"
        )
    write_for_user(path, _onnx_bytes(model))


def _onnx_bytes(model: Any) -> bytes:
    context_length = model.config.context_length
    sizes = {0: torch.export.Dim("batch", min=1, max=4096)}
    if context_length > 1:
        sizes[1] = torch.export.Dim("n", min=1, max=context_length)
    device = next(model.parameters()).device
    example = torch.zeros(2, min(3, context_length), dtype=torch.long, device=device)
    with _in_silence(), evaluating(model):
        try:
            program = torch.onnx.export(
                model, (example,), dynamo=True, dynamic_shapes={"ids": sizes}, input_names=["ids"],
                output_names=["logits"], verbose=False,
            )  # fmt: skip
        except ModuleNotFoundError as error:
            raise UserError(f"ONNX needs {error.name}; pip install 'seq2gpt[onnx]'") from None
    assert program is not None
    return program.model_proto.SerializeToString()


@contextmanager
def _in_silence() -> Iterator[None]:
    """Without what the exporter says about packages that a language model does not need."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
