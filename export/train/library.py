"""Random access to the pictures that `prepare` unpacked, and faces to paste, dressed with masks, glasses and hats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from pyanon.types import FloatArray

__all__ = ["Labels", "Library", "Picture", "dress", "main_face", "masked"]

Colour = tuple[int, int, int]
MASK_COLOURS: tuple[Colour, ...] = (
    (235, 238, 240), (170, 205, 225), (140, 185, 215), (25, 25, 28), (60, 62, 66), (120, 160, 150), (225, 190, 200),
)  # fmt: skip
#: What `export.train.mine` writes, before it was run.
NO_HARD: dict[str, npt.NDArray[Any]] = {
    "owner": np.zeros(0, np.int64),
    "boxes": np.zeros((0, 4), np.float32),
    "score": np.zeros(0, np.float32),
}


@dataclass
class Labels:
    """Faces of one picture: boxes ``(n, 4)``, weight ``(n,)`` (1 face, 0 ignore), landmarks ``(n, 5, 2)``."""

    xyxy: FloatArray
    weight: FloatArray
    points: FloatArray

    @classmethod
    def none(cls) -> Labels:
        """No face."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))

    def plus(self, other: Labels) -> Labels:
        """Both lists, one after the other."""
        return Labels(
            np.concatenate([self.xyxy, other.xyxy]),
            np.concatenate([self.weight, other.weight]),
            np.concatenate([self.points, other.points]),
        )

    def pick(self, rows: FloatArray | slice | list[int]) -> Labels:
        """A selection of rows."""
        return Labels(self.xyxy[rows], self.weight[rows], self.points[rows])

    def moved(self, scale: float, x: float, y: float) -> Labels:
        """Scaled, then shifted."""
        shift = np.array([x, y], np.float32)
        return Labels(self.xyxy * scale + np.tile(shift, 2), self.weight, self.points * scale + shift)


@dataclass
class Picture:
    """One picture with its labels."""

    image: Image.Image
    labels: Labels


class Library:
    """The cache that `prepare` wrote, memory-mapped.

    Args:
        cache: Folder with ``pixels.bin`` and ``index.npz``.
        holdout: Every ``holdout``-th picture is kept for validation.
    """

    def __init__(self, cache: Path, *, holdout: int = 50, validation: bool = False) -> None:
        index = np.load(cache / "index.npz")
        self._rows, self._boxes, self._points = index["rows"], index["boxes"], index["points"]
        self._pixels = np.memmap(cache / "pixels.bin", np.uint8, "r")
        self._first = np.searchsorted(index["owner"], np.arange(len(self._rows) + 1))
        numbers = np.arange(len(self._rows))
        kept = (numbers % holdout == 0) == validation
        self.groups = [numbers[kept & (self._rows[:, 0] == g)] for g in range(int(self._rows[:, 0].max()) + 1)]
        sure = np.zeros(len(numbers), bool)
        sure[index["owner"][self._boxes[:, 4] > 0]] = True
        #: Pictures of one close face, fit for pasting.
        self.portraits = np.concatenate([self.groups[g][sure[self.groups[g]]] for g in (0, 1)])
        mined = cache / "hard.npz"
        hard: Mapping[str, npt.NDArray[Any]] = np.load(mined) if mined.exists() and not validation else NO_HARD
        self._hard = list(zip(hard["owner"].tolist(), hard["boxes"], strict=True))
        self._chance = np.cumsum(hard["score"].astype(np.float64) ** 2)

    @property
    def mined(self) -> bool:
        """Whether there are windows that a locator took for faces."""
        return bool(self._hard)

    def hard(self, rng: np.random.Generator) -> tuple[Picture, FloatArray]:
        """Such a window, the likelier the surer the locator was: the picture and the box ``(4,)``."""
        row = int(np.searchsorted(self._chance, rng.uniform(0, self._chance[-1])))
        number, box = self._hard[min(row, len(self._hard) - 1)]
        return self[number], box

    def __getitem__(self, number: int) -> Picture:
        _, offset, height, width = self._rows[number]
        pixels = np.asarray(self._pixels[offset : offset + height * width * 3]).reshape(height, width, 3)
        rows = slice(self._first[number], self._first[number + 1])
        labels = Labels(self._boxes[rows, :4], self._boxes[rows, 4], self._points[rows])
        return Picture(Image.fromarray(pixels), labels)


def dress(picture: Picture, rng: np.random.Generator) -> Picture:
    """Covers part of the picture's main face, sometimes: mask, sunglasses, hat or something in front of it."""
    main = main_face(picture.labels)
    if not main:
        return picture
    box, points = picture.labels.xyxy[main[0]], picture.labels.points[main[0]]
    layer = picture.image.copy()
    draw, chance = ImageDraw.Draw(layer), rng.random()
    if chance < 0.34:
        _mask(draw, box, points, rng)
    elif chance < 0.42:
        _glasses(draw, box, points, rng)
    elif chance < 0.49:
        _hat(draw, box, points, rng)
    elif chance < 0.56:
        _thing(draw, box, rng)
    else:
        return picture
    if layer.width < 330 and rng.random() < 0.6:
        layer = layer.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.0) * layer.width / 200)))
    return Picture(layer, picture.labels)


def masked(picture: Picture, rng: np.random.Generator) -> Picture:
    """Puts a face mask on the picture's main face, always: for measuring how masks are found."""
    layer = picture.image.copy()
    for row in main_face(picture.labels):
        _mask(ImageDraw.Draw(layer), picture.labels.xyxy[row], picture.labels.points[row], rng)
    return Picture(layer, picture.labels)


def main_face(labels: Labels) -> list[int]:
    """The row of the largest face, an empty list without one: what `Labels.pick` takes."""
    sure = np.flatnonzero(labels.weight > 0)
    if not len(sure):
        return []
    return [int(sure[np.argmax(np.ptp(labels.xyxy[sure].reshape(-1, 2, 2), axis=1).prod(-1))])]


def _shade(colour: Colour, rng: np.random.Generator) -> Colour:
    """The colour under another light."""
    light = rng.uniform(0.55, 1.05)
    r, g, b = (int(np.clip(c * light + rng.normal(0, 6), 0, 255)) for c in colour)
    return r, g, b


def _any_colour(rng: np.random.Generator) -> Colour:
    r, g, b = (int(c) for c in rng.integers(0, 255, 3))
    return r, g, b


def _mask(draw: ImageDraw.ImageDraw, box: FloatArray, points: FloatArray, rng: np.random.Generator) -> None:
    """A face mask from the bridge of the nose to under the chin, now and then worn under the nose."""
    eyes, nose, mouth = points[:2].mean(0), points[2], points[3:].mean(0)
    x0, _, x1, y1 = box
    down = (mouth - eyes) / max(1.0, float(np.hypot(*(mouth - eyes))))
    high = rng.uniform(0.25, 0.75) if rng.random() < 0.85 else rng.uniform(1.05, 1.3)
    top = eyes + (nose - eyes) * high
    side = eyes + (nose - eyes) * min(1.1, high + rng.uniform(0.1, 0.5))
    chin = mouth + down * max(4.0, (y1 - mouth[1])) * rng.uniform(0.8, 1.15)
    jaw = mouth + down * (y1 - mouth[1]) * 0.35
    left, right = x0 + (x1 - x0) * rng.uniform(0, 0.08), x1 - (x1 - x0) * rng.uniform(0, 0.08)
    reach = (x1 - x0) * 0.22
    outline = [
        (left, side[1]), (top[0], top[1]), (right, side[1]), (right - reach * 0.3, jaw[1]),
        (chin[0] + reach, chin[1]), (chin[0] - reach, chin[1]), (left + reach * 0.3, jaw[1]),
    ]  # fmt: skip
    base = MASK_COLOURS[int(rng.integers(len(MASK_COLOURS)))] if rng.random() < 0.85 else _any_colour(rng)
    colour = _shade(base, rng)
    draw.polygon([(float(x), float(y)) for x, y in outline], fill=colour)
    darker = tuple(int(c * 0.82) for c in colour)
    for fold in rng.uniform(0.25, 0.9, int(rng.integers(0, 4))):
        y = float(top[1] + (chin[1] - top[1]) * fold)
        draw.line([(float(left + reach), y), (float(right - reach), y)], fill=darker, width=1)
    if rng.random() < 0.3:
        for _ in range(12):
            x, y = rng.uniform(left + reach, right - reach), rng.uniform(side[1], max(side[1] + 1, jaw[1]))
            draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill=_any_colour(rng))


def _glasses(draw: ImageDraw.ImageDraw, box: FloatArray, points: FloatArray, rng: np.random.Generator) -> None:
    width = float(box[2] - box[0])
    half = width * rng.uniform(0.13, 0.2)
    colour = _shade((30, 28, 30), rng)
    for x, y in points[:2]:
        draw.ellipse([x - half, y - half * 0.75, x + half, y + half * 0.75], fill=colour)
    draw.line([tuple(map(float, points[0])), tuple(map(float, points[1]))], fill=colour, width=max(1, int(width / 40)))


def _hat(draw: ImageDraw.ImageDraw, box: FloatArray, points: FloatArray, rng: np.random.Generator) -> None:
    x0, y0, x1, _ = map(float, box)
    brim = y0 + (float(points[:2, 1].min()) - y0) * rng.uniform(0.4, 0.95)
    wide = (x1 - x0) * rng.uniform(0.05, 0.35)
    colour = _shade(_any_colour(rng), rng)
    draw.rectangle([x0 - (x1 - x0) * 0.08, y0 - (x1 - x0) * 0.5, x1 + (x1 - x0) * 0.08, brim], fill=colour)
    draw.ellipse([x0 - wide, brim - 6, x1 + wide, brim + 4], fill=_shade(colour, rng))


def _thing(draw: ImageDraw.ImageDraw, box: FloatArray, rng: np.random.Generator) -> None:
    """Something flat in front of one side of the face."""
    x0, y0, x1, y1 = map(float, box)
    share = rng.uniform(0.15, 0.42)
    colour = _any_colour(rng)
    sides = (
        [x0 - 20, y0 - 20, x0 + (x1 - x0) * share, y1 + 20],
        [x1 - (x1 - x0) * share, y0 - 20, x1 + 20, y1 + 20],
        [x0 - 20, y1 - (y1 - y0) * share, x1 + 20, y1 + 20],
    )
    draw.rectangle(sides[int(rng.integers(3))], fill=colour)
