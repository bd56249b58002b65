"""What every writer of rows shares: a file that appears when it is complete, or not at all."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TypeVar

from pyanon.video.atomic import AtomicFile

__all__ = ["WholeFile"]

W = TypeVar("W", bound="WholeFile")


class WholeFile:
    """A file of rows; it appears when it is left without an error.

    Args:
        path: Where it shall be.
    """

    def __init__(self, path: Path) -> None:
        self._file = AtomicFile(path)

    def _finish(self) -> None:
        """Write what the end of the file needs."""

    def __enter__(self: W) -> W:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
                self._file.commit()
        finally:
            self._file.discard()  # nothing to do where it was completed
