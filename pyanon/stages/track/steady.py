"""Steady: landmarks and expressions that do not tremble while a head keeps still, and follow at once when it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pyanon.types import Attributes, FloatArray, Tracks

__all__ = ["Steadier"]

#: Cutoff in hertz for a still head, and how it grows with speed (distances between the eyes per second).
CUTOFF, GROWTH = 1.0, 12.0
#: Cutoff of the speed itself, hertz.
SPEED_CUTOFF = 1.0
#: How far a steady landmark may be from where it was found, in distances between the eyes: what is painted has to lie
#: where the face is.
ASTRAY = 0.06
#: Cutoff in hertz for a place of the attribute code where nothing happens, and how much more of what is new is taken
#: over for each unit that the place has changed: noise moves a place by a tenth, a blink by more than one.
CALM, LIVELY = 0.5, 0.5
#: Seconds after which what was known of a track is of no use.
FORGET = 0.5


@dataclass(frozen=True)
class _Known:
    time: float
    points: FloatArray
    velocity: FloatArray


@dataclass(frozen=True)
class _Told:
    time: float
    code: FloatArray


class Steadier:
    """Low-pass filters of each track whose cutoff rises with what changes; one per stream.

    Casiez, Roussel, Vogel, "1 Euro filter", CHI 2012. All five landmarks of a face have one cutoff: that of the whole
    head, which a talking mouth does not raise. Each place of its attribute code has its own: a mouth may talk while
    a brow keeps still.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._told: dict[int, _Told] = {}

    def __call__(self, tracks: Tracks, time: float) -> Tracks:
        """The tracks with steady landmarks; rows without landmarks stay without.

        Args:
            tracks: The faces of a frame.
            time: When it is shown, seconds; frames come in order.
        """
        landmarks, known = tracks.landmarks.copy(), {}
        for row in np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2))).tolist():
            track = int(tracks.track_id[row])
            known[track] = _filtered(self._known.get(track), landmarks[row], time)
            landmarks[row] = known[track].points
        self._known = known
        return replace(tracks, landmarks=landmarks)

    def expressions(self, attributes: Attributes, track_id: npt.NDArray[np.int64], time: float) -> Attributes:
        """The attributes with steady codes.

        Args:
            attributes: Of the faces of a frame.
            track_id: ``(n,)``, their tracks.
            time: When it is shown, seconds; frames come in order.
        """
        told = {}
        for track, code in zip(track_id.tolist(), attributes.code, strict=True):
            told[track] = _Told(time, _calmed(self._told.get(track), code, time))
        self._told = told
        codes = [each.code for each in told.values()]
        return replace(attributes, code=np.stack(codes)) if codes else attributes


def _calmed(last: _Told | None, code: FloatArray, time: float) -> FloatArray:
    step = time - last.time if last is not None else 0.0
    # What a faulty network said once must not stay in the filter.
    if last is None or not 0 < step < FORGET or not np.isfinite(last.code).all():
        return code
    new = code - last.code
    changed = np.sqrt((new**2).mean(axis=0))
    return np.asarray(last.code + np.minimum(_share(CALM, step) + LIVELY * changed, 1) * new, np.float32)


def _filtered(last: _Known | None, points: FloatArray, time: float) -> _Known:
    step = time - last.time if last is not None else 0.0
    if last is None or not 0 < step < FORGET:
        return _Known(time, points, np.zeros_like(points))
    eyes = max(float(np.linalg.norm(points[1] - points[0])), 1.0)
    velocity = last.velocity + _share(SPEED_CUTOFF, step) * ((points - last.points) / np.float32(step) - last.velocity)
    speed = float(np.linalg.norm(velocity.mean(axis=0))) / eyes
    off = (1 - _share(CUTOFF + GROWTH * speed, step)) * (last.points - points)
    far = np.linalg.norm(off, axis=1, keepdims=True) / np.float32(ASTRAY * eyes)
    steady = points + off / np.maximum(far, 1)
    return _Known(time, steady.astype(np.float32), velocity.astype(np.float32))


def _share(cutoff: float, step: float) -> float:
    """How much of what is new a low-pass filter takes over in one step."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff * step))
