"""Cuts training crops for the landmark net: jittered faces out of composed pictures, and windows without a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from export.train.compose import compose, weather
from export.train.landmarks_net import GROW, SIZE
from export.train.library import Labels, Library, Picture
from pyanon.types import FloatArray, ImageArray

__all__ = ["CropPool", "Square", "cut", "square_around"]

#: A face smaller than this has no five points that anybody could mark.
LEAST_FACE = 10
#: Windows without a face: share that a locator took for one, and, of the rest, shares on pictures known to hold none
#: and beside a face.
HARD, FACELESS, BESIDE = 0.55, 0.3, 0.3
#: Share of the faces that are shown as they were photographed, and of the hard windows that are not.
PLAIN, WEATHERED = 0.3, 0.6


@dataclass(frozen=True)
class Square:
    """A square of a picture: centre and side in pixels, turned clockwise by ``angle`` radians."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def matrix(self) -> FloatArray:
        """``(2, 3)`` crop fractions (0..1) to picture pixels."""
        c, s = np.cos(self.angle) * self.side, np.sin(self.angle) * self.side
        return np.array([[c, -s, self.x - (c - s) / 2], [s, c, self.y - (s + c) / 2]], np.float32)

    def fractions(self, points: FloatArray) -> FloatArray:
        """Picture pixels ``(..., 2)`` to crop fractions."""
        matrix = self.matrix()
        return np.asarray((points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T, np.float32)


def square_around(box: FloatArray) -> Square:
    """The square that is shown to the net for a box ``(4,)``: `GROW` times its longer side, centred."""
    x0, y0, x1, y1 = map(float, box)
    return Square((x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) * GROW)


def cut(image: Image.Image, square: Square, *, smooth: bool = True) -> ImageArray:
    """What a square shows, ``(64, 64, 3)`` uint8; black outside the picture.

    Args:
        image: The picture.
        square: The square.
        smooth: Average where the crop is smaller than what it shows; else sample, as a fast warp does.
    """
    size = SIZE * max(1, min(4, round(square.side / SIZE))) if smooth else SIZE
    matrix = square.matrix()
    matrix[:, :2] /= size
    crop = image.transform((size, size), Image.Transform.AFFINE, matrix.ravel().tolist(), Image.Resampling.BILINEAR)
    if size > SIZE:
        crop = crop.reduce(size // SIZE)
    return np.asarray(crop)


class CropPool:
    """Composed pictures from which crops are cut many times, each time elsewhere; the oldest are replaced.

    Args:
        library: Where the pictures come from.
        rng: The dice.
        size: Pictures held.
    """

    def __init__(self, library: Library, rng: np.random.Generator, *, size: int = 240) -> None:
        self._library, self._rng, self._next = library, rng, 0
        self._pictures = [self._composed() for _ in range(size)]

    def renew(self, count: int) -> None:
        """Replaces the oldest pictures."""
        for _ in range(count):
            self._pictures[self._next] = self._composed()
            self._next = (self._next + 1) % len(self._pictures)

    def batch(self, faces: int, others: int) -> tuple[ImageArray, FloatArray, FloatArray]:
        """Crops ``(n, 64, 64, 3)``, points ``(n, 5, 2)`` in crop fractions, and ``(n,)`` 1 for a face, 0 for none."""
        crops: list[ImageArray] = []
        points: list[FloatArray] = []
        while len(crops) < faces:
            picture = self._plain() if self._rng.random() < PLAIN else self._pick()
            rows = np.flatnonzero((picture.labels.weight > 0) & (_sides(picture.labels) >= LEAST_FACE))
            if not len(rows):
                continue
            row = int(self._rng.choice(rows))
            square = self._jittered(square_around(picture.labels.xyxy[row]))
            crops.append(self._crop(picture.image, square))
            points.append(square.fractions(picture.labels.points[row]))
        while len(crops) < faces + others:
            crop = self._without_a_face()
            if crop is not None:
                crops.append(crop)
                points.append(np.zeros((5, 2), np.float32))
        label = np.repeat(np.array([1, 0], np.float32), [faces, others])
        return np.stack(crops), np.stack(points), label

    def _composed(self) -> Picture:
        pixels, labels = compose(self._library, self._rng, size=320)
        return Picture(Image.fromarray(pixels), labels)

    def _pick(self) -> Picture:
        return self._pictures[int(self._rng.integers(len(self._pictures)))]

    def _plain(self) -> Picture:
        """A portrait or a street photo as it is: what is photographed plainly must not give a window away."""
        places = self._library.portraits if self._rng.random() < 0.5 else self._library.groups[2]
        return self._library[int(self._rng.choice(places))]

    def _without_a_face(self) -> ImageArray | None:
        """A window that hardly holds a face; None where this throw of the dice gave none."""
        rng = self._rng
        if self._library.mined and rng.random() < HARD:
            picture, box = self._library.hard(rng)
            window = self._jittered(square_around(box))
            crop = self._crop(picture.image, window)
            crop = weather(Image.fromarray(crop), rng) if rng.random() < WEATHERED else crop
        else:
            picture = self._faceless() if rng.random() < FACELESS else self._pick()
            window = self._window(picture)
            crop = self._crop(picture.image, window)
        return crop if _shows_no_face(window, picture.labels) else None

    def _faceless(self) -> Picture:
        """Something from Caltech-101, or people from behind."""
        group = 5 if self._rng.random() < 0.5 and len(self._library.groups) > 5 else 4
        return self._library[int(self._rng.choice(self._library.groups[group]))]

    def _crop(self, image: Image.Image, square: Square) -> ImageArray:
        return cut(image, square, smooth=self._rng.random() < 0.6)

    def _jittered(self, square: Square) -> Square:
        """A track's box is never where a detector would have put it."""
        rng, side = self._rng, square.side / GROW
        x, y = (np.array([square.x, square.y]) + rng.uniform(-0.2, 0.2, 2) * side).tolist()
        angle = float(np.clip(rng.normal(0, 0.2), -0.8, 0.8))
        return Square(x, y, square.side * float(np.exp(rng.uniform(np.log(0.75), np.log(1.35)))), angle)

    def _window(self, picture: Picture) -> Square:
        """Anywhere, or one box away from a face: where a track that lost its face ends up."""
        rng, labels = self._rng, picture.labels
        if len(labels.xyxy) and rng.random() < BESIDE:
            near = square_around(labels.xyxy[int(rng.integers(len(labels.xyxy)))])
            away, turn = rng.uniform(1.0, 1.6) * near.side / GROW, rng.uniform(0, 2 * np.pi)
            return Square(near.x + away * np.cos(turn), near.y + away * np.sin(turn), near.side * rng.uniform(0.7, 1.2))
        width, height = picture.image.size
        side = float(np.exp(rng.uniform(np.log(14), np.log(min(width, height)))))
        x, y = rng.uniform(0.08, 0.92) * width, rng.uniform(0.08, 0.92) * height
        return Square(float(x), float(y), side, float(rng.normal(0, 0.2)))


def _sides(labels: Labels) -> FloatArray:
    """Longer side of each box."""
    return np.asarray(np.ptp(labels.xyxy.reshape(-1, 2, 2), axis=1).max(-1), np.float32)


def _shows_no_face(square: Square, labels: Labels) -> bool:
    """Whether no more than a fifth of any face, sure or unsure, lies in the box that the square is grown from."""
    half = square.side / GROW / 2
    low = np.maximum(labels.xyxy[:, :2], [square.x - half, square.y - half])
    high = np.minimum(labels.xyxy[:, 2:], [square.x + half, square.y + half])
    shared = np.clip(high - low, 0, None).prod(-1)
    area = np.maximum(np.ptp(labels.xyxy.reshape(-1, 2, 2), axis=1).prod(-1), 1.0)
    return bool((shared <= 0.2 * area).all())
