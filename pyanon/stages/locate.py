"""Locate: what the prompts name, found in a frame by the pack's locator."""

from __future__ import annotations

import math

import numpy as np

from pyanon import ops
from pyanon.errors import RunnerError
from pyanon.runtime import Pack, Runner
from pyanon.types import Detections, FloatArray, Frame

__all__ = ["Locator", "input_size", "still_detail"]

#: Share of the calibrated threshold down to which a detection may still keep an existing track alive.
FLOOR = 0.4


def input_size(width: int, height: int, *, detail: int, multiple: int) -> tuple[int, int]:
    """Width and height of the locator's input for a frame.

    The longer side becomes ``detail``, the shorter keeps the aspect ratio; both are rounded to ``multiple``, so that
    1280x720 is looked at as 640x352 and 640x480 as it is.
    """
    ratio = detail / max(width, height)
    w, h = (max(multiple, round(side * ratio / multiple) * multiple) for side in (width, height))
    return w, h


class Locator:
    """Runs the locator network and turns its answer into detections.

    Args:
        runner: Active runner of the pack's ``locator`` role: inputs ``image (1, 3, h, w)`` float32 RGB 0..1 and
            ``prompts (p, D)``; outputs ``boxes (1, n, 4)`` in input pixels, ``scores (1, n, p)`` and
            ``landmarks (1, n, 5, 2)``.
        pack: The pack, for prompt embeddings and settings.
        prompts: What to look for.
        threshold: Score from which a detection is certain enough to stand alone; None takes the pack's.

    Raises:
        UnknownPromptError: The pack has no embedding for a prompt.
    """

    def __init__(self, runner: Runner, *, pack: Pack, prompts: tuple[str, ...], threshold: float | None = None) -> None:
        role = pack.role("locator")
        self._runner = runner
        self._prompts = np.stack([pack.prompt(name) for name in prompts]).astype(np.float32)
        self._multiple = int(role.number("stride"))
        self._overlap = role.number("nms_iou")
        self.threshold = role.number("threshold") if threshold is None else threshold
        self._input = np.zeros((3, 0, 0), np.float32)

    def __call__(self, frame: Frame, *, detail: int = 640) -> Detections:
        """Finds every region of a frame that answers to a prompt, down to `FLOOR` of the threshold.

        Args:
            frame: The frame.
            detail: Longer side of the network's input in pixels.

        Returns:
            Detections in source pixels, best first; those below `threshold` may only extend tracks.
        """
        size = input_size(frame.width, frame.height, detail=detail, multiple=self._multiple)
        if self._input.shape != (3, size[1], size[0]):
            self._input = np.zeros((3, size[1], size[0]), np.float32)
        tensor, ratio, offset = ops.letterbox(frame.pixels, size=size, out=self._input)
        answer = self._runner.infer({"image": tensor[None], "prompts": self._prompts})
        return self._detections(answer, ratio, offset)

    def _detections(self, answer: dict[str, FloatArray], ratio: float, offset: tuple[float, float]) -> Detections:
        scores = answer["scores"][0]
        if not (np.isfinite(scores).all() and np.isfinite(answer["boxes"]).all()):
            # A network that answers nonsense has not looked: nothing it says may let a face through.
            raise RunnerError(
                "the locator answered with numbers that are not finite",
                expected="scores 0..1 and boxes in pixels",
                do="run `pyanon doctor`, then verify or reinstall the pack",
            )
        best = scores.argmax(axis=1)
        score = scores[np.arange(len(scores)), best]
        rows = np.flatnonzero(score >= self.threshold * FLOOR)
        boxes = np.ascontiguousarray(answer["boxes"][0][rows], np.float32)
        score = np.ascontiguousarray(score[rows], np.float32)
        kept = ops.nms(boxes, scores=score, iou=self._overlap)
        shift = np.asarray(offset, np.float32)
        xyxy = (boxes[kept] - np.tile(shift, 2)) / np.float32(ratio)
        landmarks = (answer["landmarks"][0][rows][kept] - shift) / np.float32(ratio)
        return Detections(
            xyxy.astype(np.float32), score[kept], landmarks.astype(np.float32), best[rows][kept].astype(np.int64)
        )


def still_detail(width: int, height: int, *, most: int = 1280) -> int:
    """Detail for a still picture: its own size, at least 640 and at most ``most`` pixels on the longer side."""
    return int(min(most, max(640, math.ceil(max(width, height) / 32) * 32)))
