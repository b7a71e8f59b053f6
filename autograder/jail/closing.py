"""What is closed when a ``with`` block ends."""

from types import TracebackType
from typing import Self


class Closing:
    """A context manager that calls :meth:`close`."""

    def close(self) -> None:
        """Nothing is kept between children."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
