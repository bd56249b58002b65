"""Small moving scenes for the tests of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pyanon.types import Detections, Frame, ImageArray

Box = tuple[float, float, float, float]


def texture(seed: int, *, height: int = 120, width: int = 160) -> ImageArray:
    """A smooth random picture; another seed is another scene."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((height // 6, width // 8, 1), np.uint8))


def frame(index: int, *, seed: int = 1, rate: int = 25, pixels: ImageArray | None = None) -> Frame:
    return Frame(texture(seed) if pixels is None else pixels, pts=index, time_base=Fraction(1, rate), index=index)


def found(*boxes: Box, score: float | Sequence[float] = 0.9) -> Detections:
    n = len(boxes)
    xyxy = np.asarray(boxes, np.float32).reshape(n, 4)
    marks = np.repeat(((xyxy[:, :2] + xyxy[:, 2:]) / 2)[:, None], 5, axis=1)
    return Detections(xyxy, np.full(n, score, np.float32), marks, np.zeros(n, np.int64))


def contains(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
