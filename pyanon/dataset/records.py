"""Rows of a data set: what all formats have in common, and which format a file has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeAlias

from pyanon.errors import SourceNotFoundError, UnsupportedMediaError

__all__ = ["FORMATS", "LONGEST", "Fault", "Layout", "Place", "Record", "Table", "Writer", "open_table", "parsed"]

#: The fields of a row, by name.
Record: TypeAlias = dict[str, Any]
#: Bytes of one row, at most: what is longer is no caption, and must not fill the memory.
LONGEST = 1 << 24


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used.

    Attributes:
        reason: Why, in words that hold nothing of the row.
    """

    reason: str


@dataclass(frozen=True)
class Place:
    """Where a row is in its file.

    Attributes:
        position: Number of the row in its section, from 1; of a line in JSON Lines.
        at: Its first byte; in a Parquet file its number from 0.
        size: Its bytes; 0 in a Parquet file.
        section: The array it stands in, in a COCO file; else empty.
    """

    position: int
    at: int
    size: int = 0
    section: str = ""


@dataclass(frozen=True)
class Layout:
    """What is known of an output before its first row.

    Attributes:
        path: Where it shall be.
        columns: Names of the columns, where all rows have the same ones.
        same_type: Those of them whose values keep their type.
        rest: What a COCO file has besides arrays, as it shall be written.
    """

    path: Path
    columns: tuple[str, ...] = ()
    same_type: frozenset[str] = frozenset()
    rest: Record = field(default_factory=dict)


class Writer(Protocol):
    """Writes a file of one format, which appears when it is left without an error."""

    def write(self, record: Record, section: str, /) -> None:
        """Append a row.

        Args:
            record: Its fields; what a table has no column for is an error of the caller.
            section: The array of a COCO file; sections come one after the other.
        """

    def __enter__(self) -> Writer: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Table(Protocol):
    """A file of rows. Rows are read one by one; nothing is held but what a format's module says.

    Attributes:
        sections: Whether rows stand in named sections that refer to each other by ids (COCO).
        textual: Whether every value is text, numbers too (CSV).
        columns: Names of the columns, where all rows have the same ones.
        rest: What a COCO file has besides arrays, by key, once it was scanned: where it stands.
        unread: Columns of bytes in a Parquet file, whose values are not read.
    """

    sections: bool
    textual: bool
    columns: tuple[str, ...] | None
    rest: dict[str, Place]
    unread: tuple[str, ...]

    def scan(self) -> Iterator[tuple[Place, Record | Fault]]:
        """Every row in order.

        Raises:
            SourceError: The file as a whole cannot be read.
        """

    def read(self, place: Place) -> Record | Fault:
        """One row again.

        Args:
            place: As `scan` gave it.
        """

    def writer(self, layout: Layout) -> Writer:
        """A file of this format.

        Args:
            layout: What is known of it beforehand.
        """

    def close(self) -> None:
        """Lets go of the file."""


def parsed(data: bytes) -> Record | Fault:
    """An object of JSON.

    Args:
        data: Its bytes.
    """
    if len(data) > LONGEST:
        return Fault("the row is too long")
    try:
        value = json.loads(data.decode())
    except UnicodeDecodeError:
        return Fault("the row is not in UTF-8")
    except (ValueError, RecursionError):
        return Fault("the row is not valid JSON")
    return value if isinstance(value, dict) else Fault("the row is JSON, but no object")


#: Suffix of a file -> its format.
FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".json": "coco",
}  # fmt: skip


def open_table(path: Path) -> Table:
    """The rows of a file, by its suffix.

    Args:
        path: A .jsonl, .ndjson, .csv, .tsv, .parquet, or a .json in the format of COCO's captions.

    Raises:
        SourceNotFoundError: It does not exist.
        UnsupportedMediaError: Its suffix is another, or it is not what the suffix says.
    """
    if not path.exists():
        raise SourceNotFoundError("the data set does not exist", given=path, do="check the path")
    if not path.is_file():
        raise UnsupportedMediaError("the data set is a folder or a device", given=path, expected="a file of rows")
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UnsupportedMediaError(
            "this is no format of data sets", given=path, expected=", ".join(FORMATS), do="convert it first"
        )
    _check_encoding(path, kind)
    # Formats are loaded when they are used: one of them needs a package that may be missing.
    if kind == "jsonl":
        from pyanon.dataset.lines import LineTable

        return LineTable(path)
    if kind == "csv":
        from pyanon.dataset.cells import CellTable

        return CellTable(path)
    if kind == "coco":
        from pyanon.dataset.coco import CocoTable

        return CocoTable(path)
    from pyanon.dataset.parquet import ParquetTable

    return ParquetTable(path)


def _check_encoding(path: Path, kind: str) -> None:
    if kind == "parquet":
        return
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in head:
        raise UnsupportedMediaError(
            "the data set is not in UTF-8", given=path, expected="text in UTF-8", do="convert it: iconv -t UTF-8"
        )
