"""Boxes and similarity transforms, in pixels with the origin at the outer corner of the top-left pixel."""

from __future__ import annotations

import numpy as np

from pyanon.types import FloatArray

__all__ = ["centres", "clip_boxes", "grow_boxes", "iou", "overlaps", "sizes", "squares", "union_boxes", "visible"]


def sizes(xyxy: FloatArray) -> FloatArray:
    """Widths and heights ``(n, 2)`` of boxes ``(n, 4)``."""
    return xyxy[:, 2:] - xyxy[:, :2]


def centres(xyxy: FloatArray) -> FloatArray:
    """Centres ``(n, 2)`` of boxes ``(n, 4)``."""
    middle: FloatArray = (xyxy[:, :2] + xyxy[:, 2:]) / np.float32(2)
    return middle


def grow_boxes(xyxy: FloatArray, share: FloatArray | float) -> FloatArray:
    """Boxes ``(n, 4)`` grown around their centres by ``share`` of their size (0.1: a tenth wider and taller)."""
    margin = sizes(xyxy) * np.reshape(np.asarray(share, np.float32), (-1, 1)) / 2
    return np.concatenate([xyxy[:, :2] - margin, xyxy[:, 2:] + margin], axis=1).astype(np.float32)


def union_boxes(a: FloatArray, b: FloatArray) -> FloatArray:
    """Smallest boxes ``(n, 4)`` around both, row by row."""
    return np.concatenate([np.minimum(a[:, :2], b[:, :2]), np.maximum(a[:, 2:], b[:, 2:])], axis=1)


def clip_boxes(xyxy: FloatArray, width: int, height: int) -> FloatArray:
    """Boxes ``(n, 4)`` cut at the frame's edges; one wholly outside becomes empty at the edge."""
    return np.clip(xyxy, 0, np.array([width, height, width, height], np.float32)).astype(np.float32)


def visible(xyxy: FloatArray, width: int, height: int) -> FloatArray:
    """Share ``(n,)`` of each box that lies inside the frame; 0 for an empty box."""
    area = sizes(xyxy).clip(0).prod(axis=1)
    inside = sizes(clip_boxes(xyxy, width, height)).clip(0).prod(axis=1)
    return np.where(area > 0, inside / np.maximum(area, 1e-9), 0).astype(np.float32)


def overlaps(a: FloatArray, b: FloatArray) -> FloatArray:
    """Areas ``(n, m)`` that boxes ``(n, 4)`` and ``(m, 4)`` share."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: FloatArray = (high - low).clip(0).prod(axis=-1)
    return shared


def iou(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union ``(n, m)`` of boxes ``(n, 4)`` and ``(m, 4)``."""
    overlap = overlaps(a, b)
    area_a, area_b = sizes(a).clip(0).prod(axis=1), sizes(b).clip(0).prod(axis=1)
    total = area_a[:, None] + area_b[None, :] - overlap
    return np.asarray(overlap / np.maximum(total, 1e-9), np.float32)


def squares(xyxy: FloatArray, *, grow: float, size: int) -> FloatArray:
    """Matrices ``(n, 2, 3)``, frame to crop, of upright squares around boxes.

    Args:
        xyxy: ``(n, 4)`` boxes in frame pixels.
        grow: Side of the square in units of the box's longer side.
        size: Side of the crop in pixels.
    """
    side = np.maximum(sizes(xyxy).max(axis=1, initial=1e-3), 1e-3) * grow
    scale = size / side
    corner = centres(xyxy) - side[:, None] / 2
    matrix = np.zeros((len(xyxy), 2, 3), np.float32)
    matrix[:, 0, 0] = matrix[:, 1, 1] = scale
    matrix[:, :, 2] = -corner * scale[:, None]
    return matrix
