"""Definition of `rgb_from_nv12` and `nv12_from_rgb`.

The equations are those of ITU-R BT.601 (kr = 0.299, kb = 0.114) and BT.709 (kr = 0.2126, kb = 0.0722), in whole numbers
of 2^-16, so that every backend gives the same bytes. Chroma is not interpolated: a sample serves the 2 x 2 pixels that
it is the mean of. An odd row or column at the end is repeated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.ops.cpu import Standard
from pyanon.types import ImageArray

__all__ = ["nv12_from_rgb", "rgb_from_nv12"]

BITS = 16
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}
Ints: TypeAlias = npt.NDArray[np.int64]


def _fixed(value: float) -> int:
    return math.floor(value * (1 << BITS) + 0.5)


@dataclass(frozen=True)
class _Colours:
    """Weights of red, green and blue in luma and chroma, and the way back; `black` is the luma of black."""

    black: int
    luma: tuple[int, int, int]
    blue_difference: tuple[int, int, int]
    red_difference: tuple[int, int, int]
    gain: int
    red: int
    green: tuple[int, int]
    blue: int


def _colours(standard: Standard, *, full_range: bool) -> _Colours:
    kr, kb = WEIGHTS[standard]
    kg = 1.0 - kr - kb
    # Full range: luma 0..255, chroma 0..255; limited: luma 16..235, chroma 16..240.
    luma, chroma = (1.0, 1.0) if full_range else (219.0 / 255.0, 224.0 / 255.0)
    y_red, y_blue = _fixed(kr * luma), _fixed(kb * luma)
    u_red, v_blue = -_fixed(0.5 * kr / (1.0 - kb) * chroma), -_fixed(0.5 * kb / (1.0 - kr) * chroma)
    half = _fixed(0.5 * chroma)
    # What is left goes to green, so that greys stay grey.
    return _Colours(
        black=0 if full_range else 16,
        luma=(y_red, _fixed(luma) - y_red - y_blue, y_blue),
        blue_difference=(u_red, -half - u_red, half),
        red_difference=(half, -half - v_blue, v_blue),
        gain=_fixed(1.0 / luma),
        red=_fixed(2.0 * (1.0 - kr) / chroma),
        green=(-_fixed(2.0 * kb * (1.0 - kb) / kg / chroma), -_fixed(2.0 * kr * (1.0 - kr) / kg / chroma)),
        blue=_fixed(2.0 * (1.0 - kb) / chroma),
    )


def _bytes(value: Ints, *, bits: int, offset: int = 0) -> ImageArray:
    levels = np.clip(((value + (1 << (bits - 1))) >> bits) + offset, 0, 255)
    return np.asarray(levels, np.uint8)


def rgb_from_nv12(
    luma: ImageArray, *, chroma: ImageArray, standard: Standard = "bt709", full_range: bool = False
) -> ImageArray:
    """The RGB picture of an NV12 frame; see `pyanon.ops.cpu.rgb_from_nv12`."""
    by, (height, width) = _colours(standard, full_range=full_range), luma.shape
    light = (luma.astype(np.int64) - by.black) * by.gain
    u, v = np.moveaxis(chroma.repeat(2, 0).repeat(2, 1)[:height, :width].astype(np.int64) - 128, 2, 0)
    levels = [light + by.red * v, light + by.green[0] * u + by.green[1] * v, light + by.blue * u]
    return _bytes(np.stack(levels, 2), bits=BITS)


def nv12_from_rgb(
    image: ImageArray, *, standard: Standard = "bt709", full_range: bool = False
) -> tuple[ImageArray, ImageArray]:
    """The NV12 frame of an RGB picture; see `pyanon.ops.cpu.nv12_from_rgb`."""
    by, (height, width) = _colours(standard, full_range=full_range), image.shape[:2]
    wide = image.astype(np.int64)
    luma = _bytes(wide @ np.array(by.luma), bits=BITS, offset=by.black)
    rows, columns = -(-height // 2), -(-width // 2)
    even = np.pad(wide, ((0, 2 * rows - height), (0, 2 * columns - width), (0, 0)), mode="edge") if luma.size else wide
    sums = even.reshape(rows, 2, columns, 2, 3).sum((1, 3)) if luma.size else np.zeros((rows, columns, 3), np.int64)
    differences = sums @ np.array([by.blue_difference, by.red_difference]).T
    return luma, _bytes(differences, bits=BITS + 2, offset=128)
