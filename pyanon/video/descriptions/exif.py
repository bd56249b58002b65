"""The texts of an EXIF block or a TIFF file (Exif 3.0; Windows' XP tags; Adobe's tags for XMP and IPTC in TIFF)."""

from __future__ import annotations

from pyanon.video.descriptions.found import Gathered
from pyanon.video.descriptions.iptc import read_iptc, read_photoshop
from pyanon.video.descriptions.lettering import of_bytes, of_user_comment, of_utf16
from pyanon.video.descriptions.tiff import GPS, ORIENTATION, Tiff
from pyanon.video.descriptions.xmp import read_xmp

__all__ = ["read_exif"]

#: Plain texts: DocumentName, ImageDescription, PageName, Artist, HostComputer, Copyright, ImageHistory,
#: SecurityClassification, CameraOwnerName, ImageTitle, Photographer, ImageEditor.
_TEXTS = {
    0x010D: "titles", 0x010E: "descriptions", 0x011D: "titles", 0x013B: "people", 0x013C: "people", 0x8298: "rights",
    0x9213: "comments", 0x9212: "comments", 0xA430: "people", 0xA436: "titles", 0xA437: "people", 0xA438: "people",
}  # fmt: skip
#: XPTitle, XPComment, XPAuthor, XPKeywords, XPSubject: UTF-16, always little endian.
_WINDOWS = {0x9C9B: "titles", 0x9C9C: "comments", 0x9C9D: "people", 0x9C9E: "keywords", 0x9C9F: "headlines"}
#: UserComment; in the directory of GPS: GPSProcessingMethod is none, GPSAreaInformation is the name of a place.
_USER_COMMENT, _AREA = 0x9286, 0x001C
_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
_LISTS = frozenset({"keywords", "people"})


def read_exif(data: bytes, gathered: Gathered) -> None:
    """Read all directories, that of the thumbnail included.

    Args:
        data: The block, from its byte order on, or a TIFF file.
        gathered: Takes up what is found.
    """
    tiff = Tiff(data)
    for entry in tiff.entries():
        if entry.tag == ORIENTATION and not gathered.orientation and not entry.of:
            gathered.orientation = next(iter(tiff.numbers(entry)), 0)
        elif entry.of == GPS:
            if entry.tag == _AREA:
                gathered.add("places", of_user_comment(entry.data, order=tiff.order))
        elif entry.tag == _USER_COMMENT:
            gathered.add("comments", of_user_comment(entry.data, order=tiff.order))
        elif entry.tag in _WINDOWS:
            _add(gathered, _WINDOWS[entry.tag], of_utf16(entry.data))
        elif entry.tag in _TEXTS:
            _add(gathered, _TEXTS[entry.tag], of_bytes(entry.data))
        else:
            _read_foreign(entry.tag, entry.data, gathered)
    gathered.unreadable += tiff.damaged


def _read_foreign(tag: int, data: bytes, gathered: Gathered) -> None:
    """The blocks of other standards that TIFF keeps in tags of their own."""
    if tag == _XMP:
        read_xmp(data, gathered)
    elif tag == _IPTC:
        read_iptc(data, gathered)
    elif tag == _PHOTOSHOP:
        for part in read_photoshop(data, gathered):
            read_xmp(part, gathered)


def _add(gathered: Gathered, kind: str, text: str) -> None:
    """A text; lists have semicolons between their parts, and NUL parts the photographer's from the editor's rights."""
    for part in text.replace("\0", ";").split(";") if kind in _LISTS else text.split("\0"):
        gathered.add(kind, part)
