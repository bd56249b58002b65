"""Light and grain: a painted face is fitted to what can be seen around it, never to the face under it."""

from __future__ import annotations

import numpy as np

from pyanon.types import BoolArray, FloatArray, ImageArray

__all__ = ["matched"]

#: Width of the ring around the region, as a share of the crop, and how many of its pixels are worth a fit.
RING, ENOUGH = 1 / 14, 64
#: Levels by which colours are moved at most: a ring of hair, or of a wall that was painted in another colour, says
#: little about skin, and a generator that has seen the surroundings is rarely far off.
MOST = 6.0
#: Strongest grain that is added, in levels.
MOST_GRAIN = 8.0
#: How much the fit prefers one shift for the whole face over a slope; a ring's own spread is about 0.06.
STIFF = 0.02
#: Median of |x| of a normal of deviation 1; and the norm of the kernel that `_noise` uses.
MEDIAN, KERNEL_NORM = 0.6745, 6.0


def matched(
    painted: FloatArray, *, surround: ImageArray, visible: BoolArray, inside: FloatArray, grain: FloatArray
) -> ImageArray:
    """Painted crops in the light and the grain of their surroundings.

    In a ring around the region, where both the painted and the real picture are known, the difference of their
    colours is fitted by a plane for each channel, which is added to the painted picture.

    Args:
        painted: ``(n, S, S, 3)``, levels 0..255.
        surround: ``(n, S, S, 3)``, the real picture around the region.
        visible: ``(n, S, S)``, where that is known.
        inside: ``(n, S, S)``, the region.
        grain: ``(n, S, S)``, standard normals.

    Returns:
        ``(n, S, S, 3)`` uint8.
    """
    ring = visible & _widened(inside > 0, max(2, round(RING * inside.shape[1])))
    lit = painted.astype(np.float32)
    for face, around, known in zip(lit, surround, ring, strict=True):
        _relight(face, around, known)
    wanted, have = _noise(_grey(surround), visible), _noise(_grey(lit), inside >= 1)
    missing = np.sqrt(np.clip(wanted**2 - have**2, 0, MOST_GRAIN**2))
    lit += (missing[:, None, None] * grain)[..., None]
    # Half a level more, because bytes are cut off.
    return np.asarray(np.clip(lit + np.float32(0.5), 0, 255), np.uint8)


def _grey(pixels: ImageArray | FloatArray) -> FloatArray:
    planes = (pixels[..., channel].astype(np.float32) for channel in range(3))
    return np.asarray(sum(planes) / np.float32(3), np.float32)


def _widened(region: BoolArray, reach: int) -> BoolArray:
    """Regions ``(n, S, S)`` grown by a square of ``reach`` pixels."""
    grown, done = region.copy(), 0
    while done < reach:
        step = min(max(done, 1), reach - done)
        for axis in (1, 2):
            ahead, behind = [slice(None)] * 3, [slice(None)] * 3
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            before = grown.copy()
            grown[tuple(ahead)] |= before[tuple(behind)]
            grown[tuple(behind)] |= before[tuple(ahead)]
        done += step
    return np.asarray(grown)


def _relight(face: FloatArray, around: ImageArray, ring: BoolArray) -> None:
    """Adds to a face ``(S, S, 3)`` the plane through its differences from the real picture on a ring, in place."""
    rows, columns = np.nonzero(ring)
    if len(rows) < ENOUGH:
        return
    ticks = (np.arange(len(ring), dtype=np.float32) + np.float32(0.5)) / np.float32(len(ring)) - np.float32(0.5)
    difference = (around[rows, columns] - face[rows, columns]).clip(-2 * MOST, 2 * MOST).astype(np.float64)
    terms = np.column_stack([np.ones(len(rows)), ticks[columns], ticks[rows]])
    fit = np.linalg.solve(terms.T @ terms + len(rows) * np.diag([0.0, STIFF, STIFF]), terms.T @ difference).astype(
        np.float32
    )
    for channel in range(3):
        plane = fit[0, channel] + ticks * fit[1, channel] + ticks[:, None] * fit[2, channel]
        face[..., channel] += plane.clip(-MOST, MOST)


def _noise(grey: FloatArray, known: BoolArray) -> FloatArray:
    """Deviation ``(n,)`` of the noise of pictures ``(n, S, S)`` where they are known; 0 where they hardly are.

    Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996, with the median, which edges do not move.
    """
    rows = grey[:, :-2] - 2 * grey[:, 1:-1] + grey[:, 2:]
    laplacian = np.abs(rows[:, :, :-2] - 2 * rows[:, :, 1:-1] + rows[:, :, 2:])
    whole = known[:, :-2] & known[:, 1:-1] & known[:, 2:]
    whole = whole[:, :, :-2] & whole[:, :, 1:-1] & whole[:, :, 2:]
    levels = [np.median(v[w]) if w.sum() >= ENOUGH else 0.0 for v, w in zip(laplacian, whole, strict=True)]
    return np.asarray(np.asarray(levels, np.float32) / np.float32(KERNEL_NORM * MEDIAN))
