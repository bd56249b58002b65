"""Counting what detectors find: recall by face size and boxes that are on no face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from export.train.library import Labels
from export.train.teachers import iou_matrix
from pyanon.types import Detections, FloatArray

__all__ = ["BINS", "Case", "Tally", "area_under_curve", "at", "judge", "share", "sizes_at", "tally"]

#: Bounds of the size classes in pixels of the 640-long-side input.
BINS = (12.0, 16.0, 24.0, 48.0, 96.0, 192.0, np.inf)
#: Overlap from which a detection is on a face at all; below, it is an extra box.
TOUCHING = 0.3

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """One picture: reference boxes, what each detector found down to a low score, and its long side in pixels."""

    truth: Labels
    found: Mapping[str, Detections]
    long_side: int


@dataclass
class Tally:
    """Faces and hits per size class, extra boxes, pictures."""

    faces: npt.NDArray[np.int64]
    hits: npt.NDArray[np.int64]
    extras: int = 0
    pictures: int = 0

    @property
    def recall(self) -> float:
        """Share of all faces of at least the smallest counted size."""
        return float(self.hits.sum() / max(1, self.faces.sum()))

    @property
    def extras_per_picture(self) -> float:
        """Boxes on no face per picture."""
        return self.extras / max(1, self.pictures)


def sizes_at(xyxy: FloatArray, long_side: int) -> FloatArray:
    """Size of boxes, the square root of their area, in a picture whose long side is scaled to 640."""
    area = np.ptp(xyxy.reshape(-1, 2, 2), axis=1).prod(-1)
    return np.asarray(np.sqrt(area) * 640 / long_side, np.float32)


def at(found: Detections, threshold: float) -> Detections:
    """The detections from a score on; what greedy suppression would have kept at that threshold."""
    return found.pick(found.score >= threshold)


def judge(truth: Labels, found: Detections, *, iou: float = 0.5) -> tuple[BoolArray, BoolArray]:
    """Which reference boxes are found, and which detections are on no face.

    Best scores choose first and each reference box is taken once, so a second box on one face is an extra. A detection
    on an unsure reference box is neither a hit nor an extra.

    Returns:
        ``(faces,)`` True where found with at least ``iou``; ``(detections,)`` True where extra.
    """
    overlap = iou_matrix(found.xyxy, truth.xyxy)
    sure, taken = truth.weight > 0, np.zeros(len(truth.xyxy), bool)
    hit, extra = np.zeros(len(truth.xyxy), bool), np.zeros(len(found), bool)
    for row in np.argsort(-found.score, kind="stable"):
        free = np.where(sure & ~taken, overlap[row], 0)
        best = int(free.argmax()) if len(free) else -1
        if best >= 0 and free[best] >= TOUCHING:
            taken[best], hit[best] = True, free[best] >= iou
        else:
            extra[row] = not _on_unsure(found.xyxy[row], truth, overlap[row])
    return hit, extra


def _on_unsure(box: FloatArray, truth: Labels, overlap: FloatArray) -> bool:
    """Whether a detection touches, or is centred in, a box the teachers were unsure of."""
    unsure, middle = truth.weight <= 0, (box[:2] + box[2:]) / 2
    within = ((truth.xyxy[:, :2] <= middle) & (middle <= truth.xyxy[:, 2:])).all(-1)
    return bool((unsure & ((overlap >= TOUCHING) | within)).any())


def tally(cases: Iterable[Case], detector: str, *, threshold: float, iou: float = 0.5) -> Tally:
    """Counts one detector over pictures at one threshold."""
    total = Tally(np.zeros(len(BINS) - 1, np.int64), np.zeros(len(BINS) - 1, np.int64))
    for case in cases:
        hit, extra = judge(case.truth, at(case.found[detector], threshold), iou=iou)
        sure = case.truth.weight > 0
        sizes = sizes_at(case.truth.xyxy, case.long_side)
        total.faces += np.histogram(sizes[sure], BINS)[0]
        total.hits += np.histogram(sizes[sure & hit], BINS)[0]
        total.extras += int(extra.sum())
        total.pictures += 1
    return total


def share(hits: int, faces: int) -> str:
    """``hits/faces`` as a percentage with its 95 % Wilson interval (Wilson, 1927); a dash without faces."""
    if not faces:
        return "-"
    p, z = hits / faces, 1.96
    centre = (p + z * z / (2 * faces)) / (1 + z * z / faces)
    reach = z * np.sqrt(p * (1 - p) / faces + z * z / (4 * faces**2)) / (1 + z * z / faces)
    return f"{100 * p:.1f} % ({100 * max(0.0, centre - reach):.1f}-{100 * min(1.0, centre + reach):.1f})"


def area_under_curve(positive: Sequence[float] | FloatArray, negative: Sequence[float] | FloatArray) -> float:
    """Probability that a random positive scores above a random negative (Mann-Whitney)."""
    both = np.concatenate([positive, negative])
    order = np.argsort(both, kind="stable")
    ranks = np.empty(len(both))
    ranks[order] = np.arange(1, len(both) + 1)
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
