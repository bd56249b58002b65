"""Blend: the finished frame. Replacements that were accepted are pasted, all else is covered but what is kept."""

from __future__ import annotations

import numpy as np

from pyanon.geometry import clip_boxes, sizes
from pyanon.ops import pictures
from pyanon.policy import Policy
from pyanon.types import FloatArray, Frame, Replacements, Tracks, Verdicts

__all__ = ["Blender", "nothing_accepted", "nothing_painted"]


def nothing_painted(count: int) -> Replacements:
    """Replacements for faces that are all covered: no pixel, rows aligned."""
    return Replacements(
        np.zeros((count, 0, 0, 3), np.uint8), np.zeros((count, 0, 0), np.uint8), np.zeros((count, 2, 3), np.float32)
    )


def nothing_accepted(count: int, reason: str) -> Verdicts:
    """Verdicts that let no replacement through."""
    return Verdicts(np.zeros(count, np.bool_), np.zeros((count, 0), np.float32), (reason,) * count)


class Blender:
    """Composes the output frame: a new picture, same pts and index.

    Args:
        policy: Look, colour, margin and seed of the covers.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __call__(self, frame: Frame, tracks: Tracks, replacements: Replacements, verdicts: Verdicts) -> Frame:
        """Pastes accepted replacements, covers every other track; what is kept is not touched.

        Neither shows a pixel of a neighbour's face: a paste holds only what was painted, in the order of the tracks, so
        that where two overlap the later one hides the earlier, and covers come last, over whatever was pasted. Both
        lie over a face that is kept, where they reach it.
        """
        pixels = pictures.copied(frame.pixels)
        accepted = np.flatnonzero(verdicts.accepted & ~verdicts.kept)
        if len(accepted):
            pictures.paste(
                pixels,
                pixels=pictures.picked(replacements.pixels, accepted),
                mask=pictures.picked(replacements.mask, accepted),
                matrix=replacements.matrix[accepted],
            )
        boxes = self._boxes(frame, tracks.xyxy[~(verdicts.accepted | verdicts.kept)])
        policy = self._policy
        pictures.cover(
            pixels, boxes=boxes, style=policy.look, colour=policy.colour, seed=policy.seed, grow=policy.margin
        )
        return Frame(pixels, frame.pts, frame.time_base, frame.index)

    def _boxes(self, frame: Frame, xyxy: FloatArray) -> FloatArray:
        """Boxes to cover, cut at the frame so that a half-seen face gets a cover of the size that shows."""
        clipped = clip_boxes(xyxy, frame.width, frame.height)
        return np.ascontiguousarray(clipped[(sizes(clipped) > 0).all(axis=1)])

    def whole(self, frame: Frame) -> Frame:
        """The frame with nothing of it left: one colour, on the host. Cannot fail where an array can be made."""
        pixels = np.empty((frame.height, frame.width, 3), np.uint8)
        pixels[:] = self._policy.colour
        return Frame(pixels, frame.pts, frame.time_base, frame.index)
