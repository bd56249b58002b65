"""Scene cuts: where the picture changes so much that nothing before it says anything about what follows."""

from __future__ import annotations

import numpy as np

from pyanon.arrays import on_host
from pyanon.ops import pictures
from pyanon.types import FloatArray, Frame

__all__ = ["CutDetector"]

#: Points looked at, down and across; sampled, not averaged: a cut shows in any thousand points.
SIDE = 36


class CutDetector:
    """Tells whether a frame starts a new scene.

    Two pictures belong to one scene when their luma patterns correlate, whatever their brightness: a flash or a fade
    is not a cut (to forget faces there would expose them), a different view is.

    Args:
        correlation: Correlation of the sampled luma below which the views differ.
        difference: Mean absolute difference of luma (0..255) below which it is never a cut.
    """

    def __init__(self, *, correlation: float = 0.35, difference: float = 18.0) -> None:
        self._correlation = correlation
        self._difference = difference
        self._last: FloatArray | None = None

    def reset(self) -> None:
        """Forgets the last frame."""
        self._last = None

    def __call__(self, frame: Frame) -> bool:
        """Whether this frame starts a new scene; the first one never does."""
        grid = np.array([[[SIDE / frame.width, 0, 0], [0, SIDE / frame.height, 0]]], np.float32)
        points = on_host(pictures.warp(frame.pixels, matrix=grid, size=SIDE))[0]
        luma = points.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        last, self._last = self._last, luma
        if last is None or float(np.abs(luma - last).mean()) < self._difference:
            return False
        a, b = luma - luma.mean(), last - last.mean()
        norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
        # A flat picture (black, white) has no pattern to compare: it is a moment within a scene, not another one.
        return norm > SIDE * SIDE and float((a * b).sum()) / norm < self._correlation
