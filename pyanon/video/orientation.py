"""Turning decoded pictures upright."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from pyanon.types import ImageArray

__all__ = ["UPRIGHT", "Orientation", "orientation_of"]


@dataclass(frozen=True)
class Orientation:
    """A quarter turn and mirroring: rows and columns are swapped first, then the axes are mirrored.

    Attributes:
        swap: Rows become columns.
        mirror_x: Columns are reversed afterwards.
        mirror_y: Rows are reversed afterwards.
    """

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @classmethod
    def from_matrix(cls, matrix: tuple[int, ...]) -> Orientation:
        """The orientation nearest to a display matrix.

        Args:
            matrix: Nine numbers ``a b u c d v x y w``: a point (p, q) of the stored picture is shown at
                (a p + c q + x, b p + d q + y), as ISO/IEC 14496-12 and libavutil/display.h define it.
        """
        a, b, _, c, d = matrix[:5]
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(swap=True, mirror_x=c < 0, mirror_y=b < 0)
        return cls(mirror_x=a < 0, mirror_y=d < 0)

    @classmethod
    def from_exif(cls, number: int) -> Orientation:
        """The turn that an orientation of EXIF asks for.

        Args:
            number: 1 to 8 (Exif 3.0, 4.6.5.1.6); anything else asks for none.
        """
        if not 1 <= number <= 8:
            return cls()
        return cls(swap=number >= 5, mirror_x=number in (2, 3, 6, 7), mirror_y=number in (3, 4, 7, 8))

    def box(self, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Where a part of the stored picture lies after turning.

        Args:
            x: Left edge, as a share of the width of the stored picture.
            y: Upper edge, as a share of its height.
            width: As a share of its width.
            height: As a share of its height.

        Returns:
            The same of the turned picture.
        """
        if self.swap:
            x, y, width, height = y, x, height, width
        return (1 - x - width if self.mirror_x else x), (1 - y - height if self.mirror_y else y), width, height

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after turning."""
        return (height, width) if self.swap else (width, height)

    def apply(self, pixels: ImageArray) -> ImageArray:
        """A picture turned upright: the same array where nothing is to be done, else a contiguous copy.

        Args:
            pixels: ``(H, W, 3)`` uint8, stored orientation, contiguous.
        """
        if self == UPRIGHT:
            return pixels
        # One three-byte item per pixel: three times as fast to turn as three separate bytes.
        turned = np.ascontiguousarray(pixels).view("V3")[..., 0]
        turned = turned.T if self.swap else turned
        turned = turned[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(turned).view(np.uint8).reshape(*turned.shape, 3)


UPRIGHT = Orientation()


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """How a decoded frame asks to be shown.

    Args:
        frame: A decoded frame; containers hand their display matrix on to it.
    """
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    return UPRIGHT if data is None else Orientation.from_matrix(struct.unpack("=9i", bytes(data)))
