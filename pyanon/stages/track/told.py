"""Faces of which somebody says where they are: what the locator has not found of them is hidden, too."""

from __future__ import annotations

import numpy as np

from pyanon.errors import InputError
from pyanon.geometry import unmatched
from pyanon.types import LANDMARKS, FloatArray, Tracks

__all__ = ["with_told"]


def with_told(tracks: Tracks, boxes: FloatArray) -> Tracks:
    """The tracks of a picture and, after them, those of boxes that no track stands for.

    They are without landmarks, so that none of them is replaced: a box that a person drew says where to cover, not
    where the eyes are.

    Args:
        tracks: The faces that were located.
        boxes: ``(n, 4)`` xyxy in source pixels.

    Raises:
        InputError: ``boxes`` are no such numbers.
    """
    boxes = np.asarray(boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or boxes.dtype.kind not in "iuf" or not np.isfinite(boxes).all():
        raise InputError(
            "these boxes do not say where faces are",
            given=f"{boxes.dtype} of shape {boxes.shape}",
            expected="numbers of shape (n, 4), left, top, right and bottom in pixels, none of them NaN",
        )
    boxes = boxes.astype(np.float32)
    boxes = boxes[unmatched(boxes, tracks.xyxy)]
    count, first = len(boxes), int(tracks.track_id.max(initial=-1)) + 1
    return Tracks(
        np.concatenate([tracks.xyxy, boxes]),
        np.concatenate([tracks.score, np.ones(count, np.float32)]),
        np.concatenate([tracks.landmarks, np.full((count, LANDMARKS, 2), np.nan, np.float32)]),
        np.concatenate([tracks.prompt, np.zeros(count, np.int64)]),
        np.concatenate([tracks.track_id, np.arange(first, first + count)]),
        np.concatenate([tracks.coasted, np.zeros(count, np.bool_)]),
    )
