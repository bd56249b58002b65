"""Definition of `warp`."""

from __future__ import annotations

import numpy as np

from pyanon.ops.reference.fixed import bilinear, inverse, positions
from pyanon.types import FloatArray, ImageArray

__all__ = ["warp"]


def warp(image: ImageArray, *, matrix: FloatArray, size: int) -> ImageArray:
    """Cut aligned crops out of a frame; see `pyanon.ops.cpu.warp`."""
    crops = np.empty((len(matrix), size, size, 3), np.uint8)
    for crop, to_crop in zip(crops, matrix.astype(np.float64), strict=True):
        at = positions(inverse(to_crop), left=0, top=0, width=size, height=size)
        crop[:] = bilinear(image, at=at)
    return crops
