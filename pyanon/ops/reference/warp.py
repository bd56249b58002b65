"""Definition of `warp`."""

from __future__ import annotations

import numpy as np

from pyanon.ops.reference.fixed import bilinear, inverse, positions
from pyanon.types import FloatArray, ImageArray

__all__ = ["warp"]


def warp(image: ImageArray, *, matrix: FloatArray, size: int, times: int = 1) -> ImageArray:
    """Cut aligned crops out of a frame; see `pyanon.ops.cpu.warp`."""
    crops, fine = np.empty((len(matrix), size, size, 3), np.uint8), size * times
    for crop, to_crop in zip(crops, (matrix * np.float32(times)).astype(np.float64), strict=True):
        at = positions(inverse(to_crop), left=0, top=0, width=fine, height=fine)
        blocks = bilinear(image, at=at).reshape(size, times, size, times, 3)
        crop[:] = np.rint(blocks.mean(axis=(1, 3), dtype=np.float32))
    return crops
