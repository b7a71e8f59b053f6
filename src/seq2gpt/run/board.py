"""Curves for TensorBoard."""

from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError


def writer_class() -> Any:
    """TensorBoard's writer. Raises ``UserError`` when TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        raise UserError(
            "curves need tensorboard, which is not installed; pip install 'seq2gpt[train]', "
            "or use --tensorboard off"
        ) from None
    return SummaryWriter


class Board:
    """Writes the curves of a run into ``folder``; without a folder it writes nothing.

    ``step`` is the step that the run starts from: what an interrupted run had written beyond it disappears.
    """

    def __init__(self, folder: Path | None, step: int) -> None:
        self._writer = writer_class()(str(folder), purge_step=step + 1) if folder else None

    @property
    def is_open(self) -> bool:
        """Whether somebody will look."""
        return self._writer is not None

    def curves(self, step: int, values: dict[str, float]) -> None:
        """One point for each named curve."""
        if self._writer:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def text(self, step: int, text: str) -> None:
        """What the model writes at this stage."""
        if self._writer:
            self._writer.add_text("sample", f"```\n{text}\n```", step)

    def close(self) -> None:
        if self._writer:
            self._writer.close()
