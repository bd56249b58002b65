"""Whether a file is all there: its own structure says how long it should be."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

__all__ = ["missing_bytes"]


def missing_bytes(path: Path) -> int:
    """How many bytes a file lacks of what its outermost boxes announce; 0 where that cannot be told.

    Decoders end quietly where a file is cut off, so that the loss must be seen from the outside. Read are the
    boxes of ISO/IEC 14496-12 (MP4, MOV), the chunks of RIFF (AVI) and the Segment of Matroska (RFC 9559).

    Args:
        path: A file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
            return max(0, _end_of_boxes(file, size) - size)
        if head[:4] == b"RIFF":
            return max(0, _end_of_chunks(file, size) - size)
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return max(0, _end_of_segment(file) - size)
    return 0


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:  # the last box, to the end of the file
            return size
        if length < 8 or not _is_box_name(head[4:8]):
            return position  # trailing bytes of something else are not ours to judge
        position += length
    return position


def _is_box_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in name)


def _end_of_chunks(file: BinaryIO, size: int) -> int:
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(8)
        if head[:4] != b"RIFF":  # files over 1 GB are several in a row
            break
        length = int.from_bytes(head[4:8], "little")
        position += 8 + length + length % 2
    return position


def _end_of_segment(file: BinaryIO) -> int:
    """Where the Segment ends; 0 for a live recording, which does not know."""
    file.seek(4)
    length, _ = _variable_integer(file)
    file.seek(length, 1)
    if file.read(4) != b"\x18\x53\x80\x67":
        return 0
    length, unknown = _variable_integer(file)
    return 0 if unknown else file.tell() + length


def _variable_integer(file: BinaryIO) -> tuple[int, bool]:
    """A number whose leading zero bits say how many bytes it has; all ones stand for "unknown"."""
    first = file.read(1)
    if not first or first[0] == 0:
        return 0, True
    width = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(width - 1), "big") & ((1 << 7 * width) - 1)
    return value, value == (1 << 7 * width) - 1
