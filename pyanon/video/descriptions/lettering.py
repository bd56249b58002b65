"""From bytes to text, in the encodings that picture files use: what is odd is read as well as can be, never raised."""

from __future__ import annotations

__all__ = ["of_bytes", "of_user_comment", "of_utf16"]

#: The character codes of EXIF: the first eight bytes of a UserComment (Exif 3.0, 4.6.6.4).
_ASCII, _UNICODE, _JIS = b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0"


def of_bytes(data: bytes) -> str:
    """Text of bytes of which nobody says how they are encoded: UTF-8 where they are that, else Western European.

    Args:
        data: The bytes; NULs at the end do not count.
    """
    try:
        return data.rstrip(b"\0").decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.rstrip(b"\0").decode("cp1252", "replace")


def of_utf16(data: bytes, *, order: str = "<") -> str:
    """Text of UTF-16, up to its first NUL.

    Args:
        data: The bytes; a byte order mark decides, and else zeros that stand where an order would put them.
        order: ``<`` little endian, ``>`` big endian, where neither does.
    """
    low, high = data[0::2].count(0), data[1::2].count(0)
    little = high > low if high != low else order == "<"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        little, data = data[:2] == b"\xff\xfe", data[2:]
    return data.decode("utf-16-le" if little else "utf-16-be", "replace").split("\0", 1)[0]


def of_user_comment(data: bytes, *, order: str) -> str:
    """Text of an EXIF field that begins with its character code.

    Args:
        data: The field.
        order: Byte order of the block it stands in, ``<`` or ``>``.
    """
    code, text = data[:8], data[8:]
    if code == _UNICODE:
        return of_utf16(text, order=order)
    if code == _JIS:
        return text.rstrip(b"\0").decode("iso2022_jp", "replace")
    known = code in (_ASCII, bytes(8))
    return of_bytes(text if known else data)
