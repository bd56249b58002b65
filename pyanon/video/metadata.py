"""Which of a source's descriptions are harmless enough to be kept, on request."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping

from PIL import ExifTags, Image

__all__ = ["DAMAGED", "harmless_exif", "harmless_tags"]

#: What may stay in a video. Not on it, so never kept: places, names of people and devices, comments, thumbnails.
_TAGS = frozenset({"title", "copyright", "creation_time", "date", "genre", "language"})


def harmless_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a video that may be kept.

    Args:
        tags: The global tags of a container.
    """
    return {name: text for name, text in tags.items() if name.lower() in _TAGS}


_Base = ExifTags.Base
#: What may stay of the first directory of an EXIF block: not the names of people, not the turn that is already applied.
_DIRECTORY = frozenset({_Base.Make, _Base.Model, _Base.DateTime, _Base.Copyright, _Base.XResolution, _Base.YResolution,
                        _Base.ResolutionUnit})  # fmt: skip
#: What may stay of the directory of the camera: how the picture was taken, not by which device and not what was noted.
_CAMERA = frozenset({
    _Base.ExposureTime, _Base.FNumber, _Base.ExposureProgram, _Base.ISOSpeedRatings, _Base.SensitivityType,
    _Base.ExifVersion, _Base.DateTimeOriginal, _Base.DateTimeDigitized, _Base.OffsetTime, _Base.OffsetTimeOriginal,
    _Base.OffsetTimeDigitized, _Base.ShutterSpeedValue, _Base.ApertureValue, _Base.BrightnessValue,
    _Base.ExposureBiasValue, _Base.MaxApertureValue, _Base.MeteringMode, _Base.LightSource, _Base.Flash,
    _Base.FocalLength, _Base.ColorSpace, _Base.SensingMethod, _Base.CustomRendered, _Base.ExposureMode,
    _Base.WhiteBalance, _Base.DigitalZoomRatio, _Base.FocalLengthIn35mmFilm, _Base.SceneCaptureType, _Base.GainControl,
    _Base.Contrast, _Base.Saturation, _Base.Sharpness, _Base.LensMake, _Base.LensModel,
})  # fmt: skip

#: What Pillow raises where something is not what it should be; it has no error of its own for that.
DAMAGED = (ArithmeticError, AttributeError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error)


def harmless_exif(block: bytes) -> bytes:
    """What may be kept of an EXIF block: built anew from the tags known to be harmless; nothing of a damaged one.

    The thumbnail shows the picture as it was, and maker notes may hold another one; neither is carried over, nor is the
    place, an owner's name, a serial number, a comment, or the orientation that has been applied.

    Args:
        block: As `PIL.Image.Image.info` has it.
    """
    found, kept = Image.Exif(), Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd tags, and leaves them out
            found.load(block)
            kept.update({tag: value for tag, value in found.items() if tag in _DIRECTORY})
            camera = found.get_ifd(ExifTags.IFD.Exif)
            kept.get_ifd(ExifTags.IFD.Exif).update({tag: value for tag, value in camera.items() if tag in _CAMERA})
            return kept.tobytes()
    except DAMAGED:
        return Image.Exif().tobytes()
