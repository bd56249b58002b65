"""Pictures of people with one face located in each, other views of them, and other surroundings for them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from PIL import Image

from pyanon import ops
from pyanon.types import FloatArray, ImageArray

__all__ = [
    "Album",
    "BoolArray",
    "Portrait",
    "another_view",
    "backgrounds",
    "decoded",
    "elsewhere",
    "hidden",
    "read_album",
]

LEAST_SCORE = 0.85  # of the detector; below it a few rows hold half a face or two
CANVAS = 320  # side of the other surroundings, pixels
#: Landmarks from the middle of a box, in square roots of its area: FairFace's mean, made symmetric.
IN_A_BOX = np.array([[-0.20, -0.20], [0.20, -0.20], [0.0, 0.06], [-0.17, 0.25], [0.17, 0.25]], np.float32)

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture and the face in it.

    Attributes:
        pixels: ``(H, W, 3)`` uint8 RGB.
        box: ``(4,)`` float32, ``x0, y0, x1, y1`` in pixels.
        landmarks: ``(5, 2)`` float32, in pixels: eyes, nose, mouth corners, the picture's left one first.
    """

    pixels: ImageArray
    box: FloatArray
    landmarks: FloatArray

    def moved(self, pixels: ImageArray, x: float, y: float) -> Portrait:
        """The same face in a picture in which it lies further right and down by x and y pixels."""
        shift = np.array([x, y], np.float32)
        return Portrait(pixels, self.box + np.tile(shift, 2), self.landmarks + shift)


class Album(Sequence[Portrait]):
    """Portraits, decoded when they are looked at; one person each."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Portrait: ...
    @overload
    def __getitem__(self, index: slice) -> Album: ...
    def __getitem__(self, index: int | slice) -> Portrait | Album:
        if isinstance(index, slice):
            return Album(self._rows[index])
        row = self._rows[index]
        x, y, width, height = np.asarray(row["box_xywh"], np.float32)
        box = np.array([x, y, x + width, y + height], np.float32)
        return Portrait(decoded(row["image"]), box, np.asarray(row["landmarks"], np.float32).reshape(5, 2))


def decoded(encoded: bytes) -> ImageArray:
    """The RGB pixels of a picture file."""
    return np.array(Image.open(io.BytesIO(encoded)).convert("RGB"))


def read_album(files: Sequence[Path], *, count: int, seed: int = 0) -> Album:
    """Up to ``count`` portraits from Parquet files with ``image``, ``box_xywh``, ``landmarks`` and ``score``, shuffled.

    Reads no more of the files than it needs for the count, so a small album is quick.
    """
    rows: list[dict[str, Any]] = []
    for file in files:
        if len(rows) < count:
            table = pq.read_table(file, columns=["image", "box_xywh", "landmarks", "score"])
            rows += [row for row in table.to_pylist() if row["score"] >= LEAST_SCORE]
    order = np.random.default_rng(seed).permutation(len(rows))[:count]
    return Album([rows[i] for i in order])


def backgrounds(file: Path, *, count: int) -> list[ImageArray]:
    """Pictures without faces, ``(CANVAS, CANVAS, 3)``."""
    encoded = pq.read_table(file, columns=["image"]).slice(0, count)["image"].to_pylist()
    return [np.array(Image.fromarray(decoded(one)).resize((CANVAS, CANVAS))) for one in encoded]


def another_view(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """What another photo of the person might be: mirrored, relit, compressed, and located a little differently."""
    width = portrait.pixels.shape[1]
    light = rng.uniform(0.8, 1.2) * rng.uniform(0.93, 1.07, 3)
    relit = np.clip((portrait.pixels[:, ::-1] / 255.0) ** rng.uniform(0.75, 1.3) * light, 0, 1) * 255
    file = io.BytesIO()
    Image.fromarray(relit.astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(40, 90)))
    x0, y0, x1, y1 = portrait.box
    box = np.array([width - x1, y0, width - x0, y1])
    points = portrait.landmarks[[1, 0, 2, 4, 3]] * [-1, 1] + [width, 0]
    wobble = float(np.hypot(x1 - x0, y1 - y0)) / 100
    box += rng.normal(0, 2 * wobble, box.shape)
    points += rng.normal(0, wobble, points.shape)
    return Portrait(decoded(file.getvalue()), box.astype(np.float32), points.astype(np.float32))


def placed_by_box(portrait: Portrait) -> Portrait:
    """The portrait for an attacker who was told the box only: where in the box the eyes lie tells people apart."""
    size = np.sqrt((portrait.box[2:] - portrait.box[:2]).prod())
    return replace(portrait, landmarks=(portrait.box[:2] + portrait.box[2:]) / 2 + IN_A_BOX * size)


def hidden(shape: tuple[int, ...], box: FloatArray, *, grow: float) -> BoolArray:
    """Where a solid cover leaves nothing of a picture, ``(H, W)``: where white hides black to the last level."""
    picture = np.zeros(shape, np.uint8)
    ops.cover(picture, boxes=box[None], style="solid", colour=(255, 255, 255), grow=grow)
    return np.asarray(picture[:, :, 0] == 255)


def elsewhere(portrait: Portrait, surroundings: ImageArray, *, grow: float) -> Portrait:
    """The face in the middle of other surroundings: only what a solid cover would hide is still of this person."""
    height, width = portrait.pixels.shape[:2]
    x, y = (surroundings.shape[1] - width) // 2, (surroundings.shape[0] - height) // 2
    pixels = surroundings.copy()
    pixels[y : y + height, x : x + width] = portrait.pixels
    moved = portrait.moved(pixels, x, y)
    visible = ~hidden(pixels.shape, moved.box, grow=grow)
    pixels[visible] = surroundings[visible]
    return moved
