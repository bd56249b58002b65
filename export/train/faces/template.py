"""The one crop that all replacing networks share: where its landmarks lie, and which region of it is repainted."""

from __future__ import annotations

import numpy as np

from pyanon.types import FloatArray

__all__ = ["MARGIN", "SIZE", "TEMPLATE", "face_region", "similarity"]

#: Side of the crop, and how much more of the picture the training crops keep on every side, in pixels.
SIZE, MARGIN = 128, 16
#: The five landmarks of the widely used 112-pixel alignment (ArcFace, Deng and others, CVPR 2019) ...
_ARCFACE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)
#: ... in a square that shows from the hair line to under the chin: as much as a tight portrait has.
TEMPLATE: FloatArray = (_ARCFACE - np.array([2, 17], np.float32)) * np.float32(SIZE / 108)


def similarity(landmarks: FloatArray, template: FloatArray) -> FloatArray:
    """Least-squares similarity transforms (Umeyama, PAMI 1991) that take landmarks to a template.

    Args:
        landmarks: ``(n, k, 2)``.
        template: ``(k, 2)``.

    Returns:
        ``(n, 2, 3)``: picture to crop.
    """
    source, target = landmarks.mean(1, keepdims=True), template.mean(0)
    s, t = landmarks - source, template - target
    spread = np.maximum((s**2).sum((1, 2)), 1e-6)
    c = (s * t).sum((1, 2)) / spread
    d = (s[..., 0] * t[:, 1] - s[..., 1] * t[:, 0]).sum(1) / spread
    turn = np.stack([np.stack([c, -d], -1), np.stack([d, c], -1)], 1)
    shift = target - (turn @ source[:, 0, :, None])[..., 0]
    return np.concatenate([turn, shift[..., None]], 2).astype(np.float32)


def face_region(landmarks: FloatArray, size: int = SIZE) -> FloatArray:
    """The region of aligned crops that is repainted: an oval from the hair line to under the chin, soft at its edge.

    A turned head shows more cheek on the side that the nose points away from, so the oval reaches further there.

    Args:
        landmarks: ``(n, 5, 2)`` in crop pixels.
        size: Side of the crop.

    Returns:
        ``(n, size, size)`` float32: 1 inside, falling to 0 over a twelfth of the crop, 0 outside and at the border.
    """
    unit = size / SIZE
    points = np.asarray(landmarks, np.float32) / np.float32(unit)
    eyes, mouth = points[:, :2].mean(1), points[:, 3:].mean(1)
    turn = np.clip(points[:, 2, 0] - (eyes[:, 0] + mouth[:, 0]) / 2, -24, 24)[:, None, None]
    long = np.clip(mouth[:, 1] - eyes[:, 1], 40, 56)[:, None, None]
    x = (np.arange(size, dtype=np.float32)[None, None, :] + 0.5) / np.float32(unit) - 64
    y = (np.arange(size, dtype=np.float32)[None, :, None] + 0.5) / np.float32(unit) - 63
    half = np.where(x < 0, 50 + np.maximum(turn, -0.35 * turn) * 0.4, 50 + np.maximum(-turn, 0.35 * turn) * 0.4)
    tall = np.where(y < 0, np.float32(60), 60 + (long - 48) * 0.25)
    # Between an ellipse and a rectangle: a jaw is broader than an ellipse's end.
    radius = (np.abs(x / np.minimum(half, 61)) ** 2.3 + np.abs(y / np.minimum(tall, 62)) ** 2.3) ** (1 / 2.3)
    depth = np.clip((1 - radius) * 60 / 10.5, 0, 1)
    return np.asarray(depth * depth * (3 - 2 * depth), np.float32)
