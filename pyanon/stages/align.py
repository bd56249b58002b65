"""Align: crops of the tracked faces, and landmarks where a box is all that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pyanon import ops
from pyanon.geometry import (
    centres,
    face_region,
    grow_boxes,
    iou,
    pixel_centres,
    similarity,
    sizes,
    squares,
    transform,
    within_boxes,
)
from pyanon.runtime import FaceNetworks, Pack, Runner
from pyanon.types import BoolArray, Crops, FloatArray, Frame, ImageArray, Tracks

__all__ = ["Aligner", "LandmarkNet"]

#: How far a landmark may lie outside of its box, as a share of the box.
OUTSIDE = 0.2
#: Largest mean distance of the landmarks from the template, in crops: profiles reach half of it.
CROOKED = 0.16
#: Least share of the box, along each side, over which the region of a replacement must reach.
REACH = 0.6
#: Two located boxes that overlap as much are one face, found twice.
SAME = 0.6
#: Source pixels per crop pixel, at most, that are averaged along each side.
FINEST = 8


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
        answer = self._runner.infer({"crops": ops.planes(crops)})
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
        return replace(tracks, landmarks=landmarks)

    def refine(self, frame: Frame, tracks: Tracks) -> tuple[Tracks, FloatArray]:
        """The tracks with landmarks from a close look, and how surely a face is there, ``(n,)``.

        A row that was located without landmarks holds more than one face, and stays without.

        They are nearer to the truth than the locator's, and steadier from frame to frame: 9.4 % of the distance
        between the eyes instead of 12.0 % on held-out faces, and less than half the jitter (docs/adr/0005).
        """
        landmarks, witness = self(frame, tracks.xyxy)
        landmarks[~tracks.coasted & ~np.isfinite(tracks.landmarks).all(axis=(1, 2))] = np.nan
        return replace(tracks, landmarks=landmarks), witness


class Aligner:
    """Cuts out the faces that can be replaced, and says why the others cannot.

    Args:
        networks: What the pack states of the crops.
    """

    def __init__(self, networks: FaceNetworks) -> None:
        self._networks = networks

    def unfit(self, tracks: Tracks, *, witness: FloatArray) -> tuple[str, ...]:
        """Why faces are to be covered and not replaced, a short text for each; empty where it can be replaced.

        Args:
            tracks: The faces, with landmarks.
            witness: ``(n,)``, how surely a face is where each box is.
        """
        networks, boxes = self._networks, tracks.xyxy
        matrix = similarity(tracks.landmarks, networks.template)
        placed = np.asarray(np.isfinite(tracks.landmarks).all(axis=(1, 2)) & np.isfinite(matrix).all(axis=(1, 2)))
        matrix[~placed] = _UPRIGHT
        landmarks = np.where(placed[:, None, None], tracks.landmarks, 0)
        tests = (
            (np.asarray(sizes(boxes).min(axis=1) < networks.smallest), "it is too small"),
            (np.asarray(~(witness >= networks.sure)), "it is not sure that it is there"),
            (~placed, "its landmarks are unknown"),
            (_astray(landmarks, boxes), "its landmarks lie outside of its box"),
            (_crooked(landmarks, matrix, networks), "its landmarks are not those of a face"),
            (_too_short(landmarks, boxes), "its landmarks do not span its box"),
        )
        return tuple(next((text for fails, text in tests if fails[row]), "") for row in range(len(tracks)))

    def __call__(self, frame: Frame, tracks: Tracks, *, located: FloatArray) -> Crops:
        """The crops of faces that `unfit` has nothing against.

        Args:
            frame: The frame.
            tracks: The faces to cut out.
            located: ``(m, 4)``, the boxes of all located faces, theirs among them.
        """
        size = self._networks.size
        matrix = similarity(tracks.landmarks, self._networks.template)
        landmarks = transform(tracks.landmarks, matrix)
        return Crops(
            pixels=_cut(frame.pixels, matrix, size),
            matrix=matrix,
            landmarks=landmarks,
            inside=face_region(landmarks, size),
            foreign=_foreign(frame, tracks.xyxy, matrix, located, size),
        )


_UPRIGHT = np.array([[1, 0, 0], [0, 1, 0]], np.float32)


def _astray(landmarks: FloatArray, boxes: FloatArray) -> BoolArray:
    wide = grow_boxes(boxes, 2 * OUTSIDE)
    outside = (landmarks < wide[:, None, :2]) | (landmarks > wide[:, None, 2:])
    return np.asarray(outside.any(axis=(1, 2)))


def _crooked(landmarks: FloatArray, matrix: FloatArray, networks: FaceNetworks) -> BoolArray:
    apart = np.linalg.norm(transform(landmarks, matrix) - networks.template, axis=-1).mean(axis=1)
    return np.asarray(~(apart <= CROOKED * networks.size))


def _too_short(landmarks: FloatArray, boxes: FloatArray) -> BoolArray:
    """Whether the region around the landmarks misses much of the box: then the face may be elsewhere in it."""
    middle = landmarks.mean(axis=1)
    # Eyes to mouth make up about two fifths of the height of a face, whose oval is a little higher than wide.
    eyes, mouth = landmarks[:, :2].mean(axis=1), landmarks[:, 3:].mean(axis=1)
    side = 2.3 * np.linalg.norm(mouth - eyes, axis=1)
    off = np.abs(middle - centres(boxes)) > sizes(boxes) / 3
    return np.asarray((side[:, None] < REACH * sizes(boxes)).any(axis=1) | off.any(axis=1))


def _cut(pixels: ImageArray, matrix: FloatArray, size: int) -> ImageArray:
    """Crops without aliasing: where the face is larger than its crop, several source pixels are averaged."""
    crops = np.zeros((len(matrix), size, size, 3), np.uint8)
    scale = np.hypot(matrix[:, 0, 0], matrix[:, 0, 1])
    finer = np.clip(2 ** np.floor(np.log2(1 / np.maximum(scale, 1e-6))), 1, FINEST).astype(int)
    for times in np.unique(finer).tolist():
        rows = np.flatnonzero(finer == times)
        crops[rows] = ops.warp(pixels, matrix=matrix[rows], size=size, times=times)
    return crops


def _foreign(frame: Frame, boxes: FloatArray, matrix: FloatArray, located: FloatArray, size: int) -> BoolArray:
    """What of each crop belongs to other faces, or lies outside the frame, where the border is only repeated."""
    foreign = np.zeros((len(matrix), size, size), np.bool_)
    others, edges = iou(boxes, located) < SAME, np.array([frame.width, frame.height])
    for row in range(len(matrix)):
        corners = pixel_centres(matrix[row : row + 1], size, step=size - 1)[0]
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        near = np.asarray(others[row] & (located[:, :2] < high).all(axis=1) & (located[:, 2:] > low).all(axis=1))
        beyond = (low < 0).any() or (high > edges).any()
        if near.any() or beyond:
            points = pixel_centres(matrix[row : row + 1], size)[0]
            foreign[row] = within_boxes(points, located[near]) | ((points < 0) | (points > edges)).any(axis=-1)
    return foreign
