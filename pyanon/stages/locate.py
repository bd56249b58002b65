"""Locate: what the prompts name, found in a frame by the pack's locator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyanon import ops
from pyanon.arrays import DeviceArray
from pyanon.errors import RunnerError
from pyanon.geometry import iou, overlaps, sizes, union_boxes
from pyanon.ops import pictures
from pyanon.runtime import Pack, Runner
from pyanon.types import LANDMARKS, Detections, FloatArray, Frame, Pixels, Values

__all__ = ["Confirmer", "Locator", "apart", "fused", "input_size", "still_details"]

#: Says for boxes ``(n, 4)`` of a frame, from a closer look at each, where the landmarks of a face would be,
#: ``(n, 5, 2)`` in source pixels, and how surely one is there, ``(n,)`` in 0..1.
Confirmer = Callable[[Frame, FloatArray], tuple[FloatArray, FloatArray]]

#: Share of the calibrated threshold down to which a detection may still keep an existing track alive.
FLOOR = 0.5
#: Score of the locator from which a find is worth a closer look.
CANDIDATE = 0.15
#: How much of the say the closer look has.
SAY = 1 / 3
#: Share of a find's area from which it is part of a larger one.
INSIDE = 0.85
#: Size of what may be a face of its own inside another, as a share of that one's; and how far its landmarks then lie
#: from the other's, in units of its own size.
WHOLE, ELSEWHERE = 0.3, 0.2
#: Sizes of a face, in pixels of one look, between which the look says well whether it is one.
COMPETENT = (6.0, 240.0)


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
            ``prompts (p, D)``; outputs ``boxes (1, n, 4)`` in input pixels, ``scores (1, n, p)`` and, where it
            finds them, ``landmarks (1, n, 5, 2)``.
        pack: The pack, for prompt embeddings and settings.
        prompts: What to look for.
        threshold: Score from which a detection is certain enough to stand alone; None takes the pack's.
        confirm: A closer look at every find; it has a third of the say in the score, and says where the landmarks are
            that the network did not find.

    Attributes:
        threshold: That score, for one look.
        still_threshold: That score, for the averaged looks at a still picture.

    Raises:
        UnknownPromptError: The pack has no embedding for a prompt.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        pack: Pack,
        prompts: tuple[str, ...],
        threshold: float | None = None,
        confirm: Confirmer | None = None,
    ) -> None:
        role = pack.role("locator")
        self._runner = runner
        self._prompts = np.stack([pack.prompt(name) for name in prompts]).astype(np.float32)
        self._multiple = int(role.number("stride"))
        self._overlap = role.number("nms_iou")
        self.threshold = role.number("threshold") if threshold is None else threshold
        self.still_threshold = role.number("still_threshold") if threshold is None else threshold
        self._confirm = confirm
        self._floor = min(self.threshold, self.still_threshold) * FLOOR
        self._candidate = self._floor if confirm is None else min(self.threshold, CANDIDATE)
        self._input = np.zeros((3, 0, 0), np.float32)

    def __call__(self, frame: Frame, *, details: tuple[int, ...] = (640,)) -> Detections:
        """Finds every region of a frame that answers to a prompt, down to `FLOOR` of the threshold.

        Args:
            frame: The frame.
            details: Longer side of the network's input in pixels, once per look. Several looks are averaged: what
                only one of them takes for a face scores less than what all see.

        Returns:
            Detections in source pixels, best first; those below the threshold may only extend tracks.
        """
        views = [self._look(frame, detail) for detail in details]
        scales = tuple(detail / max(frame.width, frame.height) for detail in details)
        found = views[0] if len(views) == 1 else fused(views, scales=scales, overlap=self._overlap)
        if self._confirm is not None and len(found):
            found = confirmed(found, *self._confirm(frame, found.xyxy))
        certain = max(self.threshold, self.still_threshold)
        return apart(found.pick(found.score >= self._floor), threshold=certain)

    def _look(self, frame: Frame, detail: int) -> Detections:
        size = input_size(frame.width, frame.height, detail=detail, multiple=self._multiple)
        tensor, ratio, offset = self._letterboxed(frame.pixels, size)
        answer = self._runner.infer({"image": tensor.reshape(1, *tensor.shape), "prompts": self._prompts})
        return self._detections(answer, ratio, offset)

    def _letterboxed(self, pixels: Pixels, size: tuple[int, int]) -> tuple[Values, float, tuple[float, float]]:
        if isinstance(pixels, DeviceArray):
            return pictures.letterbox(pixels, size=size)
        if self._input.shape != (3, size[1], size[0]):
            self._input = np.zeros((3, size[1], size[0]), np.float32)
        return pictures.letterbox(pixels, size=size, out=self._input)

    def _detections(self, answer: dict[str, FloatArray], ratio: float, offset: tuple[float, float]) -> Detections:
        scores = answer["scores"][0]
        if not (np.isfinite(scores).all() and np.isfinite(answer["boxes"]).all()):
            raise _nonsense("the locator")
        best = scores.argmax(axis=1)
        score = scores[np.arange(len(scores)), best]
        rows = np.flatnonzero(score >= self._candidate)
        boxes = np.ascontiguousarray(answer["boxes"][0][rows], np.float32)
        score = np.ascontiguousarray(score[rows], np.float32)
        kept = ops.nms(boxes, scores=score, iou=self._overlap)
        shift = np.asarray(offset, np.float32)
        xyxy = (boxes[kept] - np.tile(shift, 2)) / np.float32(ratio)
        if "landmarks" in answer:
            landmarks = (answer["landmarks"][0][rows][kept] - shift) / np.float32(ratio)
        else:
            landmarks = np.full((len(xyxy), LANDMARKS, 2), np.nan, np.float32)
        return Detections(
            xyxy.astype(np.float32), score[kept], landmarks.astype(np.float32), best[rows][kept].astype(np.int64)
        )


def still_details(width: int, height: int) -> tuple[int, ...]:
    """The looks at a still picture: from afar, as at video, closer, and at a large picture closer still."""
    return (480, 640, 960) if max(width, height) < 1200 else (480, 640, 960, 1280)


def fused(views: list[Detections], *, scales: tuple[float, ...], overlap: float) -> Detections:
    """Averages what several looks at one frame found.

    Detections that overlap are one face. Its score is the mean of the best scores that the looks gave it, nought where
    one saw nothing; only those looks vote for which the face has a size at which they see faces well (`COMPETENT`), or,
    where there is none, those that saw it. Its box is the mean of its boxes weighted by their scores; its landmarks are
    those of the best (weighted boxes fusion, Solovyev, Wang and Gabruseva, 2021).

    Args:
        views: What each look found, in source pixels.
        scales: Pixels of the look per source pixel.
        overlap: IoU from which two detections are one face.
    """
    look = np.concatenate([np.full(len(view), i) for i, view in enumerate(views)])
    xyxy, score, landmarks, prompt = (
        np.concatenate([getattr(view, name) for view in views]) for name in ("xyxy", "score", "landmarks", "prompt")
    )
    left, rows, boxes, means = np.argsort(-score, kind="stable"), [], [], []
    while len(left):
        best = left[0]
        same = (iou(xyxy[best : best + 1], xyxy[left])[0] > overlap) & (prompt[left] == prompt[best])
        same[0] = True
        group, left = left[same], left[~same]
        peaks = np.zeros(len(views), np.float32)
        np.maximum.at(peaks, look[group], score[group])
        box = np.average(xyxy[group], axis=0, weights=score[group])
        size = np.sqrt(np.ptp(box.reshape(2, 2), axis=0).prod()) * np.asarray(scales)
        competent = (size >= COMPETENT[0]) & (size <= COMPETENT[1])
        votes = competent if competent.any() else peaks > 0
        rows.append(best)
        means.append(peaks[votes].mean())
        boxes.append(box)
    picked = np.asarray(rows, np.intp)
    return _best_first(
        Detections(
            np.asarray(boxes, np.float32).reshape(-1, 4),
            np.asarray(means, np.float32),
            landmarks[picked],
            prompt[picked],
        )
    )


def confirmed(found: Detections, landmarks: FloatArray, opinion: FloatArray) -> Detections:
    """The detections with a second opinion ``(n,)`` weighed into their scores (`SAY`), best first.

    Where landmarks are unknown those of the closer look ``(n, 5, 2)`` are taken, so that unknown ones mean the same
    after every locator: there is more than one face (`apart`).
    """
    if not np.isfinite(opinion).all():
        raise _nonsense("the confirming network")
    score = (found.score + SAY * (opinion - found.score)).astype(np.float32)
    stated = np.isfinite(found.landmarks).all(axis=(1, 2), keepdims=True)
    known = np.where(stated, found.landmarks, landmarks)
    return _best_first(Detections(found.xyxy, score, known, found.prompt))


def apart(found: Detections, *, threshold: float) -> Detections:
    """Makes one of a face and of what lies inside it: an eye, a mouth, half of the same face.

    The face's box grows by what sticks out of it, so that everything that was located stays hidden. Where what lies
    inside looks like a face of its own (certain, not small, with its eyes elsewhere), the landmarks become NaN: a
    cover hides both, a replacement would hide only one, so there is to be none.

    Args:
        found: Detections, best first.
        threshold: Score from which a find is covered, so that what lies inside it is hidden with it.
    """
    area, shared = sizes(found.xyxy).clip(1e-6).prod(axis=1), overlaps(found.xyxy, found.xyxy)
    boxes, landmarks, kept = found.xyxy.copy(), found.landmarks.copy(), list[int]()
    for row in range(len(found)):
        better = [k for k in kept if found.score[k] >= threshold and shared[row, k] >= INSIDE * area[row]]
        if better:
            boxes[better[0]] = union_boxes(boxes[better[0]][None], found.xyxy[row][None])[0]
            if found.score[row] >= threshold and _is_another(found, row, better[0]):
                landmarks[better[0]] = np.nan
        else:
            kept.append(row)
    return Detections(boxes, found.score, landmarks, found.prompt).pick(np.asarray(kept, np.int64))


def _is_another(found: Detections, inner: int, outer: int) -> bool:
    """Whether a find inside another may be somebody else's face, and not a part of the same one."""
    small, large = np.sqrt(sizes(found.xyxy[[inner, outer]]).clip(1e-6).prod(axis=1))
    apart_by = np.linalg.norm(found.landmarks[inner] - found.landmarks[outer], axis=1).mean()
    return bool(small >= WHOLE * large and not apart_by < ELSEWHERE * small)


def _best_first(found: Detections) -> Detections:
    return found.pick(np.argsort(-found.score, kind="stable"))


def _nonsense(network: str) -> RunnerError:
    """A network that answers nonsense has not looked: nothing it says may let a face through."""
    return RunnerError(
        f"{network} answered with numbers that are not finite",
        expected="scores 0..1 and boxes in pixels",
        do="run `pyanon doctor`, then verify or reinstall the pack",
    )
