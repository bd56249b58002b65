"""The tracker: assignment on motion and overlap, and coasting where the locator lost a face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pyanon.geometry import centres, grow_boxes, iou, sizes, union_boxes, visible
from pyanon.stages.track.cuts import CutDetector
from pyanon.types import LANDMARKS, Detections, FloatArray, Frame, Tracks

__all__ = ["Tracker", "Witness"]

#: Says for boxes ``(n, 4)`` of a frame how surely a face is there, ``(n,)`` in 0..1.
Witness = Callable[[Frame, FloatArray], FloatArray]

#: How sure the witness must be to keep a track, and for how many times the coasting time at most.
WITNESS_SCORE, WITNESS_TIMES = 0.5, 4.0
#: Sightings at or above the threshold that make a face certain if the best was so much above it, and the share of
#: the coasting time before that.
CERTAIN, SURELY, FRESH = 3, 0.15, 0.25
#: Half-life in seconds of a lost face's velocity: people do not walk on in straight lines for long.
HALF_LIFE = 0.25
#: How far a prediction reaches at most, in face sizes.
FURTHEST = 2.0
#: Half-life in seconds of the jitter of a followed face's box: a cover should move like a head, not like a detector.
CALM = 0.1
#: How much a coasting box grows per second, and at most, as a share of its size.
GROWTH, GROWTH_MOST = 0.8, 0.6
#: How far, in face sizes, a detection may lie from a prediction: at once, more per second lost, and at most.
REACH, REACH_GROWTH, REACH_MOST = 1.5, 6.0, 3.0
#: Least likeness of a prediction and a detection that may be one face, and least overlap where the detection is weak.
LIKENESS, WEAK_OVERLAP = 0.25, 0.4


@dataclass
class _Track:
    """One face over time; ``xyxy`` is the last box that was seen, ``calm`` the same without its jitter."""

    number: int
    xyxy: FloatArray
    score: float
    landmarks: FloatArray
    prompt: int
    seen: float
    velocity: FloatArray = field(default_factory=lambda: np.zeros(2, np.float32))
    confirmed: float = 0.0
    sightings: int = 1
    sure: bool = False
    calm: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.calm = self.xyxy

    def see(self, box: FloatArray, time: float) -> None:
        """Moves on to where the face is seen now."""
        gap = time - self.seen
        if gap > 0:
            step = (centres(box[None]) - centres(self.xyxy[None]))[0] / gap
            # The first step is all that is known of the motion; later ones are averaged against jitter.
            weight = 0.5 if np.any(self.velocity) else 1.0
            self.velocity = np.asarray(self.velocity + weight * (step - self.velocity), np.float32)
            moved = self.calm + np.tile(self.velocity * gap, 2)
            self.calm = np.asarray(moved + (1 - 0.5 ** (gap / CALM)) * (box - moved), np.float32)
        self.xyxy, self.seen = box, time

    def covered(self, time: float) -> FloatArray:
        """What to cover: all of the box that is seen, and the calm one, which takes the jitter out of its edges."""
        return self.cover(time) if self.seen < time else union_boxes(self.xyxy[None], self.calm[None])[0]

    def predict(self, time: float) -> FloatArray:
        """Where the face would be now: moved on at its last velocity, which fades."""
        gone = max(0.0, time - self.seen)
        way = HALF_LIFE / np.log(2) * (1 - 0.5 ** (gone / HALF_LIFE))
        # Beyond some face sizes a prediction says nothing, and a cover that spans it would hide half the picture.
        furthest = FURTHEST * float(np.sqrt(sizes(self.xyxy[None]).clip(1).prod()))
        way = min(way, furthest / max(1e-6, float(np.linalg.norm(self.velocity))))
        return np.asarray(self.xyxy + np.tile(self.velocity * way, 2), np.float32)

    def cover(self, time: float) -> FloatArray:
        """What to cover while the face is lost: from where it was to where it may be, and growing.

        The motion of what was never surely seen is the jumping of a chance find, and would sweep over half the picture.
        """
        place = self.predict(time) if self.sure else self.xyxy
        span = union_boxes(self.xyxy[None], place[None])
        grown: FloatArray = grow_boxes(span, min(GROWTH_MOST, GROWTH * (time - self.seen) + 0.1))[0]
        return grown


class Tracker:
    """Follows faces through one stream.

    A detection at or above ``threshold`` starts a track. Any detection, however weak, may keep one alive. A track
    without a detection coasts for ``coast`` seconds: its cover spans the last seen and the predicted place and grows.
    Where a witness is given, a coasting track lives on while the witness sees a face there, up to four times as long;
    and a track that was seen less than three times, or never surely, ends after a quarter of the time where the witness
    sees none.

    Args:
        threshold: Least score that starts a track.
        coast: Seconds of coasting.
        witness: Second opinion on the boxes of tracks whose time is up.

    Attributes:
        cut: Whether the last frame started a new scene.
        surely: Score from which one sighting is no chance find.
    """

    def __init__(self, *, threshold: float, coast: float = 1.0, witness: Witness | None = None) -> None:
        self._threshold = threshold
        self.surely = threshold + SURELY
        self._coast = coast
        self._witness = witness
        self._cuts = CutDetector()
        self._tracks: list[_Track] = []
        self._next = 0
        self._time = -np.inf
        self.cut = False

    def reset(self) -> None:
        """Forgets every face; track numbers go on, so that none is used twice."""
        self._tracks.clear()
        self._cuts.reset()
        self._time = -np.inf

    def __call__(self, frame: Frame, detections: Detections) -> Tracks:
        """The faces to hide in this frame. `cut` then says whether the frame starts a new scene.

        Args:
            frame: The next frame of the stream.
            detections: What was located in it, including detections below the threshold.
        """
        if frame.time < self._time:
            self.reset()
        self._time = frame.time
        self.cut = self._cuts(frame)
        if self.cut:
            self._tracks.clear()
        rows, columns = self._assign(frame.time, detections)
        for row, column in zip(rows, columns, strict=True):
            self._update(self._tracks[row], detections, int(column), frame.time)
        lost = [track for row, track in enumerate(self._tracks) if row not in set(rows.tolist())]
        taken = set(columns.tolist())
        gone = self._gone(frame, lost)
        self._tracks = [track for track in self._tracks if track.number not in gone]
        for column in range(len(detections)):
            if column not in taken and detections.score[column] >= self._threshold:
                self._start(detections, column, frame.time)
        return self._rows(frame.time)

    def _assign(self, time: float, found: Detections) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Pairs of (track, detection), the likeliest first, each used once."""
        if not self._tracks or not len(found):
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        likeness = self._likeness(time, found)
        rows, columns = [], []
        for flat in np.argsort(-likeness, axis=None, kind="stable"):
            row, column = divmod(int(flat), len(found))
            if likeness[row, column] < LIKENESS:
                break
            if row not in rows and column not in columns:
                rows.append(row)
                columns.append(column)
        return np.asarray(rows, np.intp), np.asarray(columns, np.intp)

    def _likeness(self, time: float, found: Detections) -> FloatArray:
        """Overlap with the prediction, or nearness to it in units of the face's size where they do not overlap."""
        predicted = np.stack([track.predict(time) for track in self._tracks])
        size = np.sqrt(sizes(predicted).clip(1).prod(axis=1))[:, None]
        other = np.sqrt(sizes(found.xyxy).clip(1).prod(axis=1))[None]
        apart = np.linalg.norm(centres(predicted)[:, None] - centres(found.xyxy)[None], axis=-1)
        # The longer a face was lost, the farther away it may come back.
        gone = np.array([time - track.seen for track in self._tracks], np.float32)[:, None]
        reach = np.minimum(REACH + REACH_GROWTH * gone, REACH_MOST) * np.minimum(size, other)
        near = (1 - apart / reach).clip(0)
        ratio = np.minimum(size, other) / np.maximum(size, other)
        overlap, weak = iou(predicted, found.xyxy), (found.score < self._threshold)[None]
        # A weak detection is believed only where it says what the track says.
        likeness = np.where(weak, overlap * (overlap >= WEAK_OVERLAP), np.maximum(overlap, near * ratio))
        same = np.array([track.prompt for track in self._tracks])[:, None] == found.prompt[None]
        # Certain detections choose first; a weak one takes only what they leave.
        return np.asarray(np.where(same & (likeness >= LIKENESS), likeness + 1 - weak, 0), np.float32)

    def _update(self, track: _Track, found: Detections, row: int, time: float) -> None:
        track.see(found.xyxy[row], time)
        track.score, track.landmarks, track.confirmed = float(found.score[row]), found.landmarks[row], time
        track.sure |= track.score >= self.surely
        track.sightings += int(track.score >= self._threshold)

    def _start(self, found: Detections, row: int, time: float) -> None:
        track = _Track(
            self._next, found.xyxy[row], float(found.score[row]), found.landmarks[row], int(found.prompt[row]), time
        )
        track.confirmed, track.sure = time, track.score >= self.surely
        self._tracks.append(track)
        self._next += 1

    def _gone(self, frame: Frame, lost: list[_Track]) -> set[int]:
        """Numbers of the lost tracks that end: their time is up, or they left the picture."""
        out = [track for track in lost if self._left(frame, track)]
        late = [t for t in lost if t not in out and frame.time - t.confirmed > self._patience(t)]
        if late and self._witness is not None:
            scores = self._witness(frame, np.stack([track.predict(frame.time) for track in late]))
            for track, score in zip(late, scores, strict=True):
                if score >= WITNESS_SCORE and frame.time - track.seen <= WITNESS_TIMES * self._coast:
                    track.confirmed = frame.time
            late = [track for track in late if track.confirmed < frame.time]
        return {track.number for track in out + late}

    def _left(self, frame: Frame, track: _Track) -> bool:
        """Whether a lost face has left the picture: nothing to cover, or gone over the edge for a while."""
        cover, place = track.cover(frame.time)[None], track.predict(frame.time)[None]
        over = not visible(place, frame.width, frame.height)[0]
        late = frame.time - track.seen > FRESH * self._coast
        return (over and late) or not visible(cover, frame.width, frame.height)[0]

    def _patience(self, track: _Track) -> float:
        """Seconds until the witness is asked; without one nobody could tell a chance find from a face."""
        certain = track.sightings >= CERTAIN and track.sure
        return self._coast * (1.0 if certain or self._witness is None else FRESH)

    def _rows(self, time: float) -> Tracks:
        tracks = self._tracks
        coasted = np.array([track.seen < time for track in tracks], np.bool_)
        blank = np.full((LANDMARKS, 2), np.nan, np.float32)
        boxes = [track.covered(time) for track in tracks]
        marks = [blank if track.seen < time else track.landmarks for track in tracks]
        return Tracks(
            np.asarray(boxes, np.float32).reshape(-1, 4),
            np.array([track.score for track in tracks], np.float32),
            np.asarray(marks, np.float32).reshape(-1, LANDMARKS, 2),
            np.array([track.prompt for track in tracks], np.int64),
            np.array([track.number for track in tracks], np.int64),
            coasted,
        )
