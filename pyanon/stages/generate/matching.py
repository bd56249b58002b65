"""Light and grain: a painted face is fitted to what can be seen around it, never to the face under it."""

from __future__ import annotations

import numpy as np

from pyanon.types import BoolArray, FloatArray, ImageArray

__all__ = ["matched"]

#: Width of the ring around the region, as a share of the crop, and how many of its pixels are worth a fit.
RING, ENOUGH = 1 / 14, 64
#: Levels by which colours are moved at most: a ring of hair says little about skin.
MOST = 24.0
#: Strongest grain that is added, in levels.
MOST_GRAIN = 8.0
#: How much the fit prefers one shift for the whole face over a slope, in pixels of the ring.
STIFF = 200.0
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
    shift = np.stack([_plane(s - p, r) for s, p, r in zip(surround.astype(np.float32), painted, ring, strict=True)])
    lit = painted + shift
    wanted, have = _noise(surround.mean(axis=-1), visible), _noise(lit.mean(axis=-1), inside >= 1)
    missing = np.sqrt(np.clip(wanted**2 - have**2, 0, MOST_GRAIN**2))
    grainy = lit + (missing[:, None, None] * grain)[..., None]
    return np.asarray(np.rint(grainy.clip(0, 255)), np.uint8)


def _widened(region: BoolArray, reach: int) -> BoolArray:
    """Regions ``(n, S, S)`` grown by a square of ``reach`` pixels."""
    for axis in (1, 2):
        grown = region.copy()
        for step in range(1, reach + 1):
            ahead, behind = [slice(None)] * 3, [slice(None)] * 3
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            grown[tuple(ahead)] |= region[tuple(behind)]
            grown[tuple(behind)] |= region[tuple(ahead)]
        region = grown
    return region


def _plane(difference: FloatArray, ring: BoolArray) -> FloatArray:
    """The plane ``(S, S, 3)`` through differences ``(S, S, 3)`` on a ring; 0 where it is too short."""
    size = len(ring)
    rows, columns = np.nonzero(ring)
    if len(rows) < ENOUGH:
        return np.zeros((size, size, 3), np.float32)
    ticks = (np.arange(size) + 0.5) / size - 0.5
    terms = np.column_stack([np.ones(len(rows)), ticks[columns], ticks[rows]])
    normal = terms.T @ terms + np.diag([0.0, STIFF, STIFF])
    fit = np.linalg.solve(normal, terms.T @ difference[rows, columns].clip(-2 * MOST, 2 * MOST))
    plane = fit[0] + ticks[None, :, None] * fit[1] + ticks[:, None, None] * fit[2]
    return np.asarray(plane.clip(-MOST, MOST), np.float32)


def _noise(grey: FloatArray, known: BoolArray) -> FloatArray:
    """Deviation ``(n,)`` of the noise of pictures ``(n, S, S)`` where they are known; 0 where they hardly are.

    Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996, with the median, which edges do not move.
    """
    rows = grey[:, :-2] - 2 * grey[:, 1:-1] + grey[:, 2:]
    laplacian = np.abs(rows[:, :, :-2] - 2 * rows[:, :, 1:-1] + rows[:, :, 2:])
    whole = known[:, :-2] & known[:, 1:-1] & known[:, 2:]
    whole = whole[:, :, :-2] & whole[:, :, 1:-1] & whole[:, :, 2:]
    levels = [np.median(v[w]) if w.sum() >= ENOUGH else 0.0 for v, w in zip(laplacian, whole, strict=True)]
    return np.asarray(levels, np.float32) / np.float32(KERNEL_NORM * MEDIAN)
