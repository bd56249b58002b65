"""CSV and TSV: a header, and a row of cells after the other. Nothing is held but the row at hand."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pyanon.dataset.records import LONGEST, Fault, Layout, Place, Record
from pyanon.dataset.writing import WholeFile
from pyanon.errors import UnsupportedMediaError

__all__ = ["CellTable", "CellWriter"]

_BOM = b"\xef\xbb\xbf"


class _Lines:
    """Lines for the parser of the standard library, with the place up to which the file was read.

    Bytes that are no UTF-8 become lone surrogates, so that the parser keeps its place, and are found afterwards.
    """

    def __init__(self, file: IO[bytes], at: int) -> None:
        self._file, self.at = file, at

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self._file.seek(self.at)
        line = self._file.readline(LONGEST)
        if not line:
            raise StopIteration
        self.at += len(line)
        return line.decode(errors="surrogateescape")


class CellTable:
    """The rows of a CSV or TSV file; the header is no row, and neither are empty lines.

    Args:
        path: The file.

    Raises:
        UnsupportedMediaError: It has no header, or one that names a column twice or not at all.
    """

    sections, textual = False, True

    def __init__(self, path: Path) -> None:
        self._delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        self.rest = dict[str, Place]()
        self.unread: tuple[str, ...] = ()
        self._file = path.open("rb")
        lines = _Lines(self._file, len(_BOM) if self._file.read(3) == _BOM else 0)
        try:
            self.columns: tuple[str, ...] | None = tuple(next(self._parser(lines), []))
        except csv.Error:
            self.columns = ()
        self._header = self.columns or ()
        self._start = lines.at
        if not self._header or len(set(self._header)) < len(self._header) or "" in self._header:
            self.close()
            raise UnsupportedMediaError(
                "the first line does not name the columns", given=path, expected="a header, each name once"
            )

    def _parser(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter)

    def scan(self) -> Iterator[tuple[Place, Record | Fault]]:
        """Every row in order; see `Table`."""
        lines = _Lines(self._file, self._start)
        parser, number = self._parser(lines), 0
        while True:
            at = lines.at
            try:
                cells = next(parser)
            except StopIteration:
                return
            except csv.Error:
                cells = None
            if cells != []:
                number += 1
                yield Place(number, at, lines.at - at), self._record(cells)

    def _record(self, cells: list[str] | None) -> Record | Fault:
        if cells is None:
            return Fault("the row is not valid CSV (a quote that is not closed?)")
        if len(cells) != len(self._header):
            return Fault(f"the row has {len(cells)} cells, the header {len(self._header)}")
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            return Fault("the row is not in UTF-8")
        return dict(zip(self._header, cells, strict=True))

    def read(self, place: Place) -> Record | Fault:
        """One row again; see `Table`."""
        self._file.seek(place.at)
        text = self._file.read(min(place.size, LONGEST)).decode(errors="surrogateescape")
        try:
            return self._record(next(self._parser(io.StringIO(text)), None))
        except csv.Error:
            return self._record(None)

    def writer(self, layout: Layout) -> CellWriter:
        """A file of cells with the same delimiter; see `Table`."""
        return CellWriter(layout.path, layout.columns, self._delimiter)

    def close(self) -> None:
        """Lets go of the file; harmless when repeated."""
        self._file.close()


class CellWriter(WholeFile):
    """Writes CSV or TSV; the file appears when it is left without an error.

    Args:
        path: Where it shall be.
        columns: The header.
        delimiter: What stands between cells.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], delimiter: str) -> None:
        super().__init__(path)
        self._columns, self._delimiter = columns, delimiter
        self._cells(list(columns))

    def write(self, record: Record, _section: str = "", /) -> None:
        """Append a row; see `Writer`."""
        self._cells([_cell(record.get(name)) for name in self._columns])

    def _cells(self, cells: list[str]) -> None:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=self._delimiter, lineterminator="\n").writerow(cells)
        self._file.write(line.getvalue().encode())


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
