"""JSON Lines: one object a line. Nothing is held but the line at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pyanon.dataset.records import LONGEST, Fault, Layout, Place, Record, parsed
from pyanon.dataset.writing import WholeFile

__all__ = ["LineTable", "LineWriter"]

_BOM = b"\xef\xbb\xbf"


class LineTable:
    """The rows of a file of JSON Lines; the number of a row is that of its line, and empty lines are no rows.

    Args:
        path: The file.
    """

    sections, textual = False, False

    def __init__(self, path: Path) -> None:
        self._file, self.rest = path.open("rb"), dict[str, Place]()
        self.columns: tuple[str, ...] | None = None
        self.unread: tuple[str, ...] = ()

    def scan(self) -> Iterator[tuple[Place, Record | Fault]]:
        """Every row in order; see `Table`."""
        at = number = 0
        while True:
            self._file.seek(at)
            line = self._file.readline(LONGEST + 1)
            if not line:
                return
            size = len(line) if line.endswith(b"\n") or len(line) <= LONGEST else len(line) + self._rest()
            number += 1
            if line.strip(b"\r\n\t " + (_BOM if not at else b"")):
                yield Place(number, at, size), self._parsed(line, at)
            at += size

    def _rest(self) -> int:
        """Bytes of a line that is too long, after those that were read."""
        size = 0
        while part := self._file.readline(LONGEST):
            size += len(part)
            if part.endswith(b"\n"):
                break
        return size

    def _parsed(self, line: bytes, at: int) -> Record | Fault:
        return parsed(line.removeprefix(_BOM) if at == 0 else line)

    def read(self, place: Place) -> Record | Fault:
        """One row again; see `Table`."""
        self._file.seek(place.at)
        return self._parsed(self._file.read(min(place.size, LONGEST + 1)), place.at)

    def writer(self, layout: Layout) -> LineWriter:
        """A file of JSON Lines; see `Table`."""
        return LineWriter(layout.path)

    def close(self) -> None:
        """Lets go of the file; harmless when repeated."""
        self._file.close()


class LineWriter(WholeFile):
    """Writes JSON Lines; the file appears when it is left without an error.

    Args:
        path: Where it shall be.
        secret: Nobody but its owner may read it, from its first byte on.
    """

    def __init__(self, path: Path, *, secret: bool = False) -> None:
        super().__init__(path)
        if secret:
            for name in (Path(self._file.name), path):
                if name.exists():
                    name.chmod(0o600)

    def write(self, record: Record, _section: str = "", /) -> None:
        """Append a row; see `Writer`."""
        self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
