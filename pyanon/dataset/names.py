"""New names for pictures and ids, which may hold names of people: numbers or, with a key, keyed digests."""

from __future__ import annotations

import hashlib
import posixpath
from pathlib import PurePosixPath

from pyanon.dataset.records import Fault
from pyanon.video.picture import PICTURE_SUFFIXES

__all__ = ["Names", "checked_name"]

#: Rounds of PBKDF2 for a passphrase, as for the identities that are drawn with it.
_ROUNDS = 600_000


def checked_name(value: object) -> str | Fault:
    """The name of a picture below the folder of pictures, in one way of writing it.

    Args:
        value: What the row says.
    """
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        return Fault("the row names no picture")
    name = posixpath.normpath(value)
    try:
        name.encode()
    except UnicodeEncodeError:
        return Fault("the name of the picture is not valid Unicode")
    if name.startswith("/") or name in {".", ".."} or name.startswith("../"):
        return Fault("the row names a picture outside of the folder of pictures")
    return name


class Names:
    """Gives new names.

    Args:
        key: The policy's key. With it, equal names become equal digests, in other data sets too; without, everything
            is called by the number of its row.
        keep: Pictures keep their names.
    """

    def __init__(self, key: bytes | str | None, *, keep: bool) -> None:
        if isinstance(key, str):
            key = hashlib.pbkdf2_hmac("sha256", key.encode(), b"pyanon/dataset", _ROUNDS)
        self._key, self._keep = key, keep

    def picture(self, name: str, number: int) -> str:
        """The name of a picture below the folder of the output; its suffix is one that can be written.

        Args:
            name: Its old name, as `checked_name` gives it.
            number: Number of the first row that names it.
        """
        suffix = PurePosixPath(name).suffix
        known = suffix.lower() in PICTURE_SUFFIXES
        if self._keep:
            return name if known else name + ".png"
        return self._new(name, number) + (suffix.lower() if known else ".png")

    def row(self, name: str, number: int) -> str:
        """What stands for an id that is text.

        Args:
            name: The id.
            number: Number of the row, or of the first row of its picture.
        """
        return self._new(name, number)

    def check(self, salt: bytes) -> str:
        """What tells this key from another, and says nothing about it.

        Args:
            salt: Another one for every output.
        """
        if self._key is None:
            return ""
        return hashlib.blake2b(salt, digest_size=8, key=self._key, person=b"pyanon/check").hexdigest()

    def _new(self, name: str, number: int) -> str:
        if self._key is None:
            return f"{number:09d}"
        return hashlib.blake2b(name.encode(), digest_size=12, key=self._key, person=b"pyanon/name").hexdigest()
