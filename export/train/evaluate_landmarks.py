"""Measures the pack's landmark net: distance to the teacher's points by face size, and how well its score separates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from export.train.card import Table
from export.train.landmarks_crops import CropPool, Square, cut, square_around
from export.train.landmarks_net import GROW
from export.train.library import Library, Picture, main_face, masked
from export.train.measure import area_under_curve
from pyanon.runtime import Pack, Runner, open_runner
from pyanon.types import FloatArray, ImageArray

__all__ = ["landmark_tables"]

SIZES = (12, 16, 24, 48, 96)
#: Windows without a face that the score is measured on.
NEGATIVES = 2000


def landmark_tables(pack: Pack, library: Library) -> list[Table]:
    """Error and score of the landmark net on held-out portraits, as the pack's ONNX file gives them."""
    runner = open_runner(pack, "landmarks", device="cpu")
    runner.activate()
    crops, _, _ = CropPool(library, np.random.default_rng(22), size=120).batch(0, NEGATIVES)
    none = _infer(runner, crops)[1]
    rows = []
    for size in SIZES:
        exact = _answers(runner, library, size, jitter=False, mask=False)
        shaken = _answers(runner, library, size, jitter=True, mask=False)
        hidden = _answers(runner, library, size, jitter=True, mask=True)
        errors = [f"{100 * np.mean(e):.1f} % / {100 * np.quantile(e, 0.95):.1f} %" for e, _ in (exact, shaken, hidden)]
        score = shaken[1]
        found = f"{100 * float((score >= 0.5).mean()):.1f} %"
        rows.append([f"{size} px", *errors, f"{area_under_curve(score, none):.4f}", found])
    note = (
        f"{len(exact[0])} held-out faces per size; error: distance to the teacher's points in units of the distance "
        f"between the eyes, mean / 95th percentile. Shifted: up to 20 %, scaled 0.75 to 1.35. Windows without a face: "
        f"{NEGATIVES}, of which {100 * float((none >= 0.5).mean()):.1f} % score 0.5 or more."
    )
    head = ["face size", "box of the teacher", "box shifted", "shifted, masked", "AUC of the score", "score >= 0.5"]
    return [Table("Landmarks from a box", head, rows, note)]


def _answers(runner: Runner, library: Library, size: int, *, jitter: bool, mask: bool) -> tuple[FloatArray, FloatArray]:
    """Error per face, in distances between the eyes, and score per face."""
    rng = np.random.default_rng((21, size))
    crops, truths = [], []
    for picture in _shrunk(library, size, rng, mask=mask):
        square = square_around(picture.labels.xyxy[0])
        square = _shifted(square, rng) if jitter else square
        crops.append(cut(picture.image, square, smooth=False))
        truths.append(square.fractions(picture.labels.points[0]))
    points, score = _infer(runner, np.stack(crops))
    truth = np.stack(truths)
    eyes = np.linalg.norm(truth[:, 0] - truth[:, 1], axis=-1)
    # In profile the eyes meet; a floor of a fifth of the box keeps one such face from being the mean.
    unit = np.maximum(eyes, 0.2 / GROW)
    error = np.linalg.norm(points - truth, axis=-1).mean(1) / unit
    return np.asarray(error, np.float32), score


def _shrunk(library: Library, size: int, rng: np.random.Generator, *, mask: bool) -> Iterator[Picture]:
    """Every held-out portrait with its main face alone, ``size`` pixels along the longer side of its box."""
    for number in library.portraits:
        picture = masked(library[int(number)], rng) if mask else library[int(number)]
        labels = picture.labels.pick(main_face(picture.labels))
        scale = size / float(np.ptp(labels.xyxy[0].reshape(2, 2), axis=0).max())
        w, h = (max(1, round(side * scale)) for side in picture.image.size)
        yield Picture(picture.image.resize((w, h), Image.Resampling.BILINEAR), labels.moved(scale, 0, 0))


def _shifted(square: Square, rng: np.random.Generator) -> Square:
    """As far off as in training, not turned."""
    x, y = rng.uniform(-0.2, 0.2, 2) * square.side / GROW
    return Square(square.x + x, square.y + y, square.side * float(np.exp(rng.uniform(np.log(0.75), np.log(1.35)))))


def _infer(runner: Runner, crops: ImageArray) -> tuple[FloatArray, FloatArray]:
    """Points and scores of crops ``(n, 64, 64, 3)`` uint8."""
    tensor = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32) / 255
    answer = runner.infer({"crops": tensor})
    return answer["points"], answer["score"]
