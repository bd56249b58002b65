"""Telling pictures, animations and videos apart by what is in them, not by their names."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import av
import av.error
from av.stream import Disposition
from PIL import Image, UnidentifiedImageError

from pyanon.errors import SourceNotFoundError, UnsupportedMediaError

__all__ = ["is_animation", "is_picture", "is_video"]

#: What Pillow may open; its readers for rarer formats stay shut. It opens MPO as JPEG, and knows no other of that name.
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
_ANIMATED_FORMATS = ("PNG", "WEBP", "GIF")

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*", b"BM")

#: Demuxers that find "video" in plain text or in single pictures, or that read other files than the one named.
_NOT_A_VIDEO = frozenset({"tty", "image2", "concat", "lavfi", "ffmetadata", "hls", "dash", "imf"})


def is_picture(path: str | Path) -> bool:
    """Whether a file is a still picture of a format that pyanon reads, judged by its content.

    Args:
        path: A file.

    Raises:
        SourceNotFoundError: There is no such file.
    """
    return _looks_like_picture(Path(path)) and not is_animation(path)


def is_animation(path: str | Path) -> bool:
    """Whether a file is an animated GIF, PNG or WebP: it goes through pyanon as a video.

    Args:
        path: A file.

    Raises:
        SourceNotFoundError: There is no such file.
    """
    if not _looks_like_picture(Path(path)):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # only the header is read here
            with Image.open(path, formats=_ANIMATED_FORMATS) as picture:
                return int(getattr(picture, "n_frames", 1)) > 1
    except (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError, Image.DecompressionBombError):
        return False


def is_video(path: str | Path) -> bool:
    """Whether a file holds moving pictures, judged by its content; cover art does not count.

    Args:
        path: A file.

    Raises:
        SourceNotFoundError: There is no such file.
    """
    if _looks_like_picture(Path(path)):
        return is_animation(path)
    try:
        with open_input(file_address(Path(path)), options=FILE_OPTIONS) as container:
            return acceptable(container) and bool(video_streams(container))
    except (av.error.FFmpegError, OSError):
        return False


def _looks_like_picture(path: Path) -> bool:
    head = read_head(path)
    return head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def read_head(path: Path) -> bytes:
    """The first 32 bytes of a file.

    Args:
        path: A file.

    Raises:
        SourceNotFoundError: There is no such file.
        UnsupportedMediaError: It is a folder, or it may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(32)
    except FileNotFoundError as error:
        raise SourceNotFoundError("the input does not exist", given=path, do="check the path") from error
    except IsADirectoryError as error:
        raise UnsupportedMediaError(
            "the input is a folder", given=path, expected="a file", do="use anonymize_folder(), or name a file in it"
        ) from error
    except OSError as error:
        raise UnsupportedMediaError(
            f"the input cannot be read ({error.strerror})", given=path, do="check its permissions"
        ) from error


#: A file names no other addresses: a playlist inside it cannot make us reach into the network.
FILE_OPTIONS = {"protocol_whitelist": "file"}


#: Tags that are not UTF-8 are no reason to refuse a video; PyAV 19 takes that for granted and has no such option.
_LENIENT: dict[str, Any] = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}


def open_input(address: str, **choices: Any) -> av.container.InputContainer:
    """Open a container for reading.

    Args:
        address: As libavformat takes it.
        choices: As `av.open` takes them.
    """
    container: av.container.InputContainer = av.open(address, "r", **choices, **_LENIENT)
    return container


def file_address(path: Path) -> str:
    """A path as libavformat takes it: without the prefix, ``a:b.mp4`` would be read as an address.

    Args:
        path: A file.
    """
    return f"file:{path.absolute()}"


def acceptable(container: av.container.InputContainer) -> bool:
    """Whether the demuxer that recognised the content is one for videos.

    Args:
        container: An opened container.
    """
    names = container.format.name.split(",")
    return not any(name in _NOT_A_VIDEO or name.endswith("_pipe") for name in names)


def video_streams(container: av.container.InputContainer) -> list[av.VideoStream]:
    """The streams that hold moving pictures: cover art and thumbnails left out.

    Args:
        container: An opened container.
    """
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & still]
