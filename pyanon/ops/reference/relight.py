"""Definition of `relight`: light and grain of a painted face, in whole numbers of 1/64 of a level.

Whole numbers add up to the same sum in any order, and the few formulas in float64 are evaluated once, in one order, so
that every backend gives the same bytes.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.ops.cpu import Region
from pyanon.types import BoolArray, FloatArray, ImageArray

__all__ = ["relight"]

Ints: TypeAlias = npt.NDArray[np.int64]
#: Of a level; and pixels that are worth a fit, or a median.
FINE, ENOUGH = 64, 64
#: Levels by which colours are moved at most: a ring of hair, or of a wall that was painted in another colour, says
#: little about skin, and a generator that has seen the surroundings is rarely far off.
MOST = 6 * FINE
#: Strongest grain that is added; and the unit of the normals it is made of.
MOST_GRAIN, GRAIN_BITS = 8 * FINE, 12
#: How much the fit prefers one shift for the whole face over a slope; a ring's own spread is about 0.06.
STIFF = 0.02
#: Norm of the kernel that `_noise` uses; median of |x| of a normal of deviation 1. Greys are sums of three channels.
KERNEL_NORM, MEDIAN = 6.0, 0.6745


def relight(
    painted: FloatArray,
    *,
    around: ImageArray,
    regions: ImageArray,
    grain: npt.NDArray[np.int16],
    out: ImageArray | None = None,
) -> tuple[ImageArray, ImageArray]:
    """Fit painted faces to the light and the grain around them; see `pyanon.ops.cpu.relight`."""
    pixels = np.empty(around.shape, np.uint8) if out is None else out
    for row, (face, real, flags, normals) in enumerate(zip(_levels(painted), around, regions, grain, strict=True)):
        real = real.astype(np.int64) * FINE
        plane = _plane(real - face, ring=flags & Region.RING > 0)
        wanted, have = _noise(real, known=flags & Region.VISIBLE > 0), _noise(face, known=flags & Region.INSIDE > 0)
        missing = np.sqrt(np.clip(wanted * wanted - have * have, 0, MOST_GRAIN**2))
        noise = int(missing + 0.5) * normals.astype(np.int64) + (1 << GRAIN_BITS >> 1) >> GRAIN_BITS
        pixels[row] = (face + plane + noise[..., None] + FINE // 2 >> 6).clip(0, 255)
    return pixels, np.asarray(np.isfinite(painted).all(axis=(1, 2, 3)), np.uint8)


def _levels(painted: FloatArray) -> Ints:
    """Painted faces ``(n, 3, S, S)`` as ``(n, S, S, 3)``; what is not a number is black."""
    shares = np.nan_to_num(painted, posinf=1, neginf=0).clip(0, 1).transpose(0, 2, 3, 1)
    return np.asarray(np.floor(shares.astype(np.float64) * (255 * FINE) + 0.5), np.int64)


def _plane(difference: Ints, *, ring: BoolArray) -> Ints:
    """The plane ``(S, S, 3)`` through differences on a ring, one for each channel; least squares with stiff slopes."""
    size, count = len(ring), int(ring.sum())
    if count < ENOUGH:
        return np.zeros_like(difference)
    ticks = 2 * np.arange(size) + 1 - size
    y, x = (axis[ring] for axis in np.meshgrid(ticks, ticks, indexing="ij"))
    known, width = difference[ring].clip(-2 * MOST, 2 * MOST), np.float64(2 * size)
    # The normal equations [[a, b, c], [b, e, f], [c, f, g]] k = (p, q, r), solved by the adjugate.
    a, b, c = np.float64(count), x.sum() / width, y.sum() / width
    e, f, g = ((s * t).sum() / (width * width) for s, t in ((x, x), (x, y), (y, y)))
    e, g = e + a * STIFF, g + a * STIFF
    p, q, r = known.sum(0).astype(np.float64), x @ known / width, y @ known / width
    aa, ab, ac = e * g - f * f, c * f - b * g, b * f - c * e
    bb, bc, cc = a * g - c * c, b * c - a * f, a * e - b * b
    determinant = a * aa + b * ab + c * ac
    middle = (aa * p + ab * q + ac * r) / determinant
    across, down = (s / determinant / width for s in (ab * p + bb * q + bc * r, ac * p + bc * q + cc * r))
    plane = (middle + across * ticks[:, None]) + (down * ticks[:, None])[:, None]
    return np.asarray(np.floor(plane.clip(-MOST, MOST) + 0.5), np.int64)


def _noise(levels: Ints, *, known: BoolArray) -> float:
    """Deviation of the noise of a picture ``(S, S, 3)`` where it is known; 0 where it hardly is.

    Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996, with the (lower) median, which edges do not move.
    """
    if len(known) < 3:
        return 0.0
    rough = np.abs(np.diff(np.diff(levels.sum(2), 2, axis=0), 2, axis=1))
    whole = np.lib.stride_tricks.sliding_window_view(known, (3, 3)).all(axis=(2, 3))
    values = np.sort(rough[whole])
    if len(values) < ENOUGH:
        return 0.0
    return float(values[(len(values) - 1) // 2] / (3 * KERNEL_NORM * MEDIAN))
