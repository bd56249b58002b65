"""Positions and bilinear samples in fixed point, shared by `warp` and `paste`.

Positions count 1/65536 pixel from the centre of the first pixel; weights keep 7 bits of the fraction.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["POSITION_BITS", "Positions", "bilinear", "inverse", "positions"]

POSITION_BITS = 16
WEIGHT_BITS = 7
FARTHEST = float(1 << 24)

#: int64 arrays of rows x columns: x and y of every sample.
Positions: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def _fixed(value: npt.NDArray[np.float64] | float) -> npt.NDArray[np.int64]:
    return np.floor(np.clip(value, -FARTHEST, FARTHEST) * (1 << POSITION_BITS) + 0.5).astype(np.int64)


def inverse(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The ``(2, 3)`` float64 map back, by Cramer's rule."""
    (a, b, c), (d, e, f) = matrix
    det = a * e - b * d
    return np.array([[e / det, -b / det, (b * f - c * e) / det], [-d / det, a / det, (c * d - a * f) / det]])


def positions(matrix: npt.NDArray[np.float64], *, left: int, top: int, width: int, height: int) -> Positions:
    """Where a map takes the centres of the pixels of a rectangle.

    The first pixel of each row is mapped in float64, the others follow in steps of the rounded slope.

    Args:
        matrix: ``(2, 3)`` float64.
        left: First column of the rectangle.
        top: First row.
        width: Its columns.
        height: Its rows.
    """
    x = left + 0.5
    y = np.arange(top, top + height) + 0.5
    steps = np.arange(width)
    u, v = (_fixed(row[0] * x + row[1] * y + row[2] - 0.5)[:, None] + steps * int(_fixed(row[0])) for row in matrix)
    return u, v


def bilinear(plane: npt.NDArray[np.uint8], *, at: Positions) -> npt.NDArray[np.int64]:
    """Samples of a picture ``(H, W)`` or ``(H, W, C)``, repeating its border."""
    u, v = at
    rows, columns = plane.shape[:2]
    x, y = u >> POSITION_BITS, v >> POSITION_BITS
    x0, x1 = np.clip(x, 0, columns - 1), np.clip(x + 1, 0, columns - 1)
    y0, y1 = np.clip(y, 0, rows - 1), np.clip(y + 1, 0, rows - 1)
    one = 1 << WEIGHT_BITS
    extra = (1,) * (plane.ndim - 2)
    wx, wy = (((p >> (POSITION_BITS - WEIGHT_BITS)) & (one - 1)).reshape(*u.shape, *extra) for p in at)
    wide = plane.astype(np.int64)
    top = wide[y0, x0] * (one - wx) + wide[y0, x1] * wx
    bottom = wide[y1, x0] * (one - wx) + wide[y1, x1] * wx
    return np.asarray((top * (one - wy) + bottom * wy + (1 << (2 * WEIGHT_BITS - 1))) >> (2 * WEIGHT_BITS))
