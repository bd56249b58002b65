"""IPTC-IIM 4.2, and the resources of Photoshop in which it lies."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pyanon.video.descriptions.found import Gathered
from pyanon.video.descriptions.lettering import of_bytes

__all__ = ["read_iptc", "read_photoshop"]

#: Datasets of record 2 by their number: title, keywords, special instructions, byline and its title, places, headline,
#: credit, source, copyright, contact, caption, writer.
_DATASETS = {
    5: "titles", 25: "keywords", 26: "places", 27: "places", 40: "comments", 80: "people", 85: "people", 90: "places",
    92: "places", 95: "places", 100: "places", 101: "places", 105: "headlines", 110: "people", 115: "people",
    116: "rights", 118: "people", 120: "descriptions", 122: "people",
}  # fmt: skip
_UTF8 = b"\x1b%G"
#: Resources of Photoshop: IPTC-IIM, and XMP.
_IPTC, _XMP = 0x0404, 0x0424
MOST = 10_000


def read_iptc(data: bytes, gathered: Gathered) -> None:
    """Read datasets; zeros after the last are padding, anything else that is none is unreadable.

    Args:
        data: The datasets.
        gathered: Takes up what is found.
    """
    utf8 = False
    place, number = 0, 0
    while place + 5 <= len(data) and data[place] == 0x1C and number < MOST:
        record, dataset, length = struct.unpack_from(">BBH", data, place + 1)
        place, number = place + 5, number + 1
        if length & 0x8000:  # so many bytes hold the length
            size = length & 0x7FFF
            length = int.from_bytes(data[place : place + size], "big") if size <= 8 else len(data)
            place += size
        value = data[place : place + length]
        if record == 1 and dataset == 90:
            utf8 = value.startswith(_UTF8)
        elif record == 2 and dataset in _DATASETS:
            gathered.add(_DATASETS[dataset], value.decode("utf-8", "replace") if utf8 else of_bytes(value))
        gathered.unreadable += len(value) < length
        place += length
    gathered.unreadable += bool(data[place:].strip(b"\0"))


def read_photoshop(data: bytes, gathered: Gathered) -> Iterator[bytes]:
    """Read the resources of Photoshop.

    Args:
        data: The resources, one after the other.
        gathered: Takes up the IPTC that is found.

    Yields:
        The XMP packets that are found.
    """
    place, number = 0, 0
    while place + 12 <= len(data) and data[place : place + 4] in (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"):
        (code,) = struct.unpack_from(">H", data, place + 4)
        named = 1 + data[place + 6]
        start = place + 6 + named + named % 2
        size = int.from_bytes(data[start : start + 4], "big")
        value = data[start + 4 : start + 4 + size]
        if len(value) < size or number >= MOST:
            gathered.unreadable += 1
        if code == _IPTC:
            read_iptc(value, gathered)
        elif code == _XMP:
            yield value
        place, number = start + 4 + size + size % 2, number + 1
        if number > MOST:
            return
    gathered.unreadable += bool(data[place:].strip(b"\0"))
