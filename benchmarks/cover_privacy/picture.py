"""The pictures of docs/covers.md: an astronaut under every cover."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image

from export.train.teachers import YuNetTeacher
from pyanon.types import ImageArray

from .disguises import NAIVE, Disguise, bare, disguises
from .portraits import Portrait

__all__ = ["paint"]

REACH = 1.25  # half side of the part that is shown, in heights of the box
SIDE = 180  # of one picture, pixels
GAP = 6


def _astronaut(data: Path) -> Portrait:
    """Eileen Collins, photographed by NASA: public domain, comes with scikit-image."""
    pixels: ImageArray = import_module("skimage.data").astronaut()
    found = YuNetTeacher(data / "teachers")(pixels)
    box, points = found.xyxy[0], found.landmarks[0]
    reach = REACH * float(box[3] - box[1])
    x, y = np.maximum((box[:2] + box[2:]) / 2 - reach, 0).astype(int)
    part = np.ascontiguousarray(pixels[y : y + round(2 * reach), x : x + round(2 * reach)])
    return Portrait(pixels, box, points).moved(part, -int(x), -int(y))


def _row(portrait: Portrait, covers: list[Disguise]) -> ImageArray:
    tiles = [Image.fromarray(disguise(portrait).pixels).resize((SIDE, SIDE)) for disguise in covers]
    framed = [np.pad(np.asarray(tile), ((GAP, 0), (GAP, 0), (0, 0)), constant_values=255) for tile in tiles]
    return np.concatenate(framed, axis=1)


def paint(data: Path, folder: Path) -> None:
    """Writes ``covers.png`` (none, then ours) and ``puzzles.png`` (the usual ones) into a folder."""
    portrait, ours = _astronaut(data), disguises()
    rows = {
        "covers.png": [bare, ours["blur"], ours["mosaic"], ours["solid"]],
        "puzzles.png": list(NAIVE.values()),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, covers in rows.items():
        Image.fromarray(_row(portrait, covers)).save(folder / name, optimize=True)
