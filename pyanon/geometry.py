"""Boxes and similarity transforms, in pixels with the origin at the outer corner of the top-left pixel."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.types import BoolArray, FloatArray

__all__ = [
    "centres",
    "clip_boxes",
    "face_region",
    "grow_boxes",
    "iou",
    "overlaps",
    "pixel_centres",
    "similarity",
    "sizes",
    "squares",
    "transform",
    "union_boxes",
    "unmatched",
    "visible",
    "within_boxes",
]

Doubles: TypeAlias = npt.NDArray[np.float64]

#: Least overlap (IoU) of two boxes that may stand for the same face, where people drew one of them by hand.
ALIKE = 0.1


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


def unmatched(boxes: FloatArray, found: FloatArray) -> BoolArray:
    """Which of the boxes ``(n, 4)`` none of the others ``(m, 4)`` stands for, ``(n,)``.

    One of the others stands for one box at most: the one it is most like, where the centre of either lies in the other
    and they share at least `ALIKE` of what both hold.
    """
    near = _hold(boxes, centres(found)) | _hold(found, centres(boxes)).T
    likeness = np.where(near, iou(boxes, found), 0)
    free = np.ones(len(boxes), np.bool_)
    while likeness.size and likeness.max() >= ALIKE:
        row, column = np.unravel_index(likeness.argmax(), likeness.shape)
        free[row], likeness[row], likeness[:, column] = False, 0, 0
    return free


def _hold(boxes: FloatArray, points: FloatArray) -> BoolArray:
    """Which of the points ``(m, 2)`` each box holds, ``(n, m)``."""
    inside = (boxes[:, None, :2] <= points[None]) & (points[None] <= boxes[:, None, 2:])
    return np.asarray(inside.all(axis=-1))


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


def similarity(landmarks: FloatArray, template: FloatArray) -> FloatArray:
    """Matrices ``(n, 2, 3)`` of the rotation, scale and shift that bring points nearest to a template.

    The least-squares solution of Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", IEEE TPAMI 13(4), 1991, without reflections; in the plane it is a regression of complex numbers.

    Args:
        landmarks: ``(n, k, 2)``, in source pixels.
        template: ``(k, 2)``, where they shall be, in crop pixels.

    Returns:
        Float32, source to crop; a row is not finite where the points are not, or are all the same.
    """
    points = np.asarray(landmarks, np.float64) @ np.array([1, 1j])
    wanted = np.asarray(template, np.float64) @ np.array([1, 1j])
    middle, goal = points.mean(axis=1, keepdims=True), wanted.mean()
    spread = (np.abs(points - middle) ** 2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = (np.conj(points - middle) * (wanted - goal)).sum(axis=1) / spread
        shift = goal - turn * middle[:, 0]
    rows = np.stack([turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag], axis=-1)
    return rows.reshape(-1, 2, 3).astype(np.float32)


def transform(points: FloatArray, matrix: FloatArray) -> FloatArray:
    """Points ``(n, k, 2)`` through matrices ``(n, 2, 3)``, row by row."""
    moved = np.einsum("nij,nkj->nki", matrix[:, :, :2], points) + matrix[:, None, :, 2]
    return np.asarray(moved, np.float32)


def pixel_centres(matrix: FloatArray, size: int, *, step: int = 1) -> Doubles:
    """Where the pixels of crops lie in the frame, ``(n, k, k, 2)``, for invertible matrices ``(n, 2, 3)``.

    Args:
        matrix: Frame to crop.
        size: Side of the crops in pixels.
        step: Takes every so-manieth pixel of a row, and row.
    """
    ticks = np.arange(0, size, step) + 0.5
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    wide = np.asarray(matrix, np.float64)
    inverse = np.linalg.inv(wide[:, :, :2])
    return np.asarray(np.einsum("nij,nyxj->nyxi", inverse, grid[None] - wide[:, None, None, :, 2]))


def within_boxes(points: Doubles, xyxy: FloatArray) -> BoolArray:
    """Whether points ``(..., 2)`` lie in any of the boxes ``(m, 4)``."""
    inside = np.zeros(points.shape[:-1], np.bool_)
    for box in xyxy:
        inside |= ((points >= box[:2]) & (points <= box[2:])).all(axis=-1)
    return inside


# The oval of a face in units of the distance v from between the eyes to between the mouth's corners, measured on the
# mean frontal face that ArcFace is aligned to: from the hair line to below the chin, and over both cheeks.
_ROWS = 0.43  # of the oval's middle, below the eyes
_UP, _DOWN = 1.18, 1.22
_ASIDE, _ASIDE_EYES = 0.94, 1.08  # half width: in v, and in distances between the eyes, which yaw foreshortens
_TURN, _TURN_MOST = 0.55, 0.35  # how far a turned head moves the oval away from its nose
_MARGIN = 0.22  # beyond the outermost landmark, in v
_SQUARE_UP, _SQUARE_DOWN = 2.4, 2.1  # exponents: foreheads are squarer than chins
_SOLID, _CLEAR = 1.0, 1.14  # radius at which the region begins to fade, and ends
_BORDER = 4.0  # pixels at the crop's edge over which it fades out, so that no straight line is pasted


def face_region(landmarks: FloatArray, size: int) -> FloatArray:
    """The soft region of a face, from its hair line to below its chin and from cheek to cheek.

    An oval in the axes of the face: down is from between the eyes to between the mouth's corners. Its upper and lower
    halves are superellipses (Lame) of different exponents; its left and right halves have different widths where the
    nose says that the head is turned: the far cheek is near the nose, the near one reaches back to the ear. No
    landmark is left outside.

    Training and running cut the same region, so it depends on nothing but these arguments.

    Args:
        landmarks: ``(n, 5, 2)`` in crop pixels: eyes, nose, mouth corners, the picture's left one first.
        size: Side of the crops in pixels.

    Returns:
        ``(n, size, size)`` float32: 1 inside, falling smoothly to 0 outside, and 0 at the crop's edge.
    """
    axes = _axes(np.asarray(landmarks, np.float64))
    middle, right, down = (pair.astype(np.float32)[:, None, None] for pair in axes[:3])
    unit, left, far = (length.astype(np.float32)[:, None, None] for length in axes[3:])
    ticks = np.arange(size, dtype=np.float32) + np.float32(0.5)
    across, along = ticks - middle[..., 0], ticks[:, None] - middle[..., 1]
    x = across * right[..., 0] + along * right[..., 1]
    y = across * down[..., 0] + along * down[..., 1]
    below = y > 0
    power = np.where(below, np.float32(_SQUARE_DOWN), np.float32(_SQUARE_UP))
    x = np.abs(x) / np.where(x < 0, left, far)
    y = np.abs(y) / (unit * np.where(below, np.float32(_DOWN), np.float32(_UP)))
    radius = (x**power + y**power) ** (1 / power)
    fade = np.clip((_CLEAR - radius) / np.float32(_CLEAR - _SOLID), 0, 1)
    edge = np.clip(np.minimum(ticks, size - ticks) / np.float32(_BORDER) - np.float32(0.1), 0, 1)
    return np.asarray(fade * fade * (3 - 2 * fade) * np.minimum(edge[:, None], edge), np.float32)


def _axes(points: Doubles) -> tuple[Doubles, Doubles, Doubles, Doubles, Doubles, Doubles]:
    """Of faces ``(n, 5, 2)``: the oval's middle, their right and down, the unit, and the half widths left and right."""
    eyes, mouth = points[:, :2].mean(axis=1), points[:, 3:].mean(axis=1)
    down = mouth - eyes
    unit = np.maximum(np.linalg.norm(down, axis=1), 1e-6)[:, None]
    down = down / unit
    right = np.stack([down[:, 1], -down[:, 0]], axis=1)
    middle = eyes + _ROWS * unit * down
    width = np.maximum(_ASIDE * unit[:, 0], _ASIDE_EYES * np.linalg.norm(points[:, 1] - points[:, 0], axis=1))
    turn = np.clip(((points[:, 2] - middle) * right).sum(axis=1) / width, -_TURN_MOST, _TURN_MOST) * _TURN
    aside = ((points - middle[:, None]) * right[:, None]).sum(axis=2)
    left = np.maximum(width * (1 + turn), _MARGIN * unit[:, 0] - aside.min(axis=1))
    far = np.maximum(width * (1 - turn), _MARGIN * unit[:, 0] + aside.max(axis=1))
    return middle, right, down, unit[:, 0], left, far
