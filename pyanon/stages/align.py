"""Align: crops of the tracked faces, and landmarks where a box is all that is known."""

from __future__ import annotations

import numpy as np

from pyanon import ops
from pyanon.geometry import squares
from pyanon.runtime import Pack, Runner
from pyanon.types import FloatArray, Frame, Tracks

__all__ = ["LandmarkNet"]


class LandmarkNet:
    """Finds five landmarks inside boxes, and says how surely a face is there: a coasted track has no detection.

    Args:
        runner: Active runner of the pack's ``landmarks`` role: input ``crops (n, 3, S, S)`` float32 RGB 0..1;
            outputs ``points (n, 5, 2)`` as shares of the crop and ``score (n,)`` in 0..1.
        pack: The pack, for the crop's size and reach.
    """

    def __init__(self, runner: Runner, *, pack: Pack) -> None:
        role = pack.role("landmarks")
        self._runner = runner
        self._size = int(role.number("size"))
        self._grow = role.number("grow")

    def __call__(self, frame: Frame, xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Landmarks ``(n, 5, 2)`` in source pixels and scores ``(n,)`` for boxes ``(n, 4)``."""
        if not len(xyxy):
            return np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
        matrix = squares(xyxy, grow=self._grow, size=self._size)
        crops = ops.warp(frame.pixels, matrix=matrix, size=self._size)
        tensor = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32) / np.float32(255)
        answer = self._runner.infer({"crops": tensor})
        points = (answer["points"] * np.float32(self._size) - matrix[:, None, :, 2]) / matrix[:, 0, 0, None, None]
        return points.astype(np.float32), answer["score"].astype(np.float32)

    def witness(self, frame: Frame, xyxy: FloatArray) -> FloatArray:
        """How surely each box holds a face, ``(n,)``."""
        return self(frame, xyxy)[1]

    def complete(self, frame: Frame, tracks: Tracks) -> Tracks:
        """The tracks with landmarks in every row."""
        rows = np.flatnonzero(~np.isfinite(tracks.landmarks).all(axis=(1, 2)))
        if not len(rows):
            return tracks
        landmarks = tracks.landmarks.copy()
        landmarks[rows] = self(frame, tracks.xyxy[rows])[0]
        return Tracks(tracks.xyxy, tracks.score, landmarks, tracks.prompt, tracks.track_id, tracks.coasted)
