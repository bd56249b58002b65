"""Definition of `blend` and of `paste`, its form for aligned crops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyanon.ops.reference.fixed import bilinear, inverse, positions
from pyanon.types import FloatArray, ImageArray

__all__ = ["blend", "mix", "paste"]


def mix(under: npt.NDArray[np.integer], over: npt.NDArray[np.integer], mask: npt.NDArray[np.integer]) -> ImageArray:
    """``round((under * (255 - mask) + over * mask) / 255)``; no sum of bytes lies half-way."""
    wide = mask.astype(np.int64)
    return ((under * (255 - wide) + over * wide + 127) // 255).astype(np.uint8)


def blend(image: ImageArray, *, patch: ImageArray, mask: ImageArray, at: tuple[int, int]) -> None:
    """Put a patch onto a frame through a mask, in place; see `pyanon.ops.cpu.blend`."""
    x, y = at
    left, right = max(0, -x), min(patch.shape[1], image.shape[1] - x)
    top, bottom = max(0, -y), min(patch.shape[0], image.shape[0] - y)
    if left >= right or top >= bottom:
        return
    under = image[y + top : y + bottom, x + left : x + right]
    inside = np.s_[top:bottom, left:right]
    under[:] = mix(under, patch[inside], mask[inside][:, :, None])


def _touched(to_frame: npt.NDArray[np.float64], side: int, frame: ImageArray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels that a crop and half a pixel around it can touch."""
    corners = to_frame[:, :2] @ np.array([[0, side, 0, side], [0, 0, side, side]]) + to_frame[:, 2:]
    more = 0.5 * np.abs(to_frame[:, :2]).sum(1) + 1.0
    limit = np.array([frame.shape[1], frame.shape[0]])
    low = np.floor(np.clip(corners.min(1) - more, 0, limit)).astype(int)
    high = np.floor(np.clip(corners.max(1) + more, 0, limit)).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def paste(image: ImageArray, *, pixels: ImageArray, mask: ImageArray, matrix: FloatArray) -> None:
    """Put aligned crops back to where they were cut from, in place; see `pyanon.ops.cpu.paste`."""
    for crop, through, to_crop in zip(pixels, mask, matrix.astype(np.float64), strict=True):
        left, top, right, bottom = _touched(inverse(to_crop), len(crop), image)
        if left >= right or top >= bottom or len(crop) == 0:
            continue
        u, v = positions(to_crop, left=left, top=top, width=right - left, height=bottom - top)
        # One pixel of nothing around the mask: there it fades out.
        faded = bilinear(np.pad(through, 1), at=(u + 65536, v + 65536))
        under = image[top:bottom, left:right]
        under[:] = mix(under, bilinear(crop, at=(u, v)), faded[:, :, None])
