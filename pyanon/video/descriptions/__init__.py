"""What is written in a picture file: EXIF, XMP, IPTC, comments and text chunks, as far as they may speak of people."""

from __future__ import annotations

from pyanon.video.descriptions.blocks import Block, blocks_of, without
from pyanon.video.descriptions.exif import read_exif
from pyanon.video.descriptions.found import Descriptions, Gathered, Region
from pyanon.video.descriptions.iptc import read_iptc, read_photoshop
from pyanon.video.descriptions.lettering import of_bytes
from pyanon.video.descriptions.packet import PublicWords
from pyanon.video.descriptions.xmp import read_xmp

__all__ = ["Block", "Descriptions", "Gathered", "PublicWords", "Region", "blocks_of", "gathered_from", "without"]

#: What the usual keywords of PNG texts say (PNG Third Edition, 11.3.3.2); others are comments.
_KEYS = {
    "title": "titles", "author": "people", "artist": "people", "creator": "people", "description": "descriptions",
    "caption": "descriptions", "copyright": "rights", "keywords": "keywords", "subject": "headlines",
    "location": "places",
}  # fmt: skip
#: Keywords of PNG texts that say nothing of people: what the file was made with, and when.
_DULL = frozenset({"software", "creation time", "date:create", "date:modify", "date:timestamp"})


def gathered_from(blocks: list[Block]) -> Gathered:
    """Read the blocks of a file. Whatever is wrong with them, nothing is raised: it is counted and passed over.

    Args:
        blocks: As `blocks_of` found them.

    Returns:
        What they say; `Gathered.done` makes it final when the size of the picture is known.
    """
    gathered = Gathered()
    # What the orientation is, EXIF decides; which text comes first, XMP.
    exif = Gathered()
    for block in blocks:
        if block.kind == "exif":
            read_exif(block.data, exif)
    gathered.orientation = exif.orientation
    for packet in (block.data for block in blocks if block.kind == "xmp"):
        read_xmp(packet, gathered)
    for packet in _joined([block.data for block in blocks if block.kind == "xmp part"], gathered):
        read_xmp(packet, gathered)
    for packet in read_photoshop(b"".join(block.data for block in blocks if block.kind == "photoshop"), gathered):
        read_xmp(packet, gathered)
    for block in blocks:
        _read_other(block, gathered)
    gathered.take(exif)
    return gathered


def _read_other(block: Block, gathered: Gathered) -> None:
    if block.kind == "iptc":
        read_iptc(block.data, gathered)
    elif block.kind == "comment":
        gathered.add("comments", of_bytes(block.data))
    elif block.kind == "damaged":
        gathered.unreadable += 1
    elif block.kind == "text" and block.key.strip().lower() not in _DULL:
        kind = _KEYS.get(block.key.strip().lower(), "comments")
        for part in of_bytes(block.data).split(",") if kind == "keywords" else [of_bytes(block.data)]:
            gathered.add(kind, part)


def _joined(parts: list[bytes], gathered: Gathered) -> list[bytes]:
    """Packets that were too long for one block: each piece has the packet's number, its length and its own place."""
    packets: dict[bytes, dict[int, bytes]] = {}
    for part in parts:
        if len(part) < 40:
            gathered.unreadable += 1
            continue
        packets.setdefault(part[:32], {})[int.from_bytes(part[36:40], "big")] = part[40:]
    joined = []
    for pieces in packets.values():
        whole = b"".join(piece for _, piece in sorted(pieces.items()))
        gathered.unreadable += sorted(pieces)[0] != 0
        joined.append(whole)
    return joined
