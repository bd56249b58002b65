"""Parquet, by pyarrow (the extra ``dataset``). A batch of rows is held; of the output, the rows of one row group."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from pyanon.dataset.records import Fault, Layout, Place, Record
from pyanon.dataset.writing import WholeFile
from pyanon.errors import RunnerError, SinkError, UnsupportedMediaError

__all__ = ["ParquetTable", "ParquetWriter"]

_BATCH, _GROUP = 256, 1024


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise RunnerError(
            "Parquet cannot be read without pyarrow", do="pip install 'pyanon[dataset]', or give JSON Lines or CSV"
        ) from error
    return pyarrow, parquet


class ParquetTable:
    """The rows of a Parquet file.

    Columns of bytes (embedded pictures) are never read: a data set's pictures lie in a folder.

    Args:
        path: The file.

    Raises:
        RunnerError: pyarrow is not installed.
        UnsupportedMediaError: It is no Parquet file.
    """

    sections, textual = False, False

    def __init__(self, path: Path) -> None:
        arrow, parquet = _pyarrow()
        self.rest = dict[str, Place]()
        try:
            self._file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
        except (arrow.ArrowException, OSError) as error:
            raise UnsupportedMediaError("the data set is no Parquet file", given=path) from error
        schema = self._file.schema_arrow
        self.unread = tuple(field.name for field in schema if _holds_bytes(arrow, field.type))
        self.types = {field.name: field.type for field in schema if field.name not in self.unread}
        if len(set(schema.names)) < len(schema.names):
            raise UnsupportedMediaError("two columns have one name", given=path, do="rename one of them")
        self.columns: tuple[str, ...] | None = tuple(self.types)
        rows = [self._file.metadata.row_group(group).num_rows for group in range(self._file.num_row_groups)]
        self._starts = [0, *accumulate(rows)]
        self._batches: Iterator[Any] = iter(())
        self._group, self._first = -1, 0
        self._batch: Any = None

    def scan(self) -> Iterator[tuple[Place, Record | Fault]]:
        """Every row in order; see `Table`."""
        for number in range(self._starts[-1]):
            place = Place(number + 1, number)
            yield place, self.read(place)

    def read(self, place: Place) -> Record | Fault:
        """One row; fast where rows come in order; see `Table`."""
        arrow, _ = _pyarrow()
        try:
            batch = self._batch_with(place.at)
        except (arrow.ArrowException, OSError):
            self._group, self._batch = -1, None
            return Fault("the row cannot be read: its part of the file is damaged")
        row = place.at - self._first
        try:
            record = {name: batch.column(name)[row].as_py() for name in self.types}
        except UnicodeDecodeError:
            return Fault("the row is not in UTF-8")
        except (ValueError, arrow.ArrowException):
            return Fault("the row holds a value that cannot be read")
        return {**record, **dict.fromkeys(self.unread)}

    def _batch_with(self, number: int) -> Any:
        group = bisect.bisect_right(self._starts, number) - 1
        if group != self._group or number < self._first or self._batch is None:
            columns = list(self.types)
            self._batches = self._file.iter_batches(_BATCH, row_groups=[group], columns=columns, use_threads=False)
            self._group, self._first, self._batch = group, self._starts[group], next(self._batches)
        while number >= self._first + self._batch.num_rows:
            self._first += self._batch.num_rows
            self._batch = next(self._batches)
        return self._batch

    def writer(self, layout: Layout) -> ParquetWriter:
        """A Parquet file; what is kept keeps its type; see `Table`."""
        arrow, _ = _pyarrow()
        types = [(name, self._type(arrow, name, name in layout.same_type)) for name in layout.columns]
        return ParquetWriter(layout.path, arrow.schema(types))

    def _type(self, arrow: Any, name: str, kept: bool) -> Any:
        given = self.types.get(name)
        if kept and given is not None:
            return given
        return arrow.list_(arrow.string()) if given is not None and _is_list(arrow, given) else arrow.string()

    def close(self) -> None:
        """Lets go of the file; harmless when repeated."""
        self._batches, self._batch = iter(()), None
        self._file.close()


def _is_list(arrow: Any, given: Any) -> bool:
    return bool(arrow.types.is_list(given) or arrow.types.is_large_list(given))


def _holds_bytes(arrow: Any, given: Any) -> bool:
    if given.num_fields:
        return any(_holds_bytes(arrow, given.field(index).type) for index in range(given.num_fields))
    return bool(
        arrow.types.is_binary(given) or arrow.types.is_large_binary(given) or arrow.types.is_fixed_size_binary(given)
    )


class ParquetWriter(WholeFile):
    """Writes a Parquet file; it appears when it is left without an error.

    Args:
        path: Where it shall be.
        schema: Its columns and their types.
    """

    def __init__(self, path: Path, schema: Any) -> None:
        self._arrow, parquet = _pyarrow()
        self._schema, self._rows = schema, list[Record]()
        super().__init__(path)
        self._writer = parquet.ParquetWriter(self._file.name, schema)

    def write(self, record: Record, _section: str = "", /) -> None:
        """Append a row; see `Writer`."""
        self._rows.append(record)
        if len(self._rows) == _GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            columns = [self._column(field) for field in self._schema]
            self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))
        self._rows = []

    def _column(self, field: Any) -> Any:
        """The values of a column; dates and exact numbers come as text, as the journal has kept them."""
        values = [row.get(field.name) for row in self._rows]
        try:
            if any(isinstance(value, str) for value in values):
                return self._arrow.array(values, self._arrow.string()).cast(field.type)
            return self._arrow.array(values, field.type)
        except self._arrow.ArrowException as error:
            raise SinkError(
                "a column that is kept has values that cannot be written", given=field.name, do="do not keep it"
            ) from error

    def _finish(self) -> None:
        self._flush()
        self._writer.close()
