"""Reading animated GIF, PNG and WebP pictures as what they are: short videos."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from pyanon.errors import InputError, TruncatedSourceError, UnsupportedMediaError
from pyanon.types import Frame
from pyanon.video.info import MATRIX_RGB, Colour, VideoInfo
from pyanon.video.source import VideoSource

__all__ = ["AnimationSource"]

_TIME_BASE = Fraction(1, 1000)
#: Browsers show a frame that asks for less than this (usually 0) for a tenth of a second.
_SHORTEST, _CUSTOMARY = 20, 100


class AnimationSource(VideoSource):
    """The frames of an animated picture, each as it is seen: drawn over the ones before, on black.

    Args:
        source: Path of an animated GIF, PNG or WebP.

    Raises:
        UnsupportedMediaError: It cannot be decoded, or is too large to be safe.
        TruncatedSourceError: It broke off before its first frame.
    """

    def __init__(self, source: str | Path) -> None:
        self._path = Path(source)
        self._started = False
        try:
            self._picture = Image.open(self._path)
            self._picture.load()
        except Image.DecompressionBombError as error:
            raise UnsupportedMediaError("the animation is too large to be opened safely", given=source) from error
        except (OSError, EOFError, SyntaxError, ValueError) as error:
            raise TruncatedSourceError("the animation breaks off before its first frame", given=source) from error
        self.info = self._describe()

    def __iter__(self) -> Iterator[Frame]:
        if self._started:
            raise InputError("the frames of a source can be read once", given=self._path, do="open it again")
        self._started = True
        return self._frames()

    def close(self) -> None:
        """Let go of the file."""
        self._picture.close()

    def _frames(self) -> Iterator[Frame]:
        pts = 0
        for index in range(self._picture.n_frames):  # type: ignore[attr-defined]
            try:
                self._picture.seek(index)
                flat = _flatten(self._picture)
            except (OSError, EOFError, SyntaxError, ValueError) as error:
                raise TruncatedSourceError(
                    "the animation breaks off before its end", given=self._path, do="fetch or copy it again"
                ) from error
            yield Frame(flat, pts=pts, time_base=_TIME_BASE, index=index)
            pts += self._milliseconds()

    def _milliseconds(self) -> int:
        asked = round(self._picture.info.get("duration", 0) or 0)
        return asked if asked >= _SHORTEST else _CUSTOMARY

    def _describe(self) -> VideoInfo:
        count: int = self._picture.n_frames  # type: ignore[attr-defined]
        step = self._milliseconds()
        return VideoInfo(
            source=str(self._path),
            width=self._picture.width,
            height=self._picture.height,
            rate=Fraction(1000, step),
            time_base=_TIME_BASE,
            frame_count=count,
            duration=count * step / 1000,
            codec=(self._picture.format or "").lower(),
            container="animation",
            variable_rate=True,
            colour=Colour(matrix=MATRIX_RGB),
        )


def _flatten(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """``(H, W, 3)``: transparent parts on black, so that what is checked is what is seen."""
    rgba = picture.convert("RGBA")
    ground = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
    ground.alpha_composite(rgba)
    return np.asarray(ground.convert("RGB"))
