"""Definition of `planes`."""

from __future__ import annotations

import numpy as np

from pyanon.types import FloatArray, ImageArray

__all__ = ["planes"]


def planes(pixels: ImageArray) -> FloatArray:
    """Crops as networks take them; see `pyanon.ops.cpu.planes`."""
    return np.asarray(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32) / np.float32(255))
