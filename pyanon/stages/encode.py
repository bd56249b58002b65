"""Encode: what a replacement takes over from the face under it, once per frame, and nothing of who it is."""

from __future__ import annotations

import numpy as np

from pyanon import ops
from pyanon.runtime import Runner
from pyanon.types import Attributes, Crops, FloatArray

__all__ = ["Encoder"]

#: From which chance on something is taken to be in front of a face, and from which it stays whole.
LIKELY, SURE = 0.5, 0.8
#: Radius around each eye, as a share of the crop, in which nothing of the source ever stays: eyes tell most.
EYES = 0.1
#: Largest share of a region that may be hidden: beyond, whatever is found is not believed.
MOST_HIDDEN = 0.5


class Encoder:
    """Runs the face encoder.

    Args:
        runner: Active runner of the pack's ``face_encoder`` role: inputs ``crops (n, 3, S, S)`` float32 RGB 0..1,
            ``inside (n, 1, S, S)`` and ``landmarks (n, 5, 2)`` as shares of the crop; outputs ``context``
            and ``attributes``.
        occlusion: Active runner of its ``occlusion`` role, if it has one: input ``crops``; output ``chance
            (n, 1, S, S)`` that something in front hides the face. Without it nothing is.
    """

    def __init__(self, runner: Runner, *, occlusion: Runner | None = None) -> None:
        self._runner, self._occlusion = runner, occlusion

    def __call__(self, crops: Crops) -> Attributes:
        """The attributes of each face. What is foreign to its surroundings is blanked like its inside."""
        size = crops.pixels.shape[1]
        blanked = np.maximum(crops.inside, crops.foreign)
        pixels = ops.planes(crops.pixels)
        answer = self._runner.infer(
            {
                "crops": pixels,
                "inside": np.ascontiguousarray(blanked[:, None], np.float32),
                "landmarks": np.ascontiguousarray(crops.landmarks / np.float32(size), np.float32),
            }
        )
        visible = blanked <= 0
        front = np.zeros_like(crops.inside)
        if self._occlusion is not None:
            front = _in_front(self._occlusion.infer({"crops": pixels})["chance"], crops)
        return Attributes(
            context=answer["context"],
            code=answer["attributes"],
            inside=crops.inside,
            front=front,
            surround=np.where(visible[..., None], crops.pixels, 0).astype(np.uint8),
            visible=visible,
            matrix=crops.matrix,
        )


def _in_front(chance: FloatArray, crops: Crops) -> FloatArray:
    """How much of each pixel stays because something is in front of the face there, ``(n, S, S)`` 0..1."""
    size = crops.pixels.shape[1]
    known = np.where(np.isfinite(chance[:, 0]), chance[:, 0], np.float32(0))
    front = ((known - np.float32(LIKELY)) / np.float32(SURE - LIKELY)).clip(0, 1)
    ticks = np.arange(size, dtype=np.float32) + np.float32(0.5)
    for eye in range(2):
        x, y = crops.landmarks[:, eye, 0, None, None], crops.landmarks[:, eye, 1, None, None]
        front[(ticks - x) ** 2 + (ticks[:, None] - y) ** 2 < (EYES * size) ** 2] = 0
    hidden = (front * crops.inside).sum(axis=(1, 2)) > MOST_HIDDEN * crops.inside.sum(axis=(1, 2))
    front[hidden] = 0
    return np.asarray(front, np.float32)
