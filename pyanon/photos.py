"""Whom a policy means: descriptions in words, and reference photos."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from pyanon.errors import InputError
from pyanon.types import ImageArray

__all__ = ["Meant", "Photo", "as_meant"]

#: What a text ends with that names a photo.
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")
#: Characters of a description, at most.
LONGEST = 200


@dataclass(frozen=True, eq=False)
class Photo:
    """A reference photo; shown as no more than that there is one.

    Attributes:
        path: Where it lies, or None where it was given as pixels.
        pixels: ``(H, W, 3)`` uint8 RGB, or None where it is still to be read.
    """

    path: Path | None = field(default=None, repr=False)
    pixels: ImageArray | None = field(default=None, repr=False)

    def _content(self) -> tuple[object, ...]:
        pixels = self.pixels
        return (self.path,) if pixels is None else (pixels.shape, pixels.tobytes())

    def digest(self) -> str:
        """SHA-256 of its file or of its pixels: what tells it from other photos.

        Raises:
            InputError: The file cannot be read.
        """
        if self.pixels is not None:
            return hashlib.sha256(repr(self.pixels.shape).encode() + self.pixels.tobytes()).hexdigest()
        try:
            return hashlib.sha256((self.path or Path()).read_bytes()).hexdigest()
        except OSError as error:
            raise InputError("a reference photo cannot be read", given=self.path, do="check the path") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Photo) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())


#: A person: a description, or the path or pixels of a photo.
Meant: TypeAlias = "str | os.PathLike[str] | ImageArray | Photo"


def as_meant(name: str, value: Meant | Iterable[Meant] | None) -> tuple[str | Photo, ...]:
    """Descriptions as texts, and photos as `Photo`.

    A text that ends like the name of a picture file is the path of a photo.

    Args:
        name: What to call the setting.
        value: One person or several; None: nobody.

    Raises:
        InputError: Something is neither.
    """
    if value is None:
        return ()
    if isinstance(value, (str, os.PathLike, np.ndarray, Photo)):
        return (_one(name, value),)
    if not isinstance(value, (tuple, list)):
        raise _unusable(name, type(value).__name__)
    return tuple(_one(name, each) for each in value)


def _one(name: str, value: Meant) -> str | Photo:
    if isinstance(value, Photo):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype != np.uint8 or value.ndim != 3 or value.shape[2] != 3 or not value.size:
            raise _unusable(name, f"{value.dtype} of shape {value.shape}")
        pixels = value.copy()  # who gave it may use it again
        pixels.flags.writeable = False
        return Photo(pixels=pixels)
    if isinstance(value, os.PathLike):
        return Photo(path=Path(value))
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST:
        raise _unusable(name, f"{len(value)} characters" if isinstance(value, str) else type(value).__name__)
    text = value.strip()
    return Photo(path=Path(text)) if text.lower().endswith(SUFFIXES) else text


def _unusable(name: str, given: str) -> InputError:
    return InputError(
        f"Policy.{name} does not say who is meant",
        given=given,
        expected=f"a description of at most {LONGEST} characters, the path of a photo, its pixels as an (H, W, 3) "
        "uint8 array, or a tuple of these",
        do=f'write {name}="the man in red", or {name}=Path("presenter.jpg")',
    )
