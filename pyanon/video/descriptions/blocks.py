"""Where a picture file keeps what is written in it: the blocks of JPEG, PNG, WebP, GIF and TIFF."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Block", "blocks_of", "without"]

Kind = Literal["exif", "xmp", "xmp part", "iptc", "photoshop", "comment", "text", "damaged"]

_EXIF, _XMP, _MORE = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
#: How the segments of a JPEG begin, by their marker (APP1, APP13), and what is surely meant to be one of them.
_MARKS: dict[int, dict[bytes, Kind]] = {
    0xE1: {_EXIF: "exif", _XMP: "xmp", _MORE: "xmp part"},
    0xED: {_PHOTOSHOP: "photoshop"},
}
_ALMOST = (b"Exif", b"http://ns.adobe.com/", b"Photoshop", b"Adobe_Photoshop")
#: Bytes that the compressed texts of a PNG may have, all together, and chunks that are looked at.
MOST_INFLATED, MOST_CHUNKS = 8 << 20, 100_000
#: Kinds of the profiles that ImageMagick writes as texts of a PNG.
_PROFILES: dict[str, Kind] = {"exif": "exif", "app1": "exif", "xmp": "xmp", "iptc": "photoshop", "8bim": "photoshop"}


@dataclass(frozen=True)
class Block:
    """A block of a file.

    Attributes:
        kind: What it is; ``xmp part`` is a piece of an XMP packet that was too long for one, ``damaged`` ought to be
            one of them and is none.
        data: What is in it, without the marks around it.
        key: Keyword of a text.
        start: Where it begins in the file, with the marks.
        end: Where it ends.
    """

    kind: Kind
    data: bytes
    key: str = ""
    start: int = 0
    end: int = 0


def blocks_of(data: bytes) -> list[Block]:
    """All blocks of a file that hold descriptions, in its order; none for formats that have none.

    Args:
        data: The file.
    """
    if data.startswith(b"\xff\xd8"):
        return list(_of_jpeg(data))
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return list(_of_png(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return list(_of_webp(data))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return list(_of_gif(data))
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return [Block("exif", data)]
    return []


def without(data: bytes, blocks: list[Block]) -> bytes:
    """A JPEG or PNG without these blocks, so that whatever is damaged in them stops nobody from reading the picture.

    Args:
        data: The file.
        blocks: Its blocks.
    """
    kept, place = [], 0
    for block in blocks:
        kept.append(data[place : block.start])
        place = block.end
    return b"".join([*kept, data[place:]]) if kept else data


def _of_jpeg(data: bytes) -> Iterator[Block]:
    """APP1, APP13 and COM up to the first scan."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 0x01:
            place += 1 if marker == 0xFF else 2  # padding, or a marker without a length
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in (0xDA, 0xD9) or end > len(data) or end < place + 4:
            return
        kind, held = _segment(marker, data[place + 4 : end])
        if kind is not None:
            yield Block(kind, held, start=place, end=end)
        place = end


def _segment(marker: int, held: bytes) -> tuple[Kind | None, bytes]:
    if marker == 0xFE:
        return "comment", held
    marks = _MARKS.get(marker, {})
    for mark, kind in marks.items():
        if held.startswith(mark):
            return kind, held[len(mark) :]
    return ("damaged", b"") if held.startswith(_ALMOST) and marks else (None, b"")


class _Inflater:
    """Decompresses the texts of one file, as long as they do not become too much together."""

    def __init__(self) -> None:
        self._room = MOST_INFLATED

    def __call__(self, data: bytes) -> bytes | None:
        """Decompressed; None where that cannot be done."""
        reader = zlib.decompressobj()
        try:
            text = reader.decompress(data, self._room) if self._room else b""
        except zlib.error:
            return None
        self._room -= len(text)
        return text if reader.eof else None


def _of_png(data: bytes) -> Iterator[Block]:
    """Texts and EXIF, also after the pixels."""
    place, inflater = 8, _Inflater()
    for _ in range(MOST_CHUNKS):
        if place + 12 > len(data):
            return
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            return
        if name in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            kind, held, key = _chunk(name, data[place + 8 : place + 8 + length], inflater)
            yield Block(kind, held, key, place, end)
        place = end


def _chunk(name: bytes, held: bytes, inflater: _Inflater) -> tuple[Kind, bytes, str]:
    """Kind, text in UTF-8 and keyword of a chunk."""
    if name == b"eXIf":
        return "exif", held.removeprefix(_EXIF), ""
    key, _, rest = held.partition(b"\0")
    keyword = key.decode("latin-1")
    text: bytes | None = rest
    if name == b"zTXt":
        text = inflater(rest[1:])
    elif name == b"iTXt":
        _, _, translated = rest[2:].partition(b"\0")
        text = translated.partition(b"\0")[2]
        text = inflater(text) if rest[:1] == b"\1" else text
    if text is None:
        return "damaged", b"", keyword
    if name != b"iTXt":
        text = text.decode("latin-1").encode()
    return _profile(keyword, text)


def _profile(keyword: str, text: bytes) -> tuple[Kind, bytes, str]:
    """What a text is: XMP, a profile in hexadecimal digits after a name and a length, or just a text."""
    if keyword == "XML:com.adobe.xmp":
        return "xmp", text, ""
    if not keyword.startswith("Raw profile type "):
        return "text", text, keyword
    kind = _PROFILES.get(keyword[17:].strip().lower())
    if kind is None:
        return "damaged", b"", keyword
    try:
        held = bytes.fromhex("".join(text.decode("ascii", "replace").split("\n")[3:]))
    except ValueError:
        return "damaged", b"", keyword
    if held.startswith((_XMP, b"\x1c")):
        return ("xmp", held[len(_XMP) :], "") if held.startswith(_XMP) else ("iptc", held, "")
    return kind, held.removeprefix(_EXIF), ""


def _of_webp(data: bytes) -> Iterator[Block]:
    place = 12
    for _ in range(MOST_CHUNKS):
        if place + 8 > len(data):
            return
        name, length = struct.unpack_from("<4sI", data, place)
        held, end = data[place + 8 : place + 8 + length], place + 8 + length + length % 2
        if name == b"EXIF":
            yield Block("exif", held.removeprefix(_EXIF), start=place, end=end)
        elif name == b"XMP ":
            yield Block("xmp", held, start=place, end=end)
        place = end


def _of_gif(data: bytes) -> Iterator[Block]:
    """Comments, and XMP, which stands as it is between its name and a trailer of descending bytes."""
    place = 13 + (3 << ((data[10] & 7) + 1) if len(data) > 10 and data[10] & 0x80 else 0)
    for _ in range(MOST_CHUNKS):
        if data[place : place + 1] != b"!":
            return  # a picture, or the end
        label, start = data[place + 1 : place + 2], place + 2
        if label == b"\xff" and data[start + 1 : start + 12] == b"XMP DataXMP":
            end = data.find(b"\x01\xff\xfe", start)
            if end < 0:
                yield Block("damaged", b"")
                return
            yield Block("xmp", data[start + 12 : end], start=place, end=end + 258)
            place = end + 258
            continue
        held, place = _sub_blocks(data, start)
        if label == b"\xfe":
            yield Block("comment", held, start=start - 2, end=place)


def _sub_blocks(data: bytes, place: int) -> tuple[bytes, int]:
    """What a row of sub-blocks holds, and where it ends."""
    parts = []
    while place < len(data) and data[place]:
        parts.append(data[place + 1 : place + 1 + data[place]])
        place += 1 + data[place]
    return b"".join(parts), place + 1
