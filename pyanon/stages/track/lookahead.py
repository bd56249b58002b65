"""Lookahead: frames are held for a moment, so that what is learned later still covers them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from pyanon.geometry import centres, grow_boxes, sizes, union_boxes, visible
from pyanon.stages.track.tracker import CERTAIN
from pyanon.types import LANDMARKS, FloatArray, Frame, Tracks

__all__ = ["Lookahead"]

#: How much a box carried back in time grows per second, and at most, as a share of its size.
GROWTH, GROWTH_MOST = 1.2, 0.6

#: When a face was located, in which tracks and which of their rows.
_Sighting: TypeAlias = tuple[float, Tracks, int]


@dataclass(frozen=True, eq=False)
class _Held:
    frame: Frame
    tracks: Tracks
    cut: bool


class Lookahead:
    """Holds frames back and completes their tracks with what the following frames showed.

    A face that is first located, with certainty, in frame t is covered in the frames still held: it is carried back
    along its first motion. A face that was lost and found again is covered on the way between the two places. Nothing
    is carried over a cut.

    Args:
        depth: Frames to hold; 0 passes every frame on at once.
        surely: Score of one sighting, or else three sightings, from which a face is carried back: a chance find would
            be carried to where nothing is.
        most_bytes: Pixels held at most; a long side of 8K then shortens the hold instead of filling the memory.
    """

    def __init__(self, depth: int, *, surely: float = 0.0, most_bytes: int = 512 << 20) -> None:
        self._depth = depth
        self._surely = surely
        self._most = most_bytes
        self._held: deque[_Held] = deque()
        self._seen: dict[int, tuple[float, FloatArray]] = {}

    def reset(self) -> None:
        """Forgets what is held."""
        self._held.clear()
        self._seen.clear()

    def push(self, frame: Frame, tracks: Tracks, *, cut: bool) -> list[tuple[Frame, Tracks]]:
        """Takes a frame in; returns those that are complete, oldest first."""
        self._held.append(_Held(frame, tracks, cut))
        ready = []
        while len(self._held) > self._depth or (len(self._held) > 1 and self._bytes() > self._most):
            ready.append(self._pop())
        return ready

    def flush(self) -> list[tuple[Frame, Tracks]]:
        """Returns all that is still held, oldest first."""
        return [self._pop() for _ in range(len(self._held))]

    def _bytes(self) -> int:
        return sum(held.frame.pixels.nbytes for held in self._held)

    def _pop(self) -> tuple[Frame, Tracks]:
        now = self._held.popleft()
        if now.cut:
            self._seen.clear()
        later = self._sightings()
        tracks = _bridged(now, self._seen, later)
        tracks = _carried_back(now, tracks, {n: s for n, s in later.items() if self._certain(s)})
        for row in np.flatnonzero(~now.tracks.coasted):
            self._seen[int(now.tracks.track_id[row])] = (now.frame.time, now.tracks.xyxy[row])
        return now.frame, tracks

    def _certain(self, sightings: list[_Sighting]) -> bool:
        return len(sightings) >= CERTAIN or any(tracks.score[row] >= self._surely for _, tracks, row in sightings)

    def _sightings(self) -> dict[int, list[_Sighting]]:
        """By track, the held frames of this scene in which it was located: time, tracks and row."""
        found: dict[int, list[_Sighting]] = {}
        for held in self._held:
            if held.cut:
                break
            for row in np.flatnonzero(~held.tracks.coasted):
                found.setdefault(int(held.tracks.track_id[row]), []).append((held.frame.time, held.tracks, int(row)))
        return found


def _bridged(now: _Held, seen: dict[int, tuple[float, FloatArray]], later: dict[int, list[_Sighting]]) -> Tracks:
    """Coasting boxes, stretched to where the face was on its way to the place it was found again."""
    tracks = now.tracks
    boxes = tracks.xyxy.copy()
    for row in np.flatnonzero(tracks.coasted):
        number = int(tracks.track_id[row])
        if number not in seen or number not in later:
            continue
        (before, start), (after, found, index) = seen[number], later[number][0]
        share = (now.frame.time - before) / max(after - before, 1e-9)
        between = start + (found.xyxy[index] - start) * np.float32(share)
        boxes[row] = union_boxes(boxes[row : row + 1], grow_boxes(between[None], 0.2))[0]
    return Tracks(boxes, tracks.score, tracks.landmarks, tracks.prompt, tracks.track_id, tracks.coasted)


def _carried_back(now: _Held, tracks: Tracks, later: dict[int, list[_Sighting]]) -> Tracks:
    """Adds the faces that were first located after this frame."""
    known = set(tracks.track_id.tolist())
    rows = []
    for number, sightings in later.items():
        if number in known:
            continue
        _, found, row = sightings[0]
        box = _earlier(now.frame.time, sightings)
        if visible(box[None], now.frame.width, now.frame.height)[0] > 0:
            rows.append((box, found.score[row], found.prompt[row], number))
    if not rows:
        return tracks
    count = len(rows)
    return Tracks(
        np.concatenate([tracks.xyxy, np.stack([r[0] for r in rows])]).astype(np.float32),
        np.concatenate([tracks.score, np.array([r[1] for r in rows], np.float32)]),
        np.concatenate([tracks.landmarks, np.full((count, LANDMARKS, 2), np.nan, np.float32)]),
        np.concatenate([tracks.prompt, np.array([r[2] for r in rows], np.int64)]),
        np.concatenate([tracks.track_id, np.array([r[3] for r in rows], np.int64)]),
        np.concatenate([tracks.coasted, np.ones(count, np.bool_)]),
    )


def _earlier(time: float, sightings: list[_Sighting]) -> FloatArray:
    """Where a face was before it was first located: at its first place, and back along its first motion."""
    first, tracks, row = sightings[0]
    box = tracks.xyxy[row : row + 1]
    # The motion over up to four sightings: two neighbouring boxes differ more by jitter than by movement.
    then, other, index = sightings[min(4, len(sightings) - 1)]
    velocity = np.zeros((1, 2), np.float32)
    if then > first:
        velocity = (centres(other.xyxy[index : index + 1]) - centres(box)) / np.float32(then - first)
    gap = first - time
    moved = box - np.tile(velocity * np.float32(gap), 2)
    # A slow face may as well have stood still before; a fast one did not start from where it was found.
    slow = np.linalg.norm(centres(moved) - centres(box)) < np.sqrt(sizes(box).clip(1).prod())
    grown: FloatArray = grow_boxes(union_boxes(box, moved) if slow else moved, min(GROWTH_MOST, 0.1 + GROWTH * gap))[0]
    return grown
