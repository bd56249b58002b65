"""Encode: what a replacement takes over from the face under it, once per frame, and nothing of who it is."""

from __future__ import annotations

import numpy as np

from pyanon.runtime import Runner, planes
from pyanon.types import Attributes, Crops

__all__ = ["Encoder"]


class Encoder:
    """Runs the face encoder.

    Args:
        runner: Active runner of the pack's ``face_encoder`` role: inputs ``crops (n, 3, S, S)`` float32 RGB 0..1,
            ``inside (n, 1, S, S)`` and ``landmarks (n, 5, 2)`` as shares of the crop; outputs ``context``
            and ``attributes``.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __call__(self, crops: Crops) -> Attributes:
        """The attributes of each face. What is foreign to its surroundings is blanked like its inside."""
        size = crops.pixels.shape[1]
        blanked = np.maximum(crops.inside, crops.foreign)
        answer = self._runner.infer(
            {
                "crops": planes(crops.pixels),
                "inside": np.ascontiguousarray(blanked[:, None], np.float32),
                "landmarks": np.ascontiguousarray(crops.landmarks / np.float32(size), np.float32),
            }
        )
        visible = blanked <= 0
        return Attributes(
            context=answer["context"],
            code=answer["attributes"],
            inside=crops.inside,
            surround=np.where(visible[..., None], crops.pixels, 0).astype(np.uint8),
            visible=visible,
            matrix=crops.matrix,
        )
