"""Reading and writing still pictures."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, JpegImagePlugin, UnidentifiedImageError

from pyanon.errors import InputError, SinkError, TruncatedSourceError, UnsupportedMediaError
from pyanon.types import FloatArray, Frame, ImageArray
from pyanon.video import sniff
from pyanon.video.atomic import AtomicFile, check_output, sink_error
from pyanon.video.descriptions import Descriptions, Gathered, PublicWords, blocks_of, gathered_from, without
from pyanon.video.descriptions.packet import WITH_WORDS, options_for
from pyanon.video.metadata import DAMAGED, harmless_exif

__all__ = ["PICTURE_SUFFIXES", "Picture", "read_picture", "takes_words", "write_picture"]

_FORMATS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".webp": "WEBP",
    ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".gif": "GIF",
}  # fmt: skip
#: Suffixes a picture can be written to.
PICTURE_SUFFIXES = tuple(_FORMATS)

#: How files begin whose descriptions Pillow need not see: in these they lie apart from what the picture needs.
_SEPARABLE = (b"\xff\xd8", b"\x89PNG\r\n\x1a\n")
#: Formats whose EXIF block stands by itself, and can be kept in part on request.
_WITH_BLOCK = frozenset({"JPEG", "MPO", "PNG", "WEBP"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_WITH_ALPHA = frozenset({"PNG", "WEBP", "TIFF"})
_WITH_EXIF = frozenset({"JPEG", "PNG", "WEBP", "TIFF"})
_JPEG_QUALITY, _WEBP_QUALITY = 92, 90


@dataclass(frozen=True, eq=False)
class Picture:
    """A still picture and what is needed to write another one like it.

    Attributes:
        frame: The picture: RGB, upright, pts 0.
        source: Path it was read from.
        format: Its format as Pillow calls it ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF").
        alpha: ``(H, W)`` uint8, 0 transparent; None where all of it is opaque.
        icc: Its colour profile, None where it has none or where the conversion to RGB has used it up.
        exif: Its EXIF block as found, None where it has none: with the original thumbnail, never to be written as is.
        grey: Whether it has no colour.
        encoding: How it was compressed, as `PIL.Image.Image.save` takes it.
        notes: What was changed on reading, in words.
        descriptions: What is written in the file, of its captions, keywords, names and face regions: never written.
    """

    frame: Frame
    source: str
    format: str
    alpha: ImageArray | None = None
    icc: bytes | None = None
    exif: bytes | None = field(default=None, repr=False)
    grey: bool = False
    encoding: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    descriptions: Descriptions = field(default_factory=Descriptions, repr=False)

    @property
    def face_boxes(self) -> FloatArray:
        """Where the file says that faces are: ``(n, 4)`` float32 xyxy in pixels of the frame."""
        boxes = [(face.x, face.y, face.x + face.width, face.y + face.height) for face in self.descriptions.faces]
        size = (self.frame.width, self.frame.height) * 2
        return (np.asarray(boxes, np.float64).reshape(-1, 4) * size).astype(np.float32)


def read_picture(path: str | Path) -> Picture:
    """Read a JPEG, PNG, WebP, TIFF, BMP or single-frame GIF, turned upright, and what is written in it.

    Damage in its descriptions stops nothing: what can be read of them is read, and the rest is counted.

    Args:
        path: A file.

    Raises:
        SourceNotFoundError: It does not exist.
        UnsupportedMediaError: It is empty, no picture, animated, has several pages, or is too large to be safe.
        TruncatedSourceError: It breaks off.
    """
    path = Path(path)
    if not sniff.read_head(path):
        raise UnsupportedMediaError("the input is an empty file", given=path, do="fetch or copy it again")
    with _readable(path):
        data = path.read_bytes()
        blocks = blocks_of(data)
        gathered = gathered_from(blocks)
        if data.startswith(_SEPARABLE):
            data = without(data, blocks)
        with Image.open(io.BytesIO(data), formats=sniff.PICTURE_FORMATS) as picture:
            _check_pages(picture, path)
            picture.load()
            exif = [block.data for block in blocks if block.kind == "exif"] if picture.format in _WITH_BLOCK else []
            return _Reading(picture, path, gathered).picture(b"Exif\0\0" + b"".join(exif) if exif else None)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and of odd EXIF; errors still come
            yield
    except Image.DecompressionBombError as error:
        raise UnsupportedMediaError(
            "the picture has more pixels than can be opened safely",
            given=path,
            expected=f"at most {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels",
            do="scale it down, or raise PIL.Image.MAX_IMAGE_PIXELS if you trust it",
        ) from error
    except UnidentifiedImageError as error:
        raise UnsupportedMediaError(
            "the input is not a picture that can be read", given=path, expected="JPEG, PNG, WebP, TIFF, BMP or GIF"
        ) from error
    except UnsupportedMediaError:
        raise
    except (EOFError, *DAMAGED) as error:
        raise TruncatedSourceError(
            f"the picture is damaged or breaks off ({error})", given=path, do="fetch or copy it again"
        ) from error


def _check_pages(picture: Image.Image, path: Path) -> None:
    count = int(getattr(picture, "n_frames", 1))
    if count == 1 or picture.format == "MPO":
        return
    if picture.format == "TIFF":
        raise UnsupportedMediaError("the picture has several pages", given=f"{path}: {count}", do="split it first")
    raise UnsupportedMediaError("the picture is animated", given=path, do="open it with open_video()")


class _Reading:
    """Converts what Pillow has opened to 8-bit RGB, step by step, and notes what that changes."""

    def __init__(self, picture: Image.Image, path: Path, gathered: Gathered) -> None:
        self._original, self._path, self._gathered = picture, path, gathered
        self._icc: bytes | None = picture.info.get("icc_profile") or None
        self._notes: list[str] = []
        if picture.format == "MPO":
            self._notes.append("the further pictures inside the file (previews, depth) were left out")

    def picture(self, exif: bytes | None) -> Picture:
        original = self._original
        turn = _TURNS.get(self._gathered.orientation)
        turned = original if turn is None or original.format not in _WITH_BLOCK else original.transpose(turn)
        upright = self._to_eight_bits(turned)
        grey = upright.mode in {"1", "L", "LA", "La"}
        alpha = self._alpha(upright)
        pixels = np.ascontiguousarray(np.asarray(self._to_rgb(upright)))
        return Picture(
            Frame(pixels),
            source=str(self._path),
            format="JPEG" if original.format == "MPO" else str(original.format),
            alpha=alpha,
            icc=self._icc,
            exif=exif,
            grey=grey,
            encoding=_encoding(original, self._path),
            notes=tuple(self._notes),
            descriptions=self._gathered.done(width=upright.width, height=upright.height),
        )

    def _to_eight_bits(self, picture: Image.Image) -> Image.Image:
        wide = picture.mode.startswith(("I", "F"))
        if wide or _is_deep_png(self._path):
            self._notes.append("its samples were reduced to 8 bits")
        if not wide:
            return picture  # Pillow has done it
        samples = np.asarray(picture).astype(np.float64)
        top = max(float(samples.max(initial=0.0)), 65535.0 if picture.mode.startswith("I") else 1.0)
        return Image.fromarray(np.clip(np.rint(samples * (255.0 / top)), 0, 255).astype(np.uint8))

    def _alpha(self, picture: Image.Image) -> ImageArray | None:
        if not picture.has_transparency_data:
            return None
        alpha: ImageArray = np.ascontiguousarray(np.asarray(picture.convert("RGBA"))[..., 3])
        return None if bool((alpha == 255).all()) else alpha

    def _to_rgb(self, picture: Image.Image) -> Image.Image:
        if picture.mode in {"CMYK", "LAB"}:
            return self._from_print(picture)
        if picture.has_transparency_data:
            return picture.convert("RGBA").convert("RGB")  # transparent pixels keep their colour, and it is checked
        return picture.convert("RGB")

    def _from_print(self, picture: Image.Image) -> Image.Image:
        """CMYK and Lab: through their profile to sRGB where they have one, which uses the profile up."""
        self._notes.append(f"its colours were converted from {picture.mode} to RGB")
        profile, self._icc = self._icc, None
        if profile and picture.mode == "CMYK":
            try:
                source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
                if converted is not None:
                    return converted
            except (ImageCms.PyCMSError, OSError):
                self._notes.append("its colour profile could not be used")
        return picture.convert("RGB")


def _encoding(picture: Image.Image, path: Path) -> dict[str, Any]:
    """How to compress a picture as this one was."""
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and picture.mode in {"RGB", "L"}:
        sampling = JpegImagePlugin.get_sampling(picture) if picture.mode == "RGB" else -1
        options: dict[str, Any] = {"qtables": picture.quantization, "progressive": "progressive" in picture.info}
        return options if sampling < 0 else {**options, "subsampling": sampling}
    if picture.format == "WEBP":
        return {"lossless": _is_lossless_webp(path)}
    return {}


def _is_lossless_webp(path: Path) -> bool:
    with path.open("rb") as file:
        return b"VP8L" in file.read(4096)


def _is_deep_png(path: Path) -> bool:
    head = sniff.read_head(path)
    return head.startswith(b"\x89PNG") and head[24:25] == b"\x10"


def write_picture(
    path: str | Path, frame: Frame, *, like: Picture, keep_exif: bool = False, words: PublicWords | None = None
) -> None:
    """Write a picture like another one: same compression, colour profile and transparency where the format has them.

    Its descriptions are never written: comments, XMP, IPTC, text chunks, thumbnails. The file appears complete or not
    at all.

    Args:
        path: A .jpg, .jpeg, .png, .webp, .tif, .tiff, .bmp or .gif.
        frame: The anonymized picture, of the size of ``like``.
        like: The picture it was made from.
        keep_exif: Keep what is harmless of the EXIF block: how and when it was taken, never where, by whom, or how it
            looked before.
        words: A title, a caption and keywords that may be read by everybody, for formats that have a place for them:
            JPEG, PNG, WebP and TIFF.

    Raises:
        InputError: The output is the input, its suffix is unknown, or the frame has another size.
        SinkError: It cannot be written.
    """
    path = Path(path)
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            "no picture can be written to this suffix", given=path, expected=", ".join(_FORMATS), do="choose another"
        )
    if frame.pixels.shape != like.frame.pixels.shape:
        raise InputError(
            "the frame has not the size of the picture",
            given=f"{frame.width}x{frame.height}",
            expected=f"{like.frame.width}x{like.frame.height}",
        )
    target = check_output(path, source=like.source)
    picture, icc = _assemble(kind, frame, like)
    exif = harmless_exif(like.exif) if keep_exif and like.exif and kind in _WITH_EXIF else None
    options = _save_options(kind, like, icc=icc)
    if exif is not None:
        options["exif"] = exif
        options.pop("compression", None)  # libtiff, which compresses, cannot write the directory of the camera
    if words and kind in WITH_WORDS:
        options |= options_for(words, kind, exif=exif)
    _save(target, picture, kind, options)


def takes_words(path: str | Path) -> bool:
    """Whether `write_picture` can write words into a file of this name.

    Args:
        path: Where a picture is to be written.
    """
    return _FORMATS.get(Path(path).suffix.lower()) in WITH_WORDS


def _assemble(kind: str, frame: Frame, like: Picture) -> tuple[Image.Image, bytes | None]:
    """The picture to save, and the profile that fits it: a grey one does not fit colours."""
    pixels = frame.picture
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    icc = like.icc
    if like.grey:
        still_grey = bool((pixels == pixels[..., :1]).all())
        picture, icc = (picture.getchannel(0), icc) if still_grey else (picture, None)
    if like.alpha is not None and kind in _WITH_ALPHA:
        picture.putalpha(Image.fromarray(like.alpha))
    return picture, icc


def _save_options(kind: str, like: Picture, *, icc: bytes | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind == "JPEG":
        options = {"quality": _JPEG_QUALITY, "subsampling": 0, "optimize": True}
    elif kind == "WEBP":
        options = {"quality": _WEBP_QUALITY, "exact": True}
    elif kind == "TIFF":
        options = {"compression": "tiff_lzw"}
    if kind == like.format:
        options |= like.encoding
    if "qtables" in options:
        del options["quality"]
    if icc is not None and kind not in {"BMP", "GIF"}:
        options["icc_profile"] = icc
    return options


def _save(target: Path, picture: Image.Image, kind: str, options: Mapping[str, Any]) -> None:
    file = AtomicFile(target)
    try:
        encoded = io.BytesIO()
        picture.save(encoded, kind, **options)
        file.write(encoded.getbuffer())
        file.commit()
    except SinkError:
        raise
    except (OSError, ValueError) as error:  # ValueError: more pixels than the format can count
        raise sink_error(target, error) from error
    finally:
        file.discard()  # nothing to do where it was completed
