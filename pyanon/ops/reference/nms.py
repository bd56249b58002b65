"""Definition of `nms`."""

from __future__ import annotations

import numpy as np

from pyanon.types import FloatArray, IntArray

__all__ = ["nms"]


def nms(
    boxes: FloatArray, *, scores: FloatArray, iou: float = 0.5, groups: IntArray | None = None, limit: int = 0
) -> IntArray:
    """Keep the best of boxes that overlap; see `pyanon.ops.cpu.nms`.

    The overlap is tested as ``both > iou * (area + area - both)`` in float32, which has no division by zero.
    """
    groups = np.zeros(len(boxes), np.int64) if groups is None else groups
    order = np.argsort(-scores, kind="stable")
    order = order[~(np.isnan(boxes).any(1) | np.isnan(scores))[order]]
    kept: list[int] = []
    while len(order) and not (limit > 0 and len(kept) == limit):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        order = rest[~((groups[rest] == groups[best]) & _overlap(boxes[best], boxes[rest], np.float32(iou)))]
    return np.array(kept, np.int64)


def _overlap(best: FloatArray, rest: FloatArray, iou: np.float32) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    with np.errstate(invalid="ignore", over="ignore"):
        sides = np.maximum(np.minimum(best[2:], rest[:, 2:]) - np.maximum(best[:2], rest[:, :2]), 0)
        both = sides[:, 0] * sides[:, 1]
        area = np.prod(np.maximum(best[2:] - best[:2], 0))
        areas = np.prod(np.maximum(rest[:, 2:] - rest[:, :2], 0), axis=1)
        return np.asarray(both > iou * ((area + areas) - both))
