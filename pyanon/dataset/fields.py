"""What becomes of each field of a row: an allow-list, because every other field may give somebody away, numbers too."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeAlias

from pyanon.dataset.records import Fault, Record
from pyanon.dataset.settings import INSTRUCTION, DatasetSettings

__all__ = ["CAPTIONS", "IDS", "NUMBERS", "PICTURES", "SECTIONS", "SPLITS", "Fields", "Role", "Texts"]

# All these names are known in capitals, too.

#: Fields that are captions where the user names none.
CAPTIONS = frozenset(
    {"alt", "alt_text", "caption", "captions", "description", "prompt", "sentence", "sentences", "text", "title"}
)
#: Fields that name the picture, in the order in which they are looked for.
PICTURES = ("file_name", "filename", "image", "image_path", "image_file", "img", "picture", "path", "file")
#: Numbers stay; what is text is given a number or, with a key, a digest.
IDS = frozenset(
    {"ann_id", "annotation_id", "caption_id", "cocoid", "id", "idx", "image_id", "imgid", "img_id", "index",
     "row_id", "sample_id", "sentid", "sentids"}
)  # fmt: skip
#: Fields that stay as far as they hold numbers.
NUMBERS = frozenset(
    {"aesthetic", "aesthetic_score", "area", "aspect_ratio", "bbox", "category_id", "channels", "class_id",
     "clip_score", "clip_similarity", "depth", "height", "iscrowd", "keypoints", "label", "licence", "license",
     "license_id", "nsfw_score", "num_keypoints", "pwatermark", "punsafe", "score", "segmentation", "similarity",
     "watermark_score", "width"}
)  # fmt: skip
#: Fields that stay as far as they hold numbers or one of `_SPLIT_WORDS`.
SPLITS = frozenset({"fold", "partition", "split", "subset"})
_SPLIT_WORDS = frozenset(
    {"all", "dev", "eval", "minival", "restval", "test", "train", "training", "val", "valid", "validation"}
)
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,3})?")
_WHOLE = re.compile(r"\d{1,18}")
_RUN_LENGTHS = re.compile(r"[0-o]*")  # the alphabet of compressed run lengths in COCO

#: The arrays of a COCO file that are in the output.
SECTIONS = frozenset({"annotations", "categories", "images", "licenses"})

#: The captions of a row, by field.
Texts: TypeAlias = dict[str, list[str]]


class Role(Enum):
    """What becomes of a field."""

    CAPTION, PICTURE, ID, NUMBER, SPLIT, KEEP, DROP = range(7)


class Fields:
    """Decides about fields by their names, and about values by what they are.

    Args:
        settings: What the user said.
        textual: Whether numbers come as text (CSV).
        pictures: Whether there are pictures; without, nothing names one.
        columns: Names of the columns, where all rows have the same ones.
    """

    def __init__(
        self, settings: DatasetSettings, *, textual: bool, pictures: bool, columns: tuple[str, ...] | None = None
    ) -> None:
        self._keep, self._textual = frozenset(settings.keep), textual
        self._captions, self._image, self._pictures = frozenset(settings.captions), settings.image, pictures
        self._columns = columns

    def is_section(self, name: str) -> bool:
        """Whether an array of a COCO file is in the output.

        Args:
            name: Its key.
        """
        return name in SECTIONS or name in self._keep

    def picture_field(self, record: Mapping[str, Any]) -> str | None:
        """The field that names the picture of a row; None where there is none.

        Args:
            record: The row.
        """
        if not self._pictures:
            return None
        if self._image is not None:
            return self._image if self._image in record else None
        names = {name.lower(): name for name in record if not self._kept("", name)}
        return next((names[known] for known in PICTURES if known in names), None)

    def role(self, section: str, name: str, *, picture: str | None) -> Role:
        """What becomes of a field.

        Args:
            section: The array of a COCO file, else empty.
            name: The field.
            picture: The field that names the picture of the row.
        """
        if name == INSTRUCTION:
            return Role.DROP
        if self._kept(section, name):
            return Role.KEEP
        if name == picture:
            return Role.PICTURE
        if name in self._captions or (not self._captions and name.lower() in CAPTIONS):
            return Role.CAPTION
        known = ((IDS, Role.ID), (NUMBERS, Role.NUMBER), (SPLITS, Role.SPLIT))
        return next((role for names, role in known if name.lower() in names), Role.DROP)

    def _kept(self, section: str, name: str) -> bool:
        return name in self._keep or f"{section}.{name}" in self._keep

    def texts(self, section: str, record: Record) -> Texts | Fault:
        """The captions of a row; empty ones are none.

        Args:
            section: The array of a COCO file, else empty.
            record: The row.
        """
        picture, found = self.picture_field(record), Texts()
        for name, value in record.items():
            if self.role(section, name, picture=picture) is Role.CAPTION and value is not None:
                texts = [value] if isinstance(value, str) else value
                if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                    return Fault("a caption is not text")
                found[name] = [text for text in texts if text.strip()]
        found = {name: texts for name, texts in found.items() if texts}
        return found if _is_unicode(found) else Fault("a caption is not valid Unicode")

    def left_out(self, section: str, record: Record) -> list[str]:
        """The fields of a row that will not be in the output, or empty there.

        Args:
            section: The array of a COCO file, else empty.
            record: The row.
        """
        picture = self.picture_field(record)
        return [
            name
            for name, value in record.items()
            if (role := self.role(section, name, picture=picture)) is Role.DROP
            or (role in _HARMLESS and value is not None and not self._is_harmless(role, value))
        ]

    def publish(
        self, section: str, record: Record, *, texts: Texts, picture: str | None, rename: Callable[[str, str], str]
    ) -> Record:
        """The public row: what stays, and public texts for private ones.

        Args:
            section: The array of a COCO file, else empty.
            record: The private row.
            texts: Its public captions, by field, as `texts` found the private ones.
            picture: The new name of its picture.
            rename: Gives a new id for a field and the text that was its id.
        """
        field, public = self.picture_field(record), Record()
        for name, value in record.items():
            role = self.role(section, name, picture=field)
            if role is Role.KEEP:
                public[name] = value
            elif role is Role.PICTURE:
                public[name] = picture
            elif role is Role.CAPTION:
                public[name] = texts.get(name, []) if isinstance(value, list) else "".join(texts.get(name, []))
            elif role is Role.ID and isinstance(value, str) and not _WHOLE.fullmatch(value):
                public[name] = rename(name, value)
            elif role in _HARMLESS:
                public[name] = value if self._is_harmless(role, value) else None
        return public

    def columns(self) -> tuple[str, ...]:
        """The columns of an output, where all rows have the same ones: those that stay, and the instruction."""
        return (*filter(lambda name: self._role(name) is not Role.DROP, self._columns or ()), INSTRUCTION)

    def same_type(self) -> frozenset[str]:
        """Those of `columns` whose values keep their type."""
        rewritten = {Role.CAPTION, Role.PICTURE}
        return frozenset(name for name in self._columns or () if self._role(name) not in rewritten)

    def _role(self, name: str) -> Role:
        return self.role("", name, picture=self.picture_field(dict.fromkeys(self._columns or ())))

    def _is_harmless(self, role: Role, value: object) -> bool:
        if role is Role.SPLIT and isinstance(value, str) and value.lower() in _SPLIT_WORDS:
            return True
        if isinstance(value, str) and role is Role.ID:
            return True  # it is renamed where it is no number
        if isinstance(value, str):
            return self._textual and _NUMBER.fullmatch(value) is not None
        return _is_number(value)


_HARMLESS = frozenset({Role.ID, Role.NUMBER, Role.SPLIT})


def _is_number(value: object) -> bool:
    """Whether there are numbers only, also in lists; or a mask of COCO as run lengths."""
    if value is None or isinstance(value, (bool, int)):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(_is_number, value))
    if isinstance(value, dict) and set(value) == {"counts", "size"}:
        counts = value["counts"]
        lengths = _RUN_LENGTHS.fullmatch(counts) is not None if isinstance(counts, str) else _is_number(counts)
        return lengths and _is_number(value["size"])
    return False


def _is_unicode(texts: Texts) -> bool:
    try:
        "".join(text for each in texts.values() for text in each).encode()
    except UnicodeEncodeError:
        return False
    return True
