"""The directories of a TIFF file, which an EXIF block is, too."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Entry", "Tiff"]

#: Bytes of one value, by its type.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
#: Tags whose values are offsets of further directories: SubIFDs, Exif, GPS.
_POINTERS = frozenset({0x014A, 0x8769, 0x8825})
#: Directories of one file, entries of one, and bytes of all values together that are looked at: values may overlap.
MOST_DIRECTORIES, MOST_ENTRIES, MOST_BYTES = 64, 1_000, 64 << 20
#: Values that are no texts and may lie anywhere: tables of strips and tiles, and MakerNote, which others often cut.
_HARMLESS = frozenset({0x0111, 0x0117, 0x0144, 0x0145, 0x927C})
GPS, ORIENTATION = 0x8825, 0x0112


@dataclass(frozen=True)
class Entry:
    """One tag.

    Attributes:
        tag: Its number.
        of: Tag that points to its directory; 0 for those of the file itself.
        data: Its value as stored.
        count: How many values that is.
    """

    tag: int
    of: int
    data: bytes
    count: int


class Tiff:
    """Walks through all directories once; whatever is out of bounds is counted and passed over.

    Args:
        data: A TIFF file, BigTIFF included, or an EXIF block.

    Attributes:
        order: ``<`` little endian, ``>`` big endian.
        damaged: Directories and values that could not be read.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.damaged, self._room = 0, MOST_BYTES
        self.order = "<" if data[:2] == b"II" else ">"
        self._big = data[2:4] in (b"+\0", b"\0+")
        self._word = "Q" if self._big else "I"
        if data[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            self.damaged, self._data = 1, b""

    def numbers(self, entry: Entry) -> tuple[int, ...]:
        """An entry's values as unsigned whole numbers.

        Args:
            entry: One of those of this file.
        """
        size = len(entry.data) // max(1, entry.count)
        letter = {1: "B", 2: "H", 4: "I", 8: "Q"}.get(size, "")
        return struct.unpack(f"{self.order}{entry.count}{letter}", entry.data[: size * entry.count]) if letter else ()

    def entries(self) -> Iterator[Entry]:
        """All tags of all directories, those of the file itself first."""
        first = self._number(8 if self._big else 4, self._word) if self._data else None
        todo: list[tuple[int, int | None]] = [(0, first)]
        seen = set[int]()
        while todo:
            of, offset = todo.pop(0)
            if not offset or offset in seen:
                continue
            seen.add(offset)
            if len(seen) > MOST_DIRECTORIES:
                self.damaged += 1
                return
            for entry in self._directory(offset, of):
                yield entry
                if entry.tag in _POINTERS:
                    todo += [(entry.tag, place) for place in self.numbers(entry)[:MOST_DIRECTORIES]]
            todo.append((of, self._next))

    def _directory(self, offset: int, of: int) -> Iterator[Entry]:
        """The entries of one directory; leaves in ``_next`` where the one after it lies."""
        self._next: int | None = 0
        count = self._number(offset, "Q" if self._big else "H")
        head, step = (8, 20) if self._big else (2, 12)
        if count is None:
            self.damaged += 1
            return
        for index in range(min(count, MOST_ENTRIES)):
            entry = self._entry(offset + head + step * index, of)
            if entry is not None:
                yield entry
        if count > MOST_ENTRIES:
            self.damaged += 1
        self._next = self._number(offset + head + step * count, self._word)

    def _entry(self, place: int, of: int) -> Entry | None:
        tag, kind = self._number(place, "H"), self._number(place + 2, "H")
        count = self._number(place + 4, self._word)
        if tag is None or kind is None or count is None or kind not in _SIZES:
            self.damaged += tag is None or count is None
            return None
        length, room = _SIZES[kind] * count, 8 if self._big else 4
        start: int | None = place + 4 + room
        if length > room:
            start = self._number(place + 4 + room, self._word)
        if start is None or length > self._room or start + length > len(self._data):
            self.damaged += tag not in _HARMLESS
            return None
        self._room -= length
        return Entry(tag, of, self._data[start : start + length], count)

    def _number(self, place: int, letter: str) -> int | None:
        try:
            return int(struct.unpack_from(self.order + letter, self._data, place)[0])
        except (struct.error, OverflowError):
            return None
