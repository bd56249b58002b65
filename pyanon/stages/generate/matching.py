"""Light and grain: a painted face is fitted to what can be seen around it, never to the face under it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyanon.ops import Region, pictures
from pyanon.types import BoolArray, FloatArray, Pixels, Values

__all__ = ["matched"]

#: Width of the ring around the region, as a share of the crop.
RING = 1 / 14


def matched(
    painted: Values, *, surround: Pixels, visible: BoolArray, inside: FloatArray, grain: npt.NDArray[np.int16]
) -> tuple[Pixels, Pixels]:
    """Painted crops in the light and the grain of their surroundings; see `pyanon.ops.relight`.

    Args:
        painted: ``(n, 3, S, S)``, 0..1.
        surround: ``(n, S, S, 3)``, the real picture around the region.
        visible: ``(n, S, S)``, where that is known.
        inside: ``(n, S, S)``, the region.
        grain: ``(n, S, S)``, standard normals in 1/4096.

    Returns:
        ``(n, S, S, 3)`` uint8, and ``(n,)`` uint8, 1 where a face was painted in finite numbers.
    """
    ring = visible & _widened(inside > 0, max(2, round(RING * inside.shape[1])))
    known, compared, sure = (np.uint8(flag) for flag in (Region.VISIBLE, Region.RING, Region.INSIDE))
    regions = visible * known | ring * compared | (inside >= 1) * sure
    there = [pictures.beside(values, painted) for values in (regions, grain)]
    return pictures.relight(painted, around=surround, regions=there[0], grain=there[1])


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
