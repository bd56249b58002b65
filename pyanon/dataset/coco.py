"""COCO: one JSON document with arrays of objects (images, annotations, ...) that refer to each other by ids.

The document is never parsed as a whole. A scanner looks for where the objects of its arrays begin and end, in chunks of
a megabyte, and each object is parsed alone. What is held is one chunk, one object, and what is no array (``info``) as
far as the user keeps it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pyanon.dataset.records import LONGEST, Fault, Layout, Place, Record, parsed
from pyanon.dataset.writing import WholeFile
from pyanon.errors import TruncatedSourceError, UnsupportedMediaError

__all__ = ["CocoTable", "CocoWriter"]

_CHUNK = 1 << 20
#: A string, a bracket, or the beginning of a string whose end was not read yet.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|"', re.DOTALL)


class _Scanner:
    """Where the values of the top-level object's keys begin and end; of arrays, where their elements do."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._depth, self._begin = 0, 0
        self._key, self._in_array = "", False

    def __iter__(self) -> Iterator[tuple[str, bool, int, int]]:
        """Key, whether it is an element of an array, first byte, byte after the last."""
        for at, token in self._tokens():
            if token in b"{[":
                self._opened(at, token)
            elif token in b"}]":
                yield from self._closed(at)
            elif self._depth == 1:
                self._key = token[1:-1].decode(errors="replace")
        if self._depth:
            raise TruncatedSourceError("the data set breaks off", given=self._path, do="fetch or copy it again")

    def _tokens(self) -> Iterator[tuple[int, bytes]]:
        base, buffer = 0, b""
        while chunk := self._chunk(base + len(buffer)):
            buffer += chunk
            done = len(buffer)
            for match in _TOKEN.finditer(buffer):
                if match[0] == b'"':
                    done = match.start()
                    break
                yield base + match.start(), match[0]
            base, buffer = base + done, buffer[done:]
            if len(buffer) > LONGEST:
                break
        if buffer:
            raise TruncatedSourceError("the data set has a text without end", given=self._path, do="repair it first")

    def _chunk(self, at: int) -> bytes:
        self._file.seek(at)  # whoever gets an object may read it before the next one
        return self._file.read(_CHUNK)

    def _opened(self, at: int, token: bytes) -> None:
        self._depth += 1
        if self._depth == 2:
            self._begin, self._in_array = at, token == b"["
        elif self._depth == 3 and self._in_array:
            self._begin = at

    def _closed(self, at: int) -> Iterator[tuple[str, bool, int, int]]:
        self._depth -= 1
        if self._depth < 0:
            raise UnsupportedMediaError("the data set is not valid JSON", given=self._path, do="repair it first")
        if self._depth == (2 if self._in_array else 1):
            yield self._key, self._in_array, self._begin, at + 1
        if self._depth == 1:
            self._in_array = False


class CocoTable:
    """The objects of all arrays of a COCO file.

    Args:
        path: The file.

    Attributes:
        rest: What was found besides arrays of objects, by key, once it was scanned: the bytes where it stands.
    """

    sections, textual = True, False

    def __init__(self, path: Path) -> None:
        self._file, self._path = path.open("rb"), path
        self.rest: dict[str, Place] = {}
        self.columns: tuple[str, ...] | None = None
        self.unread: tuple[str, ...] = ()

    def scan(self) -> Iterator[tuple[Place, Record | Fault]]:
        """Every object of every array in order; see `Table`."""
        counts, last = dict[str, int](), ""
        for key, in_array, begin, end in _Scanner(self._file, self._path):
            if not in_array:
                self.rest[key] = Place(1, begin, end - begin)
                continue
            if key in counts and key != last:
                raise UnsupportedMediaError("an array is there twice", given=self._path, do="repair it first")
            counts[key], last = counts.get(key, 0) + 1, key
            place = Place(counts[key], begin, end - begin, key)
            yield place, self.read(place)
        if not {"images", "annotations"} <= counts.keys():
            raise UnsupportedMediaError(
                "this is no data set in the format of COCO",
                given=self._path,
                expected='{"images": [{"id": ...}], "annotations": [{"image_id": ..., "caption": ...}]}',
                do="give other rows as JSON Lines (.jsonl), CSV or Parquet",
            )

    def read(self, place: Place) -> Record | Fault:
        """One object again; see `Table`."""
        self._file.seek(place.at)
        return parsed(self._file.read(min(place.size, LONGEST + 1)))

    def writer(self, layout: Layout) -> CocoWriter:
        """A COCO file; see `Table`."""
        return CocoWriter(layout.path, layout.rest)

    def close(self) -> None:
        """Lets go of the file; harmless when repeated."""
        self._file.close()


class CocoWriter(WholeFile):
    """Writes a COCO file, object by object; it appears when it is left without an error.

    Args:
        path: Where it shall be.
        rest: What comes before the arrays.
    """

    def __init__(self, path: Path, rest: Record) -> None:
        super().__init__(path)
        self._section, self._between = "", b"\n"
        self._seen: set[str] = set()
        self._file.write(b"{")
        for key, value in rest.items():
            self._begin(key)
            self._file.write(json.dumps(value, ensure_ascii=False).encode())

    def _begin(self, key: str) -> None:
        self._file.write(b"%s%s: " % (self._between, json.dumps(key).encode()))
        self._between = b",\n"

    def write(self, record: Record, section: str = "", /) -> None:
        """Append an object; see `Writer`."""
        between = b",\n "
        if section != self._section:
            self._close_section()
            self._begin(section)
            self._file.write(b"[")
            self._section, between = section, b"\n "
            self._seen.add(section)
        self._file.write(between + json.dumps(record, ensure_ascii=False).encode())

    def _close_section(self) -> None:
        if self._section:
            self._file.write(b"\n]")

    def _finish(self) -> None:
        self._close_section()
        for section in ("images", "annotations"):
            if section not in self._seen:
                self._begin(section)
                self._file.write(b"[]")
        self._file.write(b"\n}\n")
